/** One object of a bucket, as it is to be erased: with every version of it that its bucket keeps, or written anew. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { DeleteObjectCommand, GetObjectTaggingCommand, HeadObjectCommand, PutObjectCommand, type HeadObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3'
import { Broken } from '#kit/errors'
import { partsOfSource, type OpenOptions } from './document/open.ts'
import type { PartOrUnread } from './part.ts'
import { bucketMustBeThere, clientOf, readObject, wordOf, type BucketAccess } from './s3Client.ts'
import { partsOfVersions, versioningOf, versionsOf, type Version } from './s3Versions.ts'

/** One object as it is now. */
export interface BucketObject {
  /** Its parts, as a listing's place gives them. */
  parts(options?: Pick<OpenOptions, 'named' | 'dialect'>): AsyncGenerator<PartOrUnread>
  /** What a removal would leave behind; undefined for nothing. */
  readonly remains: string | undefined
  /** Its newest bytes as they stand. */
  bytes(): AsyncIterable<Uint8Array>
  /** Why it cannot be written anew by itself; undefined where it can. */
  cannotReplace(): Promise<string | undefined>
  /** Puts what a file holds in its place, with the same headers, notes and tags; earlier versions go. Throws `Broken` when it is another by now. */
  replace(file: string): Promise<void>
  /** Removes it with all versions and marks of deletion. Throws `Broken` when it is another by now, or still there afterwards; `inventory/object-held` where the service keeps it. */
  remove(): Promise<void>
}

interface Found { readonly access: BucketAccess; readonly bucket: string; readonly key: string; /** None of it is kept besides the newest where undefined. */ readonly versions: readonly Version[] | undefined; readonly head: HeadObjectCommandOutput | undefined }

const changed = (): Broken => new Broken('inventory/object-changed', 'an object is another than when it was looked at; run the erasure again')
const stays = (): Broken => new Broken('inventory/object-stays', 'an object was deleted and is still there; look whether its bucket holds it')
const statusOf = (cause: unknown): number | undefined => (cause as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode

/** The object at `bucket/key`; undefined when nothing of it is there. Throws `Broken` when it cannot be asked for. */
export async function objectAt(access: BucketAccess, place: string, options: OpenOptions = {}): Promise<BucketObject | undefined> {
  const [bucket, key] = [place.slice(0, place.indexOf('/')), place.slice(place.indexOf('/') + 1)]
  return withClient(access, async (client) => {
    const head = await headOf(client, { bucket, key })
    const versioning = await versioningOf(client, bucket)
    const versions = versioning === 'kept' ? await listed(client, { bucket, key }) : undefined
    if (versions === undefined ? head === undefined : versions.length === 0) return undefined
    const found: Found = { access, bucket, key, versions, head }
    const { ETag: tag, ContentLength: bytes } = head ?? {}
    return {
      parts: (more = {}) => (versions === undefined ? partsOfSource({ name: '', bytes, open: () => readObject(access, { bucket, key, tag }) }, { ...options, ...more }) : partsOfVersions(access, { bucket, versions }, { ...options, ...more })),
      remains: versioning === 'never' || versioning === 'kept' ? undefined : `whether its bucket keeps earlier versions cannot be asked (${versioning})`,
      bytes: () => readObject(access, { bucket, key, tag }),
      cannotReplace: () => withClient(access, (other) => cannotReplace(other, found)),
      replace: (file) => withClient(access, (other) => replace(other, found, file)),
      remove: () => withClient(access, (other) => remove(other, found)),
    }
  })
}

const listed = async (client: S3Client, { bucket, key }: { readonly bucket: string; readonly key: string }): Promise<readonly Version[]> => {
  for await (const versions of versionsOf(client, bucket, key)) return versions
  return []
}

const same = (one: readonly Version[], other: readonly Version[]): boolean => JSON.stringify(one.map(({ id, tag }) => [id, tag])) === JSON.stringify(other.map(({ id, tag }) => [id, tag]))

async function remove(client: S3Client, found: Found): Promise<void> {
  const { bucket, key, versions, head } = found
  if (versions === undefined) {
    const tag = head?.ETag
    if ((await headOf(client, found))?.ETag !== tag) throw changed()
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, ...(tag === undefined ? {} : { IfMatch: tag }) }))
    if (await headOf(client, found) !== undefined) throw stays()
    return
  }
  if (!same(versions, await listed(client, found))) throw changed()
  await removeVersions(client, found, versions)
  if ((await listed(client, found)).length > 0) throw stays()
}

