import { rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Apply, type Entry } from '#ledger'
import { Refused } from '#kit/errors'
import { parseInstant } from '#kit/time'
import { listSubProcessors, moveSubProcessor } from './chain/store.ts'
import type { SubProcessorIdentity } from './chain/types.ts'
import { keepTerm } from './terms/store.ts'
import type { Acknowledgement, ChoiceMade, Contract, ContractDeclared, Controller, ControllerDeclared, Notice, Processor, ReleaseMade, ReturnKey } from './types.ts'

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

/** What signatories chose for the end of a contract, in the order made. */
export async function choicesOf(executor: Database | Transaction, contract: string): Promise<ChoiceMade[]> {
  return rows<ChoiceMade>(executor, sql`select number, choice, recipient, signatory, custody, made_at as "madeAt" from contract_choice where contract = ${contract} order by number`)
}

/** What signatories let go of after the end of a contract, and after its newest choice. */
export async function releasesOf(executor: Database | Transaction, contract: string): Promise<ReleaseMade[]> {
  return rows<ReleaseMade>(executor, sql`select how, signatory, custody, released_at as "releasedAt" from contract_release where contract = ${contract} order by released_at, how`)
}

/** The keys that returned data are encrypted to, in the order named. */
export async function returnKeysOf(executor: Database | Transaction, contract: string): Promise<ReturnKey[]> {
  return rows<ReturnKey>(executor, sql`select number, recipient, signatory, custody, named_at as "namedAt" from contract_return_key where contract = ${contract} order by number`)
}

/** Every notice to a controller, oldest first. */
export async function allNotices(executor: Database | Transaction): Promise<Notice[]> {
  return rows<Notice>(executor, sql`select id, slot, controller, about, says, recorded_at as "recordedAt" from controller_notice order by recorded_at, id`)
}

/** Notices that a signatory said were read; by whom is null when the key of it is gone. */
export async function acknowledgementsOf(executor: Database | Transaction): Promise<Acknowledgement[]> {
  return rows<Acknowledgement>(executor, sql`select slot, notice, acknowledged_by as by, acknowledged_at as at from notice_acknowledgement order by acknowledged_at, slot, notice`)
}

async function acknowledge(tx: Transaction, entry: Entry): Promise<void> {
  const [read, agreed] = [partOf<{ notice: string }>(entry, 'evidence'), partOf<{ signatory: string }>(entry, 'instruction')]
  if (read === undefined) return
  await rows(tx, sql`insert into notice_acknowledgement (slot, notice, acknowledged_by, acknowledged_at) values (${entry.slot}, ${read.notice}, ${agreed?.signatory ?? null}, ${entry.at}) on conflict do nothing`)
}

/** Folds `processor.declared`. */
export const applyProcessor: Apply = async (tx, entry) => {
  const detail = partOf<Processor>(entry, 'evidence')
  if (detail === undefined) return
  await rows(tx, sql`insert into processor (detail) values (${JSON.stringify(detail)}) on conflict (only_one) do update set detail = excluded.detail`)
}

/** Folds `controller.declared`, `controller.notified` and `controller.notice_acknowledged`. A notice is recorded once. */
export const applyController: Apply = async (tx, entry) => {
  if (entry.type === 'controller.notified') return notify(tx, entry)
  if (entry.type === 'controller.notice_acknowledged') return acknowledge(tx, entry)
  const detail = partOf<ControllerDeclared>(entry, 'evidence')
  if (detail === undefined) return
  await rows(tx, sql`
    insert into controller (id, slot, detail, declared_at) values (${detail.id}, ${entry.slot}, ${JSON.stringify(detail)}, ${entry.at})
    on conflict (id) do update set detail = excluded.detail`)
}

/** Folds `contract.*`. */
export const applyContract: Apply = async (tx, entry) => {
  if (entry.type === 'contract.ended') return end(tx, entry)
  if (entry.type === 'contract.choice_made') return choose(tx, entry)
  if (entry.type === 'contract.released') return release(tx, entry)
  if (entry.type === 'contract.return_key_named') return nameKey(tx, entry)
  if (entry.type === 'contract.term_recorded') return keepTerm(tx, entry)
  if (entry.type.startsWith('contract.sub_processor_')) return moveSubProcessor(tx, entry)
  const detail = partOf<ContractDeclared>(entry, 'evidence')
  if (detail === undefined) return
  const [before] = await rows<{ told: boolean }>(tx, sql`select detail -> 'sub_processors' is not null as told from contract where id = ${detail.id}`)
  const ends = detail.ends === undefined ? null : (parseInstant(detail.ends) ?? null)
  const changed = await rows(tx, sql`
    insert into contract (id, slot, controller, starts, ends, detail)
    values (${detail.id}, ${entry.slot}, ${detail.controller}, ${parseInstant(detail.starts) ?? null}, ${ends}, ${JSON.stringify(detail)})
    on conflict (id) do update set starts = excluded.starts, ends = excluded.ends, detail = excluded.detail where contract.ended_at is null returning id`)
  if (changed.length === 0) throw new Refused('contract/ended', `contract ${detail.id} has ended; nothing in it can change any more`)
  const { list } = (detail['sub_processors'] ?? {}) as { list?: readonly SubProcessorIdentity[] }
  if (list !== undefined) await listSubProcessors(tx, { contract: detail.id, slot: entry.slot, at: entry.at, list, first: before?.told !== true })
}

