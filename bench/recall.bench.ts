/** Recall and precision: copies of 10, 100 and 1,000 people of one client in every disguise, and sets that hold nobody's; found through the real command line. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { cleanSets } from './recall/clean.ts'
import { disguises, type Disguise } from './recall/disguises.ts'
import { createEstate, hideInDatabase, type Estate } from './recall/estate.ts'
import { flaggedByPatterns } from './recall/patterns.ts'
import { chinook, datasetOf, strangers, type Person } from './recall/people.ts'
import { rounded, type Benchmark, type Measured } from './result.ts'

export interface RecallSizes {
  readonly people: number
  readonly hidden: readonly number[]
  readonly strangersMax: number
  readonly cleanRows: number
  /** Folder with real listeners, instead of invented ones. */
  readonly data?: string | undefined
}

export const fullSizes: RecallSizes = { people: 10_000_000, hidden: [10, 100, 1_000], strangersMax: 10_000_000, cleanRows: 1_000_000 }
export const quickSizes: RecallSizes = { people: 20_000, hidden: [10, 100], strangersMax: 5_000, cleanRows: 3_000 }

/** One copy and what the sweep said of it. */
export interface Hidden {
  readonly name: string
  readonly size: number
  /** How many people it holds. */
  readonly count: number
  readonly expected: Disguise['found']
  readonly store: string
  /** Path of its folder, or name of its table. */
  readonly place: string
  readonly skipped?: string
  people: number
  rows: number
}

export interface RecallResult {
  readonly hidden: readonly Hidden[]
  /** Findings in clean sets and in nobody's places: `place: people`. */
  readonly falseFindings: readonly string[]
  readonly notRead: readonly string[]
  /** What the scanner by patterns flags: places with a copy, of how many, and clean sets. It cannot say whose they are. */
  readonly patterns: { readonly flagged: number; readonly copies: number; readonly cleanFlagged: number; readonly seconds: number }
  readonly seconds: { readonly refresh: number; readonly sweep: number }
}

/** The real data lie beside the project; without them their part is left out. */
const sharedChinook = join(import.meta.dirname, '..', '..', 'shared', 'data', 'chinook')

interface Found { readonly store: string; readonly place: string; readonly records: number; readonly rows: number }

/** Hides, sweeps, and compares. */
export async function recall(sizes: RecallSizes, directory: string, log: (line: string) => void): Promise<RecallResult> {
  const dataset = datasetOf(sizes.people, { data: sizes.data, keep: sizes.hidden.reduce((sum, size) => sum + size, 0) })
  const store = chinook(sharedChinook)
  const estate = await createEstate(directory, dataset, store.customers)
  try {
    log(`${dataset.count.toLocaleString('en-GB')} people loaded`)
    const refresh = await timed(() => estate.bailee('trace', 'refresh'))
    const copies = [...await hideAll(estate, dataset.kept, sizes), ...hideDumps(estate, store)]
    for (const [at, set] of cleanSets.entries()) {
      const folder = join(directory, 'share', 'clean', String(at))
      mkdirSync(folder, { recursive: true })
      set.write(folder, sizes.cleanRows, dataset)
    }
    log(`${copies.length} copies hidden, ${cleanSets.length} clean sets written`)
    const sweep = await timed(() => estate.bailee('trace', 'sweep'))
    if (!Array.isArray((sweep.result as { findings?: unknown }).findings)) throw new Error(JSON.stringify(sweep.result).slice(0, 500))
    const said = sweep.result as { findings: Found[]; coverage: { not_read: { place: string; because: string }[] }[] }
    const baseline = await timed(() => patternsOn(estate, copies))
    return { patterns: { ...baseline.result, seconds: baseline.seconds }, ...compare(copies, said.findings), notRead: said.coverage.flatMap((store) => store.not_read.map(({ place, because }) => `${place}: ${because}`)), seconds: { refresh: refresh.seconds, sweep: sweep.seconds } }
  } finally {
    await estate.server.stop()
  }
}

