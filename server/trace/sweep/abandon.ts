/** The end of sweeps that are not gone on with, and of what they have read. */
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Database } from '#database'
import { abandonRun, runningSweeps } from './store.ts'

/** Where the sealed results of units are: beside the directory of the fingerprints. */
export const sweepsIn = (fingerprints: string): string => join(dirname(fingerprints), 'sweeps')

/** Ends one sweep, and removes what it has read. Safe to call twice. */
export async function abandonSweep(database: Database, fingerprints: string, id: string): Promise<void> {
  rmSync(join(sweepsIn(fingerprints), id), { recursive: true, force: true })
  await abandonRun(database, id)
}

/**
 * Ends every unfinished sweep, and removes what all of them have read: tallies tell which values of destroyed fingerprints stand where. One that another process is
 * making ends with `Refused` there.
 */
export async function abandonSweeps(database: Database, fingerprints: string): Promise<void> {
  for (const { id } of await runningSweeps(database)) await abandonSweep(database, fingerprints, id)
  rmSync(sweepsIn(fingerprints), { recursive: true, force: true })
}
