import { DatabaseError } from 'pg'
import { withClient } from './postgresSession.ts'

/**
 * Which database of which server a URL leads to. `of`: the cluster as it was made, the history that it is in (a standby that took over is in another), and the database. `is`: that, as long as the server runs. Empty where the account may not ask. Throws `Broken` when it cannot be
 * opened.
 */
export async function serverOfPostgres(url: string): Promise<{ readonly is?: string; readonly of?: string }> {
  return withClient(url, async (client) => {
    try {
      const { rows } = await client.query<{ of: string; started: string }>(`select concat_ws(' ', control.system_identifier, history.timeline_id, d.oid) as of, extract(epoch from pg_postmaster_start_time())::text as started
        from pg_control_system() control, pg_control_checkpoint() history, pg_database d where d.datname = current_database()`)
      const [server] = rows
      return server === undefined ? {} : { of: server.of, is: `${server.of} ${server.started}` }
    } catch (cause) {
      if (!(cause instanceof DatabaseError)) throw cause
      return {}
    }
  })
}
