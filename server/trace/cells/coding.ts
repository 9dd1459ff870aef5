/**
 * Codes by SipHash-2-4 (Aumasson, Bernstein, 2012), and rows of CSV read straight into codes, many a call (`assembly/index.ts`). Each column has two keys of its own, as what identifies
 * somebody and as a cell, drawn from the key of the log by HMAC-SHA-256; of a cell the code of its subject stands before the value.
 */
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Broken } from '#kit/errors'
import { foldTable } from '../scanner/normal.ts'
import type { Coder } from './types.ts'

interface Exports {
  place(plan: number, fields: number, text: number, fold: number): void
  placeOut(out: number, rowsMax: number, words: number): void
  follow(low: number, high: number): void
  used(): number
  malformed(): number
  subjectOne(length: number, key: number): bigint
  cellOne(length: number, key: number): number
  read(from: number, to: number): number
}

interface Memory { readonly buffer: ArrayBuffer; grow(pages: number): number }

// Node has it; the types of this project's libraries do not.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Memory: new (size: { initial: number; maximum: number }) => Memory
  readonly Instance: new (module: object, imports: object) => { readonly exports: object }
}

const [pageBytes, pagesMax] = [64 * 1024, 65_536]
/** Behind a value: what is loaded in words goes beyond its end. Before a spelling: the code of its subject. */
const padBytes = 64

let compiled: object | undefined
let folds: Uint8Array | undefined

const keyBytes = 16

/** The key of a column, of 128 bits. */
const keyOf = (key: Uint8Array, kind: 'subject' | 'cell', column: string): Buffer => createHmac('sha256', key).update(JSON.stringify(['siphash-2-4', kind, column])).digest().subarray(0, keyBytes)

/** The module with a memory of its own, laid out by whoever uses it: addresses from `firstAt` on are free. */
class Machine {
  readonly calls: Exports
  /** Where spellings are written: the last of all, so that a long one has room. */
  textAt = 0
  readonly firstAt = pageBytes + 4096
  private readonly memory = new WebAssembly.Memory({ initial: 3, maximum: pagesMax })
  private bytes = new Uint8Array(this.memory.buffer)

  constructor(spell: (from: number, length: number, doubled: number) => number) {
    compiled ??= new WebAssembly.Module(readFileSync(new URL('./coding.wasm', import.meta.url)))
    folds ??= new Uint8Array(foldTable().buffer)
    const env = { memory: this.memory, abort: () => { throw new Error('the coding of cells stopped') }, spell }
    this.calls = new WebAssembly.Instance(compiled, { env }).exports as unknown as Exports
    this.view().set(folds, pageBytes)
  }

  /** The memory as it is now: another array once it has grown. */
  view(): Uint8Array {
    if (this.bytes.buffer !== this.memory.buffer) this.bytes = new Uint8Array(this.memory.buffer)
    return this.bytes
  }

  /** Makes the memory reach to an address. Throws `RangeError` where a machine has not that much. */
  reach(to: number): void {
    const lacking = Math.ceil((to + padBytes - this.memory.buffer.byteLength) / pageBytes)
    if (lacking > 0) this.memory.grow(lacking)
  }

  /** Writes a spelling, and returns its length in bytes. */
  write(text: string): number {
    const { textAt } = this
    this.reach(textAt + text.length * 3)
    return text === '' ? 0 : encoder.encodeInto(text, this.view().subarray(textAt)).written
  }
}

const encoder = new TextEncoder()

/** Keys that one coder keeps at a time: more than a table has columns. */
const keysMax = 4_000

/** Codes of single values. `spelled`: what is coded of each. */
export function sipCoder(key: Uint8Array, spelled: (value: string) => string): Coder {
  const machine = new Machine(() => 0)
  const keysAt = machine.firstAt
  machine.textAt = keysAt + keysMax * keyBytes + padBytes
  machine.calls.place(0, 0, machine.textAt, pageBytes)
  const known = new Map<string, number>()
  const keyAt = (kind: 'subject' | 'cell', column: string): number => {
    const name = `${kind} ${column}`
    const at = known.get(name)
    if (at !== undefined) return at
    if (known.size === keysMax) known.clear()
    const free = keysAt + known.size * keyBytes
    machine.view().set(keyOf(key, kind, column), free)
    known.set(name, free)
    return free
  }
  const words = (): DataView => new DataView(machine.view().buffer)
  return {
    subject: (column, value) => {
      const length = machine.write(spelled(value))
      return BigInt.asUintN(64, machine.calls.subjectOne(length, keyAt('subject', column)))
    },
    cell: (subject, column, value) => {
      const length = value === null ? 0 : machine.write(spelled(value))
      if (length === 0) return 0
      words().setBigUint64(machine.textAt - 8, subject, true)
      return machine.calls.cellOne(length, keyAt('cell', column)) >>> 0
    },
  }
}

/** What of a row is followed: `names` are its fields, the first of `identifiers` first. */
export interface RowPlan { readonly names: readonly string[]; readonly identifiers: readonly string[]; readonly followed: readonly string[] }

