import { createServer } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { CreateBucketCommand, ListObjectsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { listBuckets, type BucketAccess } from '#inventory'
import { createRowSearcher, groupByKey, openSegments, type RowSearcher } from '#trace'
import { createWorld, listeners, listenersCsv, type World } from '../testing.ts'
import { dropObject, removeObject, type ObjectToErase } from './buckets.ts'
import type { Counted } from './erased.ts'
import { startVersions } from './testing.ts'

interface Server { run(): Promise<{ port: number }>; close(): Promise<void> }

let server: Server
let world: World
let searcher: RowSearcher
let access: BucketAccess
let client: S3Client
let csv: string
const directory = mkdtempSync(join(tmpdir(), 'bailee-s3-'))
const begun: Counted[] = []
const begin = (counted: Counted): Promise<void> => { begun.push(counted); return Promise.resolve() }

beforeAll(async () => {
  const { default: S3rver } = (await import('s3rver' as string)) as { default: new (options: object) => Server }
  server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory })
  const [{ port }, made] = await Promise.all([server.run(), createWorld()])
  world = made
  access = { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', accessKey: 'S3RVER', secretKey: 'S3RVER', buckets: [] }
  client = new S3Client({ endpoint: access.endpoint!, region: 'us-east-1', forcePathStyle: true, credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }, requestChecksumCalculation: 'WHEN_REQUIRED' })
  await client.send(new CreateBucketCommand({ Bucket: 'exports' }))
  searcher = await createRowSearcher(groupByKey(await openSegments(world.context)))
  csv = await listenersCsv(world)
})
afterAll(async () => {
  client.destroy()
  await Promise.all([server.close(), world.close()])
  rmSync(directory, { recursive: true, maxRetries: 5, retryDelay: 100 })
})
beforeEach(() => { begun.length = 0 })

const put = (key: string, body: string | Uint8Array): Promise<unknown> => client.send(new PutObjectCommand({ Bucket: 'exports', Key: key, Body: body }))
const keys = async (): Promise<string[]> => ((await client.send(new ListObjectsCommand({ Bucket: 'exports' }))).Contents ?? []).map(({ Key }) => Key ?? '')
const object = (place: string, more: Partial<ObjectToErase> = {}): ObjectToErase => ({ access, place, searcher, targets: ['listeners.0'], scratch: join(directory, 'scratch'), ...more })

test('an object that holds the controller\'s records alone is removed, packed or not; one that holds none of them stays', async () => {
  await put('2019/people one.csv', csv)
  await put('2019/people.csv.gz', gzipSync(csv))
  await put('other.csv', 'mail\nann@mail.example\n')
  const erased = { outcome: 'erased', rows: listeners, counted: { rows: listeners, unowned: 1, ambiguous: 0 } }
  for (const place of ['exports/2019/people one.csv', 'exports/2019/people.csv.gz']) expect(await removeObject(object(place), begin)).toEqual(erased)
  expect(begun).toEqual([erased.counted, erased.counted])
  expect(await removeObject(object('exports/other.csv'), begin)).toMatchObject({ outcome: 'erased', rows: 0 })
  expect(await keys()).toEqual(['other.csv'])
  expect(await removeObject(object('exports/2019/people one.csv'), begin)).toBeUndefined()
})

test('a mixed object is left where it is, and said', async () => {
  await put('mixed.csv', `${csv}nobody@else.example,X1,+1 555 1\nnobody2@else.example,X2,+1 555 2\n`)
  expect(await removeObject(object('exports/mixed.csv'), begin)).toMatchObject({ outcome: 'blocked', because: expect.stringMatching(/2 rows that are not known.*does not write under a condition/) as string })
  expect([begun, (await keys()).includes('mixed.csv')]).toEqual([[], true])
})

test('one that is written anew while it is looked at stays, and the run can be gone on with', async () => {
  await put('written.csv', csv)
  await expect(removeObject(object('exports/written.csv'), async () => { await put('written.csv', `${csv}a,b,c\n`) })).rejects.toMatchObject({ code: 'inventory/object-changed' })
  expect(await keys()).toContain('written.csv')
})

test('a service that does not tell whether it keeps versions, and keys that are not set, are said', async () => {
  const other = createServer((request, response) => {
    if (request.url?.includes('versioning') !== true) response.writeHead(200, { etag: '"1"', 'content-length': '5' }).end()
    else response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>')
  })
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as { port: number }
  expect(await removeObject(object('exports/a.csv', { access: { ...access, endpoint: `http://127.0.0.1:${port}` } }), begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining('cannot be asked (AccessDenied)') as string })
  other.close()
  await expect(removeObject(object('exports/other.csv', { access: 'no endpoint is set' }), begin)).rejects.toMatchObject({ code: 'erasure/no-access' })
  await expect(removeObject(object('exports/other.csv', { access: { ...access, endpoint: 'http://127.0.0.1:1' } }), begin)).rejects.toMatchObject({ code: 'inventory/object-unreadable', message: expect.stringContaining('ECONNREFUSED') as string })
})

