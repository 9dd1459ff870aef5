/** What a job is about; kept in the control database, so never a person's value. */
export interface JobData {
  /** An erasure, or a sweep's purpose. */
  readonly subject: string
  readonly [key: string]: string | number | boolean | readonly string[] | null
}

/** A job that this process took. */
export interface Job {
  readonly id: string
  readonly queue: string
  /** What it was sent under: one that waits under the same key in the same queue is the same work. */
  readonly key: string
  /** How often it was taken before. Whoever lost it to another cannot settle it any more. */
  readonly attempt: number
  readonly data: JobData
}

/** A job as everybody sees it. `tries`: how often it failed; `because`: why it did last, or why it waits. */
export interface ListedJob {
  readonly id: string
  readonly queue: string
  readonly state: 'waiting' | 'active' | 'done' | 'failed'
  readonly subject: string
  readonly tries: number
  readonly because: string | null
  readonly createdAt: Date
  readonly startedAt: Date | null
  readonly endedAt: Date | null
}

/** How far the work of a process is. */
export interface Progress {
  readonly work: string
  readonly store: string | null
  readonly done: number
  readonly total: number
  /** Of the work that is done, from 0 to 1, where it is known. */
  readonly share: number | null
}

/** A process that works. `environments`: null for all. */
export interface Worker {
  readonly name: string
  readonly environments: readonly string[] | null
  readonly beganAt: Date
  readonly seenAt: Date
  readonly queue: string | null
  readonly job: string | null
  readonly attempt: number | null
  readonly subject: string | null
  readonly jobSince: Date | null
  readonly progress: (Progress & { readonly secondsLeft: number | null }) | null
  /** Seconds since it was last heard of. */
  readonly quietSeconds: number
}
