/** What the search is measured against: DuckDB reading the same file, and regular expressions over the same bytes. */
import { createReadStream } from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'

const memoryLimit = '4GB'

/** Runs DuckDB over a CSV file: counting rows, or reading all columns. Returns seconds. */
export async function startDuckDb(directory: string, threads: number): Promise<{ readonly count: (file: string) => Promise<number>; readonly columns: (file: string) => Promise<number>; readonly close: () => void }> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(threads), memory_limit: memoryLimit, temp_directory: directory, preserve_insertion_order: 'false', autoinstall_known_extensions: 'false', autoload_known_extensions: 'false',
  })
  const connection = await instance.connect()
  const run = async (what: string, file: string): Promise<number> => {
    const from = performance.now()
    await connection.runAndReadAll(`select ${what} from read_csv('${file.replaceAll('\'', '\'\'')}', all_varchar = true, header = false)`)
    return (performance.now() - from) / 1000
  }
  return { count: (file) => run('count(*)', file), columns: (file) => run('count(columns(*))', file), close: () => { connection.closeSync(); instance.closeSync() } }
}

// What scanners by patterns look for: addresses, numbers and days.
const patterns = [
  /[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}/g, /\+?\d{1,3}[ -]?\(?\d{2,4}\)?[ -]?\d{3}[ -]?\d{3,4}/g, /\b(?:\d{1,3}\.){3}\d{1,3}\b/g, /\b\d{4}-\d{2}-\d{2}\b/g, /\b\d{10,13}\b/g,
]

/** Matches five patterns against the first bytes of a file, on one core. Returns megabytes (10 ** 6) a second. */
export async function patternRate(file: string, bytes: number): Promise<number> {
  const from = performance.now()
  let read = 0
  let matches = 0
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024, end: bytes - 1 }) as AsyncIterable<Buffer>) {
    read += chunk.length
    const text = chunk.toString()
    for (const pattern of patterns) matches += text.match(pattern)?.length ?? 0
  }
  if (matches === 0) throw new Error('the patterns match nothing')
  return read / 1e3 / (performance.now() - from)
}
