import { gzipSync } from 'node:zlib'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { customers, createWorld, listeners, members, on, type World } from '../erasure/testing.ts'
import type { SegmentHeader } from './fingerprint/index.ts'
import { canBeFound } from './search/index.ts'
import { sweep } from './sweep.ts'

interface Person { readonly id: string; readonly email: string; readonly phone: string }

let world: World
let people: readonly Person[]
let others: readonly Person[]
beforeAll(async () => {
  world = await createWorld()
  people = await listed('crm', 'crm.listener', 'user_id')
  others = [...await listed('shop', 'public.customer', 'customer_id'), ...await listed('shop', 'public.member', 'member_id')]
  await world.run('lab', 'create schema lab; create schema "Odd.schema"')
})
afterAll(() => world.close())

const listed = async (database: 'crm' | 'shop', from: string, id: string): Promise<Person[]> =>
  (await world.run(database, `select ${id} as id, email, phone from ${from} order by 1`)).rows as Person[]

const literal = (value: unknown): string => `'${JSON.stringify(value).replaceAll('\'', '\'\'')}'`
const records = (rows: readonly object[]): string => `json_to_recordset(${literal(rows)}) as r(id text, email text, phone text)`

/** What a sweep says: `controller people place`, and of the places read only in part `place: because`. */
async function swept(): Promise<{ found: string[]; partly: string[]; notRead: string[] }> {
  const report = await sweep(world.context, on('2019-04-16'))
  const of = (places: readonly { place: string; because: string }[]): string[] => places.map(({ place, because }) => `${place}: ${because}`)
  return {
    found: report.findings.map(({ controller, records: count, place }) => `${controller} ${count} ${place}`).sort(),
    partly: report.coverage.flatMap((store) => of(store.partly_read)), notRead: report.coverage.flatMap((store) => of(store.not_read)),
  }
}

const whole = (place: string, count = listeners): object => ({ found: [`deezer ${count} ${place}`], partly: [], notRead: [] })

describe('a copy in a table', () => {
  afterEach(() => world.run('lab', 'drop schema lab, "Odd.schema" cascade; create schema lab; create schema "Odd.schema"'))

  test.each<[string, string, string, number?]>([
    ['with other names, order and capitals', 'lab.t', 'create table lab.t as select 7 as a, upper(email) as b, null::text as c, id as d from PEOPLE'],
    ['of e-mail addresses alone, padded', 'lab.t', 'create table lab.t as select (\'  \' || email || repeat(\' \', 20))::char(80) as x from PEOPLE'],
    ['twice over: people, not rows', 'lab.t', 'create table lab.t as select email from PEOPLE union all select upper(email) from PEOPLE'],
    ['in a schema and table with odd names', '"Odd.schema"."a ""quoted"" table"', 'create table "Odd.schema"."a ""quoted"" table" as select email as "E ""mail"", please", id from PEOPLE'],
    ['whose name has a dot', 'lab."a.b"', 'create table lab."a.b" as select email from PEOPLE'],
    ['whose name has a colon', 'lab."a:b"', 'create table lab."a:b" as select email from PEOPLE'],
    ['whose name has a line end', String.raw`lab.U&"two\000alines"`, 'create table lab."two\nlines" as select email from PEOPLE'],
    ['in a partition', 'lab.low', 'create table lab.p (id text, email text) partition by list (left(id, 2)); create table lab.low partition of lab.p for values in (\'FR\'); insert into lab.p select id, email from PEOPLE'],
    ['that inherits', 'lab.child', 'create table lab.parent (email text); create table lab.child (n int) inherits (lab.parent); insert into lab.child select email, 1 from PEOPLE'],
    ['in a materialised view', 'lab.m', 'create table lab.seed as select email from PEOPLE; create materialized view lab.m as select email from lab.seed; truncate lab.seed'],
    ['unlogged, of two people', 'lab.t', 'create unlogged table lab.t as select id, email, phone from PEOPLE limit 2', 2],
    ['with line ends, quotes and delimiters in its texts', 'lab.t', 'create table lab.t as select E\'a\\r\\n"b",;\\t\' as note, email, \'"\' as q from PEOPLE'],
    ['of type varchar, bpchar, citext-like domain', 'lab.t', 'create domain lab.mail as text; create table lab.t as select email::lab.mail, id::varchar(30), phone::bpchar from PEOPLE'],
  ])('%s is found whole', async (_, place, statements, count) => {
    await world.run('lab', statements.replaceAll('PEOPLE', records(people)))
    expect(await swept()).toEqual(whole(place, count))
  })

  test('a view over a copy adds nothing: its table is the copy; empty tables are no findings', async () => {
    await world.run('lab', `create table lab.t as select email from ${records(people)}; create view lab.v as select * from lab.t; create table lab.nothing (email text)`)
    expect(await swept()).toEqual(whole('lab.t'))
  })

  test('mixed with others and with rows of nobody, each is counted for itself', async () => {
    const nobody = Array.from({ length: 500 }, (_, index) => ({ id: `N${index}`, email: `n${index}@else.example`, phone: `+1 555 ${index}` }))
    await world.run('lab', `create table lab.t as select email, id from ${records([...people, ...others, ...nobody])} order by md5(id)`)
    expect(await swept()).toEqual({ found: [`aria ${members} lab.t`, `chinook ${customers} lab.t`, `deezer ${listeners} lab.t`], partly: [], notRead: [] })
  })

  test('beside a cell longer than any value is found, and the table is said to be read in part', async () => {
    await world.run('lab', `create table lab.big as select repeat('x', case when id = 'FR10007' then 2000000 else 1 end) as big, email from ${records(people)}`)
    expect(await swept()).toEqual({ ...whole('lab.big'), partly: ['lab.big: 1 fields are longer than any value'] })
  })
})

