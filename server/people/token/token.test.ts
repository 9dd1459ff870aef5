import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rows, sql } from '#database'
import { day } from '#kit/time'
import { begun, keep, type Kept } from '../../composition/testing.ts'
import { allTokens, changeAccount, closeAccount, findToken, isGood, issueToken, openAccount, revokeToken, type Account } from '../index.ts'

let kept: Kept
let account: Account
beforeAll(async () => {
  kept = await keep()
  account = await openAccount(kept.ledger, { who: 'noa', role: 'analyst' }, begun, randomBytes)
})
afterAll(() => kept.close())

const issue = (more: Partial<Parameters<typeof issueToken>[1]> = {}): ReturnType<typeof issueToken> => issueToken(kept.ledger, { account: account.id, name: 'Nightly export', scopes: ['findings:read', 'copies:read'], until: begun + 30 * day, by: account.id, now: begun, ...more }, begun, randomBytes)
const of = async (token: string, now = begun): Promise<string | undefined> => (await findToken({ database: kept.own.database, now }, token))?.token.id

test('a token is shown once and kept as a hash; it is good until its day, or until it is revoked, and says when it was used', async () => {
  const [made, other] = [await issue(), await issue()]
  expect(made.token).toMatch(/^bailee_[A-Za-z0-9_-]{43}$/)
  expect([await of(made.token), await of(made.token, made.until), await of(made.token.slice(7)), await of(`${made.token}x`)]).toEqual([made.id, undefined, undefined, undefined])
  await of(made.token, begun + day)
  await of(made.token, begun + day + 30)
  expect(await allTokens(kept.own.database, account.id)).toMatchObject([made, other].sort((one, two) => (one.id < two.id ? -1 : 1)).map(({ id }) => ({ id, name: 'Nightly export', scopes: ['copies:read', 'findings:read'], usedAt: id === made.id ? begun + day : null })))
  await revokeToken(kept.ledger, { id: other.id, by: 'owner' }, begun)
  expect([await of(other.token), await of(made.token)]).toEqual([undefined, made.id])
  await expect(revokeToken(kept.ledger, { id: other.id, by: 'owner' }, begun)).rejects.toThrow(/is good/)
  const stored = JSON.stringify([await rows(kept.own.database, sql`select * from api_token`), (await kept.ledger.read(0, { types: ['token.issued', 'token.revoked'] })).map(({ parts }) => parts)])
  expect(stored).toContain('Nightly export')
  expect(stored).not.toContain(made.token.slice(7))
  await kept.green()
})

test.each<[string, Partial<Parameters<typeof issueToken>[1]>, RegExp]>([
  ['without a name', { name: ' ' }, /name/], ['for nothing', { scopes: [] }, /scopes/], ['that is over', { until: begun }, /a day to come/], ['for longer than a year', { until: begun + 400 * day }, /at the latest/], ['of nobody', { account: 'nobody' }, /no account nobody/],
])('none is made %s', async (_what, more, message) => {
  await expect(issue(more)).rejects.toThrow(message)
})

test('what changes an account ends its tokens; what closes it too', async () => {
  const before = await issue()
  await changeAccount(kept.ledger, { account: account.id, role: 'engineer' }, begun)
  const after = await issue()
  expect([await of(before.token), await of(after.token)]).toEqual([undefined, after.id])
  // What a list says of them is what whoever sends them meets.
  const good = async (now = begun): Promise<unknown> => { const all = await allTokens(kept.own.database, account.id); return [before, after].map(({ id }) => all.filter((one) => one.id === id).map((one) => isGood(one, now))[0]) }
  expect(await good()).toEqual([false, true])
  await changeAccount(kept.ledger, { account: account.id, role: 'auditor', endsAt: begun + 5 * day }, begun)
  const short = await issue({ scopes: ['findings:read'], until: begun + 5 * day })
  const told = (await allTokens(kept.own.database, account.id)).find(({ id }) => id === short.id)
  expect([told, told === undefined ? undefined : isGood(told, begun + 5 * day - 1), told === undefined ? undefined : isGood({ ...told, expiresAt: begun + 9 * day }, begun + 5 * day), await good()]).toMatchObject([{ ended: false, accountEndsAt: begun + 5 * day }, true, false, [false, false]])
  await closeAccount(kept.ledger, account.id, begun)
  expect([await of(short.token), (await allTokens(kept.own.database, account.id)).some((one) => isGood(one, begun))]).toEqual([undefined, false])
  await kept.green()
})

test('of more tokens than are listed each is ended by its id, and those that are good are listed first', async () => {
  const other = await openAccount(kept.ledger, { who: 'dana', role: 'analyst' }, begun, randomBytes)
  const made = await issue({ account: other.id, by: other.id })
  await rows(kept.own.database, sql`insert into api_token (id, slot, account, account_version, name, scopes, token_sha256, issued_by, issued_at, expires_at, revoked_at)
    select 'many-' || n, 0, ${other.id}, 0, 'many', '{findings:read}', 'many-' || n, 'x', ${begun + 1}::bigint + n, ${begun + day}::bigint, case when n % 2 = 0 then ${begun + 1}::bigint + n end from generate_series(1, 2200) n`)
  const listed = await allTokens(kept.own.database)
  expect([listed.length, listed.some(({ id }) => id === made.id), listed.every(({ revokedAt, ended }) => revokedAt === null && !ended)]).toEqual([1_000, false, true])
  await revokeToken(kept.ledger, { id: made.id, by: 'owner' }, begun)
  expect(await of(made.token)).toBeUndefined()
  await rows(kept.own.database, sql`delete from api_token where name = 'many'`)
  await kept.green()
})
