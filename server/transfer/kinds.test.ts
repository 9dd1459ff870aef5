import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, GetObjectCommand, ListObjectsCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { endContract, runErasure } from '../erasure/index.ts'
import { on, type World } from '../erasure/testing.ts'
import { allDerived, bucketAccessOf, type Store } from '#inventory'
import { bucketTarget, type AccessTo } from './adapter/bucket.ts'
import { withDuck } from './adapter/duck.ts'
import { sqliteTarget } from './adapter/sqlite.ts'
import { allTransfers, copyData, eraseExpired, eraseTransfer, explainCopy, type TransferContext } from './index.ts'
import { createTransferWorld, withoutInvented } from './testing.ts'

interface Server { run(): Promise<{ port: number }>; close(): Promise<void> }

let world: World
let server: Server
let client: S3Client
let context: TransferContext
const directory = mkdtempSync(join(tmpdir(), 'bailee-s3-'))
const at = on('2019-04-10')
const request = { instruction: 'INS-2', person: 'noa' }
const stores = `
  - { id: desk, environment: test, kind: sqlite, path: desk.db, backups: none }
  - { id: bucket, environment: test, kind: s3, bucket: copies, endpoint: "file:s3.url", access_key: "file:s3.key", secret_key: "file:s3.key", erase_access_key: "file:s3.key", erase_secret_key: "file:s3.key", backups: none }
controllers:`

const nowhere = { id: 'nowhere', environment: 'test', kind: 's3', declared: { id: 'nowhere', environment: 'test', kind: 's3', bucket: 'nowhere', endpoint: 'file:s3.url', access_key: 'file:s3.key', secret_key: 'file:s3.key' } } satisfies Store

beforeAll(async () => {
  const { default: S3rver } = (await import('s3rver' as string)) as { default: new (options: object) => Server }
  server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory })
  const { port } = await server.run()
  world = await createTransferWorld((yaml) => yaml, (text) => text.replace('\ncontrollers:', stores))
  writeFileSync(join(world.directory, 's3.url'), `http://127.0.0.1:${port}`)
  writeFileSync(join(world.directory, 's3.key'), 'S3RVER')
  client = new S3Client({ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', forcePathStyle: true, credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }, requestChecksumCalculation: 'WHEN_REQUIRED' })
  await client.send(new CreateBucketCommand({ Bucket: 'copies' }))
  context = { ...world.context, scratch: join(world.directory, 'scratch') }
  mkdirSync(context.scratch!)
}, 300_000)
afterAll(async () => {
  client.destroy()
  await Promise.all([world.close(), server.close()])
  rmSync(directory, { recursive: true, maxRetries: 5, retryDelay: 100 })
})

type Row = readonly (string | null)[]
const sorted = (rows: readonly Row[]): Row[] => rows.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))
/** What a copy that leaves tokens out holds, by our own reckoning. */
async function expected(): Promise<Row[]> {
  const { rows } = await world.run('shop', `select plan, extract(year from born)::int as year, spent::text from customer`)
  return sorted((rows as { plan: string; year: number; spent: string }[]).map(({ plan, year, spent }) => [plan, `${year}-01-01`, String(Math.round((Number(spent) + 1e-9) / 10) * 10)]))
}
const files = (): string[] => readdirSync(join(world.directory, 'share'), { recursive: true, withFileTypes: true }).flatMap((one) => (one.isFile() ? [join(one.parentPath, one.name)] : []))
const objects = async (): Promise<string[]> => ((await client.send(new ListObjectsCommand({ Bucket: 'copies' }))).Contents ?? []).map(({ Key }) => Key!)
const duck = (sql: string): Promise<unknown[][]> => withDuck(async (connection) => (await connection.runAndReadAll(sql)).getRowsJson())
const texts = (rows: readonly unknown[][]): Row[] => sorted(rows.map((row) => row.map((value) => (value === null ? null : String(value)))))

