import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { traceContext } from '#composition'
import { allCertificates, allErasures, certify, confirmErasure, exitsOf, filesOf, findErasure, reopenErasure, reviewCertificates, runErasure, stepsOf } from '#erasure'
import { lookAtResults } from '#gateway'
import { formatDay } from '#kit/time'
import { addAddress } from './address.ts'
import { addCertificate } from './certificate.ts'
import { addDue, addExcept } from './due.ts'
import { common, listing, say, withBailee, type CommonOptions } from './context.ts'
import { createMeter } from './meter.ts'
import { addProgress, leaveToWorkers } from './erasureProgress.ts'
import { handed, handing, mustBeNew } from './receipt.ts'
import { addReplay } from './replay.ts'
import { addSubject } from './subject.ts'
import { addSubProcessor } from './subProcessor.ts'

/** `bailee erasure ...`. */
export function addErasure(program: Command, exit: (code: number) => void): void {
  const erasure = program.command('erasure').description('the end: search, erase, search again, certify')
  common(erasure.command('run <erasure>').summary('plan by searching, erase, search again').description('plan by searching, erase, search again; goes on where it stopped'))
    .requiredOption('--as <person>', 'who carries it out')
    .option('--by-workers', 'leave it to the processes of bailee worker, and return at once')
    .action(async (id: string, options: CommonOptions & { as: string; byWorkers?: boolean }) => {
      if (options.byWorkers === true) return leaveToWorkers(id, options)
      await withBailee(options, async (bailee, at) => {
        const meter = createMeter(process.stderr)
        const state = await runErasure(traceContext(bailee, (progress) => meter.show(`${progress.work} ${progress.done + 1}/${progress.total} ${progress.place}`, progress.rows)), { erasure: id, operator: options.as, look: (when, stores) => lookAtResults(bailee, when, stores) }, at)
        meter.end()
        const steps = await stepsOf(bailee.database, state.id)
        const residual = state.again?.residual ?? null
        const results = state.again?.results ?? []
        const files = await filesOf(bailee.ledger, state)
        const ok = residual === 0 && results.length === 0 && files.hindrances.length === 0 && !steps.some((step) => step.state === 'blocked')
        if (!ok) exit(1)
        say(options, { ok, erasure: state.id, state: state.state, residual, blocked: state.plan?.blocked ?? [], results, files, steps }, () => [
          ...steps.map((step) => `  ${step.state === 'done' ? '✓' : '✗'} ${step.store}: ${step.place}  ${step.method}  ${step.rowsErased ?? 0} of ${step.rowsFound} rows${step.detail.because === undefined ? '' : `  (${step.detail.because})`}`),
          ...[...(state.plan?.blocked ?? []), ...results, ...files.hindrances].map((one) => `  ✗ ${one.store}: ${one.place}  ${one.because}`),
          `${state.id} is ${state.state}; ${residual ?? '?'} people still found${files.hindrances.length === 0 ? '' : `, and what was erased may still stand in files (${files.hindrances.length} ${files.hindrances.length === 1 ? 'reason' : 'reasons'} above): a certificate would be partial`}.`,
          ...files.offered.map((one) => `  offered: ${one.store}: ${one.step}  (${one.cost})`),
          ...(state.state === 'searched_again' ? [`  next: a second person confirms: bailee erasure confirm ${state.id} --as ID`] : []),
        ])
      })
    })
  common(erasure.command('confirm <erasure>').description('a second person confirms what was erased and searched')).requiredOption('--as <person>', 'who confirms')
    .action(async (id: string, options: CommonOptions & { as: string }) => {
      await withBailee(options, async ({ ledger }, at) => {
        const state = await confirmErasure(ledger, { erasure: id, by: options.as }, at)
        say(options, { ok: true, erasure: state.id, state: state.state }, () => [`${state.id} is confirmed by ${options.as}.`, `  next: bailee erasure certify ${state.id}`])
      })
    })
  addCertify(erasure, exit)
  addCertificate(erasure, exit)
  addDue(erasure, exit)
  addExcept(erasure)
  addProgress(erasure)
  addSubject(erasure, exit)
  addSubProcessor(erasure)
  addAddress(erasure)
  addReplay(erasure, exit)
  common(erasure.command('reopen <erasure>').summary('run it again, when nothing stands in the way any more').description('run it again, when what stood in the way of a complete certificate is gone')).requiredOption('--as <person>', 'who reopens it').requiredOption('--because <text>', 'what changed')
    .action(async (id: string, options: CommonOptions & { as: string; because: string }) => {
      await withBailee(options, async ({ ledger }, at) => {
        const state = await reopenErasure(ledger, { erasure: id, by: options.as, because: options.because }, at)
        say(options, { ok: true, erasure: state.id, state: state.state }, () => [`${state.id} is open again.`, `  next: bailee erasure run ${state.id} --as ID`])
      })
    })
  listing(erasure.command('list').description('exit cases and certificates')).action(async (options: CommonOptions) => {
    await withBailee(options, async ({ database }, at) => {
      const [erasures, certificates, exits] = [await allErasures(database), (await allCertificates(database)).map(({ envelope: _envelope, ...rest }) => rest), await exitsOf({ database }, at)]
      say(options, { erasures, exits, certificates }, () => [
        ...(erasures.length === 0 ? ['No exit case. One opens by itself at the end of a contract, or is opened by: bailee contract end ID'] : []),
        ...erasures.flatMap((one) => {
          const exit = exits.find(({ erasure }) => erasure === one.id)
          return [`${one.id}  ${one.state}  ${exit?.choice ?? ''}  deadline ${formatDay(one.deadline)}${exit?.overdue === true ? '  OVERDUE' : ''}`, ...(exit === undefined || exit.waits === null ? [] : [`  waits: ${exit.waits.because}`]), ...(exit?.exceptions ?? []).filter(({ endedAt }) => endedAt === null).map((kept) => `  keeps ${kept.store}: ${kept.place} until ${formatDay(kept.expires)}: ${kept.statute} (${kept.jurisdiction})`)]
        }),
        ...certificates.map((one) => `${one.id}  ${one.status}  issued ${formatDay(one.issuedAt)}${one.invalidatedBecause === null ? '' : `  ${one.invalidatedBecause}`}`),
      ])
    })
  })
}

function addCertify(erasure: Command, exit: (code: number) => void): void {
  handing(common(erasure.command('certify <erasure>').summary('issue the certificate of an erasure').description('issue the certificate of a confirmed erasure'))).option('--out <file>', 'also write the signed document here')
    .action(async (id: string, options: CommonOptions & { out?: string; receipt?: string }) => {
      mustBeNew(options.receipt)
      await withBailee(options, async (bailee, at) => {
        await certify(traceContext(bailee), (await findErasure(bailee.ledger, id)).id, at)
        await reviewCertificates(bailee.ledger, at)
        const erasureId = (await findErasure(bailee.ledger, id)).id
        const certificate = (await allCertificates(bailee.database)).findLast((one) => one.erasure === erasureId)
        if (certificate === undefined) return
        if (options.out !== undefined) writeFileSync(options.out, certificate.envelope)
        const { receipt, lines } = await handed(bailee.ledger, { certificate: certificate.id }, { at, output: options.receipt })
        if (certificate.status !== 'complete') exit(1)
        say(options, { ok: certificate.status === 'complete', certificate: certificate.id, status: certificate.status, ...(receipt === undefined ? {} : { receipt }) }, () => [`Certificate ${certificate.id}: ${certificate.status}.`, ...lines])
      })
    })
}
