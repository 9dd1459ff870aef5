import { randomBytes, generateKeyPairSync, sign } from 'node:crypto'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listenApi, openSignIn, type ServingApi } from '../../server/api/index.ts'
import { startApi } from '../../server/api/testing.ts'
import { begun, keep, type Kept } from '../../server/composition/testing.ts'
import { announceSubProcessor } from '../../server/contract/index.ts'
import { applyEstate, readEstate } from '../../server/estate/index.ts'
import { changed, smallEstate } from '../../server/estate/testing.ts'
import { acceptInstruction, allInstructions, approveGrant, askApproval, proposeInstruction, type Instruction } from '../../server/instruction/index.ts'
import { freePort } from '../../server/kit/testing.ts'
import { rawPublicKey } from '../../server/ledger/index.ts'
import { commit, issueLink, openAccount, redeemLink, train, type AccountRole, type SignatoryKey } from '../../server/people/index.ts'
import { buildPortal } from '../build.ts'
import { giveDevice, inspect, openBrowser, settle, visit, type Visitor } from '../testing/browser.ts'
import { keyboardOf } from '../testing/keyboard.ts'

const now = begun + 400 * 86_400
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const signatoryKey: SignatoryKey = { publicKey: Buffer.from(rawPublicKey(publicKey)).toString('base64'), custody: 'signatory', sign: (message) => sign(null, message, privateKey) }
let kept: Kept
let serving: ServingApi
let browser: Browser
let url: string
let dpo: Visitor
let client: Visitor
let warned = ''

/** Somebody with an account, signed in as people are: by a link. */
async function signIn(who: string, role: AccountRole, controller?: { id: string; slot: number }): Promise<Visitor> {
  const database = kept.own.database
  const account = await openAccount(kept.ledger, { who, role, controller }, now, randomBytes)
  const session = await redeemLink({ database, now }, (await issueLink({ database, now }, account.id, randomBytes)).token, randomBytes)
  return visit(browser, { url, now, ...(session === undefined ? {} : { cookie: session.token }) })
}

beforeAll(async () => {
  const [portal, made, opened] = await Promise.all([buildPortal(), keep(), openBrowser()])
  kept = made
  browser = opened
  await acceptInstruction(kept.ledger, { instruction: 'INS-1', signatory: 'C. Martin', key: signatoryKey }, begun)
  await approveGrant(kept.ledger, { grant: 'noa-INS-1-2020-12-01', by: 'dana' }, begun)
  await train(kept.ledger, { person: 'noa', training: 'client-data' }, now - 86_400)
  const port = await freePort()
  const origin = `http://localhost:${port}` // an address that passkeys work at
  const api = await startApi(kept.bailee, now, { portal, base: '/bailee', origin, signIn: openSignIn(kept.own.database, () => now, randomBytes, origin) })
  serving = await listenApi(api.app, { host: '127.0.0.1', port })
  url = `${origin}/bailee/`
  dpo = await signIn('dana', 'dpo')
  client = await signIn('C. Martin', 'signatory', { id: 'acme', slot: kept.slot })
}, 300_000)
afterAll(async () => {
  await browser.close()
  await serving.close()
  await kept.close()
})

const sentence = async (page: Page): Promise<string> => (await page.locator('.page-sentence').textContent()) ?? ''
const side = (page: Page) => page.locator('.try-only')

test('what is written says what it would allow, as it is written; leaving loses nothing; it is proposed', async () => {
  const { page, open, problems } = dpo
  await open('/instructions/new')
  expect(await sentence(page)).toBe('Everything starts closed: this allows nothing yet.')
  await page.getByLabel('Contract').selectOption('acme-1')
  await page.getByLabel('What the controller said').fill('Tell our listeners of new plans.')
  await page.getByLabel('DirectMarketing').check()
  await page.getByLabel('read', { exact: false }).first().check()
  await page.getByLabel('country').check()
  await page.getByText('1 of 2 columns').waitFor()
  await page.getByRole('checkbox', { name: 'production production' }).check()
  await side(page).getByText('It allows to read').waitFor()
  await page.getByText('Kept. You can leave').waitFor()
  expect(new URL(page.url()).searchParams.get('draft')).toMatch(/^[0-9a-f-]{36}$/)
  await page.reload()
  await settle(page)
  expect([await page.getByLabel('What the controller said').inputValue(), await page.getByLabel('country').isChecked(), await sentence(page)]).toEqual(['Tell our listeners of new plans.', true, expect.stringContaining('It allows to read')])
  // one act, tried as somebody who holds no grant under it
  const tryAct = side(page).locator('.fields-row')
  for (const [label, value] of [['Who', 'noa'], ['For', 'DirectMarketing'], ['Does', 'read'], ['On', 'listeners\nuser_id'], ['In', 'production']] as const) await tryAct.getByLabel(label, { exact: true }).selectOption(value)
  await side(page).getByText('Would be refused').waitFor()
  expect(await side(page).textContent()).toMatch(/some of the data are not listed/)
  await inspect(dpo, new URL(page.url()).pathname.replace('/bailee', '') + new URL(page.url()).search, 'editor')
  const before = await kept.ledger.size(kept.slot)
  await page.setViewportSize({ width: 1440, height: 900 })
  await page.getByRole('button', { name: /^Propose ACME-/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: /^Propose ACME-/ }).click()
  await page.waitForURL(/\/instructions\/ACME-1$/)
  await page.getByText(/^Proposed, and waits for Acme SA/).first().waitFor()
  await settle(page)
  expect(await sentence(page)).toMatch(/^Proposed, and waits for Acme SA/)
  expect(await kept.ledger.size(kept.slot)).toBe(before + 1)
  await open('/instructions/new')
  expect(await page.getByText('You are writing').count()).toBe(0)
  expect(problems()).toEqual([])
}, 300_000)

