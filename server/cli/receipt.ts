import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { findController } from '#contract'
import { allCertificates } from '#erasure'
import { allGrants, findInstruction } from '#instruction'
import { cosign, makeReceipt, newestWhere, partOf, type Entry, type HandedReceipt, type Ledger } from '#ledger'
import { allDisclosures, allReturns, allTransfers } from '#transfer'
import { Broken, Misuse, Refused } from '#kit/errors'
import { machineClock, type Instant } from '#kit/time'
import { common, say, withBailee, type CommonOptions } from './context.ts'

interface Asked { readonly controller?: string; readonly instruction?: string; readonly grant?: string; readonly transfer?: string; readonly certificate?: string; readonly output: string }
interface Place { readonly slot: number; readonly index: number }

/** `bailee ledger receipt`. */
export function addReceipt(ledger: Command): void {
  common(ledger.command('receipt').description('write what a counterparty keeps of an entry; bailee-verify receipt checks it'))
    .argument('[entry]', 'its number in the controller\'s log')
    .option('--controller <id>', 'whose log, with a number')
    .option('--instruction <id>', 'of the newest acceptance, or withdrawal, of an instruction')
    .option('--grant <id>', 'of the newest approval, or revocation, of a grant')
    .option('--transfer <id>', 'of the newest of a copy, a return or a disclosure: that it was made, or is erased')
    .option('--certificate <id>', 'of a certificate\'s issuing, or of its being invalidated')
    .requiredOption('--output <file>', 'where it goes; nothing is overwritten')
    .action(async (entry: string | undefined, options: CommonOptions & Asked) => {
      mustBeNew(options.output)
      await withBailee(options, async (bailee, at) => {
        const place = await placeOf(bailee.ledger, entry, options)
        const made = await writeReceipt(bailee.ledger, { ...place, at, output: options.output })
        say(options, { ok: true, ...made }, () => linesOf(made))
      })
    })
}

type Written = Omit<HandedReceipt, 'text'> & { readonly output: string }

/** Makes a receipt, after the witnesses were asked, and writes it for its owner alone, whole or not at all: it holds what the entry says. Throws `Misuse` when the file exists or cannot be made. */
export async function writeReceipt(ledger: Ledger, { output, ...entry }: Place & { readonly at: Instant; readonly output: string }): Promise<Written> {
  const { text, ...made } = await makeReceipt(ledger, { ...entry, cosign: (last) => cosign(ledger, { clock: machineClock, last }) })
  const file = resolve(output)
  const handle = create(file)
  try {
    writeFileSync(handle, text)
    fsyncSync(handle)
  } catch (cause) {
    rmSync(file, { force: true })
    throw new Broken('receipt/write', `the receipt could not be written to ${file} (${codeOf(cause)}), and nothing of it is left there; make room, then: bailee ledger receipt`, { cause })
  } finally {
    closeSync(handle)
  }
  return { ...made, output: file }
}

const codeOf = (cause: unknown): string => (cause as NodeJS.ErrnoException).code ?? 'unknown fault'

function create(file: string): number {
  try {
    return openSync(file, 'wx', 0o600)
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') throw new Misuse(`${file} exists, and nothing is overwritten; name another file`)
    throw new Misuse(`${file} cannot be made (${codeOf(cause)}); name a file in a directory that is there and may be written to`)
  }
}

/** Gives a command that records something about a counterparty the option to hand it a receipt. */
export const handing = (command: Command): Command => command.option('--receipt <file>', 'also write what its counterparty keeps of it')

/** Before anything is recorded: a file that cannot be written is no reason to have recorded something. It is made and taken away again. Throws `Misuse`. */
export function mustBeNew(output: string | undefined): void {
  if (output === undefined) return
  const file = resolve(output)
  closeSync(create(file))
  rmSync(file)
}

/** What only looks or asks records nothing that a counterparty could keep. Throws `Misuse`: passed over in silence, the receipt would be missed when it is needed. */
export function mustHandNothing(output: string | undefined, because: '--ask' | '--explain'): void {
  if (output !== undefined) throw new Misuse(`with ${because} nothing is done yet, and there is no receipt of it; leave out --receipt`)
}

