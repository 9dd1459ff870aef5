/** Asks each declared store which roads lead to it beside the gateway, with the best of its URLs. */
import { resolveReference, tableAt, type Dataset, type References, type Replication, type Store } from '#inventory'
import { Broken, Misuse } from '#kit/errors'
import type { Instant } from '#kit/time'
import { parseAddress, type Address } from '../address.ts'
import { sessionGroup } from '../compile/statements.ts'
import { Administration, sqlState } from '../compile/store.ts'
import { declaredFor, roadOf, type OurLogins } from './judge.ts'
import { roadQueries, seeing, seesSessionsWhole } from './queries.ts'
import { roadKinds, type BreakGlass, type NotSeen, type RoadKind, type SeenRoad, type StoreRoads } from './types.ts'

interface Login { readonly of: 'sweep_url' | 'gateway_url' | 'erase_url' | 'maintenance_url'; readonly address: Address }

/** The logins of a store, the one that sees most first. */
function loginsOf(store: Store, references: References): Login[] {
  return (['sweep_url', 'gateway_url', 'erase_url', 'maintenance_url'] as const).flatMap((of): Login[] => {
    const reference = store.declared[of]
    const url = reference === undefined ? undefined : resolveReference(reference, references)
    if (url === undefined) return []
    try {
      return [{ of, address: parseAddress(url) }]
    } catch (cause) {
      if (cause instanceof Misuse) return []
      throw cause
    }
  })
}

export interface Looking {
  readonly stores: readonly Store[]
  readonly datasets: readonly Dataset[]
  readonly references: References
  readonly replications: readonly Replication[]
}

/** What leads to one store, as its own URLs may see it. Never throws for a store that cannot be reached: that is *not seen*. */
export async function lookAt(store: Store, looking: Looking, at: Instant): Promise<StoreRoads> {
  const unseen = (because: string): StoreRoads => ({ store: store.id, roads: [], notSeen: [{ kinds: roadKinds, because }] })
  if (store.kind !== 'postgres') return unseen(`roads to stores of kind ${store.kind} cannot be looked at yet`)
  const logins = loginsOf(store, looking.references)
  if (logins.length === 0) return unseen(`no URL of store ${store.id} is set or can be read`)
  const databases = logins.map(({ of, address }) => ({ of, database: new Administration(address) }))
  const tables = looking.datasets.filter((dataset) => dataset.store === store.id).flatMap((dataset) => dataset.tables.map(({ table }) => { const { schema, name } = tableAt(table); return { schema, table: name } }))
  const [roads, notSeen]: [SeenRoad[], NotSeen[]] = [[], []]
  try {
    const ours = oursAt(logins, looking)
    for (const kind of roadKinds) {
      const answer = await ask(kind, databases.map(({ database }) => database), tables)
      if ('because' in answer) notSeen.push({ kinds: [kind], ...answer })
      else roads.push(...answer.rows.flatMap((row) => roadOf(kind, row, ours) ?? []))
    }
    if (notSeen.length === roadKinds.length) return unseen(notSeen[0]?.because ?? 'nothing could be asked')
    const whole = await firstOf(databases.map(({ database }) => database), (database) => database.run(seesSessionsWhole))
    if (whole.outcome === 'answered' && whole.value[0]?.['whole'] !== true) notSeen.push({ kinds: ['session'], because: 'connections of physical replication are shown to members of pg_read_all_stats only', ...fixOf('session') })
  } finally {
    await Promise.all(databases.map(({ database }) => database.end()))
  }
  const breakGlass = (store.declared['break_glass'] ?? []) as readonly BreakGlass[]
  return { store: store.id, notSeen, roads: distinct(roads).map((road) => { const declared = declaredFor(road, breakGlass, at); return declared === undefined ? road : { ...road, declared } }) }
}

/** Logins of every store at the same server: a server's roles are shared by its databases. */
function oursAt(logins: readonly Login[], { stores, references, replications }: Looking): OurLogins {
  const here = new Set(logins.map(({ address }) => `${address.host}:${address.port}`))
  const all = stores.filter(({ kind }) => kind === 'postgres').flatMap((store) => loginsOf(store, references)).filter(({ address }) => here.has(`${address.host}:${address.port}`))
  return { all: new Set(all.map(({ address }) => address.user)), gateway: logins.find(({ of }) => of === 'gateway_url')?.address.user, slots: new Set(replications.map(({ name }) => name)) }
}

const fixOf = (kind: RoadKind): { fix?: string } => { const fix = seeing[kind]; return fix === undefined ? {} : { fix } }

async function ask(kind: RoadKind, databases: readonly Administration[], tables: readonly unknown[]): Promise<{ rows: readonly Readonly<Record<string, unknown>>[] } | { because: string; fix?: string }> {
  const asked = await firstOf(databases, (database) => database.run(roadQueries[kind], [sessionGroup, JSON.stringify(tables)]))
  if (asked.outcome === 'answered') return { rows: asked.value }
  return asked.state === undefined ? { because: 'the database could not be reached' } : { because: `none of the store's logins may see it (SQLSTATE ${asked.state})`, ...fixOf(kind) }
}

/** The first login that is let; what the last one heard when none is. */
async function firstOf<Value>(databases: readonly Administration[], work: (database: Administration) => Promise<Value>): Promise<{ outcome: 'answered'; value: Value } | { outcome: 'refused'; state: string | undefined }> {
  let state: string | undefined
  for (const database of databases) {
    try {
      return { outcome: 'answered', value: await work(database) }
    } catch (cause) {
      if (sqlState(cause) === undefined && !(cause instanceof Broken)) throw cause
      state = sqlState(cause) ?? state
    }
  }
  return { outcome: 'refused', state }
}

/** Two lines of pg_hba.conf that read the same are one road. */
function distinct(roads: readonly SeenRoad[]): SeenRoad[] {
  return [...new Map(roads.map((road) => [`${road.kind}\n${road.name}`, road])).values()]
}
