import type { Instant } from '#kit/time'

/** `training`: one lapses or has lapsed. `review`: one is open. `emergency`: access without a second person, the alarm. `window`: the time to object to a sub-processor ends. `warning`: a controller did not answer one. `activity`: a scheduled one was not begun in time, or was not made. `copy`: one is about to be erased, or should have been. */
export const reminderKinds = ['training', 'review', 'emergency', 'window', 'warning', 'activity', 'copy', 'noted'] as const
export type ReminderKind = (typeof reminderKinds)[number]

/** Something to tell somebody of the processor. The same thing has the same id, so that it is told once. It holds nothing of any subject. */
export interface Reminder {
  readonly id: string
  /** The log that says it was sent: that of its controller, or the common one. */
  readonly slot: number
  readonly kind: ReminderKind
  /** As declared: an address of e-mail, or something that is none. */
  readonly to: string | undefined
  readonly says: Readonly<Record<'en' | 'fr', string>>
}

/** What became of one. `begun`: nothing is known of what came of it. */
export interface ReminderSent {
  readonly id: string
  readonly slot: number
  readonly kind: ReminderKind
  readonly channel: 'e-mail' | 'webhook'
  readonly recipientSha256: string
  readonly messageId: string
  readonly tries: number
  readonly begunAt: Instant
  readonly outcome: 'begun' | 'sent' | 'not sent' | 'unknown'
  readonly receipt: string | null
  readonly settledAt: Instant | null
}
