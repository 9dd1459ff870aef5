import type { Instant } from '#kit/time'

/** What leads to a client database beside the gateway. */
export const roadKinds = ['role', 'pg_hba', 'replication slot', 'subscription', 'publication', 'foreign server', 'extension', 'language', 'event trigger', 'session'] as const
export type RoadKind = (typeof roadKinds)[number]

/** One road as it was seen. `name` is what the database calls it, `says` a sentence without values, `fix` a statement that closes it. */
export interface SeenRoad {
  readonly kind: RoadKind
  readonly name: string
  readonly says: string
  readonly fix?: string
  /** Login roles that it serves: where each of them is declared, so is the road. Absent: it has to be declared itself. */
  readonly roles?: readonly string[]
}

/** A road that stays open on purpose: declared in bailee.yaml, with whoever answers for it and why. */
export interface BreakGlass {
  readonly kind: RoadKind
  readonly name: string
  readonly owner: string
  readonly reason: string
  /** First moment at which it counts no longer. */
  readonly until?: string | undefined
}

/** Where one looked and was not let, or could not; never to be read as *nothing is there*. */
export interface NotSeen {
  readonly kinds: readonly RoadKind[]
  readonly because: string
  readonly fix?: string
}

export type RoadState = 'open' | 'declared' | 'closed'

/** Every move of a road, one ledger entry each: `gateway.road_opened`, `gateway.road_declared`, `gateway.road_closed`. */
export const roadMoves = {
  open: ['declared', 'closed'],
  declared: ['open', 'closed'],
  closed: ['open', 'declared'],
} as const satisfies Record<RoadState, readonly RoadState[]>

/** A road as one controller's log has it. `slot` 0: of a store that holds no controller's dataset. */
export interface Road {
  readonly id: string
  readonly slot: number
  readonly store: string
  readonly kind: RoadKind
  readonly name: string
  readonly says: string
  readonly fix: string | null
  readonly state: RoadState
  readonly since: Instant
  /** Of a declared road: its owner and reason. Of a closed one: why it is thought closed. */
  readonly because: string | null
}

/** What was seen of one store. */
export interface StoreRoads {
  readonly store: string
  readonly roads: readonly (SeenRoad & { readonly declared?: BreakGlass })[]
  readonly notSeen: readonly NotSeen[]
}
