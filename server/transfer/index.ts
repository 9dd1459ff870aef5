/** The legitimate road for data to another place: pseudonymised on the way, registered before the first row, gone when its time is over. */
import type { Apply } from '#ledger'
import { applyTransfer } from './store.ts'

export const applies: Readonly<Record<string, Apply>> = { transfer: applyTransfer }
export { allDisclosures, allReceipts, allReturns, allTransfers } from './store.ts'
export { canariesOf, markedCopy, openCanaries, secretOf, type Canaries, type Canary, type Told } from './canary/known.ts'
export { copiesIn, inventedTeller, type LeakOf, type LeakRead } from './canary/leak.ts'
export { drawnIn } from './drawn.ts'
export { copyFormats, type CopyFormat } from './adapter/index.ts'
export type { TransferContext } from './context.ts'
export { askCopy, copyData, explainCopy, type CopyAnswer, type CopyRequest } from './copy.ts'
export { askDisclosure, discloseData, type DiscloseRequest } from './disclose.ts'
export { recordReceipt } from './receipt.ts'
export { askExtension, extendCopy, type ExtendRequest } from './extend.ts'
export { eraseExpired, eraseTransfer, type ErasedTransfer } from './expire.ts'
export { returnData, returnFormats, type ReturnRequest } from './return.ts'
export type { DataReturn, Disclosure, Isolation, TransferReceipt, ReturnFormat, TableMade, Transfer, Transform, TransferState } from './types.ts'
