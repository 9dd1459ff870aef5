/** Tables delimited by commas, semicolons, tabs and pipes, against DuckDB: it reads each text with the delimiter that we found. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Delimiter } from '../../../server/inventory/index.ts'
import { differ, sumOf, unexpected, type Format, type Made, type Sample, type Tools, type Verdict } from '../format.ts'
import type { Random } from '../random.ts'
import { plainOf, tableOf, valueOf } from '../values.ts'

type Encoding = 'utf-8' | 'utf-8 with mark' | 'utf-16le' | 'utf-16be' | 'latin-1'
interface Hint { readonly text: string; readonly end: '\n' | '\r\n'; readonly clear: boolean; readonly recoded: Buffer }

const encodings: readonly Encoding[] = ['utf-8', 'utf-8', 'utf-8', 'utf-8', 'utf-8 with mark', 'utf-16le', 'utf-16be', 'latin-1']
const columnsMax = 24

/** In quotes where it must be, and sometimes where it need not. */
function fieldOf(value: string, delimiter: string, random: Random): string {
  const must = value.includes(delimiter) || /[\r\n]|^\s*"/.test(value)
  return must || random.chance(0.2) ? `"${value.replaceAll('"', '""')}"` : value
}

function encoded(text: string, encoding: Encoding): Buffer {
  if (encoding === 'utf-16le') return Buffer.from(`\ufeff${text}`, 'utf16le')
  if (encoding === 'utf-16be') return Buffer.from(`\ufeff${text}`, 'utf16le').swap16()
  return encoding === 'latin-1' ? Buffer.from(text, 'latin1') : Buffer.from(encoding === 'utf-8' ? text : `\ufeff${text}`)
}

// Letters of Latin-1 that can follow one another and are no UTF-8.
const latin = (value: string): string => value.replaceAll(/[^\x00-\x7f]/gu, (letter) => 'éöüñ'[letter.codePointAt(0)! % 4]!)

function make(random: Random, delimiter: Delimiter): Made {
  const encoding = random.pick(encodings)
  const end = random.chance(0.5) ? '\n' : '\r\n'
  const clear = random.chance(0.5)
  // Without the delimiters of the other dialects in it, what it is delimited by is no question.
  const value = (one: Random): string => {
    const made = clear ? (one.chance(0.1) ? one.pick(['"', 'a "b"', 'x\ny', '']) : plainOf(one)) : valueOf(one)
    const own = made.toWellFormed().replaceAll('\u0000', '').replace(/^\ufeff/, '')
    return encoding === 'latin-1' ? latin(own) : own
  }
  const rows = tableOf(random, { rowsMax: 20, widthMax: 9 }, value)
  const ragged = random.chance(0.1)
  const lines = rows.map((row) => (ragged ? row.slice(0, 1 + random.below(row.length)) : row).map((one) => fieldOf(one, delimiter, random)).join(delimiter) + (random.chance(0.02) ? end + end : end))
  const text = random.chance(0.2) ? lines.join('').slice(0, -end.length) : lines.join('')
  const hint: Hint = { text, end, clear: clear && !ragged && rows.length > 1 && rows[0]!.length > 1, recoded: Buffer.from(encoding === 'utf-8 with mark' ? `\ufeff${text}` : text) }
  return { bytes: encoded(text, encoding), rows, hint }
}

/** The rows of files of one dialect, as DuckDB reads them; undefined for those that it refuses. */
async function duckRows(files: readonly string[], delimiter: string, end: string, { duckdb }: Tools): Promise<Map<string, string[][]>> {
  const columns = Array.from({ length: columnsMax }, (_, at) => `'c${at}': 'VARCHAR'`).join(', ')
  const options = `delim = '${delimiter}', header = false, quote = '"', escape = '"', all_varchar = true, auto_detect = false, null_padding = true, parallel = false, max_line_size = 10000000, new_line = '${end === '\n' ? String.raw`\n` : String.raw`\r\n`}', strict_mode = false, filename = true, columns = {${columns}}`
  const found = new Map<string, string[][]>()
  try {
    const reader = await duckdb.runAndReadAll(`select * from read_csv([${files.map((file) => `'${file}'`).join(', ')}], ${options})`)
    for (const file of files) found.set(file, [])
    for (const row of reader.getRowsJS() as (string | null)[][]) found.get(row[columnsMax]!)!.push(row.slice(0, columnsMax).map((value) => value ?? ''))
    return found
  } catch {
    if (files.length === 1) return found
    const half = Math.ceil(files.length / 2)
    for (const some of [files.slice(0, half), files.slice(half)]) for (const [file, rows] of await duckRows(some, delimiter, end, { duckdb } as Tools)) found.set(file, rows)
    return found
  }
}

async function compare(samples: readonly Sample[], tools: Tools, delimiter: Delimiter): Promise<Verdict[]> {
  const groups = Map.groupBy(samples.filter(({ read }) => read.parts[0]?.shape === 'rows'), ({ read, hint }) => `${read.parts[0]!.delimiter.charAt(0)}${(hint as Hint).end}`)
  const theirs = new Map<Sample, string[][]>()
  for (const [key, group] of groups) {
    const files = group.map((sample) => {
      const file = join(tools.folder, '..', `oracle-${sample.number % 1000}`)
      writeFileSync(file, (sample.hint as Hint).text)
      return file
    })
    const found = await duckRows(files, key[0]!, key.slice(1), tools)
    for (const [at, sample] of group.entries()) if (found.has(files[at]!)) theirs.set(sample, found.get(files[at]!)!)
  }
  return samples.map((sample) => verdictOf(sample, theirs.get(sample), { tools, delimiter }))
}

function verdictOf({ read, hint }: Sample, theirs: string[][] | undefined, { tools, delimiter }: { tools: Tools; delimiter: Delimiter }): Verdict {
  const { clear, recoded, text } = hint as Hint
  const [part] = read.parts
  if (text === '' && part?.kind === 'empty') return undefined
  const problem = unexpected(read)
  if (problem !== undefined) return problem
  if (part === undefined || read.parts.length !== 1) return part?.kind === 'unknown bytes' ? undefined : `${read.parts.length} parts`
  if (clear && (part.shape !== 'rows' || part.delimiter.charAt(0) !== delimiter)) return `read as ${part.kind}`
  if (part.shape !== 'rows') return /^(CSV|text|unknown bytes)/.test(part.kind) && !part.content.equals(recoded) && recoded.length < 4_000_000 ? 'other bytes' : undefined
  if (!/^(CSV|rows of COPY)/.test(part.kind)) return undefined // begins like a document of another format, and is read as one
  // With quotes of another dialect in the middle of its fields a table has no one reading.
  return theirs === undefined || (part.delimiter !== delimiter && text.includes('"')) ? 'refused' : differ(sumOf([part]), tools.count(theirs))
}

const dialects: readonly [name: string, delimiter: Delimiter][] = [['CSV', ','], ['CSV with ;', ';'], ['CSV with tabs', '\t'], ['CSV with |', '|']]

export const delimited: readonly Format[] = dialects.map(([name, delimiter]) => ({
  name, oracle: 'DuckDB read_csv', damagedShare: 0.15,
  make: (randoms) => randoms.map((random) => make(random, delimiter)),
  compare: (samples, tools) => compare(samples, tools, delimiter),
}))
