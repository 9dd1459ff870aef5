import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser, picturesDirectory, visit } from './testing/browser.ts'
import { nightOfTheFindings, openTestPortal, type TestPortal } from './testing/server.ts'

const folders = readdirSync(import.meta.dirname).map((folder) => join(import.meta.dirname, folder))
/** Addresses of all pages but those of signing in, as their groups list them. */
const paths = folders.filter((folder) => !folder.endsWith('sign-in')).map((folder) => join(folder, 'pages.ts')).filter((file) => existsSync(file)).flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/path: '(\/[^']*)'/g)].map(([, path = '']) => path))

let portal: TestPortal
let browser: Browser
beforeAll(async () => { [portal, browser] = await Promise.all([openTestPortal('french'), openBrowser()]) }, 300_000)
afterAll(async () => {
  await browser?.close()
  await portal?.close()
})

type Word = string | ((...values: string[]) => string) | { readonly [name: string]: Word }
const between = '\u0001'

/** The fixed pieces of a word: of a function, what stands between its values. */
function piecesOf(word: Word): string[] {
  if (typeof word === 'object') return Object.values(word).flatMap(piecesOf)
  const texts = typeof word === 'string' ? [word] : [between, '1', ''].map((value) => { try { return word(...Array.from({ length: 8 }, () => value)) } catch { return '' } })
  return texts.flatMap((text) => text.split(/[\u0001\n]|\*\*/)).map((text) => text.trim()).filter((text) => / /.test(text) && text.replace(/[^a-z]/gi, '').length >= 9)
}

async function pieces(): Promise<{ readonly en: Set<string>; readonly fr: Set<string>; readonly same: string[] }> {
  const files = folders.filter((folder) => existsSync(join(folder, 'words.ts')) || folder.endsWith('components') || folder.endsWith('words')).flatMap((folder) => readdirSync(folder).filter((file) => /(words|Words|dictionary)[.]ts$/.test(file)).map((file) => join(folder, file)))
  const catalogues = (await Promise.all(files.map((file) => import(/* @vite-ignore */ file) as Promise<Record<string, unknown>>))).flatMap((module) => Object.values(module)).filter((one): one is { en: Word; fr: Word } => typeof one === 'object' && one !== null && 'en' in one && 'fr' in one)
  const [en, fr] = [new Set(catalogues.flatMap((one) => piecesOf(one.en))), new Set(catalogues.flatMap((one) => piecesOf(one.fr)))]
  return { en, fr, same: [...en].filter((text) => fr.has(text)) }
}

/** What people read on a page, without what is in no language: names, commands, what is said to be English. */
const textOf = (page: Page): Promise<string[]> => page.evaluate(`(() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT, (node) => node.parentElement?.closest('script, noscript, style, code, pre, .names, .terminal, body [lang=en], .print-head, option[lang]') ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT)
  const texts = []
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) if (node.textContent.trim() !== '') texts.push(node.textContent.trim())
  return texts.concat([...document.querySelectorAll('[aria-label], [title], [placeholder]')].filter((one) => !one.closest('body [lang=en]')).flatMap((one) => ['aria-label', 'title', 'placeholder'].map((name) => one.getAttribute(name) ?? '')).filter((text) => text !== ''))
})()`)

/** Words that English sentences have and French ones do not. */
const english = /\b(the|was|were|which|with|not|and|has|have|this|that|from|its|nobody|whose|until|been|of)\b/gi

/** A phone and a desk: each page is opened once and its window made wider. */
const widths = [390, 1440] as const

/** By how much a page is wider than its window, and the innermost of what reaches furthest; empty if nothing does. */
const tooWide = async (page: Page): Promise<string> => String(await page.evaluate(`(() => {
  const root = document.documentElement
  const over = root.scrollWidth - root.clientWidth
  if (over <= 0) return ''
  const furthest = [...document.querySelectorAll('main *')].reverse().map((one) => [one.getBoundingClientRect().right, one]).sort(([a], [b]) => b - a)[0]?.[1]
  return over + ' px too wide: ' + (furthest?.outerHTML.slice(0, 160) ?? '')
})()`))

interface Seen { readonly path: string; readonly says: string }

