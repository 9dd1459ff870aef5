import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from 'kysely'
import { createEmptyDatabase, type TestDatabase } from '../../database/testing.ts'
import { isUnread, listPostgres, type ListedPlace, type PartOrUnread } from './index.ts'
import { readParts } from '../testing.ts'
import { bytesOfHexadecimal } from './postgresTable.ts'

let store: TestDatabase
const wide = 20_000
// Small, so that a table of a megabyte is a large one.
const limits = { unitPages: 50, twoConnectionsPagesMin: 20 }
beforeAll(async () => {
  store = await createEmptyDatabase()
  await run(`create unlogged table wide as select g as id, 'p' || g || '@listener.example' as mail, repeat(chr(65 + g % 26), 30) as filler from generate_series(1, ${wide}) g`, `create table small (id int, photo bytea, note text, raw bytea)`,
    `insert into small values (1, convert_to('{"mail": "Zoë@listener.example"}', 'UTF8'), 'a, "b"', '\\x00ff220a'), (2, null, null, null), (3, '\\x1f8b0800', E'two\\nlines', '')`,
    'create table only_bytes (one bytea, two bytea)', `insert into only_bytes values (null, null), ('a', 'b')`)
}, 300_000)
afterAll(() => store.close())

async function run(...statements: string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(store.database)
}

async function placeOf(name: string): Promise<ListedPlace> {
  const { places } = await listPostgres(store.url, new Set(await others()), { limits })
  const place = places.find((one) => one.place === name)
  if (place === undefined) throw new Error(`no place ${name}`)
  return place
}

