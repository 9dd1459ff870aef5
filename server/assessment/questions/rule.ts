/** What questions are made of. */
import type { FactAsked, FactShape, RuleVersion } from '../types.ts'

/** First day on which Regulation (EU) 2016/679 applies (Art. 99(2)). */
export const applies = '2018-05-25'

/** The one version of a rule of Regulation (EU) 2016/679 that never changed. */
export const regulation = (articles: string, pending?: string): readonly RuleVersion[] => [{ name: `Regulation (EU) 2016/679, Art. ${articles}`, from: applies, ...(pending === undefined ? {} : { pending }) }]

export const asked = (shape: FactShape, says: string): FactAsked => ({ shape, says })
export const maybe = (shape: FactShape, says: string): FactAsked => ({ shape, says, optional: true })
