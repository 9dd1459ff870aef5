/** The sealed file of a log of cells: numbers one after another, a header of JSON, its length. Sealed with the key of the fingerprints of its controller; it dies with that key. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { Broken } from '#kit/errors'
import { createSealed, openSealed } from '../fingerprint/sealed.ts'
import type { CellChange, CellLog, Movement } from './types.ts'

/** Bytes of one change, and of one that came or went, as they stand in the file. */
export const changeBytes = 14
export const movementBytes = 9
const lengthBytes = 8

interface Header extends Pick<CellLog, 'table' | 'identifiers' | 'columns' | 'halved' | 'readings'> { readonly key: string; readonly rows: number; readonly changes: number; readonly movements: number }

/** Writes the log in place of the one before. Resolves to the bytes of the file. */
export async function writeCells(file: string, log: CellLog, sealKey: Uint8Array): Promise<number> {
  const writer = await createSealed(file, { sealKey, random: randomBytes })
  try {
    for (const numbers of [log.subjects, ...log.others, log.cells, log.present]) await writer.put(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength))
    await writer.put(changesBytes(log.changes))
    await writer.put(movementsBytes(log.movements))
    const { table, identifiers, columns, halved, readings } = log
    const header: Header = { table, identifiers, columns, halved, readings, key: Buffer.from(log.key).toString('base64'), rows: log.subjects.length, changes: log.changes.length, movements: log.movements.length }
    const text = Buffer.from(JSON.stringify(header))
    const length = Buffer.alloc(lengthBytes)
    length.writeBigUInt64LE(BigInt(text.length))
    await writer.put(Buffer.concat([text, length]))
    return (await writer.finish()).bytes
  } finally {
    await writer.abandon()
  }
}

function changesBytes(changes: readonly CellChange[]): Buffer {
  const bytes = Buffer.alloc(changes.length * changeBytes)
  changes.forEach(({ row, column, reading, before }, at) => {
    bytes.writeUInt32LE(row, at * changeBytes)
    bytes.writeUInt16LE(column, at * changeBytes + 4)
    bytes.writeUInt32LE(reading, at * changeBytes + 6)
    bytes.writeUInt32LE(before, at * changeBytes + 10)
  })
  return bytes
}

function movementsBytes(movements: readonly Movement[]): Buffer {
  const bytes = Buffer.alloc(movements.length * movementBytes)
  movements.forEach(({ row, reading, present }, at) => {
    bytes.writeUInt32LE(row, at * movementBytes)
    bytes.writeUInt32LE(reading, at * movementBytes + 4)
    bytes.writeUInt8(present, at * movementBytes + 8)
  })
  return bytes
}

/** The log in that file; undefined when there is none. Throws as `openSealed` does. */
export async function readCells(file: string, sealKey: Uint8Array): Promise<CellLog | undefined> {
  if (!existsSync(file)) return undefined
  const sealed = await openSealed(file, sealKey)
  try {
    const parts: Uint8Array[] = []
    for await (const part of sealed.read(0, sealed.length)) parts.push(part)
    return parseCells(Buffer.concat(parts))
  } finally {
    await sealed.close()
  }
}

function parseCells(bytes: Buffer): CellLog {
  const length = bytes.length < lengthBytes ? Infinity : Number(bytes.readBigUInt64LE(bytes.length - lengthBytes))
  if (length > bytes.length - lengthBytes) throw new Broken('trace/cells-malformed', 'a log of cells has no header')
  const { key, rows, changes, movements, ...header } = JSON.parse(bytes.toString('utf8', bytes.length - lengthBytes - length, bytes.length - lengthBytes)) as Header
  let at = 0
  const take = (count: number): Buffer => bytes.subarray(at, at += count)
  const longs = (): BigUint64Array => { const numbers = new BigUint64Array(rows); new Uint8Array(numbers.buffer).set(take(rows * 8)); return numbers }
  const subjects = longs()
  const others = header.identifiers.slice(1).map(longs)
  const cells = new Uint32Array(rows * header.columns.length)
  new Uint8Array(cells.buffer).set(take(cells.byteLength))
  const present = Uint8Array.from(take(rows))
  const [changed, moved] = [take(changes * changeBytes), take(movements * movementBytes)]
  return {
    ...header, key: Buffer.from(key, 'base64'), subjects, others, cells, present,
    changes: Array.from({ length: changes }, (_, one) => ({ row: changed.readUInt32LE(one * changeBytes), column: changed.readUInt16LE(one * changeBytes + 4), reading: changed.readUInt32LE(one * changeBytes + 6), before: changed.readUInt32LE(one * changeBytes + 10) })),
    movements: Array.from({ length: movements }, (_, one) => ({ row: moved.readUInt32LE(one * movementBytes), reading: moved.readUInt32LE(one * movementBytes + 4), present: moved.readUInt8(one * movementBytes + 8) as 0 | 1 })),
  }
}
