/** An invented dataset over three years, and copies of it: who came and went, which cells changed when. Every number follows from a seed. */
import type { CandidateCopy, UnknownCopy } from '../../server/breach/attribution/types.ts'
import type { SampledCell, SampledRow, Version } from '../../server/trace/index.ts'
import { coderUnder } from '../../server/trace/index.ts'

export const day = 86_400
export const span = 1_096 * day

/** A small generator (splitmix, 32 bits). */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
}

const still = { first_name: 4_000, last_name: 20_000, gender: 3, birth_date: 18_000, country: 27, language: 20, signed_up: 3_000, device: 40, payments: 200, artists: 5_000 } as const
const moving = { city: 3_000, plan: 4, newsletter: 2, minutes: 1_200, playlists: 300 } as const
/** How many values each column has. */
export const domain: Readonly<Record<string, number>> = { ...still, ...moving }
export const columns: readonly string[] = Object.keys(domain)
const movingColumns = Object.keys(moving)

interface Change { readonly column: string; readonly at: number; readonly value: string }
export interface Person { readonly number: number; readonly from: number; readonly to: number; readonly first: Readonly<Record<string, string>>; readonly changes: readonly Change[] }

const valueOf = (column: string, draw: () => number): string => {
  const chosen = Math.floor((column === 'country' ? draw() ** 2 : draw()) * domain[column]!)
  return column === 'birth_date' ? new Date(chosen * day * 1000).toISOString().slice(0, 10) : `${column} Nr. ${chosen}`
}

/** `changes`: the share of rows that change in a month. One in a hundred joins in a month, half as many leave. */
export function makePeople(count: number, changes: number, seed: number): Person[] {
  const draw = random(seed)
  const joins = Math.round(count * 0.01 * 36)
  return Array.from({ length: count + joins }, (_, number): Person => {
    const from = number < count ? -Infinity : draw() * span
    const stays = -Math.log(1 - draw()) * 200 * 30.4 * day
    const to = Math.max(0, from) + stays
    const changed: Change[] = []
    for (let at = Math.max(0, from); ;) {
      at += (-Math.log(1 - draw()) / changes) * 30.4 * day
      if (at >= Math.min(span, to)) break
      const column = movingColumns[Math.floor(draw() * movingColumns.length)]!
      changed.push({ column, at, value: valueOf(column, draw) })
    }
    return { number, from, to: to < span ? to : Infinity, first: Object.fromEntries(columns.map((column) => [column, valueOf(column, draw)])), changes: changed }
  })
}

export const isThere = ({ from, to }: Person, at: number): boolean => from <= at && at < to
export function heldAt({ first, changes }: Person, column: string, at: number): string {
  for (let one = changes.length - 1; one >= 0; one -= 1) if (changes[one]!.at <= at && changes[one]!.column === column) return changes[one]!.value
  return first[column]!
}

export type Filter = { readonly kind: 'all' } | { readonly kind: 'equals'; readonly column: string; readonly value: string } | { readonly kind: 'tenth'; readonly seed: number }
export interface Copy { readonly id: string; readonly at: number; readonly columns: readonly string[]; readonly filter: Filter; readonly rows: number }

/** The first number of the generator that begins there, without making one. */
function firstOf(seed: number): number {
  const state = ((seed >>> 0) + 0x9e3779b9) >>> 0
  let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
}

const inTenth = (number: number, seed: number): boolean => firstOf(Math.imul(number + 1, 0x85ebca6b) ^ seed) < 0.1
export const takes = (filter: Filter, person: Person, at: number): boolean =>
  filter.kind === 'all' || (filter.kind === 'equals' ? heldAt(person, filter.column, at) === filter.value : inTenth(person.number, filter.seed))

export type Kind = 'mixed' | 'templates' | 'same'
const templates: readonly (readonly string[])[] = [columns, columns.slice(0, 12), ['country', 'language', 'plan', 'minutes', 'playlists', 'artists'], ['first_name', 'last_name', 'city', 'country', 'newsletter', 'plan'], ['gender', 'birth_date', 'country', 'city', 'plan', 'minutes', 'device'], movingColumns]

export function makeCopy(kind: Kind, people: readonly Person[], draw: () => number, id: string): Copy {
  const at = draw() * span
  const held = kind === 'same' ? columns : kind === 'templates' ? templates[Math.floor(draw() * templates.length)]! : columns.filter(() => draw() < 0.55)
  const way = kind === 'same' ? 0 : Math.floor(draw() * 4)
  const filter: Filter = way === 0 ? { kind: 'all' } : way === 3 ? { kind: 'tenth', seed: Math.floor(draw() * 2 ** 31) } : { kind: 'equals', column: way === 1 ? 'country' : 'plan', value: valueOf(way === 1 ? 'country' : 'plan', draw) }
  return { id, at, columns: held.length === 0 ? columns : held, filter, rows: people.reduce((rows, person) => rows + (isThere(person, at) && takes(filter, person, at) ? 1 : 0), 0) }
}

/** What somebody found of a copy: rows of strings, the number of their person, and the columns' names. */
export interface Sample { readonly columns: readonly string[]; readonly rows: readonly { readonly person: Person; readonly values: Readonly<Record<string, string>> }[] }

