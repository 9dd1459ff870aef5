import { basename } from 'node:path'
import { describedTable, isFileKind, ownParts, parsePart, parsePlace, printPart, sameBytesAs, type Dataset, type DerivedDataset, type Store, type StoreKind } from '#inventory'
import type { GovernedPlace, Match, StoreCoverage } from '#trace'
import type { Obstacle, Plan, PlanItem } from './types.ts'

/** What a plan is made from: the live declarations, and a fresh search. */
export interface Planning {
  readonly controller: string
  readonly round: number
  readonly datasets: readonly Dataset[]
  /** What was derived and is there. */
  readonly derived?: readonly DerivedDataset[]
  readonly stores: readonly Store[]
  readonly matches: readonly Match[]
  readonly coverage: readonly StoreCoverage[]
  /** Places erased before in whose files deleted rows still stand. */
  readonly held?: readonly { readonly store: string; readonly place: string }[]
  /** Places that hold copies of the controller's governed copies. */
  readonly governed?: readonly GovernedPlace[]
}

/**
 * The plan of an erasure, made by searching and never from memory; pure. Every table of the controller's datasets and every derived dataset is on it, found or not, and every
 * other place where its records were found. What cannot be reached is an obstacle.
 */
export function planErasure(planning: Planning): Plan {
  const mine = planning.matches.filter((match) => match.controller === planning.controller)
  const own = [...datasetItems(planning, mine), ...derivedItems(planning, mine)]
  // What the statistics of a table keep goes when that table is erased, own or found, and is searched for again after it.
  const copies = mine.filter((match) => {
    const described = describedTable(match.place)
    const isOf = ({ store, place }: { readonly store: string; readonly place: string }): boolean => store === match.store && place === (described ?? match.place)
    return !own.some(isOf) && (described === undefined || !mine.some(isOf))
  })
  const found = [...own, ...copies.flatMap((match) => foundItems(planning, match))]
  const items = [...found, ...governedItems(planning, found), ...heldItems(planning).filter((item) => !found.some(({ store, place }) => store === item.store && place === item.place))]
  const blocked: Obstacle[] = []
  const reachable = items.filter((item) => {
    const because = obstacle(item, planning.stores.find((store) => store.id === item.store))
    if (because !== undefined) blocked.push({ store: item.store, place: item.place, because })
    return because === undefined
  })
  return { round: planning.round, items: reachable.map((item, index) => ({ ...item, number: index + 1 })), blocked, coverage: planning.coverage }
}

/** Kinds of stores of which a place is one file or object. */
const goesWhole = (kind: StoreKind | undefined): boolean => kind === 'files' || kind === 's3'

/** `because`: why it cannot be erased, where that shows already. */
type Item = Omit<PlanItem, 'number'> & { readonly because?: string }

function datasetItems(planning: Planning, mine: readonly Match[]): Item[] {
  return planning.datasets.filter((dataset) => dataset.controller === planning.controller).flatMap((dataset) => {
    const store = planning.stores.find((one) => one.id === dataset.store)
    return dataset.tables.flatMap((table): Item[] => {
      const itemOf = (place: string, found: Match | undefined): Item => ({
        store: dataset.store, environment: store?.environment ?? '', place, what: 'dataset', records: found?.records ?? 0, rows: found?.rows ?? 0,
        method: goesWhole(store?.kind) ? 'unlink' : table.rows === undefined ? 'truncate' : 'delete rows', ...(table.rows === undefined ? {} : { predicate: table.rows }),
      })
      if (store?.kind === 'redis') return [{ ...itemOf(table.table, undefined), ...heldInTable(mine, store.id, parsePart(table.table).name, parsePart(table.table).path) }]
      if (store?.kind === 'sqlite') return [{ ...itemOf(printPart(basename(store.declared.path ?? ''), table.table), undefined), ...heldInTable(mine, store.id, table.table) }]
      const at = mine.filter((match) => match.store === dataset.store && ownParts(store?.kind ?? 'postgres', table.table, match.place) !== undefined)
      const { path } = parsePart(table.table)
      if (store === undefined || !isFileKind(store.kind)) return [itemOf(table.table, at[0])]
      return path.endsWith('/') || at.length > 0 ? [...new Set(at.map(({ place }) => place))].map((place) => itemOf(place, at.find((match) => match.place === place))) : [itemOf(path, undefined)]
    })
  })
}

