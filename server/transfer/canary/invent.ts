/**
 * Invented records of a copy: nobody's, and like those around them. What tells them apart for whoever has the secret is made of it alone, so that it can be made again without the data; everything else is drawn from values
 * that stand in the copy anyway, each from another row. The same secret, the same values: no clock and no chance.
 */
import type { Faker } from '@faker-js/faker'
import { partsOf } from '../adapter/held.ts'
import type { PlannedTable } from '../plan.ts'
import { freeNumbers, reservedDomains } from '../reserved.ts'
import { pseudonymDomain } from '../transform.ts'
import { drawsOf, type Draws } from './draw.ts'
import { contactOf, openPools, type Pools } from '../synthetic/synthetic.ts'
import { markedToken, markerOf, type Marker } from './mark.ts'

/** What is made of the secret alone. `token`, `email` and `phone` as the transforms of that name, `contact` as synthetic addresses; the others as values that are kept. */
export const madeKinds = ['token', 'email', 'phone', 'address', 'telephone', 'uuid', 'given', 'family', 'full', 'contact'] as const
export type MadeKind = (typeof madeKinds)[number]
/** Of these one value tells whose it is. A name does not, nor does a number that is kept: the free ones are few, two copies share some, and a customer may have given one. */
export const tellingKinds: ReadonlySet<MadeKind> = new Set(['token', 'email', 'phone', 'address', 'uuid', 'contact'])
/** Of these no two rows have the same, and nobody's. */
const ownKinds: ReadonlySet<string> = new Set(['token', 'address', 'uuid', 'contact'])

export interface Person { readonly given: string; readonly family: string; readonly address: string; readonly telephone: string; readonly uuid: string }

export interface Inventor {
  /** The value of a record, by its number from 0. `role`: what the column is called; the subject of every table has one. */
  readonly value: (kind: MadeKind, role: string, record: number) => string
}

/** `domains`: of kept addresses; those of the processor, or reserved ones. */
export async function openInventor(secret: Uint8Array, domains: readonly string[] = reservedDomains): Promise<Inventor> {
  const { faker } = await import('@faker-js/faker/locale/en') // large: loaded where somebody is invented
  const draws = drawsOf(secret)
  const marker = markerOf(secret)
  const pools = await openPools()
  const known = new Map<number, Person>()
  const personOf = (record: number): Person => {
    const found = known.get(record) ?? personFor(faker, draws, { record, domains })
    known.set(record, found)
    return found
  }
  return { value: (kind, role, record) => valueOf(kind, { draws, marker, pools, person: () => personOf(record), what: `${role}\n${record}` }) }
}

function personFor(faker: Faker, draws: Draws, { record, domains }: { readonly record: number; readonly domains: readonly string[] }): Person {
  faker.seed(draws.seed(`person\n${record}`))
  const [given, family] = [faker.person.firstName(), faker.person.lastName()]
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z]/g, '')
  const [start, digits] = freeNumbers[draws.whole(`network\n${record}`, freeNumbers.length)]!
  return {
    given, family, uuid: faker.string.uuid(), telephone: start + String(draws.whole(`number\n${record}`, 10 ** digits)).padStart(digits, '0'),
    address: `${plain(given)}.${plain(family)}${draws.whole(`address\n${record}`, 9_000) + 1_000}@${domains[draws.whole(`domain\n${record}`, domains.length)]!}`,
  }
}

function valueOf(kind: MadeKind, { draws, marker, pools, person, what }: { readonly draws: Draws; readonly marker: Marker; readonly pools: Pools; readonly person: () => Person; readonly what: string }): string {
  let drawn = 0
  switch (kind) {
    case 'token': return markedToken(draws.code(`token\n${what}`), marker)
    case 'email': return `${markedToken(draws.code(`email\n${what}`), marker)}@${pseudonymDomain}`
    case 'phone': return `+999${String(draws.whole(`phone\n${what}`, 1e11)).padStart(11, '0')}`
    case 'contact': return contactOf(pools, (below) => draws.whole(`contact\n${what}\n${(drawn += 1)}`, below))
    case 'full': return `${person().given} ${person().family}`
    case 'address': case 'telephone': case 'uuid': case 'given': case 'family': return person()[kind]
  }
}

/** How a value of a column comes about: made of the secret, drawn from the rows around it, or words of nobody's. */
export type Manner = { readonly made: MadeKind } | { readonly drawn: true; /** Columns of one reference are drawn from one row. */ readonly together: string } | { readonly words: true }

export interface Manners {
  /** By column, in their order. */
  readonly manners: readonly Manner[]
  /** Columns by which one is known again. */
  readonly telling: Readonly<Record<string, MadeKind>>
}

