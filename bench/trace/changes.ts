/**
 * A refresh of a few changed rows of a large PostgreSQL table, read and written: by replication, by watermark, and by comparing all rows. By itself: `node bench/trace/changes.ts [PEOPLE] [CHANGED]`.
 */
import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { startServer } from '../../server/database/index.ts'
import { rowsOfDataset, type DatasetReader, type DatasetTable } from '../../server/inventory/index.ts'
import { buildFingerprints, openSegmentFile, type FingerprintSummary } from '../../server/trace/fingerprint/index.ts'
import { rounded, type Measured } from '../result.ts'
import { identifying, identityRows } from './people.ts'

export interface ChangesSize {
  readonly people: number
  /** Rows that change before each refresh. */
  readonly changed: number
  /** Rows of another table that change beside them, once: the slot is told of them too. */
  readonly others: number
  readonly rounds: number
}

export const wholeChanges: ChangesSize = { people: 5_000_000, changed: 10_000, others: 1_000_000, rounds: 3 }
export const quickChanges: ChangesSize = { people: 20_000, changed: 200, others: 2000, rounds: 1 }

const [epochKey, sealKey] = [Buffer.alloc(16, 1), Buffer.alloc(32, 2)]
const slot = 'bailee_bench'
const columns = identifying.map((name) => ({ name, identifies: true }))
const median = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0

type Way = 'replication' | 'watermark' | 'compare'