/** What sessions derived, which may hold nobody's values any more and is the controller's all the same. */
function derivedItems({ controller, derived = [], stores }: Planning, mine: readonly Match[]): Item[] {
  return derived.filter((one) => one.controller === controller).map((one) => {
    const found = mine.find((match) => match.derived?.id === one.id)
    return {
      store: one.store, environment: stores.find(({ id }) => id === one.store)?.environment ?? '', place: found?.place ?? one.place, what: 'derived dataset', records: found?.records ?? 0, rows: found?.rows ?? 0, method: 'drop', derived: one.id,
    }
  })
}

/** Copies of governed copies: rows that bear their tokens, after what fingerprints find there. What goes whole takes them along, and statistics go with their table. */
function governedItems({ governed = [], stores }: Planning, found: readonly Item[]): Item[] {
  const items = governed.flatMap(({ store, environment, place, copies, parts }) => {
    const kind = stores.find(({ id }) => id === store)?.kind
    const itemOf = (at: string, told: GovernedPlace['copies'], more: Partial<Item> = {}): Item => ({
      store, environment, place: at, what: 'found copy', records: told.reduce((sum, { people }) => sum + people, 0), rows: 0, method: goesWhole(kind) ? 'unlink' : 'delete found rows', copies: copies.map(({ copy }) => copy), ...more,
    })
    if (kind !== 'sqlite' && (kind !== 'redis' || parts.length === 0)) return [itemOf(place, copies)]
    return parts.map(({ name, copies: told }) => itemOf(printPart(place, name), told, sameBytesAs(name) === undefined ? {} : { method: 'rewrite' }))
  })
  const goes = (store: string, place: string): boolean => [...found.filter(({ method }) => method === 'truncate' || method === 'drop'), ...items].some((item) => item.store === store && item.place === place)
  return items.filter(({ store, place }) => !found.some((item) => item.store === store && item.place === place && (item.method === 'truncate' || item.method === 'drop')) && !(describedTable(place) !== undefined && goes(store, describedTable(place) ?? '')))
}

/** Nothing is found there any more, and erasing nothing rewrites the table. */
function heldItems({ held = [], stores }: Planning): Item[] {
  return held.map(({ store, place }) => ({ store, environment: stores.find(({ id }) => id === store)?.environment ?? '', place, what: 'found copy', records: 0, rows: 0, method: 'delete found rows' }))
}

/** Of matches in an SQLite file, or in a logical database of Redis (`at`), who was found in one of its tables. */
function heldInTable(matches: readonly Match[], store: string, table: string, at?: string): { records: number; rows: number } {
  const found = matches.filter((match) => match.store === store && (at ?? match.place) === match.place).flatMap((match) => heldInParts(match).filter(({ name }) => name === table))
  return { records: Math.max(0, ...found.map(({ records }) => records)), rows: Math.max(0, ...found.map(({ rows }) => rows)) }
}

/** The parts of a place that hold the controller's records, each with what it holds. */
function heldInParts({ parts, results }: Match): { name: string; kind: string; records: number; rows: number }[] {
  return parts.flatMap((part) => {
    const held = part.results.filter(({ dataset, rows }) => rows > 0 && results.some((result) => result.dataset === dataset))
    return held.length === 0 ? [] : [{ name: part.name, kind: part.kind, records: Math.max(...held.map(({ records }) => records)), rows: Math.max(...held.map(({ rows }) => rows)) }]
  })
}

/** Keys of a logical database of Redis that are no declared table, and those of each table that is another's; what is a controller's own is on the plan already. */
function foundInKeys(planning: Planning, match: Match): Item[] {
  const declared = planning.datasets.filter((dataset) => dataset.store === match.store).flatMap(({ controller, tables }) => tables.map(({ table }) => ({ controller, ...parsePart(table) }))).filter(({ path }) => path === match.place)
  const parts = heldInParts(match)
  if (declared.length === 0 || parts.length === 0) return [foundItem(planning, match)]
  const itemOf = (place: string, held: typeof parts, more: Partial<Item> = {}): Item[] => (held.length === 0 ? [] : [{
    store: match.store, environment: match.environment, place, what: 'found copy', records: Math.max(...held.map(({ records }) => records)), rows: held.reduce((sum, { rows }) => sum + rows, 0), method: 'delete found rows', ...more,
  }])
  const others = [...new Set(declared.filter(({ controller }) => controller !== planning.controller).map(({ name }) => name))]
  return [
    ...itemOf(match.place, parts.filter((part) => !declared.some(({ name }) => name === part.name))),
    ...others.flatMap((name) => itemOf(printPart(match.place, name), parts.filter((part) => part.name === name), { othersTable: true })),
  ]
}

