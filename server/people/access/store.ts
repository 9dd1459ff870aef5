import { first, one, rows, sql, transaction, type Database, type Transaction } from '#database'
import { partOf, type Apply, type Entry } from '#ledger'
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { foldLinked, foldUnlinked } from '../oidc/store.ts'
import { foldRegistered, foldRemoved } from '../passkey/store.ts'
import type { Account, AccountRole, AccountSession, SignInWay } from './types.ts'

/** Whatever can be asked. */
export type Executor = Database | Transaction

/** Runs work in one transaction. */
export const inOne = transaction

/** What `account.opened` holds in its part of people. */
export type Opened = Pick<Account, 'id' | 'name' | 'role' | 'person' | 'controller' | 'endsAt'>

const columns = sql`account.id, slot, name, role, person, controller, ends_at as "endsAt", opened_at as "openedAt", closed_at as "closedAt"`

/** Accounts, by when they were opened; those that are closed included. */
export async function allAccounts(executor: Database | Transaction): Promise<Account[]> {
  return rows<Account>(executor, sql`select ${columns} from account order by opened_at, id`)
}

/** The account of that id, closed or not. */
export async function findAccount(executor: Database | Transaction, id: string): Promise<Account | undefined> {
  return first<Account>(executor, sql`select ${columns} from account where id = ${id}`)
}

/** Folds `account.*`. */
export const applyAccount: Apply = async (tx, entry) => {
  switch (entry.type) {
    case 'account.opened': return open(tx, entry)
    case 'account.changed': return change(tx, entry)
    case 'account.closed': return close(tx, entry)
    case 'account.passkey_registered': return foldRegistered(tx, entry)
    case 'account.passkey_removed': return foldRemoved(tx, entry)
    case 'account.identity_linked': return foldLinked(tx, entry)
    case 'account.identity_unlinked': return foldUnlinked(tx, entry)
    case 'account.named': return name(tx, entry)
    default: throw new Refused('people/unknown-entry', `people does not know entries of type ${entry.type}`)
  }
}

async function open(tx: Transaction, entry: Entry): Promise<void> {
  const opened = partOf<Opened>(entry, 'people')
  if (opened === undefined) return
  await rows(tx, sql`
    insert into account (id, slot, controller, person, name, role, ends_at, opened_at)
    values (${opened.id}, ${entry.slot}, ${opened.controller}, ${opened.person}, ${opened.name}, ${opened.role}, ${opened.endsAt}, ${entry.at}) on conflict (id) do nothing`)
}

async function change(tx: Transaction, entry: Entry): Promise<void> {
  const changed = partOf<{ account: string; role: AccountRole; endsAt: Instant | null }>(entry, 'evidence')
  if (changed === undefined) return
  await rows(tx, sql`
    update account set role = ${changed.role}, ends_at = ${changed.endsAt}, version = version + 1 where id = ${changed.account} and slot = ${entry.slot} and closed_at is null`)
}

async function close(tx: Transaction, entry: Entry): Promise<void> {
  const closed = partOf<{ account: string }>(entry, 'evidence')
  if (closed === undefined) return
  await rows(tx, sql`update account set closed_at = ${entry.at}, version = version + 1 where id = ${closed.account} and slot = ${entry.slot} and closed_at is null`)
}

async function name(tx: Transaction, entry: Entry): Promise<void> {
  const named = partOf<{ account: string; person: string }>(entry, 'evidence')
  if (named === undefined) return
  await rows(tx, sql`
    update account set person = ${named.person}, name = coalesce((select name from person where id = ${named.person}), name), version = version + 1 where id = ${named.account} and slot = ${entry.slot} and closed_at is null`)
}

/** Closes whatever accounts somebody who left had: part of the fold of that entry, so that nobody can forget it. */
export async function closeAccountsOf(tx: Transaction, person: string, at: Instant): Promise<void> {
  await rows(tx, sql`update account set closed_at = ${at}, version = version + 1 where person = ${person} and closed_at is null`)
}

/** The account as it was when a link was made or a session begun, and still good: neither closed, nor changed, nor over. */
const stillGood = (row: 'account_link' | 'account_session', now: Instant): ReturnType<typeof sql> => {
  const begun = sql.table(row)
  return sql`account.id = ${begun}.account and account.version = ${begun}.account_version and account.closed_at is null and (account.ends_at is null or account.ends_at > ${now})`
}

