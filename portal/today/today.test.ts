import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inspect, openBrowser, picturesDirectory, settle, violationsOf, visit, type Visitor } from '../testing/browser.ts'
import { keyboardOf } from '../testing/keyboard.ts'
import { nightOfTheFindings, openTestPortal, type TestPortal } from '../testing/server.ts'

let portal: TestPortal
let browser: Browser
let dpo: Visitor

beforeAll(async () => {
  [portal, browser] = await Promise.all([openTestPortal('today'), openBrowser()])
  dpo = await visit(browser, { url: portal.url, now: portal.now, cookie: await portal.signIn({ role: 'dpo' }) })
}, 300_000)
afterAll(async () => {
  await browser.close()
  await portal.close()
})

test('pages of the office hold in light and dark, on a desk and a phone', async () => {
  await inspect(dpo, '/today', 'today')
  await inspect(dpo, '/controllers', 'controllers')
  await inspect(dpo, '/controllers/deezer', 'controller')
  await inspect(dpo, `/controllers/deezer?at=${nightOfTheFindings}`, 'controller-past')
  await inspect(dpo, '/nowhere', 'missing')
}, 240_000)

test('a page of the past says so, keeps its date from page to page, and lets nothing be done', async () => {
  const { page, open } = dpo
  await page.setViewportSize({ width: 1440, height: 900 })
  await open(`/controllers?at=${nightOfTheFindings}`)
  expect(await page.locator('.at-band').textContent()).toContain('16 Apr 2019')
  await page.getByRole('link', { name: 'Deezer SA' }).click()
  await page.waitForURL(/controllers\/deezer\?at=2019/)
  await settle(page)
  expect(await page.locator('.page-sentence').textContent()).toMatch(/under no instruction/)
  await page.getByRole('button', { name: 'Back to now' }).click()
  await page.waitForURL((url) => !url.search.includes('at='))
  await page.locator('.at-band').waitFor({ state: 'detached' }) // the address is there before the page is
})

test('the map is handed out as rows, as of the date that is looked at', async () => {
  const { page, open, problems } = dpo
  await open(`/copies?controller=deezer&at=${nightOfTheFindings}`)
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export as of this date' }).click()])
  expect(file.suggestedFilename()).toBe('copies-deezer-2019-04-16.csv')
  const text = readFileSync(await file.path(), 'utf8')
  expect([text.split('\r\n')[0], text.match(/,finding,invalid,/g)?.length]).toEqual(['place,store,environment,kind,standing,instruction,people,rows,from,until,because', 2])
  expect(problems()).toEqual([])
})

test('beside what was found stands what was refused shortly before, and that it is no proof', async () => {
  const { page, open, context, problems } = dpo
  await open(`/copies?controller=deezer&at=${nightOfTheFindings}`)
  const found = await (await context.request.get(`${portal.url}api/v1/findings?controller=deezer&at=${nightOfTheFindings}`)).json() as { items: { id: string; store: string }[] }
  const id = found.items.find(({ store }) => store === 'test-db')?.id ?? ''
  await open(`/copies?controller=deezer&at=${nightOfTheFindings}&copy=${id}`)
  const chosen = page.locator('.chosen')
  expect(await chosen.textContent()).toMatch(/Near in timeEli Peretz was refused.*15 Apr 2019.*Near in time is no proof/)
  await inspect(dpo, `/findings/${id}?at=${nightOfTheFindings}`, 'finding-near')
  await page.setViewportSize({ width: 1440, height: 900 })
  await open(`/findings/${id}?at=${nightOfTheFindings}`)
  const panel = page.locator('.panel', { has: page.getByRole('heading', { name: 'Near in time' }) })
  expect(await panel.textContent()).toMatch(/Refused for the same controller from .* until the copy must have been there/)
  await panel.getByRole('link', { name: /Eli Peretz was refused/ }).first().click()
  await page.waitForURL(/decisions\/\d+-\d+\?at=2019/)
  await settle(page)
  expect(await page.locator('.page-sentence').textContent()).toMatch(/^Refused/)
  const french = await visit(browser, { url: portal.url, now: portal.now, language: 'fr-FR', cookie: await portal.signIn({ role: 'dpo' }) })
  await inspect(french, `/findings/${id}?at=${nightOfTheFindings}`, 'finding-near-french')
  expect(await french.page.locator('.page').textContent()).toMatch(/Proche dans le temps.*refus opposé à Eli.*demandé : copier.*finalité.*ne prouve rien/)
  expect([...problems(), ...french.problems()]).toEqual([])
}, 300_000)

