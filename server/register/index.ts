/** The record of processing per controller (Art. 30(2)), from what was declared, agreed and seen; and what the law makes of it. */
import type { Apply } from '#ledger'
import { applyRegister } from './compulsion/store.ts'
import { applyInquiry } from './inquiry/store.ts'

/** What stands in the common log as `register.noted` is told apart by what is in it, and by nothing that others see. */
const applyBoth: Apply = async (tx, entry) => {
  await applyRegister(tx, entry)
  if (entry.type === 'register.noted') await applyInquiry(tx, entry)
}

export const applies: Readonly<Record<string, Apply>> = { register: applyBoth }
export type { Clauses } from './clauses/clauses.ts'
export { recordCompulsion, type Compelling } from './compulsion/compulsion.ts'
export { allCompulsions, type Compulsion } from './compulsion/store.ts'
export { checkRecord, driftOf, isCompliant } from './check.ts'
export { exportRegister, formats, recordHandedOut, streamRegister, whole, type ExportOptions, type Exported, type Format, type HandedOut } from './export.ts'
export { clausesFor, recordsOf } from './gather.ts'
export { guaranteesAt, type LookedNow } from './guarantees/gather.ts'
export { guaranteesPaper, guaranteesSheet, type Guarantee, type GuaranteePack } from './guarantees/guarantees.ts'
export { answerInquiry, isOverdue, isSettled, recordInquiry, type Asked } from './inquiry/inquiry.ts'
export { allInquiries, type Inquiry } from './inquiry/store.ts'
export { lookAtProtection } from './protection/look.ts'
export type { EnvironmentProtection, ProtectionFinding, StoreSeen } from './protection/protection.ts'
export { xlsx } from './sheet/xlsx.ts'
export { layouts, type Layout } from './layout.ts'
export type { Drift, Lack, Language, RegisterRecord } from './types.ts'
