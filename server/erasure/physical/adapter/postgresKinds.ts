/** Which kind of file of PostgreSQL's is which: by the catalogue where it tells, by the first page otherwise (another database's). */
import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { KindRule } from '../types.ts'

export const wal = 'write-ahead log'

/** Files whose format holds no value of a row: status of transactions, maps of free space, configuration, identifiers. */
const bookkeeping = 'bookkeeping'

export const postgresRules: readonly KindRule[] = [
  ...['table', 'TOAST', 'index', 'statistics', wal, 'server log', 'texts of statements', 'decoded changes', 'temporary', 'other'].map((kind) => ({ kind, holdsValues: true })),
  { kind: bookkeeping, holdsValues: false },
]

/** What all tables of a server leave behind together. */
export const postgresShared: ReadonlySet<string> = new Set(['statistics', wal, 'server log', 'texts of statements', 'decoded changes', 'temporary', 'other'])

const byName: readonly (readonly [RegExp, string])[] = [
  [/^pg_wal\/([0-9A-F]{24}([.]partial)?|xlogtemp[.]\d+)$/, wal],
  [/^pg_wal\//, bookkeeping],
  [/(^|\/)pgsql_tmp\/|(^|\/)t\d+_\d+/, 'temporary'],
  [/^pg_replslot\/.*[.](spill|snap)$/, 'decoded changes'],
  [/pgss_query_texts[.]stat$/, 'texts of statements'],
  [/^(log|pg_log)\/|[.]log([.]\d+)?$/, 'server log'],
  [/^(pg_xact|pg_multixact|pg_subtrans|pg_commit_ts|pg_notify|pg_serial|pg_snapshots|pg_dynshmem|pg_stat|pg_stat_tmp|pg_replslot|pg_logical|pg_twophase)\//, bookkeeping],
  [/^(PG_VERSION|postmaster[.](pid|opts)|[^/]*[.]conf|current_logfiles|backup_label([.]old)?|backup_manifest|tablespace_map)$|^conf[.]d\//, bookkeeping],
  [/(^|\/)(PG_VERSION|pg_filenode[.]map|pg_internal[.]init([.]\d+)?|pg_control)$|_(fsm|vm)([.]\d+)?$/, bookkeeping],
]

/** The kind of a file, by its path within `directory`. `known`: kinds by the path of a relation's first file. */
export function postgresKind(directory: string, known: ReadonlyMap<string, string>): (path: string) => string {
  return (path) => {
    const named = byName.find(([pattern]) => pattern.test(path))
    if (named !== undefined) return named[1]
    const relation = /^((base|global|pg_tblspc)\/(.*\/)?\d+)(_init)?([.]\d+)?$/.exec(path)?.[1]
    return relation === undefined ? 'other' : (known.get(relation) ?? byFirstPage(join(directory, path)))
  }
}

/** Pages of indexes keep room for themselves at their end, pages of tables keep none. */
function byFirstPage(path: string): string {
  const header = Buffer.alloc(20)
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    if (readSync(file, header, 0, 20, 0) < 20) return 'table'
  } catch {
    return 'table' // gone meanwhile, or reading it will say why it cannot be read
  } finally {
    if (file !== undefined) closeSync(file)
  }
  return header.readUInt16LE(16) < (header.readUInt16LE(18) & 0xff00) ? 'index' : 'table'
}
