/** The measurements of the search for copies, at any size: what is measured at ten million rows is tried at fifty thousand. */
import { fork, type ChildProcess } from 'node:child_process'
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { rounded, type Measured } from '../result.ts'
import { patternRate, startDuckDb } from './baselines.ts'
import { fullRows, identityRows } from './people.ts'
import type { Reading, Searched } from './searching.worker.ts'

export interface Sizes {
  /** Rows of the file that is searched. */
  readonly suspectRows: number
  /** People of the small and of the large index. */
  readonly people: number
  readonly largePeople: number
  /** Rows of the large file, which holds the other one again and again. */
  readonly largeSuspectRows: number
  readonly rounds: number
  readonly threads: number
}

export type Log = (line: string) => void

const [known, others] = [1, 2] // seeds of the people
const plantedRows = 100
const coreBytes = 200_000_000
const copyBytes = 4 * 1024 * 1024

// Floors of ratios, 0.95 of the design's goals: they mean something from here on, at smaller sizes little but starting is measured.
const rowsForFloors = 1_000_000
const floors = { columns: 0.76, count: 0.475, patterns: 5.7 }

const median = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0

interface Indexed { readonly file: string; readonly seconds: number; readonly bytes: number; readonly tokens: number; readonly peak: number }

/** Waits for the next answer of a process. Throws when it ends instead. */
function answerOf<Answer>(child: ChildProcess): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`a process of the benchmark ended with ${code}`))
    child.once('exit', ended)
    child.once('message', (message) => {
      child.off('exit', ended)
      resolve(message as Answer)
    })
  })
}

const start = (script: string, words: readonly (string | number)[]): ChildProcess => fork(join(import.meta.dirname, script), words.map(String), { execArgv: [] })

async function index(directory: string, people: number): Promise<Indexed> {
  const file = join(directory, `people-${people}`)
  await pipeline(Readable.from(identityRows(known, 0, people)), createWriteStream(`${file}.csv`)) // what invents people is slower than what reads them
  const built = await answerOf<Omit<Indexed, 'file'>>(start('indexing.worker.ts', [file, `${file}.csv`]))
  rmSync(`${file}.csv`)
  return { ...built, file }
}

interface SearchProcess {
  readonly loadSeconds: number
  readonly search: (reading: Reading) => Promise<Searched>
  readonly end: () => void
}

async function startSearch(indexed: Indexed, threads: number): Promise<SearchProcess> {
  const child = start('searching.worker.ts', [indexed.file, threads])
  const { loadSeconds } = await answerOf<{ loadSeconds: number }>(child)
  return { loadSeconds, search: (reading) => { child.send(reading); return answerOf<Searched>(child) }, end: () => child.disconnect() }
}

/** Rows of known people as somebody would hide them: in capitals, padded, quoted. */
async function plantedText(): Promise<string> {
  let text = ''
  for await (const bytes of fullRows(known, 1000, plantedRows)) text += Buffer.from(bytes).toString()
  return text.split('\n').filter((line) => line !== '').map((line, row) => {
    const fields = line.replaceAll(/"([^"]*)"/g, (_, inner: string) => inner.replace(',', ';')).split(',')
    return fields.map((field) => [field.toUpperCase(), `  ${field}\t`, `"${field}"`][row % 3]!).join(',')
  }).map((line) => `${line}\n`).join('')
}

/** Where the row after the middle of a file begins. */
async function middleOf(file: string): Promise<number> {
  const from = Math.floor(statSync(file).size / 2)
  for await (const bytes of createReadStream(file, { start: from, end: from + 4096 }) as AsyncIterable<Buffer>) return from + bytes.indexOf(0x0a) + 1
  return 0
}

interface Compared { readonly scan: number; readonly large: number; readonly count: number; readonly columns: number; readonly memory: number; readonly peak: number; readonly clean: boolean }