/** The oldest first, so that what is left of it when this is cut off is found by its name. Marks come last. */
async function removeVersions(client: S3Client, { bucket, key }: Found, versions: readonly Version[]): Promise<void> {
  for (const { id } of [...versions.filter(({ mark }) => !mark).reverse(), ...versions.filter(({ mark }) => mark)]) {
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: id })).catch((cause: unknown) => {
      if (statusOf(cause) === 403) throw new Broken('inventory/object-held', 'the service does not let a version of an object be deleted: it is held (a retention or legal hold), or the account may not delete versions', { cause })
      throw cause
    })
  }
}

/** Services that do not know the condition write whatever stands there: then what was written meanwhile would be lost. Asked with a name that is not there. */
async function cannotReplace(client: S3Client, { bucket, key, versions, head }: Found): Promise<string | undefined> {
  if (head === undefined) return 'it looks deleted, and only earlier versions hold rows'
  if (versions !== undefined && versions.length > 1) return 'its bucket keeps earlier versions of it in which others\' rows stand as well'
  const name = `${key}.bailee-not-there`
  const made = await client.send(new PutObjectCommand({ Bucket: bucket, Key: name, Body: '', ContentLength: 0, IfMatch: '"0"' })).catch((cause: unknown) => {
    if ([404, 409, 412].includes(statusOf(cause) ?? 0)) return undefined
    if (statusOf(cause) === 501 || wordOf(cause) === 'NotImplemented') return 'unknown' as const
    throw cause
  })
  if (made === undefined) return undefined
  if (made !== 'unknown') await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: name, ...(made.VersionId === undefined && versions === undefined ? {} : { VersionId: made.VersionId ?? 'null' }) })) // without one, a bucket that keeps versions would mark it
  return 'its service does not write under a condition (If-Match), so that what others write meanwhile would be lost'
}

async function replace(client: S3Client, found: Found, file: string): Promise<void> {
  const { bucket, key, versions, head } = found
  const { ETag: tag, ContentType, ContentEncoding, ContentDisposition, ContentLanguage, CacheControl, Metadata, StorageClass, ServerSideEncryption, SSEKMSKeyId, TagCount = 0 } = head ?? {}
  const { TagSet = [] } = TagCount === 0 ? {} : await client.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: key }))
  const given = { ContentType, ContentEncoding, ContentDisposition, ContentLanguage, CacheControl, Metadata, StorageClass, ServerSideEncryption, SSEKMSKeyId, Tagging: TagSet.length === 0 ? undefined : new URLSearchParams(TagSet.map(({ Key = '', Value = '' }): [string, string] => [Key, Value])).toString() }
  const { size } = await stat(file)
  const answer = await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, IfMatch: tag, Body: createReadStream(file), ContentLength: size, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) })).catch((cause: unknown) => {
    if ([404, 409, 412].includes(statusOf(cause) ?? 0)) throw changed()
    throw cause
  })
  // Where versioning is suspended, what was written took the place of the version named null: that one is the new object.
  if (versions !== undefined) await removeVersions(client, found, versions.filter(({ id }) => id !== (answer.VersionId ?? 'null')))
  if ((await headOf(client, found))?.ETag !== answer.ETag) throw changed()
}

async function headOf(client: S3Client, { bucket, key }: { readonly bucket: string; readonly key: string }): Promise<HeadObjectCommandOutput | undefined> {
  try {
    return await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
  } catch (cause) {
    if (statusOf(cause) !== 404) throw cause
    await bucketMustBeThere(client, bucket)
    return undefined
  }
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
