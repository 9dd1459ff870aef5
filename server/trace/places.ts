import { resolve } from 'node:path'
import { listFolder, listMysql, listPostgres, listRedis, postgresAddress, resolveReference, type ListedPlace, type Listing, type References, type Store } from '#inventory'
import { Broken } from '#kit/errors'

/** A place of a declared store that can be searched, in units. */
export interface SearchablePlace extends ListedPlace {
  readonly store: Store
}

/** Every place of the stores, and what is in them and cannot be searched. */
export interface Places {
  readonly places: readonly SearchablePlace[]
  readonly notRead: readonly { readonly store: string; readonly place: string; readonly because: string }[]
}

/** Every place of every store, or the reason why it cannot be read. A store that cannot be listed at all is one place (`*`) that was not read. */
export async function listPlaces(stores: readonly Store[], references: References): Promise<Places> {
  const places: SearchablePlace[] = []
  const notRead: { store: string; place: string; because: string }[] = []
  const seen = new Set(stores.flatMap((store) => (store.kind === 'postgres' ? addressOf(store, references) : [])))
  for (const store of stores) {
    const listing = await listStore(store, { references, seen }).catch((cause: unknown): Listing => {
      if (!(cause instanceof Broken)) throw cause
      return unlisted(cause.message)
    })
    places.push(...listing.places.map((place) => ({ ...place, store })))
    notRead.push(...listing.notRead.map((place) => ({ ...place, store: store.id })))
  }
  return { places, notRead }
}

interface Listed { readonly references: References; readonly seen: Set<string> }

const unlisted = (because: string): Listing => ({ places: [], notRead: [{ place: '*', because }] })

async function listStore(store: Store, { references, seen }: Listed): Promise<Listing> {
  const url = store.declared.sweep_url === undefined ? undefined : resolveReference(store.declared.sweep_url, references)
  switch (store.kind) {
    case 'files': {
      const folder = folderOf(store, references)
      return folder === undefined ? unlisted('no path is declared') : listFolder(folder)
    }
    case 'postgres': return url === undefined ? unlisted('no sweep_url is set') : listPostgres(url, seen)
    case 'mysql': return url === undefined ? unlisted('no sweep_url is set') : listMysql(url)
    case 'redis': return url === undefined ? unlisted('no sweep_url is set') : listRedis(url)
    case 'sqlite': case 's3': return unlisted(`stores of kind ${store.kind} cannot be read yet`)
  }
}

function addressOf(store: Store, references: References): string[] {
  const url = store.declared.sweep_url === undefined ? undefined : resolveReference(store.declared.sweep_url, references)
  const address = url === undefined ? undefined : postgresAddress(url)
  return address === undefined ? [] : [address]
}

/** The folder of a file store; relative ones start from Bailee's own directory. */
export function folderOf(store: Store, references: References): string | undefined {
  return store.declared.path === undefined ? undefined : resolve(references.directory, store.declared.path)
}
