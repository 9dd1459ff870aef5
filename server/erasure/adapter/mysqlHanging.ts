/** Rows of other tables of MariaDB or MySQL that hang on rows to be erased by foreign keys: which they are, whether they may go with them, and deleting all of them in one transaction. */
import { openMysqlSession, printPlace, quoteName, selectOfMysql, type MysqlSession } from '#inventory'
import { Broken } from '#kit/errors'
import type { Along, Neighbour } from './erased.ts'
import { isSomebodys, leadsTo, mayGoAlong, whatStands } from './keyRules.ts'
import type { Searched } from './located.ts'

export interface MysqlTableName { readonly schema: string; readonly name: string }

interface Key {
  readonly child: string
  readonly parent: string
  /** Columns that refer, and those that they refer to. */
  readonly columns: readonly { readonly from: string; readonly to: string }[]
  readonly cascades: boolean
}

/** A table among those that hang on each other. */
interface Member extends MysqlTableName {
  readonly place: string
  /** How statements name it. */
  readonly from: string
  /** Columns of its primary key, quoted; none where it has no key by which its rows can be told apart. */
  readonly key: readonly string[]
  readonly nullable: ReadonlySet<string>
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** The server keeps earlier versions of its rows. */
  readonly versioned: boolean
  /** Temporary tables of keys of its rows: those that go, and those that are looked at now. */
  readonly going: string
  readonly step: string
  /** What statements call it beside its name: no two tables that are locked may be called the same. */
  readonly alias: Aliases
}

interface Aliases { readonly child: string; readonly parent: string; readonly source: string }
const aliasesOf = (number: number): Aliases => ({ child: `bailee_child_${number}`, parent: `bailee_parent_${number}`, source: `bailee_source_${number}` })

/** What may hang on the rows of one table. */
export interface MysqlHanging {
  readonly own: string
  readonly members: ReadonlyMap<string, Member>
  /** Keys that lead to it, over however many tables; its own to itself are among them. */
  readonly keys: readonly Key[]
  /** Every key of the server that this account sees. */
  readonly all: readonly Key[]
  /** What statements call tables that rows of members refer to, and that are none. */
  readonly above: ReadonlyMap<string, string>
  /** Tables to be locked besides its own, as LOCK TABLES takes them. */
  readonly locks: readonly string[]
}

/** No name of the server's holds a NUL; a line break it may. */
const idOf = ({ schema, name }: MysqlTableName): string => `${schema}\0${name}`
const nameOf = (id: string): MysqlTableName => { const [schema = '', name = ''] = id.split('\0'); return { schema, name } }
const fromOf = ({ schema, name }: MysqlTableName): string => `${quoteName(schema)}.${quoteName(name)}`

async function allKeys(session: MysqlSession): Promise<Key[]> {
  const rules = await session.ask<{ db: string; name: string; child: string; rule: string }>('select constraint_schema as db, constraint_name as name, table_name as child, delete_rule as rule from information_schema.referential_constraints')
  const cascading = new Set(rules.filter(({ rule }) => rule === 'CASCADE').map(({ db, name, child }) => `${db}\0${child}\0${name}`))
  const rows = await session.ask<{ db: string; child: string; name: string; column: string; parentDb: string; parent: string; to: string }>(`
    select table_schema as db, table_name as child, constraint_name as name, column_name as \`column\`, referenced_table_schema as parentDb, referenced_table_name as parent, referenced_column_name as \`to\`
    from information_schema.key_column_usage where referenced_table_name is not null order by table_schema, table_name, constraint_name, ordinal_position`)
  return [...Map.groupBy(rows, ({ db, child, name }) => `${db}\0${child}\0${name}`)].map(([id, columns]) => {
    const [{ db, child, parentDb, parent }] = columns as [typeof rows[number]]
    return { child: idOf({ schema: db, name: child }), parent: idOf({ schema: parentDb, name: parent }), columns: columns.map(({ column, to }) => ({ from: column, to })), cascades: cascading.has(id) }
  })
}

/** Keys that lead to a table, over however many. */
function keysTo(all: readonly Key[], own: string): Key[] {
  const reached = new Set([own])
  for (let size = 0; size < reached.size;) {
    size = reached.size
    for (const { child, parent } of all) if (reached.has(parent)) reached.add(child)
  }
  return all.filter(({ parent }) => reached.has(parent))
}