/** Of an SQLite file its tables, one by one: what is a controller's own there is on the plan already. */
function foundItems(planning: Planning, match: Match): Item[] {
  const store = planning.stores.find(({ id }) => id === match.store)
  if (store?.kind === 'redis') return foundInKeys(planning, match)
  if (store?.kind !== 'sqlite') return [foundItem(planning, match)]
  const tables = planning.datasets.filter((dataset) => dataset.store === match.store).flatMap(({ controller, tables: declared }) => declared.map(({ table }) => ({ controller, table })))
  return heldInParts(match).filter(({ name }) => !tables.some(({ controller, table }) => controller === planning.controller && table === name)).map(({ name, kind, records, rows }) => ({
    store: match.store, environment: match.environment, place: printPart(match.place, name), what: 'found copy', records, rows, method: sameBytesAs(name) === undefined ? 'delete found rows' : 'rewrite',
    ...(tables.some(({ controller, table }) => controller !== planning.controller && table === name) ? { othersTable: true } : {}),
    ...(sameBytesAs(name) !== undefined || /^(shadow |virtual )?table /.test(kind) ? {} : { because: `they stand in ${kind}, not in rows of a table: take them away there` }),
  }))
}

function foundItem(planning: Planning, match: Match): Item {
  const kind = planning.stores.find((store) => store.id === match.store)?.kind ?? 'postgres'
  const others = planning.datasets.some((dataset) => dataset.controller !== planning.controller && dataset.store === match.store && dataset.tables.some((table) => ownParts(kind, table.table, match.place) !== undefined))
  return {
    store: match.store, environment: match.environment, place: match.place, what: 'found copy', records: match.records, rows: match.rows, method: goesWhole(kind) ? 'unlink' : 'delete found rows',
    ...(others ? { othersTable: true } : {}),
  }
}

function obstacle(item: Item, store: Store | undefined): string | undefined {
  if (store === undefined) return 'its store is not declared any more'
  if (item.because !== undefined) return item.because
  if (store.kind === 'files') return undefined
  if (store.kind === 's3') return store.declared.erase_access_key === undefined || store.declared.erase_secret_key === undefined ? 'its store has no erase_access_key and erase_secret_key: Bailee has no account that may erase there' : undefined
  if (store.kind === 'sqlite') return item.predicate === undefined ? undefined : `rows of a shared table are told apart by a predicate in PostgreSQL only`
  if (store.declared.erase_url === undefined) return 'its store has no erase_url: Bailee has no account that may erase there'
  if (store.kind === 'redis') return item.predicate === undefined ? undefined : 'rows of a shared table are told apart by a predicate in PostgreSQL only'
  const place = parsePlace(item.place)
  if (store.kind === 'mysql') return obstacleInMysql(item, place?.schema)
  const statistics = describedTable(item.place)
  if (statistics !== undefined) return `the planner's statistics of ${statistics} keep values: they go when that table is erased, or analysed with other rows in it`
  if (place === undefined || place.schema === 'pg_catalog') return 'it is no table whose rows Bailee can delete: take it away there'
  return place.database === undefined ? undefined : 'it lies in a database that is not declared as a store'
}

function obstacleInMysql(item: Item, database: string | undefined): string | undefined {
  if (item.predicate !== undefined) return 'rows of a shared table are told apart by a predicate in PostgreSQL only'
  if (item.place === 'mysql.column_stats') return 'statistics of tables keep values: they go when those tables are erased; run the erasure again when they are'
  return database === undefined || ['mysql', 'information_schema', 'performance_schema', 'sys'].includes(database.toLowerCase()) ? 'it is no table whose rows Bailee can delete: take it away there' : undefined
}