/** Words of a row: the code of its subject, two of each other identifier, one of each cell. */
export const rowWords = ({ identifiers, followed }: Pick<RowPlan, 'identifiers' | 'followed'>): number => 2 * identifiers.length + followed.length

/** Takes rows one after another, `rowWords` each. A subject whose code has one of the bits of `low` or `high` is not followed. */
export interface RowTaker {
  readonly mask: { readonly low: number; readonly high: number }
  take(words: Uint32Array, rows: number): void
}

const [planBytes, isOther, isCell] = [48, 1, 2]

function planOf(key: Uint8Array, { names, identifiers, followed }: RowPlan): Buffer {
  const plan = Buffer.alloc(names.length * planBytes)
  names.forEach((name, field) => {
    const [other, cell, at] = [identifiers.indexOf(name), followed.indexOf(name), field * planBytes]
    plan.writeUInt32LE((other > 0 ? isOther : 0) | (cell >= 0 ? isCell : 0), at)
    plan.writeUInt32LE(Math.max(0, 2 * other), at + 4)
    plan.writeUInt32LE(Math.max(0, 2 * identifiers.length + cell), at + 8)
    plan.set(keyOf(key, 'subject', name), at + 16)
    plan.set(keyOf(key, 'cell', name), at + 32)
  })
  return plan
}

/** Bytes that are read together, words that are given together, and the longest row. So few that a server goes on filling the socket meanwhile. */
const [batchBytes, batchWords, rowBytesMax] = [64 * 1024, 16 * 1024, 1024 ** 3]

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Reads rows as `csvFields` does and gives the codes of each to `taker`: those of `sipCoder`. Throws `Broken` for what is no CSV. */
export async function readCodedRows(bytes: AsyncIterable<Uint8Array>, { key, spelled, ...plan }: RowPlan & { readonly key: Uint8Array; readonly spelled: (value: string) => string }, taker: RowTaker): Promise<void> {
  const machine: Machine = new Machine((from, length, doubled): number => {
    const text = utf8.decode(machine.view().slice(from >>> 0, (from >>> 0) + length))
    return machine.write(spelled(doubled === 0 ? text : text.replaceAll('""', '"')))
  })
  const reader = rowReader(machine, { plan: planOf(key, plan), fields: plan.names.length, words: rowWords(plan) }, taker)
  for await (const chunk of bytes) reader.read(chunk)
  reader.end()
}

interface Layout { readonly plan: Buffer; readonly fields: number; readonly words: number }

function rowReader(machine: Machine, { plan, fields, words }: Layout, taker: RowTaker): { read(chunk: Uint8Array): void; end(): void } {
  const { calls } = machine
  const rowsMax = Math.max(1, Math.floor(batchWords / words))
  const outAt = Math.ceil((machine.firstAt + plan.length) / 8) * 8
  const windowAt = outAt + rowsMax * words * 4
  // A window holds what is read together, twice as much where a row goes on behind it: a long row is begun anew a few times only.
  let [filled, wanted, isFirst] = [0, batchBytes, true]
  const lay = (): void => {
    machine.textAt = windowAt + wanted + 2 * padBytes
    machine.reach(machine.textAt + wanted)
    calls.place(machine.firstAt, fields, machine.textAt, pageBytes)
  }
  lay()
  machine.view().set(plan, machine.firstAt)
  calls.placeOut(outAt, rowsMax, words)
  const step = (): void => {
    let from = isFirst && utf8Mark.every((byte, at) => at < filled && machine.view()[windowAt + at] === byte) ? utf8Mark.length : 0
    isFirst = false
    for (let rows = rowsMax; rows === rowsMax;) {
      calls.follow(taker.mask.low, taker.mask.high)
      rows = calls.read(windowAt + from, windowAt + filled)
      from = (calls.used() >>> 0) - windowAt
      taker.take(new Uint32Array(machine.view().buffer, outAt, rows * words), rows)
    }
    if (calls.malformed() !== 0) throw malformed()
    machine.view().copyWithin(windowAt, windowAt + from, windowAt + filled)
    filled -= from
    if (filled > rowBytesMax) throw new Broken('inventory/row-too-long', `a row is longer than ${rowBytesMax} bytes`)
    if (2 * filled <= wanted) return
    wanted = 4 * filled
    lay()
  }
  return {
    read: (chunk) => {
      for (let from = 0; from < chunk.length;) {
        const part = chunk.subarray(from, from + wanted - filled)
        machine.view().set(part, windowAt + filled)
        filled += part.length
        from += part.length
        if (filled === wanted) step()
      }
    },
    end: () => {
      step()
      if (filled === 0) return
      machine.view()[windowAt + filled] = 0x0a // the last row needs no line end
      filled += 1
      step()
      if (filled > 0) throw malformed()
    },
  }
}

const utf8Mark = [0xef, 0xbb, 0xbf]

const malformed = (): Broken => new Broken('inventory/rows-malformed', 'rows of a dataset are not written as CSV is: a quote is not closed, or stands inside a field')
