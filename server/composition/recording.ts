/** The weekly recording of datasets (`#breach`): each by a process of its own, so that reading a large table takes no moment from whoever goes through the gateway of this one, and has an end. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { recordDataset, recordEverySeconds, recordingsDue, recordStopped } from '#breach'
import type { Instant } from '#kit/time'
import { traceContext, type Bailee } from './bailee.ts'

/** Seconds between two looks at datasets that may have to be counted and read again. */
export const recordingEverySeconds = 3_600

/** Seconds that one dataset may take: ten times what fifty million people took. */
const recordingSecondsMax = 6 * 3_600

/** Datasets that are due to be recorded; none where it is left to people. */
export async function recordingsDueNow(bailee: Bailee, at: Instant, stores?: readonly string[]): Promise<string[]> {
  const everySeconds = await recordEverySeconds(bailee.database)
  return everySeconds === undefined ? [] : recordingsDue(traceContext(bailee), { everySeconds, stores }, at)
}

/** What the process is told: a line of JSON on its standard input, where nobody else reads it. It ends itself when that input closes, as it does when whoever started it is gone, and `secondsMax` after it began. */
export interface RecordingOrder { readonly secondsMax: number; readonly directory: string; readonly url: string | undefined; /** In base64. */ readonly master: string | undefined; readonly dataset: string; readonly at: Instant }

/** What it answers. `told`: what was found while the Bailee was opened, as of a key that was back. */
export type RecordingAnswer = { readonly told: readonly string[] } & ({ readonly lines: readonly string[] } | { readonly because: string })

/** Records one dataset in this process; resolves to what came of it, in lines. `stopping`: from when it is aborted, nothing that breaks is recorded as a failure. */
export async function recordHere(bailee: Bailee, dataset: string, at: Instant, stopping?: AbortSignal): Promise<string[]> {
  const everySeconds = await recordEverySeconds(bailee.database)
  if (everySeconds === undefined) return []
  const { recorded, taken, missed } = await recordDataset(traceContext(bailee), dataset, at, { everySeconds, ...(stopping === undefined ? {} : { stopping }) })
  return [
    ...recorded.map((one) => `${one.table}: values of ${one.subjects} people read, reading ${one.readings}`), ...taken.map((one) => `${one.dataset}: ${one.people} people counted in ${Object.keys(one.byCountry).length} countries`),
    ...missed.map((one) => `${one.dataset} is not recorded: ${one.because}`),
  ]
}

export interface RecordingLimits { readonly secondsMax?: number; /** Aborted to stop. */ readonly stopping?: AbortSignal }

/**
 * Records one dataset; resolves to what came of it, in lines. A process of its own does it where this Bailee can be opened by one, behind everybody else's work; it is ended when it takes longer than `secondsMax`, which counts as a recording that failed, and when
 * this one is to stop. What it had not recorded then is recorded the next time.
 */
export async function recordOne(bailee: Bailee, dataset: string, at: Instant, { secondsMax = recordingSecondsMax, stopping }: RecordingLimits = {}): Promise<string[]> {
  if (bailee.again === undefined) return recordHere(bailee, dataset, at)
  const { url, master } = bailee.again
  const began = performance.now()
  const order: RecordingOrder = { secondsMax: secondsMax + graceSeconds, directory: bailee.directory, url, master: master === undefined ? undefined : Buffer.from(master).toString('base64'), dataset, at }
  const answer = await ordered(order, secondsMax, stopping)
  if ('lines' in answer) return [...answer.told, ...answer.lines]
  if (stopping?.aborted === true) return []
  const stoppedAt = at + Math.floor((performance.now() - began) / 1000) // it rests from then on
  await recordStopped(traceContext(bailee), dataset, { because: answer.because, everySeconds: await recordEverySeconds(bailee.database) ?? 0 }, stoppedAt)
  return [...answer.told, `${dataset} is not recorded: ${answer.because}`]
}

/** Seconds after its time that the process ends itself where nobody ended it; and those that it may take to end when it is asked to. */
const [graceSeconds, endingSeconds] = [10, 15]

/** Has a process do it. Where none can be begun, that is why it was not done. */
async function ordered(order: RecordingOrder, secondsMax: number, stopping: AbortSignal | undefined): Promise<RecordingAnswer> {
  const limit = { over: false }
  try {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'recording.worker.ts')], { stdio: ['pipe', 'pipe', 'ignore'] })
    const ended = once(child, 'close') as Promise<[number | null]>
    ended.catch(() => undefined) // told below
    let killing: NodeJS.Timeout | undefined
    // Asked first: it tells servers that would go on for it, which a process that is killed cannot.
    const end = (): void => { child.stdin.end(); killing ??= setTimeout(() => { child.kill('SIGKILL') }, endingSeconds * 1000) }
    const clock = setTimeout(() => { limit.over = true; end() }, secondsMax * 1000)
    stopping?.addEventListener('abort', end)
    if (stopping?.aborted === true) end()
    try {
      child.stdin.on('error', () => undefined) // it ended before it was told: that shows in how it ended
      child.stdin.write(`${JSON.stringify(order)}\n`) // and stays open: when it closes, nobody waits for an answer
      const [said, [code]] = await Promise.all([text(child.stdout), ended])
      if (code === 0) return JSON.parse(said) as RecordingAnswer
    } finally {
      clearTimeout(clock)
      clearTimeout(killing)
      stopping?.removeEventListener('abort', end)
    }
  } catch (cause) {
    const { code } = cause as { code?: unknown }
    return { told: [], because: `no process could be begun for it: ${typeof code === 'string' ? code : 'for a reason that nobody foresaw'}` }
  }
  return { told: [], because: limit.over ? `it took longer than ${secondsMax} seconds, and was stopped` : 'the process that recorded it broke off' }
}
