/** From an admitted plan to an open session: compiled role, session role, login, first lease; and back again, whatever fails on the way. */
import type { Socket } from 'node:net'
import { Misuse } from '#kit/errors'
import type { Compiled } from './compile/index.ts'
import type { Login, Wanted } from './ahead.ts'
import type { ClientDatabase, ClientDatabases } from './clients.ts'
import { TurnedAway } from './door.ts'
import type { CloseReason, Doorkeeper, LeaseAnswer, SessionPlan } from './doorkeeper.ts'
import { resultSchemaOf } from './compile/statements.ts'
import { openSecondsMax } from './limits.ts'
import { farewell, refusals } from './refusals.ts'
import { countsOf, meterOf, nextLease } from './lease.ts'
import { DirectLine } from './lines/line.ts'
import { takeLines, type Lines } from './lines/take.ts'
import { Session } from './session.ts'
import { cancel, logIn, nameSession, reach, waitingName, type Reached, type Upstream } from './upstream.ts'
import type { ServerMeter } from './wire/server.ts'

/** Seconds a cancel request may take: the session ends without it after that. */
const cancelSecondsMax = 2
/** Milliseconds for which the answer that a session is covered counts as of now. */
const coveredMilliseconds = 50
/** Seconds until a login that waited is taken for gone. */
const namedSecondsMax = 2

export interface OpeningParts {
  readonly plan: SessionPlan
  readonly person: string
  readonly store: string
  readonly settings: Readonly<Record<string, string>>
  readonly client: Socket
  readonly doorkeeper: Doorkeeper
  readonly databases: ClientDatabases
  readonly forget: () => void
  readonly report: (problem: string) => void
}

export interface Opened {
  readonly session: Session
  /** What the client is told from now on goes through here. */
  readonly client: Lines['client']
  /** ParameterStatus messages for the client. */
  readonly parameters: Buffer
  readonly cancel: () => Promise<void>
}

/**
 * Opens an admitted session. Whatever fails is recorded as its end, because it was admitted.
 * @throws TurnedAway with what the client may know.
 */
export async function open(parts: OpeningParts): Promise<Opened> {
  const { plan, doorkeeper } = parts
  let meter = meterOf(plan, 1)
  let role: string | undefined
  let database: ClientDatabase | undefined
  try {
    database = parts.databases.of(plan.clientUrl)
    const compiled = await database.prepare(plan)
    if (compiled.outcome === 'found') {
      await doorkeeper.drifted?.(plan, parts.store, compiled.findings)
      throw new NotOpened(refusals.unsafe(parts.store, compiled.findings), { code: 'not opened', findings: compiled.findings.map(({ what }) => what) })
    }
    meter = meterOf(plan, compiled.rowBytes)
    const results = compiled.rights.derives ? resultSchemaOf(compiled.role) : undefined
    const got = await gather(parts, { database, compiled, meter, results })
    role = got.role
    const upstream = usable(parts, got)
    return relay(parts, { database, role: got.role, upstream, meter, results, keptUntil: got.keptUntil, wanted: got.wanted })
  } catch (error) {
    const because = error instanceof NotOpened ? error.because : { code: 'not opened' as const, findings: [reasonOf(error)] }
    if (!(error instanceof NotOpened)) parts.report(`gateway/open: ${reasonOf(error)}`)
    await closed(parts, { database, role, meter }, because, { statements: 0, refused: 0 })
    throw error instanceof NotOpened ? error : new TurnedAway(refusals.database())
  }
}

interface Gathering {
  readonly database: ClientDatabase
  readonly compiled: Extract<Compiled, { outcome: 'ready' }>
  readonly meter: ServerMeter
  readonly results: string | undefined
}

interface Gathered {
  readonly role: string | undefined
  readonly keptUntil: number
  readonly wanted: Wanted
  readonly proof: PromiseSettledResult<string | undefined>
  readonly upstream: PromiseSettledResult<Upstream> | undefined
  readonly leased: LeaseAnswer
}

/**
 * What a session needs, asked for together: none of it is of use to anybody before all of it is there. The password of a role is known to nobody
 * else, what is leased is not released, and nothing is leased and nobody logs in before the proof holds.
 */
