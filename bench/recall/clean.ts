/** Sets that hold nobody's copy and look like one: no finding may come of them. */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mixed, strangers, type Person } from './people.ts'
import { csv, delimited } from './write.ts'

export interface CleanSet {
  readonly name: string
  write(folder: string, rows: number, dataset: { readonly kept: readonly Person[] }): void
}

const set = (name: string, path: string, make: (rows: number, kept: readonly Person[]) => string | Buffer): CleanSet =>
  ({ name, write: (folder, rows, { kept }) => { writeFileSync(join(folder, path), make(rows, kept)) } })

const numbers = (rows: number): number[] => Array.from({ length: rows }, (_, row) => row)
const some = <Item>(list: readonly Item[], row: number): Item => list[row % list.length] as Item

export const cleanSets: readonly CleanSet[] = [
  set('another client of the same names and birth dates', 'a.csv', (rows) => csv(strangers(rows))),
  set('the same cities, plans, names and days, shuffled', 'b.csv', (rows, kept) => delimited(numbers(rows).map((row) => ({ ...some(kept, row), id: `x${mixed(row, 9)}`, email: '', first: some(kept, row * 7 + 3).first, born: some(kept, row * 13 + 5).born })), { f: (p) => p.first, l: (p) => p.last, b: (p) => p.born, c: (p) => p.city, p: (p) => p.plan })),
  set('sequential numbers', 'c.csv', (rows) => numbers(rows).map((row) => `${row},${row + 10_000_000},${row % 97}`).join('\n')),
  set('random identifiers', 'd.csv', (rows) => numbers(rows).map((row) => `${createHash('sha256').update(`r${row}`).digest('hex').slice(0, 32)},${mixed(row, 11)}`).join('\n')),
  set('md5 of other addresses', 'e.csv', (rows) => strangers(rows, 5_000_000).map((p) => `${createHash('md5').update(p.email).digest('hex')},${p.plan}`).join('\n')),
  set('a web server\'s log', 'f.log', (rows) => numbers(rows).map((row) => `10.${mixed(row, 1) % 256}.${mixed(row, 2) % 256}.${mixed(row, 3) % 256} - - [15/Apr/2019:10:00:00 +0000] "GET /item/${mixed(row, 4) % 90000}?user=${mixed(row, 5)} HTTP/1.1" 200 ${mixed(row, 6) % 9000}`).join('\n')),
  set('JSON lines of orders', 'g.jsonl', (rows) => numbers(rows).map((row) => JSON.stringify({ order: row, lines: [{ sku: `A-${mixed(row, 1) % 5000}`, n: row % 9 }], at: `2019-04-${String(1 + (row % 28)).padStart(2, '0')}` })).join('\n')),
  set('prose of mails between strangers', 'h.txt', (rows) => strangers(Math.ceil(rows / 10), 7_000_000).map((p) => `${p.first} ${p.last} wrote to <${p.email}> about order ${mixed(p.email.length, 3)}, and ${p.city} was mentioned.`).join('\n')),
  set('bytes that mean nothing', 'i.bin', (rows) => Buffer.concat(numbers(Math.ceil(rows / 8)).map((row) => createHash('sha512').update(String(row)).digest()))),
  set('telephone numbers and prices', 'j.csv', (rows) => numbers(rows).map((row) => `+36 30 ${String(mixed(row, 1) % 10_000_000).padStart(7, '0')};${(mixed(row, 2) % 100_000) / 100};EUR`).join('\n')),
]
