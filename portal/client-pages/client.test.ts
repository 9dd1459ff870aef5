import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { issueLink, openAccount, signatoriesOf } from '../../server/people/index.ts'
import { openBrowser, inspect, visit, type Visitor } from '../testing/browser.ts'
import { keyboardOf } from '../testing/keyboard.ts'
import { nightOfTheFindings, openTestPortal, type TestPortal } from '../testing/server.ts'

let portal: TestPortal
let browser: Browser
let client: Visitor
let link: string

beforeAll(async () => {
  [portal, browser] = await Promise.all([openTestPortal('client', { links: true }), openBrowser()])
  const { bailee: { ledger, database }, now, url } = portal
  const [signatory] = await signatoriesOf(database, 'deezer')
  const account = await openAccount(ledger, { who: signatory?.name ?? '', role: 'signatory', controller: { id: 'deezer', slot: 1 } }, now - 60, randomBytes)
  link = (await issueLink({ database, now }, account.id, randomBytes)).token
  client = await visit(browser, { url, now })
}, 300_000)
afterAll(async () => {
  await browser.close()
  await portal.close()
})

const sentence = async (): Promise<string> => (await client.page.locator('.page-sentence').textContent()) ?? ''
const marks = async (): Promise<string[]> => {
  await client.page.locator('#result[aria-busy="false"]').waitFor()
  return client.page.locator('#checks > li > .mark').allTextContents()
}

test('without a mouse a client comes from an invitation to a verified bundle', async () => {
  const { page, open, problems } = client
  const { press, follow } = keyboardOf(page)
  await open(`/sign-in#link=${link}`)
  await follow(page.getByRole('button', { name: 'Sign in with the link' }), /client\/welcome/)
  expect(await sentence()).toMatch(/of Deezer SA\. Here you see what Mobius Solutions Ltd does with your data/)
  const words = await page.locator('.spoken li').allTextContents()
  expect(words).toHaveLength(8)
  await press(page.getByRole('button', { name: 'They are the same: keep this key' }))
  await page.getByText(/Compared on 15 January 2021/).waitFor()
  await follow(page.getByRole('link', { name: 'Go to your page' }), /client$/)
  expect(await page.locator('h1').textContent()).toBe('Deezer SA at Mobius Solutions Ltd')
  await follow(page.getByRole('link', { name: 'Use', exact: true }), /client\/use/)
  expect(await sentence()).toMatch(/read [\d,]+ rows in \d+ sessions?, under \d+ instructions?\. Watched since .* act/)
  await press(page.getByRole('button', { name: 'See what was refused' }))
  await page.getByText('A refused act did not happen').waitFor()
  await follow(page.getByRole('link', { name: 'Evidence', exact: true }), /client\/evidence/)
  expect(await page.locator('.spoken li').allTextContents()).toEqual(words)
  const [file] = await Promise.all([page.waitForEvent('download'), press(page.getByRole('button', { name: 'Download the bundle' }))])
  const bundle = join(inject('testDirectory'), 'evidence-of-deezer.zip')
  await file.saveAs(bundle)
  expect(file.suggestedFilename()).toMatch(/^bailee-deezer-\d+\.zip$/)
  await page.getByText(/, by you/).waitFor()
  expect(problems()).toEqual([])
  await press(page.getByRole('link', { name: 'Verify now' }))
  await page.waitForURL(/\/verify$/)
  await press(page.getByRole('button', { name: 'Verify now' }))
  expect(await marks()).toEqual(['Verified', 'Verified', 'Cannot be checked', 'Verified', 'Cannot be checked', 'Cannot be checked', 'Cannot be checked'])
  expect(await page.locator('.words li').allTextContents()).toEqual(words)
  await page.context().setOffline(true)
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), press(page.locator('#file'))])
  await chooser.setFiles(bundle)
  expect(await marks()).toEqual(['Verified', 'Verified', 'Verified', 'Verified', 'Cannot be checked', 'Verified', 'Verified'])
  expect(await page.locator('#sentence').textContent()).toBe('The record is whole; the certificate in it holds; nobody else has witnessed it.')
  await press(page.locator('.certificate summary'))
  expect(await page.locator('.certificate .mark.shown').count()).toBeGreaterThan(5)
  await press(page.locator('#language'))
  expect(await page.locator('.certificate th').allTextContents()).toEqual(expect.arrayContaining(['délivrance', 'lieux', 'statut']))
  expect(await page.locator('#result [lang="en"]').allTextContents(), 'what a certificate claims is French in French, point by point').toEqual([])
  await press(page.locator('#language'))
  await page.context().setOffline(false)
  expect(problems().filter((one) => !one.includes('ERR_INTERNET_DISCONNECTED'))).toEqual([])
}, 300_000)

test('pages of a client hold in light and dark, on a desk and a phone, now and when findings were open', async () => {
  await inspect(client, '/client', 'client-home')
  await inspect(client, `/client?at=${nightOfTheFindings}`, 'client-home-findings')
  expect(await sentence()).toMatch(/^2 copies of your data are under no instruction: .* people/)
  await inspect(client, '/client/welcome', 'client-welcome')
  await inspect(client, '/client/use', 'client-use')
  for (const show of ['refused', 'transfers', 'activities']) await client.open(`/client/use?show=${show}`)
  await inspect(client, '/client/evidence', 'client-evidence')
}, 300_000)

test('who else gets data: with a contract that goes on, and without one', async () => {
  await inspect(client, `/client/sub-processors?at=${nightOfTheFindings}`, 'client-sub-processors')
  await client.open('/client/sub-processors')
  expect(await sentence()).toBe('No contract with you goes on, so none is listed.')
  expect(await client.page.locator('.navigation [aria-current]').allTextContents()).toEqual(['Sub-processors'])
}, 300_000)
