import { resolve } from 'node:path'
import type { Command } from 'commander'
import { checkBailee, compareWithLedger } from '#composition'
import { findController } from '#contract'
import { exportEvidence } from '#erasure'
import type { BundleSummary, LeftParts, PastComparison } from '#ledger'
import { machineClock } from '#kit/time'
import { common, momentOf, openOptionsOf, say, withBailee, type CommonOptions } from './context.ts'
import { addCosign } from './cosign.ts'
import { createMeter } from './meter.ts'
import { addPublish } from './publish.ts'
import { addReceipt } from './receipt.ts'

type Progress = (done: number, of: number) => void

/** Shows how far passes over the entries are, one after another, where somebody looks. */
function metered<Result>(titles: readonly string[], work: (...passes: Progress[]) => Promise<Result>): Promise<Result> {
  const meter = createMeter(process.stderr)
  let showing = ''
  const show = (title: string): void => {
    if (showing === title) return
    meter.end()
    meter.begin(showing = title)
  }
  show(titles[0] ?? '')
  return work(...titles.map((title): Progress => (done, of) => { show(title); meter.show('', done, { share: of === 0 ? 1 : done / of }) })).finally(() => meter.end())
}

/** `bailee ledger ...`. */
export function addLedger(program: Command, exit: (code: number) => void): void {
  const ledger = program.command('ledger').description('the append-only record')
  ledger.command('export').description('write a controller\'s evidence bundle, which bailee-verify checks')
    .requiredOption('--controller <id>', 'whose evidence')
    .requiredOption('--out <directory>', 'where it goes; replaced whole when it exists')
    .option('--dir <directory>', 'where this processor\'s state is (default .bailee)')
    .option('--at <date>', 'the time of the snapshot (default now)').option('--json', 'answer in JSON')
    .action(async (options: CommonOptions & { controller: string; out: string }) => {
      await withBailee(options, async (bailee, at) => {
        const controller = await findController(bailee.ledger, options.controller)
        const summary = await exportEvidence(bailee.ledger, { slot: controller.slot, directory: resolve(options.out), clock: machineClock }, at)
        say(options, { ok: true, ...summary }, () => [`${summary.entries} entries, ${summary.snapshots} snapshots, ${summary.receipts} receipts in ${summary.directory}`, witnessLine(summary), `  check it: bailee-verify ${summary.directory}`])
      })
    })
  common(ledger.command('check').description('derive every entry, head and snapshot again, and open every part')).action(async (options: CommonOptions) => {
    momentOf(options) // it records nothing, and a date that is none is misuse all the same
    const report = await metered(['checking entries'], (progress) => checkBailee(openOptionsOf(options), progress))
    const ok = report.problems.length === 0 && report.leftParts.every(({ pending }) => pending)
    if (!ok) exit(1)
    say(options, { ok, ...report }, () => [
      `${report.entries} entries in ${report.logs.length} logs, ${report.snapshots} snapshots, ${report.signedSnapshots} of them signed; ${report.parts.opened} parts opened, ${report.parts.destroyed} destroyed with their keys`,
      ...report.problems.map((problem) => `  ${problem}`), ...(report.problemsLeftOut === 0 ? [] : [`  and ${report.problemsLeftOut} more`]),
      ...report.leftParts.map(leftLine),
      report.problems.length === 0 ? 'everything follows from the entries' : 'this ledger was altered, or comes from a damaged backup: write nothing, restore a later backup, and check again',
      ...(report.pastKept ? ['the past that is kept of all controllers was not looked at: bailee ledger rebuild --compare does'] : []),
    ])
  })
  common(ledger.command('rebuild').description('fold the whole ledger into fresh tables').requiredOption('--compare', 'report every row that differs, of the live tables and of those in which the past is kept')).action(async (options: CommonOptions) => {
    await withBailee(options, async (bailee) => {
      const { past = { notCompared: 'none', entries: 0, tables: 0, differences: [] }, ...live } = await metered(['folding entries', 'folding the kept past'], (progress, progressOfPast) => compareWithLedger(bailee, progress, progressOfPast))
      const { entries, destroyed, without, tables, differences } = live
      const ok = differences.length === 0 && past.differences.length === 0
      if (!ok) exit(1)
      say(options, { ok, entries, destroyed, without, tables, differences, past: { compared: past.notCompared === undefined, ...past } }, () => [
        `${entries} entries folded into ${tables} tables${destroyed === 0 ? '' : `; ${destroyed} parts are destroyed, and so is what they fed${without === 0 ? '' : `, which ${without} entries would have changed`}`}`,
        ...differences.map(differing),
        differences.length === 0 ? 'every row is what the ledger says' : 'these rows were changed beside the ledger',
        ...past.differences.map(differing), pastLine(past),
      ])
    })
  })
  addReceipt(ledger)
  addCosign(ledger, exit)
  addPublish(ledger)
}

const differing = ({ table, onlyLive, onlyRebuilt, shown: keys }: PastComparison['differences'][number]): string =>
  `  ${table}: ${onlyLive} rows that the ledger does not give, ${onlyRebuilt} that it gives and are not there${keys.length === 0 ? '' : ` (${keys.join('; ')})`}`

/** What a destroyed key sealed and is still there. */
const leftLine = ({ key, parts, first, pending }: LeftParts): string =>
  `  key ${key} was destroyed, and ${parts === 1 ? 'a part that it sealed is' : `${parts} parts that it sealed are`} still there (${first}), which nothing opens: ${pending ? 'they are being deleted, or that was cut off; bailee key list, and whatever else opens the ledger, ends it' : `a table was put back, or their deletion was undone; "insert into key_emptying values ('${key}')" in the control database, then bailee key list, deletes them`}`

/** What became of the tables that keep the past. */
function pastLine({ notCompared, entries, differences }: PastComparison): string {
  if (notCompared === undefined) return differences.length === 0 ? `the kept past is what the ledger says: ${entries} entries folded into it` : 'the kept past was changed beside the ledger, and may show what never was: drop the schemas that end in _past and _past_seen, and the server makes them anew'
  return { none: 'no past is kept that this version would show', another: 'the past that is kept is of another version, ledger or set of keys: this version shows none of it, and did not compare it', meanwhile: 'the kept past was made anew meanwhile, and not compared: ask again' }[notCompared]
}

function witnessLine({ witnesses: { cosigned, of, enough } }: BundleSummary): string {
  if (of === 0) return '  not independently witnessed (quorum none)'
  return enough ? `  witnessed by ${cosigned.length} of ${of}: ${cosigned.join(', ')}` : `  not independently witnessed: ${cosigned.length} of ${of} cosigned, which is no quorum; bailee ledger witnesses says why`
}
