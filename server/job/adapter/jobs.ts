/** The one queue: jobs that outlive the process that works on them, in the control database, by pg-boss. At least once: whoever works on one must be able to begin it again. */
import type { JobWithMetadata, PgBoss } from 'pg-boss'
import { addressOf, transaction, withoutValues, type Database } from '#database'
import { Broken, Refused } from '#kit/errors'
import type { Job, JobData, ListedJob } from '../types.ts'

/** Where pg-boss keeps its tables. */
const schema = 'job'

/** Seconds after which a worker that is not heard of has lost its job; it says so three times in that time. */
export const heartbeatSeconds = 30

/** Seconds after which a job is given to another even when its worker is heard of: pg-boss's most. The work itself is guarded by locks. */
const attemptSecondsMax = 86_400

/** How often a job is begun again because its process ended; what fails and says why is counted by `triesMax`. */
const attemptsMax = 1_000

/** How often what failed is tried, the pause between two tries doubling up to its most. */
export const triesMax = 12
const pauseSeconds = 5
const pauseSecondsMax = 600

/** Seconds until what could not be begun is looked at again. */
const laterSeconds = 20

/** Days for which a job that has ended can still be looked at. */
const keptDays = 30

export interface Jobs {
  /** Leaves a job to whoever serves its queue. One that waits under the same `key` in that queue already is enough. */
  send(queue: string, data: JobData, key: string): Promise<void>
  /** Makes queues, where they are new. */
  open(queues: readonly string[]): Promise<void>
  /** The next job of the first of these queues that has one. It stays this process's while `renew` is called. */
  take(queues: readonly string[]): Promise<Job | undefined>
  /** Whether the job still is this process's. */
  renew(job: Job): Promise<boolean>
  /** Ends a job; `said` is kept with it. */
  done(job: Job, said?: string): Promise<void>
  /** Gives a job back as it is, for anybody to take at once. */
  giveBack(job: Pick<Job, 'id' | 'queue' | 'attempt'>): Promise<void>
  /** Has a job begun again a little later, as often as it takes: something of ours is in its way. */
  later(job: Job, because: string): Promise<void>
  /** Has a job tried again later; ends it as failed after `triesMax` tries. */
  retryLater(job: Job, because: string): Promise<void>
  /** Jobs of one subject or of all, newest last; ended ones for a month. */
  listed(subject?: string): Promise<ListedJob[]>
  /** Gives to others what nobody was heard of for. To be called now and then by whoever works. */
  supervise(): Promise<void>
  close(): Promise<void>
}

/** Opens the queue, making its tables the first time. Throws `Broken` when they cannot be made or are of a newer version. */
export async function openJobs(database: Database): Promise<Jobs> {
  const { PgBoss } = await import('pg-boss') // loaded when used: most commands have no job
  const boss = new PgBoss({ ...whereIs(database), max: connectionsMax, application_name: 'bailee', schema, supervise: false, schedule: false, registerInstance: false, persistWarnings: false, openTelemetry: { enabled: false }, monitorIntervalSeconds: 10, reindex: false, monitorVacuum: false })
  boss.on('error', () => undefined) // what fails is thrown to whoever asked
  await boss.start().catch((cause: unknown) => {
    throw new Broken('job/not-opened', 'the queue of jobs could not be opened in the control database: its account must be allowed to create a schema there', { cause })
  })
  const known = new Set<string>()
  const open = async (queues: readonly string[]): Promise<void> => {
    for (const queue of queues) {
      if (known.has(queue)) continue
      await boss.createQueue(queue, { policy: 'short', heartbeatSeconds, expireInSeconds: attemptSecondsMax, retryLimit: attemptsMax, retryDelay: 0, deleteAfterSeconds: keptDays * 86_400, retentionSeconds: 365 * 86_400 })
      known.add(queue)
    }
  }
  return {
    open,
    send: async (queue, data, key) => {
      await open([queue])
      // What waits under the key until later is asked for now: it begins at once, by what is said now. Taken between the two calls, it is no longer the one that waits.
      for (let sent = false; !sent;) sent = await boss.send(queue, data, { singletonKey: key }) !== null || (await boss.update(queue, data, { singletonKey: key, startAfter: 0 })).updated > 0
    },
    take: async (queues) => {
      for (const queue of queues) {
        const [job] = await boss.fetch<JobData>(queue, { includeMetadata: true })
        if (job !== undefined) return { id: job.id, queue, key: (job.singletonKey as string | null) ?? job.id, attempt: job.retryCount, data: job.data }
      }
      return undefined
    },
    renew: async (job) => settled(await boss.touch(job.queue, attemptOf(job))),
    done: async (job, said) => { await boss.complete(job.queue, attemptOf(job), said === undefined ? null : { said }) },
    giveBack: async (job) => { await boss.fail(job.queue, attemptOf(job), { because: 'its process stopped before it was done' }) },
    later: (job, because) => sendAgain(boss, database, { job, output: { because }, data: job.data, seconds: laterSeconds }),
    retryLater: (job, because) => retryLater(boss, database, { job, because }),
    listed: async (subject) => listed(boss, subject),
    supervise: () => boss.supervise(),
    close: () => boss.stop({ graceful: false }),
  }
}

