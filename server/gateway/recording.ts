/**
 * The doorkeeper of a real gateway: decides by the instructions that the ledger holds, and records before it answers. One a process. It holds
 * a lock at the control database for as long as it lives: so every gateway of the same ledger sees which of the others have died, and closes what they left.
 */
import { createHash, randomBytes } from 'node:crypto'
import { decide } from '#decision'
import type { References } from '#inventory'
import type { Draft, Json, Ledger } from '#ledger'
import { liveTokens } from '#people'
import { Refused } from '#kit/errors'
import { machineClock, type Clock } from '#kit/time'
import { admit, leaseDraft, type Live } from './admission.ts'
import type { AdmissionRequest, CloseReason, Doorkeeper, Heard, Lease, LeaseAnswer, SessionCounts, SessionPlan } from './doorkeeper.ts'
import { Judgement } from './judgement.ts'
import { cancelsPassedPerSecondMax, leaseTriesMax, leaseOfRest, livenessMilliseconds } from './limits.ts'
import { proofsBy } from './prove/index.ts'
import { lookAtResults, recordDerived } from './results/record.ts'
import { StatementReader } from './statement/record.ts'
import { habits, type AnomalyRow } from './statement/store.ts'
import { unusualHour, unusualVolume } from './statement/unusual.ts'
import * as store from './store.ts'

export interface RecordingOptions {
  readonly ledger: Ledger
  readonly references: References
  /** What decisions and entries are dated by; tokens and time limits always follow the machine's clock (`contracts.md` 7). */
  readonly clock: Clock
  /** Where it listens, for people. Each opening adds what makes it unlike any other, so that two may stand at one address while one of them closes. */
  readonly gateway: string
}

interface Keeping extends RecordingOptions { readonly judgement: Judgement; readonly live: Map<string, Live>; readonly reader: StatementReader }

/** Makes the doorkeeper, and closes what gateways that are no longer alive left open, charging each lease in full. */
export async function openDoorkeeper(options: RecordingOptions): Promise<Doorkeeper> {
  const gateway = `${options.gateway} ${randomBytes(6).toString('hex')}`
  const keeping: Keeping = { ...options, gateway, judgement: new Judgement(options.ledger), live: new Map(), reader: new StatementReader() }
  const ears: Heard[] = []
  const listening = await store.listenForGateways(options.ledger.database, {
    holds: lockOf(gateway),
    changed: () => { for (const heard of ears) heard.changed() },
    cancelled: (key) => { for (const heard of ears) heard.cancelled(key) },
  })
  await closeDead(keeping, () => true)
  void lookAgain(keeping)
  const watch = watchOthers(keeping)
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
    admit: async (request: AdmissionRequest) => {
      const { admission, live, used = 0 } = await admit(keeping, request)
      if (admission.outcome === 'allowed' && live !== undefined) {
        keeping.live.set(admission.session.id, live)
        void compareWithHabits(keeping, admission.session.id, live, used).catch(() => undefined) // nothing waits for it; the next session looks again
      }
      return admission
    },
    lease: (session, asked, needed) => lease(keeping, session, { asked, needed }),
    close: (session, counts, reason) => close(keeping, session, { counts, reason }),
    revoked: (sessions) => revoked(keeping, sessions),
    derived: async (session, kept) => {
      const live = keeping.live.get(session)
      if (live === undefined) throw new Refused('session/closed', `session ${session} is not open`)
      const { slot, instruction, store: at, contract, act: { controller, person, data } } = live
      await recordDerived(options.ledger, { slot, controller, contract, instruction, store: at, from: Object.keys(data), person, session }, kept, options.clock())
    },
    statements: async (session, tallied) => {
      const live = keeping.live.get(session)
      if (live !== undefined) await options.ledger.append(keeping.reader.draft({ slot: live.slot, session, tables: live.tables }, tallied, options.clock()))
    },
    attach: (heard) => { ears.push(heard) },
    passCancel: passCancels(options.ledger),
    stop: async () => {
      clearInterval(watch)
      await listening.close()
    },
  }
}

