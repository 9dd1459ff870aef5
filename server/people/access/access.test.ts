import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { rows, sql } from '#database'
import { day } from '#kit/time'
import { begun, keep, type Kept } from '../../composition/testing.ts'
import { allAccounts, allPeople, beginSession, changeAccount, closeAccount, endSession, endSessionOf, findSession, issueLink, nameAccount, openAccount, openOwner, redeemLink, sessionsOf, type Account } from '../index.ts'

let kept: Kept
beforeEach(async () => { kept = await keep() })
afterEach(() => kept.close())

const asking = (now = begun): { database: Kept['own']['database']; now: number } => ({ database: kept.own.database, now })
const open = (role: Account['role'], more: Partial<Parameters<typeof openAccount>[1]> = {}): Promise<Account> => openAccount(kept.ledger, { who: 'noa', role, ...more }, begun, randomBytes)
const acme = (): { id: string; slot: number } => ({ id: 'acme', slot: kept.slot })
const signIn = async (id: string): Promise<string> => (await beginSession(asking(), id, { random: randomBytes, way: 'link' })).token
const signedIn = async (token: string, now = begun): Promise<string | undefined> => (await findSession(asking(now), token))?.account.id

describe('accounts', () => {
  test('are a fold of the ledger: staff in the common log, a controller\'s own people in its own, names sealed as those of people', async () => {
    const staff = await open('engineer')
    const signatory = await open('signatory', { who: 'C. Martin', controller: acme() })
    await changeAccount(kept.ledger, { account: staff.id, role: 'auditor', endsAt: begun + day }, begun)
    await closeAccount(kept.ledger, signatory.id, begun)
    expect(await allAccounts(kept.own.database)).toMatchObject([staff, signatory].sort((one, other) => (one.id < other.id ? -1 : 1)).map(({ id }) => (id === staff.id ? { id, slot: 0, role: 'auditor', name: 'Noa', endsAt: begun + day } : { id, slot: kept.slot, controller: 'acme', closedAt: begun })))
    expect((await kept.ledger.read(0, { types: ['account.opened'] })).map(({ parts }) => Object.keys(parts))).toEqual([['people']])
    expect((await kept.ledger.read(kept.slot, { types: ['account.opened', 'account.closed'] })).map(({ type }) => type)).toEqual(['account.opened', 'account.closed'])
    await kept.green()
  })

  test.each<[string, Partial<Parameters<typeof openAccount>[1]> & { role: Account['role'] }, RegExp]>([
    ['an auditor without an end', { role: 'auditor' }, /a day that is said beforehand/],
    ['an end that is over', { role: 'auditor', endsAt: begun }, /over already/],
    ['somebody who is not declared', { role: 'dpo', who: 'nobody' }, /nobody with id nobody/],
    ['staff as a viewer', { role: 'viewer' }, /staff may be/],
    ['a client as an owner', { role: 'owner', controller: { id: 'acme', slot: 1 } }, /not owner/],
    ['a signatory who was not declared', { role: 'signatory', controller: { id: 'acme', slot: 1 } }, /not a signatory of acme/],
  ])('refuse %s, and record nothing', async (_what, more, message) => {
    await expect(open(more.role, more)).rejects.toThrow(message)
    expect(await allAccounts(kept.own.database)).toEqual([])
  })

  test('are one a person, and an owner is always left', async () => {
    const owner = await openOwner(kept.ledger, begun, randomBytes)
    expect(await openOwner(kept.ledger, begun, randomBytes)).toEqual(owner)
    await expect(closeAccount(kept.ledger, owner.id, begun)).rejects.toMatchObject({ code: 'people/last-owner' })
    const noa = await open('owner')
    await expect(open('dpo')).rejects.toMatchObject({ code: 'people/has-account' })
    await closeAccount(kept.ledger, owner.id, begun)
    await expect(changeAccount(kept.ledger, { account: noa.id, role: 'dpo' }, begun)).rejects.toMatchObject({ code: 'people/last-owner' })
  })

  test('are still one a person, and an owner still left, whoever does the same at the same moment', async () => {
    const outcomes = async (works: readonly Promise<unknown>[]): Promise<string[]> => (await Promise.allSettled(works)).map((one) => (one.status === 'fulfilled' ? 'done' : (one.reason as { code: string }).code)).sort()
    expect(await outcomes([1, 2, 3, 4].map(() => open('owner')))).toEqual(['done', 'people/has-account', 'people/has-account', 'people/has-account'])
    await open('owner', { who: 'dana' })
    const all = await allAccounts(kept.own.database)
    expect(await outcomes(all.map(({ id }, number) => (number === 1 ? changeAccount(kept.ledger, { account: id, role: 'dpo' }, begun) : closeAccount(kept.ledger, id, begun))))).toEqual(['done', 'people/last-owner'])
    expect((await allAccounts(kept.own.database)).filter(({ role, closedAt }) => role === 'owner' && closedAt === null)).toHaveLength(1)
    await kept.green()
  })

  test('of a first owner are of somebody, so that what is done is recorded under somebody; who that is, is said later', async () => {
    const made = await Promise.all([1, 2, 3].map(() => openOwner(kept.ledger, begun, randomBytes)))
    expect(made.map(({ id, person }) => [id, person])).toEqual([['owner', 'owner'], ['owner', 'owner'], ['owner', 'owner']])
    expect((await allPeople(kept.own.database)).find(({ id }) => id === 'owner')).toMatchObject({ name: 'Owner', contact: 'not told', role: 'owner' })
    const session = await signIn('owner')
    await open('dpo')
    await expect(nameAccount(kept.ledger, { account: 'owner', person: 'noa' }, begun)).rejects.toMatchObject({ code: 'people/has-account' })
    expect(await nameAccount(kept.ledger, { account: 'owner', person: 'dana' }, begun)).toMatchObject({ person: 'dana', name: 'Dana' })
    expect(await signedIn(session)).toBeUndefined()
    // As those were that were opened before owners were somebody.
    await kept.ledger.append({ slot: 0, type: 'account.closed', at: begun, parts: { evidence: { account: 'owner' } } })
    await kept.ledger.append({ slot: 0, type: 'account.opened', at: begun, parts: { people: { id: 'owner-of-before', name: 'Owner', role: 'owner', person: null, controller: null, endsAt: null } } })
    expect(await openOwner(kept.ledger, begun, randomBytes)).toMatchObject({ id: 'owner-of-before', person: expect.stringMatching(/^owner-[0-9a-f]{12}$/) as string })
    await kept.green()
  })
})

