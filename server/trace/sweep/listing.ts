/** The places of a sweep's stores: those of environments that this process serves it lists itself, the others are listed by whoever serves them. */
import { hash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { allStores, leadOf, type Lead, type Store } from '#inventory'
import { Broken } from '#kit/errors'
import { hasEnded } from '#kit/worker'
import type { TraceContext } from '../fingerprints.ts'
import { addressesOf, listPlaces, scratchIn, type ListingOptions, type Places, type SearchablePlace } from '../places.ts'
import { folderSeen, freeListings, keepFolder, knownAddresses, leaseListing, listedBy, publishAddresses, recordListing, wantListings, type ListedStore } from './store.ts'

/** Milliseconds between two looks whether others have listed theirs. */
const lookMilliseconds = 250

/** Whether this process serves the environment of a store. */
export const serves = ({ environments }: TraceContext, { environment }: Store): boolean => environments === undefined || environments.includes(environment)

/** Ids of the stores that this process serves; null for all. */
export const servedStores = (context: TraceContext, stores: readonly Store[]): readonly string[] | null => (context.environments === undefined ? null : stores.filter((store) => serves(context, store)).map(({ id }) => id))

/**
 * Every place of these stores. Waits for as long as it takes that somebody lists what this process does not serve: not to know a store is not the same as an empty one. `number`:
 * listings of one sweep at different moments. Throws the reason when it is to stop.
 */
export async function listEverywhere(context: TraceContext, { sweep, number, stores, worker }: { sweep: string; worker: string; number: number; stores: readonly Store[] }): Promise<Places> {
  const { database } = context.ledger
  const all = await allStores(database)
  const elsewhere = stores.filter((store) => !serves(context, store))
  if (context.environments === undefined) return listHere(context, stores)
  const waiting = { worker, work: (missing: readonly Store[]) => `waiting for a worker that serves ${[...new Set(missing.map(({ environment }) => environment))].join(', ')}` }
  await publish(context)
  await until(context, all.filter((store) => store.kind === 'postgres' && !serves(context, store)), { ...waiting, known: () => knownAddresses(database) })
  await wantListings(database, { sweep, number, stores: elsewhere.map(({ id }) => id) })
  const own = await listHere(context, stores.filter((store) => serves(context, store)), { beside: [...(await knownAddresses(database)).values()] })
  const listed = await until(context, elsewhere, { ...waiting, known: () => listedBy(database, { sweep, number }) })
  const theirs = elsewhere.map((store) => placesOf(store, listed.get(store.id) ?? { places: [], notRead: [] }))
  return { places: [...own.places, ...theirs.flatMap(({ places }) => places)], notRead: [...own.notRead, ...theirs.flatMap(({ notRead }) => notRead)] }
}

/** What is kept of a folder on a file system that keeps no moment at which one was made, such as NFS: another one, where it is not mounted, mostly lies on one that does. */
const noMoment = ''

/** Names of files that are kept of a folder: those whose hashes are the least, so that two looks at the same files keep the same. */
const namesKeptMax = 64

const namesOf = (places: readonly SearchablePlace[]): string[] => places.map(({ place }) => hash('sha256', place).slice(0, 24))

/** Whether at least half of the files that were kept of a folder stand in it now. */
function mostStand(before: readonly string[], now: ReadonlySet<string>): boolean {
  return before.filter((name) => now.has(name)).length * 2 >= before.length
}

/**
 * The places of stores that this process serves. A folder that is another than the one that held files before, under the same path, may just not be mounted where it holds nothing, or most of what was in it is not there: it was not read, which is not the same as
 * empty. Files of its own that lie in a mount point are listed all the same.
 */
export async function listHere(context: TraceContext, stores: readonly Store[], options: ListingOptions = {}): Promise<Places> {
  const { database } = context.ledger
  const listed = await listPlaces(stores, context.references, { scratch: scratchIn(context.directory), ...options })
  const unlisted = new Set(listed.notRead.filter(({ place }) => place.includes('*')).map(({ store }) => store))
  const other: { store: string; place: string; because: string }[] = []
  for (const store of stores.filter(({ id, kind }) => kind === 'files' && !unlisted.has(id))) {
    const [{ of = noMoment, to }, before] = [await leadOf(store, context.references), await folderSeen(database, store.id)]
    const places = listed.places.filter((place) => place.store.id === store.id)
    const isOther = before !== undefined && before.folder !== of
    if (places.length === 0) {
      if (isOther && !listed.notRead.some((one) => one.store === store.id)) other.push({ store: store.id, place: '*', because: 'the folder is empty, and is another than the one in which files were: is it mounted? Where it is meant to be empty, put a file into it' })
    } else if (isOther && before.led === to && !mostStand(before.places, new Set(namesOf(places)))) {
      other.push({ store: store.id, place: '*', because: 'the folder is another than the one in which files were, and most of these are not in it: is it mounted? Where it is meant to be another one, declare it as a store of its own' })
    } else await keepFolder(database, store.id, { folder: of, led: to, places: namesOf(places).sort().slice(0, namesKeptMax) })
  }
  return { places: listed.places, notRead: [...listed.notRead, ...other] }
}

/** Listings that say of each store where it leads, and nothing else. */
const leadNumbers: Readonly<Record<'begin' | 'end', number>> = { begin: 101, end: 102 }

/** Where each of these stores leads now. Of those that this process does not serve, whoever serves them is asked, and waited for. */
export async function leadsEverywhere(context: TraceContext, { sweep, when, stores, worker }: { readonly sweep: string; readonly when: 'begin' | 'end'; readonly stores: readonly Store[]; readonly worker: string }): Promise<Lead[]> {
  const { database } = context.ledger
  const elsewhere = stores.filter((store) => !serves(context, store))
  const number = leadNumbers[when]
  if (elsewhere.length > 0) await wantListings(database, { sweep, number, stores: elsewhere.map(({ id }) => id) })
  const leads: Lead[] = []
  for (const store of stores) if (serves(context, store)) leads.push(await leadOf(store, context.references))
  const work = (missing: readonly Store[]): string => `waiting for a worker that serves ${[...new Set(missing.map(({ environment }) => environment))].join(', ')}`
  const told = await until(context, elsewhere, { worker, work, known: () => listedBy(database, { sweep, number }) })
  return [...leads, ...elsewhere.map(({ id }) => told.get(id)?.lead ?? { store: id, to: null })]
}

/** Waits until something is known of all these stores, and lists for others meanwhile, who may wait for this process. */
async function until<Known>(context: TraceContext, stores: readonly Store[], waiting: { readonly worker: string; readonly work: (missing: readonly Store[]) => string; known(): Promise<ReadonlyMap<string, Known>> }): Promise<ReadonlyMap<string, Known>> {
  for (;;) {
    context.stopping?.throwIfAborted()
    const known = await waiting.known()
    const missing = stores.filter(({ id }) => !known.has(id))
    if (missing.length === 0) return known
    context.progress?.({ work: waiting.work(missing), place: '', done: stores.length - missing.length, total: stores.length, rows: 0 })
    if (!await listForOthers(context, waiting.worker)) await wait(lookMilliseconds)
  }
}

/** Says where the stores are that this process serves; of one that it cannot tell, that nothing is known. */
async function publish(context: TraceContext): Promise<void> {
  const { database } = context.ledger
  const mine = (await allStores(database)).filter((store) => serves(context, store) && store.kind === 'postgres')
  const told = new Map(addressesOf(mine, context.references).map(({ store, address }) => [store, address]))
  await publishAddresses(database, mine.map(({ id }) => ({ store: id, address: told.get(id) ?? '' })))
}

/** Places as somebody else listed them: they can be planned and judged, and read there only. */
function placesOf(store: Store, { places, notRead }: ListedStore): Places {
  const open = (): never => { throw new Broken('trace/elsewhere', `store ${store.id} is of an environment that this process does not serve`) }
  return {
    places: places.map(({ place, of, bytes, signal, units }): SearchablePlace => ({ store, place, of: of ?? undefined, bytes: bytes ?? undefined, signal: signal ?? undefined, units: () => units, open, elsewhere: true })),
    notRead: notRead.map((one) => ({ ...one, store: store.id })),
  }
}

/** Lists what sweeps of other processes wait for, of stores that this one serves. Resolves to whether there was any. */
export async function listForOthers(context: TraceContext, worker: string): Promise<boolean> {
  const { database } = context.ledger
  const stores = await allStores(database)
  const served = stores.filter((store) => serves(context, store))
  await publish(context)
  await freeListings(database, hasEnded)
  for (let any = false; ;) {
    context.stopping?.throwIfAborted()
    const leased = await leaseListing(database, { worker, stores: served.map(({ id }) => id) })
    const store = served.find(({ id }) => id === leased?.store)
    if (leased === undefined || store === undefined) return any
    if (Object.values(leadNumbers).includes(leased.number)) {
      await recordListing(database, { ...leased, worker }, { lead: await leadOf(store, context.references), places: [], notRead: [] })
      any = true
      continue
    }
    const { places, notRead } = await listHere(context, [store], { beside: [...(await knownAddresses(database)).values()] })
    const listed: ListedStore = {
      places: places.map((one) => ({ place: one.place, of: one.of ?? null, bytes: one.bytes ?? null, signal: one.signal ?? null, units: one.units() })), notRead: notRead.map(({ place, because }) => ({ place, because })),
    }
    await recordListing(database, { ...leased, worker }, listed)
    any = true
  }
}
