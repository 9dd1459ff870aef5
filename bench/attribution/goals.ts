/** What was measured against what is aimed at, in lines, and the table of all of it. Pure. */
import { rounded, type Measured } from '../result.ts'
import type { MarkedTally, Telling } from './marks.ts'
import { median, type TakenTally, type Tally } from './trials.ts'
import type { Kind } from './world.ts'

interface Goals { readonly named: Partial<Record<Kind, number>>; readonly right: number; readonly days?: number }
const goals: Readonly<Record<number, Goals>> = {
  10: { named: { mixed: 0.55, templates: 0.25 }, right: 0.97 }, 20: { named: { mixed: 0.7, templates: 0.3 }, right: 0.98 },
  50: { named: { mixed: 0.8, templates: 0.4 }, right: 0.99, days: 60 }, 100: { named: { mixed: 0.85, templates: 0.6 }, right: 0.99, days: 35 },
}

const share = (part: number, of: number): number => rounded(of === 0 ? 1 : part / of)
/** Of fewer trials one alone is more than what may fail: they show that it works, and are held against nothing. */
const enough = (trials: number): boolean => trials >= 100
const line = (what: string, value: number, { unit, goal, met, must = 'shown', ok = true }: { unit: string; goal: string; met: boolean; must?: string; ok?: boolean }): Measured =>
  ({ what, value, unit, baseline: null, ratio: null, must, goal: `${goal}: ${met ? 'met' : 'MISSED'}`, ok })

/** One cell in words. */
export const tallyText = (tally: Tally): string =>
  `truth in set ${share(tally.inSet, tally.trials)}, right ${tally.rightThere}/${tally.distinguishable} distinguishable, named ${share(tally.named, tally.trials)}, wrongly ${tally.wronglyNamed}, cannot tell ${tally.cannotTell}, interval ${Math.round(median(tally.days))} days (holds ${share(tally.holds, tally.trials)}), ${Math.round(median(tally.milliseconds))} ms`

/** The lines of one kind of copies and one size of samples. Clean samples are shown; goals are of noisy ones. */
export function judged(kind: Kind, rows: number, { clean, noisy }: { readonly clean: Tally; readonly noisy: Tally }): Measured[] {
  const { named, right, days } = goals[rows]!
  const name = `${kind}, ${rows} noisy rows`
  const [inSet, rightThere, wasNamed, holds, wide] = [share(noisy.inSet, noisy.trials), share(noisy.rightThere, noisy.distinguishable), share(noisy.named, noisy.trials), share(noisy.holds, noisy.trials), Math.round(median(noisy.days))]
  return [
    line(`${name}: truth in the 99 % set`, inSet, { unit: 'of trials', goal: '>= 0.99', met: inSet >= 0.99, must: '>= 0.97', ok: inSet >= 0.97 || !enough(noisy.trials) }),
    line(`${name}: right where distinguishable (${noisy.distinguishable} of ${noisy.trials})`, rightThere, { unit: 'of those', goal: `>= ${right}`, met: rightThere >= right }),
    ...(named[kind] === undefined ? [] : [line(`${name}: named`, wasNamed, { unit: 'of trials', goal: `>= ${named[kind]}`, met: wasNamed >= named[kind] })]),
    line(`${name}: a wrong registered copy named`, noisy.wronglyNamed, { unit: 'trials', goal: '0', met: noisy.wronglyNamed === 0, must: '<= 1 in 100', ok: noisy.wronglyNamed * 100 <= noisy.trials }),
    line(`${name}: interval holds`, holds, { unit: 'of trials', goal: '>= 0.98', met: holds >= 0.98, must: '>= 0.95', ok: holds >= 0.95 || !enough(noisy.trials) }),
    ...(days === undefined ? [] : [line(`${name}: interval, median of these ${noisy.trials}`, wide, { unit: 'days', goal: 'as measured over many', met: true })]),
    line(`${kind}, ${rows} clean rows: a wrong registered copy named`, clean.wronglyNamed, { unit: 'trials', goal: '0', met: clean.wronglyNamed === 0, must: '<= 1 in 100', ok: clean.wronglyNamed * 100 <= clean.trials }),
  ]
}

/** Of many samples, when they were taken. */
export function judgedTaken(kind: Kind, rows: number, { trials, holds, days }: TakenTally): Measured[] {
  const goal = goals[rows]!.days!
  const [wide, held] = [Math.round(median(days) * 10) / 10, share(holds, trials)]
  return [
    line(`${kind}, ${rows} noisy rows: interval, median of ${trials}`, wide, { unit: 'days', goal: `<= ${goal}`, met: Math.round(wide) <= goal }),
    line(`${kind}, ${rows} noisy rows: interval holds, of ${trials}`, held, { unit: 'of trials', goal: '>= 0.98', met: held >= 0.98, must: '>= 0.97', ok: held >= 0.97 }),
  ]
}

/** Of copies that nobody registered. */
export function accusedLine(kind: Kind, tally: Tally): Measured[] {
  const accused = share(tally.identified, tally.trials)
  return [line(`${kind}: an unregistered source identified as a registered copy (${tally.identified} of ${tally.trials})`, accused, { unit: 'of trials', goal: '<= 0.005', met: accused <= 0.005, must: '<= 0.02', ok: accused <= 0.02 || !enough(tally.trials) })]
}

/** Of copies that bear marks, or hold invented people. */
export function judgedTold(telling: Telling, rows: number, tally: MarkedTally): Measured[] {
  const name = `${telling}, ${rows} noisy rows`
  const named = share(tally.namedOfLeft, tally.left)
  return [
    line(`${name}: named, where a value that tells was left (${tally.left} of ${tally.trials}${telling === 'canaried' ? '; each holds one invented person' : ''})`, named, { unit: 'of those', goal: '>= 0.99', met: named >= 0.99, must: '>= 0.9', ok: named >= 0.9 }),
    ...(telling === 'canaried' ? [line(`${name}: samples that hold an invented person, as they come`, share(tally.holding, tally.trials), { unit: 'of trials', goal: 'shown', met: true })] : []),
    line(`${name}: another copy named, or one of a copy that nobody registered`, tally.wrong + tally.strangersNamed, { unit: 'trials', goal: '0', met: tally.wrong + tally.strangersNamed === 0, must: '0', ok: tally.wrong + tally.strangersNamed === 0 }),
  ]
}

/** What the log of cells takes. */
export const judgedStorage = ({ bytesARow, changeBytesARow }: { readonly bytesARow: number; readonly changeBytesARow: number }): Measured[] => [
  line('log of cells, what changed and who came and went', changeBytesARow, { unit: 'bytes a row', goal: '<= 63', met: changeBytesARow <= 63 }), line('log of cells with the last code of every cell', bytesARow, { unit: 'bytes a row', goal: '<= 160', met: bytesARow <= 160 }),
]

/** One table of what is known of every part: what was measured, beside its goal; a part that was not measured says so. */
export function tableOf(parts: readonly { readonly part: string; readonly results: readonly Measured[] | undefined }[]): string[] {
  const rows = parts.flatMap(({ part, results }) => results?.map(({ what, value, unit, goal }) => [what, `${value} ${unit}`, goal]) ?? [[part, 'not measured', '']])
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd())
}
