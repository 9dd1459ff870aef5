import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { CreateBucketCommand, CreateMultipartUploadCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bucketTransport, isUnread, listBuckets, printPart, type BucketAccess, type Listing } from './index.ts'

interface Server { run(): Promise<{ port: number }>; close(): Promise<void> }

let server: Server
let access: BucketAccess
let client: S3Client
const directory = mkdtempSync(join(tmpdir(), 'bailee-s3-'))
const objects = 1234 // more than one page of a listing

beforeAll(async () => {
  const { default: S3rver } = (await import('s3rver' as string)) as { default: new (options: object) => Server }
  server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory })
  const { port } = await server.run()
  access = { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', accessKey: 'S3RVER', secretKey: 'S3RVER', buckets: [] }
  client = new S3Client({ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', forcePathStyle: true, credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }, requestChecksumCalculation: 'WHEN_REQUIRED' })
  for (const bucket of ['exports', 'many']) await client.send(new CreateBucketCommand({ Bucket: bucket }))
  await put('2019/people one.csv', 'mail\nann@mail.example\n')
  await put('2019/people.csv.gz', gzipSync('mail,name\nbob@mail.example,Bob\nzoë@mail.example,Zoë\n'))
  await put('empty', '')
  for (let number = 0; number < objects; number += 100) await Promise.all(Array.from({ length: Math.min(100, objects - number) }, (_, index) => put(`o${number + index}.txt`, `${number + index}`, 'many')))
})
afterAll(async () => {
  client.destroy()
  await server.close()
  rmSync(directory, { recursive: true, maxRetries: 5, retryDelay: 100 })
})

const put = (key: string, body: string | Uint8Array, bucket = 'exports'): Promise<unknown> => client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }))

async function read(listing: Listing, name: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  const place = listing.places.find((one) => one.place === name)
  for await (const part of place!.open('all')) {
    const chunks: Uint8Array[] = []
    if (!isUnread(part)) for await (const chunk of part.bytes) chunks.push(chunk)
    found[printPart(name, part.name)] = isUnread(part) ? part.because : Buffer.concat(chunks).toString()
  }
  return found
}

test('every object of every bucket is a place, beyond the first page of a listing', async () => {
  const { places } = await listBuckets(access)
  expect(places.map(({ place }) => place).filter((place) => !place.startsWith('many/'))).toEqual(['exports/2019/people one.csv', 'exports/2019/people.csv.gz', 'exports/empty'])
  expect(new Set(places.map(({ place }) => place)).size).toBe(3 + objects)
  expect((await listBuckets({ ...access, buckets: ['exports'] })).places).toHaveLength(3)
})

test('an object is read as what it holds, also packed', async () => {
  const listing = await listBuckets({ ...access, buckets: ['exports'] })
  expect(await read(listing, 'exports/2019/people one.csv')).toEqual({ 'exports/2019/people one.csv': 'mail\nann@mail.example\n' })
  expect(Object.values(await read(listing, 'exports/2019/people.csv.gz'))).toEqual(['mail,name\nbob@mail.example,Bob\nzoë@mail.example,Zoë\n'])
})

test('the signal changes with the object, and an object that is gone or another since it was listed is not read', async () => {
  const signal = async (): Promise<string | undefined> => (await listBuckets({ ...access, buckets: ['exports'] })).places.find(({ place }) => place === 'exports/empty')?.signal
  const listing = await listBuckets({ ...access, buckets: ['exports'] })
  const before = await signal()
  expect(await signal()).toBe(before)
  await put('empty', 'no more')
  expect(await signal()).not.toBe(before)
  expect(Object.values(await read(listing, 'exports/empty'))).toEqual(['an object is another than when it was listed'])
})

test('uploads that were never finished are said, where the service tells', async () => {
  await client.send(new CreateMultipartUploadCommand({ Bucket: 'exports', Key: 'half' })).catch(() => undefined)
  const { notRead } = await listBuckets({ ...access, buckets: ['exports'] })
  expect(notRead.every(({ place, because }) => place === 'exports' && /not finished|cannot be asked/.test(because))).toBe(true)
})

test('a wrong key, a bucket and a service that are not there are errors without key or address', async () => {
  for (const wrong of [{ ...access, accessKey: 'secret' }, { ...access, buckets: ['nobody'] }, { ...access, endpoint: 'http://127.0.0.1:1' }]) {
    const failure = await listBuckets(wrong).catch((cause: unknown) => cause as Error & { code: string })
    expect(failure).toMatchObject({ code: 'inventory/store-unreachable', message: expect.not.stringMatching(/secret|127/) as string })
  }
})

/** Enough of a service to be asked about access: whether `isOpen` to anybody. */
async function accessService(isOpen: boolean): Promise<{ readonly endpoint: string; close(): void }> {
  const group = isOpen ? '<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant>' : ''
  const blocked = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'].map((name) => `<${name}>${isOpen ? 'false' : 'true'}</${name}>`).join('')
  const answers: Record<string, string> = { acl: `<AccessControlPolicy><Owner><ID>o</ID></Owner><AccessControlList>${group}</AccessControlList></AccessControlPolicy>`, policyStatus: `<PolicyStatus><IsPublic>${isOpen ? 'true' : 'false'}</IsPublic></PolicyStatus>`, publicAccessBlock: `<PublicAccessBlockConfiguration>${blocked}</PublicAccessBlockConfiguration>` }
  const service = createServer(({ url = '' }, answer) => {
    const asked = Object.keys(answers).find((name) => url.includes(`?${name}`))
    answer.writeHead(asked !== undefined || isOpen ? 200 : 403, { 'content-type': 'application/xml' }).end(asked === undefined ? '<ListBucketResult/>' : answers[asked])
  })
  await new Promise<void>((resolve) => { service.listen(0, '127.0.0.1', resolve) })
  return { endpoint: `http://127.0.0.1:${(service.address() as AddressInfo).port}`, close: () => { service.close() } }
}

test('how buckets are reached: what is blocked and granted is asked, and a request without a signature is tried; what a service does not tell is not seen', async () => {
  const seen = async (endpoint = access.endpoint): Promise<string[]> => ((await bucketTransport({ ...access, endpoint, buckets: ['exports'] })).access ?? []).map(({ is, says }) => `${is}: ${says.replace('bucket 1 of 1: ', '')}`)
  expect(await bucketTransport({ ...access, buckets: ['exports'] })).toMatchObject({ is: 'local', says: 'requests that do not leave the machine' })
  expect(await seen()).toEqual(['whether public access is blocked', 'who its policy lets in', 'whom its grants let in'].map((what) => `not seen: ${what}: not seen (its service does not know the question)`).concat(expect.stringContaining('not seen: whether it is listed without a signature') as string))
  for (const [isOpen, expected] of [
    [true, ['open: public access is not wholly blocked', 'open: its policy lets anybody in', 'open: a grant lets anybody in', 'open: it is listed for whoever asks, without a signature']],
    [false, ['kept: public access is blocked', 'kept: its policy lets in nobody whom it does not name', 'kept: no grant is to anybody', 'kept: it is not listed without a signature']],
  ] as const) {
    const service = await accessService(isOpen)
    expect(await seen(service.endpoint)).toEqual(expected)
    service.close()
  }
})
