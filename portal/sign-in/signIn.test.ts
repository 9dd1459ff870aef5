import { randomBytes } from 'node:crypto'
import { createWriteStream, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ZipFile } from 'yazl'
import { listenApi } from '../../server/api/index.ts'
import { openSignIn } from '../../server/api/signIn.ts'
import { startApi } from '../../server/api/testing.ts'
import { begun, keep, type Kept } from '../../server/composition/testing.ts'
import { allInstructions, proposeInstruction, type Instruction } from '../../server/instruction/index.ts'
import { freePort } from '../../server/kit/testing.ts'
import { exportBundle } from '../../server/ledger/index.ts'
import { issueLink, openAccount, openOwner } from '../../server/people/index.ts'
import { openTestProvider, type TestProvider } from '../../server/people/oidc/testing.ts'
import { openDirectory, verifyBundle } from '../../verifier/index.ts'
import { buildPortal } from '../build.ts'
import { giveDevice, inspect, openBrowser, picturesDirectory, settle, violationsOf, visit, type Visitor } from '../testing/browser.ts'

// A real Chromium with a device of its own (the debugging protocol's virtual authenticator), a real server below a path, real sessions.
let kept: Kept
let browser: Browser
let url: string
let provider: TestProvider
let close: () => Promise<void>
const clock = (): number => Math.floor(Date.now() / 1000)

beforeAll(async () => {
  const [portal, chromium] = await Promise.all([buildPortal(), openBrowser()])
  browser = chromium
  kept = await keep()
  const port = await freePort()
  const origin = `http://localhost:${port}`
  provider = await openTestProvider(`${origin}/bailee/api/v1/sign-in/oidc/callback`, [{ sub: 'dana', email: 'dana@processor.example', email_verified: true }])
  const api = await startApi(kept.bailee, begun, { clock, origin, portal, base: '/bailee', oidc: { name: 'Example Login', ...provider }, signIn: openSignIn(kept.own.database, clock, randomBytes, origin) })
  const serving = await listenApi(api.app, { host: '127.0.0.1', port })
  url = `${origin}/bailee/`
  close = async () => { provider.close(); await serving.close(); await kept.close() }
}, 300_000)
afterAll(async () => {
  await browser.close()
  await close()
})

/** What a real browser signed, for the verifier's own tests. */
async function keepFixture(directory: string): Promise<void> {
  const zip = new ZipFile()
  for (const found of readdirSync(directory, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())) {
    const path = join(found.parentPath, found.name)
    zip.addFile(path, relative(directory, path))
  }
  zip.end()
  await pipeline(zip.outputStream, createWriteStream(join(import.meta.dirname, '../../verifier/fixtures/accepted-with-a-passkey.zip')))
}

async function keepPicture(page: Page, name: string): Promise<void> {
  if (picturesDirectory !== undefined) await page.screenshot({ path: join(picturesDirectory, `${name}.png`) })
}

async function follow(visitor: Visitor, account: string): Promise<void> {
  const { token } = await issueLink({ database: kept.own.database, now: clock() }, account, randomBytes)
  await visitor.open(`/sign-in#link=${token}`)
  await visitor.page.getByRole('button', { name: 'Sign in with the link' }).click()
  await visitor.page.waitForURL(/welcome/)
  await settle(visitor.page)
}

