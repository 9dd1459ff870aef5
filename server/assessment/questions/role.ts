import { dayIn, textIn, yes } from '../facts.ts'
import type { Question } from '../types.ts'
import { asked, maybe, regulation } from './rule.ts'

const becomes = 'a processor that determines purposes and means is considered to be a controller in respect of that processing (C-683/21, paras 84 to 86)'

/** Art. 28(10): when a processor is taken for a controller. */
export const role: Question = {
  id: 'role', obligations: ['O3'], asks: 'Does the processor stay a processor in this?', commencement: '99(2)', rules: regulation('28(10)'),
  facts: {
    own_purpose: asked('yes or no', 'it is done for a purpose of the processor\'s own, its client\'s benefit notwithstanding'), own_essential_means: asked('yes or no', 'the processor chose which data, whose, for how long, or who gets them'),
    union_law_compels: maybe('yes or no', 'Union or Member State law compels it'),
  },
  answer: (facts) => {
    if (yes(facts, 'union_law_compels')) return { article: '28(3)(a)', verdict: 'yes', outcome: 'stays a processor', reasons: ['Union or Member State law compels it, which Art. 28(3)(a) allows for; the controller is told before'] }
    const why = [...(yes(facts, 'own_purpose') ? ['the purpose is its own: that the client benefits as well is no instruction'] : []), ...(yes(facts, 'own_essential_means') ? ['it chose essential means, which are the controller\'s to choose'] : [])]
    if (why.length === 0) return { article: '28(10)', verdict: 'yes', outcome: 'stays a processor', reasons: ['purposes and essential means are the controller\'s; which software and which detailed safeguards may be its own'] }
    return { article: '28(10)', verdict: 'no', outcome: 'exposed to being taken for a controller', reasons: [...why, becomes, 'exposure, not a finding: an authority may also punish it as a processor (Art. 29), as in SAN-2025-014'], unconfirmed: [] }
  },
}

/** O4: reuse of a controller's data for the processor's own purposes. */
export const reuse: Question = {
  id: 'reuse', obligations: ['O4'], asks: 'May the processor reuse the data for a purpose of its own?', commencement: '99(2)', rules: regulation('28(3)(a), 6(4), 28(10), as CNIL reads them (January 2022)'),
  facts: {
    written: asked('yes or no', 'the controller authorised it in writing'), specific: asked('yes or no', 'for this reuse, not for whatever may come'), authorised_on: maybe('date', 'the day of the authorisation'), begins_on: asked('date', 'the day the reuse begins'),
    compatible: asked('yes or no', 'the controller tested the new purpose and found it compatible'), subjects_told: asked('yes or no', 'the people were informed'), own_basis: asked('yes or no', 'the processor has a legal basis of its own for it'),
  },
  answer: (facts) => {
    const [given, begins] = [dayIn(facts, 'authorised_on'), dayIn(facts, 'begins_on')!]
    const lacks: (readonly [string, string])[] = [
      ...(yes(facts, 'written') ? [] : [['28(3)(a)', 'nobody authorised it in writing'] as const]), ...(yes(facts, 'specific') ? [] : [['28(3)(a)', 'an advance permission for everything is none'] as const]),
      ...(given !== undefined && given <= begins ? [] : [['28(3)(a)', given === undefined ? 'when it was authorised was not told' : `authorised on ${textIn(facts, 'authorised_on')}, after it began`] as const]),
      ...(yes(facts, 'compatible') ? [] : [['6(4)', 'the controller made no test of compatibility, or it failed'] as const]), ...(yes(facts, 'subjects_told') ? [] : [['13, 14', 'the people were not informed'] as const]),
      ...(yes(facts, 'own_basis') ? [] : [['6(1)', 'the processor has no legal basis of its own'] as const]),
    ]
    if (lacks.length > 0) return { article: lacks[0]![0], verdict: 'no', outcome: 'not allowed', reasons: [...lacks.map(([article, says]) => `${says} (Art. ${article})`), 'doing it all the same is outside instructions (Art. 29), and exposes to Art. 28(10)'] }
    return { article: '28(10)', verdict: 'yes', outcome: 'allowed, and the processor is the controller of it', reasons: ['authorised in writing, before, for this; compatible; people informed; a basis of its own', 'it is a processing of its own: a record under Art. 30(1), and the rights of the people to be answered'] }
  },
}

/** Arts 29 and 32(4): whose an act is. */
export const attribution: Question = {
  id: 'attribution', obligations: ['O11', 'O38'], asks: 'May the firm say that the act is not its own?', commencement: '99(2)', rules: regulation('29, 32(4)'),
  facts: {
    actor: asked(['staff', 'contractor', 'sub-processor', 'outsider'], 'who did it'), in_activity: asked('yes or no', 'in the firm\'s environments, or for its work'), private_ends: maybe('yes or no', 'for private ends alone, with nothing of the firm\'s work'),
    management_knew: maybe('yes or no', 'management knew'),
  },
  answer: (facts) => {
    const unknowing = yes(facts, 'management_knew') ? [] : ['that management did not know changes nothing: neither fault nor attribution needs its knowledge (C-807/21, paras 76 to 78; C-683/21, para. 86)']
    switch (textIn(facts, 'actor')!) {
      case 'outsider': return { article: '32', verdict: 'yes', outcome: 'not the firm\'s act', reasons: ['somebody from outside did it; the firm answers for its security (Art. 32), and tells its controllers (Art. 33(2))'] }
      case 'sub-processor': return { article: '28(4)', verdict: 'no', outcome: 'the firm answers', reasons: ['the first processor stays fully liable to the controller for what its sub-processors do'] }
      default:
        if (yes(facts, 'private_ends') && !yes(facts, 'in_activity')) return { article: '32(4)', verdict: 'yes', outcome: 'not the firm\'s act; the firm answers for its measures', reasons: ['for private ends, and with nothing of the firm\'s: the person is the controller of it', 'that its measures let it happen stays the firm\'s (Art. 32(4))'], unconfirmed: ['the line between a private act and one within the activity: EDPB Guidelines 07/2020, not compared'] }
        return { article: '29', verdict: 'no', outcome: 'the act is the processor\'s', reasons: ['who acts under its authority acts for it, instructed or not: it cannot escape by pointing at somebody who disobeyed (C-741/21, paras 47 to 54)', ...unknowing, ...(yes(facts, 'private_ends') ? ['private ends do not help where it was done in its environments or for its work'] : [])] }
    }
  },
}
