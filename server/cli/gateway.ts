import type { Command } from 'commander'
import { harden, hardeningStatements, lookAtRoads, proveAll, type Proved, type RoadReport } from '#gateway'
import { resolveReference } from '#inventory'
import { Misuse } from '#kit/errors'
import { common, say, withBailee, type CommonOptions } from './context.ts'
import { addSessions } from './sessions.ts'

/** `bailee gateway`: what prepares client databases and shows that nothing leads around the gateway. */
export function addGateway(program: Command, exit: (code: number) => void): void {
  const gateway = program.command('gateway').description('the only road to client data')
  addHarden(gateway)
  addRoads(gateway, exit)
  addProve(gateway, exit)
  addSessions(gateway)
}

/** `bailee gateway roads`: every account, line, slot and session that leads to client data beside the gateway. */
function addRoads(gateway: Command, exit: (code: number) => void): void {
  common(gateway.command('roads').description('what leads to client data beside the gateway; exit 1 when something is open that is not declared break-glass'))
    .option('--store <id...>', 'only these stores')
    .action(async (options: CommonOptions & { store?: readonly string[] }) => {
      await withBailee(options, async ({ ledger, references }, at) => {
        const report = await lookAtRoads({ ledger, references }, at, options.store)
        const open = report.roads.filter(({ state }) => state === 'open')
        if (open.length > 0) exit(1)
        say(options, { ok: open.length === 0, ...report }, () => roadLines(report))
      })
    })
}

/** `bailee gateway prove`: every way out, tried at each client database under each instruction. */
function addProve(gateway: Command, exit: (code: number) => void): void {
  common(gateway.command('prove').description('try every way out of each accepted instruction at its databases; exit 1 when one is open'))
    .option('--store <id>', 'only at this store').option('--instruction <id>', 'only this instruction').option('--canary', 'only the short list that bailee serve tries every hour')
    .action(async (options: CommonOptions & { store?: string; instruction?: string; canary?: boolean }) => {
      await withBailee(options, async ({ ledger, references }, at) => {
        const { store, instruction, canary } = options
        const proved = await proveAll({ ledger, references }, at, { ...(store === undefined ? {} : { store }), ...(instruction === undefined ? {} : { instruction }), ...(canary === undefined ? {} : { canary }) })
        const held = proved.every(({ result }) => result?.outcome === 'held')
        if (!held) exit(1)
        say(options, { ok: held, proved }, () => proved.flatMap(proofLines))
      })
    })
}

function proofLines({ store, instruction, result, because }: Proved): string[] {
  if (result === undefined) return [`✗ ${instruction} at ${store}: not tried: ${because ?? ''}`]
  const { outcome, held, through, notTried, findings, separation } = result
  return [
    `${outcome === 'held' ? '✓' : '✗'} ${instruction} at ${store}: ${held} ways out held${through.length === 0 ? '' : `, ${through.length} open`}${notTried.length === 0 ? '' : `, ${notTried.length} not tried`}; ${separation}`,
    ...through.map(({ id, says, because: came }) => `    open: ${id}: ${says} (${came})`),
    ...findings.map(({ what, fix }) => `    found: ${what}${fix === undefined ? '' : `  close it: ${fix}`}`),
  ]
}

/** Roads for people: each once, whichever controllers' logs hold it. */
export function roadLines(report: RoadReport): string[] {
  const once = [...new Map(report.roads.map((road) => [`${road.store}\n${road.kind}\n${road.name}`, road])).values()]
  return [
    ...once.map(({ store, says, state, because, fix }) => (state === 'declared' ? `  ${store}: ${says} (${because ?? ''})` : `✗ ${store}: ${says}${fix === null ? '' : `  close it: ${fix}`}`)),
    ...report.stores.flatMap(({ store, notSeen }) => notSeen.map(({ kinds, because, fix }) => `! ${store}: not seen (${kinds.join(', ')}): ${because}${fix === undefined ? '' : `  let it be seen: ${fix}`}`)),
    once.some(({ state }) => state === 'open') ? 'Close each, or declare it under break_glass of its store in bailee.yaml, with owner and reason.' : 'No road beside the gateway is open that was seen and is not declared.',
  ]
}

/** `bailee gateway harden`: what an administrator does once for each client database. */
function addHarden(gateway: Command): void {
  gateway.command('harden').description('take back, in one client database, what PostgreSQL gives to every role')
    .requiredOption('--url <reference>', 'an administrator\'s URL, as env:NAME or file:PATH')
    .option('--print', 'only print the statements, generated from the catalogue of that database').option('--json', 'answer in JSON')
    .action(async (options: CommonOptions & { url: string; print?: boolean }) => {
      const url = resolveReference(options.url, { environment: process.env, directory: process.cwd() })
      if (url === undefined) throw new Misuse(`${options.url} is not set or not there`)
      if (options.print === true) {
        const statements = await hardeningStatements(url)
        return say(options, { ok: statements.length === 0, statements }, () => (statements.length === 0 ? ['-- nothing is left to take back'] : statements.map((statement) => `${statement};`)))
      }
      const hardened = await harden(url)
      say(options, { ok: hardened.refused.length === 0, ...hardened }, () => [
        `${hardened.done.length} statements took effect.`, ...hardened.refused.map((statement) => `  refused, an administrator with more rights must run: ${statement}`),
        '  then: GRANT bailee_session TO <the role of gateway_url> WITH ADMIN OPTION',
      ])
    })
}
