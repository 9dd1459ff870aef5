/**
 * The past of all logs, kept: every row of every table with the moment from which on it was so, and that at which it ended. Made of the ledger alone, a few hundred entries at a time, behind whoever records; what a
 * moment was like is then read, and not folded. Whoever asks about a moment that it cannot tell is told so, and folds.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { destroyed, type Entry } from '../entry.ts'
import type { Apply } from '../fold.ts'
import { openEntry, type Ledger } from '../ledger.ts'
import { foldOpened, type Into } from '../rebuild.ts'
import { asOfNow, type Database, type OrderedEntry, type Transaction } from '../store.ts'
import * as store from './store.ts'

/** Entries that are looked through in one transaction, and those that are folded in one. */
const [lookEntries, chunkEntries] = [50_000, 250]
/** By so much may the clock of a gateway be ahead, in seconds; what is later waits for its day. */
const aheadMax = 3_600
/** Longer than whoever records takes from reading how long the common log is to beginning to write, in milliseconds; so long, at most, its writing is waited for behind that, with a look each so often. */
const [settleMillisecondsDefault, settleMillisecondsMax, settleLookMilliseconds] = [2_000, 60_000, 100]
/** What a newer program folded, an older one makes anew when nothing was folded for so long: the newer one is gone. */
const restedSecondsDefault = 3_600

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
  /** When it was started, in milliseconds; from now on when absent. Of two programs with as many migrations, the newer is the one that was started later. */
  readonly started?: number | undefined
}

export interface Going {
  readonly stopping?: AbortSignal | undefined
  readonly settleMilliseconds?: number | undefined
  /** Of the time that it works, how much it then leaves to others: 1, as much again. */
  readonly rest?: number | undefined
  /** Entries of one transaction. */
  readonly chunk?: number | undefined
  /** What a newer program folded is made anew when that has rested for so long: two that run beside each other would undo each other's work. */
  readonly restedSeconds?: number | undefined
  /** The time by which an entry's is later than now. */
  readonly now?: Instant | undefined
  /** Entries that are looked through in one transaction. */
  readonly look?: number | undefined
}

/** Why a moment cannot be told: nothing is there (yet), or of another program or ledger; a key is being destroyed; entries that count then are not folded yet; or logs went against each other in time, so that it never can. */
export type Untold = 'none' | 'busy' | 'behind' | 'unclear'


/** What can be told of a moment. `key`: the same for as long as nothing is recorded that counts then. */
export interface Told { readonly key: string; readonly destructions: number }

export interface Versions {
  /** Folds all that was recorded until now. Answers how many entries that was; undefined where another process is at it, or keys are being destroyed. Stopped, or killed, anywhere: the next goes on from there. */
  goOn(going?: Going): Promise<number | undefined>
  /** Undefined: it can be told, or could be in the meantime. */
  why(moment: Instant): Promise<Untold | undefined>
  /** Undefined: it cannot be told now. */
  tell(moment: Instant): Promise<Told | undefined>
  /** Gives the tables as they were at a moment, to be read, on one of a few connections that nobody else uses; waits while all are read. Undefined: it cannot be told now. Throws `Refused` `ledger/past-too-long` where `work` took longer than a reading may. */
  read<Result>(moment: Instant, work: (tx: Transaction) => Promise<Result>): Promise<{ readonly result: Result } | undefined>
  /** Entries of all logs, and those of them that folded so far; undefined before the first. */
  progress(): Promise<{ readonly entries: number; readonly folded: number | undefined }>
  /** Closes the connections of those who read. */
  close(): Promise<void>
}

/** Another folds, or a key is being destroyed: later. */
export class NotNow extends Error {}

/** What is not there any more: dropped since, with a key. */
export const isGone = (cause: unknown): boolean => {
  const { code = '', message = '' } = cause as { readonly code?: string; readonly message?: string }
  return ['42P01', '3F000'].includes(code) || (code === 'XX000' && /cache lookup failed|could not open relation/.test(message))
}
/** Somebody destroys a key, or waits for those who read to be done. */
const isBusy = (cause: unknown): boolean => ['55P03', '57014'].includes((cause as { readonly code?: string }).code ?? '')

type Found = { readonly schemas: store.Schemas; readonly told: Told } | Untold