test('a database made a template is searched too, and one that lets nobody in is named', async () => {
  await world.run('attic', `create table hidden as select email from ${records(people)}`)
  await world.run('lab', 'reset role; alter database attic is_template true')
  expect(await swept()).toEqual(whole('attic:public.hidden'))
  await world.run('attic', 'drop table hidden')
  await world.run('lab', 'alter database attic allow_connections false')
  expect(await swept()).toEqual({ found: [`deezer ${listeners} attic:public.hidden`], partly: [], notRead: [expect.stringContaining('database attic: another database of this server') as string] })
  await world.run('lab', 'alter database attic allow_connections true is_template false; set role eraser')
  expect((await swept()).found).toEqual([])
})

test('one column of numbers names nobody, so a table known by nothing else is said to be unable to be found', async () => {
  const { search } = await sweep(world.context, on('2019-04-16'))
  expect([...search.unable]).toEqual([])
  const column = (kind: string, bits: number, alone: boolean) => ({ name: kind, kind, bits, alone, weak: bits < 24, distinct: 1000, values: 1000 })
  const header = (...columns: unknown[]): SegmentHeader => ({ records: 1000, columns }) as unknown as SegmentHeader
  expect(canBeFound(header(column('digits', 40, false)))).toBe(false)
  expect(canBeFound(header(column('digits', 13, false), column('digits', 13, false)))).toBe(false)
  expect(canBeFound(header(column('digits', 23, false), column('digits', 36, false)))).toBe(true)
  expect(canBeFound(header(column('e-mail', 42, true)))).toBe(true)
})

