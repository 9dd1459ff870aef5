/** How a store is reached, as it declares it and as far as its references are set here. */
import { resolve } from 'node:path'
import type { BucketAccess } from './adapter/index.ts'
import { resolveReference, type References } from './reference.ts'
import type { Store } from './types.ts'

const referred = (reference: string | undefined, references: References): string | undefined => (reference === undefined ? undefined : resolveReference(reference, references))

/** How the buckets of a store are reached, to read or to erase; in words what is not set. */
export function bucketAccessOf({ declared }: Store, references: References, to: 'read' | 'erase' = 'read'): BucketAccess | string {
  const keys = to === 'read' ? ['access_key', 'secret_key'] as const : ['erase_access_key', 'erase_secret_key'] as const
  const [endpoint, accessKey, secretKey] = [declared.endpoint, ...keys.map((key) => declared[key])].map((reference) => referred(reference, references))
  if (accessKey === undefined || secretKey === undefined) return `no ${keys.join(' and ')} are set`
  if (endpoint === undefined && (declared.endpoint !== undefined || declared.region === undefined)) return 'no endpoint is set'
  const buckets = declared.bucket === undefined ? [] : [declared.bucket].flat()
  return { endpoint, region: declared.region ?? 'us-east-1', accessKey, secretKey, buckets }
}

/** The folder of a file store, or the file of an SQLite store; relative ones start from Bailee's own directory. */
export function folderOf(store: Store, references: References): string | undefined {
  return store.declared.path === undefined ? undefined : resolve(references.directory, store.declared.path)
}