/** What can be told of a moment, or why nothing can. */
async function find(tx: Transaction, { program }: KeptVersions, moment: Instant): Promise<Found> {
  const schemas = await store.schemasOf(tx)
  const state = await store.readState(tx, schemas)
  if (!store.isOf(state, program)) return 'none'
  const { other, behind, unclear, looked } = await store.tellingOf(tx, schemas, moment)
  if (other) return 'none'
  if (behind || unclear) return behind ? 'behind' : 'unclear'
  return { schemas, told: { key: `moment ${moment}, look ${looked} of ${state.identity}`, destructions: state.destructions } }
}

/** Opens them; nothing is folded before somebody says so. */
export function openVersions(ledger: Ledger, given: KeptVersions): Versions {
  const kept = { ...given, started: given.started ?? Date.now() }
  let opened: Database | undefined
  const readers = (): Database => opened ??= store.openReaders(ledger.database)
  const untold = (cause: unknown): Untold => { if (isGone(cause)) return 'none'; if (isBusy(cause)) return 'busy'; throw cause }
  const findAt = (moment: Instant): Promise<Found> => asOfNow(readers(), async (tx) => { await store.beginAsking(tx); return find(tx, kept, moment) }).catch(untold)
  return {
    goOn: async (going = {}) => goOn(ledger, kept, going).catch((cause: unknown) => { if (cause instanceof NotNow || isGone(cause) || isBusy(cause)) return undefined; throw cause }),
    async tell(moment) { const found = await findAt(moment); return typeof found === 'string' ? undefined : found.told },
    async why(moment) { const found = await findAt(moment); return typeof found === 'string' ? found : undefined },
    read: (moment, work) => readKept(readers(), kept, moment, work),
    async progress() {
      const schemas = await store.schemasOf(ledger.database)
      const state = await store.readState(ledger.database, schemas).catch((cause: unknown) => { if (isGone(cause)) return undefined; throw cause })
      return { entries: await store.allEntries(ledger.database), folded: state?.folded }
    },
    close: async () => { await opened?.destroy(); opened = undefined },
  }
}

async function readKept<Result>(readers: Database, kept: KeptVersions, moment: Instant, work: (tx: Transaction) => Promise<Result>): Promise<{ readonly result: Result } | undefined> {
  let from: number | undefined
  try {
    return await asOfNow(readers, async (tx) => {
      await store.beginAsking(tx)
      const found = await find(tx, kept, moment)
      if (typeof found === 'string') return undefined
      await store.beginSeeing(tx, found.schemas, moment)
      from = performance.now()
      return { result: await work(tx) }
    })
  } catch (cause) {
    if (from === undefined && (isGone(cause) || isBusy(cause))) return undefined
    if (from === undefined || cause instanceof Refused || performance.now() - from < store.readSecondsMax * 950) throw cause
    throw new Refused('ledger/past-too-long', `reading that of the past of all controllers took longer than ${store.readSecondsMax} s; ask for one controller, or fold it in the terminal with --as-of`, { cause })
  }
}

/** Ends what was kept before keys are destroyed which fed tables, in a transaction of its own, so that no log stands still while those who read are waited for. Throws after half a minute of that. */
export async function endVersionsBefore(database: Database): Promise<void> {
  await store.transaction(database, (tx) => endVersions(tx, { feeding: true, count: 0 }))
}

/** Ends what was kept, or was made since, in the transaction that destroys so many keys; where they fed no table, it stays. To be called before anything else is locked that whoever folds or reads may wait for. */
export async function endVersions(tx: Transaction, { feeding, count }: { readonly feeding: boolean; readonly count: number }): Promise<void> {
  await store.keepFoldersOut(tx)
  const schemas = await store.schemasOf(tx)
  if (feeding) await store.dropVersions(tx, schemas)
  else if (await store.readState(tx, schemas) !== undefined) await store.noteDestructions(tx, schemas, count)
}

type Started = KeptVersions & { readonly started: number }

interface Round { readonly ledger: Ledger; readonly kept: Started; readonly schemas: store.Schemas; readonly going: Going; readonly identity: string; readonly common: number }

