/**
 * Which registered copy explains a sample that carries no mark: by whom it holds, which columns, and which versions of values. A likelihood for each copy, beside one for a copy that nobody recorded: made
 * at any time, with the columns of the sample, of all people or of those alike in one value. What a cell never held is noise and speaks for no copy. Pure.
 */
import type { Instant } from '#kit/time'
import type { Answer, Attribution, CandidateCopy, Evidence, Fit } from './types.ts'
import { momentsIn, takenBetween } from './taken.ts'
import { mayHold, noise, sumOfLogs, tellingOf, type TellingRow } from './telling.ts'

/** A copy is named where all others, and one that nobody recorded, have no more than this together. */
export const certainFrom = 0.999

/** The copies that are listed hold so much together. */
const listedShare = 0.99

/** More than these, and a copy does not explain the sample. */
const fits = { rowsOutside: 0.02, valuesOfOtherTimes: 0.03 } as const

/** Fewer cells that ever changed tell no time. */
export const tellingMin = 5

interface Scored { readonly score: number; readonly rowsOutside: number; readonly valuesOfOtherTimes: number }

const [kept, otherTime] = [Math.log(noise.valueKept), Math.log(noise.valueOfOtherTime)]

/** The likelihood (logarithm) of the rows, were they drawn from these people as they were at that moment. */
function scoreAt(rows: readonly TellingRow[], { size, admits, subjects }: { size: number; admits: CandidateCopy['admits']; subjects: number }, at: Instant): Scored {
  const inside = Math.log((1 - noise.rowOutside) / Math.max(1, size))
  const outside = Math.log(noise.rowOutside / Math.max(1, subjects))
  let [score, rowsOutside, valuesOfOtherTimes] = [0, 0, 0]
  for (let one = 0; one < rows.length; one += 1) {
    const row = rows[one]!
    const in_ = (!row.moved || mayHold(row.presence, 1, at)) && admits(one, at)
    score += in_ ? inside : outside
    if (!in_) rowsOutside += 1
    for (const { seen, versions } of row.cells) {
      const held = mayHold(versions, seen, at)
      score += held ? kept : otherTime
      if (!held) valuesOfOtherTimes += 1
    }
  }
  return { score, rowsOutside, valuesOfOtherTimes }
}

/** The columns of a copy beside those of the sample: some may have been dropped since, none can have come. */
function columnsScore(copy: CandidateCopy['columns'], sample: readonly string[]): number {
  if (copy === null) return sample.length * Math.log(1 - noise.columnDropped)
  const missing = sample.filter((column) => !copy.has(column)).length
  const shared = sample.length - missing
  return shared * Math.log(1 - noise.columnDropped) + (copy.size - shared) * Math.log(noise.columnDropped) + missing * Math.log(noise.columnAdded)
}

/** At how many moments a copy is judged whose own is not known better than between two. */
const momentsOfCopy = 24

function bestOf(rows: readonly TellingRow[], copy: CandidateCopy, { columns, subjects }: Evidence): Scored {
  const moments = copy.after === copy.by ? [copy.by] : Array.from({ length: momentsOfCopy }, (_, at) => copy.after + ((copy.by - copy.after) * (at + 0.5)) / momentsOfCopy)
  const scored = moments.map((at) => scoreAt(rows, { size: copy.rows, admits: copy.admits, subjects }, at))
  const best = scored.reduce((a, b) => (b.score > a.score ? b : a))
  return { ...best, score: sumOfLogs(scored.map(({ score }) => score)) - Math.log(moments.length) + columnsScore(copy.columns, columns) }
}

/** A copy that nobody recorded: at any moment, in any of the ways that are thought of. */
function unknownScore(rows: readonly TellingRow[], evidence: Evidence): number {
  const moments = momentsIn(rows, evidence)
  const length = Math.max(1, evidence.to - evidence.from)
  const ways = evidence.unknown.flatMap(({ rows: size, prior, admits }) => moments.map(({ at, lasts }) =>
    scoreAt(rows, { size, admits, subjects: evidence.subjects }, at).score + Math.log(prior) + Math.log(Math.max(1, lasts) / length)))
  return sumOfLogs(ways) + evidence.columns.length * Math.log(1 - noise.columnDropped)
}

/** How likely it is, before the rows are looked at, that somebody took unrecorded what a copy that fits took, at another time. */
const priorAlike = 0.5

