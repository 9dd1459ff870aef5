import { createHash } from 'node:crypto'
import type { APIResponse, Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newestEntries } from '../../server/ledger/index.ts'
import { inspect, openBrowser, visit, type Visitor } from '../testing/browser.ts'
import { nightOfTheFindings, openTestPortal, type TestPortal } from '../testing/server.ts'

let portal: TestPortal
let browser: Browser
let dpo: Visitor

beforeAll(async () => {
  [portal, browser] = await Promise.all([openTestPortal('account'), openBrowser()])
  dpo = await visit(browser, { url: portal.url, now: portal.now, cookie: await portal.signIn({ role: 'dpo', person: 'dana' }) })
}, 300_000)
afterAll(async () => {
  await browser?.close()
  await portal?.close()
})

const sentence = (visitor: Visitor): Promise<string> => visitor.page.locator('.page-sentence').innerText()

test('the register, the ledger, assessments, people and a contract, on a desk and a phone, light and dark', async () => {
  const [first] = (await (await dpo.context.request.get(`${portal.url}api/v1/assessments?limit=200`)).json() as { items: { id: string }[] }).items.filter(({ id }) => id.startsWith('A-'))
  for (const [path, name] of [
    ['/register', 'register'], ['/register?controller=deezer', 'register-of'], ['/ledger?controller=deezer', 'ledger'], ['/ledger/1-3', 'entry'], ['/assessments', 'assessments'], [`/assessments/${first?.id}`, 'assessment'],
    ['/people', 'people'], [`/people/noa?at=${nightOfTheFindings}`, 'person-past'], ['/trainings/client-data', 'training'], ['/contracts/deezer-2016', 'contract'],
  ] as const) await inspect(dpo, path, name)
}, 240_000)

test('a clause is told on the page of its contract, and stands in the ledger under who told it', async () => {
  await dpo.open('/contracts/deezer-2016')
  const before = Number((/\d+/.exec(await sentence(dpo)))?.[0])
  await dpo.page.getByRole('row').filter({ hasText: '28(3)(b)' }).getByRole('button').click()
  const dialog = dpo.page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Tell' }).click()
  await dialog.getByText('Name the clause').waitFor()
  await dialog.getByLabel('Clause').fill('5.2')
  await dialog.getByRole('button', { name: 'Tell' }).click()
  await dpo.page.getByRole('row').filter({ hasText: '28(3)(b)' }).getByText('5.2').waitFor()
  expect(Number((/\d+/.exec(await sentence(dpo)))?.[0])).toBe(before - 1)
  const [entry] = await newestEntries(portal.bailee.ledger, { slot: 1, limit: 1 })
  expect([entry?.type, entry?.parts.evidence]).toEqual(['contract.term_recorded', { contract: 'deezer-2016', term: '28(3)(b)', clause: '5.2', by: 'dana' }])
  expect(dpo.problems()).toEqual([])
}, 300_000)

test('an export is handed out as of the date that is looked at, after its hash was recorded', async () => {
  await dpo.open('/register?controller=deezer&at=2019-04-16')
  await dpo.page.getByRole('button', { name: 'Export as of this date' }).click()
  const dialog = dpo.page.getByRole('dialog')
  await dialog.getByLabel('Format').selectOption('json')
  const [file] = await Promise.all([dpo.page.waitForEvent('download'), dialog.getByRole('button', { name: 'Export the register' }).click()])
  expect(file.suggestedFilename()).toBe('register-deezer-2019-04-16.json')
  const [entry] = await newestEntries(portal.bailee.ledger, { slot: 1, limit: 1 })
  expect([entry?.type, (entry?.parts.evidence as { as_of: string }).as_of]).toEqual(['register.exported', '2019-04-16T00:00:00Z'])
}, 300_000)

