import { first, rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Apply } from '#ledger'
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { ApiToken } from './types.ts'

/** What `token.issued` holds in its part of access. */
export interface IssuedToken { readonly token: string; readonly account: string; readonly name: string; readonly scopes: readonly string[]; readonly sha256: string; readonly expiresAt: Instant; readonly by: string }

/** Folds `token.*`. */
export const applyToken: Apply = async (tx, entry) => {
  if (entry.type === 'token.issued') {
    const issued = partOf<IssuedToken>(entry, 'access')
    if (issued === undefined) return
    await rows(tx, sql`
      insert into api_token (id, slot, account, account_version, name, scopes, token_sha256, issued_by, issued_at, expires_at)
      values (${issued.token}, ${entry.slot}, ${issued.account}, coalesce((select version from account where id = ${issued.account}), 0), ${issued.name}, ${[...issued.scopes]}::text[], ${issued.sha256}, ${issued.by}, ${entry.at}, ${issued.expiresAt})`)
    return
  }
  if (entry.type !== 'token.revoked') throw new Refused('people/unknown-entry', `people does not know entries of type ${entry.type}`)
  const revoked = partOf<{ token: string }>(entry, 'evidence')
  if (revoked !== undefined) await rows(tx, sql`update api_token set revoked_at = ${entry.at} where id = ${revoked.token} and slot = ${entry.slot} and revoked_at is null`)
}

const columns = sql`api_token.id, api_token.slot, api_token.account, api_token.name, scopes, issued_by as "issuedBy", issued_at as "issuedAt", expires_at as "expiresAt", revoked_at as "revokedAt", used_at as "usedAt", (account.closed_at is not null or account.version <> account_version) as ended, account.ends_at as "accountEndsAt"`
/** A token of an account that is not there is no good. */
const held = sql`api_token join account on account.id = api_token.account left join api_token_use on token = api_token.id`

/** Tokens, those that are not ended first and of these the newest, at most 1,000; of one account, or of all. */
export async function allTokens(executor: Database | Transaction, account?: string): Promise<ApiToken[]> {
  return rows<ApiToken>(executor, sql`
    select ${columns} from ${held}
    where ${account ?? null}::text is null or api_token.account = ${account ?? null} order by revoked_at is not null or account.closed_at is not null or account.version <> account_version, issued_at desc, api_token.id limit 1000`)
}

/** That token, whatever it is worth. */
export async function tokenWithId(executor: Database | Transaction, id: string): Promise<ApiToken | undefined> {
  return first<ApiToken>(executor, sql`select ${columns} from ${held} where api_token.id = ${id}`)
}

/** The token with that hash, when it is good and its account is as it was. */
export async function liveToken(executor: Database | Transaction, { hash, now }: { readonly hash: string; readonly now: Instant }): Promise<ApiToken | undefined> {
  return first<ApiToken>(executor, sql`
    select ${columns} from ${held}
    where token_sha256 = ${hash} and expires_at > ${now} and revoked_at is null and account.closed_at is null and account.version = account_version and (account.ends_at is null or account.ends_at > ${now})`)
}

export async function touchToken(executor: Database | Transaction, id: string, now: Instant): Promise<void> {
  await rows(executor, sql`insert into api_token_use (token, used_at) values (${id}, ${now}) on conflict (token) do update set used_at = greatest(api_token_use.used_at, excluded.used_at)`)
}
