import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { copyFileSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chinookFolder, readParts, type ReadPart } from '../../testing.ts'
import type { Part } from '../part.ts'
import { pagesPart } from './pages.ts'
import { partsOfSqlite } from './sqlite.ts'

const absent = chinookFolder() === undefined

let root: string
beforeAll(async () => { root = await mkdtemp(join(tmpdir(), 'bailee-pages-')) })
afterAll(() => rm(root, { recursive: true }))

async function* one(part: Part): AsyncGenerator<Part> { yield part }
async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> { for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size) }
const carve = async (bytes: Uint8Array, size = 1 << 20): Promise<ReadPart> => (await readParts(one(pagesPart({ name: '', open: () => pieces(bytes, size) })))).get('database pages')!

/**
 * Two heap pages that PostgreSQL 15 wrote: `create table dead (id int, mail text, n numeric)`, 200 rows `p1@mail.example` and so on, four of them
 * updated and eleven deleted (50 to 60) before the checkpoint.
 */
const heap = gunzipSync(Buffer.from('H4sICM7TBGsCA2hlYXAuZGVhZADtmvlzlWcZht8kLGEPe9gPe1ibEAhhKwEKDYVCoFBSKJQlnIZTKCkUGgqFsIc9YUvCbmsrtbWltbXY2kptbaOjY0ZHJ46OoqNjRkcnjo6ljo4+Oe/9djD38/wDzvlmmBt+uOb65YIJ3/M551zF5yOTnUt2ucl5yS7SItI1xbnaq1FXcXWtK5SNyDZcibobV9a6Utk82VTZustFrvpysVstmyHbeKnI3bxU7Mpk82XTZOsvFrtrF4tcsWym7J0Lxe7WhSJXLlsgmy57u6bIXa8pdiWyubJOtra62FVUF7lC2YhsQ1Wxu1FV5Epl82RTZevOi/+8+GUzZBvPif+c+GXzZdNk68+K/6z4ZTNl75wR/xnxyxbIpsvePi3+0+KXzZV1srWV4q8Uv2xEtqFC/BXil82TTZWtOyX+U+KXzZBtPCn+k+KXzZdNk60/If4T4pfNlL1zXPzHxS9bIJsue/uY+I+JXzZX1snWHhX/UfHLRo5GXcORmLtxJOpKZfNkU2XryqOuujzmVstmyDYejrqbh2OuTDZfNk22/lDMXTsUdcWymbJ3DsbcrYNRVy5bIJsue/tA1F0/EHMlsrmyTrZ2f8xV7I+6QtmIbMM+8e8Tv2yebHiaWml6WuLP5S7FJaemyzo3tCQrOydv05oNG8euL12zqWTj+nZlZT/QucPgDoOb8D9cp7Ky77vyrgp3CNwhcOOb+76n+w6COwguu7nvU913ANwBcOOa+z7RffvB7QeX1dz3se7bB24fuMzmvo90315wez03blJz34e6rwxcGbjc5r5bum8PuD3gJjb3faD7doPbDY56eV/3PQfuOXDUy3u6bxe4XeCol3d1305wO8FRLzd137PgngVHvbyj+3aA2wGOenlb95WCKwVHvbyl+54B94znsqiXN3XfdnDbwVEvb+i+beC2gaNeXtd9T4N7Ghz18pru2wpuKzjq5VXdtwXcFnDUyyu67ylwT4GjXl7WfSXgSsBRL9d132Zwm8FRLy/pvifBPQmOenlR920Ct8lzmdTLC7pvI7iN4KiX53XfE+CeAEe9XNN9MXAxcNTLVd23AdwGcNTLZd1XDK4YHPVySfc9Du5xcNTLBd0XBRcFR73U6L714NaDo16qdF8RuCJw1Mt53bcO3Dr5/eCSSZTLWa8jbi24tZ6jXM4YP4esAbfGc5RLpeFbDW615yiXCsP3GLjHPEe5nDR8q8Ct8hzlcsLwrQS30nOUyzHD9yi4Rz1HuRw1fCvArfAc5VJu+JaDW+45yuWw4XsE3CNxLpd6OWj4CsEVeo56OWD4loFb5jnqZZ/hexjcw56jXvYavqXglnqOetlj+JaAW+I56mW34XsI3EOeo152Gb7F4BZ7jnrZafgWgVvkOeplh+ErAFfgOeql1PAtBLcwzk2kXrYbvgXgFniOetlm+B4E96DnqJethm8+uPmeo162GL554OZ5jnopMXwPgHvAc9TLZsM3F9xcz1EvmwxfPrh8z1EvGw3f/eDu9xz1EjN8c8DN8Rz1ssHwzQY3O87lUC+PG777wN3nOeolavhmgZvlOeqlyPDNBDfTc9TLOsM3A9wMz1EvawxfHrg8z1Evqw3fdHDTPUe9rDJ894K713PUy0rDNw3cNM9RLyvu8jX9SgY31aVEBrl02ThHvSy/y3c3NwXclDg3gXopNHyTwU32HPWyzPBNAjfJc9TLUsOXCy7Xc9TLEsM3EdxEz1Eviw1fDrgcz1EviwzfBHATPEe9LDR848GN9xz1ssDwZYPL9hz1Mt/wjQM3znPUyzyjzyz0mRXnxlMvc42/D5ngMj1HveQbvnvA3eM56mWO4RsLbqznqJfZhm8MuDGeo15mGb7R4EZ7jnqZafhGgRvlOeolz/CNBDfSc9TLdMM3AtwIz1Ev0wxfBrgMz1EvUw3fcHDD41w29TLZ8A0DN8xz1MskwzcU3FDPUS8TDd8QcEM8R73kGL7B4AZ7jnoZb/gGgRvkOeol2/ANBDfQc9RLluGLgIt4jnrJNHwDwA3wHPUy1vD1B9ffc9TLGMPXD1y/OMevd0cZvr7g+nqOehlp+PqA6+M56iXD8PUG19tz1Mtww9cLXC/PUS9DDV86uHTPUS9DDF9PcD09R70MMnw9wPXwHPUy0PB1B9fdc9TLAMPXDVw3z1Ev/Q1fV3Bd4xy/3u1r+LqA6+I56qWP4esMrrPnqJdehi8NXJrnqJd0w9cJXCfPUS89DF9HcB09R710N3wdwHXwHPXS1fC1B9fec9RLF8PXDlw7z1EvaYavLbi2nqNeOhm+NuDaNP1bWkK5dICOuFRwqXGOcmlv3Q1bg2sd5yiXtpavFbhWcY5yaWP5WoJrGecol9Z3+5p+JcX/lBT//1/Tz4Mt4hzl0so1+/kzcLPApcQ5yqWF5ZsJLjnOUS4plm8GuKQ4R7kkBV/8Z5bPRsZ/3M1IinRuuv83/b72asxVXI26QtmIbMOVmLtxJepKZfNkU2XrLkdd9eWYWy2bIdt4KepuXoq5Mtl82TTZ+osxd+1i1BXLZsreuRBzty5EXblsgWy67O2aqLteE3MlsrmyTra2WvzV4peNyDZUib9K/LJ5sqmydefFf178shmyjefEf078svmyabL1Z8V/VvyymbJ3zoj/jPhlC2TTZW+fFv9p8cvmyjrZ2sqoq6hc6wplI5VrXeJJPIkn8SSexJN4Ek/iSTyJJ/EknsSTeP5/n/DeyL/Y8e9/kjPM9z+tLW4WOOP9T8vm77cCNxOc8f6nheWbAc54/5Osv09L+uL+X+uavu8bx9/3jU5SuXD//zTOZfEHfiOTlO8Jk764/38Cjt4YjtB94f7/XXD0xnC47psK7mNw9MZwmO6bAu4jcPTGcIjumwzuO+ComMG6bxK4D8FRMQN1Xy64W+ComIjumwju2+ComP66LwfcB+Col366bwK49z3HH/j10X3jwX0LHPXSW/dlg3sPHPWSrvvGgXsXHPXSU/eF+/83wVEv3XVfuP/fBEe9dNN94f7/DjjqpYvuC/f/b4CjXjrrvnD/fxsc9dJJ94X7/1vgqJeOui/c/7/uOf7Ar73uC/f/N8FRL+10X7j/vwGOemmj+8L9/wY46iVV94X7/+vgqJdWui/c/18DR7201H3h/v81cNRLiu4L9/9XwVEvybov3P9fAUe9ON0X7v9fBUe9/MepvnD/f9lz/IHfv53qC/f/6+Col3/pvnD//wo46uWfui/c/18CR718rvvC/f9FcNTLZ7ov3P+/DI56+YfuC/f/F8BRL3/XfeH+/zw46uVvui/c/78Ejnr5q+4L9/9r4KiXRt0X7v9XPccf+P1F94X7/xVw1MufdV+4/18GR738SfeF+/8lcNTLH3VfuP9fBEe9NOi+cP+/AI56+YPuC/f/GnDUy+91X7j/V4OjXn6n+8L9vwoc9fJb3Rfu/+fBUS+/0X3h/n/Oc/yB3691X7j/nwVHvfxK94X7/xlw1MsvdV+4/58GR738QveF+38lOOrl57ov3P8rwFEv9bov3P9PgaNefqb7wv3/JDjq5ae6L9z/T4CjXn6i+1qAOw6Oevmx7ksBd8xz/IFfne5LBncUHPXyI92XBO4IOOrlh/4LgP8CZa8GUABAAAA=', 'base64'))
const mails = (read: ReadPart): Set<string> => new Set(read.text.match(/p\d+@mail[.]example/g))
const all = (count: number, from = 1): string[] => Array.from({ length: count }, (_, at) => `p${at + from}@mail.example`)