/** The same places through the scanner by patterns. */
async function patternsOn(estate: Estate, copies: readonly Hidden[]): Promise<{ flagged: number; copies: number; cleanFlagged: number }> {
  const { files, tables } = await flaggedByPatterns(join(estate.directory, 'share'), estate.server.url('lab'))
  const tried = copies.filter((copy) => copy.skipped === undefined && copy.expected !== 'nothing')
  const flagged = tried.filter((copy) => (copy.store === 'lab' ? tables.has(copy.place) : [...files].some((file) => file.startsWith(copy.place))))
  return { flagged: flagged.length, copies: tried.length, cleanFlagged: [...files].filter((file) => file.startsWith('clean/')).length }
}

async function timed<Result>(work: () => Promise<Result>): Promise<{ result: Result; seconds: number }> {
  const from = performance.now()
  const result = await work()
  return { result, seconds: rounded((performance.now() - from) / 1000) }
}

async function hideAll(estate: Estate, kept: readonly Person[], sizes: RecallSizes): Promise<Hidden[]> {
  const copies: Hidden[] = []
  const others = strangers(2_000)
  let from = 0
  for (const size of sizes.hidden) {
    const hidden = kept.slice(from, from + size)
    from += size
    for (const [group, members] of Object.entries(disguises)) {
      for (const [at, disguise] of members.entries()) {
        const place = `hidden/${size}/${group}-${at}`
        const folder = join(estate.directory, 'share', place)
        mkdirSync(folder, { recursive: true })
        const skipped = await disguise.write({ hidden, others, folder, scratch: join(estate.directory, 'scratch'), strangersMax: sizes.strangersMax })
        copies.push({ name: disguise.name, size, count: disguise.count?.(hidden) ?? size, expected: disguise.found, store: 'share', place: `${place}/`, people: 0, rows: 0, ...(skipped === undefined ? {} : { skipped }) })
      }
    }
    const heap = `hidden/${size}/heap`
    mkdirSync(join(estate.directory, 'share', heap), { recursive: true })
    const tables = await hideInDatabase(estate, hidden, { others, folder: join(estate.directory, 'share', heap) })
    for (const [name, place] of Object.entries(tables)) copies.push({ name, size, count: size, expected: 'rows', store: 'lab', place, people: 0, rows: 0 })
    copies.push({ name: 'a large object', size, count: size, expected: 'rows', store: 'lab', place: 'pg_largeobject', people: 0, rows: 0 })
    copies.push({ name: 'a copied PostgreSQL heap file', size, count: size, expected: 'rows', store: 'share', place: `${heap}/`, people: 0, rows: 0 })
  }
  return copies
}

/** The three dumps of Chinook, as its makers publish them. */
function hideDumps(estate: Estate, { customers, dumps }: { customers: readonly unknown[]; dumps: readonly string[] }): Hidden[] {
  return dumps.map((dump) => {
    const place = `dumps/${basename(dump)}`
    mkdirSync(join(estate.directory, 'share', 'dumps'), { recursive: true })
    copyFileSync(dump, join(estate.directory, 'share', place))
    return { name: `Chinook's own dump ${basename(dump)}`, size: customers.length, count: customers.length, expected: 'rows', store: 'share', place, people: 0, rows: 0 }
  })
}

