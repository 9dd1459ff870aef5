import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import fastify from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { rows, sql } from '#database'
import { findInstruction, proposalHash, whatHash } from '#instruction'
import { commit, redeemLink } from '#people'
import { Refused } from '#kit/errors'
import { begun } from '../composition/testing.ts'
import { addChange } from './change.ts'
import { answerThrown } from './problem.ts'
import type { RouteContext } from './route.ts'
import { listenApi } from './server.ts'
import { keptApi, startApi, type TestApi } from './testing.ts'

const at = begun + 400 * 86_400
const made = keptApi(at)

const v1 = '/api/v1'
const dana = { role: 'dpo', person: 'dana' } as const
const grant = { person: 'noa', instruction: 'INS-1', until: '2019-01-01' }

test('a grant is proposed once however often it is sent, and approved by a second person', async () => {
  const size = await made.kept.ledger.size(made.kept.slot)
  const send = (key: string, body: object): ReturnType<TestApi['ask']> => made.api.ask('POST', `${v1}/grants`, { as: dana, body, headers: { 'idempotency-key': key } })
  const [first, again] = [await send('key-number-one', grant), await send('key-number-one', grant)]
  expect([first.statusCode, first.json(), again.statusCode, again.json(), again.headers['idempotency-replayed']]).toEqual([200, { id: 'noa-INS-1-2019-01-01', state: 'proposed' }, 200, first.json(), 'true'])
  expect(await made.kept.ledger.size(made.kept.slot)).toBe(size + 1)
  expect((await send('key-number-one', { ...grant, person: 'dana' })).json()).toMatchObject({ status: 422, code: 'request/key-used' })
  expect((await send('short', grant)).json()).toMatchObject({ status: 400, code: 'request/idempotency-key' })
  const approve = (person: string): ReturnType<TestApi['ask']> => made.api.ask('POST', `${v1}/grants/noa-INS-1-2019-01-01/approve`, { as: { role: 'dpo', person }, body: {}, headers: { 'idempotency-key': `approve-by-${person}` } })
  expect((await approve('dana')).json()).toMatchObject({ status: 403, code: 'grant/second-person' })
  expect((await approve('dana')).json(), 'what was refused was not done: it is asked anew').toMatchObject({ status: 403, code: 'grant/second-person' })
  expect((await made.api.ask('POST', `${v1}/grants/noa-INS-1-2019-01-01/approve`, { as: { role: 'owner' }, body: {} })).json()).toMatchObject({ status: 403, code: 'request/forbidden' })
  expect((await made.api.ask('POST', `${v1}/grants/noa-INS-1-2019-01-01/revoke`, { as: dana, body: {} })).json()).toEqual({ id: 'noa-INS-1-2019-01-01', state: 'revoked' })
  expect(await rows(made.kept.own.database, sql`select answer from api_answer where key = 'key-number-one'`)).toEqual([{ answer: { id: 'noa-INS-1-2019-01-01', state: 'proposed' } }])
})