test('the record of breaches says what it lacks, and both registers are handed out to whoever may ask, with their hash', async () => {
  await dpo.open('/breach-register')
  const ours = { 'sec-fetch-site': 'same-origin' }
  const api = `${portal.url}api/v1`
  const { breaches: [id = ''] } = await (await dpo.context.request.post(`${api}/breaches`, { headers: ours, data: { controller: 'deezer', nature: 'A disk was left on a train.' } })).json() as { breaches: string[] }
  await inspect(dpo, '/breach-register', 'breach-register')
  await dpo.page.setViewportSize({ width: 1440, height: 900 })
  expect(await sentence(dpo)).toMatch(/lacks? something that Art. 33\(5\) asks for/)
  expect(await dpo.page.locator('.panel', { hasText: id }).first().textContent()).toMatch(/It lacks:.*what was done.*telling the controller/)
  await dpo.page.getByRole('button', { name: 'Export', exact: true }).click()
  const dialog = dpo.page.getByRole('dialog')
  await dialog.getByLabel('Format').selectOption('csv')
  const [file] = await Promise.all([dpo.page.waitForEvent('download'), dialog.getByRole('button', { name: 'Export the record' }).click()])
  expect(file.suggestedFilename()).toBe('breaches-all-2021-01-15.csv')
  for (const [address, formats] of [['register/export', ['xlsx', 'ods', 'pdf', 'csv', 'json', 'dpv']], ['breach-register/export', ['pdf', 'csv', 'json']]] as const) for (const format of formats) {
    const answer = await dpo.context.request.get(`${api}/${address}?format=${format}&controller=deezer`, { headers: ours })
    const sha256 = createHash('sha256').update(await answer.body())
    const [entry] = await newestEntries(portal.bailee.ledger, { slot: 1, limit: 1 })
    expect([address, format, answer.status(), answer.headers()['repr-digest']]).toEqual([address, format, 200, `sha-256=:${sha256.copy().digest('base64')}:`])
    expect([entry?.type, (entry?.parts.evidence as { sha256: string }).sha256]).toEqual(['register.exported', sha256.digest('hex')])
  }
  const size = await portal.bailee.ledger.size(1)
  expect((await dpo.context.request.get(`${api}/register/export?format=json&controller=deezer`, { headers: { 'sec-fetch-site': 'cross-site' } })).status()).toBe(403)
  expect([(await dpo.context.request.head(`${api}/register/export?format=json&controller=deezer`, { headers: ours })).status() !== 200, await portal.bailee.ledger.size(1)]).toEqual([true, size])
  // A sample is read where it arrives, and is kept nowhere: what it says is in no answer.
  const sample = (body: Buffer, type = 'application/octet-stream'): Promise<APIResponse> => dpo.context.request.post(`${api}/breaches/${id}/samples`, { headers: { ...ours, 'content-type': type }, data: body })
  const nobody = await sample(Buffer.from('email,plan\nsomebody@example.org,free\n'))
  expect([nobody.status(), await nobody.text()]).toEqual([409, expect.not.stringContaining('somebody@example.org')])
  expect([(await sample(Buffer.from('{}'), 'application/json')).status(), (await sample(Buffer.alloc(17 * 1024 * 1024, 65))).status(), (await sample(Buffer.alloc(0))).status() >= 400]).toEqual([422, 413, true])
}, 300_000)

test('who only looks finds no button that changes anything; a controller\'s people see their own ledger alone', async () => {
  const auditor = await visit(browser, { url: portal.url, now: portal.now, cookie: await portal.signIn({ role: 'auditor' }) })
  for (const path of ['/contracts/deezer-2016', '/people/noa', '/assessments/scope']) {
    await auditor.open(path)
    expect([path, await auditor.page.locator('.page-actions .primary').count(), await auditor.page.getByRole('button', { name: 'Tell' }).count()]).toEqual([path, 0, 0])
  }
  const signatory = await visit(browser, { url: portal.url, now: portal.now, cookie: await portal.signIn({ role: 'signatory', controller: 'chinook' }) })
  for (const [address, status] of [['ledger/entries/1-3', 404], ['ledger/entries/2-0', 200], ['ledger/entries/0-0', 404], ['people/noa', 403], ['reviews', 403], ['assessments/scope', 403], ['contracts/deezer-2016', 404]] as const) expect([address, (await signatory.context.request.get(`${portal.url}api/v1/${address}`)).status()]).toEqual([address, status])
}, 300_000)

test('French is French, and a date goes with every link', async () => {
  const french = await visit(browser, { url: portal.url, now: portal.now, language: 'fr-FR', cookie: await portal.signIn({ role: 'dpo', person: 'dana' }) })
  await french.open(`/register?at=${nightOfTheFindings}`)
  expect(await sentence(french)).toMatch(/article 30\(2\)/)
  await french.page.getByRole('link', { name: 'Deezer SA' }).click()
  await french.page.getByRole('heading', { name: 'Registre : Deezer SA' }).waitFor()
  expect(new URL(french.page.url()).searchParams.get('at')).toBe(nightOfTheFindings)
}, 300_000)
