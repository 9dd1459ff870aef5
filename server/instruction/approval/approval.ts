/** A second person's approval of one use of an instruction, where the instruction asks for it (Art. 29, 32(4)): asked for, given or refused by somebody else, used, and over by itself. */
import { createHash } from 'node:crypto'
import { mustWorkHere } from '#contract'
import { jcs, type Draft, type Json, type Ledger } from '#ledger'
import { standings } from '#people'
import { Misuse, Refused } from '#kit/errors'
import { day, type Instant } from '#kit/time'
import { findInstruction } from '../instruction.ts'
import { proposalHash } from '../store.ts'
import { isInForce, type Instruction } from '../types.ts'
import { findApproval, openApprovals } from './store.ts'
import type { Approval, ApprovalUse } from './types.ts'

/** Seconds in which somebody answers; then it is asked for anew. */
export const askedSeconds = day

/** Uses that one approval may have at most: the connections of one tool. */
export const approvalTimesMax = 20

const reasonCharactersMin = 10

async function mustBe({ database }: Pick<Ledger, 'database'>, id: string): Promise<Approval> {
  const found = await findApproval(database, id)
  if (found === undefined) throw new Misuse(`there is no approval ${JSON.stringify(id)}; bailee instruction approval list shows them`)
  return found
}

function mustAskFor({ id, scope }: Instruction, use: ApprovalUse): number {
  const { second_person: demanded } = scope
  if (demanded?.uses.includes(use) !== true) throw new Misuse(`${id} asks for no second person for a ${use}${demanded === undefined ? '' : `: only for ${demanded.uses.join(', ')}`}`)
  return demanded.minutes
}

/** Of what a copy or a disclosure would do: SHA-256 of its canonical JSON (RFC 8785), in hexadecimal. */
export const whatHash = (what: Json): string => createHash('sha256').update(jcs(what)).digest('hex')

interface Asked {
  readonly instruction: string
  readonly use: ApprovalUse
  readonly person: string
  readonly reason: string
  readonly minutes?: number | undefined
  readonly times?: number | undefined
  /** Of a copy or a disclosure exactly what it would do; it is good for nothing else. */
  readonly what?: Json | undefined
}

/** Asks for it. Throws `Misuse` where the instruction asks for no second person for that use, for more time or uses than there may be, and for a copy or a disclosure of which it is not said what it does; `Refused` when the instruction is not in force. */
export async function askApproval(ledger: Ledger, asked: Asked, at: Instant): Promise<Approval> {
  const { use, person, reason, times = 1, what = null } = asked
  const instruction = await findInstruction(ledger, asked.instruction)
  const most = mustAskFor(instruction, use)
  const minutes = asked.minutes ?? most
  if (minutes < 1 || minutes > most) throw new Misuse(`${instruction.id} lets an approval last 1 to ${most} minutes`)
  if (times < 1 || times > (use === 'session' ? approvalTimesMax : 1)) throw new Misuse(use === 'session' ? `an approval is for 1 to ${approvalTimesMax} sessions` : `an approval is for one ${use}`)
  if ((use === 'session') !== (what === null)) throw new Misuse(use === 'session' ? 'an approval of sessions says nothing of a copy or a disclosure' : `a ${use} is asked for with all that it would do: bailee transfer ${use} ..., with --ask "what for"`)
  if (reason.trim().length < reasonCharactersMin) throw new Misuse('say what for, in a sentence; name no person of the data')
  await mustWorkHere(ledger, person)
  if (!isInForce(instruction, undefined, at)) throw new Refused('approval/instruction', `${instruction.id} is ${instruction.state} and covers nothing now`)
  const id = `AP-${createHash('sha256').update(JSON.stringify([instruction.id, use, person, reason, at, ...(what === null ? [] : [whatHash(what)])])).digest('hex').slice(0, 10)}`
  await ledger.append({ slot: instruction.slot, type: 'approval.asked', at, parts: { evidence: { id, instruction: instruction.id, scope_sha256: proposalHash(instruction.scope), person, use, reason, minutes, times, ...(what === null ? {} : { what, what_sha256: whatHash(what) }) } } })
  return mustBe(ledger, id)
}

/** Somebody else gives it: from now on, for as long as was asked. Throws `Refused` for whoever asked, who is not bound to confidentiality, what waited for too long, an instruction that is not in force as it was asked under, and of a copy or a disclosure for other than what was shown: `what` is its hash, or at least the first 12 signs of it. */
export async function giveApproval(ledger: Ledger, { approval: id, by, what }: { readonly approval: string; readonly by: string; readonly what?: string | undefined }, at: Instant): Promise<Approval> {
  const asked = await mustBe(ledger, id)
  mustBeShown(asked, what)
  const standing = (await standings(ledger.database)).get(by)
  if (by === asked.person) throw new Refused('approval/second-person', `${id} is given by a second person, not by ${by}, who asked for it`)
  if (standing === undefined || standing.person.leftAt !== undefined) throw new Misuse(`nobody with id ${by} is declared; bailee people list shows who is`)
  if (standing.committedAt === undefined || standing.committedAt > at) throw new Refused('approval/commitment', `${by} is not bound to confidentiality yet: bailee people commit ${by}`)
  if (at >= asked.askedAt + askedSeconds) throw new Refused('approval/lapsed', `${id} waited for more than a day; ask for it anew`)
  const instruction = await findInstruction(ledger, asked.instruction)
  const scope = proposalHash(instruction.scope)
  if (!isInForce(instruction, undefined, at) || scope !== asked.scopeSha256) throw new Refused('approval/instruction', `${instruction.id} is not in force as it was when ${id} was asked for`)
  await ledger.append({ slot: asked.slot, type: 'approval.given', at, parts: { evidence: { id, by, scope_sha256: scope, ...(asked.whatSha256 === null ? {} : { what_sha256: asked.whatSha256 }), until: at + asked.minutes * 60 } } })
  return mustBe(ledger, id)
}

