/** The end of a contract opens its exit case, also when nobody runs a command for it; what is due is said. */
import { allContracts, allNotices, choiceNow, choicesOf, findContract, releasesOf, endOf, type Contract } from '#contract'
import { allGrants, allInstructions } from '#instruction'
import { allDatasets } from '#inventory'
import { partOf, type Draft, type Ledger } from '#ledger'
import { takeFingerprints, type Taken, type TraceContext } from '#trace'
import { Broken, Refused } from '#kit/errors'
import { formatDay, type Instant } from '#kit/time'
import { deadlineWith, endingDrafts } from './exception.ts'
import { noticeDraft } from './notice.ts'
import { allErasures, allExceptions, erasureWarnings, stepsOf } from './store.ts'
import { askBefore, datesOf, toldChoice, waitsFor, warningOf, type Said, type Waiting } from './terms.ts'
import type { Erasure, Exception, Plan } from './types.ts'

/** The id of a contract's exit case. */
export const erasureId = (contract: string): string => `EXIT-${contract}`

const saidOf = async ({ database }: Pick<Ledger, 'database'>, contract: string): Promise<Said> => ({ made: await choicesOf(database, contract), released: await releasesOf(database, contract) })

/**
 * Ends a contract and opens its exit case, in one transaction; its grants are revoked in it, so that from then on nothing is done with the data but keeping them. Fresh fingerprints are
 * taken first, while the data are still where they belong: the end is searched for by them; what cannot be read then is searched for by older ones, and named in the entry. Idempotent.
 * Throws `Refused` before the agreed end unless it was terminated, and while another contract of the same controller is live: whose data are whose is declared by controller.
 */
export async function endContract(context: TraceContext, ending: { contract: string; terminated: boolean }, at: Instant): Promise<Erasure> {
  const { ledger } = context
  const contract = await findContract(ledger, ending.contract)
  const known = async (): Promise<Erasure | undefined> => (await allErasures(ledger.database)).find((erasure) => erasure.contract === contract.id)
  const before = await known()
  if (contract.endedAt !== undefined && before !== undefined) return before
  const ended = endOf(contract, at, ending.terminated ? 'termination' : 'agreed end')
  const other = await otherLive(ledger, contract)
  if (other !== undefined) throw new Refused('erasure/other-contract', `contract ${other.id} of ${contract.controller} is live, and datasets are declared by controller: which of them go cannot be told. End that one first`)
  const { leftBehind, ...taken } = await takeFingerprints(context, at, { controller: contract.controller, last: true })
  const notTaken = notWhole(taken)
  const { deadline, retrieveUntil } = datesOf(contract, at)
  const said = await saidOf(ledger, contract.id)
  const opened: Draft = { slot: contract.slot, type: 'erasure.opened', at, parts: { evidence: {
    erasure: erasureId(contract.id), controller: contract.controller, contract: contract.id, cause: 'end of contract', deadline, ...(retrieveUntil === null ? {} : { retrieve_until: retrieveUntil }),
    choice: choiceNow(contract, said.made)?.choice ?? null,
    fingerprints_not_taken: notTaken.map((one) => ({ ...one })), ...(leftBehind.length === 0 ? {} : { replication_slots_left_behind: leftBehind.map((one) => ({ ...one })) }),
  } } }
  await ledger.append([ended, ...await grantsEnded(ledger, contract, at), opened])
  const now = await known()
  if (now === undefined) throw new Broken('erasure/not-opened', `the exit case of ${contract.id} was not recorded`)
  return now
}

/** What was not taken, and what was taken of a table of which some could not be read. */
const notWhole = ({ notTaken, refreshed }: Pick<Taken, 'notTaken' | 'refreshed'>): { readonly dataset: string; readonly because: string }[] =>
  [...notTaken, ...refreshed.flatMap(({ fingerprints, partly = [] }) => (partly.length === 0 ? [] : [{ dataset: fingerprints.replace(/[.][0-9]+$/, ''), because: `only partly read: ${partly.join('; ')}` }]))]

/**
 * Takes what could not be taken at the end of the contract, nor for an earlier plan, as long as nothing was erased in its store. Resolves to what still cannot be: older fingerprints, if there are any, know nothing
 * of who came after them.
 */
