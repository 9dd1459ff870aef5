/** Attribution of samples without marks, simulated: 1,000 registered copies of one dataset, made at other times, of other columns and people. */
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { storageOf } from './attribution/storage.ts'
import { runTold, type MarkedTally, type Telling } from './attribution/marks.ts'
import { median, run, type Tally } from './attribution/trials.ts'
import { makeCopy, makePeople, random, type Kind } from './attribution/world.ts'
import { rounded, type Benchmark, type Measured } from './result.ts'

interface Goals { readonly named: Partial<Record<Kind, number>>; readonly right: number; readonly days?: number }
const goals: Readonly<Record<number, Goals>> = {
  10: { named: { mixed: 0.55, templates: 0.25 }, right: 0.97 }, 20: { named: { mixed: 0.7, templates: 0.3 }, right: 0.98 },
  50: { named: { mixed: 0.8, templates: 0.4 }, right: 0.99, days: 60 }, 100: { named: { mixed: 0.85, templates: 0.6 }, right: 0.99, days: 35 },
}

const share = (part: number, of: number): number => rounded(of === 0 ? 1 : part / of)
const line = (what: string, value: number, { unit, goal, met, must = 'shown', ok = true }: { unit: string; goal: string; met: boolean; must?: string; ok?: boolean }): Measured =>
  ({ what, value, unit, baseline: null, ratio: null, must, goal: `${goal}: ${met ? 'met' : 'MISSED'}`, ok })

function judged(kind: Kind, rows: number, tally: Tally): Measured[] {
  const { named, right, days } = goals[rows]!
  const name = `${kind}, ${rows} noisy rows`
  const [inSet, rightThere, wasNamed, holds, wide] = [share(tally.inSet, tally.trials), share(tally.rightThere, tally.distinguishable), share(tally.named, tally.trials), share(tally.holds, tally.trials), Math.round(median(tally.days))]
  return [
    line(`${name}: truth in the 99 % set`, inSet, { unit: 'of trials', goal: '>= 0.99', met: inSet >= 0.99, must: '>= 0.97', ok: inSet >= 0.97 }),
    line(`${name}: right where distinguishable (${tally.distinguishable} of ${tally.trials})`, rightThere, { unit: 'of those', goal: `>= ${right}`, met: rightThere >= right }),
    ...(named[kind] === undefined ? [] : [line(`${name}: named`, wasNamed, { unit: 'of trials', goal: `>= ${named[kind]}`, met: wasNamed >= named[kind] })]),
    line(`${name}: a wrong registered copy named`, tally.wronglyNamed, { unit: 'trials', goal: '0', met: tally.wronglyNamed === 0, must: '<= 1 in 100', ok: tally.wronglyNamed * 100 <= tally.trials }),
    line(`${name}: interval holds`, holds, { unit: 'of trials', goal: '>= 0.98', met: holds >= 0.98, must: '>= 0.95', ok: holds >= 0.95 }),
    ...(days === undefined ? [] : [line(`${name}: interval, median`, wide, { unit: 'days', goal: `<= ${days}`, met: wide <= days })]),
  ]
}

function toldLines(telling: Telling, rows: number, tally: MarkedTally): Measured[] {
  const name = `${telling}, ${rows} noisy rows`
  const named = share(tally.namedOfLeft, tally.left)
  return [
    line(`${name}: named, where a value that tells was left (${tally.left} of ${tally.trials}${telling === 'canaried' ? '; each holds one invented person' : ''})`, named, { unit: 'of those', goal: '>= 0.99', met: named >= 0.99, must: '>= 0.9', ok: named >= 0.9 }),
    ...(telling === 'canaried' ? [line(`${name}: samples that hold an invented person, as they come`, share(tally.holding, tally.trials), { unit: 'of trials', goal: 'shown', met: true })] : []),
    line(`${name}: another copy named, or one of a copy that nobody registered`, tally.wrong + tally.strangersNamed, { unit: 'trials', goal: '0', met: tally.wrong + tally.strangersNamed === 0, must: '0', ok: tally.wrong + tally.strangersNamed === 0 }),
  ]
}

