import { appendFileSync, chmodSync, createReadStream, existsSync, linkSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gunzipSync, gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import yazl from 'yazl'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRowSearcher, groupByKey, openSegments, type RowSearcher } from '#trace'
import { openParts } from '#inventory'
import { createWorld, customers, listeners, type World } from '../../testing.ts'
import { unlinkFile } from '../files.ts'
import { rewriteMixed } from './index.ts'
import { withoutElements } from './rows.ts'
import { membersOf, memberOf } from './zip.ts'

let world: World
let searcher: RowSearcher
let folder: string
let ours: string[][]
let theirs: string[][]
const begin = (): Promise<void> => Promise.resolve()

beforeAll(async () => {
  world = await createWorld()
  folder = join(world.directory, 'share')
  searcher = await createRowSearcher(groupByKey(await openSegments(world.context)))
  const fields = (rows: unknown[]): string[][] => (rows as { email: string; id: string; phone: string }[]).map(({ email, id, phone }) => [email, id, phone])
  ours = fields((await world.run('crm', 'select email, user_id as id, phone from crm.listener')).rows)
  theirs = fields((await world.run('shop', 'select email, customer_id as id, phone from public.customer')).rows)
})
afterAll(() => world.close())

const file = (place: string) => ({ folder, place, searcher, targets: ['listeners.0'] })
const path = (place: string): string => join(folder, place)

test('its rows go, all other bytes stay: quotes, line ends, a mark of byte order, a note with line ends in it, the last line without an end', async () => {
  const quoted = (row: readonly string[], note: string): string => [...row.map((field) => `"${field}"`), note].join(';')
  const kept = ['\ufeffmail;id;tel;note', ...theirs.map((row, at) => quoted(row, at % 2 === 0 ? '"two\r\nlines; ""quoted"""' : ''))]
  const all = [kept[0]!, ...theirs.flatMap((_, at) => [quoted(ours[at]!.map((field) => field.toUpperCase()), '"a\r\nb"'), kept[at + 1]!]), ...ours.slice(theirs.length).map((row) => quoted(row, ''))]
  writeFileSync(path('mixed.csv'), all.join('\r\n'))
  chmodSync(path('mixed.csv'), 0o640)
  const before = statSync(path('mixed.csv'))
  expect(await unlinkFile(file('mixed.csv'), begin)).toEqual({ outcome: 'erased', rows: listeners, counted: { rows: listeners, unowned: 1, ambiguous: 0 } })
  expect(readFileSync(path('mixed.csv'), 'utf8')).toBe(`${kept.join('\r\n')}\r\n`)
  const after = statSync(path('mixed.csv'))
  expect([after.mode, after.uid, after.ino === before.ino]).toEqual([before.mode, before.uid, false])
  expect(await unlinkFile(file('mixed.csv'), begin)).toMatchObject({ outcome: 'erased', rows: 0 })
})

test('any mixture is what it was without its rows, also where rows are cut by what is read at once', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), fc.nat(customers - 1), fc.nat(60_000)), { minLength: 60, maxLength: 90 }), async (picks) => {
    const rows = picks.map(([mine, at, filler]) => ({ mine, line: `${[...(mine ? ours : theirs)[at]!, 'x'.repeat(filler)].join(',')}\n` }))
    const strangers = 'a@else.example,1,2,\nb@else.example,3,4,\n'
    writeFileSync(path('any.csv'), `${rows.map(({ line }) => line).join('')}${strangers}`)
    await unlinkFile(file('any.csv'), begin)
    const wanted = `${rows.filter(({ mine }) => !mine).map(({ line }) => line).join('')}${strangers}`
    expect(readFileSync(path('any.csv'), 'utf8') === wanted).toBe(true)
  }), { numRuns: 8 })
})

