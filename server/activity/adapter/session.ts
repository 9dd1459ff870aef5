/** A session of a gateway in this very process: decided, recorded and counted as that of any person, at a socket that nobody else can reach, with a token that nobody is shown. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { listen, makeVerifier, openDoorkeeper, saltOf, type CloseReason, type Doorkeeper } from '#gateway'
import { recordToken } from '#people'
import { Refused } from '#kit/errors'
import { machineClock, type Instant } from '#kit/time'
import type { ActivityContext } from '../types.ts'

/** Seconds that the token lives, and so the session at most: an activity that takes longer is two. */
const tokenSeconds = 3_600

export interface SessionAsked {
  readonly id: string
  readonly person: string
  readonly instruction: string
  readonly purpose: string
  readonly store: string
}

/** What an activity asks of its session: one statement at a time, as the extended protocol has it. `before`: characters of it that are not the activity's own; `planned`: it is not carried out, and so reads no row. */
export type Ask = (text: string, of?: { readonly before: number; readonly planned?: boolean }) => Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[]; readonly count: number | null }>

/** Why a session did not do what it was asked. `because` holds no word of the database's, which may be somebody's values; `said` may, of names that the statement holds. */
export class NotRun extends Refused {
  readonly because: string
  constructor(because: string, said: string, options?: ErrorOptions) {
    super('activity/not-run', said, options)
    this.because = because
  }
}

/** Does `work` in a session of its own, and waits until its end is recorded. Throws `NotRun` when it is refused, fails or is ended. */
export async function inSession<Result>(context: ActivityContext, asked: SessionAsked, at: Instant, work: (ask: Ask) => Promise<Result>): Promise<{ readonly result: Result; readonly session: string }> {
  const { ledger, references } = context
  const since = machineClock()
  const token = randomBytes(24).toString('base64url')
  const saltSecret = ledger.keys.tokenSalt()
  await recordToken(ledger, { id: randomBytes(6).toString('hex'), person: asked.person, verifier: makeVerifier(token, saltOf(saltSecret, asked.person)), expiresAt: since + tokenSeconds }, at)
  const seen = watching(await openDoorkeeper({ ledger, references, clock: () => at + machineClock() - since, gateway: `activity ${asked.id}` }))
  const directory = await mkdtemp(join(tmpdir(), 'bailee-activity-')) // mode 0700
  try {
    const gateway = await listen({ doorkeeper: seen.doorkeeper, at: { directory, port: 5432 }, saltSecret })
    try {
      return { result: await connected(directory, asked, token, work), session: seen.session() ?? '' }
    } catch (cause) {
      await gateway.close() // then its end is known
      throw reasonOf(cause, seen)
    } finally {
      await gateway.close()
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

interface Seen { readonly doorkeeper: Doorkeeper; session(): string | undefined; refused(): string | undefined; end(): CloseReason | undefined }

/** The same doorkeeper, of which is remembered what it answered. */
function watching(doorkeeper: Doorkeeper): Seen {
  let [session, refused, end]: [string | undefined, string | undefined, CloseReason | undefined] = [undefined, undefined, undefined]
  return {
    session: () => session, refused: () => refused, end: () => end,
    doorkeeper: {
      ...doorkeeper,
      admit: async (request) => {
        const answer = await doorkeeper.admit(request)
        if (answer.outcome === 'allowed') session = answer.session.id
        else refused = answer.because
        return answer
      },
      close: async (id, counts, because) => {
        end = because
        await doorkeeper.close(id, counts, because)
      },
    },
  }
}

async function connected<Result>(host: string, { id, person, instruction, purpose, store }: SessionAsked, password: string, work: (ask: Ask) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ host, port: 5432, database: store, user: person, password, application_name: `bailee activity ${id}`, options: `-c bailee.instruction=${instruction} -c bailee.purpose=${purpose}` })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await work(async (text, of) => {
      const extended: pg.QueryConfig & { readonly queryMode: 'extended' } = { text, queryMode: 'extended' } // what is more than one statement is refused by the database
      const { rows, rowCount } = await client.query<Record<string, unknown>>(extended).catch((cause: unknown) => { throw Object.assign(cause as Error, of) })
      return { rows, count: rowCount }
    })
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Errors that speak of the statement itself, by the first two characters of their code (PostgreSQL, appendix A): of its names, while it is planned. When it runs they may quote a row: a value that is taken for a name, for one. */
const ofTheStatement = '42'

function reasonOf(cause: unknown, { refused, end }: Seen): unknown {
  if (cause instanceof Refused) return cause
  const because = refused()
  if (because !== undefined) return new NotRun(because, because, { cause })
  const ended = end()
  if (ended !== undefined && ended.code !== 'client left') {
    const why = `its session was ended: ${[ended.code, ...ended.findings ?? []].join('; ')}`
    return new NotRun(why, why, { cause })
  }
  const { code, message, detail, position, before = 0, planned = false } = cause as { code?: unknown; message?: unknown; detail?: unknown; position?: string; before?: number; planned?: boolean }
  if (typeof code !== 'string') return new NotRun('its session was lost', 'its session was lost: the store did not answer any more', { cause })
  const where = `the database answered ${code}${position !== undefined && Number(position) > before ? ` at character ${Number(position) - before}` : ''}`
  return new NotRun(where, planned && code.startsWith(ofTheStatement) ? `${where}: ${[message, ...(typeof detail === 'string' ? [detail] : [])].join('. ')}` : `${where}; its words are not shown, since they may hold values`, { cause })
}
