/**
 * The doorkeeper of a real gateway: decides by the instructions that the ledger holds, and records before it answers.
 * One a process; `gateway` names it, so that sessions a crash left open are found and closed at the next start.
 */
import { randomBytes } from 'node:crypto'
import { compile, decide, type Act, type Decision, type Index } from '#decision'
import { allDatasets, allStores, resolveReference, type Dataset, type References, type Store } from '#inventory'
import { findInstruction, recordsToJudge, type Grant, type Instruction } from '#instruction'
import { type Draft, type Json, type Ledger } from '#ledger'
import { liveTokens } from '#people'
import { machineClock, type Clock } from '#kit/time'
import type { Admission, AdmissionRequest, CloseReason, Doorkeeper, SessionCounts, SessionPlan } from './doorkeeper.ts'
import { compiledOperations } from './compile/index.ts'
import { namesColumn, separationOf, tablesOf } from './planning.ts'
import { proofsBy } from './prove/index.ts'
import * as store from './store.ts'

export interface RecordingOptions {
  readonly ledger: Ledger
  readonly references: References
  /** What decisions and entries are dated by; tokens and time limits always follow the machine's clock (`contracts.md` 7). */
  readonly clock: Clock
  readonly gateway: string
}

/** Row-equivalents of a session whose instruction names no budget: a look, not a copy. */
export const rowsPerSessionDefault = 10_000

/** Seconds of a session at most: a working day's half, so that a person's standing is looked at again. */
export const sessionSecondsMax = 4 * 3_600

interface Live { readonly slot: number; readonly act: Act }
interface Keeping extends RecordingOptions { readonly live: Map<string, Live> }

/** Makes the doorkeeper and closes what a crash of this gateway left open, charging each lease in full. */
export async function openDoorkeeper(options: RecordingOptions): Promise<Doorkeeper> {
  for (const left of await store.openSessions(options.ledger.database, options.gateway)) {
    const counts = { statements: 0, rows: left.leasedRows, charged: left.leasedRows, bytes: left.leasedBytes, errors: 0, refused: 0, leasedRows: left.leasedRows, leasedBytes: left.leasedBytes }
    await options.ledger.append(closing({ slot: left.slot, session: left.id, counts, because: 'unclosed, lease charged in full' }, options.clock()))
  }
  const keeping: Keeping = { ...options, live: new Map() }
  const proofs = proofsBy(options.ledger, options.clock)
  const about = (plan: SessionPlan, at: string): { store: string; instruction: string; slot: number; plan: SessionPlan } =>
    ({ store: at, instruction: plan.instruction, slot: keeping.live.get(plan.id)?.slot ?? 0, plan })
  return {
    proved: (plan, at, role) => proofs.missing(about(plan, at), role),
    drifted: (plan, at, findings) => proofs.drifted(about(plan, at), findings),
    credential: async (person) => {
      const tokens = await liveTokens(options.ledger.database, person, machineClock())
      return tokens.length === 0 ? undefined : { tokens }
    },
    admit: (request) => admit(keeping, request),
    lease: async (session, rows, bytes) => {
      const known = keeping.live.get(session)
      if (known === undefined) return false
      // What ended between the decision and this moment (the first lease is asked for behind it) releases nothing, and not a second of it.
      if ((await revoked(keeping, [session])).length > 0) return false
      await options.ledger.append({ slot: known.slot, type: 'lease.taken', at: options.clock(), parts: { access: { session, rows, bytes } } })
      return true
    },
    close: async (session, counts, reason) => close(keeping, session, { counts, reason }),
    revoked: (sessions) => revoked(keeping, sessions),
  }
}

async function close(keeping: Keeping, session: string, end: { counts: SessionCounts; reason: CloseReason }): Promise<void> {
  const known = keeping.live.get(session)
  if (known === undefined) return
  const findings = end.reason.findings === undefined ? {} : { findings: [...end.reason.findings] }
  await keeping.ledger.append(closing({ slot: known.slot, session, counts: end.counts, because: end.reason.code, ...findings }, keeping.clock()))
  keeping.live.delete(session)
}

