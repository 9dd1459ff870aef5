import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate, rows, sql } from './index.ts'
import { parseMigration, planMigrations, readMigrations } from './migrate.ts'
import { createEmptyDatabase, type TestDatabase } from './testing.ts'

let directory: string
let empty: TestDatabase
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'migrations-'))
  empty = await createEmptyDatabase()
})
afterEach(async () => {
  rmSync(directory, { recursive: true })
  await empty.close()
})

const write = (file: string, text: string): void => writeFileSync(join(directory, file), text)
const count = async (table: string): Promise<number> => (await rows<{ n: number }>(empty.database, sql`select count(*) as n from ${sql.table(table)}`))[0]?.n ?? -1

test('our own migrations are well formed and apply to an empty database', async () => {
  expect((await migrate(empty.url)).length).toBe(readMigrations().length)
  expect(await migrate(empty.url)).toEqual([])
})

test('a control database can be replicated logically: every table says which row is changed or deleted', async () => {
  await migrate(empty.url)
  await rows(empty.database, sql`create publication everything for all tables`)
  await rows(empty.database, sql`delete from further_part`)
  expect(await rows(empty.database, sql`
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
      where c.relkind = 'r' and c.relreplident <> 'f' and not exists (select from pg_index i where i.indrelid = c.oid and (i.indisprimary or i.indisreplident))`)).toEqual([])
})

test('each file is applied once, in order, and written down with what it breaks', async () => {
  write('0002-song.sql', '-- 0002 song: a song has a singer   (breaking: stop older servers first)\nalter table song add column singer text;')
  write('0001-song.sql', '-- 0001 song: there are songs\ncreate table song (id int);\ninsert into song values (1);')
  expect((await migrate(empty.url, directory)).map(({ number, sentence, breaking }) => [number, sentence, breaking])).toEqual([
    [1, 'there are songs', undefined],
    [2, 'a song has a singer', 'stop older servers first'],
  ])
  expect(await migrate(empty.url, directory)).toEqual([])
  expect(await rows(empty.database, sql`select number, name, breaking, length(sha256) as length from schema_migration order by 1`)).toEqual([
    { number: 1, name: 'song', breaking: null, length: 64 },
    { number: 2, name: 'song', breaking: 'stop older servers first', length: 64 },
  ])
  expect(await count('song')).toBe(1)
})

test('eight at once apply each file once', async () => {
  write('0001-slow.sql', '-- 0001 slow: takes its time\ncreate table slow (id int); select pg_sleep(0.2); insert into slow values (1);')
  const applied = await Promise.all(Array.from({ length: 8 }, () => migrate(empty.url, directory)))
  expect(applied.flat().length).toBe(1)
  expect(await count('slow')).toBe(1)
})

test('a schema newer than the code is refused and nothing is changed', async () => {
  write('0001-a.sql', '-- 0001 a: a\ncreate table a (x int);')
  write('0003-c.sql', '-- 0003 c: c\ncreate table c (x int);')
  await migrate(empty.url, directory)
  rmSync(join(directory, '0003-c.sql'))
  write('0002-b.sql', '-- 0002 b: b\ncreate table b (x int);')
  await expect(migrate(empty.url, directory)).rejects.toMatchObject({ name: 'Refused', code: 'database/newer-schema', message: expect.stringMatching(/at schema 3 .* knows 2: run/) })
  expect(await rows(empty.database, sql`select to_regclass('b') as b`)).toEqual([{ b: null }])
})

test('a file changed after it was applied, and one that comes too late, are refused', async () => {
  write('0002-b.sql', '-- 0002 b: b\ncreate table b (x int);')
  await migrate(empty.url, directory)
  write('0001-a.sql', '-- 0001 a: a\ncreate table a (x int);')
  await expect(migrate(empty.url, directory)).rejects.toMatchObject({ name: 'Refused', code: 'database/late-migration' })
  rmSync(join(directory, '0001-a.sql'))
  write('0002-b.sql', '-- 0002 b: b\ncreate table b (x bigint);')
  await expect(migrate(empty.url, directory)).rejects.toMatchObject({ name: 'Refused', code: 'database/changed-migration' })
})

test('a file that fails leaves nothing of itself and everything before it', async () => {
  write('0001-a.sql', '-- 0001 a: a\ncreate table a (x int);')
  write('0002-b.sql', '-- 0002 b: b\ncreate table b (x int); insert into b values (1 / 0);')
  await expect(migrate(empty.url, directory)).rejects.toMatchObject({ name: 'Broken', code: 'database/migration' })
  expect(await rows(empty.database, sql`select to_regclass('a') is null as a, to_regclass('b') is null as b`)).toEqual([{ a: false, b: true }])
  write('0002-b.sql', '-- 0002 b: b\ncreate table b (x int);')
  expect((await migrate(empty.url, directory)).map(({ number }) => number)).toEqual([2])
})

test('a file that ends its own transaction is refused', async () => {
  write('0001-a.sql', '-- 0001 a: a\ncreate table a (x int); commit; begin;')
  await expect(migrate(empty.url, directory)).rejects.toMatchObject({ code: 'database/malformed-migration' })
  expect(await count('schema_migration')).toBe(0)
})

test('names and first lines that nearly fit are refused', () => {
  const good = '-- 0012 erasure: a proof names its entry   (breaking: stop older servers first)\nselect 1'
  expect(parseMigration('0012-erasure-proof.sql', good)).toMatchObject({ number: 12, name: 'erasure-proof', breaking: 'stop older servers first' })
  const bad: [string, string][] = [
    ['12-erasure.sql', good],
    ['0012_erasure.sql', good],
    ['0012-Erasure.sql', good],
    ['0013-erasure.sql', good],
    ['0012-ledger.sql', good],
    ['0012-erasures.sql', good],
    ['0012-erasure.sql', good.slice(1)],
    ['0012-erasure.sql', '\n' + good],
    ['0012-erasure.sql', '-- 0012 erasure:'],
    ['0012-erasure.sql', '-- 0012 erasure'],
    ['0012-erasure.sql', ''],
  ]
  for (const [file, text] of bad) expect(() => parseMigration(file, text), file + text).toThrow(file)
})

test('two files with one number are refused', () => {
  const twice = join(directory, 'twice')
  mkdirSync(twice)
  for (const word of ['a', 'b']) writeFileSync(join(twice, `0001-${word}.sql`), `-- 0001 ${word}: x`)
  expect(() => readMigrations(twice)).toThrow('its number is taken')
})

test('whatever was applied, what is planned comes after it, in order, and completes it', () => {
  const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 9999 }), { maxLength: 20 }).map((list) => list.sort((a, b) => a - b))
  fc.assert(
    fc.property(numbers, fc.nat(), (all, cut) => {
      const migrations = all.map((number) => parseMigration(`${String(number).padStart(4, '0')}-x.sql`, `-- ${String(number).padStart(4, '0')} x: y`))
      const done = migrations.slice(0, cut % (all.length + 1))
      expect([...done, ...planMigrations(migrations, done)]).toEqual(migrations)
    }),
    { numRuns: 50 },
  )
})
