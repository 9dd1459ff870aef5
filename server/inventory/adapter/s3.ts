/** A bucket of an S3-compatible service as a store: every object is a place, and what is in it are its parts (Amazon S3 API Reference, path-style requests). */
import { ListBucketsCommand, ListMultipartUploadsCommand, ListObjectsCommand, type S3Client, type _Object } from '@aws-sdk/client-s3'
import { Broken } from '#kit/errors'
import { partsOfSource, type OpenOptions } from './document/open.ts'
import type { NotRead } from './postgres.ts'
import { archivedBecause, clientOf, isArchived, readObject, unsupported, wordOf, type BucketAccess } from './s3Client.ts'
import { partsOfVersions, versioningOf, versionsOf } from './s3Versions.ts'
import { oneUnit, type ListedPlace, type Listing } from './searchable.ts'

/** Objects of one store: what one listing holds in about 500 MB. */
const objectsMax = 1_000_000

/** Every object, with its earlier versions where its bucket keeps them. Throws `Broken` when the buckets cannot be listed; what is beside the objects is said. */
export async function listBuckets(access: BucketAccess, options: OpenOptions = {}): Promise<Listing> {
  const client = clientOf(access)
  try {
    const places: ListedPlace[] = []
    const notRead: NotRead[] = []
    for (const bucket of access.buckets.length > 0 ? access.buckets : await bucketsOf(client)) {
      const versions = await versioningOf(client, bucket)
      notRead.push(...await besides(client, bucket, versions))
      for await (const one of versions === 'kept' ? versioned(client, { access, options, bucket }) : plain(client, { access, options, bucket })) {
        if (places.length >= objectsMax) { notRead.push({ place: one.place, because: `more than ${objectsMax} objects: this one and what follows were not listed` }); return { places, notRead } }
        if ('because' in one) notRead.push(one)
        else places.push(one)
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

interface Listed { readonly access: BucketAccess; readonly options: OpenOptions; readonly bucket: string }

async function* plain(client: S3Client, listed: Listed): AsyncGenerator<ListedPlace | NotRead> {
  for await (const object of objectsOf(client, listed.bucket)) yield isArchived(object.StorageClass) ? { place: `${listed.bucket}/${object.Key ?? ''}`, because: archivedBecause } : placeOf(listed, object)
}

/** Of a key that has only marks of deletion nothing can be read. */
async function* versioned(client: S3Client, { access, options, bucket }: Listed): AsyncGenerator<ListedPlace | NotRead> {
  for await (const versions of versionsOf(client, bucket)) {
    if (versions.every(({ mark }) => mark)) continue
    yield {
      place: `${bucket}/${versions[0]?.key ?? ''}`, bytes: versions.reduce((sum, { bytes = 0 }) => sum + bytes, 0), signal: versions.some(({ tag, mark }) => tag === undefined && !mark) ? undefined : versions.map(({ id, tag = 'mark' }) => `${id} ${tag}`).join(' '),
      units: oneUnit, open: () => partsOfVersions(access, { bucket, versions }, options),
    }
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

/** What a listing of objects does not show: whether there are earlier versions, uploads that were never finished. */
async function besides(client: S3Client, bucket: string, versions: string): Promise<NotRead[]> {
  const found: NotRead[] = []
  if (versions !== 'never' && versions !== 'kept') found.push({ place: bucket, because: `whether the bucket keeps versions cannot be asked (${versions})` })
  const uploads = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket })).then(({ Uploads = [] }) => (Uploads.length === 0 ? 'never' : `${Uploads.length}`), unsupported)
  if (uploads !== 'never') found.push({ place: bucket, because: /^\d+$/.test(uploads) ? `${uploads} uploads or more are not finished: their parts are not read` : `whether uploads are unfinished cannot be asked (${uploads})` })
  return found
}

function placeOf({ access, options, bucket }: Listed, { Key: key = '', Size: bytes, ETag: tag, LastModified: modified }: _Object): ListedPlace {
  return {
    place: `${bucket}/${key}`, bytes, signal: tag === undefined ? undefined : `${tag} ${bytes} ${modified?.getTime()}`, units: oneUnit,
    open: () => partsOfSource({ name: '', bytes, open: () => readObject(access, { bucket, key, tag }) }, options),
  }
}
