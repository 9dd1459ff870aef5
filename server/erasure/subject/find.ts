/** One person's rows, in every store: in the controller's own tables, and in whatever copies there are. */
import { allDatasets, allStores, describedTable, isUnread, ownParts, printPart, wholeUnit, type Dataset, type DatasetTable, type Part } from '#inventory'
import { listHere, personDataset, rowsIn, type LocatedRows, type PersonRecord, type PersonSearcher, type RowRule, type RowSearcher, type RowText, type SearchablePlace, type TraceContext, type Where } from '#trace'
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

export interface FoundPlace extends SubjectPlace { readonly found: readonly SubjectRow[]; readonly table: DatasetTable | undefined; /** Not what stands in it: what it is called. */ readonly byName?: true }

export interface Looked { readonly places: readonly FoundPlace[]; readonly notSearched: readonly NotSearched[] }

/** The table of a dataset whose subject is meant. */
export const subjectKey = (dataset: string, subject: string): string => `${dataset}\n${subject}`

/** Looks for the person in every place of every store. What cannot be read is named. */
export async function lookForPerson(looking: Looking): Promise<Looked> {
  const { context, controller, ownOnly = false } = looking
  const { database } = context.ledger
  const [datasets, stores] = [await allDatasets(database), await allStores(database)]
  const asked = ownOnly ? stores.filter(({ id }) => datasets.some((dataset) => dataset.store === id && dataset.controller === controller)) : stores
  const { places, notRead } = await listHere(context, asked)
  const found: FoundPlace[] = []
  const notSearched: NotSearched[] = notRead.map(({ store, place, because }) => ({ store, place, because, again: true }))
  const names: Named[] = []
  for (const [index, place] of places.entries()) {
    names.push({ place, part: '' })
    context.stopping?.throwIfAborted()
    context.progress?.({ work: 'searching', place: `${place.store.id}: ${place.place}`, done: index, total: places.length, rows: 0 })
    try {
      for await (const part of place.open(wholeUnit)) {
        if (part.name !== '') names.push({ place, part: part.name })
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
  return { places: ownOnly ? found : [...found, ...await namedAfter(looking, names)], notSearched }
}

export interface Named { readonly place: SearchablePlace; readonly part: string }

/** Names that are asked for together: where they hold nothing, none of them does. */
const namesTogether = 256

/** Files, members and tables whose name holds what names the person; of a place whose own name does, it alone. Names are looked at one by one only where so many together hold something. */
export async function namedAfter({ person }: Pick<Looking, 'person'>, names: readonly Named[]): Promise<FoundPlace[]> {
  const how = { delimiter: ',', shape: 'text' } as const
  const searcher = person.in({ kind: 'own' })
  const rulesIn = async (text: string): Promise<RowRule[]> => (await searcher.search(once(text), how)).datasets.map(({ dataset, barBits, singles }) => ({ dataset, barBits, singles }))
  const bears = async (printed: string): Promise<boolean> => {
    const rules = await rulesIn(printed)
    return rules.length > 0 && (await searcher.locate(once(printed), personDataset, rules, how)).matched.ordinals.length > 0
  }
  const found = new Map<string, FoundPlace>()
  for (let from = 0; from < names.length; from += namesTogether) {
    const some = names.slice(from, from + namesTogether)
    if ((await rulesIn(some.map(({ place, part }) => printPart(place.place, part)).join('\n'))).length === 0) continue
    for (const { place, part } of some) {
      const key = `${place.store.id}\n${place.place}`
      if (found.has(key) || !(await bears(printPart(place.place, part)))) continue // its members bear its name
      found.set(key, { store: place.store.id, environment: place.store.environment, place: place.place, part, dataset: null, othersTable: false, byRows: false, table: undefined, rows: 0, unclear: 1, found: [], byName: true })
    }
  }
  return [...found.values()]
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text))
}

interface Opened { readonly place: SearchablePlace; readonly part: Part; readonly datasets: readonly Dataset[] }

/** Whose this part is declared to be. A shared table told apart by a predicate is as a copy is: fingerprints tell whose rows are whose. */
function ownerOf({ place, part, datasets }: Opened, controller: string): { dataset: Dataset; table: DatasetTable } | undefined {
  const owners = datasets.filter((one) => one.store === place.store.id).flatMap((dataset) => {
    const table = dataset.tables.find((one) => {
      const own = describedTable(place.place) === undefined ? ownParts(place.store.kind, one.table, place.of ?? place.place) : undefined
      return own !== undefined && (own === 'all' || own(part.name)) && one.rows === undefined
    })
    return table === undefined ? [] : [{ dataset, table }]
  })
  // Rows of keys bear no names of columns: in its own ones the person is told as in a copy.
  return place.store.kind === 'redis' && owners.some(({ dataset }) => dataset.controller === controller) ? undefined : owners[0]
}

async function lookInPart(looking: Looking, opened: Opened): Promise<FoundPlace | undefined> {
  const { place, part } = opened
  const owner = ownerOf(opened, looking.controller)
  const mine = owner?.dataset.controller === looking.controller
  if (looking.ownOnly === true && !mine) return undefined
  const searcherOf = (columns: readonly string[] | undefined): RowSearcher => looking.person.in(whereOf(looking, mine ? owner : undefined, columns))
  const how = { delimiter: part.delimiter, shape: part.shape }
  const { datasets } = await searcherOf(part.columns).search(part.bytes, how)
  const strict = owner !== undefined && !mine
  const rules = datasets.filter(({ verdict }) => verdict === 'copy').map(({ dataset, barBits, singles }) => ({ dataset, barBits, singles: strict && looking.targets.includes(dataset) ? 0 : singles }))
  if (!rules.some(({ dataset }) => dataset === personDataset)) return undefined
  const own = { store: place.store.id, environment: place.store.environment, place: place.place, part: part.name, dataset: mine ? owner.dataset.id : null, othersTable: strict, table: mine ? owner.table : undefined }
  if (part.shape !== 'rows') {
    const { matched, ambiguous } = await searcherOf(part.columns).locate(again(place, part.name), personDataset, rules, how)
    const unclear = matched.ordinals.length + ambiguous.ordinals.length
    return unclear === 0 ? undefined : { ...own, byRows: false, rows: 0, unclear, found: [] }
  }
  const { found, unclear } = await rowsOf(again(place, part.name), part, (columns, bytes) => searcherOf(columns).locate(bytes, personDataset, rules, how))
  return found.length + unclear === 0 ? undefined : { ...own, byRows: true, rows: found.length, unclear, found }
}

/** Bytes of rows that are looked at together, and held meanwhile. */
const blockBytesMax = 32 * 1024 * 1024

/**
 * The rows of the person, out of the very bytes that they were told by: a table is read in another order each time, and what stood at an offset before may be somebody else's row now. So rows are told
 * block by block, and each block is held until its rows are taken.
 */
async function rowsOf(bytes: AsyncIterable<Uint8Array>, { delimiter, columns }: Part, locate: (columns: readonly string[] | undefined, bytes: AsyncIterable<Uint8Array>) => Promise<LocatedRows>): Promise<{ found: SubjectRow[]; unclear: number }> {
  const found: SubjectRow[] = []
  let [names, known, unclear, held, length] = [columns, columns, 0, [] as RowText[], 0]
  const look = async (): Promise<void> => {
    const texts = held.map((row) => row.text())
    const starts = new Map<number, RowText>()
    let at = 0
    for (const [number, text] of texts.entries()) {
      starts.set(at, held[number]!)
      at += text.length + 1
    }
    const { matched, ambiguous } = await locate(known, linesOf(texts))
    for (const start of matched.starts) found.push({ fields: starts.get(start)?.fields() ?? [], columns: names })
    unclear += ambiguous.ordinals.length
    known = names
    ;[held, length] = [[], 0]
  }
  for await (const row of rowsIn(bytes, delimiter)) {
    if (row.ordinal === 0) names ??= row.fields()
    held.push(row)
    length += row.end - row.start
    if (length >= blockBytesMax) await look()
  }
  if (held.length > 0) await look()
  return { found, unclear }
}

async function* linesOf(texts: readonly Buffer[]): AsyncGenerator<Uint8Array> {
  const many = 4096
  for (let from = 0; from < texts.length; from += many) yield await Promise.resolve(Buffer.concat(texts.slice(from, from + many).flatMap((text) => [text, lineEnd])))
}
const lineEnd = Buffer.from('\n')

function whereOf({ everybody, targets, subjects }: Looking, owner: { dataset: Dataset; table: DatasetTable } | undefined, columns: readonly string[] | undefined): Where {
  if (owner === undefined) return { kind: 'other', everybody, targets }
  const known = subjects.get(subjectKey(owner.dataset.id, owner.table.subject))
  return { kind: 'own', columns, subject: owner.table.subject, ...(known === undefined ? {} : { subjects: known }) }
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
