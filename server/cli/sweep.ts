import { setPriority } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import type { Command } from 'commander'
import { handSweep, traceContext, type Bailee } from '#composition'
import { findRestored, reviewCertificates, settleDue, type Due } from '#erasure'
import { openJobs } from '#job'
import { lookAtResults, lookAtRoads, recentAnomalies, type AnomalyRow, type RoadReport } from '#gateway'
import { allFindings, helpSweeps, lastFullSweep, slotsHeld, sweep, sweepInvented, type HeldBack, type Progress, type StoreCoverage, type SweepReport } from '#trace'
import { eraseExpired, inventedTeller } from '#transfer'
import { Broken, Misuse, Refused } from '#kit/errors'
import { day, formatInstant, machineClock, type Instant } from '#kit/time'
import { common, listing, say, tell, withBailee, type CommonOptions } from './context.ts'
import { dueLines, dueShown } from './due.ts'
import { findingLines, findingPage } from './findings.ts'
import { createMeter, type Meter } from './meter.ts'
import { heldLines } from './slots.ts'

interface SweepOptions extends CommonOptions {
  readonly store?: readonly string[]
  readonly changed?: boolean
  readonly anew?: boolean
  readonly watch?: boolean
  readonly every?: string
  readonly fullEvery?: string
  readonly threads?: string
  readonly rateLimit?: string
  readonly catalogue?: boolean
  readonly byWorkers?: boolean
  readonly copies?: boolean
}

/** Of the scheduler: everything else on the machine comes first. */
const politeness = 10

/** `bailee trace sweep`, `work`, `findings`, `finding`. */
export function addSweep(trace: Command, exit: (code: number) => void): void {
  common(trace.command('sweep').description('search every store; exit 1 when something is found that no instruction covers'))
    .option('--store <id...>', 'only these stores; findings elsewhere stay as they are')
    .option('--changed', 'read only places that have changed since they were read last, for the same fingerprints')
    .option('--anew', 'begin anew, also where a sweep was interrupted')
    .option('--watch', 'keep running: sweep what has changed, again and again')
    .option('--every <minutes>', 'with --watch: minutes between two sweeps (default 60)')
    .option('--full-every <days>', 'with --watch: read everything at least so often (default 7)')
    .option('--threads <number>', 'threads (default: all cores)')
    .option('--rate-limit <megabytes>', 'read at most so many MB a second')
    .option('--copies', 'look for copies of governed copies instead, by invented records and marks')
    .option('--by-workers', 'leave it to the processes of bailee worker, and return at once')
    .option('--no-catalogue', 'leave no samples for bailee trace compare: a few per cent faster')
    .action(async (options: SweepOptions) => { await (options.copies === true ? sweepCopies(options, exit) : options.byWorkers === true ? leaveToWorkers(options) : options.watch === true ? watch(options) : sweepOnce(options, exit)) })
  common(trace.command('work').description('help the sweeps that are running, from another process beside the data'))
    .option('--threads <number>', 'threads (default: all cores)')
    .option('--rate-limit <megabytes>', 'read at most so many MB a second')
    .action(async (options: SweepOptions) => {
      setPriority(politeness)
      await withBailee(options, async (bailee, at) => {
        const meter = createMeter(process.stderr)
        const helped = await helpSweeps(traceContext(bailee, progressOn(meter)), at, limitsOf(options))
        meter.end()
        say(options, { ok: true, ...helped }, () => [
          helped.units === 0 ? 'There is nothing to read for any sweep.' : `${helped.units} units read.`,
          ...helped.others.map((id) => `  ! ${id} searches for other fingerprints than are here`),
        ])
      })
    })
  addFindings(trace)
}

function addFindings(trace: Command): void {
  listing(trace.command('findings').description('what was found, newest last')).action(async (options: CommonOptions) => {
    await withBailee(options, async ({ database }, at) => {
      const findings = await allFindings(database)
      const anomalies = await anomaliesBefore({ database }, at)
      say(options, findings, () => [...(findings.length === 0 ? ['No finding.'] : [
        ...findingLines(findings.filter(({ state }) => state === 'open')), ...findings.filter(({ state }) => state === 'resolved').map((finding) => `${finding.controller}: resolved in ${finding.store}: ${finding.place} (${finding.because ?? ''})  ${finding.id}`),
      ]), ...anomalyLines(anomalies)])
    })
  })
  common(trace.command('finding').description('one finding, with what it rests on').argument('<id>')).action(async (id: string, options: CommonOptions) => {
    await withBailee(options, async ({ database }) => {
      const findings = await allFindings(database)
      const finding = findings.find((one) => one.id === id)
      if (finding === undefined) throw new Misuse(`no finding is called ${JSON.stringify(id)}; bailee trace findings lists them`)
      const others = findings.filter((one) => one.state === 'open' && one.controller !== finding.controller && one.store === finding.store && one.place === finding.place).map((one) => one.controller)
      say(options, { ...finding, others }, () => findingPage(finding, others))
    })
  })
}

