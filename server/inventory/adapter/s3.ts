/** A bucket of an S3-compatible service as a store: every object is a place, and what is in it are its parts (Amazon S3 API Reference, path-style requests). */
import { DeleteObjectCommand, GetBucketVersioningCommand, GetObjectCommand, HeadBucketCommand, HeadObjectCommand, ListBucketsCommand, ListMultipartUploadsCommand, ListObjectsCommand, S3Client, type _Object } from '@aws-sdk/client-s3'
import { Broken } from '#kit/errors'
import { partsOfSource, type OpenOptions } from './document/open.ts'
import type { PartOrUnread } from './part.ts'
import type { NotRead } from './postgres.ts'
import { oneUnit, type ListedPlace, type Listing } from './searchable.ts'

export interface BucketAccess {
  /** Of the service; undefined for Amazon's own, by region. */
  readonly endpoint: string | undefined
  readonly region: string
  readonly accessKey: string
  readonly secretKey: string
  /** Names; all that the account lists when empty. */
  readonly buckets: readonly string[]
}

/** Objects of one store: what one listing holds in about 500 MB. */
const objectsMax = 1_000_000

/** Milliseconds for a connection, and for an answer to begin: a store that does not answer by then is reported as not read. */
const connectMillisecondsMax = 15_000
const answerMillisecondsMax = 60_000

// Classes of storage that give an object only after somebody asked for it to be brought back.
const archived = new Set(['GLACIER', 'DEEP_ARCHIVE'])

/** A client of the service; destroy it. */
export function clientOf(access: BucketAccess): S3Client {
  return new S3Client({
    region: access.region, forcePathStyle: true, credentials: { accessKeyId: access.accessKey, secretAccessKey: access.secretKey },
    ...(access.endpoint === undefined ? {} : { endpoint: access.endpoint }),
    requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED', // newer checksums are not known to every service
    requestHandler: { connectionTimeout: connectMillisecondsMax, requestTimeout: answerMillisecondsMax },
  })
}

/** The service's own word for what went wrong (`AccessDenied`), or the system's code: its text may name an object. */
function wordOf(cause: unknown): string {
  const { name, code } = (cause ?? {}) as { name?: unknown; code?: unknown }
  if (typeof code === 'string' && /^[A-Z_]{3,40}$/.test(code)) return code
  return typeof name === 'string' && /^[A-Za-z]{3,60}$/.test(name) ? name : 'no code'
}

/** The newest version of every object. Throws `Broken` when the buckets cannot be listed; what is beside the objects is said. */
export async function listBuckets(access: BucketAccess, options: OpenOptions = {}): Promise<Listing> {
  const client = clientOf(access)
  try {
    const places: ListedPlace[] = []
    const notRead: NotRead[] = []
    for (const bucket of access.buckets.length > 0 ? access.buckets : await bucketsOf(client)) {
      notRead.push(...await besides(client, bucket))
      for await (const object of objectsOf(client, bucket)) {
        const place = `${bucket}/${object.Key ?? ''}`
        if (places.length >= objectsMax) { notRead.push({ place, because: `more than ${objectsMax} objects: this one and what follows were not listed` }); return { places, notRead } }
        if (archived.has(object.StorageClass ?? '')) notRead.push({ place, because: 'archived by its service, and to be brought back before it can be read' })
        else places.push(placeOf({ access, options, bucket }, object))
      }
    }
    return { places, notRead }
  } catch (cause) {
    if (cause instanceof Broken) throw cause
    throw new Broken('inventory/store-unreachable', `the buckets of a store cannot be listed: ${wordOf(cause)}`, { cause })
  } finally {
    client.destroy()
  }
}

async function bucketsOf(client: S3Client): Promise<string[]> {
  const { Buckets = [] } = await client.send(new ListBucketsCommand({}))
  return Buckets.flatMap(({ Name }) => (Name === undefined ? [] : [Name]))
}

/** By key, page by page (ListObjects: its pages begin behind a key, which every service can do). */
async function* objectsOf(client: S3Client, bucket: string): AsyncGenerator<_Object> {
  let last: string | undefined
  for (;;) {
    const { Contents = [], IsTruncated } = await client.send(new ListObjectsCommand({ Bucket: bucket, ...(last === undefined ? {} : { Marker: last }) }))
    yield* Contents
    if (IsTruncated !== true) return
    const next = Contents.at(-1)?.Key
    if (next === undefined || next === last) throw new Broken('inventory/listing-cut', 'a bucket says that it holds more objects, and does not list them')
    last = next
  }
}

/** What a listing of objects does not show: earlier versions, objects that look deleted, uploads that were never finished. */
async function besides(client: S3Client, bucket: string): Promise<NotRead[]> {
  const found: NotRead[] = []
  const versions = await client.send(new GetBucketVersioningCommand({ Bucket: bucket })).then(({ Status }) => Status ?? 'never', unsupported)
  if (versions !== 'never') found.push({ place: bucket, because: versions === 'Enabled' || versions === 'Suspended' ? 'the bucket keeps earlier versions of its objects, and deleted ones: they are not read' : `whether the bucket keeps versions cannot be asked (${versions})` })
  const uploads = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket })).then(({ Uploads = [] }) => (Uploads.length === 0 ? 'never' : `${Uploads.length}`), unsupported)
  if (uploads !== 'never') found.push({ place: bucket, because: /^\d+$/.test(uploads) ? `${uploads} uploads or more are not finished: their parts are not read` : `whether uploads are unfinished cannot be asked (${uploads})` })
  return found
}