test('a new version begins with the one in force, and says what changes; who decides reads that first', async () => {
  const { page, open } = dpo
  await open('/instructions/INS-1')
  await page.getByRole('link', { name: 'Write a new version' }).click()
  await page.waitForURL(/supersedes=INS-1/)
  await settle(page)
  await page.getByText('What changes against INS-1').waitFor()
  await page.getByLabel('country').uncheck()
  await page.getByLabel('Until, not included').fill('2018-12-01')
  await page.locator('.differences').getByText('no longer country of listeners').waitFor()
  await side(page).getByText('Noa could act at once.').waitFor()
  await page.getByRole('button', { name: /^Propose ACME-2/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: /^Propose ACME-2/ }).click()
  await page.waitForURL(/\/instructions\/ACME-2$/)
  await client.open('/client/instructions/ACME-2')
  await client.page.locator('.differences').getByText('last day: 1 December 2018 instead of nothing').waitFor()
  await inspect(client, '/client/instructions/ACME-2', 'client-proposal')
}, 300_000)

test('on a phone a proposal is refused with a reason, which the office reads; what is allowed is taken back', async () => {
  const { page, open, problems } = client
  await page.setViewportSize({ width: 390, height: 844 })
  await open('/client/instructions/ACME-2')
  await page.getByRole('button', { name: 'Refuse ACME-2' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Refuse ACME-2' }).click()
  await page.getByText('Say why, in a sentence.').waitFor()
  await page.getByRole('dialog').getByLabel('Why').fill('We need the country.')
  await page.getByRole('dialog').getByRole('button', { name: 'Refuse ACME-2' }).click()
  await page.getByText('It never allowed anything').waitFor()
  await dpo.open('/instructions/ACME-2')
  expect(await sentence(dpo.page)).toContain('“We need the country.”')
  await open('/client/instructions/INS-1')
  await page.getByRole('button', { name: 'Withdraw INS-1' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Withdraw INS-1' }).click()
  await page.getByText('it allows nothing any more').first().waitFor()
  expect(problems()).toEqual([])
}, 300_000)

test('a controller proposes, too; the office warns and suspends, and both read it', async () => {
  const { page, open } = client
  await page.setViewportSize({ width: 1440, height: 900 })
  await open('/client/instructions/new')
  expect(await page.locator('main').textContent()).not.toMatch(/Other SA|other-1/)
  await page.getByLabel('What the controller said').fill('Count by country.')
  for (const name of ['ServiceProvision', 'country']) await page.getByLabel(name).check()
  await page.getByRole('checkbox', { name: /^derive/ }).check()
  await page.getByRole('checkbox', { name: 'production production' }).check()
  await page.getByRole('button', { name: /^Propose/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: /^Propose/ }).click()
  await page.waitForURL(/\/client\/instructions\/[^/?]+$/)
  const id = new URL(page.url()).pathname.split('/').at(-1) ?? ''
  await dpo.open(`/instructions/${id}`)
  await dpo.page.getByRole('button', { name: 'Warn or suspend' }).click()
  const dialog = dpo.page.getByRole('dialog')
  await dialog.getByLabel('What it infringes').fill('Art. 5(1)(b) GDPR')
  await dialog.getByLabel('Why').fill('The purpose is not the one people were told.')
  await dialog.getByLabel('Do nothing under it').check()
  await dialog.getByRole('button', { name: 'Warn or suspend' }).click()
  await dpo.page.getByText('nothing is done under it until its controller answers').first().waitFor()
  await client.open(`/client/instructions/${id}`)
  expect(await sentence(page)).toMatch(/^Suspended/)
  warned = id
}, 300_000)

test('without a mouse: a warning is answered, the end is chosen, a sub-processor is objected to; each is read as it is signed', async () => {
  const told = changed('within_days: 30 } }', 'within_days: 30, clause: "6.1.5" }, sub_processors: { authorisation: general, notice_days: 30, list: [] } }', smallEstate)
  await applyEstate(kept.ledger, readEstate(told, 'bailee.yaml'), { checked: [], unchecked: [] }, now)
  await announceSubProcessor(kept.ledger, { contract: 'acme-1', identity: { name: 'Push Ltd', country: 'FR', contact: 'ops@push.example' }, by: 'dana' }, now)
  const { page, open, problems } = client
  const { press, type, check } = keyboardOf(page)
  const dialog = page.getByRole('dialog')
  const sign = async (words: string): Promise<void> => {
    await press(dialog.getByRole('button', { name: 'Read what you sign' }))
    await dialog.getByText(words).waitFor()
    await press(dialog.getByRole('button', { name: 'Sign with your passkey' }))
    await dialog.waitFor({ state: 'detached' })
  }
  await giveDevice(page)
  await open(`/client/instructions/${warned}`)
  await press(page.getByRole('button', { name: 'Answer warning 1' }))
  await press(dialog.getByRole('button', { name: 'Create a passkey' }))
  await check(dialog.getByLabel('We uphold the instruction'))
  await press(dialog.getByRole('button', { name: 'Read what you sign' }))
  await dialog.getByText('Write your answer.').waitFor()
  await type({ 'Your answer, in writing': 'Our notice names it.' })
  await sign(`We uphold ${warned}: Our notice names it.`)
  await page.getByText('The controller upheld it: “Our notice names it.”').waitFor()
  await expect.poll(() => page.evaluate('document.activeElement.id'), { message: 'what opened the dialog is gone, and the focus is on the page' }).toBe('content')
  await open('/client/erasure')
  await press(page.getByRole('button', { name: 'Change the choice' }))
  await check(dialog.getByLabel('given back, then deleted'))
  await sign('At the end of contract acme-1, give our data back, then delete them.')
  await page.getByText('return', { exact: true }).first().waitFor()
  await open('/client/sub-processors')
  await press(page.getByRole('button', { name: 'Object to Push Ltd' }).last())
  await type({ 'Why you object': 'Nobody told us where it keeps them.' })
  await sign('I object to Push Ltd as a sub-processor under contract acme-1: Nobody told us where it keeps them.')
  await page.getByText('Nobody told us where it keeps them.').waitFor()
  expect(problems()).toEqual([])
  await dpo.open(`/instructions/${warned}`)
  await dpo.page.getByText('The controller upheld it: “Our notice names it.”').waitFor()
}, 300_000)

test('a second person sees exactly what they approve, and answers without a mouse', async () => {
  const [{ scope }] = (await allInstructions(kept.own.database)) as [Instruction]
  await proposeInstruction(kept.ledger, { scope: { ...scope, id: 'INS-8', operations: ['read', 'copy'], from: '2017-01-01', until: '2030-01-01', second_person: { uses: ['session', 'copy'], minutes: 60 } } }, now)
  await acceptInstruction(kept.ledger, { instruction: 'INS-8', signatory: 'C. Martin', key: signatoryKey }, now)
  await commit(kept.ledger, 'dana', now - 86_400)
  const { page, open, problems } = dpo
  await page.setViewportSize({ width: 1440, height: 900 })
  await open('/approvals')
  expect(await sentence(page)).toBe('Nobody asked for an approval.')
  const what = { dataset: 'listeners', to: { store: 'share', folder: 'tests' }, columns: ['user_id', 'country'], transforms: { user_id: 'token' } }
  const copy = await askApproval(kept.ledger, { instruction: 'INS-8', use: 'copy', person: 'noa', reason: 'The connector is to be tried.', what }, now)
  await askApproval(kept.ledger, { instruction: 'INS-8', use: 'session', person: 'dana', reason: 'A complaint is looked into.' }, now)
  await inspect(dpo, '/approvals', 'approvals')
  await page.setViewportSize({ width: 1440, height: 900 })
  expect(await sentence(page)).toMatch(/^2 requests wait for a second person/)
  const panel = page.locator('.panel', { hasText: 'noa: Copy under INS-8' })
  expect(await panel.textContent()).toMatch(/Changed on the way · user ?idtoken/)
  expect(await page.locator('.panel', { hasText: 'dana: Session under INS-8' }).textContent()).toContain('somebody else answers')
  await panel.getByRole('button', { name: `Approve ${copy.id}` }).focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog')
  await dialog.getByText('share').waitFor()
  await dialog.getByRole('button', { name: `Approve ${copy.id}` }).focus()
  await page.keyboard.press('Enter')
  await page.getByText('by dana').waitFor()
  expect(problems()).toEqual([])
  await open('/today')
  await page.getByRole('link', { name: '1 approval waits for a second person' }).click()
  await page.waitForURL(/approvals$/)
}, 300_000)