test('a file that is written to meanwhile stays as it is; what a killed run left beside it is written over, and nothing is left', async () => {
  const text = `${ours.map((row) => row.join(',')).join('\n')}\n${theirs.map((row) => row.join(',')).join('\n')}\n`
  writeFileSync(path('busy.csv'), text)
  writeFileSync(path('busy.csv.bailee-rewriting'), 'half')
  await expect(unlinkFile(file('busy.csv'), () => { appendFileSync(path('busy.csv'), 'late@else.example,1,2\n'); return Promise.resolve() })).rejects.toMatchObject({ code: 'erasure/file-changed' })
  expect(readFileSync(path('busy.csv'), 'utf8')).toBe(`${text}late@else.example,1,2\n`)
  expect(readdirSync(folder).filter((name) => name.includes('rewriting'))).toEqual([])
  expect(await unlinkFile(file('busy.csv'), begin)).toMatchObject({ outcome: 'erased', rows: listeners })
  expect(readFileSync(path('busy.csv'), 'utf8')).toContain('late@else.example')
})

const mixedRows = (): string[][] => [...ours.flatMap((row, at) => (at < theirs.length ? [row, theirs[at]!] : [row])), ['a@else.example', '1', '2'], ['b@else.example', '3', '4']]
const keptRows = (): string[][] => [...theirs, ['a@else.example', '1', '2'], ['b@else.example', '3', '4']]
const record = ([mail, id, tel]: string[]) => ({ mail, note: 'two\nlines, "quoted" \\ ]', tags: [1, { deep: null }], id, tel })
const erased = { outcome: 'erased', rows: listeners }

test('JSON lines, a list of JSON and what gzip packs lose its records and nothing else; they read as they did', async () => {
  const lines = (rows: string[][]): string => `\ufeff${rows.map((row) => JSON.stringify(record(row))).join('\r\n\r\n')}`
  writeFileSync(path('mixed.jsonl'), lines(mixedRows()))
  expect(await unlinkFile(file('mixed.jsonl'), begin)).toMatchObject({ ...erased, counted: { unowned: 2 } })
  expect(readFileSync(path('mixed.jsonl'), 'utf8').replaceAll(/(\r\n)+/g, '\n').trim()).toBe(lines(keptRows()).replaceAll(/(\r\n)+/g, '\n').trim())
  for (const indent of [undefined, 2]) {
    writeFileSync(path('list.json'), `${JSON.stringify(mixedRows().map(record), null, indent)}\n`)
    expect(await unlinkFile(file('list.json'), begin)).toMatchObject(erased)
    expect(JSON.parse(readFileSync(path('list.json'), 'utf8'))).toEqual(keptRows().map(record))
    if (indent !== undefined) expect(readFileSync(path('list.json'), 'utf8')).toBe(`${JSON.stringify(keptRows().map(record), null, indent)}\n`)
  }
  writeFileSync(path('mixed.jsonl.gz'), gzipSync(lines(mixedRows())))
  writeFileSync(path('mixed.csv.gz'), gzipSync(`mail,id,tel\n${mixedRows().map((row) => `${row.join(',')}\n`).join('')}`))
  for (const place of ['mixed.jsonl.gz', 'mixed.csv.gz']) expect(await unlinkFile(file(place), begin)).toMatchObject(erased)
  expect(gunzipSync(readFileSync(path('mixed.csv.gz'))).toString()).toBe(`mail,id,tel\n${keptRows().map((row) => `${row.join(',')}\n`).join('')}`)
  expect(gunzipSync(readFileSync(path('mixed.jsonl.gz'))).toString()).not.toContain('listener.example')
})

test('any list of JSON is the list without the elements that were chosen', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.jsonValue(), fc.boolean()), { maxLength: 12 }), fc.integer({ min: 1, max: 40 }), fc.constantFrom(undefined, 1), async (picks, chunkBytes, indent) => {
    const text = Buffer.from(JSON.stringify(picks.map(([value]) => value), null, indent))
    const chunks = async function* () { for (let at = 0; at < text.length; at += chunkBytes) yield await Promise.resolve(text.subarray(at, at + chunkBytes)) }
    const gone = new Set(picks.flatMap(([, keep], at) => (keep ? [] : [at])))
    const written: Uint8Array[] = []
    for await (const part of withoutElements(chunks(), gone, picks.length)) written.push(part)
    expect(JSON.parse(Buffer.concat(written).toString())).toEqual(JSON.parse(JSON.stringify(picks.filter(([, keep]) => keep).map(([value]) => value))))
  }), { numRuns: 150 })
  for (const text of ['{"a": []}', '[1, 2', '[1] [2]', '"text"']) await expect((async () => { for await (const part of withoutElements(Readable.from([Buffer.from(text)]), new Set(), 2)) expect(part).toBeDefined() })()).rejects.toMatchObject({ code: 'inventory/rows-broken' })
})

