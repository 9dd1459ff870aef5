/** Whoever drops what is kept of the past, and those who compare it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rows, sql, transaction } from '#database'
import { createTestDatabase, type TestDatabase } from '../../../database/testing.ts'
import { dropVersions, isKept, keepFoldersOut, makeVersions, schemasOf, type Schemas } from '../store.ts'
import { beginComparing } from './store.ts'

let own: TestDatabase
let schemas: Schemas
beforeAll(async () => {
  own = await createTestDatabase()
  schemas = await schemasOf(own.database)
  await transaction(own.database, (tx) => makeVersions(tx, schemas, { migrations: ['create function hold_rows(held regclass) returns void language sql as $$ $$'], tables: [], program: 'test', started: 0 }))
})
afterAll(async () => { await own.close() })

test('whoever compares and was between two statements is ended in the next, and who begins meanwhile reads nothing', async () => {
  const [comparing, goesOn] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()]
  const comparison = transaction(own.database, async (tx) => {
    expect(await beginComparing(tx, schemas)).toBe(true)
    comparing.resolve(undefined)
    await goesOn.promise
    await rows(tx, sql`select pg_sleep(12)`)
  }).then(() => 'read to the end', (cause: unknown) => (cause as { code?: string }).code)
  await comparing.promise
  const dropping = transaction(own.database, async (tx) => { await keepFoldersOut(tx); await dropVersions(tx, schemas) })
  await sleep(500)
  const another = transaction(own.database, (tx) => beginComparing(tx, schemas)).catch((cause: unknown) => (cause as { code?: string }).code)
  const answered = await Promise.race([another, sleep(5_000, 'waits', { ref: false })])
  goesOn.resolve(undefined)
  expect([answered, await comparison]).toEqual([false, '57014'])
  await dropping
  expect(await isKept(own.database)).toBe(false)
}, 60_000)