async function end(tx: Transaction, entry: Entry): Promise<void> {
  const ended = partOf<{ contract: string; because: string }>(entry, 'evidence')
  if (ended === undefined) return
  const changed = await rows(tx, sql`
    update contract set ended_at = ${entry.at}, ended_because = ${ended.because} where id = ${ended.contract} and ended_at is null returning id`)
  if (changed.length === 0) throw new Refused('contract/ended', `contract ${ended.contract} has ended already`)
}

async function notify(tx: Transaction, entry: Entry): Promise<void> {
  const notice = partOf<{ notice: string; controller: string; about: string; says: string }>(entry, 'evidence')
  if (notice === undefined) return
  const changed = await rows(tx, sql`
    insert into controller_notice (id, slot, controller, about, says, recorded_at) values (${notice.notice}, ${entry.slot}, ${notice.controller}, ${notice.about}, ${notice.says}, ${entry.at})
    on conflict do nothing returning id`)
  if (changed.length === 0) throw new Refused('controller/notified', `${notice.notice} was recorded already`)
}

async function choose(tx: Transaction, entry: Entry): Promise<void> {
  const made = partOf<{ contract: string; number: number; choice: string; recipient: string | null; custody: string }>(entry, 'evidence')
  if (made === undefined) return
  const changed = await rows(tx, sql`
    insert into contract_choice (contract, number, slot, choice, recipient, signatory, custody, made_at)
    select id, ${made.number}, slot, ${made.choice}, ${made.recipient}, ${partOf<{ signatory: string }>(entry, 'instruction')?.signatory ?? null}, ${made.custody}, ${entry.at} from contract
    where id = ${made.contract} and slot = ${entry.slot} and (ended_at is null or (detail #>> '{at_end,choice}' is null and not exists (select from contract_choice where contract = ${made.contract})))
    on conflict do nothing returning number`)
  if (changed.length === 0) throw new Refused('contract/choice-settled', `the choice of ${made.contract} was made or changed meanwhile, or the contract is over: look at it again (bailee contract list)`)
  // What was let go of before was said of another choice.
  await rows(tx, sql`delete from contract_release where contract = ${made.contract}`)
}

async function release(tx: Transaction, entry: Entry): Promise<void> {
  const released = partOf<{ contract: string; how: string; custody: string }>(entry, 'evidence')
  if (released === undefined) return
  // Said while the contract ran it releases nothing. An end that was recorded stays.
  if ((await rows(tx, sql`select from contract where id = ${released.contract} and ended_at is null`)).length > 0) return
  const changed = await rows(tx, sql`
    insert into contract_release (contract, how, slot, signatory, custody, released_at)
    select id, ${released.how}, slot, ${partOf<{ signatory: string }>(entry, 'instruction')?.signatory ?? null}, ${released.custody}, ${entry.at} from contract where id = ${released.contract} and slot = ${entry.slot}
    on conflict do nothing returning how`)
  if (changed.length === 0) throw new Refused('contract/released', `that was said of ${released.contract} already`)
}

async function nameKey(tx: Transaction, entry: Entry): Promise<void> {
  const named = partOf<{ contract: string; number: number; recipient: string; custody: string }>(entry, 'evidence')
  if (named === undefined) return
  const changed = await rows(tx, sql`
    insert into contract_return_key (contract, number, slot, recipient, signatory, custody, named_at)
    select id, ${named.number}, slot, ${named.recipient}, ${partOf<{ signatory: string }>(entry, 'instruction')?.signatory ?? null}, ${named.custody}, ${entry.at} from contract where id = ${named.contract} and slot = ${entry.slot}
    on conflict do nothing returning number`)
  if (changed.length === 0) throw new Refused('contract/return-key', `another key was named for ${named.contract} meanwhile: look at it again (bailee contract list)`)
}