test('of a zip archive members that are all its own go, mixed ones lose its rows, and the others hold what they held', async () => {
  const zip = new yazl.ZipFile()
  const csv = (rows: readonly string[][]): Buffer => Buffer.from(`mail,id,tel\n${rows.map((row) => `${row.join(',')}\n`).join('')}`)
  const [mtime, mode] = [new Date('2018-03-04T10:20:30Z'), 0o100600]
  zip.addBuffer(csv(ours), 'all/ours.csv', { mtime })
  zip.addBuffer(csv(mixedRows()), 'all/mixed.csv', { mtime, mode })
  zip.addBuffer(Buffer.from(JSON.stringify(mixedRows().map(record))), 'list.json', { mtime, compress: false })
  zip.addBuffer(csv(theirs), 'theirs.csv', { mtime })
  zip.addBuffer(Buffer.from('What this is, in words that name nobody.\n'), 'README.txt', { mtime })
  zip.addEmptyDirectory('empty/', { mtime })
  zip.end()
  writeFileSync(path('backup.zip'), await buffer(zip.outputStream))
  expect(await unlinkFile(file('backup.zip'), begin)).toMatchObject({ outcome: 'erased', rows: listeners * 3 })
  const names = await membersOf(path('backup.zip'))
  expect(names).toEqual(['all/mixed.csv', 'list.json', 'theirs.csv', 'README.txt', 'empty/'])
  const read = async (name: string): Promise<string> => (await buffer(memberOf(path('backup.zip'), name))).toString()
  expect([await read('all/mixed.csv'), await read('theirs.csv'), await read('README.txt')]).toEqual([csv(keptRows()).toString(), csv(theirs).toString(), 'What this is, in words that name nobody.\n'])
  expect(JSON.parse(await read('list.json'))).toEqual(keptRows().map(record))
  expect(await unlinkFile(file('backup.zip'), begin)).toMatchObject({ outcome: 'erased', rows: 0 })
})

test('a Parquet file loses its rows and keeps columns, types, notes and the other rows in their order', async () => {
  const duck = await DuckDBInstance.create(':memory:')
  const connection = await duck.connect()
  const ask = async (sql: string): Promise<unknown> => (await connection.runAndReadAll(sql)).getRowsJson()
  await connection.run(`create table people (n integer, mail varchar, id varchar, tel varchar, spent decimal(10, 2), seen timestamptz, tags integer[])`)
  for (const [at, row] of mixedRows().entries()) await connection.run(`insert into people values (${at}, ${row.map((value) => `'${value}'`).join(', ')}, ${at}.25, '2019-01-01 00:00:00+00', [${at}])`)
  await connection.run(`copy people to '${path('mixed.parquet')}' (format parquet, compression zstd, row_group_size 2048, kv_metadata {made: 'by us'})`)
  const before = await ask(`select * from people where mail not like '%listener.example' order by n`)
  expect(await unlinkFile({ ...file('mixed.parquet'), scratch: join(world.directory, 'scratch') }, begin)).toMatchObject(erased)
  expect(await ask(`select * from '${path('mixed.parquet')}'`)).toEqual(before)
  expect(await ask(`select column_type from (describe select * from '${path('mixed.parquet')}')`)).toEqual(await ask('select column_type from (describe people)'))
  expect(await ask(`select decode(value) from parquet_kv_metadata('${path('mixed.parquet')}') where decode(key) = 'made'`)).toEqual([['by us']])
  expect(await ask(`select distinct compression from parquet_metadata('${path('mixed.parquet')}')`)).toEqual([['ZSTD']])
  expect([readFileSync(path('mixed.parquet')).toString('latin1').includes('listener.example'), readdirSync(join(world.directory, 'scratch'))]).toEqual([false, []])
  connection.closeSync()
  duck.closeSync()
})

