/**
 * Reading what changed in a table from a logical replication slot that is ours, over an ordinary session: looked at without taking it, so that a reader that is killed reads it again. The plugin is
 * `test_decoding`: it needs no publication, which would let changes of a table that loses its key fail, and lines of other tables are left out by the server.
 */
import { createHash } from 'node:crypto'
import type { Client } from 'pg'
import { quoteLiteral, type TableName } from './postgres.ts'
import { withClient } from './postgresSession.ts'
import { csvLine, decodeChange, isVisibleIn, type DecodedChange } from './postgresDecoded.ts'

const plugin = 'test_decoding'

/** Rows and bytes of changes that are held at once: with more of them, comparing the table costs less. */
export const changesMax = 250_000
const changedBytesMax = 128 * 1024 * 1024

// Lines a turn.
const fetchLines = 2000

// Milliseconds to wait for a slot: it begins when all transactions that are open now have ended.
const createMillisecondsMax = 60_000

export interface ReplicatedTable {
  readonly url: string
  readonly table: TableName
  /** What is read of it. */
  readonly columns: readonly string[]
}

/** Why not, in words without values. */
export interface Because { readonly because: string }

/** How the table is defined now: equal, where rows can only have changed by what a slot tells. */
export interface Replicable { readonly definition: string }

interface Relation { oid: string; kind: string; permanent: boolean; file: string; identity: string; line: string; key: string[]; columns: { name: string; number: number; type: string; plain: boolean; generated: boolean }[] }

const relationsQuery = `
  with recursive tree (oid) as (select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2
    union select i.inhrelid from pg_inherits i join tree on tree.oid = i.inhparent)
  select c.oid::text, c.relkind as kind, c.relpersistence = 'p' as permanent, c.relfilenode::text as file, c.relreplident as identity, format('table %I.%I: ', n.nspname, c.relname) as line,
    array(select a.attname::text from pg_index x join pg_attribute a on a.attrelid = c.oid and a.attnum = any (x.indkey)
      where x.indrelid = c.oid and x.indisvalid and case c.relreplident when 'd' then x.indisprimary when 'i' then x.indisreplident else false end order by a.attnum) as key,
    coalesce((select json_agg(json_build_object('name', a.attname, 'number', a.attnum, 'type', format_type(a.atttypid, a.atttypmod), 'generated', a.attgenerated <> '',
        'plain', coalesce(b.typtype, t.typtype) = 'b') order by a.attnum)
      from pg_attribute a join pg_type t on t.oid = a.atttypid left join pg_type b on t.typtype = 'd' and b.oid = t.typbasetype where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '[]') as columns
  from tree join pg_class c on c.oid = tree.oid join pg_namespace n on n.oid = c.relnamespace order by c.oid`

const serverQuery = `
  select current_setting('wal_level') as level, current_setting('server_version_num')::int as version, pg_is_in_recovery() as standby, current_setting('server_encoding') as encoding,
    (select rolreplication or rolsuper from pg_roles where rolname = current_user) as replicates`

interface ServerRow { level: string; version: number; standby: boolean; encoding: string; replicates: boolean }

/** Whether changes of this table can be told by a slot. Throws as `withClient` does. */
export async function replicable({ url, table, columns }: ReplicatedTable): Promise<Replicable | Because> {
  return withClient(url, async (client) => {
    const { rows: [server] } = await client.query<ServerRow>(serverQuery)
    const because = server === undefined ? undefined : serverProblem(server)
    return because === undefined ? definitionOf(client, table, columns) : { because }
  })
}

function serverProblem({ level, version, standby, encoding, replicates }: ServerRow): string | undefined {
  if (version < 130000) return 'changes are read from PostgreSQL 13 on'
  if (standby) return 'the store is a standby'
  if (level !== 'logical') return `the server's wal_level is ${level}: alter system set wal_level = logical, and start it again`
  if (encoding === 'SQL_ASCII') return 'the database has no encoding'
  return replicates ? undefined : 'the login of sweep_url may not replicate: alter role <login of sweep_url> replication'
}

