import type { Contract } from '#contract'
import type { Dataset, Environment } from '#inventory'
import type { Approval, Grant, Instruction, Operation } from '#instruction'
import type { Standing, Training } from '#people'
import type { Instant } from '#kit/time'

/** Every side of an act that an instruction must name, in the order a refusal lists them. */
export const dimensions = ['contract', 'purpose', 'operation', 'data', 'environment', 'recipient', 'identifiable', 'time', 'commitment', 'training', 'grant', 'approval'] as const
export type Dimension = (typeof dimensions)[number]

/** One thing somebody wants to do with a controller's data. `instruction`: the one it claims to be under. */
export interface Act {
  readonly person: string
  readonly controller: string
  readonly purpose: string
  readonly operation: Operation
  readonly data: Readonly<Record<string, readonly string[] | '*'>>
  readonly environment: string
  readonly recipient?: string
  readonly identifiable: boolean
  readonly at: Instant
  readonly instruction?: string
  /** The second person's approval that it goes by. */
  readonly approval?: string
  /** SHA-256 of all that a copy or a disclosure would do, where a second person approves it: an approval is for nothing else. Left out of acts that were recorded before, and of sessions. */
  readonly what?: string
}

/** What is known when an act is judged: the words' own records, nothing else. */
export interface World {
  readonly contracts: readonly Contract[]
  readonly environments: readonly Environment[]
  readonly datasets: readonly Dataset[]
  readonly instructions: readonly Instruction[]
  readonly grants: readonly Grant[]
  /** Left out: there is none. */
  readonly approvals?: readonly Approval[]
  readonly trainings: readonly Training[]
  readonly standings: ReadonlyMap<string, Standing>
}

/**
 * `under`: the instructions that cover the act. Refused: `failing` is against the first of `against`, which are all accepted instructions
 * of the controller from the fewest failing dimensions to the most. `exposure`: articles that the act, done anyway, would expose the processor to.
 */
export interface Decision {
  readonly outcome: 'allowed' | 'refused'
  readonly under: readonly string[]
  readonly failing: readonly Dimension[]
  readonly against: readonly string[]
  readonly articles: readonly string[]
  readonly exposure: readonly string[]
}
