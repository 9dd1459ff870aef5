/**
 * Asking a Postgres server about the values of one table at a time, beside a temporary table of the session: for a search that the server makes itself. As in every reading
 * (`postgresCode.ts`), nothing that was made in the database runs, and what cannot be asked so is named.
 */
import { DatabaseError, type Client } from 'pg'
import { Broken } from '#kit/errors'
import { codeRunsBecause, runsCode, takeHold } from './postgresCode.ts'
import { codeOf } from './postgresCopy.ts'
import { comparedIn, nameOf, queryTables, type NotRead, type TableName } from './postgres.ts'
import { connect } from './postgresSession.ts'

/** A table that may be asked about. */
export interface AskableTable extends TableName {
  /** The table that it is a partition of. */
  readonly root?: TableName
  /** Columns of which the server compares the values. */
  readonly columns: readonly string[]
  /** The others, and why. */
  readonly others: readonly { readonly name: string; readonly because: string }[]
}

export type AskedRow = Readonly<Record<string, unknown>>

/** One session. Everything but `close` throws `Broken` when the server refuses; its own words, which may quote values, are only the cause. */
export interface Asking {
  /** Those that may be asked about, and what is there beside them. */
  tables(): Promise<{ readonly tables: readonly AskableTable[]; readonly notRead: readonly (NotRead & { readonly table: TableName })[] }>
  /** Makes, or fills, a temporary table: the only writing there is. */
  keep(statement: string): Promise<void>
  /** Answers of several queries of one table, at one moment, read only. Throws `Broken` when a query of it, or of a column, would run what was made in the database. */
  ask(table: TableName, columns: readonly string[], statements: readonly string[]): Promise<readonly (readonly AskedRow[])[]>
  close(): Promise<void>
}

/** Opens a session. Throws `Broken` when the store cannot be opened. */
export async function openAsking(url: string): Promise<Asking> {
  const client = await connect(url)
  return {
    tables: () => refusing(() => askable(client)),
    keep: (statement) => keep(client, statement),
    ask: (table, columns, statements) => ask(client, { table, columns }, statements),
    close: () => client.end(),
  }
}

const ownType = 'of a type that was made in the database: to compare it would run what was made there'

async function askable(client: Client): ReturnType<Asking['tables']> {
  const tables: AskableTable[] = []
  const notRead: (NotRead & { table: TableName })[] = []
  const { rows: [mine] } = await client.query<{ name: string | null }>('select (select nspname::text from pg_namespace where oid = pg_my_temp_schema()) as name')
  for (const table of await queryTables(client)) {
    const { schema, name, root } = table
    if (schema === mine?.name) continue // what this session keeps
    const because = !table.readable ? table.because ?? 'not readable' : table.coded ? codeRunsBecause : undefined
    if (because !== undefined) {
      notRead.push({ table: { schema, name }, place: nameOf(table), because })
      continue
    }
    const compared = await comparedIn(client, table)
    const isAsked = (column: string): boolean => compared.has(column) && !table.binary.includes(column)
    const names = table.columns.map((column) => column.name)
    tables.push({
      schema, name, ...(root === undefined ? {} : { root }), columns: names.filter(isAsked),
      others: names.filter((column) => !isAsked(column)).map((column) => ({ name: column, because: compared.has(column) ? 'of bytes' : ownType })),
    })
  }
  return { tables, notRead }
}

// What a role without the right answers, and a standby server.
const [forbidden, readOnly] = ['42501', '25006']

async function keep(client: Client, statement: string): Promise<void> {
  try {
    await client.query('begin read write') // a role may be set to read only; a temporary table is all that is written
    await client.query(statement)
    await client.query('commit')
  } catch (cause) {
    const code = cause instanceof DatabaseError ? cause.code : undefined
    if (code === forbidden) throw new Broken('inventory/no-temporary-table', 'the account of sweep_url may not make temporary tables in this database, and the digests of a search lie in one. Grant it (grant temporary on database ... to ...), or have the store swept', { cause })
    if (code === readOnly) throw new Broken('inventory/no-temporary-table', 'this server is a standby, on which no temporary table is made: name the primary, or have the store swept', { cause })
    throw new Broken('inventory/store-unreadable', `the Postgres store refused the digests of a search: ${codeOf(cause)}`, { cause })
  }
}

async function ask(client: Client, { table, columns }: { readonly table: TableName; readonly columns: readonly string[] }, statements: readonly string[]): Promise<AskedRow[][]> {
  await refusing(() => client.query('begin isolation level repeatable read, read only'))
  try {
    if ((await takeHold(client, nameOf(table), `only ${nameOf(table)}`)).coded) throw runsCode()
    const compared = await comparedIn(client, table)
    if (columns.some((column) => !compared.has(column))) throw new Broken('inventory/runs-code', `a column is ${ownType}`)
    const answers: AskedRow[][] = []
    for (const statement of statements) answers.push((await client.query<AskedRow>(statement)).rows)
    return answers
  } catch (cause) {
    if (cause instanceof Broken) throw cause
    throw new Broken('inventory/table-unreadable', `a table could not be asked about: ${codeOf(cause)}`, { cause })
  } finally {
    await client.query('rollback').catch(() => undefined) // it ends with its session
  }
}

async function refusing<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof Broken) throw cause
    throw new Broken('inventory/store-unreadable', `the Postgres store cannot be examined: ${codeOf(cause)}`, { cause })
  }
}