describe('a copy in a file', () => {
  afterEach(() => { rmSync(join(world.directory, 'share'), { recursive: true }); world.put('keep.csv', 'a,b\n1,2\n') })

  const lines = (delimiter: string, end = '\n', header = true): string => [...(header ? [['mail', 'ref', 'note'].join(delimiter)] : []), ...people.map((person) => [person.email, person.id, '"a ""b"""'].join(delimiter)), ''].join(end)
  const utf16be = (text: string): Buffer => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()

  test.each<[string, string, () => string | Uint8Array]>([
    ['with a header', 'a.csv', () => lines(',')],
    ['without a header', 'a.csv', () => lines(',', '\n', false)],
    ['with semicolons', 'a.txt', () => lines(';')],
    ['with tabs and CRLF', 'deep/er/b', () => lines('\t', '\r\n')],
    ['with bars, and no line end at its end', 'c.dat', () => lines('|').trimEnd()],
    ['with a mark of UTF-8', 'a.csv', () => `\uFEFF${lines(',', '\n', false)}`],
    ['in UTF-16, little end first', 'a.csv', () => Buffer.from(`\uFEFF${lines(',')}`, 'utf16le')],
    ['in UTF-16, big end first', 'a.csv', () => utf16be(lines(';', '\r\n'))],
    ['in UTF-16 without a mark', 'a.csv', () => Buffer.from(lines(','), 'utf16le')],
    ['of one column', 'mails', () => people.map((person) => `${person.email}\n`).join('')],
    ['packed', 'a.bin', () => gzipSync(lines(';'))],
    ['in two packs one behind the other', 'a.gz', () => Buffer.concat([gzipSync(people.slice(0, 100).map((person) => `${person.email},x\n`).join('')), gzipSync(people.slice(100).map((person) => `${person.email},x\n`).join(''))])],
    ['of JSON lines, nested', 'a.log', () => people.map((person) => `${JSON.stringify({ a: { b: [person.email.toUpperCase(), null] }, n: 1 })}\n`).join('')],
    ['of JSON lines in UTF-16, packed', 'a.log', () => gzipSync(Buffer.from(people.map((person) => `${JSON.stringify([person.email, person.id])}\r\n`).join(''), 'utf16le'))],
    ['with every field quoted and padded', 'a.csv', () => people.map((person) => `"  ${person.email} ","${person.id}"\r\n`).join('')],
    ['whose name has quotes, dots and a line end', 'a "b".c\n.csv', () => lines(',')],
  ])('%s is found whole', async (_, place, content) => {
    world.put(place, content())
    expect(await swept()).toEqual(whole(place))
  })

  test.each<[string, string, RegExp]>([
    ['JSON lines of which one is cut', '{"a":1}\n{"a":\n', /1 lines are no JSON/],
    ['a quote that never closes', `a,b\n1,"${'x,\n'.repeat(400_000)}`, /1 fields open with a quote that does not close|differ/],
  ])('%s is read, and said to be read in part', async (_, content, because) => {
    world.put('odd', content)
    const { found, partly, notRead } = await swept()
    expect({ found, notRead }).toEqual({ found: [], notRead: [] })
    expect(partly).toEqual([expect.stringMatching(because)])
  })

  test('a finding stays open while its place is read in part only', async () => {
    world.put('a.csv', lines(','))
    expect(await swept()).toEqual(whole('a.csv'))
    world.put('a.csv', '{"a":1}\n{"a":\n')
    expect(await swept()).toMatchObject({ found: [`deezer ${listeners} a.csv`] })
    world.put('a.csv', '{"a":1}\n')
    expect(await swept()).toMatchObject({ found: [] })
  })
})

// After this one `template0` counts as written to for good: every test of this world stands before it.
test('a template from which databases are made is searched, and the one that the server keeps for itself is named once somebody wrote into it', async () => {
  const inside = async (database: string, statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: world.url(database) })
    await client.connect()
    await client.query(statement).finally(() => client.end())
  }
  const open = (allowed: boolean): Promise<unknown> => world.run('lab', `reset role; alter database template0 allow_connections ${allowed}; set role eraser`)
  const hide = `create table hidden as select email from ${records(people)}`
  await inside('template1', hide)
  expect(await swept()).toEqual(whole('template1:public.hidden'))
  await inside('template1', 'drop table hidden')
  await open(true)
  await inside('template0', hide)
  expect(await swept()).toEqual(whole('template0:public.hidden'))
  await open(false)
  expect((await swept()).notRead).toEqual([expect.stringContaining('database template0: another database of this server, which lets nobody in') as string])
  await open(true)
  await inside('template0', 'drop table hidden')
  expect(await swept()).toEqual({ found: [], partly: [], notRead: [] })
  await open(false)
  expect((await swept()).notRead).toHaveLength(1)
})

test('a table known by one short identifier alone: a copy of it is not told from chance, and the search says that it could not be', async () => {
  await world.close()
  world = await createWorld({ change: (text) => text.replace(/(user_id: \{[^}]*\}), email: \{ [^}]*\}, phone: \{[^}]*\}/, '$1, email: { category: EmailAddress }, phone: { category: TelephoneNumber }') })
  await world.run('lab', `create table public.t as select id from ${records(people)}`)
  const { findings, search } = await sweep(world.context, on('2019-04-16'))
  expect(findings).toEqual([])
  expect([...search.unable]).toEqual(['listeners.0'])
})
