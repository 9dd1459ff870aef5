import { numberIn, yes } from '../facts.ts'
import type { Facts, Question, Ruling } from '../types.ts'
import { asked, maybe, regulation } from './rule.ts'

const threshold = 250

/** Art. 30(5): fewer than 250 persons, and none of three things. Any one of the four ends the exemption. */
export const exemption: Question = {
  id: 'exemption', obligations: ['O32'], asks: 'May the processor do without a register?', commencement: '99(2)',
  rules: regulation(`30(5), ${threshold} persons`, 'a threshold of 1,000 persons was agreed provisionally on 2026-06-09 (Omnibus IV, 2025/0130(COD)) and was not published by 2026-10-07: not law'),
  facts: { employees: asked('number', 'persons employed'), risk: asked('yes or no', 'a risk to people is likely'), occasional: asked('yes or no', 'the processing is occasional'), special: asked('yes or no', 'data of Art. 9(1) or 10') },
  answer: (facts) => {
    const employees = numberIn(facts, 'employees')!
    const large = employees >= threshold
    const exits = [...(yes(facts, 'risk') ? ['the processing is likely to result in a risk'] : []), ...(yes(facts, 'occasional') ? [] : ['the processing is not occasional']), ...(yes(facts, 'special') ? ['it holds data of Art. 9(1) or 10'] : [])]
    const free = !large && exits.length === 0
    return {
      article: '30(5)', verdict: free ? 'yes' : 'no', outcome: free ? 'exempt' : 'register required',
      reasons: [`${employees} persons, ${large ? 'not ' : ''}fewer than ${threshold}`, ...exits.map((one) => `${one}: alone enough`), ...(free ? ['none of the three exceptions applies'] : []), ...(!large && !free ? ['the record may be limited to the processing that brings it about (WP29, 2018-04-19)'] : [])],
    }
  },
}

/** Arts 37 and 38(6): whether an officer must be there, and whether one is as the law wants it. */
export const dpo: Question = {
  id: 'dpo', obligations: ['O33'], asks: 'Is the duty to have a data protection officer met, or is there none?', commencement: '99(2)', rules: regulation('37, 38(6)'),
  facts: {
    public_authority: asked('yes or no', 'the processor is a public authority or body, other than a court'), core_activity: asked('yes or no', 'the processing is among its core activities'), systematic_monitoring: asked('yes or no', 'it needs regular and systematic monitoring of people'),
    special_data: asked('yes or no', 'data of Art. 9 or 10'), large_scale: asked('yes or no', 'on a large scale'), appointed: asked('yes or no', 'an officer is named'),
    contact_published: maybe('yes or no', 'the officer\'s contact details are published'), authority_told: maybe('yes or no', 'the authority was told of them'), conflict: maybe('yes or no', 'the officer also decides on purposes or means'),
  },
  answer: (facts) => {
    const duty = dutyOf(facts)
    if (duty === undefined) return { article: '37(1)', verdict: 'yes', outcome: yes(facts, 'appointed') ? 'not needed, and named' : 'not needed', reasons: ['none of (a), (b) and (c) applies; why is to be kept (Art. 5(2))', ...(yes(facts, 'appointed') ? ['one who is named of free will has the same standing (Arts 37 to 39)'] : [])] }
    const [article, because] = duty
    if (!yes(facts, 'appointed')) return { article, verdict: 'no', outcome: 'needed, and nobody is named', reasons: [because] }
    const lacks = [...(yes(facts, 'contact_published') ? [] : ['the contact details are not published, or that was not told']), ...(yes(facts, 'authority_told') ? [] : ['the authority was not told of them, or that was not told'])]
    if (yes(facts, 'conflict')) return { article: '38(6)', verdict: 'no', outcome: 'named, in a conflict of interests', reasons: [because, 'who decides on purposes or means cannot watch over them'] }
    if (lacks.length > 0) return { article: '37(7)', verdict: 'no', outcome: 'named, and not made known', reasons: [because, ...lacks] }
    return { article, verdict: 'yes', outcome: 'needed, and named', reasons: [because, 'published, and the authority was told (Art. 37(7))'], unconfirmed: facts['conflict'] === undefined ? ['that the officer has no other task that conflicts was not told'] : [] }
  },
}

function dutyOf(facts: Facts): readonly [article: string, because: string] | undefined {
  if (yes(facts, 'public_authority')) return ['37(1)(a)', 'a public authority or body']
  if (!yes(facts, 'core_activity') || !yes(facts, 'large_scale')) return undefined
  if (yes(facts, 'systematic_monitoring')) return ['37(1)(b)', 'core activities need regular and systematic monitoring of people on a large scale']
  return yes(facts, 'special_data') ? ['37(1)(c)', 'core activities are processing of data of Art. 9 or 10 on a large scale'] : undefined
}

/** O31: what the record of Art. 30(2) must have. `bailee register check` looks at the real one. */
export const register: Question = {
  id: 'register', obligations: ['O31'], asks: 'Is there a record of processing as Art. 30(2) asks for it?', commencement: '99(2)', rules: regulation('30(2) to (4)'),
  facts: {
    parties: asked('yes or no', 'name and contact details of processor and controller'), controller_dpo: asked('yes or no', 'the controller\'s officer, or that there is none'), representatives: asked('yes or no', 'representatives, or that there is none'),
    categories: asked('yes or no', 'categories of processing for each controller'), transfers: asked('yes or no', 'transfers, or that there are none'), measures: maybe('yes or no', 'security measures, where possible'), written: asked('yes or no', 'in writing, electronic form included'), available: asked('yes or no', 'at hand when the authority asks'),
  },
  answer: (facts): Ruling => {
    const elements: (readonly [string, string, string])[] = [
      ['parties', '30(2)(a)', 'the parties\' names and contact details'], ['controller_dpo', '30(2)(a)', 'the contact details of the controller\'s data protection officer'], ['representatives', '30(2)(a)', 'the representatives'],
      ['categories', '30(2)(b)', 'the categories of processing'], ['transfers', '30(2)(c)', 'the transfers'], ['written', '30(3)', 'written form'], ['available', '30(4)', 'being there when the authority asks'],
    ]
    const lacks = elements.filter(([name]) => !yes(facts, name))
    if (lacks.length > 0) return { article: lacks[0]![1], verdict: 'no', outcome: 'not a register', reasons: [...lacks.map(([, article, says]) => `lacks ${says} (Art. ${article})`), 'documents with some of it are not a register'] }
    return { article: '30(2)', verdict: 'yes', outcome: 'a register', reasons: ['every element that is required is there'], unconfirmed: yes(facts, 'measures') ? [] : ['security measures, which Art. 30(2)(d) wants where possible, are not in it or were not told'] }
  },
}
