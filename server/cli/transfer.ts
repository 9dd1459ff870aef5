import type { Command } from 'commander'
import { allDisclosures, allReceipts, allReturns, allTransfers, askCopy, askExtension, copyData, copyFormats, eraseExpired, eraseTransfer, explainCopy, extendCopy, type CopyAnswer, type CopyRequest, type Transfer, type TransferContext } from '#transfer'
import { Misuse } from '#kit/errors'
import { day, formatDay, formatInstant, type Instant } from '#kit/time'
import { traceContext, type Bailee } from '#composition'
import { scratchIn } from '#trace'
import { toldAsked } from './approval.ts'
import { common, listing, say, withBailee, type CommonOptions } from './context.ts'
import { createMeter, type Meter } from './meter.ts'
import { addDisclose, describedDisclosure, describedReceipt } from './disclose.ts'
import { handed, handing, mustBeNew, mustHandNothing } from './receipt.ts'
import { addReturn, describedReturn } from './return.ts'

interface CopyOptions extends CommonOptions {
  readonly instruction: string
  readonly to: string
  readonly as: string
  readonly dataset?: string
  readonly purpose?: string
  readonly sample?: string
  readonly reader?: readonly string[]
  readonly format?: string
  readonly explain?: boolean
  readonly ask?: string
  readonly receipt?: string
}

/** Days before its end in which a copy is said to be about to go. */
const warnedDays = 7

/** `bailee transfer copy|list|erase|extend|expire|return|disclose|receipt`: the road for data to another place. */
export function addTransfer(program: Command, exit: (code: number) => void): void {
  const transfer = program.command('transfer').description('governed copies of a controller\'s data, changed on the way')
  handing(common(transfer.command('copy').description('copy what an instruction names into another store of any kind, each column changed as it says; registered, and erased in time')))
    .requiredOption('--instruction <id>', 'the instruction that covers it').requiredOption('--to <store[/schema]>', 'where to; of files and buckets a folder, of SQLite the beginning of table names; of the copy\'s own name without one').requiredOption('--as <person>', 'who makes it and answers for it')
    .option('--dataset <id>', 'which dataset, where the instruction names several').option('--purpose <term>', 'which purpose, where it names several')
    .option('--sample <share>', 'a share of the people, such as 0.1: all their rows in every table, and nobody else\'s').option('--reader <account...>', 'accounts of the target database that may read it')
    .option('--format <format>', 'of files and objects: parquet (without), csv or jsonl')
    .option('--ask <text>', 'copy nothing: ask a second person to approve exactly this, and say what for')
    .option('--explain', 'say what would be copied, and what stands against it; record nothing')
    .action(async (options: CopyOptions) => { await copy(options, exit) })
  listing(transfer.command('list').description('which copies there are, under what, how far their records stand alone, and until when; and what was returned or disclosed')).option('--erased', 'also those that are gone')
    .action(async (options: CommonOptions & { erased?: boolean }) => {
      await withBailee(options, async ({ database }, at) => {
        const transfers = (await allTransfers(database)).filter(({ state }) => options.erased === true || state !== 'erased')
        const [returns, disclosures, receipts] = [await allReturns(database), await allDisclosures(database), await allReceipts(database)]
        const receiptsOf = (id: string): string[] => receipts.filter(({ of }) => of === id).flatMap(describedReceipt)
        say(options, { transfers, returns, disclosures, receipts }, () => (transfers.length + returns.length + disclosures.length === 0 ? ['No copy.'] : [
          ...transfers.flatMap((one) => described(one, at)), ...returns.flatMap((one) => [...describedReturn(one), ...receiptsOf(one.id)]), ...disclosures.flatMap((one) => [...describedDisclosure(one), ...receiptsOf(one.id)]),
        ]))
      })
    })
  addReturn(transfer)
  addDisclose(transfer)
  common(transfer.command('erase <id>').description('erase a copy before its time: dropped, looked for, its key destroyed')).action(async (id: string, options: CommonOptions) => {
    await withBailee(options, async (bailee, at) => {
      const found = (await allTransfers(bailee.database)).find((one) => one.id === id)
      if (found === undefined) throw new Misuse(`there is no copy ${JSON.stringify(id)}; bailee transfer list shows them`)
      if (found.state === 'erased') return say(options, { ok: true, id, already: true }, () => [`${id} was erased ${formatInstant(found.erasedAt ?? at)}`])
      const erased = await eraseTransfer(contextOf(bailee), { transfer: found, because: 'asked for' }, at)
      say(options, { ok: true, ...erased }, () => [`✓ ${id} is erased: ${erased.places.join(', ')} in ${erased.store}; not there when looked for`])
    })
  })
  common(transfer.command('extend <id>').description('let a copy stay longer, under another instruction'))
    .requiredOption('--instruction <id>', 'the instruction that covers it from now on').requiredOption('--as <person>', 'who asks for it').option('--purpose <term>', 'which purpose, where it names several')
    .option('--ask <text>', 'extend nothing: ask a second person to approve exactly this, and say what for')
    .action(async (id: string, options: CommonOptions & { instruction: string; as: string; purpose?: string; ask?: string }) => {
      await withBailee(options, async (bailee, at) => {
        const request = { id, instruction: options.instruction, person: options.as, purpose: options.purpose }
        if (options.ask !== undefined) return toldAsked(options, await askExtension(contextOf(bailee), request, { reason: options.ask }, at))
        const extended = await extendCopy(contextOf(bailee), request, at)
        say(options, { ok: true, transfer: extended }, () => described(extended, at))
      })
    })
  common(transfer.command('expire').description('erase every copy whose time, instruction or contract is over')).action(async (options: CommonOptions) => {
    await withBailee(options, async (bailee, at) => {
      const report = await eraseExpired(contextOf(bailee), at)
      if (report.left.length > 0) exit(1)
      say(options, { ok: report.left.length === 0, ...report }, () => [
        ...report.erased.map((one) => `✓ ${one.id} is erased, ${one.because}: ${one.places.join(', ')} in ${one.store}; not there when looked for`), ...report.left.map(({ id, because }) => `! ${id} is still there: ${because}`),
        ...(report.erased.length + report.left.length === 0 ? ['Nothing is due.'] : []),
      ])
    })
  })
}

