/** Those who compare what is kept of the past, and whoever drops it: it waits for no comparison. */
import { setTimeout as sleep } from 'node:timers/promises'
import { rows, sql, type Transaction } from '#database'

/** Numbers that nobody else uses for an advisory lock in this database, the bytes of "past" and the next: of who folds, of those who compare what is kept, and of whoever is about to drop it. */
export const pastLocks = { folding: 0x70617374, comparing: 0x70617375, dropping: 0x70617376 }

/** Sessions that hold one of these locks. */
const holders = (lock: number): ReturnType<typeof sql> => sql`
  select pid from pg_locks where locktype = 'advisory' and pg_locks.database = (select oid from pg_database where datname = current_database()) and classid = 0 and objid = ${lock} and granted and pid <> pg_backend_pid()`

/** Reads one of the tables that are kept, to be ended by whoever drops them. Until this transaction gives back its locks. False where somebody is about to drop them: then nothing is to be read. */
export async function beginComparing(tx: Transaction, { past }: { readonly past: string }): Promise<boolean> {
  await rows(tx, sql`lock table ${sql.id(past, 'versions_state')} in access share mode`)
  await rows(tx, sql`select pg_advisory_xact_lock_shared(${pastLocks.comparing})`)
  return (await rows(tx, holders(pastLocks.dropping))).length === 0
}

/** Between two looks at who still compares, in milliseconds, and how many there are at most. */
const [endEveryMilliseconds, endTimesMax] = [100, 100]

/**
 * Ends the statements of those who compare: of a large table one may take long, and nothing is lost with it. Whoever is between two statements is not ended by that, and so it is done until none is there; whoever begins meanwhile sees
 * that somebody is about to drop, and reads nothing. Of accounts that are not this one's, none.
 */
export async function endComparing(tx: Transaction): Promise<void> {
  await rows(tx, sql`select pg_advisory_xact_lock(${pastLocks.dropping})`)
  for (let times = 0; times < endTimesMax; times += 1) {
    if (times > 0) await sleep(endEveryMilliseconds)
    await rows(tx, sql`select pg_stat_clear_snapshot()`)
    if ((await rows(tx, sql`select pg_cancel_backend(pid) from (${holders(pastLocks.comparing)}) as comparing join pg_stat_activity using (pid) where usename = current_user`)).length === 0) return
  }
}