export const benchmark: Benchmark = {
  name: 'attribution', about: 'samples of 10 to 100 rows, noisy and clean, attributed to 1,000 copies; scorer and simulator share a model: expect worse on real data', diskBytes: 512 * 1024 ** 2,
  run: async (log, quick = false) => {
    const people = makePeople(quick ? 4_000 : 20_000, 0.0285, 1)
    const results: Measured[] = []
    for (const [kind, trials] of [['mixed', 250], ['templates', 150], ['same', 100]] as const) {
      const draw = random(5)
      const copies = Array.from({ length: quick ? 100 : 1_000 }, (_, one) => makeCopy(kind, people, draw, `copy-${one}`))
      const common = { kind, copies, people, trials: quick ? 20 : trials }
      for (const rows of [10, 20, 50, 100]) {
        for (const noisy of [false, true]) {
          const tally = run({ ...common, rows, noisy, registered: true, seed: rows * 2 + (noisy ? 1 : 0) })
          log(`${kind}, ${rows} rows, ${noisy ? 'noisy' : 'clean'}: truth in set ${share(tally.inSet, tally.trials)}, right ${tally.rightThere}/${tally.distinguishable} distinguishable, named ${share(tally.named, tally.trials)}, wrongly ${tally.wronglyNamed}, cannot tell ${tally.cannotTell}, interval ${Math.round(median(tally.days))} days (holds ${share(tally.holds, tally.trials)}), ${Math.round(median(tally.milliseconds))} ms`)
          if (noisy) results.push(...judged(kind, rows, tally))
        }
      }
      const outside = run({ ...common, trials: quick ? 20 : kind === 'mixed' ? 1_000 : 600, rows: 50, noisy: true, registered: false, seed: 77 })
      const accused = share(outside.identified, outside.trials)
      log(`${kind}, a copy that nobody registered, 50 noisy rows: identified as a registered one ${outside.identified} of ${outside.trials}, called the only registered one that fits ${outside.wronglyNamed - outside.identified}`)
      results.push(line(`${kind}: an unregistered source identified as a registered copy`, accused, { unit: 'of trials', goal: '<= 0.005', met: accused <= 0.005, must: '<= 0.02', ok: accused <= 0.02 || quick }))
    }
    const draw = random(9)
    const [copies, strangers] = [Array.from({ length: quick ? 100 : 1_000 }, (_, one) => makeCopy('mixed', people, draw, `copy-${one}`)), Array.from({ length: quick ? 5 : 50 }, (_, one) => makeCopy('mixed', people, draw, `nobody-${one}`))]
    for (const telling of ['marked', 'canaried'] as const) {
      for (const rows of [10, 20, 50, 100]) {
        const tally = await runTold({ telling, copies, people, rows, trials: quick ? 20 : 250, draw, strangers })
        log(`${telling}, ${rows} rows, noisy: named ${tally.named} of ${tally.trials}, ${tally.namedOfLeft} of ${tally.left} with a value that tells, another ${tally.wrong}, of nobody's ${tally.strangersNamed}`)
        results.push(...toldLines(telling, rows, tally))
      }
    }
    const directory = mkdtempSync(join(tmpdir(), 'bailee-attribution-'))
    try {
      const { bytesARow, changeBytesARow, file } = await storageOf(directory, people)
      log(`log of cells: ${existsSync(file) ? statSync(file).size : 0} bytes for ${people.length} people over three years`)
      results.push(line('log of cells, what changed and who came and went', changeBytesARow, { unit: 'bytes a row', goal: '<= 63', met: changeBytesARow <= 63 }), line('log of cells with the last code of every cell', bytesARow, { unit: 'bytes a row', goal: '<= 160', met: bytesARow <= 160 }))
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
    return results
  },
}