/** Names of tables whose rows may hang on those of this one, over however many tables. */
export async function mysqlTablesHangingOn(session: MysqlSession, table: MysqlTableName): Promise<string[]> {
  const own = idOf(table)
  return [...new Set(keysTo(await allKeys(session), own).map(({ child }) => child))].filter((child) => child !== own).map((child) => printPlace(nameOf(child)))
}

/** Of tables whose rows may hang on those of this one, what the searching account sees and the erasing one does not: its deletions would reach them unasked, for the server asks for no right where a key cascades. */
export async function mysqlTablesUnseen(session: MysqlSession, sweepUrl: string, table: MysqlTableName): Promise<string[]> {
  const searching = await openMysqlSession(sweepUrl)
  try {
    const seen = new Set(await mysqlTablesHangingOn(session, table))
    return (await mysqlTablesHangingOn(searching, table)).filter((place) => !seen.has(place))
  } finally {
    searching.close()
  }
}

/**
 * What statements about a table and all that may hang on it rest on: keys that lead to it or from its members, with their rules, and the columns and primary keys of the members. Read once more when they are locked, it must be the same: a key that was added in between
 * would take rows along unasked.
 */
export async function mysqlKeysNow(session: MysqlSession, table: MysqlTableName): Promise<string> {
  const all = await allKeys(session)
  const members = new Set([idOf(table), ...keysTo(all, idOf(table)).map(({ child }) => child)])
  const described: unknown[] = all.filter(({ child, parent }) => members.has(child) || members.has(parent))
  for (const { schema, name } of [...members].map(nameOf)) described.push(
    await session.ask('select column_name as name, lower(data_type) as type, is_nullable as nullable from information_schema.columns where table_schema = ? and table_name = ? order by ordinal_position', [schema, name]),
    await session.ask("select column_name as name, sub_part as part from information_schema.statistics where table_schema = ? and table_name = ? and index_name = 'PRIMARY' order by seq_in_index", [schema, name]),
  )
  return JSON.stringify(described)
}

/** What may hang on a table, with room for lists of it made in its database. Undefined: no key leads to it. */
export async function openMysqlHanging(session: MysqlSession, table: MysqlTableName): Promise<MysqlHanging | undefined> {
  const all = await allKeys(session)
  const own = idOf(table)
  const keys = keysTo(all, own)
  if (keys.length === 0) return undefined
  const members = new Map<string, Member>()
  for (const id of new Set([own, ...keys.map(({ child }) => child)])) members.set(id, await memberOf(session, nameOf(id), { in: table.schema, number: members.size }))
  const parents = [...new Set(all.filter(({ child }) => members.has(child)).map(({ parent }) => parent))].filter((parent) => !members.has(parent))
  const above = new Map(parents.map((id, number) => [id, aliasesOf(members.size + number).parent]))
  const locksOf = ({ from, alias }: Member): string[] => [`${from} as ${alias.child} write`, `${from} as ${alias.parent} read`, `${from} as ${alias.source} read`]
  const others = [...members.values()].filter((one) => idOf(one) !== own).map(({ from }) => `${from} write`)
  return { own, members, keys, all, above, locks: [...others, ...[...members.values()].flatMap(locksOf), ...[...above].map(([id, alias]) => `${fromOf(nameOf(id))} as ${alias} read`)] }
}

async function memberOf(session: MysqlSession, { schema, name }: MysqlTableName, { in: database, number }: { readonly in: string; readonly number: number }): Promise<Member> {
  const at = [schema, name]
  const columns = await session.ask<{ name: string; type: string; nullable: string }>('select column_name as name, lower(data_type) as type, is_nullable as nullable from information_schema.columns where table_schema = ? and table_name = ? order by ordinal_position', at)
  const keyed = await session.ask<{ name: string; part: string | number | null }>("select column_name as name, sub_part as part from information_schema.statistics where table_schema = ? and table_name = ? and index_name = 'PRIMARY' order by seq_in_index", at)
  const [kind] = await session.ask<{ type: string }>('select table_type as type from information_schema.tables where table_schema = ? and table_name = ?', at)
  const key = keyed.some(({ part }) => part !== null) ? [] : keyed.map((column) => quoteName(column.name))
  const from = fromOf({ schema, name })
  const [going, step] = ['going', 'step'].map((list) => `${quoteName(database)}.bailee_${list}_${number}`) as [string, string]
  if (key.length > 0) for (const list of [going, step]) await session.run(`create temporary table ${list} (primary key (${key.join(', ')})) as select ${key.join(', ')} from ${from} where false`)
  return { schema, name, place: printPlace({ schema, name }), from, key, columns, nullable: new Set(columns.filter(({ nullable }) => nullable === 'YES').map((column) => column.name)), versioned: kind?.type === 'SYSTEM VERSIONED', going, step, alias: aliasesOf(number) }
}

