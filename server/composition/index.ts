/** Puts the words together: one control database, one key store, one ledger that knows how each word folds its entries. */
import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { applies as contract } from '#contract'
import { openControlDatabase, type Database } from '#database'
import { applies as erasure } from '#erasure'
import { applies as gateway } from '#gateway'
import { applies as instruction } from '#instruction'
import { applies as inventory, type References } from '#inventory'
import { openKeyStore, openLedger, originOf, type Apply, type ClockKind, type Ledger } from '#ledger'
import { applies as people } from '#people'
import { applies as trace, type Progress, type TraceContext } from '#trace'
import { Broken, Misuse } from '#kit/errors'
import type { Instant } from '#kit/time'

export interface Bailee {
  /** Where this processor's state is; absolute. */
  readonly directory: string
  readonly ledger: Ledger
  readonly database: Database
  readonly references: References
  close(): Promise<void>
}

export interface OpenOptions {
  readonly directory: string
  /** Control database; without it an embedded server in the directory. */
  readonly url?: string | undefined
  /** Needed the first time only: it names the logs. */
  readonly origin?: string | undefined
  readonly clock: ClockKind
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log?: (line: string) => void
}

/** A decision is its own record: no table is fed by it. */
const recordedOnly: Apply = () => Promise.resolve()

/** How each noun's entries become rows. */
export const applies: Readonly<Record<string, Apply>> = { ...people, ...contract, ...inventory, ...instruction, ...gateway, ...trace, ...erasure, decision: recordedOnly }

/** Whether something was ever begun in a directory: looking there must not make a database. */
export function isBegun(directory: string): boolean {
  return ['keys', 'postgres'].some((part) => existsSync(join(directory, part)))
}

/** Makes the directory of a Bailee, or finds it made. Throws `Misuse` when it cannot be. */
export function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true })
  } catch (cause) {
    throw new Misuse(`${directory} cannot be made (${(cause as NodeJS.ErrnoException).code}); choose another directory with --dir`)
  }
}

/**
 * Opens a processor's Bailee in a directory: starts or adopts its database, migrates it, opens keys and ledger.
 * Throws `Misuse` when nothing was ever declared there and no origin is given, `Broken` `ledger/no-keys` when the ledger was begun in another directory.
 */
export async function openBailee(options: OpenOptions, at: Instant): Promise<Bailee> {
  const directory = resolve(options.directory)
  const nothing = (): Misuse => new Misuse(`nothing is declared in ${directory} yet; run: bailee apply -f bailee.yaml, or name its directory with --dir`)
  if (options.origin === undefined && options.url === undefined && !isBegun(directory)) throw nothing()
  makeDirectory(directory)
  const control = await openControlDatabase({ directory, url: options.url, ...(options.log === undefined ? {} : { log: options.log }) })
  try {
    const begun = await originOf(control.database)
    const origin = begun ?? options.origin
    if (origin === undefined) throw nothing()
    // Opening a key store makes what is missing; a ledger that was begun elsewhere must not get a second signing key.
    if (begun !== undefined && !existsSync(join(directory, 'keys', 'log.pem'))) throw new Broken('ledger/no-keys', `the control database holds the ledger of ${begun}, whose keys are not in ${directory}; name the directory that it was begun in (--dir, BAILEE_DIR)`)
    const keys = openKeyStore(join(directory, 'keys'))
    const ledger = await openLedger({ database: control.database, keys, origin, clock: options.clock, applies }, at)
    return { directory, ledger, database: control.database, references: { environment: options.environment, directory }, close: () => control.close() }
  } catch (cause) {
    await control.close()
    throw cause
  }
}

/** What searching and erasing work with: the ledger, and the sealed fingerprints beside the data. */
export function traceContext(bailee: Bailee, progress?: Progress): TraceContext {
  return { ledger: bailee.ledger, references: bailee.references, directory: join(bailee.directory, 'fingerprints'), ...(progress === undefined ? {} : { progress }) }
}
