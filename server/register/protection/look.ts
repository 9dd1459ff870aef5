/** Looks at how connections to stores travel, and takes what was just seen of roads. */
import { allDatasets, allEnvironments, allStores, bucketAccessOf, bucketTransport, mysqlTransport, postgresTransport, redisTransport, resolveReference, type References, type Store, type Transport } from '#inventory'
import { allInstructions } from '#instruction'
import type { RoadReport } from '#gateway'
import type { Ledger } from '#ledger'
import { allFindings } from '#trace'
import { Broken } from '#kit/errors'
import { protectionOf, type EnvironmentProtection, type StoreSeen } from './protection.ts'

/** Asks the store itself; a string says why it cannot be. */
function askedOf(store: Store, references: References): (() => Promise<Transport>) | string {
  const { kind, declared } = store
  if (kind === 's3') {
    const access = bucketAccessOf(store, references)
    return typeof access === 'string' ? access : () => bucketTransport(access)
  }
  const ask = { postgres: postgresTransport, mysql: mysqlTransport, redis: redisTransport }[kind as string]
  if (ask === undefined) return `connections to a store of kind ${kind} are not looked at`
  const url = [declared.sweep_url, declared.gateway_url, declared.erase_url].flatMap((reference) => (reference === undefined ? [] : (resolveReference(reference, references) ?? [])))[0]
  return url === undefined ? 'none of its URLs is set here' : () => ask(url)
}

async function transportOf(store: Store, references: References): Promise<StoreSeen['transport']> {
  const { kind } = store
  if (kind === 'files' || kind === 'sqlite') return { is: 'not seen', because: 'it is read from a file system, without a connection of ours' }
  const ask = askedOf(store, references)
  if (typeof ask === 'string') return { is: 'not seen', because: ask }
  try {
    return { is: 'seen', value: await ask() }
  } catch (cause) {
    return { is: 'not seen', because: cause instanceof Broken ? cause.message : 'it could not be asked' }
  }
}

/** The protection of every environment as it is seen now, with `roads` as they were just looked at; a store of a kind that has no roads to look at says so. */
export async function lookAtProtection({ ledger, references }: { readonly ledger: Ledger; readonly references: References }, roads: RoadReport): Promise<EnvironmentProtection[]> {
  const { database } = ledger
  const stores = await allStores(database)
  const seen = new Map<string, StoreSeen>()
  for (const store of stores) {
    const looked = roads.stores.find((one) => one.store === store.id)
    seen.set(store.id, {
      transport: await transportOf(store, references),
      roads: looked === undefined ? { is: 'not seen', because: 'nobody looked' } : { is: 'seen', value: { open: looked.open, declared: looked.declared, notSeen: looked.notSeen.flatMap(({ kinds }) => kinds).length } },
    })
  }
  return protectionOf({ environments: await allEnvironments(database), stores, datasets: await allDatasets(database), instructions: await allInstructions(database), findings: await allFindings(database), seen })
}
