/**
 * Parquet files, read by processes of their own: DuckDB is native code, and a file with one wrong bit was seen to end the process that runs it. So it ends
 * theirs, the file counts as not read, and the sweep goes on. A process is kept for the next file, for as long as files come.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { Broken } from '#kit/errors'
import type { PartOrUnread } from '../part.ts'
import { contents, type Answer, type Order, type ParquetProcessOptions, type PartHead } from './parquetFrames.ts'
import type { FileInput } from './sqlite.ts'

interface ReaderProcess {
  readonly child: ChildProcessByStdio<Writable, Readable, null>
  readonly answers: AsyncGenerator<Answer | Uint8Array>
  files: number
  timer: NodeJS.Timeout | undefined
}

// Longer than any pause between two files of one sweep. Milliseconds.
const idleMax = 1_000
// Files of one process: whatever DuckDB should gather in reading them stays small.
const filesMax = 1_000

const idle: ReaderProcess[] = []

/** What the process needs and no more: none of the secrets that the one that started it was given. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(['NODE_COMPILE_CACHE', 'TMPDIR', 'PATH', 'TZ'].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])))
}

function start(): ReaderProcess {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'parquet.worker.ts')], { stdio: ['pipe', 'pipe', 'ignore'], env: environment() })
  // A process that is gone shows in its answers; what was still being said to it is of no use to anybody.
  child.on('error', () => child.stdout.destroy())
  child.stdin.on('error', () => undefined)
  return { child, answers: contents(child.stdout), files: 0, timer: undefined }
}

/** Neither an idle process nor its pipes keep this one from ending. */
function hold(reader: ReaderProcess, held: boolean): void {
  for (const one of [reader.child, reader.child.stdin, reader.child.stdout] as unknown as { ref?(): void; unref?(): void }[]) (held ? one.ref : one.unref)?.call(one)
}

function take(): ReaderProcess {
  for (let kept = idle.pop(); kept !== undefined; kept = idle.pop()) {
    clearTimeout(kept.timer)
    if (kept.child.exitCode !== null || kept.child.signalCode !== null) continue
    hold(kept, true)
    return kept
  }
  return start()
}

const end = ({ child }: ReaderProcess): void => void child.kill('SIGKILL')

function keep(reader: ReaderProcess): void {
  if (reader.files >= filesMax) { end(reader); return }
  hold(reader, false)
  reader.timer = setTimeout(() => {
    idle.splice(idle.indexOf(reader), 1)
    end(reader)
  }, idleMax).unref()
  idle.push(reader)
}

const tell = ({ child }: ReaderProcess, order: Order): void => void child.stdin.write(`${JSON.stringify(order)}\n`)

/** The process ended before it had answered. */
class Gone extends Error {}

async function next({ answers }: ReaderProcess): Promise<Answer | Uint8Array> {
  const { done, value } = await answers.next()
  if (done === true) throw new Gone()
  return value
}

const because = 'a Parquet file at which DuckDB broke off, and its process with it'

/** DuckDB refused the file as it should: nothing but what it says is wrong. Anything else may have left its process in whatever state. */
const isOrdinary = (reason: string): boolean => /an encrypted Parquet file|[(](Invalid Input|IO|Not implemented|Serialization) Error[)]/.test(reason)

/** As `partsOfParquet` of `parquet.ts`, which reads it there. A file that ends the process is an unread part, or `Broken` in the middle of its bytes. */
export async function* partsOfParquet(input: FileInput, options: ParquetProcessOptions = {}): AsyncGenerator<PartOrUnread> {
  let reader = take()
  let whole = false
  try {
    let head = await opened(reader, input, options).catch((cause: unknown) => {
      if (!(cause instanceof Gone) || reader.files === 1) throw cause
      // It may have been the file before that spoiled it: this one gets a process which no other file has seen.
      reader = start()
      return opened(reader, input, options)
    })
    let sound = true
    while (head.is === 'part' || head.is === 'unread') {
      if (head.is === 'unread') {
        sound &&= isOrdinary(head.part.because)
        yield head.part
      } else {
        const part = partOf(reader, head.part, () => { sound = false })
        yield part
      }
      tell(reader, { do: 'next' })
      head = (await next(reader)) as Answer
    }
    if (head.is === 'broken') throw new Broken('inventory/table-unreadable', head.because)
    whole = sound
  } catch (cause) {
    if (!(cause instanceof Gone)) throw cause
    yield { name: '', because }
  } finally {
    if (whole) keep(reader)
    else end(reader)
  }
}

async function opened(reader: ReaderProcess, input: FileInput, options: ParquetProcessOptions): Promise<Answer> {
  reader.files += 1
  // A file that this process has open is reached as one of this process, wherever it is read.
  const file = input.file.replace(/^\/proc\/self\//, `/proc/${process.pid}/`)
  tell(reader, { do: 'open', input: { ...input, file }, options })
  return (await next(reader)) as Answer
}

function partOf(reader: ReaderProcess, head: PartHead, damaged: () => void): PartOrUnread {
  let partly: readonly string[] = []
  async function* bytes(): AsyncGenerator<Uint8Array> {
    tell(reader, { do: 'read' })
    let last: Answer | undefined
    try {
      for (let one = await next(reader); ; one = await next(reader)) {
        if (!(one instanceof Uint8Array)) { last = one; break }
        yield one
      }
    } catch (cause) {
      damaged()
      throw cause instanceof Gone ? new Broken('inventory/table-unreadable', because) : cause
    } finally {
      if (last === undefined) last = await stopped(reader)
    }
    if (last?.is === 'broken') {
      if (!isOrdinary(last.because)) damaged()
      throw new Broken('inventory/table-unreadable', last.because)
    }
    if (last?.is === 'end') partly = last.partly
  }
  return { ...head, bytes: bytes(), partly: () => partly }
}

/** Nobody wants the rest: what is on its way is taken off it. */
async function stopped(reader: ReaderProcess): Promise<Answer | undefined> {
  tell(reader, { do: 'stop' })
  try {
    for (;;) {
      const one = await next(reader)
      if (!(one instanceof Uint8Array)) return one
    }
  } catch {
    return undefined
  }
}
