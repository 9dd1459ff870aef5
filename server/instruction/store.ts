import { first, rows, sql, type Database, type Transaction } from '#database'
import { jcs, partOf, type Apply, type Entry, type Json } from '#ledger'
import { sha256 } from '@bailee/verifier'
import { Refused } from '#kit/errors'
import { parseInstant } from '#kit/time'
import { endWarnings, keepAnswer, keepWarning } from './warning/store.ts'
import { grantMoves, instructionMoves, type Grant, type GrantState, type Instruction, type InstructionState, type Scope } from './types.ts'

export type { Transaction }

interface InstructionRow { id: string; slot: number; contract: string; controller: string; scope: Scope; state: InstructionState; acceptedAt: number | null; acceptedBy: string | null; acceptedWith: Instruction['acceptedWith'] | null; endedAt: number | null; supersededBy: string | null; endedReason: string | null; suspensions: readonly { from: number; until: number }[] | null }

const instructionOf = ({ acceptedAt, acceptedBy, acceptedWith, endedAt, supersededBy, endedReason, suspensions, ...row }: InstructionRow): Instruction => {
  const until = row.scope.until === undefined ? undefined : parseInstant(row.scope.until)
  return {
    ...row,
    from: parseInstant(row.scope.from) ?? Number.MAX_SAFE_INTEGER,
    ...(until === undefined ? {} : { until }),
    ...(acceptedAt === null ? {} : { acceptedAt }),
    ...(acceptedBy === null ? {} : { acceptedBy }),
    ...(acceptedWith === null || acceptedWith === undefined ? {} : { acceptedWith }),
    ...(endedAt === null ? {} : { endedAt }),
    ...(supersededBy === null ? {} : { supersededBy }),
    ...(endedReason === null ? {} : { endedReason }),
    ...(suspensions === null ? {} : { suspensions }),
  }
}

const instructionColumns = sql.raw(`id, slot, contract, controller, scope, state, accepted_at as "acceptedAt", accepted_by as "acceptedBy", accepted_with as "acceptedWith", ended_at as "endedAt", superseded_by as "supersededBy", ended_reason as "endedReason",
  (select json_agg(json_build_object('from', warned_at, 'until', coalesce(ended_at, 9007199254740991)) order by number) from instruction_warning where instruction_warning.instruction = instruction.id and suspended) as suspensions`)

/** Every instruction in whatever state, by id. One whose `from` cannot be read never begins. */
export async function allInstructions(executor: Database | Transaction): Promise<Instruction[]> {
  return (await rows<InstructionRow>(executor, sql`select ${instructionColumns} from instruction order by id`)).map(instructionOf)
}

async function find(tx: Transaction, id: string): Promise<Instruction> {
  const found = (await rows<InstructionRow>(tx, sql`select ${instructionColumns} from instruction where id = ${id} for update`))[0]
  if (found === undefined) throw new Refused('instruction/unknown', `there is no instruction ${id}`)
  return instructionOf(found)
}

function mustMove(instruction: Instruction, to: InstructionState): void {
  const allowed: readonly InstructionState[] = instructionMoves[instruction.state]
  if (!allowed.includes(to)) throw new Refused('instruction/move', `instruction ${instruction.id} is ${instruction.state} and cannot become ${to}`)
}

/** SHA-256 of the JCS of a scope, in hexadecimal: which proposal an acceptance is of. */
export function proposalHash(scope: Scope): string {
  return Buffer.from(sha256(jcs(scope as unknown as Json))).toString('hex')
}

interface GrantRow { id: string; slot: number; person: string; instruction: string; until: number; state: GrantState; proposedBy: string | null; approvedAt: number | null; approvedBy: string | null; revokedAt: number | null; emergency: string | null; reviewedAt: number | null; reviewedBy: string | null }

