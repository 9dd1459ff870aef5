/** What is there in a directory before anything of the ledger is looked at, and what a ledger folds into. */
import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { applies as activity } from '#activity'
import { applies as assessment } from '#assessment'
import { applies as breach } from '#breach'
import { allContracts, applies as contract } from '#contract'
import { openControlDatabase, readMigrations, type ControlDatabase, type Database } from '#database'
import { applies as erasure } from '#erasure'
import { applies as gateway } from '#gateway'
import { applies as instruction } from '#instruction'
import { applies as inventory } from '#inventory'
import { applies as ledgerApplies, originOf, recordedOnly, type Apply, type ClockKind, type KeyStore, type MasterKey, type Tables } from '#ledger'
import { applies as people } from '#people'
import { applies as register } from '#register'
import { applies as reminder } from '#reminder'
import { applies as trace, appliesMany } from '#trace'
import { applies as transfer } from '#transfer'
import { Broken, Misuse } from '#kit/errors'
import type { Instant } from '#kit/time'
import { openKeys, type AskPassphrase } from './custody.ts'
import { folded } from './folded.ts'

export interface OpenOptions {
  readonly directory: string
  /** Control database; without it an embedded server in the directory. */
  readonly url?: string | undefined
  /** Needed the first time only: it names the logs. */
  readonly origin?: string | undefined
  readonly clock: ClockKind
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log?: (line: string) => void
  /** Asks a person for the passphrase of encrypted keys. */
  readonly ask?: AskPassphrase
  /** What encrypts the keys, as another process of ours was given it. */
  readonly master?: MasterKey | undefined
}

/** How each noun's entries become rows. A decision is its own record: no table is fed by it. */
export const applies: Readonly<Record<string, Apply>> = { ...ledgerApplies, ...people, ...contract, ...inventory, ...instruction, ...gateway, ...trace, ...transfer, ...activity, ...erasure, ...assessment, ...register, ...breach, ...reminder, decision: recordedOnly }

/** How several entries of a type fold at once. */
export { appliesMany }

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

export interface Stored { readonly control: ControlDatabase; readonly keys: KeyStore; readonly master: MasterKey | undefined; readonly origin: string }

/** The database and the keys of a directory, nothing of the ledger looked at yet. */
export async function openStored(options: OpenOptions): Promise<Stored & { readonly directory: string }> {
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
    return { directory, control, ...await openKeys(directory, options), origin }
  } catch (cause) {
    await control.close()
    throw cause
  }
}

/** The texts of all migrations, in order. */
export const migrations = (): readonly string[] => readMigrations().map(({ text }) => text)

/** What a ledger folds into here. */
export const tables = (): Tables => ({ applies, migrations: migrations(), folded })

/** When the last contract of the controller in a slot ended; undefined while one goes on, and for a slot without any. */
export async function endsOf(database: Database): Promise<(slot: number) => Instant | undefined> {
  const bySlot = Map.groupBy(await allContracts(database), ({ slot }) => slot)
  return (slot) => {
    const mine = bySlot.get(slot) ?? []
    return mine.length === 0 || mine.some(({ endedAt }) => endedAt === undefined) ? undefined : Math.max(...mine.map(({ endedAt }) => endedAt ?? 0))
  }
}
