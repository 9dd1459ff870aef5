import { setTimeout as sleep } from 'node:timers/promises'
import { rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Apply, type Entry } from '#ledger'
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { applySubject } from './subject/store.ts'
import { erasureMoves, type AddressStated, type CertificateRecord, type ErasedEnvironment, type Erasure, type ErasureState, type Exception, type PhysicalCheck, type Plan, type SearchedAgain, type Step, type StepDetail, type SubProcessorAnswer } from './types.ts'

const erasureColumns = sql.raw(`id, slot, controller, contract, cause, state, opened_at as "openedAt", deadline, operator, plan, again, confirmed_by as "confirmedBy", paused_by as "pausedBy", paused_at as "pausedAt", retrieve_until as "retrieveUntil", addresses`)

/** Every exit case, oldest first. One per contract at the most. */
export async function allErasures(executor: Database | Transaction): Promise<Erasure[]> {
  return rows<Erasure>(executor, sql`select ${erasureColumns} from erasure order by opened_at, id`)
}

/** What sub-processors of an exit's contract were asked and answered, by name. */
export async function subProcessorsOf(executor: Database | Transaction, erasure: string): Promise<SubProcessorAnswer[]> {
  return rows<SubProcessorAnswer>(executor, sql`select name, asked_at as "askedAt", outcome, sha256, says, recorded_by as "recordedBy", recorded_at as "recordedAt" from erasure_sub_processor where erasure = ${erasure} order by name`)
}

const stepColumns = sql.raw(`erasure, round, number, store, place, method, state, begun_at as "begunAt", done_at as "doneAt", rows_found as "rowsFound", records, rows_erased as "rowsErased", detail`)

/** Steps of an erasure over all its rounds, in order. */
export async function stepsOf(executor: Database | Transaction, erasure: string): Promise<Step[]> {
  return rows<Step>(executor, sql`select ${stepColumns} from erasure_step where erasure = ${erasure} order by round, number`)
}

const physicalColumns = sql.raw(`erasure, round, store, begun_at as "begunAt", done_at as "doneAt", outcome, covers`)

/** Physical checks of an erasure, oldest round first. */
export async function physicalChecksOf(executor: Database | Transaction, erasure: string): Promise<PhysicalCheck[]> {
  return rows<PhysicalCheck>(executor, sql`select ${physicalColumns} from erasure_physical where erasure = ${erasure} order by round, store`)
}

/** Environments in which everything of an erasure's plan was tried, by round. */
export async function environmentsErased(executor: Database | Transaction, erasure: string, round: number): Promise<ErasedEnvironment[]> {
  return rows<ErasedEnvironment>(executor, sql`select environment, erased_at as "erasedAt", looked, not_seen as "notSeen" from erasure_environment where erasure = ${erasure} and round = ${round} order by environment`)
}

/** Every exception that was recorded, those that ended too, oldest first. */
export async function allExceptions(executor: Database | Transaction): Promise<Exception[]> {
  return rows<Exception>(executor, sql`
    select id, slot, erasure, dataset, store, place, kept_rows as "rows", jurisdiction, statute, expires_at as expires, recorded_by as by, recorded_at as "recordedAt", ended_at as "endedAt"
    from erasure_exception order by recorded_at, id`)
}

/** What was warned of, as `erasure kind`. */
export async function erasureWarnings(executor: Database | Transaction): Promise<Set<string>> {
  return new Set((await rows<{ erasure: string; kind: string }>(executor, sql`select erasure, kind from erasure_warning`)).map(({ erasure, kind }) => `${erasure} ${kind}`))
}

const certificateColumns = sql.raw(`id, slot, erasure, status, issued_at as "issuedAt", issued_entry as "issuedEntry", envelope, invalidated_at as "invalidatedAt", invalidated_because as "invalidatedBecause"`)

/** Every certificate, oldest first, invalidated ones too. */
export async function allCertificates(executor: Database | Transaction): Promise<CertificateRecord[]> {
  return rows<CertificateRecord>(executor, sql`select ${certificateColumns} from certificate order by issued_at, id`)
}

/** Milliseconds that a killed run's connection may outlive it. */
const aloneMillisecondsMax = 1_500

/**
 * Does `work` while no other process works on this erasure, or erases in this environment: two at once would count the same rows, or undo each other's settings. The lock goes with
 * the connection, so a killed run leaves none. Throws `Refused` when another process holds it.
 */