export interface MysqlListing extends Searched {
  readonly session: MysqlSession
  readonly hanging: MysqlHanging
  readonly neighbours: readonly Neighbour[]
  /** A statement that gives the keys of the table's own rows that go; undefined when all of them do. */
  readonly own: string | undefined
}

const meet = ({ columns }: Key, child: string, parent: string): string => columns.map(({ from, to }) => `${child}.${quoteName(from)} = ${parent}.${quoteName(to)}`).join(' and ')
const equal = (key: readonly string[], one: string, other: string): string => key.map((column) => `${one}.${column} = ${other}.${column}`).join(' and ')
const member = ({ members }: MysqlHanging, id: string): Member => {
  const found = members.get(id)
  if (found === undefined) throw new Broken('erasure/key-changed', 'foreign keys of a store changed while they were followed; run the erasure again')
  return found
}

/** Rows of a table that go, as a table of their keys; undefined when all of it does. */
const goingOf = ({ hanging, own }: MysqlListing, id: string): string | undefined => (id === hanging.own ? (own === undefined ? undefined : `(${own})`) : member(hanging, id).going)

const any = async (session: MysqlSession, from: string): Promise<boolean> => Number((await session.ask<{ any: string | number }>(`select exists (select 1 from ${from}) as any`))[0]?.any) === 1
const countOf = async (session: MysqlSession, from: string): Promise<number> => Number((await session.ask<{ count: string | number }>(`select count(*) as count from ${from}`))[0]?.count)

/**
 * Lists the rows of other tables that hang on rows that go, over however many tables and in circles; each of them is locked. `because`: rows refer to these that may not go with them; then nothing may be
 * deleted.
 */
export async function listMysqlHanging(listing: MysqlListing): Promise<{ readonly along: readonly Along[]; readonly because?: string }> {
  const { session, hanging, own } = listing
  if (own !== undefined && member(hanging, hanging.own).key.length === 0) return { along: [], because: 'other tables may refer to its rows, and its primary key is a part of a column, by which they cannot be told apart' }
  for (let moved = true; moved;) {
    moved = false
    for (const key of hanging.keys) {
      const taken = await take(listing, key)
      if (typeof taken === 'string') return { along: [], because: taken }
      if (taken > 0) moved = true
    }
  }
  const along: Along[] = []
  for (const [id, one] of hanging.members) {
    if (id === hanging.own || one.key.length === 0) continue
    const rows = await countOf(session, one.going)
    if (rows === 0) continue
    const because = await alsoOthers(listing, id)
    if (because !== undefined) return { along: [], because }
    along.push({ place: one.place, rows })
  }
  return { along }
}

