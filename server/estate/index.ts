/** What a processor declares: bailee.yaml, compared with the ledger and recorded one entry a change. */
export { declare, type Declared } from './declare.ts'
export { applyEstate, checkColumns, plan, planFirst, type ColumnCheck } from './apply.ts'
export type { Plan, PlannedChange } from './plan.ts'
export { readEstate, type ReadEstate } from './read.ts'
export type { Estate } from './schema.ts'
