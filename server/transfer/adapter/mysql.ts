/** Copies in MariaDB and MySQL. Their statements that make tables end transactions: tables come empty, rows in one transaction, keys after them; what fails is dropped. */
import { csvFields, openMysqlMoment, openMysqlSession, parsePlace, printPlace, quoteName, tableAt, type DatasetTable, type MysqlSession } from '#inventory'
import { Broken, Refused } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import { inUtc, partsOf, shortTexts } from './held.ts'
import type { CopiedColumn, CopySource, CopyTarget, SourceShapes, TableShape, TargetTable, Writing } from './kind.ts'

/** Characters of one INSERT: far below any server's packet. */
const statementCharactersMax = 512 * 1024
/** Of a text inside a row; a longer one stands beside it. Characters. */
const inRowMax = 255
/** Characters of four bytes in one key (InnoDB: 3072 bytes). */
const keyCharactersMax = 768
/** A database that a copy made for itself, and that goes with it. */
const ownDatabase = /^t_[0-9a-f]{10}$/

async function withSession<Result>(url: string, work: (session: MysqlSession) => Promise<Result>): Promise<Result> {
  const session = await openMysqlSession(url)
  try {
    // A server may be set so that it cuts what does not fit, or takes a backslash for more than itself.
    await session.run(`set session sql_mode = 'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', autocommit = 1, foreign_key_checks = 1, unique_checks = 1`)
    return await work(session)
  } finally {
    session.close()
  }
}

const nameOf = (place: string): string => { const { schema, name } = tableAt(place); return `${quoteName(schema)}.${quoteName(name)}` }
const listed = (names: readonly string[]): string => names.map(quoteName).join(', ')
const numberOf = (cause: unknown): number | undefined => (cause as { errno?: unknown } | undefined)?.errno as number | undefined

/** What the server answered, without its words, which may quote a value; undefined where it did not answer. */
function refusedBy(cause: unknown): Refused | undefined {
  const number = numberOf(cause)
  if (typeof number !== 'number' || typeof (cause as { sqlState?: unknown }).sqlState !== 'string') return undefined
  if (number === 1050) return new Refused('transfer/exists', 'a table of that name is there already; a copy never writes into one. Choose another database (--to STORE/DATABASE)')
  if ([1044, 1142, 1227].includes(number)) return new Refused('transfer/not-allowed', 'the account of erase_url may not make a database or table there; grant it CREATE, INSERT, SELECT, ALTER, INDEX, REFERENCES and DROP on the database that the copy goes to')
  return new Refused('transfer/not-written', `the copy could not be written: error ${number} of MariaDB or MySQL; nothing of it is there`)
}

function nativeOf({ type, transform }: CopiedColumn, keys: number): string | undefined {
  const text = (characters: number | undefined): string => {
    const most = keys > 0 ? Math.floor(keyCharactersMax / keys) : inRowMax
    return characters === undefined || characters > most ? (keys > 0 ? `varchar(${most})` : 'longtext') : `varchar(${characters})`
  }
  if (transform.kind === 'token') return text(32)
  if (transform.kind === 'round' && type === 'numeric') return `decimal(30,${transform.step.split('.')[1]?.length ?? 0})`
  const { base, sizes: [first, scale = 0] } = partsOf(type)
  switch (base) {
    case 'smallint': case 'bigint': return base
    case 'integer': return 'int'
    case 'numeric': return first === undefined || first > 65 || scale < 0 || scale > 30 || scale > first ? undefined : `decimal(${first},${scale})`
    case 'real': case 'double precision': return 'double'
    case 'boolean': return 'tinyint(1)'
    case 'date': return 'date'
    case 'timestamp without time zone': return 'datetime(6)'
    case 'timestamp with time zone': return 'timestamp(6) null'
    case 'time without time zone': return 'time(6)'
    case 'uuid': return 'varchar(36)'
    case 'character varying': case 'character': return text(first)
    case 'text': case 'unknown': case 'json': case 'jsonb': return text(undefined)
    default: return shortTexts.has(base) ? text(64) : undefined
  }
}

