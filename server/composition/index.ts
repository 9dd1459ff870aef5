/** Puts the words together: one control database, one key store, one ledger that knows how each word folds its entries. */
import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { allContracts, applies as contract } from '#contract'
import { openControlDatabase, readMigrations, type ControlDatabase, type Database } from '#database'
import { applies as erasure } from '#erasure'
import { applies as gateway } from '#gateway'
import { applies as instruction } from '#instruction'
import { applies as inventory, type References } from '#inventory'
import { applies as ledgerApplies, checkLedger, compareRebuilt, destroyDue, listKeys, openLedger, originOf, recordedOnly, settleKeys, withRebuilt, type Apply, type ClockKind, type Comparison, type KeyStore, type Ledger, type LedgerCheck, type ListedKey, type Tables } from '#ledger'
import { applies as people } from '#people'
import { applies as trace, type Progress, type TraceContext } from '#trace'
import { Broken, Misuse, Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { openKeys, type AskPassphrase } from './custody.ts'
import { folded, outside } from './folded.ts'

export { givenOpener, keysIn, mustBeElsewhere, unlock } from './custody.ts'

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
  /** Asks a person for the passphrase of encrypted keys. */
  readonly ask?: AskPassphrase
}

/** How each noun's entries become rows. A decision is its own record: no table is fed by it. */
export const applies: Readonly<Record<string, Apply>> = { ...ledgerApplies, ...people, ...contract, ...inventory, ...instruction, ...gateway, ...trace, ...erasure, decision: recordedOnly }

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

interface Stored { readonly control: ControlDatabase; readonly keys: KeyStore; readonly origin: string }

/** The database and the keys of a directory, nothing of the ledger looked at yet. */
async function openStored(options: OpenOptions): Promise<Stored & { readonly directory: string }> {
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
    return { directory, control, keys: await openKeys(directory, options), origin }
  } catch (cause) {
    await control.close()
    throw cause
  }
}

/**
 * Opens a processor's Bailee in a directory: starts or adopts its database, migrates it, opens keys and ledger.
 * Throws `Misuse` when nothing was ever declared there and no origin is given, `Broken` `ledger/no-keys` when the ledger was begun in another directory.
 */
export async function openBailee(options: OpenOptions, at: Instant): Promise<Bailee> {
  const { directory, control, keys, origin } = await openStored(options)
  try {
    const ledger = await openLedger({ database: control.database, keys, origin, clock: options.clock, applies }, at)
    for (const id of await settleKeys(ledger, tables(), at)) (options.log ?? warn)(keyWasBack(id))
    return { directory, ledger, database: control.database, references: { environment: options.environment, directory }, close: () => control.close() }
  } catch (cause) {
    await control.close()
    throw cause
  }
}

/** Checks a ledger that may be damaged, so that `openBailee` would refuse it. Throws what `openBailee` throws before it looks at the ledger. */
export async function checkBailee(options: OpenOptions, progress?: (done: number, of: number) => void): Promise<LedgerCheck> {
  const { control, keys } = await openStored(options)
  try {
    return await checkLedger({ database: control.database, keys, progress })
  } finally {
    await control.close()
  }
}

const migrations = (): readonly string[] => readMigrations().map(({ text }) => text)

/** What a ledger folds into here. */
export const tables = (): Tables => ({ applies, migrations: migrations(), folded })

const warn = (line: string): void => { process.stderr.write(`bailee: ${line}\n`) }
const keyWasBack = (id: string): string => `key ${id} was destroyed, and was in the key store again, from a backup or a copy. It was destroyed again, and that was recorded; destroy the backup, too`

/** When the last contract of the controller in a slot ended; undefined while one goes on, and for a slot without any. */
async function endsOf(database: Database): Promise<(slot: number) => Instant | undefined> {
  const bySlot = Map.groupBy(await allContracts(database), ({ slot }) => slot)
  return (slot) => {
    const mine = bySlot.get(slot) ?? []
    return mine.length === 0 || mine.some(({ endedAt }) => endedAt === undefined) ? undefined : Math.max(...mine.map(({ endedAt }) => endedAt ?? 0))
  }
}

/** Keys that seal entries, with the day each is due. */
export async function keysOf({ ledger, database }: Bailee): Promise<ListedKey[]> {
  return listKeys(ledger, await endsOf(database))
}

/** Destroys the keys whose time is over, and those that are back; run every day. */
export async function destroyDueKeys({ ledger, database }: Bailee, at: Instant): Promise<{ readonly destroyed: readonly string[]; readonly back: readonly string[] }> {
  return destroyDue(ledger, tables(), { endOf: await endsOf(database), at })
}

/** Folds the ledger once more and compares every table with what came out. */
export function compareWithLedger(bailee: Pick<Bailee, 'ledger'>, progress?: (done: number, of: number) => void): Promise<Comparison> {
  return compareRebuilt(bailee.ledger, { applies, migrations: migrations(), folded, outside, progress })
}

/** Bailee as its ledger tells it of a moment: for reading, for as long as `work` takes. Whatever would be recorded is refused. */
export function asOf<Result>(bailee: Bailee, until: Instant, work: (then: Bailee) => Promise<Result>): Promise<Result> {
  const refuse = (): never => { throw new Refused('ledger/as-of', 'the past is read, never written: leave out --as-of') }
  return withRebuilt(bailee.ledger, { applies, migrations: migrations(), until }, ({ tx }) => work({ ...bailee, database: tx, ledger: { ...bailee.ledger, database: tx, append: refuse, alone: refuse, openSlot: refuse, snapshot: refuse, read: refuse, size: refuse } }))
}

/** What searching and erasing work with: the ledger, and the sealed fingerprints beside the data. */
export function traceContext(bailee: Bailee, progress?: Progress): TraceContext {
  return { ledger: bailee.ledger, references: bailee.references, directory: join(bailee.directory, 'fingerprints'), ...(progress === undefined ? {} : { progress }) }
}
