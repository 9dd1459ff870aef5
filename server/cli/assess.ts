import type { Command } from 'commander'
import { assessExemption, assessFine, assessScope, assessTransfer, type Assessment } from '#register'
import { Misuse } from '#kit/errors'
import { momentOf, say, type CommonOptions } from './context.ts'

interface Options extends CommonOptions {
  readonly country?: string
  readonly limits?: string[]
  readonly tool?: string
  readonly employees?: string
  readonly turnover?: string
  readonly tier: string
  readonly serious: string
  readonly relation: string
  readonly subjectsInUnion?: boolean
  readonly risk?: boolean
  readonly occasional?: boolean
  readonly special?: boolean
}

/** `bailee register assess ...`: from facts given, recording nothing. */
export function addAssess(register: Command): void {
  register.command('assess <question>').description('what the law makes of facts you state: scope, transfer, exemption or fine; records nothing')
    .option('--at <date>', 'by the law of that day (default now)').option('--json', 'answer in JSON').option('--country <code>', 'scope: the processor\'s; transfer: where data go')
    .option('--subjects-in-union', 'scope: people in the Union').option('--relation <relation>', 'scope: offer | monitoring | none', 'none').option('--limits <limit...>', 'transfer: limits of a decision that are met')
    .option('--tool <tool>', 'transfer: standard_clauses | binding_rules | derogation').option('--employees <count>', 'exemption').option('--risk', 'exemption: a risk is likely').option('--occasional', 'exemption: processing is occasional')
    .option('--special', 'exemption: data of Art. 9 or 10').option('--turnover <euros>', 'fine: of the whole undertaking').option('--tier <article>', 'fine: 83(4) | 83(5)', '83(4)').option('--serious <degree>', 'fine: low | medium | high', 'high')
    .action((question: string, options: Options) => {
      const found = assess(question, options)
      say(options, found, () => [`Art. ${found.article}: ${found.outcome} (${found.rule}, at ${found.at})`, ...found.reasons.map((one) => `  ${one}`), ...found.unconfirmed.map((one) => `  ! unconfirmed: ${one}`)])
    })
}

function assess(question: string, options: Options): Assessment {
  const at = momentOf(options, true)
  const { limits = [], tool, risk = false, occasional = false, special = false } = options
  switch (question) {
    case 'scope': return assessScope({ country: needed(options.country, '--country'), subjectsInUnion: options.subjectsInUnion === true, relation: among(options.relation, ['offer', 'monitoring', 'none'], '--relation') }, at)
    case 'transfer': return assessTransfer({ country: needed(options.country, '--country'), limits, tool: tool === undefined ? undefined : among(tool, ['standard_clauses', 'binding_rules', 'derogation'], '--tool') }, at)
    case 'exemption': return assessExemption({ employees: count(needed(options.employees, '--employees'), '--employees'), risk, occasional, special }, at)
    case 'fine': return assessFine({ turnoverEuros: options.turnover === undefined ? undefined : count(options.turnover, '--turnover'), tier: among(options.tier, ['83(4)', '83(5)'], '--tier'), serious: among(options.serious, ['low', 'medium', 'high'], '--serious') }, at)
    default: throw new Misuse(`scope, transfer, exemption or fine, not ${JSON.stringify(question)}`)
  }
}

function needed(text: string | undefined, option: string): string {
  if (text === undefined) throw new Misuse(`${option} is needed for that`)
  return text
}

function count(text: string, option: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new Misuse(`${option} takes a whole number, not ${JSON.stringify(text)}`)
  return Number(text)
}

function among<Known extends string>(text: string, known: readonly Known[], option: string): Known {
  const found = known.find((one) => one === text)
  if (found === undefined) throw new Misuse(`${option} is one of ${known.join(', ')}`)
  return found
}