function database(name: string, size: number, statements: string): string {
  const file = join(root, name)
  const made = new DatabaseSync(file)
  made.exec(`pragma page_size = ${size}; pragma secure_delete = off; create table t (id integer primary key, mail text, n real, big int, none text); begin`)
  const insert = made.prepare('insert into t values (?, ?, ?, ?, null)')
  for (let id = 1; id <= 1000; id += 1) insert.run(id, `p${id}@mail.example`, id / 4, -(2n ** 40n) - BigInt(id))
  made.exec(`commit; ${statements}`)
  made.close()
  return file
}

describe('pages of PostgreSQL', () => {
  test('give their tuples, updated and deleted ones too', async () => {
    const read = await carve(heap)
    expect(mails(read)).toEqual(new Set(all(200)))
    expect(read.rows).toHaveLength(204)
    expect(read.rows[9]!.slice(0, 2)).toEqual(['10', 'p10@mail.example'])
    expect(read.partly.join()).toContain('0 pages of SQLite and 2 of PostgreSQL')
  })

  test('are found anywhere in other bytes, however those are cut', async () => {
    const image = Buffer.concat([Buffer.alloc(7 * 512, 'x'), heap, Buffer.alloc(200 * 512, 3), heap.subarray(0, 8192), Buffer.from('the end')])
    for (const size of [997, 65_536]) expect((await carve(image, size)).rows.length).toBeGreaterThan(300)
  })
})