const grantOf = ({ proposedBy, approvedAt, approvedBy, revokedAt, emergency, reviewedAt, reviewedBy, ...row }: GrantRow): Grant => ({
  ...row,
  ...(proposedBy === null ? {} : { proposedBy }),
  ...(approvedAt === null ? {} : { approvedAt }),
  ...(approvedBy === null ? {} : { approvedBy }),
  ...(revokedAt === null ? {} : { revokedAt }),
  ...(emergency === null ? {} : { emergency }),
  ...(reviewedAt === null ? {} : { reviewedAt }),
  ...(reviewedBy === null ? {} : { reviewedBy }),
})

const grantColumns = sql.raw(`id, slot, person, instruction, until, state, proposed_by as "proposedBy", approved_at as "approvedAt", approved_by as "approvedBy", revoked_at as "revokedAt", emergency, reviewed_at as "reviewedAt", reviewed_by as "reviewedBy"`)

/** Every grant in whatever state, by id. */
export async function allGrants(executor: Database | Transaction): Promise<Grant[]> {
  return (await rows<GrantRow>(executor, sql`select ${grantColumns} from access_grant order by id`)).map(grantOf)
}

/** Folds `instruction.*`. A move that the state does not allow is refused, and nothing is recorded. */
export const applyInstruction: Apply = async (tx, entry) => {
  switch (entry.type) {
    case 'instruction.proposed': return propose(tx, entry)
    case 'instruction.accepted': return accept(tx, entry)
    case 'instruction.withdrawn': return withdraw(tx, entry)
    case 'instruction.warned': return keepWarning(tx, entry)
    case 'instruction.answered': return keepAnswer(tx, entry)
    default: throw new Refused('instruction/unknown-entry', `instruction does not know entries of type ${entry.type}`)
  }
}

async function propose(tx: Transaction, entry: Entry): Promise<void> {
  const proposed = partOf<{ controller: string; scope: Scope }>(entry, 'instruction')
  if (proposed === undefined) return
  const { scope } = proposed
  const changed = await rows(tx, sql`
    insert into instruction (id, slot, contract, controller, scope, state, proposed_at)
    values (${scope.id}, ${entry.slot}, ${scope.contract}, ${proposed.controller}, ${JSON.stringify(scope)}, 'proposed', ${entry.at})
    on conflict (id) do update set contract = excluded.contract, scope = excluded.scope, proposed_at = excluded.proposed_at
      where instruction.state = 'proposed' and instruction.controller = excluded.controller and instruction.slot = excluded.slot returning id`)
  if (changed.length === 0) throw new Refused('instruction/settled', `instruction ${scope.id} is taken: it is no longer a proposal, or that id stands for something else. Take another id; a new version names the old one under supersedes`)
}

async function accept(tx: Transaction, entry: Entry): Promise<void> {
  const accepted = partOf<{ instruction: string; signatory: string; proposal_sha256: string; custody: string; public_key?: string; passkey?: { account: string } }>(entry, 'instruction')
  if (accepted === undefined) return
  const instruction = await find(tx, accepted.instruction)
  await mustSignStill(tx, accepted)
  mustMove(instruction, 'accepted')
  // What was signed, not what the file says since: it may have been proposed anew between reading and signing.
  if (accepted.proposal_sha256 !== proposalHash(instruction.scope)) throw new Refused('instruction/changed', `instruction ${instruction.id} was proposed anew while it was being accepted; read it again, then accept`)
  await rows(tx, sql`update instruction set state = 'accepted', accepted_at = ${entry.at}, accepted_by = ${accepted.signatory}, accepted_with = ${accepted.custody} where id = ${instruction.id}`)
  if (instruction.scope.supersedes === undefined) return
  const old = await find(tx, instruction.scope.supersedes)
  if (old.controller !== instruction.controller) throw new Refused('instruction/supersedes', `instruction ${old.id} is another controller's`)
  mustMove(old, 'superseded')
  await rows(tx, sql`update instruction set state = 'superseded', ended_at = ${entry.at}, superseded_by = ${instruction.id} where id = ${old.id}`)
  await endWarnings(tx, { instruction: old.id, at: entry.at, because: 'superseded' })
}