export interface NewLink { readonly hash: string; readonly account: string; readonly now: Instant; readonly until: Instant }

/** Keeps a link, and forgets those whose time is over; one made earlier for the same account, and not used, is void. */
export async function insertLink(executor: Database | Transaction, { hash, account, now, until }: NewLink): Promise<void> {
  await rows(executor, sql`delete from account_link where until <= ${now} or (account = ${account} and used_at is null)`)
  await rows(executor, sql`insert into account_link (token_sha256, account, account_version, made_at, until) select ${hash}, id, version, ${now}, ${until} from account where id = ${account}`)
}

/** Uses a link up, and answers whose it was. Of two who try at once, one has it. */
export async function takeLink(tx: Transaction, hash: string, now: Instant): Promise<Account | undefined> {
  return first<Account>(tx, sql`
    update account_link set used_at = ${now} from account
    where token_sha256 = ${hash} and used_at is null and account_link.until > ${now} and ${stillGood('account_link', now)} returning ${columns}`)
}

export interface NewSession { readonly id: string; readonly hash: string; readonly account: string; readonly way: SignInWay; readonly now: Instant; readonly until: Instant }

/** Keeps a session, and forgets those whose time is over. */
export async function insertSession(executor: Database | Transaction, { id, hash, account, way, now, until }: NewSession): Promise<void> {
  await rows(executor, sql`delete from account_session where until <= ${now}`)
  await rows(executor, sql`
    insert into account_session (id, token_sha256, account, account_version, way, begun_at, used_at, until)
    select ${id}, ${hash}, account.id, version, ${way}, ${now}, ${now}, ${until} from account where account.id = ${account}`)
}

const sessionColumns = sql`account_session.id, account_session.account, way, begun_at as "begunAt", used_at as "usedAt", until`

/** The session with that hash, when it is good, was used since `idleSince`, and its account is as it was. */
export async function liveSession(executor: Database | Transaction, { hash, now, idleSince }: { hash: string; now: Instant; idleSince: Instant }): Promise<AccountSession | undefined> {
  return first<AccountSession>(executor, sql`
    select ${sessionColumns} from account_session join account on ${stillGood('account_session', now)} where token_sha256 = ${hash} and until > ${now} and used_at > ${idleSince}`)
}

/** Sessions that are good, the newest first; of one account, or of all. At most 1,000. */
export async function liveSessions(executor: Database | Transaction, { account, now, idleSince }: { account?: string | undefined; now: Instant; idleSince: Instant }): Promise<AccountSession[]> {
  return rows<AccountSession>(executor, sql`
    select ${sessionColumns} from account_session join account on ${stillGood('account_session', now)}
    where until > ${now} and used_at > ${idleSince} and (${account ?? null}::text is null or account.id = ${account ?? null})
    order by begun_at desc, account_session.id limit 1000`)
}

export async function touchSession(executor: Database | Transaction, id: string, now: Instant): Promise<void> {
  await rows(executor, sql`update account_session set used_at = greatest(used_at, ${now}) where id = ${id}`)
}

/** Whether there was one. */
export async function deleteSession(executor: Database | Transaction, which: { readonly hash: string } | { readonly id: string }): Promise<boolean> {
  const found = 'hash' in which ? sql`token_sha256 = ${which.hash}` : sql`id = ${which.id}`
  return (await rows(executor, sql`delete from account_session where ${found} returning id`)).length > 0
}

/** Open accounts of owners, other than this one. */
export async function otherOwners(executor: Database | Transaction, id: string): Promise<number> {
  return (await one<{ count: number }>(executor, sql`select count(*)::int as count from account where role = 'owner' and closed_at is null and id <> ${id}`)).count
}

/** In which ways an account signs in. `invitedUntil`: until when a link that was not used is good. */
export interface AccountWays { readonly id: string; readonly passkeys: number; readonly linkedAt: Instant | null; readonly invitedUntil: Instant | null }

/** Those of every account. */
export async function waysOf(executor: Database | Transaction, now: Instant): Promise<AccountWays[]> {
  return rows<AccountWays>(executor, sql`
    select id, (select count(*)::int from account_passkey where account_passkey.account = account.id and removed_at is null) as passkeys,
      (select linked_at from account_identity where account_identity.account = account.id and unlinked_at is null) as "linkedAt",
      (select max(until) from account_link where account_link.account = account.id and account_version = version and used_at is null and until > ${now}) as "invitedUntil" from account`)
}
