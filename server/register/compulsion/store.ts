import { rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Apply } from '#ledger'
import type { Instant } from '#kit/time'

/** What an authority made the processor do, or asked for, without an instruction of the controller. */
export interface Compulsion {
  readonly id: string
  /** 0 where the controller must not be told: then it is in no log that a controller can read. */
  readonly slot: number
  readonly controller: string
  readonly authority: string
  /** The law that obliges, and of which country it is: `EU` for the Union's own. */
  readonly law: string
  readonly country: string
  /** The international agreement by which a judgment or decision of a third country binds (Art. 48). */
  readonly agreement: string | null
  readonly informing: 'told' | 'forbidden'
  readonly forbiddenBy: string | null
  /** In a sentence; `nothing` where nothing was. */
  readonly handedOver: string
  readonly recordedBy: string
  readonly recordedAt: Instant
}

/** Every record of a compulsion, oldest first, those of which the controller must not be told included. */
export async function allCompulsions(executor: Database | Transaction): Promise<Compulsion[]> {
  return rows<Compulsion>(executor, sql`
    select id, slot, controller, authority, law, country, agreement, informing, forbidden_by as "forbiddenBy", handed_over as "handedOver", recorded_by as "recordedBy", recorded_at as "recordedAt"
    from register_compulsion order by recorded_at, id`)
}

/** Folds `register.*`: an export is its own record. The type of what must not be told says nothing of it, since every controller sees the types of the common log. */
export const applyRegister: Apply = async (tx, entry) => {
  if (entry.type !== 'register.compulsion_recorded' && entry.type !== 'register.noted') return
  const one = partOf<Omit<Compulsion, 'slot' | 'recordedAt'>>(entry, 'evidence')
  if (one === undefined || 'kind' in one) return // an inquiry of an authority
  await rows(tx, sql`
    insert into register_compulsion (id, slot, controller, authority, law, country, agreement, informing, forbidden_by, handed_over, recorded_by, recorded_at)
    values (${one.id}, ${entry.slot}, ${one.controller}, ${one.authority}, ${one.law}, ${one.country}, ${one.agreement}, ${one.informing}, ${one.forbiddenBy}, ${one.handedOver}, ${one.recordedBy}, ${entry.at}) on conflict do nothing`)
}
