/** Puts the words together: one control database, one key store, one ledger that knows how each word folds its entries. */
import { checkLedger, compareKept, compareRebuilt, destroyDue, listKeys, openLedger, settleKeys, standOnce, withRebuilt, type Comparison, type LedgerCheck, type ListedKey } from '#ledger'
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { Bailee } from './bailee.ts'
import { holdFold } from './controllers.ts'
import { folded, outside } from './folded.ts'
import { keptVersions } from './keptPast.ts'
import { onlyReading, openPast } from './past.ts'
import { applies, endsOf, migrations, openStored, tables, type OpenOptions } from './stored.ts'

export { keepAddress } from './addresses.ts'
export { traceContext, type Bailee } from './bailee.ts'
export { openControllers, type AsController } from './controllers.ts'
export { givenOpener, keysIn, mustBeElsewhere, unlock } from './custody.ts'
export { examine, type Finding } from './doctor.ts'
export { openPresent, type Present } from './present.ts'
export { reviewLeaks } from './leaks.ts'
export { keepOn, openKeptPast } from './keptPast.ts'
export { openPast, type Past } from './past.ts'
export { recordingEverySeconds, recordingsDueNow, recordOne } from './recording.ts'
export { dueActivityLines, dueEverySeconds, handErasure, handSweep, work, type WorkerOptions } from './worker.ts'
export { observedFacts, type Observing } from './observed.ts'
export { reminderRoad, remindNow } from './reminders.ts'
export { applies, isBegun, makeDirectory, tables, type OpenOptions } from './stored.ts'

/**
 * Opens a processor's Bailee in a directory: starts or adopts its database, migrates it, opens keys and ledger.
 * Throws `Misuse` when nothing was ever declared there and no origin is given, `Broken` `ledger/no-keys` when the ledger was begun in another directory.
 */
export async function openBailee(options: OpenOptions, at: Instant): Promise<Bailee> {
  const { directory, control, keys, master, origin } = await openStored(options)
  try {
    const ledger = await openLedger({ database: control.database, keys, origin, clock: options.clock, applies }, at)
    for (const id of await settleKeys(ledger, tables(), at)) (options.log ?? warn)(keyWasBack(id))
    return { directory, ledger, database: control.database, references: { environment: options.environment, directory }, again: { url: options.url, master }, close: () => control.close() }
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

const warn = (line: string): void => { process.stderr.write(`bailee: ${line}\n`) }
const keyWasBack = (id: string): string => `key ${id} was destroyed, and was in the key store again, from a backup or a copy. It was destroyed again, and that was recorded; destroy the backup, too`

/** Keys that seal entries, with the day each is due. */
export async function keysOf({ ledger, database }: Bailee): Promise<ListedKey[]> {
  return listKeys(ledger, await endsOf(database))
}

/** Destroys the keys whose time is over, and those that are back; run every day. */
export async function destroyDueKeys({ ledger, database }: Bailee, at: Instant): Promise<{ readonly destroyed: readonly string[]; readonly back: readonly string[] }> {
  return destroyDue(ledger, tables(), { endOf: await endsOf(database), at })
}

/** Told how many entries were folded, of how many. */
type Progress = (done: number, of: number) => void

/** Folds the ledger once more and compares every table with what came out, those in which the past is kept as well: for these everything is folded a second time, in the order and with the moments in which they are. */
export function compareWithLedger(bailee: Pick<Bailee, 'ledger'>, progress?: Progress, progressOfPast?: Progress): Promise<Comparison> {
  return compareRebuilt(bailee.ledger, { applies, migrations: migrations(), folded, outside, progress, past: (rebuilt) => compareKept(bailee.ledger, { ...keptVersions(), folded, progress: progressOfPast }, rebuilt) })
}

/**
 * Bailee as its ledger tells it of a moment: for reading, for as long as `work` takes. Whatever would be recorded is refused. With `slot`, as a controller's own people may see it: a fold of its log and the
 * common one alone, held to its rows by the policies that hold the live tables.
 */
export function asOf<Result>(bailee: Bailee, until: Instant, work: (then: Bailee) => Promise<Result>, slot?: number): Promise<Result> {
  return withRebuilt(bailee.ledger, { applies, migrations: migrations(), until, slots: slot === undefined ? undefined : [0, slot] }, async ({ tx }) => {
    if (slot !== undefined) await holdFold(tx, slot)
    return work(onlyReading(bailee, tx))
  })
}

/** Entries that are all folded for a command that looks back; of more, what was done at the gateway is left out until the command reads it. */
const foldedWholeMax = 40_000

/**
 * As `asOf`, of a ledger of any length: nearly all entries of a long one are decisions, which fold into nothing, and what was done at the gateway, which most commands never read. They are passed, not folded. Whoever does read what was done at
 * the gateway has everything folded then: `work` begins again.
 */
export async function lookBack<Result>(bailee: Bailee, until: Instant, work: (then: Bailee) => Promise<Result>, { wholeMax = foldedWholeMax }: { readonly wholeMax?: number } = {}): Promise<Result> {
  const past = openPast(bailee)
  try {
    if (await past.entries() > wholeMax) {
      return await past.read(await standOnce(bailee.ledger, until), undefined, work)
    }
  } catch (cause) {
    if (!(cause instanceof Refused && cause.code === 'ledger/past-too-long')) throw cause
  } finally {
    await past.close()
  }
  return asOf(bailee, until, work)
}
export { confirmMove, findPerson, holdingsOf, join, lastUses, leave, proposeMove, refuseMove, roleCovers, type Holder, type Holding } from './staff.ts'
export { planStaff, readStaff, type StaffPlan } from './staffFile.ts'
