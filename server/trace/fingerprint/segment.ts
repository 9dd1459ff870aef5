/**
 * The segment file of one dataset: a magic line, a nonce, then header and sorted tokens sealed with AES-256-GCM (NIST SP 800-38D),
 * then the tag. It holds keyed tokens and counts, never a value; who lacks the seal key learns its size.
 */
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { failpoint } from '#kit/failpoint'
import { Broken, Refused } from '#kit/errors'
import type { ColumnProfile } from './profile.ts'

export interface ColumnHeader extends ColumnProfile {
  readonly name: string
  /** Different values kept. */
  readonly distinct: number
  /** Different values left out for standing too often. */
  readonly dropped: number
}

export interface LinkHeader {
  /** Positions in `columns`. */
  readonly a: number
  readonly b: number
  readonly distinct: number
}

export interface SegmentHeader {
  readonly format: 1
  readonly alg: 'siphash-2-4'
  readonly norm: number
  readonly unicode: string
  /** Names the epoch key without telling it. */
  readonly epoch: string
  readonly dataset: string
  /** Records read. */
  readonly records: number
  readonly columns: readonly ColumnHeader[]
  readonly links: readonly LinkHeader[]
  /** The shapes of all values: 8,192 bits, base64. */
  readonly shapes: string
}

export interface Segment {
  readonly header: SegmentHeader
  /** Sorted tokens per column, in the order of the header. */
  readonly columns: readonly BigUint64Array[]
  readonly links: readonly BigUint64Array[]
}

const magic = Buffer.from('bailee fingerprints 1\n')
const nonceBytes = 12
const tagBytes = 16
const sliceBytes = 16 * 1024 * 1024
const headerBytesMax = 1024 * 1024

export interface Sealing {
  /** 32 bytes. */
  readonly sealKey: Uint8Array
  readonly random: (bytes: number) => Uint8Array
}

/**
 * Writes the segment beside `file`, makes it durable, and moves it into place: a reader sees the old one or the new one, whole. What a
 * killed writer left is overwritten by the next. Returns the file's size and SHA-256 (hex).
 */
export async function writeSegment(file: string, segment: Segment, sealing: Sealing): Promise<{ bytes: number; sha256: string }> {
  const part = `${file}.part`
  const handle = await open(part, 'w', 0o600)
  try {
    const written = await writeSealed(handle, segment, sealing)
    await handle.sync()
    await handle.close()
    failpoint('trace: segment written, not in place')
    await rename(part, file)
    await syncFolder(dirname(file))
    return written
  } catch (cause) {
    await handle.close()
    await rm(part, { force: true })
    throw new Broken('trace/segment-unwritable', 'a fingerprint file cannot be written', { cause })
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  await folder.sync().finally(() => folder.close())
}

async function writeSealed(handle: FileHandle, segment: Segment, { sealKey, random }: Sealing): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  const put = async (piece: Uint8Array): Promise<void> => {
    hash.update(piece)
    bytes += piece.length
    for (let at = 0; at < piece.length; ) at += (await handle.write(piece, at)).bytesWritten
  }
  const nonce = random(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', sealKey, nonce)
  cipher.setAAD(magic)
  await put(Buffer.concat([magic, nonce]))
  for (const section of [headerBytes(segment.header), ...[...segment.columns, ...segment.links].map(bytesOf)]) {
    for (let at = 0; at < section.length; at += sliceBytes) await put(cipher.update(section.subarray(at, at + sliceBytes)))
  }
  await put(cipher.final())
  await put(cipher.getAuthTag())
  return { bytes, sha256: hash.digest('hex') }
}

/** Eight bytes of length, little-endian, and JSON padded with spaces: the tokens behind it stay aligned. */
function headerBytes(header: SegmentHeader): Uint8Array {
  const json = Buffer.from(JSON.stringify(header))
  const length = Math.ceil(json.length / 8) * 8
  const bytes = Buffer.alloc(8 + length, ' ')
  bytes.writeBigUInt64LE(BigInt(length), 0)
  json.copy(bytes, 8)
  return bytes
}

function bytesOf(tokens: BigUint64Array): Uint8Array {
  return new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength)
}

/**
 * Opens a segment file. Throws `Refused` `trace/seal-refused` when the key is another one or a byte was changed, `Broken` when the file
 * cannot be read or is no segment.
 */
export async function openFingerprints(file: string, sealKey: Uint8Array): Promise<Segment> {
  const handle = await open(file, 'r').catch((cause: unknown) => {
    throw new Broken('trace/segment-unreadable', 'a fingerprint file cannot be opened', { cause })
  })
  try {
    return parse(await unseal(handle, sealKey))
  } finally {
    await handle.close()
  }
}

async function unseal(handle: FileHandle, sealKey: Uint8Array): Promise<ArrayBuffer> {
  const { size } = await handle.stat()
  const start = await readAt(handle, 0, magic.length + nonceBytes)
  const length = size - start.length - tagBytes
  if (!start.subarray(0, magic.length).equals(magic) || length < 8) throw new Broken('trace/segment-malformed', 'not a fingerprint file of this format')
  const decipher = createDecipheriv('aes-256-gcm', sealKey, start.subarray(magic.length), { authTagLength: tagBytes })
  decipher.setAAD(magic)
  decipher.setAuthTag(await readAt(handle, size - tagBytes, tagBytes))
  const plain = new Uint8Array(new ArrayBuffer(length))
  for (let at = 0; at < length; at += sliceBytes) {
    const slice = await readAt(handle, start.length + at, Math.min(sliceBytes, length - at))
    plain.set(decipher.update(slice), at)
  }
  try {
    decipher.final()
  } catch (cause) {
    throw new Refused('trace/seal-refused', 'the fingerprints do not open under this key, or were changed', { cause })
  }
  return plain.buffer
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  for (let at = 0; at < length; ) {
    const { bytesRead } = await handle.read(bytes, at, length - at, position + at)
    if (bytesRead === 0) throw new Broken('trace/segment-malformed', 'a fingerprint file ends early')
    at += bytesRead
  }
  return bytes
}

// What is parsed here was sealed by this program: the seal vouches for its shape.
function parse(plain: ArrayBuffer): Segment {
  const length = Number(new DataView(plain).getBigUint64(0, true))
  if (length > headerBytesMax) throw new Broken('trace/segment-malformed', 'a fingerprint header is too long')
  const header = JSON.parse(Buffer.from(plain, 8, length).toString()) as SegmentHeader
  if (header.format !== 1) throw new Broken('trace/segment-malformed', 'fingerprints of another format')
  let at = 8 + length
  const take = (count: number): BigUint64Array => {
    const tokens = new BigUint64Array(plain, at, count)
    at += tokens.byteLength
    return tokens
  }
  return {
    header,
    columns: header.columns.map((column) => take(column.distinct)),
    links: header.links.map((link) => take(link.distinct)),
  }
}