/** Takes rows that refer by this key to rows that go. Resolves to how many are new, or to why they may not. */
async function take(listing: MysqlListing, key: Key): Promise<number | string> {
  const { session, hanging, own } = listing
  if (key.child === hanging.own && own === undefined) return 0 // all of it goes
  const [child, parent] = [member(hanging, key.child), member(hanging, key.parent)]
  const going = goingOf(listing, key.parent)
  if (going !== undefined && parent.key.length === 0) return 0 // nothing of it could be listed
  const [one, other] = [child.alias.child, parent.alias.parent]
  const referring = `${child.from} as ${one} join ${parent.from} as ${other} on ${meet(key, one, other)}${going === undefined ? '' : ` join ${going} as bailee_going on ${equal(parent.key, 'bailee_going', other)}`}`
  if (child.key.length === 0) return (await any(session, referring)) ? (because(listing, key) ?? `rows of ${child.place} refer to rows that are to go, and it has no primary key by which they can be told apart: give it one`) : 0
  await session.run(`delete from ${child.step}`)
  await session.run(`insert ignore into ${child.step} select ${child.key.map((column) => `${one}.${column}`).join(', ')} from ${referring}`)
  if (!await any(session, child.step)) return 0
  if (key.child === hanging.own) {
    const left = `${child.step} as bailee_step left join (${own ?? ''}) as bailee_going on ${equal(child.key, 'bailee_going', 'bailee_step')} where bailee_going.${child.key[0]!} is null`
    return (await any(session, left)) ? `rows of ${child.place} that are not known to be this controller's refer to rows that are; they would be deleted or changed along with those, or keep them` : 0
  }
  return because(listing, key) ?? session.run(`insert ignore into ${child.going} select * from ${child.step}`)
}

/** Why rows that refer by this key may not go along; undefined where they may. */
function because({ hanging, neighbours }: MysqlListing, key: Key): string | undefined {
  const child = member(hanging, key.child)
  const refer = `rows of ${child.place} refer to rows that are to go${key.parent === hanging.own ? '' : ` (of ${member(hanging, key.parent).place})`}`
  const standing = neighbours.find(({ place }) => place === child.place)
  const hangs = key.cascades || key.columns.every(({ from }) => !child.nullable.has(from))
  if (!mayGoAlong(standing, { hangs, inCircle: leadsTo(hanging.keys, new Set([hanging.own]), key.child) })) return `${refer}: ${whatStands(standing, child.place)}`
  return child.versioned ? `${refer}, and the server keeps earlier versions of them: take its versioning away (alter table ... drop system versioning)` : undefined
}

/** Whether rows that hang on ours hang just as much on what stays, or hold another controller's people by fingerprints. */
async function alsoOthers(listing: MysqlListing, id: string): Promise<string | undefined> {
  const { session, hanging } = listing
  const child = member(hanging, id)
  await session.run(`delete from ${child.step}`)
  await session.run(`insert into ${child.step} select * from ${child.going}`)
  for (const key of hanging.all.filter((one) => one.child === id && isAbove(listing, one.parent))) {
    const parent = hanging.members.get(key.parent)
    if (parent !== undefined && goingOf(listing, key.parent) === undefined) continue
    const [one, other] = [child.alias.child, parent?.alias.parent ?? hanging.above.get(key.parent)!]
    const stays = parent === undefined || parent.key.length === 0 ? '' : ` left join ${goingOf(listing, key.parent)!} as bailee_going on ${equal(parent.key, 'bailee_going', other)} where bailee_going.${parent.key[0]!} is null`
    const from = `${child.from} as ${one} join ${child.step} as bailee_step on ${equal(child.key, 'bailee_step', one)} join ${fromOf(nameOf(key.parent))} as ${other} on ${meet(key, one, other)}${stays}`
    if (await any(session, from)) return `rows of ${child.place} refer to rows that are to go, and as well to rows of ${printPlace(nameOf(key.parent))} that stay: have it settled whose they are`
  }
  const foreign = await foreignAmong(listing, child)
  return foreign === 0 ? undefined : `${foreign} rows of ${child.place} refer to rows that are to go, and hold another controller's people: have it settled whose they are`
}

/** Whether what a key leads to may belong to somebody, over however many tables. */
function isAbove({ hanging: { own, keys, all }, neighbours }: MysqlListing, id: string): boolean {
  const above = new Set([id])
  for (const one of above) for (const { child, parent } of all) if (child === one) above.add(parent)
  return isSomebodys([...above].map((one) => ({ first: one === id, own: one === own, hanging: keys.some(({ child }) => child === one), standing: neighbours.find(({ place }) => place === printPlace(nameOf(one))) })))
}

const insertedAtOnce = 10_000

/** Numbers of rows, in the order of their key, into a list of such. */
export async function listNumbers(session: MysqlSession, list: string, ordinals: Float64Array): Promise<void> {
  for (let at = 0; at < ordinals.length; at += insertedAtOnce) await session.run(`insert into ${list} values ${[...ordinals.subarray(at, at + insertedAtOnce)].map((ordinal) => `(${ordinal})`).join(',')}`)
}

