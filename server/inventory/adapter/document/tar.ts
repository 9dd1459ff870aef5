/** Tar archives (POSIX ustar, pax and GNU), read in one pass: each member is opened as it comes by, and never held whole. */
import { extract, type Header } from 'tar-stream'
import { Broken } from '#kit/errors'
import type { PartOrUnread } from '../part.ts'
import { createNames, memberName, type Nest } from './nest.ts'
import { drained } from './packed.ts'
import type { Opening } from './source.ts'

/** The parts of a tar archive's members. Links and devices are unread parts; folders hold nothing of their own. */
export async function* tarParts(opening: Opening, nest: Nest): AsyncGenerator<PartOrUnread> {
  const archive = extract()
  const feeding = feed(opening.bytes, archive)
  const numbered = createNames()
  const entries = archive[Symbol.asyncIterator]()
  let end = 0
  let members = 0
  try {
    for (let next = await entries.next(); next.done !== true; next = await entries.next()) {
      const entry = next.value
      nest.budget.member()
      members += 1
      const { name, type } = entry.header
      end = endOf(entry.header)
      if (type === 'directory') entry.resume()
      else if (name.length > nest.budget.limits.nameMax) yield { name: memberName(opening.name, numbered('(long name)')), because: `a member whose name is longer than ${nest.budget.limits.nameMax} characters` }
      else if (type === 'file' || type === 'contiguous-file') {
        const bytes = entry[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
        yield* nest.inside({ name: memberName(opening.name, numbered(name)), depth: opening.depth + 1, stream: bytesOf(bytes), notes: opening.notes })
        for (let rest = await bytes.next(); rest.done !== true;) rest = await bytes.next() // what was not read of it is passed over
        continue
      } else yield { name: memberName(opening.name, numbered(name)), because: unreadTypes[type ?? ''] ?? 'a tar member of a kind that is not known' }
      entry.resume()
    }
    if (members === 0) yield { name: memberName(opening.name, '(members)'), because: 'the tar archive names no member' }
    // Cut between two members, an archive ends like a whole one, but for the blocks of zeros.
    if (feeding.bytes() < end + blockBytes) yield { name: memberName(opening.name, '(end of the archive)'), because: 'the tar archive ends without its end mark: members may be missing' }
  } catch (cause) {
    throw feeding.failure() ?? (cause instanceof Broken ? cause : new Broken('inventory/tar-damaged', 'the tar archive is damaged or cut short; what follows in it was not read', { cause }))
  } finally {
    archive.destroy()
    await feeding.done
  }
}

const blockBytes = 512

/** Where the blocks of a member end. The package tells where its bytes begin, which its types leave out. */
const endOf = (header: Header & { readonly byteOffset?: number }): number => (header.byteOffset ?? 0) + Math.ceil((header.type === 'directory' ? 0 : header.size ?? 0) / blockBytes) * blockBytes

const unreadTypes: Readonly<Record<string, string>> = {
  symlink: 'a symbolic link, not followed', link: 'a link to another member', 'character-device': 'a device', 'block-device': 'a device', fifo: 'a pipe',
}

/** Ended early it leaves the member as it is: to destroy one destroys the archive. */
async function* bytesOf(bytes: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for (let next = await bytes.next(); next.done !== true; next = await bytes.next()) yield next.value
  } catch (cause) {
    throw cause instanceof Broken ? cause : new Broken('inventory/tar-damaged', 'the tar archive is damaged or cut short inside this member', { cause })
  }
}

function feed(bytes: AsyncIterable<Uint8Array>, archive: ReturnType<typeof extract>): { done: Promise<void>; failure: () => Broken | undefined; bytes: () => number } {
  let fed = 0
  let failure: Broken | undefined
  const run = async (): Promise<void> => {
    try {
      for await (const part of bytes) {
        if (archive.destroyed) return
        fed += part.length
        if (!archive.write(part)) await drained(archive)
      }
      archive.end(undefined)
    } catch (cause) {
      if (cause instanceof Broken) failure = cause
      archive.destroy(cause as Error)
    }
  }
  return { done: run(), failure: () => failure, bytes: () => fed }
}