function contextOf(bailee: Bailee, meter?: Meter): TransferContext {
  const { ledger, references } = bailee
  return { ledger, references, scratch: scratchIn(traceContext(bailee).directory), ...(meter === undefined ? {} : { copied: (table: string, rows: number) => meter.show(table, rows) }) }
}

function requestOf({ instruction, to, as: person, dataset, purpose, sample, reader, format: wanted }: CopyOptions): CopyRequest {
  const format = copyFormats.find((one) => one === wanted)
  if (wanted !== undefined && format === undefined) throw new Misuse(`--format is one of ${copyFormats.join(', ')}, not ${JSON.stringify(wanted)}`)
  if (sample !== undefined && !/^(0?[.]\d+|1)$/.test(sample)) throw new Misuse(`--sample takes a share of the people, above 0 and at most 1, such as 0.1, not ${JSON.stringify(sample)}`)
  return { instruction, person, to, dataset, purpose, sample: sample === undefined ? undefined : Number(sample), readers: reader, ...(format === undefined ? {} : { format }) }
}

async function copy(options: CopyOptions, exit: (code: number) => void): Promise<void> {
  const request = requestOf(options)
  if (options.explain === true || options.ask !== undefined) mustHandNothing(options.receipt, options.explain === true ? '--explain' : '--ask')
  mustBeNew(options.receipt)
  await withBailee({ ...options, foresees: options.explain === true }, async (bailee, at) => {
    if (options.explain === true) {
      const answer = await explainCopy(contextOf(bailee), request, at)
      const ok = answer.problems.length === 0 && answer.decision?.outcome === 'allowed'
      if (!ok) exit(1)
      return say(options, { ok, ...answer }, () => explained(answer))
    }
    if (options.ask !== undefined) return toldAsked(options, await askCopy(contextOf(bailee), request, { reason: options.ask }, at))
    const meter = createMeter(process.stderr)
    meter.begin('copying')
    const made = await copyData(contextOf(bailee, meter), request, at).finally(() => meter.end())
    const { receipt, lines } = await handed(bailee.ledger, { transfer: made.id }, { at, output: options.receipt })
    say(options, { ok: true, transfer: made, receipt }, () => [...described(made, at), ...lines])
  })
}

