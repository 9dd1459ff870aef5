/** A thousand controllers at once: how long the union filter takes to build from sealed segments, what it holds, and how fast a place is screened by it. */
import { createHash, randomBytes, randomFillSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { epochOf } from '../../server/trace/fingerprint/index.ts'
import type { ColumnHeader, SegmentHeader } from '../../server/trace/fingerprint/index.ts'
import { writeSegment } from '../../server/trace/fingerprint/segment.ts'
import { normVersion, unicodeVersion } from '../../server/trace/scanner/normal.ts'
import { createScreenedSearcher } from '../../server/trace/union/searcher.ts'
import { sealedSource, type SegmentSource } from '../../server/trace/union/source.ts'
import { createTurns } from '../../server/trace/union/turns.ts'
import { rounded, type Measured } from '../result.ts'

export interface UnionSize {
  /** Tokens of all datasets together. */
  readonly tokens: number
  readonly datasets: number
  /** Rows of the place that is searched; about 200 bytes each. */
  readonly rows: number
  readonly threads: number
  /** Every shape of value passes, as among datasets of every kind; else only those of e-mail addresses, phones, and numbers. */
  readonly everyShape: boolean
}

/** As the issue asks, and small enough for a test. */
export const wholeSize: UnionSize = { tokens: 1_000_000_000, datasets: 1000, rows: 5_000_000, threads: 2, everyShape: false }
export const quickSize: UnionSize = { tokens: 2_000_000, datasets: 20, rows: 20_000, threads: 2, everyShape: false }

const epochKey = Buffer.alloc(16, 3)
const columns = ['email', 'phone', 'ip', 'user_id']

/** Bytes of sealed segments; the place is held in memory. */
export const unionDiskBytes = ({ tokens }: UnionSize): number => tokens * 8.2

/** Tokens spread evenly and sorted, as keyed tokens are: one at random in each of `count` equal ranges. */
function tokens(count: number): BigUint64Array {
  const halves = new Uint32Array(count * 2)
  randomFillSync(halves)
  const range = 2 ** 32 / count
  for (let at = 0; at < count; at += 1) halves[at * 2 + 1] = Math.floor((at + halves[at * 2 + 1]! / 2 ** 32) * range)
  return new BigUint64Array(halves.buffer)
}

/** Shapes of values as `assembly/normal.ts` numbers them: length, bits of the high halves of bytes. */
function shapes(every: boolean): string {
  const bits = Buffer.alloc(1024, every ? 0xff : 0)
  const add = (length: number, or: number, and: number): void => {
    const shape = (Math.min(length, 63) << 7) | (or << 3) | and
    bits[shape >> 3]! |= 1 << (shape & 7)
  }
  for (let length = 16; length <= 45; length += 1) for (const and of [0, 1, 2]) add(length, 7, and) // e-mail addresses
  for (const length of [9, 10, 11]) add(length, 3, 3) // digits
  for (let length = 7; length <= 15; length += 1) add(length, 3, 2) // IPv4
  return bits.toString('base64')
}

async function write(folder: string, number: number, size: UnionSize): Promise<SegmentSource> {
  const each = Math.floor(size.tokens / size.datasets / columns.length)
  const header: SegmentHeader = {
    format: 2, alg: 'siphash-2-4', norm: normVersion, unicode: unicodeVersion, epoch: epochOf(epochKey), dataset: `dataset-${number}`, records: each, former: 0,
    columns: columns.map((name, column): ColumnHeader => ({ name, kind: column === 0 ? 'e-mail' : 'digits', values: each, bits: [42.4, 33.2, 31.8, 33.2][column]!, alone: column === 0, weak: false, distinct: each, dropped: 0 })),
    links: [], forms: [], shapes: shapes(size.everyShape),
  }
  const sealKey = createHash('sha256').update(`seal ${number}`).digest()
  const file = join(folder, `${number}.segment`)
  await writeSegment(file, { header, columns: columns.map(() => tokens(each)), links: [], forms: [], dropped: columns.map(() => new BigUint64Array()) }, { sealKey, random: randomBytes })
  return sealedSource(file, () => sealKey)
}

/** A place of twenty columns of which nothing is known, again and again until it has `rows` rows; every value of a block is different. */
function place(rows: number): { bytes: number; read: () => AsyncGenerator<Uint8Array> } {
  const blockRows = Math.min(rows, 400_000)
  const lines: string[] = []
  let state = 12_345
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  for (let row = 0; row < blockRows; row += 1) {
    const name = `${next(1e6).toString(36)}.${next(1e9).toString(36)}`
    lines.push([
      String(next(9e9) + 1e9), `${name}@mail${next(50)}.example`, `First${next(500)}`, `Last${next(20_000)}`, next(2) ? 'f' : 'm', `19${40 + next(60)}-0${1 + next(9)}-${10 + next(18)}`, 'RO', `City ${next(3000)}`, 'ro', String(next(2) === 1),
      'premium', `+40 7${next(1e8)}`, `${next(256)}.${next(256)}.${next(256)}.${next(256)}`, String(next(1000)), `${next(500)}.${next(100)}`, `2019-04-${10 + next(20)}T${10 + next(14)}:${10 + next(50)}:00Z`, `Street ${next(9000)} ${next(99)}`, String(next(999_999)), `device-${next(1e9).toString(16)}`, 'web',
    ].join(','))
  }
  const block = Buffer.from(`${lines.join('\n')}\n`)
  const times = Math.max(1, Math.round(rows / blockRows))
  return { bytes: block.length * times, read: async function* () { for (let time = 0; time < times; time += 1) for (let at = 0; at < block.length; at += 1 << 20) yield block.subarray(at, at + (1 << 20)) } }
}

const secondsSince = (from: number): number => (performance.now() - from) / 1000
const gigabytes = (): number => rounded(process.resourceUsage().maxRSS / 1024 ** 2)

/** Measures one size. Segments are written under the system's temporary folder and removed. */
export async function benchUnion(size: UnionSize, log: (line: string) => void): Promise<Measured[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bailee-union-'))
  try {
    const writing = performance.now()
    const sources: SegmentSource[] = []
    for (let number = 0; number < size.datasets; number += 1) sources.push(await write(folder, number, size))
    log(`${size.datasets} sealed segments written in ${secondsSince(writing).toFixed(1)} s`)
    const building = performance.now()
    const searcher = await createScreenedSearcher(sources, epochKey, { threads: size.threads })
    const build = rounded(secondsSince(building))
    const builtPeak = gigabytes()
    log(`union of ${size.tokens} tokens in ${build} s, ${rounded(searcher.memoryBytes / 1e9)} GB, peak ${builtPeak} GiB`)
    const { bytes, read } = place(size.rows)
    const rates: number[] = []
    let lost = 0
    for (let round = 0; round < 3; round += 1) {
      const from = performance.now()
      const { coverage } = await searcher.search(read)
      rates.push(bytes / 1e6 / secondsSince(from))
      lost += coverage.lost
    }
    log(`screened and attributed at ${rates.map((rate) => rate.toFixed(0)).join(', ')} MB/s; ${coverageLine(size, bytes)}`)
    await searcher.close()
    if (size.tokens <= passesTokensMax) log(await inPasses(sources, { bytes, read, threads: size.threads }))
    const rate = rounded(rates.toSorted((one, other) => one - other)[1]!)
    const whole = size.tokens >= wholeSize.tokens
    return [
      { what: `union of ${size.tokens} tokens of ${size.datasets} datasets`, value: build, unit: 's', baseline: null, ratio: null, must: 'no lost hit', goal: '< 150 s for a billion', ok: lost === 0 && (!whole || build < 150) },
      { what: 'a place searched by the union', value: rate, unit: 'MB/s', baseline: null, ratio: null, must: '> 0', goal: '>= 150 MB/s on two cores', ok: rate > 0 },
      { what: 'peak memory of the process', value: Math.max(builtPeak, gigabytes()), unit: 'GiB', baseline: null, ratio: null, must: '< 4 GiB', goal: '< 4 GiB', ok: gigabytes() < 4 },
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Beyond it the passes would only measure how tables are loaded, for many minutes. */
const passesTokensMax = 200_000_000

/** The same place as a sweep reads it today: in as many passes as it takes tables. */
async function inPasses(sources: readonly SegmentSource[], { bytes, read, threads }: { readonly bytes: number; readonly read: () => AsyncGenerator<Uint8Array>; readonly threads: number }): Promise<string> {
  const turns = createTurns([{ key: epochKey, sources }], { threads })
  const all = turns.turns.flat()
  const seconds: number[] = []
  for (let round = 0; round < 3; round += 1) {
    const from = performance.now()
    for (const turn of all) turn.judge([await turn.tally(read, {})])
    seconds.push(secondsSince(from))
  }
  await turns.close()
  const [first, ...later] = seconds.map((one) => one.toFixed(2))
  return `exactly, in ${all.length} passes: ${first} s with loading, then ${later.join(' and ')} s (${(bytes / 1e6 / seconds[2]!).toFixed(0)} MB/s), peak ${gigabytes()} GiB`
}

const coverageLine = ({ rows }: UnionSize, bytes: number): string => `${rows} rows, ${(bytes / 1e9).toFixed(2)} GB a time`

// Alone: `node bench/trace/union.ts [TOKENS] [DATASETS] [ROWS] [every]`.
if (import.meta.main) {
  const [count, datasets, rows, every] = process.argv.slice(2)
  const size = { ...wholeSize, tokens: Number(count ?? wholeSize.tokens), datasets: Number(datasets ?? wholeSize.datasets), rows: Number(rows ?? wholeSize.rows), everyShape: every === 'every' }
  process.stdout.write(`${JSON.stringify(await benchUnion(size, (line) => process.stderr.write(`${line}\n`)))}\n`)
}
