import { randomBytes } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { changeAccount, issueLink, openAccount, openOwner } from '#people'
import { begun, keep, type Kept } from '../composition/testing.ts'
import { openSignIn } from './signIn.ts'
import { ours, startApi, type TestApi } from './testing.ts'
import { addressKey, networkKey, openTries } from './tries.ts'

let kept: Kept
let api: TestApi
beforeEach(async () => {
  kept = await keep()
  api = await startApi(kept.bailee, begun, { signIn: openSignIn(kept.own.database, () => begun, randomBytes, 'http://localhost:8443') })
})
afterEach(async () => { await api.close(); await kept.close() })

const linkOf = async (account: string): Promise<string> => (await issueLink({ database: kept.own.database, now: begun }, account, randomBytes)).token
const follow = (token: string): ReturnType<TestApi['ask']> => api.ask('POST', '/api/v1/sign-in/link', { body: { token } })
const cookieOf = async (account: string): Promise<string> => {
  const answered = await follow(await linkOf(account))
  return `bailee_session=${answered.cookies.find(({ name }) => name === 'bailee_session')?.value ?? ''}`
}
const session = (cookie: string): ReturnType<TestApi['ask']> => api.ask('GET', '/api/v1/session', { headers: { cookie } })

describe('signing in over HTTP', () => {
  test('a link is good once; the session outlives the server and ends when signed out', async () => {
    const owner = await openOwner(kept.ledger, begun, randomBytes)
    const token = await linkOf(owner.id)
    const first = await follow(token)
    expect([first.statusCode, (await follow(token)).statusCode]).toEqual([200, 401])
    const cookie = `bailee_session=${first.cookies[0]?.value ?? ''}`
    expect((await session(cookie)).json()).toMatchObject({ account: { id: 'owner', name: 'Owner' }, roles: ['owner'], controller: null })
    await api.close()
    api = await startApi(kept.bailee, begun, { signIn: openSignIn(kept.own.database, () => begun, randomBytes, 'http://localhost:8443') })
    expect((await session(cookie)).statusCode).toBe(200)
    expect((await api.ask('DELETE', '/api/v1/session', { headers: { ...ours, cookie } })).statusCode).toBe(200)
    expect((await session(cookie)).statusCode).toBe(401)
  })

  test('over TLS the cookie is one that no neighbour of the domain can put there, and no other is taken', async () => {
    const owner = await openOwner(kept.ledger, begun, randomBytes)
    for (const [base, name, path] of [['', '__Host-bailee_session', '/'], ['/bailee', '__Secure-bailee_session', '/bailee']] as const) {
      const behind = await startApi(kept.bailee, begun, { origin: 'https://bailee.example', base, signIn: openSignIn(kept.own.database, () => begun, randomBytes, `https://bailee.example${base}/`) })
      const answered = await behind.ask('POST', '/api/v1/sign-in/link', { body: { token: await linkOf(owner.id) } })
      expect(answered.cookies).toMatchObject([{ name, path, secure: true, httpOnly: true, sameSite: 'Strict' }])
      const asked = async (cookie: string): Promise<number> => (await behind.ask('GET', '/api/v1/session', { headers: { cookie } })).statusCode
      const { value } = answered.cookies[0]!
      expect([await asked(`bailee_session=${value}`), await asked(`bailee_session=x; ${name}=${value}`)]).toEqual([401, 200])
      expect((await behind.ask('DELETE', '/api/v1/session', { headers: { ...ours, cookie: `${name}=${value}` } })).headers['set-cookie']).toMatch(new RegExp(`^${name}=; .*Secure`))
      await behind.close()
    }
  })

  test('a viewer is of its controller; another role ends what was begun under the one before', async () => {
    const viewer = await openAccount(kept.ledger, { who: 'A. Petit', role: 'viewer', controller: { id: 'acme', slot: kept.slot } }, begun, randomBytes)
    const cookie = await cookieOf(viewer.id)
    expect((await session(cookie)).json()).toMatchObject({ roles: ['viewer'], controller: { id: 'acme' } })
    const analyst = await openAccount(kept.ledger, { who: 'noa', role: 'analyst' }, begun, randomBytes)
    const before = await cookieOf(analyst.id)
    expect((await session(before)).json()).toMatchObject({ roles: ['analyst'], controller: null })
    await changeAccount(kept.ledger, { account: analyst.id, role: 'engineer' }, begun)
    expect((await session(before)).statusCode).toBe(401)
    expect((await session(cookie)).statusCode).toBe(200)
  })

  test('where more addresses try than are counted, nobody new is kept out but with the network they are in', () => {
    const tries = openTries({ same: 1, address: 2 }, 4)
    const taken = (ip: string, same?: string): boolean => { try { tries.take({ ip } as FastifyRequest, 60, same); return true } catch { return false } }
    expect([1, 2, 3, 4].map((one) => taken(`192.0.2.${one}`))).toEqual([true, true, true, true])
    expect(['198.51.100.1', '198.51.100.2', '198.51.100.3', '203.0.113.1', '2001:db8:1:1::1', '2001:db8:1:2::1', '2001:db8:1:3::1', '2001:db8:2::1'].map((ip) => taken(ip, 'one'))).toEqual([true, true, false, true, true, true, false, true])
    expect([1, 2, 3].map(() => taken('192.0.2.1')), 'those that are counted stay so').toEqual([true, false, false])
    expect([1, 2, 3].map(() => taken('2001:db8:3::1')), 'where networks are full, too').toEqual([true, true, true])
    expect(['::ffff:192.0.2.7', '2001:db8:1:2:3::', 'elsewhere'].map(networkKey)).toEqual(['192.0.2.0/24', '2001:db8:1::/48', 'elsewhere'])
  })

  test('tries are counted by address and by what is tried from there: nobody behind a proxy that is named keeps others out, and nobody who is not named says where they are', async () => {
    const owner = await openOwner(kept.ledger, begun, randomBytes)
    const reported: string[] = []
    const signIn = openSignIn(kept.own.database, () => begun, randomBytes, 'http://localhost:8443')
    const limits = { signIn, triesPerMinute: { same: 2, address: 4 }, report: (problem: string) => { reported.push(problem) } }
    const open = { proxied: await startApi(kept.bailee, begun, { ...limits, trustedProxies: ['127.0.0.1', '10.0.0.0/8'] }), alone: await startApi(kept.bailee, begun, limits) }
    const tried = async (which: keyof typeof open, forwarded: string, token: string, remoteAddress = '127.0.0.1'): Promise<number> => (await open[which].app.inject({ method: 'POST', url: '/api/v1/sign-in/link', remoteAddress, headers: { ...ours, 'x-forwarded-for': forwarded }, payload: { token } })).statusCode
    const all = async (asks: readonly (readonly [which: keyof typeof open, forwarded: string, token: string, remote?: string])[]): Promise<number[]> => { const found: number[] = []; for (const [which, forwarded, token, remote] of asks) found.push(await tried(which, forwarded, token.padEnd(20, '-'), remote)); return found }
    expect(await all([1, 2, 3].map(() => ['proxied', '192.0.2.1', 'one'] as const))).toEqual([401, 401, 429])
    expect(await all([['proxied', '192.0.2.2', 'one'], ['proxied', '192.0.2.1, 10.1.2.3', 'two'], ['proxied', '192.0.2.1', 'three'], ['proxied', '192.0.2.2', await linkOf(owner.id)]]), 'another address is not kept out').toEqual([401, 401, 429, 200])
    expect(await all([1, 2, 3, 4, 5].map((one) => ['proxied', `2001:db8:1:2::${one}`, `six${one}`] as const)), 'a network of IPv6 is one').toEqual([401, 401, 401, 401, 429])
    expect(await all([1, 2, 3, 4, 5].map((one) => ['proxied', `192.0.2.${one}`, `far${one}`, '198.51.100.9'] as const)), 'one that nobody named').toEqual([401, 401, 401, 401, 429])
    expect(await all([1, 2, 3, 4, 5].map((one) => ['alone', `192.0.2.${one}`, `far${one}`] as const))).toEqual([401, 401, 401, 401, 429])
    expect(reported).toEqual([expect.stringContaining('trust_proxy in sign-in.yaml')])
    for (const one of Object.values(open)) await one.close()
    expect(['::ffff:192.0.2.7', '192.0.2.7', '::1', '2001:db8::1', '2001:db8:0:0:1::', '2001:db8:1:2:3:4:5:6', 'fe80::1%eth0'].map(addressKey)).toEqual(['192.0.2.7', '192.0.2.7', '0:0:0:0::/64', '2001:db8:0:0::/64', '2001:db8:0:0::/64', '2001:db8:1:2::/64', 'fe80:0:0:0::/64'])
  })
})
