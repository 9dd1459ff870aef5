/** Bailee as one controller's own people may use it: the database shows them the rows of their own log, and what they record goes into that log. */
import { asReader, grantReading, holdTo, prepareControllerRole } from '#database'
import type { Draft, Ledger } from '#ledger'
import { Refused } from '#kit/errors'
import type { Bailee } from './bailee.ts'
import { openPlaces } from './places.ts'

/**
 * At once: fewer than there are connections, three of which may hold tables of the past: whoever records something while it reads needs a second one. Waiting: fewer than the requests that a server works on
 * at once, so that the firm's own people are answered meanwhile; of one account: what a browser asks for at once, of four pages.
 */
const placesMax = { atOnce: 5, waiting: 48, waitingOfOne: 24 }

/** Work on behalf of a controller's own people, in turn by `account`, or by controller without one; `records`: it may record in their log. Throws what `InPlace` throws. */
export type AsController = <Result>(bailee: Bailee, controller: { readonly slot: number; readonly account?: string }, work: (narrowed: Bailee) => Promise<Result>, may?: { readonly records?: boolean }) => Promise<Result>

/** Prepares the role under which they read. Throws what `prepareControllerRole` throws: then they must not be let in. */
export async function openControllers({ database }: Pick<Bailee, 'database'>): Promise<AsController> {
  await prepareControllerRole(database)
  const inPlace = openPlaces(placesMax)
  return (bailee, { slot, account = `slot ${slot}` }, work, { records = false } = {}) => inPlace(account, () => asReader(bailee.database, slot, (tx) => work({ ...bailee, database: tx, ledger: ledgerOf(bailee.ledger, { database: tx, slot, records }) })))
}

/** What the processor itself records when it first signs a paper, whoever asks for one. */
const commonTypes: readonly string[] = ['key.certified']

/** Reads as the transaction does; records in its own log, if at all. What looks at several logs is refused. */
function ledgerOf(ledger: Ledger, { database, slot, records }: { readonly database: Ledger['database']; readonly slot: number; readonly records: boolean }): Ledger {
  const refuse = (): never => { throw new Refused('ledger/not-yours', 'a controller\'s own people read and record in their own log') }
  const mayRecord = ({ slot: into, type }: Draft): boolean => records && (into === slot || (into === 0 && commonTypes.includes(type)))
  return {
    ...ledger, database, alone: refuse, openSlot: refuse, snapshot: refuse, read: refuse, size: refuse, signers: refuse,
    append: async (drafts) => ((Array.isArray(drafts) ? drafts as readonly Draft[] : [drafts as Draft]).every(mayRecord) ? ledger.append(drafts) : refuse()),
  }
}

/** Holds what was folded of the past as the live tables are held. */
export async function holdFold(tx: Parameters<typeof grantReading>[0], slot: number): Promise<void> {
  await grantReading(tx)
  await holdTo(tx, slot)
}