/** The rows of a table with these numbers, as a table of their keys. */
export const numberedRows = ({ from, key, source }: { readonly from: string; readonly key: readonly string[]; readonly source: string }, list: string): string => `select ${key.map((column) => `bailee_numbered.${column}`).join(', ')}
  from (select ${key.join(', ')}, row_number() over (order by ${key.join(', ')}) - 1 as bailee_number from ${from} as ${source}) as bailee_numbered join ${list} as bailee_listed on bailee_listed.number = bailee_numbered.bailee_number`

async function foreignAmong({ session, hanging, searcher, targets }: MysqlListing, child: Member): Promise<number> {
  const read = (): AsyncGenerator<Uint8Array> => session.read(`select ${selectOfMysql(child.columns)} from ${child.from} order by ${child.key.join(', ')}`)
  const how = { delimiter: ',' }
  const found = (await searcher.search(read(), how)).datasets.filter(({ verdict }) => verdict === 'copy')
  const others = found.map(({ dataset }) => dataset).filter((dataset) => !targets.includes(dataset))
  if (others.length === 0) return 0
  const { matched, ambiguous } = await searcher.locate(read(), others, found.map(({ dataset, barBits, singles }) => ({ dataset, barBits, singles })), how)
  const list = `${quoteName(nameOf(hanging.own).schema)}.bailee_foreign`
  await session.run(`delete from ${list}`)
  await listNumbers(session, list, Float64Array.from(new Set([...matched.ordinals, ...ambiguous.ordinals])))
  return countOf(session, `(${numberedRows({ ...child, source: child.alias.source }, list)}) as bailee_others join ${child.going} as bailee_going on ${equal(child.key, 'bailee_others', 'bailee_going')}`)
}

/** Deletes the rows that were listed, and the table's own by `deleteOwn`: each before what it refers to; in a circle, with the keys not looked at meanwhile, and afterwards. Resolves to how many went. */
export async function deleteMysqlTogether({ session, hanging }: MysqlListing, along: readonly Along[], deleteOwn: () => Promise<number>): Promise<{ readonly own: number; readonly along: number }> {
  const left = new Set([...hanging.members].filter(([id, { place }]) => id === hanging.own || along.some((one) => one.place === place)).map(([id]) => id))
  const unchecked = new Map<Key, number>()
  const deleted = { own: 0, along: 0 }
  while (left.size > 0) {
    const refers = (id: string, by: (child: string) => boolean): Key[] => hanging.keys.filter(({ child, parent }) => parent === id && left.has(child) && by(child))
    const next = [...left].find((id) => refers(id, (child) => child !== id).length === 0) ?? [...left][0]!
    const inCircle = refers(next, () => true).length > 0
    if (inCircle) for (const key of hanging.keys.filter(({ parent }) => parent === next)) unchecked.set(key, await countOf(session, orphans(hanging, key)))
    const one = member(hanging, next)
    await session.run(`set session foreign_key_checks = ${inCircle ? 0 : 1}`)
    const rows = next === hanging.own ? await deleteOwn() : await session.run(`delete ${one.alias.child} from ${one.from} as ${one.alias.child} join ${one.going} as bailee_going on ${equal(one.key, 'bailee_going', one.alias.child)}`)
    await session.run('set session foreign_key_checks = 1')
    deleted[next === hanging.own ? 'own' : 'along'] += rows
    left.delete(next)
  }
  for (const [key, before] of unchecked) if (await countOf(session, orphans(hanging, key)) > before) throw new Broken('erasure/rows-orphaned', `rows of ${member(hanging, key.child).place} would refer to rows that are not there any more; nothing was changed`)
  return deleted
}

/** Rows that refer to nothing. */
function orphans(hanging: MysqlHanging, key: Key): string {
  const [child, parent] = [member(hanging, key.child), member(hanging, key.parent)]
  const [one, other] = [child.alias.child, parent.alias.parent]
  const set = key.columns.map(({ from }) => `${one}.${quoteName(from)} is not null`).join(' and ')
  return `${child.from} as ${one} left join ${parent.from} as ${other} on ${meet(key, one, other)} where ${set} and ${other}.${quoteName(key.columns[0]!.to)} is null`
}
