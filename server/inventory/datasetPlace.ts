/** How a table of a dataset is named in each kind of store, and which places and parts are its own. Pure. */
import { parsePlace, printPlace } from './place.ts'
import { keysOfTable } from './adapter/keyTables.ts'
import { pagesName, parsePart } from './adapter/part.ts'
import type { StoreKind } from './types.ts'

/** Kinds whose places are files: a table is a file, a part of one, or all files of a folder. */
export const fileKinds = ['files', 's3', 'sqlite'] as const satisfies readonly StoreKind[]
export type FileKind = (typeof fileKinds)[number]

/** Whether tables of such a store lie in files. */
export const isFileKind = (kind: StoreKind): kind is FileKind => fileKinds.some((one) => one === kind)

const control = /\p{Cc}/u

/**
 * The one spelling of a table's name in a store of this kind: `schema.table`; in files `folder/file.csv`, `backup.zip!/people.csv` or, for all files below it, `folder/`; in a
 * bucket the same behind its name; in an SQLite file a table of it; in Redis `db0!/user:*`, keys that begin alike. Undefined for what names none.
 */
export function printTable(kind: StoreKind, written: string): string | undefined {
  if (kind === 'sqlite') return written === '' || control.test(written) ? undefined : written
  if (kind === 'redis') return keysOfTable(written) === undefined ? undefined : written
  if (!isFileKind(kind)) {
    const place = parsePlace(written)
    return place === undefined || place.database !== undefined ? undefined : printPlace(place)
  }
  const { path } = parsePart(written)
  const steps = (path.endsWith('/') ? path.slice(0, -1) : path).split('/')
  const outside = steps.some((step) => step === '.' || step === '..' || (step === '' && kind === 'files'))
  return control.test(written) || outside || steps[0] === '' || (kind === 's3' && steps.length < 2) ? undefined : written
}

/** What of a store's place belongs to a table that is declared there: all of it, some of its parts by name, or nothing (undefined). */
export type OwnParts = 'all' | ((part: string) => boolean)

/** Of `place` in a store of this kind, what is the table's own. */
export function ownParts(kind: StoreKind, table: string, place: string): OwnParts | undefined {
  if (kind === 'sqlite') return (part) => isOf(part, table) || part === pagesName
  if (!isFileKind(kind) && kind !== 'redis') return table === place ? 'all' : undefined
  const { path, name } = parsePart(table)
  if (path.endsWith('/')) return place.startsWith(path) ? 'all' : undefined
  if (path !== place) return undefined
  return name === '' ? 'all' : (part) => isOf(part, name) || part === pagesName || part.endsWith(`!/${pagesName}`)
}

/** Binary values of a table are a part of their own, beside it. */
const isOf = (part: string, name: string): boolean => part === name || part === `${name} binary values`
