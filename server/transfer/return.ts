/** The way back: everything of a controller, to itself or to whom it names, encrypted to a key that it named (Art. 28(3)(g)), in formats that anybody reads. */
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { allDatasets, allDerived, allStores, isFileKind, type Dataset, type DatasetTable, type DerivedDataset, type Store } from '#inventory'
import { standings } from '#people'
import type { Draft, Json } from '#ledger'
import { Broken, Misuse, Refused } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import { formatInstant, type Instant } from '#kit/time'
import { sourceOf, type TableShape } from './adapter/index.ts'
import { agreedReturn, type Agreed } from './back/agreed.ts'
import { draftIn, finish, manifestHash, wholeIn, writeDraft, type Manifest, type Wanted } from './back/folder.ts'
import { writeReturned } from './back/table.ts'
import type { TransferContext } from './context.ts'
import { sealFile } from './sealed.ts'
import { allReturns, aloneWith } from './store.ts'
import type { DataReturn, ReturnFormat } from './types.ts'

export const returnFormats: readonly ReturnFormat[] = ['csv', 'parquet']

export interface ReturnRequest {
  /** Of which all data go back at its end; or that of the instruction. */
  readonly contract?: string | undefined
  /** Under which some go back while it runs. */
  readonly instruction?: string | undefined
  /** Which one, where the instruction names several. */
  readonly purpose?: string | undefined
  readonly person: string
  /** A folder: new, empty, or one in which the same return was begun. */
  readonly to: string
  readonly formats: readonly ReturnFormat[]
  /** Datasets that do not go along; the manifest and the log say which. */
  readonly without?: readonly string[] | undefined
}

/** Something that goes back: a dataset as declared, or what was derived from some. */
interface Item { readonly dataset: Pick<Dataset, 'id' | 'store' | 'tables'>; readonly derived?: DerivedDataset }

/**
 * Writes every declared table of the controller whose contract is over and what was derived from its data, or what an instruction names while the contract runs, as CSV and Parquet, each file encrypted to the key that a signatory
 * named; recorded when begun and when whole. Safe to do again, and goes on where it was interrupted: a dataset that is there as it was written is not written again, any other anew, as of one moment where its kind of store has such a thing.
 * Throws `Refused` when the choice is not to return or send on, no key was named, erasing has begun, or the folder holds something else; what stands against one dataset keeps no other from going, and is told at the end.
 */
export async function returnData(context: TransferContext, request: ReturnRequest, at: Instant): Promise<DataReturn> {
  const { ledger } = context
  const known = (await standings(ledger.database)).get(request.person)
  if (known === undefined || known.person.leftAt !== undefined) throw new Misuse(`nobody with id ${request.person} is declared`)
  const agreed = await agreedReturn(context, request, at)
  // Two at once would each take the other's files for what was there.
  return aloneWith(ledger.database, `the return into ${resolve(request.to)}`, () => returnInto(context, { request, agreed }, at))
}

async function returnInto(context: TransferContext, { request, agreed }: { readonly request: ReturnRequest; readonly agreed: Agreed }, at: Instant): Promise<DataReturn> {
  const without = request.without ?? []
  const wanted: Wanted = { contract: agreed.contract, controller: agreed.controller, to: agreed.to, recipient: agreed.recipient, ...(agreed.instruction === undefined ? {} : { instruction: agreed.instruction }), formats: request.formats, without }
  const whole = await wholeIn(request.to, wanted)
  if (whole !== undefined) return recordReturned(context, whole, request.to, at)
  await agreed.mayRead()
  const items = await itemsOf(context, agreed)
  for (const id of without) if (items.every(({ dataset }) => dataset.id !== id)) throw new Misuse(`nothing that would go back is called ${JSON.stringify(id)}: ${items.map(({ dataset }) => dataset.id).join(', ')}`)
  const draft = await draftIn(request.to, wanted, at)
  failpoint('return/drafted')
  await recordBegun(context, { manifest: draft, agreed, person: request.person }, at)
  const manifest = await writeItems(context, { request, manifest: draft, items: items.filter(({ dataset }) => !without.includes(dataset.id)), columnsOf: agreed.columnsOf }, at)
  await agreed.mayRead() // still, after the time that it took
  await finish(request.to, manifest)
  failpoint('return/whole')
  return recordReturned(context, manifest, request.to, at)
}