test('an instruction is proposed with everything that is wrong told at once; a controller\'s people propose and withdraw their own alone', async () => {
  const { scope } = (await made.api.ask('GET', `${v1}/instructions/INS-1`, { as: dana })).json() as { scope: Record<string, unknown> }
  const wrong = await made.api.ask('POST', `${v1}/instructions`, { as: dana, body: { scope: { ...scope, id: 'INS-2', environments: ['nowhere'], data: { listeners: ['email'] }, from: 'soon' } } })
  expect([wrong.statusCode, (wrong.json() as { errors: { message: string }[] }).errors.map(({ message }) => message)]).toEqual([422, ['environments: no environment is called nowhere', 'data.listeners: no column email', 'from: a date such as 2019-04-15']])
  const other = { role: 'signatory', controller: 'other' } as const
  const foreign = await made.api.ask('POST', `${v1}/instructions`, { as: other, body: { scope: { ...scope, id: 'INS-2' } } })
  expect([foreign.statusCode, foreign.body.includes('declared')]).toEqual([404, false])
  expect((await made.api.ask('POST', `${v1}/instructions`, { as: { role: 'signatory', controller: 'acme' }, body: { scope: { ...scope, id: 'ACME-1' } } })).json()).toEqual({ id: 'ACME-1', state: 'proposed' })
  // Ids are one space for all: whoever is a controller's sees and meets its own alone, whether another has one or nobody.
  const nextId = async (as: Parameters<TestApi['signIn']>[0]): Promise<unknown> => ((await made.api.ask('GET', `${v1}/instructions/choices`, { as })).json() as { contracts: { id: string; nextId: string }[] }).contracts.map((one) => `${one.id} ${one.nextId}`)
  expect([await nextId(dana), await nextId(other)]).toEqual([['acme-1 ACME-2', 'other-1 OTHER-1'], ['other-1 OTHER-1']])
  const met = await Promise.all(['INS-1', 'INS-77', 'ACME-1', 'ACME-9'].map(async (id) => (await made.api.ask('POST', `${v1}/instructions`, { as: other, body: { scope: { ...scope, id, contract: 'other-1', data: {} } } })).json() as { detail: string; errors?: unknown }))
  expect(new Set(met.map((one) => JSON.stringify([one.detail, one.errors])))).toEqual(new Set([JSON.stringify([met[0]!.detail, met[0]!.errors])]))
  expect(JSON.stringify(met[0])).toContain('id: OTHER-1, or another number')
  expect((await made.api.ask('POST', `${v1}/instructions/ACME-1/withdraw`, { as: other, body: {} })).statusCode).toBe(404)
  expect((await made.api.ask('POST', `${v1}/instructions/ACME-1/withdraw`, { as: dana, body: {} })).statusCode).toBe(403)
})

