/**
 * The baseline: what an open scanner that looks for patterns says of the same places. Its defaults, re-stated in our own words from hawk-eye 0.3 (Python): files are told by
 * extension and read as UTF-8 text, what is in archives is lost, a PostgreSQL database is its schema `public` with the first 500 rows of each table.
 */
import { createReadStream, readdirSync } from 'node:fs'
import { extname, join, relative } from 'node:path'
import pg from 'pg'

/** An address, a North American number standing alone, twelve digits in three groups, an Indian tax number. Its thirty other rules look for keys of cloud services. */
const patterns: readonly RegExp[] = [
  /\b[a-z0-9._%+-]+@[a-z0-9.-]+[.][a-z]{2,}\b/i,
  /^(?:[(]\+\d{1,2}\s[)])?[(]?\d{3}[)]?[\s.-]\d{3}[\s.-]\d{4}$/,
  /\b\d{4}[-.]?\d{4}[-.]?\d{4}\b/,
  /\b[a-z]{5}\d{4}[a-z]\b/i,
]

const archives = new Set(['.zip', '.rar', '.tar', '.gz', '.tgz', '.xlsx'])
const rowsMax = 500

/** Places that the patterns flag: paths below the folder, and `schema.table`. None of them says whose people they are. */
export async function flaggedByPatterns(folder: string, url: string): Promise<{ readonly files: ReadonlySet<string>; readonly tables: ReadonlySet<string> }> {
  const files = new Set<string>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name)
    if (entry.isFile() && await isFlagged(file)) files.add(relative(folder, file))
  }
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const tables = new Set<string>()
  const { rows } = await client.query<{ name: string }>(`select table_name as name from information_schema.tables where table_schema = 'public'`)
  for (const { name } of rows) {
    const read = await client.query<Record<string, unknown>>(`select * from public.${pg.escapeIdentifier(name)} limit ${rowsMax}`)
    if (read.rows.some((row) => Object.values(row).some((value) => matches(typeof value === 'string' ? value : Buffer.isBuffer(value) ? `${[...value].join(' ')}` : JSON.stringify(value))))) tables.add(`public.${name}`)
  }
  await client.end()
  return { files, tables }
}

const matches = (text: string): boolean => patterns.some((pattern) => pattern.test(text))

/** An archive's members never reach its rules; a workbook's cells do. */
async function isFlagged(file: string): Promise<boolean> {
  if (extname(file) === '.xlsx') return true
  if (archives.has(extname(file)) && extname(file) !== '.gz' && extname(file) !== '.tgz') return false
  let tail = ''
  for await (const piece of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    const text = tail + (piece as Buffer).toString('utf8')
    if (matches(text)) return true
    tail = text.slice(-256)
  }
  return false
}
