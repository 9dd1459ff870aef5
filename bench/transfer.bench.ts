/** A copy of a table with eight transforms, from one PostgreSQL server to another, against COPY of the same table between the same two. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { startServer } from '../server/database/index.ts'
import { openSnapshot } from '../server/inventory/index.ts'
import { postgresTarget } from '../server/transfer/adapter/postgres.ts'
import type { PlannedColumn } from '../server/transfer/plan.ts'
import { changeRows } from '../server/transfer/rows.ts'
import { parseTransform, typeAfter } from '../server/transfer/transform.ts'
import { rounded, type Benchmark, type Measured } from './result.ts'

const columns: readonly (readonly [string, string, unknown])[] = [
  ['id', 'bigint', 'token'], ['email', 'text', 'email'], ['phone', 'text', 'phone'], ['name', 'text', { truncate: 1 }], ['born', 'date', 'year'], ['spent', 'numeric', { round: 10 }], ['note', 'text', 'null'], ['plan', 'text', { constant: 'plan' }],
  ['country', 'text', 'keep'], ['seen', 'timestamp with time zone', 'keep'],
]
const planned = columns.map(([name, type, declared]): PlannedColumn => {
  const transform = parseTransform(declared)
  if (typeof transform === 'string') throw new Error(`${name} ${transform}`)
  const after = typeAfter(transform, type) ?? type
  return { name, transform, type: after, held: after }
})

async function run(url: string, ...statements: string[]): Promise<pg.QueryResult | undefined> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    let last: pg.QueryResult | undefined
    for (const statement of statements) last = await client.query(statement)
    return last
  } finally {
    await client.end()
  }
}

const fill = (rows: number): string[] => [`create table people (${columns.map(([name, type]) => `${name} ${type}`).join(', ')})`, `
  insert into people select i, 'p' || i || '@person.example', '+39 02 ' || (70000000 + i * 7), 'Name, ' || i, date '1950-01-01' + (i % 20000)::int, i % 1000 + 0.25, 'nothing to tell', 'premium', chr(65 + (i % 26)::int) || 'T', timestamptz '2020-01-01' + i * interval '1 second'
  from generate_series(1, ${rows}) i`, 'vacuum analyze people']

async function rawCopy(source: string, target: string): Promise<void> {
  const [from, to] = [new pg.Client({ connectionString: source }), new pg.Client({ connectionString: target })]
  await Promise.all([from.connect(), to.connect()])
  await to.query(`begin; create schema raw; create table raw.people (${columns.map(([name, type]) => `${name} ${type}`).join(', ')})`)
  await pipeline(from.query(copyTo('copy people to stdout (format csv)')), to.query(copyFrom('copy raw.people from stdin (format csv)')))
  await to.query('commit')
  await Promise.all([from.end(), to.end()])
}

async function changedCopy(source: string, target: string): Promise<number> {
  const snapshot = await openSnapshot(source)
  let rows = 0
  const one = changeRows(snapshot.read({ schema: 'public', name: 'people' }, { columns: columns.map(([name]) => name) }), { columns: planned, key: Buffer.alloc(32, 1) })
  await postgresTarget(() => target).write([{ place: 'changed.people', columns: planned, primaryKey: [], uniques: [], relations: [], rows: () => one.rows }], { readers: [], mayCommit: () => { rows = one.made().rows; return Promise.resolve() } })
  await snapshot.close()
  return rows
}

const seconds = async (work: () => Promise<unknown>): Promise<number> => { const from = performance.now(); await work(); return (performance.now() - from) / 1_000 }
const median = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0

export const benchmark: Benchmark = {
  name: 'transfer', about: 'a table of ten columns copied with eight transforms, against COPY of it between the same servers', diskBytes: 12 * 1024 ** 3,
  run: async (log, quick = false) => {
    const [rows, rounds] = quick ? [20_000, 1] : [10_000_000, 3]
    const directory = mkdtempSync(join(tmpdir(), 'bailee-transfer-'))
    const settings = { fsync: false, full_page_writes: false, max_wal_size: '4GB', shared_buffers: '256MB' }
    const servers = [await startServer({ directory: join(directory, 'source'), settings }), await startServer({ directory: join(directory, 'target'), settings })] as const
    try {
      const [source, target] = [servers[0].url('postgres'), servers[1].url('postgres')]
      await run(source, ...fill(rows))
      const tableMegabytes = Number(((await run(source, `select pg_table_size('people')::text as bytes`))?.rows as { bytes: string }[])[0]?.bytes) / 1e6
      const [raw, changed]: [number[], number[]] = [[], []]
      let copied = 0
      let residentMax = 0
      for (let round = 0; round < rounds; round += 1) {
        raw.push(rows / 1e6 / await seconds(() => rawCopy(source, target)))
        await run(target, 'drop schema raw cascade')
        const watch = setInterval(() => { residentMax = Math.max(residentMax, process.memoryUsage().rss) }, 50)
        changed.push(rows / 1e6 / await seconds(async () => { copied = await changedCopy(source, target) }))
        clearInterval(watch)
        await postgresTarget(() => target).drop(['changed.people'])
        log(`${rows} rows: copied at ${rounded(raw.at(-1) ?? 0)}, changed at ${rounded(changed.at(-1) ?? 0)} million rows a second`)
      }
      const [baseline, value] = [median(raw), median(changed)]
      const megabytes = Math.round(residentMax / 1024 ** 2)
      return [
        { what: 'a copy with eight transforms', value: rounded(value), unit: 'million rows/s', baseline: { what: 'COPY of the table', value: rounded(baseline) }, ratio: rounded(value / baseline), must: 'every row', goal: '>= 0.5', ok: copied === rows },
        { what: 'the same, by what the table takes on disk', value: rounded((value * 1e6 * tableMegabytes) / rows), unit: 'MB/s', baseline: { what: 'COPY of the table', value: rounded((baseline * 1e6 * tableMegabytes) / rows) }, ratio: rounded(value / baseline), must: 'every row', goal: '>= 0.5', ok: copied === rows },
        { what: 'memory of it', value: megabytes, unit: 'MB', baseline: null, ratio: null, must: '<= 1,000 MB', goal: '<= 300 MB', ok: megabytes <= 1_000 },
      ] satisfies Measured[]
    } finally {
      await Promise.all(servers.map((server) => server.stop()))
      rmSync(directory, { recursive: true, force: true })
    }
  },
}
