/** Who is let in, under what, and how it is recorded: the part of the doorkeeper that decides. */
import { randomBytes } from 'node:crypto'
import { decide, type Act, type Decision, type Index } from '#decision'
import { resolveReference, type Dataset, type References, type Store } from '#inventory'
import { goingBy, usedDraft, type Grant, type Instruction } from '#instruction'
import type { Draft, Json, Ledger } from '#ledger'
import { liveTokens } from '#people'
import { Refused } from '#kit/errors'
import { machineClock, type Clock } from '#kit/time'
import type { Admission, AdmissionRequest, Lease, SessionPlan, TablePlan } from './doorkeeper.ts'
import { compiledOperations } from './compile/index.ts'
import { rightsOf } from './compile/statements.ts'
import type { Judgement } from './judgement.ts'
import type { Separation } from './prove/types.ts'
import type { VolumeLimit } from './statement/unusual.ts'
import { leaseOfRest, rowsPerDayFactor, rowsPerSessionDefault, sessionsPerInstructionMax, sessionsPerPersonMax, sessionSecondsMax } from './limits.ts'
import { namesColumn, resultsAt, separationOf, tablesOf } from './planning.ts'
import { rowsUsed } from './store.ts'

export interface Admitting {
  readonly ledger: Ledger
  readonly references: References
  readonly clock: Clock
  readonly judgement: Judgement
  readonly gateway: string
}

/** What the doorkeeper has to remember of an open session. */
export interface Live { readonly slot: number; readonly act: Act; readonly instruction: string; readonly rowsPerDayMax: number; readonly tables: readonly TablePlan[]; readonly store: string; readonly contract: string; /** It may keep results. */ readonly keeps: boolean; unusual?: VolumeLimit | undefined }

export interface Admitted { readonly admission: Admission; readonly live?: Live; /** Rows of this day, with what was leased. */ readonly used?: number }

const no = (admission: Extract<Admission, { outcome: 'refused' }>): Admitted => ({ admission })

/** Decides and records, in this order; answers when both are durable. */
export async function admit(keeping: Admitting, request: AdmissionRequest): Promise<Admitted> {
  const at = keeping.clock()
  const [known, tokenSeconds, used] = await Promise.all([keeping.judgement.now(), tokenSecondsLeft(keeping, request), usedBefore(keeping, request, at)])
  const wanted = known.stores.find((one) => one.id === request.store)
  if (wanted === undefined) return refuseUnjudged(keeping, request, `there is no store ${JSON.stringify(request.store)} here; dbname is the id of a store`)
  if (request.instruction === undefined) {
    return refuseUnjudged(keeping, request, `name the instruction you act under: options='-c bailee.instruction=INS-1', or user=${request.person}+INS-1`)
  }
  const instruction = known.instructions.get(request.instruction)
  if (instruction === undefined) return refuseUnjudged(keeping, request, `there is no instruction ${JSON.stringify(request.instruction)}`)
  const purpose = request.purpose ?? (instruction.scope.purposes.length === 1 ? instruction.scope.purposes[0] : undefined)
  if (purpose === undefined) return refuseUnjudged(keeping, request, `${instruction.id} has several purposes; name yours: options='-c bailee.purpose=${instruction.scope.purposes[0]}' (or ${instruction.scope.purposes.slice(1).join(', ')})`)
  const datasets = known.datasets.filter((dataset) => dataset.store === wanted.id && dataset.controller === instruction.controller)
  const act = { ...actOf({ request, instruction, purpose, store: wanted, datasets }, at), ...goingBy(known, { instruction, person: request.person, use: 'session' }, at) }
  const decision = decide(act, known.index)
  if (decision.outcome === 'refused') return refuseJudged(keeping, { instruction, act, decision, separation: separationAt(wanted.id, instruction, known.datasets) })
  return allow(keeping, { tokenSeconds, used, request, instruction, purpose, store: wanted, datasets, act, decision, index: known.index, allDatasets: known.datasets })
}

interface Opening { readonly request: AdmissionRequest; readonly instruction: Instruction; readonly purpose: string; readonly store: Store; readonly datasets: readonly Dataset[] }

/** What a session is judged by: its instruction's dimensions are the same for each of its operations. */
const operationOf = (instruction: Instruction): 'read' | 'derive' | 'write' | 'erase' => (['read', 'derive', 'write', 'erase'] as const).find((operation) => instruction.scope.operations.includes(operation)) ?? 'read'

