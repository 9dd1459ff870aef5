import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase, type Database } from '#database'
import { Broken } from '#kit/errors'
import { workerName } from '#kit/worker'
import { createTestDatabase, type TestDatabase } from '../database/testing.ts'
import { seeWorker, setWork } from './store.ts'
import { allWorkers, openJobs, workOn, type Handler, type Job, type Jobs } from './index.ts'

let given: TestDatabase
let database: Database
let jobs: Jobs
beforeAll(async () => {
  given = await createTestDatabase()
  database = openDatabase(given.url)
  jobs = await openJobs(database)
})
afterAll(async () => {
  await jobs.close()
  await database.destroy()
  await given.close()
})

const handler = (queue: string, run: (job: Job) => ReturnType<Handler['run']>): Handler => ({ queues: () => Promise.resolve([queue]), run, beside: () => Promise.resolve(false) })
const working = (name = workerName()) => ({ database, jobs, name, environments: ['test'], stopping: new AbortController().signal, untilIdle: true })

test('a job is worked on once, whoever asks twice for it; what was said of it is kept', async () => {
  await jobs.send('one', { subject: 'A' }, 'A')
  await jobs.send('one', { subject: 'A' }, 'A')
  const seen: string[] = []
  expect(await workOn(working(), handler('one', (job) => { seen.push(job.data.subject); return Promise.resolve('said') }))).toEqual({ done: 1, failed: 0, givenBack: 0 })
  expect(seen).toEqual(['A'])
  expect(await jobs.listed('A')).toMatchObject([{ queue: 'one', state: 'done', because: 'said', tries: 0 }])
  expect(await jobs.listed('B')).toEqual([])
})

test('what fails is tried again later, with its reason; a job that another has taken over is not settled by who lost it', async () => {
  await jobs.send('two', { subject: 'C' }, 'C')
  expect(await workOn(working(), handler('two', () => Promise.reject(new Broken('store/away', 'it is away'))))).toEqual({ done: 0, failed: 1, givenBack: 0 })
  expect((await jobs.listed('C')).map(({ state, because, tries }) => [state, because, tries])).toEqual([['done', 'store/away: it is away', 0], ['waiting', 'store/away: it is away', 1]])

  await jobs.send('three', { subject: 'D' }, 'D')
  const lost = (await jobs.take(['three']))!
  expect(await jobs.renew(lost)).toBe(true)
  await jobs.giveBack(lost)
  const mine = (await jobs.take(['three']))!
  expect([lost.attempt, mine.attempt]).toEqual([0, 1])
  expect(await jobs.renew(lost)).toBe(false)
  await jobs.done(lost)
  expect((await jobs.listed('D')).map(({ state }) => state)).toEqual(['active'])
  await jobs.done(mine)
  expect((await jobs.listed('D')).map(({ state }) => state)).toEqual(['done'])
})

test('of one queue several jobs wait to be begun again, and none is lost; one that waits under the same key already is enough', async () => {
  for (const subject of ['E', 'F', 'G', 'H']) await jobs.send('six', { subject }, subject)
  const taken: Job[] = []
  for (let job = await jobs.take(['six']); job !== undefined; job = await jobs.take(['six'])) taken.push(job)
  expect(taken.map(({ key }) => key).sort()).toEqual(['E', 'F', 'G', 'H'])
  await jobs.send('six', { subject: 'H' }, 'H')
  for (const job of taken) await (job.key < 'G' ? jobs.later(job, 'another runs') : jobs.retryLater(job, 'it is away'))
  const waiting = (await jobs.listed()).filter(({ queue, state }) => queue === 'six' && state === 'waiting')
  expect(waiting.map(({ subject }) => subject).sort()).toEqual(['E', 'F', 'G', 'H'])
  await jobs.send('six', { subject: 'F' }, 'F')
  expect([(await jobs.take(['six']))?.key, (await jobs.take(['six']))?.key].sort(), 'what is asked for again does not wait until later').toEqual(['F', 'H'])
  expect(await jobs.take(['six'])).toBeUndefined()
})

test('what a process of this machine held that has ended is taken over at once; of another machine nothing is known yet', async () => {
  const [host] = workerName().split('/')
  for (const [queue, name] of [['four', `${host}/4194305/ab`], ['five', 'elsewhere.example/4194305/ab']] as const) {
    await jobs.send(queue, { subject: queue }, queue)
    await seeWorker(database, name, undefined)
    await setWork(database, name, await jobs.take([queue]))
  }
  expect((await allWorkers(database)).map(({ name, subject }) => [name.split('/')[0], subject])).toEqual([[host, 'four'], ['elsewhere.example', 'five']])
  const seen: string[] = []
  await workOn(working(), { ...handler('four', (job) => { seen.push(`${job.data.subject} ${job.attempt}`); return Promise.resolve('') }), queues: () => Promise.resolve(['four', 'five']) })
  expect(seen).toEqual(['four 1'])
  expect((await allWorkers(database)).map(({ subject }) => subject)).toEqual(['five'])
})
