import { first, rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Entry } from '#ledger'
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { boundBegun } from '../begun/store.ts'
import type { Passkey, StoredPasskey } from './types.ts'

type Executor = Database | Transaction

/** Folds `account.passkey_registered`: which key, by its hash, from when on. */
export async function foldRegistered(tx: Transaction, entry: Entry): Promise<void> {
  const registered = partOf<{ account: string; key_sha256: string }>(entry, 'evidence')
  if (registered === undefined) return
  const made = await rows(tx, sql`insert into account_passkey (key_sha256, account, slot, registered_at) values (${registered.key_sha256}, ${registered.account}, ${entry.slot}, ${entry.at}) on conflict do nothing returning key_sha256`)
  if (made.length === 0) throw new Refused('passkey/known', 'that passkey is registered already; one that was removed is not registered again')
}

/** Folds `account.passkey_removed`. */
export async function foldRemoved(tx: Transaction, entry: Entry): Promise<void> {
  const removed = partOf<{ account: string; key_sha256: string }>(entry, 'evidence')
  if (removed === undefined) return
  const gone = await rows(tx, sql`update account_passkey set removed_at = ${entry.at} where key_sha256 = ${removed.key_sha256} and account = ${removed.account} and slot = ${entry.slot} and removed_at is null returning key_sha256`)
  if (gone.length === 0) throw new Refused('passkey/removed', 'that passkey is not there any more')
}

const columns = sql`passkey_credential.id, passkey_credential.account, passkey_credential.key_sha256 as "keySha256", passkey_credential.name, transports, backed_up as "backedUp", registered_at as "registeredAt", used_at as "usedAt"`
/** Held on both sides: a row that somebody put beside the ledger is nobody's passkey. */
const held = sql`passkey_credential join account_passkey on account_passkey.key_sha256 = passkey_credential.key_sha256 and account_passkey.account = passkey_credential.account and removed_at is null`

/** Passkeys of an account, oldest first, at most as many as it may have. */
export async function passkeysOf(executor: Executor, account: string): Promise<Passkey[]> {
  return rows<Passkey>(executor, sql`select ${columns} from ${held} where passkey_credential.account = ${account} order by registered_at, passkey_credential.id limit 100`)
}

/** The passkey that an authenticator calls by that id, when it is registered and was not removed. */
export async function findPasskey(executor: Executor, id: string): Promise<StoredPasskey | undefined> {
  return first<StoredPasskey>(executor, sql`select ${columns}, public_key as "publicKey", counter from ${held} where passkey_credential.id = ${id}`)
}

/** Keeps what a browser needs of a passkey. */
export async function insertCredential(executor: Executor, made: Omit<StoredPasskey, 'registeredAt' | 'usedAt'>): Promise<void> {
  const kept = await rows(executor, sql`
    insert into passkey_credential (id, key_sha256, account, public_key, counter, transports, backed_up, name)
    values (${made.id}, ${made.keySha256}, ${made.account}, ${Buffer.from(made.publicKey)}, ${made.counter}, ${[...made.transports]}, ${made.backedUp}, ${made.name}) on conflict do nothing returning id`)
  if (kept.length === 0) throw new Refused('passkey/known', 'that passkey is registered already')
}

/** Forgets what is kept of a passkey. */
export async function deleteCredential(executor: Executor, id: string): Promise<void> {
  await rows(executor, sql`delete from passkey_credential where id = ${id}`)
}

export async function renameCredential(executor: Executor, { id, account, name }: { id: string; account: string; name: string }): Promise<boolean> {
  return (await rows(executor, sql`update passkey_credential set name = ${name} where id = ${id} and account = ${account} returning id`)).length > 0
}

/** Notes a use. False: the authenticator counted no further than it had, so that there may be two of it. */
export async function countUse(executor: Executor, { id, counter, now }: { id: string; counter: number; now: Instant }): Promise<boolean> {
  return (await rows(executor, sql`update passkey_credential set counter = ${counter}, used_at = ${now} where id = ${id} and (counter < ${counter} or (counter = 0 and ${counter} = 0)) returning id`)).length > 0
}

/** A challenge, and what for. */
export interface Challenge { readonly challenge: string; readonly purpose: 'register' | 'sign-in' | 'sign'; readonly account: string | null; readonly subject: string | null; readonly nonce: Uint8Array | null; readonly until: Instant; /** Of whom nobody knows yet who they are: where they ask from, as a hash. */ readonly asker?: string | null | undefined }

/** Challenges of nobody that one address may have open, and all together. */
const [ofOneMax, ofNobodyMax] = [200, 20_000]

/** Keeps a challenge, and forgets those whose time is over and the one before of the same account for the same. Of nobody's each address has its newest 200; where all are too many, whoever has most loses the oldest. */
export async function insertChallenge(executor: Executor, one: Challenge, now: Instant): Promise<void> {
  await rows(executor, sql`delete from passkey_challenge where until <= ${now} or (account = ${one.account} and purpose = ${one.purpose} and subject is not distinct from ${one.subject}::text)`)
  await rows(executor, sql`
    insert into passkey_challenge (challenge, purpose, account, subject, nonce, until, asker)
    values (${one.challenge}, ${one.purpose}, ${one.account}, ${one.subject}, ${one.nonce === null ? null : Buffer.from(one.nonce)}, ${one.until}, ${one.asker ?? null})`)
  if (one.account === null) await boundBegun(executor, { table: 'passkey_challenge', key: 'challenge', asker: one.asker ?? null, most: { one: ofOneMax, all: ofNobodyMax } })
}

/** Uses a challenge up; of two who try at once, one has it. */
export async function takeChallenge(executor: Executor, { challenge, purpose, now }: { challenge: string; purpose: Challenge['purpose']; now: Instant }): Promise<Challenge | undefined> {
  return first<Challenge>(executor, sql`delete from passkey_challenge where challenge = ${challenge} and purpose = ${purpose} and until > ${now} returning challenge, purpose, account, subject, nonce, until`)
}
