/** A ClickHouse server by its HTTP interface. */
import { randomUUID } from 'node:crypto'
import { Broken } from '#kit/errors'
import type { EngineListing, ListedTable } from '../engine.ts'
import type { AnswerRow } from './sql.ts'

export interface ClickHouse {
  /** One statement, in one session. Throws the server's own words, which may quote values. */
  readonly run: (statement: string) => Promise<readonly AnswerRow[]>
  readonly tables: () => Promise<EngineListing>
}

// Engines whose rows lie in this server or its shards. A view runs its owner's query, and the others fetch rows from elsewhere.
const held = /(MergeTree$|^(Distributed|Memory|Log|TinyLog|StripeLog)$)/

// What has no text that every version makes.
const nested = /^(Array|Tuple|Nested|Map|AggregateFunction|SimpleAggregateFunction|Object|JSON|Variant|Dynamic)\b/

// An account may be set to take part of an answer for the whole.
const wholeOrNothing = [['wait_end_of_query', '1'], ['skip_unavailable_shards', '0'], ['read_overflow_mode', 'throw'], ['result_overflow_mode', 'throw'], ['timeout_overflow_mode', 'throw']] as const

/** Opens a session; nothing is asked yet. Throws `Broken` for what is no HTTP URL. A user and a password in the URL go into a header, which no log of the server holds. */
export function openClickHouse(address: string): ClickHouse {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw new Broken('trace/no-engine-url', 'what was named as a ClickHouse server is no URL that begins with http: or https:')
  const headers = url.username === '' ? {} : { authorization: `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64')}` }
  url.username = url.password = ''
  url.searchParams.set('session_id', randomUUID())
  for (const [name, value] of wholeOrNothing) url.searchParams.set(name, value)
  const run = async (statement: string): Promise<readonly AnswerRow[]> => {
    const answer = await fetch(url, { method: 'POST', redirect: 'error', headers, body: statement.startsWith('select') ? `${statement} format JSONEachRow` : statement }).catch((cause: unknown) => {
      throw new Broken('trace/engine-unreachable', 'the ClickHouse server does not answer: look at its URL, and whether it runs', { cause })
    })
    const text = await answer.text()
    if (answer.status === 401 || answer.status === 403 || /Code: (192|193|194|516)\b/.test(text)) throw new Broken('trace/engine-unreachable', 'the ClickHouse server does not let this account in: look at its URL', { cause: new Error(text) })
    if (!answer.ok) throw new Error(text)
    const lines = text.split('\n').filter((line) => line !== '')
    // What goes wrong behind the first row comes as a line of its own, with status 200: a cut list is no answer.
    if (lines.some((line) => !line.startsWith('{'))) throw new Error(text.slice(-2000))
    return lines.map((line) => JSON.parse(line) as AnswerRow)
  }
  return { run, tables: () => tablesOf(run) }
}

const ofDatabases = `database not in ('system', 'information_schema', 'INFORMATION_SCHEMA', '_temporary_and_external_tables')`

async function tablesOf(run: ClickHouse['run']): Promise<EngineListing> {
  const listed = await run(`select database, name, engine from system.tables where ${ofDatabases} order by database, name`)
  const columns = Map.groupBy(await run(`select database, table, name, type, default_kind from system.columns where ${ofDatabases}`), (row) => `${String(row['database'])}\0${String(row['table'])}`)
  const tables: ListedTable[] = []
  const notRead: { place: string; because: string }[] = []
  for (const row of listed) {
    const [database, name, engine] = [String(row['database']), String(row['name']), String(row['engine'])]
    const place = `${database}.${name}`
    if (!held.test(engine)) {
      notRead.push({ place, because: `its rows do not lie in this server, or are what a query makes: engine ${engine}` })
      continue
    }
    const all = (columns.get(`${database}\0${name}`) ?? []).map((column) => ({ own: String(column['name']), because: reasonOf(String(column['type']), String(column['default_kind'])) }))
    tables.push({ name: [database, name], place, columns: all.flatMap(({ own, because }) => (because === undefined ? [own] : [])), others: all.flatMap(({ own, because }) => (because === undefined ? [] : [{ name: own, because }])) })
  }
  return { tables, notRead }
}

function reasonOf(type: string, made: string): string | undefined {
  if (made === 'ALIAS') return 'worked out from others by each query'
  return nested.test(type) ? `of type ${type.replace(/\(.*$/s, '')}` : undefined
}