/** Each round runs all, one after another, so that what else the machine does falls on all. Rates in megabytes a second. */
async function compare(file: string, small: SearchProcess, large: SearchProcess, { rounds, duck, log }: { rounds: number; duck: Awaited<ReturnType<typeof startDuckDb>>; log: Log }): Promise<Compared> {
  const megabytes = statSync(file).size / 1e6
  const whole = { pieces: [{ file }] }
  const seen: Record<'scan' | 'large' | 'count' | 'columns', number[]> = { scan: [], large: [], count: [], columns: [] }
  let clean = true
  let [memory, peak] = [0, 0]
  for (let round = -1; round < rounds; round += 1) { // the first only warms
    const one = await small.search(whole)
    const other = await large.search(whole)
    const [count, columns] = [await duck.count(file), await duck.columns(file)]
    clean &&= one.verdict !== 'copy' && other.verdict !== 'copy'
    memory = Math.max(memory, other.megabytes)
    peak = Math.max(peak, other.peak)
    if (round < 0) continue
    const rates = { scan: megabytes / one.seconds, large: megabytes / other.seconds, count: megabytes / count, columns: megabytes / columns }
    for (const [name, rate] of Object.entries(rates)) seen[name as keyof typeof seen].push(rate)
    log(`round ${round + 1}: ${Object.entries(rates).map(([name, rate]) => `${name} ${Math.round(rate)}`).join(', ')} MB/s`)
  }
  return { scan: median(seen.scan), large: median(seen.large), count: median(seen.count), columns: median(seen.columns), memory, peak, clean }
}