const spell = (value: string, draw: () => number): string => { const way = draw(); return way < 0.3 ? value.toUpperCase() : way < 0.6 ? `  ${value.toLowerCase()} ` : way < 0.7 ? `"${value}"` : value }

/** So many rows of a copy, in any order. With noise, two columns are dropped and 5 % of values are others of their column; every value is spelled in another way. */
export function takeSample(copy: Copy, people: readonly Person[], { rows, noisy }: { rows: number; noisy: boolean }, draw: () => number): Sample | undefined {
  const chosen = new Map<number, Person>()
  for (let tries = 0; chosen.size < rows; tries += 1) {
    if (tries > 200_000) return undefined
    const person = people[Math.floor(draw() * people.length)]!
    if (isThere(person, copy.at) && takes(copy.filter, person, copy.at)) chosen.set(person.number, person)
  }
  const left = [...copy.columns]
  for (let dropped = 0; noisy && dropped < 2 && left.length > 1; dropped += 1) left.splice(Math.floor(draw() * left.length), 1)
  const shuffled = [...chosen.values()].sort((a, b) => (random(a.number)() < random(b.number)() ? -1 : 1))
  return { columns: left, rows: shuffled.map((person) => ({ person, values: Object.fromEntries(left.map((column) => [column, spell(noisy && draw() < 0.05 ? valueOf(column, draw) : heldAt(person, column, copy.at), draw)])) })) }
}

/** The same noise for a table of any columns: two are dropped, 5 % of values are others, rows shuffled, each value spelled in another way. */
export function noisyTable(all: readonly string[], rows: readonly Readonly<Record<string, string>>[], draw: () => number): { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const left = [...all]
  for (let dropped = 0; dropped < 2 && left.length > 1; dropped += 1) left.splice(Math.floor(draw() * left.length), 1)
  const shuffled = rows.map((row) => ({ row, at: draw() })).sort((a, b) => a.at - b.at).map(({ row }) => row)
  return { columns: left, rows: shuffled.map((row) => left.map((name) => spell(draw() < 0.05 ? `another ${Math.floor(draw() * 1e6)}` : row[name] ?? '', draw))) }
}

const coder = coderUnder(Buffer.alloc(32, 7))
const always = { after: -Infinity, by: -Infinity }

/** The rows of a sample as the log of cells tells of them: the codes are made by the product's own code, from the spellings that were found. */
export function rowsOf(sample: Sample, filterColumns: readonly string[] = ['country', 'plan']): SampledRow[] {
  return sample.rows.map(({ person, values }): SampledRow => {
    const subject = coder.subject('user_id', String(person.number))
    const presence: Version[] = person.from === -Infinity ? [{ ...always, value: 1 }] : [{ ...always, value: 0 }, { after: person.from, by: person.from, value: 1 }]
    if (person.to !== Infinity) presence.push({ after: person.to, by: person.to, value: 0 })
    const cells = new Map([...new Set([...sample.columns, ...filterColumns])].map((column): [string, SampledCell] => {
      const changed = person.changes.filter((change) => change.column === column)
      const versions = [{ ...always, value: coder.cell(subject, column, person.first[column]!) }, ...changed.map(({ at, value }) => ({ after: at, by: at, value: coder.cell(subject, column, value) }))]
      return [column, { seen: values[column] === undefined ? undefined : coder.cell(subject, column, values[column]), versions }]
    }))
    return { subject: subject.toString(16), presence, cells }
  })
}

/** A copy as it is registered, against one sample: its filter is evaluated on what the log knows of the rows. */
export function candidateOf(copy: Copy, sample: Sample): CandidateCopy {
  const { filter } = copy
  const admits: CandidateCopy['admits'] = filter.kind === 'all' ? () => true : (row, at) => takes(filter, sample.rows[row]!.person, at)
  return { id: copy.id, after: copy.at, by: copy.at, columns: new Set(copy.columns), rows: copy.rows, admits, drawnByKey: filter.kind === 'tenth' }
}

const countsOf = new WeakMap<readonly Person[], Map<string, Map<string, number>>>()

/** How many people have each value of a column in the middle of the time; counted once for the same people. */
function peopleBy(people: readonly Person[], column: string): ReadonlyMap<string, number> {
  const known = countsOf.get(people) ?? new Map<string, Map<string, number>>()
  countsOf.set(people, known)
  const before = known.get(column)
  if (before !== undefined) return before
  const counts = new Map<string, number>()
  for (const person of people) { const value = heldAt(person, column, span / 2); counts.set(value, (counts.get(value) ?? 0) + 1) }
  known.set(column, counts)
  return counts
}

/** How somebody may have taken it whom nobody recorded: everybody, or those alike in the country or the plan that most of its rows show. */
export function unknownOf(sample: Sample, people: readonly Person[]): UnknownCopy[] {
  const alike = ['country', 'plan'].flatMap((column): UnknownCopy[] => {
    const values = Map.groupBy(sample.rows, ({ person }) => heldAt(person, column, span))
    const [value, most] = [...values].sort((a, b) => b[1].length - a[1].length)[0]!
    return most.length < sample.rows.length * 0.8 ? [] : [{ rows: peopleBy(people, column).get(value) ?? 0, prior: 1 / 3 / domain[column]!, admits: (row, at) => heldAt(sample.rows[row]!.person, column, at) === value }]
  })
  return [{ rows: people.length, prior: 1 / 3, admits: () => true }, ...alike]
}