export async function alone<Result>(database: Database, on: { readonly erasure: string } | { readonly environment: string }, work: () => Promise<Result>): Promise<Result> {
  return database.connection().execute(async (connection) => {
    const what = 'erasure' in on ? on.erasure : `erasing in ${on.environment}`
    const key = sql`hashtextextended(${`bailee erasure ${what}`}, 0)`
    const deadline = Date.now() + aloneMillisecondsMax
    for (;;) {
      const got = (await rows<{ got: boolean }>(connection, sql`select pg_try_advisory_lock(${key}) as got`))[0]?.got === true
      if (got) break
      if (Date.now() > deadline) throw new Refused('erasure/running', `${what} is being worked on by another process; wait for it, then look again`)
      await sleep(aloneMillisecondsMax / 20)
    }
    try {
      return await work()
    } finally {
      await rows(connection, sql`select pg_advisory_unlock(${key})`).catch(() => undefined) // lost with its connection: then the lock is gone as well
    }
  })
}

/** Folds `erasure.*`. A move that the state does not allow is refused, and nothing is recorded. */
export const applyErasure: Apply = async (tx, entry) => {
  const evidence = partOf<{ erasure: string }>(entry, 'evidence')
  if (evidence === undefined) return
  if (entry.type.startsWith('erasure.subject_')) return applySubject(tx, entry)
  switch (entry.type) {
    case 'erasure.opened': return open(tx, entry)
    case 'erasure.step_begun': return beginStep(tx, entry)
    case 'erasure.step_blocked': return beginStep(tx, entry)
    case 'erasure.step_done': return finishStep(tx, entry)
    case 'erasure.replayed': return // its own record: the erasure stays what it is
    case 'erasure.environment_erased': return finishEnvironment(tx, entry)
    case 'erasure.excepted': return except(tx, entry)
    case 'erasure.exception_ended': return endException(tx, entry)
    case 'erasure.exception_rejected': return
    case 'erasure.warned': return warned(tx, entry)
    case 'erasure.sub_processor_asked': return askSubProcessor(tx, entry)
    case 'erasure.sub_processor_answered': return answerSubProcessor(tx, entry)
    case 'erasure.paused': return pause(tx, entry)
    case 'erasure.resumed': {
      const changed = await rows(tx, sql`update erasure set paused_by = null, paused_at = null where id = ${evidence.erasure} and paused_by is not null returning id`)
      if (changed.length !== 1) throw new Refused('erasure/not-paused', `${evidence.erasure} is not paused`)
      return
    }
    case 'erasure.address_stated': return stateAddress(tx, entry)
    case 'erasure.address_confirmed': return confirmAddress(tx, entry)
    case 'erasure.fingerprints_taken': return tookFingerprints(tx, entry)
    case 'erasure.physical_begun': return beginPhysical(tx, entry)
    case 'erasure.physical_done': return finishPhysical(tx, entry)
    case 'erasure.planned': {
      const { plan, operator } = evidence as unknown as { plan: Plan; operator: string }
      await move(tx, evidence.erasure, 'planned')
      await rows(tx, sql`update erasure set plan = ${JSON.stringify(plan)}, operator = ${operator}, again = null, confirmed_by = null where id = ${evidence.erasure}`)
      return
    }
    case 'erasure.started': return move(tx, evidence.erasure, 'erasing')
    case 'erasure.taken_over': {
      await rows(tx, sql`update erasure set operator = ${(evidence as unknown as { operator: string }).operator} where id = ${evidence.erasure}`)
      return
    }
    case 'erasure.searched_again': {
      await move(tx, evidence.erasure, 'searched_again')
      const { again } = evidence as unknown as { again: SearchedAgain }
      await rows(tx, sql`update erasure set again = ${JSON.stringify({ ...again, entry: entry.index })} where id = ${evidence.erasure}`)
      return
    }
    case 'erasure.confirmed': {
      await rows(tx, sql`update erasure set confirmed_by = ${(evidence as unknown as { by: string }).by} where id = ${evidence.erasure}`)
      return move(tx, evidence.erasure, 'confirmed')
    }
    case 'erasure.certified': return move(tx, evidence.erasure, 'certified')
    case 'erasure.reopened': return move(tx, evidence.erasure, 'reopened')
    default: throw new Refused('erasure/unknown-entry', `erasure does not know entries of type ${entry.type}`)
  }
}

