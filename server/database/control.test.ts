import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { one, openControlDatabase, rows, sql } from './index.ts'
import { createEmptyDatabase } from './testing.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'control-'))
  chmodSync(directory, 0o755)
})
afterEach(() => rmSync(directory, { recursive: true }))

test('without a URL there is a database of our own, and what was committed is there the next time', async () => {
  const control = await openControlDatabase({ directory })
  await rows(control.database, sql`create table kept (x int)`)
  await control.close()
  const again = await openControlDatabase({ directory })
  expect(await one(again.database, sql`select current_database() as name, (select count(*) from kept) as kept`)).toEqual({ name: 'bailee', kept: 0 })
  await again.close()
})

test('a schema newer than the code is refused, and no server is left running', async () => {
  const control = await openControlDatabase({ directory })
  await rows(control.database, sql`insert into schema_migration (number, name, sha256) values (9999, 'future', repeat('0', 64))`)
  const pid = control.server?.pid ?? 0
  await control.close()
  await expect(openControlDatabase({ directory })).rejects.toMatchObject({ name: 'Refused', code: 'database/newer-schema' })
  expect(pid).toBeGreaterThan(0)
  const restarted = await openControlDatabaseServer()
  expect(restarted.adopted).toBe(false) // nothing was left to adopt
  await restarted.stop()
})

async function openControlDatabaseServer() {
  const { startServer } = await import('./index.ts')
  return startServer({ directory: join(directory, 'postgres') })
}

test('with a URL that database is migrated and used, and nothing is started', async () => {
  const empty = await createEmptyDatabase()
  const control = await openControlDatabase({ directory, url: empty.url })
  expect(control.server).toBeUndefined()
  expect(await rows(control.database, sql`select to_regclass('schema_migration') is not null as migrated`)).toEqual([{ migrated: true }])
  await control.close()
  await empty.close()
})

test('a URL that leads nowhere says which setting to look at, and never the password', async () => {
  const failed = openControlDatabase({ directory, url: 'postgresql://bailee:hunter2@127.0.0.1:1/bailee' })
  const error = await failed.then(() => expect.unreachable(), (reason: Error) => reason)
  expect(error).toMatchObject({ name: 'Broken', code: 'database/unreachable' })
  expect(error.message).toContain('BAILEE_DATABASE_URL')
  expect(error.stack).not.toContain('hunter2')
})
