/** A sample as it was found. Read into memory, what is not small by a thread of its own, so that whatever somebody made of it holds nobody else up, and kept nowhere. */
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { Misuse } from '#kit/errors'
import { lookAt, sampleBytesMax, type ReadSample, type Sample, type SampleToRead } from './sampleTable.ts'

/** What takes a moment, whatever it holds, needs no thread. Bytes, not packed. */
const momentBytesMax = 128 * 1024

/** Memory of that thread: what 256 MiB of the smallest records take, twice over. Megabytes. */
const memoryMax = 4_096

/** A sample that takes longer was made to. */
const secondsMax = 120

export interface SampleFile extends Sample { readonly sha256: string; /** As they were found. */ readonly bytes: Uint8Array }

/** Reads a file, or what was sent of one. Throws `Misuse` for a file that cannot be read, holds no rows, or makes far more of its bytes than stands there. */
export async function readSample(of: string | Uint8Array, seconds: number = secondsMax): Promise<SampleFile> {
  const name = typeof of === 'string' ? of : 'the sample'
  const bytes = typeof of === 'string' ? bytesOf(of) : Buffer.from(of)
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b
  const read = bytes.length > momentBytesMax || packed ? await readBeside({ name, bytes }, seconds) : await lookAt({ name, bytes })
  if ('misuse' in read) throw new Misuse(read.misuse)
  return { ...read, sha256: createHash('sha256').update(bytes).digest('hex'), bytes }
}

function readBeside(sample: SampleToRead, seconds: number): Promise<ReadSample> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./sample.worker.ts', import.meta.url), { workerData: sample, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: memoryMax } })
    const tooMuch = (what: string): void => { resolve({ misuse: `${sample.name} takes more ${what} to be read than a sample may; give a part of it, such as its first 10,000 rows` }) }
    const clock = setTimeout(() => { tooMuch('time'); void worker.terminate() }, seconds * 1000)
    worker.once('message', resolve)
    worker.once('error', (cause: NodeJS.ErrnoException) => { if (cause.code === 'ERR_WORKER_OUT_OF_MEMORY') tooMuch('memory'); else reject(cause) })
    worker.once('exit', () => { clearTimeout(clock); tooMuch('memory') }) // where it has answered, that stands
  })
}

function bytesOf(file: string): Buffer {
  try {
    if (statSync(file).size > sampleBytesMax) throw new Misuse(`${file} is larger than 256 MiB; give a part of it, such as its first 10,000 rows`)
    return readFileSync(file)
  } catch (cause) {
    if (cause instanceof Misuse) throw cause
    throw new Misuse(`${file} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`)
  }
}
