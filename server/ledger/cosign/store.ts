import { first, rows, sql, type Database, type Transaction } from '#database'
import type { Apply } from '../fold.ts'
import { partOf } from '../ledger.ts'
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { noWitnesses, type WitnessPolicy } from './policy.ts'

/** Who cosigns, as last declared. */
export async function witnessPolicy(executor: Database | Transaction): Promise<WitnessPolicy> {
  return (await first<{ detail: WitnessPolicy }>(executor, sql`select detail from witness_policy`))?.detail ?? noWitnesses
}

/** Folds `witness.declared`. */
export const applyWitness: Apply = async (tx, entry) => {
  if (entry.type !== 'witness.declared') throw new Refused('ledger/unknown-entry', `no witness entry is of type ${entry.type}`)
  const policy = partOf<WitnessPolicy>(entry, 'evidence')
  if (policy === undefined) return
  await rows(tx, sql`
    insert into witness_policy (detail, declared_at) values (${JSON.stringify(policy)}, ${entry.at})
    on conflict (only_one) do update set detail = excluded.detail, declared_at = excluded.declared_at`)
}

/** What became of asking one witness. `size` and `cosignedAt` are of its last good answer, `because` of the last bad one since. */
export interface Contact {
  readonly vkey: string
  readonly size: number | null
  readonly cosignedAt: Instant | null
  readonly triedAt: Instant
  readonly failures: number
  readonly because: string | null
}

/** By vkey; nobody who was never asked. */
export async function contacts(executor: Database | Transaction): Promise<Map<string, Contact>> {
  const found = await rows<Contact>(executor, sql`select vkey, size, cosigned_at as "cosignedAt", tried_at as "triedAt", failures, because from witness_contact`)
  return new Map(found.map((contact) => [contact.vkey, contact]))
}

/** Keeps a cosignature that was verified. Kept once: a second one for the same tree says no more. */
export async function keepCosignature(tx: Transaction, { vkey, size, line, time, at }: { vkey: string; size: number; line: string; time: number; at: Instant }): Promise<void> {
  await rows(tx, sql`insert into cosignature (size, vkey, line, time) values (${size}, ${vkey}, ${line}, ${time}) on conflict do nothing`)
  await rows(tx, sql`
    insert into witness_contact (vkey, size, cosigned_at, tried_at, failures, because) values (${vkey}, ${size}, ${time}, ${at}, 0, null)
    on conflict (vkey) do update set size = greatest(witness_contact.size, excluded.size), cosigned_at = excluded.cosigned_at, tried_at = excluded.tried_at, failures = 0, because = null`)
}

/** Keeps why a witness did not cosign. That it has seen another history is kept until it cosigns again: that it cannot be reached afterwards takes nothing from it. */
export async function keepFailure(executor: Database | Transaction, { vkey, because, at }: { vkey: string; because: string; at: Instant }): Promise<void> {
  await rows(executor, sql`
    insert into witness_contact (vkey, tried_at, failures, because) values (${vkey}, ${at}, 1, ${because})
    on conflict (vkey) do update set tried_at = excluded.tried_at, failures = witness_contact.failures + 1,
      because = case when witness_contact.because like '%(ANOTHER HISTORY)' and excluded.because not like '%(ANOTHER HISTORY)' then witness_contact.because else excluded.because end`)
}

/** Cosignatures of the root log at that size, by vkey. */
export async function cosignaturesAt(executor: Database | Transaction, size: number): Promise<Map<string, string>> {
  const found = await rows<{ vkey: string; line: string }>(executor, sql`select vkey, line from cosignature where size = ${size}`)
  return new Map(found.map(({ vkey, line }) => [vkey, line]))
}
