/** What the log of cells of the invented dataset takes on disk after three years of weekly readings, written by the product's own code. */
import { join } from 'node:path'
import { statSync } from 'node:fs'
import { changeBytes, movementBytes, writeCells } from '../../server/trace/cells/file.ts'
import { columns, day, random, span, type Person } from './world.ts'

export async function storageOf(directory: string, people: readonly Person[]): Promise<{ file: string; bytesARow: number; changeBytesARow: number }> {
  const draw = random(3)
  const code = (): number => Math.floor(draw() * 2 ** 32)
  const reading = (at: number): number => Math.min(Math.floor(span / day / 7), 1 + Math.floor(at / day / 7))
  const changes = people.flatMap((person, row) => person.changes.map(({ column, at }) => ({ row, column: columns.indexOf(column), reading: reading(at), before: code() })))
  const movements = people.flatMap(({ from, to }, row) => [...(from === -Infinity ? [] : [{ row, reading: reading(from), present: 1 as const }]), ...(to === Infinity ? [] : [{ row, reading: reading(to), present: 0 as const }])])
  const file = join(directory, 'people.0.cells')
  await writeCells(file, {
    key: Buffer.alloc(32, 1), coding: 'siphash', table: 'people', identifiers: ['user_id'], columns, halved: 0, readings: Array.from({ length: Math.floor(span / day / 7) + 1 }, (_, at) => at * 7 * day),
    subjects: BigUint64Array.from(people, () => (BigInt(code()) << 32n) | BigInt(code())).sort(), others: [], cells: Uint32Array.from({ length: people.length * columns.length }, code), present: new Uint8Array(people.length),
    changes: { rows: Uint32Array.from(changes, ({ row }) => row), columns: Uint16Array.from(changes, ({ column }) => column), readings: Uint32Array.from(changes, (one) => one.reading), before: Uint32Array.from(changes, ({ before }) => before) },
    movements: { rows: Uint32Array.from(movements, ({ row }) => row), readings: Uint32Array.from(movements, (one) => one.reading), present: Uint8Array.from(movements, ({ present }) => present) },
  }, Buffer.alloc(32, 2))
  const rounded = (bytes: number): number => Math.round((bytes / people.length) * 10) / 10
  return { file, bytesARow: rounded(statSync(file).size), changeBytesARow: rounded(changes.length * changeBytes + movements.length * movementBytes) }
}