test('a copy in an SQLite file, in files of each format and in a bucket holds the declared change of every cell; it is erased like any other, and nothing is left beside it', async () => {
  const rows = await expected()
  const desk = new DatabaseSync(join(world.directory, 'desk.db'))
  desk.exec('create table mine (a text); insert into mine values (\'kept\')')
  const made = await copyData(context, { ...request, to: 'desk/trial' }, at)
  expect(made.places).toEqual(['desk.db!/trial_customer'])
  const told = desk.prepare(`select plan, born, spent from trial_customer where ${await withoutInvented(world, made, 'customer_id')}`).all() as Record<string, string>[]
  expect(sorted(told.map(({ plan, born, spent }) => [plan!, born!, spent!]))).toEqual(rows)
  expect((desk.prepare('select name, type from pragma_table_info(\'trial_customer\')').all() as { name: string; type: string }[]).map(({ name, type }) => [name, type])).toEqual([['customer_id', 'TEXT'], ['email', 'TEXT'], ['phone', 'TEXT'], ['plan', 'TEXT'], ['born', 'text date'], ['spent', 'text numeric']])
  desk.close()
  await expect(copyData(context, { ...request, to: 'desk/trial' }, at)).rejects.toMatchObject({ code: 'transfer/exists' })
  for (const format of ['parquet', 'csv', 'jsonl'] as const) {
    const copy = await copyData(context, { ...request, to: `share/${format}`, format }, at)
    expect(files().map((file) => file.slice(world.directory.length))).toEqual([`/share/${format}/customer.${format}`])
    const [file = ''] = files()
    const read = format === 'csv' ? `read_csv('${file}', all_varchar = true)` : format === 'jsonl' ? `read_json('${file}', columns = {customer_id: 'VARCHAR', plan: 'VARCHAR', born: 'VARCHAR', spent: 'VARCHAR'})` : `read_parquet('${file}')`
    expect(texts(await duck(`select plan, born, spent from ${read} where ${await withoutInvented(world, copy, 'customer_id')}`)), format).toEqual(rows)
    if (format === 'parquet') expect((await duck(`describe select * from ${read}`)).map(([name, type]) => [name, type])).toEqual([['customer_id', 'VARCHAR'], ['email', 'VARCHAR'], ['phone', 'VARCHAR'], ['plan', 'VARCHAR'], ['born', 'DATE'], ['spent', 'DECIMAL(30,0)']])
    expect((await allDerived(world.ledger.database)).filter(({ store, droppedAt }) => store === 'share' && droppedAt === null).map(({ place }) => place)).toEqual(copy.places)
    expect(await eraseTransfer(context, { transfer: copy, because: 'asked for' }, at)).toMatchObject({ id: copy.id })
    expect([files(), existsSync(join(world.directory, 'share', format))]).toEqual([[], false])
  }
  for (const format of ['parquet', 'csv'] as const) {
    const copy = await copyData(context, { ...request, to: `bucket/copies/${format}`, format }, at)
    expect(copy.places).toEqual([`copies/${format}/customer.${format}`])
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'copies', Key: `${format}/customer.${format}` }))
    const file = join(world.directory, 'got')
    writeFileSync(file, await Body!.transformToByteArray())
    expect(texts(await duck(`select plan, born, spent from ${format === 'csv' ? `read_csv('${file}', all_varchar = true)` : `read_parquet('${file}')`} where ${await withoutInvented(world, copy, 'customer_id')}`)), format).toEqual(rows)
  }
  expect(readdirSync(context.scratch!)).toEqual([])
  const { erased, left } = await eraseExpired(context, on('2019-05-11'))
  expect([erased.map(({ store }) => store).sort(), left]).toEqual([['bucket', 'bucket', 'desk'], []])
  expect([await objects(), (await allDerived(world.ledger.database)).filter(({ droppedAt }) => droppedAt === null)]).toEqual([[], []])
  const bytes = readFileSync(join(world.directory, 'desk.db')).toString('latin1')
  expect([bytes.includes('pseudonym.example'), bytes.includes('kept')]).toEqual([false, true])
})

