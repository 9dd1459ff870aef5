/**
 * Bytes that look packed or encrypted: in them every byte value is about as frequent as any other, as in no text, table, program or page of a database.
 * A search of such bytes finds nothing, whatever they hold, and that is no clean result.
 */

/** Bytes judged together: enough to tell, few enough that what lies hidden among other bytes is seen. */
const blockBytes = 4096

/** Fewer bytes are a key, a salt or a digest, and tell nothing. */
const blockBytesMin = 128

/**
 * How much likelier two bytes of a block are to be the same than two of noise. Measured: AES 1.0 (128 bytes of it: 1 ± 0.2), deflate, brotli and zstd 1.0
 * to 2.1, the latter where what they packed says little; numbers of eight bytes from 2.9, of four from 3.9, programs from 5.2, text from 10.
 */
const likenessMax = 2.2

/** A part's bytes, passed on unchanged, and what is to be said of them once they have ended. */
export interface Watched {
  readonly bytes: AsyncIterable<Uint8Array>
  partly(): readonly string[]
}

/** Watches bytes of no known kind while they are read. A part of one dense block or more is read partly. */
export function watchDense(source: AsyncIterable<Uint8Array>): Watched {
  const meter = new DenseMeter()
  const bytes = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      meter.push(piece)
      yield piece
    }
    meter.end()
  }
  return { bytes: bytes(), partly: () => (meter.dense === 0 ? [] : [`${meter.dense} of ${meter.total} bytes look packed or encrypted: what they hold was not compared`]) }
}

/** Counts dense bytes; however they come in pieces, the count is the same. */
export class DenseMeter {
  readonly #counts = new Uint32Array(256)
  #held = 0
  /** Bytes in dense blocks so far. */
  dense = 0
  total = 0

  push(piece: Uint8Array): void {
    const counts = this.#counts
    for (let at = 0; at < piece.length;) {
      const end = Math.min(piece.length, at + blockBytes - this.#held)
      this.#held += end - at
      for (; at < end; at += 1) counts[piece[at]!]! += 1
      if (this.#held === blockBytes) this.#judge()
    }
    this.total += piece.length
  }

  end(): void {
    if (this.#held >= blockBytesMin) this.#judge()
  }

  #judge(): void {
    const length = this.#held
    let pairs = 0
    for (let byte = 0; byte < 256; byte += 1) pairs += this.#counts[byte]! * (this.#counts[byte]! - 1)
    if ((pairs * 256) / (length * (length - 1)) < likenessMax) this.dense += length
    this.#counts.fill(0)
    this.#held = 0
  }
}
