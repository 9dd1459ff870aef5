/** Links that are good once, and sessions. Neither is in the ledger; of tokens only hashes are kept. Times here are the machine's clock. */
import { createHash } from 'node:crypto'
import type { Database } from '#database'
import { Misuse } from '#kit/errors'
import { day, type Instant } from '#kit/time'
import { mustBeOpen } from './accounts.ts'
import * as store from './store.ts'
import type { Account, AccountSession, Issued, Randomness, SignInWay } from './types.ts'

/** 256 bits. */
const tokenBytes = 32
const sessionIdBytes = 9
/** An invitation waits over a long weekend. */
const linkSeconds = 4 * day
/** A working day, and a long meeting without a touch. */
const [sessionSeconds, idleSeconds] = [day / 2, 2 * 3_600]
/** Not every request writes. */
const touchSeconds = 60

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')
const makeToken = (random: Randomness): string => Buffer.from(random(tokenBytes)).toString('base64url')

/** Who asks of sessions, and when. */
export interface Asking { readonly database: Database; readonly now: Instant }

export interface Begun extends Issued { readonly account: Account }

/** Makes a link that signs in once. Throws `Misuse` for an account that is not open, or whose time is over. */
export async function issueLink({ database, now }: Asking, id: string, random: Randomness): Promise<Issued> {
  const account = await mustBeOpen({ database }, id)
  if (account.endsAt !== null && account.endsAt <= now) throw new Misuse(`the time of ${id} is over; give it another end with bailee people account role`)
  const token = makeToken(random)
  const until = Math.min(now + linkSeconds, account.endsAt ?? Infinity)
  await store.insertLink(database, { hash: hashOf(token), account: id, now, until })
  return { token, until }
}

/** Begins a session with a link; undefined: it is none, was used, or its time or its account is over. */
export async function redeemLink({ database, now }: Asking, token: string, random: Randomness): Promise<Begun | undefined> {
  return store.inOne(database, async (tx) => {
    const account = await store.takeLink(tx, hashOf(token), now)
    return account === undefined ? undefined : begin(tx, account, { now, random, way: 'link' })
  })
}

/** Begins a session of somebody who has shown who they are. Throws `Misuse` for an account that is not open. */
export async function beginSession({ database, now }: Asking, id: string, { random, way }: { random: Randomness; way: SignInWay }): Promise<Begun> {
  return begin(database, await mustBeOpen({ database }, id), { now, random, way })
}

async function begin(executor: Parameters<typeof store.insertSession>[0], account: Account, { now, random, way }: { now: Instant; random: Randomness; way: SignInWay }): Promise<Begun> {
  const token = makeToken(random)
  const until = Math.min(now + sessionSeconds, account.endsAt ?? Infinity)
  await store.insertSession(executor, { id: Buffer.from(random(sessionIdBytes)).toString('base64url'), hash: hashOf(token), account: account.id, way, now, until })
  return { token, until, account }
}

/** The session that a token carries and its account; undefined when it ended, lay idle, or its account was closed or changed meanwhile. */
export async function findSession({ database, now }: Asking, token: string): Promise<{ readonly session: AccountSession; readonly account: Account } | undefined> {
  const session = await store.liveSession(database, { hash: hashOf(token), now, idleSince: now - idleSeconds })
  const account = session === undefined ? undefined : await store.findAccount(database, session.account)
  if (session === undefined || account === undefined) return undefined
  if (session.usedAt <= now - touchSeconds) await store.touchSession(database, session.id, now)
  return { session, account }
}

/** Ends the session that a token carries; does nothing when there is none. */
export async function endSession({ database }: Pick<Asking, 'database'>, token: string): Promise<void> {
  await store.deleteSession(database, { hash: hashOf(token) })
}

/** Ends a session by its id. Throws `Misuse` when there is none. */
export async function endSessionOf({ database }: Pick<Asking, 'database'>, id: string): Promise<void> {
  if (!(await store.deleteSession(database, { id }))) throw new Misuse('no session has that id; it may be over already')
}

/** Sessions that are good now, the newest first, at most 1,000; of one account, or of all. */
export async function sessionsOf({ database, now }: Asking, account?: string): Promise<AccountSession[]> {
  return store.liveSessions(database, { account, now, idleSince: now - idleSeconds })
}