function closing(end: { slot: number; session: string; counts: SessionCounts; because: string; findings?: string[] }, at: number): Draft {
  const { slot, ...access } = end
  return { slot, type: 'session.closed', at, parts: { access: access as unknown as Json } }
}

/** Of these sessions, those whose act is no longer covered: contract over, instruction withdrawn, grant revoked, training lapsed. */
async function revoked(keeping: Keeping, sessions: readonly string[]): Promise<string[]> {
  if (sessions.length === 0) return []
  const index = compile(await recordsToJudge(keeping.ledger))
  const at = keeping.clock()
  return sessions.filter((session) => {
    const known = keeping.live.get(session)
    return known === undefined || decide({ ...known.act, at }, index).outcome === 'refused'
  })
}

async function admit(keeping: Keeping, request: AdmissionRequest): Promise<Admission> {
  const at = keeping.clock()
  const stores = await allStores(keeping.ledger.database)
  const wanted = stores.find((one) => one.id === request.store)
  if (wanted === undefined) return refuseUnjudged(keeping, request, `there is no store ${JSON.stringify(request.store)} here; dbname is the id of a store`)
  if (request.instruction === undefined) {
    return refuseUnjudged(keeping, request, `name the instruction you act under: options='-c bailee.instruction=INS-1', or user=${request.person}+INS-1`)
  }
  const instruction = await findInstruction(keeping.ledger, request.instruction).catch(() => undefined)
  if (instruction === undefined) return refuseUnjudged(keeping, request, `there is no instruction ${JSON.stringify(request.instruction)}`)
  const purpose = request.purpose ?? (instruction.scope.purposes.length === 1 ? instruction.scope.purposes[0] : undefined)
  if (purpose === undefined) return refuseUnjudged(keeping, request, `${instruction.id} has several purposes; name yours: options='-c bailee.purpose=${instruction.scope.purposes[0]}' (or ${instruction.scope.purposes.slice(1).join(', ')})`)
  const datasets = (await allDatasets(keeping.ledger.database)).filter((dataset) => dataset.store === wanted.id && dataset.controller === instruction.controller)
  const act = actOf({ request, instruction, purpose, store: wanted, datasets }, at)
  const index = compile(await recordsToJudge(keeping.ledger))
  const decision = decide(act, index)
  if (decision.outcome === 'refused') return refuseJudged(keeping, { instruction, act, decision, request })
  return allow(keeping, { request, instruction, purpose, store: wanted, datasets, act, decision, index })
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
async function refuseUnjudged(keeping: Keeping, request: AdmissionRequest, because: string): Promise<Admission> {
  const asked = { person: request.person, store: request.store, instruction: request.instruction, purpose: request.purpose, token: request.token }
  await keeping.ledger.append({ slot: 0, type: 'decision.refused', at: keeping.clock(), parts: { access: { asked, because: 'not judged: store, instruction or purpose not named' } as Json } })
  return { outcome: 'refused', because: `${because} (Art. 28(3)(a), 29 GDPR)`, failing: [] }
}

async function refuseJudged(keeping: Keeping, refusal: { instruction: Instruction; act: Act; decision: Decision; request: AdmissionRequest }): Promise<Admission> {
  const { instruction, act, decision } = refusal
  await keeping.ledger.append({ slot: instruction.slot, type: 'decision.refused', at: act.at, parts: { evidence: { act, decision } as unknown as Json } })
  const next = decision.failing.some((dimension) => ['commitment', 'training', 'grant'].includes(dimension)) ? 'ask your data protection officer for what is missing' : 'ask the controller for an instruction that covers it'
  return { outcome: 'refused', failing: decision.failing, because: `not covered by ${instruction.id}: ${decision.failing.join(', ')} (Art. ${decision.articles.join(', ')} GDPR); ${next}` }
}

interface Allowing extends Opening { readonly act: Act; readonly decision: Decision; readonly index: Index }

async function allow(keeping: Keeping, allowing: Allowing): Promise<Admission> {
  const { request, instruction, purpose, act, decision } = allowing
  const clientUrl = allowing.store.declared.gateway_url === undefined ? undefined : resolveReference(allowing.store.declared.gateway_url, keeping.references)
  if (clientUrl === undefined) return refuseUnopened(keeping, allowing, `store ${allowing.store.id} has no gateway_url that is set; whoever runs Bailee declares one and sets what it refers to`)
  const tables = tablesOf(instruction, allowing.datasets)
  if (tables.length === 0) return refuseUnopened(keeping, allowing, `${instruction.id} names no table of store ${allowing.store.id}`)
  const session: SessionPlan = {
    id: randomBytes(12).toString('hex'), instruction: instruction.id, clientUrl, tables, operations: instruction.scope.operations,
    rowsMax: instruction.scope.rows_per_session ?? rowsPerSessionDefault, sessionSecondsMax: secondsLeft(keeping, allowing, await tokenSecondsLeft(keeping, request)),
  }
  const separation = separationOf(tables, { store: allowing.store.id, controller: instruction.controller }, await allDatasets(keeping.ledger.database))
  const access = { id: session.id, gateway: keeping.gateway, person: request.person, instruction: instruction.id, store: allowing.store.id, purpose, token: request.token, application: request.application, rows_max: session.rowsMax, operations: instruction.scope.operations.filter((operation) => compiledOperations.has(operation)), separation }
  await keeping.ledger.append([
    { slot: instruction.slot, type: 'decision.allowed', at: act.at, parts: { evidence: { act, decision, separation } as unknown as Json } },
    { slot: instruction.slot, type: 'session.opened', at: act.at, parts: { access: access as Json } },
  ])
  keeping.live.set(session.id, { slot: instruction.slot, act })
  return { outcome: 'allowed', session }
}

/** Covered, and yet nothing can be opened: recorded in the controller's log, as every answer is. */
async function refuseUnopened(keeping: Keeping, { instruction, act, decision }: Allowing, because: string): Promise<Admission> {
  await keeping.ledger.append({ slot: instruction.slot, type: 'decision.refused', at: act.at, parts: { evidence: { act, decision, because: `not opened: ${because}` } as unknown as Json } })
  return { outcome: 'refused', because, failing: [] }
}

/**
 * Until the first of: the longest session, the token's end, the end of the grant in force that lasts longest, the instruction's, the contract's.
 * The poll of `revoked` ends what changes meanwhile.
 */
function secondsLeft(keeping: Keeping, { instruction, act, index }: Allowing, tokenSeconds: number): number {
  const compiled = index.byId.get(instruction.id)
  const granted = (compiled?.grants.get(act.person) ?? []).filter((grant) => inForce(grant, act.at)).map((grant) => grant.until)
  const ends = [instruction.until, compiled?.contract?.ends, granted.length === 0 ? undefined : Math.max(...granted)]
  return Math.max(1, Math.min(sessionSecondsMax, tokenSeconds, ...ends.flatMap((end) => (end === undefined ? [] : [end - keeping.clock()]))))
}

/** As `decide` asks it of a grant: an older one that has ended says nothing about how long the newer one lasts. */
const inForce = (grant: Grant, at: number): boolean => (grant.approvedAt ?? Infinity) <= at && at < grant.until && at < (grant.revokedAt ?? Infinity)

/** Seconds that the proved token still lives, on the machine's clock; 0 when it ended since it was proved. */
async function tokenSecondsLeft(keeping: Keeping, request: AdmissionRequest): Promise<number> {
  const now = machineClock()
  const token = (await liveTokens(keeping.ledger.database, request.person, now)).find((one) => one.id === request.token)
  return token === undefined ? 0 : token.expiresAt - now
}
