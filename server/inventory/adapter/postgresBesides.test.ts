import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from 'kysely'
import { createEmptyDatabase, type TestDatabase } from '../../database/testing.ts'
import { isUnread, printPart, type ListedPlace } from './index.ts'
import { placesBeside } from './postgresBesides.ts'
import { withClient } from './postgresSession.ts'

let store: TestDatabase
const size = 3 * 1024 ** 2 + 5
beforeAll(async () => {
  store = await createEmptyDatabase()
  const packed = gzipSync('mail,name\nann@mail.example,Ann\nbob@mail.example,Bob\n').toString('hex')
  await run(
    `create table people as select 'p' || g || '@listener.example' as mail, array['t' || g % 3] as tags, g as n from generate_series(1, 2000) g`, 'create statistics both_of on mail, n from people', 'analyze people',
    `select lo_from_bytea(70001, '\\x${packed}')`, `select lo_from_bytea(70002, convert_to(repeat('x', ${size - 20}) || E'\\ncarl@mail.example\\n', 'UTF8'))`,
    `comment on table people is 'asked by dora@mail.example'`, `create view chosen_ones as select * from people where mail <> 'erik@mail.example'`,
    `create function greet() returns text language sql as $$ select 'fred@mail.example' $$`, `alter table people add column more text default 'gina@mail.example'`,
    `create type chosen as enum ('hana@mail.example')`,
  )
})
afterAll(() => store.close())

async function run(...statements: string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(store.database)
}

async function read(place: ListedPlace | undefined): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for await (const part of place!.open('all')) {
    const chunks: Uint8Array[] = []
    if (!isUnread(part)) for await (const chunk of part.bytes) chunks.push(chunk)
    found[part.name === '' ? place!.place : printPart(place!.place, part.name)] = isUnread(part) ? `not read: ${part.because}` : Buffer.concat(chunks).toString()
  }
  return found
}

const besides = (url = store.url, database?: string): Promise<ListedPlace[]> => placesBeside({ url, database, options: {} })
const at = (places: readonly ListedPlace[], name: string): ListedPlace | undefined => places.find(({ place }) => place === name)

test('large objects are read as what they hold, each by its number', async () => {
  const found = await read(at(await besides(), 'pg_catalog.pg_largeobject'))
  expect(Object.keys(found)).toEqual(['pg_catalog.pg_largeobject!/70001', 'pg_catalog.pg_largeobject!/70002'])
  expect(found['pg_catalog.pg_largeobject!/70001']).toContain('bob@mail.example,Bob')
  expect(found['pg_catalog.pg_largeobject!/70002']).toMatch(/x\ncarl@mail.example\n$/)
  expect(found['pg_catalog.pg_largeobject!/70002']).toHaveLength(size - 1)
})

test('values that the planner keeps are a place of each table, one value a row', async () => {
  const values = (await read(at(await besides(), 'pg_catalog.pg_stats!/public.people')))['pg_catalog.pg_stats!/public.people']
  expect(values!.split('\n').filter((value) => /^p\d+@listener.example$/.test(value)).length).toBeGreaterThan(90)
  expect(values!.split('\n')).toContain('t1')
})

test('constants in comments and definitions are read', async () => {
  const text = Object.values(await read(at(await besides(), 'pg_catalog.definitions'))).join('')
  for (const name of ['dora', 'erik', 'fred', 'gina', 'hana']) expect(text).toContain(`${name}@mail.example`)
})

test('a database that makes backslashes end strings, or puts functions before those of the server, is read as any other', async () => {
  const set = (setting: string): Promise<void> => run(`do $$ begin execute format('alter database %I set ${setting}', current_database()); end $$`)
  await run(String.raw`create table "back" as select 'q' || g || '@listener.example' as mail from generate_series(1, 200) g`, String.raw`analyze "back"`,
    `create function public.pg_get_viewdef(oid) returns text language sql as $$ select 'hidden' $$`)
  await set('standard_conforming_strings = off')
  await set('search_path = public, pg_catalog')
  const places = await besides()
  const statistics = places.filter(({ place }) => place.includes('back'))
  expect(statistics).toHaveLength(1)
  expect(Object.values(await read(statistics[0])).join('')).toContain('@listener.example')
  const text = Object.values(await read(at(places, 'pg_catalog.definitions'))).join('')
  expect(text).toContain('erik@mail.example')
  expect(text).not.toContain('view,hidden')
})

test('a session that is ended while it looks, as by the drop of its database, is a store that is not read', async () => {
  const ended = withClient(store.url, (client) => client.query('select pg_terminate_backend(pg_backend_pid())'))
  await expect(ended).rejects.toMatchObject({ code: 'inventory/store-unreadable', message: expect.stringContaining('57P01') as string })
  await expect(withClient(store.url, (client) => client.end().then(() => client.query('select 1')))).rejects.toMatchObject({ code: 'inventory/store-unreadable' })
})

test('places of another database are named after it', async () => {
  expect((await besides(store.url, 'attic')).map(({ place }) => place)).toContain('attic:pg_catalog.definitions')
})

test('an account without the right to an object is told so of that object, and reads those that it was granted', async () => {
  const role = `reader_${process.pid}`
  await run(`create role ${role} login password 'reader'`, `grant select on large object 70001 to ${role}`)
  try {
    const url = new URL(store.url)
    url.username = role
    url.password = 'reader'
    const found = await read(at(await besides(url.href), 'pg_catalog.pg_largeobject'))
    expect(found['pg_catalog.pg_largeobject!/70001']).toContain('bob@mail.example,Bob')
    expect(found['pg_catalog.pg_largeobject!/70002']).toBe('not read: a large object cannot be read: 42501')
  } finally {
    await run(`revoke all on large object 70001 from ${role}`, `drop role ${role}`)
  }
})
