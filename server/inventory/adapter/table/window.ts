/** A stream of bytes looked at through a window that grows until what is to be read stands whole in it. */

/** What a parser may see at once. Bytes: the largest row of a dump is held whole. */
export const windowBytesMax = 64 * 1024 * 1024

export interface Window {
  /** What is held; parsers read from `at` to the end of it. */
  readonly bytes: Buffer
  at: number
  /** True when nothing comes behind `bytes`. */
  readonly ended: boolean
  /** Bytes of the stream before `bytes[0]`. */
  readonly offset: number
  /** Reads on, at least until twice as much is held behind `at`. Returns false at the end of the stream, and when the window is full. */
  more(): Promise<boolean>
  /** Ends the stream. */
  close(): Promise<void>
}

/** A window on a stream; nothing is read before the first `more`. */
export function openWindow(source: AsyncIterable<Uint8Array>, bytesMax: number = windowBytesMax): Window {
  const iterator = source[Symbol.asyncIterator]()
  let bytes: Buffer = Buffer.alloc(0)
  let ended = false
  let offset = 0
  return {
    get bytes() { return bytes },
    at: 0,
    get ended() { return ended },
    get offset() { return offset },
    async more() {
      const rest = bytes.subarray(this.at)
      if (ended || rest.length >= bytesMax) return false
      const chunks: Uint8Array[] = [rest]
      let length = rest.length
      const target = Math.max(2 * length, 1)
      while (length < target) {
        const step = await iterator.next()
        if (step.done === true) { ended = true; break }
        chunks.push(step.value)
        length += step.value.length
      }
      offset += this.at
      bytes = chunks.length === 2 && rest.length === 0 ? Buffer.from(chunks[1]!.buffer, chunks[1]!.byteOffset, chunks[1]!.length) : Buffer.concat(chunks, length)
      this.at = 0
      return length > rest.length
    },
    close: async () => { await iterator.return?.() },
  }
}
