/** What an answer is read from: the tables now or at a moment, and of a controller's own people nothing but their own. */
import { keepOn, openKeptPast, openPast, openPresent, type AsController, type Bailee, type Past } from '#composition'
import { allControllers } from '#contract'
import { countDestructions, type Ledger, type Stand } from '#ledger'
import { formatInstant, parseInstant, type Instant } from '#kit/time'
import { openPastAnswers, type PastAnswers } from './pastAnswers.ts'
import type { Principal } from './principal.ts'
import { Unanswered } from './problem.ts'

export interface Reading {
  readonly bailee: Bailee
  /** The moment that is shown: now, or that of `?at=`. */
  readonly at: Instant
  /** Whether that is the past. */
  readonly past: boolean
  readonly principal: Principal
  /** The ledger to read entries from, those after `at` left out by whoever reads: the log is there as it is, also when the tables are those of the past. */
  readonly log: Pick<Ledger, 'database' | 'keys' | 'origin'>
}

/** Who asks, when it is, and the moment they ask about; `controller`: the one that the question is about, where it is about one. */
export interface Question { readonly principal: Principal; readonly at: Instant; readonly past: Instant | undefined; readonly controller?: string | undefined }

/** Opens readings of now, and of the past. */
export interface Readings {
  /** What the answer to a question about the past hangs on: the same for two moments between which nothing was recorded. Undefined: it is about now. */
  standOf(question: Question): Promise<Stand | undefined>
  read<Result>(question: Question, work: (reading: Reading) => Promise<Result>): Promise<Result>
  readonly answers: PastAnswers
  close(): Promise<void>
}

/** How often the database is asked whether a key was destroyed, as long as something is kept that it may have sealed. */
const lookMilliseconds = 2_000

/** `keeps`: whether the past of all controllers is kept, where it is long; `every`: milliseconds between two looks at destroyed keys. */
export interface ReadingsOptions { readonly every?: number | undefined; readonly keeps: boolean; readonly report: (problem: string) => void }

/** How this server reads. What it keeps in memory, and what it holds folded, it lets go soon after a key was destroyed, also where nobody asks for anything any more. */
export function openReadings(bailee: Bailee, asController: AsController, { every = lookMilliseconds, report, keeps }: ReadingsOptions): Readings {
  const kept = openKeptPast(bailee)
  const [past, present, answers, keeping] = [openPast(bailee, keeps ? { kept } : {}), openPresent(bailee), openPastAnswers(), keeps ? keepOn(kept, { report }) : undefined]
  let [known, asked] = [0, false]
  const letGo = async (): Promise<void> => {
    if (!asked) return
    const destructions = await past.letGoOfDestroyed() ?? await countDestructions(bailee.ledger)
    answers.forgetBefore(destructions)
    if (destructions > known) present.forget()
    known = destructions
  }
  let looking = false
  const look = setInterval(() => { if (!looking) { looking = true; void letGo().catch(() => undefined).finally(() => { looking = false }) } }, every).unref()
  const standOf = async ({ principal, past: until, controller }: Question): Promise<Stand | undefined> => (until === undefined ? undefined : past.standAt(until, await slotsOf(bailee, past, { principal, controller })))
  return {
    standOf, answers, close: async () => { clearInterval(look); await keeping?.close(); await past.close() },
    async read(question, work) {
      asked = true
      const { principal, at, past: until } = question
      const { controller } = principal
      if (until === undefined && controller === null) return work({ bailee: await present.read(), at, past: false, principal, log: bailee.ledger })
      const own = controller === null ? undefined : { slot: controller.slot, account: principal.account.id }
      if (until === undefined) return asController(bailee, own!, (narrowed) => work({ bailee: narrowed, at, past: false, principal, log: narrowed.ledger }))
      const stand = (await standOf(question))!
      const then = (log: Reading['log']) => past.read(stand, controller?.slot, (folded) => work({ bailee: folded, at: until, past: true, principal, log }))
      // Entries are read where they are: for a controller's own people, in a transaction of their own.
      return own === undefined ? then(bailee.ledger) : asController(bailee, own, (narrowed) => then(narrowed.ledger))
    },
  }
}

/** Entries of all logs that are folded together where one controller is asked for: of more, its own are folded alone. */
const togetherEntriesMax = 20_000

/** The logs that are folded. For a controller's own people theirs and the common one alone: what is not folded cannot be seen. All others', unless they are many and one was asked for. */
async function slotsOf(bailee: Bailee, past: Past, { principal, controller }: Pick<Question, 'principal' | 'controller'>): Promise<readonly number[] | undefined> {
  if (principal.controller !== null) return [0, principal.controller.slot]
  if (controller === undefined || await past.entries() <= togetherEntriesMax) return undefined
  const slot = (await allControllers(bailee.database)).find(({ id }) => id === controller)?.slot
  return slot === undefined ? undefined : [0, slot]
}

/** The moment of `?at=`. Throws for what is no date, and for one that is still to come. */
export function momentOf(text: string | undefined, now: Instant): Instant | undefined {
  if (text === undefined) return undefined
  const at = parseInstant(text)
  if (at === undefined || at < 0) throw new Unanswered(400, 'request/at', 'at takes a date such as 2019-04-15 or 2019-04-15T09:00:00Z, from 1970 on')
  if (at > now) throw new Unanswered(400, 'request/at', `at takes what has been: it is ${formatInstant(now)}`)
  return at
}