const progressOn = (meter: Meter): Progress => ({ work, place, done, total, rows, share, bytes }) => meter.show(`${work} ${done + 1}/${total} ${place}`, rows, { share, bytes })

/** A number above zero from the command line. Throws `Misuse` for anything else. */
function above(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d+([.]\d+)?$/.test(text) ? Number(text) : 0
  if (value <= 0) throw new Misuse(`${name} takes a number above zero, not ${JSON.stringify(text)}`)
  return value
}

function limitsOf(options: SweepOptions): { threads: number | undefined; bytesPerSecond: number | undefined } {
  const [threads, megabytes] = [above('--threads', options.threads), above('--rate-limit', options.rateLimit)]
  if (threads !== undefined && !Number.isInteger(threads)) throw new Misuse('--threads takes a whole number')
  return { threads, bytesPerSecond: megabytes === undefined ? undefined : megabytes * 1e6 }
}

/** Seconds for which what was unusual at the gateway stands beside the copies that were found: a weekly sweep shows each once or twice. */
const anomalySecondsShown = 14 * day

/** What is unlike a person's earlier days may be how a copy came about that is found only later. */
async function anomaliesBefore({ database }: Pick<Bailee, 'database'>, at: Instant): Promise<AnomalyRow[]> {
  return (await recentAnomalies(database)).filter((one) => one.at <= at && one.at > at - anomalySecondsShown)
}

const anomalyLines = (anomalies: readonly AnomalyRow[]): string[] => anomalies.map((one) => `  ! unusual at the gateway: ${formatInstant(one.at)}  ${one.person} under ${one.instruction}, session ${one.session}: ${one.says}`)

interface Swept { readonly report: SweepReport; readonly invalidated: readonly string[]; readonly roads: RoadReport; readonly anomalies: readonly AnomalyRow[]; readonly slots: readonly HeldBack[]; readonly due: Due }

async function run(bailee: Bailee, at: Instant, options: SweepOptions): Promise<Swept> {
  const meter = createMeter(process.stderr)
  meter.begin('sweep')
  try {
    const due = await settleDue(traceContext(bailee), at)
    await lookAtResults(bailee, at, options.store) // what was derived since is known before it is found
    for (const { id, because } of (await eraseExpired(bailee, at, options.store)).left) tell(`copy ${id} is due and still there: ${because}`)
    const report = await sweep(traceContext(bailee, progressOn(meter)), at, { ...limitsOf(options), stores: options.store, changed: options.changed === true, catalogue: options.catalogue !== false, resume: options.anew !== true })
    // Whoever has an account of their own needs no copy yet: the roads to the data are looked at as often as the copies of it.
    return { report, invalidated: [...await reviewCertificates(bailee.ledger, at), ...await findRestored(traceContext(bailee), report.search, at)], roads: await lookAtRoads(bailee, at, options.store), anomalies: await anomaliesBefore(bailee, at), slots: await slotsHeld(traceContext(bailee), options.store), due }
  } finally {
    meter.end()
  }
}

async function sweepOnce(options: SweepOptions, exit: (code: number) => void): Promise<void> {
  setPriority(politeness)
  await withBailee(options, async (bailee, at) => {
    const swept = await run(bailee, at, options)
    if (swept.report.findings.length > 0) exit(1)
    tellSwept(options, swept)
  })
}

/** What fingerprints cannot know: tokens and invented people of copies that were made under an instruction, where nobody put them under one. */
async function sweepCopies(options: SweepOptions, exit: (code: number) => void): Promise<void> {
  if (options.watch === true || options.byWorkers === true || options.changed === true) throw new Misuse('--copies goes with --store alone')
  setPriority(politeness)
  await withBailee(options, async (bailee, at) => {
    const meter = createMeter(process.stderr)
    const report = await sweepInvented(traceContext(bailee, progressOn(meter)), at, { teller: await inventedTeller(bailee.ledger), stores: options.store }).finally(() => meter.end())
    if (report.findings.length > 0) exit(1)
    say(options, { ok: report.findings.length === 0, ...report }, () => [
      ...(report.findings.length === 0 ? [`Nothing of a governed copy elsewhere than where it is registered, in ${report.places} places.`] : report.findings.flatMap(({ id, controller, store, place, detail }) => [`${controller}: ${store}: ${place}  ${id}`, ...(detail.copies ?? []).map((one) => `    of ${one.copy}: ${one.canaries} invented records, ${one.marked} tokens`)])),
      ...report.known.map(({ dataset, copy, instruction, store, place }) => `  known: ${store}: ${place}: derived under ${instruction} (${dataset}), holds tokens of ${copy}`),
      ...report.notRead.slice(0, 20).map(({ store, place, because }) => `  not read, or partly: ${store}: ${place}: ${because}`),
    ])
  })
}

