import { rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Entry } from '#ledger'
import { Refused } from '#kit/errors'
import { subProcessorMoves, type SubProcessor, type SubProcessorIdentity, type SubProcessorState } from './types.ts'

/** Every sub-processor of these contracts (of all when none is named), whatever its state, by name. */
export async function allSubProcessors(executor: Database | Transaction, contract?: string): Promise<SubProcessor[]> {
  return rows<SubProcessor>(executor, sql`
    select contract, name, detail as identity, state, number, since, until, signatory, custody, may_hold as "mayHold", reasons from contract_sub_processor
    where contract = ${contract ?? null} or ${contract === undefined} order by contract, name`)
}

/**
 * Keeps the chain in step with what a declaration lists. What the contract lists when it first tells of sub-processors was agreed with it; what the file adds later, moves to another country, or has engaged by another, is only *listed*: an edit tells no controller.
 */
export async function listSubProcessors(tx: Transaction, { contract, slot, at, list, first }: { contract: string; slot: number; at: number; list: readonly SubProcessorIdentity[]; first: boolean }): Promise<void> {
  const known = new Map((await allSubProcessors(tx, contract)).map((one) => [one.name, one]))
  for (const one of list) {
    const before = known.get(one.name)
    const state = before === undefined ? (first ? 'agreed' : 'listed') : isAnother(before, one) ? 'listed' : before.state
    await rows(tx, sql`
      insert into contract_sub_processor (contract, name, slot, detail, state, since, custody, may_hold) values (${contract}, ${one.name}, ${slot}, ${JSON.stringify(one)}, ${state}, ${at}, ${before?.custody ?? null}, ${mayHold(before, state, at)})
      on conflict (contract, name) do update set detail = excluded.detail, state = excluded.state, may_hold = excluded.may_hold,
        since = case when contract_sub_processor.state = excluded.state then contract_sub_processor.since else excluded.since end`)
  }
  const named = list.map(({ name }) => name)
  await rows(tx, sql`update contract_sub_processor set state = 'withdrawn', since = ${at} where contract = ${contract} and state in ('agreed', 'listed') and name <> all(${named}::text[])`)
}

/** Whether leave given before says nothing of it as it is listed now: elsewhere, at another place in the chain, or taken out of it meanwhile. */
const isAnother = ({ identity, state }: SubProcessor, now: SubProcessorIdentity): boolean => identity.country !== now.country || (identity.engaged_by ?? null) !== (now.engaged_by ?? null) || state === 'withdrawn'

interface Moved { readonly contract: string; readonly name: string; readonly number: number; readonly identity?: SubProcessorIdentity; readonly until?: number | null; readonly custody?: string }

const stateOf: Readonly<Record<string, SubProcessorState>> = {
  'contract.sub_processor_announced': 'announced', 'contract.sub_processor_objected': 'objected', 'contract.sub_processor_authorised': 'authorised', 'contract.sub_processor_withdrawn': 'withdrawn',
}

/** Folds `contract.sub_processor_*`. */
export async function moveSubProcessor(tx: Transaction, entry: Entry): Promise<void> {
  const moved = partOf<Moved>(entry, 'evidence')
  const to = stateOf[entry.type]
  if (moved === undefined || to === undefined) return
  const before = (await allSubProcessors(tx, moved.contract)).find(({ name }) => name === moved.name)
  mustMove(moved, before, to)
  const said = partOf<{ signatory?: string; reasons?: string }>(entry, 'instruction')
  await rows(tx, sql`
    insert into contract_sub_processor (contract, name, slot, detail, state, number, since, until, signatory, custody, reasons, may_hold)
    select id, ${moved.name}, slot, ${JSON.stringify(moved.identity ?? before?.identity ?? null)}, ${to}, ${moved.number}, ${entry.at}, ${moved.until ?? null}, ${said?.signatory ?? null}, ${moved.custody ?? null}, ${said?.reasons ?? null}, ${mayHold(before, to, entry.at)}
    from contract where id = ${moved.contract} and slot = ${entry.slot}
    on conflict (contract, name) do update set detail = excluded.detail, state = excluded.state, number = excluded.number, since = excluded.since, until = excluded.until, signatory = excluded.signatory, custody = excluded.custody, reasons = excluded.reasons, may_hold = excluded.may_hold`)
}

/** Whether one that comes to this state may hold data: what it had once it may hold still, silence that authorised it included. Pure. */
function mayHold(before: SubProcessor | undefined, to: SubProcessorState, at: number): boolean {
  const had = before !== undefined && (before.mayHold || (before.state === 'announced' && before.until !== null && before.until <= at))
  return had || to === 'agreed' || to === 'listed' || to === 'authorised'
}

function mustMove(moved: Moved, before: SubProcessor | undefined, to: SubProcessorState): void {
  const from: readonly SubProcessorState[] = before === undefined ? ['announced', 'authorised'] : subProcessorMoves[before.state]
  if (!from.includes(to)) throw new Refused('contract/sub-processor-move', `${moved.name} is ${before?.state ?? 'not in the chain'} of ${moved.contract} and cannot become ${to}: bailee contract sub-processor list ${moved.contract}`)
  const expected = (before?.number ?? 0) + (to === 'announced' ? 1 : 0)
  if (moved.number !== expected) throw new Refused('contract/sub-processor-changed', `${moved.name} was announced anew meanwhile: look at it again (bailee contract sub-processor list ${moved.contract})`)
}
