import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { changeAccount, closeAccount, issueLink, openAccount, unlinkIdentity, type Account } from '#people'
import { Misuse } from '#kit/errors'
import { freePort } from '#kit/testing'
import { keep, type Kept } from '../composition/testing.ts'
import { openTestProvider, type ProviderPerson as Person, type TestProvider } from '../people/oidc/testing.ts'
import { listenApi, type ServingApi } from './server.ts'
import { openSignIn } from './signIn.ts'
import { startApi } from './testing.ts'

// A real provider (oidc-provider) and a real server, each behind real HTTP; what a browser does between them is done here.

const people: Person[] = [
  { sub: 'dana-at-login', email: 'Dana@processor.example', email_verified: true, roles: ['owner'] }, { sub: 'noa-at-login', email: 'noa@processor.example', email_verified: false },
  { sub: 'martin-at-login', email: 'dpo@acme.example', email_verified: true }, { sub: 'stranger', email: 'stranger@elsewhere.example', email_verified: true }, { sub: 'noa-again', email: 'noa@processor.example', email_verified: true },
]
const clock = (): number => Math.floor(Date.now() / 1000)
let kept: Kept
let provider: TestProvider
let serving: ServingApi
let origin: string

beforeAll(async () => {
  kept = await keep()
  const own = await freePort()
  origin = `http://localhost:${own}`
  provider = await openTestProvider(`${origin}/bailee/api/v1/sign-in/oidc/callback`, people)
  const api = await startApi(kept.bailee, clock(), { clock, origin, base: '/bailee', signIn: openSignIn(kept.own.database, clock, randomBytes, origin), oidc: { name: 'Example Login', ...provider } })
  serving = await listenApi(api.app, { host: '127.0.0.1', port: own })
}, 300_000)
afterAll(async () => {
  provider.close()
  await serving.close()
  await kept.close()
})

/** A browser that follows where it is sent, with cookies of each origin. */
class Visitor {
  readonly cookies = new Map<string, string>()
  /** Where it came to an end, or `until` matched and was not asked for. */
  async go(address: string, until = /^$/): Promise<string> {
    for (let hops = 0, at = address; hops < 12; hops += 1) {
      if (until.test(at)) return at
      const { origin: of } = new URL(at)
      const answer = await fetch(at, { redirect: 'manual', headers: { cookie: [...this.cookies].filter(([name]) => name.startsWith(`${of} `)).map(([name, value]) => `${name.slice(of.length + 1)}=${value}`).join('; ') } })
      for (const line of answer.headers.getSetCookie()) { const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []; if (value === '' || /Max-Age=0/.test(line)) this.cookies.delete(`${of} ${name}`); else this.cookies.set(`${of} ${name}`, value) }
      await answer.body?.cancel()
      const location = answer.headers.get('location')
      if (location === null) return `${answer.status} ${at}`
      at = new URL(location, at).href
    }
    throw new Error('sent about without an end')
  }
  signIn(as: Person | null | undefined, until?: RegExp): Promise<string> {
    provider.next = as ?? null
    return this.go(`${origin}/bailee/api/v1/sign-in/oidc/start`, until)
  }
  async who(): Promise<unknown> {
    const session = this.cookies.get(`${origin} bailee_session`)
    const answer = await fetch(`${origin}/bailee/api/v1/session`, { headers: { cookie: `bailee_session=${session ?? ''}` } })
    const { account, roles, code } = await answer.json() as { account?: { id: string }; roles?: string[]; code?: string }
    return account === undefined ? code : [account.id, roles]
  }
}

const [dana, noa, martin, stranger, noaAgain] = people as [Person, Person, Person, Person, Person]
const invite = (account: Account): Promise<unknown> => issueLink({ database: kept.own.database, now: clock() }, account.id, randomBytes)
const failedAs = (code: string): string => `200 ${origin}/bailee/sign-in#problem=${encodeURIComponent(code)}`
const open = (who: string, role: 'dpo' | 'engineer'): Promise<Account> => openAccount(kept.ledger, { who, role }, clock(), randomBytes)

