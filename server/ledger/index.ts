/** The append-only record: bytes, not meanings. One log per controller, a common log, a root log of snapshots. */
export { openLedger, partOf, type Ledger, type LedgerOptions } from './ledger.ts'
export { openKeyStore, rawPublicKey, type KeyStore, type Signer } from './keys.ts'
export { checkLedger, type LedgerCheck } from './check.ts'
export { compareRebuilt, withRebuilt, type Comparison, type FoldedTable, type Rebuilt } from './rebuild.ts'
export { exportBundle, type BundleOptions, type BundleSummary } from './bundle.ts'
export { jcs, destroyed, type Draft, type Entry, type Json, type Part, type RetentionClass, type SealingKey } from './entry.ts'
export { recordedOnly, type Apply } from './append.ts'
export { originOf, type ClockKind } from './store.ts'
