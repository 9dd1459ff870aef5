import { rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Apply, type Entry, type Json } from '#ledger'
import { Refused } from '#kit/errors'
import { approvalMoves, type Approval, type ApprovalState, type ApprovalUse } from './types.ts'

const columns = sql.raw(`id, slot, instruction, scope_sha256 as "scopeSha256", person, use, reason, what, what_sha256 as "whatSha256", minutes, times, asked_at as "askedAt", state, given_by as "givenBy", given_at as "givenAt", until, used, used_at as "usedAt", ended_at as "endedAt"`)

/** More are not listed. */
const listedMax = 1_000

/** Approvals, newest first, at most 1,000: a listing. */
export async function allApprovals(executor: Database | Transaction): Promise<Approval[]> {
  return rows<Approval>(executor, sql`select ${columns} from access_approval order by asked_at desc, id limit ${listedMax}`)
}

/** Those that are asked for or given, however many: what decisions look at, and what time ends. */
export async function openApprovals(executor: Database | Transaction): Promise<Approval[]> {
  return rows<Approval>(executor, sql`select ${columns} from access_approval where state in ('asked', 'given') order by asked_at, id`)
}

/** The approval of that id. */
export async function findApproval(executor: Database | Transaction, id: string): Promise<Approval | undefined> {
  return (await rows<Approval>(executor, sql`select ${columns} from access_approval where id = ${id}`))[0]
}

interface Part { readonly id: string; readonly instruction: string; readonly scope_sha256: string; readonly person: string; readonly use: ApprovalUse; readonly reason: string; readonly what?: Json; readonly what_sha256?: string; readonly minutes: number; readonly times: number; readonly by: string; readonly until: number }

/** Folds `approval.*`. What the state does not allow is refused, and nothing is recorded. */
export const applyApproval: Apply = async (tx, entry) => {
  const part = partOf<Part>(entry, 'evidence')
  if (part === undefined) return
  switch (entry.type) {
    case 'approval.asked': return ask(tx, entry, part)
    case 'approval.used': return use(tx, entry, part)
    case 'approval.given': return give(tx, entry, part)
    case 'approval.refused': return end(tx, entry, { id: part.id, to: 'refused' })
    case 'approval.withdrawn': return end(tx, entry, { id: part.id, to: 'withdrawn' })
    case 'approval.lapsed': return end(tx, entry, { id: part.id, to: 'lapsed' })
    default: throw new Refused('approval/unknown-entry', `approval does not know entries of type ${entry.type}`)
  }
}

async function ask(tx: Transaction, entry: Entry, { id, instruction, scope_sha256: scope, person, use: wanted, reason, what = null, what_sha256: whatSha256 = undefined, minutes, times }: Part): Promise<void> {
  const changed = await rows(tx, sql`
    insert into access_approval (id, slot, instruction, scope_sha256, person, use, reason, what, what_sha256, minutes, times, asked_at, state)
    values (${id}, ${entry.slot}, ${instruction}, ${scope}, ${person}, ${wanted}, ${reason}, ${what === null ? null : JSON.stringify(what)}::jsonb, ${whatSha256 ?? null}, ${minutes}, ${times}, ${entry.at}, 'asked') on conflict do nothing returning id`)
  if (changed.length === 0) throw new Refused('approval/asked', `${id} was asked for already: bailee instruction approval list`)
}

async function give(tx: Transaction, entry: Entry, { id, scope_sha256: scope, what_sha256: what = undefined, by, until }: Part): Promise<void> {
  await mustMove(tx, id, 'given')
  const changed = await rows(tx, sql`
    update access_approval set state = 'given', given_by = ${by}, given_at = ${entry.at}, until = ${until} where id = ${id} and slot = ${entry.slot} and scope_sha256 = ${scope} and what_sha256 is not distinct from ${what ?? null}::text and person <> ${by} returning id`)
  if (changed.length === 0) throw new Refused('approval/second-person', `${id} is given by a second person, for the instruction as it was asked under and for what was asked: not by ${by}`)
}

/** Two that reach for the last use at once: the second is refused. */
async function use(tx: Transaction, entry: Entry, { id }: Part): Promise<void> {
  const changed = await rows(tx, sql`
    update access_approval set used = used + 1, used_at = ${entry.at} where id = ${id} and slot = ${entry.slot} and state = 'given' and used < times and given_at <= ${entry.at} and ${entry.at} < until returning id`)
  if (changed.length === 0) throw new Refused('approval/used-up', `${id} is used up, or its time is over: ask for another (bailee instruction approval ask)`)
}

async function end(tx: Transaction, entry: Entry, { id, to }: { readonly id: string; readonly to: ApprovalState }): Promise<void> {
  await mustMove(tx, id, to)
  await rows(tx, sql`update access_approval set state = ${to}, ended_at = ${entry.at} where id = ${id} and slot = ${entry.slot}`)
}

async function mustMove(tx: Transaction, id: string, to: ApprovalState): Promise<void> {
  const found = await findApproval(tx, id)
  const allowed: readonly ApprovalState[] = found === undefined ? [] : approvalMoves[found.state]
  if (!allowed.includes(to)) throw new Refused('approval/move', `approval ${id} is ${found?.state ?? 'not there'} and cannot become ${to}`)
}
