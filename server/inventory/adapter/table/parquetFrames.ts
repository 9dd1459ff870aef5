/** What the process that reads Parquet files and the one that started it say to each other. */
import type { Part, UnreadPart } from '../part.ts'
import type { ParquetOptions } from './parquet.ts'
import type { FileInput } from './sqlite.ts'

/** Of a file, once: `open`; of each part: `read` its bytes or not, perhaps `stop` in the middle, then `next`. */
export type Order =
  | { readonly do: 'open'; readonly input: FileInput; readonly options: ParquetProcessOptions }
  | { readonly do: 'read' | 'stop' | 'next' }

/** What can be said to another process: no function. */
export type ParquetProcessOptions = Omit<ParquetOptions, 'mayMatch'>

export type PartHead = Pick<Part, 'name' | 'kind' | 'shape' | 'delimiter' | 'columns'>

export type Answer =
  | { readonly is: 'part'; readonly part: PartHead }
  | { readonly is: 'unread'; readonly part: UnreadPart }
  | { readonly is: 'end'; readonly partly: readonly string[] }
  | { readonly is: 'broken'; readonly because: string }
  | { readonly is: 'done' }

const [bytesKind, answerKind] = [0, 1]
const headBytes = 5

/** A frame: one byte of kind, four of length, little end first; then bytes of a part, or an answer as JSON. */
export function frameOf(content: Answer | Uint8Array): readonly [Uint8Array, Uint8Array] {
  const isBytes = content instanceof Uint8Array
  const body = isBytes ? content : Buffer.from(JSON.stringify(content))
  const head = Buffer.alloc(headBytes)
  head.writeUInt8(isBytes ? bytesKind : answerKind, 0)
  head.writeUInt32LE(body.length, 1)
  return [head, body]
}

/** The content of frames as they come in, bytes of parts in whatever pieces they come. Ends where the stream ends, a frame cut short included. */
export async function* contents(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Answer | Uint8Array> {
  let rest: Buffer = Buffer.alloc(0)
  let ofPart = 0
  for await (const chunk of stream) {
    rest = rest.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([rest, chunk])
    for (;;) {
      if (ofPart > 0) {
        if (rest.length === 0) break
        const piece = rest.subarray(0, ofPart)
        rest = rest.subarray(piece.length)
        ofPart -= piece.length
        yield piece
        continue
      }
      if (rest.length < headBytes) break
      const length = rest.readUInt32LE(1)
      if (rest[0] === bytesKind) {
        rest = rest.subarray(headBytes)
        ofPart = length
        continue
      }
      if (rest.length < headBytes + length) break
      const answer = JSON.parse(rest.toString('utf8', headBytes, headBytes + length)) as Answer
      rest = rest.subarray(headBytes + length)
      yield answer
    }
  }
}
