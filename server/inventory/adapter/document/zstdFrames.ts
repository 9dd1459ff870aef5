/** Where zstd frames end (RFC 8878, 3.1), told from their headers alone: the library takes the end of its input for the end of a frame. */

type Step = 'magic' | 'skippable size' | 'descriptor' | 'block header' | 'passing' | 'no frame'

/** Looks at a stream of frames piece by piece, and holds at most one header of it. */
export class ZstdFrames {
  #step: Step = 'magic'
  #held: number[] = []
  #wanted = 4
  #skip = 0
  #checkSumBytes = 0

  /** Whether all that was given is whole frames, with or without something else behind them. */
  get whole(): boolean {
    return this.#step === 'no frame' || this.#step === 'magic'
  }

  /** The next bytes of the stream. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && this.#step !== 'no frame';) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, bytes.length - at)
        this.#skip -= passed
        at += passed
        if (this.#skip === 0 && this.#step === 'passing') this.#expect('magic', 4)
        continue
      }
      this.#held.push(bytes[at++]!)
      if (this.#held.length === this.#wanted) this.#header(Buffer.from(this.#held))
    }
  }

  #expect(step: Step, wanted: number): void {
    this.#step = step
    this.#wanted = wanted
    this.#held = []
  }

  /** What stays to be passed over before the next frame, which may be nothing. */
  #pass(count: number): void {
    this.#expect(count === 0 ? 'magic' : 'passing', 4)
    this.#skip = count
  }

  #header(header: Buffer): void {
    switch (this.#step) {
      case 'magic': {
        const magic = header.readUInt32LE()
        if (magic === 0xfd2fb528) this.#expect('descriptor', 1)
        else if ((magic & 0xfffffff0) >>> 0 === 0x184d2a50) this.#expect('skippable size', 4)
        else this.#step = 'no frame'
        return
      }
      case 'skippable size': return this.#pass(header.readUInt32LE())
      case 'descriptor': return this.#describe(header[0]!)
      case 'block header': return this.#block(header.readUIntLE(0, 3))
      case 'passing': case 'no frame': return
    }
  }

  #describe(descriptor: number): void {
    const single = (descriptor & 0x20) !== 0
    const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6]!
    this.#checkSumBytes = (descriptor & 4) === 0 ? 0 : 4
    this.#expect('block header', 3)
    this.#skip = (single ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]! + sizeBytes
  }

  #block(header: number): void {
    const repeated = ((header >> 1) & 3) === 1 // one byte stands for all
    const size = repeated ? 1 : header >> 3
    const last = (header & 1) === 1
    if (last) return this.#pass(size + this.#checkSumBytes)
    this.#expect('block header', 3)
    this.#skip = size
  }
}
