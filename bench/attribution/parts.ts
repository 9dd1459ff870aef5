/** The parts of the benchmark: each by itself, from its own seed, so that one gives the same figures whatever ran before it. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Measured } from '../result.ts'
import { runTold, type Telling } from './marks.ts'
import { accusedLine, judged, judgedStorage, judgedTaken, judgedTold, tallyText } from './goals.ts'
import { measureRecording } from './record.ts'
import { storageOf } from './storage.ts'
import { median, run, runTaken, type Tally } from './trials.ts'
import { makeCopy, makePeople, random, type Copy, type Kind, type Person } from './world.ts'

/** Rows of a sample. */
export const sizes = [10, 20, 50, 100] as const
const kinds = ['mixed', 'templates', 'same'] as const
const tellings = ['marked', 'canaried'] as const

/** Trials of a cell, and of copies that nobody registered. */
const trialsOf: Readonly<Record<Kind, readonly [registered: number, unregistered: number]>> = { mixed: [500, 1_000], templates: [600, 1_000], same: [300, 1_000] }

/** Every part, in the order of the table. */
export const partNames: readonly string[] = [...kinds.flatMap((kind) => [...sizes.map((rows) => `${kind}-${rows}`), `${kind}-interval`, `${kind}-unregistered`]), ...tellings, 'storage', 'record']

/** What every part is measured over. `quick`: at a size that only shows that it works. */
export interface World { readonly quick: boolean; /** Of the table that is recorded, where somebody asked for so many. */ readonly rows: number | undefined; readonly people: readonly Person[]; readonly copiesOf: (kind: Kind) => readonly Copy[]; readonly log: (line: string) => void }

export function openWorld({ quick, rows }: Pick<World, 'quick' | 'rows'>, log: (line: string) => void): World {
  const people = makePeople(quick ? 4_000 : 20_000, 0.0285, 1)
  const made = new Map<Kind, readonly Copy[]>()
  return { quick, rows, people, log, copiesOf: (kind) => {
    const known = made.get(kind)
    if (known !== undefined) return known
    const draw = random(5)
    const copies = Array.from({ length: quick ? 100 : 1_000 }, (_, one) => makeCopy(kind, people, draw, `copy-${one}`))
    made.set(kind, copies)
    return copies
  } }
}

/** Measures one part. */
export async function measure(world: World, part: string): Promise<readonly Measured[]> {
  if (part === 'storage') return storage(world)
  if (part === 'record') return measureRecording(world.rows ?? (world.quick ? 50_000 : 5_000_000), world.quick, world.log)
  const telling = tellings.find((one) => one === part)
  if (telling !== undefined) return told(world, telling)
  const kind = kinds.find((one) => part.startsWith(`${one}-`))!
  if (part === `${kind}-interval`) return intervals(world, kind)
  const rows = sizes.find((one) => part === `${kind}-${one}`)
  return rows === undefined ? unregistered(world, kind) : registered(world, kind, rows)
}

function registered({ quick, people, copiesOf, log }: World, kind: Kind, rows: number): Measured[] {
  const [clean, noisy] = [false, true].map((isNoisy): Tally => {
    const tally = run({ kind, copies: copiesOf(kind), people, trials: quick ? 20 : trialsOf[kind][0], rows, noisy: isNoisy, registered: true, seed: rows * 2 + (isNoisy ? 1 : 0) })
    log(`${kind}, ${rows} rows, ${isNoisy ? 'noisy' : 'clean'}: ${tallyText(tally)}`)
    return tally
  }) as [Tally, Tally]
  return judged(kind, rows, { clean, noisy })
}

/** When it was taken, of many samples of copies that are made anew each time: a median of few differs by days from one seed to another. */
function intervals({ quick, people, log }: World, kind: Kind): Measured[] {
  return ([50, 100] as const).flatMap((rows) => {
    const tally = runTaken({ kind, people, rows, trials: quick ? 100 : 2_000, seed: rows * 1_000 + 3 })
    log(`${kind}, ${rows} rows, noisy: interval ${median(tally.days).toFixed(1)} days, holds ${(tally.holds / tally.trials).toFixed(4)} of ${tally.trials}; nothing changed for ${median(tally.gaps).toFixed(1)} days about the moment`)
    return judgedTaken(kind, rows, tally)
  })
}

function unregistered({ quick, people, copiesOf, log }: World, kind: Kind): Measured[] {
  const tally = run({ kind, copies: copiesOf(kind), people, trials: quick ? 20 : trialsOf[kind][1], rows: 50, noisy: true, registered: false, seed: 77 })
  log(`${kind}, a copy that nobody registered, 50 noisy rows: identified as a registered one ${tally.identified} of ${tally.trials}, called the only registered one that fits ${tally.wronglyNamed - tally.identified}`)
  return accusedLine(kind, tally)
}

async function told({ quick, people, copiesOf, log }: World, telling: Telling): Promise<Measured[]> {
  const draw = random(telling === 'marked' ? 9 : 10)
  const strangers = Array.from({ length: quick ? 5 : 50 }, (_, one) => makeCopy('mixed', people, draw, `nobody-${one}`))
  const lines: Measured[] = []
  for (const rows of sizes) {
    const tally = await runTold({ telling, copies: copiesOf('mixed'), people, rows, trials: quick ? 20 : 250, draw, strangers })
    log(`${telling}, ${rows} rows, noisy: named ${tally.named} of ${tally.trials}, ${tally.namedOfLeft} of ${tally.left} with a value that tells, another ${tally.wrong}, of nobody's ${tally.strangersNamed}`)
    lines.push(...judgedTold(telling, rows, tally))
  }
  return lines
}

async function storage({ people }: World): Promise<Measured[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-attribution-'))
  try {
    return judgedStorage(await storageOf(directory, people))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Results of parts, each in a file of its own. Those of other code, or of another size, count for nothing. */
export interface Kept { readonly of: (part: string) => readonly Measured[] | undefined; readonly keep: (part: string, results: readonly Measured[]) => void; readonly forget: () => void }

export function openKept(directory: string, quick: boolean): Kept {
  const code = sourcesSha256()
  const fileOf = (part: string): string => join(directory, `${part}${quick ? '.quick' : ''}.json`)
  return {
    of: (part) => {
      if (!existsSync(fileOf(part))) return undefined
      const kept = JSON.parse(readFileSync(fileOf(part), 'utf8')) as { readonly code: string; readonly results: readonly Measured[] }
      return kept.code === code ? kept.results : undefined
    },
    // Whole or not at all: whoever is killed while writing leaves no half of a result.
    keep: (part, results) => {
      mkdirSync(directory, { recursive: true })
      writeFileSync(`${fileOf(part)}.new`, JSON.stringify({ code, results }))
      renameSync(`${fileOf(part)}.new`, fileOf(part))
    },
    forget: () => { for (const part of partNames) rmSync(fileOf(part), { force: true }) },
  }
}

/** Of what is measured and of what measures it. */
function sourcesSha256(): string {
  const hash = createHash('sha256')
  for (const folder of ['.', '../../server/breach/attribution', '../../server/trace/cells', '../../server/transfer/canary']) {
    const files = readdirSync(join(import.meta.dirname, folder)).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts')).sort()
    for (const file of files) hash.update(`${folder}/${file}\n`).update(readFileSync(join(import.meta.dirname, folder, file)))
  }
  return hash.digest('hex')
}
