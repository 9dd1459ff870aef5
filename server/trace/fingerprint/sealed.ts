/**
 * A sealed file: a magic line, a salt, then pieces, each sealed with AES-256-GCM (NIST SP 800-38D) under a key of its own file (HKDF of the seal key
 * and the salt, RFC 5869). The nonce of a piece is its number and whether it is the last (STREAM, Hoang et al. 2015): pieces cannot be changed,
 * reordered, left out or cut off, and each can be opened by itself, so that a file of several GB is never held whole.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { failpoint } from '#kit/failpoint'
import { Broken, Refused } from '#kit/errors'

const magic = Buffer.from('bailee fingerprints 2\n')
const saltBytes = 32
const tagBytes = 16

/** Plain bytes of every piece but the last, which has 1 to as many: large enough that 16 bytes of tag are nothing, small enough for the cache. */
export const pieceBytes = 1024 * 1024

export interface Sealing {
  /** 32 bytes. */
  readonly sealKey: Uint8Array
  readonly random: (bytes: number) => Uint8Array
}

export interface SealedWriter {
  /** Bytes put so far. */
  length(): number
  put(bytes: Uint8Array): Promise<void>
  /** Makes the file durable and moves it into place: a reader sees the old one or the new one, whole. Returns its size and SHA-256 (hex). */
  finish(): Promise<{ readonly bytes: number; readonly sha256: string }>
  /** Leaves nothing behind; does nothing after `finish`. */
  abandon(): Promise<void>
}

/** Begins a file beside `file`; what a killed writer left is overwritten. Every method throws `Broken` when the disk refuses. */
export async function createSealed(file: string, sealing: Sealing): Promise<SealedWriter> {
  const part = `${file}.part`
  const handle = await open(part, 'w', 0o600).catch(unwritable)
  const salt = sealing.random(saltBytes)
  const key = fileKey(sealing.sealKey, salt)
  const hash = createHash('sha256')
  const piece = Buffer.allocUnsafe(pieceBytes)
  let [filled, pieces, bytes, closed] = [0, 0, 0, false]
  const write = async (out: Uint8Array): Promise<void> => {
    hash.update(out)
    bytes += out.length
    for (let at = 0; at < out.length; ) at += (await handle.write(out, at)).bytesWritten
  }
  const seal = async (last: boolean): Promise<void> => {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(pieces, last))
    const sealed = cipher.update(piece.subarray(0, filled))
    await write(sealed)
    await write(Buffer.concat([cipher.final(), cipher.getAuthTag()])) // of this mode the first of these is empty
    if (isAlone(sealed)) sealed.buffer.transfer(0) // given back at once: waiting to be collected, it would be as much as the file
    pieces += 1
    filled = 0
  }
  const close = async (): Promise<void> => {
    if (!closed) await handle.close()
    closed = true
  }
  const put = async (from: Uint8Array): Promise<void> => {
    for (let at = 0; at < from.length; ) {
      if (filled === pieceBytes) await seal(false) // only when more follows: the last piece is never empty
      const taken = from.subarray(at, at + pieceBytes - filled)
      piece.set(taken, filled)
      filled += taken.length
      at += taken.length
    }
  }
  const finish = async (): Promise<{ bytes: number; sha256: string }> => {
    await seal(true)
    await handle.sync()
    await close()
    failpoint('trace: segment written, not in place')
    await rename(part, file)
    await syncFolder(dirname(file))
    return { bytes, sha256: hash.digest('hex') }
  }
  await write(Buffer.concat([magic, salt])).catch(unwritable)
  return {
    length: () => pieces * pieceBytes + filled,
    put: (from) => put(from).catch(unwritable),
    finish: () => finish().catch(unwritable),
    abandon: async () => {
      if (closed) return
      await close()
      await rm(part, { force: true })
    },
  }
}

function unwritable(cause: unknown): never {
  throw new Broken('trace/segment-unwritable', 'a fingerprint file cannot be written', { cause })
}

/** Makes names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  await folder.sync().finally(() => folder.close())
}

function fileKey(sealKey: Uint8Array, salt: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', sealKey, salt, magic, 32))
}

/** Twelve bytes: the number of the piece, big-endian, and whether it is the last. */
function nonceOf(piece: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeUIntBE(piece, 5, 6)
  nonce[11] = last ? 1 : 0
  return nonce
}

export interface SealedFile {
  /** In hexadecimal; no other file has it. */
  readonly salt: string
  /** Plain bytes. */
  readonly length: number
  /** Plain bytes from `from` to before `to`, opened and checked piece by piece, each slice a copy of its own at the start of its buffer. */
  read(from: number, to: number): AsyncGenerator<Uint8Array<ArrayBuffer>>
  close(): Promise<void>
}

