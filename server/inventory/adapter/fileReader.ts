/** Opening a file of a folder store as a stream of delimited rows, whatever it is packed in. */
import { createGunzip } from 'node:zlib'
import type { FileHandle } from 'node:fs/promises'
import { Broken } from '#kit/errors'
import { codeOf, openInside } from './files.ts'
import { formatOf, sampleBytesMax } from './format.ts'
import type { Delimiter, Encoding, FileFormat } from './format.ts'
import { csvOfJsonLines } from './jsonLines.ts'
import type { LineCounts } from './jsonLines.ts'

export interface OpenedFile {
  readonly outcome: 'opened'
  readonly kind: 'delimited' | 'json lines' | 'empty'
  /** Of `rows`; JSON lines come out with `,`. */
  readonly delimiter: Delimiter
  readonly gzip: boolean
  readonly encoding: Encoding
  /** False when the records of the sample disagree on their number of fields: logs, prose, dumps. Only whole fields are searched. A list of one column is regular. */
  readonly regular: boolean
  /**
   * Iterate once. For delimited UTF-8 these are the (unzipped) bytes of the file unchanged, so that offsets mean the file's own.
   * Throws `Broken` `inventory/gzip-bomb`, or `inventory/file-unreadable` when the file ends early or cannot be read on.
   */
  readonly rows: AsyncIterable<Uint8Array>
  /** What was read so far: file bytes, unzipped bytes, lines that were no JSON or too long to hold. */
  readonly report: () => FileReport
}

export interface FileReport {
  readonly fileBytes: number
  readonly bytes: number
  readonly notJson: number
  readonly tooLong: number
}

export interface GzipLimits {
  /** Unzipped bytes of one file. */
  readonly bytesMax: number
  /** Unzipped over zipped, looked at after the first 64 MiB. */
  readonly ratioMax: number
}

/** Bytes: five times the largest table of the case as CSV. Ratio: real tables give 3 to 30, deflate can reach 1,032. */
export const gzipLimits: GzipLimits = { bytesMax: 64 * 1024 ** 3, ratioMax: 400 }

const ratioGraceBytes = 64 * 1024 * 1024
const readBytes = 1024 * 1024

/**
 * Opens one file. The verdict `not readable` carries a reason fit for a coverage report; failures of the disk are thrown as `Broken`.
 * An opened file holds a descriptor until `rows` was iterated to its end, stopped, or `dispose` was called.
 */
export async function openFile(root: string, path: string, limits: GzipLimits = gzipLimits): Promise<
  (OpenedFile & { readonly dispose: () => Promise<void> }) | { readonly outcome: 'not readable'; readonly because: string }
> {
  const handle = await openInside(root, path)
  try {
    const outer = await sampleOf(() => fileBytes(handle, { fileBytes: 0 }))
    const gzip = outer.outcome === 'gzip'
    const format = gzip ? await sampleOf(() => gunzip(handle, { fileBytes: 0 }, limits)) : outer
    if (format.outcome === 'not readable' || format.outcome === 'gzip') {
      await handle.close()
      return { outcome: 'not readable', because: `${gzip ? 'in gzip: ' : ''}${format.outcome === 'gzip' ? 'gzip again, not unpacked' : format.because}` }
    }
    return opened(handle, format, { gzip, limits })
  } catch (cause) {
    await handle.close()
    throw cause
  }
}

function opened(handle: FileHandle, format: Exclude<FileFormat, { outcome: 'not readable' | 'gzip' }>, options: { gzip: boolean; limits: GzipLimits }) {
  const counts = { fileBytes: 0, bytes: 0, rows: 0, notJson: 0, tooLong: 0 }
  const encoding = format.outcome === 'empty' ? 'utf-8' : format.encoding
  return {
    outcome: 'opened' as const,
    kind: format.outcome,
    delimiter: format.outcome === 'delimited' ? format.delimiter : (',' as const),
    gzip: options.gzip,
    encoding,
    regular: format.outcome === 'delimited' ? format.regular : true,
    rows: rowsOf(handle, { ...options, encoding, json: format.outcome === 'json lines' }, counts),
    report: () => ({ fileBytes: counts.fileBytes, bytes: counts.bytes, notJson: counts.notJson, tooLong: counts.tooLong }),
    dispose: () => handle.close(),
  }
}