/** Declared datasets in their order, and behind them what was derived. Copies are none: what they were made of goes. */
async function itemsOf({ ledger: { database } }: TransferContext, { controller, datasets, withDerived }: Agreed): Promise<Item[]> {
  const declared = (await allDatasets(database)).filter((one) => one.controller === controller && (datasets?.includes(one.id) ?? true))
  if (declared.length === 0) throw new Refused('transfer/nothing-to-return', `${controller} has no dataset that is declared`)
  const derived = withDerived ? (await allDerived(database)).filter((one) => one.controller === controller && one.droppedAt === null && one.by !== 'transfer') : []
  return [
    ...declared.map((dataset) => ({ dataset })),
    ...derived.map((one): Item => ({ derived: one, dataset: { id: one.id, store: one.store, tables: [{ table: one.place, subject: '', columns: Object.fromEntries(one.columns.map((name) => [name, { category: '' }])) }] } })),
  ]
}

interface Begun { readonly manifest: Manifest; readonly agreed: Agreed; readonly person: string }

/** Recorded before anything is read. */
async function recordBegun({ ledger }: TransferContext, { manifest, agreed, person }: Begun, at: Instant): Promise<void> {
  const { slot, controller, contract, choice, to, recipient, instruction, decided } = agreed
  const drafts: Draft[] = decided.map((evidence) => ({ slot, type: 'decision.allowed', at, parts: { evidence } }))
  const known = (await allReturns(ledger.database)).some(({ id }) => id === manifest.return)
  if (!known) drafts.push({ slot, type: 'transfer.return_begun', at, parts: { evidence: { id: manifest.return, controller, contract, choice, to, recipient, person, formats: [...manifest.formats], without: [...manifest.without], ...(instruction === undefined ? {} : { instruction }) } } })
  if (drafts.length > 0) await ledger.append(drafts)
}

interface Writing { readonly request: ReturnRequest; readonly manifest: Manifest; readonly items: readonly Item[]; readonly columnsOf: Agreed['columnsOf'] }

/** Writes what is not whole yet, and looks at the columns of all. */
async function writeItems(context: TransferContext, { request, manifest: begun, items, columnsOf }: Writing, at: Instant): Promise<Manifest> {
  let manifest = begun
  const failed: { readonly id: string; readonly cause: Error }[] = []
  for (const item of items) {
    try {
      manifest = await writeItem(context, { request, manifest, item, columnsOf }, at)
    } catch (cause) {
      if (!(cause instanceof Refused || cause instanceof Misuse || cause instanceof Broken)) throw cause
      failed.push({ id: item.dataset.id, cause })
    }
  }
  if (failed.length === 0) return manifest
  const told = [`${failed.length} of ${items.length} datasets did not go back; the others are in ${request.to}, and the same command goes on. One that cannot go so is left out with --without, which the manifest says:`, ...failed.map(({ id, cause }) => `  ${id}: ${cause.message}`)].join('\n')
  throw failed.some(({ cause }) => cause instanceof Broken) ? new Broken('transfer/not-all-returned', told, { cause: failed[0]?.cause }) : new Refused('transfer/not-all-returned', told)
}