export async function takeLate(context: TraceContext, { id, slot, controller, plan }: Erasure, at: Instant): Promise<NonNullable<Plan['not_taken']>> {
  const { ledger } = context
  if (plan?.leads !== undefined) return takeAgain(context, { id, slot, controller, left: plan.not_taken ?? [] }, at)
  const opened = (await ledger.read(slot, { types: ['erasure.opened'] })).map((entry) => partOf<{ erasure: string; fingerprints_not_taken?: readonly { dataset: string }[] }>(entry, 'evidence')).find((one) => one?.erasure === id)
  const stores = await storesOfDatasets(ledger)
  const left = (opened?.fingerprints_not_taken ?? []).map(({ dataset }) => ({ store: stores.get(dataset) ?? '*', dataset, because: 'it is not declared any more' }))
  // Planned before any of this was kept: in which store a dataset was then, nobody knows, and once rows were erased anywhere nothing of it is to be taken.
  return (await erasedStores(ledger, { id, slot })).size > 0 ? left.map((one) => ({ ...one, because: 'rows were erased before anybody could take them' })) : takeAgain(context, { id, slot, controller, left }, at)
}

/** Takes, right before rows are erased in these stores, what could not be taken there when it was planned: a store that was away then may be back. What was taken is recorded, and stands in the way no more. */
export async function takeBeforeErasing(context: TraceContext, { erasure: { id, slot, controller, plan }, stores }: { readonly erasure: Erasure; readonly stores: readonly { readonly id: string }[] }, at: Instant): Promise<void> {
  const left = (plan?.not_taken ?? []).filter(({ store }) => stores.some((one) => one.id === store))
  if (left.length === 0) return
  const still = await takeAgain(context, { id, slot, controller, left }, at)
  const taken = left.filter(({ store, dataset }) => !still.some((one) => one.store === store && one.dataset === dataset))
  if (taken.length > 0) await context.ledger.append({ slot, type: 'erasure.fingerprints_taken', at, parts: { evidence: { erasure: id, round: plan?.round ?? 1, taken } } })
}

type NotTaken = NonNullable<Plan['not_taken']>

const storesOfDatasets = async ({ database }: Pick<Ledger, 'database'>): Promise<ReadonlyMap<string, string>> => new Map((await allDatasets(database)).map(({ id, store }) => [id, store]))

/** Stores in which rows were erased, or may have been: a step that was begun took some, all or none of what it had counted, also where a later run was blocked there; but for one whose database certainly took it back. */
async function erasedStores(ledger: Ledger, { id, slot }: Pick<Erasure, 'id' | 'slot'>): Promise<ReadonlySet<string>> {
  const begun = new Map<string, { readonly store: string; readonly rows_found: number }[]>()
  for (const entry of await ledger.read(slot, { types: ['erasure.step_begun', 'erasure.step_blocked'] })) {
    const step = partOf<{ erasure: string; store: string; round: number; number: number; rows_found: number; detail: { undone?: boolean } }>(entry, 'evidence')
    if (step?.erasure !== id) continue
    const key = `${step.round} ${step.number}`
    if (entry.type === 'erasure.step_begun') begun.set(key, [...begun.get(key) ?? [], step])
    else if (step.detail.undone === true) begun.get(key)?.pop() // what was begun last was taken back
  }
  const done = (await stepsOf(ledger.database, id)).filter(({ rowsErased }) => (rowsErased ?? 0) > 0)
  return new Set([...[...begun.values()].flat().filter((step) => step.rows_found > 0), ...done].map(({ store }) => store))
}

