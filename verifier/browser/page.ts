// The page: what was dropped, or the log of the server that it came from, goes in; each check comes out as it passes.
import { canVerify, checkReceipt, checkWhole, ed25519Type, formatVerifierKey, Malformed, parsePolicy, parseVerifierKey, settle, sourceOfFiles, spokenKey, utf8Of, verifyByWebCrypto } from './index.ts'
import type { BundleSource, KeptReceipt, Progress, VerifyOptions, WholeVerdict } from './index.ts'
import { readSuccessions } from '../succession.ts'

import type { Looked } from './checks.ts'
import { fetchLog, NotFetched } from './fetched.ts'
import { bytesOfFile, evidenceIn, givenIn, isReceipt } from './given.ts'
import type { Evidence, Given } from './given.ts'
import { keepKey, keeps, keepSeen, keptKey, keptSeen } from './kept.ts'
import { make, show } from './show.ts'
import type { Places } from './show.ts'
import { words as allWords } from './words.ts'
import type { Language, PageWords } from './words.ts'

const element = <Kind extends HTMLElement = HTMLElement>(id: string): Kind => document.getElementById(id) as Kind
const places: Places = { result: element('result'), sentence: element('sentence'), checks: element('checks'), lists: element('lists') }
const [drop, policyField, policyProblem, now] = [element('drop'), element<HTMLTextAreaElement>('policy'), element('policy-problem'), element<HTMLButtonElement>('now')]

/** Opened from a disk it can fetch nothing, and says so. */
const served = location.protocol === 'http:' || location.protocol === 'https:'

const languageKept = 'bailee-language' // the portal keeps it under this name
function firstLanguage(): Language {
  let kept: string | null = null
  try { kept = localStorage.getItem(languageKept) } catch { /* a browser that keeps nothing */ }
  return (kept ?? navigator.language).toLowerCase().startsWith('fr') ? 'fr' : 'en'
}
let language: Language = firstLanguage()
const words = (): PageWords => allWords[language]

/** What is shown, so that it can be shown again in another language. */
let shown: (() => void) | undefined

function speak(): void {
  document.documentElement.lang = language
  document.title = words().title
  for (const one of document.querySelectorAll<HTMLElement>('[data-word]')) one.textContent = words()[one.dataset['word'] as 'title']
  if (served) { element('lead').textContent = words().lead; element('drop-says').textContent = words().drop }
  element('language').lang = language === 'en' ? 'fr' : 'en'
  shown?.()
}

/** The policy or the key in the field; `undefined` when what stands there is neither. */
function given(): VerifyOptions | undefined {
  const text = policyField.value.trim()
  policyProblem.hidden = true
  if (text === '') return {}
  try {
    if (/\s/.test(text)) return { policy: parsePolicy(`${text}\n`) }
    const key = parseVerifierKey(text)
    if (key.type === ed25519Type) return { pins: [key] }
    throw new Malformed('key/type', 'this is the key of a witness; name witnesses in a policy')
  } catch (error) {
    policyProblem.textContent = words().neither(error instanceof Error ? error.message : 'unreadable')
    policyProblem.hidden = false
    element<HTMLDetailsElement>('trust').open = true
    policyField.focus()
    return undefined
  }
}

/** The key that signs the root log, or the one that was the first of those that followed each other: that is the one of a contract. */
function firstKeyIn(source: BundleSource): { readonly name: string; readonly vkey: string } | undefined {
  try {
    let [key] = parsePolicy(utf8Of(source.read('policy') ?? new Uint8Array(), 'policy/utf8')).logs
    for (const { kind, purpose, from, to } of readSuccessions(source, () => true).reverse()) if (key !== undefined && kind === 'rotated' && purpose === 'log' && formatVerifierKey(to.name, to.publicKey) === formatVerifierKey(key.name, key.publicKey)) key = from
    return key === undefined ? undefined : { name: key.name, vkey: formatVerifierKey(key.name, key.publicKey) }
  } catch (error) {
    if (error instanceof Malformed) return undefined // the check says what is wrong with it
    throw error
  }
}

