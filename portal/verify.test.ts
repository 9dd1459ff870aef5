import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { listenApi, type ServingApi } from '../server/api/index.ts'
import { keptApi, startApi } from '../server/api/testing.ts'
import { begun } from '../server/composition/testing.ts'
import { makeBundle, story, type Files } from '../verifier/testing.ts'
import { buildPortal } from './build.ts'
import { inspect, openBrowser, violationsOf, visit, type Visitor } from './testing/browser.ts'

const at = begun + 400 * 86_400
const made = keptApi(at)
const files = join(inject('testDirectory'), 'verify')
// Bundles that another implementation wrote. They live beside the project, not in it.
const fixtures = join(import.meta.dirname, '../../shared/fixtures')
const present = existsSync(join(fixtures, 'bundle-good'))
if (!present) console.warn('NOT CHECKED: ../shared/fixtures is absent, so the page is not held against another implementation here')
let serving: ServingApi
let browser: Browser
let client: Visitor
let bundle: string

beforeAll(async () => {
  const [portal, opened] = await Promise.all([buildPortal(), openBrowser()])
  browser = opened
  const api = await startApi(made.kept.bailee, at, { portal, base: '/bailee' })
  serving = await listenApi(api.app, { host: '127.0.0.1', port: 0 })
  const cookie = await api.signIn({ role: 'signatory', controller: 'acme' })
  client = await visit(browser, { url: `http://127.0.0.1:${serving.port}/bailee/`, now: at, cookie })
  const answer = await api.ask('POST', '/api/v1/evidence/bundle', { as: { role: 'signatory', controller: 'acme' }, body: {} })
  mkdirSync(files, { recursive: true })
  bundle = join(files, 'bundle.zip')
  writeFileSync(bundle, answer.rawPayload)
}, 300_000)
afterAll(async () => {
  await browser.close()
  await serving.close()
})

/** The seven as they stand once the check has come to its end: a word each. */
async function marks(visitor: Visitor): Promise<string[]> {
  await visitor.page.locator('#result[aria-busy="false"]').waitFor()
  return visitor.page.locator('#checks > li > .mark').allTextContents()
}
const sentence = ({ page }: Visitor): Promise<string | null> => page.locator('#sentence').textContent()
const drop = async ({ page }: Visitor, path: string): Promise<void> => page.locator(path.endsWith('.zip') ? '#file' : '#folder').setInputFiles(path)

