import { resolve } from 'node:path'
import type { Command } from 'commander'
import { findController } from '#contract'
import { envelopesOf, reviewCertificates } from '#erasure'
import { exportBundle } from '#ledger'
import { say, withBailee, type CommonOptions } from './context.ts'

/** Entry types whose receipts a controller is handed (`ledger.md`: the counter-measure to what a log cannot show). */
export const receiptTypes = ['instruction.accepted', 'grant.approved', 'certificate.issued', 'certificate.invalidated']

/** `bailee ledger ...`. */
export function addLedger(program: Command): void {
  const ledger = program.command('ledger').description('the append-only record')
  ledger.command('export').description('write a controller\'s evidence bundle, which bailee-verify checks')
    .requiredOption('--controller <id>', 'whose evidence')
    .requiredOption('--out <directory>', 'where it goes; replaced whole when it exists')
    .option('--dir <directory>', 'where this processor\'s state is (default .bailee)')
    .option('--at <date>', 'the time of the snapshot (default now)').option('--json', 'answer in JSON')
    .action(async (options: CommonOptions & { controller: string; out: string }) => {
      await withBailee(options, async (bailee, at) => {
        const controller = await findController(bailee.ledger, options.controller)
        await reviewCertificates(bailee.ledger, at)
        const summary = await exportBundle(bailee.ledger, { slot: controller.slot, at, directory: resolve(options.out), receiptsFor: receiptTypes, certificates: await envelopesOf(bailee.ledger, controller.slot) })
        say(options, { ok: true, ...summary }, () => [`${summary.entries} entries, ${summary.snapshots} snapshots, ${summary.receipts} receipts in ${summary.directory}`, '  not independently witnessed (quorum none)', `  check it: bailee-verify ${summary.directory}`])
      })
    })
}