test('of a large Parquet file exactly its rows go, whatever the order in which blocks are read', async () => {
  const duck = await DuckDBInstance.create(':memory:')
  const connection = await duck.connect()
  const ask = async (sql: string): Promise<unknown> => (await connection.runAndReadAll(sql)).getRowsJson()
  await connection.run('create table few (n integer, mine boolean, mail varchar, id varchar, tel varchar)')
  const few = [...ours.map((row) => [true, row] as const), ...theirs.map((row) => [false, row] as const)]
  await connection.run(`insert into few values ${few.map(([mine, row], at) => `(${at}, ${mine}, ${row.map((value) => `'${value}'`).join(', ')})`).join(', ')}`)
  await connection.run(`create table many as select i, f.* exclude (n) from range(40000) r(i) join few f on f.n = (i * 7) % ${few.length} order by i`)
  await connection.run(`copy (select * exclude (mine) from many order by i) to '${path('many.parquet')}' (format parquet)`)
  const [kept, gone] = [await ask('select * exclude (mine) from many where not mine order by i'), (await ask('select count(*)::integer from many where mine')) as number[][]]
  expect(await unlinkFile({ ...file('many.parquet'), scratch: join(world.directory, 'scratch') }, begin)).toMatchObject({ outcome: 'erased', rows: gone[0]![0]! })
  expect(JSON.stringify(await ask(`select * from '${path('many.parquet')}'`)) === JSON.stringify(kept)).toBe(true)
  connection.closeSync()
  duck.closeSync()
})

test('an element in whose lists others stand is left as it is', async () => {
  const text = JSON.stringify([...ours.map((row) => ({ people: [record(row), record(['a@else.example', '1', '2'])] })), ...theirs.map(record)])
  writeFileSync(path('groups.json'), text)
  expect(await unlinkFile(file('groups.json'), begin)).toMatchObject({ outcome: 'blocked' })
  expect(readFileSync(path('groups.json'), 'utf8')).toBe(text)
})

test('a first row that is somebody\'s is no header: it stays, in a file by itself and in an archive', async () => {
  const lines = (rows: readonly string[][]): string => rows.map((row) => `${row.join(',')}\n`).join('')
  for (const first of [['a@else.example', '1', '2'], ['Ann Else', 'unknown', 'Rue Haute']]) {
    const kept = `${first.join(',')}\n`
    const zip = new yazl.ZipFile()
    zip.addBuffer(Buffer.from(lines([first, ...ours])), 'first.csv')
    zip.addBuffer(Buffer.from(lines(theirs)), 'theirs.csv')
    zip.end()
    writeFileSync(path('first.zip'), await buffer(zip.outputStream))
    expect(await unlinkFile(file('first.zip'), begin)).toMatchObject(erased)
    expect((await buffer(memberOf(path('first.zip'), 'first.csv'))).toString()).toBe(kept)
    writeFileSync(path('first.csv'), lines([first, ...ours]))
    expect(await unlinkFile(file('first.csv'), begin)).toEqual({ ...erased, counted: { rows: listeners, unowned: 1, ambiguous: 0, noHeader: true } })
    expect(readFileSync(path('first.csv'), 'utf8')).toBe(kept)
  }
})

