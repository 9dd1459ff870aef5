/** Where stores lead to: what was planned in one place is not searched again in another that bears its name since. */
import { createHash } from 'node:crypto'
import { folderOf, postgresAddress, resolveReference, type Store } from '#inventory'
import type { TraceContext } from '#trace'
import type { Erasure, Lead, Obstacle } from './types.ts'

/** Of each store a hash of its place, the same for every store that leads there; null where this process cannot tell. */
export function leadsOf({ references, environments }: Pick<TraceContext, 'references' | 'environments'>, stores: readonly Store[]): Lead[] {
  return stores.map((store) => {
    const place = environments?.includes(store.environment) === false ? undefined : placeOf(store, (reference) => (reference === undefined ? undefined : resolveReference(reference, references)), folderOf(store, references))
    return { store: store.id, to: place === undefined ? null : createHash('sha256').update(`${store.kind}\n${place}`).digest('hex').slice(0, 16) }
  })
}

function placeOf({ kind, declared }: Store, referred: (reference: string | undefined) => string | undefined, folder: string | undefined): string | undefined {
  if (kind === 'files' || kind === 'sqlite') return folder
  if (kind === 's3') {
    const service = declared.endpoint === undefined ? declared.region : referred(declared.endpoint)
    return service === undefined ? undefined : JSON.stringify([service, declared.bucket ?? null])
  }
  const url = referred(declared.sweep_url)
  if (url === undefined || !URL.canParse(url)) return undefined
  return kind === 'postgres' ? postgresAddress(url) : `${new URL(url).host}${new URL(url).pathname}`
}

/** Places of the plan where no store led any more when it was searched again, whatever they are called now. Pure. */
export function leadElsewhere({ plan, again }: Pick<Erasure, 'plan' | 'again'>): Obstacle[] {
  const there = again?.leads
  if (there === undefined) return []
  return (plan?.leads ?? []).filter(({ store, to }) => to !== null && !there.some((one) => one.to === to || (one.store === store && one.to === null)))
    .map(({ store }) => ({ store, place: '*', because: 'it led elsewhere when this was planned, and what stands there was not searched again: declare that as a store of its own, and run the erasure again' }))
}

/** What a plan demands to be searched again: where stores lead now, and where they led before and nothing was searched again since. Pure. */
export function leadsPlanned(now: readonly Lead[], { plan, again }: Pick<Erasure, 'plan' | 'again'>): Lead[] {
  const unsearched = leadElsewhere({ plan, again }).length === 0 ? [] : (plan?.leads ?? []).filter(({ to }) => again?.leads?.every((one) => one.to !== to) === true)
  return [...now, ...unsearched.filter(({ to }) => now.every((one) => one.to !== to))]
}
