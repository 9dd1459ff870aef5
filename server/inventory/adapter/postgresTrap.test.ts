import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from 'kysely'
import { createEmptyDatabase, type TestDatabase } from '../../database/testing.ts'
import { rowsOfDataset } from '../datasetRows.ts'
import { layTrap, trapped } from '../testing.trap.ts'
import { columnsOf, isUnread, listTables, openSnapshot, readTable } from './index.ts'
import { placesBeside } from './postgresBesides.ts'
import { placeOfTable } from './postgresTable.ts'

let store: TestDatabase
beforeAll(async () => {
  store = await createEmptyDatabase()
  await layTrap(store.url, [{ mail: 'ann@mail.example', id: 'K-1' }, { mail: 'bob@mail.example', id: 'K-2' }])
})
afterAll(() => store.close())

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** What stands in every table that is read, and why the others are not. */
async function readAll(): Promise<{ text: Record<string, string>; partly: Record<string, readonly string[]>; unread: Record<string, string> }> {
  const [text, partly, unread]: [Record<string, string>, Record<string, readonly string[]>, Record<string, string>] = [{}, {}, {}]
  for (const table of await listTables(store.url)) {
    if (!table.readable) { unread[table.name] = table.because ?? ''; continue }
    for (const unit of placeOfTable(store.url, table, `${table.schema}.${table.name}`).units()) {
      for await (const part of placeOfTable(store.url, table, `${table.schema}.${table.name}`).open(unit)) {
        if (isUnread(part)) { unread[table.name] = part.because; continue }
        text[table.name] = `${text[table.name] ?? ''}${await textOf(part.bytes)}`
        partly[table.name] = part.partly()
      }
    }
  }
  return { text, partly, unread }
}

test('tables around which a trap is laid are read whole, and nothing of the trap runs', async () => {
  const { text, partly, unread } = await readAll()
  for (const name of ['plain', 'indexed', 'described', 'generated', 'guarded', 'filled']) expect(text[name], name).toContain('bob@mail.example')
  expect(text['indexed']).toContain('bob@mail.example,K-2,"abc"\n')
  expect(partly['generated']).toEqual([expect.stringContaining('1 columns that are worked out from others were not read')])
  expect(unread).toEqual({})
  expect(text).not.toHaveProperty('seen')
  expect(await trapped(store.url)).toEqual([])
})

test('a table in pieces, with row ids, and as a dataset, runs nothing either', async () => {
  const [plain] = (await listTables(store.url)).filter(({ name }) => name === 'plain')
  expect(await textOf(readTable(store.url, plain!, { pages: { from: 0, to: 1 }, withRowIds: true, columns: ['mail'] }))).toBe('"(0,1)",ann@mail.example\n"(0,2)",bob@mail.example\n')
  const table = { table: 'public.plain', subject: 'id', columns: { mail: { category: 'contact' } }, rows: `id = 'K-1'`, watermark: 'changed' }
  const reader = await rowsOfDataset({ kind: 'postgres', url: store.url, table })
  if (typeof reader === 'string') throw new Error(reader)
  const { rows, seen } = reader.read(['mail'])
  expect(await textOf(rows)).toBe('ann@mail.example\n')
  expect(seen.value).toBeDefined()
  expect(await columnsOf(store.url, { schema: 'public', name: 'plain' })).toContainEqual({ name: 'feels', type: 'public.mood' })
  expect(await trapped(store.url)).toEqual([])
})

test('large objects, statistics and definitions run nothing', async () => {
  let found = ''
  for (const place of await placesBeside({ url: store.url, database: undefined, options: {} })) {
    for await (const part of place.open('all')) if (!isUnread(part)) found += await textOf(part.bytes)
  }
  expect(found).toContain('asked by nobody')
  expect(found).toContain('trap_policy')
  expect(await trapped(store.url)).toEqual([])
})

test('what only a query gives of such a table is refused, and so is a predicate that compares a type of the database', async () => {
  const indexed = { schema: 'kept', name: 'indexed' }
  await expect(textOf(readTable(store.url, indexed, { withRowIds: true }))).rejects.toMatchObject({ code: 'inventory/runs-code' })
  await expect(textOf(readTable(store.url, indexed, { rows: `id = 'K-1'` }))).rejects.toMatchObject({ code: 'inventory/runs-code' })
  const shared = { subject: 'id', columns: {}, separation: 'shared_table' as const }
  expect(await rowsOfDataset({ kind: 'postgres', url: store.url, table: { ...shared, table: 'kept.indexed', rows: `id = 'K-1'` } })).toContain('a shared table is read by a query')
  expect(await rowsOfDataset({ kind: 'postgres', url: store.url, table: { ...shared, table: 'public.plain', rows: `feels = 'low'` } })).toContain('of a type that was made in the database')
  expect(await trapped(store.url)).toEqual([])
})

test('a view that takes the place of a table after it was listed is not read', async () => {
  const run = (text: string): Promise<unknown> => sql.raw(text).execute(store.database)
  await run('create table kept.swapped as select mail from public.plain')
  const table = (await listTables(store.url)).find(({ name }) => name === 'swapped')!
  const snapshot = await openSnapshot(store.url)
  expect(await textOf(snapshot.read({ schema: 'public', name: 'plain' }, { columns: ['mail'] }))).toContain('ann')
  await run('alter table kept.swapped rename to was')
  await run('create view kept.swapped as select public.trap_row(mail) as mail from public.plain')
  await expect(textOf(snapshot.read(table))).rejects.toMatchObject({ code: 'inventory/table-unreadable', message: expect.stringContaining('a view') as string })
  await snapshot.close()
  await expect(textOf(readTable(store.url, table))).rejects.toMatchObject({ code: 'inventory/table-unreadable' })
  expect(await trapped(store.url)).toEqual([])
  await run('drop view kept.swapped')
  await run('drop table kept.was')
})

test('whoever reads as the database would have it falls into the trap', async () => {
  const client = new pg.Client({ connectionString: store.url })
  await client.connect()
  for (const statement of ['select * from kept.indexed', 'select * from kept.described', 'select * from kept.seen', `select relname from pg_class where relname = 'plain'::text and pg_total_relation_size(oid) = 0`, `select feels::text from public.plain`]) await client.query(statement)
  await client.end()
  await expect.poll(() => trapped(store.url)).toEqual(expect.arrayContaining(['pg_total_relation_size', 'trap_constant', 'trap_mood', 'trap_operator_0', 'trap_row']))
})
