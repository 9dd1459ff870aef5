/** For tests and the processes that they kill: the Bailee of a world. */
import { join } from 'node:path'
import { applies } from '#composition'
import { openDatabase } from '#database'
import { openKeyStore, openLedger, type Ledger } from '#ledger'
import type { TraceContext } from '#trace'
import { parseInstant } from '#kit/time'

/** Seconds of a date; throws for what is none. */
export function on(date: string): number {
  const at = parseInstant(date)
  if (at === undefined) throw new Error(`not a date: ${date}`)
  return at
}

export const origin = 'processor.example'

/** Opens the ledger of a world; `database` is to be destroyed. */
export const ledgerOf = (url: string, directory: string): { ledger: Promise<Ledger>; database: ReturnType<typeof openDatabase> } => {
  const database = openDatabase(url)
  return { database, ledger: openLedger({ database, keys: openKeyStore(join(directory, 'keys')), origin, clock: 'replayed', applies }, on('2016-11-01')) }
}

/** What searches and erases in a world. */
export const contextOf = (ledger: Ledger, directory: string): TraceContext => ({ ledger, references: { environment: {}, directory }, directory: join(directory, 'fingerprints') })

/** Opens the Bailee of a world from another process. */
export async function openWorld(controlUrl: string, directory: string): Promise<{ context: TraceContext; close: () => Promise<void> }> {
  const { ledger, database } = ledgerOf(controlUrl, directory)
  return { context: contextOf(await ledger, directory), close: () => database.destroy() }
}
