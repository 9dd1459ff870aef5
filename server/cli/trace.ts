import type { Command } from 'commander'
import { traceContext } from '#composition'
import { reviewCertificates } from '#erasure'
import { allFindings, sweep, takeFingerprints, type StoreCoverage } from '#trace'
import { formatDay } from '#kit/time'
import { common, say, withBailee, type CommonOptions } from './context.ts'
import { createMeter } from './meter.ts'

const place = (state: { work: string; place: string; done: number; total: number }): string => `${state.work} ${state.done + 1}/${state.total} ${state.place}`

/** `bailee trace ...`. */
export function addTrace(program: Command, exit: (code: number) => void): void {
  const trace = program.command('trace').description('fingerprints of controllers\' records, and the search for them')
  common(trace.command('refresh').description('take the fingerprints of every dataset of a live contract')).action(async (options: CommonOptions) => {
    await withBailee(options, async (bailee, at) => {
      const meter = createMeter(process.stderr)
      const { taken, notTaken } = await takeFingerprints(traceContext(bailee, (state) => meter.show(place(state), state.rows)), at)
      meter.end()
      if (notTaken.length > 0) exit(1)
      say(options, { ok: notTaken.length === 0, taken, not_taken: notTaken }, () => [
        ...taken.map((record) => `${record.dataset}: ${record.records.toLocaleString('en-GB')} records`),
        ...notTaken.map(({ dataset, because }) => `  ! ${dataset} has no fingerprints: ${because}`),
      ])
    })
  })
  common(trace.command('sweep').description('search every store; exit 1 when something is found that no instruction covers')).action(async (options: CommonOptions) => {
    await withBailee(options, async (bailee, at) => {
      const meter = createMeter(process.stderr)
      const report = await sweep(traceContext(bailee, (state) => meter.show(place(state), state.rows)), at)
      const invalidated = await reviewCertificates(bailee.ledger, at)
      meter.end()
      if (report.findings.length > 0) exit(1)
      say(options, { ok: report.findings.length === 0, sweep: report.sweep, findings: report.findings, coverage: report.coverage, unable_to_find: [...report.search.unable], certificates_invalidated: invalidated }, () => [
        ...report.findings.map((finding) => `  ! ${finding.controller}: ${finding.records.toLocaleString('en-GB')} people in ${finding.store}: ${finding.place} (${finding.environment}), known since ${formatDay(finding.firstSeen)}  ${finding.id}`),
        ...(report.findings.length === 0 ? ['Nothing found that no instruction covers.'] : []),
        ...invalidated.map((certificate) => `  ! certificate ${certificate} no longer holds: its exit case is open again`),
        ...report.coverage.flatMap(coverageLines),
        ...[...report.search.unable].map((id) => `  ! ${id}: known by too little, so that no copy of it could be told from chance; declare a further identifying column`),
      ])
    })
  })
  common(trace.command('findings').description('what was found, newest last')).action(async (options: CommonOptions) => {
    await withBailee(options, async ({ database }) => {
      const findings = await allFindings(database)
      say(options, findings, () => (findings.length === 0 ? ['No finding.'] : findings.map((finding) => `${finding.id}  ${finding.state}  ${finding.controller}  ${finding.records} people  ${finding.store}: ${finding.place}  since ${formatDay(finding.firstSeen)}`)))
    })
  })
}

function coverageLines(store: StoreCoverage): string[] {
  return [
    `  ${store.store}: ${store.places} places, ${(store.rows ?? 0).toLocaleString('en-GB')} rows, ${(store.values ?? 0).toLocaleString('en-GB')} values read`,
    ...store.not_read.map((one) => `    not read: ${one.place}: ${one.because}`),
    ...store.partly_read.map((one) => `    partly read: ${one.place}: ${one.because}`),
  ]
}