/** Writes the receipt of what was just recorded, where one is wanted; what is printed about it. */
export async function handed(ledger: Ledger, what: Omit<Asked, 'output' | 'controller'>, { at, output }: { readonly at: Instant; readonly output: string | undefined }): Promise<{ readonly receipt?: Written; readonly lines: readonly string[] }> {
  if (output === undefined) return { lines: [] }
  const receipt = await writeReceipt(ledger, { ...await placeOf(ledger, undefined, { ...what, output }), at, output })
  return { receipt, lines: linesOf(receipt).map((line) => `  ${line}`) }
}

/** What is printed about a receipt. */
export function linesOf({ type, index, parts, witnesses: { cosigned, of, enough }, output }: Written): string[] {
  const witnessed = of === 0 ? 'not independently witnessed' : enough ? `witnessed by ${cosigned.join(', ')}` : `${cosigned.length} of ${of} witnesses, which is no quorum`
  return [`receipt of entry ${index} (${type}) in ${output}`, `  ${parts.opened} of ${parts.of} parts opened; ${witnessed}`, `  check it: bailee-verify receipt ${output}`]
}

async function placeOf(ledger: Ledger, entry: string | undefined, asked: Asked): Promise<Place> {
  const named = [entry, asked.instruction, asked.grant, asked.transfer, asked.certificate].filter((one) => one !== undefined)
  if (named.length !== 1) throw new Misuse('name one thing: the number of an entry with --controller, or --instruction, --grant, --transfer or --certificate')
  if (entry !== undefined) {
    if (asked.controller === undefined || !/^(0|[1-9][0-9]{0,14})$/.test(entry)) throw new Misuse('an entry is named by its number and the controller whose log it is in: bailee ledger receipt 12 --controller acme --output receipt')
    return { slot: (await findController(ledger, asked.controller)).slot, index: Number(entry) }
  }
  if (asked.instruction !== undefined) return newest(ledger, (await findInstruction(ledger, asked.instruction)).slot, { part: 'instruction', name: 'instruction', id: asked.instruction, types: ['instruction.accepted', 'instruction.withdrawn'] })
  if (asked.grant !== undefined) {
    const grant = (await allGrants(ledger.database)).find(({ id }) => id === asked.grant)
    if (grant === undefined) throw new Refused('grant/unknown', `there is no grant ${asked.grant}`)
    return newest(ledger, grant.slot, { part: 'evidence', name: 'grant', id: grant.id, types: ['grant.approved', 'grant.revoked'] })
  }
  if (asked.transfer !== undefined) {
    const transfer = [...await allTransfers(ledger.database), ...await allReturns(ledger.database), ...await allDisclosures(ledger.database)].find(({ id }) => id === asked.transfer)
    if (transfer === undefined) throw new Refused('transfer/unknown', `there is no copy, return or disclosure ${asked.transfer}; bailee transfer list shows them`)
    return newest(ledger, transfer.slot, { part: 'evidence', name: 'id', id: transfer.id, types: transferTypes })
  }
  const certificate = (await allCertificates(ledger.database)).find(({ id }) => id === asked.certificate)
  if (certificate === undefined) throw new Refused('certificate/unknown', `there is no certificate ${asked.certificate}`)
  return newest(ledger, certificate.slot, { part: 'evidence', name: 'certificate', id: certificate.id, types: ['certificate.issued', 'certificate.invalidated'] })
}

/** What may be the last that is told of a transfer; who received it, and what they said, is told of it and not by it. */
const transferTypes = ['transfer.begun', 'transfer.made', 'transfer.extended', 'transfer.erased', 'transfer.return_begun', 'transfer.returned', 'transfer.disclosure_begun', 'transfer.disclosed']

interface Named { readonly part: 'evidence' | 'instruction'; readonly name: string; readonly id: string; readonly types: readonly string[] }

/** The last entry of these types that names it: what holds now is what its counterparty is handed. */
async function newest(ledger: Ledger, slot: number, { part, name, id, types }: Named): Promise<Place> {
  const names = (entry: Entry): boolean => partOf<Readonly<Record<string, unknown>>>(entry, part)?.[name] === id
  const found = await newestWhere(ledger, { slot, types }, names)
  if (found === undefined) throw new Refused('receipt/no-entry', `no entry that can still be opened is of type ${types.join(' or ')} and names ${id}; name it by its number`)
  return { slot, index: found.index }
}
