import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEmptyDatabase, directoryForTests, type TestDatabase } from '../../server/database/testing.ts'
import { freePort } from '../../server/kit/testing.ts'
import { rows, sql } from '../../server/database/index.ts'
import { giveDevice, inspect, openBrowser, settle, violationsOf, visit, type Visitor } from '../testing/browser.ts'
import { keyboardOf } from '../testing/keyboard.ts'

// The whole road: `bailee serve` on an empty directory, a browser for who begins, another for who signs.
const root = join(import.meta.dirname, '../..')
const directory = directoryForTests('start')
let clients: TestDatabase
let browser: Browser
let served: ChildProcess
let said = ''
let link = ''

beforeAll(async () => {
  [clients, browser] = await Promise.all([createEmptyDatabase(), openBrowser()])
  await rows(clients.database, sql`create table member (id bigint primary key, email text, plan text, born date)`)
  await rows(clients.database, sql`insert into member values (1, 'somebody@acme.example', 'free', '1990-01-01')`)
  const [http, gateway] = [await freePort(), await freePort()]
  served = spawn(join(root, 'bailee'), ['serve', '--http', `127.0.0.1:${http}`, '--listen', `127.0.0.1:${gateway}`, '--dir', directory], { cwd: directory })
  for (const stream of [served.stdout, served.stderr]) stream?.on('data', (piece: Buffer) => { said += piece.toString() })
  while (!/Begin at \S+/.test(said)) await once(served.stdout ?? served, 'data')
  link = /Begin at (\S+)/.exec(said)?.[1] ?? ''
}, 300_000)
afterAll(async () => {
  served.kill('SIGTERM')
  await once(served, 'exit')
  await Promise.all([browser.close(), clients.close()])
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
}, 300_000)

/** What a server says while another follows it at its address is no fault of a page. */
const faults = ({ problems }: Visitor): string[] => problems().filter((one) => !/ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE/.test(one))
const stepDone = (page: Page, name: string): Promise<void> => page.locator('.start-done h2', { hasText: name }).waitFor()