test('whoever was invited is linked once by a verified address, then known by issuer and subject; what a token says of roles is not read', async () => {
  const account = await open('dana', 'dpo')
  const visitor = new Visitor()
  expect(await visitor.signIn(dana)).toBe(failedAs('oidc/no-account'))
  await invite(account)
  expect(await visitor.signIn(dana)).toBe(`200 ${origin}/bailee/`)
  expect(await visitor.who()).toEqual([account.id, ['dpo']])
  expect([...visitor.cookies.keys()].filter((name) => name.startsWith(origin))).toEqual([`${origin} bailee_session`])
  await changeAccount(kept.ledger, { account: account.id, role: 'engineer' }, clock())
  expect(await visitor.who()).toBe('request/not-signed-in')
  expect(await new Visitor().signIn(dana), 'linked: no invitation is asked for any more').toBe(`200 ${origin}/bailee/`)
  const entries = await kept.ledger.read(0, { types: ['account.identity_linked'] })
  expect(JSON.stringify(entries.map(({ parts }) => parts))).not.toMatch(/dana-at-login|127\.0\.0\.1|processor\.example/)
  await unlinkIdentity(kept.ledger, account.id, clock())
  expect(await new Visitor().signIn(dana)).toBe(failedAs('oidc/no-account'))
  await invite(account)
  expect(await new Visitor().signIn(dana)).toBe(`200 ${origin}/bailee/`)
  await closeAccount(kept.ledger, account.id, clock())
  expect(await new Visitor().signIn(dana)).toBe(failedAs('oidc/no-account'))
  const another = await open('dana', 'dpo')
  await invite(another)
  const returned = new Visitor()
  expect([await returned.signIn(dana), await returned.who()], 'whoever is given another account is linked to that').toEqual([`200 ${origin}/bailee/`, [another.id, ['dpo']]])
  await kept.green()
}, 300_000)

test('an address that is not verified, of nobody, or of somebody linked already links nothing; a signatory is linked to their own account', async () => {
  const account = await open('noa', 'engineer')
  await invite(account)
  expect(await new Visitor().signIn(noa)).toBe(failedAs('oidc/no-account'))
  expect(await new Visitor().signIn(stranger)).toBe(failedAs('oidc/no-account'))
  expect(await new Visitor().signIn(noaAgain)).toBe(`200 ${origin}/bailee/`)
  await invite(account)
  people.push({ sub: 'noa-thrice', email: 'noa@processor.example', email_verified: true })
  expect(await new Visitor().signIn(people.at(-1))).toBe(failedAs('oidc/no-account'))
  const signatory = await openAccount(kept.ledger, { who: 'C. Martin', role: 'signatory', controller: { id: 'acme', slot: kept.slot } }, clock(), randomBytes)
  await invite(signatory)
  const visitor = new Visitor()
  await visitor.signIn(martin)
  expect(await visitor.who()).toEqual([signatory.id, ['signatory']])
  await kept.green()
}, 300_000)

test('an answer is taken once, in the browser that asked, for what was asked; a no is a no', async () => {
  const [visitor, other] = [new Visitor(), new Visitor()]
  expect(await visitor.signIn(null)).toBe(failedAs('oidc/refused'))
  const callback = await visitor.signIn(noaAgain, /oidc\/callback\?/)
  expect(await other.go(callback), 'in another browser').toBe(failedAs('oidc/not-begun'))
  expect(await visitor.go(callback), 'used up by that').toBe(failedAs('oidc/not-begun'))
  const [mine, theirs] = [await visitor.signIn(noaAgain, /oidc\/callback\?/), await other.signIn(noaAgain, /oidc\/callback\?/)]
  const mixed = new URL(mine)
  mixed.searchParams.set('code', new URL(theirs).searchParams.get('code') ?? '')
  expect(await visitor.go(mixed.href), 'with the code of another sign-in, for which it has no verifier').toBe(failedAs('oidc/not-fitting'))
  const from = new URL(await visitor.signIn(noaAgain, /oidc\/callback\?/))
  from.searchParams.set('iss', 'https://elsewhere.example')
  expect(await visitor.go(from.href), 'of another issuer').toBe(failedAs('oidc/not-fitting'))
  const good = await visitor.signIn(noaAgain, /oidc\/callback\?/)
  expect(await visitor.go(good)).toBe(`200 ${origin}/bailee/`)
  expect(await visitor.go(good)).toBe(failedAs('oidc/not-begun'))
  expect(await (await fetch(`${origin}/bailee/api/v1/sign-in/ways`)).json()).toEqual({ passkeys: true, oidc: { name: 'Example Login' } })
}, 300_000)

test('a provider that does not answer is said so; one that others could stand in for is not taken; without one there is no way', async () => {
  const start = (oidc?: { name: string; issuer: string; clientId: string }): Promise<Awaited<ReturnType<typeof startApi>>> => startApi(kept.bailee, clock(), { clock, oidc })
  const silent = await start({ name: 'a', issuer: `http://127.0.0.1:${await freePort()}`, clientId: 'bailee' })
  expect((await silent.ask('GET', '/api/v1/sign-in/oidc/start')).headers['location']).toBe('/sign-in#problem=oidc%2Funreachable')
  await silent.close()
  await expect(start({ name: 'a', issuer: 'http://login.example.org', clientId: 'bailee' })).rejects.toThrow(Misuse)
  const none = await start()
  expect([(await none.ask('GET', '/api/v1/sign-in/oidc/start')).statusCode, (await none.ask('GET', '/api/v1/sign-in/oidc/callback')).statusCode, (await none.ask('GET', '/api/v1/sign-in/ways')).json()]).toEqual([404, 404, { passkeys: true, oidc: null }])
  await none.close()
})
