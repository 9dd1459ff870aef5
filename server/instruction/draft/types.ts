import type { Instant } from '#kit/time'

/** An instruction that somebody is writing: theirs alone, and nothing anybody could act on. */
export interface InstructionDraft {
  readonly id: string
  readonly account: string
  /** As far as it is written. */
  readonly scope: Readonly<Record<string, unknown>>
  readonly changedAt: Instant
}