/** Fills the table, changes rows of it, and takes the changes in each way, in turns. */
export async function benchChanges(size: ChangesSize, log: (line: string) => void): Promise<readonly Measured[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-changes-'))
  const server = await startServer({ directory: join(directory, 'server'), settings: { wal_level: 'logical', fsync: false, full_page_writes: false, max_wal_size: '8GB', shared_buffers: '256MB' } })
  try {
    const url = server.url('postgres')
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      await fill(client, size)
      return await takeTurns(client, { size, url, directory, log })
    } finally {
      await client.end()
    }
  } finally {
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function fill(client: pg.Client, { people, others }: ChangesSize): Promise<void> {
  await client.query(`create table person (${identifying.map((name) => `${name} text`).join(', ')}, changed_at timestamptz not null default '2026-01-01'); create table visit (id int primary key, note text)`)
  await pipeline(Readable.from(identityRows(1, 0, people)), client.query(copyFrom(`copy person (${identifying.join(', ')}) from stdin with (format csv)`)))
  await client.query('alter table person add n serial primary key; create index on person (changed_at)')
  await client.query(`insert into visit select i, md5(i::text) from generate_series(1, ${others}) i`)
  await client.query('vacuum analyze person')
}

interface Turns { readonly size: ChangesSize; readonly url: string; readonly directory: string; readonly log: (line: string) => void }

async function readerOf(url: string, table: Pick<DatasetTable, 'watermark' | 'changes'>): Promise<DatasetReader> {
  const reader = await rowsOfDataset({ kind: 'postgres', url, table: { table: 'public.person', subject: 'user_id', columns: Object.fromEntries(identifying.map((name) => [name, { category: 'UID', identifies: true }])), ...table } })
  if (typeof reader === 'string') throw new Error(reader)
  return reader
}

async function takeTurns(client: pg.Client, { size, url, directory, log }: Turns): Promise<readonly Measured[]> {
  const { people, changed, others, rounds } = size
  const [marked, replicated] = [await readerOf(url, { watermark: 'changed_at' }), await readerOf(url, { changes: 'replication' })]
  const replication = replicated.replication!
  const able = await replication.replicable(identifying)
  if ('because' in able) throw new Error(able.because)
  const whole = join(directory, 'whole')
  const file = (way: Way): string => join(directory, way)
  await take(whole, marked.read(identifying).rows)
  const begun = await replication.create(slot)
  if (typeof begun !== 'string') throw new Error(begun.because)
  const replicate = async (): Promise<FingerprintSummary> => {
    const read = await replication.read(identifying, { name: slot, definition: able.definition, moment: undefined })
    if ('because' in read) throw new Error(read.because)
    const taken = await take(file('replication'), Readable.from(read.rows.map((line) => Buffer.from(line))), { adds: true })
    await replication.advance(slot, read.position)
    return taken
  }
  const times: Record<Way, number[]> = { replication: [], watermark: [], compare: [] }
  let right = true
  const beside: number[] = []
  for (let round = 0; round < rounds + 1; round += 1) {
    await change(client, round, size)
    const crowded = round === rounds
    if (crowded) await client.query(`update visit set note = md5(note)`)
    copyFileSync(whole, file('replication'))
    const byReplication = await timed(replicate)
    right &&= byReplication.result.rowsRead === changed
    if (crowded) {
      beside.push(byReplication.seconds)
      break
    }
    times.replication.push(byReplication.seconds)
    copyFileSync(whole, file('watermark'))
    copyFileSync(whole, file('compare'))
    const byWatermark = await timed(() => take(file('watermark'), marked.read(identifying, dayOf(round)).rows, { adds: true }))
    const byCompare = await timed(() => take(file('compare'), marked.read(identifying).rows, { adds: false }))
    right &&= byWatermark.result.rowsRead === changed && byCompare.result.rowsRead === people
    times.watermark.push(byWatermark.seconds)
    times.compare.push(byCompare.seconds)
  }
  const [byReplication, byWatermark, byCompare] = [rounded(median(times.replication)), rounded(median(times.watermark)), rounded(median(times.compare))]
  log(`${changed} changed rows of ${people} in PostgreSQL: ${byReplication} s by replication, ${byWatermark} s by an indexed watermark, ${byCompare} s by comparing all; ${rounded(beside[0]!)} s by replication after ${others} rows of another table changed too`)
  const against = (what: string, value: number, seconds: number, goal: string): Measured => ({ what, value: seconds, unit: 's', baseline: { what: 'comparing all rows', value }, ratio: rounded(seconds / value), must: 'the rows that changed, and no other', goal, ok: right })
  return [
    against(`${changed} changed rows of ${people} in PostgreSQL, refreshed by replication`, byCompare, byReplication, 'a tenth'),
    against('the same by a watermark with an index', byCompare, byWatermark, ''),
    against(`by replication, after ${others} rows of another table changed too`, byCompare, rounded(beside[0]!), ''),
  ]
}

const dayOf = (round: number): string => `2026-02-${String(round + 1).padStart(2, '0')}`

/** Other addresses and numbers for people far from each other, with a day of their own. */
async function change(client: pg.Client, round: number, { people, changed }: ChangesSize): Promise<void> {
  const step = Math.floor(people / changed)
  await client.query(`update person set email = 'moved${round}.' || n || '@new.example', phone = '+40799' || lpad((n * 7)::text, 9, '${round}'), changed_at = '${dayOf(round)}' where n % ${step} = ${round} and n <= ${step * changed}`)
}

async function take(file: string, rows: AsyncIterable<Uint8Array>, { adds }: { adds?: boolean } = {}): Promise<FingerprintSummary> {
  const before = adds === undefined ? undefined : await openSegmentFile(file, sealKey)
  return buildFingerprints({ dataset: 'people', epochKey, sealKey, file, random: randomBytes, rows, columns, before, adds: adds === true }).finally(() => before?.close())
}

async function timed<Result>(work: () => Promise<Result>): Promise<{ readonly result: Result; readonly seconds: number }> {
  const from = performance.now()
  const result = await work()
  return { result, seconds: (performance.now() - from) / 1000 }
}

if (import.meta.main) {
  const [people, changed] = process.argv.slice(2).map(Number)
  await benchChanges({ ...wholeChanges, ...(people === undefined ? {} : { people }), ...(changed === undefined ? {} : { changed }) }, (line) => process.stdout.write(`${line}\n`))
}