test('a link of somebody who was invited before is for an owner alone, and of two links the later one is good', async () => {
  const invite = (role: 'dpo' | 'owner'): ReturnType<TestApi['ask']> => made.api.ask('POST', `${v1}/start/invitations`, { as: role === 'dpo' ? dana : { role, person: 'eli' }, body: { controller: 'acme', name: 'C. Martin' } })
  const first = await invite('dpo')
  expect(first.json()).toMatchObject({ name: 'C. Martin', path: expect.stringMatching(/^sign-in#link=/) as string })
  expect((await invite('dpo')).json()).toMatchObject({ status: 409, code: 'account/owner-invites' })
  const second = await invite('owner')
  const links = [first, second].map((answer) => (answer.json() as { path: string }).path.split('=')[1]!)
  const taken = await Promise.all(links.map((link) => redeemLink({ database: made.kept.own.database, now: at }, link, randomBytes)))
  expect(taken.map((one) => one !== undefined)).toEqual([false, true])
})

test('an address given over the API is one of a store: nothing that is set for Bailee itself, and no way to files of this machine', async () => {
  for (const address of ['env:BAILEE_DATABASE_URL', 'postgresql://reader@db.example/crm?host=/run/postgresql', 'postgresql://reader@db.example/crm?sslcert=/etc/hostname']) {
    const answer = await made.api.ask('POST', `${v1}/start/stores/try`, { as: dana, body: { address } })
    expect([address, answer.json()]).toMatchObject([address, { status: 409, code: 'store/address' }])
  }
})

test('who listens is told which nouns changed, of their own log alone; the reference names every route', async () => {
  const live = await startApi(made.kept.bailee, at)
  const serving = await listenApi(live.app, { host: '127.0.0.1', port: 0 })
  const heard = async (who: Parameters<TestApi['signIn']>[0]): Promise<{ until(part: string): Promise<string>; text(): string; stop(): void }> => {
    const asked = request({ host: '127.0.0.1', port: serving.port, path: `${v1}/events`, headers: { cookie: `bailee_session=${await live.signIn(who)}` } }).end()
    asked.on('error', () => undefined)
    const [answer] = await once(asked, 'response') as [IncomingMessage]
    let text = ''
    answer.on('data', (piece: Buffer) => { text += piece.toString() })
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'text/event-stream'])
    return { text: () => text, stop: () => asked.destroy(), until: async (part) => { while (!text.includes(part)) await once(answer, 'data'); return text } }
  }
  const [mine, others] = [await heard(dana), await heard({ role: 'viewer', controller: 'other' })]
  try {
    let number = 0
    const changing = setInterval(() => { number += 1; void live.ask('POST', `${v1}/grants`, { as: dana, body: { ...grant, until: `2019-02-${String(10 + (number % 18))}` } }).catch(() => undefined) }, 300)
    await mine.until('event: changed').finally(() => clearInterval(changing))
    expect(mine.text()).toMatch(/data: \{"nouns":\["grant"\],"at":"/)
    expect(others.text()).not.toContain('changed')
  } finally {
    mine.stop()
    others.stop()
    await serving.close()
  }
  const page = await made.api.ask('GET', '/api/')
  expect(page.body).toContain('<code>GET /api/v1/today</code>')
  expect(page.body).not.toContain('<script')
}, 300_000)

test('what recorded something and was refused after that is not done again, nor answered otherwise', async () => {
  const app = fastify()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler((error, request, reply) => answerThrown(() => undefined, error, request, reply))
  const principal = { account: { id: 'dpo-account', name: 'dpo' }, person: 'dana', roles: ['dpo'], controller: null, token: null, scopes: null, session: null, until: at + 60, language: 'en' } as const
  const context = { bailee: made.kept.bailee, clock: () => at, signIn: { authenticate: async () => principal }, limits: { take: () => ({}) } } as unknown as RouteContext
  let times = 0
  addChange(app, context, 'POST /erasures/:id/certify', {
    summary: 'records, and is refused after that', body: z.strictObject({ records: z.boolean() }), answer: z.object({}),
    change: async ({ bailee, body }) => {
      times += 1
      if (body.records) await bailee.ledger.append({ slot: made.kept.slot, type: 'controller.notice_acknowledged', at, parts: { evidence: { notice: `notice-${times}` } } })
      throw new Refused('erasure/found-since', `refused for the ${times}. time`)
    },
  })
  const acknowledged = async (): Promise<number> => (await made.kept.ledger.read(made.kept.slot, { types: ['controller.notice_acknowledged'] })).length
  const send = async (key: string, records: boolean): Promise<unknown> => { const { statusCode, headers, payload } = await app.inject({ method: 'POST', url: '/erasures/x/certify', headers: { 'idempotency-key': key }, payload: { records } }); return [statusCode, headers['content-type'], (JSON.parse(payload) as { detail: string }).detail, headers['idempotency-replayed'] ?? 'answered'] }
  const [type, told] = ['application/problem+json', 'refused for the 1. time']
  expect([await send('refused-after', true), await send('refused-after', true)]).toEqual([[409, type, told, 'answered'], [409, type, told, 'true']])
  expect([times, await acknowledged()]).toEqual([1, 1])
  await send('refused-at-once', false)
  expect([await send('refused-at-once', false), times]).toEqual([[409, type, 'refused for the 3. time', 'answered'], 3])
  await app.close()
})

test('a second person is shown all that a copy would do, and answers for what was shown; who answers is who signed in', async () => {
  const { kept, api } = made
  const what = { use: 'copy', to: { store: 'lab' } }
  const asked = { id: 'AP-1', instruction: 'INS-1', scope_sha256: proposalHash((await findInstruction(kept.ledger, 'INS-1')).scope), person: 'noa', use: 'copy', reason: 'The connector is to be tried', minutes: 30, times: 1, what, what_sha256: whatHash(what) }
  await kept.ledger.append({ slot: kept.slot, type: 'approval.asked', at, parts: { evidence: asked } })
  expect((await api.ask('GET', `${v1}/approvals`, { as: dana })).json()).toMatchObject({ total: 1, items: [{ id: 'AP-1', state: 'asked', what, whatSha256: whatHash(what) }] })
  const answer = async (verb: string, body: object, person = 'dana'): Promise<unknown> => (await api.ask('POST', `${v1}/approvals/AP-1/${verb}`, { as: { role: 'dpo', person }, body })).json()
  await commit(kept.ledger, 'dana', at)
  for (const shown of [null, whatHash({ ...what, to: { store: 'mine' } })]) expect(await answer('give', { what: shown })).toMatchObject({ status: 409, code: 'approval/what' })
  expect(await answer('give', { what: whatHash(what) }, 'noa')).toMatchObject({ code: 'approval/second-person' })
  expect(await answer('give', { what: whatHash(what) }), 'nothing was accepted').toMatchObject({ code: 'approval/instruction' })
  expect(await answer('refuse', { reason: 'Not to the laboratory' })).toMatchObject({ id: 'AP-1', state: 'refused' })
  expect(await answer('withdraw', {})).toMatchObject({ code: 'approval/move' })
  await kept.green()
})
