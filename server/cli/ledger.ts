import { resolve } from 'node:path'
import type { Command } from 'commander'
import { checkBailee, compareWithLedger } from '#composition'
import { findController } from '#contract'
import { exportEvidence } from '#erasure'
import type { BundleSummary } from '#ledger'
import { machineClock } from '#kit/time'
import { common, openOptionsOf, say, withBailee, type CommonOptions } from './context.ts'
import { addCosign } from './cosign.ts'
import { createMeter } from './meter.ts'
import { addPublish } from './publish.ts'
import { addReceipt } from './receipt.ts'

/** Shows how far a pass over the entries is, where somebody looks. */
function metered<Result>(title: string, work: (progress: (done: number, of: number) => void) => Promise<Result>): Promise<Result> {
  const meter = createMeter(process.stderr)
  meter.begin(title)
  return work((done, of) => meter.show('', done, { share: of === 0 ? 1 : done / of })).finally(() => meter.end())
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
    const report = await metered('checking entries', (progress) => checkBailee(openOptionsOf(options), progress))
    if (report.problems.length > 0) exit(1)
    say(options, { ok: report.problems.length === 0, ...report }, () => [
      `${report.entries} entries in ${report.logs.length} logs, ${report.snapshots} snapshots, ${report.signedSnapshots} of them signed; ${report.parts.opened} parts opened, ${report.parts.destroyed} destroyed with their keys`,
      ...report.problems.map((problem) => `  ${problem}`), ...(report.problemsLeftOut === 0 ? [] : [`  and ${report.problemsLeftOut} more`]),
      report.problems.length === 0 ? 'everything follows from the entries' : 'this ledger was altered, or comes from a damaged backup: write nothing, restore a later backup, and check again',
    ])
  })
  common(ledger.command('rebuild').description('fold the whole ledger into fresh tables').requiredOption('--compare', 'report every row of the live tables that differs; nothing is changed')).action(async (options: CommonOptions) => {
    await withBailee(options, async (bailee) => {
      const { entries, destroyed, without, tables, differences } = await metered('folding entries', (progress) => compareWithLedger(bailee, progress))
      if (differences.length > 0) exit(1)
      say(options, { ok: differences.length === 0, entries, destroyed, without, tables, differences }, () => [
        `${entries} entries folded into ${tables} tables${destroyed === 0 ? '' : `; ${destroyed} parts are destroyed, and so is what they fed${without === 0 ? '' : `, which ${without} entries would have changed`}`}`,
        ...differences.map(({ table, onlyLive, onlyRebuilt, shown: keys }) => `  ${table}: ${onlyLive} rows that the ledger does not give, ${onlyRebuilt} that it gives and are not there${keys.length === 0 ? '' : ` (${keys.join('; ')})`}`),
        differences.length === 0 ? 'every row is what the ledger says' : 'these rows were changed beside the ledger',
      ])
    })
  })
  addReceipt(ledger)
  addCosign(ledger, exit)
  addPublish(ledger)
}

function witnessLine({ witnesses: { cosigned, of, enough } }: BundleSummary): string {
  if (of === 0) return '  not independently witnessed (quorum none)'
  return enough ? `  witnessed by ${cosigned.length} of ${of}: ${cosigned.join(', ')}` : `  not independently witnessed: ${cosigned.length} of ${of} cosigned, which is no quorum; bailee ledger witnesses says why`
}