/**
 * Opens a sealed file. Throws `Broken` when it cannot be read or is no such file; `read` throws `Refused` `trace/seal-refused` when the key is
 * another one or a byte was changed.
 */
export async function openSealed(file: string, sealKey: Uint8Array): Promise<SealedFile> {
  const handle = await open(file, 'r').catch((cause: unknown) => {
    throw new Broken('trace/segment-unreadable', 'a fingerprint file cannot be opened', { cause })
  })
  try {
    const { size } = await handle.stat()
    const start = magic.length + saltBytes
    const pieces = Math.ceil((size - start) / (pieceBytes + tagBytes))
    const length = size - start - pieces * tagBytes
    const head = await readAt(handle, 0, Buffer.alloc(Math.max(0, start)))
    if (!head.subarray(0, magic.length).equals(magic) || length <= (pieces - 1) * pieceBytes) throw new Broken('trace/segment-malformed', 'not a fingerprint file of this format')
    const key = fileKey(sealKey, head.subarray(magic.length))
    const rooms: Buffer[] = [] // what is sealed is needed no longer than it takes to open it
    const openPiece = async (piece: number): Promise<Uint8Array<ArrayBuffer>> => {
      const plainBytes = Math.min(pieceBytes, length - piece * pieceBytes)
      const room = rooms.pop() ?? Buffer.allocUnsafe(Math.min(pieceBytes, length) + tagBytes)
      const sealed = await readAt(handle, start + piece * (pieceBytes + tagBytes), room.subarray(0, plainBytes + tagBytes))
      const plain = unseal(sealed, key, nonceOf(piece, piece === pieces - 1))
      rooms.push(room)
      return plain
    }
    const kept = keepPieces(openPiece, pieces - 1)
    return { length, salt: head.toString('hex', magic.length), close: () => handle.close(), read: (from, to) => slices(kept, { from, to }) }
  } catch (cause) {
    await handle.close()
    throw cause
  }
}

type OpenPiece = (piece: number) => Promise<Uint8Array<ArrayBuffer>>

interface KeptPieces {
  /** An opened piece; `kept`: it stays here and must not be given away. */
  readonly open: (piece: number) => Promise<{ readonly plain: Uint8Array<ArrayBuffer>; readonly kept: boolean }>
  /** Keeps it for whoever reads on in it. */
  readonly keep: (piece: number, plain: Uint8Array<ArrayBuffer>) => void
}

/** Keeps two opened pieces of a file: the one that was read in part last, where the next list goes on as a rule, and the end, which tells what the file holds. */
function keepPieces(open: OpenPiece, last: number): KeptPieces {
  let [part, end]: ({ readonly piece: number; readonly plain: Uint8Array<ArrayBuffer> } | undefined)[] = []
  return {
    open: async (piece) => {
      const held = [part, end].find((one) => one?.piece === piece)
      return held === undefined ? { plain: await open(piece), kept: false } : { plain: held.plain, kept: true }
    },
    keep: (piece, plain) => {
      if (piece === last) end = { piece, plain }
      else part = { piece, plain }
    },
  }
}

async function* slices(pieces: KeptPieces, { from, to }: { readonly from: number; readonly to: number }): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = from; at < to; ) {
    const piece = Math.floor(at / pieceBytes)
    const { plain, kept } = await pieces.open(piece)
    const slice = plain.subarray(at - piece * pieceBytes, Math.min(pieceBytes, to - piece * pieceBytes))
    if (!kept && slice.length < plain.length) pieces.keep(piece, plain)
    yield kept || slice.length < plain.length ? slice.slice() : slice
    at = (piece + 1) * pieceBytes
  }
}

function unseal(sealed: Buffer, key: Uint8Array, nonce: Uint8Array): Uint8Array<ArrayBuffer> {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes))
  const opened = decipher.update(sealed.subarray(0, sealed.length - tagBytes))
  try {
    decipher.final()
  } catch (cause) {
    throw new Refused('trace/seal-refused', 'the fingerprints do not open under this key, or were changed', { cause })
  }
  return isAlone(opened) ? new Uint8Array(opened.buffer) : new Uint8Array(opened)
}

/** Whether nothing else stands in the memory of these bytes: small ones share a pool. */
function isAlone(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes
  return byteOffset === 0 && buffer instanceof ArrayBuffer && buffer.byteLength === byteLength
}

/** Fills the bytes from a position on. */
async function readAt(handle: FileHandle, position: number, bytes: Buffer): Promise<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, at, bytes.length - at, position + at)
    if (bytesRead === 0) throw new Broken('trace/segment-malformed', 'a fingerprint file ends early')
    at += bytesRead
  }
  return bytes
}
