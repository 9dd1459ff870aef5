import type { Command } from 'commander'
import { acceptInstruction, allGrants, allInstructions, approveGrant, findInstruction, isSuspended, proposeGrant, revokeGrant, withdrawInstruction } from '#instruction'
import { findSignatory } from '#people'
import { Misuse } from '#kit/errors'
import { formatDay, parseInstant } from '#kit/time'
import { common, linesOr, listing, say, withBailee, type CommonOptions } from './context.ts'
import { keyOfSignatory } from './keys.ts'
import { handed, handing, mustBeNew } from './receipt.ts'
import { addApprovals } from './approval.ts'
import { addWarnings } from './warning.ts'

/** `bailee instruction ...`. */
export function addInstruction(program: Command): void {
  const instruction = program.command('instruction').description('what controllers told the processor to do, and who may act on it')
  addAcceptance(instruction)
  addWarnings(instruction)
  addGrants(instruction)
  addApprovals(instruction)
  listing(instruction.command('list').description('instructions and grants')).action(async (options: CommonOptions) => {
    await withBailee(options, async ({ database }, at) => {
      const [known, grants] = [await allInstructions(database), await allGrants(database)]
      say(options, { instructions: known, grants }, () => linesOr('No instruction and no grant.', [
        ...known.map((one) => `${one.id}  ${one.state}${isSuspended(one, at) ? ', SUSPENDED' : ''}  ${one.controller}  ${one.scope.purposes.join(', ')}: ${one.scope.operations.join(', ')} in ${one.scope.environments.join(', ')}  from ${one.scope.from} until ${one.scope.until ?? 'further notice'}`),
        ...grants.map((grant) => `${grant.id}  ${grant.state}  until ${formatDay(grant.until)}`),
      ]))
    })
  })
}

function addAcceptance(instruction: Command): void {
  handing(common(instruction.command('accept <instruction>').description('a controller\'s signatory accepts, with a signature')))
    .requiredOption('--as <name>', 'the signatory')
    .option('--key <file>', 'the signatory\'s private key (Ed25519, PEM); without it, one kept on this machine')
    .action(async (id: string, options: CommonOptions & { as: string; key?: string; receipt?: string }) => {
      mustBeNew(options.receipt)
      await withBailee(options, async ({ ledger, directory }, at) => {
        const wanted = await findInstruction(ledger, id)
        const signatory = await findSignatory(ledger, wanted.controller, options.as)
        const key = await keyOfSignatory({ ledger, directory }, wanted.controller, options)
        const accepted = await acceptInstruction(ledger, { instruction: id, signatory: signatory.name, key }, at)
        const custody = signatory.custody ?? key.custody
        const { receipt, lines } = await handed(ledger, { instruction: id }, { at, output: options.receipt })
        say(options, { ok: true, instruction: accepted.id, state: accepted.state, signatory: signatory.name, custody, ...(receipt === undefined ? {} : { receipt }) }, () => [
          `${accepted.id} is accepted by ${signatory.name}.`,
          ...(custody === 'this machine' ? ['  ! signed with a key kept on this machine: it shows that somebody here accepted. Give signatories keys of their own: bailee people key'] : []), ...lines,
        ])
      })
    })
  common(instruction.command('withdraw <instruction>').description('a controller refuses a proposal, or takes an instruction back'))
    .requiredOption('--as <name>', 'the signatory').option('--reason <text>', 'why, in the controller\'s words')
    .action(async (id: string, options: CommonOptions & { as: string; reason?: string }) => {
      await withBailee(options, async ({ ledger }, at) => {
        await withdrawInstruction(ledger, { instruction: id, signatory: options.as, reason: options.reason }, at)
        say(options, { ok: true, instruction: id, state: 'withdrawn' }, () => [`${id} is withdrawn; nothing is covered by it any more.`])
      })
    })
}

function addGrants(instruction: Command): void {
  common(instruction.command('grant <person> <instruction>').description('propose that a person may act under an instruction'))
    .requiredOption('--until <date>', 'the first day that is no longer granted')
    .option('--by <person>', 'who proposes it')
    .action(async (person: string, id: string, options: CommonOptions & { until: string; by?: string }) => {
      const until = parseInstant(options.until)
      if (until === undefined) throw new Misuse(`--until takes a date such as 2020-12-01, not ${JSON.stringify(options.until)}`)
      await withBailee(options, async ({ ledger }, at) => {
        const grant = await proposeGrant(ledger, { person, instruction: id, until, ...(options.by === undefined ? {} : { by: options.by }) }, at)
        say(options, { ok: true, grant: grant.id, state: grant.state }, () => [`${grant.id} is ${grant.state}.`, ...(grant.state === 'proposed' ? [`  A second person approves it: bailee instruction approve ${grant.id} --as ID`] : [])])
      })
    })
  handing(common(instruction.command('approve <grant>').description('a second person approves a grant')))
    .requiredOption('--as <person>', 'who approves')
    .action(async (id: string, options: CommonOptions & { as: string; receipt?: string }) => {
      mustBeNew(options.receipt)
      await withBailee(options, async ({ ledger }, at) => {
        const grant = await approveGrant(ledger, { grant: id, by: options.as }, at)
        const { receipt, lines } = await handed(ledger, { grant: grant.id }, { at, output: options.receipt })
        say(options, { ok: true, grant: grant.id, state: grant.state, ...(receipt === undefined ? {} : { receipt }) }, () => [`${grant.id} is approved by ${options.as}, until ${formatDay(grant.until)}.`, ...lines])
      })
    })
  common(instruction.command('revoke <grant>').description('end a grant at once'))
    .requiredOption('--as <person>', 'who revokes')
    .action(async (id: string, options: CommonOptions & { as: string }) => {
      await withBailee(options, async ({ ledger }, at) => {
        await revokeGrant(ledger, { grant: id, by: options.as }, at)
        say(options, { ok: true, grant: id, state: 'revoked' }, () => [`${id} is revoked.`])
      })
    })
}