/** Statistics of a copy hold values of its people: they are its finding, too. A copy's figures are the most that one place of it shows: a file may be read in more than one way. */
function compare(copies: readonly Hidden[], findings: readonly Found[]): { hidden: Hidden[]; falseFindings: string[] } {
  const falseFindings: string[] = []
  const belongs = (copy: Hidden, finding: Found): boolean => {
    if (copy.store !== finding.store) return false
    return copy.store === 'share' ? finding.place.startsWith(copy.place) : finding.place === copy.place || (copy.place === 'pg_largeobject' && finding.place.includes('pg_largeobject'))
  }
  // Large objects of one database are one place: all of them, or none.
  const objects = copies.filter((copy) => copy.place === 'pg_largeobject')
  const sum = objects.reduce((total, object) => total + object.count, 0)
  const large = findings.find((finding) => finding.place.includes('pg_largeobject'))
  for (const object of objects) Object.assign(object, { people: large?.records === sum ? object.count : 0, rows: large?.rows === sum ? object.count : 0 })
  for (const finding of findings) {
    const mine = copies.filter((copy) => belongs(copy, finding))
    if (mine.length === 0 && !copies.some((copy) => finding.place === `pg_catalog.pg_stats!/${copy.place}`)) falseFindings.push(`${finding.store}: ${finding.place}: ${finding.records}`)
    for (const copy of mine) {
      if (copy.place === 'pg_largeobject') continue
      copy.people = Math.max(copy.people, finding.records)
      copy.rows = Math.max(copy.rows, finding.rows)
    }
  }
  return { hidden: [...copies], falseFindings }
}

export const isFound = (copy: Hidden): boolean => copy.expected === 'nothing' ? copy.people === 0 : copy.people === copy.count && (copy.expected === 'people' || copy.rows === copy.count)

/** The table of results that the README shows: a line a disguise, a column a size; `people/rows` found. */
export function tableOf(result: RecallResult): string[] {
  const sizes = [...new Set(result.hidden.map((copy) => copy.size))]
  const names = [...new Set(result.hidden.map((copy) => copy.name))]
  const cell = (name: string, size: number): string => {
    const copy = result.hidden.find((one) => one.name === name && one.size === size)
    if (copy === undefined || copy.skipped !== undefined) return copy?.skipped ?? ''
    if (copy.expected === 'nothing') return copy.people === 0 ? 'not found' : `${copy.people} found?`
    return isFound(copy) ? 'all' : `${copy.people} people, ${copy.rows} rows`
  }
  return [`| disguise | ${sizes.map((size) => size.toLocaleString('en-GB')).join(' | ')} |`, `|---|${sizes.map(() => '---').join('|')}|`, ...names.map((name) => `| ${name} | ${sizes.map((size) => cell(name, size)).join(' | ')} |`)]
}

export const benchmark: Benchmark = {
  name: 'recall', about: 'copies of 10, 100 and 1,000 of 10,000,000 people in every disguise, and ten clean sets', diskBytes: 16 * 1024 ** 3,
  run: async (log, quick) => {
    const directory = mkdtempSync(join(tmpdir(), 'bailee-bench-'))
    try {
      const result = await recall(quick === true ? quickSizes : fullSizes, directory, log)
      for (const line of tableOf(result)) log(line)
      for (const line of [...result.falseFindings.map((one) => `false: ${one}`), ...result.notRead.map((one) => `not read: ${one}`)]) log(line)
      const tried = result.hidden.filter((copy) => copy.skipped === undefined && copy.expected !== 'nothing')
      const found = tried.filter(isFound).length
      return [
        { what: 'copies found with people and rows exact', value: found, unit: `of ${tried.length}`, baseline: null, ratio: rounded(found / tried.length), must: 'all', goal: 'all', ok: found === tried.length },
        { what: 'places named with their controller', value: found, unit: `of ${tried.length}`, baseline: { what: 'a scanner by patterns (hawk-eye\'s rules), which says of none whose they are', value: result.patterns.flagged }, ratio: rounded(found / result.patterns.flagged), must: '> 1x', goal: '', ok: found > result.patterns.flagged },
        { what: 'clean sets with a finding', value: result.falseFindings.length, unit: `of ${cleanSets.length}`, baseline: { what: 'the same by patterns', value: result.patterns.cleanFlagged }, ratio: null, must: '0', goal: '0', ok: result.falseFindings.length === 0 },
        { what: 'false findings', value: result.falseFindings.length, unit: 'places', baseline: null, ratio: null, must: '0', goal: '0', ok: result.falseFindings.length === 0 },
        { what: 'the sweep', value: result.seconds.sweep, unit: 's', baseline: null, ratio: null, must: '<= 600 s', goal: '<= 120 s', ok: result.seconds.sweep <= 600 },
      ] satisfies Measured[]
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },
}