function explained({ decision, problems, tables, expiresAt }: CopyAnswer): string[] {
  return [
    ...tables.flatMap(({ from, to, columns }) => [`${from} → ${to}`, ...columns.map(({ name, transform, type }) => `    ${name}: ${typeof transform === 'string' ? transform : JSON.stringify(transform)}, ${type}`)]),
    ...problems.map((problem) => `! ${problem}`),
    ...(decision === undefined ? [] : [decision.outcome === 'allowed' ? `allowed under ${decision.under.join(', ')}` : `refused: ${decision.failing.join(', ')} (Art. ${decision.articles.join(', ')} GDPR)`]),
    expiresAt === null ? 'would be there until its instruction ends' : `would be erased ${formatDay(expiresAt)}`,
  ]
}

const endOf = ({ state, expiresAt, erasedAt }: Transfer, at: Instant): string => {
  if (state === 'erased') return `erased ${formatDay(erasedAt ?? at)}`
  if (expiresAt === null) return 'until its instruction ends'
  if (expiresAt <= at) return `DUE since ${formatDay(expiresAt)}: bailee transfer expire`
  return `until ${formatDay(expiresAt)}${expiresAt - at <= warnedDays * day ? `, ${Math.ceil((expiresAt - at) / day)} days left` : ''}`
}

function described(one: Transfer, at: Instant): string[] {
  const title = `${one.id}  ${one.controller}: ${one.dataset} in ${one.store}, under ${one.instruction} for ${one.purpose}, made by ${one.person} ${formatDay(one.begunAt)}, ${endOf(one, at)}`
  if (one.tables === null) return [title, `    begun and not finished: ${one.places.join(', ')} may or may not be there; it is erased like any other`]
  const sample = one.sample < 1 ? `, about ${(one.sample * 100).toLocaleString('en-GB')} % of the people` : ''
  return [title, ...one.tables.flatMap((table) => [
    `    ${table.place}: ${table.rows} rows${sample}; ${table.label === 'passes three tests' ? 'passes the tests of isolation, linkage and inference, for what is known today' : 'pseudonymised, not anonymous'}: ${isolatedWords(table.isolation, table.rows)}`, ...testedWords(table), ...canaryWords(table),
  ])]
}

function isolatedWords({ columns, groups, smallest, alone, counted }: NonNullable<Transfer['tables']>[number]['isolation'], rows: number): string {
  if (columns.length === 0) return 'no column says anything but which rows belong together'
  return `by ${columns.join(', ')} the smallest group has ${smallest}, ${alone} of ${groups} groups are one record alone${counted < rows ? ` (of the first ${counted} rows)` : ''}`
}

function testedWords({ linkage, inference, rows }: NonNullable<Transfer['tables']>[number]): string[] {
  if (linkage === undefined || inference === undefined) return []
  return [
    `      linkage: ${linkage.byKey.length === 0 ? 'by no key' : `by the copy's key in ${linkage.byKey.join(', ')}, until it is destroyed`}; by values ${linkage.alone} records, for whoever has the source`,
    ...(inference.length === 0 ? ['      inference: not tested: the instruction names no sensitive column that says anything here'] : []),
    ...inference.map((one) => `      inference of ${one.column}: at least ${one.diversity} values in a group, ${one.alike} of ${one.groups} groups have one value alone, distance at most ${one.distance}${one.counted < rows ? ` (of the first ${one.counted} rows)` : ''}`),
  ]
}

function canaryWords({ canaries }: NonNullable<Transfer['tables']>[number]): string[] {
  if (canaries === undefined) return []
  return ['because' in canaries ? `      no invented records: ${canaries.because}` : `      and ${canaries.rows} invented records, by which a leak of it is told (${Object.keys(canaries.columns).join(', ')})`]
}
