import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from 'kysely'
import { createEmptyDatabase, type TestDatabase } from '../../database/testing.ts'
import { Broken } from '#kit/errors'
import { columnsOf, isUnread, listPostgres, listTables, openSnapshot, readTable, wholeUnit } from './index.ts'

let store: TestDatabase
beforeAll(async () => {
  store = await createEmptyDatabase()
  await run(`
    create schema crm;
    create table crm."Odd ""name" (id int primary key, "E Mail" text, note text);
    insert into crm."Odd ""name" values (1, 'ann@mail.example', 'says "hi", twice'), (2, 'bob@mail.example', null), (3, '', E'two\\nlines');
    create table crm.part (id int, v text) partition by range (id);
    create table crm.part_low partition of crm.part for values from (0) to (10);
    insert into crm.part values (1, 'one');
    create table crm.child () inherits (crm."Odd ""name");
    insert into crm.child values (9, 'child@mail.example', 'x');
    create materialized view crm.filled as select v from crm.part;
    create materialized view crm.empty as select v from crm.part with no data;
    create view crm.view as select 1 as one;
    create table crm.big as select g as id, md5(g::text) as v from generate_series(1, 200000) g;
    create table crm.guarded (id int); insert into crm.guarded values (1), (2);
    alter table crm.guarded enable row level security; create policy half on crm.guarded using (id = 1)`)
})
afterAll(() => store.close())

/** Statements one by one: functions and policies in one go would be one transaction. */
async function run(statements: string): Promise<void> {
  for (const statement of statements.split(';\n')) await sql.raw(statement).execute(store.database)
}

async function textOf(rows: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of rows) parts.push(part)
  return Buffer.concat(parts).toString()
}

const odd = { schema: 'crm', name: 'Odd "name' }

describe('listing a Postgres store', () => {
  test('names tables, partitions and materialised views with their columns, but no view and no partitioned parent', async () => {
    const tables = await listTables(store.url)
    expect(tables.map(({ name, kind, readable }) => [name, kind, readable])).toEqual([
      ['Odd "name', 'table', true], ['big', 'table', true], ['child', 'table', true], ['empty', 'materialised view', false],
      ['filled', 'materialised view', true], ['guarded', 'table', true], ['part_low', 'partition', true],
    ])
    expect(tables[0]!.columns).toEqual([{ name: 'id', type: 'integer' }, { name: 'E Mail', type: 'text' }, { name: 'note', type: 'text' }])
    expect(tables[1]!.bytes).toBeGreaterThan(8_000_000)
    expect(tables[3]!.because).toBe('a materialised view that was never filled')
  })

  test('says for a lesser role what it cannot read whole, and refuses to read less in silence', async () => {
    const role = `reader_${process.pid}`
    await run(`create role ${role} login password 'reader';\n grant usage on schema crm to ${role};\n grant select on crm.big, crm.guarded to ${role};\n grant select (id) on crm.part_low to ${role}`)
    try {
      const url = new URL(store.url)
      url.username = role
      url.password = 'reader'
      const tables = await listTables(url.href)
      const because = Object.fromEntries(tables.map((table) => [table.name, table.because]))
      expect(because).toMatchObject({
        guarded: 'row-level security hides rows from this role', part_low: 'this role may not select 1 of 2 columns', child: 'this role may not select 3 of 3 columns',
      })
      expect(because['big']).toBeUndefined()
      await expect(textOf(readTable(url.href, { schema: 'crm', name: 'guarded' }))).rejects.toMatchObject({ code: 'inventory/table-unreadable' })
    } finally {
      await run(`drop owned by ${role};\n drop role ${role}`)
    }
  })

  test('knows the columns of one table, and that there is none', async () => {
    expect(await columnsOf(store.url, odd)).toHaveLength(3)
    expect(await columnsOf(store.url, { schema: 'crm', name: 'none' })).toBeUndefined()
  })

  test('a store that is not there is an error without its address', async () => {
    const failure = await listTables('postgresql://someone:secret@/none?host=/nowhere').catch((cause: unknown) => cause as Error & { code: string })
    expect(failure).toMatchObject({ code: 'inventory/store-unreachable', message: expect.not.stringContaining('secret') })
  })
})