async function leaveToWorkers(options: SweepOptions): Promise<void> {
  if (options.watch === true) throw new Misuse('--by-workers leaves one sweep; leave out --watch')
  await withBailee(options, async ({ database }) => {
    const jobs = await openJobs(database)
    await handSweep(jobs, { stores: options.store, changed: options.changed === true, catalogue: options.catalogue !== false })
    await jobs.close()
    say(options, { ok: true, state: 'waiting' }, () => ['The sweep is left to the workers.', '  how far it is: bailee worker status'])
  })
}

/** Minutes between two sweeps, and days between two full ones, when nobody says otherwise. */
const [everyMinutes, fullEveryDays] = [60, 7]

async function watch(options: SweepOptions): Promise<void> {
  if (options.at !== undefined) throw new Misuse('--watch takes the date from the clock; leave out --at')
  const [pause, fullEvery] = [(above('--every', options.every) ?? everyMinutes) * 60_000, (above('--full-every', options.fullEvery) ?? fullEveryDays) * day]
  limitsOf(options)
  setPriority(politeness)
  const stopping = new AbortController()
  const stop = (): void => stopping.abort()
  process.once('SIGINT', stop).once('SIGTERM', stop)
  await withBailee(options, async (bailee) => {
    while (!stopping.signal.aborted) {
      const at = machineClock()
      const full = await lastFullSweep(bailee.database)
      try {
        tellSwept(options, await run(bailee, at, { ...options, changed: full !== undefined && at - full < fullEvery }))
      } catch (cause) {
        if (!(cause instanceof Broken || cause instanceof Refused)) throw cause
        tell(cause.message) // a store that is away may be back by the next sweep
      }
      await wait(pause, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  })
}

function tellSwept(options: CommonOptions, { report, invalidated, roads, anomalies, slots, due }: Swept): void {
  const { search } = report
  say(options, {
    ok: report.findings.length === 0, sweep: report.sweep, resumed: search.resumed, abandoned: search.abandoned ?? null, carried_over: search.carried, opened: report.opened, resolved: report.resolved,
    findings: report.findings, known: report.known, coverage: report.coverage, unable_to_find: [...search.unable], certificates_invalidated: invalidated,
    roads: { open: openRoads(roads), opened: roads.opened, closed: roads.closed, stores: roads.stores }, anomalies, replication_slots: slots, due: dueShown(due),
  }, () => [
    ...(search.resumed ? [`${report.sweep} was interrupted, and was gone on with.`] : []),
    ...(search.abandoned === undefined ? [] : [`${search.abandoned}.`]),
    ...findingLines(report.findings).map((line) => `  ! ${line}`),
    ...(report.findings.length === 0 ? ['Nothing found that no instruction covers.'] : []),
    ...report.known.map((one) => `  known: ${one.records.toLocaleString('en-GB')} people of ${one.controller} in ${one.store}: ${one.place}, derived under ${one.instruction}  ${one.id}`),
    ...report.resolved.map((id) => `  ${id} is resolved: no longer found there`),
    ...invalidated.map((certificate) => `  ! certificate ${certificate} no longer holds: its exit case is open again`),
    ...(search.carried === 0 ? [] : [`  ${search.carried} places have not changed since they were read, and were not read again`]),
    ...report.coverage.flatMap(coverageLines),
    ...[...search.unable].map((id) => `  ! ${id}: known by too little, so that no copy of it could be told from chance; declare a further identifying column`),
    ...(openRoads(roads) === 0 ? [] : [`  ! ${openRoads(roads)} roads lead to client data beside the gateway, ${roads.opened.length} of them new: bailee gateway roads`]),
    ...heldLines(slots),
    ...anomalyLines(anomalies),
    ...dueLines(due),
  ])
}

/** Each once, whichever controllers' logs hold it. */
const openRoads = (roads: RoadReport): number => roads.stores.reduce((sum, { open }) => sum + open, 0)

function coverageLines(store: StoreCoverage): string[] {
  return [
    `  ${store.store}: ${store.places} places, ${(store.rows ?? 0).toLocaleString('en-GB')} rows, ${(store.values ?? 0).toLocaleString('en-GB')} values read`,
    ...store.not_read.map((one) => `    not read: ${one.place}: ${one.because}`),
    ...store.partly_read.map((one) => `    partly read: ${one.place}: ${one.because}`),
  ]
}
