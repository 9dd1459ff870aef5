/** Which kind of file of MariaDB's is which, by its name; and whether its temporary tablespace holds rows. */
import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { KindRule } from '../types.ts'

export const redo = 'redo log'
export const undo = 'undo log'
export const system = 'system tablespace'
export const binary = 'binary log'

/** Files whose format holds no value of a row: definitions, positions, numbers of pages. */
const bookkeeping = 'bookkeeping'
export const temporary = 'temporary tablespace'

export const mysqlRules: readonly KindRule[] = [
  ...['table', 'Aria table', 'Aria index', 'MyISAM table', 'MyISAM index', 'Aria log', 'statistics', redo, undo, system, binary, 'relay log', 'server log', temporary, 'other'].map((kind) => ({ kind, holdsValues: true })),
  { kind: bookkeeping, holdsValues: false },
]

/** What all tables of a server leave behind together. */
export const mysqlShared: ReadonlySet<string> = new Set(['statistics', redo, undo, system, binary, 'relay log', 'Aria log', 'server log', temporary, 'other'])

const byName: readonly (readonly [RegExp, string])[] = [
  [/^mysql\/(column|index|table)_stats[.]/, 'statistics'],
  [/[.]CSM$/, bookkeeping], [/^mysql\/(general|slow)_log[.]CSV$/, 'server log'],
  [/[.]ibd$/, 'table'], [/[.]MAD$/, 'Aria table'], [/[.]MAI$/, 'Aria index'], [/[.]MYD$/, 'MyISAM table'], [/[.]MYI$/, 'MyISAM index'],
  [/^ib_logfile\d+$/, redo], [/^undo\d+$/, undo], [/^aria_log[.]\d+$/, 'Aria log'],
  [/[.](frm|opt|par|TRG|TRN|isl|pid)$|^(ib_buffer_pool|aria_log_control|ddl_recovery[.]log|ddl_recovery-backup[.]log|tc[.]log|mysql_upgrade_info|mariadb_upgrade_info|multi-master[.]info|auto[.]cnf|debian-[^/]*[.]flag)$/, bookkeeping],
  [/[.]info$|[.](index|state)$/, bookkeeping],
  [/relay(-log|-bin)?[.]\d+$/, 'relay log'],
  [/[.](err|log)$/, 'server log'],
]

/** What the server itself says of where its files are; `binlog`: the name of its binary logs without their numbers. */
export interface Names { readonly binlog: string | undefined; readonly system: readonly string[]; readonly temporary: readonly string[]; readonly logs: readonly string[]; readonly pageBytes: number }

/** The kind of a file, by its path within `directory`. */
export function mysqlKind(directory: string, names: Names): (path: string) => string {
  return (path) => {
    if (names.system.includes(path)) return system
    if (names.temporary.includes(path)) return holdsRows(join(directory, path), names.pageBytes) ? temporary : bookkeeping
    if (names.binlog !== undefined && path.startsWith(`${names.binlog}.`) && /[.]\d+$/.test(path)) return binary
    if (names.logs.includes(path)) return 'server log'
    return byName.find(([pattern]) => pattern.test(path))?.[1] ?? 'other'
  }
}

/** Types of pages that tell of others: unused (and then empty), of segments, of the tablespace, of extents, of the change buffer. */
const withoutRows = new Set([3, 5, 6, 8, 9])

/** Whether a page of it could hold a row; also when it cannot be read, which whoever reads it next says. */
function holdsRows(path: string, pageBytes: number): boolean {
  const page = Buffer.alloc(pageBytes)
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    for (let at = 0; readSync(file, page, 0, pageBytes, at) === pageBytes; at += pageBytes) {
      const type = page.readUInt16BE(24)
      if (!withoutRows.has(type) && (type !== 0 || page.some((byte) => byte !== 0))) return true
    }
    return false
  } catch {
    return true
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** Where the pages that are written twice lie in the first file of the system tablespace; undefined where there are none. `page`: the sixth. */
export function doublewriteOf(page: Uint8Array): readonly number[] | undefined {
  const bytes = Buffer.from(page)
  const at = bytes.length - 200 + 10 // behind the header of its segment
  const magic = 536_853_855
  return bytes.readUInt32BE(at) === magic ? [bytes.readUInt32BE(at + 4), bytes.readUInt32BE(at + 8)] : undefined
}

/** Pages in each of the two places. */
export const doublewritePages = 64
