import { Malformed } from './malformed.ts'
import type { Pieces } from './log.ts'
import type { Refused, Step } from './verdict.ts'

/** What the check is doing: a step that it began, one that passed, or how far it is in a long one. */
export type Progress =
  | { readonly step: string; readonly outcome: 'begun' }
  | { readonly step: string; readonly outcome: 'reading'; readonly read: number; readonly of: number }
  | ({ readonly step: string } & Pick<Step, 'outcome' | 'showed'>)

/** What a step found, and the sentence about it. */
export interface Shown<T> { readonly value: T; readonly showed: string; readonly absent?: boolean }

/** Keeps the list of steps; a step that throws stays `current`. */
export class Walk {
  current = ''
  readonly steps: Step[] = []; // or the star on the next line would multiply

  *step<T>(name: string, run: () => Shown<T> | Pieces<Shown<T>>): Generator<Progress, T> {
    this.current = name
    yield { step: name, outcome: 'begun' }
    const running = run()
    const { value, showed, absent } = 'next' in running ? yield* this.reading(name, running) : running
    const step: Step = { name, outcome: absent === true ? 'absent' : 'passed', showed }
    this.steps.push(step)
    yield { step: name, outcome: step.outcome, showed }
    return value
  }

  private *reading<T>(step: string, pieces: Pieces<T>): Generator<Progress, T> {
    for (;;) {
      const piece = pieces.next()
      if (piece.done === true) return piece.value
      yield { step, outcome: 'reading', ...piece.value }
    }
  }
}

/** Runs a check and gives its verdict: what is wrong with the evidence is a refusal, what is wrong with the machine is thrown. */
export function* judged<Verified>(steps: (walk: Walk) => Generator<Progress, Verified>): Generator<Progress, (Verified & { readonly outcome: 'verified'; readonly steps: readonly Step[] }) | Refused> {
  const walk = new Walk()
  try {
    const verified = yield* steps(walk)
    return { outcome: 'verified', steps: walk.steps, ...verified }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return { outcome: 'refused', steps: walk.steps, because: { step: walk.current, code: error.code, message: error.message } }
  }
}
