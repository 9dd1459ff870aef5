import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { changeAccount, issueLink, openAccount, openOwner } from '#people'
import { begun, keep, type Kept } from '../composition/testing.ts'
import { openSignIn } from './signIn.ts'
import { ours, startApi, type TestApi } from './testing.ts'

let kept: Kept
let api: TestApi
beforeEach(async () => {
  kept = await keep()
  api = await startApi(kept.bailee, begun, { signIn: openSignIn(kept.own.database, () => begun, randomBytes) })
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
    api = await startApi(kept.bailee, begun, { signIn: openSignIn(kept.own.database, () => begun, randomBytes) })
    expect((await session(cookie)).statusCode).toBe(200)
    expect((await api.ask('DELETE', '/api/v1/session', { headers: { ...ours, cookie } })).statusCode).toBe(200)
    expect((await session(cookie)).statusCode).toBe(401)
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
})
