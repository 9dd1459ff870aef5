import type { Command } from 'commander'
import { announceSubProcessor, authoriseSubProcessor, chainOf, findContract, objectTo, withdrawSubProcessor, type ChainLink } from '#contract'
import { formatDay } from '#kit/time'
import { common, listing, say, withBailee, type CommonOptions } from './context.ts'
import { keyOfSignatory, signedHere } from './keys.ts'

interface Announcing extends CommonOptions { readonly as: string; readonly country: string; readonly contact: string; readonly address?: string; readonly person?: string; readonly purpose?: string; readonly engagedBy?: string }
type Signing = CommonOptions & { readonly as: string; readonly key?: string }

/** `bailee contract sub-processor list|announce|object|authorise|withdraw`: who works below the processor, and by whose leave. */
export function addChain(contract: Command): void {
  const command = contract.command('sub-processor').description('who works below the processor, at every rank, and by whose leave (Art. 28(2), 28(4))')
  listing(command.command('list <contract>').description('the chain: rank, identity, whether each may have data, and why not')).action(async (id: string, options: CommonOptions) => {
    await withBailee(options, async ({ ledger }, at) => {
      const chain = await chainOf(ledger, await findContract(ledger, id), at)
      say(options, chain, () => (chain.length === 0 ? [`No sub-processor is known under ${id}.`] : chain.flatMap(shownLink)))
    })
  })
  common(command.command('announce <contract> <name>').description('tell the controller of one that is to be engaged; the notice is recorded in its log'))
    .requiredOption('--country <code>', 'where it is').requiredOption('--contact <text>', 'how it is reached').option('--address <text>', 'its address').option('--person <name>', 'its contact person').option('--purpose <text>', 'what it does')
    .option('--engaged-by <name>', 'the sub-processor that engages it; without it, the processor').requiredOption('--as <person>', 'who tells')
    .action(async (id: string, name: string, options: Announcing) => {
      await withBailee(options, async ({ ledger }, at) => {
        const { country, contact, address, person, purpose, engagedBy } = options
        const given = Object.fromEntries(Object.entries({ address, contact_person: person, purpose, engaged_by: engagedBy }).filter(([, value]) => value !== undefined))
        answer(options, await announceSubProcessor(ledger, { contract: id, identity: { name, country, contact, ...given }, by: options.as }, at))
      })
    })
  addSaid(command)
  common(command.command('withdraw <contract> <name>').description('it works for us no more, or the plan is given up')).requiredOption('--as <person>', 'who says so')
    .action(async (id: string, name: string, options: CommonOptions & { as: string }) => {
      await withBailee(options, async ({ ledger }, at) => answer(options, await withdrawSubProcessor(ledger, { contract: id, name, by: options.as }, at)))
    })
}

const signing = (command: Command): Command => common(command).requiredOption('--as <name>', 'the signatory').option('--key <file>', 'the signatory\'s private key (Ed25519, PEM); without it, one kept on this machine')

function addSaid(command: Command): void {
  signing(command.command('object <contract> <name>').description('a signatory objects within the notice window: nothing goes to it from then on')).requiredOption('--reasons <text>', 'why')
    .action(async (id: string, name: string, options: Signing & { reasons: string }) => {
      await withBailee(options, async (bailee, at) => {
        const key = await keyOfSignatory(bailee, (await findContract(bailee.ledger, id)).controller, options)
        answer(options, await objectTo(bailee.ledger, { contract: id, name, signatory: options.as, key, reasons: options.reasons }, at))
      })
    })
  signing(command.command('authorise <contract> <name>').description('a signatory authorises it by name; this lifts an objection too'))
    .action(async (id: string, name: string, options: Signing) => {
      await withBailee(options, async (bailee, at) => {
        const key = await keyOfSignatory(bailee, (await findContract(bailee.ledger, id)).controller, options)
        answer(options, await authoriseSubProcessor(bailee.ledger, { contract: id, name, signatory: options.as, key }, at))
      })
    })
}

function answer(options: CommonOptions, link: ChainLink): void {
  say(options, { ok: true, subProcessor: link }, () => [...shownLink(link), ...(link.custody === null ? [] : signedHere(link.custody))])
}

function shownLink(one: ChainLink): string[] {
  const { identity } = one
  const who = [identity.address, identity.country, identity.contact_person, identity.contact].filter((part) => part !== undefined).join(', ')
  return [
    `${'  '.repeat(one.tier - 1)}${one.tier}. ${one.name} (${who})${identity.engaged_by === undefined ? '' : `, engaged by ${identity.engaged_by}`}: ${one.authorised ? `may have data (${one.state} ${formatDay(one.since)})` : `MAY NOT have data: ${one.because ?? one.state}`}`,
    ...(one.missing.length === 0 ? [] : [`${'  '.repeat(one.tier)}not told: ${one.missing.join(', ').replaceAll('_', ' ')}`]),
  ]
}
