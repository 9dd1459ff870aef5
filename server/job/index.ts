/** Durable work on any number of processes and machines that share the control database: the one queue, who works, how far. */
export { openJobs, triesMax, type Jobs } from './adapter/jobs.ts'
export { allWorkers } from './store.ts'
export { workOn, type Handler, type Worked } from './work.ts'
export type { Job, JobData, ListedJob, Progress, Worker } from './types.ts'
