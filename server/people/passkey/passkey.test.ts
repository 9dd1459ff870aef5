import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rows, sql } from '#database'
import { begun, keep, type Kept } from '../../composition/testing.ts'
import { boundBegun } from '../begun/store.ts'
import { makeAuthenticator, type Authenticator } from '../testing.ts'
import { beginRegistration, beginSignIn, beginSigning, changeAccount, closeAccount, finishRegistration, finishSignIn, finishSigning, openAccount, passkeysOf, relyingPartyAt, removePasskey, renamePasskey, sessionsOf, type Account, type Passkey } from '../index.ts'

const origin = 'https://bailee.example'
const party = relyingPartyAt(new URL(origin), 'Bailee')
let kept: Kept
let signatory: Account
let staff: Account
beforeAll(async () => {
  kept = await keep()
  signatory = await openAccount(kept.ledger, { who: 'C. Martin', role: 'signatory', controller: { id: 'acme', slot: kept.slot } }, begun, randomBytes)
  staff = await openAccount(kept.ledger, { who: 'noa', role: 'dpo' }, begun, randomBytes)
})
afterAll(() => kept.close())

const asking = (now = begun): { database: Kept['own']['database']; now: number } => ({ database: kept.own.database, now })
async function register(account: Account, authenticator: Authenticator, { name = 'Telephone', wrong = {}, now = begun }: { name?: string; wrong?: Parameters<Authenticator['create']>[1]; now?: number } = {}): Promise<Passkey> {
  const options = await beginRegistration(asking(), account, { party, random: randomBytes })
  return finishRegistration(kept.ledger, { account, party, response: authenticator.create(options, wrong), name }, now)
}
const signIn = async (authenticator: Authenticator, wrong: Parameters<Authenticator['get']>[1] = {}, now = begun): Promise<string> => {
  const options = await beginSignIn(asking(), { party, random: randomBytes })
  return (await finishSignIn(asking(now), { party, response: authenticator.get(options, wrong) }, randomBytes)).account.id
}
const made = async (account: Account): Promise<string[]> => (await passkeysOf(kept.own.database, account.id)).map(({ name }) => name)

test('several passkeys of each kind: made, named, used, removed; the ledger holds the hash of each key and nothing of whose it is', async () => {
  const devices = [makeAuthenticator(origin), makeAuthenticator(origin, { kind: 'Ed25519', counts: true }), makeAuthenticator(origin, { kind: 'RSA' })] as const
  for (const [index, device] of devices.entries()) await register(signatory, device, { name: `Device ${index}` })
  await renamePasskey(asking(), { account: signatory.id, id: devices[1].id, name: ' Key ring ' })
  expect(await made(signatory)).toEqual(expect.arrayContaining(['Device 0', 'Key ring', 'Device 2']))
  for (const device of [...devices, devices[1]]) expect(await signIn(device)).toBe(signatory.id)
  expect((await sessionsOf(asking(), signatory.id)).map(({ way }) => way)).toEqual(['passkey', 'passkey', 'passkey', 'passkey'])
  await removePasskey(kept.ledger, { account: signatory.id, id: devices[2].id }, begun)
  await expect(signIn(devices[2])).rejects.toMatchObject({ code: 'passkey/unknown' })
  await expect(register(signatory, devices[2])).rejects.toMatchObject({ code: 'passkey/known' })
  const entries = await kept.ledger.read(kept.slot, { types: ['account.passkey_registered', 'account.passkey_removed'] })
  expect(entries.map(({ type, parts }) => [type, Object.keys(parts['evidence'] as object)])).toEqual([...[1, 2, 3].map(() => ['account.passkey_registered', ['account', 'key_sha256']]), ['account.passkey_removed', ['account', 'key_sha256']]])
  await kept.green()
})

test('what was not asked for, is too late, is for another address, or shows nobody, registers nothing', async () => {
  const size = await kept.ledger.size(0)
  const wrong: Parameters<Authenticator['create']>[1][] = [{ origin: 'https://elsewhere.example' }, { origin: 'https://bailee.example:8443' }, { origin: 'http://bailee.example' }, { host: 'elsewhere.example' }, { flags: 0x41 }, { type: 'webauthn.get' }, { challenge: randomBytes(32).toString('base64url') }, { crossOrigin: true }]
  for (const one of wrong) await expect(register(staff, makeAuthenticator(origin), { wrong: one }), JSON.stringify(one)).rejects.toMatchObject({ code: 'passkey/not-fitting' })
  await expect(register(staff, makeAuthenticator(origin), { now: begun + 301 })).rejects.toMatchObject({ code: 'passkey/not-fitting' })
  await expect(register(staff, makeAuthenticator(origin), { name: ' ' })).rejects.toThrow(/1 to 60 characters/)
  const [device, options] = [makeAuthenticator(origin), await beginRegistration(asking(), staff, { party, random: randomBytes })]
  await expect(finishRegistration(kept.ledger, { account: signatory, party, response: device.create(options), name: 'a' }, begun)).rejects.toMatchObject({ code: 'passkey/not-fitting' })
  await expect(finishRegistration(kept.ledger, { account: staff, party, response: device.create(options), name: 'a' }, begun)).rejects.toMatchObject({ code: 'passkey/not-fitting' })
  expect([await made(staff), await kept.ledger.size(0)]).toEqual([[], size])
})