async function gather(parts: OpeningParts, { database, compiled, meter, results }: Gathering): Promise<Gathered> {
  const { plan, doorkeeper, settings: form, store } = parts
  const proving = Promise.resolve(doorkeeper.proved?.(plan, store, compiled.role))
  const ended: LeaseAnswer = { outcome: 'refused', because: 'ended' }
  const covered = plan.leased === undefined ? undefined : askCovered(doorkeeper, plan)
  const leasing = proving.then((unproved) => (unproved === undefined ? firstLease(doorkeeper, { plan, covered }, meter) : ended)).catch(() => ended)
  const name = `bailee ${plan.id}`.slice(0, 63)
  // As the compiled role, so that what is made belongs to it and outlives the session's own.
  const keeping = results === undefined ? {} : { role: compiled.role, search_path: `${results}, "$user", public` }
  const wanted = { compiled: compiled.role, settings: { ...form, ...keeping }, person: parts.person, edition: database.editionOf(compiled.role) }
  const waited = await database.takeLogin(wanted)
  const anew = (): Promise<LoggedIn> => loggedIn({ database, compiled, proving, name }, { ...form, ...keeping })
  let got = waited === undefined ? await anew() : await named(waited, proving, name)
  if (waited !== undefined && got.upstream?.status === 'rejected') { // it was gone, and nothing had said so
    database.dropRole(waited.role).catch((error: unknown) => parts.report(`gateway/role: ${reasonOf(error)}`))
    got = await anew()
  }
  if (holds(got.proof)) database.keepLogin(compiled.role, { ...form, ...keeping })
  return { ...got, wanted, leased: await leasing }
}

type LoggedIn = Omit<Gathered, 'leased' | 'wanted'>

interface LoggingIn extends Pick<Gathering, 'database' | 'compiled'> { readonly proving: Promise<string | undefined>; readonly name: string }

const holds = (proof: PromiseSettledResult<string | undefined>): boolean => proof.status === 'fulfilled' && proof.value === undefined

async function loggedIn({ database, compiled, proving, name }: LoggingIn, settings: Readonly<Record<string, string>>): Promise<LoggedIn> {
  const reaching = reach(database.address, openSecondsMax).catch(() => undefined) // the database takes its time to receive anybody; who it is is said when all of this is there
  const [proof, made] = await Promise.allSettled([proving, database.makeRole(compiled.role)])
  const reached = await reaching
  const [upstream] = holds(proof) ? await Promise.allSettled([made.status === 'rejected' ? Promise.reject(made.reason as Error) : logInAs({ database, name }, { ...made.value, settings }, reached)]) : []
  if (upstream?.status !== 'fulfilled') reached?.socket.destroy()
  else if (made.status === 'fulfilled') database.closeRole(made.value.role)
  return { role: made.status === 'fulfilled' ? made.value.role : undefined, keptUntil: made.status === 'fulfilled' ? made.value.keptUntil : 0, proof, upstream }
}

/** Where another session may have the login later, it has the name of this one only as a setting: what it goes back to with `RESET` names no session. */
async function logInAs({ database, name }: Pick<LoggingIn, 'database' | 'name'>, identity: Parameters<typeof logIn>[1], reached: Reached | undefined): Promise<Upstream> {
  const login = (called: string): Promise<Upstream> => logIn(database.address, { ...identity, settings: { ...identity.settings, application_name: called } }, openSecondsMax, reached)
  return database.keepsLogins ? nameSession(await login(waitingName), name, namedSecondsMax) : login(name)
}

/** A login that waited for its session. */
async function named({ role, keptUntil, upstream: waited }: Login, proving: Promise<string | undefined>, name: string): Promise<LoggedIn> {
  const [proof, upstream] = await Promise.allSettled([proving, nameSession(waited, name, namedSecondsMax)])
  if (holds(proof)) return { role, keptUntil, proof, upstream }
  waited.socket.destroy()
  return { role, keptUntil, proof, upstream: undefined }
}

/** The database as the session has it. @throws whatever stands against opening. */
function usable({ plan, client, store }: OpeningParts, { proof, upstream, leased }: Gathered): Upstream {
  if (proof.status === 'rejected') throw proof.reason
  if (proof.value !== undefined) throw new NotOpened(refusals.unproved(store, proof.value), { code: 'not opened', findings: [proof.value] })
  if (upstream?.status !== 'fulfilled') throw upstream?.reason
  if (leased.outcome === 'granted' && !client.destroyed) return upstream.value
  upstream.value.socket.destroy()
  const code = whyNot(client, leased)
  throw new NotOpened(farewell(code, plan), { code })
}

