/** A file, put into a bucket under keys of one's own (S3). */
import { createReadStream } from 'node:fs'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { bucketClient } from '#inventory'
import { Broken, Refused } from '#kit/errors'
import type { Destination } from './destination.ts'

/** What services take at once. */
const objectBytesMax = 5 * 1024 ** 3

export interface PuttingObject { readonly file: string; readonly bytes: number; readonly name: string; readonly to: Destination & { readonly kind: 'bucket' }; /** Told to the other side, in hexadecimal. */ readonly sha256: string }

const nothing = (): void => undefined
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/** The same name again is the same object. Throws `Refused` when it was not taken, `Broken` when nobody knows; the service's words may name an object and are in no message. */
export async function putObject({ file, bytes, name, to: { access, bucket, prefix, host }, sha256 }: PuttingObject): Promise<{ readonly status: number; readonly tag: string | null }> {
  if (bytes > objectBytesMax) throw new Refused('transfer/too-large', `a bucket takes ${objectBytesMax} bytes at once, and the data are ${bytes}; nothing was sent. Send it in parts: an instruction and a segment each`)
  const client = await bucketClient(access)
  client.config.logger = silent // what it says goes to nobody's terminal
  try {
    const { ETag, $metadata } = await client.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}${name}`, Body: createReadStream(file), ContentLength: bytes, ContentType: 'application/octet-stream', Metadata: { sha256 } }))
    return { status: $metadata.httpStatusCode ?? 200, tag: ETag ?? null }
  } catch (cause) {
    const status = (cause as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode ?? 0
    if (status >= 400 && status < 500 && status !== 429) throw new Refused('transfer/not-taken', `the sub-processor's bucket at ${host} did not take the data: HTTP ${status}; nothing counts as sent`)
    throw new Broken('transfer/no-answer', `the sub-processor's bucket at ${host} did not answer: whether it has the data is not known. The same command sends the same rows again, to the same name`, { cause })
  } finally {
    client.destroy()
  }
}