async function open(tx: Transaction, entry: Entry): Promise<void> {
  const opened = partOf<{ erasure: string; controller: string; contract: string; cause: string; deadline: number; retrieve_until?: number }>(entry, 'evidence')
  if (opened === undefined) return
  await rows(tx, sql`
    insert into erasure (id, slot, controller, contract, cause, state, opened_at, deadline, retrieve_until)
    values (${opened.erasure}, ${entry.slot}, ${opened.controller}, ${opened.contract}, ${opened.cause}, 'opened', ${entry.at}, ${opened.deadline}, ${opened.retrieve_until ?? null})`)
}

async function move(tx: Transaction, id: string, to: ErasureState): Promise<void> {
  const found = (await rows<{ state: ErasureState }>(tx, sql`select state from erasure where id = ${id} for update`))[0]
  const allowed: readonly ErasureState[] = found === undefined ? [] : erasureMoves[found.state]
  if (!allowed.includes(to)) throw new Refused('erasure/move', `erasure ${id} is ${found?.state ?? 'unknown'} and cannot become ${to}`)
  await rows(tx, sql`update erasure set state = ${to} where id = ${id}`)
}

async function except(tx: Transaction, entry: Entry): Promise<void> {
  const one = partOf<{ exception: string; erasure: string; dataset: string; store: string; place: string; rows: string | null; jurisdiction: string; statute: string; expires: number; by: string }>(entry, 'evidence')
  if (one === undefined) return
  const changed = await rows(tx, sql`
    insert into erasure_exception (id, slot, erasure, dataset, store, place, kept_rows, jurisdiction, statute, expires_at, recorded_by, recorded_at)
    select ${one.exception}, slot, id, ${one.dataset}, ${one.store}, ${one.place}, ${one.rows}, ${one.jurisdiction}, ${one.statute}, ${one.expires}, ${one.by}, ${entry.at}
    from erasure where id = ${one.erasure} and state in ('opened', 'reopened') on conflict do nothing returning id`)
  if (changed.length !== 1) throw new Refused('erasure/under-way', `${one.erasure} was planned, or excepted from, meanwhile; look at it again`)
}

async function endException(tx: Transaction, entry: Entry): Promise<void> {
  const ended = partOf<{ exception: string }>(entry, 'evidence')
  if (ended === undefined) return
  const changed = await rows(tx, sql`update erasure_exception set ended_at = ${entry.at} where id = ${ended.exception} and ended_at is null and expires_at <= ${entry.at} returning id`)
  if (changed.length !== 1) throw new Refused('erasure/exception-ended', `${ended.exception} ended already, or still holds`)
}

async function warned(tx: Transaction, entry: Entry): Promise<void> {
  const warning = partOf<{ erasure: string; kind: string }>(entry, 'evidence')
  if (warning === undefined) return
  const changed = await rows(tx, sql`insert into erasure_warning (erasure, kind, warned_at) values (${warning.erasure}, ${warning.kind}, ${entry.at}) on conflict do nothing returning kind`)
  if (changed.length !== 1) throw new Refused('erasure/warned', `that was warned of already: ${warning.erasure}`)
}

async function pause(tx: Transaction, entry: Entry): Promise<void> {
  const paused = partOf<{ erasure: string; by: string }>(entry, 'evidence')
  if (paused === undefined) return
  const changed = await rows(tx, sql`update erasure set paused_by = ${paused.by}, paused_at = ${entry.at} where id = ${paused.erasure} and paused_by is null returning id`)
  if (changed.length !== 1) throw new Refused('erasure/paused', `${paused.erasure} is paused already`)
}

async function finishEnvironment(tx: Transaction, entry: Entry): Promise<void> {
  const erased = partOf<{ erasure: string; round: number; environment: string; looked: boolean; not_seen: ErasedEnvironment['notSeen'] }>(entry, 'evidence')
  if (erased === undefined) return
  await rows(tx, sql`
    insert into erasure_environment (erasure, round, environment, erased_at, looked, not_seen)
    values (${erased.erasure}, ${erased.round}, ${erased.environment}, ${entry.at}, ${erased.looked}, ${JSON.stringify(erased.not_seen)})`)
}

interface StepEvidence { erasure: string; round: number; number: number; store: string; place: string; method: string; rows_found: number; records: number; detail: StepDetail }

