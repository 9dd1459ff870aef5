/** What a contract's end asks for: the choice, what has to come first, and by when. Pure. */
import { choiceNow, type ChoiceMade, type ChoiceNow, type Contract, type ReleaseMade } from '#contract'
import { day, formatDay, type Instant } from '#kit/time'
import type { Erasure } from './types.ts'

/** Days to erase when the contract names none: the month that the data act and good practice converge on. */
const withinDaysDefault = 30

/** When the controller may no longer fetch its data, where that was agreed, and when everything must be erased. Both count from the agreed end, also where it was recorded later. */
export function datesOf({ ends, declared: { at_end: end } }: Contract, at: Instant): { deadline: Instant; retrieveUntil: Instant | null } {
  const from = Math.min(at, ends ?? at)
  const retrieval = end?.retrieval_days
  const within = end?.within_days ?? (retrieval ?? 0) + withinDaysDefault
  return { deadline: from + within * day, retrieveUntil: retrieval === undefined ? null : from + retrieval * day }
}

/** What signatories said of an end. */
export interface Said { readonly made: readonly ChoiceMade[]; readonly released: readonly ReleaseMade[] }

/** What an exit case waits for. `what` is a code of its own. */
export interface Waiting { readonly what: 'no-choice' | 'not-released' | 'retrieval'; readonly because: string }

/** What has to happen before anything may be erased; undefined for nothing. */
export function waitsFor({ contract, said: { made, released }, retrieveUntil }: { readonly contract: Contract; readonly said: Said; readonly retrieveUntil: Instant | null }, at: Instant): Waiting | undefined {
  const now = choiceNow(contract, made)
  const { id } = contract
  if (now === undefined) return { what: 'no-choice', because: `nobody chose what happens at the end of ${id} (delete, return, send_on), and nothing is assumed: ask the controller; a signatory of theirs chooses: bailee contract choose ${id} CHOICE --as NAME` }
  const waived = released.some(({ how }) => how === 'waived')
  if (now.choice !== 'delete' && released.length === 0) return { what: 'not-released', because: `the choice of ${id} is ${now.choice}: nothing is erased before a signatory says that the data were received, or waives it: bailee contract release ${id} received --as NAME` }
  if (retrieveUntil !== null && at < retrieveUntil && !waived) return { what: 'retrieval', because: `the controller may fetch its data until ${formatDay(retrieveUntil)}, and nothing is erased before that, unless a signatory waives it: bailee contract release ${id} waived --as NAME` }
  return undefined
}

/** Days before a deadline on which somebody is warned, and between two warnings once it is over. */
const [warnedDays, overdueEveryDays] = [[14, 7, 3, 1], 7] as const

/** What is to be said of an exit case that is not certified; each kind once. */
export interface Warning { readonly kind: string; readonly says: string; readonly overdue: boolean }

/** The warning that is due of a deadline; those that were passed over are not made up for. */
export function warningOf(erasure: Pick<Erasure, 'id' | 'state' | 'deadline'>, waiting: Waiting | undefined, at: Instant): Warning | undefined {
  if (erasure.state === 'certified') return undefined
  const left = Math.ceil((erasure.deadline - at) / day)
  const waits = waiting === undefined ? '' : `; ${waiting.because}`
  if (left <= 0) {
    const times = Math.floor(-left / overdueEveryDays)
    return { kind: `overdue ${times * overdueEveryDays}`, says: `${erasure.id} is overdue: everything should have been erased by ${formatDay(erasure.deadline)}${waits}`, overdue: true }
  }
  const reached = warnedDays.filter((days) => left <= days).at(-1)
  if (reached !== undefined) return { kind: `before ${reached}`, says: `${erasure.id}: ${left} days until its deadline, ${formatDay(erasure.deadline)}${waits}`, overdue: false }
  return waiting?.what === 'no-choice' ? { kind: 'no choice', says: `${erasure.id} waits: ${waiting.because}`, overdue: false } : undefined
}

/** Days before an end on which a controller is asked for the choice that nobody made. */
const askedDays = [60, 14, 3] as const

/** What a controller is asked before the end of a contract that names no choice. */
export function askBefore(contract: Contract, made: readonly ChoiceMade[], at: Instant): { readonly days: number; readonly says: string } | undefined {
  if (contract.ends === undefined || contract.endedAt !== undefined || at >= contract.ends || choiceNow(contract, made) !== undefined) return undefined
  const reached = askedDays.filter((days) => at >= (contract.ends ?? 0) - days * day).at(-1)
  return reached === undefined ? undefined : { days: reached, says: `contract ${contract.id} ends on ${formatDay(contract.ends)}, and nobody chose what happens to the data then (delete, return, send on): please choose` }
}

/** How a choice is told. */
export const toldChoice = (now: ChoiceNow | undefined): string => (now === undefined ? 'no choice' : `${now.choice}${now.recipient === undefined ? '' : ` to ${now.recipient}`}`)
