/** The record of processing per controller (Art. 30(2)), from what was declared, agreed and seen; and what the law makes of it. */
import { recordedOnly, type Apply } from '#ledger'

export const applies: Readonly<Record<string, Apply>> = { register: recordedOnly }
export { assessExemption, assessFine, assessScope, assessTransfer, type Assessment, type Exposure } from './assess/assess.ts'
export { checkRecord, driftOf, isCompliant } from './check.ts'
export { exportRegister, formats, recordExport, whole, type ExportOptions, type Exported, type Format } from './export.ts'
export { recordsOf } from './gather.ts'
export { layouts, type Layout } from './layout.ts'
export type { Drift, Lack, Language, RegisterRecord } from './types.ts'
