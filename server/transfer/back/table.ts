/** One table of a return: read, counted, encrypted; nothing of it lies anywhere in clear under a name. */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { DatasetTable } from '#inventory'
import { Broken } from '#kit/errors'
import type { CopyMoment, TableShape, TargetTable } from '../adapter/index.ts'
import { encoded, heldIn, notHeldIn, writeParquet } from '../adapter/format.ts'
import { changeBytes } from '../bytes/change.ts'
import { sealFile, type SealedFile } from '../sealed.ts'
import type { ReturnedFile, ReturnedTable, ReturnFormat } from '../types.ts'

export interface Returning {
  readonly folder: string
  readonly recipient: string
  readonly formats: readonly ReturnFormat[]
  readonly scratch: string | undefined
  readonly copied: ((table: string, rows: number) => void) | undefined
}

/** `name`: of its files, below the folder. */
export interface TableReturning { readonly moment: CopyMoment; readonly table: DatasetTable; readonly shape: TableShape; readonly name: string }

type Columns = TargetTable['columns']

/** Writes the files of a table. Throws what reading throws, and `Broken` when two readings of it were not of one length. */
export async function writeReturned({ folder, recipient, formats, scratch, copied }: Returning, { moment, table, shape, name }: TableReturning): Promise<Pick<ReturnedTable, 'rows' | 'columns' | 'files'>> {
  const columns: Columns = shape.columns.map(({ name: column, type }) => ({ name: column, type, transform: { kind: 'keep' } as const, held: heldIn('parquet', { name: column, type, transform: { kind: 'keep' } }) ?? 'varchar' }))
  let [rows, before, held]: [number, number | undefined, Columns | undefined] = [0, undefined, undefined]
  const read = (): AsyncIterable<Uint8Array> => {
    rows = 0
    return countedRows(moment.read(table, columns.map((column) => column.name)), columns, () => { rows += 1; if (rows % 10_000 === 0) copied?.(table.table, rows) })
  }
  await mkdir(dirname(join(folder, name)), { recursive: true, mode: 0o700 })
  const files: ReturnedFile[] = []
  for (const format of formats) {
    const file = `${name}.${format}.age`
    if (format === 'csv') files.push({ file, format, ...await sealFile(join(folder, file), { recipient, bytes: encoded('csv', { columns, rows: read }) }) })
    else {
      const parquet = await sealParquet(join(folder, file), { columns, rows: read }, { recipient, scratch })
      held = parquet.held
      files.push({ file, format, ...parquet.sealed })
    }
    if (before !== undefined && before !== rows) throw new Broken('transfer/changed-meanwhile', `${table.table} was changed while it was read, and its kind of store keeps no moment: stop writing to it, and go on`)
    before = rows
  }
  return {
    rows, files,
    columns: columns.map(({ name: column, type }, at) => ({ name: column, type, category: table.columns[column]?.category ?? '', identifies: table.columns[column]?.identifies === true, ...(held === undefined ? {} : { parquet: held[at]!.held }) })),
  }
}

/** DuckDB reads and writes by name, and seeks. A column with a value that its type cannot hold there (before our era, without an end, of no day) becomes text. */
async function sealParquet(file: string, { columns, rows }: Pick<TargetTable, 'columns' | 'rows'>, { recipient, scratch }: { readonly recipient: string; readonly scratch: string | undefined }): Promise<{ readonly sealed: SealedFile; readonly held: Columns }> {
  return withUnnamed(scratch, async (read) => {
    for await (const piece of rows()) for (let at = 0; at < piece.length;) at += (await read.handle.write(piece, at)).bytesWritten
    const beyond = await notHeldIn({ columns }, read.path)
    const held = columns.map((column) => (beyond.has(column.name) ? { ...column, held: 'varchar' } : column))
    return withUnnamed(scratch, async (written) => {
      await writeParquet({ columns: held }, { rows: read.path, file: written.path })
      return { held, sealed: await sealFile(file, { recipient, bytes: written.handle.createReadStream({ start: 0, autoClose: false }) }) }
    })
  })
}

/** This process's open files, by number, where the system shows them. */
const openFiles = '/proc/self/fd'

/** Lends a file that no name leads to: what was in it is gone with this process, however it ends. Elsewhere than on Linux it has one in a private folder, as long as it is lent. */
async function withUnnamed<Result>(folder: string | undefined, work: (file: { readonly path: string; readonly handle: FileHandle }) => Promise<Result>): Promise<Result> {
  if (folder !== undefined) await mkdir(folder, { recursive: true, mode: 0o700 })
  const name = join(folder ?? tmpdir(), `return-${randomUUID()}`)
  const handle = await open(name, 'wx+', 0o600)
  try {
    const unnamed = existsSync(join(openFiles, String(handle.fd)))
    if (unnamed) await rm(name)
    return await work({ handle, path: unnamed ? join(openFiles, String(handle.fd)) : name })
  } finally {
    await handle.close()
    await rm(name, { force: true })
  }
}

/** Rows as they are, one by one counted. */
async function* countedRows(source: AsyncIterable<Uint8Array>, columns: Columns, counted: () => void): AsyncGenerator<Uint8Array> {
  const rows = changeBytes({ columns, key: new Uint8Array(32), telling: [], told: () => { counted(); return false } })
  const ready: Uint8Array[] = []
  const emit = (piece: Uint8Array): void => { ready.push(piece) }
  for await (const bytes of source) {
    rows.feed(bytes, emit)
    yield* ready.splice(0)
  }
  rows.end(emit)
  yield* ready
}