test('a copy is neither gone nor erased where its store is not there', async () => {
  const copy = await copyData(context, { ...request, to: 'share/away', format: 'csv' }, at)
  renameSync(join(world.directory, 'share'), join(world.directory, 'unmounted'))
  await expect(eraseTransfer(context, { transfer: copy, because: 'asked for' }, at)).rejects.toMatchObject({ code: 'inventory/store-unreachable' })
  expect((await eraseExpired(context, on('2019-06-11'))).left).toMatchObject([{ id: copy.id, because: expect.stringContaining('cannot be opened') as string }])
  renameSync(join(world.directory, 'unmounted'), join(world.directory, 'share'))
  expect(await eraseTransfer(context, { transfer: copy, because: 'asked for' }, at)).toMatchObject({ id: copy.id })
  expect(files()).toEqual([])
  const elsewhere = [sqliteTarget(join(world.directory, 'none', 'desk.db')), bucketTarget((() => bucketAccessOf(nowhere, context.references)) as AccessTo, { format: 'csv', scratch: undefined })]
  for (const target of elsewhere) {
    await expect(target.there(['nowhere/a'], 'sweep')).rejects.toMatchObject({ code: 'inventory/store-unreachable' })
    await expect(target.drop(['nowhere/a'])).rejects.toMatchObject({ code: expect.stringMatching(/store-unreachable$/) as string })
  }
})

test('a type that a kind cannot hold without loss stops the copy before its first row, and a value that it cannot hold undoes it', async () => {
  await world.run('shop', 'alter table customer alter plan type text[] using array[plan]')
  const { problems } = await explainCopy(context, { ...request, to: 'desk' }, at)
  expect(problems).toEqual(['column plan of public.customer would be of type text[], which SQLite cannot hold without loss; declare another transform for it'])
  await expect(copyData(context, { ...request, to: 'share', format: 'csv' }, at)).rejects.toThrow('which CSV cannot hold without loss')
  await world.run('shop', `alter table customer alter plan type double precision using 'NaN'`)
  for (const to of ['desk', 'share/new']) await expect(copyData(context, { ...request, to, ...(to === 'desk' ? {} : { format: 'jsonl' as const }) }, at)).rejects.toMatchObject({ code: 'transfer/value' })
  expect([files(), (await allTransfers(world.ledger.database)).filter(({ state }) => state !== 'erased')]).toEqual([[], []])
  await world.run('shop', `alter table customer alter plan type text using 'free'`)
})

test('a store that does not answer keeps no copy elsewhere from being erased', async () => {
  for (const to of ['bucket', 'share/last']) await copyData(context, { ...request, to }, at)
  const url = readFileSync(join(world.directory, 's3.url'))
  writeFileSync(join(world.directory, 's3.url'), 'http://127.0.0.1:1')
  const { erased, left } = await eraseExpired(context, on('2019-05-11'))
  expect([erased.map(({ store }) => store), left.map(({ because }) => because)]).toEqual([['share'], [expect.stringContaining('ECONNREFUSED')]])
  writeFileSync(join(world.directory, 's3.url'), url)
  expect((await eraseExpired(context, on('2019-05-11'))).erased.map(({ store }) => store)).toEqual(['bucket'])
})

test('the end of the contract takes copies of every kind along', async () => {
  for (const to of ['desk', 'share', 'bucket']) await copyData(context, { ...request, to }, on('2019-05-12'))
  expect([files().length, (await objects()).length]).toEqual([1, 1])
  await endContract(world.context, { contract: 'chinook-2017', terminated: true }, on('2019-05-20'))
  const erased = await runErasure(world.context, { erasure: 'EXIT-chinook-2017', operator: 'eli' }, on('2019-05-21'))
  expect(erased.plan?.items.filter(({ what }) => what === 'derived dataset').map(({ store, method }) => [store, method]).sort()).toEqual([['bucket', 'drop'], ['desk', 'drop'], ['share', 'drop']])
  expect([files(), await objects(), (await allDerived(world.ledger.database)).filter(({ droppedAt }) => droppedAt === null)]).toEqual([[], [], []])
  const desk = new DatabaseSync(join(world.directory, 'desk.db'))
  expect((desk.prepare('select name from sqlite_schema').all() as { name: string }[]).map(({ name }) => name)).toEqual(['mine'])
  desk.close()
  expect((await eraseExpired(context, on('2019-05-22'))).left).toEqual([])
})
