import { setPriority } from 'node:os'
import type { Command } from 'commander'
import { work } from '#composition'
import { allWorkers, openJobs, type ListedJob, type Worker } from '#job'
import { letGoOfUnits } from '#trace'
import { machineClock, parseInstant } from '#kit/time'
import { Misuse } from '#kit/errors'
import { hasEnded, Stopped } from '#kit/worker'
import { common, momentOf, say, tell, withBailee, type CommonOptions } from './context.ts'

interface WorkerCommand extends CommonOptions {
  readonly environment?: readonly string[]
  readonly threads?: string
  readonly rateLimit?: string
  readonly untilIdle?: boolean
  readonly grace?: string
}

/** Of the scheduler: everything else on the machine comes first. */
const politeness = 10

/** Seconds that what is under way has to end in, once a worker is asked to stop. */
const graceSeconds = 30

/** `bailee worker`, `bailee worker status`. */
export function addWorker(program: Command, exit: (code: number) => void): void {
  const worker = program.command('worker').description('work on erasures and sweeps, beside other workers of the same control database')
  common(worker.command('run', { isDefault: true }).description('work until stopped; SIGTERM ends what is under way, or gives it back'))
    .option('--environment <id...>', 'serve only these environments (default: all)')
    .option('--threads <number>', 'threads (default: all cores)')
    .option('--rate-limit <megabytes>', 'read at most so many MB a second')
    .option('--until-idle', 'end when there is nothing to do')
    .option('--grace <seconds>', `seconds to end in when stopped (default ${graceSeconds})`)
    .action(async (options: WorkerCommand) => { await runWorker(options, exit) })
  common(worker.command('status').description('who works, on what, how far it is, and which jobs wait or failed')).action(async (options: CommonOptions) => {
    await withBailee(options, async ({ database }) => {
      const jobs = await openJobs(database)
      const [workers, listed] = [await allWorkers(database), await jobs.listed()]
      await jobs.close()
      const open = listed.filter(({ state }) => state !== 'done')
      say(options, { workers, jobs: open }, () => [...(workers.length === 0 ? ['No worker. One is started by: bailee worker'] : workers.map(workerLine)), ...open.map(jobLine)])
    })
  })
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d+([.]\d+)?$/.test(text) || Number(text) <= 0) throw new Misuse(`${name} takes a number above zero, not ${JSON.stringify(text)}`)
  return Number(text)
}

async function runWorker(options: WorkerCommand, exit: (code: number) => void): Promise<void> {
  const [threads, megabytes, grace] = [numberOf('--threads', options.threads), numberOf('--rate-limit', options.rateLimit), numberOf('--grace', options.grace) ?? graceSeconds]
  if (threads !== undefined && !Number.isInteger(threads)) throw new Misuse('--threads takes a whole number')
  momentOf(options)
  setPriority(politeness)
  const stopping = new AbortController()
  await withBailee(options, async (bailee) => {
    const stop = (signal: string): void => {
      stopping.abort(new Stopped(`stopped by ${signal}`))
      // What cannot be ended in time is given back: its units at once, its job when it is noticed that this process has ended.
      setTimeout(() => { void letGoOfUnits(bailee.database).catch(() => undefined).then(() => process.exit(0)) }, grace * 1000).unref()
    }
    process.once('SIGINT', stop).once('SIGTERM', stop)
    const at = options.at === undefined ? undefined : parseInstant(options.at)
    const worked = await work(bailee, {
      environments: options.environment, threads, bytesPerSecond: megabytes === undefined ? undefined : megabytes * 1e6, untilIdle: options.untilIdle === true, stopping: stopping.signal,
      clock: () => at ?? machineClock(), log: (line) => { tell(`${line}`) },
    })
    if (worked.failed > 0) exit(1)
    say(options, { ok: worked.failed === 0, ...worked }, () => [`${worked.done} jobs done, ${worked.failed} to be tried again, ${worked.givenBack} given back.`])
  })
}

/** `2 h 5 min`, `40 s`. */
export function durationOf(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** One worker: what it does, how far it is, how long it still takes. */
export function workerLine({ name, environments, subject, progress, quietSeconds }: Worker): string {
  const far = progress === null ? '' : `: ${progress.work} ${progress.done}/${progress.total}${progress.store === null ? '' : ` in ${progress.store}`}${progress.share === null ? '' : `, ${Math.floor(progress.share * 100)} %`}${progress.secondsLeft === null ? '' : `, about ${durationOf(progress.secondsLeft)} left`}`
  const heard = hasEnded(name) ? '  (it has ended; what it held is taken over)' : quietSeconds > 60 ? `  (not heard of for ${durationOf(quietSeconds)})` : ''
  return `${name}  serves ${environments?.join(', ') ?? 'all environments'}  ${subject === null ? (progress === null ? 'idle' : 'helping') : subject}${far}${heard}`
}

/** One job that is not done. */
export const jobLine = ({ queue, state, subject, tries, because }: ListedJob): string => `  ${state === 'failed' ? '✗' : '·'} ${queue}: ${subject} is ${state}${tries > 0 ? `, begun ${tries + 1} times` : ''}${because === null ? '' : `  (${because})`}`
