/**
 * The past of all logs, kept: every row of every table with the moment from which on it was so, and that at which it ended. Made of the ledger alone, a few hundred entries at a time, behind whoever records; what a
 * moment was like is then read, and not folded. Whoever asks about a moment that it cannot tell is told so, and folds.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Instant } from '#kit/time'
import { destroyed, type Entry } from '../entry.ts'
import type { Apply } from '../fold.ts'
import { openEntry, type Ledger } from '../ledger.ts'
import { foldOpened } from '../rebuild.ts'
import { asOfNow, type OrderedEntry, type Transaction } from '../store.ts'
import * as store from './store.ts'

/** Entries that are looked for at once, and of these the ones that are folded in one transaction. */
const [pageEntries, chunkEntries] = [20_000, 250]
/** Longer than whoever records takes from reading how long the common log is to having committed, in milliseconds. */
const settleMillisecondsDefault = 2_000
const restedSecondsDefault = 120

export interface KeptVersions {
  readonly applies: Readonly<Record<string, Apply>>
  /** The texts of all migrations, in order. */
  readonly migrations: readonly string[]
  /** Tables that entries fold into. */
  readonly tables: readonly string[]
  /** Entries of these nouns fold into nothing. */
  readonly recorded: readonly string[]
  /** Names the program that folds: what another folded is made anew. */
  readonly program: string
}

export interface Going {
  readonly stopping?: AbortSignal | undefined
  readonly settleMilliseconds?: number | undefined
  /** Of the time that it works, how much it then leaves to others: 1, as much again. */
  readonly rest?: number | undefined
  /** Entries of one transaction. */
  readonly chunk?: number | undefined
  /** What another program folded is made anew when that has rested for so long: two that run beside each other would undo each other's work. */
  readonly restedSeconds?: number | undefined
}

/** What can be told of a moment. `key`: the same for as long as nothing is recorded. */
export interface Told { readonly key: string; readonly destructions: number }

export interface Versions {
  /** Folds all that was recorded until now. Answers how many entries that was; undefined where another process is at it, or keys are being destroyed. Stopped, or killed, anywhere: the next goes on from there. */
  goOn(going?: Going): Promise<number | undefined>
  /** Undefined: it cannot be told now. */
  tell(moment: Instant): Promise<Told | undefined>
  /** Gives the tables as they were at a moment, to be read. Undefined: it cannot be told now. */
  read<Result>(moment: Instant, work: (tx: Transaction) => Promise<Result>): Promise<{ readonly result: Result } | undefined>
  /** Entries of all logs, and those of them that folded so far; undefined before the first. */
  progress(): Promise<{ readonly entries: number; readonly folded: number | undefined }>
}

/** Another folds, or a key is being destroyed: later. */
class NotNow extends Error {}

/** What is not there any more: dropped since, with a key. */
const isGone = (cause: unknown): boolean => ['42P01', '3F000', '42883', 'XX000'].includes((cause as { code?: string }).code ?? '')

/** Opens them; nothing is folded before somebody says so. */
export function openVersions(ledger: Ledger, kept: KeptVersions): Versions {
  const telling = async (tx: Transaction, moment: Instant): Promise<{ readonly schemas: store.Schemas; readonly told: Told } | undefined> => {
    const schemas = await store.schemasOf(tx)
    const state = await store.readState(tx, schemas)
    if (state?.program !== kept.program) return undefined
    const { unclear, behind, destructions, total } = await store.tellingOf(tx, schemas, moment)
    return unclear || behind || destructions !== state.destructions ? undefined : { schemas, told: { key: `moment ${moment} of ${total}`, destructions } }
  }
  const unlessGone = async <Result>(work: Promise<Result>): Promise<Result | undefined> => work.catch((cause: unknown) => { if (isGone(cause)) return undefined; throw cause })
  return {
    goOn: async (going = {}) => unlessGone(goOn(ledger, kept, going)).catch((cause: unknown) => { if (cause instanceof NotNow) return undefined; throw cause }),
    tell: async (moment) => unlessGone(asOfNow(ledger.database, async (tx) => (await telling(tx, moment))?.told)),
    read: async (moment, work) => asOfNow(ledger.database, async (tx) => {
      const found = await unlessGone(telling(tx, moment))
      if (found === undefined) return undefined
      await store.beginSeeing(tx, found.schemas, moment)
      return { result: await work(tx) }
    }),
    async progress() {
      const schemas = await store.schemasOf(ledger.database)
      return { entries: await store.allEntries(ledger.database), folded: (await unlessGone(store.readState(ledger.database, schemas)))?.folded }
    },
  }
}

/** Ends what was kept, in the transaction that destroys keys which fed tables; where they fed none, it stays. */
export async function endVersions(tx: Transaction, { feeding }: { readonly feeding: boolean }): Promise<void> {
  const schemas = await store.schemasOf(tx)
  if (feeding) await store.dropVersions(tx, schemas)
  else if (await store.readState(tx, schemas) !== undefined) await store.noteDestructions(tx, schemas)
}

interface Round { readonly ledger: Ledger; readonly kept: KeptVersions; readonly schemas: store.Schemas; readonly going: Going }

