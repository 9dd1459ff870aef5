/**
 * Whether one session is alone at work, its client and its database answering each other: then it is worth while to look again for a moment before sleeping, because to be woken
 * takes about as long as all that is done between. Where more than one works there is something else to do meanwhile, and the processor is others'. Pure.
 */
/** How often the two have to answer each other, nobody else between, before anything is looked for again. */
const turnsMin = 16

/** Milliseconds that are spent looking at once: an answer that takes longer is worth being woken for. */
const lookMillisecondsMax = 0.1

/** After looking in vain it is not done so many times, twice as many each time: a session whose answers take long costs next to nothing. */
const skippedMax = 4_096

export class Alone {
  readonly millisecondsMax = lookMillisecondsMax
  private readonly possible: boolean
  private last = -1
  private beforeLast = -1
  private turns = 0
  private skipping = 0
  private skips = 0

  /** `possible`: whether there is another processor for those who are waited for. */
  constructor(possible: boolean) {
    this.possible = possible
  }

  /** Something came of a connection, one of `count` that had something at once. */
  saw(descriptor: number, count: number): void {
    this.turns = count === 1 && descriptor === this.beforeLast && descriptor !== this.last ? this.turns + 1 : 0
    this.beforeLast = this.last
    this.last = descriptor
  }

  /** Whether to look again now; asked once each time that something is waited for. */
  get looks(): boolean {
    if (!this.possible || this.turns < turnsMin) return false
    if (this.skips === 0) return true
    this.skips -= 1
    return false
  }

  /** What came of looking. */
  looked(found: boolean): void {
    this.skipping = found ? 0 : Math.min(skippedMax, Math.max(1, this.skipping * 2))
    this.skips = this.skipping
  }
}
