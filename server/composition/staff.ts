/** Joiners, movers and leavers: what a person holds, what a change of role ends, and how everything is closed at once (Art. 32(4)). */
import { createHash } from 'node:crypto'
import { recentSessions } from '#gateway'
import { allGrants, allInstructions, openApprovals, type Grant, type Instruction } from '#instruction'
import type { Draft, Ledger } from '#ledger'
import { allMoves, allPeople, allRoles, liveTokens, personExists, type Move, type Person, type Role } from '#people'
import { Misuse, Refused } from '#kit/errors'
import { formatInstant, machineClock, type Instant } from '#kit/time'

/** One thing that a person holds. */
export interface Holding { readonly what: string; readonly id: string; readonly until?: Instant; readonly detail: string }

/**
 * A kind of thing that people hold. `closing`: the entries that end it, recorded in the transaction in which its owner leaves; what ends by itself
 * with `people.left` (tokens, sessions) needs none. Whoever keeps accounts gives one more.
 */
export interface Holder {
  held(ledger: Ledger, person: string, at: Instant): Promise<readonly Holding[]>
  closing?(ledger: Ledger, leaver: { person: string; by: string }, at: Instant): Promise<readonly Draft[]>
}

const liveGrants = async ({ database }: Ledger, person: string, at: Instant): Promise<Grant[]> => (await allGrants(database)).filter((grant) => grant.person === person && grant.state !== 'revoked' && at < grant.until)
const revoking = ({ id, slot }: Grant, by: string, at: Instant): Draft => ({ slot, type: 'grant.revoked', at, parts: { evidence: { grant: id, by } } })

const holders: readonly Holder[] = [
  {
    held: async (ledger, person, at) => (await liveGrants(ledger, person, at)).map(({ id, until, state, instruction, emergency }) => ({ what: emergency === undefined ? 'grant' : 'emergency', id, until, detail: `${state}, under ${instruction}` })),
    closing: async (ledger, { person, by }, at) => (await liveGrants(ledger, person, at)).map((grant) => revoking(grant, by, at)),
  },
  { held: async ({ database }, person) => (await liveTokens(database, person, machineClock())).map(({ id, expiresAt }) => ({ what: 'token', id, until: expiresAt, detail: 'for the gateway' })) },
  { held: async ({ database }, person) => (await recentSessions(database, { person, open: true })).map(({ id, store, instruction, openedAt }) => ({ what: 'session', id, detail: `at ${store} under ${instruction}, open since ${formatInstant(openedAt)}` })) },
  {
    held: async ({ database }, person) => (await openApprovals(database)).filter((one) => one.person === person || one.givenBy === person).map(({ id, state, use, until, instruction }) => ({ what: 'approval', id, ...(until === null ? {} : { until }), detail: `${state}, for a ${use} under ${instruction}` })),
    closing: async ({ database }, { person, by }, at) => (await openApprovals(database)).filter((one) => one.person === person || one.givenBy === person).map(({ id, slot }) => ({ slot, type: 'approval.withdrawn', at, parts: { evidence: { id, by } } })),
  },
  { held: async ({ database }, person) => (await allMoves(database)).filter((move) => move.person === person && move.state === 'proposed').map(({ id, to }) => ({ what: 'change of role', id, detail: `to ${to}, not confirmed` })) },
]

/** Everything that a person holds: grants, tokens, open sessions, changes of role that wait, and what `more` knows of. Throws `Misuse` for somebody never declared. */
export async function holdingsOf(ledger: Ledger, person: string, at: Instant, more: readonly Holder[] = []): Promise<Holding[]> {
  await findPerson(ledger, person)
  return (await Promise.all([...holders, ...more].map((holder) => holder.held(ledger, person, at)))).flat()
}

/** Somebody who is declared, also who left. Throws `Misuse` for anybody else. */
export async function findPerson({ database }: Ledger, id: string): Promise<Person> {
  const found = (await allPeople(database)).find((person) => person.id === id)
  if (found === undefined) throw new Misuse(`nobody with id ${id} is declared; bailee people list names everybody`)
  return found
}

async function mustBeHere(ledger: Ledger, id: string): Promise<Person> {
  const person = await findPerson(ledger, id)
  if (person.leftAt !== undefined) throw new Misuse(`${id} has left; bailee people join lets them in again`)
  return person
}

/** Somebody new, or somebody who comes back: with nothing of before. Throws `Misuse` for who is here already. */
export async function join(ledger: Ledger, person: Omit<Person, 'leftAt'>, at: Instant): Promise<void> {
  if (await personExists(ledger.database, person.id)) throw new Misuse(`${person.id} is here already; a change of role: bailee people move ${person.id} --role ROLE --as ID`)
  const { id, name, contact, role } = person
  const left = (await liveGrants(ledger, id, at)).map((grant) => revoking(grant, id, at))
  await ledger.append([...left, { slot: 0, type: 'people.declared', at, parts: { people: { id, name, contact, role } } }])
}

