import { resolveReference, type References, type Store } from '#inventory'
import type { Ledger } from '#ledger'
import { Broken } from '#kit/errors'

export interface TransferContext {
  readonly ledger: Ledger
  readonly references: References
  /** A private folder, for stores whose tables are read from a file only, or written in no one direction: objects of buckets. */
  readonly scratch?: string | undefined
  /** Told now and then how many rows of a table went. */
  readonly copied?: ((table: string, rows: number) => void) | undefined
}

/** The address that a store declares under this name. Throws `Broken` when it is not set. */
export function urlOf(store: Store, which: 'erase_url' | 'sweep_url', references: References): string {
  const reference = store.declared[which]
  const url = reference === undefined ? undefined : resolveReference(reference, references)
  if (url === undefined) throw new Broken('transfer/no-url', `${which} of store ${store.id} is not set: a copy is read by the account of sweep_url, and written and erased by that of erase_url`)
  return url
}
