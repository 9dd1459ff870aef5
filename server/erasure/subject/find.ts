/** One person's rows, in every store: in the controller's own tables, and in whatever copies there are. */
import { allDatasets, allStores, describedTable, isUnread, ownParts, wholeUnit, type Dataset, type DatasetTable, type Part } from '#inventory'
import { listPlaces, rowsIn, scratchIn, type PersonRecord, type PersonSearcher, type RowSearcher, type SearchablePlace, type TraceContext, type Where } from '#trace'
import { Broken } from '#kit/errors'
import type { NotSearched, SubjectPlace } from './types.ts'

export interface Looking {
  readonly context: TraceContext
  readonly controller: string
  readonly person: PersonSearcher
  readonly everybody: RowSearcher
  /** Ids of the controller's fingerprints. */
  readonly targets: readonly string[]
  /** What stands of the person in the columns that count persons, by `subjectKey`. */
  readonly subjects: ReadonlyMap<string, ReadonlySet<string>>
  /** Only the controller's own tables. */
  readonly ownOnly?: boolean
}

/** A row of the person: what stands in it, by position, and what its fields are called where that is known. */
export interface SubjectRow { readonly fields: readonly string[]; readonly columns: readonly string[] | undefined }

export interface FoundPlace extends SubjectPlace { readonly found: readonly SubjectRow[]; readonly table: DatasetTable | undefined }

export interface Looked { readonly places: readonly FoundPlace[]; readonly notSearched: readonly NotSearched[] }

/** The table of a dataset whose subject is meant. */
export const subjectKey = (dataset: string, subject: string): string => `${dataset}\n${subject}`

/** Looks for the person in every place of every store. What cannot be read is named. */
export async function lookForPerson(looking: Looking): Promise<Looked> {
  const { context, controller, ownOnly = false } = looking
  const { database } = context.ledger
  const [datasets, stores] = [await allDatasets(database), await allStores(database)]
  const asked = ownOnly ? stores.filter(({ id }) => datasets.some((dataset) => dataset.store === id && dataset.controller === controller)) : stores
  const { places, notRead } = await listPlaces(asked, context.references, { scratch: scratchIn(context.directory) })
  const found: FoundPlace[] = []
  const notSearched: NotSearched[] = notRead.map(({ store, place, because }) => ({ store, place, because, again: true }))
  for (const [index, place] of places.entries()) {
    context.stopping?.throwIfAborted()
    context.progress?.({ work: 'searching', place: `${place.store.id}: ${place.place}`, done: index, total: places.length, rows: 0 })
    try {
      for await (const part of place.open(wholeUnit)) {
        if (isUnread(part)) { notSearched.push({ store: place.store.id, place: place.place, because: part.because }); continue }
        const one = await lookInPart(looking, { place, part, datasets })
        if (one !== undefined) found.push(one)
        else if (part.partly().length > 0) notSearched.push({ store: place.store.id, place: place.place, because: `only partly searched: ${part.partly().join('; ')}` })
      }
    } catch (cause) {
      if (!(cause instanceof Broken)) throw cause
      notSearched.push({ store: place.store.id, place: place.place, because: cause.message, again: true })
    }
  }
  return { places: found, notSearched }
}

interface Opened { readonly place: SearchablePlace; readonly part: Part; readonly datasets: readonly Dataset[] }

/** Whose this part is declared to be. A shared table told apart by a predicate is as a copy is: fingerprints tell whose rows are whose. */
function ownerOf({ place, part, datasets }: Opened): { dataset: Dataset; table: DatasetTable } | undefined {
  for (const dataset of datasets.filter((one) => one.store === place.store.id)) {
    const table = dataset.tables.find((one) => {
      const own = describedTable(place.place) === undefined ? ownParts(place.store.kind, one.table, place.of ?? place.place) : undefined
      return own !== undefined && (own === 'all' || own(part.name)) && one.rows === undefined
    })
    if (table !== undefined) return { dataset, table }
  }
  return undefined
}

