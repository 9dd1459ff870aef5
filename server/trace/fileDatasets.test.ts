import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gzipSync } from 'node:zlib'
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allDatasets, allStores } from '#inventory'
import { planErasure } from '../erasure/plan.ts'
import { createWorld, on, type World } from '../erasure/testing.ts'
import { takeFingerprints } from './refresh.ts'
import { matchesOf, searchStores, sweep } from './sweep.ts'

interface BucketServer { run(): Promise<{ port: number }>; close(): Promise<void> }

let world: World
let server: BucketServer
let client: S3Client
const buckets = mkdtempSync(join(tmpdir(), 'bailee-s3-'))
const people = 200
const at = on('2019-05-01')

interface Person { readonly ref: string; readonly mail: string; readonly phone: string }
const group = (letter: string): Person[] => Array.from({ length: people }, (_, index) => ({ ref: `${letter}${7000 + index * 13}`, mail: `Zoë.${letter}${index}@subscriber.example`, phone: `+43 1 ${5_000_000 + letter.charCodeAt(0) * 10_007 + index * 7919}` }))
const csv = (rows: readonly Person[]): string => `plan,phone,mail,ref\r\n${rows.map((row) => `"a ""free"" one, and more","${row.phone}",${row.mail},${row.ref}`).join('\r\n')}`
const copyOf = (rows: readonly Person[]): string => rows.map((row) => `${row.ref};${row.mail.toUpperCase()}\n`).join('')

const columns = 'columns: { ref: { category: UID, identifies: true }, mail: { category: EmailAddress, identifies: true }, phone: { category: TelephoneNumber, identifies: true }, plan: { category: Purchase } }'
const declared = (id: string, store: string, table: string, dialect?: string): string => `  - { id: ${id}, controller: aria, store: ${store}, tables: [{ table: "${table}", subject: ref, ${dialect === undefined ? '' : `dialect: ${dialect}, `}${columns} }] }\n`
const datasets = { a: ['drop', 'aria/people.csv'], b: ['drop', 'aria/people.jsonl.gz'], c: ['drop', 'aria/people.parquet'], d: ['drop', 'aria/monthly/'], e: ['drop', 'aria/app.db!/member'], f: ['desk', 'member'], g: ['lake', 'exports/2019/people.json'], h: ['drop', 'aria/odd.dat', '{ delimiter: "~", quote: "|", encoding: iso-8859-15, header: [plan, phone, mail, ref] }'] } as const

beforeAll(async () => {
  const stores = `  - { id: drop, environment: production, kind: files, path: drop, backups: none }
  - { id: desk, environment: production, kind: sqlite, path: desk.db }
  - { id: lake, environment: production, kind: s3, bucket: exports, endpoint: "file:s3.url", access_key: "file:s3.key", secret_key: "file:s3.key" }
controllers:\n`
  world = await createWorld({ fingerprints: false, change: (text) => text.replace('controllers:\n', stores).replace('instructions:\n', `${Object.entries<readonly [string, string, string?]>(datasets).map(([id, [store, table, dialect]]) => declared(`set-${id}`, store, table, dialect)).join('')}instructions:\n`) })
  const drop = join(world.directory, 'drop')
  mkdirSync(join(drop, 'aria/monthly'), { recursive: true })
  writeFileSync(join(drop, 'aria/people.csv'), csv(group('a')))
  writeFileSync(join(drop, 'aria/people.jsonl.gz'), gzipSync(group('b').map((row, index) => JSON.stringify(index % 2 === 0 ? { ...row, plan: 'free' } : { plan: 'x', phone: row.phone, mail: row.mail, ref: row.ref })).join('\n')))
  writeFileSync(join(drop, 'source.csv'), csv(group('c')))
  const connection = await (await DuckDBInstance.create()).connect()
  await connection.run(`copy (select * from read_csv('${join(drop, 'source.csv')}', header = true, all_varchar = true)) to '${join(drop, 'aria/people.parquet')}' (format parquet)`)
  connection.closeSync()
  rmSync(join(drop, 'source.csv'))
  writeFileSync(join(drop, 'aria/odd.dat'), Buffer.from(group('h').map((row) => `|a ~ b|~|${row.phone}|~${row.mail}~${row.ref}`).join('\n'), 'latin1'))
  writeFileSync(join(drop, 'aria/monthly/1.csv'), csv(group('d').slice(0, 120)))
  writeFileSync(join(drop, 'aria/monthly/2.csv'), `ref\tmail\tphone\tplan\n${group('d').slice(120).map((row) => `${row.ref}\t${row.mail}\t${row.phone}\tx`).join('\n')}\n`)
  for (const [file, letter] of [[join(drop, 'aria/app.db'), 'e'], [join(world.directory, 'desk.db'), 'f']] as const) table(file, 'member', group(letter))
  server = new ((await import('s3rver' as string)) as { default: new (options: object) => BucketServer }).default({ address: '127.0.0.1', port: 0, silent: true, directory: buckets })
  const endpoint = `http://127.0.0.1:${(await server.run()).port}`
  writeFileSync(join(world.directory, 's3.url'), endpoint)
  writeFileSync(join(world.directory, 's3.key'), 'S3RVER')
  client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }, requestChecksumCalculation: 'WHEN_REQUIRED' })
  await client.send(new CreateBucketCommand({ Bucket: 'exports' }))
  await client.send(new PutObjectCommand({ Bucket: 'exports', Key: '2019/people.json', Body: JSON.stringify({ exported: '2019-04-01', customers: group('g') }) }))
})
afterAll(async () => {
  client.destroy()
  await server.close()
  await world.close()
  rmSync(buckets, { recursive: true })
})

