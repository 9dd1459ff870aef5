import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { printPart } from '#inventory'
import { openSqliteFile } from './adapter/sqlite.ts'
import type { Cleared, Clearing } from './engine.ts'
import { searchFiles } from './search.ts'
import type { KindSearched } from './types.ts'

let directory: string
let file: string
let application: DatabaseSync
/** Readers that must not be collected before their file is. */
const held: unknown[] = []
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bailee-sqlite-'))
  file = join(directory, 'crm.db')
})
afterEach(() => {
  if (application.isOpen) application.close()
  rmSync(directory, { recursive: true })
})

/** Begins to read, and stops there. */
function read(reader: DatabaseSync): void {
  const reading = reader.prepare('select email from kept').iterate()
  reading.next()
  held.push(reading)
}

const rows = 4_000
function fill(mode: string): void {
  application = new DatabaseSync(file)
  application.exec(`pragma journal_mode = ${mode}; pragma secure_delete = off; create table person (id integer primary key, email text); create index person_email on person (email); create table kept (email text)`)
  application.exec(`with recursive i (n) as (select 1 union all select n + 1 from i where n < ${rows}) insert into person select null, printf('erased%06d@listener.example', (n * 7919) % 1000003) from i`)
  application.exec(`insert into kept select replace(email, 'listener', 'other') from person`)
}

const clearing: Clearing = { places: [], before: [], values: [], undo: { note: () => Promise.resolve(), clear: () => Promise.resolve() } }
interface Seen { readonly deleted: Map<string, KindSearched>; readonly cleared: Cleared; readonly after: Map<string, KindSearched>; readonly values: number }

/** Deletes as an application would, does what `between` does, then clears and searches. */
async function check(between: () => void = () => undefined): Promise<Seen> {
  const engine = openSqliteFile({ file, waitMilliseconds: 50 })
  const control = `bailee-control-${'ab'.repeat(12)}`
  const seen = async (values: readonly Uint8Array[], controls: readonly Uint8Array[]) => new Map((await searchFiles(engine.directory, await engine.files(), { values, controls })).map((kind) => [kind.kind, kind]))
  try {
    const values = (await engine.draw(printPart('crm.db', 'person'), 2 * rows)).values.map((value) => Buffer.from(value))
    application.exec('delete from person')
    const deleted = await seen(values, [])
    between()
    const cleared = await engine.clear(clearing)
    await engine.plant(control, clearing.undo)
    return { deleted, cleared, after: await seen(values, [Buffer.from(control)]), values: values.length }
  } finally {
    await engine.uproot()
    await engine.close()
  }
}

test.each(['delete', 'truncate', 'persist', 'wal'])('journal mode %s: after a plain DELETE the values stand in the file, after the procedure in none, a planted one seen', async (mode) => {
  fill(mode)
  const { deleted, cleared, after, values } = await check()
  expect(values).toBe(rows)
  const standing = Math.max(...[...deleted.values()].map((kind) => kind.values))
  expect(standing).toBeGreaterThan(0.9 * rows)
  expect(cleared).toMatchObject({ hindrances: [], rewritten: ['database'] })
  expect(after.get('database')).toMatchObject({ values: 0, controls: 1 })
  expect([...after.values()].filter((kind) => kind.values > 0)).toEqual([])
  expect(application.prepare('select count(*) as n from kept').get()).toEqual({ n: rows })
})

test('a reader that is still open keeps the old pages, and is named', async () => {
  fill('wal')
  const reader = new DatabaseSync(file)
  const { cleared, after } = await check(() => {
    read(reader)
    application.exec('insert into person (email) values (null)')
  })
  reader.close()
  expect(cleared.hindrances.map(({ because }) => because).join()).toContain('somebody has the file open and reads')
  expect(Math.max(...[...after.values()].map((kind) => kind.values))).toBeGreaterThan(0)
  expect((await check()).cleared.hindrances).toEqual([])
})

test('a journal that is kept behind a reader ends with its reason, and its old pages are found', async () => {
  fill('persist')
  const reader = new DatabaseSync(file)
  const { deleted, cleared, after } = await check(() => read(reader))
  reader.close()
  expect(deleted.get('journal')?.values, 'a kept journal holds old pages').toBeGreaterThan(0)
  expect(cleared.hindrances.length).toBeGreaterThan(0)
  expect(cleared.rewritten).toEqual([])
  expect(Math.max(after.get('journal')?.values ?? 0, after.get('database')?.values ?? 0)).toBeGreaterThan(0)
  expect([(await check()).cleared.hindrances, existsSync(`${file}-journal`)]).toEqual([[], false])
})

test('a copy under its name beside it is searched too', async () => {
  fill('delete')
  const { after } = await check(() => writeFileSync(`${file}.bak`, 'x'.repeat(50) + `erased${String(7919).padStart(6, '0')}@listener.example`))
  expect(after.get('copy beside it')).toMatchObject({ values: 1 })
})

test('nothing is drawn from a view or a virtual table: what they show stands elsewhere, and reading it may have no end', async () => {
  fill('delete')
  application.exec(`create view everybody as select id, email from person; create virtual table found using fts5(email, content='everybody', content_rowid='id')`)
  const engine = openSqliteFile({ file, waitMilliseconds: 50 })
  try {
    for (const [table, values] of [['person', 5], ['everybody', 0], ['found', 0]] as const) expect((await engine.draw(printPart('crm.db', table), 10)).values, table).toHaveLength(values) // of each column as many
  } finally {
    await engine.close()
  }
})