async function beginStep(tx: Transaction, entry: Entry): Promise<void> {
  const step = partOf<StepEvidence>(entry, 'evidence')
  if (step === undefined) return
  const state = entry.type === 'erasure.step_begun' ? 'begun' : 'blocked'
  const changed = await rows(tx, sql`
    insert into erasure_step (erasure, round, number, store, place, method, state, begun_at, rows_found, records, detail)
    values (${step.erasure}, ${step.round}, ${step.number}, ${step.store}, ${step.place}, ${step.method}, ${state}, ${entry.at}, ${step.rows_found}, ${step.records}, ${JSON.stringify(step.detail)})
    on conflict (erasure, round, number) do update set state = excluded.state, begun_at = excluded.begun_at, rows_found = excluded.rows_found, records = excluded.records, detail = excluded.detail
      where erasure_step.state <> 'done' returning number`)
  if (changed.length !== 1) throw new Refused('erasure/step-done', `step ${step.number} of ${step.erasure} was done already`)
}

async function finishStep(tx: Transaction, entry: Entry): Promise<void> {
  const step = partOf<{ erasure: string; round: number; number: number; rows_erased: number; detail: StepDetail }>(entry, 'evidence')
  if (step === undefined) return
  const changed = await rows(tx, sql`
    update erasure_step set state = 'done', done_at = ${entry.at}, rows_erased = ${step.rows_erased}, detail = ${JSON.stringify(step.detail)}
    where erasure = ${step.erasure} and round = ${step.round} and number = ${step.number} and state = 'begun' returning number`)
  if (changed.length !== 1) throw new Refused('erasure/step-order', `step ${step.number} of ${step.erasure} was not begun, or is done`)
}

type Stated = { erasure: string; by: string } & Pick<AddressStated, 'store' | 'leads' | 'says' | 'because'>

/** What is stated of a store takes the place of what was stated of it before. */
async function stateAddress(tx: Transaction, entry: Entry): Promise<void> {
  const stated = partOf<Stated>(entry, 'evidence')
  if (stated === undefined) return
  const { erasure, by, store, leads, says, because } = stated
  const one: AddressStated = { store, leads, says, because, statedBy: by, statedAt: entry.at, confirmedBy: null, confirmedAt: null }
  const changed = await rows(tx, sql`
    update erasure set addresses = coalesce((select jsonb_agg(one) from jsonb_array_elements(addresses) one where one ->> 'store' <> ${store}), '[]') || ${JSON.stringify([one])}::jsonb
    where id = ${erasure} and state <> 'certified' returning id`)
  if (changed.length !== 1) throw new Refused('erasure/certified', `${erasure} was certified meanwhile; reopen it first: bailee erasure reopen ${erasure} --as ID --because TEXT`)
}

async function confirmAddress(tx: Transaction, entry: Entry): Promise<void> {
  const confirmed = partOf<{ erasure: string; store: string; by: string }>(entry, 'evidence')
  if (confirmed === undefined) return
  const { erasure, store, by } = confirmed
  const changed = await rows(tx, sql`
    update erasure set addresses = (select jsonb_agg(case when one ->> 'store' = ${store} then one || ${JSON.stringify({ confirmedBy: by, confirmedAt: entry.at })}::jsonb else one end) from jsonb_array_elements(addresses) one)
    where id = ${erasure} and state <> 'certified' and exists (select from jsonb_array_elements(addresses) one where one ->> 'store' = ${store} and one ->> 'confirmedBy' is null and one ->> 'statedBy' <> ${by}) returning id`)
  if (changed.length !== 1) throw new Refused('erasure/address', `what is stated of the address of ${store} in ${erasure} was changed or confirmed meanwhile; look at it again`)
}

/** People who could not be taken when it was planned, and were before anything was erased where they stood. */
async function tookFingerprints(tx: Transaction, entry: Entry): Promise<void> {
  const taken = partOf<{ erasure: string; taken: NonNullable<Plan['not_taken']> }>(entry, 'evidence')
  if (taken === undefined) return
  const [found] = await rows<{ plan: Plan | null }>(tx, sql`select plan from erasure where id = ${taken.erasure} for update`)
  if (found === undefined || found.plan === null) return
  const { not_taken: before = [], ...plan } = found.plan
  const left = before.filter(({ store, dataset }) => !taken.taken.some((one) => one.store === store && one.dataset === dataset))
  await rows(tx, sql`update erasure set plan = ${JSON.stringify({ ...plan, ...(left.length === 0 ? {} : { not_taken: left }) })} where id = ${taken.erasure}`)
}

interface PhysicalEvidence { erasure: string; round: number; store: string; outcome?: unknown; covers?: unknown }

async function beginPhysical(tx: Transaction, entry: Entry): Promise<void> {
  const check = partOf<PhysicalEvidence>(entry, 'evidence')
  if (check === undefined) return
  await rows(tx, sql`
    insert into erasure_physical (erasure, round, store, begun_at) values (${check.erasure}, ${check.round}, ${check.store}, ${entry.at})
    on conflict (erasure, round, store) do update set begun_at = excluded.begun_at, done_at = null, outcome = null, covers = null`)
}

