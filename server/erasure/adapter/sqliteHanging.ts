/** Rows of other tables of an SQLite file that hang on rows to be erased by foreign keys: which they are, whether they may go with them, and deleting all of them in one transaction. */
import type { DatabaseSync } from 'node:sqlite'
import { sqliteTableOf } from '#inventory'
import { Broken } from '#kit/errors'
import type { Along, Neighbour } from './erased.ts'
import { isSomebodys, leadsTo, mayGoAlong, whatStands } from './keyRules.ts'
import type { Searched } from './located.ts'

export const identifierOf = (name: string): string => `"${name.replaceAll('"', '""')}"`

interface Key {
  readonly child: string
  readonly parent: string
  /** How rows of both meet, `c` being the one that refers and `p` the one that it refers to. */
  readonly meet: string
  /** A row cannot be there without what it refers to, or is declared to go with it. */
  readonly hangs: boolean
  /** Values of both sides are compared as they stand, so that a join finds the rows that SQLite takes for referring. */
  readonly alike: boolean
}

/** What is known of the other tables of a file, by their names there; and who is told by what. */
export interface Neighbouring extends Searched {
  readonly table: string
  readonly standing: (table: string) => Neighbour | undefined
}

interface Reference { readonly child: string; readonly id: number; readonly parent: string; readonly from: string; readonly to: string | null; readonly action: string }
interface Column { readonly name: string; readonly type: string; readonly notnull: number; readonly pk: number; readonly wr: number }

/** How SQLite stores and compares what a column of this declared type holds (SQLite documentation, "Datatypes In SQLite", 3.1). Pure. */
export function affinityOf(type: string): 'integer' | 'text' | 'blob' | 'real' | 'numeric' {
  const declared = type.toUpperCase()
  if (declared.includes('INT')) return 'integer'
  if (/CHAR|CLOB|TEXT/.test(declared)) return 'text'
  if (declared === '' || declared.includes('BLOB')) return 'blob'
  return /REAL|FLOA|DOUB/.test(declared) ? 'real' : 'numeric'
}

const columnsOf = (database: DatabaseSync, table: string): Column[] =>
  database.prepare(`select x.name, x.type, x."notnull", x.pk, (select wr from pragma_table_list(?1) where schema = 'main') as wr from pragma_table_xinfo(?1) x`).all(table) as unknown as Column[]

/** A column of it is never null: declared so, or a key of rows that has no room for it. */
const isNeverNull = ({ notnull, pk, wr, type }: Column, all: readonly Column[]): boolean =>
  notnull === 1 || (pk > 0 && (wr === 1 || (type.toUpperCase() === 'INTEGER' && all.filter((one) => one.pk > 0).length === 1)))

/** Every foreign key of the file whose two tables are there. */
function allKeys(database: DatabaseSync): Key[] {
  const names = new Map((database.prepare(`select name from pragma_table_list where schema = 'main' and type = 'table'`).all() as { name: string }[]).map(({ name }) => [name.toLowerCase(), name]))
  const rows = database.prepare(`select m.name as child, f.id, f."table" as parent, f."from", f."to", f.on_delete as action from pragma_table_list m, pragma_foreign_key_list(m.name) f where m.schema = 'main' and m.type = 'table' order by m.name, f.id, f.seq`).all() as unknown as Reference[]
  return [...Map.groupBy(rows, ({ child, id }) => `${child}\n${id}`).values()].flatMap((columns): Key[] => {
    const [{ child, parent: written, action }] = columns as [Reference]
    const parent = names.get(written.toLowerCase())
    if (parent === undefined) return []
    const [own, theirs] = [columnsOf(database, child), columnsOf(database, parent)]
    const primary = theirs.filter(({ pk }) => pk > 0).sort((one, other) => one.pk - other.pk)
    const pairs = columns.map(({ from, to }, at) => ({ from, to: to ?? primary[at]?.name ?? '' }))
    const column = (all: readonly Column[], name: string): Column | undefined => all.find((one) => one.name.toLowerCase() === name.toLowerCase())
    return [{
      child, parent, meet: pairs.map(({ from, to }) => `p.${identifierOf(to)} = c.${identifierOf(from)}`).join(' and '),
      hangs: action === 'CASCADE' || pairs.every(({ from }) => { const one = column(own, from); return one !== undefined && isNeverNull(one, own) }),
      alike: pairs.every(({ from, to }) => affinityOf(column(own, from)?.type ?? '') === affinityOf(column(theirs, to)?.type ?? '') && column(theirs, to) !== undefined),
    }]
  })
}

