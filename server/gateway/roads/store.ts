import { rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Entry } from '#ledger'
import type { Road } from './types.ts'

/** Every road ever seen, by store, kind and name. */
export async function allRoads(executor: Database | Transaction): Promise<Road[]> {
  return rows<Road>(executor, sql`select id, slot, store, kind, name, says, fix, state, since, because from road order by store, kind, name, slot`)
}

/** Folds `gateway.road_opened`, `gateway.road_declared` and `gateway.road_closed`. */
export async function applyRoad(tx: Transaction, entry: Entry, state: Road['state']): Promise<void> {
  const road = partOf<Pick<Road, 'id' | 'store' | 'kind' | 'name' | 'says'> & { fix?: string; because?: string }>(entry, 'evidence')
  if (road === undefined) return
  await rows(tx, sql`
    insert into road (id, slot, store, kind, name, says, fix, state, since, because)
    values (${road.id}, ${entry.slot}, ${road.store}, ${road.kind}, ${road.name}, ${road.says}, ${road.fix ?? null}, ${state}, ${entry.at}, ${road.because ?? null})
    on conflict (id) do update set says = excluded.says, fix = excluded.fix, state = excluded.state, since = excluded.since, because = excluded.because`)
}
