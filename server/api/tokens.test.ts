import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { closeAccount, issueLink, openAccount, type Account } from '#people'
import { rows, sql } from '#database'
import { begun, keep, type Kept } from '../composition/testing.ts'
import { openSignIn } from './signIn.ts'
import { startApi, type TestApi } from './testing.ts'

let kept: Kept
let api: TestApi
let accounts: { readonly dpo: Account; readonly client: Account }
beforeAll(async () => {
  kept = await keep()
  api = await startApi(kept.bailee, begun, { signIn: openSignIn(kept.own.database, () => begun, randomBytes, 'http://localhost:8443'), perMinute: { account: 1_000, token: 12 } })
  accounts = {
    dpo: await openAccount(kept.ledger, { who: 'dana', role: 'dpo' }, begun, randomBytes),
    client: await openAccount(kept.ledger, { who: 'D. Durand', role: 'signatory', controller: { id: 'other', slot: kept.slot + 1 } }, begun, randomBytes),
  }
})
afterAll(async () => { await api.close(); await kept.close() })

const v1 = '/api/v1'
const signIn = async ({ id }: Account): Promise<{ cookie: string }> => {
  const { token } = await issueLink({ database: kept.own.database, now: begun }, id, randomBytes)
  const answer = await api.ask('POST', `${v1}/sign-in/link`, { body: { token } })
  return { cookie: `bailee_session=${answer.cookies[0]?.value ?? ''}` }
}
const make = async (headers: Readonly<Record<string, string>>, scopes: readonly string[]): Promise<{ readonly status: number; readonly id: string; readonly token: string | null; readonly detail: string }> => {
  const answer = await api.ask('POST', `${v1}/tokens`, { headers, body: { name: 'Nightly export', scopes, until: '2017-03-01' } })
  return { ...answer.json() as { id: string; token: string; detail: string }, status: answer.statusCode }
}
const by = (token: string | null): { readonly authorization: string } => ({ authorization: `Bearer ${token}` })
const asked = async (method: 'GET' | 'POST', path: string, token: string | null, body?: object): Promise<number> => (await api.app.inject({ method, url: `${v1}${path}`, headers: by(token), ...(body === undefined ? {} : { payload: body }) })).statusCode

test('a token asks for what its scopes name, as its account does, and for nothing beyond; no token makes another', async () => {
  const dpo = await signIn(accounts.dpo)
  expect(await make(dpo, ['findings:read', 'everything'])).toMatchObject({ status: 422, detail: expect.stringMatching(/everything is not among those of dpo/) as string })
  const { token, id } = await make(dpo, ['controllers:read', 'grants:write'])
  expect([await asked('GET', '/controllers', token), await asked('GET', '/findings', token), await asked('GET', '/session', token), await asked('POST', '/tokens', token, { name: 'x', scopes: ['findings:read'], until: '2017-03-01' })]).toEqual([200, 403, 403, 403])
  const granted = await api.app.inject({ method: 'POST', url: `${v1}/grants`, headers: by(token), payload: { person: 'noa', instruction: 'INS-1', until: '2019-01-01' } })
  expect([granted.statusCode, granted.json()]).toMatchObject([200, { state: 'proposed' }])
  expect((await kept.ledger.read(kept.slot, { types: ['grant.proposed'] })).at(-1)?.parts, 'recorded under whoever the account is of').toMatchObject({ evidence: { by: 'dana' } })
  const beside = await api.app.inject({ method: 'GET', url: `${v1}/controllers`, headers: { ...by(token), cookie: 'theme=dark' } })
  expect(beside.statusCode, 'beside a cookie it is none').toBe(401)
  const { items } = (await api.ask('GET', `${v1}/tokens`, { headers: dpo })).json() as { items: object[] }
  expect(items).toMatchObject([{ id, good: true, usedAt: '2017-01-02T00:00:00Z', scopes: ['controllers:read', 'grants:write'] }])
  expect((await api.ask('POST', `${v1}/tokens/${id}/revoke`, { headers: dpo, body: {} })).statusCode).toBe(200)
  expect(await asked('GET', '/controllers', token)).toBe(401)
})

test('a controller\'s own people make theirs, which sees theirs alone; nobody else sees or ends it', async () => {
  const [client, dpo] = [await signIn(accounts.client), await signIn(accounts.dpo)]
  const { token, id } = await make(client, ['controllers:read'])
  const seen = await api.app.inject({ method: 'GET', url: `${v1}/controllers`, headers: by(token) })
  expect([seen.statusCode, (seen.json() as { items: { id: string }[] }).items.map((one) => one.id)]).toEqual([200, ['other']])
  expect((await kept.ledger.read(kept.slot + 1, { types: ['token.issued'] }))).toHaveLength(1)
  expect(((await api.ask('GET', `${v1}/tokens`, { headers: dpo })).json() as { items: { id: string }[] }).items.map((one) => one.id)).not.toContain(id)
  expect((await api.ask('POST', `${v1}/tokens/${id}/revoke`, { headers: dpo, body: {} })).statusCode).toBe(404)
  await closeAccount(kept.ledger, accounts.client.id, begun)
  expect(await asked('GET', '/controllers', token)).toBe(401)
})

test('sent again under the same key, a token is neither made twice nor shown again', async () => {
  const headers = { ...await signIn(accounts.dpo), 'idempotency-key': 'key-of-a-token' }
  const [first, again] = [await make(headers, ['findings:read']), await make(headers, ['findings:read'])]
  expect([again.id, again.token, first.token?.slice(0, 7)]).toEqual([first.id, null, 'bailee_'])
  expect(JSON.stringify(await rows(kept.own.database, sql`select * from api_answer`))).not.toContain(first.token?.slice(7))
})

test('each answer says what is left of a minute; a token that asks too much is told when to come back, and keeps nobody else from asking', async () => {
  const dpo = await signIn(accounts.dpo)
  const { token } = await make(dpo, ['controllers:read'])
  const answers = []
  for (let time = 0; time < 13; time += 1) answers.push(await api.app.inject({ method: 'GET', url: `${v1}/controllers`, headers: by(token) }))
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([...Array.from({ length: 12 }, () => 200), 429])
  expect(answers[0]?.headers).toMatchObject({ 'ratelimit-policy': '"token";q=12;w=60', 'ratelimit': '"token";r=11;t=60' })
  expect(answers[12]?.headers).toMatchObject({ 'content-type': expect.stringMatching(/^application\/problem\+json/) as string, 'ratelimit': '"token";r=0;t=60', 'retry-after': '60' })
  expect(answers[12]?.json()).toMatchObject({ code: 'request/too-many', status: 429 })
  expect((await api.ask('GET', `${v1}/controllers`, { headers: dpo })).headers).toMatchObject({ 'ratelimit': expect.stringMatching(/^"account";r=9\d\d;t=60$/) as string })
})
