import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readCourse, takeCourse } from '#people'
import { listen, type Gateway } from '#gateway'
import { allApprovals, askApproval, giveApproval, openEmergency, refuseApproval, settleApprovals, withdrawApproval } from '#instruction'
import { day, machineClock } from '#kit/time'
import { holdingsOf, leave } from './index.ts'
import { createClientDatabase, createProcessor, timed, visitsOf, type ClientDatabase, type Processor, type Visits } from '../gateway/testing.ts'

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
  processor = await createProcessor({ instructions: 5, people: 6, secondPerson: true }, client.gatewayUrl, clock)
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
  const { result, milliseconds } = await timed(async () => {
    expect((await leave(processor.ledger, { person: 'p2', by: 'dana' }, clock())).map(({ what }) => what)).toEqual(['grant', 'token', 'session'])
    return told
  })
  expect(result).toMatchObject({ code: '57P01' })
  expect(milliseconds).toBeLessThan(1_000)
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

test('where an instruction asks for a second person, the gateway lets nobody in without their approval: for this person, this use, so many times, until its time is over', async () => {
  for (const person of ['p4', 'p5', 'p6']) await processor.ledger.append({ slot: 0, type: 'training.passed', at: clock(), parts: { evidence: { person, training: 'client-data' } } })
  for (const person of ['p4', 'p5']) await processor.grant(person, 'INS-5')
  const { ledger } = processor
  const ask = (person: string, more: object = {}) => askApproval(ledger, { instruction: 'INS-5', use: 'session', person, reason: 'A table is to be looked at', ...more }, clock())
  await expect(enter('p4+INS-5')).rejects.toThrow(/not covered by INS-5: approval .*a second person approves each session under it: bailee instruction approval ask INS-5 --for session/)
  await expect(ask('p4', { minutes: 61 })).rejects.toThrow('1 to 60 minutes')
  await expect(ask('p4', { use: 'copy' })).rejects.toThrow('asks for no second person for a copy')
  const { id, state } = await ask('p4', { minutes: 10, times: 2 })
  expect(state).toBe('asked')
  await expect(enter('p4+INS-5')).rejects.toThrow(/not covered by INS-5: approval/)
  await expect(giveApproval(ledger, { approval: id, by: 'p4' }, clock())).rejects.toMatchObject({ code: 'approval/second-person' })
  await expect(giveApproval(ledger, { approval: id, by: 'dana' }, clock())).rejects.toMatchObject({ code: 'approval/commitment' })
  expect(await giveApproval(ledger, { approval: id, by: 'p6' }, clock())).toMatchObject({ state: 'given', givenBy: 'p6' })
  // Good for nobody else, however well they are granted.
  await expect(enter('p5+INS-5')).rejects.toThrow(/not covered by INS-5: approval/)
  const [session, second] = [await enter('p4+INS-5'), await enter('p4+INS-5')]
  expect([await count(session), await count(second)]).toEqual([5_000, 5_000])
  await second.end()
  await expect(enter('p4+INS-5'), 'used up').rejects.toThrow(/not covered by INS-5: approval/)
  const told = ended(session)
  ahead += 601
  expect(await told, 'its time is over').toMatchObject({ code: '57P01' })
  expect((await settleApprovals(ledger, clock())).map((one) => one.id)).toEqual([id])
  expect(await settleApprovals(ledger, clock())).toEqual([])

  const next = await ask('p5')
  await giveApproval(ledger, { approval: next.id, by: 'p6' }, clock())
  const open = await enter('p5+INS-5')
  const cut = ended(open)
  await withdrawApproval(ledger, { approval: next.id, by: 'p6' }, clock())
  expect(await cut, 'taken back').toMatchObject({ code: '57P01' })
  const refused = await ask('p5', { reason: 'Another table is to be looked at' })
  await expect(refuseApproval(ledger, { approval: refused.id, by: 'p5', reason: 'no need' }, clock())).rejects.toMatchObject({ code: 'approval/second-person' })
  await refuseApproval(ledger, { approval: refused.id, by: 'p6', reason: 'no need' }, clock())
  const waited = await ask('p5', { reason: 'It waits for too long' })
  await expect(giveApproval(ledger, { approval: waited.id, by: 'p6' }, clock() + 86_400)).rejects.toMatchObject({ code: 'approval/lapsed' })
  await settleApprovals(ledger, clock() + 86_400)
  expect((await allApprovals(ledger.database)).map((one) => `${one.state} ${one.used}`).sort()).toEqual(['lapsed 0', 'lapsed 2', 'refused 0', 'withdrawn 1'])
  const entries = await ledger.read(1, { types: ['approval.asked', 'approval.given', 'approval.used', 'approval.lapsed', 'approval.refused', 'approval.withdrawn'] })
  expect(entries.map(({ type }) => type.slice(9)).join(' ')).toBe('asked given used used lapsed asked given used withdrawn asked refused asked lapsed')
})
