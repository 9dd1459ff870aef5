/** For tests: what is read of a file that was made to exhaust whoever reads it. */
import { expect } from 'vitest'
import { isUnread, type PartOrUnread } from '../index.ts'

export const MiB = 1024 * 1024

/** Megabytes that a process may grow by, beside what it had. */
const grownMax = 500

/** Milliseconds between two looks at how large the process is, beside one at each piece. */
const lookMilliseconds = 20

export interface Outcome {
  /** Of them, those that were opened. */
  readonly parts: number
  readonly bytes: number
  /** Why parts were not read, or not to their end: what ends one early is unread, as a sweep counts it. */
  readonly unread: readonly string[]
  readonly partly: readonly string[]
  readonly grownMegabytes: number
  readonly seconds: number
  readonly processorSeconds: number
}

/** Reads parts to their end, as a sweep does. Fails where the process grows by more than it may, or a reader fails as none should. */
export async function outcomeOf(parts: AsyncIterable<PartOrUnread>): Promise<Outcome> {
  const [before, from, used] = [process.memoryUsage().rss, performance.now(), process.cpuUsage()]
  let peak = before
  const look = (): void => { peak = Math.max(peak, process.memoryUsage().rss) }
  const watch = setInterval(look, lookMilliseconds)
  const read = { parts: 0, bytes: 0, unread: [] as string[], partly: [] as string[] }
  try {
    for await (const part of parts) {
      if (isUnread(part)) { read.unread.push(part.because); continue }
      read.parts += 1
      try {
        for await (const piece of part.bytes) { read.bytes += piece.length; look() }
        read.partly.push(...part.partly())
      } catch (cause) {
        if ((cause as Error).name !== 'Broken') throw cause
        read.unread.push((cause as Error).message)
      }
    }
  } finally {
    clearInterval(watch)
  }
  look()
  const { user, system } = process.cpuUsage(used)
  const tenths = (milliseconds: number): number => Math.round(milliseconds / 100) / 10
  const outcome = { ...read, grownMegabytes: Math.round((peak - before) / MiB), seconds: tenths(performance.now() - from), processorSeconds: tenths((user + system) / 1000) }
  process.stdout.write(`${expect.getState().currentTestName ?? ''} ${JSON.stringify({ ...outcome, unread: [read.unread.length, ...new Set(read.unread)].slice(0, 4), partly: read.partly.slice(0, 3) })}\n`)
  expect(outcome.grownMegabytes).toBeLessThan(grownMax)
  return outcome
}
