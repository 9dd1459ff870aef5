import type { VerifyEd25519 } from '../ed25519.ts'
import { sha256 } from '../merkle.ts'
import { hexOf } from '../text.ts'

/** As `VerifyEd25519`, answered some time later. */
export type VerifyLater = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => Promise<boolean>

/** Who looks on, and how often the rest of the page gets its turn. */
export interface Settling<Progress> {
  readonly verify: VerifyLater
  readonly onProgress?: (progress: Progress) => void
  /** Longest time that the check holds the page, in milliseconds. */
  readonly turnMilliseconds?: number
}

const turnMillisecondsDefault = 30

/**
 * Runs a check whose signatures can only be answered later. It goes on as if every signature verified, up to its next yield; there the answers are waited
 * for, and nothing is reported before they are in. Were all of them good, so was everything that was concluded; was one bad, the check begins anew with
 * what is known by then. So the outcome is the one that answers at once would have given.
 */
export async function settle<Progress, Outcome>(begin: (verify: VerifyEd25519) => Generator<Progress, Outcome>, settling: Settling<Progress>): Promise<Outcome> {
  const known = new Map<string, boolean>()
  const turn = turns(settling.turnMilliseconds ?? turnMillisecondsDefault)
  let reported = 0
  for (;;) {
    const outcome = await attempt(begin, { known, settling, turn, reported: () => reported, report: (count) => { reported = count } })
    if (outcome !== undefined) return outcome.value
  }
}

interface Attempt<Progress> {
  readonly known: Map<string, boolean>
  readonly settling: Settling<Progress>
  readonly turn: () => Promise<void>
  readonly reported: () => number
  readonly report: (count: number) => void
}

/** One run; undefined when an answer was not the one that was assumed. */
async function attempt<Progress, Outcome>(begin: (verify: VerifyEd25519) => Generator<Progress, Outcome>, { known, settling, turn, reported, report }: Attempt<Progress>): Promise<{ readonly value: Outcome } | undefined> {
  let asked: { readonly name: string; readonly answer: Promise<boolean> }[] = []
  const steps = begin((publicKey, message, signature) => {
    const name = `${hexOf(publicKey)} ${hexOf(sha256(message))} ${hexOf(signature)}`
    const answer = known.get(name)
    if (answer === undefined) asked.push({ name, answer: settling.verify(publicKey, message, signature) })
    return answer ?? true
  })
  for (let count = 1; ; count += 1) {
    const step = steps.next()
    const answers = await Promise.all(asked.map(({ answer }) => answer))
    asked.forEach(({ name }, place) => known.set(name, answers[place] === true))
    asked = []
    if (answers.includes(false)) return undefined
    if (step.done === true) return { value: step.value }
    if (count > reported()) {
      settling.onProgress?.(step.value)
      report(count)
    }
    await turn()
  }
}

/** Lets others run once a stretch of time was used up. */
function turns(milliseconds: number): () => Promise<void> {
  let began = Date.now()
  return async () => {
    if (Date.now() - began < milliseconds) return
    await new Promise<void>((resolve) => { setTimeout(resolve, 0) })
    began = Date.now()
  }
}