async function lookAt(pathsOf: readonly string[], who: Parameters<TestPortal['signIn']>[0], name: string): Promise<Seen[]> {
  const { en, fr } = await pieces()
  const wrong = [...en].filter((text) => !fr.has(text) && ![...fr].some((one) => one.includes(text)))
  const visitor = await visit(browser, { url: portal.url, now: portal.now, language: 'fr-FR', cookie: await portal.signIn(who) })
  const found: Seen[] = []
  if (picturesDirectory !== undefined) mkdirSync(picturesDirectory, { recursive: true })
  for (const path of pathsOf) {
    await visitor.page.setViewportSize({ width: widths[0], height: 900 })
    if (!await visitor.open(path).then(() => true, () => false)) { found.push({ path, says: 'did not open' }); continue }
    const texts = await textOf(visitor.page)
    found.push(...texts.flatMap((text) => wrong.filter((one) => text === one || (one.split(' ').length > 2 && text.includes(one))).map((one) => ({ path, says: `catalogue: ${one}` }))))
    // What people and the ledger's own words say stays in the language that it was written in: shown to whoever looks, held to nothing.
    if (process.env['BAILEE_FRENCH'] !== undefined) for (const text of texts) if ((text.match(english) ?? []).length > 1) process.stdout.write(`${path}: ${text.slice(0, 120)}\n`)
    expect([path, await visitor.page.locator('html').getAttribute('lang')]).toEqual([path, 'fr'])
    for (const width of widths) {
      await visitor.page.setViewportSize({ width, height: 900 })
      const wide = await tooWide(visitor.page)
      if (wide !== '') found.push({ path, says: `at ${width} ${wide}` })
      if (picturesDirectory !== undefined) await visitor.page.screenshot({ path: join(picturesDirectory, `fr-${name}-${path.replaceAll(/[^a-z0-9]+/gi, '_').slice(0, 50)}-${width}.png`), fullPage: true })
    }
    found.push(...visitor.problems().map((says) => ({ path, says })))
  }
  await visitor.close()
  return found
}

/** One of each kind that has a page of its own. */
async function addressed(): Promise<string[]> {
  const cookie = await portal.signIn({ role: 'owner', person: 'dana' })
  const first = async (noun: string): Promise<string> => (await (await fetch(`${portal.url}api/v1/${noun}${noun.includes('?') ? '&' : '?'}limit=200`, { headers: { cookie: `bailee_session=${cookie}` } })).json() as { items: { id: string }[] }).items[0]?.id ?? 'none'
  const ids: Record<string, string> = { controllers: 'deezer', contracts: 'deezer-2016', instructions: 'INS-1', decisions: await first('decisions?outcome=refused'), copies: await first('copies?controller=deezer&gone=true'), findings: await first('findings?controller=deezer'), sweeps: await first('sweeps'), erasures: await first('erasures'), people: 'noa', trainings: 'client-data', assessments: 'scope', ledger: '1-3', breaches: await first('breaches'), certificates: ((await (await fetch(`${portal.url}api/v1/erasures`, { headers: { cookie: `bailee_session=${cookie}` } })).json()) as { items: { certificate: { id: string } | null }[] }).items[0]?.certificate?.id ?? 'none' }
  return paths.map((path) => path.replace(/\$\w+/, encodeURIComponent(ids[path.split('/').find((part) => part in ids) ?? ''] ?? 'none'))).filter((path) => !path.endsWith('/none'))
}

test('a catalogue says nothing in French that it says in English; the check of pages sees a text that is not French', async () => {
  const { same, en } = await pieces()
  expect(same.filter((text) => !/^(bailee |sign-in\.yaml|Data Privacy Vocabulary|OpenDocument|age)/.test(text) && (text.match(english) ?? []).length > 0)).toEqual([])
  expect(en.size).toBeGreaterThan(500)
  const visitor = await visit(browser, { url: portal.url, now: portal.now, cookie: await portal.signIn({ role: 'dpo', person: 'dana' }) })
  await visitor.open('/today')
  const texts = await textOf(visitor.page)
  expect([...en].filter((one) => texts.some((text) => text.includes(one))).length).toBeGreaterThan(5)
  await visitor.close()
}, 300_000)

test('every page of the processor and of the client is French in French, and nothing is wider than a phone', async () => {
  const all = await addressed()
  const office = all.filter((path) => !path.startsWith('/client'))
  const [client, night] = [all.filter((path) => path.startsWith('/client')), ['/today', '/copies?controller=deezer', '/findings'].map((path) => `${path}${path.includes('?') ? '&' : '?'}at=${nightOfTheFindings}`)]
  const found = [...await lookAt([...office, ...night], { role: 'owner', person: 'dana' }, 'office'), ...await lookAt([...client, `/client?at=${nightOfTheFindings}`, `/client/sub-processors?at=${nightOfTheFindings}`], { role: 'signatory', controller: 'deezer' }, 'client')]
  expect(found).toEqual([])
}, 240_000)
