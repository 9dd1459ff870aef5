/** Duties that are met when each of their conditions is. As data: a condition is a fact, its article, and what it says. */
import { dayIn, textIn, yes } from '../facts.ts'
import type { FactAsked, Question, RuleVersion } from '../types.ts'
import { asked, maybe, regulation } from './rule.ts'

type Condition = readonly [fact: string, article: string, says: string]

/** Two days of which the first may not be later than the second. */
interface Order { readonly first: string; readonly second: string; readonly article: string; readonly says: readonly [first: string, second: string] }

interface Duty { readonly id: string; readonly obligation: string; readonly asks: string; readonly rules: readonly RuleVersion[]; readonly met: readonly [article: string, outcome: string, otherwise: string]; readonly conditions: readonly Condition[]; readonly order?: Order }

/** How a text of law is named: a recital is no article. */
const cited = (where: string): string => (where.startsWith('recital') ? where : `Art. ${where}`)

function questionOf({ id, obligation, asks, rules, met: [article, outcome, otherwise], conditions, order }: Duty): Question {
  const days: Record<string, FactAsked> = order === undefined ? {} : { [order.first]: maybe('date', order.says[0]), [order.second]: asked('date', order.says[1]) }
  return {
    id, obligations: [obligation], asks, commencement: '99(2)', rules, facts: { ...Object.fromEntries(conditions.map(([fact, , says]) => [fact, asked('yes or no', says)])), ...days },
    answer: (facts) => {
      const lacks = conditions.filter(([fact]) => !yes(facts, fact)).map(([, where, says]) => [where, `not so: ${says} (${cited(where)})`] as const)
      const [first, second] = order === undefined ? [] : [dayIn(facts, order.first), dayIn(facts, order.second)]
      const late = order !== undefined && (first === undefined || first > second!) ? [[order.article, first === undefined ? `not told: ${order.says[0]}` : `${textIn(facts, order.first)} (${order.says[0]}) is after ${textIn(facts, order.second)} (${order.says[1]}) (Art. ${order.article})`] as const] : []
      const all = [...lacks, ...late]
      return all.length > 0 ? { article: all[0]![0], verdict: 'no', outcome: otherwise, reasons: all.map(([, says]) => says) } : { article, verdict: 'yes', outcome, reasons: conditions.map(([, where, says]) => `${says} (${cited(where)})`) }
    },
  }
}

const anonymity: readonly RuleVersion[] = [{ name: 'Regulation (EU) 2016/679, Art. 4(5), recital 26; WP216 of 2014-04-10', from: '2018-05-25', pending: 'EDPB Guidelines 02/2026 on anonymisation are a draft (2026-07-07), and are to replace WP216' }]