/** Numbers an advisory lock by a gateway's name: 64 bits of its hash. */
const lockOf = (gateway: string): bigint => createHash('sha256').update(`bailee gateway ${gateway}`).digest().readBigInt64BE()

/** Closes the sessions of gateways that hold no lock; `believe` says of which this is believed. Returns all that seemed dead. */
async function closeDead(keeping: Keeping, believe: (gateway: string) => boolean): Promise<string[]> {
  const { ledger } = keeping
  const dead: string[] = []
  for (const gateway of await store.gatewaysAtWork(ledger.database)) {
    if (gateway === keeping.gateway || !(await store.isFree(ledger.database, lockOf(gateway)))) continue
    dead.push(gateway)
    if (!believe(gateway)) continue
    for (const left of await store.openSessions(ledger.database, gateway)) {
      const counts = { statements: 0, rows: left.leasedRows, charged: left.leasedRows, bytes: left.leasedBytes, errors: 0, refused: 0, leasedRows: left.leasedRows, leasedBytes: left.leasedBytes }
      await ledger.append(closing({ slot: left.slot, session: left.id, counts, because: 'unclosed, lease charged in full' }, keeping.clock()))
        .catch((cause: unknown) => { if (!(cause instanceof Refused)) throw cause }) // another gateway was first
      void lookAgain(keeping, [left.store])
    }
  }
  return dead
}

/** Every gateway looks after the others. One look may meet a connection that is being made again; two are believed. */
function watchOthers(keeping: Keeping): NodeJS.Timeout {
  let suspects = new Set<string>()
  return setInterval(() => {
    closeDead(keeping, (gateway) => suspects.has(gateway)).then((dead) => { suspects = new Set(dead) }, () => undefined) // the ledger is away: looked at again
  }, livenessMilliseconds).unref()
}

/** Anybody may send a cancel request, with any key: only so many a second are asked about elsewhere. */
function passCancels(ledger: Ledger): (key: string) => Promise<void> {
  let [second, passed] = [0, 0]
  return async (key) => {
    const now = machineClock()
    if (now !== second) [second, passed] = [now, 0]
    if ((passed += 1) <= cancelsPassedPerSecondMax) await store.passCancel(ledger.database, key)
  }
}

/** Looks at when this person works under this instruction, and how much on a day. */
async function compareWithHabits(keeping: Keeping, session: string, live: Live, used: number): Promise<void> {
  const { at, person } = live.act
  const { days, hours } = await habits(keeping.ledger.database, { person, instruction: live.instruction, at })
  live.unusual = unusualVolume(days)
  await noteVolume(keeping, session, live, used)
  const says = unusualHour(Math.floor(at / 3600) % 24, hours)
  if (says !== undefined) await seen(keeping, session, live, { kind: 'hour', says })
}

async function seen(keeping: Keeping, session: string, live: Live, anomaly: Pick<AnomalyRow, 'kind' | 'says'>): Promise<void> {
  const access = { session, person: live.act.person, instruction: live.instruction, ...anomaly }
  await keeping.ledger.append({ slot: live.slot, type: 'gateway.anomaly_seen', at: keeping.clock(), parts: { access } })
}

async function noteVolume(keeping: Keeping, session: string, live: Live, rows: number): Promise<void> {
  const limit = live.unusual
  if (limit === undefined || rows <= limit.rowsMax) return
  live.unusual = undefined // once a session
  await seen(keeping, session, live, { kind: 'volume', says: `${rows} rows are taken or held on this day; ${limit.says}` }).catch(() => undefined)
}

interface Wanted { readonly asked: Lease; readonly needed: Lease }

/**
 * Leases from what is left of the day: near its end only a part of the rest, so that a session that is open and idle does not hold all of it.
 * Another gateway may lease meanwhile; what went beyond the budget together is refused by the fold, and asked for anew.
 */