/** Where rows of a store were erased, who was in it cannot be taken any more: that stays as it is, and so does what is declared no more, or in another store. */
async function takeAgain(context: TraceContext, { id, slot, controller, left }: Pick<Erasure, 'id' | 'slot' | 'controller'> & { readonly left: NotTaken }, at: Instant): Promise<NotTaken> {
  const [erasedIn, stores] = [await erasedStores(context.ledger, { id, slot }), await storesOfDatasets(context.ledger)]
  const missing = new Set(left.filter(({ store, dataset }) => stores.get(dataset) === store && !erasedIn.has(store)).map(({ dataset }) => dataset))
  if (missing.size === 0) return left
  const still = new Map(notWhole(await takeFingerprints(context, at, { controller, last: true, ended: missing })).map((one) => [one.dataset, one.because]))
  return left.flatMap((one) => {
    if (!missing.has(one.dataset)) return [one]
    const because = still.get(one.dataset)
    return because === undefined ? [] : [{ ...one, because }]
  })
}

/** Grants under instructions of a contract end with it: decisions refuse by the contract, and no list may show them as if they held. */
async function grantsEnded({ database }: Ledger, { id, slot }: Contract, at: Instant): Promise<Draft[]> {
  const mine = new Set((await allInstructions(database)).filter(({ contract }) => contract === id).map((one) => one.id))
  return (await allGrants(database)).filter(({ instruction, state }) => mine.has(instruction) && state !== 'revoked').map((grant): Draft => ({ slot, type: 'grant.revoked', at, parts: { evidence: { grant: grant.id, by: 'the end of the contract' } } }))
}

/** Another contract of the same controller that has not ended: what is in its places is under that one. */
export const otherLive = async ({ database }: Pick<Ledger, 'database'>, { controller, id }: Pick<Contract, 'controller' | 'id'>): Promise<Contract | undefined> =>
  (await allContracts(database)).find((one) => one.controller === controller && one.id !== id && one.endedAt === undefined)

/** Throws `Refused` while another contract of the controller is live, or the controller's choice, or what it chose, stands in the way of erasing. */
export async function mustBeErasable({ database }: Pick<Ledger, 'database'>, erasure: Erasure, at: Instant): Promise<void> {
  const other = await otherLive({ database }, { controller: erasure.controller, id: erasure.contract })
  if (other !== undefined) throw new Refused('erasure/other-contract', `contract ${other.id} of ${other.controller} is live, and what is there is under it: ${erasure.id} erases nothing more. End that one first`)
  const waiting = await waitingOf({ database }, erasure, at)
  if (waiting !== undefined) throw new Refused(`erasure/${waiting.what}`, waiting.because)
}

async function waitingOf({ database }: Pick<Ledger, 'database'>, erasure: Erasure, at: Instant): Promise<Waiting | undefined> {
  const contract = (await allContracts(database)).find(({ id }) => id === erasure.contract)
  return contract === undefined ? undefined : waitsFor({ contract, said: await saidOf({ database }, contract.id), retrieveUntil: erasure.retrieveUntil }, at)
}

/** An exit case as people look at it. */
export interface ExitShown { readonly erasure: string; readonly contract: string; readonly choice: string; readonly said: Said; readonly waits: Waiting | null; /** With what law obliges to keep longer. */ readonly deadline: Instant; readonly overdue: boolean; readonly exceptions: readonly Exception[]; readonly retrieve_until: string | null }

/** Every exit case with its choice, what it waits for, and whether it is late. */
export async function exitsOf({ database }: Pick<Ledger, 'database'>, at: Instant): Promise<ExitShown[]> {
  const [contracts, exceptions] = [await allContracts(database), await allExceptions(database)]
  const shown: ExitShown[] = []
  for (const erasure of await allErasures(database)) {
    const contract = contracts.find(({ id }) => id === erasure.contract)
    if (contract === undefined) continue
    const said = await saidOf({ database }, contract.id)
    const waits = erasure.state === 'certified' ? null : (waitsFor({ contract, said, retrieveUntil: erasure.retrieveUntil }, at) ?? null)
    shown.push({
      erasure: erasure.id, contract: contract.id, choice: toldChoice(choiceNow(contract, said.made)), said, waits, deadline: deadlineWith(erasure, exceptions), overdue: erasure.state !== 'certified' && at >= deadlineWith(erasure, exceptions), exceptions: exceptions.filter((one) => one.erasure === erasure.id),
      retrieve_until: erasure.retrieveUntil === null ? null : formatDay(erasure.retrieveUntil),
    })
  }
  return shown
}

