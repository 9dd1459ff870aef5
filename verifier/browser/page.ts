// The page: what was dropped goes in, each check comes out as it passes. Nothing of the evidence becomes markup: all of it is set as text.
import { canVerify, checkBundle, checkReceipt, ed25519Type, Malformed, openZipLater, parsePolicy, parseVerifierKey, settle, sourceOfFiles, verifyByWebCrypto } from './index.ts'
import type { BundleSource, KeptReceipt, Progress, ReceiptVerdict, Verdict, VerifyOptions } from './index.ts'
import { caveatsOf } from '../print.ts'

/** A file that was dropped or chosen; `path` is its place in its folder. */
interface Given { readonly path: string; readonly file: File }

const element = <Kind extends HTMLElement>(id: string): Kind => document.getElementById(id) as Kind
const [drop, steps, lists, sentence, result, policyField, policyProblem] = ['drop', 'steps', 'lists', 'sentence', 'result', 'policy', 'policy-problem'].map((id) => element(id)) as [HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLTextAreaElement, HTMLElement]

function make(tag: string, text: string, kind?: string): HTMLElement {
  const made = document.createElement(tag)
  made.textContent = text
  if (kind !== undefined) made.className = kind
  return made
}

type Mark = 'running' | 'passed' | 'declared' | 'absent' | 'refused'
const words: Readonly<Record<Mark, string>> = { running: 'Checking', passed: 'Verified', declared: 'Declared', absent: 'Not here', refused: 'Refused' }
const rows = new Map<string, HTMLElement>()

function show(step: string, mark: Mark, said: string): void {
  const row = rows.get(step) ?? document.createElement('li')
  if (!rows.has(step)) steps.append(row)
  rows.set(step, row)
  row.replaceChildren(make('span', step.charAt(0).toUpperCase() + step.slice(1), 'name'), make('span', words[mark], `mark ${mark}`), make('span', said, 'said'))
}

function onProgress(progress: Progress): void {
  if (progress.outcome === 'begun') show(progress.step, 'running', '')
  else if (progress.outcome === 'reading') show(progress.step, 'running', `${progress.read.toLocaleString()} of ${progress.of.toLocaleString()} entries`)
  else show(progress.step, progress.step === 'policy' && policyField.value.trim() === '' ? 'declared' : progress.outcome, progress.showed) // whoever wrote the evidence wrote the policy inside
}

function begin(): void {
  rows.clear()
  steps.replaceChildren()
  lists.replaceChildren()
  result.hidden = false
  sentence.className = ''
  sentence.textContent = 'Checking …'
}

function end(verdict: Verdict | ReceiptVerdict): void {
  if (verdict.outcome === 'refused') {
    const { step, code, message } = verdict.because
    show(step, 'refused', `${message} (${code})`)
    sentence.className = 'refused'
    sentence.textContent = 'Refused: do not rely on this evidence.'
    return
  }
  const what = 'index' in verdict.facts ? 'receipt' : 'bundle'
  sentence.className = 'verified'
  sentence.textContent = `The ${what} is whole and agrees with itself: ${caveatsOf(verdict.facts, what)}.`
  lists.append(make('h3', 'The evidence shows'), listOf(verdict.shows), make('h3', 'It does not show'), listOf(verdict.doesNotShow))
}

function listOf(sentences: readonly string[]): HTMLElement {
  const list = document.createElement('ul')
  list.append(...sentences.map((one) => make('li', one)))
  return list
}

/** The policy or the key in the field; `undefined` when what stands there is neither. */
function trusted(): VerifyOptions | undefined {
  const text = policyField.value.trim()
  policyProblem.hidden = true
  if (text === '') return {}
  try {
    if (/\s/.test(text)) return { policy: parsePolicy(`${text}\n`) }
    const key = parseVerifierKey(text)
    if (key.type === ed25519Type) return { pins: [key] }
    throw new Malformed('key/type', 'this is the key of a witness; name witnesses in a policy')
  } catch (error) {
    policyProblem.textContent = `Neither a policy nor a key: ${error instanceof Error ? error.message : 'unreadable'}. Nothing was checked.`
    policyProblem.hidden = false
    element<HTMLDetailsElement>('trust').open = true
    policyField.focus()
    return undefined
  }
}

const bytesOfFile = async (file: File): Promise<Uint8Array> => new Uint8Array(await file.arrayBuffer())
const isReceipt = async (file: File): Promise<boolean> => (await file.slice(0, 18).text()) === 'bailee-receipt/v1\n'

async function check(given: readonly Given[]): Promise<void> {
  const options = trusted()
  if (options === undefined || given.length === 0) return
  begin()
  try {
    if (!(await canVerify())) throw new Error('this browser cannot check Ed25519 signatures; use a newer one, or one of the tools below')
    end(await verdictOf(given, options))
  } catch (error) {
    if (error instanceof Malformed) end({ outcome: 'refused', steps: [], because: { step: 'bundle', code: error.code, message: error.message } })
    else {
      sentence.className = 'refused'
      sentence.textContent = `Nothing was verified: ${error instanceof Error ? error.message : 'the evidence could not be read to its end'}.`
    }
  }
}

async function verdictOf(given: readonly Given[], options: VerifyOptions): Promise<Verdict | ReceiptVerdict> {
  const receipts: Given[] = []
  for (const one of given.filter(({ path }) => !path.includes('/'))) if (await isReceipt(one.file)) receipts.push(one)
  const others = given.filter((one) => !receipts.includes(one))
  const [only] = receipts
  if (others.length === 0 && only !== undefined) {
    const bytes = await bytesOfFile(only.file)
    return settle((verify) => checkReceipt(bytes, { ...options, verify }), { verify: verifyByWebCrypto, onProgress })
  }
  const kept: KeptReceipt[] = await Promise.all(receipts.map(async ({ path, file }) => ({ name: path, bytes: await bytesOfFile(file) })))
  const source = await sourceOf(others)
  return settle((verify) => checkBundle(source, { ...options, kept, verify }), { verify: verifyByWebCrypto, onProgress })
}

async function sourceOf(given: readonly Given[]): Promise<BundleSource> {
  const [first] = given
  if (given.length === 1 && first !== undefined && !first.path.includes('/')) return openZipLater(await bytesOfFile(first.file))
  const folder = first === undefined ? 0 : first.path.indexOf('/') + 1
  return sourceOfFiles(new Map(await Promise.all(given.map(async ({ path, file }): Promise<[string, Uint8Array]> => [path.slice(folder), await bytesOfFile(file)]))))
}

/** Files below what was dropped, folders walked through. */
async function givenIn(entry: FileSystemEntry, path: string): Promise<Given[]> {
  if (entry.isFile) return [{ path, file: await new Promise<File>((resolve, reject) => { (entry as FileSystemFileEntry).file(resolve, reject) }) }]
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  const found: Given[] = []
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => { reader.readEntries(resolve, reject) })
    if (some.length === 0) return found
    for (const one of some) found.push(...await givenIn(one, `${path}/${one.name}`))
  }
}

function chosen(input: HTMLInputElement): void {
  const given = [...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath === '' ? file.name : file.webkitRelativePath, file }))
  input.value = '' // so that the same file can be chosen again
  void check(given)
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
  void Promise.all(entries.map((entry) => givenIn(entry, entry.name))).then((found) => check(found.flat()))
})