/** Runs all measurements; the files are removed at the end, whatever happens. */
export async function measure(sizes: Sizes, log: Log): Promise<readonly Measured[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-trace-'))
  try {
    return await measureIn(directory, sizes, log)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function measureIn(directory: string, sizes: Sizes, log: Log): Promise<readonly Measured[]> {
  const file = join(directory, 'suspect.csv')
  await pipeline(Readable.from(fullRows(others, 0, sizes.suspectRows)), createWriteStream(file))
  log(`suspect of ${sizes.suspectRows} rows, ${Math.round(statSync(file).size / 1e6)} MB`)
  const [smallIndex, largeIndex] = [await index(directory, sizes.people), await index(directory, sizes.largePeople)]
  log(`index of ${sizes.people} people in ${rounded(smallIndex.seconds)} s, of ${sizes.largePeople} in ${rounded(largeIndex.seconds)} s and ${largeIndex.peak} MB`)
  const [small, large] = [await startSearch(smallIndex, sizes.threads), await startSearch(largeIndex, sizes.threads)]
  log(`loaded in ${rounded(small.loadSeconds)} and ${rounded(large.loadSeconds)} s`)
  const duck = await startDuckDb(directory, sizes.threads)
  try {
    const compared = await compare(file, small, large, { rounds: sizes.rounds, duck, log })
    const core = await compareCores(file, smallIndex, sizes.rounds, log)
    const found = await hidden(file, small)
    const copy = await fullCopy(directory, small, Math.min(sizes.people, sizes.suspectRows))
    const long = await large.search({ pieces: [{ file: await repeated(file, sizes.largeSuspectRows / sizes.suspectRows) }] })
    return results(sizes, { compared, core, found, copy, long, largeIndex, loadSeconds: large.loadSeconds })
  } finally {
    duck.close()
    small.end()
    large.end()
  }
}

/** One thread against one, in turn, over the same first bytes. Megabytes a second. */
async function compareCores(file: string, indexed: Indexed, rounds: number, log: Log): Promise<{ search: number; patterns: number }> {
  const to = Math.min(statSync(file).size, coreBytes)
  const single = await startSearch(indexed, 1)
  const seen = { search: [] as number[], patterns: [] as number[] }
  try {
    for (let round = -1; round < rounds; round += 1) {
      const { seconds } = await single.search({ pieces: [{ file, to }] })
      const patterns = await patternRate(file, to)
      if (round < 0) continue
      seen.search.push(to / 1e6 / seconds)
      seen.patterns.push(patterns)
    }
  } finally {
    single.end()
  }
  const rates = { search: median(seen.search), patterns: median(seen.patterns) }
  log(`one thread: ${Math.round(rates.search)} MB/s, patterns ${Math.round(rates.patterns)} MB/s`)
  return rates
}

async function hidden(file: string, small: SearchProcess): Promise<Searched> {
  const middle = await middleOf(file)
  return small.search({ pieces: [{ file, to: middle }, { text: await plantedText() }, { file, from: middle }] })
}

async function fullCopy(directory: string, small: SearchProcess, rows: number): Promise<Searched> {
  const file = join(directory, 'copy.csv')
  await pipeline(Readable.from(fullRows(known, 0, rows)), createWriteStream(file))
  const searched = await small.search({ pieces: [{ file }] })
  rmSync(file)
  return searched
}

/** A file that holds another so many times; the last time a part of it, which ends where it may. */
async function repeated(file: string, times: number): Promise<string> {
  const long = `${file}.long`
  const part = Math.floor(statSync(file).size * (times % 1))
  for (let time = 0; time < Math.floor(times); time += 1) await pipeline(createReadStream(file, { highWaterMark: copyBytes }), createWriteStream(long, { flags: 'a' }))
  if (part > 0) await pipeline(createReadStream(file, { highWaterMark: copyBytes, end: part - 1 }), createWriteStream(long, { flags: 'a' }))
  return long
}

interface All {
  readonly compared: Compared
  readonly core: { readonly search: number; readonly patterns: number }
  readonly found: Searched
  readonly copy: Searched
  readonly long: Searched
  readonly largeIndex: Indexed
  readonly loadSeconds: number
}

function results(sizes: Sizes, { compared, core, found, copy, long, largeIndex, loadSeconds }: All): Measured[] {
  const rate = (what: string, value: number, baseline: { what: string; value: number }): Pick<Measured, 'what' | 'value' | 'unit' | 'baseline' | 'ratio'> =>
    ({ what, value: rounded(value), unit: 'MB/s', baseline: { ...baseline, value: rounded(baseline.value) }, ratio: rounded(value / baseline.value) })
  const plain = (what: string, value: number, unit: string): Pick<Measured, 'what' | 'value' | 'unit' | 'baseline' | 'ratio'> => ({ what, value: rounded(value), unit, baseline: null, ratio: null })
  const columns = { what: 'DuckDB reading all columns', value: compared.columns }
  const count = { what: 'DuckDB count(*)', value: compared.count }
  const tokenBytes = largeIndex.bytes / largeIndex.tokens
  const above = (ratio: number, floor: number): boolean => sizes.suspectRows < rowsForFloors || ratio >= floor
  const copied = copy.records / Math.min(sizes.people, sizes.suspectRows)
  return [
    { ...rate(`search of ${sizes.suspectRows} rows for ${sizes.people} people`, compared.scan, columns), must: 'no copy found in it', goal: '>= 400 MB/s', ok: compared.clean },
    { ...rate(`search for ${sizes.largePeople} people`, compared.large, columns), must: `>= ${floors.columns} of it, no copy found`, goal: '>= 0.8 of it', ok: compared.clean && above(compared.large / compared.columns, floors.columns) },
    { ...rate(`search for ${sizes.largePeople} people, beside counting`, compared.large, count), must: `>= ${floors.count} of it`, goal: '>= 0.5 of it', ok: above(compared.large / compared.count, floors.count) },
    { ...rate('search by one thread', core.search, { what: 'five patterns in Node', value: core.patterns }), must: `>= ${floors.patterns} of it`, goal: '>= 6 of it', ok: above(core.search / core.patterns, floors.patterns) },
    { ...plain(`of ${plantedRows} hidden rows found`, found.found, 'rows'), must: `= ${plantedRows}`, goal: `= ${plantedRows}`, ok: found.found === plantedRows && found.records === plantedRows },
    { ...plain('search of a full copy', copy.bytes / 1e6 / copy.seconds, 'MB/s'), must: 'every person found', goal: 'half the rate of a clean file', ok: copied === 1 },
    { ...plain(`search of ${sizes.largeSuspectRows} rows for ${sizes.largePeople} people`, long.seconds, 's'), must: 'read to its end', goal: '<= 30 s', ok: long.rows >= sizes.largeSuspectRows * 0.999 },
    { ...plain(`memory of that search`, compared.memory, 'MB'), must: '<= 1600 MB', goal: '<= 1500 MB', ok: compared.memory <= 1600 },
    { ...plain('most memory of it, loading included', compared.peak, 'MB'), must: '<= 1700 MB', goal: '<= 1500 MB', ok: compared.peak <= 1700 },
    { ...plain('loading it', loadSeconds, 's'), must: '<= 60 s', goal: '<= 10 s', ok: loadSeconds <= 60 },
    { ...plain(`index of ${sizes.largePeople} people, links and seal included`, largeIndex.seconds, 's'), must: '<= 150 s', goal: '<= 75 s', ok: largeIndex.seconds <= 150 },
    { ...plain('memory of building it', largeIndex.peak, 'MB'), must: '<= 2000 MB', goal: '<= 2000 MB', ok: largeIndex.peak <= 2000 },
    { ...plain('its size', tokenBytes, 'bytes a token'), must: '<= 9', goal: '<= 8.5', ok: tokenBytes <= 9 || sizes.largePeople < 1e6 },
  ]
}