/** The names of columns, where a category says no more than that there is a name. */
const familyName = /last|family|sur|nach/i
const wholeNames = new Set(['Name'])
const nameCategories = new Set(['Name', 'FirstName', 'LastName', 'GivenName', 'FamilyName', 'Surname', 'BirthName', 'MaidenName'])
const numberLike = /^\+?[\d ()./-]{7,20}$/
const addressLike = /^[^@\s]+@[^@\s]+$/

/**
 * How invented records of a table are made, or why it has none: whoever would have to be somebody else's, or could be told from nobody. `rows`: some of the table's, as fields in the order of its columns; `belongs`: its rows are those of
 * people of another table.
 */
export function mannersOf({ table, columns, keys }: PlannedTable, rows: readonly (readonly (string | null)[])[], belongs: boolean): Manners | string {
  if (belongs) return 'its rows belong to people of another table'
  if (!Object.values(table.columns).some(({ identifies }) => identifies === true)) return 'it holds nobody'
  if (rows.length === 0) return 'it has no row that one could be like'
  const manners: Manner[] = []
  for (const at of columns.keys()) {
    const manner = mannerOf({ table, columns, keys }, at, rows.flatMap((row) => row[at] ?? []))
    if (typeof manner === 'string') return manner
    manners.push(manner)
  }
  const kinds = columns.map(({ name }, at): [string, string] => { const manner = manners[at]!; return [name, 'made' in manner ? manner.made : 'drawn'] })
  for (const names of [keys.primaryKey, ...keys.uniques].filter((one) => one.length > 0)) {
    if (!kinds.some(([name, kind]) => names.includes(name) && ownKinds.has(kind))) return `${names.join(', ')} tells its rows apart, and an invented value of it could be somebody's`
  }
  const telling = Object.fromEntries(columns.flatMap(({ name, transform }, at): [string, MadeKind][] => { const manner = manners[at]!; return 'made' in manner && tellingKinds.has(manner.made) && ['keep', 'synthetic', manner.made].includes(transform.kind) ? [[name, manner.made]] : [] }))
  return Object.keys(telling).length === 0 ? 'nothing in it could tell an invented record from another' : { manners, telling }
}

function mannerOf({ table, columns, keys }: Pick<PlannedTable, 'table' | 'columns' | 'keys'>, at: number, values: readonly string[]): Manner | string {
  const { name, transform, type } = columns[at]!
  const { category = '', identifies = false } = table.columns[name] ?? {}
  const relation = keys.relations.findIndex((one) => one.columns.includes(name))
  if (relation >= 0) return { drawn: true, together: `relation ${relation}` }
  if (transform.kind === 'token' || transform.kind === 'email' || transform.kind === 'phone') return { made: transform.kind }
  if (transform.kind === 'synthetic' && (transform.of === 'email' || transform.of === 'uuid')) return { made: transform.of === 'email' ? 'contact' : 'uuid' }
  const cut = transform.kind === 'truncate'
  if (transform.kind !== 'keep' && !(cut && identifies)) return { drawn: true, together: name }
  const kind = contentOf({ name, category, type, values })
  if (kind !== undefined && fits(kind, type)) return { made: kind }
  if (identifies || kind !== undefined) return `${name} is kept and says who somebody is, and no value of its kind is nobody's`
  const distinct = new Set(values).size
  return partsOf(type).base.startsWith('text') && values.length >= 20 && distinct > values.length / 2 ? { words: true } : { drawn: true, together: name }
}

function contentOf({ name, category, type, values }: { readonly name: string; readonly category: string; readonly type: string; readonly values: readonly string[] }): MadeKind | undefined {
  const all = (pattern: RegExp): boolean => values.length > 0 && values.every((value) => pattern.test(value))
  if (partsOf(type).base === 'uuid') return 'uuid'
  if (category === 'EmailAddress' || all(addressLike)) return 'address'
  if (category === 'TelephoneNumber' || (/phone|mobile|tel/i.test(name) && all(numberLike))) return 'telephone'
  if (!nameCategories.has(category)) return undefined
  if (wholeNames.has(category) && values.filter((value) => value.trim().includes(' ')).length > values.length / 2) return 'full'
  return familyName.test(wholeNames.has(category) ? name : category) || category === 'BirthName' || category === 'MaidenName' ? 'family' : 'given'
}

/** The longest that is made of each; a column that is shorter has none. */
const longest: Readonly<Record<string, number>> = { address: 64, telephone: 16, given: 24, family: 24, full: 48 }

function fits(kind: MadeKind, type: string): boolean {
  const { base, sizes: [most = Infinity] } = partsOf(type)
  if (kind === 'uuid') return base === 'uuid'
  return (base === 'text' || base === 'unknown' || base === 'character varying') && (longest[kind] ?? 0) <= most
}
