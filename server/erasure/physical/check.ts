/** The physical check of an erasure, store by store: before anything is erased, and after everything was. */
import { randomBytes } from 'node:crypto'
import type { Store } from '#inventory'
import type { Draft, Json } from '#ledger'
import { shownIn, type TraceContext } from '#trace'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Instant } from '#kit/time'
import type { Engine, Undo } from './engine.ts'
import { judgeKinds } from './judge.ts'
import { notesToRestore, readNote, writeNote, type Note } from './note.ts'
import { notReached, openEngine } from './open.ts'
import { replacedSince, searchFiles } from './search.ts'
import type { BlindColumn, FileSeen, KindSearched, Performed, StoreOutcome } from './types.ts'
import { valuesMax } from './values.ts'

/** One item of a plan that lies in a store. `place` is its name as the store knows it. */
export interface ItemToCheck { readonly number: number; readonly place: string }

/** What was taken of a store before the erasing, and lives no longer than this run. */
export interface Before { readonly values: readonly Uint8Array[]; readonly blind: readonly BlindColumn[]; readonly searched: readonly KindSearched[] | null }

/** Bytes of files that are searched while rows are being deleted: seconds. With more, tables would be locked for as long as that takes. */
const besideBytesMax = 6 * 1024 ** 3

/** A look that goes on: the files are noted and the values drawn, and the files are being searched for them. `ended`: undefined where they could not be; until then nothing may be gone for good. */
export interface Looking { readonly ended: Promise<Before | undefined> }

export interface Checking {
  readonly context: TraceContext
  readonly erasure: string
  readonly slot: number
  readonly round: number
  readonly at: Instant
}

const noted = (checking: Checking, store: Store): { directory: string; of: Pick<Note, 'erasure' | 'store'> } => ({ directory: checking.context.directory, of: { erasure: checking.erasure, store: store.id } })

/** Puts back what a killed check had changed in any store. A store that cannot be reached keeps its note: the next start tries again. Resolves to the stores that were not put right. */
export async function restoreSettings(context: TraceContext, stores: readonly Store[]): Promise<string[]> {
  const left: string[] = []
  for (const note of notesToRestore(context.directory)) {
    const store = stores.find(({ id }) => id === note.store)
    try {
      if (store === undefined) throw new Broken('erasure/no-store', `store ${note.store} is not declared any more`)
      const engine = await openEngine(store, context.references)
      await engine.restore(note.restore).finally(() => engine.close())
      writeNote(context.directory, { ...readNote(context.directory, note), restore: [] })
    } catch (cause) {
      if (!(cause instanceof Broken)) throw cause
      left.push(note.store)
    }
  }
  return left
}

/**
 * Looks at a store's files before its items are erased: which they are, noted durably, and which of the values to be erased stand in them. `mine` keeps those values that are the
 * controller's alone. Resolves when what there is was noted, while the files are being searched. Undefined where its files cannot be reached; the check after the erasing says why.
 */
export async function lookBefore(checking: Checking, store: Store, given: { readonly items: readonly ItemToCheck[]; readonly mine: (values: readonly string[]) => Promise<string[]> }): Promise<Looking | undefined> {
  if (notReached(store) !== undefined || given.items.length === 0) return undefined
  const { directory, of } = noted(checking, store)
  let engine: Engine | undefined
  try {
    engine = await openEngine(store, checking.context.references)
    const drawn = { values: new Set<string>(), blind: [] as BlindColumn[] }
    const items: Record<string, readonly FileSeen[]> = {}
    for (const { number, place } of given.items) {
      items[number] = await engine.holding(place)
      const along = await engine.hangingOn?.(place) ?? []
      for (const one of along) items[alongKey(number, one)] = await engine.holding(one)
      for (const one of new Set([place, ...along])) {
        const { values, blind } = await engine.draw(one, Math.ceil(valuesMax / given.items.length / (along.length + 1)))
        for (const value of values) drawn.values.add(value)
        drawn.blind.push(...blind)
      }
    }
    const values = (await given.mine([...drawn.values])).slice(0, valuesMax).map((value) => Buffer.from(value))
    await engine.flush()
    const files = await engine.files()
    const note = readNote(directory, of)
    // An earlier try of this round had seen them when more was there.
    const known = note.rounds[checking.round]
    const { shared } = engine
    writeNote(directory, { ...note, rounds: { ...note.rounds, [checking.round]: { items: { ...items, ...known?.items }, shared: [...(known?.shared ?? []), ...files.filter(({ kind }) => shared.has(kind))] } } })
    failpoint('erasure/physical-noted')
    const ended = searchedBefore({ directory: engine.directory, files, values, blind: drawn.blind })
    if (files.reduce((sum, { bytes }) => sum + bytes, 0) > besideBytesMax) await ended
    return { ended }
  } catch (cause) {
    if (!(cause instanceof Broken)) throw cause
    return undefined
  } finally {
    await engine?.close()
  }
}