/** How a value stands in a statement; undefined for one that its type does not take here. */
function literalOf(base: string): (value: string) => string | undefined {
  const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`
  switch (base) {
    case 'smallint': case 'integer': case 'bigint': case 'numeric': return (value) => (/^-?\d+([.]\d+)?$/.test(value) ? value : undefined)
    case 'real': case 'double precision': return (value) => (Number.isFinite(Number(value)) && value !== '-0' ? quoted(value) : undefined)
    case 'boolean': return (value) => (value === 't' ? '1' : value === 'f' ? '0' : undefined)
    case 'date': case 'timestamp without time zone': return (value) => (/^\d{4}-[\d: .T-]+$/.test(value) ? quoted(value) : undefined)
    case 'timestamp with time zone': return (value) => { const at = inUtc(value); return at === undefined ? undefined : quoted(at) }
    default: return quoted
  }
}

const refusedValue = (column: string): Refused => new Refused('transfer/value', `a value of column ${column} cannot be held by MariaDB or MySQL as it is; nothing was copied. Declare another transform for it`)

async function fill(session: MysqlSession, { place, columns, rows }: TargetTable): Promise<void> {
  const literals = columns.map(({ type }) => literalOf(partsOf(type).base))
  const start = `insert into ${nameOf(place)} (${listed(columns.map(({ name }) => name))}) values `
  let waiting: string[] = []
  let characters = 0
  const send = async (): Promise<void> => {
    if (waiting.length > 0) await session.run(start + waiting.join(','))
    waiting = []
    characters = 0
  }
  for await (const row of csvFields(rows())) {
    const values = columns.map(({ name }, at) => {
      const value = row[at] ?? null
      const literal = value === null ? 'null' : literals[at]!(value)
      if (literal === undefined) throw refusedValue(name)
      return literal
    })
    const text = `(${values.join(',')})`
    waiting.push(text)
    characters += text.length
    if (characters > statementCharactersMax) await send()
  }
  await send()
}

async function writeTables(url: string, tables: readonly TargetTable[], { mayCommit, seen }: Writing & { readonly seen: () => Promise<boolean> }): Promise<void> {
  await withSession(url, async (session) => {
    const made: string[] = []
    try {
      const collation = (await session.ask<{ name: string }>(`select collation_name as name from information_schema.collations where collation_name in ('utf8mb4_nopad_bin', 'utf8mb4_0900_bin') order by collation_name desc`))[0]?.name ?? 'utf8mb4_bin'
      for (const database of new Set(tables.map(({ place }) => tableAt(place).schema))) await session.run(`create database if not exists ${quoteName(database)} character set utf8mb4 collate ${collation}`)
      for (const { place, columns } of tables) {
        await session.run(`create table ${nameOf(place)} (${columns.map(({ name, held }) => `${quoteName(name)} ${held}`).join(', ')}) engine = InnoDB character set utf8mb4 collate ${collation}`)
        made.push(place)
      }
      failpoint('transfer/tables')
      if (!await seen()) throw new Refused('transfer/not-swept', 'the account of sweep_url does not see the tables of a copy there, and could not tell whether it was erased; grant it SELECT on the database that the copy goes to')
      await session.run('start transaction')
      for (const table of tables) await fill(session, table)
      await mayCommit()
      await session.run('commit')
      failpoint('transfer/without-keys')
      for (const sql of keysOf(tables)) await session.run(sql)
      await mayCommit() // the keys took their time
    } catch (cause) {
      await session.run('rollback').then(() => dropIn(session, made)).catch(() => { throw new Broken('transfer/not-written', 'the copy could not be written, and what was made of it could not be dropped: it stays registered and is erased in its time', { cause }) })
      throw refusedBy(cause) ?? cause
    }
  })
}

function keysOf(tables: readonly TargetTable[]): string[] {
  const own = tables.flatMap(({ place, primaryKey, uniques }) => {
    const added = [...(primaryKey.length === 0 ? [] : [`add primary key (${listed(primaryKey)})`]), ...uniques.map((columns) => `add unique (${listed(columns)})`)]
    return added.length === 0 ? [] : [`alter table ${nameOf(place)} ${added.join(', ')}`]
  })
  return [...own, ...tables.flatMap(({ place, relations }) => (relations.length === 0 ? [] : [`alter table ${nameOf(place)} ${relations.map(({ columns, to, referenced }) => `add foreign key (${listed(columns)}) references ${nameOf(to)} (${listed(referenced)})`).join(', ')}`]))]
}

async function tablesThere(url: string, places: readonly string[]): Promise<boolean[]> {
  return withSession(url, async (session) => Promise.all(places.map(tableAt).map(async ({ schema, name }) => (await session.ask('select 1 from information_schema.tables where table_schema = ? and table_name = ?', [schema, name])).length > 0)))
}

async function dropIn(session: MysqlSession, places: readonly string[]): Promise<void> {
  await session.run('set session foreign_key_checks = 0') // they refer to each other
  for (const place of places) await session.run(`drop table if exists ${nameOf(place)}`)
  for (const database of new Set(places.map((place) => tableAt(place).schema))) {
    const left = await session.ask('select 1 from information_schema.tables where table_schema = ? limit 1', [database])
    if (left.length === 0 && ownDatabase.test(database)) await session.run(`drop database if exists ${quoteName(database)}`)
  }
}

/** A server of MariaDB or MySQL that copies go to. */
export function mysqlTarget(url: (account: 'erase' | 'sweep') => string): CopyTarget {
  return {
    called: 'MariaDB or MySQL',
    obstacle: () => Promise.resolve(undefined),
    place: (schema, name) => printPlace({ schema, name }),
    held: nativeOf,
    there: (places, account) => tablesThere(url(account), places),
    write: (tables, writing) => writeTables(url('erase'), tables, { ...writing, seen: async () => (await tablesThere(url('sweep'), tables.map(({ place }) => place))).every(Boolean) }),
    drop: (places) => withSession(url('erase'), (session) => dropIn(session, places)).catch((cause: unknown) => {
      throw cause instanceof Broken ? cause : new Broken('transfer/not-dropped', `a copy that is to be erased could not be dropped: error ${numberOf(cause) ?? 'unknown'} of MariaDB or MySQL`, { cause })
    }),
    beside: () => [],
  }
}

interface ColumnRow { readonly name: string; readonly type: string; readonly whole: string; readonly characters: string | null; readonly precision: string | null; readonly scale: string | null }

/** What PostgreSQL calls such a column. */
function typeOf({ type, whole, characters, precision, scale }: ColumnRow): string {
  const unsigned = whole.includes('unsigned')
  switch (type) {
    case 'tinyint': case 'year': return 'smallint'
    case 'smallint': return unsigned ? 'integer' : 'smallint'
    case 'mediumint': return 'integer'
    case 'int': return unsigned ? 'bigint' : 'integer'
    case 'bigint': return unsigned ? 'numeric(20,0)' : 'bigint'
    case 'decimal': return `numeric(${precision ?? 10},${scale ?? 0})`
    case 'float': case 'double': return 'double precision'
    case 'char': case 'varchar': return `character varying(${characters})`
    case 'tinytext': case 'text': case 'mediumtext': case 'longtext': case 'enum': case 'set': case 'json': return 'text'
    case 'date': return 'date'
    case 'datetime': return 'timestamp without time zone'
    case 'timestamp': return 'timestamp with time zone'
    case 'time': return 'time without time zone'
    case 'uuid': return 'uuid'
    case 'inet4': case 'inet6': return 'inet'
    default: return /blob|binary/.test(type) ? 'bytea' : `${type} of MariaDB or MySQL`
  }
}

/** How a column is asked for, so that its value is written as PostgreSQL does, whatever the zone of the server. */
function selected(name: string, type: string | undefined): string {
  if (type === 'timestamp') return `concat(timestamp('1970-01-01 00:00:00') + interval unix_timestamp(${quoteName(name)}) second, '+00')`
  if (/blob|binary/.test(type ?? '')) return `concat(char(92 using utf8mb4), 'x', lower(hex(${quoteName(name)})))`
  return type === 'float' ? `${quoteName(name)} + 0e0` : quoteName(name)
}

async function shapesOf(url: string, tables: readonly DatasetTable[]): Promise<SourceShapes> {
  return withSession(url, async (session) => {
    const shapes = new Map<string, TableShape | undefined>()
    const relations: SourceShapes['relations'][number][] = []
    const called = new Map(tables.map(({ table }) => [printPlace(tableAt(table)), table]))
    for (const { table, rows } of tables) {
      if (rows !== undefined) throw new Broken('transfer/predicate', `the rows of ${table}: the rows of a shared table are told apart in PostgreSQL only, as yet`)
      const { schema, name } = tableAt(table)
      const columns = await session.ask<ColumnRow>(`select column_name as name, lower(data_type) as type, lower(column_type) as whole, character_maximum_length as characters, numeric_precision as \`precision\`, numeric_scale as scale
        from information_schema.columns where table_schema = ? and table_name = ? order by ordinal_position`, [schema, name])
      const used = await session.ask<{ key: string; column: string; schema: string | null; name: string | null; referenced: string | null }>(`select constraint_name as \`key\`, column_name as \`column\`, referenced_table_schema as \`schema\`, referenced_table_name as name, referenced_column_name as referenced
        from information_schema.key_column_usage where table_schema = ? and table_name = ? order by constraint_name, ordinal_position`, [schema, name])
      shapes.set(table, columns.length === 0 ? undefined : { columns: columns.map((column) => ({ name: column.name, type: typeOf(column) })), primaryKey: used.filter(({ key }) => key === 'PRIMARY').map(({ column }) => column) })
      for (const parts of Map.groupBy(used.filter((one) => one.referenced !== null), ({ key }) => key).values()) {
        const to = called.get(printPlace({ schema: parts[0]!.schema!, name: parts[0]!.name! }))
        if (to !== undefined) relations.push({ table, columns: parts.map(({ column }) => column), to, referenced: parts.map(({ referenced }) => referenced!) })
      }
    }
    return { tables: shapes, relations }
  })
}

/** A server of MariaDB or MySQL that copies are made of; all tables as of one moment, where their engine keeps transactions. */
export function mysqlSource(url: string): CopySource {
  return {
    nameOf: (table) => parsePlace(table)?.name,
    shapes: (tables) => shapesOf(url, tables),
    open: async () => {
      const moment = await openMysqlMoment(url)
      const types = new Map<string, ReadonlyMap<string, string>>()
      const typesOf = async (place: string): Promise<ReadonlyMap<string, string>> => {
        const { schema, name } = tableAt(place)
        const found = types.get(place) ?? new Map((await withSession(url, (session) => session.ask<{ name: string; type: string }>('select column_name as name, lower(data_type) as type from information_schema.columns where table_schema = ? and table_name = ?', [schema, name]))).map((one) => [one.name, one.type]))
        types.set(place, found)
        return found
      }
      return {
        read: async function* ({ table }, columns) {
          const found = await typesOf(table)
          yield* moment.read(`select ${columns.map((name) => selected(name, found.get(name))).join(', ')} from ${nameOf(table)}`)
        },
        close: () => { moment.close(); return Promise.resolve() },
      }
    },
  }
}
