import { rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Apply, type Entry } from '#ledger'
import type { Dataset, DatasetTable, DerivedDataset, Environment, Replication, Store, StoreDeclared } from './types.ts'

/** Every environment, by id. */
export async function allEnvironments(executor: Database | Transaction): Promise<Environment[]> {
  return rows<Environment>(executor, sql`select id, class, detail as declared from environment order by id`)
}

/** Every store, by id. Its URLs are references, never secrets. */
export async function allStores(executor: Database | Transaction): Promise<Store[]> {
  const stores = await rows<Store>(executor, sql`select id, environment, kind, detail as declared from store order by id`)
  if (!stores.some(({ kind }) => kind === 'redis')) return stores
  const datasets = await allDatasets(executor)
  return stores.map((store) => (store.kind === 'redis' ? { ...store, tables: [...new Set(datasets.filter((dataset) => dataset.store === store.id).flatMap(({ tables }) => tables.map(({ table }) => table)))] } : store))
}

/** Every dataset of every controller, by id. */
export async function allDatasets(executor: Database | Transaction): Promise<Dataset[]> {
  const found = await rows<Omit<Dataset, 'checkedAt'> & { checkedAt: number | null }>(executor, sql`
    select id, slot, controller, store, tables, checked_at as "checkedAt" from dataset order by id`)
  return found.map(({ checkedAt, ...row }) => ({ ...row, ...(checkedAt === null ? {} : { checkedAt }) }))
}

/** Folds `environment.declared`. */
export const applyEnvironment: Apply = async (tx, entry) => {
  const detail = partOf<Environment['declared']>(entry, 'evidence')
  if (detail === undefined) return
  await rows(tx, sql`
    insert into environment (id, class, detail) values (${detail.id}, ${detail.class}, ${JSON.stringify(detail)})
    on conflict (id) do update set class = excluded.class, detail = excluded.detail`)
}

/** Folds `store.declared`. */
export const applyStore: Apply = async (tx, entry) => {
  const detail = partOf<StoreDeclared>(entry, 'evidence')
  if (detail === undefined) return
  await rows(tx, sql`
    insert into store (id, environment, kind, detail) values (${detail.id}, ${detail.environment}, ${detail.kind}, ${JSON.stringify(detail)})
    on conflict (id) do update set environment = excluded.environment, kind = excluded.kind, detail = excluded.detail`)
}

/** Folds `dataset.declared` and `dataset.checked`; `dataset.derived`, `dataset.dropped` and `dataset.closed` of what is derived. */
export const applyDataset: Apply = async (tx, entry) => {
  if (entry.type === 'dataset.checked') {
    const checked = partOf<{ dataset: string }>(entry, 'evidence')
    if (checked !== undefined) await rows(tx, sql`update dataset set checked_at = ${entry.at} where id = ${checked.dataset}`)
    return
  }
  if (entry.type === 'dataset.derived' || entry.type === 'dataset.dropped') return applyDerived(tx, entry)
  if (entry.type === 'dataset.closed') return // its schema is closed, or gone; no table here says more
  const detail = partOf<{ id: string; controller: string; store: string; tables: readonly DatasetTable[] }>(entry, 'evidence')
  if (detail === undefined) return
  await rows(tx, sql`
    insert into dataset (id, slot, controller, store, tables) values (${detail.id}, ${entry.slot}, ${detail.controller}, ${detail.store}, ${JSON.stringify(detail.tables)})
    on conflict (id) do update set store = excluded.store, tables = excluded.tables, checked_at = null`)
}

/** Every derived dataset there is or was, by store and place. */
export async function allDerived(executor: Database | Transaction): Promise<DerivedDataset[]> {
  return rows<DerivedDataset>(executor, sql`select id, slot, controller, contract, instruction, store, place, columns, derived_from as "from", person, session, by, derived_at as "derivedAt", dropped_at as "droppedAt", lead
    from derived_dataset order by store, place`)
}

async function applyDerived(tx: Transaction, entry: Entry): Promise<void> {
  const detail = partOf<Pick<DerivedDataset, 'id' | 'controller' | 'contract' | 'instruction' | 'store' | 'place' | 'columns' | 'from' | 'lead'> & { readonly by?: 'transfer' | 'activity' }>(entry, 'evidence')
  if (detail === undefined) return
  if (entry.type === 'dataset.dropped') {
    await rows(tx, sql`update derived_dataset set dropped_at = ${entry.at} where id = ${detail.id} and dropped_at is null`)
    return
  }
  const made = partOf<Pick<DerivedDataset, 'person' | 'session'>>(entry, 'access')
  await rows(tx, sql`
    insert into derived_dataset (id, slot, controller, contract, instruction, store, place, columns, derived_from, person, session, by, derived_at, lead)
    values (${detail.id}, ${entry.slot}, ${detail.controller}, ${detail.contract}, ${detail.instruction}, ${detail.store}, ${detail.place}, ${JSON.stringify(detail.columns)}, ${JSON.stringify(detail.from)},
      ${made?.person ?? null}, ${made?.session ?? null}, ${detail.by ?? 'session'}, ${entry.at}, ${detail.lead === undefined ? null : JSON.stringify(detail.lead)}::jsonb)
    on conflict (id) do update set slot = excluded.slot, controller = excluded.controller, contract = excluded.contract, instruction = excluded.instruction, columns = excluded.columns, derived_from = excluded.derived_from, person = excluded.person, session = excluded.session, by = excluded.by, derived_at = excluded.derived_at, dropped_at = null, lead = excluded.lead`)
}

/** Every replication slot of ours that was not dropped, by name. */
export async function allReplications(executor: Database | Transaction): Promise<Replication[]> {
  return rows<Replication>(executor, sql`select name, slot, store, fingerprints, begun_at as "begunAt" from replication order by name`)
}

/** Folds `replication.begun` and `replication.ended`. */
export const applyReplication: Apply = async (tx, entry) => {
  const detail = partOf<Pick<Replication, 'name' | 'store' | 'fingerprints'>>(entry, 'evidence')
  if (detail === undefined) return
  if (entry.type === 'replication.ended') await rows(tx, sql`delete from replication where name = ${detail.name}`)
  else await rows(tx, sql`insert into replication (name, slot, store, fingerprints, begun_at) values (${detail.name}, ${entry.slot}, ${detail.store}, ${detail.fingerprints}, ${entry.at})`)
}
