/** Processing for a controller: queries that make derived data under an instruction, run now or when they are due, and models that were trained. */
import type { Apply } from '#ledger'
import { applyActivity } from './store.ts'

export const applies: Readonly<Record<string, Apply>> = { activity: applyActivity }
export { lateSeconds } from './due.ts'
export { registerModel, type ModelRequest } from './model.ts'
export { planActivity, refusalOf, type Planned } from './plan.ts'
export { runActivity, settleActivities, type Settled } from './run.ts'
export { runDue, scheduleActivity, schedulesAt, unscheduleActivity, type DueReport, type ScheduleRequest, type ScheduleState } from './schedule.ts'
export { allActivities, allSchedules } from './store.ts'
export type { Activity, ActivityContext, ActivityRequest, ActivityState, Lineage, Made, Schedule } from './types.ts'
