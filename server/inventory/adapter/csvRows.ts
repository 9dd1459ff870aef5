/** Rows of fields as CSV bytes (RFC 4180), a chunk at a time: for stores whose drivers give rows, not bytes. */

/** Bytes of a chunk: large enough that the search is called seldom. */
const chunkBytes = 256 * 1024

const quote = 0x22
const comma = 0x2c
const newline = 0x0a

/** Writes rows and gives chunks of whole rows. NULL is an empty field without quotes, every other value stands in quotes. */
export class CsvRows {
  private buffer = Buffer.allocUnsafe(chunkBytes + 64 * 1024)
  private end = 0
  private fields = 0

  /** One field of the row that is being written. */
  field(value: Uint8Array | string | null): void {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value
    this.room(bytes === null ? 1 : bytes.length * 2 + 3)
    if (this.fields > 0) this.buffer[this.end++] = comma
    this.fields += 1
    if (bytes === null) return
    this.buffer[this.end++] = quote
    if (bytes.indexOf(quote) < 0) {
      this.buffer.set(bytes, this.end)
      this.end += bytes.length
    } else {
      for (const byte of bytes) {
        if (byte === quote) this.buffer[this.end++] = quote
        this.buffer[this.end++] = byte
      }
    }
    this.buffer[this.end++] = quote
  }

  /** Ends the row. True when there is a chunk worth taking. */
  row(): boolean {
    this.room(1)
    this.buffer[this.end++] = newline
    this.fields = 0
    return this.end >= chunkBytes
  }

  /** What was written since the last time; undefined for nothing. */
  take(): Uint8Array | undefined {
    if (this.end === 0) return undefined
    const chunk = this.buffer.subarray(0, this.end)
    this.buffer = Buffer.allocUnsafe(chunkBytes + 64 * 1024)
    this.end = 0
    return chunk
  }

  private room(bytes: number): void {
    if (this.end + bytes <= this.buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.end + bytes))
    larger.set(this.buffer.subarray(0, this.end))
    this.buffer = larger
  }
}