test('by keyboard alone: past the navigation, into the palette, to a controller, and back out', async () => {
  const { page, open, problems } = dpo
  await open('/today')
  await page.keyboard.press('Tab')
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Go to the content')
  await page.keyboard.press('Enter')
  expect(await page.evaluate('document.activeElement.id')).toBe('content')
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox').waitFor()
  await page.keyboard.type('chinook')
  await page.getByRole('option', { name: /Chinook/ }).first().waitFor()
  expect(await violationsOf(page)).toEqual([])
  await page.keyboard.press('Enter')
  await page.waitForURL(/controllers\/chinook/)
  await settle(page)
  expect(await page.locator('h1').textContent()).toContain('Chinook')
  expect(problems()).toEqual([])
})

/** Of each mark on a page: its word, and its form with all colour left out. */
const formsOf = async (visitor: Visitor): Promise<(readonly [word: string, form: string])[]> => await visitor.page.evaluate(`[...document.querySelectorAll('.standing')].map((one) => {
  const style = getComputedStyle(one)
  return [one.textContent, [one.className.replace('loud', '').trim(), style.borderTopStyle, style.borderTopWidth, style.borderRadius, style.backgroundImage === 'none' ? 'plain' : 'hatched', style.boxShadow === 'none' ? 'single' : 'framed', one.querySelector('svg path')?.getAttribute('d') ?? 'disc'].join(' ')]
})`)

test('no standing hangs on colour: each has a word and a form of its own, also where colours are forced, and in grey', async () => {
  const { page, open } = dpo
  const forms = new Map<string, string>()
  for (const path of [`/controllers?at=${nightOfTheFindings}`, `/findings?at=${nightOfTheFindings}`, `/copies?controller=deezer&at=${nightOfTheFindings}`, '/instructions', '/today']) {
    await open(path)
    for (const [word, form] of await formsOf(dpo)) {
      expect([path, word.trim() !== '']).toEqual([path, true])
      const [, name = ''] = /standing-(\w+)/.exec(form) ?? []
      forms.set(name, form.replace(/standing-\w+/, ''))
    }
  }
  expect(forms.size).toBeGreaterThan(2)
  expect(new Set(forms.values()).size).toBe(forms.size)
  await open(`/controllers?at=${nightOfTheFindings}`)
  await page.emulateMedia({ forcedColors: 'active' })
  const borders = await page.evaluate("[...document.querySelectorAll('.standing')].map((one) => getComputedStyle(one).borderTopStyle)") as string[]
  expect(borders.length).toBeGreaterThan(0)
  expect(borders).not.toContain('none')
  if (picturesDirectory !== undefined) await page.screenshot({ path: join(picturesDirectory, 'controllers-forced.png') })
  await page.emulateMedia({ forcedColors: 'none' })
  const session = await page.context().newCDPSession(page)
  await session.send('Emulation.setEmulatedVisionDeficiency', { type: 'achromatopsia' })
  if (picturesDirectory !== undefined) await page.screenshot({ path: join(picturesDirectory, 'controllers-grey.png') })
  await session.detach()
})

test('on paper: no navigation, no buttons, what it is and as of when, and every row; nothing moves for who wants no motion; nothing is asked for beside its path', async () => {
  const { page, open } = dpo
  const asked: string[] = []
  const listen = (request: { url(): string }): void => { asked.push(request.url()) }
  page.on('request', listen)
  await open('/controllers')
  const rowsShown = await page.locator('.table tbody tr').count()
  const moving = "[...document.querySelectorAll('*')].filter((one) => { const { transitionDuration, animationName } = getComputedStyle(one); return animationName !== 'none' || transitionDuration.split(',').some((each) => parseFloat(each) > 0.001) }).map((one) => one.tagName + '.' + one.className)"
  expect(await page.evaluate(moving)).toEqual([])
  await page.emulateMedia({ media: 'print' })
  for (const gone of ['.navigation', '.page-actions', '.terminal']) for (const one of await page.locator(gone).all()) expect([gone, await one.isVisible()]).toEqual([gone, false])
  expect(await page.locator('.print-head').innerText()).toMatch(/^Bailee · Controllers · .*\d{4}/)
  expect([rowsShown > 0, await page.locator('.table tbody tr:visible').count()]).toEqual([true, rowsShown])
  expect((await page.pdf({ format: 'A4' })).subarray(0, 5).toString()).toBe('%PDF-')
  if (picturesDirectory !== undefined) await page.screenshot({ path: join(picturesDirectory, 'controllers-print.png'), fullPage: true })
  await page.emulateMedia({ media: 'screen' })
  page.off('request', listen)
  expect(asked.filter((url) => !url.startsWith(portal.url))).toEqual([])
})

/** As wide as the text of an A4 page, in pixels. */
const paperWidth = 718