async function lease(keeping: Keeping, session: string, { asked, needed }: Wanted): Promise<LeaseAnswer> {
  const live = keeping.live.get(session)
  if (live === undefined) return { outcome: 'refused', because: 'ended' }
  const usedAt = (at: number): Promise<number> | number => (asked.rows === 0 ? 0 : store.rowsUsed(keeping.ledger.database, { person: live.act.person, instruction: live.instruction, at }))
  // What ended between the decision and this moment (the first lease is asked for behind it) releases nothing, and not a second of it.
  const [gone, usedBefore] = await Promise.all([revoked(keeping, [session]), usedAt(keeping.clock())])
  if (gone.length > 0) return { outcome: 'refused', because: 'ended' }
  for (let tries = 1; ; tries += 1) {
    const at = keeping.clock()
    const used = tries === 1 ? usedBefore : await usedAt(at)
    const left = live.rowsPerDayMax - used
    if (needed.rows > left) return { outcome: 'refused', because: 'day budget spent' }
    const rows = Math.max(needed.rows, Math.min(asked.rows, Math.ceil(Math.max(0, left) / leaseOfRest)))
    const { bytes } = asked
    try {
      await keeping.ledger.append(leaseDraft(live.slot, { session, rows, bytes, rows_per_day_max: live.rowsPerDayMax }, at))
      void noteVolume(keeping, session, live, used + rows)
      return { outcome: 'granted', rows, bytes }
    } catch (cause) {
      if (!(cause instanceof Refused) || cause.code !== 'lease/day-budget' || tries === leaseTriesMax) throw cause
    }
  }
}

async function close(keeping: Keeping, session: string, end: { counts: SessionCounts; reason: CloseReason }): Promise<void> {
  const known = keeping.live.get(session)
  if (known === undefined) return
  const findings = end.reason.findings === undefined ? {} : { findings: [...end.reason.findings] }
  await keeping.ledger.append(closing({ slot: known.slot, session, counts: end.counts, because: end.reason.code, ...findings }, keeping.clock()))
  keeping.live.delete(session)
  if (known.keeps) await lookAgain(keeping, [known.store])
}

/** What was dropped, or undone after it was recorded, is recorded as gone. A database that is away is looked at by the next sweep. */
async function lookAgain(keeping: Keeping, stores?: readonly string[]): Promise<void> {
  await lookAtResults(keeping, keeping.clock(), stores).catch(() => undefined)
}

function closing(end: { slot: number; session: string; counts: SessionCounts; because: string; findings?: string[] }, at: number): Draft {
  const { slot, ...access } = end
  return { slot, type: 'session.closed', at, parts: { access: access as unknown as Json } }
}

/** Of these sessions, those whose act is no longer covered: contract over, instruction withdrawn, grant revoked, training lapsed; those that were ended by name; and those where a way out was found. */
async function revoked(keeping: Keeping, sessions: readonly string[]): Promise<string[]> {
  if (sessions.length === 0) return []
  const { version, ended } = await store.judgedSessions(keeping.ledger.database, sessions)
  const { index } = await keeping.judgement.at(version)
  const gone = new Set(ended)
  const at = keeping.clock()
  return sessions.filter((session) => {
    const known = keeping.live.get(session)
    return known === undefined || gone.has(session) || decide({ ...known.act, at }, index).outcome === 'refused'
  })
}

/** Ends one open session, wherever it is open: its gateway is told. @throws Refused when it is not open. */
export async function endSession(ledger: Ledger, end: { session: string; by: string | undefined }, at: number): Promise<void> {
  const found = await store.findSession(ledger.database, end.session)
  if (found === undefined || found.closedAt !== null) throw new Refused('session/closed', `session ${end.session} is not open; bailee gateway sessions lists them`)
  await ledger.append({ slot: found.slot, type: 'session.revoked', at, parts: { access: { session: end.session, by: end.by } as Json } })
}
