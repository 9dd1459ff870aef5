/** The way back: everything of a controller, to itself or to whom it names, encrypted to a key that it named (Art. 28(3)(g)), in formats that anybody reads. */
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { choiceNow, choicesOf, findContract, returnKeysOf } from '#contract'
import { allDatasets, allStores, type Dataset, type DatasetTable } from '#inventory'
import { standings } from '#people'
import type { Json } from '#ledger'
import { Broken, Misuse, Refused } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import { formatInstant, type Instant } from '#kit/time'
import { sourceOf, type CopyMoment, type TableShape, type TargetTable } from './adapter/index.ts'
import { encoded, heldIn, writeParquet } from './adapter/format.ts'
import { changeBytes } from './bytes/change.ts'
import type { TransferContext } from './context.ts'
import { moveDurably, sealFile, type SealedFile } from './sealed.ts'
import { allReturns } from './store.ts'
import type { DataReturn, ReturnedFile, ReturnedTable, ReturnFormat } from './types.ts'

export const returnFormats: readonly ReturnFormat[] = ['csv', 'parquet']

export interface ReturnRequest {
  readonly contract: string
  readonly person: string
  /** A folder: new, empty, or one in which the same return was begun. */
  readonly to: string
  readonly formats: readonly ReturnFormat[]
}

/** What stands in the folder while it is filled, and as `manifest.json` when it is whole. Nothing of anybody is in it. */
interface Manifest {
  readonly return: string
  readonly contract: string
  readonly controller: string
  readonly to: string
  readonly recipient: string
  readonly begun: string
  readonly formats: readonly ReturnFormat[]
  readonly tables: readonly ReturnedTable[]
}

const [draftName, manifestName, wordsName] = ['manifest.draft.json', 'manifest.json', 'READ-ME.txt']

/**
 * Writes every declared table of the controller whose contract is over, as CSV and Parquet, each file encrypted to the key that a signatory named; recorded when begun and when whole. Safe to do again, and goes on where it was
 * interrupted: a file that is there as it was written is not written again. Each dataset is read as of one moment where its kind of store has such a thing. Throws `Refused` when the choice is not to return or send on, no key was named,
 * a column is not declared, or the folder holds something else; `Broken` when a store cannot be read.
 */
export async function returnData(context: TransferContext, request: ReturnRequest, at: Instant): Promise<DataReturn> {
  const { ledger } = context
  const known = (await standings(ledger.database)).get(request.person)
  if (known === undefined || known.person.leftAt !== undefined) throw new Misuse(`nobody with id ${request.person} is declared`)
  const agreed = await agreedReturn(context, request.contract, at)
  const datasets = (await allDatasets(ledger.database)).filter((one) => one.controller === agreed.controller)
  if (datasets.length === 0) throw new Refused('transfer/nothing-to-return', `${agreed.controller} has no dataset that is declared`)
  const whole = await wholeIn(request, agreed)
  if (whole !== undefined) return recordReturned(context, whole, request.to, at)
  let manifest = await begin(context, request, agreed, at)
  for (const dataset of datasets) {
    if (dataset.tables.every(({ table }) => isWhole(manifest, dataset.id, table))) continue
    manifest = await returnDataset(context, { request, dataset, manifest })
  }
  await writeFile(join(request.to, wordsName), wordsFor(manifest))
  await moveDurably(join(request.to, draftName), join(request.to, manifestName))
  failpoint('return/whole')
  return recordReturned(context, manifest, request.to, at)
}

interface Agreed { readonly slot: number; readonly controller: string; readonly choice: 'return' | 'send_on'; readonly to: string; readonly recipient: string }

async function agreedReturn({ ledger: { database }, ledger }: TransferContext, id: string, at: Instant): Promise<Agreed> {
  const contract = await findContract(ledger, id)
  const now = choiceNow(contract, await choicesOf(database, id))
  if (now === undefined || now.choice === 'delete') throw new Refused('transfer/not-chosen', `the choice for the end of ${id} is ${now?.choice ?? 'not made'}: data go back or on only where a signatory chose so (bailee contract choose ${id} return --as NAME)`)
  if (contract.endedAt === undefined || at < contract.endedAt) throw new Refused('transfer/not-ended', `${id} is not recorded as ended: what goes back is what there is at its end (bailee contract end ${id}, or bailee erasure due)`)
  const key = (await returnKeysOf(database, id)).at(-1)
  if (key === undefined) throw new Refused('transfer/no-key', `no key was named to which the data of ${id} are to be encrypted: a signatory names one with bailee contract key ${id} age1... --as NAME`)
  return { slot: contract.slot, controller: contract.controller, choice: now.choice, to: now.recipient ?? contract.controller, recipient: key.recipient }
}

function mustBeThis(found: Manifest, { contract, to, formats }: Pick<ReturnRequest, 'contract' | 'to' | 'formats'>, agreed: Agreed): void {
  if (found.contract !== contract || found.recipient !== agreed.recipient || found.to !== agreed.to || found.formats.join() !== formats.join()) throw new Refused('transfer/other-return', `${to} holds another return: of another contract, to another key, or in other formats; choose an empty folder`)
}