/** Of a hash, as many signs as nobody meets by chance. */
const shownSignsMin = 12

function mustBeShown({ id, use, whatSha256 }: Approval, what: string | undefined): void {
  if (whatSha256 === null && use !== 'session') throw new Refused('approval/what', `${id} was asked for without what the ${use} would do, and covers none; ask for it anew: bailee transfer ${use} ..., with --ask`)
  if (whatSha256 === null) return
  if (what === undefined || what.length < shownSignsMin || !whatSha256.startsWith(what)) throw new Refused('approval/what', `whoever approves a ${use} says what they were shown: bailee instruction approval show ${id} prints it, and with which hash it is given`)
}

/** Somebody else refuses it. Throws `Refused` for whoever asked: they may take it back. */
export async function refuseApproval(ledger: Ledger, { approval: id, by, reason }: { readonly approval: string; readonly by: string; readonly reason: string }, at: Instant): Promise<Approval> {
  const asked = await mustBe(ledger, id)
  await mustWorkHere(ledger, by)
  if (by === asked.person) throw new Refused('approval/second-person', `${id} is refused by a second person; whoever asked takes it back (bailee instruction approval withdraw ${id})`)
  await ledger.append({ slot: asked.slot, type: 'approval.refused', at, parts: { evidence: { id, by, reason } } })
  return mustBe(ledger, id)
}

/** Takes it back, asked for or given: sessions under it end within a second. */
export async function withdrawApproval(ledger: Ledger, { approval: id, by }: { readonly approval: string; readonly by: string }, at: Instant): Promise<Approval> {
  const { slot } = await mustBe(ledger, id)
  await mustWorkHere(ledger, by)
  await ledger.append({ slot, type: 'approval.withdrawn', at, parts: { evidence: { id, by } } })
  return mustBe(ledger, id)
}

const isOver = ({ state, askedAt, until }: Approval, at: Instant): boolean => (state === 'asked' ? askedAt + askedSeconds <= at : (until ?? -Infinity) <= at)

/** Records what time has ended: it is good no more before this, too. Safe to call at any time, and by several at once. Resolves to those that lapsed. */
export async function settleApprovals(ledger: Ledger, at: Instant): Promise<Approval[]> {
  const over = (await openApprovals(ledger.database)).filter((one) => isOver(one, at))
  const lapsed: Approval[] = []
  for (const one of over) {
    const mine = await ledger.append({ slot: one.slot, type: 'approval.lapsed', at, parts: { evidence: { id: one.id } } }).then(() => true, (cause: unknown) => { if (!(cause instanceof Refused)) throw cause; return false })
    if (mine) lapsed.push(one)
  }
  return lapsed
}

/** The approval that an act may go by: given, with a use left, the one that ends first. Undefined: none. Pure. */
export function approvalFor(approvals: readonly Approval[], wanted: { readonly instruction: string; readonly person: string; readonly use: ApprovalUse; readonly what?: string | undefined }, at: Instant): Approval | undefined {
  return approvals.filter((one) => one.state === 'given' && one.instruction === wanted.instruction && one.person === wanted.person && one.use === wanted.use && one.whatSha256 === (wanted.what ?? null) && one.used < one.times && (one.givenAt ?? Infinity) <= at && at < (one.until ?? -Infinity))
    .sort((a, b) => (a.until ?? 0) - (b.until ?? 0))[0]
}

/** What names the approval in an act, and of a copy or a disclosure the hash of what it does: nothing where the instruction asks for none. */
export function goingBy(known: { readonly approvals: readonly Approval[] }, { instruction, person, use, what }: { readonly instruction: Instruction; readonly person: string; readonly use: ApprovalUse; readonly what?: Json | undefined }, at: Instant): { approval?: string; what?: string } {
  if (instruction.scope.second_person?.uses.includes(use) !== true) return {}
  const hash = what === undefined ? {} : { what: whatHash(what) }
  const found = approvalFor(known.approvals, { instruction: instruction.id, person, use, ...hash }, at)
  return found === undefined ? hash : { approval: found.id, ...hash }
}

/** The entry that an act used its approval, recorded in the transaction in which the act begins; none for an act without one. */
export function usedDraft(slot: number, { approval, at }: { readonly approval?: string; readonly at: Instant }, what: string): Draft[] {
  return approval === undefined ? [] : [{ slot, type: 'approval.used', at, parts: { evidence: { id: approval, what } } }]
}
