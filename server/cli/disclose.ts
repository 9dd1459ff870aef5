import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { traceContext } from '#composition'
import { scratchIn } from '#trace'
import { askDisclosure, discloseData, recordReceipt, type Disclosure, type TransferReceipt } from '#transfer'
import { Misuse } from '#kit/errors'
import { formatDay, formatInstant } from '#kit/time'
import { toldAsked } from './approval.ts'
import { common, say, withBailee, type CommonOptions } from './context.ts'
import { handed, handing, mustBeNew, mustHandNothing } from './receipt.ts'

type DiscloseOptions = CommonOptions & { instruction: string; to: string; what: string; address: string; as: string; purpose?: string; key?: string; ca?: string; ask?: string; receipt?: string }
type ReceiptOptions = CommonOptions & { file: string; says: string; as: string }

const read = (file: string): Buffer => {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new Misuse(`${file} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`)
  }
}

/** `bailee transfer disclose|receipt`: data to a sub-processor, and what whoever received data said of it. */
export function addDisclose(transfer: Command): void {
  handing(common(transfer.command('disclose').description('send a segment to a sub-processor that contract and instruction name: counted and recorded before the first byte, never sent twice as two')))
    .requiredOption('--instruction <id>', 'the instruction that names what, column by column, and to whom').requiredOption('--to <sub-processor>', 'as contract and instruction call it')
    .requiredOption('--what <segment>', 'a derived dataset, or DATASET/TABLE').requiredOption('--address <reference>', 'file:PATH or env:NAME of an https address, or of a bucket with its keys in JSON')
    .requiredOption('--as <person>', 'who sends it and answers for it').option('--key <age1...>', 'the sub-processor\'s age key: the file is encrypted to it').option('--purpose <term>', 'which purpose, where the instruction names several').option('--ca <file>', 'certificates by which the address is trusted').option('--ask <text>', 'send nothing: ask a second person to approve exactly this, and say what for')
    .action(async ({ instruction, to, what, address, as: person, key, purpose, ca, ask, ...options }: DiscloseOptions) => {
      if (key !== undefined && !/^age1[a-z0-9]{50,}$/.test(key)) throw new Misuse('--key takes the public key that age-keygen prints: age1...')
      if (ask !== undefined) mustHandNothing(options.receipt, '--ask')
      mustBeNew(options.receipt)
      await withBailee(options, async (bailee, at) => {
        const context = { ledger: bailee.ledger, references: bailee.references, scratch: scratchIn(traceContext(bailee).directory) }
        const request = { instruction, to, what, address, person, recipientKey: key, purpose, trusted: ca === undefined ? undefined : read(ca).toString() }
        if (ask !== undefined) return toldAsked(options, await askDisclosure(context, request, { reason: ask }, at))
        const { disclosure, already } = await discloseData(context, request, at)
        const { receipt, lines } = await handed(bailee.ledger, { transfer: disclosure.id }, { at, output: options.receipt })
        say(options, { ok: true, already, disclosure, receipt }, () => [...(already ? [`The same rows went to ${to} ${formatInstant(disclosure.madeAt ?? at)}; nothing was sent again.`] : []), ...describedDisclosure(disclosure), ...lines])
      })
    })
  common(transfer.command('receipt <id>').description('record what whoever received a return or a disclosure said of it'))
    .requiredOption('--file <file>', 'in which it was said: its hash is recorded, the file stays with you').requiredOption('--says <text>', 'in a sentence what it says').requiredOption('--as <person>', 'who answers for it')
    .action(async (id: string, { file, says, as: by, ...options }: ReceiptOptions) => {
      const sha256 = createHash('sha256').update(read(file)).digest('hex')
      await withBailee(options, async ({ ledger }, at) => {
        const receipt = await recordReceipt(ledger, { of: id, sha256, says, by }, at)
        say(options, { ok: true, receipt }, () => describedReceipt(receipt))
      })
    })
}

/** What went to a sub-processor, for people. */
export function describedDisclosure({ id, controller, source, recipient, country, tool, instruction, person, rows, columns, sha256, sealedTo, host, state, madeAt, begunAt }: Disclosure): string[] {
  return [
    `${id}  ${controller}: ${source} to ${recipient} (${country}${tool === null ? '' : `, ${tool}`}), under ${instruction}, by ${person} ${formatDay(madeAt ?? begunAt)}${state === 'begun' ? ': BEGUN, no answer yet: the same command sends it again, as the same' : ''}`,
    `    ${rows} rows of ${columns.join(', ')} to ${host}${sealedTo === null ? '' : `, encrypted to ${sealedTo.slice(0, 12)}…`}, sha256 ${sha256.slice(0, 16)}…`,
  ]
}

export const describedReceipt = ({ of, sha256, says, by, recordedAt }: TransferReceipt): string[] => [`    receipt of ${of} ${formatDay(recordedAt)}, by ${by}: ${says} (sha256 ${sha256.slice(0, 16)}…)`]