const originIn = (source: BundleSource): string => new TextDecoder().decode(source.read('client.vkey') ?? new Uint8Array()).split('+', 1)[0] ?? ''

/** Checks a bundle that is in memory, and shows it as it goes. */
async function check({ source, count, bytes }: Evidence, of: Looked['of'], options: VerifyOptions & { readonly kept?: readonly KeptReceipt[] }): Promise<void> {
  const [inside, origin] = [firstKeyIn(source), originIn(source)]
  const [kept, seen] = [inside === undefined ? undefined : keptKey(inside.name), keptSeen(origin)]
  const trusted: VerifyOptions = options.policy === undefined && options.pins === undefined && kept !== undefined ? { pins: [kept.key] } : options
  const key: Looked['key'] = trusted === options ? (options.policy === undefined && options.pins === undefined ? undefined : {}) : { keptAt: kept?.at }
  const spoken = kept !== undefined && trusted !== options ? formatVerifierKey(kept.key.name, kept.key.publicKey) : inside?.vkey
  const steps = new Map<string, Progress>()
  const found: { verdict?: WholeVerdict } = {}
  const keep = key === undefined && inside !== undefined && keeps() ? (): void => { keepKey(inside.name, inside.vkey, new Date().toISOString()); void attempt(() => check({ source, count, bytes }, of, options)) } : undefined
  const paint = (): void => show(
    { of, files: { done: count, of: count, bytes }, steps, verdict: found.verdict, key, seen, keeps: keeps() },
    { places, words: words(), language, key: spoken === undefined || (options.policy ?? options.pins) !== undefined ? undefined : { words: spokenKey(spoken), keep: found.verdict?.outcome === 'verified' ? keep : undefined } },
  )
  shown = paint
  const verdict = await settle((verify) => checkWhole(source, { ...options, ...trusted, ...(seen === undefined ? {} : { seen }), verify }), { verify: verifyByWebCrypto, onProgress: (progress) => { steps.set(progress.step, progress); paint() } })
  found.verdict = verdict
  paint()
  remember(source, { origin, verdict, older: steps.get('seen before')?.outcome === 'absent' })
}

/** Keeps the checkpoints of a record that was found whole, unless more was seen before. */
function remember(source: BundleSource, { origin, verdict, older }: { readonly origin: string; readonly verdict: WholeVerdict; readonly older: boolean }): void {
  const [root, client] = [source.read('root/checkpoint'), source.read('client/checkpoint')]
  if (verdict.outcome === 'verified' && !older && root !== undefined && client !== undefined) keepSeen(origin, { root: new TextDecoder().decode(root), client: new TextDecoder().decode(client) }, new Date().toISOString())
}

/** Runs one check at a time, and says in words what kept it from coming to an end. */
async function attempt(work: () => Promise<void>): Promise<void> {
  now.disabled = true
  places.result.setAttribute('aria-busy', 'true')
  for (const place of [places.checks, places.lists]) place.replaceChildren()
  try {
    if (!(await canVerify())) throw new Error(words().noSignatures)
    await work()
  } catch (error) {
    shown = undefined
    places.result.hidden = false
    places.sentence.className = error instanceof NotFetched && error.why === 'notFixed' ? '' : 'refused' // not yet is not wrong
    places.checks.replaceChildren()
    places.sentence.textContent = error instanceof Malformed ? `${words().refused}${words().colon} ${error.message} (${error.code}).` : `${words().nothing}${words().colon} ${error instanceof NotFetched ? words()[error.why] : error instanceof Error ? error.message : ''}.`
  } finally {
    now.disabled = false
    places.result.setAttribute('aria-busy', 'false')
  }
}

/** The log below the address of this page: `?controller=` names whose, for the processor's own people. */
async function verifyNow(): Promise<void> {
  const options = given()
  if (options === undefined) return
  await attempt(async () => {
    const files = { done: 0, of: 0, bytes: 0 }
    const waiting = (): void => show({ of: 'log', files, steps: new Map(), seen: undefined, keeps: true }, { places, words: words(), language })
    shown = waiting
    waiting()
    let painted = 0
    const base = new URL(`log/${encodeURIComponent(new URLSearchParams(location.search).get('controller') ?? 'own')}/`, location.href)
    const fetched = await fetchLog(base, (done, of) => { Object.assign(files, { done, of }); if (Date.now() - painted > 100) { painted = Date.now(); waiting() } })
    await check({ source: sourceOfFiles(fetched), count: fetched.size, bytes: [...fetched.values()].reduce((sum, { length }) => sum + length, 0) }, 'log', options)
  })
}