async function definitionOf(client: Client, table: TableName, columns: readonly string[]): Promise<(Replicable & { relations: readonly Relation[] }) | Because> {
  const { rows: relations } = await client.query<Relation>(relationsQuery, [table.schema, table.name])
  for (const relation of relations) {
    const because = relationProblem(relation, columns)
    if (because !== undefined) return { because }
  }
  if (relations.length === 0) return { because: 'the table is not there' }
  return { relations, definition: hashOf(relations.map(({ oid, file, identity, line, key, columns: all }) => [oid, file, identity, line, key, all.filter(({ name }) => columns.includes(name) || key.includes(name)).map(({ name, number, type }) => [name, number, type])])) }
}

const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex')

function relationProblem({ kind, permanent, identity, key, columns: all }: Relation, columns: readonly string[]): string | undefined {
  if (kind !== 'r' && kind !== 'p') return 'it is, or has a part that is, no ordinary table'
  if (!permanent) return 'it is, or has a part that is, unlogged: its changes are written to no log'
  if (kind === 'r' && identity !== 'f' && key.length === 0) return 'nothing tells its rows apart: give it a primary key, or alter table ... replica identity'
  const odd = columns.find((name) => all.every((one) => one.name !== name || one.generated || !one.plain))
  return odd === undefined ? undefined : `column ${odd} is worked out from others, or of a type whose values change without a row`
}

export interface SlotState {
  /** How far it was read. */
  readonly position: string
  /** Bytes of the server's log that it holds back. */
  readonly retainedBytes: number
  /** Why it cannot be gone on with. */
  readonly because?: string
  /** It is somebody else's, or in use: not to be dropped. */
  readonly taken: boolean
}

interface SlotRow { plugin: string | null; here: boolean; active: boolean; status: string | null; position: string | null; retained: string | null; ahead: boolean | null; behind: boolean | null }

/** A slot by its name; undefined where there is none. `reached`: how far we have read it, where we have. */
export async function slotState(url: string, name: string, reached?: string): Promise<SlotState | undefined> {
  return withClient(url, async (client) => {
    const { rows: [row] } = await client.query<SlotRow>(
      `select plugin, database is not distinct from current_database() as here, active, wal_status as status, confirmed_flush_lsn::text as position, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::text as retained,
         confirmed_flush_lsn > $2::pg_lsn as ahead, pg_current_wal_lsn() < $2::pg_lsn as behind from pg_replication_slots where slot_name = $1`, [name, reached ?? null])
    if (row === undefined) return undefined
    const taken = row.plugin !== plugin || !row.here ? 'another slot has the name of its slot' : row.active ? 'somebody else is connected to its slot' : undefined
    const because = taken ?? slotProblem(row)
    return { taken: taken !== undefined, position: row.position ?? '0/0', retainedBytes: Math.max(0, Number(row.retained ?? 0)), ...(because === undefined ? {} : { because }) }
  })
}

function slotProblem({ status, position, retained, ahead, behind }: SlotRow): string | undefined {
  if ((status !== 'reserved' && status !== 'extended') || position === null || retained === null) return 'its slot was invalidated: the server kept no more of its log'
  if (ahead === true) return 'somebody else read its slot further'
  return behind === true ? 'the server was set back to an earlier moment' : undefined
}

/** Makes a slot, and resolves to the position that it begins at, or to why there is none. */
export async function createSlot(url: string, name: string): Promise<string | Because> {
  return withClient(url, async (client) => {
    await client.query(`set statement_timeout = ${createMillisecondsMax}`)
    try {
      const { rows: [row] } = await client.query<{ position: string }>('select lsn::text as position from pg_create_logical_replication_slot($1, $2)', [name, plugin])
      return row?.position ?? { because: 'the server made no slot' }
    } catch (cause) {
      return refusal(cause)
    }
  })
}

const refusals: Readonly<Record<string, string>> = {
  '53400': 'the server has no slot left: raise max_replication_slots', '57014': 'a transaction that was open before the slot did not end in time', '58P01': 'the server has no plugin test_decoding: it comes with PostgreSQL, in the package of its extensions',
  '42501': 'the login of sweep_url may not replicate',
}

function refusal(cause: unknown): Because {
  const because = refusals[String((cause as { code?: unknown } | undefined)?.code)]
  if (because === undefined) throw cause
  return { because }
}

/** Drops a slot; does nothing where there is none. Throws where somebody is connected to it. */
export async function dropSlot(url: string, name: string): Promise<void> {
  await withClient(url, (client) => client.query('select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1', [name]))
}

