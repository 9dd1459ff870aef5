/** Looks at the roads to every declared store and records, in the log of each controller whose data is there, what opened, what closed, and what was not seen. */
import { createHash } from 'node:crypto'
import { allDatasets, allReplications, allStores, type Dataset, type References } from '#inventory'
import type { Draft, Json, Ledger } from '#ledger'
import { Misuse } from '#kit/errors'
import type { Instant } from '#kit/time'
import { lookAt } from './look.ts'
import { allRoads } from './store.ts'
import type { BreakGlass, NotSeen, Road, RoadState, StoreRoads } from './types.ts'

export interface RoadReport {
  /** Every road that is there now, declared or not, once for each controller it concerns. */
  readonly roads: readonly Road[]
  readonly opened: readonly string[]
  readonly closed: readonly string[]
  readonly stores: readonly { readonly store: string; readonly open: number; readonly declared: number; readonly notSeen: readonly NotSeen[] }[]
}

export interface RoadContext { readonly ledger: Ledger; readonly references: References }

/**
 * One look at the declared stores, or at `stores` only. What was open and is no longer seen is recorded as closed, unless its kind was not seen this time.
 * @throws Misuse for a store that is not declared. A store that cannot be reached is reported as not seen.
 */
export async function lookAtRoads(context: RoadContext, at: Instant, stores?: readonly string[]): Promise<RoadReport> {
  const { database } = context.ledger
  const [all, datasets, replications] = [await allStores(database), await allDatasets(database), await allReplications(database)]
  const unknown = stores?.find((id) => all.every((store) => store.id !== id))
  if (unknown !== undefined) throw new Misuse(`no store is called ${JSON.stringify(unknown)}; the stores are ${all.map(({ id }) => id).join(', ') || 'none'}`)
  const seen: StoreRoads[] = []
  for (const store of all) if (stores === undefined || stores.includes(store.id)) seen.push(await lookAt(store, { stores: all, datasets, replications, references: context.references }, at))
  const known = new Map((await allRoads(database)).map((road) => [road.id, road]))
  const [opened, closed]: [string[], string[]] = [[], []]
  for (const one of seen) {
    for (const slot of slotsOf(one.store, datasets)) {
      const moves = movesOf({ slot, seen: one, known })
      opened.push(...moves.filter(({ state }) => state === 'open').map(({ id }) => id))
      closed.push(...moves.filter(({ state }) => state === 'closed').map(({ id }) => id))
      await context.ledger.append([lookedDraft(one, slot, at), ...moves.map((move) => moveDraft(move, slot, at))])
    }
  }
  const looked = new Set(seen.map(({ store }) => store))
  return {
    roads: (await allRoads(database)).filter(({ store, state }) => looked.has(store) && state !== 'closed'), opened, closed,
    stores: seen.map(({ store, roads, notSeen }) => ({ store, open: roads.filter(({ declared }) => declared === undefined).length, declared: roads.filter(({ declared }) => declared !== undefined).length, notSeen })),
  }
}

/** The logs that a store concerns: of the controllers whose datasets it holds; the common one when it holds none. */
export function slotsOf(store: string, datasets: readonly Dataset[]): number[] {
  const slots = new Set(datasets.filter((dataset) => dataset.store === store).map(({ slot }) => slot))
  return slots.size === 0 ? [0] : [...slots].sort((one, other) => one - other)
}

/** The same road seen again in the same log is the same road. */
export function roadId(road: Pick<Road, 'slot' | 'store' | 'kind' | 'name'>): string {
  return `R-${createHash('sha256').update([road.slot, road.store, road.kind, road.name].join('\n')).digest('hex').slice(0, 10)}`
}

type Move = Pick<Road, 'id' | 'store' | 'kind' | 'name' | 'says'> & { readonly state: RoadState; readonly fix?: string; readonly because?: string }

/** What changed since the last look, for one log. Pure. */
export function movesOf({ slot, seen, known }: { slot: number; seen: StoreRoads; known: ReadonlyMap<string, Road> }): Move[] {
  const there = seen.roads.map(({ declared, kind, name, says, fix }): Move => ({
    id: roadId({ slot, store: seen.store, kind, name }), store: seen.store, kind, name, says, state: declared === undefined ? 'open' : 'declared',
    ...(fix === undefined ? {} : { fix }), ...(declared === undefined ? {} : { because: reasonOf(declared) }),
  }))
  const changed = there.filter((move) => { const before = known.get(move.id); return before?.state !== move.state || (before.because ?? undefined) !== move.because || before.says !== move.says })
  const ids = new Set(there.map(({ id }) => id))
  const unseen = new Set(seen.notSeen.flatMap(({ kinds }) => kinds))
  const gone = [...known.values()].filter((road) => road.slot === slot && road.store === seen.store && road.state !== 'closed' && !ids.has(road.id) && !unseen.has(road.kind))
  return [...changed, ...gone.map(({ id, store, kind, name, says }): Move => ({ id, store, kind, name, says, state: 'closed', because: 'no longer there' }))]
}

const reasonOf = ({ owner, reason, until }: BreakGlass): string => `break-glass, answered for by ${owner}${until === undefined ? '' : ` until ${until}`}: ${reason}`

const types = { open: 'gateway.road_opened', declared: 'gateway.road_declared', closed: 'gateway.road_closed' } as const satisfies Record<RoadState, string>

function moveDraft({ state, ...road }: Move, slot: number, at: Instant): Draft {
  return { slot, type: types[state], at, parts: { evidence: road as unknown as Json } }
}

function lookedDraft({ store, roads, notSeen }: StoreRoads, slot: number, at: Instant): Draft {
  const declared = roads.filter((road) => road.declared !== undefined).length
  return { slot, type: 'gateway.roads_looked', at, parts: { evidence: { store, open: roads.length - declared, declared, not_seen: notSeen as unknown as Json } } }
}