async function goOn(ledger: Ledger, kept: Started, going: Going): Promise<number> {
  const begun = await inTurn(ledger, async (tx, schemas) => {
    const identity = await makeWhereMissing(tx, schemas, { ...kept, restedSeconds: going.restedSeconds ?? restedSecondsDefault })
    return { schemas, identity, common: await store.commonSize(tx, schemas), before: await store.withHeads(tx, schemas, { writing: false }) }
  })
  await settled(ledger, begun, going)
  const round: Round = { ledger, kept, going, ...begun }
  await lookThrough(round)
  return foldAll(round)
}

/** Resolves when whoever had read how long the common log was before that has committed: what comes later knew at least as much of it. Throws `NotNow` where somebody takes too long. */
async function settled({ database }: Ledger, { schemas, before }: { readonly schemas: store.Schemas; readonly before: ReadonlySet<string> }, { stopping, settleMilliseconds = settleMillisecondsDefault }: Going): Promise<void> {
  const until = performance.now() + settleMilliseconds + settleMillisecondsMax
  await sleep(settleMilliseconds, undefined, { signal: stopping }).catch(() => undefined)
  while (stopping?.aborted !== true) {
    const writing = await store.withHeads(database, schemas, { writing: true })
    if (![...before].some((one) => writing.has(one))) return
    if (performance.now() > until) throw new NotNow('somebody has been recording for very long')
    await sleep(settleLookMilliseconds, undefined, { signal: stopping }).catch(() => undefined)
  }
}

/** One transaction of whoever folds; there is no other meanwhile. */
async function inTurn<Result>({ database }: Ledger, work: (tx: Transaction, schemas: store.Schemas) => Promise<Result>): Promise<Result> {
  return store.transaction(database, async (tx) => {
    if (!await store.isAlone(tx)) throw new NotNow('another process folds')
    return work(tx, await store.schemasOf(tx))
  })
}

/** One transaction of a round: only on what the round began with. */
async function inRound<Result>({ ledger, identity }: Round, work: (tx: Transaction, state: store.StateRow) => Promise<Result>): Promise<Result> {
  return inTurn(ledger, async (tx, schemas) => {
    const state = await store.readState(tx, schemas)
    if (state?.identity !== identity || state.destructions !== state.destroyed) throw new NotNow('it was made anew, or a key was destroyed')
    return work(tx, state)
  })
}

/** Answers which making it is. */
async function makeWhereMissing(tx: Transaction, schemas: store.Schemas, { migrations, tables, program, started, restedSeconds }: Started & { readonly restedSeconds: number }): Promise<string> {
  const state = await store.readState(tx, schemas)
  if (store.isOf(state, program) && !(await store.tellingOf(tx, schemas, 0)).other) return state.identity
  const newer = state !== undefined && state.program !== program && (state.migrations > migrations.length || (state.migrations === migrations.length && state.started >= started))
  if (newer && state.restedSeconds < restedSeconds) throw new NotNow('a newer program keeps it')
  await store.dropVersions(tx, schemas)
  await store.makeVersions(tx, schemas, { migrations, tables, program, started })
  const made = await store.readState(tx, schemas)
  if (made === undefined) throw new NotNow('it is not there')
  return made.identity
}

/**
 * Notes which entries are to be folded, of the common log so many, and of each other those that knew no more. What an entry did not know must not have been folded before it: where that is so after all, everything is made anew; or, where
 * it was just made, later, and the entry waits meanwhile with those behind it in its log: they hide no moment before theirs. A log whose clock was far ahead has such an entry each time that the day of one has come.
 */
async function lookThrough(round: Round): Promise<void> {
  const { going: { stopping, look = lookEntries, now = Math.floor(Date.now() / 1000) }, schemas, kept, common } = round
  let fresh = await inRound(round, (tx) => store.freshLogs(tx, schemas, common))
  while (fresh.length > 0 && stopping?.aborted !== true) {
    const [stretches, later] = splitAt(fresh, look)
    const { ended, stopped } = await inRound(round, async (tx, state) => {
      const { looked, early } = await store.lookThrough(tx, schemas, { stretches, common, folded: state.common, ahead: now + aheadMax, without: kept.recorded })
      const ends = early && !state.isFresh
      if (ends) await store.dropVersions(tx, schemas)
      const until = new Map(looked.map(({ slot, to }) => [slot, to]))
      return { ended: ends, stopped: new Set(stretches.filter(({ slot, to }) => until.get(slot) !== to).map(({ slot }) => slot)) }
    })
    if (ended) throw new NotNow('an entry knew less than was folded: everything is made anew')
    fresh = later.filter(({ slot }) => !stopped.has(slot))
  }
}