test('signing in is refused to an answer of another time, address or account, twice, to a passkey that counts backwards, and to one that somebody put beside the ledger', async () => {
  const device = makeAuthenticator(origin, { counts: true })
  await register(staff, device)
  expect(await signIn(device)).toBe(staff.id)
  for (const wrong of [{ origin: 'https://elsewhere.example' }, { host: 'elsewhere.example' }, { flags: 1 }, { challenge: randomBytes(32).toString('base64url') }, { userHandle: Buffer.from(signatory.id).toString('base64url') }, { counter: 1 }]) await expect(signIn(device, wrong), JSON.stringify(wrong)).rejects.toMatchObject({ code: 'passkey/not-fitting' })
  await expect(signIn(device, {}, begun + 301)).rejects.toMatchObject({ code: 'passkey/not-fitting' })
  const response = device.get(await beginSignIn(asking(), { party, random: randomBytes }))
  const tried = await Promise.allSettled([1, 2].map(() => finishSignIn(asking(), { party, response }, randomBytes)))
  expect(tried.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  await rows(kept.own.database, sql`insert into passkey_credential select 'b3RoZXI', repeat('0', 64), account, public_key, 0, transports, backed_up, name from passkey_credential where id = ${device.id}`)
  await expect(signIn({ ...device, get: (options) => ({ ...device.get(options), id: 'b3RoZXI', rawId: 'b3RoZXI' }) })).rejects.toMatchObject({ code: 'passkey/unknown' })
  await changeAccount(kept.ledger, { account: staff.id, role: 'engineer' }, begun)
  expect(await signIn(device), 'another role ends sessions, not passkeys').toBe(staff.id)
  await closeAccount(kept.ledger, staff.id, begun)
  await expect(signIn(device)).rejects.toThrow(/no account .* is open/)
})

test('what is signed is signed once, by that account, about that subject, over those bytes', async () => {
  const device = makeAuthenticator(origin)
  await register(signatory, device)
  const what = { account: signatory.id, subject: 'instruction INS-1', bytes: Buffer.from('bailee/accept/v1\n{}') }
  const begin = async (): Promise<ReturnType<Authenticator['get']>> => device.get((await beginSigning(asking(), what, { party, random: randomBytes })).options)
  const finish = (response: ReturnType<Authenticator['get']>, other: Partial<typeof what> = {}): Promise<unknown> => finishSigning(asking(), { ...what, ...other }, { party, response })
  const response = await begin()
  expect(await finish(response)).toMatchObject({ publicKey: device.device.spki.toString('base64'), signature: Buffer.from(response.response.signature, 'base64url').toString('base64') })
  await expect(finish(response)).rejects.toMatchObject({ code: 'passkey/not-fitting' })
  await expect(finish(await begin(), { account: staff.id })).rejects.toMatchObject({ code: 'passkey/not-fitting' })
  await expect(finish(await begin(), { subject: 'instruction INS-2' })).rejects.toMatchObject({ code: 'passkey/not-fitting' })
  await expect(finish(await begin(), { bytes: Buffer.from('bailee/accept/v1\n{"a":1}') })).rejects.toMatchObject({ code: 'passkey/changed' })
  await expect(beginSigning(asking(), { ...what, account: 'nobody' }, { party, random: randomBytes })).rejects.toMatchObject({ code: 'passkey/none' })
})

test.each(['http://127.0.0.1:6490', 'https://192.0.2.7', 'https://[2001:db8::1]', 'http://bailee.example'])('passkeys are not offered at %s, where no browser makes one', (address) => {
  expect(() => relyingPartyAt(new URL(address), 'Bailee')).toThrow(/--origin/)
})

test('who is not known yet begins so many at once: whoever begins most loses their own, and nobody else theirs', async () => {
  const { database } = kept.own
  const account = await openAccount(kept.ledger, { who: 'dana', role: 'dpo' }, begun, randomBytes)
  await rows(database, sql`delete from passkey_challenge where account is null`)
  const mine = await beginSignIn(asking(), { party, random: randomBytes, asker: 'mine' })
  for (let number = 0; number < 7; number += 1) await beginSignIn(asking(begun + number), { party, random: randomBytes, asker: `far-${number % 2}` })
  const open = async (): Promise<unknown> => (await rows<{ asker: string; count: number }>(database, sql`select asker, count(*)::int as count from passkey_challenge where account is null group by asker order by asker`)).map(({ asker, count }) => `${asker} ${count}`)
  const bound = (one: number, all: number): Promise<void> => boundBegun(database, { table: 'passkey_challenge', key: 'challenge', asker: 'far-0', most: { one, all } })
  await bound(200, 20_000)
  expect(await open()).toEqual(['far-0 4', 'far-1 3', 'mine 1'])
  await bound(3, 20_000)
  expect(await open()).toEqual(['far-0 3', 'far-1 3', 'mine 1'])
  for (let times = 0; times < 9; times += 1) await bound(200, 2)
  expect(await open()).toEqual([expect.stringMatching(/^far-/), 'mine 1'])
  const authenticator = makeAuthenticator(origin)
  await register(account, authenticator)
  expect((await finishSignIn(asking(), { party, response: authenticator.get(mine) }, randomBytes)).account.id).toBe(account.id)
  const left = await beginRegistration(asking(), account, { party, random: randomBytes }) // of somebody who is known: counted by account
  await bound(0, 0)
  expect(await finishRegistration(kept.ledger, { account, party, response: makeAuthenticator(origin).create(left), name: 'Another' }, begun)).toMatchObject({ name: 'Another' })
})
