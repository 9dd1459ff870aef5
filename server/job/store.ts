import { rows, sql, type Database } from '#database'
import type { Job, Progress, Worker } from './types.ts'

/** A worker that was not heard of for so long is forgotten; what it held has gone to others long before. */
const forgottenSeconds = 3_600

/** Makes a worker known, or says that it is still there. */
export async function seeWorker(database: Database, name: string, environments: readonly string[] | undefined): Promise<void> {
  await rows(database, sql`insert into worker (name, environments) values (${name}, ${environments ?? null}) on conflict (name) do update set seen_at = now(), environments = excluded.environments`)
}

/** What a worker works on from now on; nothing, when there is no job. */
export async function setWork(database: Database, name: string, job: Job | undefined): Promise<void> {
  await rows(database, sql`update worker set seen_at = now(), queue = ${job?.queue ?? null}, job = ${job?.id ?? null}, attempt = ${job?.attempt ?? null}, subject = ${job?.data.subject ?? null},
    job_since = ${job === undefined ? null : sql`now()`}, work = null, store = null, done = null, total = null, share = null, work_since = null where name = ${name}`)
}

/** How far a worker is; what it does is timed from when it began to do it. */
export async function setProgress(database: Database, name: string, { work, store, done, total, share }: Progress): Promise<void> {
  await rows(database, sql`update worker set seen_at = now(), work_since = case when work is distinct from ${work} then now() else work_since end, work = ${work}, store = ${store}, done = ${done}, total = ${total}, share = ${share} where name = ${name}`)
}

/** Forgets a worker that has ended. */
export async function removeWorker(database: Database, name: string): Promise<void> {
  await rows(database, sql`delete from worker where name = ${name}`)
}

interface WorkerRow extends Omit<Worker, 'progress'> { readonly work: string | null; readonly store: string | null; readonly done: number; readonly total: number; readonly share: number | null; readonly workSeconds: number }

/** Every process that works, or was heard of within the last hour. */
export async function allWorkers(database: Database): Promise<Worker[]> {
  const found = await rows<WorkerRow>(database, sql`
    select name, environments, began_at as "beganAt", seen_at as "seenAt", queue, job, attempt, subject, job_since as "jobSince", work, store, done, total, share,
      extract(epoch from now() - work_since)::float8 as "workSeconds", extract(epoch from now() - seen_at)::float8 as "quietSeconds"
    from worker where seen_at > now() - make_interval(secs => ${forgottenSeconds}) order by began_at, name`)
  return found.map(({ work, store, done, total, share, workSeconds, ...worker }) => ({
    ...worker, progress: work === null ? null : { work, store, done, total, share, secondsLeft: secondsLeft(share, workSeconds) },
  }))
}

/** Going on as it went so far. Null while too little is done to tell. */
function secondsLeft(share: number | null, seconds: number): number | null {
  return share === null || share < 0.01 ? null : Math.round((seconds * (1 - share)) / share)
}

/** Forgets workers that nobody has heard of for long. */
export async function forgetQuiet(database: Database): Promise<void> {
  await rows(database, sql`delete from worker where seen_at < now() - make_interval(secs => ${forgottenSeconds})`)
}
