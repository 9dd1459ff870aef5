/** Records one dataset, as the process that started this one says on its standard input, and tells in lines what came of it. */
import { setPriority } from 'node:os'
import { text } from 'node:stream/consumers'
import { Broken, Misuse, Refused } from '#kit/errors'
import { openBailee } from './index.ts'
import { recordHere, type RecordingAnswer, type RecordingOrder } from './recording.ts'

/** Behind whatever else the machine has to do: sessions at the gateway wait for nothing of it. */
const lowPriority = 10

setPriority(lowPriority)
const { directory, url, master, dataset, at } = JSON.parse(await text(process.stdin)) as RecordingOrder

async function record(): Promise<RecordingAnswer> {
  const bailee = await openBailee({ directory, url, clock: 'machine', environment: process.env, ...(master === undefined ? {} : { master: Buffer.from(master, 'base64') }) }, at)
  try {
    return { lines: await recordHere(bailee, dataset, at) }
  } finally {
    await bailee.close()
  }
}

// What drivers say may quote a value: of what is not ours, nothing is told.
const answer = await record().catch((cause: unknown): RecordingAnswer => ({ because: cause instanceof Broken || cause instanceof Misuse || cause instanceof Refused ? cause.message : 'it broke off, for a reason that nobody foresaw' }))
process.stdout.write(JSON.stringify(answer), () => process.exit()) // whatever an opening that failed left open
