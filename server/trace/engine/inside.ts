/** The search of a whole engine for some datasets: every table that it lists, and what was and was not compared. It tells columns, not records, and opens no finding. */
import { allDatasets, allStores, openAsking, resolveReference, type Dataset, type StoreKind } from '#inventory'
import type { Json } from '#ledger'
import { Broken, Misuse } from '#kit/errors'
import type { Instant } from '#kit/time'
import { epochKeyId, tokenKeyOf, type TraceContext } from '../fingerprints.ts'
import { shownIn } from '../names.ts'
import { currentEpoch } from '../store.ts'
import { createOwnership, type Ownership } from '../sweep/owners.ts'
import { openClickHouse } from './adapter/clickhouse.ts'
import { openDuckDb } from './adapter/duckdb.ts'
import { engineOfClickHouse, engineOfDuckDb, engineOfPostgres } from './adapter/engines.ts'
import { askedOf } from './asked.ts'
import { knownDigests, searchTable, type Engine, type EngineColumn, type KnownDigests, type ListedTable } from './engine.ts'
import { searchKey } from './form.ts'

/** What is searched: a declared PostgreSQL store; a file that DuckDB reads; a ClickHouse server, by a reference to its URL. */
export type Inside = { readonly store: string } | { readonly duckdb: string } | { readonly clickhouse: string }

export interface AskingOptions {
  readonly datasets: readonly string[]
  readonly inside: Inside
  /** So many bytes that nobody can foresee. */
  readonly random: (bytes: number) => Uint8Array
  /** Of DuckDB. */
  readonly threads: number
}

/**
 * What a table says of one dataset. `copy`: a column holds more of its values than chance gives, where nobody declared it. `own`: it is declared as the
 * dataset's controller's. `another`: it is declared as another controller's, and whether whole records agree, only a sweep tells.
 */
export interface AskedVerdict { readonly dataset: string; readonly controller: string; readonly verdict: 'copy' | 'own' | 'another' }

export interface AskedPlace {
  readonly place: string
  readonly columns: readonly EngineColumn[]
  /** Columns that were not asked about, and why. */
  readonly others: ListedTable['others']
  /** Datasets that are there; none: nothing told from chance. */
  readonly verdicts: readonly AskedVerdict[]
}

export interface InsideReport {
  /** Declared, or the kind of the engine. */
  readonly engine: string
  readonly places: readonly AskedPlace[]
  readonly notRead: readonly { readonly place: string; readonly because: string }[]
  /** Of each column that was looked for: different values that were compared, and values that were not. */
  readonly asked: readonly { readonly dataset: string; readonly column: string; readonly alone: boolean; readonly compared: number; readonly notCompared: number }[]
  /** What of the datasets could not be read. */
  readonly partly: readonly string[]
}

/**
 * Searches, and records in the log of each controller whose dataset was looked for that it was, where, and what counts came of it. Throws `Misuse` and `Broken` as `askedOf` does, and when
 * the engine cannot be opened or lists nothing that can be asked: a search of nothing is no clean result.
 */
export async function searchInside(context: TraceContext, at: Instant, { datasets, inside, random, threads }: AskingOptions): Promise<InsideReport> {
  const { database, keys } = context.ledger
  const open = await openerOf(context, inside, threads)
  const asked = await askedOf(context, datasets)
  const epochKey = tokenKeyOf(keys, epochKeyId(await currentEpoch(database)))
  const known = await knownDigests(asked.columns, asked.rows(), searchKey(epochKey, random(16)))
  const engine = await open.engine(known)
  const ownership = createOwnership(await allDatasets(database), () => open.kind)
  const report = await searchAll(context, engine, { known, datasets: asked.datasets, ownersOf: ({ place, of }) => (open.store === undefined ? [] : ownersAt(ownership, open.store, [place, of])) })
    .finally(() => engine.close().catch(() => undefined)) // what was found holds, whatever becomes of the session
  const shown = await shownIn(context, report)
  const whole = {
    ...shown, engine: open.store ?? open.name, partly: asked.partly,
    asked: known.columns.map(({ dataset, column, alone }, number) => ({ dataset, column, alone, compared: known.compared[number] ?? 0, notCompared: known.notCompared[number] ?? 0 })),
  }
  await record(context, whole, asked.datasets, at)
  return whole
}

interface Opener {
  readonly name: string
  readonly store?: string
  readonly kind?: StoreKind
  readonly engine: (known: KnownDigests) => Promise<Engine>
}

