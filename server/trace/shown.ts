/**
 * Names as they are shown and recorded. Whoever names a file, a member of an archive, an attachment or a table may put somebody's address, number or identifier there;
 * the ledger, findings and certificates then show a mark in its place. The same value has the same mark, and without the key nothing leads back to it. Pure.
 */
import { shownByForm, type Marker } from '#inventory'
import type { ColumnHeader } from './fingerprint/index.ts'

/** A name, or a text with names in it, without what is somebody's. Shown twice is shown once. */
export type Shown = (text: string) => string

// What is shown already, and the words between.
const marked = /(⟨[^⟨⟩]*⟩)/u
const word = /[\p{L}\p{M}\p{N}]+/gu

/** What may join two words to one value. */
const joint = /^[ ._'+-]$/u

/** Words of one value: as many as a UUID has, and as a person is called by. */
const wordsMax = 5

/**
 * What a piece of a name reads like. `identifier`: letters and digits; `number`: digits alone; `words`: letters alone, two words at least. A word by itself is never a piece: somebody may be called as
 * tables and files are.
 */
export type Piece = { readonly text: string; readonly kind: 'identifier' | 'number' | 'words'; readonly digits: number }

const identifierLengthMin = 5
const digitsMin = 7
const wordsLengthMin = 5

function pieceOf(text: string, words: number): Piece | undefined {
  const letters = text.match(/\p{L}/gu)?.length ?? 0
  const digits = text.match(/\p{N}/gu)?.length ?? 0
  if (letters > 0 && digits > 0) return letters + digits < identifierLengthMin ? undefined : { text, kind: 'identifier', digits }
  if (digits > 0) return digits < digitsMin ? undefined : { text, kind: 'number', digits }
  return words < 2 || letters < wordsLengthMin ? undefined : { text, kind: 'words', digits }
}

/** Digits beside letters that tell an identifier among few possible values. */
const weakDigitsMin = 4

/** Of so many possible numbers at most one may be known: denser ones are counted up, and days and parts are among them by chance. */
const sparseFrom = 16

/** Whether a piece is somebody's when it is a value of this column. What a column of few possible values holds is as a rule no more than a word or a year. */
export function isTelling({ kind, digits }: Pick<Piece, 'kind' | 'digits'>, column: Pick<ColumnHeader, 'kind' | 'alone' | 'weak' | 'bits' | 'distinct'>): boolean {
  if (column.kind === 'combination') return false
  if (kind === 'words') return column.alone
  if (kind === 'number') return !column.weak && column.distinct * sparseFrom <= 2 ** column.bits
  return !column.weak || digits >= weakDigitsMin
}

interface Run extends Piece { readonly start: number; readonly end: number }

/** The pieces of a text that may be values, by where they begin, longest first. */
function runsIn(text: string): Run[][] {
  const words = [...text.matchAll(word)].map((match) => ({ start: match.index, end: match.index + match[0].length }))
  return words.map(({ start }, first) => {
    const runs: Run[] = []
    for (let last = first; last < words.length && last < first + wordsMax; last += 1) {
      if (last > first && !joint.test(text.slice(words[last - 1]!.end, words[last]!.start))) break
      const { end } = words[last]!
      const piece = pieceOf(text.slice(start, end), last - first + 1)
      if (piece !== undefined) runs.unshift({ ...piece, start, end })
    }
    return runs
  })
}

/** The pieces of a text, as it is shown under a key, that are to be asked about: each as it stands there. */
export function piecesIn(text: string): Piece[] {
  return text.split(marked).flatMap((part, number) => (number % 2 === 1 ? [] : runsIn(part).flat().map(({ start: _, end: __, ...piece }) => piece)))
}

/** How a piece may be written in a dataset: in names of files, words are joined by other signs. */
export const spellingsOf = ({ text, kind }: Piece): string[] => [...new Set(kind === 'words' ? [text, text.replaceAll(/[._+-]/g, ' ')] : [text])]

/** Shows names by what they look like, and pieces of them by what is known. Two names never look alike: a value in capitals is another. */
export function shownBy(mark: Marker, isKnown: (piece: Piece) => boolean = () => false): Shown {
  const byForm = shownByForm(mark)
  return (text) => byForm(text).split(marked).map((part, number) => (number % 2 === 1 ? part : valuesMarked(part, mark, isKnown))).join('')
}

function valuesMarked(text: string, mark: Marker, isKnown: (piece: Piece) => boolean): string {
  let shown = ''
  let at = 0
  for (const runs of runsIn(text)) {
    const run = runs.find((one) => one.start >= at && isKnown(one))
    if (run === undefined) continue
    shown += text.slice(at, run.start) + mark('value', run.text)
    at = run.end
  }
  return shown + text.slice(at)
}

/** The marks of values in texts that were shown before. */
export const marksIn = (texts: readonly string[]): ReadonlySet<string> => new Set(texts.flatMap((text) => text.match(/⟨value [0-9a-f]+⟩/gu) ?? []))

/**
 * Whether a name is the one that was recorded so. The marks that were recorded tell which of its pieces were known then: what is known now does not matter.
 */
export function isShownAs(mark: Marker, recorded: string): (name: string) => boolean {
  const first = recorded.indexOf('⟨')
  if (first < 0) return (name) => name === recorded
  const [before, after] = [recorded.slice(0, first), recorded.slice(recorded.lastIndexOf('⟩') + 1)]
  const marks = marksIn([recorded])
  const shown = shownBy(mark, ({ text }) => marks.has(mark('value', text)))
  return (name) => name === recorded || (name.startsWith(before) && name.endsWith(after) && shown(name) === recorded)
}

// What it says of a dataset is named as it was declared, and read again by that name.
const declared: ReadonlySet<string> = new Set(['store', 'environment', 'datasets', 'dataset', 'column', 'kind', 'form'])

/** Every text in what is to be recorded, changed: names of places and parts, and reasons that name them; not what was declared. */
export function throughout<Value>(change: Shown, value: Value): Value {
  if (typeof value === 'string') return change(value) as Value
  if (Array.isArray(value)) return value.map((one: unknown) => throughout(change, one)) as Value
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, declared.has(name) ? (one as unknown) : throughout(change, one as unknown)])) as Value
}