function actOf(opening: Opening, at: number): Act {
  const { instruction, datasets } = opening
  const data = Object.fromEntries(Object.entries(instruction.scope.data).filter(([dataset]) => datasets.some((one) => one.id === dataset)))
  const identifiable = datasets.some((dataset) => dataset.tables.some((table) => Object.entries(table.columns).some(([name, column]) => column.identifies === true && namesColumn(data[dataset.id], name))))
  return {
    person: opening.request.person, controller: instruction.controller, purpose: opening.purpose, operation: operationOf(instruction), data,
    environment: opening.store.environment, identifiable, at, instruction: instruction.id,
  }
}

/** Refused before any instruction could be weighed: recorded in the common log, because it names no controller. */
async function refuseUnjudged(keeping: Admitting, request: AdmissionRequest, because: string): Promise<Admitted> {
  const asked = { person: request.person, store: request.store, instruction: request.instruction, purpose: request.purpose, token: request.token }
  await keeping.ledger.append({ slot: 0, type: 'decision.refused', at: keeping.clock(), parts: { access: { asked, because: 'not judged: store, instruction or purpose not named' } as Json } })
  return no({ outcome: 'refused', because: `${because} (Art. 28(3)(a), 29 GDPR)`, failing: [] })
}

/** How the controller of an instruction is kept apart at a store; nothing where the instruction names no table there. */
function separationAt(store: string, instruction: Instruction, datasets: readonly Dataset[]): { separation?: Separation } {
  const tables = tablesOf(instruction, datasets.filter((dataset) => dataset.store === store && dataset.controller === instruction.controller))
  return tables.length === 0 ? {} : { separation: separationOf(tables, { store, controller: instruction.controller }, datasets) }
}

async function refuseJudged(keeping: Admitting, refusal: { instruction: Instruction; act: Act; decision: Decision; separation: { separation?: Separation } }): Promise<Admitted> {
  const { instruction, act, decision, separation } = refusal
  await keeping.ledger.append({ slot: instruction.slot, type: 'decision.refused', at: act.at, parts: { evidence: { act, decision, ...separation } as unknown as Json } })
  const next = decision.failing.length === 1 && decision.failing[0] === 'approval' ? `a second person approves each session under it: bailee instruction approval ask ${instruction.id} --for session` : decision.failing.some((dimension) => ['commitment', 'training', 'grant'].includes(dimension)) ? 'ask your data protection officer for what is missing' : 'ask the controller for an instruction that covers it'
  return no({ outcome: 'refused', failing: decision.failing, because: `not covered by ${instruction.id}: ${decision.failing.join(', ')} (Art. ${decision.articles.join(', ')} GDPR); ${next}` })
}

interface Allowing extends Opening { readonly tokenSeconds: number; /** Rows of this day. */ readonly used: number; readonly act: Act; readonly decision: Decision; readonly index: Index; readonly allDatasets: readonly Dataset[] }

async function allow(keeping: Admitting, allowing: Allowing): Promise<Admitted> {
  const { request, instruction, purpose, act, decision } = allowing
  const clientUrl = allowing.store.declared.gateway_url === undefined ? undefined : resolveReference(allowing.store.declared.gateway_url, keeping.references)
  if (clientUrl === undefined) return refuseUnopened(keeping, allowing, `store ${allowing.store.id} has no gateway_url that is set; whoever runs Bailee declares one and sets what it refers to`)
  const tables = tablesOf(instruction, allowing.datasets)
  if (tables.length === 0) return refuseUnopened(keeping, allowing, `${instruction.id} names no table of store ${allowing.store.id}`)
  const rowsMax = instruction.scope.rows_per_session ?? rowsPerSessionDefault
  const rowsPerDayMax = instruction.scope.rows_per_day ?? rowsMax * rowsPerDayFactor
  const session: SessionPlan = {
    id: randomBytes(12).toString('hex'), instruction: instruction.id, clientUrl, tables, operations: instruction.scope.operations, ...resultsAt(allowing.store),
    rowsMax: Math.min(rowsMax, rowsPerDayMax), sessionSecondsMax: secondsLeft(keeping, allowing, allowing.tokenSeconds),
  }
  const first = firstOf(request, session, rowsPerDayMax - allowing.used)
  const separation = separationOf(tables, { store: allowing.store.id, controller: instruction.controller }, allowing.allDatasets)
  const access = {
    id: session.id, gateway: keeping.gateway, person: request.person, instruction: instruction.id, store: allowing.store.id, purpose, token: request.token, application: request.application,
    operations: instruction.scope.operations.filter((operation) => compiledOperations.has(operation)), rows_max: session.rowsMax, separation, rows_per_day_max: rowsPerDayMax, sessions_max: { person: sessionsPerPersonMax, instruction: sessionsPerInstructionMax },
  }
  const drafts = [
    { slot: instruction.slot, type: 'decision.allowed', at: act.at, parts: { evidence: { act, decision, separation } as unknown as Json } }, ...usedDraft(instruction.slot, act, `session ${session.id}`),
    { slot: instruction.slot, type: 'session.opened', at: act.at, parts: { access: access as Json } },
  ]
  let leased: Lease | undefined
  try {
    leased = await appendWith(keeping, drafts, first === undefined ? undefined : { lease: first, draft: leaseDraft(instruction.slot, { session: session.id, ...first, rows_per_day_max: rowsPerDayMax }, act.at) })
  } catch (cause) {
    if (!(cause instanceof Refused) || !['session/too-many', 'approval/used-up'].includes(cause.code)) throw cause
    return refuseUnopened(keeping, allowing, `${cause.message}${cause.code === 'session/too-many' ? '; close what is not used' : ''}`)
  }
  return { admission: { outcome: 'allowed', session: leased === undefined ? session : { ...session, leased } }, used: allowing.used + (leased?.rows ?? 0), live: { slot: instruction.slot, act, instruction: instruction.id, rowsPerDayMax, tables, store: allowing.store.id, contract: instruction.contract, keeps: rightsOf(session).derives } }
}

