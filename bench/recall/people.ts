/** The people of the recall benchmark: those whose copies are hidden, and strangers who are nobody's. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { inventedListeners, realListeners } from '../../server/case/listeners.ts'
import { firstNames, lastNames } from '../../server/case/names.ts'

export interface Person {
  readonly id: string
  readonly email: string
  readonly first: string
  readonly last: string
  readonly born: string
  readonly city: string
  readonly plan: string
}

export const personFields = ['id', 'email', 'first', 'last', 'born', 'city', 'plan'] as const

const personOf = (line: string): Person => {
  const [id = '', email = '', first = '', last = '', , born = '', , city = '', , , plan = ''] = line.split(',')
  return { id, email, first, last, born, city, plan }
}

/** The dataset as CSV in pieces; while it passes, every `step`-th person is kept for hiding. */
export function datasetOf(count: number, { data, keep }: { data?: string | undefined; keep: number }): { readonly count: number; readonly kept: Person[]; csv(): AsyncGenerator<Buffer> } {
  const listeners = data === undefined ? inventedListeners(count, 2019) : realListeners(data, 2019)
  const step = Math.max(1, Math.floor(listeners.count / keep))
  const kept: Person[] = []
  async function* csv(): AsyncGenerator<Buffer> {
    let row = 0
    for await (const piece of listeners.csv()) {
      const text = piece.toString()
      for (let from = 0, end = text.indexOf('\n'); end >= 0; from = end + 1, end = text.indexOf('\n', from)) {
        if (row % step === 0 && kept.length < keep) kept.push(personOf(text.slice(from, end)))
        row += 1
      }
      yield piece
    }
  }
  return { count: listeners.count, kept, csv }
}

/** Mixes a row number into 32 bits, so that strangers look drawn and are the same in every run. */
export function mixed(number: number, salt: number): number {
  let state = (Math.imul(number + 1, 0x9e3779b9) ^ Math.imul(salt + 1, 0x85ebca6b)) >>> 0
  state = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
  state = Math.imul(state ^ (state >>> 15), 0x735a2d97)
  return (state ^ (state >>> 15)) >>> 0
}

const two = (number: number): string => String(number).padStart(2, '0')

/** A stranger: the same names, the same years, other addresses and numbers. */
export function stranger(number: number): Person {
  const first = firstNames[mixed(number, 1) % firstNames.length] ?? ''
  const last = lastNames[mixed(number, 2) % lastNames.length] ?? ''
  const plain = `${first}.${last}`.normalize('NFD').replace(/[^A-Za-z.]/g, '').toLowerCase()
  return {
    id: `K-${(mixed(number, 3) * 1000 + (mixed(number, 4) % 1000)).toString(36)}`, email: `${plain}${number}@kunde.example`, first, last,
    born: `${1950 + (mixed(number, 5) % 58)}-${two(1 + (mixed(number, 6) % 12))}-${two(1 + (mixed(number, 7) % 28))}`, city: 'Wien', plan: number % 3 === 0 ? 'gold' : 'basic',
  }
}

/** `count` strangers from `from`. */
export const strangers = (count: number, from = 0): Person[] => Array.from({ length: count }, (_, at) => stranger(from + at))

/** People hidden evenly among others: one after every `gap` others. */
export function among(hidden: readonly Person[], others: readonly Person[]): Person[] {
  const gap = Math.max(1, Math.floor(others.length / Math.max(1, hidden.length)))
  const rows: Person[] = []
  for (const [at, person] of hidden.entries()) rows.push(...others.slice(at * gap, (at + 1) * gap), person)
  return [...rows, ...others.slice(hidden.length * gap)]
}

/** A real client: the customers of the Chinook store, and the three dumps that its makers publish. Invented ones where the real data are not beside the project. */
export function chinook(folder: string): { readonly customers: readonly (readonly string[])[]; readonly dumps: readonly string[] } {
  if (!existsSync(join(folder, 'Chinook_Sqlite.sqlite'))) return { customers: strangers(59, 90_000_000).map((person, at) => [String(at + 1), person.email, `+1 212 555 ${1000 + at}`, person.first, person.last]), dumps: [] }
  const database = new DatabaseSync(join(folder, 'Chinook_Sqlite.sqlite'), { readOnly: true })
  const rows = database.prepare('select CustomerId as id, Email as email, Phone as phone, FirstName as first, LastName as last from Customer').all() as Record<string, string | number | null>[]
  database.close()
  return { customers: rows.map((row) => ['id', 'email', 'phone', 'first', 'last'].map((name) => String(row[name] ?? ''))), dumps: ['Chinook_MySql.sql', 'Chinook_PostgreSql.sql', 'Chinook_Sqlite.sqlite'].map((name) => join(folder, name)) }
}
