/** The physical check of an SQLite file: itself, its journals, and what lies beside it under its name. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { mustNameNoOtherFile, parsePart, readableColumns } from '#inventory'
import { Broken } from '#kit/errors'
import type { Cleared, Clearing, Drawn, Engine, Patience } from '../engine.ts'
import { needleBytesMax, needleBytesMin } from '../needles.ts'
import { listIdentities } from '../search.ts'
import type { Hindrance, KindRule } from '../types.ts'

export interface SqliteFile extends Patience { readonly file: string }

const rules: readonly KindRule[] = [...['database', 'journal', 'copy beside it'].map((kind) => ({ kind, holdsValues: true })), { kind: 'bookkeeping', holdsValues: false }]
const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Opens the file of a store. Throws `Broken` when it is not there, or is no SQLite file. */
export function openSqliteFile({ file, waitMilliseconds }: SqliteFile): Engine {
  if (!existsSync(file)) throw new Broken('erasure/no-file', 'the SQLite file of a store is not there')
  mustNameNoOtherFile(file)
  const database = new DatabaseSync(file, { timeout: waitMilliseconds, enableForeignKeyConstraints: false, allowExtension: false })
  const name = basename(file)
  const table = `bailee_control_${randomBytes(6).toString('hex')}`
  const kindOf = (path: string): string => (path === name ? 'database' : path === `${name}-shm` ? 'bookkeeping' : path === `${name}-wal` || path === `${name}-journal` ? 'journal' : 'copy beside it')
  try {
    database.exec('pragma trusted_schema = off; pragma temp_store = memory; pragma secure_delete = on')
  } catch (cause) {
    database.close()
    throw new Broken('erasure/no-sqlite', 'the SQLite file of a store cannot be opened; is it one, and may Bailee write to it?', { cause })
  }
  return {
    directory: dirname(file), rules, shared: new Set(['journal']),
    holding: () => Promise.resolve([]), // the file is written anew in its place
    files: () => listIdentities(dirname(file), kindOf, (path) => path.startsWith(name)),
    flush: () => Promise.resolve(), // every commit reaches its file, or the log beside it, which is searched too
    draw: (place, most) => Promise.resolve(draw(database, place, most)),
    clear: (clearing) => Promise.resolve(clear(database, name, clearing)),
    plant: (control) => Promise.resolve(attempt(() => {
      database.exec(`create table ${table} (value text)`)
      database.prepare(`insert into ${table} values (?)`).run(control)
      if (modeOf(database) === 'wal') database.exec('pragma wal_checkpoint(passive)') // in both: the log keeps it until it is begun anew
    }, name, 'no value could be planted for the search to see')),
    uproot: () => { attempt(() => { database.exec(`drop table if exists ${table}`); database.exec('vacuum'); truncateLog(database, name) }, name, ''); return Promise.resolve() }, // a free page would make a later search say that rows were deleted
    restore: () => Promise.resolve(), // its settings are its connection's alone
    close: () => { database.close(); return Promise.resolve() },
  }
}

const modeOf = (database: DatabaseSync): string => (database.prepare('pragma journal_mode').get() as { journal_mode: string }).journal_mode

/** What SQLite refuses is a hindrance; anything else is thrown. Its words may quote a statement, so only its number is told. */
function attempt(work: () => void, place: string, because: string): Hindrance[] {
  try {
    work()
    return []
  } catch (cause) {
    const code = (cause as { errcode?: number }).errcode
    if (code === undefined) throw cause
    const why = (code & 0xff) === 5 || (code & 0xff) === 6 ? 'somebody has the file open and reads or writes it' : `SQLite answered ${code}`
    return [{ place, because: `${because}: ${why}` }]
  }
}

/** Where a table is not there, holds nothing itself, or its name is shown with a mark, nothing is drawn. */
function draw(database: DatabaseSync, place: string, most: number): Drawn {
  const table = parsePart(place).name
  const columns = readableColumns(database, table).held // of a view or a virtual table none: what they show is held elsewhere, and may have no end
  const values = new Set<string>()
  for (const column of columns) {
    const quoted = identifier(column)
    const drawn = database.prepare(`select distinct ${quoted} as value from ${identifier(table)} where typeof(${quoted}) = 'text' and length(cast(${quoted} as blob)) between ? and ? limit ?`).all(needleBytesMin, needleBytesMax, Math.ceil(most / columns.length))
    for (const { value } of drawn as unknown as { value: string }[]) values.add(value)
  }
  return { values: [...values], blind: [] }
}

/** Writes every page anew, with no journal that keeps the old ones. */
function clear(database: DatabaseSync, name: string, _clearing: Clearing): Cleared {
  const done: string[] = []
  const encoding = (database.prepare('pragma encoding').get() as { encoding: string }).encoding
  const hindrances: Hindrance[] = encoding === 'UTF-8' ? [] : [{ place: name, because: `its text is kept as ${encoding}, and only UTF-8 is searched for` }]
  const step = (what: string, found: readonly Hindrance[]): boolean => { hindrances.push(...found); if (found.length === 0) done.push(what); return found.length === 0 }
  const before = modeOf(database)
  if (before !== 'wal') {
    const went = attempt(() => database.exec('pragma journal_mode = delete'), name, 'its journal could not be done away with')
    step('journal mode that keeps no journal', went.length > 0 || modeOf(database) === 'delete' ? went : [{ place: `${name}-journal`, because: `its journal is kept (${before}), with old pages in it` }])
  }
  const statistics = database.prepare(`select count(*) as there from sqlite_schema where name in ('sqlite_stat1', 'sqlite_stat4')`).get() as { there: number }
  if (statistics.there > 0) step('statistics taken anew', attempt(() => database.exec('analyze'), name, 'its statistics could not be taken anew'))
  const rewritten = step('file written anew (VACUUM)', attempt(() => database.exec('vacuum'), name, 'not written anew'))
  step('log emptied', truncateLog(database, name))
  return { done, hindrances, offered: [], rewritten: rewritten ? ['database'] : [] }
}

/** Somebody who still reads keeps the log as it is, and only the answer says so. */
function truncateLog(database: DatabaseSync, name: string): Hindrance[] {
  if (modeOf(database) !== 'wal') return []
  const { busy } = database.prepare('pragma wal_checkpoint(truncate)').get() as { busy: number }
  return busy === 0 ? [] : [{ place: `${name}-wal`, because: 'its log could not be emptied: somebody has the file open and reads an older state of it' }]
}