/** A passkey that was removed, or an account that was closed or changed, while its signature was on its way: entries have an order, and a verifier reads it. Whose rows are not there has no keys to read them by. */
async function mustSignStill(tx: Transaction, { public_key: key, passkey }: { readonly public_key?: string; readonly passkey?: { readonly account: string } }): Promise<void> {
  if (passkey === undefined || key === undefined) return
  const hash = Buffer.from(sha256(Buffer.from(key, 'base64'))).toString('hex')
  const over = await first<{ over: boolean }>(tx, sql`
    select exists (select 1 from account_passkey where key_sha256 = ${hash} and (removed_at is not null or account <> ${passkey.account})) or exists (select 1 from account where id = ${passkey.account} and (closed_at is not null or role <> 'signatory')) as over`)
  if (over?.over === true) throw new Refused('instruction/passkey-over', 'the passkey was removed, or its account closed, while the instruction was being accepted; sign in again')
}

async function withdraw(tx: Transaction, entry: Entry): Promise<void> {
  const withdrawn = partOf<{ instruction: string; reason?: string }>(entry, 'instruction')
  if (withdrawn === undefined) return
  mustMove(await find(tx, withdrawn.instruction), 'withdrawn')
  await rows(tx, sql`update instruction set state = 'withdrawn', ended_at = ${entry.at}, ended_reason = ${withdrawn.reason ?? null} where id = ${withdrawn.instruction}`)
  await endWarnings(tx, { instruction: withdrawn.instruction, at: entry.at, because: 'withdrawn' })
}

/** Folds `grant.*`. */
export const applyGrant: Apply = async (tx, entry) => {
  const grant = partOf<{ grant: string; person?: string; instruction?: string; until?: number; by?: string; reason?: string; says?: string }>(entry, 'evidence')
  if (grant === undefined) return
  if (entry.type === 'grant.emergency_opened') {
    await rows(tx, sql`
      insert into access_grant (id, slot, person, instruction, until, state, proposed_at, approved_at, emergency)
      values (${grant.grant}, ${entry.slot}, ${grant.person ?? null}, ${grant.instruction ?? null}, ${grant.until ?? null}, 'approved', ${entry.at}, ${entry.at}, ${grant.reason ?? ''})`)
    return
  }
  if (entry.type === 'grant.emergency_reviewed') {
    const reviewed = await rows(tx, sql`update access_grant set reviewed_at = ${entry.at}, reviewed_by = ${grant.by ?? null}, review = ${grant.says ?? null} where id = ${grant.grant} and emergency is not null and reviewed_at is null returning id`)
    if (reviewed.length === 0) throw new Refused('emergency/reviewed', `${grant.grant} is no emergency, or was reviewed before`)
    return
  }
  if (entry.type === 'grant.proposed') {
    await rows(tx, sql`
      insert into access_grant (id, slot, person, instruction, until, state, proposed_at, proposed_by)
      values (${grant.grant}, ${entry.slot}, ${grant.person ?? null}, ${grant.instruction ?? null}, ${grant.until ?? null}, 'proposed', ${entry.at}, ${grant.by ?? null})`)
    return
  }
  const found = (await rows<GrantRow>(tx, sql`select ${grantColumns} from access_grant where id = ${grant.grant} for update`))[0]
  if (found === undefined) throw new Refused('grant/unknown', `there is no grant ${grant.grant}`)
  const to = entry.type === 'grant.approved' ? 'approved' : 'revoked'
  const allowed: readonly GrantState[] = grantMoves[found.state]
  if (!allowed.includes(to)) throw new Refused('grant/move', `grant ${grant.grant} is ${found.state} and cannot become ${to}`)
  if (to === 'approved') await rows(tx, sql`update access_grant set state = 'approved', approved_at = ${entry.at}, approved_by = ${grant.by ?? null} where id = ${grant.grant}`)
  else await rows(tx, sql`update access_grant set state = 'revoked', revoked_at = ${entry.at} where id = ${grant.grant}`)
}
