import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import { openControllers } from '#composition'
import { openPlaces } from '../composition/places.ts'
import { begun } from '../composition/testing.ts'
import { temporaryDirectory } from '../ledger/testing.ts'
import { listenApi } from './server.ts'
import { keptApi, ours, startApi } from './testing.ts'

const at = begun + 400 * 86_400
const made = keptApi(at)

const dpo = { role: 'dpo' } as const
const v1 = '/api/v1'

test('nobody is told nothing: a 401 as a problem, for every route', async () => {
  const answer = await made.api.ask('GET', `${v1}/session`)
  expect([answer.statusCode, answer.headers['content-type'], answer.json()]).toMatchObject([401, 'application/problem+json', { type: 'urn:bailee:problem:request:not-signed-in', status: 401, code: 'request/not-signed-in', instance: '/api/v1/session' }])
})

test('a session says who, for how long, and what needs them', async () => {
  const answer = await made.api.ask('GET', `${v1}/session`, { as: dpo })
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toMatchObject({ account: { name: 'dpo' }, roles: ['dpo'], controller: null, processor: { name: 'Processor Ltd', country: 'IL' }, language: 'en', counts: { instructions: 1 } })
  expect(answer.headers['cache-control']).toBe('private, no-cache')
})

test('signing out ends the session, and takes the cookie back', async () => {
  const token = await made.api.signIn(dpo)
  const headers = { cookie: `bailee_session=${token}` }
  const gone = await made.api.app.inject({ method: 'DELETE', url: `${v1}/session`, headers: { ...headers, ...ours } })
  expect([gone.statusCode, gone.headers['set-cookie']]).toEqual([200, expect.stringMatching(/^bailee_session=; Max-Age=0; Path=\/; .*HttpOnly; SameSite=Strict$/)])
  expect((await made.api.app.inject({ method: 'GET', url: `${v1}/session`, headers })).statusCode).toBe(401)
})

test('what changes something is asked for from our own pages only', async () => {
  const token = await made.api.signIn(dpo)
  const from = async (headers: Record<string, string>): Promise<number> => (await made.api.app.inject({ method: 'DELETE', url: `${v1}/session`, headers: { cookie: `bailee_session=${token}`, ...headers } })).statusCode
  for (const site of ['cross-site', 'same-site', 'none']) expect([site, await from({ 'sec-fetch-site': site, origin: 'http://localhost:8443' })]).toEqual([site, 403])
  for (const origin of ['https://elsewhere.example', 'http://localhost:8444', 'null']) expect([origin, await from({ origin })]).toEqual([origin, 403])
  expect(await from({})).toBe(403)
  expect(await from({ authorization: 'Bearer anything' }), 'a token beside a cookie excuses nothing').toBe(403)
  expect(await from({ origin: 'http://localhost:8443' })).toBe(200)
})

