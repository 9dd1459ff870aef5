/** Sessions of MariaDB and MySQL that this process has open. Such a server goes on with a statement whose reader is gone until it has a row to send: whoever ends says so in a session of its own. */
import { setTimeout as sleep } from 'node:timers/promises'

export interface MysqlReading { readonly url: string; readonly id: string; /** Which server it is, by its own word: behind one address may be several. */ readonly server: string }

type Ask = <Row>(sql: string, values?: readonly string[]) => Promise<Row[]>

let readings: Set<MysqlReading> | undefined

/** From now on they are kept. For a process that may be ended in the midst of a reading. */
export function keepMysqlReadings(): void {
  readings ??= new Set()
}

/** Whether any is kept that is open. */
export const keepsMysqlReadings = (): boolean => readings !== undefined && readings.size > 0

/** Asked by each session once it is open; answers what to call when it is over. Never throws: a server that cannot say who it is can be read all the same, and its sessions are not kept. */
export async function noteMysqlReading(url: string, ask: Ask): Promise<() => void> {
  const kept = readings
  if (kept === undefined) return () => undefined
  const [one] = await ask<Omit<MysqlReading, 'url'>>(`select cast(connection_id() as char) as id, concat(@@hostname, ' ', @@port, ' ', @@datadir) as server`).catch(() => [])
  if (one === undefined) return () => undefined
  const reading = { url, ...one }
  kept.add(reading)
  return () => { kept.delete(reading) }
}

/** Ends the sessions that are open, each in its own server and under its own account, with what they are at; waits no longer than so many milliseconds. `lend`: a new session. Never throws. */
export async function endMysqlReadings(lend: (url: string, work: (ask: Ask) => Promise<void>) => Promise<void>, milliseconds: number): Promise<void> {
  const byUrl = Map.groupBy(readings ?? [], ({ url }) => url)
  readings = undefined
  const ending = [...byUrl].map(([url, open]) => lend(url, async (ask) => {
    const [here] = await ask<{ server: string }>(`select concat(@@hostname, ' ', @@port, ' ', @@datadir) as server`)
    for (const { id } of open.filter(({ server }) => server === here?.server)) {
      const mine = await ask(`select id from information_schema.processlist where id = ? and user = substring_index(user(), '@', 1)`, [id])
      if (mine.length > 0 && /^[0-9]+$/.test(id)) await ask(`kill ${id}`).catch(() => undefined) // over by now
    }
  }).catch(() => undefined))
  await Promise.race([Promise.all(ending), sleep(milliseconds, undefined, { ref: false })])
}
