import type { Command } from 'commander'
import { allApprovals, approvalTimesMax, approvalUses, askApproval, giveApproval, refuseApproval, withdrawApproval, type Approval, type ApprovalUse } from '#instruction'
import type { Ledger } from '#ledger'
import { Misuse } from '#kit/errors'
import { formatInstant, type Instant } from '#kit/time'
import { common, listing, say, withBailee, type CommonOptions } from './context.ts'
import { wholeNumber } from './sessions.ts'

const minutesMax = 1_440

/** `bailee instruction approval ask|give|refuse|withdraw|list`: a second person's word for one use of an instruction that asks for it. */
export function addApprovals(instruction: Command): void {
  const approval = instruction.command('approval').description('a second person approves one use, where an instruction asks for it')
  common(approval.command('ask <instruction>').description('ask a second person to approve a session, a copy or a disclosure'))
    .requiredOption('--for <use>', approvalUses.join(', ')).requiredOption('--reason <text>', 'what for, in a sentence').requiredOption('--as <person>', 'who asks, and then acts')
    .option('--minutes <number>', 'how long it is good for (default: as long as the instruction lets it)').option('--times <number>', `sessions that it is for, at most ${approvalTimesMax}`, '1')
    .action(async (id: string, options: CommonOptions & { for: string; reason: string; as: string; minutes?: string; times: string }) => {
      const use = approvalUses.find((one) => one === options.for)
      if (use === undefined) throw new Misuse(`--for takes ${approvalUses.join(', ')}`)
      const asked: { instruction: string; use: ApprovalUse; person: string; reason: string; minutes?: number; times: number } = { instruction: id, use, person: options.as, reason: options.reason, times: wholeNumber('--times', options.times, approvalTimesMax), ...(options.minutes === undefined ? {} : { minutes: wholeNumber('--minutes', options.minutes, minutesMax) }) }
      await withBailee(options, async ({ ledger }, at) => told(options, await askApproval(ledger, asked, at)))
    })
  answering(approval, 'give', { says: 'a second person approves: from now on, for as long as was asked', who: 'who approves', verb: (ledger, { id, as: by }, at) => giveApproval(ledger, { approval: id, by }, at) })
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

const told = (options: CommonOptions, approval: Approval): void => say(options, { ok: true, approval }, () => [line(approval), ...(approval.state === 'asked' ? [`  Somebody else gives it within a day: bailee instruction approval give ${approval.id} --as ID`] : [])])

const line = ({ id, state, use, person, instruction, givenBy, until, used, times, reason }: Approval): string =>
  `${id}  ${state}${givenBy === null ? '' : ` by ${givenBy}`}: ${person}, ${use} under ${instruction}${until === null ? '' : `, until ${formatInstant(until)}`}, used ${used} of ${times}: ${reason}`
