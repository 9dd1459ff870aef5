import { join } from 'node:path'
import { bucketAccessOf, folderOf, listBuckets, listFolder, listMysql, listPostgres, listRedis, listSqlite, postgresAddress, resolveReference, type Dialect, type ListedPlace, type Listing, type References, type Store } from '#inventory'
import { Broken } from '#kit/errors'

/** A place of a declared store that can be searched, in units. */
export interface SearchablePlace extends ListedPlace {
  readonly store: Store
  /** Listed by another process, which serves its environment: it cannot be opened here. */
  readonly elsewhere?: true
}

/** Raised when readers or the scanner see more than before: what an earlier version read is then not carried over as unchanged. */
const readerVersion = 1

/** Every place of the stores, and what is in them and cannot be searched. */
export interface Places {
  readonly places: readonly SearchablePlace[]
  readonly notRead: readonly { readonly store: string; readonly place: string; readonly because: string }[]
}

export interface ListingOptions {
  /** A private folder for what can be read from a file only (`OpenOptions.scratch`). */
  readonly scratch?: string | undefined
  /** Addresses of databases that are stores of their own, beside the listed ones: they are searched as those. */
  readonly beside?: readonly string[] | undefined
  /** Each store as if it were listed alone: a database that nobody declared is then a place of every store on its server. */
  readonly apart?: boolean | undefined
  /** JSON lines by the names of their fields (`OpenOptions.named`). */
  readonly named?: boolean | undefined
  /** Texts as tables that are written so (`OpenOptions.dialect`). */
  readonly dialect?: Dialect | undefined
}

/** Every place of every store, or the reason why it cannot be read. A store that cannot be listed at all is one place (`*`) that was not read. */
export async function listPlaces(stores: readonly Store[], references: References, { scratch, beside, apart = false }: ListingOptions = {}): Promise<Places> {
  const places: SearchablePlace[] = []
  const notRead: { store: string; place: string; because: string }[] = []
  const declared = new Set([...beside ?? [], ...addressesOf(stores, references).map(({ address }) => address)])
  let seen = new Set(declared)
  for (const store of stores) {
    if (apart) seen = new Set(declared)
    const listing = await listStore(store, { references, seen, scratch }).catch((cause: unknown): Listing => {
      if (!(cause instanceof Broken)) throw cause
      return unlisted(cause.message)
    })
    places.push(...listing.places.map((place) => ({ ...place, store, signal: place.signal === undefined ? undefined : `${readerVersion} ${place.signal}` })))
    notRead.push(...listing.notRead.map((place) => ({ ...place, store: store.id })))
  }
  return { places, notRead }
}

/** The places of one store. Throws `Broken` when it cannot be listed. */
export async function listOne(store: Store, references: References, options: ListingOptions = {}): Promise<Listing> {
  return listStore(store, { references, seen: new Set(addressOf(store, references)), ...options })
}

interface Listed extends ListingOptions { readonly references: References; readonly seen: Set<string> }

const unlisted = (because: string): Listing => ({ places: [], notRead: [{ place: '*', because }] })

async function listStore(store: Store, { references, seen, ...options }: Listed): Promise<Listing> {
  const path = folderOf(store, references)
  if (store.kind === 'files') return path === undefined ? unlisted('no path is declared') : listFolder(path, options)
  if (store.kind === 'sqlite') return path === undefined ? unlisted('no path is declared') : listSqlite(path)
  if (store.kind === 's3') return bucketsOf(store, { references, ...options })
  const url = referred(store.declared.sweep_url, references)
  if (url === undefined) return unlisted('no sweep_url is set')
  switch (store.kind) {
    case 'postgres': return listPostgres(url, seen, options)
    case 'mysql': return listMysql(url)
    case 'redis': return listRedis(url, store.tables)
  }
}

const referred = (reference: string | undefined, references: References): string | undefined => (reference === undefined ? undefined : resolveReference(reference, references))

async function bucketsOf(store: Store, { references, ...options }: ListingOptions & { readonly references: References }): Promise<Listing> {
  const access = bucketAccessOf(store, references)
  return typeof access === 'string' ? unlisted(access) : listBuckets(access, options)
}

/** Where stores of PostgreSQL are, as far as their references are set here. */
export function addressesOf(stores: readonly Store[], references: References): { readonly store: string; readonly address: string }[] {
  return stores.flatMap((store) => (store.kind === 'postgres' ? addressOf(store, references).map((address) => ({ store: store.id, address })) : []))
}

function addressOf(store: Store, references: References): string[] {
  const url = referred(store.declared.sweep_url, references)
  const address = url === undefined ? undefined : postgresAddress(url)
  return address === undefined ? [] : [address]
}

/** The scratch folder of a data directory: it holds client data, so it lies where the fingerprints do. */
export const scratchIn = (directory: string): string => join(directory, 'scratch')
