/** The sealed file of a log of cells: numbers one after another, a header of JSON, its length. Sealed with the key of the fingerprints of its controller; it dies with that key. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { Broken } from '#kit/errors'
import { createSealed, openSealed, type SealedFile, type SealedWriter } from '../fingerprint/sealed.ts'
import { noChanges, noMovements } from './log.ts'
import type { CellLog, Changes, Coding, Movements } from './types.ts'

/** Bytes of one change, and of one that came or went, as they stand in the file. */
export const changeBytes = 14
export const movementBytes = 9
const lengthBytes = 8

/** Changes, or comings and goings, that are written or read together. */
const together = 64 * 1024

/** What a log says of itself. `coding` is left out in logs of HMAC, which were written before there was another. */
interface Header extends Pick<CellLog, 'table' | 'identifiers' | 'columns' | 'halved' | 'readings'> { readonly key: string; readonly coding?: Coding; readonly rows: number; readonly changes: number; readonly movements: number }

/** A log but for what it holds of people, and how much that is. */
export interface CellsHeader extends Pick<CellLog, 'table' | 'identifiers' | 'columns' | 'halved' | 'readings' | 'key' | 'coding'> { readonly rows: number; readonly changes: number; readonly movements: number }

/** Writes the log in place of the one before. Resolves to the bytes of the file. */
export async function writeCells(file: string, log: CellLog, sealKey: Uint8Array): Promise<number> {
  const writer = await createSealed(file, { sealKey, random: randomBytes })
  try {
    for (const numbers of [log.subjects, ...log.others, log.cells, log.present]) await writer.put(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength))
    await putEach(writer, { count: log.changes.rows.length, bytes: changeBytes }, changeWriter(log.changes))
    await putEach(writer, { count: log.movements.rows.length, bytes: movementBytes }, movementWriter(log.movements))
    const { table, identifiers, columns, halved, readings, coding } = log
    const header: Header = { table, identifiers, columns, halved, readings, key: Buffer.from(log.key).toString('base64'), ...(coding === 'hmac' ? {} : { coding }), rows: log.subjects.length, changes: log.changes.rows.length, movements: log.movements.rows.length }
    const text = Buffer.from(JSON.stringify(header))
    const length = Buffer.alloc(lengthBytes)
    length.writeBigUInt64LE(BigInt(text.length))
    await writer.put(Buffer.concat([text, length]))
    return (await writer.finish()).bytes
  } finally {
    await writer.abandon()
  }
}

/** Does something with the entry of a number, at a place in some bytes. */
type Entry = (bytes: Buffer, at: number, number: number) => void

interface Entries { readonly count: number; readonly bytes: number }

async function putEach(writer: SealedWriter, { count, bytes }: Entries, write: Entry): Promise<void> {
  const room = Buffer.alloc(Math.min(count, together) * bytes)
  for (let from = 0; from < count; from += together) {
    const some = Math.min(together, count - from)
    for (let one = 0; one < some; one += 1) write(room, one * bytes, from + one)
    await writer.put(room.subarray(0, some * bytes))
  }
}

const changeWriter = ({ rows, columns, readings, before }: Changes): Entry => (bytes, at, number) => {
  bytes.writeUInt32LE(rows[number]!, at)
  bytes.writeUInt16LE(columns[number]!, at + 4)
  bytes.writeUInt32LE(readings[number]!, at + 6)
  bytes.writeUInt32LE(before[number]!, at + 10)
}

const movementWriter = ({ rows, readings, present }: Movements): Entry => (bytes, at, number) => {
  bytes.writeUInt32LE(rows[number]!, at)
  bytes.writeUInt32LE(readings[number]!, at + 4)
  bytes.writeUInt8(present[number]!, at + 8)
}

/** The log in that file; undefined when there is none. Throws as `openSealed` does. */
export async function readCells(file: string, sealKey: Uint8Array): Promise<CellLog | undefined> {
  return opened(file, sealKey, readLog)
}

/** What the log in that file says of itself, without what it holds of people; undefined when there is none. Throws as `openSealed` does. */
export async function readCellsHeader(file: string, sealKey: Uint8Array): Promise<CellsHeader | undefined> {
  return opened(file, sealKey, readHeader)
}

async function opened<Result>(file: string, sealKey: Uint8Array, read: (sealed: SealedFile) => Promise<Result>): Promise<Result | undefined> {
  if (!existsSync(file)) return undefined
  const sealed = await openSealed(file, sealKey)
  try {
    return await read(sealed)
  } finally {
    await sealed.close()
  }
}

async function readHeader(sealed: SealedFile): Promise<CellsHeader> {
  const end = sealed.length - lengthBytes
  const length = end < 0 ? Infinity : Number((await take(sealed, end, Buffer.alloc(lengthBytes))).readBigUInt64LE())
  if (length > end) throw new Broken('trace/cells-malformed', 'a log of cells has no header')
  const { key, ...header } = JSON.parse((await take(sealed, end - length, Buffer.alloc(length))).toString()) as Header
  return { coding: 'hmac', ...header, key: Buffer.from(key, 'base64') }
}

/** Fills the bytes from a place in the file on. */
async function take<Bytes extends Uint8Array>(sealed: SealedFile, from: number, bytes: Bytes): Promise<Bytes> {
  let at = 0
  for await (const part of sealed.read(from, from + bytes.length)) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

async function readLog(sealed: SealedFile): Promise<CellLog> {
  const { rows, changes, movements, ...header } = await readHeader(sealed)
  let at = 0
  const fill = async <Numbers extends BigUint64Array | Uint32Array | Uint8Array>(numbers: Numbers): Promise<Numbers> => {
    await take(sealed, at, new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength))
    at += numbers.byteLength
    return numbers
  }
  const subjects = await fill(new BigUint64Array(rows))
  const others: BigUint64Array[] = []
  while (others.length < header.identifiers.length - 1) others.push(await fill(new BigUint64Array(rows)))
  const cells = await fill(new Uint32Array(rows * header.columns.length))
  const present = await fill(new Uint8Array(rows))
  const [changed, moved] = [noChanges(changes), noMovements(movements)]
  await takeEach(sealed, { from: at, count: changes, bytes: changeBytes }, changeReader(changed))
  await takeEach(sealed, { from: at + changes * changeBytes, count: movements, bytes: movementBytes }, movementReader(moved))
  return { ...header, subjects, others, cells, present, changes: changed, movements: moved }
}

async function takeEach(sealed: SealedFile, { from, count, bytes }: Entries & { readonly from: number }, read: Entry): Promise<void> {
  const room = Buffer.alloc(Math.min(count, together) * bytes)
  for (let first = 0; first < count; first += together) {
    const some = Math.min(together, count - first)
    await take(sealed, from + first * bytes, room.subarray(0, some * bytes))
    for (let one = 0; one < some; one += 1) read(room, one * bytes, first + one)
  }
}

const changeReader = ({ rows, columns, readings, before }: Changes): Entry => (bytes, at, number) => {
  rows[number] = bytes.readUInt32LE(at)
  columns[number] = bytes.readUInt16LE(at + 4)
  readings[number] = bytes.readUInt32LE(at + 6)
  before[number] = bytes.readUInt32LE(at + 10)
}

const movementReader = ({ rows, readings, present }: Movements): Entry => (bytes, at, number) => {
  rows[number] = bytes.readUInt32LE(at)
  readings[number] = bytes.readUInt32LE(at + 4)
  present[number] = bytes.readUInt8(at + 8)
}
