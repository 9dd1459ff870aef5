/**
 * Which rows a sample holds, so that whoever is in it is there whole and every reference leads somewhere: rows of the people who were drawn, rows that belong to those, and rows that any of these refer to. Keys are read
 * before the copy is, as of the same moment, and held in memory.
 */
import { csvFields } from '#inventory'
import { Refused } from '#kit/errors'
import type { CopyMoment, Relation } from './adapter/index.ts'
import { macUnder, type Mac } from './mac.ts'
import type { PlannedTable } from './plan.ts'

export interface RowChoice {
  /** What it has to know of a row, beside what is copied. */
  readonly columns: readonly string[]
  /** Whether a row with these values of `columns` goes along. */
  readonly goes: (fields: readonly (string | null)[]) => boolean
}

/** Keys that are held: some hundreds of megabytes. */
const keysMax = 4_000_000

/** Of the code of a subject, 48 bits. */
const sampleDigits = 12

/** Whether a person is in the sample: the same in every table of the copy. A row of nobody is in none. */
export function inSample(subject: string | null, mac: Mac, share: number): boolean {
  return subject !== null && Number.parseInt(mac(`sample\n${subject}`).slice(0, sampleDigits), 16) < share * 16 ** sampleDigits
}

/** How rows of a table are chosen: `drawn` by their subject; `belongs` to rows of other tables; `referred`: only what others refer to; `whole`: it holds nobody, and nobody refers to it. */
type Way = { readonly by: 'drawn' | 'referred' | 'whole' } | { readonly by: 'belongs'; readonly to: readonly Relation[] }

/** Works out the way of each table from who is in it and what it refers to; pure. */
export function waysOf(tables: readonly Pick<PlannedTable, 'table'>[], relations: readonly Relation[]): ReadonlyMap<string, Way> {
  const at = new Map(tables.map(({ table }) => [table.table, table]))
  const outward = relations.filter(({ table, to }) => table !== to && at.has(table) && at.has(to))
  const identifies = (table: string): boolean => Object.values(at.get(table)!.columns).some((column) => column.identifies === true)
  const found = new Map<string, readonly Relation[] | undefined>()
  /** What its rows belong to, none where its own people are drawn; undefined where it holds nobody. */
  const peopleIn = (table: string, asked: ReadonlySet<string>): readonly Relation[] | undefined => {
    if (found.has(table)) return found.get(table)
    const own = outward.filter((relation) => relation.table === table && !asked.has(relation.to))
    const bySubject = own.filter(({ columns }) => columns.includes(at.get(table)!.subject))
    const candidates = (bySubject.length > 0 ? bySubject : identifies(table) ? [] : own).filter(({ to }) => peopleIn(to, new Set([...asked, table])) !== undefined)
    const result = candidates.length > 0 ? candidates : identifies(table) ? [] : undefined
    if (asked.size === 0) found.set(table, result)
    return result
  }
  return new Map([...at.keys()].map((table): [string, Way] => {
    const people = peopleIn(table, new Set())
    if (people !== undefined) return [table, people.length === 0 ? { by: 'drawn' } : { by: 'belongs', to: people }]
    if (outward.some(({ to }) => to === table)) return [table, { by: 'referred' }]
    return [table, { by: outward.some((relation) => relation.table === table) ? 'whole' : 'drawn' }]
  }))
}

const nameOf = (relation: Relation): string => JSON.stringify([relation.table, relation.columns, relation.to, relation.referenced])
const keyOf = (values: readonly (string | null)[]): string | undefined => (values.includes(null) ? undefined : values.length === 1 ? values[0]! : JSON.stringify(values))

interface Choosing {
  readonly moment: CopyMoment
  readonly tables: ReadonlyMap<string, PlannedTable>
  readonly ways: ReadonlyMap<string, Way>
  readonly drawn: (subject: string | null) => boolean
  /** Of what others belong to, by relation: keys of rows that are there for themselves. */
  readonly members: Map<string, Set<string>>
  /** By table and the columns that are referred to: keys of rows that are needed. */
  readonly needed: Map<string, { readonly columns: readonly string[]; readonly keys: Set<string> }[]>
  held: number
}

/** The choice for each table of the copy. Throws `Refused` when there are too many keys to hold, and what the source throws. */
export async function chooseRows(moment: CopyMoment, planned: { readonly tables: readonly PlannedTable[]; readonly relations: readonly Relation[] }, { key, share }: { readonly key: Uint8Array; readonly share: number }): Promise<ReadonlyMap<PlannedTable, RowChoice>> {
  const mac = macUnder(key)
  const choosing: Choosing = {
    moment, tables: new Map(planned.tables.map((one) => [one.table.table, one])), ways: waysOf(planned.tables, planned.relations), drawn: (subject) => inSample(subject, mac, share), members: new Map(), needed: new Map(), held: 0,
  }
  for (const table of planned.tables) await readMembers(choosing, table.table.table)
  await readNeeded(choosing)
  return new Map(planned.tables.map((one) => [one, choiceOf(choosing, one)]))
}

/** A reference by the subject of one table to that of another whose people are drawn says by itself whether it is drawn. */
function isBySubject({ tables, ways }: Choosing, { table, columns, to, referenced }: Relation): boolean {
  return ways.get(to)?.by === 'drawn' && columns.length === 1 && columns[0] === tables.get(table)?.table.subject && referenced[0] === tables.get(to)?.table.subject
}