/**
 * The same people as the copy that fits best, taken at any time by somebody whom nobody recorded: who fits as well is not accused by having been written down. Nobody can draw again whom a
 * key drew.
 */
function againScore(rows: readonly TellingRow[], evidence: Evidence, copy: CandidateCopy | undefined): number {
  if (copy === undefined || copy.drawnByKey) return -Infinity
  return unknownScore(rows, { ...evidence, unknown: [{ rows: copy.rows, prior: priorAlike, admits: copy.admits }] })
}

/** Says which registered copy a sample comes from, as far as that can be said. */
export function attribute(evidence: Evidence, copies: readonly CandidateCopy[]): Attribution {
  const { rows, telling, compared, neverHeld } = tellingOf(evidence)
  const scored = copies.map((copy) => ({ copy, ...bestOf(rows, copy, evidence) })).sort((a, b) => b.score - a.score)
  const registered = sumOfLogs(scored.map(({ score }) => score))
  // Half of the belief goes to a copy that nobody recorded.
  const all = sumOfLogs([registered - Math.log(Math.max(1, copies.length)), unknownScore(rows, evidence), againScore(rows, evidence, scored[0]?.copy)])
  const fitOf = ({ copy, score, rowsOutside, valuesOfOtherTimes }: typeof scored[number]): Fit => ({
    copy: copy.id, share: Math.exp(score - registered), shareBesideUnknown: Math.exp(score - Math.log(copies.length) - all), rowsOutside, valuesOfOtherTimes,
    columnsMissing: evidence.columns.filter((column) => copy.columns?.has(column) === false),
  })
  const listed = listedOf(scored.map(fitOf))
  return { answer: answerOf(evidence, { listed, telling, compared, drawn: new Set(copies.filter(({ drawnByKey }) => drawnByKey).map(({ id }) => id)) }), taken: takenBetween(rows, evidence), telling, compared, neverHeld, rows: evidence.rows.length, notFound: evidence.notFound, fits: listed }
}

/** The copies that hold 99 % together; those alike with the last of them, too. */
function listedOf(all: readonly Fit[]): Fit[] {
  const listed: Fit[] = []
  let together = 0
  for (const fit of all) {
    const last = listed.at(-1)
    if (together >= listedShare && last !== undefined && fit.share < last.share * (1 - 1e-9)) break
    listed.push(fit)
    together += fit.share
  }
  return listed
}

interface Listed { readonly listed: readonly Fit[]; readonly telling: number; readonly compared: number; /** Copies whose rows were drawn under a key of their own. */ readonly drawn: ReadonlySet<string> }

function answerOf(evidence: Evidence, { listed, telling, compared, drawn }: Listed): Answer {
  const [marked] = evidence.marked.toSorted((a, b) => b.certainty - a.certainty)
  if (marked !== undefined && marked.certainty >= certainFrom) return { kind: 'identified', copy: marked.copy, by: marked.by, certainty: marked.certainty }
  if (evidence.rows.length === 0) return { kind: 'cannot tell', because: 'none of its rows is of anybody the dataset held' }
  const explains = (fit: Fit): boolean => fit.columnsMissing.length === 0 && fit.rowsOutside <= fits.rowsOutside * evidence.rows.length && fit.valuesOfOtherTimes <= fits.valuesOfOtherTimes * compared
  const explaining = listed.filter(explains)
  if (explaining.length === 0) return telling < tellingMin && evidence.columns.length === 0 ? few(telling) : { kind: 'no registered copy fits' }
  const [first] = explaining as [Fit]
  // Whom a key drew tells by itself: chance does not pick the same few out of everybody, whatever time it was.
  const tells = telling >= tellingMin || drawn.has(first.copy)
  if (tells && first.shareBesideUnknown >= certainFrom) return { kind: 'identified', copy: first.copy, by: 'versions', certainty: first.shareBesideUnknown }
  if (tells && first.share >= certainFrom) return { kind: 'only registered copy that fits', copy: first.copy }
  return telling < tellingMin ? few(telling) : { kind: 'one of', copies: explaining.map(({ copy }) => copy) }
}

const few = (telling: number): Answer => ({ kind: 'cannot tell', because: `only ${telling} of its values ever changed; it takes ${tellingMin} to tell one time from another` })