/** pg-boss has a few connections of its own: some of its statements are several in one, which a pool that is shared with others does not answer. */
const connectionsMax = 2

function whereIs(database: Database): { connectionString: string } | { host: string; port: number; user: string; database: string } {
  const address = addressOf(database)
  return typeof address === 'string' ? { connectionString: address } : { host: address.socketDirectory, port: address.port, user: address.user, database: address.database }
}

const attemptOf = ({ id, attempt }: Pick<Job, 'id' | 'attempt'>): { id: string; retryCount: number } => ({ id, retryCount: attempt })

/** Whether the job was this process's: pg-boss counts what a call changed, and does not declare it. */
const settled = (answer: object): boolean => (answer as { affected?: number }).affected === 1

const triesOf = (data: JobData): number => (typeof data['tries'] === 'number' ? data['tries'] : 0)

async function retryLater(boss: PgBoss, database: Database, { job, because }: { job: Job; because: string }): Promise<void> {
  const tries = triesOf(job.data) + 1
  if (tries >= triesMax) return void await boss.complete(job.queue, attemptOf(job), { failed: because })
  await sendAgain(boss, database, { job, output: { because }, data: { ...job.data, tries, because }, seconds: Math.min(pauseSecondsMax, pauseSeconds * 2 ** (tries - 1)) })
}

/** What a failure says, without values; its code first, where it has one. */
export function reasonOf(thrown: unknown): string {
  const cause = withoutValues(thrown)
  if (!(cause instanceof Error)) return 'it failed'
  return cause instanceof Broken || cause instanceof Refused ? `${cause.code}: ${cause.message}` : cause.message
}

/** Ends this try and leaves the next, in one transaction. Without its key it would be taken for any other that waits without one, and not be kept; under its key, one that waits already is enough. */
async function sendAgain(boss: PgBoss, database: Database, { job, output, data, seconds }: { job: Job; output: object; data: JobData; seconds: number }): Promise<void> {
  const { fromKysely } = await import('pg-boss')
  await transaction(database, async (tx) => {
    const db = fromKysely(tx as never)
    if (settled(await boss.complete(job.queue, attemptOf(job), output, { db }))) await boss.send(job.queue, data, { db, startAfter: seconds, singletonKey: job.key })
  })
}

async function listed(boss: PgBoss, subject: string | undefined): Promise<ListedJob[]> {
  const jobs: JobWithMetadata<JobData>[] = []
  for (const { name } of await boss.getQueues()) jobs.push(...await boss.findJobs<JobData>(name, subject === undefined ? {} : { data: { subject } }))
  return jobs.map(listedOf).sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
}

function listedOf({ id, name, state, data, output, createdOn, startedOn, completedOn, retryCount }: JobWithMetadata<JobData>): ListedJob {
  const said = (output ?? {}) as { failed?: string; because?: string; said?: string }
  const because = said.failed ?? said.because ?? said.said ?? (typeof data['because'] === 'string' ? data['because'] : null)
  const ended = state === 'completed' ? (said.failed === undefined ? 'done' : 'failed') : state === 'failed' || state === 'cancelled' ? 'failed' : undefined
  return {
    id, queue: name, state: ended ?? (state === 'active' ? 'active' : 'waiting'), subject: data.subject, tries: triesOf(data) + retryCount, because,
    createdAt: createdOn, startedAt: (startedOn as Date | null) ?? null, endedAt: completedOn,
  }
}
