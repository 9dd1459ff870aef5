import { rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Apply, type Entry } from '#ledger'
import { Refused } from '#kit/errors'
import { parseInstant } from '#kit/time'
import type { Contract, ContractDeclared, Controller, ControllerDeclared, Processor } from './types.ts'

/** The processor as last declared; undefined before the first declaration. */
export async function theProcessor(executor: Database | Transaction): Promise<Processor | undefined> {
  return (await rows<{ detail: Processor }>(executor, sql`select detail from processor`))[0]?.detail
}

/** Every controller, in the order their slots were given. */
export async function allControllers(executor: Database | Transaction): Promise<Controller[]> {
  const found = await rows<{ id: string; slot: number; declared: ControllerDeclared }>(executor, sql`select id, slot, detail as declared from controller order by slot`)
  return found.map((row) => ({ ...row, name: row.declared.name }))
}

interface ContractRow { id: string; slot: number; controller: string; starts: number; ends: number | null; endedAt: number | null; endedBecause: string | null; declared: ContractDeclared }

/** Every contract, ended ones too, by id. */
export async function allContracts(executor: Database | Transaction): Promise<Contract[]> {
  const found = await rows<ContractRow>(executor, sql`
    select id, slot, controller, starts, ends, ended_at as "endedAt", ended_because as "endedBecause", detail as declared from contract order by id`)
  return found.map(({ ends, endedAt, endedBecause, ...row }) => ({
    ...row, ...(ends === null ? {} : { ends }), ...(endedAt === null ? {} : { endedAt }), ...(endedBecause === null ? {} : { endedBecause }),
  }))
}

/** Folds `processor.declared`. */
export const applyProcessor: Apply = async (tx, entry) => {
  const detail = partOf<Processor>(entry, 'evidence')
  if (detail === undefined) return
  await rows(tx, sql`insert into processor (detail) values (${JSON.stringify(detail)}) on conflict (only_one) do update set detail = excluded.detail`)
}

/** Folds `controller.declared`. */
export const applyController: Apply = async (tx, entry) => {
  const detail = partOf<ControllerDeclared>(entry, 'evidence')
  if (detail === undefined) return
  await rows(tx, sql`
    insert into controller (id, slot, detail, declared_at) values (${detail.id}, ${entry.slot}, ${JSON.stringify(detail)}, ${entry.at})
    on conflict (id) do update set detail = excluded.detail`)
}

/** Folds `contract.declared` and `contract.ended`. */
export const applyContract: Apply = async (tx, entry) => {
  if (entry.type === 'contract.ended') return end(tx, entry)
  const detail = partOf<ContractDeclared>(entry, 'evidence')
  if (detail === undefined) return
  const ends = detail.ends === undefined ? null : (parseInstant(detail.ends) ?? null)
  const changed = await rows(tx, sql`
    insert into contract (id, slot, controller, starts, ends, detail)
    values (${detail.id}, ${entry.slot}, ${detail.controller}, ${parseInstant(detail.starts) ?? null}, ${ends}, ${JSON.stringify(detail)})
    on conflict (id) do update set starts = excluded.starts, ends = excluded.ends, detail = excluded.detail where contract.ended_at is null returning id`)
  if (changed.length === 0) throw new Refused('contract/ended', `contract ${detail.id} has ended; nothing in it can change any more`)
}

async function end(tx: Transaction, entry: Entry): Promise<void> {
  const ended = partOf<{ contract: string; because: string }>(entry, 'evidence')
  if (ended === undefined) return
  const changed = await rows(tx, sql`
    update contract set ended_at = ${entry.at}, ended_because = ${ended.because} where id = ${ended.contract} and ended_at is null returning id`)
  if (changed.length === 0) throw new Refused('contract/ended', `contract ${ended.contract} has ended already`)
}
