/** What is kept of the past against the ledger: folded once more, beside it, with the moments at which rows were so, and never committed. */
import { Broken } from '#kit/errors'
import type { Ledger } from '../ledger.ts'
import type { FoldedTable, PastComparison, Rebuilt } from '../rebuild.ts'
import { differenceOf, readAndLetGo, type TableDifference, type Transaction } from '../store.ts'
import * as store from './store.ts'
import { foldPlaces, isGone, NotNow, splitAt, type KeptVersions } from './versions.ts'

/** Entries of which the bytes are looked at in one statement, and those that are folded in a turn. */
const [lookEntries, pageEntries] = [50_000, 250]

export interface ComparingKept extends KeptVersions {
  readonly folded: readonly FoldedTable[]
  /** Told entries that were folded, of how many. */
  readonly progress?: ((done: number, of: number) => void) | undefined
}

/** The statement was ended by whoever drops what is kept, or this came behind one that was. */
const isEnded = (cause: unknown): boolean => ['57014', '25P02'].includes((cause as { readonly code?: string }).code ?? '')

const none = { entries: 0, tables: 0, differences: [] }

/**
 * Folds what was looked through for the kept past into schemas of this transaction, in the same order and up to the same entries, and compares each table. Memory does not grow with entries, but for the numbers of those that wait to be folded. The
 * kept tables are locked only while each is read, and whoever destroys a key meanwhile ends that: it waits for no fold and for no comparison. Throws `Broken` for an entry that was altered or no longer folds.
 */
export async function compareKept(ledger: Ledger, kept: ComparingKept, { tx, live, rebuilt }: Pick<Rebuilt, 'tx' | 'live' | 'rebuilt'>): Promise<PastComparison> {
  const [there, fresh] = [store.schemasBeside(live), { ...store.schemasBeside(rebuilt), live }]
  let waiting = 0
  try {
    const now = await readAndLetGo(tx, async () => (await store.changedSince(tx, there) ? 'meanwhile' : await store.identityOf(tx, there) === undefined ? 'none' : await store.keptNow(tx, there, kept.program) ?? 'another'))
    if (typeof now === 'string') return { notCompared: now, ...none }
    waiting = now.waiting.reduce((sum, { indices }) => sum + indices.length, 0)
    const entries = await foldFresh(ledger, kept, { tx, fresh }, now)
    return { entries, ...await compareTables(kept, { tx, there, fresh }, now) }
  } catch (cause) {
    if (cause instanceof NotNow || isGone(cause) || isEnded(cause)) return { notCompared: 'meanwhile', ...none }
    // All entries fold, as was seen before; what does not is what others build on, which is said to wait.
    if (waiting > 0 && cause instanceof Broken && cause.code === 'ledger/does-not-fold') return { ...none, tables: 1, differences: [{ table: `${there.past}.versions_next`, onlyLive: waiting, onlyRebuilt: 0, shown: [] }] }
    throw cause
  }
}

interface Fresh { readonly tx: Transaction; readonly fresh: store.Schemas }

/** Answers how many entries that was. */
async function foldFresh(ledger: Ledger, kept: ComparingKept, { tx, fresh }: Fresh, now: store.KeptNow): Promise<number> {
  await store.makeVersions(tx, fresh, { ...kept, started: 0 })
  const common = now.sizes.find(({ slot }) => slot === 0)?.size ?? 0
  await lookThroughAll(kept, { tx, fresh }, { common, stretches: now.sizes.map(({ slot, size }) => ({ slot, from: 0, to: size })) })
  let [state, folded]: [Omit<store.FoldedNow, 'places'>, number] = [{ lossy: [], latest: -1, common: 0, unclear: [] }, 0]
  const of = now.state.folded
  for await (const places of store.foldingInOrder(tx, fresh, { common, limit: pageEntries, waiting: now.waiting })) {
    state = await foldPlaces(ledger, kept, { tx, schemas: fresh, state }, places)
    await store.noteState(tx, fresh, { ...state, places: [] })
    folded += places.length
    kept.progress?.(folded, Math.max(of, folded))
  }
  await store.noteFolded(tx, fresh, folded)
  return folded
}

/** No further than what is kept had looked. */
async function lookThroughAll({ recorded }: ComparingKept, { tx, fresh }: Fresh, { common, stretches }: { readonly common: number; readonly stretches: readonly store.Stretch[] }): Promise<void> {
  let left = stretches
  while (left.length > 0) {
    const [now, later] = splitAt(left, lookEntries)
    const until = new Map((await store.lookThrough(tx, fresh, { stretches: now, common, folded: 0, ahead: Number.MAX_SAFE_INTEGER, without: recorded })).looked.map(({ slot, to }) => [slot, to]))
    const stopped = new Set(now.filter(({ slot, to }) => until.get(slot) !== to).map(({ slot }) => slot))
    left = later.filter(({ slot }) => !stopped.has(slot))
  }
}

async function compareTables({ folded }: ComparingKept, { tx, there, fresh }: Fresh & { readonly there: store.Schemas }, { identity }: store.KeptNow): Promise<Pick<PastComparison, 'tables' | 'differences'>> {
  const known = new Map(folded.flatMap((table) => [[table.name, table], [`ended_${table.name}`, table]] as const))
  const [tables, differences] = [await store.tablesKept(tx, fresh), [] as TableDifference[]]
  const compare = async (work: () => Promise<TableDifference | undefined>): Promise<void> => {
    const difference = await readAndLetGo(tx, async () => {
      if (!await store.beginComparing(tx, there)) throw new NotNow('somebody is about to drop it')
      const found = await work()
      // Of a schema that was made after this moment, nothing is seen here.
      if (await store.identityOf(tx, there) !== identity) throw new NotNow('it was made anew')
      return found
    })
    if (difference !== undefined) differences.push({ ...difference, table: `${there.past}.${difference.table}` })
  }
  for (const table of tables) {
    const { name = table, except = [], personal = [] } = known.get(table) ?? {}
    await compare(() => differenceOf(tx, { table, keyOf: name, except, personal, live: there.past, rebuilt: fresh.past }))
  }
  await compare(() => store.differenceOfState(tx, there, fresh))
  return { tables: tables.length + 1, differences }
}
