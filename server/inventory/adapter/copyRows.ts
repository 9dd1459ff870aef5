/** Rows of COPY put together by WebAssembly (`assembly/copyRows.ts`): one by one in JavaScript that took as long as all else that is done to receive them. */
import { readFileSync } from 'node:fs'

// Node has it; the types of this project's libraries do not.
declare const WebAssembly: { readonly Module: new (bytes: Uint8Array) => object; readonly Instance: new (module: object) => { readonly exports: unknown } }

interface Program {
  readonly memory: { readonly buffer: ArrayBuffer }
  gather(from: number, to: number, out: number, one: number, other: number): number
  end(): number
}

/** Bytes of messages that are looked at together at the most. */
export const gatherBytesMax = 256 * 1024

// Its vectors reach so far behind what they are told.
const slackBytes = 16
const messagesAt = 1024
const rowsAt = messagesAt + gatherBytesMax + slackBytes

let made: { readonly program: Program; readonly memory: Uint8Array<ArrayBuffer> } | undefined

function start(): NonNullable<typeof made> {
  const program = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(new URL('./copyRows.wasm', import.meta.url)))).exports as Program
  return { program, memory: new Uint8Array(program.memory.buffer) }
}

export interface Gathered {
  /** Whole rows, which the next call of anybody overwrites. */
  readonly rows: Uint8Array
  /** Where the message begins that is none of a row, or not whole, or whose row holds one of the bytes that were asked for; or where the bytes end. */
  readonly to: number
}

/** Takes up messages, `gatherBytesMax` at the most; the function gives the rows from one of them on. `asked`: two different bytes at the most. For one caller at a time, who is done before he waits for anything. */
export function gatherer(messages: Uint8Array, asked: readonly number[]): (from: number) => Gathered {
  if (messages.length > gatherBytesMax || asked.length > 2) throw new RangeError('more than the program has room for')
  const { program, memory } = made ??= start()
  memory.set(messages, messagesAt)
  const [one = -1, other = one] = asked
  return (from) => {
    const to = program.gather(messagesAt + from, messagesAt + messages.length, rowsAt, one, other) - messagesAt
    return { rows: memory.subarray(rowsAt, program.end()), to }
  }
}
