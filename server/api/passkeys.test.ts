import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { LightMyRequestResponse } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDirectory, verifyBundle } from '@bailee/verifier'
import { acceptWithPasskey, allInstructions, proposeInstruction, warnOf, type Scope } from '#instruction'
import { exportBundle } from '#ledger'
import { rows, sql } from '#database'
import { allAccounts, closeAccount, issueLink, openAccount, openOwner, relyingPartyAt, removePasskey, type Account } from '#people'
import { begun, keep, type Kept } from '../composition/testing.ts'
import { makeAuthenticator, type Authenticator } from '../people/testing.ts'
import { openSignIn } from './signIn.ts'
import { startApi, type TestApi } from './testing.ts'

const v1 = '/api/v1'
const origin = 'http://localhost:8443' // of the test server
let kept: Kept
let api: TestApi
let now = begun
beforeAll(async () => {
  kept = await keep()
  api = await startApi(kept.bailee, begun, { clock: () => now, signIn: openSignIn(kept.own.database, () => now, randomBytes, 'http://localhost:8443'), base: '/some/path' })
})
afterAll(async () => { await api.close(); await kept.close() })

/** Somebody with a browser: a session by a link, and a device. */
interface Browser { readonly account: Account; readonly device: Authenticator; cookie: string; ask(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<LightMyRequestResponse> }
async function visit(account: Account): Promise<Browser> {
  const { token } = await issueLink({ database: kept.own.database, now }, account.id, randomBytes)
  const browser: Browser = {
    account, device: makeAuthenticator(origin), cookie: '',
    ask: (method, path, body) => api.ask(method, `${v1}${path}`, { headers: { cookie: browser.cookie }, ...(body === undefined ? {} : { body }) }),
  }
  browser.cookie = cookieIn(await browser.ask('POST', '/sign-in/link', { token }))
  return browser
}
const cookieIn = (answer: LightMyRequestResponse): string => `bailee_session=${answer.cookies.find(({ name }) => name === 'bailee_session')?.value ?? ''}`
const signatoryOf = (who: string, controller: string, slot: number): Promise<Account> => openAccount(kept.ledger, { who, role: 'signatory', controller: { id: controller, slot } }, now, randomBytes)
async function register({ ask, device }: Browser, name = 'Laptop'): Promise<LightMyRequestResponse> {
  return ask('POST', '/passkeys', { name, response: device.create((await ask('POST', '/passkeys/options', {})).json()) })
}
const codeOf = (answer: LightMyRequestResponse): unknown => [answer.statusCode, (answer.json() as { code?: string }).code]

/** An instruction that is proposed to acme, like its first. */
async function propose(id: string, change: Partial<Scope> = {}): Promise<void> {
  const [first] = (await allInstructions(kept.own.database)).filter((one) => one.id === 'INS-1')
  await proposeInstruction(kept.ledger, { scope: { ...first?.scope, id, ...change } as Scope }, now)
}

test('a passkey is made after a link, signs in below a path, is named and removed; an old session makes none', async () => {
  const browser = await visit(await openAccount(kept.ledger, { who: 'noa', role: 'dpo' }, now, randomBytes))
  expect((await register(browser)).json()).toMatchObject({ name: 'Laptop', usedAt: null, keySha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string })
  const signIn = async (): Promise<LightMyRequestResponse> => browser.ask('POST', '/sign-in/passkey', browser.device.get((await browser.ask('POST', '/sign-in/passkey/options', {})).json()))
  const signed = await signIn()
  expect([signed.statusCode, String(signed.headers['set-cookie'])]).toEqual([200, expect.stringMatching(/Path=\/some\/path; HttpOnly; SameSite=Strict/)])
  browser.cookie = cookieIn(signed)
  expect((await browser.ask('GET', '/session')).json()).toMatchObject({ account: { id: browser.account.id } })
  await browser.ask('POST', `/passkeys/${browser.device.id}/name`, { name: 'Key ring' })
  expect((await browser.ask('GET', '/passkeys')).json()).toMatchObject({ total: 1, items: [{ name: 'Key ring' }] })
  const other = await visit(await openAccount(kept.ledger, { who: 'dana', role: 'dpo' }, now, randomBytes))
  expect([codeOf(await other.ask('POST', `/passkeys/${browser.device.id}/name`, { name: 'mine' })), codeOf(await other.ask('DELETE', `/passkeys/${browser.device.id}`)), (await other.ask('GET', '/passkeys')).json()]).toMatchObject([[422, 'misuse'], [422, 'misuse'], { total: 0 }])
  now += 901
  expect(codeOf(await browser.ask('POST', '/passkeys/options', {}))).toEqual([409, 'sign-in/not-fresh'])
  expect((await browser.ask('DELETE', `/passkeys/${browser.device.id}`)).statusCode).toBe(200)
  expect(codeOf(await signIn())).toEqual([401, 'passkey/unknown'])
  await kept.green()
})

test('a signatory accepts what was shown, with a signature that somebody offline checks; no other account, instruction, text or time will do', async () => {
  const browser = await visit(await signatoryOf('C. Martin', 'acme', kept.slot))
  expect(codeOf(await browser.ask('POST', '/instructions/INS-1/acceptance/options', {}))).toEqual([409, 'passkey/none'])
  await register(browser)
  for (const id of ['INS-2', 'INS-3', 'INS-4']) await propose(id)
  const begin = async (id: string): Promise<{ bytes: string; words: { en: string; fr: string }; hash: string; options: object }> => (await browser.ask('POST', `/instructions/${id}/acceptance/options`, {})).json()
  const asked = await begin('INS-1')
  expect(Buffer.from(asked.bytes, 'base64').toString()).toMatch(new RegExp(`^bailee/accept/v1\n\\{"log":"processor.example/${kept.slot}","scope":\\{.*"id":"INS-1".*\\}\\}$`))
  expect([asked.words.en, asked.words.fr]).toEqual([expect.stringMatching(/^I accept INS-1 under contract acme-1: Processor Ltd may read .*listeners \(user_id, country\)/), expect.stringMatching(/^J’accepte INS-1/)])
  expect((await browser.ask('GET', '/instructions/INS-1')).json()).toMatchObject({ scopeSha256: asked.hash, state: 'proposed' })

  const finish = (id: string, response: object, by = browser): Promise<LightMyRequestResponse> => by.ask('POST', `/instructions/${id}/acceptance`, { response })
  const response = browser.device.get(asked.options)
  expect(codeOf(await finish('INS-2', response))).toEqual([409, 'passkey/not-fitting'])
  expect(codeOf(await finish('INS-1', response)), 'a challenge is good for one answer, right or wrong').toEqual([409, 'passkey/not-fitting'])
  const wrong = browser.device.get((await begin('INS-1')).options, { origin: 'http://localhost:9999' })
  expect(codeOf(await finish('INS-1', wrong))).toEqual([409, 'passkey/not-fitting'])
  const late = browser.device.get((await begin('INS-3')).options)
  await propose('INS-3', { text: 'Something else than was read.' })
  expect(codeOf(await finish('INS-3', late))).toEqual([409, 'passkey/changed'])

  const other = await visit(await signatoryOf('D. Durand', 'other', kept.slot + 1))
  expect(codeOf(await other.ask('POST', '/instructions/INS-1/acceptance/options', {}))).toEqual([404, 'request/none'])
  const viewer = await visit(await openAccount(kept.ledger, { who: 'A. Petit', role: 'viewer', controller: { id: 'acme', slot: kept.slot } }, now, randomBytes))
  await register(viewer)
  expect(codeOf(await viewer.ask('POST', '/instructions/INS-1/acceptance/options', {}))).toEqual([403, 'request/forbidden'])
  expect(codeOf(await finish('INS-1', browser.device.get((await begin('INS-1')).options), other))).toEqual([404, 'request/none'])

  const good = browser.device.get((await begin('INS-1')).options)
  expect((await finish('INS-1', good)).json()).toEqual({ id: 'INS-1', state: 'accepted' })
  expect(codeOf(await finish('INS-1', good))).toEqual([409, 'instruction/move'])
  expect((await browser.ask('GET', '/instructions/INS-1')).json()).toMatchObject({ state: 'accepted', acceptedWith: 'passkey', acceptedBy: 'C. Martin', standing: 'verified' })
  const last = browser.device.get((await begin('INS-4')).options)
  // Another device of theirs signs, and is removed before that is recorded.
  const away = { ...browser, device: makeAuthenticator(origin) }
  await register(away, 'Telephone')
  const leaving = away.device.get((await begin('INS-2')).options)
  const removing = { ...kept.ledger, append: async (drafts: Parameters<typeof kept.ledger.append>[0]) => { await removePasskey(kept.ledger, { account: browser.account.id, id: away.device.id }, now); return kept.ledger.append(drafts) } } as typeof kept.ledger
  await expect(acceptWithPasskey(removing, { instruction: 'INS-2', account: browser.account.id, response: leaving as never }, { party: relyingPartyAt(new URL(origin), 'Bailee'), now })).rejects.toMatchObject({ code: 'instruction/passkey-over' })
  expect((await browser.ask('GET', '/instructions/INS-2')).json()).toMatchObject({ state: 'proposed' })
  await closeAccount(kept.ledger, browser.account.id, now)
  expect((await finish('INS-4', last)).statusCode).toBe(401)
  await kept.green()

  // What else signatories say is signed in the same way.
  const say = async (path: string, body: object): Promise<LightMyRequestResponse> => {
    const options = (await speaker.ask('POST', `${path}/options`, body)).json() as { options: object }
    return speaker.ask('POST', path, { ...body, response: speaker.device.get(options.options) })
  }
  const speaker = await visit(await signatoryOf('C. Martin', 'acme', kept.slot))
  await register(speaker)
  const key = `age1${'q'.repeat(58)}`
  expect((await say('/contracts/acme-1/choice', { choice: 'return' })).json()).toEqual({ id: 'acme-1' })
  expect((await say('/contracts/acme-1/return-key', { recipient: key })).json()).toEqual({ id: 'acme-1' })
  const words = (await speaker.ask('POST', '/contracts/acme-1/choice/options', { choice: 'delete' })).json() as { bytes: string; options: object }
  expect(Buffer.from(words.bytes, 'base64').toString()).toBe(`bailee/choice/v1\n{"choice":"delete","contract":"acme-1","log":"processor.example/${kept.slot}","number":2,"recipient":null}`)
  expect(codeOf(await speaker.ask('POST', '/contracts/acme-1/choice', { choice: 'send_on', recipient: 'Next Ltd', response: speaker.device.get(words.options) })), 'what was shown is what is signed').toEqual([409, 'passkey/changed'])
  expect((await speaker.ask('GET', '/contracts/acme-1')).json()).toMatchObject({ choice: { choice: 'return', from: 'signatory' }, choices: [{ choice: 'return', by: 'C. Martin', key: 'passkey' }], returnKey: { recipient: key, by: 'C. Martin' } })
  expect(codeOf(await speaker.ask('POST', '/contracts/acme-1/release/options', { how: 'received' }))).toEqual([409, 'contract/not-ended'])
  expect([codeOf(await speaker.ask('POST', '/contracts/acme-1/sub-processors/options', { name: 'Nobody', says: 'authorised' })), codeOf(await speaker.ask('POST', '/contracts/acme-1/sub-processors/options', { name: 'Nobody', says: 'objected' })), codeOf(await other.ask('POST', '/contracts/acme-1/choice/options', { choice: 'delete' })), codeOf(await viewer.ask('POST', '/contracts/acme-1/choice/options', { choice: 'delete' }))]).toEqual([[422, 'misuse'], [422, 'misuse'], [404, 'request/none'], [403, 'request/forbidden']])
  const warned = await warnOf(kept.ledger, { instruction: 'INS-1', provision: 'Art. 5(1)(b) GDPR', reasons: 'the purpose is another', suspend: true, by: 'dana' }, now)
  const uphold = { number: warned.number, answer: 'upheld', says: 'People were told.' }
  expect([codeOf(await speaker.ask('POST', '/instructions/INS-1/answer/options', { ...uphold, number: 2 })), codeOf(await other.ask('POST', '/instructions/INS-1/answer/options', uphold)), codeOf(await viewer.ask('POST', '/instructions/INS-1/answer/options', uphold))]).toEqual([[409, 'instruction/no-warning'], [404, 'request/none'], [403, 'request/forbidden']])
  expect((await say('/instructions/INS-1/answer', uphold)).json()).toEqual({ id: 'INS-1' })
  expect((await speaker.ask('GET', '/instructions/INS-1')).json()).toMatchObject({ warnings: [{ number: 1, answer: 'upheld', answerSays: 'People were told.', endedAt: expect.any(String) as string }] })
  expect((await say('/instructions/INS-2/withdrawal', { reason: 'Not this one.' })).json()).toEqual({ id: 'INS-2' })
  expect((await speaker.ask('GET', '/instructions/INS-2')).json()).toMatchObject({ state: 'withdrawn' })
  await kept.green()

  const directory = join(kept.directory, 'bundle')
  await exportBundle(kept.ledger, { slot: kept.slot, directory, at: now, receiptsFor: ['instruction.accepted'], certificates: new Map() })
  const verdict = verifyBundle(openDirectory(directory))
  expect(verdict.outcome === 'verified' ? verdict.facts.acceptances : verdict.because).toMatchObject([{ instruction: 'INS-1', with: 'passkey', standing: 'signed', keySha256: expect.any(String) as string }])
  expect(verdict.outcome === 'verified' ? verdict.facts.sayings?.map(({ type, standing, with: by }) => `${type} ${standing} ${by}`) : '').toEqual(['contract.choice_made', 'contract.return_key_named', 'instruction.answered', 'instruction.withdrawn'].map((type) => `${type} signed passkey`))
})

test('an owner opens accounts, invites with a link that is shown once, and ends sessions; everybody ends their own alone', async () => {
  const owner = await visit(await openOwner(kept.ledger, now, randomBytes))
  const opened = (await owner.ask('POST', '/accounts', { who: 'A. Visitor', role: 'viewer', controller: 'other' })).json() as { id: string }
  const invited = await api.ask('POST', `${v1}/accounts/${opened.id}/link`, { headers: { cookie: owner.cookie, 'idempotency-key': 'one-key-for-both' }, body: {} })
  const { link } = invited.json() as { link: string }
  expect(link).toMatch(/^http:\/\/localhost:8443\/some\/path\/sign-in#link=.{40,}$/)
  expect(JSON.stringify(await rows(kept.own.database, sql`select * from api_answer`))).not.toContain(link.split('=')[1])
  const listed = async (): Promise<unknown> => ((await owner.ask('GET', '/accounts')).json() as { items: { id: string }[] }).items.find(({ id }) => id === opened.id)
  expect(await listed()).toMatchObject({ name: 'A. Visitor', role: 'viewer', controller: { id: 'other' }, sessions: 0, passkeys: 0, linkedAt: null, invitedUntil: expect.any(String) as string })
  const viewer = await visit((await allAccounts(kept.own.database)).find(({ id }) => id === opened.id) as Account)
  await register(viewer)
  expect(await listed()).toMatchObject({ sessions: 1, passkeys: 1 })
  const again = cookieIn(await viewer.ask('POST', '/sign-in/passkey', viewer.device.get((await viewer.ask('POST', '/sign-in/passkey/options', {})).json())))
  const mine = (await viewer.ask('GET', '/sessions')).json() as { items: { id: string; way: string; current: boolean }[] }
  expect(mine.items.map(({ way, current }) => [way, current]).sort()).toEqual([['link', true], ['passkey', false]])
  const [theirs] = ((await owner.ask('GET', '/sessions')).json() as { items: { id: string }[] }).items
  expect(codeOf(await viewer.ask('DELETE', `/sessions/${theirs?.id}`))).toEqual([404, 'request/none'])
  expect((await viewer.ask('DELETE', `/sessions/${mine.items.find(({ current }) => !current)?.id}`)).statusCode).toBe(200)
  expect((await api.ask('GET', `${v1}/session`, { headers: { cookie: again } })).statusCode).toBe(401)
  expect((await owner.ask('DELETE', `/sessions/${mine.items.find(({ current }) => current)?.id}`)).statusCode).toBe(200)
  expect((await viewer.ask('GET', '/session')).statusCode).toBe(401)
  expect((await owner.ask('POST', `/accounts/${opened.id}/role`, { role: 'owner' })).statusCode).toBe(422)
  expect((await owner.ask('POST', `/accounts/${opened.id}/close`, {})).json()).toEqual({ id: opened.id, state: 'closed' })
  expect(codeOf(await owner.ask('POST', `/accounts/${opened.id}/link`, {}))).toEqual([422, 'misuse'])
  expect(codeOf(await owner.ask('POST', `/accounts/${owner.account.id}/close`, {}))).toEqual([409, 'people/last-owner'])
  expect((await owner.ask('GET', '/settings')).json()).toEqual({ origin, passkeys: true, oidc: null, callback: `${origin}/some/path/api/v1/sign-in/oidc/callback`, mail: null })
})
