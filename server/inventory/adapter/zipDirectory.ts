/** The directory at the end of a zip archive, which says itself how many members it names. */
import { open } from 'node:fs/promises'
import type { ZipFile } from 'yauzl'

// What a member's entry in the directory begins with (APPNOTE 4.3.12).
const signature = Buffer.from('PK\u0001\u0002', 'latin1')

/** Whether another member stands behind those that the directory counts, once all of them were read: then its number is wrong, and members would be passed over in silence. */
export async function holdsMore(archive: ZipFile, from: string | Buffer): Promise<boolean> {
  const at = (archive as unknown as { readonly readEntryCursor: number }).readEntryCursor
  if (typeof from !== 'string') return from.subarray(at, at + signature.length).equals(signature)
  const handle = await open(from, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(signature.length), 0, signature.length, at)
    return buffer.subarray(0, bytesRead).equals(signature)
  } finally {
    await handle.close()
  }
}