async function searchedBefore({ directory, files, values, blind }: Pick<Before, 'values' | 'blind'> & { readonly directory: string; readonly files: readonly FileSeen[] }): Promise<Before | undefined> {
  try {
    return { values, blind, searched: values.length === 0 ? null : await searchFiles(directory, files, { values, controls: [] }) }
  } catch (cause) {
    if (!(cause instanceof Broken)) throw cause
    return undefined
  }
}

/** Files of a table whose rows may go along with those of an item, in the note. */
const alongKey = (number: number, place: string): string => `${number} ${place}`

/** An item that was erased: in which round, and whether anything was; without rows, it is one at whose place an earlier step may have erased some. `held`: its deleted rows were carried along into new files. `along`: tables of which rows went with its own. */
export interface ErasedItem extends ItemToCheck { readonly round: number; readonly rows: number; readonly held?: boolean; readonly along?: readonly string[] }

/** `clearBefore`: kinds of files that the last check of this store found clear by searching them. */
export interface StoreToCheck { readonly items: readonly ErasedItem[]; readonly before: Before | undefined; readonly clearBefore?: readonly string[] }

/** Clears what the erasing left in a store's files, and searches them; begun and done in the ledger. What cannot be reached, or stands in the way, is in the outcome. */
export async function checkStore(checking: Checking, store: Store, { items, before, clearBefore = [] }: StoreToCheck): Promise<StoreOutcome> {
  const entry = (type: string, more: { readonly [key: string]: Json }): Draft => ({ slot: checking.slot, type, at: checking.at, parts: { evidence: { erasure: checking.erasure, round: checking.round, store: store.id, ...more } } })
  const { ledger } = checking.context
  await ledger.append(entry('erasure.physical_begun', {}))
  failpoint('erasure/physical-begun')
  let outcome: StoreOutcome
  try {
    outcome = await perform(checking, store, { items, before, clearBefore })
  } catch (cause) {
    if (!(cause instanceof Broken)) throw cause
    outcome = { store: store.id, performed: false, because: cause.message, hindrances: [{ place: 'physical check', because: cause.message }] }
  }
  const told = await shownIn(checking.context, outcome)
  await ledger.append(entry('erasure.physical_done', { outcome: told as unknown as Json, covers: items.map(({ round, number }) => ({ round, number })) }))
  failpoint('erasure/physical-done')
  return told
}

async function perform(checking: Checking, store: Store, { items: erased, before, clearBefore = [] }: StoreToCheck): Promise<Performed> {
  const { directory, of } = noted(checking, store)
  const note = readNote(directory, of)
  const items = erased.map((item) => withHanging(note, item))
  const engine = await openEngine(store, checking.context.references)
  const undo: Undo = {
    note: (restore) => { writeNote(directory, { ...readNote(directory, of), restore }); failpoint('erasure/physical-changing'); return Promise.resolve() },
    clear: () => { writeNote(directory, { ...readNote(directory, of), restore: [] }); return Promise.resolve() },
  }
  try {
    const holding = heldBefore(note, items)
    const values = before?.values ?? []
    const control = `bailee-control-${randomBytes(12).toString('hex')}`
    const cleared = await engine.clear({ control, clearBefore, places: [...new Set(items.flatMap(placesOf))], held: new Set(items.filter(({ held }) => held === true).flatMap(placesOf)), before: holding, rows: items.reduce((sum, { rows }) => sum + rows, 0), values, undo })
    const hindrances = await engine.plant(control, undo)
    await engine.flush()
    const files = await engine.files()
    const after = await searchFiles(engine.directory, files, { values, controls: [Buffer.from(control)] })
    const structure = replacedSince(holding, files, cleared.rewritten)
    const kinds = judgeKinds({ store: store.id, values: values.length, rules: engine.rules, before: before?.searched ?? null, after, replaced: structure })
    await engine.uproot()
    await undo.clear()
    return { store: store.id, performed: true, values: values.length, kinds, blind_columns: before?.blind ?? [], done: cleared.done, offered: cleared.offered, hindrances: [...cleared.hindrances, ...hindrances] }
  } finally {
    await engine.close()
  }
}

const placesOf = ({ place, along = [] }: ErasedItem): string[] => [place, ...along]

/** Where an earlier step was cut off and nothing is left to erase, nobody knows any more from which tables rows went along: any that hangs on the place may be one. */
function withHanging(note: Note, item: ErasedItem): ErasedItem {
  if (item.rows > 0) return item
  const start = alongKey(item.number, '')
  const hanging = Object.keys(note.rounds[item.round]?.items ?? {}).filter((key) => key.startsWith(start)).map((key) => key.slice(start.length))
  return { ...item, along: [...new Set([...item.along ?? [], ...hanging])] }
}

/** Files that held what was erased, or may have: those of the items, in the rounds in which they were. */
function heldBefore(note: Note, items: readonly ErasedItem[]): FileSeen[] {
  const own = items.flatMap(({ round, number, along = [] }) => [`${number}`, ...along.map((place) => alongKey(number, place))].flatMap((key) => note.rounds[round]?.items[key] ?? []))
  const shared = [...new Set(items.map(({ round }) => round))].flatMap((round) => note.rounds[round]?.shared ?? [])
  return [...new Map([...own, ...shared].map((file) => [`${file.kind} ${file.identity}`, file])).values()]
}