test('every answer carries the headers; a page has a policy with a nonce of its own that its styles may use, and nobody keeps it', async () => {
  for (const url of ['/', '/controllers/acme', '/sign-in']) {
    const [one, other] = [await made.api.ask('GET', url), await made.api.ask('GET', url)]
    const nonce = /nonce-([A-Za-z0-9+/=]+)/.exec(String(one.headers['content-security-policy']))?.[1] ?? ''
    expect(one.headers['content-security-policy']).toBe(`default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'`)
    expect(one.body).toContain(`nonce="${nonce}"`)
    expect(one.body).toContain('<base href="/">')
    expect(other.headers['content-security-policy']).not.toBe(one.headers['content-security-policy'])
    expect(one.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY' })
  }
  expect((await made.api.ask('GET', `${v1}/nothing`)).headers['content-security-policy']).toMatch(/^default-src 'none'; frame-ancestors 'none'/)
})

test('every "no" of ours and of the server is a problem', async () => {
  const problems = await Promise.all([
    made.api.ask('GET', `${v1}/nothing`), made.api.ask('GET', `${v1}/controllers?limit=0`, { as: dpo }), made.api.ask('GET', `${v1}/controllers?cursor=bad`, { as: dpo }), made.api.ask('GET', `${v1}/controllers?at=soon`, { as: dpo }), made.api.ask('GET', `${v1}/controllers?at=2062-01-01`, { as: dpo }),
    made.api.ask('GET', `${v1}/controllers/nobody`, { as: dpo }), made.api.ask('GET', `${v1}/controllers/%ff`, { as: dpo }), made.api.ask('GET', `${v1}/today`, { as: { role: 'viewer', controller: 'acme' } }), made.api.ask('POST', `${v1}/session`, { as: dpo, body: {} }),
    made.api.ask('DELETE', `${v1}/session`, { as: { ...dpo, scopes: ['controllers:read'] } }), made.api.ask('GET', `${v1}/instructions`, { as: { ...dpo, scopes: ['controllers:read'] } }),
  ])
  expect(problems.map((answer) => [answer.statusCode, (answer.json() as { code: string }).code])).toEqual([
    [404, 'request/none'], [400, 'request/invalid'], [400, 'request/cursor'], [400, 'request/at'], [400, 'request/at'], [404, 'request/none'], [400, 'http/bad-url'], [403, 'request/forbidden'], [404, 'request/none'], [403, 'token/scope'], [403, 'token/scope'],
  ])
  for (const answer of problems) expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(problems[1]?.json()).toMatchObject({ errors: [{ path: 'limit' }] })
})

test('controllers, one of them, instructions and findings, with what was not searched', async () => {
  const controllers = (await made.api.ask('GET', `${v1}/controllers?limit=1`, { as: dpo })).json() as { items: { id: string }[]; next: string; total: number }
  expect(controllers).toMatchObject({ total: 2, items: [{ id: 'acme', standing: 'unknown', searched: { at: null, stores: 2, searched: 0 }, instructions: { inForce: 0, proposed: 1 }, findings: { open: 0 } }] })
  expect((await made.api.ask('GET', `${v1}/controllers?limit=1&cursor=${controllers.next}`, { as: dpo })).json()).toMatchObject({ next: null, items: [{ id: 'other' }] })
  expect((await made.api.ask('GET', `${v1}/controllers/acme`, { as: dpo })).json()).toMatchObject({ subProcessors: null, signatories: [{ name: 'C. Martin', key: null }], contractList: [{ id: 'acme-1', choice: { choice: 'delete', from: 'contract' } }], contacts: [{ told: 'not told' }, {}, {}] })
  expect((await made.api.ask('GET', `${v1}/instructions`, { as: dpo })).json()).toMatchObject({ total: 1, items: [{ id: 'INS-1', standing: 'pending', inForce: false, data: [{ dataset: 'listeners', columns: ['user_id', 'country'] }] }] })
  expect((await made.api.ask('GET', `${v1}/instructions/INS-1`, { as: dpo })).json()).toMatchObject({ use: { sessions: 2, rows: 2 }, grantList: [{ person: { id: 'noa', name: 'Noa' }, holds: false }], versions: [{ id: 'INS-1' }] })
  expect((await made.api.ask('GET', `${v1}/findings`, { as: dpo })).json()).toMatchObject({ items: [], total: 0, searched: { at: null, notSeen: [{ place: 'crm', why: 'never searched' }, { place: 'share' }] } })
  expect((await made.api.ask('GET', `${v1}/today`, { as: dpo })).json()).toMatchObject({ items: [{ kind: 'proposal', ids: ['INS-1'] }, { kind: 'grant' }, { kind: 'training', ids: ['dana', 'noa'], count: 2 }], clocks: { nextEnd: { contract: 'acme-1' } } })
})

test('a moment that was is read from the ledger of then', async () => {
  const instructions = async (when: string): Promise<unknown> => (await made.api.ask('GET', `${v1}/instructions?at=${when}`, { as: dpo })).json()
  expect(await instructions('2016-12-31')).toMatchObject({ total: 0 })
  expect(await instructions('2017-01-03')).toMatchObject({ total: 1 })
  expect((await made.api.ask('GET', `${v1}/controllers?at=2017-01-03`, { as: { role: 'viewer', controller: 'other' } })).json()).toMatchObject({ total: 1, items: [{ id: 'other' }] })
})

test('a controller\'s people see their own, an analyst what their grants reach', async () => {
  const other = { role: 'signatory', controller: 'other' } as const
  expect((await made.api.ask('GET', `${v1}/controllers`, { as: other })).json()).toMatchObject({ total: 1, items: [{ id: 'other' }] })
  expect((await made.api.ask('GET', `${v1}/controllers/acme`, { as: other })).statusCode).toBe(404)
  expect((await made.api.ask('GET', `${v1}/instructions/INS-1`, { as: other })).statusCode).toBe(404)
  const [noa, dana] = [{ role: 'analyst', person: 'noa' }, { role: 'analyst', person: 'dana' }] as const
  expect((await made.api.ask('GET', `${v1}/controllers`, { as: noa })).json()).toMatchObject({ total: 1, items: [{ id: 'acme' }] })
  expect((await made.api.ask('GET', `${v1}/controllers`, { as: dana })).json()).toMatchObject({ total: 0 })
  expect((await made.api.ask('GET', `${v1}/findings`, { as: noa })).statusCode).toBe(403)
})

test('what has not changed is not sent again', async () => {
  const first = await made.api.ask('GET', `${v1}/controllers`, { as: dpo })
  const again = await made.api.ask('GET', `${v1}/controllers`, { as: dpo, headers: { 'if-none-match': String(first.headers['etag']) } })
  expect([again.statusCode, again.body]).toEqual([304, ''])
})

test('the document is valid OpenAPI 3.1 and says who may ask what', async () => {
  const document = (await made.api.ask('GET', '/api/openapi.json')).json() as { openapi: string; paths: Record<string, Record<string, { description: string; security: unknown }>> }
  expect(await new Validator().validate(structuredClone(document) as never)).toMatchObject({ valid: true })
  expect(document.openapi).toMatch(/^3[.]1[.]/)
  expect(document.paths['/api/v1/today']?.['get']).toMatchObject({ description: expect.stringContaining('For owner, dpo, auditor.') as string, security: [{ session: [] }, { token: [] }] })
})

test('below a path of its own everything is there, and nothing beside it; built files are sent packed and kept', async () => {
  const portal = temporaryDirectory()
  mkdirSync(join(portal.path, 'assets'))
  writeFileSync(join(portal.path, 'index.html'), '<!doctype html><html><head><title>Bailee</title><script type="module" src="./assets/a-1.js"></script></head><body></body></html>')
  writeFileSync(join(portal.path, 'assets', 'a-1.js'), `/* ${'a'.repeat(2_000)} */`)
  const below = await startApi(made.kept.bailee, at, { base: '/some/path', portal: portal.path })
  try {
    expect((await below.ask('GET', '/controllers')).body).toContain('<head><base href="/some/path/">')
    expect((await below.ask('GET', `${v1}/session`, { as: dpo })).statusCode).toBe(200)
    expect((await below.app.inject('/api/v1/session')).statusCode).toBe(404)
    const script = await below.ask('GET', '/assets/a-1.js', { headers: { 'accept-encoding': 'gzip' } })
    expect([script.statusCode, script.headers['content-encoding'], script.headers['cache-control'], script.headers['content-type']]).toEqual([200, 'gzip', 'public, max-age=31536000, immutable', 'text/javascript; charset=utf-8'])
    expect((await below.ask('GET', '/assets/../index.html')).body).toContain('<base')
    expect((await below.ask('GET', '/assets/b.js')).statusCode).toBe(404)
    const token = await below.signIn(dpo)
    expect((await below.app.inject({ method: 'DELETE', url: '/some/path/api/v1/session', headers: { ...ours, cookie: `bailee_session=${token}` } })).headers['set-cookie']).toContain('Path=/some/path;')
  } finally {
    await below.close()
    portal.remove()
  }
})

test('what is no HTTP is answered with a problem; a body that is too long or of another kind too', async () => {
  const listening = await startApi(made.kept.bailee, at)
  const serving = await listenApi(listening.app, { host: '127.0.0.1', port: 0 })
  const said = async (text: string): Promise<string> => {
    const socket = connect(serving.port, '127.0.0.1')
    let answer = ''
    socket.on('data', (piece) => { answer += piece.toString() })
    socket.write(text)
    // Whoever is answered before all was read may be told of that as well.
    await new Promise<void>((resolve) => { socket.on('error', () => undefined).once('close', () => resolve()) })
    return answer
  }
  try {
    expect(await said('this is not HTTP\r\n\r\n')).toMatch(/^HTTP\/1[.]1 400 [^]*application\/problem\+json[^]*"code":"http\/unreadable"/)
    expect(await said(`GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1[.]1 431 [^]*http\/header-overflow/)
    const put = (headers: string, body: string): Promise<string> => said(`POST /api/v1/sign-in/link HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`)
    expect(await put('Content-Type: text/plain\r\n', 'a')).toMatch(/^HTTP\/1[.]1 415 [^]*application\/problem\+json/)
    expect(await put('Content-Type: application/json\r\n', '{')).toMatch(/^HTTP\/1[.]1 400 [^]*application\/problem\+json/)
    expect(await put('Content-Type: application/json\r\n', `"${'a'.repeat(1024 * 1024)}"`)).toMatch(/^HTTP\/1[.]1 413 [^]*application\/problem\+json/)
  } finally {
    await serving.close()
  }
})

test('too many requests are told when to come back', async () => {
  const few = await startApi(made.kept.bailee, at, { requestsPerMinute: 2 })
  try {
    const statuses: unknown[] = []
    for (let time = 0; time < 3; time += 1) { const answer = await few.ask('GET', `${v1}/session`, { as: dpo }); statuses.push([answer.statusCode, answer.headers['retry-after'] === undefined]) }
    expect(statuses).toEqual([[200, true], [200, true], [429, false]])
  } finally {
    await few.close()
  }
})

test('who asks while too many questions wait is told to come again: of their own a 429, of everybody\'s a 503', async () => {
  const inPlace = openPlaces({ atOnce: 1, waiting: 2, waitingOfOne: 1 })
  const real = await openControllers(made.kept.bailee)
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const asked = Promise.withResolvers<undefined>()
  const busy = await startApi(made.kept.bailee, at, { asController: (bailee, of, work, may) => {
    const answer = inPlace(of.account ?? '', () => real(bailee, of, work, may))
    asked.resolve(undefined)
    return answer
  } })
  const first = inPlace('somebody else', () => promise)
  const ask = (role: 'signatory' | 'viewer', controller = 'acme') => busy.ask('GET', `${v1}/instructions`, { as: { role, controller } })
  const waits = ask('signatory')
  // Only when the first one waits may the next be asked: it would take the one place to wait itself.
  await asked.promise
  const tooMany = await ask('signatory')
  expect([tooMany.headers['retry-after'], tooMany.headers['content-type'], tooMany.json()]).toMatchObject(['2', expect.stringContaining('application/problem+json') as string, { status: 429, code: 'controllers/waiting', title: 'Too many requests' }])
  const also = inPlace('a third', async () => undefined)
  const full = await ask('viewer')
  expect([full.headers['retry-after'], full.json()]).toMatchObject(['2', { status: 503, code: 'controllers/busy', title: 'Not now' }])
  resolve(undefined)
  await Promise.all([first, also])
  expect((await waits).statusCode).toBe(200)
  expect((await ask('viewer')).statusCode).toBe(200)
  await busy.close()
})
