/** What a search inside an engine asks about: the identifying columns of datasets as they stand now, read from where they are declared, as a refresh reads them. */
import { allContracts } from '#contract'
import { csvFields, allDatasets, allStores, rowsOfDataset, type Dataset, type DatasetReader } from '#inventory'
import { Broken, Misuse } from '#kit/errors'
import { openSegmentFile } from '../fingerprint/index.ts'
import { sealKeyOf, segmentFile, type TraceContext } from '../fingerprints.ts'
import { readerOf } from '../refresh.ts'
import { existingFingerprints } from '../store.ts'
import type { FingerprintRecord } from '../types.ts'
import type { KnownColumn } from './engine.ts'

/** One table of a dataset, ready to be read. */
interface AskedTable { readonly dataset: Dataset; readonly place: string; readonly reader: DatasetReader; readonly columns: readonly KnownColumn[] }

export interface Asked {
  readonly datasets: readonly Dataset[]
  readonly columns: readonly KnownColumn[]
  /** Values in the order of `columns`; those of other tables are null. */
  readonly rows: () => AsyncGenerator<readonly (string | null)[]>
  /** What of the datasets could not be read, in words; known when the rows are read to their end. */
  readonly partly: readonly string[]
}

/** What to do where a dataset's values cannot be had any more. */
const sweepInstead = 'A search inside an engine needs the dataset itself; what is gone from there is found by its fingerprints: bailee trace sweep'

/** Datasets by their ids. Throws `Misuse` for one that is not declared, is of a contract that ended, or has no fingerprints; `Broken` for one that cannot be read. */
export async function askedOf(context: TraceContext, ids: readonly string[]): Promise<Asked> {
  const { database } = context.ledger
  const declared = await allDatasets(database)
  const contracts = await allContracts(database)
  const datasets = [...new Set(ids)].map((id) => {
    const dataset = declared.find((one) => one.id === id)
    if (dataset === undefined) throw new Misuse(`no dataset ${JSON.stringify(id)} is declared; bailee.yaml names them under datasets`)
    if (!contracts.some((contract) => contract.controller === dataset.controller && contract.endedAt === undefined)) throw new Misuse(`the contract of dataset ${id} has ended, and its values are read no more. ${sweepInstead}`)
    return dataset
  })
  const stores = new Map((await allStores(database)).map((store) => [store.id, store]))
  const records = new Map((await existingFingerprints(database)).filter(({ state }) => state === 'live').map((record) => [record.id, record]))
  const tables: AskedTable[] = []
  const partly: string[] = []
  for (const dataset of datasets) {
    const sourceOf = readerOf(context, stores.get(dataset.store))
    const own: AskedTable[] = []
    for (const [number, table] of dataset.tables.entries()) {
      const identifying = Object.entries(table.columns).filter(([, column]) => column.identifies === true).map(([name]) => name)
      const columns = await columnsOf(context, dataset, records.get(`${dataset.id}.${number}`), identifying)
      for (const name of identifying.filter((one) => columns.every(({ column }) => column !== one))) partly.push(`dataset ${dataset.id}, ${table.table}: column ${name} was not looked for: it has no fingerprints, which say what it tells; bailee trace refresh takes them`)
      if (columns.length === 0) continue
      const reader = typeof sourceOf === 'string' ? sourceOf : await rowsOfDataset(sourceOf(table)).catch((cause: unknown) => gone(dataset.id, cause))
      if (typeof reader === 'string') throw new Broken('trace/dataset-unreadable', `dataset ${dataset.id} cannot be read: ${reader}. ${sweepInstead}`)
      own.push({ dataset, place: table.table, reader, columns })
    }
    if (own.length === 0) throw new Misuse(`dataset ${dataset.id} has no fingerprints, which say what its columns tell; bailee trace refresh takes them`)
    tables.push(...own)
  }
  return { datasets, columns: tables.flatMap(({ columns }) => columns), rows: () => rowsOf(context, tables, partly), partly }
}

function gone(dataset: string, cause: unknown): never {
  if (!(cause instanceof Broken)) throw cause
  throw new Broken('trace/dataset-unreadable', `dataset ${dataset} cannot be read: ${cause.message}. ${sweepInstead}`, { cause })
}

/** Those of its identifying columns that fingerprints describe. */
async function columnsOf(context: TraceContext, dataset: Dataset, record: FingerprintRecord | undefined, identifying: readonly string[]): Promise<KnownColumn[]> {
  if (record === undefined) return []
  const opened = await openSegmentFile(segmentFile(context, record), sealKeyOf(context, record))
  try {
    return opened.header.columns.filter(({ name }) => identifying.includes(name)).map(({ name, bits, alone }) => ({ dataset: dataset.id, column: name, bits, alone }))
  } finally {
    await opened.close()
  }
}

async function* rowsOf(context: TraceContext, tables: readonly AskedTable[], partly: string[]): AsyncGenerator<readonly (string | null)[]> {
  let [before, read] = [0, 0]
  const width = tables.reduce((sum, { columns }) => sum + columns.length, 0)
  for (const [done, { dataset, place, reader, columns }] of tables.entries()) {
    const given = reader.read(columns.map(({ column }) => column))
    const empty = Array.from({ length: width }, (): string | null => null)
    try {
      for await (const row of csvFields(given.rows)) {
        read += 1
        context.progress?.({ work: 'reading values', place, done, total: tables.length, rows: read })
        yield empty.toSpliced(before, columns.length, ...columns.map((_, at) => row[at] ?? null))
      }
    } catch (cause) {
      gone(dataset.id, cause)
    }
    partly.push(...(given.partly?.() ?? []).map((because) => `dataset ${dataset.id}, ${place}: ${because}`))
    before += columns.length
  }
}