/** Keys that lead to a table, over however many. */
function keysTo(all: readonly Key[], table: string): Key[] {
  const reached = new Set([table])
  for (let size = 0; size < reached.size;) {
    size = reached.size
    for (const { child, parent } of all) if (reached.has(parent)) reached.add(child)
  }
  return all.filter(({ parent }) => reached.has(parent))
}

/** A table of which rows go; `list`: the temporary table of their keys. */
interface Going { readonly table: string; readonly key: readonly string[]; readonly list: string }

export interface SqliteHanging { readonly along: readonly Along[]; readonly going: readonly Going[]; readonly because?: string }

const keyIn = (alias: string, { key, list }: Going): string => `(${key.map((one) => `${alias}.${one}`).join(', ')}) in (select ${key.map((_, at) => `k${at}`).join(', ')} from temp.${list})`
const countOf = (database: DatabaseSync, from: string): number => (database.prepare(`select count(*) as count from ${from}`).get() as { count: number }).count

function listOf(database: DatabaseSync, table: string, number: number): Going {
  const key = sqliteTableOf(database, table)?.key
  if (key === undefined || key.length === 0) throw new Broken('erasure/store-failed', 'a table of an SQLite file whose rows refer to rows to be erased has nothing by which its rows can be told apart')
  const list = `bailee_going_${number}`
  database.exec(`create temporary table ${list} (${key.map((_, at) => `k${at}`).join(', ')}, primary key (${key.map((_, at) => `k${at}`).join(', ')})) without rowid`)
  return { table, key, list }
}

/**
 * Lists the rows of other tables that hang on the rows that `chosen` (a query of the key of the table) names, over however many tables and in circles. `because`: rows refer to these that may not go with them; then
 * nothing may be deleted. Nobody else may touch the file meanwhile. Undefined: no key leads to the table.
 */
export async function listHangingInSqlite(database: DatabaseSync, neighbouring: Neighbouring, chosen: string): Promise<SqliteHanging | undefined> {
  const all = allKeys(database)
  const keys = keysTo(all, neighbouring.table)
  if (keys.length === 0) return undefined
  const own = listOf(database, neighbouring.table, 0)
  database.exec(`insert into temp.${own.list} ${chosen}`)
  const going = new Map([[own.table, own]])
  for (let moved = true; moved;) {
    moved = false
    for (const key of keys) {
      const parent = going.get(key.parent)
      if (parent === undefined) continue
      const because = obstacleOf(database, { key, keys, parent, going, neighbouring })
      if (because !== undefined) return { along: [], going: [], because }
      if (take(database, { key, parent, going })) moved = true
    }
  }
  const others = [...going.values()].slice(1)
  for (const one of others) {
    const because = await alsoOthers(database, { one, all, keys, going, neighbouring })
    if (because !== undefined) return { along: [], going: [], because }
  }
  return { along: others.map(({ table, list }) => ({ place: table, rows: countOf(database, `temp.${list}`) })), going: [...going.values()] }
}

interface Reading { readonly key: Key; readonly parent: Going; readonly going: ReadonlyMap<string, Going> }

/** Rows that refer by a key to rows that go, and do not go themselves yet. */
function referring({ key: { child, parent: name, meet }, parent, going }: Reading): string {
  const known = going.get(child)
  return `${identifierOf(child)} c where exists (select 1 from ${identifierOf(name)} p where ${meet} and ${keyIn('p', parent)})${known === undefined ? '' : ` and not ${keyIn('c', known)}`}`
}

const anyOf = (database: DatabaseSync, from: string): boolean => (database.prepare(`select exists (select 1 from ${from}) as any`).get() as { any: number }).any === 1

/** Why rows that refer by this key may not go with what they refer to; undefined where they may, or there are none. */
function obstacleOf(database: DatabaseSync, { keys, neighbouring: { table, standing }, ...reading }: Reading & { readonly keys: readonly Key[]; readonly neighbouring: Neighbouring }): string | undefined {
  const { key } = reading
  if (!key.alike) return anyOf(database, identifierOf(key.child)) ? `rows of ${key.child} may refer to rows that are to go, by columns of another type than what they refer to: which do, cannot be told; erase ${key.child} first` : undefined
  if (!anyOf(database, referring(reading))) return undefined
  if (key.child === table) return `rows of ${table} that are not known to be this controller's refer to rows that go; they would be deleted or changed along with those, or keep them`
  const known = standing(key.child)
  const inCircle = leadsTo(keys, new Set([table]), key.child)
  return mayGoAlong(known, { hangs: key.hangs, inCircle }) ? undefined : `rows of ${key.child} refer to rows that are to go${key.parent === table ? '' : ` (of ${key.parent})`}: ${whatStands(known, key.child)}`
}