async function writeItem(context: TransferContext, { request, manifest: before, item, columnsOf }: Omit<Writing, 'items'> & { readonly item: Item }, at: Instant): Promise<Manifest> {
  const { dataset, derived } = item
  const store = (await allStores(context.ledger.database)).find(({ id }) => id === dataset.store)
  if (store === undefined) throw new Broken('transfer/no-store', `store ${dataset.store} of ${dataset.id} is not declared any more`)
  const source = await sourceOf(store, context)
  const { tables: shapes } = await source.shapes(dataset.tables)
  const wanted = dataset.tables.map((table, index) => ({ table, number: index + 1, shape: shapeOf(item, table, { shape: shapes.get(table.table), columns: columnsOf(dataset.id) }) })).filter(({ shape }) => shape.columns.length > 0)
  if (before.tables.filter((one) => one.dataset === dataset.id).length === wanted.length) return before
  // What is there of it is of another moment.
  let manifest: Manifest = { ...before, tables: before.tables.filter((one) => one.dataset !== dataset.id) }
  const moment = await source.open()
  try {
    if (hidesNames(store)) await sealFile(join(await folderOf(request.to, dataset.id), 'names.json.age'), { recipient: manifest.recipient, bytes: namesOf(dataset.tables) })
    for (const { table, number, shape } of wanted) {
      const returned = await writeReturned({ folder: request.to, recipient: manifest.recipient, formats: request.formats, scratch: context.scratch, copied: context.copied }, { moment, table, shape, name: `${dataset.id}/${number}` })
      manifest = { ...manifest, tables: [...manifest.tables, { dataset: dataset.id, table: hidesNames(store) ? `${dataset.id}/${number}` : table.table, subject: table.subject, primaryKey: shape.primaryKey, read: formatInstant(at), ...(derived === undefined ? {} : { derivedFrom: derived.from }), ...returned }] }
      await writeDraft(request.to, manifest)
      failpoint('return/table')
    }
  } finally {
    await moment.close()
  }
  return manifest
}

/** What of a table goes back. What nobody declared would be left out, and then erased. */
function shapeOf({ dataset: { id }, derived }: Item, { table, columns }: DatasetTable, { shape, columns: named }: { readonly shape: TableShape | undefined; readonly columns: readonly string[] | '*' }): TableShape {
  if (shape === undefined) throw new Broken('transfer/no-table', `${table} of ${id} is not there, or its account may not read it`)
  if (derived !== undefined) return shape
  const gone = named === '*' ? [] : named.filter((name) => columns[name] !== undefined && shape.columns.every((column) => column.name !== name))
  if (gone.length > 0) throw new Refused('transfer/column-gone', `${table} of ${id} has no column ${gone.join(', ')} any more, which is to go back`)
  if (named !== '*') return { ...shape, columns: shape.columns.filter(({ name }) => columns[name] !== undefined && named.includes(name)) }
  const unknown = shape.columns.filter(({ name }) => columns[name] === undefined).map(({ name }) => name)
  if (unknown.length > 0) throw new Refused('transfer/undeclared', `${table} of ${id} has columns that the dataset does not declare: ${unknown.join(', ')}; they would not go back. Declare them, and go on`)
  return shape
}

/** Names of files may say whose they are: they go along encrypted, and stand in no manifest and no log. */
const hidesNames = ({ kind }: Store): boolean => isFileKind(kind) && kind !== 'sqlite'

async function* namesOf(tables: readonly DatasetTable[]): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${JSON.stringify(tables.map(({ table }, index) => ({ number: index + 1, file: table })), null, 2)}\n`)
  await Promise.resolve()
}

async function folderOf(to: string, dataset: string): Promise<string> {
  await mkdir(join(to, dataset), { recursive: true, mode: 0o700 })
  return join(to, dataset)
}

async function recordReturned({ ledger }: TransferContext, manifest: Manifest, folder: string, at: Instant): Promise<DataReturn> {
  const find = async (): Promise<DataReturn | undefined> => (await allReturns(ledger.database)).find(({ id }) => id === manifest.return)
  const begun = await find()
  if (begun === undefined) throw new Refused('transfer/unknown-return', `${folder} holds a return that this ledger does not know; choose an empty folder`)
  const sha256 = await manifestHash(folder)
  if (begun.state === 'begun') await ledger.append({ slot: begun.slot, type: 'transfer.returned', at, parts: { evidence: { id: begun.id, manifest_sha256: sha256, tables: manifest.tables as unknown as Json } } })
  else if (begun.manifestSha256 !== sha256) throw new Refused('transfer/changed-return', `${folder} is not as it was recorded when it was made; choose an empty folder, and return the data anew`)
  return (await find())!
}