/** A return that is whole in the folder: it is only looked at, since what it was made of may be erased by now. Throws `Refused` when a file of it is gone or changed. */
async function wholeIn(request: ReturnRequest, agreed: Agreed): Promise<Manifest | undefined> {
  const file = join(request.to, manifestName)
  if (!existsSync(file) || existsSync(join(request.to, draftName))) return undefined
  const found = JSON.parse(await readFile(file, 'utf8')) as Manifest
  mustBeThis(found, request, agreed)
  if ((await stillThere(request.to, found.tables)).length < found.tables.length) throw new Refused('transfer/changed-return', `${request.to} is not as it was recorded when it was made: a file is gone, or another; nothing was written. Choose an empty folder to return the data anew, while they are there`)
  return found
}

/** The draft in the folder, or a new one, recorded before anything is read. */
async function begin({ ledger }: TransferContext, { contract, person, to, formats }: ReturnRequest, agreed: Agreed, at: Instant): Promise<Manifest> {
  await mkdir(to, { recursive: true, mode: 0o700 })
  const draft = join(to, draftName)
  if (existsSync(draft)) {
    const found = JSON.parse(await readFile(draft, 'utf8')) as Manifest
    mustBeThis(found, { contract, to, formats }, agreed)
    return { ...found, tables: await stillThere(to, found.tables) }
  }
  if ((await readdir(to)).length > 0) throw new Refused('transfer/folder-taken', `${to} is not empty; data are returned into a folder of their own`)
  const manifest: Manifest = { return: `R-${randomBytes(5).toString('hex')}`, contract, controller: agreed.controller, to: agreed.to, recipient: agreed.recipient, begun: formatInstant(at), formats, tables: [] }
  await ledger.append({ slot: agreed.slot, type: 'transfer.return_begun', at, parts: { evidence: { id: manifest.return, controller: agreed.controller, contract, choice: agreed.choice, to: agreed.to, recipient: agreed.recipient, person, formats: [...formats] } } })
  await writeDraft(to, manifest)
  return manifest
}