async function finishPhysical(tx: Transaction, entry: Entry): Promise<void> {
  const check = partOf<PhysicalEvidence>(entry, 'evidence')
  if (check === undefined) return
  const changed = await rows(tx, sql`
    update erasure_physical set done_at = ${entry.at}, outcome = ${JSON.stringify(check.outcome)}, covers = ${check.covers === undefined ? null : JSON.stringify(check.covers)}
    where erasure = ${check.erasure} and round = ${check.round} and store = ${check.store} and done_at is null returning round`)
  if (changed.length !== 1) throw new Refused('erasure/physical-order', `the physical check of ${check.store} was not begun, or is done`)
}

/** A file of pages that was written of a certificate. */
export interface PagesRecord { readonly certificate: string; readonly sha256: string; readonly language: string; readonly invalidated: boolean; readonly keyNumber: number; readonly writtenAt: Instant }

/** Every file of pages of a certificate, oldest first. */
export async function pagesOf(executor: Database | Transaction, certificate: string): Promise<PagesRecord[]> {
  return rows<PagesRecord>(executor, sql`select certificate, sha256, language, invalidated, key_number as "keyNumber", written_at as "writtenAt" from certificate_pages where certificate = ${certificate} order by written_at, sha256`)
}

async function render(tx: Transaction, entry: Entry): Promise<void> {
  const pages = partOf<{ certificate: string; language: string; shows: string; sha256: string; key: number }>(entry, 'evidence')
  if (pages === undefined) return
  await rows(tx, sql`
    insert into certificate_pages (certificate, sha256, language, invalidated, key_number, written_at)
    values (${pages.certificate}, ${pages.sha256}, ${pages.language}, ${pages.shows === 'invalidated'}, ${pages.key}, ${entry.at}) on conflict do nothing`)
}

/** Folds `certificate.issued`, `certificate.rendered` and `certificate.invalidated`. An entry that it does not know is refused: nothing but an invalidation takes a certificate back. */
export const applyCertificate: Apply = async (tx, entry) => {
  if (entry.type === 'certificate.rendered') return render(tx, entry)
  if (entry.type !== 'certificate.issued' && entry.type !== 'certificate.invalidated') throw new Refused('certificate/unknown-entry', `certificate does not know entries of type ${entry.type}`)
  const certificate = partOf<{ certificate: string; erasure: string; status: string; document: string; because?: string }>(entry, 'evidence')
  if (certificate === undefined) return
  if (entry.type === 'certificate.issued') {
    await rows(tx, sql`
      insert into certificate (id, slot, erasure, status, issued_at, issued_entry, envelope)
      values (${certificate.certificate}, ${entry.slot}, ${certificate.erasure}, ${certificate.status}, ${entry.at}, ${entry.index}, ${Buffer.from(certificate.document, 'base64')})`)
    return
  }
  const changed = await rows(tx, sql`
    update certificate set status = 'invalidated', invalidated_at = ${entry.at}, invalidated_because = ${certificate.because ?? ''}
    where id = ${certificate.certificate} and status <> 'invalidated' returning id`)
  if (changed.length !== 1) throw new Refused('certificate/invalidated', `certificate ${certificate.certificate} does not exist or was invalidated already`)
}

async function askSubProcessor(tx: Transaction, entry: Entry): Promise<void> {
  const asked = partOf<{ erasure: string; name: string }>(entry, 'evidence')
  if (asked !== undefined) await rows(tx, sql`insert into erasure_sub_processor (erasure, name, asked_at) values (${asked.erasure}, ${asked.name}, ${entry.at})
    on conflict (erasure, name) do update set asked_at = excluded.asked_at where erasure_sub_processor.outcome is null`)
}

async function answerSubProcessor(tx: Transaction, entry: Entry): Promise<void> {
  const answer = partOf<{ erasure: string; name: string; outcome: string; sha256?: string; says: string; by: string }>(entry, 'evidence')
  if (answer === undefined) return
  const changed = await rows(tx, sql`
    update erasure_sub_processor set outcome = ${answer.outcome}, sha256 = ${answer.sha256 ?? null}, says = ${answer.says}, recorded_by = ${answer.by}, recorded_at = ${entry.at}
    where erasure = ${answer.erasure} and name = ${answer.name} returning name`)
  if (changed.length !== 1) throw new Refused('erasure/not-asked', `${answer.name} was not asked`)
}
