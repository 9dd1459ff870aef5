import type { Command } from 'commander'
import { traceContext } from '#composition'
import { scratchIn } from '#trace'
import { returnData, returnFormats, type DataReturn, type ReturnFormat } from '#transfer'
import { Misuse } from '#kit/errors'
import { formatDay } from '#kit/time'
import { common, say, withBailee, type CommonOptions } from './context.ts'
import { createMeter } from './meter.ts'
import { handed, handing, mustBeNew } from './receipt.ts'

type ReturnOptions = CommonOptions & { contract?: string; instruction?: string; purpose?: string; to: string; as: string; format?: readonly string[]; without?: readonly string[]; receipt?: string }

/** `bailee transfer return`: the way back. */
export function addReturn(transfer: Command): void {
  handing(common(transfer.command('return').description('a controller\'s data as files encrypted to the key that its signatory named: all at the end of a contract, or what an instruction names; goes on where it was interrupted')))
    .option('--contract <id>', 'the contract that is over, whose choice is to return or send on').option('--instruction <id>', 'under which data go back while the contract runs').option('--purpose <term>', 'which purpose, where it names several')
    .requiredOption('--to <folder>', 'a folder of its own').requiredOption('--as <person>', 'who does it and answers for it')
    .option('--format <format...>', 'csv, parquet; both without').option('--without <dataset...>', 'what does not go along: the manifest and the log say so')
    .action(async (options: ReturnOptions) => {
      const formats = (options.format ?? returnFormats) as ReturnFormat[]
      if (formats.some((one) => !returnFormats.includes(one))) throw new Misuse(`--format takes ${returnFormats.join(' and ')}`)
      mustBeNew(options.receipt)
      await withBailee(options, async (bailee, at) => {
        const meter = createMeter(process.stderr)
        meter.begin('returning')
        const context = { ledger: bailee.ledger, references: bailee.references, scratch: scratchIn(traceContext(bailee).directory), copied: (table: string, rows: number) => meter.show(table, rows) }
        const made = await returnData(context, { contract: options.contract, instruction: options.instruction, purpose: options.purpose, person: options.as, to: options.to, formats, without: options.without }, at).finally(() => meter.end())
        const { receipt, lines } = await handed(bailee.ledger, { transfer: made.id }, { at, output: options.receipt })
        say(options, { ok: true, return: made, receipt }, () => [...describedReturn(made), ...lines, `  next: hand over ${options.to}${made.instruction === null ? `; when it was received and read, a signatory says so: bailee contract release ${made.contract} received --as NAME` : ''}`])
      })
    })
}

/** What went back, for people. */
export function describedReturn({ id, controller, contract, to, person, instruction, without, begunAt, madeAt, tables, recipient }: DataReturn): string[] {
  const title = `${id}  ${controller}: ${instruction === null ? `at the end of ${contract}` : `under ${instruction}`} to ${to}, by ${person} ${formatDay(madeAt ?? begunAt)}, encrypted to ${recipient.slice(0, 12)}…${without.length === 0 ? '' : `, without ${without.join(', ')}`}`
  if (tables === null) return [title, '    begun and not finished: the same command goes on']
  return [title, ...tables.map(({ dataset, table, rows, derivedFrom, files }) => `    ${dataset}${derivedFrom === undefined ? '' : ` (derived from ${derivedFrom.join(', ')})`}: ${table}, ${rows} rows, ${files.map(({ format, bytes }) => `${format} ${bytes} bytes`).join(', ')}`)]
}