async function goOn(ledger: Ledger, kept: KeptVersions, going: Going): Promise<number> {
  const begun = await inTurn(ledger, async (tx, schemas) => {
    await makeWhereMissing(tx, schemas, { ...kept, restedSeconds: going.restedSeconds ?? restedSecondsDefault })
    return { schemas, common: await store.commonSize(tx, schemas) }
  })
  // Whoever had read how long the common log was before that has committed by then: what comes later knew at least as much of it.
  await sleep(going.settleMilliseconds ?? settleMillisecondsDefault, undefined, { signal: going.stopping }).catch(() => undefined)
  const round: Round = { ledger, kept, schemas: begun.schemas, going }
  const ends = await inTurn(ledger, (tx, schemas) => endsOf(tx, schemas, begun.common))
  let folded = 0
  for (let more = ends.length > 0; more && going.stopping?.aborted !== true;) {
    const page = await inTurn(ledger, (tx, schemas) => store.nextFolding(tx, schemas, { ends, without: kept.recorded, limit: pageEntries }))
    folded += await foldPage(round, page)
    more = page.length === pageEntries
  }
  // What folds into nothing counts as well: what is kept is that of these sizes.
  if (ends.length > 0 && going.stopping?.aborted !== true) await inTurn(ledger, (tx, schemas) => store.noteLogs(tx, schemas, ends.map(({ slot, to, latest }) => ({ slot, size: to, latest }))))
  return folded
}

/** One transaction of whoever folds; there is no other meanwhile. */
async function inTurn<Result>({ database }: Ledger, work: (tx: Transaction, schemas: store.Schemas) => Promise<Result>): Promise<Result> {
  return store.transaction(database, async (tx) => {
    if (!await store.isAlone(tx)) throw new NotNow('another process folds')
    return work(tx, await store.schemasOf(tx))
  })
}

async function makeWhereMissing(tx: Transaction, schemas: store.Schemas, { migrations, tables, program, restedSeconds }: KeptVersions & { readonly restedSeconds: number }): Promise<void> {
  const state = await store.readState(tx, schemas)
  if (state !== undefined && state.program === program && state.destructions === (await store.tellingOf(tx, schemas, 0)).destructions) return
  if (state !== undefined && state.program !== program && state.restedSeconds < restedSeconds) throw new NotNow('another program is at it')
  await store.dropVersions(tx, schemas)
  await store.makeVersions(tx, schemas, { migrations, tables, program })
}

/** How far each log is folded in this round. What an entry did not know must not have been folded before it: where that is so after all, everything is made anew. */
async function endsOf(tx: Transaction, schemas: store.Schemas, common: number): Promise<store.End[]> {
  const state = await store.readState(tx, schemas)
  if (state === undefined) throw new NotNow('they were dropped')
  const ends = await store.endsOf(tx, schemas, common)
  const foldedCommon = await store.foldedOf(tx, schemas, 0)
  if (ends.some(({ slot, known }) => slot !== 0 && known < foldedCommon)) {
    await store.dropVersions(tx, schemas)
    return []
  }
  await store.noteCommon(tx, schemas, common)
  return ends
}

async function foldPage(round: Round, page: readonly store.Folding[]): Promise<number> {
  const { going: { stopping, rest = 0, chunk = chunkEntries } } = round
  let folded = 0
  for (let from = 0; from < page.length && stopping?.aborted !== true; from += chunk) {
    const began = performance.now()
    const places = page.slice(from, from + chunk)
    await inTurn(round.ledger, (tx) => foldChunk(round, tx, places))
    folded += places.length
    if (rest > 0) await sleep(rest * (performance.now() - began), undefined, { signal: stopping }).catch(() => undefined)
  }
  return folded
}

async function foldChunk({ ledger, kept, schemas }: Round, tx: Transaction, places: readonly store.Folding[]): Promise<void> {
  const state = await store.readState(tx, schemas)
  if (state === undefined) throw new NotNow('they were dropped')
  const opened = (await store.entriesAt(tx, schemas.live, places)).map((row) => openWhole(ledger, row))
  await store.beginFolding(tx, schemas)
  const [folding, lossy, sizes, unclear] = [store.planningOnce(tx), new Set(state.lossy), new Map<number, { size: number; latest: number }>(), [] as [number, number][]]
  let [{ latest }, moment] = [state, -1]
  for (const [at, { slot, index, latest: ofLog, counts }] of places.entries()) {
    if (counts !== moment) await store.setMoment(tx, moment = counts)
    if (slot !== 0) latest = Math.max(latest, counts)
    else if (latest > counts) unclear.push([counts, latest])
    await foldOpened(ledger, kept.applies, { tx: folding, lossy }, opened[at]!)
    sizes.set(slot, { size: index + 1, latest: ofLog })
  }
  await store.noteLogs(tx, schemas, [...sizes].map(([slot, one]) => ({ slot, ...one })))
  await store.noteState(tx, schemas, { lossy: [...lossy], latest, folded: places.length, unclear })
}

/** An entry whose key is shut, and what it sealed still there: it is being destroyed, which may fail yet. */
function openWhole(ledger: Ledger, row: OrderedEntry): Entry {
  const entry = openEntry(ledger, row, row.payloads)
  if (row.payloads.some(({ part, keyId }) => entry.parts[part as keyof Entry['parts']] === destroyed && ledger.keys.wasDestroyed(keyId))) throw new NotNow('a key is being destroyed')
  return entry
}
