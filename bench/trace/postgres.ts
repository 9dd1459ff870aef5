/** A PostgreSQL table of twenty columns, read and searched as a sweep does, against COPY of the same table to nowhere. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { startServer } from '../../server/database/index.ts'
import { isUnread, listPostgres } from '../../server/inventory/index.ts'
import { buildFingerprints, openFingerprints } from '../../server/trace/fingerprint/index.ts'
import { createSearcher, type Searcher } from '../../server/trace/search/index.ts'
import { rounded, type Measured } from '../result.ts'
import { fullRows, identifying, identityRows } from './people.ts'

export interface TableSize {
  readonly rows: number
  readonly people: number
  readonly rounds: number
  readonly threads: number
}

export const wholeTable: TableSize = { rows: 2_000_000, people: 1_000_000, rounds: 3, threads: 2 }
export const quickTable: TableSize = { rows: 20_000, people: 20_000, rounds: 1, threads: 2 }

const [known, others] = [1, 2] // seeds of the people
const [epochKey, sealKey] = [Buffer.alloc(16, 1), Buffer.alloc(32, 2)]
const median = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0

/** Loads the table on a server of its own and reads it both ways, in turns. */
export async function benchPostgres(size: TableSize, log: (line: string) => void): Promise<readonly Measured[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-table-'))
  const server = await startServer({ directory: join(directory, 'server'), settings: { fsync: false, full_page_writes: false, max_wal_size: '4GB', shared_buffers: '256MB' } })
  try {
    const url = server.url('postgres')
    await load(url, size.rows)
    const file = join(directory, 'people')
    await buildFingerprints({ dataset: 'people', epochKey, sealKey, file, random: randomBytes, rows: identityRows(known, 0, size.people), columns: identifying.map((name) => ({ name, identifies: true })) })
    const searcher = await createSearcher([await openFingerprints(file, sealKey)], epochKey, { threads: size.threads })
    const rates: { copy: number; search: number }[] = []
    let read = 0
    for (let round = -1; round < size.rounds; round += 1) { // the first only warms
      const copy = size.rows / 1e6 / await seconds(() => copyToNowhere(url))
      const search = size.rows / 1e6 / await seconds(async () => { read = await searchTable(url, searcher) })
      if (round >= 0) rates.push({ copy, search })
    }
    await searcher.close()
    const [copy, search] = [rounded(median(rates.map((one) => one.copy))), rounded(median(rates.map((one) => one.search)))]
    log(`a table of ${size.rows} rows and 20 columns: searched at ${search} million rows a second, copied at ${copy}`)
    return [{ what: 'a PostgreSQL table of 20 columns, searched', value: search, unit: 'million rows/s', baseline: { what: 'COPY of it to nowhere', value: copy }, ratio: rounded(search / copy), must: 'every row read', goal: '>= 0.6 million rows/s', ok: read === size.rows }]
  } finally {
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const from = performance.now()
  await work()
  return (performance.now() - from) / 1000
}

async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return work(client).finally(() => client.end())
}

const load = (url: string, rows: number): Promise<void> => withClient(url, async (client) => {
  await client.query(`create table suspect (${Array.from({ length: 20 }, (_, column) => `c${column} text`).join(', ')})`)
  await pipeline(Readable.from(fullRows(others, 0, rows)), client.query(copyFrom('copy suspect from stdin with (format csv)')))
  await client.query('vacuum analyze suspect')
})

const copyToNowhere = (url: string): Promise<void> => withClient(url, (client) => pipeline(client.query(copyTo('copy suspect to stdout with (format csv)')), new Writable({ write: (_bytes, _encoding, done) => done() })))

/** Resolves to the rows read. */
async function searchTable(url: string, searcher: Searcher): Promise<number> {
  const { places } = await listPostgres(url, new Set())
  const place = places.find((one) => one.place === 'public.suspect')
  if (place === undefined) throw new Error('the table of the benchmark is not listed')
  let rows = 0
  for await (const part of place.open('all')) {
    if (isUnread(part)) throw new Error(part.because)
    rows += (await searcher.search(part.bytes, { delimiter: part.delimiter, shape: part.shape })).coverage.rows
  }
  return rows
}