/** Tells the server that everything before this position is kept. */
export async function advanceSlot(url: string, name: string, position: string): Promise<void> {
  await withClient(url, (client) => client.query('select pg_replication_slot_advance(slot_name, $2::pg_lsn) from pg_replication_slots where slot_name = $1 and confirmed_flush_lsn < $2::pg_lsn', [name, position]))
}

/** What changed: each row once, as it was last; of those deleted, what was told of them since. */
export interface TableChanges {
  readonly rows: readonly string[]
  readonly inserted: number
  readonly updated: number
  readonly deleted: number
  /** Everything before it was read. */
  readonly position: string
}

/**
 * What the slot tells of a table up to now, as long as that is defined as it was. Changes that were to be seen at `moment` are left out. Takes nothing from the slot.
 */
export async function readSlot({ url, table, columns }: ReplicatedTable, { name, definition, moment }: { readonly name: string; readonly definition: string; readonly moment: string | undefined }): Promise<TableChanges | Because> {
  return withClient(url, async (client) => {
    await client.query(`set client_encoding = 'UTF8'`)
    const { rows: [now] } = await client.query<{ position: string; next: string }>('select pg_current_wal_flush_lsn()::text as position, pg_snapshot_xmax(pg_current_snapshot())::text as next')
    const defined = await definitionOf(client, table, columns) // after the position: what changed behind that shows next time
    if ('because' in defined) return defined
    if (now === undefined || defined.definition !== definition) return { because: 'its definition changed, or it was truncated or written anew' }
    const collected = createCollector(columns)
    const lines = defined.relations.map(({ line }) => quoteLiteral(line)).join(', ')
    await client.query(`begin; declare bailee_changes no scroll cursor for select c.xid::text as transaction, n.line, substr(c.data, length(n.line) + 1) as change
      from pg_logical_slot_peek_changes(${quoteLiteral(name)}, ${quoteLiteral(now.position)}, null, 'include-xids', 'false', 'skip-empty-xacts', 'true') c join unnest(array[${lines}]) n (line) on starts_with(c.data, n.line)`)
    for (;;) {
      const { rows } = await client.query<{ transaction: string; line: string; change: string }>(`fetch ${fetchLines} from bailee_changes`)
      for (const { transaction, line, change } of rows) {
        if (moment !== undefined && isVisibleIn(moment, transaction, now.next)) continue
        const decoded = decodeChange(change)
        const because = decoded === undefined ? 'a change of it does not say of which row' : collected.take(decoded, defined.relations.find((one) => one.line === line)!)
        if (because !== undefined) return { because }
      }
      if (rows.length < fetchLines) return { ...collected.taken(), position: now.position }
    }
  })
}

/** Gathers the last state of each row that changed. */
function createCollector(columns: readonly string[]): { take(change: DecodedChange, of: Relation): string | undefined; taken(): Omit<TableChanges, 'position'> } {
  const last = new Map<string, string>()
  const left = new Set<string>()
  const counts = { inserted: 0, updated: 0, deleted: 0 }
  let bytes = 0
  const keyOf = (tuple: DecodedChange['now'], { oid, identity, key }: Relation): string => JSON.stringify([oid, identity === 'f' ? [...tuple!].filter(([, value]) => value !== null) : key.map((name) => tuple!.get(name) ?? null)])
  return {
    take: ({ kind, old, now }, of) => {
      counts[kind === 'INSERT' ? 'inserted' : kind === 'UPDATE' ? 'updated' : 'deleted'] += 1
      const before = old === undefined ? undefined : keyOf(old, of)
      const known = before === undefined ? undefined : last.get(before)
      if (before !== undefined) last.delete(before)
      if (kind === 'DELETE') {
        if (known !== undefined) left.add(known)
        return undefined
      }
      const whole = new Map([...now!].map(([name, value]) => [name, value === undefined ? old?.get(name) : value]))
      const line = csvLine(whole, columns)
      if (line === undefined) return 'a change of it does not tell a long value that stayed as it was: alter table ... replica identity full'
      last.set(keyOf(whole, of), line)
      bytes += line.length
      return last.size + left.size > changesMax || bytes > changedBytesMax ? `more than ${changesMax.toLocaleString('en-GB')} rows changed` : undefined
    },
    taken: () => ({ ...counts, rows: [...left, ...last.values()] }),
  }
}
