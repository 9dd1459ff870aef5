/** Copies in buckets: an object a table. An upload is nothing until it is completed; those of all tables are, when all their parts are there. */
import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, DeleteObjectCommand, GetBucketVersioningCommand, GetObjectCommand, HeadObjectCommand, ListMultipartUploadsCommand, UploadPartCommand, type ListMultipartUploadsCommandOutput, type S3Client,
} from '@aws-sdk/client-s3'
import { bucketClient, bucketMustBeThere, documentLimits, spool, type BucketAccess } from '#inventory'
import { Broken, Refused } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import { fileSource } from './fileSource.ts'
import { encoded, formatCalled, heldIn, writeParquet, type CopyFormat } from './format.ts'
import type { CopySource, CopyTarget, TargetTable, Writing } from './kind.ts'

/** Of an upload: the least that services take is 5 MiB, and no more than 10,000 parts. Bytes. */
const partBytes = 16 * 1024 ** 2

const objectOf = (place: string): { Bucket: string; Key: string } => ({ Bucket: place.slice(0, place.indexOf('/')), Key: place.slice(place.indexOf('/') + 1) })
const statusOf = (cause: unknown): number | undefined => (cause as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode

/** The service's own word for what went wrong: its text may name an object. */
function wordOf(cause: unknown): string {
  const { name, code } = (cause ?? {}) as { name?: unknown; code?: unknown }
  if (typeof code === 'string' && /^E[A-Z]{3,20}$/.test(code)) return code
  return typeof name === 'string' && /^[A-Za-z]{3,60}$/.test(name) ? name : 'no code'
}

async function withClient<Result>(access: BucketAccess, work: (client: S3Client) => Promise<Result>): Promise<Result> {
  const client = await bucketClient(access)
  try {
    return await work(client)
  } catch (cause) {
    if (cause instanceof Broken || cause instanceof Refused) throw cause
    if (typeof cause !== 'object' || cause === null || !('$metadata' in cause)) throw cause // none of the service's, or of the line to it
    throw new Broken('transfer/store-unreachable', `a bucket that a copy goes to, or lies in, does not answer as it should: ${wordOf(cause)}`, { cause })
  } finally {
    client.destroy()
  }
}

/** A service that does not know the question keeps no such thing. */
const unknownTo = (cause: unknown): boolean => [501, 405].includes(statusOf(cause) ?? 0) || ['NotImplemented', 'MethodNotAllowed'].includes(wordOf(cause))

async function isThere(client: S3Client, place: string): Promise<boolean> {
  return client.send(new HeadObjectCommand(objectOf(place))).then(() => true, async (cause: unknown) => {
    if (statusOf(cause) !== 404) throw cause
    await bucketMustBeThere(client, objectOf(place).Bucket)
    return false
  })
}

/** Uploads under the name of a place that were begun and not completed. */
async function unfinished(client: S3Client, place: string): Promise<string[]> {
  const { Bucket, Key } = objectOf(place)
  const found: string[] = []
  for (let [key, id]: [string?, string?] = []; ;) { // other names begin with this one as well
    const page: ListMultipartUploadsCommandOutput | undefined = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: Key, ...(key === undefined ? {} : { KeyMarker: key, UploadIdMarker: id }) })).catch((cause: unknown) => { if (unknownTo(cause)) return undefined; throw cause })
    found.push(...(page?.Uploads ?? []).flatMap((one) => (one.Key === Key && one.UploadId !== undefined ? [one.UploadId] : [])))
    if (page?.IsTruncated !== true || page.NextKeyMarker === undefined) return found
    ;[key, id] = [page.NextKeyMarker, page.NextUploadIdMarker]
  }
}

/** `mark`: stands with the object, so that it is told from one that somebody else put there. */
interface Upload { readonly place: string; readonly id: string; readonly mark: string; readonly parts: { ETag: string | undefined; PartNumber: number }[]; mayBeThere: boolean }

const markName = 'bailee-upload'

async function begin(client: S3Client, place: string): Promise<Upload> {
  const mark = randomUUID()
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...objectOf(place), Metadata: { [markName]: mark } }))
  return { place, id: UploadId ?? '', mark, parts: [], mayBeThere: false }
}

async function upload(client: S3Client, { place, id, parts }: Upload, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  let [waiting, length]: [Uint8Array[], number] = [[], 0]
  const send = async (): Promise<void> => {
    const PartNumber = parts.length + 1
    const { ETag } = await client.send(new UploadPartCommand({ ...objectOf(place), UploadId: id, PartNumber, Body: Buffer.concat(waiting), ContentLength: length }))
    parts.push({ ETag, PartNumber })
    ;[waiting, length] = [[], 0]
  }
  for await (const part of bytes) {
    waiting.push(part)
    length += part.length
    if (length >= partBytes) await send()
  }
  if (length > 0 || parts.length === 0) await send()
}

/** Whether the object that is there is that of the upload. */
const isOurs = (client: S3Client, { place, mark }: Upload): Promise<boolean> => client.send(new HeadObjectCommand(objectOf(place))).then(({ Metadata }) => Metadata?.[markName] === mark, (cause: unknown) => {
  if (statusOf(cause) === 404) return false
  throw cause
})

/** Makes an object of an upload, where there is none. An answer that was lost is asked for again, and then finds the object that it made. */
async function complete(client: S3Client, one: Upload): Promise<void> {
  one.mayBeThere = true
  await client.send(new CompleteMultipartUploadCommand({ ...objectOf(one.place), UploadId: one.id, MultipartUpload: { Parts: one.parts }, IfNoneMatch: '*' })).catch(async (cause: unknown) => {
    if (await isOurs(client, one)) return
    if ([409, 412].includes(statusOf(cause) ?? 0)) throw isTaken()
    throw cause
  })
}