test('on paper nothing lies over something else, and no table goes over the edge of what it is in', async () => {
  const { page, open } = dpo
  await page.setViewportSize({ width: paperWidth, height: 1000 })
  for (const path of ['/register?controller=deezer', '/erasures/EXIT-deezer-2016', '/people', '/decisions', `/findings?at=${nightOfTheFindings}`, '/breaches', '/assessments', '/contracts/deezer-2016']) {
    await open(path)
    await page.emulateMedia({ media: 'print' })
    const over = await page.evaluate(`[...document.querySelectorAll('.panel')].flatMap((panel) => [...panel.querySelectorAll('.table, .standing, li, p')].filter((one) => one.getBoundingClientRect().width > 0 && one.getBoundingClientRect().right > panel.getBoundingClientRect().right + 1).map((one) => one.className + ': ' + one.textContent.slice(0, 60)))`)
    expect([path, over]).toEqual([path, []])
    // The names that rows begin with stand in words, not in letters below each other.
    const lines = await page.evaluate(`Math.max(0, ...[...document.querySelectorAll('.table tbody th')].filter((one) => !one.querySelector('.names, code')).map((one) => one.getBoundingClientRect().height / (parseFloat(getComputedStyle(one).lineHeight) || 18)))`)
    expect([path, Number(lines) < 7]).toEqual([path, true])
    if (picturesDirectory !== undefined) await page.screenshot({ path: join(picturesDirectory, `paper-${path.replaceAll(/[^a-z]+/gi, '-')}.png`), fullPage: true })
    await page.emulateMedia({ media: 'screen' })
  }
  await page.setViewportSize({ width: 1440, height: 900 })
}, 300_000)

test('in French, as French, and remembered', async () => {
  const french = await visit(browser, { url: portal.url, now: portal.now, language: 'fr-FR', cookie: await portal.signIn({ role: 'dpo' }) })
  await inspect(french, '/today', 'today-french')
  expect(await french.page.evaluate('document.documentElement.lang')).toBe('fr')
  await french.open('/controllers/deezer')
  expect(await french.page.title()).toMatch(/Bailee$/)
  expect(await french.page.locator('.navigation, .phone-bar').first().textContent()).not.toContain('Controllers')
  await french.close()
}, 300_000)

test('nobody who is not signed in sees anything but how to sign in; a link is asked for once', async () => {
  const stranger = await visit(browser, { url: portal.url, now: portal.now })
  for (const path of ['/sign-in', '/controllers/deezer']) {
    await stranger.open(path)
    expect(await stranger.page.locator('h1').textContent()).toBe('Sign in')
    expect(await violationsOf(stranger.page)).toEqual([])
  }
  expect(await stranger.page.content()).not.toContain('Deezer')
  await stranger.open('/sign-in#link=none-that-was-ever-given-out')
  await stranger.page.getByRole('button', { name: 'Sign in with the link' }).click()
  await stranger.page.getByText('Bailee refused: that link was used already').waitFor()
  await stranger.close()
})

test('when nothing answers, what was read stays with its age, and nothing can be done with it', async () => {
  const { page, open } = dpo
  await open('/today')
  await page.route('**/api/v1/today*', (route) => route.abort())
  await page.getByRole('button', { name: 'Read again' }).click()
  await page.getByText(/Old: last read/).waitFor()
  expect(await page.getByText('The server does not answer').count()).toBe(1)
  expect(await violationsOf(page)).toEqual([])
  await page.unroute('**/api/v1/today*')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText(/Old: last read/).waitFor({ state: 'detached' })
  dpo.problems()
})

test('a refusal is two presses of a key from the way that is right: the roads, nearest first, and no blame', async () => {
  const { page, open, problems } = dpo
  await page.setViewportSize({ width: 1440, height: 900 })
  await open(`/decisions?show=refused&controller=deezer&at=${nightOfTheFindings}`)
  await keyboardOf(page).follow(page.locator('tbody th a').first(), /decisions\/\d+-\d+/)
  expect(await page.locator('.page-sentence').textContent()).toMatch(/^Refused: /)
  expect(await page.locator('.road').count()).toBeGreaterThan(1)
  expect(await page.getByText('held against nobody').count()).toBe(1)
  await inspect(dpo, `${new URL(page.url()).pathname.replace('/bailee', '')}?at=${nightOfTheFindings}`, 'decision')
  expect(problems()).toEqual([])
}, 300_000)

test('a controller’s own people see their instructions and no others', async () => {
  const client = await visit(browser, { url: portal.url, now: portal.now, cookie: await portal.signIn({ role: 'signatory', controller: 'deezer' }) })
  await client.open('/client/instructions')
  expect(await client.page.locator('main').textContent()).not.toMatch(/Chinook|CHI-/i)
  await inspect(client, '/client/instructions/INS-1', 'client-instruction')
  expect(await client.page.locator('h1').textContent()).toBe('INS-1')
  await client.close()
}, 300_000)