/** Stretches of no more entries than that, and what is left. */
export function splitAt(fresh: readonly store.Stretch[], entries: number): readonly [store.Stretch[], store.Stretch[]] {
  const [now, later]: [store.Stretch[], store.Stretch[]] = [[], []]
  let room = entries
  for (const one of fresh) {
    const middle = Math.min(one.to, one.from + room)
    if (middle > one.from) now.push({ ...one, to: middle })
    if (middle < one.to) later.push({ ...one, from: middle })
    room -= middle - one.from
  }
  return [now, later]
}

async function foldAll(round: Round): Promise<number> {
  const { going: { stopping, rest = 0 } } = round
  let folded = 0
  while (stopping?.aborted !== true) {
    const began = performance.now()
    const count = await inRound(round, (tx, state) => foldChunk(round, tx, state))
    if (count === 0) break
    folded += count
    if (rest > 0) await sleep(rest * (performance.now() - began), undefined, { signal: stopping }).catch(() => undefined)
  }
  return folded
}

async function foldChunk({ ledger, kept, schemas, common: until, going: { chunk = chunkEntries } }: Round, tx: Transaction, state: store.StateRow): Promise<number> {
  const places = await store.nextFolding(tx, schemas, { common: until, limit: chunk })
  if (places.length === 0) return 0
  const now = await foldPlaces(ledger, kept, { tx, schemas, state }, places)
  await store.noteState(tx, schemas, { ...now, places })
  return places.length
}

/** Folds these entries, in their order, behind what was folded. */
export async function foldPlaces(ledger: Ledger, kept: Pick<KeptVersions, 'applies' | 'tables'>, { tx, schemas, state }: { readonly tx: Transaction; readonly schemas: store.Schemas; readonly state: Pick<store.StateRow, 'lossy' | 'latest' | 'common'> }, places: readonly store.Folding[]): Promise<Omit<store.FoldedNow, 'places'>> {
  await store.beginFolding(tx, schemas)
  const [folding, lossy, unclear] = [store.planningOnce(tx), new Set(state.lossy), [] as [number, number][]]
  let [{ latest, common }, moment, at] = [state, -1, 0]
  for await (const piece of store.entriesAt(tx, schemas.live, places)) {
    for (const row of piece) {
      const { slot, index, counts } = places[at++]!
      if (counts !== moment) await store.setMoment(tx, moment = counts)
      const [into, entry] = [{ tx: folding, lossy }, openWhole(ledger, row)]
      if (slot !== 0) latest = Math.max(latest, counts)
      else common = index + 1
      const until = slot === 0 && latest > counts ? await foldBehind(ledger, kept, { tx, schemas, into, latest, counts }, entry) : void await foldOpened(ledger, kept.applies, into, entry)
      if (until !== undefined) unclear.push([counts, until])
    }
  }
  return { lossy: [...lossy], latest, common, unclear }
}

interface Behind { readonly tx: Transaction; readonly schemas: store.Schemas; readonly into: Into; readonly latest: number; readonly counts: number }

/**
 * Folds an entry of the common log behind those of controllers' logs that count later. Where it looked at no table that these changed, it does what it would have done before them. Answers until when it is unclear what was so: until the last
 * of them that changed a table at which it looked; undefined where none did.
 */
async function foldBehind(ledger: Ledger, { applies, tables }: Pick<KeptVersions, 'applies' | 'tables'>, { tx, schemas, into, latest, counts }: Behind, entry: Entry): Promise<number | undefined> {
  const before = await store.usesOf(tx, schemas)
  await foldOpened(ledger, applies, into, entry)
  const after = await store.usesOf(tx, schemas)
  if (before === undefined || after === undefined) return latest
  return store.latestChange(tx, schemas, tables.filter((table) => after.get(table) !== before.get(table)), counts)
}

/** An entry whose key is shut, and what it sealed still there: it is being destroyed, which may fail yet. */
function openWhole(ledger: Ledger, row: OrderedEntry): Entry {
  const entry = openEntry(ledger, row, row.payloads)
  if (row.payloads.some(({ part, keyId }) => entry.parts[part as keyof Entry['parts']] === destroyed && ledger.keys.wasDestroyed(keyId))) throw new NotNow('a key is being destroyed')
  return entry
}
