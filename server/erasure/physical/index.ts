/** Down to the bytes: what an erasure left in the files below a store, cleared and searched for. */
export { checkStore, lookBefore, restoreSettings, type Before, type Looking, type Checking, type ErasedItem } from './check.ts'
export { hindrancesOf } from './judge.ts'
export { removeNotes } from './note.ts'
export { filesAt, notReached } from './open.ts'
export { onlyTheirs } from './values.ts'
export type { Offer, StoreOutcome } from './types.ts'
