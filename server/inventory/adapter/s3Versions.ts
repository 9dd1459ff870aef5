/** Versions of objects, in buckets that keep them: the newest one, earlier ones, and marks of what looks deleted. */
import { GetBucketVersioningCommand, ListObjectVersionsCommand, type ListObjectVersionsCommandOutput, type S3Client } from '@aws-sdk/client-s3'
import { Broken } from '#kit/errors'
import { partsOfSource, type OpenOptions } from './document/open.ts'
import { under } from './document/nest.ts'
import type { PartOrUnread } from './part.ts'
import { archivedBecause, isArchived, readObject, unsupported, type BucketAccess } from './s3Client.ts'

export interface Version {
  readonly key: string
  readonly id: string
  readonly tag: string | undefined
  readonly bytes: number | undefined
  readonly modified: number | undefined
  readonly archived: boolean
  /** What reading the key gives. */
  readonly newest: boolean
  /** It says that the object was deleted, and holds nothing. */
  readonly mark: boolean
}

/** `never`, `kept`, or the service's word for why it does not tell. */
export async function versioningOf(client: S3Client, bucket: string): Promise<string> {
  return client.send(new GetBucketVersioningCommand({ Bucket: bucket })).then(({ Status }) => (Status === 'Enabled' || Status === 'Suspended' ? 'kept' : Status ?? 'never'), unsupported)
}

/** All versions of each key, by key, the newest first; of one key only when `only` is given. */
export async function* versionsOf(client: S3Client, bucket: string, only?: string): AsyncGenerator<readonly Version[]> {
  const open = new Map<string, Version[]>()
  let [keyMarker, versionMarker]: [string | undefined, string | undefined] = [undefined, undefined]
  for (;;) {
    const page: ListObjectVersionsCommandOutput = await client.send(new ListObjectVersionsCommand({ Bucket: bucket, ...(only === undefined ? {} : { Prefix: only }), ...(keyMarker === undefined ? {} : { KeyMarker: keyMarker }), ...(versionMarker === undefined ? {} : { VersionIdMarker: versionMarker }) }))
    const found = [...(page.Versions ?? []).map((one) => ({ one, mark: false })), ...(page.DeleteMarkers ?? []).map((one) => ({ one, mark: true }))]
    for (const { one, mark } of found) {
      const { Key: key = '', VersionId: id = 'null', ETag: tag, Size: bytes, StorageClass: storage, IsLatest: newest = false, LastModified: modified } = one as typeof one & { ETag?: string; Size?: number; StorageClass?: string }
      if (only !== undefined && key !== only) continue
      open.set(key, [...open.get(key) ?? [], { key, id, tag, bytes, modified: modified?.getTime(), archived: isArchived(storage), newest, mark }])
    }
    const more = page.IsTruncated === true
    for (const [key, versions] of open) {
      if (more && key === page.NextKeyMarker) continue // it may go on
      yield versions.toSorted((one, other) => Number(other.newest) - Number(one.newest) || (other.modified ?? 0) - (one.modified ?? 0))
      open.delete(key)
    }
    if (!more) return
    if (page.NextKeyMarker === undefined || (page.NextKeyMarker === keyMarker && page.NextVersionIdMarker === versionMarker)) throw new Broken('inventory/listing-cut', 'a bucket says that it holds more versions, and does not list them')
    ;[keyMarker, versionMarker] = [page.NextKeyMarker, page.NextVersionIdMarker]
  }
}

/** What they hold: the newest under the names that it has by itself, each other behind its own. */
export async function* partsOfVersions(access: BucketAccess, { bucket, versions }: { readonly bucket: string; readonly versions: readonly Version[] }, options: OpenOptions): AsyncGenerator<PartOrUnread> {
  for (const { key, id, tag, bytes, archived, newest, mark } of versions) {
    if (mark) continue
    const name = newest ? '' : `version ${id}`
    if (archived) { yield { name, because: archivedBecause }; continue }
    for await (const part of partsOfSource({ name: '', bytes, open: () => readObject(access, { bucket, key, tag, version: id }) }, options)) yield under({ name, notes: () => [] }, part)
  }
}
