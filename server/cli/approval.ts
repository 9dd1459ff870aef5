import type { Command } from 'commander'
import { allApprovals, approvalTimesMax, askApproval, findApproval, giveApproval, refuseApproval, withdrawApproval, type Approval } from '#instruction'
import type { Json, Ledger } from '#ledger'
import { Misuse } from '#kit/errors'
import { formatInstant, type Instant } from '#kit/time'
import { common, listing, say, withBailee, type CommonOptions } from './context.ts'
import { wholeNumber } from './sessions.ts'

const minutesMax = 1_440

/** `bailee instruction approval ask|show|give|refuse|withdraw|list`: a second person's word for one use of an instruction that asks for it. */
export function addApprovals(instruction: Command): void {
  const approval = instruction.command('approval').description('a second person approves one use, where an instruction asks for it')
  common(approval.command('ask <instruction>').description('ask a second person to approve sessions; a copy and a disclosure are asked for with --ask of bailee transfer'))
    .option('--for <use>', 'session', 'session').requiredOption('--reason <text>', 'what for, in a sentence').requiredOption('--as <person>', 'who asks, and then acts')
    .option('--minutes <number>', 'how long it is good for (default: as long as the instruction lets it)').option('--times <number>', `sessions that it is for, at most ${approvalTimesMax}`, '1')
    .action(async (id: string, options: CommonOptions & { for: string; reason: string; as: string; minutes?: string; times: string }) => {
      if (options.for !== 'session') throw new Misuse(`--for takes session. A copy or a disclosure is approved with all that it would do: bailee transfer copy ... or transfer disclose ..., with --ask "what for"`)
      const asked = { instruction: id, use: 'session' as const, person: options.as, reason: options.reason, times: wholeNumber('--times', options.times, approvalTimesMax), ...(options.minutes === undefined ? {} : { minutes: wholeNumber('--minutes', options.minutes, minutesMax) }) }
      await withBailee(options, async ({ ledger }, at) => told(options, await askApproval(ledger, asked, at)))
    })
  common(approval.command('show <approval>').description('all that a copy or a disclosure would do, as a second person approves it')).action(async (id: string, options: CommonOptions) => {
    await withBailee(options, async ({ database }) => {
      const found = await findApproval(database, id)
      if (found === undefined) throw new Misuse(`there is no approval ${JSON.stringify(id)}; bailee instruction approval list shows them`)
      say(options, { ok: true, approval: found }, () => [line(found), ...whatLines(found), ...answerLines(found)])
    })
  })
  common(approval.command('give <approval>').description('a second person approves: from now on, for as long as was asked')).requiredOption('--as <person>', 'who approves').option('--what <hash>', 'of a copy or a disclosure, what was shown: the hash that show prints')
    .action(async (id: string, { as: by, what, ...options }: CommonOptions & { as: string; what?: string }) => {
      await withBailee(options, async ({ ledger }, at) => told(options, await giveApproval(ledger, { approval: id, by, what }, at)))
    })
  answering(approval, 'withdraw', { says: 'take it back; sessions under it end at once', who: 'who takes it back', verb: (ledger, { id, as: by }, at) => withdrawApproval(ledger, { approval: id, by }, at) })
  common(approval.command('refuse <approval>').description('a second person does not approve')).requiredOption('--reason <text>', 'why').requiredOption('--as <person>', 'who refuses')
    .action(async (id: string, options: CommonOptions & { as: string; reason: string }) => {
      await withBailee(options, async ({ ledger }, at) => told(options, await refuseApproval(ledger, { approval: id, by: options.as, reason: options.reason }, at)))
    })
  listing(approval.command('list').description('the newest 1,000, with what came of each')).action(async (options: CommonOptions) => {
    await withBailee(options, async ({ database }) => {
      const approvals = await allApprovals(database)
      say(options, { approvals }, () => (approvals.length === 0 ? ['Nobody asked for an approval.'] : approvals.map(line)))
    })
  })
}

interface Answering { readonly says: string; readonly who: string; readonly verb: (ledger: Ledger, given: { readonly id: string; readonly as: string }, at: Instant) => Promise<Approval> }

function answering(approval: Command, name: string, { says, who, verb }: Answering): void {
  common(approval.command(`${name} <approval>`).description(says)).requiredOption('--as <person>', who).action(async (id: string, options: CommonOptions & { as: string }) => {
    await withBailee(options, async ({ ledger }, at) => told(options, await verb(ledger, { id, as: options.as }, at)))
  })
}

const told = (options: CommonOptions, approval: Approval): void => say(options, { ok: true, approval }, () => [line(approval), ...answerLines(approval)])

/** How it is answered: of a copy or a disclosure with the hash of what was shown. */
const answerLines = ({ id, state, whatSha256 }: Approval): string[] => (state !== 'asked' ? [] : [`  Somebody else gives it within a day: bailee instruction approval ${whatSha256 === null ? '' : `show ${id}, then `}give ${id}${whatSha256 === null ? '' : ` --what ${whatSha256.slice(0, 16)}`} --as ID`])

/** A value as indented lines, one a leaf. */
const leaves = (value: Json, before: string): string[] => (value !== null && typeof value === 'object' ? Object.entries(value).flatMap(([word, one]) => leaves(one as Json, before === '' ? word : `${before}.${word}`)) : [`    ${before}: ${value === null ? '-' : String(value)}`])

const whatLines = ({ what, whatSha256 }: Approval): string[] => (what === null ? [] : [...leaves(what, ''), `    sha256 ${whatSha256 ?? ''}`])

/** That a second person was asked for a copy or a disclosure, for people and machines. */
export const toldAsked = (options: CommonOptions, approval: Approval): void => say(options, { ok: true, approval }, () => [line(approval), ...whatLines(approval), ...answerLines(approval)])

const line = ({ id, state, use, person, instruction, givenBy, until, used, times, reason }: Approval): string =>
  `${id}  ${state}${givenBy === null ? '' : ` by ${givenBy}`}: ${person}, ${use} under ${instruction}${until === null ? '' : `, until ${formatInstant(until)}`}, used ${used} of ${times}: ${reason}`