/** What came due. */
export interface Due {
  readonly opened: readonly Erasure[]
  /** Contracts that are over and whose exit case could not be opened. */
  readonly notOpened: readonly { readonly contract: string; readonly because: string }[]
  /** Exits in which something need not be kept any more, and goes. */
  readonly reopened: readonly Erasure[]
  readonly warned: readonly { readonly erasure: string; readonly says: string }[]
  /** Controllers that are asked for their choice, or told that a deadline is over. */
  readonly notices: readonly string[]
}

/** Opens the exit case of every contract whose agreed end has come, warns of deadlines, and asks for choices that nobody made. Safe to run at any time, by any number of processes; meant for every hour. */
export async function settleDue(context: TraceContext, at: Instant): Promise<Due> {
  const { ledger } = context
  const [opened, notOpened]: [Erasure[], { contract: string; because: string }[]] = [[], []]
  for (const contract of (await allContracts(ledger.database)).filter(({ ends, endedAt }) => endedAt === undefined && ends !== undefined && ends <= at)) {
    try {
      opened.push(await endContract(context, { contract: contract.id, terminated: false }, at))
    } catch (cause) {
      if (!(cause instanceof Refused || cause instanceof Broken)) throw cause
      notOpened.push({ contract: contract.id, because: cause.message })
    }
  }
  return { opened, notOpened, reopened: await endExceptions(ledger, at), ...await warn(ledger, at) }
}

/** What a law obliged to keep is erased when it does not any more: its exit goes on. */
async function endExceptions(ledger: Ledger, at: Instant): Promise<Erasure[]> {
  const ended: Erasure[] = []
  for (const erasure of await allErasures(ledger.database)) {
    const drafts = endingDrafts(erasure, await allExceptions(ledger.database), at)
    if (drafts.length > 0 && await recordOnce(ledger, drafts)) ended.push(erasure)
  }
  return ended
}

async function warn(ledger: Ledger, at: Instant): Promise<Pick<Due, 'warned' | 'notices'>> {
  const [warned, notices]: [{ erasure: string; says: string }[], string[]] = [[], []]
  const told = new Set((await allNotices(ledger.database)).map(({ id }) => id))
  for (const contract of await allContracts(ledger.database)) {
    const asked = askBefore(contract, await choicesOf(ledger.database, contract.id), at)
    const id = `choice ${contract.id} ${asked?.days}`
    if (asked === undefined || told.has(id)) continue
    if (await recordOnce(ledger, [noticeDraft({ ...contract, notice: id, about: 'choice', says: asked.says }, at)])) notices.push(id)
  }
  const said = await erasureWarnings(ledger.database)
  const exceptions = await allExceptions(ledger.database)
  for (const erasure of await allErasures(ledger.database)) {
    const warning = warningOf({ ...erasure, deadline: deadlineWith(erasure, exceptions) }, await waitingOf(ledger, erasure, at), at)
    if (warning === undefined || said.has(`${erasure.id} ${warning.kind}`)) continue
    const about = warning.overdue ? 'overdue' : warning.kind === 'no choice' ? 'choice' : undefined
    const notice = about === undefined || told.has(`${about} ${erasure.id}`) ? undefined : `${about} ${erasure.id}` // those who run it are told every week, its controller once
    const drafts: Draft[] = [
      { slot: erasure.slot, type: 'erasure.warned', at, parts: { evidence: { erasure: erasure.id, kind: warning.kind, says: warning.says } } },
      ...(notice === undefined ? [] : [noticeDraft({ ...erasure, notice, about: about ?? '', says: warning.says }, at)]),
    ]
    if (!(await recordOnce(ledger, drafts))) continue
    warned.push({ erasure: erasure.id, says: warning.says })
    if (notice !== undefined) notices.push(notice)
  }
  return { warned, notices }
}

/** False when another process said it meanwhile. */
async function recordOnce(ledger: Ledger, drafts: readonly Draft[]): Promise<boolean> {
  try {
    await ledger.append(drafts)
    return true
  } catch (cause) {
    if (cause instanceof Refused && (cause.code === 'erasure/warned' || cause.code === 'erasure/exception-ended' || cause.code === 'controller/notified')) return false
    throw cause
  }
}