interface Counts extends LineCounts {
  fileBytes: number
  bytes: number
}

async function* rowsOf(handle: FileHandle, how: { gzip: boolean; limits: GzipLimits; encoding: Encoding; json: boolean }, counts: Counts): AsyncGenerator<Uint8Array> {
  try {
    const plain = counted(how.gzip ? gunzip(handle, counts, how.limits) : fileBytes(handle, counts), counts)
    const text = how.encoding === 'utf-8' ? plain : recoded(plain, how.encoding)
    yield* how.json ? csvOfJsonLines(text, counts) : text
  } finally {
    await handle.close()
  }
}

async function sampleOf(source: () => AsyncGenerator<Uint8Array>): Promise<FileFormat> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of source()) {
    parts.push(part)
    length += part.length
    if (length > sampleBytesMax) break
  }
  return formatOf(Buffer.concat(parts).subarray(0, sampleBytesMax), length <= sampleBytesMax)
}

async function* fileBytes(handle: FileHandle, counts: { fileBytes: number }): AsyncGenerator<Uint8Array> {
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(readBytes), 0, readBytes, position).catch((cause: unknown) => {
      throw new Broken('inventory/file-unreadable', `a file cannot be read on: ${codeOf(cause)}`, { cause })
    })
    if (bytesRead === 0) return
    position += bytesRead
    counts.fileBytes += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

async function* gunzip(handle: FileHandle, counts: { fileBytes: number }, limits: GzipLimits): AsyncGenerator<Uint8Array> {
  const stream = createGunzip({ chunkSize: 256 * 1024 })
  let bytes = 0
  const feeding = feed(fileBytes(handle, counts), stream)
  try {
    for await (const part of stream as AsyncIterable<Uint8Array>) {
      bytes += part.length
      const ratio = bytes / Math.max(1, counts.fileBytes)
      if (bytes > limits.bytesMax || (bytes > ratioGraceBytes && ratio > limits.ratioMax)) {
        throw new Broken('inventory/gzip-bomb', `a gzip unpacks to more than ${limits.bytesMax} bytes or ${limits.ratioMax} times its size`)
      }
      yield part
    }
  } catch (cause) {
    if (cause instanceof Broken) throw cause
    throw new Broken('inventory/file-unreadable', `a gzip is damaged or cut short: ${codeOf(cause)}`, { cause })
  } finally {
    stream.destroy()
    await feeding
  }
}

async function feed(source: AsyncIterable<Uint8Array>, stream: ReturnType<typeof createGunzip>): Promise<void> {
  try {
    for await (const part of source) {
      if (stream.destroyed) return
      if (!stream.write(part)) await drained(stream)
    }
    stream.end()
  } catch (cause) {
    stream.destroy(cause as Error)
  }
}

/** Until more can be written, or nothing ever will. Leaves no listener behind: a large file waits thousands of times. */
async function drained(stream: ReturnType<typeof createGunzip>): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done)
      resolve()
    }
    stream.once('drain', done).once('close', done)
  })
}

async function* counted(bytes: AsyncIterable<Uint8Array>, counts: { bytes: number }): AsyncGenerator<Uint8Array> {
  for await (const part of bytes) {
    counts.bytes += part.length
    yield part
  }
}

async function* recoded(bytes: AsyncIterable<Uint8Array>, encoding: Encoding): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding)
  for await (const part of bytes) yield Buffer.from(decoder.decode(part, { stream: true }))
  yield Buffer.from(decoder.decode())
}
