/** Where data that are disclosed go: an address to put a file to, or a bucket with keys of one's own. */
import { resolveReference, type BucketAccess, type References } from '#inventory'
import { Broken, Misuse } from '#kit/errors'

export type Destination =
  | { readonly kind: 'address'; readonly host: string; readonly address: URL }
  | { readonly kind: 'bucket'; readonly host: string; readonly access: BucketAccess; readonly bucket: string; readonly prefix: string }

const words = ['endpoint', 'region', 'bucket', 'prefix', 'access_key', 'secret_key'] as const
const needed = ['bucket', 'access_key', 'secret_key'] as const

/**
 * Reads what a reference stands for: an https address, which may hold a signature, or a bucket as a JSON object (`endpoint` or `region`, `bucket`, `prefix`, `access_key`, `secret_key`). Throws `Broken` when it is not set,
 * `Misuse` for a road in clear and for what is neither; what it holds is in no message.
 */
export function destinationOf(reference: string, references: References): Destination {
  const text = resolveReference(reference, references)?.trim()
  if (text === undefined) throw new Broken('transfer/no-address', 'the address that the data are to go to is not set: --address names a reference, env:NAME or file:PATH')
  if (text.startsWith('{')) return bucketOf(text)
  const address = safe(text)
  return { kind: 'address', host: address.host, address }
}

function safe(text: string): URL {
  const address = URL.parse(text)
  const own = address !== null && ['127.0.0.1', '[::1]', 'localhost'].includes(address.hostname)
  if (address === null || (address.protocol !== 'https:' && !(address.protocol === 'http:' && own))) throw new Misuse('data go to an https address only, or to http on this machine')
  return address
}

function bucketOf(text: string): Destination {
  const declared = parsed(text)
  const missing = needed.filter((word) => declared[word] === undefined)
  if (missing.length > 0 || (declared.endpoint === undefined && declared.region === undefined)) throw new Misuse(`a bucket that data go to is described by ${words.join(', ')}; missing: ${[...missing, ...(declared.endpoint === undefined && declared.region === undefined ? ['endpoint or region'] : [])].join(', ')}`)
  const { region = 'us-east-1', bucket = '', prefix = '', access_key: accessKey = '', secret_key: secretKey = '' } = declared
  const endpoint = declared.endpoint === undefined ? undefined : safe(declared.endpoint)
  return { kind: 'bucket', host: `${endpoint?.host ?? `s3.${region}.amazonaws.com`}/${bucket}`, bucket, prefix, access: { endpoint: endpoint?.href, region, accessKey, secretKey, buckets: [bucket] } }
}

/** Texts alone: what else stands there is not looked at. */
function parsed(text: string): Partial<Record<(typeof words)[number], string>> {
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    throw new Misuse(`what the address refers to begins like a bucket and is no JSON object with ${words.join(', ')}`)
  }
  return Object.fromEntries(words.flatMap((word) => { const value = (found as Record<string, unknown>)[word]; return typeof value === 'string' && value !== '' ? [[word, value]] : [] }))
}
