import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer } from '#database'
import { csvFields, type BucketAccess, type Dataset } from '#inventory'
import type { Instruction } from '#instruction'
import { directoryForTests } from '../database/testing.ts'
import { startMariadb, withoutMariadb, type OtherServer } from '../inventory/testing.ts'
import { bucketSource, bucketTarget } from './adapter/bucket.ts'
import { filesSource, filesTarget } from './adapter/files.ts'
import type { CopySource, CopyTarget, TargetTable } from './adapter/index.ts'
import { mysqlSource, mysqlTarget } from './adapter/mysql.ts'
import { postgresSource, postgresTarget } from './adapter/postgres.ts'
import { sqliteSource, sqliteTarget } from './adapter/sqlite.ts'
import { planCopy } from './plan.ts'
import { changeRows } from './rows.ts'

/** A kind of store as both ends of a copy; `named`: what a dataset calls the table at a place. */
interface Kind { readonly source: CopySource; readonly target: CopyTarget; readonly named: (place: string) => string }

const directory = directoryForTests('every')
const kinds = new Map<string, Kind>()
const ends: (() => Promise<unknown>)[] = []
const same = (place: string): string => place

beforeAll(async () => {
  const server = await startServer({ directory: join(directory, 'server'), settings: { fsync: false } })
  ends.push(() => server.stop())
  kinds.set('PostgreSQL', { source: postgresSource(server.url('postgres')), target: postgresTarget(() => server.url('postgres')), named: same })
  if (!withoutMariadb) {
    const old: OtherServer = await startMariadb()
    ends.push(() => old.stop())
    kinds.set('MariaDB', { source: mysqlSource(old.url), target: mysqlTarget(() => old.url), named: same })
  }
  const desk = join(directory, 'desk.db')
  kinds.set('SQLite', { source: sqliteSource(desk), target: sqliteTarget(desk), named: (place) => place.replace(/^.*!\//, '') })
  const { default: S3rver } = (await import('s3rver' as string)) as { default: new (options: object) => { run(): Promise<{ port: number }>; close(): Promise<void> } }
  const service = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory: join(directory, 's3') })
  const { port } = await service.run()
  const client = new S3Client({ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', forcePathStyle: true, credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }, requestChecksumCalculation: 'WHEN_REQUIRED' })
  await client.send(new CreateBucketCommand({ Bucket: 'copies' }))
  client.destroy()
  ends.push(() => service.close())
  const access: BucketAccess = { buckets: ['copies'], endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', accessKey: 'S3RVER', secretKey: 'S3RVER' }
  for (const folder of ['share', 'scratch']) mkdirSync(join(directory, folder))
  for (const format of ['csv', 'jsonl', 'parquet'] as const) {
    kinds.set(`${format} files`, { source: filesSource(join(directory, 'share')), target: filesTarget(join(directory, 'share'), format), named: same })
    kinds.set(`${format} in a bucket`, { source: bucketSource(access, join(directory, 'scratch')), target: bucketTarget(() => access, { format, scratch: join(directory, 'scratch') }), named: same })
  }
}, 300_000)
afterAll(async () => {
  for (const end of ends.reverse()) await end()
  rmSync(directory, { recursive: true, maxRetries: 5, retryDelay: 100 })
})

const columns: readonly (readonly [string, string])[] = [['n', 'integer'], ['name', 'text'], ['born', 'date'], ['spent', 'numeric(10,2)'], ['seen', 'timestamp without time zone'], ['note', 'text']]
const values: readonly (readonly (string | null)[])[] = [
  ['1', 'Ann "the first", Lee', '1979-04-30', '12.50', '2020-02-29 10:11:12', 'two\nlines'], ['2', 'É. 🎷', '2001-01-01', '-0.05', '1999-12-31 23:59:59.25', null], ['3', "it's \\ here", '1931-12-31', '99999999.99', '2024-07-01 00:00:00', 'NULL'],
]
const names = columns.map(([name]) => name)
const written = values.map((row) => row.map((value) => (value === null ? '' : `"${value.replaceAll('"', '""')}"`)).join(',')).join('\n') + '\n'
async function* bytes(text: string): AsyncGenerator<Uint8Array> { yield await Promise.resolve(Buffer.from(text)) }

/** The first copy in a kind, of rows that stand nowhere. Returns what a dataset calls it. */
async function begin({ target, named }: Kind): Promise<string> {
  const place = target.place('first', 'people')
  const held = columns.map(([name, type]) => { const column = { name, type, transform: { kind: 'keep' } as const }; return { ...column, held: target.held(column, 0)! } })
  const table: TargetTable = { place, columns: held, primaryKey: [], uniques: [], relations: [], rows: () => bytes(written) }
  await target.write([table], { readers: [], mayCommit: () => Promise.resolve() })
  return named(place)
}

async function readBack(source: CopySource, table: string): Promise<(string | null)[][]> {
  const moment = await source.open()
  const rows: (string | null)[][] = []
  try {
    for await (const row of csvFields(moment.read({ table, subject: 'n', columns: {} } as never, names))) rows.push([...row])
  } finally {
    await moment.close()
  }
  return rows.sort(([one], [other]) => Number(one) - Number(other))
}

/** Of a moment, what several kinds write in several ways: the same instant. */
const plain = (value: string | null): string | null => (value === null ? null : /^\d{4}-\d\d-\d\d[ T]\d\d:/.test(value) ? value.replace('T', ' ').replace(/[.](\d*?)0+$/, (_, digits: string) => (digits === '' ? '' : `.${digits}`)) : value)

async function copied(from: Kind, table: string, { to, folder }: { readonly to: Kind; readonly folder: string }): Promise<string> {
  const dataset = { id: 'd', tables: [{ table, subject: 'n', columns: Object.fromEntries(names.map((name) => [name, { category: 'UID' }])) }] } as unknown as Dataset
  const instruction = { id: 'I', scope: { data: { d: '*' }, transform: Object.fromEntries(names.map((name) => [name, 'keep'])) } } as unknown as Instruction
  const planned = planCopy({ instruction, dataset, shapes: await from.source.shapes(dataset.tables), source: from.source, target: to.target, folder })
  if ('problems' in planned) throw new Error(planned.problems.join('; '))
  const [one] = planned.tables
  const moment = await from.source.open()
  const made: TargetTable = { place: one!.place, columns: one!.columns, primaryKey: [], uniques: [], relations: [], rows: () => changeRows(moment.read(one!.table, one!.columns.map(({ name }) => name)), { columns: one!.columns, key: Buffer.alloc(32, 1) }).rows }
  await to.target.write([made], { readers: [], mayCommit: () => Promise.resolve() }).finally(() => moment.close())
  return to.named(one!.place)
}

test('a copy goes from every kind of store to every kind, with every value as it was, and is gone from each when it is dropped', { timeout: 300_000 }, async () => {
  const wrong: string[] = []
  let [copies, sources] = [0, 0]
  for (const [name, from] of kinds) {
    const first = await begin(from)
    for (const [other, to] of kinds) {
      const folder = `c${sources}_${copies += 1}`
      const table = await copied(from, first, { to, folder }).catch((cause: unknown) => { wrong.push(`${name} to ${other}: ${String(cause)}`); return undefined })
      if (table === undefined) continue
      const got = (await readBack(to.source, table)).map((row) => row.map(plain))
      if (JSON.stringify(got) !== JSON.stringify(values)) wrong.push(`${name} to ${other}: ${JSON.stringify(got)}`)
      const place = [...new Set([table, to.target.place(folder, from.source.nameOf(first) ?? '')])]
      await to.target.drop(place.slice(-1))
      if ((await to.target.there(place.slice(-1), 'sweep')).some(Boolean)) wrong.push(`${name} to ${other}: still there`)
    }
    sources += 1
  }
  // One SQLite file is not read and written at once: a copy of its tables goes to another file.
  expect(wrong).toEqual(['SQLite to SQLite: Refused: the copy could not be written: error 5 of SQLite; nothing of it is there'])
  expect(copies).toBe(kinds.size ** 2)
})