/** Ends everything that a person holds, in one transaction; sessions end at every gateway within a second. Answers what was held. Throws `Misuse` for who is not here. */
export async function leave(ledger: Ledger, leaver: { person: string; by: string }, at: Instant, more: readonly Holder[] = []): Promise<Holding[]> {
  await mustBeHere(ledger, leaver.person)
  await mustBeHere(ledger, leaver.by)
  const held = await holdingsOf(ledger, leaver.person, at, more)
  const closing = (await Promise.all([...holders, ...more].map((holder) => holder.closing?.(ledger, leaver, at) ?? []))).flat()
  await ledger.append([...closing, { slot: 0, type: 'people.left', at, parts: { evidence: { person: leaver.person, by: leaver.by } } }])
  return held
}

/** Whether a role covers all that a grant under an instruction gives: its operations and purposes. A role that is not declared covers nothing. Pure. */
export function roleCovers(role: Role | undefined, { scope }: Pick<Instruction, 'scope'>): boolean {
  const all = (may: '*' | readonly string[], wanted: readonly string[]): boolean => may === '*' || wanted.every((one) => may.includes(one))
  return role !== undefined && all(role.operations, scope.operations) && all(role.purposes, scope.purposes)
}

async function endedBy(ledger: Ledger, { person, role }: { person: string; role: string }, at: Instant): Promise<Grant[]> {
  const [roles, instructions] = [await allRoles(ledger.database), new Map((await allInstructions(ledger.database)).map((one) => [one.id, one]))]
  const to = roles.find(({ id }) => id === role)
  return (await liveGrants(ledger, person, at)).filter(({ instruction }) => { const known = instructions.get(instruction); return known === undefined || !roleCovers(to, known) })
}

/** Grants are named in their controllers' logs alone: the common log, which all of them see, gets their number and a hash. */
const marked = (grants: readonly Grant[]): readonly string[] => [String(grants.length), createHash('sha256').update(grants.map(({ id }) => id).sort().join('\n')).digest('hex')]

/** Proposes that a person changes role, and says which grants that would end. A second person confirms. Throws `Refused` while another change waits. */
export async function proposeMove(ledger: Ledger, wanted: { person: string; role: string; by: string }, at: Instant): Promise<{ move: Move; ends: Grant[] }> {
  const { person, role, by } = wanted
  const { role: from } = await mustBeHere(ledger, person)
  await mustBeHere(ledger, by)
  if (from === role) throw new Misuse(`${person} is ${role} already`)
  const ends = await endedBy(ledger, wanted, at)
  const id = `${person}-${formatInstant(at)}`
  await ledger.append({ slot: 0, type: 'people.move_proposed', at, parts: { evidence: { move: id, person, from, to: role, revokes: [...marked(ends)], by } } })
  return { move: await openMove(ledger, person), ends }
}

async function openMove({ database }: Ledger, person: string): Promise<Move> {
  const found = (await allMoves(database)).find((move) => move.person === person && move.state === 'proposed')
  if (found === undefined) throw new Misuse(`no change of role of ${person} waits; propose one: bailee people move ${person} --role ROLE --as ID`)
  return found
}

/**
 * A second person confirms a change of role: the grants that the new role does not cover end in the same transaction. Throws `Refused` for the person, who proposed it, and where other grants
 * would end than were proposed.
 */
export async function confirmMove(ledger: Ledger, { person, by }: { person: string; by: string }, at: Instant): Promise<{ move: Move; ended: Grant[] }> {
  const move = await openMove(ledger, person)
  await mustBeHere(ledger, by)
  const ends = await endedBy(ledger, { person, role: move.to }, at)
  if (marked(ends).join() !== move.revokes.join()) throw new Refused('people/move-changed', `other grants of ${person} would end now than when this was proposed; refuse it and propose it anew`)
  await ledger.append([{ slot: 0, type: 'people.moved', at, parts: { evidence: { move: move.id, by } } }, ...ends.map((grant) => revoking(grant, by, at))])
  return { move, ended: ends }
}

/** A second person refuses a change of role; nothing changes. */
export async function refuseMove(ledger: Ledger, { person, by }: { person: string; by: string }, at: Instant): Promise<Move> {
  const move = await openMove(ledger, person)
  await mustBeHere(ledger, by)
  await ledger.append({ slot: 0, type: 'people.move_refused', at, parts: { evidence: { move: move.id, by } } })
  return move
}

/** When each person was last seen under each instruction, by the gateway's records that are still kept. */
export async function lastUses({ database }: Ledger): Promise<(person: string, instruction: string) => Instant | undefined> {
  const seen = new Map<string, Instant>()
  for (const grant of await allGrants(database)) {
    const [last] = await recentSessions(database, { person: grant.person, instruction: grant.instruction, limit: 1 })
    if (last !== undefined) seen.set(`${grant.person} ${grant.instruction}`, last.openedAt)
  }
  return (person, instruction) => seen.get(`${person} ${instruction}`)
}
