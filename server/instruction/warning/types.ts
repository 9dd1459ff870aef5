import type { Custody } from '#people'
import type { Instant } from '#kit/time'

/** What was told of an instruction that infringes data protection law (Art. 28(3), last sentence), and what came of it. */
export interface Warning {
  readonly instruction: string
  readonly number: number
  readonly slot: number
  /** The provision that it infringes. */
  readonly provision: string
  /** Null when the key of what was agreed is gone. */
  readonly reasons: string | null
  readonly warnedBy: string
  readonly warnedAt: Instant
  /** Whether nothing is done under the instruction until the warning has ended. */
  readonly suspended: boolean
  /** The controller's written answer: it upholds the instruction, or agrees that it has to be replaced or withdrawn. */
  readonly answer: 'upheld' | 'agreed' | null
  readonly answerSays: string | null
  readonly answeredBy: string | null
  readonly custody: Custody | null
  readonly answeredAt: Instant | null
  readonly endedAt: Instant | null
  readonly endedBecause: 'upheld' | 'superseded' | 'withdrawn' | null
}
