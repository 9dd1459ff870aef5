/** Where a store leads: by its address, and by what the place itself says it is, so that another place under the same name is told from it, and the same place under another name known again. */
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { Broken } from '#kit/errors'
import { openRedisServer, postgresAddress, serverOfPostgres } from './adapter/index.ts'
import { folderOf } from './reach.ts'
import { resolveReference, type References } from './reference.ts'
import type { Lead, Store } from './types.ts'

/** Whether what leads to `there` is the place of `lead`: it says itself that it is, or it has its address and does not say that it is another. Pure. */
export const isSamePlace = (lead: Lead, there: Lead): boolean => (lead.is !== undefined && lead.is === there.is) || (lead.to !== null && lead.to === there.to && (lead.of === undefined || there.of === undefined || lead.of === there.of))

const hashed = (kind: string, text: string): string => createHash('sha256').update(`${kind}\n${text}`).digest('hex').slice(0, 16)

/** Asks a store where it leads. `served`: whether this process may reach it; of others it tells nothing. What cannot be reached tells its address alone. */
export async function leadOf(store: Store, references: References, served = true): Promise<Lead> {
  const to = served ? addressOf(store, references) : undefined
  if (to === undefined) return { store: store.id, to: null }
  const { is, of } = await placeItself(store, references).catch((cause: unknown): Itself => {
    if (!(cause instanceof Broken)) throw cause
    return {}
  })
  return { store: store.id, to: hashed(store.kind, to), ...(is === undefined ? {} : { is: hashed(`${store.kind} is`, is) }), ...(of === undefined ? {} : { of: hashed(`${store.kind} of`, of) }) }
}

/**
 * Where a store leads, seen from where it led before. *Here*: it is the same place. *Later*: the same database of the same PostgreSQL cluster under the same address, in a later history: a standby took over, or it was restored to a moment; what ran before may be
 * there still. *Address*: under the same address, and it says that it is another (made anew, upgraded, a folder on another disk). *Elsewhere*: none of these.
 */
export async function sinceLead(lead: Lead, store: Store, references: References): Promise<'here' | 'later' | 'address' | 'elsewhere'> {
  const there = await leadOf(store, references)
  if (isSamePlace(lead, there)) return 'here'
  if (lead.to === null || lead.to !== there.to) return 'elsewhere'
  const { earlier = [] } = store.kind === 'postgres' ? await placeItself(store, references) : {}
  return earlier.some((of) => hashed(`${store.kind} of`, of) === lead.of) ? 'later' : 'address'
}

const referred = (reference: string | undefined, references: References): string | undefined => (reference === undefined ? undefined : resolveReference(reference, references))

function addressOf(store: Store, references: References): string | undefined {
  const { kind, declared } = store
  if (kind === 'files' || kind === 'sqlite') return folderOf(store, references)
  if (kind === 's3') {
    const service = declared.endpoint === undefined ? declared.region : referred(declared.endpoint, references)
    return service === undefined ? undefined : JSON.stringify([service, declared.bucket ?? null])
  }
  const url = referred(declared.sweep_url, references)
  if (url === undefined || !URL.canParse(url)) return undefined
  return kind === 'postgres' ? postgresAddress(url) : `${new URL(url).host}${new URL(url).pathname}`
}

interface Itself { readonly is?: string | undefined; readonly of?: string | undefined; readonly earlier?: readonly string[] | undefined }

/** What the place says it is. Throws `Broken` where it cannot be reached. */
async function placeItself(store: Store, references: References): Promise<Itself> {
  if (store.kind === 'files' || store.kind === 'sqlite') {
    const found = await inodeOf(folderOf(store, references))
    if (found === undefined) return {}
    const is = `${found.device} ${found.inode}` // a copy of a whole disk has the same inodes
    return store.kind === 'files' ? { is, of: found.inode } : { is } // a program may write a database file anew under its name
  }
  const url = referred(store.declared.sweep_url, references)
  if (url === undefined) return {}
  if (store.kind === 'postgres') return serverOfPostgres(url)
  if (store.kind !== 'redis') return {}
  const server = await openRedisServer(url)
  return server.info('run_id').then((is) => ({ is }), () => ({})).finally(() => server.close())
}

/** A folder or a file by its inode and the moment it was made, and the device, which is numbered anew when it is mounted. Undefined where nothing is there, or where the file system keeps no such moment: inodes are given out again. */
async function inodeOf(path: string | undefined): Promise<{ readonly device: bigint; readonly inode: string } | undefined> {
  const found = path === undefined ? undefined : await stat(path, { bigint: true }).catch(() => undefined)
  return found === undefined || found.birthtimeNs <= 0n || found.birthtimeNs >= found.ctimeNs ? undefined : { device: found.dev, inode: `${found.ino}:${found.birthtimeNs}` }
}
