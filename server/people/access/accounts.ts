import type { Ledger } from '#ledger'
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
  const whom = controller === undefined ? await staffOf(ledger, opening.who) : { person: null, name: await nameAt(ledger, controller.id, opening) }
  return record(ledger, { id: `account-${Buffer.from(random(accountIdBytes)).toString('hex')}`, ...whom, role, controller: controller?.id ?? null, endsAt }, { slot: controller?.slot ?? 0, at })
}

/** The owner's account, opened the first time anything starts: nobody is declared then. The oldest that is open when there is one. */
export async function openOwner(ledger: Ledger, at: Instant, random: Randomness): Promise<Account> {
  const known = await store.allAccounts(ledger.database)
  const open = known.find((account) => account.role === 'owner' && account.closedAt === null)
  if (open !== undefined) return open
  const id = known.some((account) => account.id === 'owner') ? `owner-${Buffer.from(random(accountIdBytes)).toString('hex')}` : 'owner'
  return record(ledger, { id, name: 'Owner', role: 'owner', person: null, controller: null, endsAt: null }, { slot: 0, at })
}

async function record(ledger: Ledger, opened: store.Opened, { slot, at }: { slot: number; at: Instant }): Promise<Account> {
  await ledger.append({ slot, type: 'account.opened', at, parts: { people: { ...opened } } })
  return mustFind(ledger, opened.id)
}

async function staffOf(ledger: Ledger, id: string): Promise<{ readonly person: string; readonly name: string }> {
  const person = (await allPeople(ledger.database)).find((one) => one.id === id && one.leftAt === undefined)
  if (person === undefined) throw new Misuse(`nobody with id ${id} is declared; add them under people in bailee.yaml and run bailee apply`)
  const has = (await store.allAccounts(ledger.database)).find((account) => account.person === id && account.closedAt === null)
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
  if (role !== 'owner' || endsAt !== null) await mustNotBeLastOwner(ledger, account)
  await ledger.append({ slot: account.slot, type: 'account.changed', at, parts: { evidence: { account: id, role, endsAt } } })
  return mustFind(ledger, id)
}

/** Closes an account for good; its sessions and links are over with that. Throws `Misuse` when it is not open, `Refused` for the last owner. */
export async function closeAccount(ledger: Ledger, id: string, at: Instant): Promise<Account> {
  const account = await mustBeOpen(ledger, id)
  await mustNotBeLastOwner(ledger, account)
  await ledger.append({ slot: account.slot, type: 'account.closed', at, parts: { evidence: { account: id } } })
  return mustFind(ledger, id)
}

// Not in the fold: when keys were destroyed, a fold knows of fewer owners than there were. Two who close each other at once are let in again by a start.
async function mustNotBeLastOwner(ledger: Ledger, account: Account): Promise<void> {
  if (account.role !== 'owner' || (await store.otherOwners(ledger.database, account.id)) > 0) return
  throw new Refused('people/last-owner', `${account.id} is the only owner left; give somebody else that role first`)
}

async function mustFind(ledger: Ledger, id: string): Promise<Account> {
  const account = await store.findAccount(ledger.database, id)
  if (account === undefined) throw new Misuse(`no account ${id}; bailee people account list names them`)
  return account
}

/** The account of that id. Throws `Misuse` when there is none, or it is closed. */
export async function mustBeOpen(ledger: Pick<Ledger, 'database'>, id: string): Promise<Account> {
  const account = await store.findAccount(ledger.database, id)
  if (account === undefined || account.closedAt !== null) throw new Misuse(`no account ${id} is open; bailee people account list names them`)
  return account
}
