/** An SQLite file as a store: one place, its tables are its parts. */
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { Broken } from '#kit/errors'
import { codeOf } from './there.ts'
import { oneUnit, type Listing } from './searchable.ts'
import { partsOfSqlite } from './table/index.ts'

/** The file at `path` as a place of its own name. Throws `Broken` when it is not there. */
export async function listSqlite(path: string): Promise<Listing> {
  const name = basename(path)
  const signals = await Promise.all([path, `${path}-wal`, `${path}-journal`].map((file, index) => stat(file, { bigint: true }).then(
    ({ ino, size, mtimeNs, ctimeNs }) => ({ size, signal: [ino, size, mtimeNs, ctimeNs].join(' ') }),
    (cause: unknown) => {
      if (index > 0) return { size: 0n, signal: '-' }
      throw new Broken('inventory/store-unreachable', `the SQLite file of a store cannot be examined: ${codeOf(cause)}`, { cause })
    },
  )))
  const bytes = Number(signals[0]?.size ?? 0)
  return { places: [{ place: name, bytes, signal: signals.map(({ signal }) => signal).join(', '), units: oneUnit, open: () => partsOfSqlite({ file: path, name }) }], notRead: [] }
}