const duties: readonly Duty[] = [
  { id: 'guarantees', obligation: 'O5', asks: 'Can the processor show sufficient guarantees?', rules: regulation('28(1), 28(5)'), met: ['28(1)', 'guarantees shown', 'guarantees not shown'], conditions: [['measures_described', '28(1)', 'its measures are described in terms that can be checked'], ['measures_tested', '32(1)(d)', 'they were tested within the year'], ['staff_trained', '28(3)(b)', 'its staff is trained and committed'], ['proof_current', '28(5)', 'certificates and reports it shows are in force on that day']] },
  { id: 'instruction', obligation: 'O7', asks: 'Was the act instructed?', rules: regulation('28(3)(a), 29, 32(4)'), met: ['28(3)(a)', 'covered', 'not covered'], conditions: [['documented', '28(3)(a)', 'the instruction is in a form that is kept'], ['purpose_named', '29', 'it names the purpose'], ['operation_named', '29', 'it names the operation'], ['data_named', '29', 'it names the data'], ['environment_named', '29', 'it names the environment']], order: { first: 'given_on', second: 'done_on', article: '28(3)(a)', says: ['the day it was given', 'the day of the act'] } },
  { id: 'warning', obligation: 'O9', asks: 'Was the controller warned of an instruction that infringes the law?', rules: regulation('28(3), last subparagraph'), met: ['28(3)', 'warned', 'not warned as the law asks'], conditions: [['warned', '28(3)', 'the controller was told which instruction infringes what'], ['at_once', '28(3)', 'at once: before more was done under it']], order: { first: 'found_on', second: 'warned_on', article: '28(3)', says: ['the day it was seen', 'the day of the warning'] } },
  { id: 'confidentiality', obligation: 'O10', asks: 'Are those who handle the data bound to confidentiality?', rules: regulation('28(3)(b)'), met: ['28(3)(b)', 'bound', 'not bound'], conditions: [['everyone', '28(3)(b)', 'every person with access is committed, or bound by statute']], order: { first: 'committed_on', second: 'access_from', article: '28(3)(b)', says: ['the day of the last commitment', 'the day that access begins'] } },
  { id: 'security', obligation: 'O12', asks: 'Is security as the risk asks for?', rules: regulation('32'), met: ['32(1)', 'appropriate', 'not appropriate'], conditions: [['risk_assessed', '32(2)', 'the risk was assessed, unauthorised disclosure included'], ['confidentiality_kept', '32(1)(b)', 'confidentiality, integrity and availability are kept up'], ['restorable', '32(1)(c)', 'access can be restored in time'], ['tested', '32(1)(d)', 'measures are tested regularly'], ['access_instructed', '32(4)', 'whoever has access acts on instructions only']] },
  { id: 'separation', obligation: 'O14', asks: 'Are clients\' data kept apart?', rules: regulation('32, 28(3)(g)'), met: ['32', 'kept apart', 'commingled'], conditions: [['owner_known', '32', 'of each row it is known whose it is'], ['erasable_alone', '28(3)(g)', 'one client\'s rows can be erased without another\'s']] },
  { id: 'anonymity', obligation: 'O16', asks: 'May the data be called anonymous?', rules: anonymity, met: ['4(1), recital 26', 'anonymous', 'personal data still'], conditions: [['isolation_passed', 'recital 26', 'no record stands alone'], ['linkage_passed', '4(5)', 'no key or other data links records back, in nobody\'s hands'], ['inference_passed', 'recital 26', 'nothing can be inferred of one person'], ['documented', '5(2)', 'the tests and their result are kept'], ['instructed', '28(3)(a)', 'the controller instructed it: anonymising is processing']] },
  { id: 'flow_down', obligation: 'O18', asks: 'Does the sub-processor carry the same duties?', rules: regulation('28(4)'), met: ['28(4)', 'the same duties', 'not the same duties'], conditions: [['in_writing', '28(9)', 'a contract in writing, electronic form included'], ['same_duties', '28(4)', 'the same duties as between controller and processor'], ['guarantees', '28(4)', 'sufficient guarantees of measures'], ['still_liable', '28(4)', 'the first processor stays liable in full']] },
  { id: 'chain', obligation: 'O19', asks: 'Can the controller see who is in the chain?', rules: regulation('28(1), 28(2), as EDPB Opinion 22/2024 reads them'), met: ['28(2)', 'visible', 'not visible'], conditions: [['every_rank', '28(2)', 'sub-processors of every rank are named'], ['identified', '28(2)', 'each with name, address and a person to write to'], ['at_any_time', '28(1)', 'at any time, whatever the risk']] },
  { id: 'requests', obligation: 'O22', asks: 'Does the processor help with people\'s requests?', rules: regulation('28(3)(e)'), met: ['28(3)(e)', 'helps', 'does not help as agreed'], conditions: [['passed_on', '28(3)(e)', 'requests are passed on to the controller'], ['left_to_controller', '28(3)(a)', 'none is answered unless the controller allowed it'], ['every_copy_searched', '28(3)(e)', 'every copy is searched for the person']] },
  { id: 'assistance', obligation: 'O23', asks: 'Does the processor help with Arts 32 to 36?', rules: regulation('28(3)(f)'), met: ['28(3)(f)', 'helps', 'does not help'], conditions: [['with_security', '28(3)(f), 32', 'with security'], ['with_breaches', '28(3)(f), 33, 34', 'with notices of breaches'], ['with_impact_assessments', '28(3)(f), 35, 36', 'with impact assessments and prior consultation']] },
  { id: 'audit', obligation: 'O25', asks: 'Can the controller check?', rules: regulation('28(3)(h)'), met: ['28(3)(h)', 'can be checked', 'cannot be checked'], conditions: [['information_given', '28(3)(h)', 'all information needed to demonstrate compliance is given'], ['audits_allowed', '28(3)(h)', 'audits and inspections are allowed and helped']] },
  { id: 'cooperation', obligation: 'O26', asks: 'Does the processor cooperate with the authority?', rules: regulation('31, 58(1)'), met: ['31', 'cooperates', 'does not cooperate'], conditions: [['answered', '31', 'what the authority asked was answered in its time'], ['access_given', '58(1)(e)', 'access was given to what it may see']] },
  { id: 'backups', obligation: 'O29', asks: 'May what is in backups wait?', rules: regulation('28(3)(g), 32; practice of authorities'), met: ['28(3)(g)', 'may wait until a day', 'may not wait'], conditions: [['out_of_use', '28(3)(g)', 'nobody uses what is in them'], ['expiry_dated', '28(3)(g)', 'each has a day on which it is gone'], ['erased_again_after_restore', '28(3)(g)', 'what is restored is erased again']] },
]

export const dutyQuestions: readonly Question[] = duties.map(questionOf)
