import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readCourse, takeCourse } from '#people'
import { listen, type Gateway } from '#gateway'
import { openEmergency } from '#instruction'
import { day, machineClock } from '#kit/time'
import { holdingsOf, leave } from './index.ts'
import { createClientDatabase, createProcessor, visitsOf, type ClientDatabase, type Processor, type Visits } from '../gateway/testing.ts'

// Who may act, end to end: a real gateway before a real PostgreSQL, over a real control database.

let client: ClientDatabase
let processor: Processor
let visits: Visits
let gateway: Gateway
/** Seconds by which the clock of the decisions is ahead. */
let ahead = 0
const clock = (): number => machineClock() + ahead

beforeAll(async () => {
  client = await createClientDatabase()
  processor = await createProcessor({ instructions: 4, people: 6 }, client.gatewayUrl, clock)
  visits = visitsOf(processor)
  gateway = await listen({ doorkeeper: await processor.doorkeeper(), at: { host: '127.0.0.1', port: 0 }, saltSecret: processor.ledger.keys.tokenSalt(), drainSecondsMax: 5 })
})
afterAll(async () => {
  await gateway.close()
  await processor.close()
  await client.stop()
})

const enter = (user: string): Promise<pg.Client> => visits.enter(user, gateway.port)
const count = async (session: pg.Client): Promise<number> => Number((await session.query('SELECT count(*) FROM crm.listener')).rows[0]?.count)
/** Resolves with what the client is told when its session is ended. */
const ended = (session: pg.Client): Promise<Error> => new Promise((resolve) => { session.on('error', resolve) })

test('a training that lapses ends its owner\'s session and lets nobody in; the course, passed, opens the door again', async () => {
  await processor.grant('p1', 'INS-1')
  await processor.ledger.append({ slot: 0, type: 'training.declared', at: clock(), parts: { evidence: { id: 'client-data', title: 'Handling client data', validMonths: 12, requiredFor: ['analyst'], course: 'handling-client-data' } } })
  const session = await enter('p1+INS-1')
  expect(await count(session)).toBe(5_000)
  const told = ended(session)
  ahead = 370 * day
  expect(await told).toMatchObject({ code: '57P01' })
  await expect(enter('p1+INS-1')).rejects.toThrow(/not covered by INS-1: training/)
  const course = readCourse('handling-client-data', 'en')
  const answers = new Map(course.questions.map(({ id, answers: all }) => [id, all.find(({ right }) => right === true)?.id ?? '']))
  await takeCourse(processor.ledger, { person: 'p1', training: 'client-data', course, answers: new Map([...answers].slice(2)), via: 'command line' }, clock())
  await expect(enter('p1+INS-1')).rejects.toThrow(/not covered by INS-1: training/)
  await takeCourse(processor.ledger, { person: 'p1', training: 'client-data', course, answers, via: 'command line' }, clock())
  const again = await enter('p1+INS-1')
  expect(await count(again)).toBe(5_000)
  await again.end()
})

test('who leaves is cut off at the gateway within a second, and their token opens nothing', async () => {
  await processor.grant('p2', 'INS-2')
  await processor.ledger.append(['p2', 'p3'].map((person) => ({ slot: 0, type: 'training.passed', at: clock(), parts: { evidence: { person, training: 'client-data' } } })))
  const session = await enter('p2+INS-2')
  const told = ended(session)
  const from = performance.now()
  expect((await leave(processor.ledger, { person: 'p2', by: 'dana' }, clock())).map(({ what }) => what)).toEqual(['grant', 'token', 'session'])
  expect(await told).toMatchObject({ code: '57P01' })
  expect(performance.now() - from).toBeLessThan(1_000)
  await expect(enter('p2+INS-2')).rejects.toThrow()
  expect(await holdingsOf(processor.ledger, 'p2', clock())).toEqual([])
})

test('break-glass opens the gateway without a grant, under the instruction alone, until its time is over', async () => {
  await expect(enter('p3+INS-3')).rejects.toThrow(/not covered by INS-3: grant/)
  await openEmergency(processor.ledger, { person: 'p3', instruction: 'INS-3', reason: 'Restore of a lost table', minutes: 30 }, clock())
  await expect(enter('p3+INS-4')).rejects.toThrow(/not covered by INS-4: grant/)
  const session = await enter('p3+INS-3')
  expect(await count(session)).toBe(5_000)
  const told = ended(session)
  ahead += 1_801
  expect(await told).toMatchObject({ code: '57P01' })
  await expect(enter('p3+INS-3')).rejects.toThrow(/not covered by INS-3: grant/)
})
