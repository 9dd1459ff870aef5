/** Tries ways out through a running gateway, and judges each by error code and number of rows: never by a value. */
import { AttemptClient, type Answer, type At } from './client.ts'
import { filled, type Attempt, type Names, type Step } from './read.ts'

/** Where and as whom it is tried. */
export interface Where {
  readonly at: At
  readonly user: string
  readonly password: string
  readonly store: string
  readonly names: Names
  /** The budget of the session: nothing beyond it may ever arrive. */
  readonly bytesMax: number
}

/** `through`: a way out is open. `not tried`: the instruction leaves nothing to try it on. */
export interface Tried {
  readonly id: string
  readonly says: string
  readonly outcome: 'held' | 'through' | 'not tried'
  /** What came back, in codes and counts. */
  readonly because: string
}

/** Every attempt in turn. Those that leave the session standing share one; a session that was ended is opened anew. @throws when the gateway does not let the attempter in at all. */
export async function tryAll(attempts: readonly Attempt[], where: Where): Promise<Tried[]> {
  const tried: Tried[] = []
  let shared: AttemptClient | undefined
  for (const written of attempts) {
    const attempt = filled(written, where.names)
    if (attempt === undefined) tried.push({ id: written.id, says: written.says, outcome: 'not tried', because: 'the instruction names every column of its tables' })
    else if (attempt.expected === 'turned away') tried.push(await tryDoor(attempt, where))
    else {
      const alone = attempt.expected === 'cut' || attempt.steps.some(({ by }) => by === 'bytes')
      if (shared === undefined || shared.closed || alone) { shared?.end(); shared = await enter(where) }
      tried.push(await tryInside(attempt, shared, where))
      if (alone) { shared.end(); shared = undefined }
    }
  }
  shared?.end()
  return tried
}

/** What each step of each attempt answered, as a number of rows or a SQLSTATE, all in one session: to compare two servers by. */
export async function answersOf(attempts: readonly Attempt[], where: Where): Promise<Map<string, string>> {
  const client = await enter(where)
  const answers = new Map<string, string>()
  for (const { id, steps, alone } of attempts.flatMap((attempt) => filled(attempt, where.names) ?? [])) {
    if (!alone) await client.run({ by: 'query', sql: 'BEGIN' })
    const said: string[] = []
    for (const step of steps) if (step.by !== 'startup') said.push(await client.run(step).then(({ code, rows }) => code ?? `${rows} rows`))
    if (!alone) await client.run({ by: 'query', sql: 'ROLLBACK' })
    answers.set(id, said.join())
  }
  client.end()
  return answers
}

async function enter({ at, user, password, store }: Where): Promise<AttemptClient> {
  const { client, answer } = await AttemptClient.logIn(at, { user, database: store }, password)
  if (answer.code !== undefined || client.closed) throw new Error(`the attempter was not let in (SQLSTATE ${answer.code ?? 'none'})`)
  return client
}

async function tryDoor(attempt: Attempt, where: Where): Promise<Tried> {
  const { id, says } = attempt
  const startups = attempt.steps.filter((step) => step.by === 'startup')
  const answer = startups.length > 0 ? await atDoor(startups, where) : await atSocket(attempt.steps[0], where)
  const refused = answer.code === undefined ? answer.closed && attempt.codes.length === 0 : attempt.codes.includes(answer.code)
  return { id, says, outcome: refused ? 'held' : 'through', because: described(answer) }
}

async function atDoor(startups: readonly Extract<Step, { by: 'startup' }>[], { at, user, password, store }: Where): Promise<Answer> {
  const said = Object.fromEntries(startups.map(({ name, value }) => [name, value]))
  const { password: token = password, ...parameters } = said
  const { client, answer } = await AttemptClient.logIn(at, { user, database: store, ...parameters }, token)
  client.end()
  return answer
}

async function atSocket(step: Step | undefined, { at }: Where): Promise<Answer> {
  const client = await AttemptClient.reach(at)
  const answer = step?.by === 'socket' ? await client.run(step) : { code: undefined, closed: false, rows: 0, first: undefined, bytes: 0 }
  client.end()
  return answer
}

async function tryInside(attempt: Attempt, client: AttemptClient, where: Where): Promise<Tried> {
  const { id, says } = attempt
  const wrapped = !attempt.alone && attempt.steps.every(({ by }) => by === 'query' || by === 'extended')
  if (wrapped) await client.run({ by: 'query', sql: 'BEGIN' })
  let answer: Answer = { code: undefined, closed: false, rows: 0, first: undefined, bytes: 0 }
  for (const step of attempt.steps) {
    if (step.by === 'startup' || client.closed || (attempt.expected === 'passes' && answer.code !== undefined)) break
    answer = await client.run(step)
  }
  const probe = attempt.expected === 'harmless' && !client.closed && where.names.forbidden !== undefined ? await probed(client, where.names, wrapped) : true
  if (wrapped && !client.closed) await client.run({ by: 'query', sql: 'ROLLBACK' })
  const held = probe && answer.bytes <= where.bytesMax && asExpected(attempt, answer)
  return { id, says, outcome: held ? 'held' : 'through', because: probe ? described(answer) : 'afterwards, what is forbidden could be read' }
}

/** Whether what is forbidden is still refused: in the same transaction, unless that has failed already. */
async function probed(client: AttemptClient, names: Names, wrapped: boolean): Promise<boolean> {
  if (wrapped) await client.run({ by: 'query', sql: 'SAVEPOINT probe' })
  const answer = await client.run({ by: 'query', sql: `SELECT ${names.forbidden ?? ''} FROM ${names.table} LIMIT 0` })
  return answer.code === '42501' || answer.code === '25P02'
}

/** Refused by the database before there was anything to cut: no privilege, or not one statement. */
const byDatabase = new Set(['42501', '42601'])

/** The gateway's own word for what it does not let through. */
const notLetThrough = '0A000'

const none = new Set([undefined, '0', 'f', ''])

function asExpected({ expected, codes, alone }: Attempt, answer: Answer): boolean {
  const { code, closed, rows, first } = answer
  const named = code !== undefined && codes.includes(code)
  // Ended by the gateway before it was kept: nothing came of it, whatever else was expected. Not so where a statement may have committed by itself.
  if (closed && code === notLetThrough && expected !== 'passes' && !alone) return true
  const silent = code === undefined ? !closed : (code === '42501' || codes.includes(code)) && !closed
  switch (expected) {
    case 'refused': return named && !closed
    case 'cut': return named && (closed || byDatabase.has(code))
    case 'zero': return silent && (code !== undefined || (rows === 1 && none.has(first)))
    case 'nothing': return silent && rows === 0
    case 'harmless': return !closed
    case 'passes': return code === undefined && !closed
    case 'turned away': return named
    default: return expected satisfies never
  }
}

function described({ code, closed, rows }: Answer): string {
  return `${code === undefined ? 'no error' : `SQLSTATE ${code}`}, ${rows} rows${closed ? ', ended' : ''}`
}