describe('pages of SQLite', () => {
  test.each([512, 1024, 4096, 65_536])('of %d bytes give the rows that SQLite gives', async (size) => {
    const read = await carve(readFileSync(database(`size-${size}.sqlite`, size, '')))
    const rows = new Map(read.rows.map((row) => [row[0], row]))
    for (const id of [1, 2, 500, 1000]) expect(rows.get(String(id))).toEqual([String(id), `p${id}@mail.example`, String(id / 4), String(-(2n ** 40n) - BigInt(id)), ''])
    expect(mails(read)).toEqual(new Set(all(1000)))
  })

  test('give rows that were deleted, and those of a dropped table', async () => {
    expect(mails(await carve(readFileSync(database('deleted.sqlite', 4096, 'delete from t where id between 100 and 199')))).size).toBeGreaterThan(930)
    const dropped = await readParts(partsOfSqlite({ file: database('dropped.sqlite', 4096, 'drop table t'), name: '' }))
    // One of its pages heads the list of free pages, which overwrites where its rows lie.
    expect(mails(dropped.get('database pages')!).size).toBeGreaterThan(850)
  })

  test('give rows from a write-ahead log, and from what follows it', async () => {
    const file = join(root, 'log.sqlite')
    const made = new DatabaseSync(file)
    made.exec('pragma journal_mode = wal; create table t (id integer primary key, mail text)')
    for (const mail of all(50)) made.prepare('insert into t (mail) values (?)').run(mail)
    copyFileSync(`${file}-wal`, join(root, 'copy'))
    const fromFile = await readParts(partsOfSqlite({ file, name: '' }))
    made.close()
    expect(fromFile.get('schema')!.partly.join()).toContain('-wal lies beside it')
    const log = readFileSync(join(root, 'copy'))
    expect(mails(await carve(log))).toEqual(new Set(all(50)))
    const padded = Buffer.concat([log, Buffer.alloc((512 - (log.length % 512)) % 512), heap])
    expect(mails(await carve(padded)).size).toBe(200)
  })

  test('are read where SQLite stops: a damaged file is read in part, and says so', async () => {
    const file = database('damaged.sqlite', 4096, '')
    const handle = await open(file, 'r+')
    await handle.write(Buffer.alloc(1000, 0xff), 0, 1000, 4096 * 5)
    await handle.close()
    const found = await readParts(partsOfSqlite({ file, name: '' }))
    expect(found.get('t')!.partly.join()).toContain('SQLite stopped reading it (error 11)')
    expect(mails(found.get('database pages')!).size).toBeGreaterThan(800)
    const beheaded = join(root, 'beheaded.sqlite')
    await writeFile(beheaded, Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(4080, 1), readFileSync(file).subarray(4096)]))
    const rest = await readParts(partsOfSqlite({ file: beheaded, name: '' }))
    expect(rest.get('bytes')!.partly.join()).toMatch(/^SQLite cannot/)
    expect(mails(rest.get('database pages')!).size).toBeGreaterThan(800)
  })

  test.skipIf(absent)('of Chinook hold its 59 customers', async () => {
    const read = await carve(readFileSync(join(chinookFolder()!, 'Chinook_Sqlite.sqlite')))
    expect(read.rows.filter((row) => row.length === 13 && row[11]!.includes('@'))).toHaveLength(59)
  })
})

