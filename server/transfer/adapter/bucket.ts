/** Copies in buckets: an object a table. An upload is nothing until it is completed; those of all tables are, when all their parts are there. */
import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, DeleteObjectCommand, GetBucketVersioningCommand, GetObjectCommand, HeadObjectCommand, ListMultipartUploadsCommand, UploadPartCommand, type S3Client,
} from '@aws-sdk/client-s3'
import { bucketClient, bucketMustBeThere, documentLimits, spool, type BucketAccess } from '#inventory'
import { Broken, Refused } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import { createReadStream } from 'node:fs'
import { fileSource } from './fileSource.ts'
import { encoded, formatCalled, heldIn, writeParquet, type CopyFormat } from './format.ts'
import type { CopySource, CopyTarget, TargetTable, Writing } from './kind.ts'

/** Of an upload: the least that services take is 5 MiB, and no more than 10,000 parts. Bytes. */
const partBytes = 16 * 1024 ** 2

const objectOf = (place: string): { Bucket: string; Key: string } => ({ Bucket: place.slice(0, place.indexOf('/')), Key: place.slice(place.indexOf('/') + 1) })
const statusOf = (cause: unknown): number | undefined => (cause as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode

/** The service's own word for what went wrong: its text may name an object. */
function wordOf(cause: unknown): string {
  const { name } = (cause ?? {}) as { name?: unknown }
  return typeof name === 'string' && /^[A-Za-z]{3,60}$/.test(name) ? name : 'no code'
}

async function withClient<Result>(access: BucketAccess, work: (client: S3Client) => Promise<Result>): Promise<Result> {
  const client = await bucketClient(access)
  try {
    return await work(client)
  } catch (cause) {
    if (cause instanceof Broken || cause instanceof Refused) throw cause
    if (statusOf(cause) === undefined && wordOf(cause) === 'Error') throw cause
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
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: Key })).catch((cause: unknown) => { if (unknownTo(cause)) return { Uploads: [] }; throw cause })
  return Uploads.flatMap((upload) => (upload.Key === Key && upload.UploadId !== undefined ? [upload.UploadId] : []))
}

interface Upload { readonly place: string; readonly id: string; readonly parts: { ETag: string | undefined; PartNumber: number }[] }

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
      for (const { place } of tables) if (await isThere(client, place)) throw new Refused('transfer/exists', 'an object of that name is there already; a copy never writes over one. Choose another folder (--to STORE/BUCKET/FOLDER)')
      for (const table of tables) {
        const { UploadId } = await client.send(new CreateMultipartUploadCommand(objectOf(table.place)))
        const one: Upload = { place: table.place, id: UploadId ?? '', parts: [] }
        uploads.push(one)
        failpoint('transfer/tables')
        await upload(client, one, objectBytes(table, options))
      }
      await mayCommit()
      for (const { place, id, parts } of uploads) {
        await client.send(new CompleteMultipartUploadCommand({ ...objectOf(place), UploadId: id, MultipartUpload: { Parts: parts } }))
        failpoint('transfer/half-seen')
      }
    } catch (cause) {
      for (const { place, id } of uploads) await client.send(new AbortMultipartUploadCommand({ ...objectOf(place), UploadId: id })).catch(() => undefined)
      for (const { place } of uploads) await client.send(new DeleteObjectCommand(objectOf(place)))
      throw cause
    }
  })
}

async function dropObjects(access: BucketAccess, places: readonly string[]): Promise<void> {
  await withClient(access, async (client) => {
    const because = await keepsVersions(client, places)
    if (because !== undefined) throw new Broken('transfer/not-dropped', `a copy that is to be erased lies where ${because}: remove it there with all of its versions, and try again`)
    for (const place of places) {
      for (const UploadId of await unfinished(client, place)) await client.send(new AbortMultipartUploadCommand({ ...objectOf(place), UploadId }))
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