function table(file: string, name: string, rows: readonly Person[]): void {
  const database = new DatabaseSync(file)
  database.exec(`create table ${name} (plan text, ref text, mail text, phone text)`)
  const insert = database.prepare(`insert into ${name} values ('free', ?, ?, ?)`)
  database.exec('begin')
  for (const row of rows) insert.run(row.ref, row.mail, row.phone)
  database.exec('commit')
  database.close()
}
const taken = async () => takeFingerprints(world.context, at, { controller: 'aria' })
const told = async (): Promise<string[]> => (await sweep(world.context, at)).findings.map(({ records, store, place }) => `${records} ${store}:${place}`).sort()

test('datasets in files, buckets and SQLite are fingerprinted; their own places are no findings, and copies of each are found', async () => {
  const { notTaken, taken: records, refreshed } = await taken()
  expect(notTaken).toEqual([])
  const mine = (id: string): boolean => id.startsWith('set-')
  expect(refreshed.filter(({ fingerprints }) => mine(fingerprints))).toMatchObject(Object.keys(datasets).map((id) => ({ fingerprints: `set-${id}.0`, mode: 'compare', rowsRead: people, layers: 0 })))
  expect(records.filter(({ id }) => mine(id)).map((record) => record.records)).toEqual(Object.keys(datasets).map(() => people))
  expect(await told()).toEqual([])
  for (const id of Object.keys(datasets)) world.put(`copy-${id}.csv`, copyOf(group(id)))
  expect(await told()).toEqual(Object.keys(datasets).map((id) => `${people} share:copy-${id}.csv`))
})

test('a copy in another table of the same SQLite file is a finding, with its people alone', async () => {
  table(join(world.directory, 'desk.db'), 'kept', group('f').slice(0, 40))
  table(join(world.directory, 'drop/aria/app.db'), 'kept', group('a').slice(0, 50))
  const findings = (await sweep(world.context, at)).findings.filter(({ store }) => store !== 'share')
  expect(findings.map(({ records, store, place, detail }) => [records, store, place, detail.parts?.map(({ name }) => name)])).toEqual(expect.arrayContaining([[40, 'desk', 'desk.db', ['kept']], [50, 'drop', 'aria/app.db', ['kept']]]))
  expect(findings).toHaveLength(2)
})

test('who left a file stays found, and a file that is cut off is taken as far as it goes, which is said', async () => {
  writeFileSync(join(world.directory, 'drop/aria/people.jsonl.gz'), gzipSync(`${group('b').slice(50).map((row) => JSON.stringify(row)).join('\n')}\n{"mail": "cut`))
  const { taken: records, refreshed } = await taken()
  expect(records.find(({ id }) => id === 'set-b.0')).toMatchObject({ records: people, former: 50 })
  expect(refreshed.find(({ fingerprints }) => fingerprints === 'set-b.0')?.partly).toEqual(['1 lines are no JSON'])
})

test('an exit plans the own files to be unlinked, a folder file by file, the table of an SQLite store to be emptied, and says what it cannot erase', async () => {
  const search = await searchStores(world.context, at)
  const declarations = await allDatasets(world.ledger.database)
  const plan = planErasure({ controller: 'aria', round: 1, datasets: declarations.filter(({ id }) => id.startsWith('set-')), stores: await allStores(world.ledger.database), matches: matchesOf(search, declarations).filter(({ store }) => store !== 'share' && store !== 'shop'), coverage: [] })
  expect(plan.items.map(({ place, what, method }) => `${place} ${what} ${method}`)).toEqual(['aria/people.csv dataset unlink', 'aria/people.jsonl.gz dataset unlink', 'aria/people.parquet dataset unlink', 'aria/monthly/1.csv dataset unlink', 'aria/monthly/2.csv dataset unlink', 'aria/app.db dataset unlink', 'desk.db!/member dataset truncate', 'aria/odd.dat dataset unlink', 'desk.db!/kept found copy delete found rows'])
  expect(plan.blocked.map(({ store }) => store)).toEqual(['lake'])
})