async function lookInPart(looking: Looking, opened: Opened): Promise<FoundPlace | undefined> {
  const { place, part } = opened
  const owner = ownerOf(opened)
  const mine = owner?.dataset.controller === looking.controller
  if (looking.ownOnly === true && !mine) return undefined
  const searcher = looking.person.in(whereOf(looking, mine ? owner : undefined, part))
  const how = { delimiter: part.delimiter, shape: part.shape }
  const { datasets } = await searcher.search(part.bytes, how)
  const strict = owner !== undefined && !mine
  const rules = datasets.filter(({ verdict }) => verdict === 'copy').map(({ dataset, barBits, singles }) => ({ dataset, barBits, singles: strict && looking.targets.includes(dataset) ? 0 : singles }))
  if (!rules.some(({ dataset }) => dataset === 'person')) return undefined
  const { matched, ambiguous } = await searcher.locate(again(place, part.name), 'person', rules, how)
  if (matched.ordinals.length + ambiguous.ordinals.length === 0) return undefined
  const byRows = part.shape === 'rows'
  const own = { store: place.store.id, environment: place.store.environment, place: place.place, part: part.name, dataset: mine ? owner.dataset.id : null, othersTable: strict, byRows, table: mine ? owner.table : undefined }
  if (!byRows) return { ...own, rows: 0, unclear: matched.ordinals.length + ambiguous.ordinals.length, found: [] }
  return { ...own, rows: matched.ordinals.length, unclear: ambiguous.ordinals.length, found: await rowsAt(again(place, part.name), matched.starts, part) }
}

function whereOf({ everybody, targets, subjects }: Looking, owner: { dataset: Dataset; table: DatasetTable } | undefined, part: Part): Where {
  if (owner === undefined) return { kind: 'other', everybody, targets }
  const known = subjects.get(subjectKey(owner.dataset.id, owner.table.subject))
  return { kind: 'own', columns: part.columns, subject: owner.table.subject, ...(known === undefined ? {} : { subjects: known }) }
}

/** The bytes of a part once more. */
async function* again(place: SearchablePlace, name: string): AsyncGenerator<Uint8Array> {
  for await (const part of place.open(wholeUnit)) {
    if (part.name !== name || isUnread(part)) continue
    yield* part.bytes
    return
  }
  throw new Broken('erasure/part-changed', 'a place changed while it was searched; begin again')
}

async function rowsAt(bytes: AsyncIterable<Uint8Array>, starts: Float64Array, { delimiter, columns }: Part): Promise<SubjectRow[]> {
  const wanted = new Set(starts)
  const rows: SubjectRow[] = []
  let names: readonly string[] | undefined = columns
  for await (const row of rowsIn(bytes, delimiter)) {
    if (row.ordinal === 0) names ??= row.fields()
    if (wanted.has(row.start)) rows.push({ fields: row.fields(), columns: names })
  }
  return rows
}

/** What rows of the controller's own tables tell of the person: values of columns that identify, and of those that count persons. */
export function recordsOf(places: readonly FoundPlace[]): { records: PersonRecord[]; subjects: Map<string, Set<string>> } {
  const records: PersonRecord[] = []
  const subjects = new Map<string, Set<string>>()
  for (const { table, dataset, found } of places) {
    if (table === undefined || dataset === null) continue
    for (const { fields, columns = [] } of found) {
      const value = (name: string): string => fields[columns.indexOf(name)] ?? ''
      const names = Object.entries(table.columns).filter(([name, { identifies }]) => identifies === true && value(name) !== '' && value(name) !== '\\N').map(([name]) => name)
      if (names.length > 0) records.push(Object.fromEntries(names.map((name) => [name, value(name)])))
      const key = subjectKey(dataset, table.subject)
      if (value(table.subject) !== '') subjects.set(key, (subjects.get(key) ?? new Set()).add(value(table.subject)))
    }
  }
  return { records, subjects }
}
