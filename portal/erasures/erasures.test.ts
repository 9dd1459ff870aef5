import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { countBreach, draftNotice, openBreach } from '../../server/breach/index.ts'
import { traceContext } from '../../server/composition/index.ts'
import { allErasures, stepsOf, subProcessorsShown } from '../../server/erasure/index.ts'
import { inspect, openBrowser, visit, type Visitor } from '../testing/browser.ts'
import { openTestPortal, type TestPortal } from '../testing/server.ts'

const exit = '/erasures/EXIT-deezer-2016'
const certificate = '/certificates/CRT-deezer-2016-1'
/** Erased and searched again, not confirmed yet. */
const searchedAgain = `${exit}?at=2020-12-02T12:00:00Z`
let portal: TestPortal
let browser: Browser
let dpo: Visitor
let signatory: Visitor
let breach: string

beforeAll(async () => {
  [portal, browser] = await Promise.all([openTestPortal('erasures'), openBrowser()])
  const context = traceContext(portal.bailee)
  const at = portal.now - 7_200
  const opened = await openBreach(context, { controller: 'deezer', nature: 'A file with listeners was offered for sale', by: 'dana' }, at)
  breach = opened.breaches[0]?.id ?? ''
  await countBreach(context, breach, at)
  await draftNotice(context, breach, at)
  dpo = await visit(browser, { url: portal.url, now: portal.now, cookie: await portal.signIn({ role: 'dpo', person: 'dana' }) })
  signatory = await visit(browser, { url: portal.url, now: portal.now, cookie: await portal.signIn({ role: 'signatory', controller: 'deezer' }) })
}, 300_000)
afterAll(async () => {
  await browser?.close()
  await portal?.close()
})

const sentence = (visitor: Visitor): Promise<string> => visitor.page.locator('.page-sentence').innerText()

test('exit cases, one of them now and before it was confirmed, and its certificate', async () => {
  for (const [path, name] of [['/erasures', 'erasures'], [exit, 'exit'], [searchedAgain, 'exit-past'], [certificate, 'certificate']] as const) await inspect(dpo, path, name)
}, 240_000)

test('what the page of the exit counts is what the ledger holds: places, people, days, and its parts add up', async () => {
  const [erasure] = await allErasures(portal.bailee.database)
  const steps = await stepsOf(portal.bailee.database, erasure?.id ?? '')
  const answered = erasure === undefined ? 0 : (await subProcessorsShown(portal.bailee.ledger, erasure, portal.now)).length
  const stands = steps.length + answered
  await dpo.open(exit)
  const { page } = dpo
  expect(await sentence(dpo)).toContain(`nothing left in ${steps.length} places`)
  const parts = await page.locator('.coverage-key li strong').allInnerTexts()
  expect(parts.reduce((sum, text) => sum + Number(text), 0)).toBe(stands)
  expect(await page.locator('.coverage-key').innerText()).toContain(`of ${stands} places`)
  expect(await page.locator('.table tbody tr').filter({ hasText: 'Verified' }).count()).toBe(steps.length)
  const found = await page.locator('.exit-columns > div:first-child .table tbody td:nth-child(3)').allInnerTexts()
  expect(found.filter((text) => /\d/.test(text)).map((text) => Number(text.replaceAll(',', ''))).sort()).toEqual((erasure?.plan?.items ?? []).map(({ records }) => records).sort())
  expect(await page.locator('main').innerText()).toContain('2 days of 30 days allowed')
}, 300_000)

test('while the past is looked at nothing can be done; time is left from then', async () => {
  await dpo.open(searchedAgain)
  const { page } = dpo
  expect(await page.getByRole('button', { name: 'Confirm what was searched' }).isDisabled()).toBe(true)
  expect(await page.locator('main').innerText()).toMatch(/28 days/)
  expect(await page.locator('.step[aria-current=step]').innerText()).toContain('Confirmed by a second person')
}, 300_000)

test('the signed document and its pages are downloaded; a file is named after what it is', async () => {
  await dpo.open(certificate)
  const names: string[] = []
  for (const name of ['JSON', 'PDF']) {
    const [download] = await Promise.all([dpo.page.waitForEvent('download'), dpo.page.getByRole('button', { name, exact: true }).click()])
    names.push(download.suggestedFilename())
  }
  expect(names).toEqual(['CRT-deezer-2016-1.dsse.json', 'CRT-deezer-2016-1.pdf'])
  expect(dpo.problems()).toEqual([])
}, 300_000)

test('a breach: clocks, people as ranges, a draft in both languages; a person sends it, and its controller acknowledges it', async () => {
  for (const [path, name] of [['/breaches', 'breaches'], [`/breaches/${breach}`, 'breach']] as const) await inspect(dpo, path, name)
  const { page } = dpo
  await page.setViewportSize({ width: 1440, height: 900 })
  await dpo.open(`/breaches/${breach}`)
  expect(await sentence(dpo)).toContain('was not told')
  await page.getByRole('button', { name: 'Send notice, phase 1' }).click()
  const dialog = page.getByRole('dialog')
  expect(await dialog.innerText()).toContain('breach.notice_sent')
  await dialog.getByRole('button', { name: 'Send notice, phase 1' }).click()
  expect(await dialog.getByRole('alert').innerText()).toContain('Both fields are needed')
  await dialog.getByLabel('To whom').fill('legal@deezer.example')
  await dialog.getByLabel('How you know').fill('signed for at their desk')
  await dialog.getByRole('button', { name: 'Send notice, phase 1' }).click()
  await page.getByText(/was told on/).waitFor()
  await inspect(signatory, '/client/notices', 'client-notices')
  await signatory.page.getByRole('button', { name: /^Acknowledge/ }).first().click()
  await signatory.page.getByRole('dialog').getByRole('button', { name: /^Acknowledge/ }).click()
  await signatory.page.getByText(/Acknowledged by/).first().waitFor()
  expect(signatory.problems()).toEqual([])
  expect((await portal.bailee.ledger.read(1, { types: ['controller.notice_acknowledged'] })).length).toBe(1)
}, 240_000)

test('the client sees its end and its certificates, in French too, and of breaches no workspace', async () => {
  await inspect(signatory, '/client/erasure', 'client-erasure')
  const french = await visit(browser, { url: portal.url, now: portal.now, language: 'fr-FR', cookie: await portal.signIn({ role: 'signatory', controller: 'deezer' }) })
  await french.open(exit)
  expect(await sentence(french)).toContain('rien ne reste dans 6 lieux')
  await french.open(`/breaches/${breach}`)
  expect(await french.page.locator('main').innerText()).not.toContain('offered for sale')
  await french.close()
  const other = await visit(browser, { url: portal.url, now: portal.now, cookie: await portal.signIn({ role: 'signatory', controller: 'chinook' }) })
  await other.open(certificate)
  expect(await other.page.locator('main').innerText()).not.toContain('Deezer')
  await other.open('/client/notices')
  expect(await other.page.locator('main').innerText()).not.toContain('listeners')
  await other.close()
}, 240_000)
