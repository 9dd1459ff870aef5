/** Random files of every format, read as a sweep reads them, against somebody else's reader or what was written: the same rows, fields and values, and nothing lost in silence. */
import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formats } from './fuzz/formats/index.ts'
import type { Done } from './fuzz/fuzz.ts'
import type { Benchmark, Measured } from './result.ts'

const [filesFull, filesQuick, processes] = [100_000, 300, 2]
const megabytesMax = 1_024
// A process that says nothing for so long hangs in one file.
const silenceMilliseconds = 300_000

interface Difference { readonly difference: string; readonly number: number; readonly file: string; readonly damage?: string }
interface Progress extends Done { readonly megabytes: number }
interface Outcome { readonly progress: readonly Progress[]; readonly differences: readonly Difference[]; readonly seconds: number; readonly broken: string | undefined }

const sumOf = (progress: readonly Progress[], pick: (one: Progress) => number): number => progress.reduce((sum, one) => sum + pick(one), 0)

/** One process for a range of numbers. Rejects when it ends otherwise than by itself, or hangs. */
function run(order: { format: string; seed: string; from: number; to: number; keep: string }, said: { progress: (one: Progress) => void; difference: (one: Difference) => void }): Promise<void> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'fuzz', 'worker.ts'), JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let rest = ''
  let timer = setTimeout(() => child.kill('SIGKILL'), silenceMilliseconds)
  child.stdout.on('data', (bytes: Buffer) => {
    clearTimeout(timer)
    timer = setTimeout(() => child.kill('SIGKILL'), silenceMilliseconds)
    const lines = (rest + bytes.toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const message = JSON.parse(line) as Progress | Difference
      if ('difference' in message) said.difference(message)
      else said.progress(message)
    }
  })
  return new Promise((resolve, reject) => {
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      if (code === 0) resolve()
      else reject(new Error(signal === 'SIGKILL' ? 'a file hangs' : `it ended with ${code ?? signal}`))
    })
  })
}

async function fuzzed(format: string, files: number, { seed, keep, log }: { seed: string; keep: string; log: (line: string) => void }): Promise<Outcome> {
  const from = performance.now()
  const progress = Array.from({ length: processes }, (): Progress => ({ files: 0, damaged: 0, refused: 0, differences: 0, slowestMilliseconds: 0, megabytes: 0 }))
  const differences: Difference[] = []
  let told = from
  const tell = (): void => {
    if (performance.now() - told < 10_000) return
    told = performance.now()
    const done = sumOf(progress, (one) => one.files)
    const rate = done / ((told - from) / 1000)
    log(`${format}: ${done.toLocaleString('en-GB')} files, ${Math.round(rate)} a second, ${Math.round((files - done) / rate)} s to go`)
  }
  const share = Math.ceil(files / processes)
  const runs = progress.map((_, at) => run({ format, seed, from: at * share, to: Math.min(files, (at + 1) * share), keep }, {
    progress: (one) => { progress[at] = { ...one, megabytes: Math.max(one.megabytes, progress[at]!.megabytes) }; tell() },
    difference: (one) => { differences.push(one); log(`${format} ${one.number}${one.damage === undefined ? '' : ` (${one.damage})`}: ${one.difference}; kept as ${one.file}`) },
  }))
  const broken = (await Promise.allSettled(runs)).find((one) => one.status === 'rejected')
  return { progress, differences, seconds: (performance.now() - from) / 1000, broken: broken === undefined ? undefined : String(broken.reason) }
}

function measuredOf(format: { name: string; oracle: string }, files: number, { progress, differences, seconds, broken }: Outcome): Measured {
  const done = sumOf(progress, (one) => one.files)
  const megabytes = Math.max(...progress.map((one) => one.megabytes))
  const about = `${format.name}: differences in ${done.toLocaleString('en-GB')} files (${sumOf(progress, (one) => one.damaged).toLocaleString('en-GB')} damaged, ${sumOf(progress, (one) => one.refused).toLocaleString('en-GB')} not compared) from ${format.oracle}; ${Math.round(done / seconds)} a second, ${megabytes} MB`
  return { what: broken === undefined ? about : `${about}; ${broken}`, value: differences.length, unit: 'files', baseline: null, ratio: null, must: `0, every file read, <= ${megabytesMax} MB`, goal: '0', ok: differences.length === 0 && broken === undefined && done === files && megabytes <= megabytesMax }
}

export const benchmark: Benchmark = {
  name: 'fuzz', about: `${filesFull.toLocaleString('en-GB')} random files of every format against somebody else's reader (BAILEE_FUZZ: how many; BAILEE_FUZZ_SEED: others; BAILEE_FUZZ_FORMATS: only these, by name, with commas)`, diskBytes: 2 * 1024 ** 3,
  run: async (log, quick = false) => {
    const files = Number(process.env['BAILEE_FUZZ'] ?? (quick ? filesQuick : filesFull))
    const seed = process.env['BAILEE_FUZZ_SEED'] ?? '2026-11-28'
    const wanted = process.env['BAILEE_FUZZ_FORMATS']?.split(',')
    const unknown = (wanted ?? []).filter((name) => formats.every((format) => format.name !== name))
    if (unknown.length > 0) throw new Error(`no format is called ${unknown.join(', ')}; BAILEE_FUZZ_FORMATS knows ${formats.map(({ name }) => name).join(', ')}`)
    if (!Number.isSafeInteger(files) || files < 1) throw new Error('BAILEE_FUZZ is no number of files')
    const keep = mkdtempSync(join(tmpdir(), 'bailee-fuzz-differences-'))
    const measured: Measured[] = []
    for (const format of formats) if (wanted?.includes(format.name) ?? true) measured.push(measuredOf(format, files, await fuzzed(format.name, files, { seed, keep, log })))
    return measured
  },
}