/** A service that does not know the question keeps no such thing. */
function unsupported(cause: unknown): string {
  const word = wordOf(cause)
  const status = (cause as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode
  return word === 'NotImplemented' || word === 'MethodNotAllowed' || status === 501 || status === 405 ? 'never' : word
}

function placeOf({ access, options, bucket }: { access: BucketAccess; options: OpenOptions; bucket: string }, { Key: key = '', Size: bytes, ETag: tag, LastModified: modified }: _Object): ListedPlace {
  return {
    place: `${bucket}/${key}`, bytes, signal: tag === undefined ? undefined : `${tag} ${bytes} ${modified?.getTime()}`, units: oneUnit,
    open: () => partsOfSource({ name: '', bytes, open: () => readObject(access, { bucket, key, tag }) }, options),
  }
}

/** The object that was listed, and no later one: it may be opened more than once, and its parts must be of one object. */
async function* readObject(access: BucketAccess, { bucket, key, tag }: { bucket: string; key: string; tag: string | undefined }): AsyncGenerator<Uint8Array> {
  const client = clientOf(access)
  try {
    const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...(tag === undefined ? {} : { IfMatch: tag }) }))
    if (tag !== undefined && answer.ETag !== tag) throw new Broken('inventory/object-unreadable', 'an object is another than when it was listed')
    let bytes = 0
    for await (const chunk of (answer.Body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += chunk.length
      yield chunk
    }
    if (answer.ContentLength !== undefined && bytes !== answer.ContentLength) throw new Broken('inventory/object-unreadable', 'an object ended before its length')
  } catch (cause) {
    if (cause instanceof Broken) throw cause
    throw new Broken('inventory/object-unreadable', `an object cannot be read: ${wordOf(cause)}`, { cause })
  } finally {
    client.destroy()
  }
}

/** One object as it is now. */
export interface BucketObject {
  /** Its parts, as a listing's place gives them. */
  parts(): AsyncGenerator<PartOrUnread>
  /** What a removal would leave behind; undefined for nothing. */
  readonly remains: string | undefined
  /** Removes it. Throws `Broken` when it is another by now, or still there afterwards. */
  remove(): Promise<void>
}

/** The object at `bucket/key`; undefined when it is not there. Throws `Broken` when it cannot be asked for. */
export async function objectAt(access: BucketAccess, place: string, options: OpenOptions = {}): Promise<BucketObject | undefined> {
  const [bucket, key] = [place.slice(0, place.indexOf('/')), place.slice(place.indexOf('/') + 1)]
  const found = await headOf(access, { bucket, key })
  if (found === undefined) return undefined
  const { tag, bytes } = found
  const versions = await withClient(access, (client) => client.send(new GetBucketVersioningCommand({ Bucket: bucket })).then(({ Status }) => Status ?? 'never', unsupported))
  return {
    parts: () => partsOfSource({ name: '', bytes, open: () => readObject(access, { bucket, key, tag }) }, options),
    remains: versions === 'never' ? undefined : versions === 'Enabled' || versions === 'Suspended' ? 'its bucket keeps earlier versions of objects, and deleted ones' : `whether its bucket keeps earlier versions cannot be asked (${versions})`,
    remove: async () => {
      if ((await headOf(access, { bucket, key }))?.tag !== tag) throw new Broken('inventory/object-changed', 'an object is another than when it was looked at; run the erasure again')
      await withClient(access, (client) => client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, ...(tag === undefined ? {} : { IfMatch: tag }) })))
      if (await headOf(access, { bucket, key }) !== undefined) throw new Broken('inventory/object-stays', 'an object was deleted and is still there; look whether its bucket holds it')
    },
  }
}

/** Throws `Broken` when a bucket is not there, or does not let itself be asked for: an object that is not found in it is not known to be gone. */
export async function bucketMustBeThere(client: S3Client, bucket: string): Promise<void> {
  await client.send(new HeadBucketCommand({ Bucket: bucket })).catch((cause: unknown) => {
    throw new Broken('inventory/store-unreachable', `a bucket cannot be opened (${wordOf(cause)}): nothing in it is known to be gone. Is its name right, and the service's address?`, { cause })
  })
}

async function headOf(access: BucketAccess, { bucket, key }: { bucket: string; key: string }): Promise<{ tag: string | undefined; bytes: number | undefined } | undefined> {
  return withClient(access, async (client) => {
    try {
      const { ETag: tag, ContentLength: bytes } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
      return { tag, bytes }
    } catch (cause) {
      if ((cause as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode !== 404) throw cause
      await bucketMustBeThere(client, bucket)
      return undefined
    }
  })
}

async function withClient<Result>(access: BucketAccess, work: (client: S3Client) => Promise<Result>): Promise<Result> {
  const client = clientOf(access)
  try {
    return await work(client)
  } catch (cause) {
    if (cause instanceof Broken) throw cause
    throw new Broken('inventory/object-unreadable', `an object cannot be reached: ${wordOf(cause)}`, { cause })
  } finally {
    client.destroy()
  }
}