test('the log is checked from its static files alone; what it cannot show is said; the next visit goes on from it', async () => {
  const { page, open, problems } = client
  const asked: string[] = []
  page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`))
  await open('/verify')
  await page.getByRole('button', { name: 'Verify now' }).click()
  expect(await marks(client)).toEqual(['Verified', 'Declared', 'Cannot be checked', 'Verified', 'Cannot be checked', 'Cannot be checked', 'Verified'])
  expect(await sentence(client)).toBe('The record is whole, by the key that came with it; nobody else has witnessed it.')
  expect(asked.slice(1).every((one) => one.startsWith('GET /bailee/log/own/')), asked.join(' ')).toBe(true)
  expect(await page.locator('.words li').count()).toBe(8)
  await page.locator('#keep-key').click()
  expect(await marks(client)).toEqual(['Verified', 'Verified', 'Verified', 'Verified', 'Cannot be checked', 'Cannot be checked', 'Verified'])
  await open('/verify')
  await page.getByRole('button', { name: 'Verify now' }).click()
  expect(await marks(client)).toEqual(['Verified', 'Verified', 'Verified', 'Verified', 'Cannot be checked', 'Cannot be checked', 'Verified'])
  expect(await page.locator('#checks > li').nth(2).textContent()).toMatch(/entries of your visit on .* are still its first/)
  await drop(client, bundle)
  expect(await marks(client)).toEqual(['Verified', 'Verified', 'Verified', 'Verified', 'Cannot be checked', 'Verified', 'Verified'])
  expect(problems()).toEqual([])
}, 300_000)

/** Writes a bundle as a folder; gives its path. */
function written(name: string, bundleFiles: Files): string {
  for (const [path, bytes] of bundleFiles) {
    mkdirSync(dirname(join(files, name, path)), { recursive: true })
    writeFileSync(join(files, name, path), bytes)
  }
  return join(files, name)
}
/** A bundle with one byte changed. */
function flipped(path: string): Files {
  const bad = makeBundle(story)
  bad.get(path)!.subarray(40)[0]! ^= 1
  return bad
}
const without = (folder: string): Files => new Map([...makeBundle(story)].filter(([path]) => !path.startsWith(folder)))

const [broken, after] = ['Failed', 'Cannot be checked']
test.each<[string, () => Files, string[], RegExp]>([
  ['good', () => makeBundle(story), ['Verified', 'Declared', after, 'Verified', after, 'Verified', 'Verified'], /^The record is whole, by the key that came with it; nobody else/],
  ['erased', () => without('disclosed/'), ['Verified', 'Declared', 'Verified', 'Verified', after, after, 'Verified'], /^The record is whole/],
  ['older', () => makeBundle({ ...story, client: story.client.slice(0, 170), common: story.common.slice(0, 3), moments: story.moments.slice(0, 3) }), ['Verified', 'Declared', after, 'Verified', after, 'Verified', 'Verified'], /^The record is whole/],
  ['entry-altered', () => flipped('client/tile/entries/000'), ['Verified', 'Declared', after, broken, after, after, after], /^Do not rely on this record: the 300 entries do not hash to the signed root/],
  ['tile-altered', () => flipped('client/tile/0/000'), ['Verified', 'Declared', after, broken, after, after, after], /tile\/0\/000 disagrees with the entries/],
  ['file-gone', () => without('client/tile/0/001'), ['Verified', 'Declared', after, broken, after, after, after], /is missing/],
  ['another-history', () => makeBundle({ ...story, client: story.client.map((one, index) => (index === 7 ? { ...one, payload: { index: 'another' } } : one)) }), ['Verified', 'Declared', broken, 'Verified', after, after, after], /are not the first of the log held/],
])('%s: each check by itself', async (name, make, expected, says) => {
  await client.open('/verify')
  await drop(client, written(name, make()))
  expect([name, await marks(client)]).toEqual([name, expected])
  expect(await sentence(client)).toMatch(says)
  expect(client.problems()).toEqual([])
})

test.skipIf(!present)('bundles of another implementation are judged as they are', async () => {
  for (const [name, fourth] of [['bundle-good', 'Verified'], ['bundle-good-erased', 'Verified'], ['bundle-bad-entry-altered', broken]] as const) {
    await client.open('/verify')
    await drop(client, join(fixtures, name))
    expect([name, (await marks(client))[3]]).toEqual([name, fourth])
  }
})

test('a tile that is changed on its way fails where everybody sees it, and nothing of it is kept', async () => {
  const { page, open } = client
  await page.route('**/log/own/client/tile/0/**', async (route) => {
    const answer = await route.fetch()
    const body = await answer.body()
    body[5]! ^= 1
    await route.fulfill({ response: answer, body })
  })
  await open('/verify')
  const before = await page.evaluate('JSON.stringify({ ...localStorage })')
  await page.getByRole('button', { name: 'Verify now' }).click()
  expect(await marks(client)).toEqual(['Verified', 'Verified', 'Cannot be checked', broken, after, after, after])
  expect(await page.locator('#sentence').getAttribute('class')).toBe('refused')
  expect(await sentence(client)).toMatch(/^Do not rely on this record: tile/)
  expect(await page.evaluate('JSON.stringify({ ...localStorage })')).toBe(before)
  expect(await violationsOf(page)).toEqual([])
  await page.unroute('**/log/own/client/tile/0/**')
})

test('in light and dark, on a desk and a phone; in French; without a session it says what to do', async () => {
  await inspect(client, '/verify', 'verify', async () => { await client.page.getByRole('button', { name: 'Verify now' }).click(); await marks(client) })
  await client.page.locator('#language').click()
  expect([await sentence(client), await client.page.evaluate('document.documentElement.lang')]).toEqual(['Le journal est entier ; personne d’autre ne l’a vu.', 'fr'])
  expect(await client.page.locator('#result [lang="en"]').allTextContents()).toEqual([])
  const french = await visit(browser, { url: `http://127.0.0.1:${serving.port}/bailee/`, now: at, language: 'fr-FR' })
  await french.open('/verify')
  await french.page.locator('#file').setInputFiles(join(import.meta.dirname, '../verifier/fixtures/accepted-with-a-passkey.zip'))
  await french.page.locator('#lists h3').first().waitFor()
  expect(await french.page.locator('#lists').textContent()).toMatch(/Instruction INS-1 : acceptée par l’écriture \d+, signée sur exactement la proposition/)
  expect(await french.page.locator('#result [lang="en"]').allTextContents()).toEqual([])
  await french.close()
  const stranger = await visit(browser, { url: `http://127.0.0.1:${serving.port}/bailee/`, now: at })
  await stranger.open('/verify')
  await stranger.page.getByRole('button', { name: 'Verify now' }).click()
  await stranger.page.getByText('Nothing was verified: nobody is signed in here').waitFor()
  await stranger.page.locator('#trust summary').click()
  await stranger.page.locator('#policy').fill('nonsense')
  await stranger.page.getByRole('button', { name: 'Verify now' }).click()
  await stranger.page.getByText('Neither a policy nor a key').waitFor()
  await stranger.close()
}, 300_000)
