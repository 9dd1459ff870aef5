import { first, rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Entry } from '#ledger'
import { Refused } from '#kit/errors'
import { boundBegun } from '../begun/store.ts'
import type { Instant } from '#kit/time'

type Executor = Database | Transaction

/** Folds `account.identity_linked`. */
export async function foldLinked(tx: Transaction, entry: Entry): Promise<void> {
  const linked = partOf<{ account: string; identity_sha256: string }>(entry, 'people')
  if (linked === undefined) return
  const made = await rows(tx, sql`
    insert into account_identity (identity_sha256, account, slot, linked_at) values (${linked.identity_sha256}, ${linked.account}, ${entry.slot}, ${entry.at})
    on conflict (identity_sha256) do update set account = excluded.account, slot = excluded.slot, linked_at = excluded.linked_at, unlinked_at = null where account_identity.unlinked_at is not null or exists (select 1 from account where account.id = account_identity.account and closed_at is not null) returning account_identity.account`)
  if (made.length === 0) throw new Refused('oidc/linked', 'that identity is linked to an account already')
}

/** Folds `account.identity_unlinked`. */
export async function foldUnlinked(tx: Transaction, entry: Entry): Promise<void> {
  const unlinked = partOf<{ account: string }>(entry, 'evidence')
  if (unlinked === undefined) return
  await rows(tx, sql`update account_identity set unlinked_at = ${entry.at} where account = ${unlinked.account} and slot = ${entry.slot} and unlinked_at is null`)
}

/** The account that an identity is linked to, while that account is open: whoever is given another one may be linked to that. */
export async function accountOfIdentity(executor: Executor, identity: string): Promise<string | undefined> {
  return (await first<{ account: string }>(executor, sql`select account from account_identity join account on account.id = account_identity.account where identity_sha256 = ${identity} and unlinked_at is null and closed_at is null`))?.account
}

/** Whether an account is linked, and since when. */
export async function linkedSince(executor: Executor, account: string): Promise<Instant | undefined> {
  return (await first<{ linkedAt: Instant }>(executor, sql`select linked_at as "linkedAt" from account_identity where account = ${account} and unlinked_at is null`))?.linkedAt
}

/**
 * Accounts that are open, not linked yet, and of somebody who is declared with that address of e-mail; at most a few. `invited`: a link was made that is good still: nobody else is let in by an address alone.
 */
export async function invitedAt(executor: Executor, { email, now }: { email: string; now: Instant }): Promise<string[]> {
  return (await rows<{ id: string }>(executor, sql`
    select account.id from account left join person on person.id = account.person and left_at is null
      left join signatory on signatory.controller = account.controller and signatory.name = account.name and account.role = 'signatory'
    where lower(trim(coalesce(person.contact, signatory.contact))) = ${email} and closed_at is null and (ends_at is null or ends_at > ${now})
      and not exists (select 1 from account_identity where account_identity.account = account.id and unlinked_at is null)
      and exists (select 1 from account_link where account_link.account = account.id and account_version = version and used_at is null and until > ${now})
    order by account.id limit 2`)).map(({ id }) => id)
}

/** Uses up every link of an account. Whether there was one. */
export async function useLinksOf(executor: Executor, { account, now }: { account: string; now: Instant }): Promise<boolean> {
  return (await rows(executor, sql`update account_link set used_at = ${now} where account = ${account} and used_at is null and until > ${now} returning account`)).length > 0
}

export interface Flow { readonly state: string; readonly browser: string; readonly nonce: string; readonly codeVerifier: string; readonly until: Instant; /** Where it was begun, as a hash. */ readonly asker: string | null }

/** Sign-ins under way of one address, and of all. */
const [ofOneMax, ofAllMax] = [200, 20_000]

/** Keeps a sign-in under way, of state and browser the hashes, and forgets those whose time is over. */
export async function insertFlow(executor: Executor, flow: Flow, now: Instant): Promise<void> {
  await rows(executor, sql`delete from oidc_flow where until <= ${now}`)
  await rows(executor, sql`insert into oidc_flow (state_sha256, browser_sha256, nonce, code_verifier, until, asker) values (${flow.state}, ${flow.browser}, ${flow.nonce}, ${flow.codeVerifier}, ${flow.until}, ${flow.asker})`)
  await boundBegun(executor, { table: 'oidc_flow', key: 'state_sha256', asker: flow.asker, most: { one: ofOneMax, all: ofAllMax } })
}

/** Uses a sign-in under way up, whoever comes with its state; undefined when it is none, or was begun in another browser. */
export async function takeFlow(executor: Executor, { state, browser, now }: { state: string; browser: string; now: Instant }): Promise<Pick<Flow, 'nonce' | 'codeVerifier'> | undefined> {
  const taken = await first<Flow>(executor, sql`delete from oidc_flow where state_sha256 = ${state} and until > ${now} returning browser_sha256 as browser, nonce, code_verifier as "codeVerifier"`)
  return taken?.browser === browser ? taken : undefined
}