function add(choosing: Choosing, keys: Set<string>, key: string | undefined): boolean {
  if (key === undefined || keys.has(key)) return false
  keys.add(key)
  choosing.held += 1
  if (choosing.held > keysMax) throw new Refused('transfer/sample-too-large', `more than ${keysMax} rows of the sample are referred to: nothing was copied. Make it smaller, or copy everything`)
  return true
}

/** Reads which rows of the tables that this one belongs to are there for themselves; once. */
async function readMembers(choosing: Choosing, table: string): Promise<void> {
  const way = choosing.ways.get(table)
  for (const relation of way?.by === 'belongs' ? way.to : []) {
    if (isBySubject(choosing, relation) || choosing.members.has(nameOf(relation))) continue
    const keys = new Set<string>()
    choosing.members.set(nameOf(relation), keys)
    await readMembers(choosing, relation.to)
    const base = baseOf(choosing, relation.to)
    for await (const row of read(choosing, relation.to, [...base.columns, ...relation.referenced])) if (base.goes(row)) add(choosing, keys, keyOf(row.slice(base.columns.length)))
  }
}

async function* read({ moment, tables }: Choosing, table: string, columns: readonly string[]): AsyncGenerator<(string | null)[]> {
  yield* csvFields(moment.read(tables.get(table)!.table, columns))
}

/** Rows that are there for themselves, whoever refers to them. */
function baseOf(choosing: Choosing, table: string): RowChoice {
  const way = choosing.ways.get(table)!
  if (way.by === 'drawn') return { columns: [choosing.tables.get(table)!.table.subject], goes: ([subject = null]) => choosing.drawn(subject) }
  if (way.by !== 'belongs') return { columns: [], goes: () => way.by === 'whole' }
  let from = 0
  const tests = way.to.map((relation) => {
    const [start, end] = [from, from + relation.columns.length]
    from = end
    const keys = choosing.members.get(nameOf(relation))
    return (fields: readonly (string | null)[]): boolean => {
      const key = keyOf(fields.slice(start, end))
      return key !== undefined && (keys === undefined ? choosing.drawn(key) : keys.has(key))
    }
  })
  return { columns: way.to.flatMap(({ columns }) => columns), goes: (fields) => tests.every((test) => test(fields)) }
}

/** Follows references, round by round, until no row is missing. */
async function readNeeded(choosing: Choosing): Promise<void> {
  const referring = [...choosing.tables.values()].map(({ table, keys }) => ({ table: table.table, relations: keys.relations }))
  const dirty = new Set(referring.filter(({ table, relations }) => relations.some((relation) => !belongsBy(choosing, relation)) && choosing.ways.get(table)?.by !== 'referred').map(({ table }) => table))
  for (const table of dirty) {
    dirty.delete(table)
    for (const grown of await follow(choosing, table, referring.find((one) => one.table === table)!.relations)) if (referring.some((one) => one.table === grown && one.relations.length > 0)) dirty.add(grown)
  }
}

const belongsBy = ({ ways }: Choosing, relation: Relation): boolean => { const way = ways.get(relation.table); return way?.by === 'belongs' && way.to.some((one) => nameOf(one) === nameOf(relation)) }

/** Notes what the rows of a table that go along refer to; resolves to the tables of which more is needed now. */
async function follow(choosing: Choosing, table: string, relations: readonly Relation[]): Promise<string[]> {
  const base = baseOf(choosing, table)
  const all = choiceOf(choosing, choosing.tables.get(table)!)
  const grown = new Set<string>()
  const targets = relations.map((relation) => ({ relation, keys: neededIn(choosing, relation), belongs: belongsBy(choosing, relation) }))
  const columns = [...all.columns, ...relations.flatMap((relation) => relation.columns)]
  for await (const row of read(choosing, table, columns)) {
    if (!all.goes(row)) continue
    const itself = base.goes(row)
    let from = all.columns.length
    for (const { relation, keys, belongs } of targets) {
      const key = keyOf(row.slice(from, from + relation.columns.length))
      from += relation.columns.length
      if (!(itself && belongs) && add(choosing, keys, key)) grown.add(relation.to)
    }
  }
  return [...grown]
}

function neededIn({ needed }: Choosing, { to, referenced }: Relation): Set<string> {
  const known = needed.get(to) ?? []
  needed.set(to, known)
  const found = known.find(({ columns }) => columns.join('\n') === referenced.join('\n'))
  if (found !== undefined) return found.keys
  const keys = new Set<string>()
  known.push({ columns: referenced, keys })
  return keys
}

/** Rows that are there for themselves, or needed. */
function choiceOf(choosing: Choosing, { table }: PlannedTable): RowChoice {
  const base = baseOf(choosing, table.table)
  const needed = choosing.needed.get(table.table) ?? []
  return {
    columns: [...base.columns, ...needed.flatMap(({ columns }) => columns)],
    goes: (fields) => {
      if (base.goes(fields)) return true
      let from = base.columns.length
      return needed.some(({ columns, keys }) => {
        const key = keyOf(fields.slice(from, from + columns.length))
        from += columns.length
        return key !== undefined && keys.has(key)
      })
    },
  }
}