describe('links', () => {
  test('sign in once, whoever tries at the same moment, and are kept as a hash alone', async () => {
    const { id } = await open('dpo')
    const { token } = await issueLink(asking(), id, randomBytes)
    const tried = await Promise.all([1, 2, 3].map(() => redeemLink(asking(), token, randomBytes)))
    const [only, ...others] = tried.filter((one) => one !== undefined)
    expect(others).toEqual([])
    expect(await signedIn(only?.token ?? '')).toBe(id)
    const stored = JSON.stringify(await rows(kept.own.database, sql`select * from account_link, account_session`))
    expect(stored).toContain(id)
    for (const shown of [token, only?.token ?? 'none']) expect(stored).not.toContain(shown)
  })

  test('are worth nothing after their time, or once the account was changed or closed', async () => {
    const { id } = await open('dpo')
    const [late, old] = [await issueLink(asking(), id, randomBytes), await issueLink(asking(), id, randomBytes)]
    expect(await redeemLink(asking(late.until), late.token, randomBytes)).toBeUndefined()
    await changeAccount(kept.ledger, { account: id, role: 'analyst' }, begun)
    expect(await redeemLink(asking(), old.token, randomBytes)).toBeUndefined()
    const last = await issueLink(asking(), id, randomBytes)
    await closeAccount(kept.ledger, id, begun)
    expect(await redeemLink(asking(), last.token, randomBytes)).toBeUndefined()
    await expect(issueLink(asking(), id, randomBytes)).rejects.toThrow(/no account .* is open/)
  })
})

describe('sessions', () => {
  test('end when they lie idle, after half a day however much they are used, and when somebody ends them', async () => {
    const { id } = await open('dpo')
    const [idle, used, out] = [await signIn(id), await signIn(id), await signIn(id)]
    expect(await sessionsOf(asking(), id)).toHaveLength(3)
    await endSession(asking(), out)
    expect(await signedIn(out)).toBeUndefined()
    for (let hours = 1; hours < 12; hours += 1) expect(await signedIn(used, begun + hours * 3_600)).toBe(id)
    expect(await signedIn(used, begun + day / 2)).toBeUndefined()
    expect(await signedIn(idle, begun + 2 * 3_600)).toBeUndefined()
    const [left] = await sessionsOf(asking(begun + 11 * 3_600))
    await endSessionOf(asking(), left?.id ?? '')
    expect(await signedIn(used, begun + 11 * 3_600)).toBeUndefined()
  })

  test('end at once when the account is closed, gets another role, comes to its end, or its person leaves', async () => {
    const viewer = await open('viewer', { who: 'A. Petit', controller: acme() })
    const auditor = await open('auditor', { who: 'dana', endsAt: begun + 60 })
    const analyst = await open('analyst')
    const [ofViewer, ofAuditor, before] = [await signIn(viewer.id), await signIn(auditor.id), await signIn(analyst.id)]
    await closeAccount(kept.ledger, viewer.id, begun)
    await changeAccount(kept.ledger, { account: analyst.id, role: 'engineer' }, begun)
    expect([await signedIn(ofViewer), await signedIn(before), await signedIn(ofAuditor)]).toEqual([undefined, undefined, auditor.id])
    expect(await signedIn(ofAuditor, begun + 60)).toBeUndefined()
    const after = await signIn(analyst.id)
    expect(await signedIn(after)).toBe(analyst.id)
    await kept.ledger.append({ slot: 0, type: 'people.left', at: begun + 1, parts: { evidence: { person: 'noa' } } })
    expect(await signedIn(after)).toBeUndefined()
    await kept.green()
  })
})
