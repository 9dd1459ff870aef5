/** What leaked: from which copy, whom it concerns, what its controller is told, and by when. */
import type { Apply } from '#ledger'
import { applyBreach } from './store.ts'

export const applies: Readonly<Record<string, Apply>> = { breach: applyBreach }
export { allBreaches, noticesOf, sendingsOf } from './store.ts'
export { attributeBreach, countBreach, describeBreach, findBreach, openBreach, type Opening } from './breach.ts'
export { figuresOf, figureText, type Census, type Figure } from './count.ts'
export { attributedText, clocksOf, draftNotice, plainText } from './notice.ts'
export { takeCensus } from './people.ts'
export { sendNotice, type Way } from './send.ts'
export type { Attributed, Breach, BreachNotice, Counted, NoticeDocument, Sending } from './types.ts'
