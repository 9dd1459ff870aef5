import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { first, isRefusal, one, openDatabase, rows, sql, transaction } from './index.ts'
import { poolOf } from './connection.ts'
import { createEmptyDatabase, type TestDatabase } from './testing.ts'

let test1: TestDatabase
beforeAll(async () => {
  test1 = await createEmptyDatabase()
  await rows(test1.database, sql`create table person (id int primary key, mail text unique)`)
})
afterAll(() => test1.close())

test('an int8 is a number while a number can hold it, and refused beyond', async () => {
  expect(await one(test1.database, sql`select 9007199254740991::int8 as n, count(*) as c from person`)).toEqual({ n: 9007199254740991, c: 0 })
  await expect(rows(test1.database, sql`select 9007199254740992::int8`)).rejects.toMatchObject({ code: 'database/unsafe-integer' })
  await expect(rows(test1.database, sql`select -9007199254740992::int8`)).rejects.toMatchObject({ code: 'database/unsafe-integer' })
})

test('a bytea is a Buffer, a timestamptz a Date', async () => {
  const row = await one<{ bytes: Buffer; at: Date }>(test1.database, sql`select ${Buffer.from([0, 255])}::bytea as bytes, '2019-04-15T10:00:00+02'::timestamptz as at`)
  expect(row.bytes).toEqual(Buffer.from([0, 255]))
  expect(row.at.toISOString()).toBe('2019-04-15T08:00:00.000Z')
})

test('one row is one row: none and two are refused; first may be nothing', async () => {
  await expect(one(test1.database, sql`select 1 where false`)).rejects.toMatchObject({ code: 'database/not-one-row' })
  await expect(one(test1.database, sql`select generate_series(1, 2)`)).rejects.toMatchObject({ code: 'database/not-one-row' })
  expect(await first(test1.database, sql`select 1 as x where false`)).toBeUndefined()
})

test('a transaction that throws leaves nothing, and one inside another is the same one', async () => {
  const failed = transaction(test1.database, async (outer) => {
    await rows(outer, sql`insert into person values (1, null)`)
    await transaction(outer, (inner) => rows(inner, sql`insert into person values (2, null)`))
    throw new Error('changed our mind')
  })
  await expect(failed).rejects.toThrow('changed our mind')
  expect(await one(test1.database, sql`select count(*) as n from person`)).toEqual({ n: 0 })
  expect(await transaction(test1.database, (inside) => one(inside, sql`select 1 as x`))).toEqual({ x: 1 })
})

test('an error keeps its SQLSTATE and constraint and loses the values', async () => {
  await rows(test1.database, sql`insert into person values (3, 'mara@listener.example')`)
  await rows(test1.database, sql`create function tell(mail text) returns int language plpgsql as $$ begin raise exception 'no %', mail; end $$`)
  const attempts = [
    rows(test1.database, sql`select tell('mara@listener.example')`), // what a trigger says is its author's
    rows(test1.database, sql`insert into person values (4, 'mara@listener.example')`),
    rows(test1.database, sql`select ${'mara@listener.example'}::int`),
    transaction(test1.database, (inside) => sql`select 'mara@listener.example'::timestamptz`.execute(inside)),
  ]
  const errors = await Promise.all(attempts.map((attempt) => attempt.then(() => expect.unreachable(), (error: Error & { code: string; constraint?: string }) => error)))
  expect(errors.map(({ code, constraint }) => [code, constraint])).toEqual([['P0001', undefined], ['23505', 'person_mail_key'], ['22P02', undefined], ['22007', undefined]])
  for (const error of errors) expect(error.stack + JSON.stringify(error) + Object.values(error).join()).not.toContain('mara')
})

/** The same server, in whose language ERROR is another word of as many letters. */
async function abroad(url: string, work: (directory: string) => Promise<void>): Promise<void> {
  const own = mkdtempSync(join(tmpdir(), 'bailee-abroad-'))
  const { host, port } = new pg.Client(url)
  const name = `.s.PGSQL.${port}`
  const between = createServer((near) => {
    const far = connect(`${host}/${name}`)
    near.pipe(far)
    far.on('data', (bytes) => near.write(Buffer.from(bytes.toString('latin1').replaceAll('SERROR\0', 'SCHYBA\0'), 'latin1')))
    for (const [one, other] of [[near, far], [far, near]] as const) one.on('error', () => other.destroy()).on('close', () => other.destroy())
  }).listen(join(own, name))
  await once(between, 'listening')
  try {
    await work(own)
  } finally {
    between.close()
    rmSync(own, { recursive: true, force: true })
  }
}

test('a server whose messages are translated refuses, and is known to have refused, whatever it calls that', async () => {
  await rows(test1.database, sql`create role guest_abroad login password 'abroad'; alter role guest_abroad set lc_messages = 'C.utf8'; grant all on person to guest_abroad`)
  const { host, port, database: name } = new pg.Client(test1.url)
  const urlOf = (directory: string): string => `postgres://guest_abroad:abroad@localhost:${port}/${String(name)}?host=${encodeURIComponent(directory)}`
  await abroad(test1.url, async (directory) => {
    const guest = openDatabase(urlOf(directory))
    try {
      const refused = await rows(guest, sql`insert into person values (9, 'a'), (9, 'b')`).catch((cause: unknown) => cause)
      expect([refused, isRefusal(refused)]).toMatchObject([{ severity: 'CHYBA', code: '23505' }, true])
      expect(isRefusal({ severity: 'ZAVAZNY', code: '23505' }), 'no other word is').toBe(false)
    } finally {
      await guest.destroy()
    }
  })
  // Where the account may, its connections speak English.
  await rows(test1.database, sql`grant set on parameter lc_messages to guest_abroad`)
  const guest = openDatabase(urlOf(host))
  expect(await rows(guest, sql`select current_setting('lc_messages') as language`)).toEqual([{ language: 'C' }])
  await guest.destroy()
  await rows(test1.database, sql`drop owned by guest_abroad; drop role guest_abroad`)
})

test('a connection is given to nobody while it is asked something of our own', async () => {
  const database = openDatabase(test1.url)
  const atHand: unknown[] = []
  try {
    poolOf(database)!.on('acquire', (client) => { atHand.push((client as unknown as { readyForQuery: unknown }).readyForQuery) })
    await rows(database, sql`select 1`)
    expect(atHand).toEqual([true])
  } finally {
    await database.destroy()
  }
})
