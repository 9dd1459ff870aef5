import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { one, rows, sql } from './index.ts'
import { createServerForTests, createTestDatabase, testServer, withDatabase } from './testing.ts'

test('a test database is migrated, empty and dropped when closed', async () => {
  const name = await withDatabase(async ({ database }) => {
    expect(await rows(database, sql`select number from schema_migration where number < 0`)).toEqual([])
    return (await one<{ name: string }>(database, sql`select current_database() as name`)).name
  })
  await withDatabase(async ({ database }) => {
    expect(await rows(database, sql`select from pg_database where datname = ${name}`)).toEqual([])
  })
})

test('two test databases do not see each other', async () => {
  const [a, b] = await Promise.all([createTestDatabase(), createTestDatabase()])
  await rows(a.database, sql`create table seen (x int)`)
  await expect(rows(b.database, sql`select from seen`)).rejects.toMatchObject({ code: '42P01' })
  await Promise.all([a.close(), b.close()])
})

test('a server of its own takes hba lines and settings, is another than the shared one, and leaves nothing', async () => {
  const server = await createServerForTests({ hba: ['local all +guest scram-sha-256'], settings: { work_mem: '7MB' } })
  expect(server.pid).not.toBe((await testServer()).pid)
  const { openDatabase } = await import('./index.ts')
  const database = openDatabase(server.url('postgres'))
  const found = await one<{ directory: string; memory: string; line: string }>(
    database,
    sql`select current_setting('data_directory') as directory, current_setting('work_mem') as memory,
      (select user_name[1] from pg_hba_file_rules where rule_number = 2) as line`,
  )
  expect(found).toMatchObject({ memory: '7MB', line: '+guest' })
  await database.destroy()
  await server.stop()
  expect(existsSync(found.directory)).toBe(false)
  expect(existsSync(server.socketDirectory)).toBe(false)
})