test('bytes that are no pages give nothing and break nothing', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), fc.constantFrom(0, 13, 0x53), async (bytes, first) => {
    const whole = Buffer.alloc(9000)
    whole.set(bytes, 0)
    whole[0] = first
    expect((await carve(whole)).shape).toBe('rows')
  }), { numRuns: 200 })
  expect((await carve(readFileSync(process.execPath).subarray(0, 4 << 20))).rows.length).toBeLessThan(200)
})

describe('an SQLite file', () => {
  test('keeps every value as it stands: big numbers, texts that are no UTF-8, binary cells, generated columns, tables without rowid', async () => {
    const file = join(root, 'odd.sqlite')
    const made = new DatabaseSync(file)
    made.exec(`create table "odd ""t" (a, b text, c as (b || '!') stored); insert into "odd ""t" values (9223372036854775807, '007'), (24.0, 'x')`)
    made.exec(`insert into "odd ""t" values (cast(x'c3a9ff' as text), 'line' || char(10) || 'break')`)
    made.prepare('insert into "odd ""t" values (?, ?)').run(Buffer.from('{"mail":"ann@mail.example"}'), 'json')
    made.exec('create table w (k primary key, v) without rowid; insert into w values (1, 2); create view v as select * from w')
    made.exec("create virtual table f using fts5(body); insert into f values ('bob@mail.example')")
    made.close()
    const before = readFileSync(file)
    const found = await readParts(partsOfSqlite({ file, name: '' }), 'latin1')
    const rows = found.get('odd "t')!.rows
    expect(rows.slice(0, 2)).toEqual([['9223372036854775807', '007', '007!'], ['24', 'x', 'x!']])
    expect(rows[2]).toEqual(['Ã©ÿ', 'line\nbreak', 'line\nbreak!'])
    expect(rows[3]![0]).toBe('{"mail":"ann@mail.example"}')
    expect(found.get('w')!.rows).toEqual([['1', '2']])
    expect(found.has('v')).toBe(false)
    expect(found.get('f')!.shape).toBe('unread')
    expect(found.get('f_content')!.rows).toEqual([['1', 'bob@mail.example']])
    expect(readFileSync(file).equals(before)).toBe(true)
  })
})
