/** What is recorded of datasets that sessions derive. Pure. */
import { createHash } from 'node:crypto'
import type { Draft } from '#ledger'
import type { Instant } from '#kit/time'
import type { DerivedDataset } from './types.ts'

/** The id of a derived dataset follows from where it is: recorded again, it is the same. */
export function derivedId({ store, place }: Pick<DerivedDataset, 'store' | 'place'>): string {
  return `D-${createHash('sha256').update(`${store}\n${place}`).digest('hex').slice(0, 10)}`
}

/** A table that appears, or has other columns than before. */
export function derivedDraft({ slot, person, session, by, ...rest }: Omit<DerivedDataset, 'id' | 'derivedAt' | 'droppedAt' | 'by'> & { readonly by?: 'transfer' | 'activity' }, at: Instant): Draft {
  const { controller, contract, instruction, store, place, columns, from, lead } = rest
  return { slot, type: 'dataset.derived', at, parts: { evidence: { id: derivedId(rest), controller, contract, instruction, store, place, columns, from, ...(by === undefined ? {} : { by }), ...(lead === undefined || lead === null ? {} : { lead: { ...lead } }) }, access: { person, session } } }
}

/** One that is gone. */
export function droppedDraft({ slot, id, store, place }: Pick<DerivedDataset, 'slot' | 'id' | 'store' | 'place'>, because: string, at: Instant): Draft {
  return { slot, type: 'dataset.dropped', at, parts: { evidence: { id, store, place, because } } }
}
