/** Files that only one other can read: age (age-encryption.org/v1), in a stream, with what was written counted and hashed. */
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'

export interface SealedFile { readonly bytes: number; /** Of the encrypted file, in hexadecimal. */ readonly sha256: string }

/** Encrypts to a recipient (`age1...`) what `bytes` gives, into `file`, which is whole and on the disk when it is there under its name. Throws what `bytes` throws, and what the disk says; then there is only the part beside it. */
export async function sealFile(file: string, { recipient, bytes }: { readonly recipient: string; readonly bytes: AsyncIterable<Uint8Array> }): Promise<SealedFile> {
  const { Encrypter } = await import('age-encryption') // loaded when used
  const encrypter = new Encrypter()
  encrypter.addRecipient(recipient)
  const sealed = await encrypter.encrypt(Readable.toWeb(Readable.from(bytes, { objectMode: false })) as never)
  const hash = createHash('sha256')
  let many = 0
  const part = `${file}.part`
  await pipeline(Readable.fromWeb(sealed as unknown as ReadableStream<Uint8Array>), async function* (pieces: AsyncIterable<Uint8Array>) {
    for await (const piece of pieces) {
      hash.update(piece)
      many += piece.length
      yield piece
    }
  }, createWriteStream(part, { mode: 0o600, flush: true }))
  await moveDurably(part, file)
  return { bytes: many, sha256: hash.digest('hex') }
}

/** The same without a key: for what goes by a road that is encrypted. */
export async function plainFile(file: string, bytes: AsyncIterable<Uint8Array>): Promise<SealedFile> {
  const hash = createHash('sha256')
  let many = 0
  await pipeline(Readable.from(bytes, { objectMode: false }), async function* (pieces: AsyncIterable<Uint8Array>) {
    for await (const piece of pieces) {
      hash.update(piece)
      many += piece.length
      yield piece
    }
  }, createWriteStream(file, { mode: 0o600, flush: true }))
  return { bytes: many, sha256: hash.digest('hex') }
}

/** Gives a file that is on the disk another name there, for good. */
export async function moveDurably(from: string, to: string): Promise<void> {
  await rename(from, to)
  const folder = await open(dirname(to), 'r')
  await folder.sync().finally(() => folder.close())
}