test('a file whose rows hold several people stays where nobody knows these, and goes where they are the controller\'s as well', async () => {
  const group = (row: string[], other: string[]) => ({ ...record(row), orders: [{ city: 'Lille', sum: 12 }], household: [{ mail: other[0], tel: other[2] }] })
  const stranger = ['a@else.example', '1', '+33 1 23 45 67 89']
  const duck = await DuckDBInstance.create(':memory:')
  const connection = await duck.connect()
  for (const known of [false, true]) {
    const rows = ours.map((row, at) => group(row, known ? ours.at(at - 1)! : stranger))
    writeFileSync(path('groups.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    writeFileSync(path('groups.json'), JSON.stringify(rows))
    writeFileSync(path('groups.csv'), ours.map((row, at) => `${row.join(',')},"${JSON.stringify(rows[at]!.household).replaceAll('"', '""')}"\n`).join(''))
    await connection.run(`copy (select mail, id, tel, household from read_json('${path('groups.json')}')) to '${path('groups.parquet')}' (format parquet)`)
    for (const place of ['groups.jsonl', 'groups.json', 'groups.csv', 'groups.parquet']) {
      expect(await unlinkFile(file(place), begin), place).toMatchObject(known ? erased : { outcome: 'blocked', because: expect.stringContaining('people who are not known') as string })
      expect(existsSync(path(place)), place).toBe(!known)
    }
  }
  connection.closeSync()
  duck.closeSync()
})

test('what was written is searched before it takes the place of a file: the rows still in it, or others missing, leave the file as it is', async () => {
  const lines = (rows: readonly string[][]): string => rows.map((row) => `${row.join(',')}\n`).join('')
  const zipped = async (members: Record<string, string>): Promise<Buffer> => {
    const zip = new yazl.ZipFile()
    for (const [name, text] of Object.entries(members)) zip.addBuffer(Buffer.from(text), name)
    zip.end()
    return buffer(zip.outputStream)
  }
  const json = (rows: readonly string[][]): string => JSON.stringify(rows.map(record))
  const without = keptRows().slice(1) // one of theirs is missing
  const kinds: [string, Buffer, Buffer][] = [
    ['checked.csv', Buffer.from(lines(mixedRows())), Buffer.from(lines(without))], ['checked.csv.gz', gzipSync(lines(mixedRows())), gzipSync(lines(without))],
    ['checked.json', Buffer.from(json(mixedRows())), Buffer.from(json(without))],
    ['checked.zip', await zipped({ 'a.csv': lines(mixedRows()), 'b.csv': lines(theirs) }), await zipped({ 'a.csv': lines(keptRows()), 'b.csv': lines(theirs.slice(1)) })],
  ]
  for (const [place, before, wrong] of kinds) for (const written of [before, wrong]) {
    writeFileSync(path(place), before)
    writeFileSync(path(`${place}.draft`), written)
    let discarded = 0
    const draft = () => Promise.resolve({ file: path(`${place}.draft`), commit: () => Promise.reject(new Error('committed')), discard: () => { discarded += 1; return Promise.resolve() } })
    const mixed = { searcher, targets: ['listeners.0'], parts: () => openParts(folder, place), bytes: () => createReadStream(path(place)), inFile: <Result>(work: (name: string) => Promise<Result>) => work(path(place)), draft }
    expect(await rewriteMixed(mixed, { rows: listeners, unowned: 2, ambiguous: 0 }, begin), place).toMatchObject({ outcome: 'blocked', because: expect.stringContaining('nothing was changed') as string })
    expect(discarded).toBe(1)
  }
})

test('a file that has a second name stays as it is, and that is said: what stood in it would stay under the other', async () => {
  writeFileSync(path('named.csv'), mixedRows().map((row) => `${row.join(',')}\n`).join(''))
  linkSync(path('named.csv'), join(world.directory, 'elsewhere.csv'))
  const before = readFileSync(path('named.csv'))
  expect(await unlinkFile(file('named.csv'), begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining('hard link') as string })
  expect(readFileSync(path('named.csv')).equals(before)).toBe(true)
  rmSync(join(world.directory, 'elsewhere.csv'))
  const later = await unlinkFile(file('named.csv'), begin)
  expect([later, later !== undefined && 'held' in later]).toMatchObject([erased, false])
})

test('where rows cannot be taken out, in UTF-16 or in a document that is no list, nothing is written anew, and why is said', async () => {
  const mixed = [...ours, ...theirs]
  writeFileSync(path('wide.csv'), Buffer.from(`\ufeff${mixed.map((row) => row.join(',')).join('\n')}\n`, 'utf16le'))
  writeFileSync(path('nested.json'), JSON.stringify({ people: mixed.map(record) }))
  for (const [place, because] of [['wide.csv', 'not known to be this controller\'s'], ['nested.json', 'no list of JSON']] as const) {
    const before = readFileSync(path(place))
    expect(await unlinkFile(file(place), begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining(because) as string })
    expect(readFileSync(path(place)).equals(before)).toBe(true)
    expect(existsSync(`${path(place)}.bailee-rewriting`)).toBe(false)
  }
})
