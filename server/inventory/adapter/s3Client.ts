/** What reading and erasing in S3-compatible services have in common: the client, what its answers mean, and the bytes of one object. */
import { GetObjectCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { Broken } from '#kit/errors'

export interface BucketAccess {
  /** Of the service; undefined for Amazon's own, by region. */
  readonly endpoint: string | undefined
  readonly region: string
  readonly accessKey: string
  readonly secretKey: string
  /** Names; all that the account lists when empty. */
  readonly buckets: readonly string[]
}

/** Milliseconds for a connection, and for an answer to begin: a store that does not answer by then is reported as not read. */
const connectMillisecondsMax = 15_000
const answerMillisecondsMax = 60_000

// Classes of storage that give an object only after somebody asked for it to be brought back.
const archived = new Set(['GLACIER', 'DEEP_ARCHIVE'])
export const isArchived = (storage: string | undefined): boolean => archived.has(storage ?? '')
export const archivedBecause = 'archived by its service, and to be brought back before it can be read'

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
export function wordOf(cause: unknown): string {
  const { name, code } = (cause ?? {}) as { name?: unknown; code?: unknown }
  if (typeof code === 'string' && /^[A-Z_]{3,40}$/.test(code)) return code
  return typeof name === 'string' && /^[A-Za-z]{3,60}$/.test(name) ? name : 'no code'
}

/** A service that does not know the question keeps no such thing. */
export function unsupported(cause: unknown): string {
  const word = wordOf(cause)
  const status = (cause as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode
  return word === 'NotImplemented' || word === 'MethodNotAllowed' || status === 501 || status === 405 ? 'never' : word
}

/** The object, or version of one, that was listed, and no later one: it may be opened more than once, and its parts must be of one object. */
export async function* readObject(access: BucketAccess, { bucket, key, tag, version }: { bucket: string; key: string; tag: string | undefined; version?: string }): AsyncGenerator<Uint8Array> {
  const client = clientOf(access)
  try {
    const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...(version === undefined ? {} : { VersionId: version }), ...(tag === undefined ? {} : { IfMatch: tag }) }))
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

/** Throws `Broken` when a bucket is not there, or does not let itself be asked for: an object that is not found in it is not known to be gone. */
export async function bucketMustBeThere(client: S3Client, bucket: string): Promise<void> {
  await client.send(new HeadBucketCommand({ Bucket: bucket })).catch((cause: unknown) => {
    throw new Broken('inventory/store-unreachable', `a bucket cannot be opened (${wordOf(cause)}): nothing in it is known to be gone. Is its name right, and the service's address?`, { cause })
  })
}
