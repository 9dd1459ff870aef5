/** Copies in folders: a file a table, written under another name that is known beforehand, and given its own when all of them are whole and on disk. */
import { constants } from 'node:fs'
import { link, lstat, mkdir, open, realpath, rmdir, unlink } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { holdFolderOf, storeFolder, withFolderOf, type HeldFolder } from '#inventory'
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

/** The folders that places lie in, made where they are not there, each held open while `work` writes or removes in it. Throws `Refused` for one that leads out of the store. */
async function inFolders(root: string, places: readonly string[], work: (pathOf: (place: string) => string, sync: () => Promise<void>) => Promise<void>): Promise<void> {
  const held = new Map<string, HeldFolder>()
  try {
    for (const place of places) {
      const folder = dirname(place)
      if (held.has(folder)) continue
      await mkdir(join(storeFolder(root), folder), { recursive: true, mode: 0o750 })
      const one = await holdFolderOf(root, place).catch((cause: unknown) => {
        throw cause instanceof Broken && cause.code === 'inventory/outside' ? new Refused('transfer/outside', 'the folder that a copy would go to leads out of its store, or there by a link; choose another (--to STORE/FOLDER)') : cause
      })
      if (one === undefined) throw new Broken('transfer/not-written', 'the folder that a copy would go to was removed meanwhile; try again')
      held.set(folder, one)
    }
    await work((place) => held.get(dirname(place))!.path(basename(place)), async () => { for (const one of held.values()) await one.sync() })
  } finally {
    for (const one of held.values()) await one.close()
  }
}

async function writeTables(root: string, tables: readonly TargetTable[], { mayCommit, format }: Writing & { readonly format: CopyFormat }): Promise<void> {
  const mine: string[] = []
  try {
    await inFolders(root, tables.map(({ place }) => place), async (pathOf, sync) => {
      failpoint('transfer/tables')
      for (const table of tables) {
        await writeTable(pathOf(table.place), format, table).catch((cause: unknown) => {
          if (codeOf(cause) !== 'EEXIST') mine.push(...besides(table.place)) // otherwise it is somebody else's
          throw cause
        })
        mine.push(...besides(table.place))
      }
      await mayCommit()
      for (const { place } of tables) {
        await link(partial(pathOf(place)), pathOf(place)) // never over another
        mine.push(place)
        failpoint('transfer/half-seen')
        await unlink(partial(pathOf(place)))
      }
      await sync()
    })
    for (const folder of new Set(tables.map(({ place }) => dirname(place)))) await syncFolder(dirname(join(storeFolder(root), folder)))
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
  for (const [folder, some] of Map.groupBy(places, (place) => dirname(place))) {
    await withFolderOf(root, some[0]!, async (held) => {
      for (const place of some) {
        await unlink(held.path(basename(place))).catch((cause: unknown) => {
          if (!isGone(cause)) throw new Broken('transfer/not-dropped', `a file of a copy that is to be erased could not be removed: ${codeOf(cause)}`, { cause })
        })
      }
      await held.sync()
    })
    const path = resolve(join(storeFolder(root), folder))
    if (path !== storeFolder(root)) await rmdir(path).then(() => syncFolder(dirname(path)), () => undefined) // something else is in it, or it is not there
  }
}

/** A folder that copies go to. */
export function filesTarget(root: string, format: CopyFormat): CopyTarget {
  const isThere = (folder: HeldFolder, place: string): Promise<boolean> => lstat(folder.path(basename(place))).then(() => true, (cause: unknown) => {
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
      return Promise.all(places.map(async (place) => (await withFolderOf(root, place, async (folder) => (await Promise.all([place, ...besides(place)].map((one) => isThere(folder, one)))).some(Boolean))) ?? false))
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
