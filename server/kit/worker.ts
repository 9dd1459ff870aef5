/** Processes that work beside each other: what they are called, whether one has ended, and how one is asked to stop. */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'

/** Names this process among all that work beside each other: machine, process, and a number of its own. */
export const workerName = (): string => `${hostname()}/${process.pid}/${randomBytes(4).toString('hex')}`

/** What the names of this process begin with. */
export const ownPrefix = (): string => `${hostname()}/${process.pid}/`

/** Whether a worker has surely ended: it ran on this machine, and its process is not there. Of another machine nothing is known. */
export function hasEnded(worker: string): boolean {
  const [host, pid] = worker.split('/')
  if (host !== hostname() || !Number.isInteger(Number(pid)) || Number(pid) === process.pid) return false
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

/** Why work was stopped between two of its pieces; what was done is done, and the rest is there for whoever goes on. Neither a refusal nor a failure. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
}
