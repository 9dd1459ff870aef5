/** What leaked: from which copy, whom it concerns, what its controller is told, and by when. */
import type { Apply } from '#ledger'
import { applyBreach } from './store.ts'

export const applies: Readonly<Record<string, Apply>> = { breach: applyBreach }
export { allBreaches, censusesOf as peopleCounted, noticesOf, sendingsOf, toldAt } from './store.ts'
export { attributeBreach, describeBreach, findBreach, openBreach, type Opened, type Opening } from './breach.ts'
export { countBreach } from './concerned.ts'
export { figuresOf, figureText, memberStates, type Census, type Figure } from './count.ts'
export { attributedText, clocksOf, countLimits, draftNotice, plainText, termsOf } from './notice.ts'
export { isRecordingDue, recordDataset, recordDaysDefault, recordDue, recordEverySeconds, recordingsDue, recordingStates, recordStopped, type Recorded, type RecordingState } from './recording.ts'
export { deliver, isAddress, mustBeSafe, type Message, type Way } from './deliver.ts'
export { noticePdf } from './paper.ts'
export { breachRegister, type BreachRecord, type BreachRegister } from './record.ts'
export { breachFormats, exportBreaches, type BreachFormat } from './recordPaper.ts'
export { sendNotice } from './send.ts'
export type { Attributed, Breach, BreachNotice, Counted, NoticeDocument, Sending } from './types.ts'