function take(database: DatabaseSync, reading: Reading & { readonly going: Map<string, Going> }): boolean {
  const { key: { child, alike }, going } = reading
  const from = referring(reading)
  if (!alike || !anyOf(database, from)) return false
  const known = going.get(child) ?? listOf(database, child, going.size)
  database.exec(`insert or ignore into temp.${known.list} select ${known.key.map((one) => `c.${one}`).join(', ')} from ${from}`)
  going.set(child, known)
  return true
}

interface Also { readonly one: Going; readonly all: readonly Key[]; readonly keys: readonly Key[]; readonly going: ReadonlyMap<string, Going>; readonly neighbouring: Neighbouring }

/** Whether rows that hang on ours hang just as much on what stays, or hold another controller's people by fingerprints. */
async function alsoOthers(database: DatabaseSync, also: Also): Promise<string | undefined> {
  const { one, all, going, neighbouring } = also
  for (const { child, parent, meet, alike } of all) {
    if (child !== one.table || !isSomebodys(above(also, parent))) continue
    const stays = going.get(parent)
    if (!alike || anyOf(database, `${identifierOf(child)} c join ${identifierOf(parent)} p on ${meet} where ${keyIn('c', one)}${stays === undefined ? '' : ` and not ${keyIn('p', stays)}`}`)) return `rows of ${child} refer to rows that are to go, and as well to rows of ${parent} that stay: have it settled whose they are`
  }
  const foreign = await foreignAmong(database, one, neighbouring)
  return foreign === 0 ? undefined : `${foreign} rows of ${one.table} refer to rows that are to go, and hold another controller's people: have it settled whose they are`
}

/** A table, and every table that keys lead to from it. */
function above({ all, keys, neighbouring: { table, standing } }: Also, parent: string): { first: boolean; own: boolean; hanging: boolean; standing: Neighbour | undefined }[] {
  const reached = new Set([parent])
  for (const one of reached) for (const key of all) if (key.child === one) reached.add(key.parent)
  return [...reached].map((one) => ({ first: one === parent, own: one === table, hanging: keys.some(({ child }) => child === one), standing: standing(one) }))
}

async function foreignAmong(database: DatabaseSync, one: Going, { searcher, targets }: Neighbouring): Promise<number> {
  const table = sqliteTableOf(database, one.table)
  if (table === undefined) throw new Broken('erasure/count-differs', 'a table of an SQLite file changed while it was read; nothing was changed')
  const how = { delimiter: '\t' }
  const found = (await searcher.search(table.read(), how)).datasets.filter(({ verdict }) => verdict === 'copy')
  const others = found.map(({ dataset }) => dataset).filter((dataset) => !targets.includes(dataset))
  if (others.length === 0) return 0
  const { matched, ambiguous } = await searcher.locate(table.read(), others, found.map(({ dataset, barBits, singles }) => ({ dataset, barBits, singles })), how)
  database.exec('create temporary table if not exists bailee_foreign (number integer primary key); delete from temp.bailee_foreign')
  const insert = database.prepare('insert or ignore into temp.bailee_foreign values (?)')
  for (const list of [matched, ambiguous]) for (const ordinal of list.ordinals) insert.run(ordinal)
  const key = one.key.join(', ')
  return countOf(database, `(select ${key}, row_number() over (order by ${key}) - 1 as bailee_number from ${identifierOf(one.table)}) t where ${keyIn('t', one)} and bailee_number in (select number from temp.bailee_foreign)`)
}

/** Deletes the listed rows of all tables, those that hang on others first. Resolves to how many rows of the table, and of the others, are not there any more; undefined where others went than were listed, or one is there still: then nothing may be committed. */
export function deleteTogetherInSqlite(database: DatabaseSync, { going }: SqliteHanging): { readonly own: number; readonly along: number } | undefined {
  const before = going.map(({ table }) => countOf(database, identifierOf(table)))
  database.exec('pragma defer_foreign_keys = on') // in a circle each refers to another
  for (const one of going.toReversed()) database.exec(`delete from ${identifierOf(one.table)} as t where ${keyIn('t', one)}`)
  const gone = going.map(({ table }, at) => before[at]! - countOf(database, identifierOf(table)))
  const exact = going.every((one, at) => gone[at] === countOf(database, `temp.${one.list}`) && !anyOf(database, `${identifierOf(one.table)} t where ${keyIn('t', one)}`))
  return exact ? { own: gone[0]!, along: gone.slice(1).reduce((sum, rows) => sum + rows, 0) } : undefined
}
