/** Copies in folders: a file a table, written under another name that is known beforehand, and given its own when all of them are whole and on disk. */
import { constants } from 'node:fs'
import { link, lstat, mkdir, open, realpath, rmdir, unlink } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { storeFolder } from '#inventory'
import { Broken, Refused } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import { fileSource } from './fileSource.ts'
import { encoded, formatCalled, heldIn, writeParquet, type CopyFormat } from './format.ts'
import type { CopySource, CopyTarget, TargetTable, Writing } from './kind.ts'

/** A file while it is written, and the rows that it is made of. */
const partial = (place: string): string => `${place}.partial`
const rowsFor = (place: string): string => `${place}.rows`
const besides = (place: string): readonly string[] => [partial(place), ...(place.endsWith('.parquet') ? [rowsFor(place)] : [])]

const codeOf = (cause: unknown): string => String((cause as { code?: unknown } | undefined)?.code ?? 'no code')
const isGone = (cause: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(cause))
/** What stands here is known by its name alone: an error may name it, a value never. */
const failed = (cause: unknown): Broken => (cause instanceof Broken ? cause : new Broken('transfer/not-written', `a file of a copy could not be written: ${codeOf(cause)}; it stays registered, and is erased in its time`, { cause }))

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY)
  await folder.sync().finally(() => folder.close())
}

async function writeFile(path: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'wx', 0o640)
  try {
    for await (const part of bytes) for (let at = 0; at < part.length;) at += (await file.write(part, at)).bytesWritten
    await file.sync()
  } finally {
    await file.close()
  }
}

async function writeTable(path: string, format: CopyFormat, table: TargetTable): Promise<void> {
  if (format !== 'parquet') return writeFile(partial(path), encoded(format, table))
  await writeFile(rowsFor(path), table.rows())
  failpoint('transfer/rows')
  await writeFile(partial(path), nothing()) // DuckDB writes into a file that only its owner may read
  await writeParquet(table, { rows: rowsFor(path), file: partial(path) })
  const file = await open(partial(path), 'r+')
  await file.sync().finally(() => file.close())
  await unlink(rowsFor(path))
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // no byte
}

/** The folder that places lead to, which does not lead out of the store by a link. Throws `Refused`. */
async function folderFor(root: string, path: string): Promise<string> {
  const inside = storeFolder(root)
  const folder = dirname(path)
  await mkdir(folder, { recursive: true, mode: 0o750 })
  if (!`${await realpath(folder)}${sep}`.startsWith(inside + sep)) throw new Refused('transfer/outside', 'the folder that a copy would go to leads out of its store; choose another (--to STORE/FOLDER)')
  return folder
}

async function writeTables(root: string, tables: readonly TargetTable[], { mayCommit, format }: Writing & { readonly format: CopyFormat }): Promise<void> {
  const paths = tables.map(({ place }) => resolve(join(root, place)))
  const mine: string[] = []
  try {
    const folders = new Set<string>()
    for (const path of paths) folders.add(await folderFor(root, path))
    failpoint('transfer/tables')
    for (const [at, table] of tables.entries()) {
      await writeTable(paths[at]!, format, table).catch((cause: unknown) => {
        if (codeOf(cause) !== 'EEXIST') mine.push(...besides(table.place)) // otherwise it is somebody else's
        throw cause
      })
      mine.push(...besides(table.place))
    }
    await mayCommit()
    for (const [at, path] of paths.entries()) {
      await link(partial(path), path) // never over another
      mine.push(tables[at]!.place)
      failpoint('transfer/half-seen')
      await unlink(partial(path))
    }
    for (const folder of folders) { await syncFolder(folder); await syncFolder(dirname(folder)) }
  } catch (cause) {
    await removeFiles(root, mine)
    if (codeOf(cause) === 'EEXIST') throw new Refused('transfer/exists', 'a file of that name is there already; a copy never writes over one. Choose another folder (--to STORE/FOLDER)')
    throw cause instanceof Error && 'syscall' in cause ? failed(cause) : cause
  }
}

function dropFiles(root: string, places: readonly string[]): Promise<void> {
  storeFolder(root)
  return removeFiles(root, places.flatMap((one) => [one, ...besides(one)]))
}

async function removeFiles(root: string, places: readonly string[]): Promise<void> {
  const folders = new Set<string>()
  for (const place of places) {
    const path = resolve(join(root, place))
    if (!path.startsWith(resolve(root) + sep)) throw new Broken('transfer/outside', 'a file of a copy that is to be erased lies outside its store')
    folders.add(dirname(path))
    await unlink(path).catch((cause: unknown) => {
      if (!isGone(cause)) throw new Broken('transfer/not-dropped', `a file of a copy that is to be erased could not be removed: ${codeOf(cause)}`, { cause })
    })
  }
  for (const folder of folders) {
    if (!await lstat(folder).then(() => true, () => false)) continue
    await syncFolder(folder)
    if (folder !== resolve(root)) await rmdir(folder).then(() => syncFolder(dirname(folder)), () => undefined) // something else is in it
  }
}

/** A folder that copies go to. */
export function filesTarget(root: string, format: CopyFormat): CopyTarget {
  const isThere = (place: string): Promise<boolean> => lstat(join(root, place)).then(() => true, (cause: unknown) => {
    if (isGone(cause)) return false
    throw new Broken('transfer/store-unreachable', `a file of a copy cannot be looked for: ${codeOf(cause)}`, { cause })
  })
  return {
    called: formatCalled[format],
    obstacle: () => Promise.resolve(undefined),
    place: (folder, name) => `${folder}/${name}.${format}`,
    held: (column) => heldIn(format, column),
    there: async (places) => {
      storeFolder(root)
      return Promise.all(places.map(async (place) => (await Promise.all([place, ...besides(place)].map(isThere))).some(Boolean)))
    },
    write: (tables, writing) => writeTables(root, tables, { ...writing, format }),
    drop: (places) => Promise.resolve().then(() => dropFiles(root, places)),
    beside: besides,
  }
}

/** A folder that copies are made of. Each file is read as it is when its turn comes. */
export function filesSource(root: string): CopySource {
  return fileSource(async (table, work) => {
    const path = resolve(join(root, table))
    const real = await realpath(path).catch(() => undefined)
    if (real === undefined) return undefined
    if (!real.startsWith(await realpath(root) + sep)) throw new Broken('transfer/outside', `${table} leads out of its store`)
    return work(real)
  })
}