const isTaken = (): Refused => new Refused('transfer/exists', 'an object of that name is there already; a copy never writes over one. Choose another folder (--to STORE/BUCKET/FOLDER)')

/** Takes back uploads and the objects that became of them, and nothing that somebody else put there. Throws `Broken` when it is not known that all of it is gone. */
async function undo(client: S3Client, uploads: readonly Upload[], because: unknown): Promise<void> {
  try {
    for (const one of uploads) {
      if (one.mayBeThere && await isOurs(client, one)) await client.send(new DeleteObjectCommand(objectOf(one.place)))
      await abort(client, one.place, one.id)
    }
  } catch (cause) {
    throw new Broken('transfer/not-undone', `a copy in a bucket could not be made, and what was uploaded of it could not be taken back: ${wordOf(cause)}; it stays registered, and is erased in its time`, { cause: because })
  }
}

/** One that is completed or gone is passed over, and a service that aborts none. */
async function abort(client: S3Client, place: string, UploadId: string): Promise<void> {
  await client.send(new AbortMultipartUploadCommand({ ...objectOf(place), UploadId })).catch((cause: unknown) => { if (statusOf(cause) !== 404 && !unknownTo(cause)) throw cause })
}

export interface BucketOptions { readonly format: CopyFormat; /** A private folder, for Parquet, which is written in no one direction. */ readonly scratch: string | undefined }

async function* objectBytes(table: TargetTable, { format, scratch }: BucketOptions): AsyncGenerator<Uint8Array> {
  if (format !== 'parquet') return yield* encoded(format, table)
  const limits = { folder: scratch, limits: { ...documentLimits, scratchBytesMax: Number.MAX_SAFE_INTEGER } }
  const rows = await spool(table.rows(), limits)
  try {
    const file = await spool(nothing(), limits)
    try {
      await writeParquet(table, { rows: rows.file, file: file.file })
      yield* createReadStream(file.file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Uint8Array>
    } finally {
      await file.remove()
    }
  } finally {
    await rows.remove()
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // no byte
}

async function writeTables(access: BucketAccess, tables: readonly TargetTable[], { mayCommit, ...options }: Writing & BucketOptions): Promise<void> {
  await withClient(access, async (client) => {
    const uploads: Upload[] = []
    try {
      for (const { place } of tables) if (await isThere(client, place)) throw isTaken()
      for (const table of tables) {
        const one = await begin(client, table.place)
        uploads.push(one)
        failpoint('transfer/tables')
        await upload(client, one, objectBytes(table, options))
      }
      await mayCommit()
      for (const one of uploads) {
        await complete(client, one)
        failpoint('transfer/half-seen')
      }
    } catch (cause) {
      await undo(client, uploads, cause)
      throw cause
    }
  })
}

async function dropObjects(access: BucketAccess, places: readonly string[]): Promise<void> {
  await withClient(access, async (client) => {
    const because = await keepsVersions(client, places)
    if (because !== undefined) throw new Broken('transfer/not-dropped', `a copy that is to be erased lies where ${because}: remove it there with all of its versions, and try again`)
    for (const place of places) {
      for (const id of await unfinished(client, place)) await abort(client, place, id)
      if (await isThere(client, place)) await client.send(new DeleteObjectCommand(objectOf(place)))
    }
  })
}

async function keepsVersions(client: S3Client, places: readonly string[]): Promise<string | undefined> {
  for (const Bucket of new Set(places.map((place) => objectOf(place).Bucket))) {
    const status = await client.send(new GetBucketVersioningCommand({ Bucket })).then(({ Status }) => Status, (cause: unknown) => { if (unknownTo(cause)) return undefined; throw cause })
    if (status === 'Enabled' || status === 'Suspended') return 'the bucket keeps earlier versions of its objects, so that nothing in it can be erased'
  }
  return undefined
}

export type AccessTo = (account: 'erase' | 'sweep') => BucketAccess

/** Buckets that copies go to. */
export function bucketTarget(access: AccessTo, options: BucketOptions): CopyTarget {
  const [own] = access('sweep').buckets
  return {
    called: formatCalled[options.format],
    obstacle: async () => {
      if (own === undefined || access('sweep').buckets.length > 1) return 'its store declares no bucket, or several: copies go to a store of one bucket'
      return withClient(access('erase'), (client) => keepsVersions(client, [`${own}/`]))
    },
    place: (folder, name) => `${own}/${folder}/${name}.${options.format}`,
    held: (column) => heldIn(options.format, column),
    there: (places, account) => withClient(access(account), (client) => Promise.all(places.map(async (place) => await isThere(client, place) || (await unfinished(client, place)).length > 0))),
    write: (tables, writing) => writeTables(access('erase'), tables, { ...writing, ...options }),
    drop: (places) => dropObjects(access('erase'), places),
    beside: () => [],
  }
}

/** Buckets that copies are made of. Each object is brought into the scratch folder while it is read. */
export function bucketSource(access: BucketAccess, scratch: string | undefined): CopySource {
  return fileSource((table, work) => withClient(access, async (client) => {
    const answer = await client.send(new GetObjectCommand(objectOf(table))).catch((cause: unknown) => { if (statusOf(cause) === 404) return undefined; throw cause })
    if (answer === undefined) return undefined
    const file = await spool(answer.Body as AsyncIterable<Uint8Array>, { folder: scratch, limits: { ...documentLimits, scratchBytesMax: Number.MAX_SAFE_INTEGER } })
    try {
      if (answer.ContentLength !== undefined && file.bytes !== answer.ContentLength) throw new Broken('transfer/file-unreadable', 'an object ended before its length')
      return await work(file.file)
    } finally {
      await file.remove()
    }
  }))
}
