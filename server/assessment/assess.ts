/** What the law of a day makes of facts that somebody states. Pure; each answer carries its reasons and its rule, and says what is not confirmed. */
import { Misuse } from '#kit/errors'
import { formatDay, parseInstant, type Instant } from '#kit/time'
import { readFacts } from './facts.ts'
import { questions } from './questions/index.ts'
import type { Assessment, Question, RuleVersion } from './types.ts'

/** The question of that id. Throws `Misuse` naming those there are. */
export function findQuestion(id: string): Question {
  const found = questions.find((one) => one.id === id)
  if (found === undefined) throw new Misuse(`no question ${JSON.stringify(id)}; there are: ${questions.map((one) => one.id).join(', ')}`)
  return found
}

/** The version of a rule that is law on a day; undefined when none is. */
export function ruleAt({ rules }: Pick<Question, 'rules'>, at: Instant): RuleVersion | undefined {
  return rules.find(({ from, until }) => parseInstant(from)! <= at && (until === undefined || at < parseInstant(until)!))
}

/** A version as it is recorded: two versions never read the same. */
export const ruleText = ({ name, from, until }: RuleVersion): string => `${name}, in force since ${from}${until === undefined ? '' : ` until ${until}`}`

/** Answers a question from facts, by the law of `at`. Throws `Misuse` for facts that are missing, malformed or unknown. */
export function assess(id: string, given: Readonly<Record<string, unknown>>, at: Instant): Assessment {
  const question = findQuestion(id)
  const facts = readFacts(question, given)
  const rule = ruleAt(question, at)
  const about = { question: id, asks: question.asks, at: formatDay(at) }
  if (rule === undefined) {
    const [first] = question.rules
    return { ...about, rule: ruleText(first!), article: question.commencement, verdict: 'not in force', outcome: 'not in force', reasons: [`${first!.name} applies from ${first!.from}`], unconfirmed: [], pending: [] }
  }
  const { unconfirmed = [], ...ruling } = question.answer(facts, at)
  return { ...about, rule: ruleText(rule), ...ruling, unconfirmed, pending: rule.pending === undefined ? [] : [rule.pending] }
}
