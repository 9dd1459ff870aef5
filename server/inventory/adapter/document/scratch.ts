/**
 * The scratch folder: what has to be read from a file because its format seeks, and does not lie in one. It holds client data for as long as a part
 * is read; the folder is private, its files are removed when the reading ends however it ends, and what a killed run left goes at the next start.
 */
import { createHash, randomUUID } from 'node:crypto'
import { chmod, mkdir, open, readdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { Broken } from '#kit/errors'
import { fileBytes } from '../files.ts'
import { codeOf } from '../there.ts'
import type { DocumentLimits, Opening, Source } from './source.ts'

export interface Scratch {
  readonly folder: string | undefined
  readonly limits: DocumentLimits
}

export interface Spooled {
  readonly file: string
  readonly bytes: number
  remove(): Promise<void>
}

// Of this machine only: a folder may be shared, and process numbers are not.
const prefix = `spool-${createHash('sha256').update(hostname()).digest('hex').slice(0, 8)}-`

/** A new name in a scratch folder, for a file of this process: when it is killed, `clearScratch` removes it. */
export const scratchName = (): string => `${prefix}${process.pid}-${randomUUID()}`

/**
 * Writes a stream to a private file (0600) of the scratch folder. The caller removes it. Throws `Broken`: `inventory/no-scratch` without a folder,
 * `inventory/scratch-full` when it is longer than the limit or the disk, and what the stream throws; then the file is gone.
 */
export async function spool(bytes: AsyncIterable<Uint8Array>, scratch: Scratch): Promise<Spooled> {
  const { folder, limits } = scratch
  if (folder === undefined) throw new Broken('inventory/no-scratch', 'it can be read from a file only, and no scratch folder is set')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  const file = join(folder, scratchName())
  const handle = await open(file, 'wx', 0o600)
  const remove = (): Promise<void> => rm(file, { force: true })
  let length = 0
  try {
    for await (const part of bytes) {
      length += part.length
      if (length > limits.scratchBytesMax) throw new Broken('inventory/scratch-full', `it needs a file of more than ${limits.scratchBytesMax} bytes in the scratch folder`)
      for (let at = 0; at < part.length;) at += (await handle.write(part, at)).bytesWritten
    }
    await handle.close()
    return { file, bytes: length, remove }
  } catch (cause) {
    await handle.close().catch(() => undefined)
    await remove()
    if (cause instanceof Broken) throw cause
    throw new Broken('inventory/scratch-full', `the scratch folder cannot be written: ${codeOf(cause)}`, { cause })
  }
}

/**
 * Removes what killed runs left in a scratch folder: files of processes of this machine that are not running any more. Other files are not touched. Resolves to how many.
 */
export async function clearScratch(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => [])
  let removed = 0
  for (const name of names) {
    const owner = new RegExp(`^${prefix}(\\d+)-[0-9a-f-]{36}(?:[.]part)?$`).exec(name)?.[1]
    if (owner === undefined || isRunning(Number(owner))) continue
    await rm(join(folder, name), { force: true })
    removed += 1
  }
  return removed
}

function isRunning(id: number): boolean {
  try {
    process.kill(id, 0)
    return true
  } catch (cause) {
    return codeOf(cause) === 'EPERM'
  }
}

/** Runs a reader that needs a file over an opening: its own file, or a spooled one that is gone afterwards, also when the consumer stops. */
export async function* held<Item>(opening: Opening, scratch: Scratch, read: (file: string) => AsyncGenerator<Item>): AsyncGenerator<Item> {
  if (opening.file !== undefined) {
    yield* read(opening.file)
    return
  }
  const spooled = await spool(opening.bytes, scratch)
  try {
    yield* read(spooled.file)
  } finally {
    await spooled.remove()
  }
}

/** A stream in memory, or when it is longer than `bytesMax` the same stream, of which nothing is lost. */
export async function gather(bytes: AsyncIterable<Uint8Array>, bytesMax: number): Promise<{ readonly buffer: Buffer } | { readonly stream: AsyncIterable<Uint8Array> }> {
  const iterator = bytes[Symbol.asyncIterator]()
  const parts: Uint8Array[] = []
  let length = 0
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
    parts.push(next.value)
    length += next.value.length
    if (length > bytesMax) return { stream: after(parts, iterator) }
  }
  return { buffer: Buffer.concat(parts) }
}

async function* after(parts: readonly Uint8Array[], iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* parts
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value
  } finally {
    await iterator.return?.()
  }
}

/** Bytes that can be sought in: the file they lie in, memory, or a spooled file. `remove` when done. Throws like `spool`. */
export async function gathered(opening: Opening, scratch: Scratch): Promise<{ readonly from: string | Buffer; remove(): Promise<void> }> {
  const remove = (): Promise<void> => Promise.resolve()
  if (opening.file !== undefined) return { from: opening.file, remove }
  const bytes = await gather(opening.bytes, scratch.limits.heldBytesMax)
  if ('buffer' in bytes) return { from: bytes.buffer, remove }
  const spooled = await spool(bytes.stream, scratch)
  return { from: spooled.file, remove: spooled.remove }
}

/** The same bytes as often as wanted: from where they come, or from memory or a spooled file. `remove` when done. Throws like `spool`. */
export async function repeatable(opening: Opening, scratch: Scratch): Promise<{ readonly source: Source; remove(): Promise<void> }> {
  if (opening.again !== undefined) return { source: opening.again, remove: () => Promise.resolve() }
  const { from, remove } = await gathered(opening, scratch)
  return { remove, source: { name: opening.name, open: () => (typeof from === 'string' ? bytesOfFile(from) : once(from)) } }
}

/** A stream of one piece. */
export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes
  await Promise.resolve()
}

async function* bytesOfFile(file: string): AsyncGenerator<Uint8Array> {
  const handle = await open(file, 'r')
  try {
    yield* fileBytes(handle)
  } finally {
    await handle.close()
  }
}
