/** What an answer is read from: the tables now or at a moment, and of a controller's own people nothing but their own. */
import { asOf, type AsController, type Bailee } from '#composition'
import type { Ledger } from '#ledger'
import { formatInstant, parseInstant, type Instant } from '#kit/time'
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

/** Folding the past takes a connection and a processor each: more wait. */
const pastAtOnceMax = 2

/** Opens readings. One at a time of few: whoever looks at the past does not keep others from the present. */
export interface Readings { read<Result>(asked: { principal: Principal; at: Instant; past: Instant | undefined }, work: (reading: Reading) => Promise<Result>): Promise<Result> }

/** How this server reads. */
export function openReadings(bailee: Bailee, asController: AsController): Readings {
  const waiting: (() => void)[] = []
  let atWork = 0
  const take = async (): Promise<void> => {
    if (atWork >= pastAtOnceMax) await new Promise<void>((resolve) => { waiting.push(resolve) })
    else atWork += 1
  }
  const give = (): void => { const next = waiting.shift(); if (next === undefined) atWork -= 1; else next() }
  return {
    async read({ principal, at, past }, work) {
      const { controller } = principal
      if (past === undefined) return controller === null ? work({ bailee, at, past: false, principal, log: bailee.ledger }) : asController(bailee, controller, (narrowed) => work({ bailee: narrowed, at, past: false, principal, log: narrowed.ledger }))
      const then = (log: Reading['log']) => asOf(bailee, past, (folded) => work({ bailee: folded, at: past, past: true, principal, log }), controller?.slot)
      await take()
      try {
        // Entries are read where they are: for a controller's own people, in a transaction of their own.
        return controller === null ? await then(bailee.ledger) : await asController(bailee, controller, (narrowed) => then(narrowed.ledger))
      } finally {
        give()
      }
    },
  }
}

/** The moment of `?at=`. Throws for what is no date, and for one that is still to come. */
export function momentOf(text: string | undefined, now: Instant): Instant | undefined {
  if (text === undefined) return undefined
  const at = parseInstant(text)
  if (at === undefined || at < 0) throw new Unanswered(400, 'request/at', 'at takes a date such as 2019-04-15 or 2019-04-15T09:00:00Z, from 1970 on')
  if (at > now) throw new Unanswered(400, 'request/at', `at takes what has been: it is ${formatInstant(now)}`)
  return at
}
