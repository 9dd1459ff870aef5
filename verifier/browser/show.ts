// What was checked becomes elements. Nothing of the evidence becomes markup: all of it is set as text.
import type { CertificateHeld } from '../certificate.ts'
import { printable } from '../verdict.ts'
import { checksOf, resultOf } from './checks.ts'
import type { Check, Looked } from './checks.ts'
import { inFrench, stepInFrench } from './french.ts'
import { claimInFrench, claimNameInFrench, reasonInFrench } from './frenchClaims.ts'
import type { Language, PageWords } from './words.ts'

/** An element with what is in it: texts and elements. */
export function make(tag: string, kind: string, ...inside: readonly (string | Node)[]): HTMLElement {
  const made = document.createElement(tag)
  if (kind !== '') made.className = kind
  made.append(...inside)
  return made
}

const inEnglish = (element: HTMLElement): HTMLElement => { element.lang = 'en'; return element }

/** What the verifier says, in the language of the page where that is known; else as it is, marked as English. */
function told(tag: string, says: string, language: Language, french = language === 'fr' ? inFrench(says) : undefined): HTMLElement {
  const element = make(tag, '', printable(french ?? says))
  return language === 'en' || french !== undefined ? element : inEnglish(element)
}
const mark = (kind: string, word: string): HTMLElement => make('span', `mark ${kind.replaceAll(' ', '-')}`, word)

export interface Places { readonly result: HTMLElement; readonly sentence: HTMLElement; readonly checks: HTMLElement; readonly lists: HTMLElement }
interface Shown { readonly places: Places; readonly words: PageWords; readonly language: Language; /** Eight words of the key, and what to do when they are the same as in the contract. */ readonly key?: { readonly words: readonly string[]; readonly keep: (() => void) | undefined } | undefined }

/** Shows what is known so far. */
export function show(looked: Looked, shown: Shown): void {
  const { places, words, language } = shown
  const { verdict } = looked
  places.result.hidden = false
  places.sentence.className = verdict?.outcome === 'refused' ? 'refused' : ''
  const result = printable(resultOf(looked, words))
  if (places.sentence.textContent !== result) places.sentence.textContent = result
  places.checks.replaceChildren(...checksOf(looked, words, language).map((check, index) => rowOf(check, index + 1, looked, shown)))
  places.lists.replaceChildren(...(verdict?.outcome === 'verified' ? [make('h3', '', words.doesNotShow), listOf(verdict.doesNotShow, language), make('h3', '', words.shows), listOf(verdict.shows, language)] : []))
}

const listOf = (sentences: readonly string[], language: Language): HTMLElement => make('ul', '', ...sentences.map((one) => told('li', one, language)))

function rowOf(check: Check, number: number, looked: Looked, shown: Shown): HTMLElement {
  const { words, language } = shown
  const body = make('div', 'body', make('div', 'name', words.names[check.name]), make('div', 'said', printable(check.says)))
  if (check.standing === 'running' && check.name === 'whole') body.append(progressOf(looked, words))
  if (check.name === 'signed' && shown.key !== undefined && ['passed', 'declared'].includes(check.standing)) body.append(...keyOf(shown.key, words))
  if (check.name === 'certificates' && looked.verdict?.outcome === 'verified') body.append(...looked.verdict.held.map((held) => certificateOf(held, words, language)))
  if (check.details.length > 0) body.append(make('details', '', make('summary', '', words.looked), make('dl', '', ...check.details.flatMap(({ step, says }) => [make('dt', '', language === 'fr' ? stepInFrench(step) : step), told('dd', says, language)]))))
  return make('li', '', make('span', 'number', String(number)), mark(check.standing, words.marks[check.standing]), body)
}

function progressOf({ files }: Looked, words: PageWords): HTMLElement {
  const bar = make('progress', 'bar') as HTMLProgressElement
  bar.max = Math.max(1, files.of)
  bar.value = files.done
  bar.setAttribute('aria-label', words.names.whole)
  return bar
}

function keyOf({ words: spoken, keep }: NonNullable<Shown['key']>, words: PageWords): HTMLElement[] {
  const list = make('ul', 'words', ...spoken.map((one) => make('li', '', one)))
  list.setAttribute('translate', 'no')
  if (keep === undefined) return [list]
  const button = make('button', 'button', words.same)
  button.setAttribute('type', 'button')
  button.id = 'keep-key'
  button.addEventListener('click', keep)
  return [list, button]
}

function certificateOf({ id, outcome, because, claims, invalidatedBy }: CertificateHeld, words: PageWords, language: Language): HTMLElement {
  const french = (says: string, of: (says: string) => string | undefined): string | undefined => (language === 'fr' ? of(says) : undefined)
  const rows = claims.map(({ claim, standing, says, entries }) => {
    const cell = make('td', '', told('span', says, language, french(says, claimInFrench)), entries.length === 0 ? '' : ` (${words.entries(shortened(entries))})`)
    return make('tr', '', told('th', claim, language, french(claim, claimNameInFrench)), make('td', '', mark(standing, words.claimMarks[standing])), cell)
  })
  const table = make('table', 'claims', make('tbody', '', ...rows))
  const heading = make('h4', '', id, mark(outcome, words.held[outcome]))
  const why = because === undefined ? [] : [make('p', '', told('span', because, language, french(because, reasonInFrench)), invalidatedBy === undefined ? '' : ` (${words.entries(String(invalidatedBy))})`)]
  return make('section', `certificate ${outcome.replaceAll(' ', '-')}`, heading, ...why, ...(rows.length === 0 ? [] : [make('details', '', make('summary', '', words.claims), table)]))
}

const shortened = (entries: readonly number[]): string => (entries.length <= 6 ? entries.join(', ') : `${Math.min(...entries)}–${Math.max(...entries)}`)
