import { Broken } from '#kit/errors'
import type { Entry } from './entry.ts'
import type { Transaction } from './store.ts'

/** Folds one entry into the tables of the word that its type begins with. Called once per entry, in log order, inside the append's transaction. */
export type Apply = (tx: Transaction, entry: Entry) => Promise<void>

/** Folds several entries of one type, in log order, as `Apply` would one after the other. */
export type ApplyMany = (tx: Transaction, entries: readonly Entry[]) => Promise<void>

/** Folds nothing: the entry itself is the record. */
export const recordedOnly: Apply = () => Promise.resolve()

interface Folding { readonly applies: Readonly<Record<string, Apply>> }

const nounOf = (type: string): string => type.slice(0, type.indexOf('.'))

export const isFolded = ({ applies }: Folding, { type }: Entry): boolean => applies[nounOf(type)] !== recordedOnly

/** Folds one entry into the tables of its word. Throws `Broken` `ledger/no-apply` when no word knows its type. */
export async function applyOne({ applies }: Folding, tx: Transaction, entry: Entry): Promise<void> {
  if (entry.type === 'ledger.opened') return
  const apply = applies[nounOf(entry.type)]
  if (apply === undefined) throw new Broken('ledger/no-apply', `no word folds entries of type ${entry.type}`)
  await apply(tx, entry)
}
