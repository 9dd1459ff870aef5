import type { Instant } from '#kit/time'

/** What a fact may be: yes or no, a number, a day (`2019-04-15`), a word, a list of words. */
export type FactValue = boolean | number | string | readonly string[]
export type Facts = Readonly<Record<string, FactValue>>

export type FactShape = 'yes or no' | 'number' | 'date' | 'text' | 'country' | 'list' | readonly string[]

/** A fact that a question takes. An optional one that is left out is *not told*, which is neither yes nor no. */
export interface FactAsked { readonly shape: FactShape; readonly says: string; readonly optional?: boolean }

/** A version of a rule: from its first day until the first day without it. `pending` is what may take its place, and is not law. */
export interface RuleVersion { readonly name: string; readonly from: string; readonly until?: string; readonly pending?: string }

/** `not in force`: the rule was not law on that day, so it answers nothing. `range`: an amount, neither yes nor no. */
export type Verdict = 'yes' | 'no' | 'range' | 'not in force'

export interface Amounts { readonly ceilingEuros: number; readonly euros: readonly [least: number, most: number] }

/** What a rule answers. `unconfirmed`: what it rests on that nobody compared with the primary text. */
export interface Ruling {
  readonly article: string
  readonly verdict: Exclude<Verdict, 'not in force'>
  readonly outcome: string
  readonly reasons: readonly string[]
  readonly unconfirmed?: readonly string[]
  readonly amounts?: Amounts
}

/** A question of law that facts answer with yes or no. */
export interface Question {
  readonly id: string
  /** Of `docs/guide/scenarios.md`: O1 to O40. */
  readonly obligations: readonly string[]
  readonly asks: string
  readonly facts: Readonly<Record<string, FactAsked>>
  /** In order; they may not overlap. */
  readonly rules: readonly RuleVersion[]
  /** Where nothing is in force on a day. */
  readonly commencement: string
  readonly answer: (facts: Facts, at: Instant) => Ruling
}

/** The answer of a question at a day, by the rule of that day. */
export interface Assessment {
  readonly question: string
  readonly asks: string
  readonly rule: string
  readonly article: string
  /** The day whose law it is. */
  readonly at: string
  readonly verdict: Verdict
  readonly outcome: string
  readonly reasons: readonly string[]
  readonly unconfirmed: readonly string[]
  /** What is proposed and not law. */
  readonly pending: readonly string[]
  readonly amounts?: Amounts | undefined
}

/** A fact with where it is known from: what somebody stated, or what the estate declares. What was seen is apart (`seen.ts`). */
export interface Sourced { readonly value: FactValue; readonly source: string }
export type SourcedFacts = Readonly<Record<string, Sourced>>

/** One observation: a value, or at least so many of something. */
export interface Observation {
  readonly fact: string
  readonly is: { readonly value: FactValue } | { readonly atLeast: number }
  /** What was seen, in words, and where: `seen: ...`. It names nobody. */
  readonly source: string
}

/** `supports`: what was stated fits it. `contradicts`: both cannot hold. `not stated`: nobody said anything of it. */
export interface SeenFact extends Observation { readonly standing: 'supports' | 'contradicts' | 'not stated' }

/** An assessment that was recorded. */
export interface RecordedAssessment extends Omit<Assessment, 'asks' | 'at'> {
  readonly id: string
  readonly slot: number
  /** Null when it is about the processor as a whole. */
  readonly controller: string | null
  /** The instruction whose work it is about. */
  readonly activity: string | null
  readonly lawAt: Instant
  readonly facts: SourcedFacts
  /** What was seen of them when it was recorded; null: nobody looked. */
  readonly seen: readonly SeenFact[] | null
  readonly note: string | null
  /** Null when the key of who did it is gone. */
  readonly by: string | null
  readonly replaces: string | null
  readonly recordedAt: Instant
}

/** How a recorded assessment stands today. */
export interface Standing {
  readonly is: 'as it was' | 'inputs changed since' | 'rule changed since' | 'replaced'
  /** What changed, in words. */
  readonly says: readonly string[]
  /** What it would answer now, where that is something else. */
  readonly now?: string | undefined
}