/** What was dropped or chosen. */
async function checkGiven(all: readonly Given[]): Promise<void> {
  const options = given()
  if (options === undefined || all.length === 0) return
  await attempt(async () => {
    const receipts: Given[] = []
    for (const one of all.filter(({ path }) => !path.includes('/'))) if (await isReceipt(one)) receipts.push(one)
    const others = all.filter((one) => !receipts.includes(one))
    const [only] = receipts
    if (others.length === 0 && only !== undefined) return showReceipt(await bytesOfFile(only.file), options)
    const kept: KeptReceipt[] = await Promise.all(receipts.map(async ({ path, file }) => ({ name: path, bytes: await bytesOfFile(file) })))
    return check(await evidenceIn(others), 'bundle', { ...options, kept })
  })
}

/** A receipt by itself: each of its steps, and what it shows. */
async function showReceipt(bytes: Uint8Array, options: VerifyOptions): Promise<void> {
  const verdict = await settle((verify) => checkReceipt(bytes, { ...options, verify }), { verify: verifyByWebCrypto })
  const paint = (): void => {
    const row = (standing: 'passed' | 'failed' | 'cannot', name: string, says: string): HTMLElement => make('li', '', make('span', 'number'), make('span', `mark ${standing}`, words().marks[standing]), make('div', 'body', make('div', 'name', name), make('div', 'said', says)))
    const list = (title: string, sentences: readonly string[]): HTMLElement[] => [make('h3', '', title), make('ul', '', ...sentences.map((one) => make('li', '', one)))]
    places.result.hidden = false
    places.sentence.className = verdict.outcome === 'refused' ? 'refused' : ''
    places.sentence.textContent = verdict.outcome === 'refused' ? `${words().refused}${words().colon} ${verdict.because.message}.` : `${words().receiptWhole}.`
    places.checks.replaceChildren(...verdict.steps.map(({ name, outcome, showed }) => row(outcome === 'passed' ? 'passed' : 'cannot', name, showed)), ...(verdict.outcome === 'refused' ? [row('failed', verdict.because.step, `${verdict.because.message} (${verdict.because.code})`)] : []))
    places.lists.replaceChildren(...(verdict.outcome === 'refused' ? [] : [...list(words().doesNotShow, verdict.doesNotShow), ...list(words().shows, verdict.shows)]))
  }
  shown = paint
  paint()
}

function chosen(input: HTMLInputElement): void {
  const files = [...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath === '' ? file.name : file.webkitRelativePath, file }))
  input.value = '' // so that the same file can be chosen again
  void checkGiven(files)
}

for (const id of ['file', 'folder']) element<HTMLInputElement>(id).addEventListener('change', (event) => { chosen(event.target as HTMLInputElement) })
for (const kind of ['dragenter', 'dragover', 'dragleave', 'drop']) {
  document.addEventListener(kind, (event) => {
    event.preventDefault()
    drop.classList.toggle('over', kind === 'dragenter' || kind === 'dragover')
  })
}
document.addEventListener('drop', (event) => {
  const entries = [...(event.dataTransfer?.items ?? [])].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null)
  void Promise.all(entries.map((entry) => givenIn(entry, entry.name))).then((found) => checkGiven(found.flat()))
})
now.addEventListener('click', () => { void verifyNow() })
element('language').addEventListener('click', () => {
  language = language === 'en' ? 'fr' : 'en'
  try { localStorage.setItem(languageKept, language) } catch { /* as long as the page */ }
  speak()
})
now.hidden = !served
element('back').hidden = !served
try {
  const scheme = localStorage.getItem('bailee-scheme') // as chosen in the portal
  if (scheme === 'light' || scheme === 'dark') document.documentElement.style.colorScheme = scheme
} catch { /* as the system */ }
speak()