test('without a mouse a DPO goes from nothing to an accepted instruction; the signatory accepts in a browser of their own, without one either', async () => {
  const url = `${new URL(link).origin}/`
  const owner = await visit(browser, { url })
  const { page } = owner
  const { press, follow, type, check, choose } = keyboardOf(page)
  await page.setViewportSize({ width: 1440, height: 900 })
  page.setDefaultTimeout(30_000)
  await owner.open(link.replace(url, ''))
  expect(await violationsOf(page)).toEqual([])
  await type({ 'Name of your firm': 'Processor Ltd', 'A domain of yours': 'processor.example', Country: 'IE' })
  await follow(page.getByRole('button', { name: 'Begin the record' }), /\/start$/)
  expect(await page.locator('.page-sentence').textContent()).toBe('0 of 10 steps are done. Next: A passkey.')
  await giveDevice(page)
  await press(page.getByRole('button', { name: /passkey/i }))
  await stepDone(page, 'A passkey')
  await type({ 'Your name': 'Dana Berg', 'E-mail address': 'dana@processor.example' })
  await check(page.getByLabel('I am the data protection officer'))
  await press(page.getByRole('button', { name: 'This is me' }))
  await stepDone(page, 'Who are you?')
  // an address that nobody listens at is said to be one, and leaving loses nothing
  await type({ 'Address of the database': 'postgresql://reader:hunter2@127.0.0.1:1/none' })
  await press(page.getByRole('button', { name: 'Look at its shape' }))
  await page.getByText('nothing listens there').waitFor()
  owner.problems()
  await page.reload()
  await settle(page)
  await stepDone(page, 'Who are you?')
  await inspect(owner, '/start', 'start')
  await page.setViewportSize({ width: 1440, height: 900 })
  await type({ 'Address of the database': clients.url })
  await press(page.getByRole('button', { name: 'Look at its shape' }))
  await page.getByText(/It answers: 1 table[^s]/).waitFor()
  await type({ 'Name of the store': 'crm' })
  await press(page.getByRole('button', { name: 'Connect it' }))
  await stepDone(page, 'Connect a store')
  await type({ 'Name of the client': 'Acme SA', Country: 'FR', 'Who signs for it': 'C. Martin', 'Their e-mail address': 'c.martin@acme.example' })
  await press(page.getByRole('button', { name: 'Add the client' }))
  await stepDone(page, 'Whose data is it?')
  await check(page.getByLabel('public.member'))
  await choose(page.getByLabel('Counts one person by'), 'id')
  await check(page.getByLabel('Identifies a person: email'))
  await press(page.getByRole('button', { name: 'These are its tables' }))
  await stepDone(page, 'Its tables')
  await choose(page.getByLabel('Then'), 'delete')
  await press(page.getByRole('button', { name: 'Add the contract' }))
  await stepDone(page, 'The contract')
  await press(page.getByRole('link', { name: 'Write it' }))
  await page.waitForURL(/\/instructions\/new/)
  await settle(page)
  await type({ 'What the controller said': 'Count our members by plan.' })
  for (const name of ['ServiceProvision', 'plan']) await check(page.getByLabel(name).first())
  await check(page.getByRole('checkbox', { name: /^read/ }))
  await check(page.getByRole('checkbox', { name: /^production/ }))
  await press(page.getByRole('button', { name: 'Propose INS-1' }))
  await press(page.getByRole('dialog').getByRole('button', { name: 'Propose INS-1' }))
  await page.waitForURL(/\/instructions\/INS-1$/)
  await owner.open('/start')
  await press(page.getByRole('button', { name: 'Make the link' }))
  const invitation = (await page.locator('.invitation').textContent()) ?? ''
  expect(invitation).toMatch(/\/sign-in#link=/)
  await page.getByText('Now it waits for Acme SA').waitFor()

  const signer = await visit(browser, { url })
  const keys = keyboardOf(signer.page)
  signer.page.setDefaultTimeout(30_000)
  await giveDevice(signer.page)
  await signer.open(invitation.replace(url, ''))
  await keys.press(signer.page.getByRole('button', { name: 'Sign in with the link' }))
  await signer.page.waitForURL(/\/welcome$/)
  await keys.press(signer.page.getByRole('button', { name: /passkey/i }))
  await signer.page.getByText('The passkey is kept by this device').waitFor()
  await keys.press(signer.page.getByRole('link', { name: 'Go to your page' }).first())
  await signer.page.waitForURL(/\/client$/)
  await signer.open('/client/instructions')
  await keys.press(signer.page.getByRole('link', { name: 'Read INS-1 and decide' }))
  await keys.press(signer.page.getByRole('button', { name: 'Accept INS-1' }))
  await keys.press(signer.page.getByRole('dialog').getByRole('button', { name: 'Accept INS-1' }))
  await signer.page.getByText('In force').first().waitFor()
  expect(faults(signer).filter((one) => !/401/.test(one))).toEqual([])
  // the office is told, where it is
  await stepDone(page, 'Acceptance')
  await page.getByText('Next: Who may act.').waitFor()
  // what was given once comes out of no answer
  const answers = await Promise.all(['stores', 'start', 'start/stores/crm', 'ledger/entries?limit=200'].map(async (path) => (await page.request.get(`${url}api/v1/${path}`)).text()))
  const files = readdirSync(join(directory, 'addresses'))
  expect(files).toEqual([expect.stringMatching(/^crm-[0-9a-f]{8}\.url$/)])
  const kept = join(directory, 'addresses', files[0] ?? '')
  expect([answers.join('\n').includes(clients.url), readFileSync(kept, 'utf8').trim(), statSync(kept).mode & 0o777]).toEqual([false, clients.url, 0o600])
  expect(said).not.toContain('hunter2')
}, 300_000)
