/** What the processor's own people are reminded of, and alarmed about: sent once, with a receipt. */
import type { Apply } from '#ledger'
import { applyReminder } from './store.ts'

export const applies: Readonly<Record<string, Apply>> = { reminder: applyReminder }
export { allReminders } from './store.ts'
export type { OpenInquiry } from './due.ts'
export { dueReminders } from './gather.ts'
export { sendReminders, type Reminded, type Road } from './send.ts'
export type { Reminder, ReminderKind, ReminderSent } from './types.ts'
