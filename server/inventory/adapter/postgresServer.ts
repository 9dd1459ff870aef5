import { DatabaseError } from 'pg'
import { withClient } from './postgresSession.ts'

/** Histories of a cluster before the one that it is in; of more than these nobody asks. */
const historiesMax = 1_000

/**
 * Which database of which server a URL leads to. `of`: the cluster as it was made, the history that it is in (a standby that took over is in another), and the database. `is`: that, as long as the server runs. `earlier`: what `of` was, or would have been, in the
 * histories before this one. Empty where the account may not ask. Throws `Broken` when it cannot be opened.
 */
export async function serverOfPostgres(url: string): Promise<{ readonly is?: string; readonly of?: string; readonly earlier?: readonly string[] }> {
  return withClient(url, async (client) => {
    try {
      const { rows } = await client.query<{ cluster: string; history: number; database: string; started: string }>(`select control.system_identifier::text as cluster, history.timeline_id as history, d.oid::text as database, extract(epoch from pg_postmaster_start_time())::text as started
        from pg_control_system() control, pg_control_checkpoint() history, pg_database d where d.datname = current_database()`)
      const [server] = rows
      if (server === undefined) return {}
      const ofHistory = (history: number): string => `${server.cluster} ${history} ${server.database}`
      const of = ofHistory(server.history)
      return { of, is: `${of} ${server.started}`, earlier: Array.from({ length: Math.min(server.history - 1, historiesMax) }, (_, back) => ofHistory(server.history - 1 - back)) }
    } catch (cause) {
      if (!(cause instanceof DatabaseError)) throw cause
      return {}
    }
  })
}
