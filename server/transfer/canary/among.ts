/** Invented rows of a table: which, and where among the others they stand. Rows go by once, and nobody knows how many there will be: the further on, the rarer. */
import type { PlannedTable } from '../plan.ts'
import { plainWords } from '../reserved.ts'
import type { TableCanaries } from '../types.ts'
import { drawsOf, type Draws } from './draw.ts'
import { mannersOf, type Inventor, type Manner } from './invent.ts'

/** A field of an invented row: as it stands in the copy already, or a value that is changed like any other. */
export type InventedField = { readonly ready: string } | { readonly source: string | null }

export interface Among {
  /** Before which row that goes along, counted from 0, the next stands; infinite where there is none any more. */
  at: number
  /** The next one. */
  readonly next: () => readonly InventedField[]
  /** What there is to know of them when all rows have gone by. */
  readonly made: () => TableCanaries
}

/** Of a table whose first rows are all there are, one row in so many is invented; few have some in any case. */
const [oneIn, fewest, mostOfFirst] = [25, 2, 40]
/** After that, one more whenever the table has grown by about this share. */
const growth = 1 / 16

export interface Inventing {
  readonly inventor: Inventor
  readonly secret: Uint8Array
  readonly table: PlannedTable
  /** Its rows are those of people of another table. */
  readonly belongs: boolean
  /** Of kept addresses. */
  readonly domains: readonly string[]
}

/** `first`: the first rows that go along; `ended`: there are no others. */
export function among({ inventor, secret, table, belongs, domains }: Inventing, first: readonly (readonly (string | null)[])[], ended: boolean): Among {
  const found = mannersOf(table, first, belongs)
  if (typeof found === 'string') return { at: Infinity, next: () => [], made: () => ({ rows: 0, because: found }) }
  const draws = drawsOf(secret)
  const places = firstPlaces(draws, table.place, first.length)
  let record = 0
  const one: Among = {
    at: places[0] ?? Infinity,
    next: () => {
      const fields = fieldsOf(found.manners, { inventor, draws, table, first, record })
      record += 1
      one.at = places[record] ?? (ended ? Infinity : one.at + 1 + Math.ceil(one.at * growth * (0.5 + draws.share(`gap\n${table.place}\n${record}`))))
      return fields
    },
    made: () => ({ rows: record, columns: found.telling, subject: table.table.subject, domains }),
  }
  return one
}

/** Ascending; two may stand beside each other. */
function firstPlaces(draws: Draws, place: string, rows: number): number[] {
  const many = Math.min(mostOfFirst, Math.max(fewest, Math.ceil(rows / oneIn)))
  return Array.from({ length: many }, (_, at) => draws.whole(`place\n${place}\n${at}`, rows)).sort((a, b) => a - b)
}

interface Making { readonly inventor: Inventor; readonly draws: Draws; readonly table: PlannedTable; readonly first: readonly (readonly (string | null)[])[]; readonly record: number }

function fieldsOf(manners: readonly Manner[], { inventor, draws, table: { table, columns, place }, first, record }: Making): InventedField[] {
  return manners.map((manner, at): InventedField => {
    const { name, transform } = columns[at]!
    if ('made' in manner) {
      const value = inventor.value(manner.made, name === table.subject ? 'subject' : name, record)
      return transform.kind === manner.made || transform.kind === 'synthetic' ? { ready: value } : { source: value }
    }
    const what = `drawn\n${place}\n${'together' in manner ? manner.together : name}\n${record}`
    const source = first[draws.whole(what, first.length)]?.[at] ?? null
    return { source: 'words' in manner && source !== null ? wordsLike(source, draws, what) : source }
  })
}

/** As many words, in their order of nobody. */
function wordsLike(text: string, draws: Draws, what: string): string {
  return text.trim().split(/\s+/).map((_, at) => plainWords[draws.whole(`${what}\nword ${at}`, plainWords.length)]!).join(' ')
}
