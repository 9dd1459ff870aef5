/** A process that works: takes one job after another, says that it is alive and how far it is, and gives back what it holds when it is asked to stop. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Database } from '#database'
import { Broken, Refused } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import { hasEnded, Stopped } from '#kit/worker'
import { heartbeatSeconds, reasonOf, type Jobs } from './adapter/jobs.ts'
import { allWorkers, forgetQuiet, removeWorker, seeWorker, setProgress, setWork } from './store.ts'
import type { Job, Progress } from './types.ts'

/** Milliseconds between two looks for work, when there was none. */
const lookMilliseconds = 500

/** Milliseconds between two looks after others: dead processes of this machine, and workers that nobody heard of. */
const superviseMilliseconds = 2_000

/** Milliseconds between two records of how far it is. */
const progressMilliseconds = 1_000

export interface Handler {
  /** Every queue that is served, in the order in which it is: asked anew each time, since new ones may be declared. */
  queues(): Promise<readonly string[]>
  /** Works on a job; may be begun again. Throws `Broken` or `Refused` for what may pass, and the signal's reason when it is asked to stop. Resolves to what is worth saying, or to why it is to be begun later. */
  run(job: Job, doing: { readonly stopping: AbortSignal; readonly tell: (progress: Progress) => void }): Promise<string | { readonly later: string }>
  /** Something to do beside jobs; whether there was. */
  beside(doing: { readonly stopping: AbortSignal; readonly tell: (progress: Progress) => void }): Promise<boolean>
}

export interface Working {
  readonly database: Database
  readonly jobs: Jobs
  /** `workerName`. */
  readonly name: string
  readonly environments: readonly string[] | undefined
  /** Aborted with `Stopped`: no new job is taken, and the one that is worked on stops where it can. */
  readonly stopping: AbortSignal
  /** Ends when there is nothing to do, in place of waiting for it. */
  readonly untilIdle?: boolean
  readonly log?: (line: string) => void
}

export interface Worked { readonly done: number; readonly failed: number; readonly givenBack: number }

/** Works until it is asked to stop. Resolves to how many jobs it ended, failed at and gave back. */
export async function workOn(working: Working, handler: Handler): Promise<Worked> {
  const { database, jobs, name, environments, stopping } = working
  const worked = { done: 0, failed: 0, givenBack: 0 }
  await seeWorker(database, name, environments)
  let supervised = -superviseMilliseconds
  try {
    while (!stopping.aborted) {
      if (performance.now() - supervised > superviseMilliseconds) {
        supervised = performance.now()
        await lookAfterOthers(working)
      }
      const queues = await handler.queues()
      await jobs.open(queues)
      const job = await jobs.take(queues)
      if (job !== undefined) {
        worked[await workOnOne(working, handler, job)] += 1
        continue
      }
      if (await besideJobs(working, handler)) continue
      if (working.untilIdle === true) break
      await wait(lookMilliseconds, undefined, { signal: stopping }).catch(() => undefined)
    }
    return worked
  } finally {
    await removeWorker(database, name).catch(() => undefined)
  }
}

/** Gives to others what processes of this machine held that have ended, without waiting for their silence to be noticed, and what nobody was heard of for. */
async function lookAfterOthers({ database, jobs, name, environments }: Working): Promise<void> {
  await seeWorker(database, name, environments)
  for (const { name: other, queue, job, attempt } of await allWorkers(database)) {
    if (!hasEnded(other)) continue
    if (queue !== null && job !== null && attempt !== null) await jobs.giveBack({ queue, id: job, attempt })
    await removeWorker(database, other)
  }
  await forgetQuiet(database)
  await jobs.supervise()
}

async function besideJobs(working: Working, handler: Handler): Promise<boolean> {
  try {
    return await handler.beside({ stopping: working.stopping, tell: teller(working) })
  } catch (cause) {
    if (cause instanceof Stopped) return false
    if (!(cause instanceof Broken || cause instanceof Refused)) throw cause
    working.log?.(reasonOf(cause))
    return false
  }
}

async function workOnOne(working: Working, handler: Handler, job: Job): Promise<keyof Worked> {
  const { database, jobs, name } = working
  failpoint('job/after-take')
  await setWork(database, name, job)
  const lost = new AbortController()
  const alive = setInterval(() => {
    jobs.renew(job).then((mine) => { if (!mine) lost.abort(new Stopped('another process has taken over this job')) }, () => undefined)
  }, (heartbeatSeconds * 1000) / 3)
  try {
    const said = await handler.run(job, { stopping: AbortSignal.any([working.stopping, lost.signal]), tell: teller(working) })
    failpoint('job/before-done')
    if (typeof said === 'string') await jobs.done(job, said)
    else await jobs.later(job, said.later)
    return typeof said === 'string' ? 'done' : 'givenBack'
  } catch (cause) {
    if (cause instanceof Stopped) {
      await jobs.giveBack(job)
      return 'givenBack'
    }
    working.log?.(`${job.queue}: ${reasonOf(cause)}`)
    await jobs.retryLater(job, reasonOf(cause))
    return 'failed'
  } finally {
    clearInterval(alive)
    await setWork(database, name, undefined).catch(() => undefined)
  }
}

/** Records how far it is, not more often than anybody looks; what cannot be recorded is recorded the next time. */
function teller({ database, name }: Working): (progress: Progress) => void {
  let told = -progressMilliseconds
  return (progress) => {
    if (performance.now() - told < progressMilliseconds) return
    told = performance.now()
    setProgress(database, name, progress).catch(() => undefined)
  }
}