/** What is leased with the decision: nothing near the end of a day, where a lease is a part of the rest. */
function firstOf({ first }: AdmissionRequest, { rowsMax, bytesMax }: SessionPlan, left: number): Lease | undefined {
  return first === undefined || left < first.rows * leaseOfRest ? undefined : { rows: Math.min(first.rows, rowsMax), bytes: Math.min(first.bytes, bytesMax ?? Infinity) }
}

/** One lease, as it is recorded. */
export const leaseDraft = (slot: number, taken: { session: string; rows: number; bytes: number; rows_per_day_max: number }, at: number): Draft => ({ slot, type: 'lease.taken', at, parts: { access: taken } })

/** Records a session with its first lease; without it, where another gateway was faster with the rest of the day. Gives what was leased. */
async function appendWith({ ledger }: Admitting, drafts: readonly Draft[], first: { lease: Lease; draft: Draft } | undefined): Promise<Lease | undefined> {
  if (first !== undefined) {
    try {
      await ledger.append([...drafts, first.draft])
      return first.lease
    } catch (cause) {
      if (!(cause instanceof Refused) || cause.code !== 'lease/day-budget') throw cause
    }
  }
  await ledger.append(drafts)
  return undefined
}

/** Rows of this day under the instruction that is named, where a lease is asked for. */
async function usedBefore({ ledger }: Admitting, { person, instruction, first }: AdmissionRequest, at: number): Promise<number> {
  return first === undefined || instruction === undefined ? 0 : rowsUsed(ledger.database, { person, instruction, at })
}

/** Covered, and yet nothing can be opened: recorded in the controller's log, as every answer is. */
async function refuseUnopened(keeping: Admitting, { instruction, act, decision, store, allDatasets }: Allowing, because: string): Promise<Admitted> {
  await keeping.ledger.append({ slot: instruction.slot, type: 'decision.refused', at: act.at, parts: { evidence: { act, decision, because: `not opened: ${because}`, ...separationAt(store.id, instruction, allDatasets) } as unknown as Json } })
  return no({ outcome: 'refused', because, failing: [] })
}

/**
 * Until the first of: the longest session, the token's end, the end of the grant in force that lasts longest, the approval's, the instruction's, the contract's.
 * The poll of `revoked` ends what changes meanwhile.
 */
function secondsLeft(keeping: Admitting, { instruction, act, index }: Allowing, tokenSeconds: number): number {
  const compiled = index.byId.get(instruction.id)
  const granted = (compiled?.grants.get(act.person) ?? []).filter((grant) => inForce(grant, act.at)).map((grant) => grant.until)
  const ends = [instruction.until, compiled?.contract?.ends, compiled?.approvals.get(act.approval ?? '')?.until ?? undefined, granted.length === 0 ? undefined : Math.max(...granted)]
  return Math.max(1, Math.min(sessionSecondsMax, tokenSeconds, ...ends.flatMap((end) => (end === undefined ? [] : [end - keeping.clock()]))))
}

/** As `decide` asks it of a grant: an older one that has ended says nothing about how long the newer one lasts. */
const inForce = (grant: Grant, at: number): boolean => (grant.approvedAt ?? Infinity) <= at && at < grant.until && at < (grant.revokedAt ?? Infinity)

/** Seconds that the proved token still lives, on the machine's clock; 0 when it ended since it was proved. */
async function tokenSecondsLeft(keeping: Admitting, request: AdmissionRequest): Promise<number> {
  const now = machineClock()
  const token = (await liveTokens(keeping.ledger.database, request.person, now)).find((one) => one.id === request.token)
  return token === undefined ? 0 : token.expiresAt - now
}
