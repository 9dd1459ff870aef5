import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser, visit } from './testing/browser.ts'
import { openTestPortal, type TestPortal } from './testing/server.ts'

/** Addresses of all pages but those of signing in, as their groups list them: the list itself is for browsers. */
const paths = readdirSync(import.meta.dirname).filter((folder) => folder !== 'sign-in').map((folder) => join(import.meta.dirname, folder, 'pages.ts')).filter((file) => existsSync(file))
  .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/path: '(\/[^']*)'/g)].map(([, path = '']) => path))

let portal: TestPortal
let browsers: Browser[]
beforeAll(async () => {
  portal = await openTestPortal('two-clients')
  browsers = [await openBrowser(), await openBrowser()]
}, 300_000)
afterAll(async () => {
  for (const browser of browsers) await browser.close()
  await portal.close()
})

type Item = Readonly<Record<string, unknown>> & { readonly id: string }
interface Listing { readonly items: readonly Item[]; readonly total: number }

async function answered(path: string, cookie: string): Promise<Listing> {
  const answer = await fetch(`${portal.url}api/v1${path}`, { headers: { cookie: `bailee_session=${cookie}` } })
  return await answer.json() as Listing
}

/** Listings that are cut by controller for whoever sees all. */
const listings = ['instructions', 'findings', 'decisions', 'copies', 'transfers', 'activities', 'erasures', 'notices'] as const

/** What one controller has, as the owner finds it: the first of each, for addresses, and everything that tells of it. */
async function belongings(controller: string, owner: string): Promise<{ readonly first: Readonly<Record<string, string>>; readonly ids: readonly string[] }> {
  const all = await Promise.all(listings.map(async (noun) => [noun, (await answered(`/${noun}?controller=${controller}&limit=200`, owner)).items.map(({ id }) => id)] as const))
  const contracts = (await answered(`/controllers/${controller}`, owner)) as unknown as { contractList: Item[]; datasetList: Item[] }
  const contract = contracts.contractList.map(({ id }) => id)
  return {
    first: { ...Object.fromEntries(all.map(([noun, ids]) => [noun, ids[0] ?? 'none'])), controllers: controller, contracts: contract[0] ?? 'none' },
    ids: [...new Set([controller, ...contract, ...contracts.datasetList.map(({ id }) => id), ...all.flatMap(([, ids]) => ids)])],
  }
}

test('two clients in two browsers: no page that one reaches, by its own addresses or by the other\'s, holds a name, an identifier or a count of the other', async () => {
  const owner = await portal.signIn({ role: 'owner' })
  const [deezer, chinook] = [await belongings('deezer', owner), await belongings('chinook', owner)]
  for (const [number, [own, mine, theirs]] of ([['deezer', deezer, chinook], ['chinook', chinook, deezer]] as const).entries()) {
    const cookie = await portal.signIn({ role: 'signatory', controller: own })
    for (const noun of listings) expect([own, noun, (await answered(`/${noun}`, cookie)).total]).toEqual([own, noun, (await answered(`/${noun}?controller=${own}`, owner)).total])
    const visitor = await visit(browsers[number]!, { url: portal.url, cookie, now: portal.now })
    const told: { readonly of: string; readonly text: string }[] = []
    const seen: typeof told = []
    visitor.page.on('response', (response) => {
      if (!/\/api\/v1\//.test(response.url()) || /\/events$/.test(response.url())) return
      response.text().then((text) => told.push({ of: response.url().slice(portal.url.length), text: text.replaceAll(/"instance":"[^"]*"/g, '') }), () => undefined)
    })
    // Pages without an address of somebody's are the same for both: the second client opens them where there is time.
    for (const path of paths.filter((one) => number === 0 || one.includes('$') || process.env['BAILEE_FULL'] === '1')) {
      for (const whose of path.includes('$') ? [mine, theirs] : [mine]) {
        await visitor.open(path.replaceAll(/\$\w+/g, encodeURIComponent(whose.first[path.split('/').find((part) => part in whose.first) ?? ''] ?? 'none')))
        if (whose === mine) seen.push({ of: path, text: await visitor.page.innerText('body') })
      }
    }
    const foreign = theirs.ids.filter((id) => !mine.ids.includes(id))
    expect([own, paths.length > 20, told.length > 20, foreign.length > 3]).toEqual([own, true, true, true])
    const named = new RegExp(own === 'deezer' ? 'chinook' : 'deezer', 'i')
    for (const { of, text } of told) expect([own, of, foreign.filter((id) => text.includes(`"${id}"`)), named.exec(text)?.[0]]).toEqual([own, of, [], undefined])
    for (const { of, text } of seen) expect([own, of, named.exec(text)?.[0]]).toEqual([own, of, undefined])
    await visitor.close()
  }
}, 600_000)