/** Those of the tables whose files are in the folder as they were written. */
async function stillThere(folder: string, tables: readonly ReturnedTable[]): Promise<ReturnedTable[]> {
  const kept: ReturnedTable[] = []
  for (const table of tables) {
    const hashes = await Promise.all(table.files.map(async ({ file }) => (existsSync(join(folder, file)) ? hashOf(join(folder, file)) : undefined)))
    if (hashes.every((hash, index) => hash === table.files[index]?.sha256)) kept.push(table)
  }
  return kept
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

async function writeDraft(folder: string, manifest: Manifest): Promise<void> {
  const part = join(folder, `${draftName}.part`)
  await writeFile(part, `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600, flush: true })
  await moveDurably(part, join(folder, draftName))
}

const isWhole = ({ tables }: Manifest, dataset: string, table: string): boolean => tables.some((one) => one.dataset === dataset && one.table === table)

async function returnDataset(context: TransferContext, { request, dataset, manifest: before }: { readonly request: ReturnRequest; readonly dataset: Dataset; readonly manifest: Manifest }): Promise<Manifest> {
  const store = (await allStores(context.ledger.database)).find(({ id }) => id === dataset.store)
  if (store === undefined) throw new Broken('transfer/no-store', `store ${dataset.store} of ${dataset.id} is not declared any more`)
  const source = await sourceOf(store, context)
  const { tables: shapes } = await source.shapes(dataset.tables)
  let manifest = before
  const moment = await source.open()
  try {
    for (const [index, table] of dataset.tables.entries()) {
      const shape = shapes.get(table.table)
      mustBeDeclared(dataset, table, shape)
      if (isWhole(manifest, dataset.id, table.table)) continue
      const returned = await returnTable(context, { request, moment, dataset, table, shape, name: `${dataset.id}/${index + 1}-${table.table.replaceAll(/[^\w.-]/g, '_')}`, recipient: manifest.recipient })
      manifest = { ...manifest, tables: [...manifest.tables, returned] }
      await writeDraft(request.to, manifest)
      failpoint('return/table')
    }
  } finally {
    await moment.close()
  }
  return manifest
}

/** What nobody declared would be left out, and then erased. */
function mustBeDeclared({ id }: Dataset, { table, columns }: DatasetTable, shape: TableShape | undefined): asserts shape is TableShape {
  if (shape === undefined) throw new Broken('transfer/no-table', `${table} of ${id} is not there, or its account may not read it; nothing more is returned until it can be`)
  const unknown = shape.columns.filter(({ name }) => columns[name] === undefined).map(({ name }) => name)
  if (unknown.length > 0) throw new Refused('transfer/undeclared', `${table} of ${id} has columns that the dataset does not declare: ${unknown.join(', ')}; they would not go back. Declare them, and go on`)
}

interface Returning { readonly request: ReturnRequest; readonly moment: CopyMoment; readonly dataset: Dataset; readonly table: DatasetTable; readonly shape: TableShape; readonly name: string; readonly recipient: string }

async function returnTable({ scratch, copied }: TransferContext, { request: { to, formats }, moment, dataset, table, shape, name, recipient }: Returning): Promise<ReturnedTable> {
  const columns = shape.columns.map(({ name: column, type }) => ({ name: column, type, transform: { kind: 'keep' } as const, held: heldIn('parquet', { name: column, type, transform: { kind: 'keep' } }) ?? 'varchar' }))
  let rows = 0
  const read = (): AsyncIterable<Uint8Array> => {
    rows = 0
    return countedRows(moment.read(table, columns.map((column) => column.name)), columns, () => { rows += 1; if (rows % 10_000 === 0) copied?.(table.table, rows) })
  }
  await mkdir(dirname(join(to, name)), { recursive: true, mode: 0o700 })
  const files: ReturnedFile[] = []
  for (const format of formats) {
    const file = `${name}.${format}.age`
    const target = { columns, rows: read }
    const sealed = format === 'csv' ? await sealFile(join(to, file), { recipient, bytes: encoded('csv', target) }) : await sealParquet(join(to, file), target, { recipient, scratch })
    files.push({ file, format, ...sealed })
  }
  return {
    dataset: dataset.id, table: table.table, rows, subject: table.subject, primaryKey: shape.primaryKey, files,
    columns: shape.columns.map(({ name: column, type }) => ({ name: column, type, category: table.columns[column]?.category ?? '', identifies: table.columns[column]?.identifies === true })),
  }
}

/** A Parquet file is written in no one direction: in a private folder first, which is emptied at once. */
async function sealParquet(file: string, table: Pick<TargetTable, 'columns' | 'rows'>, { recipient, scratch }: { readonly recipient: string; readonly scratch: string | undefined }): Promise<SealedFile> {
  if (scratch !== undefined) await mkdir(scratch, { recursive: true, mode: 0o700 })
  const folder = await mkdtemp(join(scratch ?? tmpdir(), 'return-'))
  try {
    const [rows, plain] = [join(folder, 'rows.csv'), join(folder, 'table.parquet')]
    await pipeline(Readable.from(table.rows(), { objectMode: false }), createWriteStream(rows, { mode: 0o600 }))
    await writeParquet(table, { rows, file: plain })
    return await sealFile(file, { recipient, bytes: createReadStream(plain) })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Rows as they are, one by one counted. */
async function* countedRows(source: AsyncIterable<Uint8Array>, columns: readonly { readonly name: string; readonly transform: { readonly kind: 'keep' } }[], counted: () => void): AsyncGenerator<Uint8Array> {
  const rows = changeBytes({ columns, key: new Uint8Array(32), telling: [], told: counted })
  const ready: Uint8Array[] = []
  const emit = (piece: Uint8Array): void => { ready.push(piece) }
  for await (const bytes of source) {
    rows.feed(bytes, emit)
    yield* ready.splice(0)
  }
  rows.end(emit)
  yield* ready
}

async function recordReturned({ ledger }: TransferContext, manifest: Manifest, folder: string, at: Instant): Promise<DataReturn> {
  const find = async (): Promise<DataReturn | undefined> => (await allReturns(ledger.database)).find(({ id }) => id === manifest.return)
  const begun = await find()
  if (begun === undefined) throw new Refused('transfer/unknown-return', `${folder} holds a return that this ledger does not know; choose an empty folder`)
  const sha256 = await hashOf(join(folder, manifestName))
  if (begun.state === 'begun') await ledger.append({ slot: begun.slot, type: 'transfer.returned', at, parts: { evidence: { id: begun.id, manifest_sha256: sha256, tables: manifest.tables as unknown as Json } } })
  else if (begun.manifestSha256 !== sha256) throw new Refused('transfer/changed-return', `${folder} is not as it was recorded when it was made; choose an empty folder, and return the data anew`)
  return (await find())!
}

function wordsFor({ contract, controller, to, tables }: Manifest): string {
  const first = tables[0]?.files[0]?.file ?? 'FILE.age'
  return `Data of ${controller}, given back at the end of ${contract}${to === controller ? '' : `, for ${to}`}.

manifest.json lists every table: its columns, how many rows it has, and of every file its length and SHA-256.
The files are encrypted to the key that a signatory of ${controller} named (age, https://age-encryption.org/v1). Whoever has the secret half reads one with:

  age --decrypt -i KEY-FILE -o ${first.split('/').at(-1)?.replace(/\.age$/, '')} ${first}

CSV: UTF-8, RFC 4180, names in the first line; an empty field is NULL, "" is an empty text. Parquet: the same rows, for any tool that reads it.
When all of it is there and can be read, a signatory says so: bailee contract release ${contract} received --as NAME. Before that nothing is erased.
`
}
