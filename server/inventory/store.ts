import { rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Apply } from '#ledger'
import type { Dataset, DatasetTable, Environment, Replication, Store, StoreDeclared } from './types.ts'

/** Every environment, by id. */
export async function allEnvironments(executor: Database | Transaction): Promise<Environment[]> {
  return rows<Environment>(executor, sql`select id, class, detail as declared from environment order by id`)
}

/** Every store, by id. Its URLs are references, never secrets. */
export async function allStores(executor: Database | Transaction): Promise<Store[]> {
  return rows<Store>(executor, sql`select id, environment, kind, detail as declared from store order by id`)
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

/** Folds `dataset.declared` and `dataset.checked`. */
export const applyDataset: Apply = async (tx, entry) => {
  if (entry.type === 'dataset.checked') {
    const checked = partOf<{ dataset: string }>(entry, 'evidence')
    if (checked !== undefined) await rows(tx, sql`update dataset set checked_at = ${entry.at} where id = ${checked.dataset}`)
    return
  }
  const detail = partOf<{ id: string; controller: string; store: string; tables: readonly DatasetTable[] }>(entry, 'evidence')
  if (detail === undefined) return
  await rows(tx, sql`
    insert into dataset (id, slot, controller, store, tables) values (${detail.id}, ${entry.slot}, ${detail.controller}, ${detail.store}, ${JSON.stringify(detail.tables)})
    on conflict (id) do update set store = excluded.store, tables = excluded.tables, checked_at = null`)
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
