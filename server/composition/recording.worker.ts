/** Records one dataset, as the process that started this one says on its standard input, and tells in lines what came of it. */
import { once } from 'node:events'
import { setPriority } from 'node:os'
import { createInterface } from 'node:readline'
import { endMysqlReadings, keepMysqlReadings } from '#inventory'
import { Broken, Misuse, Refused } from '#kit/errors'
import { openBailee } from './index.ts'
import { recordHere, type RecordingAnswer, type RecordingOrder } from './recording.ts'

/** Behind whatever else the machine has to do: sessions at the gateway wait for nothing of it. */
const lowPriority = 10

setPriority(lowPriority)
/** Milliseconds that servers may take to be told. */
const tellMillisecondsMax = 10_000
keepMysqlReadings()
/** Aborted first: what breaks from then on, this process has broken itself, and it is no failure of the store. */
const ending = new AbortController()
const end = (): void => {
  if (ending.signal.aborted) return
  ending.abort()
  void endMysqlReadings(tellMillisecondsMax).finally(() => process.exit(1))
}

const input = createInterface({ input: process.stdin })
// Whoever waits for the answer is gone, or wants none. Stores notice that nobody asks any more, or are told; what was recorded stays, and the rest is done the next time.
input.once('close', end)
const [line] = await once(input, 'line') as [string]
const { secondsMax, directory, url, master, dataset, at } = JSON.parse(line) as RecordingOrder
setTimeout(end, secondsMax * 1000)
const told: string[] = []

async function record(): Promise<RecordingAnswer> {
  const bailee = await openBailee({ directory, url, clock: 'machine', environment: process.env, log: (one) => told.push(one), ...(master === undefined ? {} : { master: Buffer.from(master, 'base64') }) }, at)
  try {
    return { told, lines: await recordHere(bailee, dataset, at, ending.signal) }
  } finally {
    await bailee.close()
  }
}

// What drivers say may quote a value: of what is not ours, nothing is told.
const answer = await record().catch((cause: unknown): RecordingAnswer => ({ told, because: cause instanceof Broken || cause instanceof Misuse || cause instanceof Refused ? cause.message : 'it broke off, for a reason that nobody foresaw' }))
if (!ending.signal.aborted) process.stdout.write(JSON.stringify(answer), () => process.exit(0)) // whatever an opening that failed left open
