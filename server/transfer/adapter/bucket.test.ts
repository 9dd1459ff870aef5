import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, request, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, ListObjectsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { BucketAccess } from '#inventory'
import { Refused } from '#kit/errors'
import { bucketTarget } from './bucket.ts'
import type { TargetTable } from './kind.ts'

interface Server { run(): Promise<{ port: number }>; close(): Promise<void> }

/** What services do that the one of the tests does not: an object is made only where none is (If-None-Match), answers are lost, aborts fail. */
const service = { loses: false, abortsFail: false, conditional: true }
const directory = mkdtempSync(join(tmpdir(), 'bailee-s3-'))
let server: Server
let front: HttpServer
let client: S3Client
let access: BucketAccess

beforeAll(async () => {
  const { default: S3rver } = (await import('s3rver' as string)) as { default: new (options: object) => Server }
  server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory })
  const { port } = await server.run()
  const there = async (path: string): Promise<boolean> => (await objects()).includes(decodeURIComponent(path).replace('/copies/', ''))
  front = createServer((asked, answer) => void (async () => {
    const completes = asked.method === 'POST' && asked.url?.includes('uploadId=') === true
    if (asked.method === 'DELETE' && asked.url?.includes('uploadId=') === true && service.abortsFail) return void answer.writeHead(503).end()
    if (completes && service.conditional && asked.headers['if-none-match'] === '*' && await there(asked.url!.split('?')[0]!)) return void answer.writeHead(412).end()
    asked.pipe(request({ port, host: '127.0.0.1', method: asked.method, path: asked.url, headers: asked.headers }, (got) => {
      if (completes && service.loses) { got.resume(); got.on('end', () => { service.loses = false; asked.socket.destroy() }); return }
      answer.writeHead(got.statusCode ?? 500, got.headers)
      got.pipe(answer)
    }))
  })())
  await new Promise<void>((resolve) => { front.listen(0, '127.0.0.1', resolve) })
  const settings = { region: 'us-east-1', forcePathStyle: true, credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' } }
  client = new S3Client({ endpoint: `http://127.0.0.1:${port}`, ...settings, requestChecksumCalculation: 'WHEN_REQUIRED' })
  await client.send(new CreateBucketCommand({ Bucket: 'copies' }))
  access = { buckets: ['copies'], endpoint: `http://127.0.0.1:${(front.address() as AddressInfo).port}`, region: 'us-east-1', accessKey: 'S3RVER', secretKey: 'S3RVER' }
})
afterEach(() => { Object.assign(service, { loses: false, abortsFail: false }) })
afterAll(async () => {
  client.destroy()
  front.closeAllConnections()
  front.close()
  await server.close()
  rmSync(directory, { recursive: true, maxRetries: 5, retryDelay: 100 })
})

const objects = async (): Promise<string[]> => ((await client.send(new ListObjectsCommand({ Bucket: 'copies' }))).Contents ?? []).map(({ Key }) => Key!)
const put = (Key: string): Promise<unknown> => client.send(new PutObjectCommand({ Bucket: 'copies', Key, Body: 'theirs' }))
const target = () => bucketTarget(() => access, { format: 'csv', scratch: undefined })
async function* rows(): AsyncGenerator<Uint8Array> { yield Buffer.from('"1"\n'); await Promise.resolve() }
const tableAt = (folder: string, name: string): TargetTable => ({ place: `copies/${folder}/${name}.csv`, columns: [{ name: 'a', type: 'text', held: 'text', transform: { kind: 'keep' } }], primaryKey: [], uniques: [], relations: [], rows })
const written = (folder: string, mayCommit: () => Promise<unknown>) => target().write([tableAt(folder, 'one'), tableAt(folder, 'two')], { readers: [], mayCommit: async () => { await mayCommit() } })

test('what somebody else put under the name of a copy meanwhile is neither written over nor deleted', async () => {
  await expect(written('a', async () => { await put('a/two.csv'); throw new Refused('transfer/ended', 'ended') })).rejects.toMatchObject({ code: 'transfer/ended' })
  expect(await objects()).toEqual(['a/two.csv'])
  await expect(written('b', () => put('b/two.csv'))).rejects.toMatchObject({ code: 'transfer/exists' })
  expect(await objects(), 'the first, which was made, is gone again').toEqual(['a/two.csv', 'b/two.csv'])
})

test('an answer that was lost does not make a copy of its own taken for another one', async () => {
  service.loses = true
  await written('c', () => Promise.resolve())
  expect((await objects()).filter((key) => key.startsWith('c/'))).toEqual(['c/one.csv', 'c/two.csv'])
  await target().drop(['copies/c/one.csv', 'copies/c/two.csv'])
  expect(await target().there(['copies/c/one.csv', 'copies/c/two.csv'], 'sweep')).toEqual([false, false])
})

test('an upload that cannot be aborted is not called undone', async () => {
  service.abortsFail = true
  await expect(written('d', () => { throw new Refused('transfer/ended', 'ended') })).rejects.toMatchObject({ code: 'transfer/not-undone', name: 'Broken' })
})
