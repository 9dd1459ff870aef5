import type { Apply } from './fold.ts'
import { applyWitness } from './cosign/store.ts'
import { applyExported } from './exported/store.ts'
import { applyReader } from './publish/store.ts'
import { applyKey } from './retention/store.ts'
import { applyRotation } from './rotation/store.ts'

/** How entries of the ledger's own nouns become rows. */
export const applies: Readonly<Record<string, Apply>> = { witness: applyWitness, ledger: (tx, entry) => (entry.type === 'ledger.bundle_exported' ? applyExported : applyReader)(tx, entry), key: (tx, entry) => (['key.rotated', 'key.revoked', 'key.certified'].includes(entry.type) ? applyRotation : applyKey)(tx, entry) }
