import { isInside } from '../countries.ts'
import { listIn, textIn, yes } from '../facts.ts'
import type { Facts, Question, Ruling } from '../types.ts'
import type { Instant } from '#kit/time'
import { asked, maybe, regulation } from './rule.ts'

const where = {
  country: asked('country', 'where the processor is established'),
  union_establishment: maybe('yes or no', 'an establishment in the Union in the context of whose activities it is done'),
  subjects_in_union: asked('yes or no', 'people in the Union are in the data'),
  relation: asked(['offer', 'monitoring', 'none'], 'what the activity relates to: offering goods or services to them, or monitoring their behaviour within the Union'),
} as const

const noBearing = 'whether data may go to a country (Arts 44 to 49) is another question, and a decision of adequacy changes nothing here'

/** Art. 3, of one activity: never of the firm as a whole. */
export const scope: Question = {
  id: 'scope', obligations: ['O1', 'O21'], asks: 'Does the Regulation apply to this activity of the processor?', commencement: '99(2)', rules: regulation('3'), facts: where,
  answer: (facts, at) => {
    const ruling = scopeOf(facts, at)
    return { ...ruling, reasons: [...ruling.reasons, noBearing] }
  },
}

function scopeOf(facts: Facts, at: Instant): Ruling {
  const country = textIn(facts, 'country')!
  if (isInside(country, at)) return { article: '3(1)', verdict: 'yes', outcome: 'in scope', reasons: [`the processor is established in ${country}`] }
  if (yes(facts, 'union_establishment')) return { article: '3(1)', verdict: 'yes', outcome: 'in scope', reasons: ['it is done in the context of the activities of an establishment in the Union, wherever the processing takes place'] }
  if (!yes(facts, 'subjects_in_union')) return { article: '3(2)', verdict: 'no', outcome: 'out of scope', reasons: ['nobody in the data is in the Union'] }
  switch (textIn(facts, 'relation')!) {
    case 'offer': return { article: '3(2)(a)', verdict: 'yes', outcome: 'in scope; a representative is needed unless Art. 27(2) excepts', reasons: ['the activity relates to offering goods or services to people in the Union'] }
    case 'monitoring': return { article: '3(2)(b)', verdict: 'yes', outcome: 'in scope; a representative is needed unless Art. 27(2) excepts', reasons: ['the activity relates to monitoring behaviour within the Union: segments from what people do, when and how long, are that'] }
    default: return { article: '3(2)', verdict: 'no', outcome: 'out of scope', reasons: ['nothing is offered to people in the Union, and their behaviour is not monitored'] }
  }
}

/** Art. 27: who needs a representative, the two exceptions, and where it must be. */
export const representative: Question = {
  id: 'representative', obligations: ['O2'], asks: 'Is the duty to name a representative in the Union met, or is there none?', commencement: '99(2)', rules: regulation('27'),
  facts: {
    ...where, occasional: asked('yes or no', 'the processing is occasional'), special_large_scale: asked('yes or no', 'data of Art. 9 or 10 on a large scale'), risk_unlikely: asked('yes or no', 'a risk to people is unlikely'),
    public_authority: maybe('yes or no', 'the processor is a public authority or body'), representative_country: asked('text', 'where its representative is established; `none` without one'),
    subject_countries: maybe('list', 'Member States where the people are'), mandate: maybe('yes or no', 'the representative is mandated in writing'),
  },
  answer: (facts, at) => {
    const reach = scopeOf(facts, at)
    if (reach.article === '3(1)') return { article: '27(1)', verdict: 'yes', outcome: 'not needed', reasons: [`${reach.reasons[0]}: Art. 27 is for those whom Art. 3(2) alone brings in`] }
    if (reach.verdict === 'no') return { article: '27(1)', verdict: 'yes', outcome: 'not needed', reasons: [`out of scope: ${reach.reasons[0]}`] }
    if (yes(facts, 'public_authority')) return { article: '27(2)(b)', verdict: 'yes', outcome: 'not needed', reasons: ['the processor is a public authority or body'] }
    if (yes(facts, 'occasional') && !yes(facts, 'special_large_scale') && yes(facts, 'risk_unlikely')) return { article: '27(2)(a)', verdict: 'yes', outcome: 'not needed', reasons: ['occasional, no data of Art. 9 or 10 on a large scale, and a risk is unlikely: all three'] }
    return named(facts, at, exceptionFails(facts))
  },
}

const exceptionFails = (facts: Facts): string => `the exception of Art. 27(2)(a) asks for all three; ${[...(yes(facts, 'occasional') ? [] : ['the processing is not occasional']), ...(yes(facts, 'special_large_scale') ? ['data of Art. 9 or 10 are on a large scale'] : []), ...(yes(facts, 'risk_unlikely') ? [] : ['a risk is not unlikely'])].join(', ')}`

function named(facts: Facts, at: Instant, why: string): Ruling {
  const there = textIn(facts, 'representative_country')!
  const subjects = listIn(facts, 'subject_countries')
  const no = (article: string, reason: string): Ruling => ({ article, verdict: 'no', outcome: 'needed, and not named as it should be', reasons: [why, reason] })
  if (there === 'none') return { article: '27(1)', verdict: 'no', outcome: 'needed, and nobody is named', reasons: [why] }
  // A firm in the United Kingdom stopped being one in the Union with its transition; the interim provision on transfers did not prolong that.
  if (!isInside(there, at)) return no('27(1)', `${there} is not in the Union`)
  if (subjects !== undefined && !subjects.includes(there)) return no('27(3)', `nobody in the data is in ${there}: it is to be where some of them are (${subjects.join(', ')})`)
  if (facts['mandate'] === false) return no('27(1)', 'it is not mandated in writing')
  return { article: '27(1)', verdict: 'yes', outcome: 'named', reasons: [why, `the representative is in ${there}; it goes into the register (Art. 30(2)(a))`], unconfirmed: [...(subjects === undefined ? ['whether people in the data are where the representative is was not told'] : []), ...(facts['mandate'] === undefined ? ['a written mandate was not told'] : [])] }
}
