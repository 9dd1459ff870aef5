/** Tokens for machines: each asks as one account does, for what its scopes name, until a day that is said beforehand. Shown once; what is kept is a hash. */
import { createHash } from 'node:crypto'
import type { Database } from '#database'
import type { Ledger } from '#ledger'
import { Misuse } from '#kit/errors'
import { day, formatDay, type Instant } from '#kit/time'
import { mustBeOpen } from '../access/accounts.ts'
import { findAccount } from '../access/store.ts'
import type { Account, Issued, Randomness } from '../access/types.ts'
import * as store from './store.ts'
import type { ApiToken } from './types.ts'

/** So that whoever searches files for secrets knows one of ours. */
const prefix = 'bailee_'
/** 256 bits. */
const tokenBytes = 32
const idBytes = 6
const nameCharactersMax = 100
/** What is not needed for a year is asked for again. */
const daysMax = 366
/** Live ones of an account: more are a sign that nobody looks. */
const tokensMax = 50
/** Not every request writes. */
const touchSeconds = 60

/** Whether somebody who sends it is let in: neither revoked nor over, and its account as it was. */
export const isGood = ({ revokedAt, expiresAt, ended, accountEndsAt }: ApiToken, now: Instant): boolean => revokedAt === null && now < expiresAt && !ended && now < (accountEndsAt ?? Infinity)

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')

/** `scopes`: those that its account's role has; whoever asks for it checks that. `by`: the account that makes it. `now`: of the machine's clock, which `until` is compared with. */
export interface Issuing { readonly account: string; readonly name: string; readonly scopes: readonly string[]; readonly until: Instant; readonly by: string; readonly now: Instant }

/** Makes a token and records its hash: `token.issued`. Throws `Misuse` for an account that is not open, and for a name, an end or scopes that do not fit. */
export async function issueToken(ledger: Ledger, { account: id, name, scopes, until, by, now }: Issuing, at: Instant, random: Randomness): Promise<Issued & { readonly id: string }> {
  const account = await mustBeOpen(ledger, id)
  const live = (await store.allTokens(ledger.database, id)).filter((one) => isGood(one, now))
  const latest = Math.min(now + daysMax * day, account.endsAt ?? Infinity)
  const problems = [
    ...(name.trim() === '' || name.length > nameCharactersMax ? [`name: 1 to ${nameCharactersMax} characters, such as what uses it`] : []), ...(scopes.length === 0 || new Set(scopes).size < scopes.length ? ['scopes: at least one, each once'] : []),
    ...(until <= now ? ['until: a day to come'] : until > latest ? [`until: ${formatDay(latest)} at the latest`] : []), ...(live.length >= tokensMax ? [`${id} has ${live.length} tokens; revoke those that nobody uses`] : []),
  ]
  if (problems.length > 0) throw new Misuse(problems)
  const token = `${prefix}${Buffer.from(random(tokenBytes)).toString('base64url')}`
  const made = `token-${Buffer.from(random(idBytes)).toString('hex')}`
  const issued: store.IssuedToken = { token: made, account: id, name, scopes: [...scopes].sort(), sha256: hashOf(token), expiresAt: until, by }
  await ledger.append({ slot: account.slot, type: 'token.issued', at, parts: { access: { ...issued, scopes: [...issued.scopes] } } })
  return { id: made, token, until }
}

/** Ends a token, from its next request on: `token.revoked`. Throws `Misuse` for one that is not there, or has ended. */
export async function revokeToken(ledger: Ledger, { id, by }: { readonly id: string; readonly by: string }, at: Instant): Promise<void> {
  const found = await store.tokenWithId(ledger.database, id)
  if (found === undefined || found.revokedAt !== null) throw new Misuse(`no token ${id} is good; bailee people token list names them`)
  await ledger.append({ slot: found.slot, type: 'token.revoked', at, parts: { evidence: { token: id, by } } })
}

/** Whose a token is; undefined when it is none, was revoked, is over, or its account was changed or closed since. */
export async function findToken({ database, now }: { readonly database: Database; readonly now: Instant }, text: string): Promise<{ readonly token: ApiToken; readonly account: Account } | undefined> {
  const token = text.startsWith(prefix) ? await store.liveToken(database, { hash: hashOf(text), now }) : undefined
  const account = token === undefined ? undefined : await findAccount(database, token.account)
  if (token === undefined || account === undefined) return undefined
  if ((token.usedAt ?? 0) <= now - touchSeconds) await store.touchToken(database, token.id, now)
  return { token, account }
}