class NotOpened extends TurnedAway {
  readonly because: CloseReason
  constructor(text: TurnedAway['text'], because: CloseReason) {
    super(text)
    this.because = because
  }
}

/** Whether a session is still covered, asked beside its proof. Where the proof took long, it is asked again: the answer has to be of the moment in which the session opens. */
function askCovered(doorkeeper: Doorkeeper, plan: SessionPlan): () => Promise<boolean> {
  const since = performance.now()
  const asked = doorkeeper.revoked([plan.id]).then((ended) => ended.length === 0, () => false)
  return async () => (await asked) && (performance.now() - since < coveredMilliseconds || (await doorkeeper.revoked([plan.id])).length === 0)
}

/** What was leased with the decision counts only where what it rests on still holds. */
async function firstLease(doorkeeper: Doorkeeper, { plan, covered }: { plan: SessionPlan; covered: (() => Promise<boolean>) | undefined }, meter: ServerMeter): Promise<LeaseAnswer> {
  if (plan.leased !== undefined) {
    if ((await covered?.()) !== true) return { outcome: 'refused', because: 'ended' }
    meter.grant(plan.leased.rows, plan.leased.bytes)
    return { outcome: 'granted', ...plan.leased }
  }
  const answer = await doorkeeper.lease(plan.id, nextLease(meter, 1, 1), { rows: 1, bytes: 1 })
  if (answer.outcome === 'granted') meter.grant(answer.rows, answer.bytes)
  return answer
}

function whyNot(client: Socket, leased: LeaseAnswer): CloseReason['code'] {
  if (client.destroyed) return 'client left'
  return leased.outcome === 'refused' && leased.because === 'day budget spent' ? 'day budget spent' : 'lease refused'
}

interface Open extends Pick<Gathered, 'keptUntil' | 'wanted'> {
  readonly database: ClientDatabase
  readonly role: string | undefined
  readonly upstream: Upstream
  readonly meter: ServerMeter
  readonly results: string | undefined
}

function relay(parts: OpeningParts, { database, role, upstream, meter, results, keptUntil, wanted }: Open): Opened {
  let [cancelled, kept] = [false, false]
  const stop = (): Promise<void> => {
    if (kept) return Promise.resolve() // the login was given back: what runs there is the next session's
    cancelled = true // it may arrive late, and then would be about whatever the next session does
    return cancel(database.address, upstream, cancelSecondsMax)
  }
  const lines = takeLines(parts.client, upstream)
  const session: Session = new Session({
    plan: parts.plan, doorkeeper: parts.doorkeeper, lines, meter, results, cancel: stop,
    giveBack: () => {
      const line = lines.database
      if (role === undefined || cancelled || !(line instanceof DirectLine)) return false
      line.removeAllListeners().pause()
      return (kept = database.giveBack(wanted, { role, keptUntil, upstream: { ...upstream, socket: line, hand: line.hand } }))
    },
    lost: () => parts.report('gateway/statements: what a session ran could not be recorded'),
    ended: async (because) => {
      const { statements, refused } = session.counts
      await closed(parts, { database, role: kept ? undefined : role, meter }, because, { statements, refused })
      parts.forget()
    },
  })
  return { session, client: lines.client, parameters: Buffer.concat([upstream.parameters, upstream.reported ?? Buffer.alloc(0)]), cancel: stop }
}

/** Drops the role and records the end; neither may stop the other. */
async function closed(
  parts: OpeningParts, made: { database: ClientDatabase | undefined; role: string | undefined; meter: ServerMeter }, because: CloseReason,
  client: { statements: number; refused: number },
): Promise<void> {
  const drop = made.role === undefined ? undefined : made.database?.dropRole(made.role)
  const record = parts.doorkeeper.close(parts.plan.id, countsOf(made.meter, client.statements, client.refused), because)
  const [dropped, recorded] = await Promise.allSettled([drop, record])
  if (dropped.status === 'rejected') parts.report('gateway/role: the role of an ended session could not be dropped; the reaper will')
  if (recorded.status === 'rejected') parts.report('gateway/close: the end of a session could not be recorded; its lease is charged in full')
}

/** What went wrong, by code: never the words of the database, which may hold values. */
function reasonOf(error: unknown): string {
  if (error instanceof Misuse) return 'gateway_url cannot be read'
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' ? code : 'unknown'
}
