/** What the law of a day makes of facts: scope, representative, transfers, exposure and the rest, each with its reasons; recorded, and looked at again when something changed. */
import type { Apply } from '#ledger'
import { applyAssessment } from './store.ts'

export const applies: Readonly<Record<string, Apply>> = { assessment: applyAssessment }
export { assess, findQuestion, ruleAt, ruleText } from './assess.ts'
export { isInside, isThirdCountry } from './countries.ts'
export { shapeText } from './facts.ts'
export { frenchOf, inFrench } from './french.ts'
export { questions } from './questions/index.ts'
export { answerOf, findAssessment, reassess, recordAssessment, standingsOf, type Recording } from './record.ts'
export { allAssessments, listedMax } from './store.ts'
export type { Amounts, Assessment, FactAsked, Facts, FactValue, Question, RecordedAssessment, SourcedFacts, Standing, Verdict } from './types.ts'
export { holdAgainst, seenText } from './seen.ts'
export type { Observation, SeenFact } from './types.ts'
