/** Writing people in the formats a copy may have. Every writer is somebody else's where there is one: our readers are not tried on our own writing alone. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DuckDBInstance } from '@duckdb/node-api'
import { pack } from 'tar-stream'
import writeXlsx from 'write-excel-file/node'
import yazl from 'yazl'
import { personFields, type Person } from './people.ts'

const quoted = (value: string, delimiter: string): string => (value.includes(delimiter) || value.includes('"') || value.includes('\n') ? `"${value.replaceAll('"', '""')}"` : value)

/** Delimited text; `columns` maps a title to a value. */
export function delimited(people: readonly Person[], columns: Readonly<Record<string, (person: Person, row: number) => string>>, { delimiter = ',', header = true, lineEnd = '\n' } = {}): string {
  const lines = people.map((person, row) => Object.values(columns).map((value) => quoted(value(person, row), delimiter)).join(delimiter))
  return [...(header ? [Object.keys(columns).join(delimiter)] : []), ...lines].join(lineEnd) + lineEnd
}

/** Every field of a person under its own name. */
export const plainColumns: Readonly<Record<string, (person: Person) => string>> = Object.fromEntries(personFields.map((field) => [field, (person: Person) => person[field]]))

export const csv = (people: readonly Person[]): string => delimited(people, plainColumns)

/** A zip archive of named contents. */
export async function zipped(members: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const zip = new yazl.ZipFile()
  for (const [name, content] of Object.entries(members)) zip.addBuffer(Buffer.from(content), name)
  zip.end()
  return collected(zip.outputStream as AsyncIterable<Uint8Array>)
}

/** A tar archive of named contents. */
export async function tarred(members: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const archive = pack()
  for (const [name, content] of Object.entries(members)) archive.entry({ name }, Buffer.from(content))
  archive.finalize()
  return collected(archive as unknown as AsyncIterable<Uint8Array>)
}

async function collected(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts)
}

/** What a program of the machine makes of the input; undefined where it is not installed. */
export function through(program: string, input: string | Buffer): Buffer | undefined {
  const run = spawnSync(program, ['-c'], { input, maxBuffer: 1024 ** 3 })
  return run.status === 0 ? run.stdout : undefined
}

/** A Parquet file, by DuckDB. */
export async function writeParquet(people: readonly Person[], file: string): Promise<void> {
  const source = `${file}.csv`
  writeFileSync(source, csv(people))
  const instance = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false', autoload_known_extensions: 'false' })
  const connection = await instance.connect()
  await connection.run(`copy (select * from read_csv('${source}', all_varchar=true)) to '${file}' (format parquet)`)
  connection.closeSync()
  rmSync(source)
}

/** An SQLite database with one table. */
export function writeSqlite(people: readonly Person[], file: string): void {
  const database = new DatabaseSync(file)
  database.exec(`create table client (nr integer primary key, ${personFields.join(' text, ')} text)`)
  const insert = database.prepare(`insert into client (${personFields.join(', ')}) values (${personFields.map(() => '?').join(', ')})`)
  database.exec('begin')
  for (const person of people) insert.run(...personFields.map((field) => person[field]))
  database.exec('commit')
  database.close()
}

/** An XLSX workbook with one sheet. */
export async function writeWorkbook(people: readonly Person[], file: string): Promise<void> {
  const rows = [personFields.map((field) => ({ value: field as string })), ...people.map((person) => personFields.map((field) => ({ value: person[field] })))]
  await writeXlsx(rows).toFile(file)
}

/** A page-sized slice from the middle of an SQLite file: its table leaves, without its header. */
export function sqlitePages(people: readonly Person[], scratch: string): Buffer {
  mkdirSync(scratch, { recursive: true })
  const file = join(scratch, 'pages.sqlite')
  rmSync(file, { force: true })
  writeSqlite(people, file)
  const bytes = readFileSync(file)
  rmSync(file)
  return bytes.subarray(4096)
}

export const base64Lines = (bytes: Buffer): string => bytes.toString('base64').replaceAll(/(.{76})/g, '$1\n')