describe('reading a table', () => {
  test('gives CSV of its own rows, nulls empty, nothing inherited', async () => {
    expect(await textOf(readTable(store.url, odd))).toBe('1,ann@mail.example,"says ""hi"", twice"\n2,bob@mail.example,\n3,"","two\nlines"\n')
    expect(await textOf(readTable(store.url, { schema: 'crm', name: 'filled' }))).toBe('one\n')
  })

  test('gives row ids first and chosen columns in the order asked for', async () => {
    expect(await textOf(readTable(store.url, odd, { columns: ['E Mail', 'id'], withRowIds: true }))).toBe('"(0,1)",ann@mail.example,1\n"(0,2)",bob@mail.example,2\n"(0,3)","",3\n')
  })

  test('a table or column that is not there is an error', async () => {
    await expect(textOf(readTable(store.url, { schema: 'crm', name: 'none' }))).rejects.toMatchObject({ code: 'inventory/table-unreadable' })
    await expect(textOf(readTable(store.url, odd, { columns: ['nope'] }))).rejects.toMatchObject({ code: 'inventory/table-unreadable' })
  })

  test('rows of any length come whole and in order, and the connection is as it was', async () => {
    const length = (row: number): number => (row % 211 === 0 ? 300_000 : row % 97 === 0 ? 70_000 : row % 500)
    await run(`create table crm.lengths as select g as id, repeat(chr(97 + g % 26), case when g % 211 = 0 then 300000 when g % 97 = 0 then 70000 else g % 500 end) as v from generate_series(1, 900) g;
      insert into crm.lengths values (901, repeat('z', 5000000))`)
    const wanted = [...Array.from({ length: 900 }, (_, at) => `${at + 1},${length(at + 1) === 0 ? '""' : String.fromCharCode(97 + ((at + 1) % 26)).repeat(length(at + 1))}\n`), `901,${'z'.repeat(5_000_000)}\n`].join('')
    const snapshot = await openSnapshot(store.url)
    try {
      for (let turn = 0; turn < 2; turn += 1) expect((await textOf(snapshot.read({ schema: 'crm', name: 'lengths' }))) === wanted).toBe(true)
      expect(await snapshot.highest({ schema: 'crm', name: 'lengths' }, { name: 'id', type: 'integer' })).toMatchObject({ value: '901' })
    } finally {
      await snapshot.close()
      await run('drop table crm.lengths')
    }
  })

  test('a reader may stop early, and leaves no session behind', async () => {
    for await (const part of readTable(store.url, { schema: 'crm', name: 'big' })) { expect(part.length).toBeGreaterThan(0); break }
    const left = async (): Promise<number> => (await sql<{ count: number }>`select count(*)::int as count from pg_stat_activity where datname = current_database() and query ilike 'copy %'`.execute(store.database)).rows[0]!.count
    await expect.poll(left, { timeout: 30_000 }).toBe(0)
  })

  test('a snapshot sees one moment, whatever is written meanwhile', async () => {
    const snapshot = await openSnapshot(store.url)
    const big = { schema: 'crm', name: 'big' }
    const before = await textOf(snapshot.read(big))
    await run('insert into crm.big values (0, \'new\')')
    expect(await textOf(snapshot.read(big))).toBe(before)
    await snapshot.close()
    expect((await textOf(readTable(store.url, big))).length).toBe(before.length + '0,new\n'.length)
  })
})

test.each(['all', 'a range of it'])('a connection that ends in the middle of a table, %s, is no end of the table', async (what) => {
  const place = (await listPostgres(store.url, new Set())).places.find((one) => one.place === 'crm.big')!
  const unit = what === 'all' ? wholeUnit : 'ctid 0-1000000'
  let read = 0
  const reading = (async () => {
    for await (const part of place.open(unit)) {
      if (isUnread(part)) throw new Error(part.because)
      for await (const piece of part.bytes) {
        if (read === 0) await run('select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()')
        read += piece.length
      }
    }
  })()
  await expect(reading).rejects.toBeInstanceOf(Broken)
  expect(read).toBeGreaterThan(0)
})