test('a signatory comes with a link, makes a passkey, signs in with it, and accepts with a signature that the verifier checks offline', async () => {
  const { id } = await openAccount(kept.ledger, { who: 'C. Martin', role: 'signatory', controller: { id: 'acme', slot: kept.slot } }, clock(), randomBytes)
  const visitor = await visit(browser, { url })
  const { page, open, problems } = visitor
  const device = await giveDevice(page)
  await follow(visitor, id)
  await page.getByLabel('Name of the passkey').fill('Office laptop')
  await page.getByRole('button', { name: 'Create a passkey' }).click()
  await page.getByText('The passkey is kept by this device').waitFor()

  await page.locator('.navigation').getByRole('button', { name: /C. Martin/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.waitForURL(/sign-in/)
  await settle(page)
  expect(problems().filter((one) => !one.includes('401'))).toEqual([])
  await page.getByRole('button', { name: 'Continue with a passkey' }).click()
  await page.locator('.navigation').waitFor()

  // Told nothing of what changes, as when a connection was lost.
  await page.route('**/api/v1/events', (route) => route.abort())
  const [{ scope }] = (await allInstructions(kept.own.database)) as [Instruction]
  const propose = (text: string): Promise<unknown> => proposeInstruction(kept.ledger, { scope: { ...scope, id: 'INS-2', text } }, clock())
  await propose('As it was read.')
  await open('/client/instructions/INS-2')
  await propose('As it was changed meanwhile.')
  await page.getByRole('button', { name: 'Accept INS-2' }).click()
  await page.getByText('This is not what the page showed you').waitFor()

  await open('/client/instructions/INS-1')
  await device.verifies(false)
  await page.getByRole('button', { name: 'Accept INS-1' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('I accept INS-1 under contract acme-1: Processor Ltd may read').waitFor()
  expect(await dialog.textContent()).toContain('instruction.accepted')
  await dialog.getByRole('button', { name: 'Accept INS-1' }).click()
  await dialog.getByText('Your device signed nothing').waitFor()
  await device.verifies(true)
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Accept INS-1' }).click()
  await dialog.getByRole('button', { name: 'Accept INS-1' }).click()
  await page.getByText('with a passkey of the signatory’s account').waitFor()
  problems()
  // What else is said is read as the bytes say it, then signed in the same way.
  await proposeInstruction(kept.ledger, { scope: { ...scope, id: 'INS-3' } }, clock())
  await open('/client/instructions/INS-3')
  await page.getByRole('button', { name: 'Refuse INS-3' }).click()
  await dialog.getByLabel('Why').fill('Not for this.')
  await dialog.getByRole('button', { name: 'Read what you sign' }).click()
  await dialog.getByText('I take INS-3 back: Not for this.').waitFor()
  expect(await dialog.textContent()).toContain(`processor.example/${kept.slot}`)
  await dialog.getByRole('button', { name: 'Sign with your passkey' }).click()
  await page.getByText('It never allowed anything').waitFor()
  problems()
  // From here on without the device: another user of the debugging protocol takes it away.
  await inspect(visitor, '/client/instructions/INS-1', 'accepted')
  await inspect(visitor, '/welcome', 'welcome')
  await open('/client/instructions/INS-2')
  await page.getByRole('button', { name: 'Accept INS-2' }).click()
  await dialog.getByText('As it was changed meanwhile').or(dialog.getByText('I accept INS-2')).first().waitFor()
  await keepPicture(page, 'accept')
  expect(await violationsOf(page)).toEqual([])

  const directory = join(kept.directory, 'bundle')
  await exportBundle(kept.ledger, { slot: kept.slot, directory, at: clock(), receiptsFor: [], certificates: new Map() })
  const verdict = verifyBundle(openDirectory(directory))
  if (process.env['UPDATE_GOLDEN'] === '1') await keepFixture(directory)
  expect(verdict.outcome === 'verified' ? verdict.facts.acceptances : verdict.because).toMatchObject([{ instruction: 'INS-1', with: 'passkey', standing: 'signed' }])
  await visitor.close()
}, 240_000)

test('an owner opens an account and invites; whoever was invited signs in at the provider of another site; their sessions are theirs to end', async () => {
  const owner = await visit(browser, { url })
  const { page, open, problems } = owner
  await follow(owner, (await openOwner(kept.ledger, clock(), randomBytes)).id)
  await inspect(owner, '/settings', 'settings')
  await page.setViewportSize({ width: 1440, height: 900 })
  await page.getByRole('button', { name: 'Open an account' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Person').selectOption('dana')
  await dialog.getByRole('button', { name: 'Open an account' }).click()
  await page.getByRole('button', { name: 'Invite Dana' }).click()
  await page.getByText('shown here and never again').waitFor()
  expect(await page.getByText(/sign-in#link=/).textContent()).toContain('/bailee/sign-in#link=')
  await keepPicture(page, 'invited')
  expect(problems()).toEqual([])

  const dana = await visit(browser, { url })
  await inspect(dana, '/sign-in', 'sign-in')
  provider.next = null
  await dana.page.getByRole('link', { name: 'Continue with Example Login' }).click()
  await dana.page.getByText('The provider signed nobody in.').waitFor()
  provider.next = provider.people[0] ?? null
  await dana.page.getByRole('link', { name: 'Continue with Example Login' }).click()
  await dana.page.locator('.phone-bar').waitFor()
  await dana.open('/settings')
  expect(await dana.page.locator('table', { hasText: 'the sign-in provider' }).count()).toBe(1)
  await dana.close()

  await open('/settings')
  const row = page.locator('tr', { hasText: 'Dana' })
  await row.getByText('the provider', { exact: true }).waitFor()
  await row.getByRole('button', { name: 'Unlink Dana from the provider' }).click()
  await dialog.getByRole('button', { name: 'Unlink Dana from the provider' }).click()
  await row.getByText('nothing yet').waitFor()
  await row.getByRole('button', { name: 'Change the role of Dana' }).click()
  await dialog.getByRole('button', { name: 'Change the role of Dana' }).click()
  await dialog.getByText('That is what it is already.').waitFor()
  await dialog.getByLabel('Role').selectOption('engineer')
  await dialog.getByRole('button', { name: 'Change the role of Dana' }).click()
  await row.getByText('engineer').waitFor()
  await row.getByRole('button', { name: 'Close Dana' }).click()
  await dialog.getByRole('button', { name: 'Close Dana' }).click()
  await row.getByText(/^closed/).waitFor()
  await owner.close()
}, 240_000)
