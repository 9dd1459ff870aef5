/** A Parquet file of twenty columns, opened and searched as a sweep does, against DuckDB reading all its values. */
import { randomBytes } from 'node:crypto'
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { isUnread, partsOfParquet } from '../../server/inventory/index.ts'
import { buildFingerprints, openFingerprints } from '../../server/trace/fingerprint/index.ts'
import { createSearcher, type Searcher } from '../../server/trace/search/index.ts'
import { rounded, type Measured } from '../result.ts'
import { fullRows, identifying, identityRows } from './people.ts'
import type { TableSize } from './postgres.ts'

const [known, others] = [1, 2] // seeds of the people
const [epochKey, sealKey] = [Buffer.alloc(16, 1), Buffer.alloc(32, 2)]
const median = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0

/** Columns that can hold what identifies somebody, by position in the generated rows. */
const candidates = 9

/** Writes the file with DuckDB and reads it three ways, in turns. */
export async function benchParquet(size: TableSize, log: (line: string) => void): Promise<readonly Measured[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-parquet-'))
  const instance = await DuckDBInstance.create(':memory:', { threads: String(size.threads), autoinstall_known_extensions: 'false', autoload_known_extensions: 'false', memory_limit: '4GB', temp_directory: directory })
  const connection = await instance.connect()
  try {
    const [whole, few] = [join(directory, 'suspect.parquet'), join(directory, 'few.parquet')]
    await writeFiles(connection, { directory, whole, few, rows: size.rows })
    const people = join(directory, 'people')
    await buildFingerprints({ dataset: 'people', epochKey, sealKey, file: people, random: randomBytes, rows: identityRows(known, 0, size.people), columns: identifying.map((name) => ({ name, identifies: true })) })
    const searcher = await createSearcher([await openFingerprints(people, sealKey)], epochKey, { threads: size.threads })
    const rates: { all: number; few: number; duck: number }[] = []
    const read = { all: 0, few: 0 }
    for (let round = -1; round < size.rounds; round += 1) { // the first only warms
      const duck = await rateOf(size.rows, () => connection.run(`select max(hash(columns(*))) from '${whole}'`))
      const all = await rateOf(size.rows, async () => { read.all = await searchFile(whole, searcher) })
      const narrow = await rateOf(size.rows, async () => { read.few = await searchFile(few, searcher) })
      if (round >= 0) rates.push({ all, few: narrow, duck })
    }
    await searcher.close()
    const [all, narrow, duck] = [rounded(median(rates.map((one) => one.all))), rounded(median(rates.map((one) => one.few))), rounded(median(rates.map((one) => one.duck)))]
    log(`a Parquet file of ${size.rows} rows: 20 columns at ${all}, ${candidates} at ${narrow} million rows a second; DuckDB hashes 20 at ${duck}`)
    const baseline = { what: 'DuckDB hashing its 20 columns', value: duck }
    return [
      { what: 'a Parquet file of 20 columns, searched', value: all, unit: 'million rows/s', baseline, ratio: rounded(all / duck), must: 'every row read', goal: '>= 0.8 million rows/s', ok: read.all === size.rows },
      { what: `a Parquet file of ${candidates} columns, searched`, value: narrow, unit: 'million rows/s', baseline, ratio: rounded(narrow / duck), must: 'every row read', goal: '>= 1.5 million rows/s', ok: read.few === size.rows },
    ]
  } finally {
    connection.closeSync()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function writeFiles(connection: DuckDBConnection, { directory, whole, few, rows }: { directory: string; whole: string; few: string; rows: number }): Promise<void> {
  const source = join(directory, 'suspect.csv')
  await pipeline(Readable.from(fullRows(others, 0, rows)), createWriteStream(source))
  await connection.run(`copy (select * from read_csv('${source}', all_varchar = true, header = false)) to '${whole}' (format parquet, compression zstd)`)
  const columnNames = (await connection.runAndReadAll(`select * from '${whole}' limit 0`)).columnNames()
  await connection.run(`copy (select ${columnNames.slice(0, candidates).join(', ')} from '${whole}') to '${few}' (format parquet, compression zstd)`)
  rmSync(source)
}

async function rateOf(rows: number, work: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await work()
  return rows / 1000 / (performance.now() - from)
}

/** Resolves to the rows read. */
async function searchFile(file: string, searcher: Searcher): Promise<number> {
  let rows = 0
  for await (const part of partsOfParquet({ file, name: '' })) {
    if (isUnread(part)) throw new Error(part.because)
    rows += (await searcher.search(part.bytes, { delimiter: part.delimiter, shape: part.shape })).coverage.rows
  }
  return rows
}
