/** What a command works with. */
import { join } from 'node:path'
import type { Database } from '#database'
import type { References } from '#inventory'
import type { Ledger, MasterKey } from '#ledger'
import type { Progress, TraceContext } from '#trace'
import { inventedTeller } from '#transfer'

export interface Bailee {
  /** Where this processor's state is; absolute. */
  readonly directory: string
  readonly ledger: Ledger
  readonly database: Database
  readonly references: References
  /** What another process of this machine needs to open the same; left out where it was not opened from a directory. */
  readonly again?: { readonly url: string | undefined; readonly master: MasterKey | undefined }
  close(): Promise<void>
}

/** What searching and erasing work with: the ledger, and the sealed fingerprints beside the data. */
export function traceContext(bailee: Bailee, progress?: Progress): TraceContext {
  return { ledger: bailee.ledger, references: bailee.references, directory: join(bailee.directory, 'fingerprints'), governed: () => inventedTeller(bailee.ledger), ...(progress === undefined ? {} : { progress }) }
}
