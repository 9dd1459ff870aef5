/** The places of a sweep's stores: those of environments that this process serves it lists itself, the others are listed by whoever serves them. */
import { setTimeout as wait } from 'node:timers/promises'
import { allStores, type Store } from '#inventory'
import { Broken } from '#kit/errors'
import { hasEnded } from '#kit/worker'
import type { TraceContext } from '../fingerprints.ts'
import { addressesOf, listPlaces, scratchIn, type Places, type SearchablePlace } from '../places.ts'
import { freeListings, knownAddresses, leaseListing, listedBy, publishAddresses, recordListing, wantListings, type ListedStore } from './store.ts'

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
  if (context.environments === undefined) return listPlaces(stores, context.references, { scratch: scratchIn(context.directory) })
  const waiting = { worker, work: (missing: readonly Store[]) => `waiting for a worker that serves ${[...new Set(missing.map(({ environment }) => environment))].join(', ')}` }
  await publish(context)
  await until(context, all.filter((store) => store.kind === 'postgres' && !serves(context, store)), { ...waiting, known: () => knownAddresses(database) })
  await wantListings(database, { sweep, number, stores: elsewhere.map(({ id }) => id) })
  const own = await listPlaces(stores.filter((store) => serves(context, store)), context.references, { scratch: scratchIn(context.directory), beside: [...(await knownAddresses(database)).values()] })
  const listed = await until(context, elsewhere, { ...waiting, known: () => listedBy(database, { sweep, number }) })
  const theirs = elsewhere.map((store) => placesOf(store, listed.get(store.id) ?? { places: [], notRead: [] }))
  return { places: [...own.places, ...theirs.flatMap(({ places }) => places)], notRead: [...own.notRead, ...theirs.flatMap(({ notRead }) => notRead)] }
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
    const { places, notRead } = await listPlaces([store], context.references, { scratch: scratchIn(context.directory), beside: [...(await knownAddresses(database)).values()] })
    const listed: ListedStore = {
      places: places.map((one) => ({ place: one.place, of: one.of ?? null, bytes: one.bytes ?? null, signal: one.signal ?? null, units: one.units() })), notRead: notRead.map(({ place, because }) => ({ place, because })),
    }
    await recordListing(database, { ...leased, worker }, listed)
    any = true
  }
}
