import type { Command } from 'commander'
import { endSession, recentAnomalies, recentSessions, recentStatements } from '#gateway'
import { Misuse } from '#kit/errors'
import { formatInstant } from '#kit/time'
import { common, say, withBailee, type CommonOptions } from './context.ts'

/** Lines of a list at most: more are for a program that reads the ledger. */
const listedMax = 1_000

/** A whole number from 1 to `max`. @throws Misuse. */
export function wholeNumber(option: string, text: string, max: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (value < 1 || value > max) throw new Misuse(`${option} takes a whole number from 1 to ${max}`)
  return value
}

interface ListOptions extends CommonOptions { readonly person?: string; readonly instruction?: string; readonly open?: boolean; readonly limit: string }

/** `bailee gateway sessions` and `bailee gateway end`: who is there, who was, and sending somebody away. */
export function addSessions(gateway: Command): void {
  common(gateway.command('sessions').description('sessions of all gateways, newest first'))
    .option('--open', 'only those that are open').option('--person <id>', 'only of this person').option('--instruction <id>', 'only under this instruction').option('--limit <number>', 'how many', '50')
    .action(async (options: ListOptions) => {
      const limit = wholeNumber('--limit', options.limit, listedMax)
      await withBailee(options, async ({ database }) => {
        const { person, instruction, open } = options
        const sessions = await recentSessions(database, { person, instruction, open, limit })
        say(options, { ok: true, sessions }, () => (sessions.length === 0 ? ['No session.'] : sessions.map((one) => {
          const sent = one.counts === null ? `at most ${one.leasedRows} rows` : `${one.counts.rows} rows (${one.counts.charged} charged), ${one.counts.bytes} bytes, ${one.counts.statements} statements`
          return `${one.id}  ${formatInstant(one.openedAt)}  ${one.person} under ${one.instruction} at ${one.store}: ${sent}; ${one.because ?? 'open'}`
        })))
      })
    })
  addStatements(gateway)
  common(gateway.command('end <session>').description('end an open session, at whichever gateway it is'))
    .option('--as <id>', 'who ends it')
    .action(async (session: string, options: CommonOptions & { as?: string }) => {
      await withBailee(options, async ({ ledger }, at) => {
        await endSession(ledger, { session, by: options.as }, at)
        say(options, { ok: true, session }, () => [`${session} is being ended.`])
      })
    })
}

interface StatementOptions extends Omit<ListOptions, 'open'> { readonly session?: string }

/** `bailee gateway statements` and `bailee gateway anomalies`: what sessions ran, by shape and never by text, and what is unlike their people. */
function addStatements(gateway: Command): void {
  common(gateway.command('statements').description('what sessions ran, by shape, newest first; texts stay sealed'))
    .option('--session <id>', 'only of this session').option('--person <id>', 'only of this person').option('--instruction <id>', 'only under this instruction').option('--limit <number>', 'how many', '50')
    .action(async (options: StatementOptions) => {
      const { session, person, instruction } = options
      const limit = wholeNumber('--limit', options.limit, listedMax)
      await withBailee(options, async ({ database }) => {
        const statements = await recentStatements(database, { session, person, instruction, limit })
        say(options, { ok: true, statements }, () => (statements.length === 0 ? ['No statement.'] : statements.map((one) => {
          const failed = one.failed === 0 ? '' : `, ${one.failed} failed`
          return `${one.fingerprint}  ${formatInstant(one.firstAt)}  ${one.person} under ${one.instruction}: ${one.times} times${failed}, ${one.rows} rows, ${one.bytes} bytes, ${one.milliseconds} ms: ${one.shape ?? 'not understood'}`
        })))
      })
    })
  common(gateway.command('anomalies').description('volumes and hours unlike what the same person did before under the same instruction'))
    .option('--person <id>', 'only of this person').option('--instruction <id>', 'only under this instruction').option('--limit <number>', 'how many', '50')
    .action(async (options: StatementOptions) => {
      const { person, instruction } = options
      const limit = wholeNumber('--limit', options.limit, listedMax)
      await withBailee(options, async ({ database }) => {
        const anomalies = await recentAnomalies(database, { person, instruction, limit })
        say(options, { ok: true, anomalies }, () => (anomalies.length === 0 ? ['Nothing unusual was seen.'] : anomalies.map((one) => `${formatInstant(one.at)}  ${one.person} under ${one.instruction}, session ${one.session}: ${one.says}`)))
      })
    })
}
