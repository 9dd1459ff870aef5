import { rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Entry } from '#ledger'
import type { Proof, ProofResult } from './types.ts'

const columns = sql.raw('store, instruction, slot, role, list, state, proved_at as "provedAt", detail')

/** The last proof of every instruction at every store. */
export async function allProofs(executor: Database | Transaction): Promise<Proof[]> {
  return rows<Proof>(executor, sql`select ${columns} from proof order by store, instruction`)
}

/** The last proof of one; undefined when it was never tried. */
export async function proofOf(executor: Database | Transaction, store: string, instruction: string): Promise<Proof | undefined> {
  return (await rows<Proof>(executor, sql`/* prepared */ select ${columns} from proof where store = ${store} and instruction = ${instruction}`))[0]
}

/** Folds `gateway.proved`: the whole list, or the canary's. A canary that holds leaves the proof as it was. */
export async function applyProved(tx: Transaction, entry: Entry): Promise<void> {
  const proved = partOf<ProofResult & { store: string; instruction: string; canary: boolean }>(entry, 'evidence')
  if (proved === undefined || (proved.canary && proved.outcome === 'held')) return
  const { held, through, notTried, findings, separation } = proved
  const state = { held: 'held', through: 'through', 'not compiled': 'drifted' }[proved.outcome]
  await rows(tx, sql`
    insert into proof (store, instruction, slot, role, list, state, proved_at, detail)
    values (${proved.store}, ${proved.instruction}, ${entry.slot}, ${proved.role}, ${proved.list}, ${state}, ${entry.at}, ${JSON.stringify({ held, through, notTried, findings, separation })})
    on conflict (store, instruction) do update set role = excluded.role, list = excluded.list, state = excluded.state, proved_at = excluded.proved_at, detail = excluded.detail`)
}

/** Folds `gateway.drifted`: what was proved was changed since, and has to be proved again. */
export async function applyDrifted(tx: Transaction, entry: Entry): Promise<void> {
  const drifted = partOf<{ store: string; instruction: string }>(entry, 'evidence')
  if (drifted !== undefined) await rows(tx, sql`update proof set state = 'drifted' where store = ${drifted.store} and instruction = ${drifted.instruction} and state = 'held'`)
}
