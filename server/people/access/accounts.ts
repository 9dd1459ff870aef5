import type { Draft, Ledger } from '#ledger'
import { Misuse, Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { findSignatory } from '../people.ts'
import { allPeople } from '../store.ts'
import * as store from './store.ts'
import { clientRoles, staffRoles, type Account, type AccountRole, type Randomness } from './types.ts'

/** `who`: the id of staff; of a controller's own people the name, which for a signatory is one that was declared. */
export interface Opening {
  readonly who: string
  readonly role: AccountRole
  readonly controller?: { readonly id: string; readonly slot: number } | undefined
  readonly endsAt?: Instant | undefined
}

const accountIdBytes = 6
const nameCharactersMax = 200

/** Opens an account. It cannot be used before a link is made for it. Throws `Misuse` for a role that does not fit and for somebody unknown, `Refused` for staff who have one. */
export async function openAccount(ledger: Ledger, opening: Opening, at: Instant, random: Randomness): Promise<Account> {
  const { role, controller, endsAt = null } = opening
  mustFit(role, controller !== undefined, endsAt, at)
  const id = `account-${Buffer.from(random(accountIdBytes)).toString('hex')}`
  if (controller !== undefined) await ledger.append(opened({ id, person: null, name: await nameAt(ledger, controller.id, opening), role, controller: controller.id, endsAt }, { slot: controller.slot, at }))
  else await settle(ledger, async (executor) => [opened({ id, ...await staffOf(executor, opening.who), role, controller: null, endsAt }, { slot: 0, at })])
  return mustFind(ledger, id)
}

/** Of two at once who would both be right, the second finds what the first did: nothing is recorded between the look and the entry. */
async function settle(ledger: Ledger, begin: (executor: store.Executor) => Promise<readonly Draft[]>): Promise<void> {
  await ledger.alone({ begin, end: () => Promise.resolve() })
}

const opened = (account: store.Opened, { slot, at }: { slot: number; at: Instant }): Draft => ({ slot, type: 'account.opened', at, parts: { people: { ...account } } })

/** Where nobody said how to reach somebody. */
const notTold = 'not told'

/**
 * The owner's account, opened the first time anything starts: nobody is declared then, so that somebody is, as what they do is recorded under somebody. The oldest that is open when
 * there is one. Who that is, is said in bailee.yaml under people, or with `nameAccount`.
 */
export async function openOwner(ledger: Ledger, at: Instant, random: Randomness): Promise<Account> {
  const ownerIn = async (executor: store.Executor): Promise<Account | undefined> => (await store.allAccounts(executor)).find((account) => account.role === 'owner' && account.closedAt === null)
  const known = await ownerIn(ledger.database)
  if (known !== undefined && known.person !== null) return known
  const freeOf = (ids: ReadonlySet<string>): string => (ids.has('owner') ? `owner-${Buffer.from(random(accountIdBytes)).toString('hex')}` : 'owner')
  await settle(ledger, async (executor) => {
    const open = await ownerIn(executor)
    if (open !== undefined && open.person !== null) return []
    const person = freeOf(new Set((await allPeople(executor)).map(({ id }) => id)))
    const declared: Draft = { slot: 0, type: 'people.declared', at, parts: { people: { id: person, name: 'Owner', contact: notTold, role: 'owner' } } }
    if (open !== undefined) return [declared, named(open.id, person, at)]
    return [declared, opened({ id: freeOf(new Set((await store.allAccounts(executor)).map(({ id }) => id))), name: 'Owner', role: 'owner', person, controller: null, endsAt: null }, { slot: 0, at })]
  })
  const open = await ownerIn(ledger.database)
  if (open === undefined) throw new Misuse('the owner\'s account was closed while it was opened; start again')
  return open
}

const named = (account: string, person: string, at: Instant): Draft => ({ slot: 0, type: 'account.named', at, parts: { evidence: { account, person } } })

/** Says whose account it is; its sessions, links and tokens are over with that. Throws `Misuse` for an account that is not open or a controller's, and for somebody unknown; `Refused` for staff who have one. */
export async function nameAccount(ledger: Ledger, { account: id, person }: { readonly account: string; readonly person: string }, at: Instant): Promise<Account> {
  if ((await mustBeOpen(ledger, id)).controller !== null) throw new Misuse(`${id} is of a controller's own people: close it, and open another for somebody else`)
  await settle(ledger, async (executor) => [named((await mustBeOpen({ database: executor }, id)).id, (await staffOf(executor, person)).person, at)])
  return mustFind(ledger, id)
}

async function staffOf(executor: store.Executor, id: string): Promise<{ readonly person: string; readonly name: string }> {
  const person = (await allPeople(executor)).find((one) => one.id === id && one.leftAt === undefined)
  if (person === undefined) throw new Misuse(`nobody with id ${id} is declared; add them under people in bailee.yaml and run bailee apply`)
  const has = (await store.allAccounts(executor)).find((account) => account.person === id && account.closedAt === null)
  if (has !== undefined) throw new Refused('people/has-account', `${id} has the account ${has.id}; change its role, or close it first`)
  return { person: id, name: person.name }
}

async function nameAt(ledger: Ledger, controller: string, { who, role }: Opening): Promise<string> {
  if (role === 'signatory') return (await findSignatory(ledger, controller, who)).name
  if (who.trim() === '' || who.length > nameCharactersMax) throw new Misuse(`a viewer has a name of 1 to ${nameCharactersMax} characters`)
  return who
}

function mustFit(role: AccountRole, ofController: boolean, endsAt: Instant | null, at: Instant): void {
  const fitting: readonly string[] = ofController ? clientRoles : staffRoles
  if (!fitting.includes(role)) throw new Misuse(`${ofController ? 'a controller\'s own people' : 'staff'} may be ${fitting.join(', ')}, not ${role}`)
  if (role === 'auditor' && endsAt === null) throw new Misuse('an auditor reads until a day that is said beforehand: say which')
  if (endsAt !== null && endsAt <= at) throw new Misuse('an account ends after it begins: its last day is over already')
}

/** Gives an account another role, or another end; its sessions and links are over with that. Throws as `openAccount` does, and `Refused` for the last owner. */
export async function changeAccount(ledger: Ledger, changing: { readonly account: string; readonly role: AccountRole; readonly endsAt?: Instant | undefined }, at: Instant): Promise<Account> {
  const { account: id, role, endsAt = null } = changing
  const account = await mustBeOpen(ledger, id)
  mustFit(role, account.controller !== null, endsAt, at)
  if (role === 'signatory' && account.controller !== null) await findSignatory(ledger, account.controller, account.name)
  const changes: Draft = { slot: account.slot, type: 'account.changed', at, parts: { evidence: { account: id, role, endsAt } } }
  if (account.role === 'owner' && (role !== 'owner' || endsAt !== null)) await settle(ledger, async (executor) => { await mustNotBeLastOwner(executor, id); return [changes] })
  else await ledger.append(changes)
  return mustFind(ledger, id)
}

/** Closes an account for good; its sessions, links and tokens are over with that. Throws `Misuse` when it is not open, `Refused` for the last owner. */
export async function closeAccount(ledger: Ledger, id: string, at: Instant): Promise<Account> {
  const account = await mustBeOpen(ledger, id)
  const closes: Draft = { slot: account.slot, type: 'account.closed', at, parts: { evidence: { account: id } } }
  if (account.role === 'owner') await settle(ledger, async (executor) => { await mustNotBeLastOwner(executor, id); return [closes] })
  else await ledger.append(closes)
  return mustFind(ledger, id)
}

// Not in the fold: when keys were destroyed, a fold knows of fewer owners than there were.
async function mustNotBeLastOwner(executor: store.Executor, id: string): Promise<void> {
  const account = await mustBeOpen({ database: executor }, id)
  if (account.role === 'owner' && (await store.otherOwners(executor, id)) === 0) throw new Refused('people/last-owner', `${id} is the only owner left; give somebody else that role first`)
}

async function mustFind(ledger: Ledger, id: string): Promise<Account> {
  const account = await store.findAccount(ledger.database, id)
  if (account === undefined) throw new Misuse(`no account ${id}; bailee people account list names them`)
  return account
}

/** The account of that id. Throws `Misuse` when there is none, or it is closed. */
export async function mustBeOpen(ledger: { readonly database: store.Executor }, id: string): Promise<Account> {
  const account = await store.findAccount(ledger.database, id)
  if (account === undefined || account.closedAt !== null) throw new Misuse(`no account ${id} is open; bailee people account list names them`)
  return account
}
