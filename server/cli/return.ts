import type { Command } from 'commander'
import { traceContext } from '#composition'
import { scratchIn } from '#trace'
import { returnData, returnFormats, type DataReturn, type ReturnFormat } from '#transfer'
import { Misuse } from '#kit/errors'
import { formatDay } from '#kit/time'
import { common, say, withBailee, type CommonOptions } from './context.ts'
import { createMeter } from './meter.ts'

type ReturnOptions = CommonOptions & { contract: string; to: string; as: string; format?: readonly string[] }

/** `bailee transfer return`: the way back at the end of a contract. */
export function addReturn(transfer: Command): void {
  common(transfer.command('return').description('at the end of a contract, all of the controller\'s data as files encrypted to the key that its signatory named; goes on where it was interrupted'))
    .requiredOption('--contract <id>', 'the contract that is over, whose choice is to return or send on').requiredOption('--to <folder>', 'a folder of its own').requiredOption('--as <person>', 'who does it and answers for it')
    .option('--format <format...>', 'csv, parquet; both without')
    .action(async (options: ReturnOptions) => {
      const formats = (options.format ?? returnFormats) as ReturnFormat[]
      if (formats.some((one) => !returnFormats.includes(one))) throw new Misuse(`--format takes ${returnFormats.join(' and ')}`)
      await withBailee(options, async (bailee, at) => {
        const meter = createMeter(process.stderr)
        meter.begin('returning')
        const context = { ledger: bailee.ledger, references: bailee.references, scratch: scratchIn(traceContext(bailee).directory), copied: (table: string, rows: number) => meter.show(table, rows) }
        const made = await returnData(context, { contract: options.contract, person: options.as, to: options.to, formats }, at).finally(() => meter.end())
        say(options, { ok: true, return: made }, () => [...describedReturn(made), `  next: hand over ${options.to}; when it was received and read, a signatory says so: bailee contract release ${made.contract} received --as NAME`])
      })
    })
}

/** What went back, for people. */
export function describedReturn({ id, controller, contract, to, person, begunAt, madeAt, tables, recipient }: DataReturn): string[] {
  const title = `${id}  ${controller}: at the end of ${contract} to ${to}, by ${person} ${formatDay(madeAt ?? begunAt)}, encrypted to ${recipient.slice(0, 12)}…`
  if (tables === null) return [title, '    begun and not finished: the same command goes on']
  return [title, ...tables.map(({ dataset, table, rows, files }) => `    ${dataset}: ${table}, ${rows} rows, ${files.map(({ format, bytes }) => `${format} ${bytes} bytes`).join(', ')}`)]
}