/** Other databases of the shared server are other tests'. */
async function others(): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select datname as name from pg_database where datname <> current_database()`.execute(store.database)
  return rows.map(({ name }) => { const url = new URL(store.url); url.pathname = `/${name}`; return `${url.host}${url.searchParams.get('host') ?? ''}:${url.searchParams.get('port') ?? ''}${url.pathname}` })
}

async function read(parts: AsyncGenerator<PartOrUnread>): Promise<{ text: string; partly: readonly string[] }> {
  const chunks: Uint8Array[] = []
  let partly: readonly string[] = []
  for await (const part of parts) {
    if (isUnread(part)) throw new Error(part.because)
    for await (const chunk of part.bytes) chunks.push(chunk)
    partly = part.partly()
  }
  return { text: Buffer.concat(chunks).toString(), partly }
}

const ids = (text: string): number[] => [...text.matchAll(/^(\d+)\t/gm)].map((match) => Number(match[1])).sort((a, b) => a - b)
const all = Array.from({ length: wide }, (_, index) => index + 1)

describe('a large table', () => {
  test('is read whole over two connections, each row once', async () => {
    const place = await placeOf('public.wide')
    expect(place.units().length).toBeGreaterThan(1)
    expect(ids((await read(place.open('all'))).text)).toEqual(all)
  })

  test('its units together are its rows, each once', async () => {
    const place = await placeOf('public.wide')
    const found: number[] = []
    for (const unit of place.units()) found.push(...ids((await read(place.open(unit))).text))
    expect(found.sort((a, b) => a - b)).toEqual(all)
  })

  test('held, its units are as of one moment, whatever is written meanwhile', async () => {
    const place = await placeOf('public.wide')
    const held = await place.hold!()
    await run(`insert into wide values (0, 'new', ''); update wide set id = -1 where id = ${wide}`)
    const found: number[] = []
    for (const unit of place.units()) found.push(...ids((await read(held.open(unit))).text))
    await held.close()
    expect(found.sort((a, b) => a - b)).toEqual(all)
    await run('delete from wide where id = 0', `update wide set id = ${wide} where id = -1`)
  })

  test('stopped early it leaves no session behind', async () => {
    const place = await placeOf('public.wide')
    for await (const part of place.open('all')) {
      if (isUnread(part)) throw new Error(part.because)
      for await (const chunk of part.bytes) { expect(chunk.length).toBeGreaterThan(0); break }
    }
    const left = async (): Promise<number> => (await sql<{ count: number }>`select count(*)::int as count from pg_stat_activity where datname = current_database() and query ilike 'copy %'`.execute(store.database)).rows[0]!.count
    await expect.poll(left, { timeout: 30_000 }).toBe(0)
  })

  test('a unit that is none is refused', async () => {
    const place = await placeOf('public.wide')
    await expect(async () => read(place.open('ctid 0; drop'))).rejects.toMatchObject({ code: 'inventory/no-unit' })
  })
})

describe('tabs between fields', () => {
  const field = fc.option(fc.string({ unit: fc.constantFrom('a', '"', '\t', '\n', '\r', ',', 'é', ' ', '\\', 'N', '.', '\b', '\v', '\f', '\u0001', '\u{1F600}'), maxLength: 6 }), { nil: null })

  test('any texts come back as they were, each row once', async () => {
    await run('create table odd (id int, a text, b text)')
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 300 }), async (rows) => {
      await run('truncate odd')
      await sql`insert into odd select * from jsonb_to_recordset(${JSON.stringify(rows.map(([a, b], id) => ({ id, a, b })))}::jsonb) as t(id int, a text, b text)`.execute(store.database)
      const found = await readParts((await placeOf('public.odd')).open('all'))
      expect(found.get('')!.rows).toEqual(rows.map(([a, b], id) => [String(id), a ?? '', b ?? '']))
    }), { numRuns: 12 })
  })

  test('a table of one column, or of values that are mostly quoted, is read with commas', async () => {
    await run('create table one (a text)', `insert into one values (''), (null), ('x')`, 'create table quoted (id int, doc jsonb)', `insert into quoted values (1, '{"a": 1}')`)
    expect((await read((await placeOf('public.one')).open('all'))).text).toBe('""\n\nx\n')
    expect((await read((await placeOf('public.quoted')).open('all'))).text).toBe('1,"{""a"": 1}"\n')
  })
})

describe('the signal of a table', () => {
  test('stays while nothing is written, and changes with every kind of write', async () => {
    await run('create table signalled (id int)', 'insert into signalled values (1)')
    const signal = async (): Promise<string | undefined> => (await placeOf('public.signalled')).signal
    const settled = async (before: string | undefined): Promise<string | undefined> => {
      await sql`select pg_stat_force_next_flush()`.execute(store.database)
      await expect.poll(signal, { timeout: 30_000 }).not.toBe(before)
      return signal()
    }
    let last = await settled(undefined)
    expect(await signal()).toBe(last)
    for (const statement of ['insert into signalled values (2)', 'update signalled set id = 3', 'delete from signalled where id = 3', 'insert into signalled values (9)', 'truncate signalled', 'alter table signalled add column more text default \'x\'']) {
      await run(statement)
      last = await settled(last)
    }
  })
})

describe('cells of bytes', () => {
  test('stand as their bytes in the last fields, quoted, and packed ones are counted', async () => {
    const { text, partly } = await read((await placeOf('public.small')).open('all'))
    expect(Buffer.from(text).includes('1,"a, ""b""","{""mail"": ""Zoë@listener.example""}",')).toBe(true)
    expect(text.split('\n')).toContain('2,,,')
    expect(partly).toEqual(['1 cells hold a packed or compressed file, which is not unpacked'])
    expect((await read((await placeOf('public.only_bytes')).open('all'))).text).toBe(',\n"a","b"\n')
  })

  test.each([['7,00ff220a,\n', 2, '372c2200ff22220a222c0a'], [',61\n', 1, '2c2261220a'], ['\n', 1, '0a'], [',\n', 2, '2c0a'], ['"x,y",,62\n', 2, '22782c79222c2c2262220a']])('%j with %i columns of bytes', (row, count, hexadecimal) => {
    expect(Buffer.from(bytesOfHexadecimal(count, { packed: 0 })(Buffer.from(row))).toString('hex')).toBe(hexadecimal)
  })
})