test('where a bucket keeps versions, all of them and the marks of deletion are found and go; mixed ones are written anew under a condition; what is held is said', async () => {
  const kept = await startVersions()
  const versioned = (place: string): ObjectToErase => object(place, { access: { ...access, endpoint: kept.endpoint, buckets: ['vault'] } })
  kept.put('gone.csv', 'mail\nnobody@else.example\n')
  kept.put('gone.csv', csv)
  kept.mark('gone.csv')
  for (const text of [csv, csv.replaceAll('"', '')]) kept.put('twice.csv', text)
  kept.put('mixed.csv', `${csv}nobody@else.example,X1,+1 555 1\nnobody2@else.example,X2,+1 555 2\n`, { 'x-amz-meta-made': 'by us', 'content-type': 'text/csv' })
  kept.put('history.csv', `${csv}nobody@else.example,X1,+1 555 1\nnobody2@else.example,X2,+1 555 2\n`)
  kept.put('history.csv', 'mail\nnobody@else.example\n')
  kept.put('held/a.csv', csv)
  const { places, notRead } = await listBuckets({ ...access, endpoint: kept.endpoint, buckets: ['vault'] })
  expect([places.map(({ place }) => place), notRead]).toEqual([['vault/gone.csv', 'vault/held/a.csv', 'vault/history.csv', 'vault/mixed.csv', 'vault/twice.csv'], []])
  const parts: string[] = []
  for await (const part of places[0]!.open('all')) { if ('bytes' in part) for await (const chunk of part.bytes) expect(chunk.length).toBeGreaterThan(0); parts.push(part.name) }
  expect(parts).toEqual(['version 2', 'version 1'])
  expect(await removeObject(versioned('vault/twice.csv'), begin)).toMatchObject({ outcome: 'erased', rows: 2 * listeners })
  expect(await removeObject(versioned('vault/mixed.csv'), begin)).toMatchObject({ outcome: 'erased', rows: listeners })
  expect(kept.versions('mixed.csv')).toMatchObject([{ text: `${csv.slice(0, csv.indexOf('\n') + 1)}nobody@else.example,X1,+1 555 1\nnobody2@else.example,X2,+1 555 2\n`, headers: { 'x-amz-meta-made': 'by us', 'content-type': 'text/csv' } }])
  expect(await removeObject(versioned('vault/history.csv'), begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining('earlier versions of it in which others') as string })
  expect(await removeObject(versioned('vault/held/a.csv'), begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining('retention or legal hold') as string })
  expect(await removeObject(versioned('vault/gone.csv'), begin), 'one of its versions is nobody\'s that is known').toMatchObject({ outcome: 'blocked' })
  expect(await dropObject(versioned('vault/gone.csv'), begin)).toMatchObject({ outcome: 'erased' })
  expect([kept.versions('gone.csv'), kept.versions('twice.csv'), kept.versions('mixed.csv.bailee-not-there')]).toEqual([[], [], []])
  kept.close()
})

test('where keeping versions was suspended, what was written anew stays, and what it was made from is gone, under its own name and under null', async () => {
  const kept = await startVersions()
  const [mixed, rest] = [`${csv}nobody@else.example,X1,+1 555 1\nnobody2@else.example,X2,+1 555 2\n`, `${csv.slice(0, csv.indexOf('\n') + 1)}nobody@else.example,X1,+1 555 1\nnobody2@else.example,X2,+1 555 2\n`]
  kept.put('before.csv', mixed)
  kept.put('both.csv', csv)
  kept.suspend()
  for (const key of ['since.csv', 'both.csv']) kept.put(key, key === 'both.csv' ? csv : mixed)
  const suspended = (place: string): ObjectToErase => object(place, { access: { ...access, endpoint: kept.endpoint, buckets: ['vault'] } })
  for (const key of ['before.csv', 'since.csv']) {
    expect(await removeObject(suspended(`vault/${key}`), begin)).toMatchObject({ outcome: 'erased', rows: listeners })
    expect(kept.versions(key).map(({ id, mark, text }) => [id, mark, text])).toEqual([['null', false, rest]])
  }
  expect(await removeObject(suspended('vault/both.csv'), begin)).toMatchObject({ outcome: 'erased', rows: 2 * listeners })
  expect([kept.versions('both.csv'), kept.versions('before.csv.bailee-not-there'), kept.versions('since.csv.bailee-not-there')]).toEqual([[], [], []])
  kept.close()
})

test('a bucket that is not there is no bucket without the object', async () => {
  for (const erase of [removeObject, dropObject]) await expect(erase(object('nowhere/other.csv'), begin)).rejects.toMatchObject({ code: 'inventory/store-unreachable' })
  expect(await dropObject(object('exports/nothing.csv'), begin)).toBeUndefined()
})