async function openerOf({ ledger, references }: TraceContext, inside: Inside, threads: number): Promise<Opener> {
  if ('duckdb' in inside) {
    const file = await openDuckDb(inside.duckdb, threads)
    return { name: 'duckdb', engine: async (known) => closingToo(await engineOfDuckDb(file.connection, known, file.catalogue), file.close) }
  }
  if ('clickhouse' in inside) {
    const url = resolveReference(inside.clickhouse, references)
    if (url === undefined) throw new Misuse(`${inside.clickhouse} is not set; --clickhouse takes env:NAME or file:PATH, where the URL of the server stands`)
    const server = openClickHouse(url)
    await server.run('select 1').catch((cause: unknown) => { throw cause instanceof Broken ? cause : new Broken('trace/engine-unreachable', 'the ClickHouse server answered a first question with an error: look at its URL, and at what this account may set', { cause }) })
    return { name: 'clickhouse', engine: (known) => engineOfClickHouse(server, known) }
  }
  const store = (await allStores(ledger.database)).find(({ id }) => id === inside.store)
  if (store === undefined) throw new Misuse(`no store ${JSON.stringify(inside.store)} is declared; bailee.yaml names them under stores`)
  if (store.kind !== 'postgres') throw new Misuse(`store ${store.id} is of kind ${store.kind}: inside a declared store only PostgreSQL is searched. bailee trace sweep --store ${store.id} reads it`)
  const url = store.declared.sweep_url === undefined ? undefined : resolveReference(store.declared.sweep_url, references)
  if (url === undefined) throw new Misuse(`store ${store.id} has no sweep_url that is set`)
  return { name: 'postgres', store: store.id, kind: store.kind, engine: async (known) => engineOfPostgres(await openAsking(url), known) }
}

const closingToo = (engine: Engine, also: () => void): Engine => ({ ...engine, close: () => engine.close().finally(also) })

const ownersAt = (ownership: Ownership, store: string, places: readonly (string | undefined)[]): string[] =>
  places.flatMap((place) => (place === undefined ? [] : ownership.of(store, place))).map(({ controller }) => controller)

interface Searching { readonly known: KnownDigests; readonly datasets: readonly Dataset[]; readonly ownersOf: (table: ListedTable) => readonly string[] }

/** A table that refuses is named, and the others are searched. */
async function searchAll({ progress }: TraceContext, engine: Engine, { known, datasets, ownersOf }: Searching): Promise<Pick<InsideReport, 'places' | 'notRead'>> {
  const listing = await engine.tables()
  const places: AskedPlace[] = []
  const notRead = [...listing.notRead]
  let rows = 0
  for (const [done, table] of listing.tables.entries()) {
    progress?.({ work: 'asking', place: table.place, done, total: listing.tables.length, rows })
    if (table.columns.length === 0) {
      notRead.push({ place: table.place, because: table.others.length === 0 ? 'it has no columns' : `none of its ${table.others.length} columns is compared: ${table.others[0]?.because ?? ''}` })
      continue
    }
    const columns = await searchTable(engine, table, known).catch((cause: unknown) => {
      if (!(cause instanceof Broken)) throw cause
      notRead.push({ place: table.place, because: cause.message })
      return undefined
    })
    if (columns === undefined) continue
    rows += columns[0]?.rows ?? 0
    places.push({ place: table.place, columns, others: table.others, verdicts: verdictsOf(columns, datasets, ownersOf(table)) })
  }
  if (places.length === 0) throw new Broken('trace/nothing-asked', `not one table could be asked about: ${notRead[0] === undefined ? 'there is none' : `${notRead.length} are not, the first because: ${notRead[0].because}`}`)
  return { places, notRead }
}

function verdictsOf(columns: readonly EngineColumn[], datasets: readonly Dataset[], owners: readonly string[]): AskedVerdict[] {
  const significant = new Set(columns.flatMap(({ matches }) => matches.filter((match) => match.significant).map((match) => match.dataset)))
  return datasets.filter(({ id }) => significant.has(id)).map(({ id, controller }) => ({
    dataset: id, controller, verdict: owners.includes(controller) ? 'own' : owners.length > 0 ? 'another' : 'copy',
  }))
}

/** What each controller's log holds: its own datasets, and of other people's nothing but how many tables there are. */
async function record({ ledger }: TraceContext, report: InsideReport, datasets: readonly Dataset[], at: Instant): Promise<void> {
  for (const [slot, own] of Map.groupBy(datasets, (dataset) => dataset.slot)) {
    const ids = own.map(({ id }) => id)
    const copies = report.places.flatMap(({ place, columns, verdicts }) => verdicts.filter(({ dataset, verdict }) => ids.includes(dataset) && verdict !== 'own').map(({ dataset, verdict }) => ({
      place, dataset, verdict, columns: columns.flatMap(({ name, matches }) => matches.filter((match) => match.dataset === dataset).map((match) => ({ name, column: match.column, distinct: match.distinct, values: match.values, significant: match.significant }))),
    })))
    const asked = report.asked.filter(({ dataset }) => ids.includes(dataset))
    const evidence = { engine: report.engine, datasets: ids, asked, tables: report.places.length, not_read: report.notRead.length, copies }
    await ledger.append([{ slot, type: 'trace.asked', at, parts: { evidence: evidence as unknown as Json } }])
  }
}
