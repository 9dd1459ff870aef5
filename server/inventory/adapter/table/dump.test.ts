import { execFileSync, spawnSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fieldsOf, chinookFolder, readParts, type ReadPart } from '../../testing.ts'
import { isUnread } from '../part.ts'
import { looksLikeDump } from '../document/looks.ts'
import { partsOfDump } from './dump.ts'
import { partsOfPieces, type Piece, type PieceTable } from './pieces.ts'
import { cellBytesMax, createRowWriter, fieldBytesMax } from './rows.ts'
import { partsOfSqlite } from './sqlite.ts'

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const dumpOf = (text: string | Uint8Array, size = 1 << 20): Promise<Map<string, ReadPart>> => readParts(partsOfDump({ name: 'a.sql', open: () => pieces(Buffer.from(text as string), size) }))

let root: string
beforeAll(async () => { root = await mkdtemp(join(tmpdir(), 'bailee-dump-')) })
afterAll(() => rm(root, { recursive: true }))

const folder = chinookFolder() ?? ''
const absent = folder === ''

const counts = { Album: 347, Artist: 275, Customer: 59, Employee: 8, Genre: 25, Invoice: 412, InvoiceLine: 2240, MediaType: 5, Playlist: 18, PlaylistTrack: 8715, Track: 3503 }

describe.skipIf(absent)('Chinook is read whole from', () => {
  const lower = (name: string): string => name.replaceAll('_', '').toLowerCase()
  const expected = new Map(Object.entries(counts).map(([name, rows]) => [lower(name), rows]))

  test.each(['Chinook_MySql.sql', 'Chinook_PostgreSql.sql', 'Chinook_Sqlite.sqlite'])('%s', async (name) => {
    const file = join(folder, name)
    const found = await readParts(name.endsWith('.sql') ? partsOfDump({ name, open: () => createReadStream(file) }) : partsOfSqlite({ name, file }))
    const tables = [...found].filter(([, read]) => read.shape === 'rows')
    expect(new Map(tables.map(([table, { rows }]) => [lower(table), rows.length]))).toEqual(expected)
    for (const [, { rows, columns }] of tables) expect(rows.every((row) => row.length === columns?.length)).toBe(true)
    expect([...found.values()].flatMap((read) => read.partly)).toEqual([])
    const customers = tables.find(([table]) => lower(table) === 'customer')![1].rows
    expect(customers[0]).toEqual(expect.arrayContaining(['Luís', 'Gonçalves', '12227-000', '+55 (12) 3923-5555']))
    expect([...found.values()].find((read) => read.shape === 'text')!.text).toMatch(/create table/i)
  })
})

describe('the rows of', () => {
  test('pg_dump with COPY: escapes, NULL, empty text, and the end mark', async () => {
    const found = await dumpOf('--\n-- PostgreSQL database dump\n--\nSET client_encoding = \'UTF8\';\nCREATE TABLE crm."Odd name" (\n    id integer NOT NULL,\n    note text\n);\nCOPY crm."Odd name" (id, note) FROM stdin;\n1\tplain\n2\t\\N\n3\t\n4\ttab\\there, line\\nthere, \\\\ and \\\\N\n5\t"quoted" at first\n6\t\\x4101ff\n7\t\\\\x414243\n\\.\n\nSELECT 1;\nCOPY one (a) FROM stdin;\n\n\\N\n\\.\n-- end\n-- PostgreSQL database dump complete\n')
    expect(found.get('crm.Odd name')).toMatchObject({ columns: ['id', 'note'], partly: [], rows: [['1', 'plain'], ['2', ''], ['3', ''], ['4', 'tab\there, line\nthere, \\ and \\N'], ['5', '"quoted" at first'], ['6', 'A01ff'], ['7', 'ABC']] })
    expect(found.get('one')!.rows).toEqual([[''], ['']])
    expect(found.get('statements')!.text).toContain('SELECT 1;')
    expect(found.get('statements')!.text).toContain('-- end')
  })

  test('pg_dump --inserts: doubled quotes, casts, escapes only where they are declared', async () => {
    const found = await dumpOf("SET standard_conforming_strings = on;\nINSERT INTO public.a VALUES (1, 'it''s', E'a\\'b\\nc', 'C:\\dir\\', '2024-01-02'::date, NULL, true, -1.50, '\\x414243', ARRAY['x','y']);\nINSERT INTO public.a (id) VALUES (00012), (3);\n")
    expect(found.get('public.a')!.rows).toEqual([['1', "it's", "a'b\nc", 'C:\\dir\\', '2024-01-02', '', 'true', '-1.50', 'ABC', 'x', 'y']])
    expect(found.get('public.a (2)')).toMatchObject({ columns: ['id'], rows: [['00012'], ['3']] })
  })

  test('mysqldump: rows in one statement, backslashes, hexadecimal digits, introducers, DELIMITER', async () => {
    const found = await dumpOf([
      '-- MySQL dump 10.13', '/*!40101 SET NAMES utf8mb4 */;', 'CREATE TABLE `person` (', "  `id` int(11) NOT NULL DEFAULT '0' COMMENT 'a, (b)',", '  `full name` varchar(40), # why', '  `key` binary(16) DEFAULT NULL,', '  PRIMARY KEY (`id`),', '  KEY `k` (`full name`)', ') ENGINE=InnoDB;',
      "INSERT INTO `person` VALUES (1,'O\\'Neil \\\"x\\\" ''y''\\n',0x00112233445566778899AABBCCDDEEFF),(2,_utf8mb4'Ann; (x), ''',NULL),(3,_binary 'ab\\0\\\\',0x414243);",
      'DELIMITER ;;', "CREATE TRIGGER t BEFORE INSERT ON person FOR EACH ROW BEGIN SET NEW.id = 1; INSERT INTO log VALUES ('a;b'); END ;;", 'DELIMITER ;', 'INSERT IGNORE INTO `person` (`id`) VALUES (4) ON DUPLICATE KEY UPDATE `id` = 5;', 'UNLOCK TABLES;', '',
    ].join('\n'))
    expect(found.get('person')).toMatchObject({
      columns: ['id', 'full name', 'key'],
      rows: [['1', 'O\'Neil "x" \'y\'\n', '00112233445566778899aabbccddeeff', '00112233-4455-6677-8899-aabbccddeeff'], ['2', "Ann; (x), '", ''], ['3', '6162005c', 'ABC']],
    })
    expect(found.get('person binary values')!.text).toContain('ab\0\\')
    expect(found.get('person (2)')!.rows).toEqual([['4']])
    expect(found.get('statements')!.text).toContain("INSERT INTO log VALUES ('a;b'); END ;;")
    expect(found.get('statements')!.text).toContain('ON DUPLICATE KEY UPDATE `id` = 5')
  })

  test('sqlite3 .dump: replace, char, unistr, binary literals', async () => {
    const found = await dumpOf("PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t(a TEXT, b);\nINSERT INTO t VALUES(replace(replace('a\\nb\\r','\\n',char(10)),'\\r',char(13)),X'616263');\nINSERT INTO \"t\" VALUES(unistr('x\\u000ay'),'back\\slash');\nCOMMIT;\n")
    expect(found.get('t')).toMatchObject({ columns: ['a', 'b'], rows: [['a\nb\r', 'abc'], ['x\ny', 'back\\slash']] })
  })

  test('scripts of SQL Server: brackets, N, GO', async () => {
    const found = await dumpOf("INSERT INTO [dbo].[Customer] ([Id], [Name]) VALUES (1, N'Ann')\nGO\nINSERT [dbo].[Customer] ([Id], [Name]) VALUES (2, CAST(N'Bob' AS nvarchar(9)))\nGO\n")
    expect(found.get('dbo.Customer')!.rows).toEqual([['1', 'Ann'], ['2', 'Bob']])
  })

  test('a dump in Latin-1: the bytes stay what they are', async () => {
    const parts = await readParts(partsOfDump({ name: '', open: () => pieces(Buffer.from("INSERT INTO t VALUES (1,'Zoë');\nINSERT INTO t VALUES (2,'Ann');\n", 'latin1'), 7) }), 'latin1')
    expect(parts.get('t')!.rows).toEqual([['1', 'Zoë'], ['2', 'Ann']])
  })

  test('what is no row is text and is said', async () => {
    const found = await dumpOf("INSERT INTO t VALUES (1,'ann@mail.example'), oops;\nINSERT INTO t VALUES (2,'bob@mail.example")
    expect(found.get('t')!.rows).toEqual([['1', 'ann@mail.example']])
    expect(found.get('t')!.partly.join()).toMatch(/no list of values.*ends inside a row/)
    expect(found.get('statements')!.text).toContain('bob@mail.example')
  })
})

const cell = fc.oneof(fc.constant(null), fc.string({ unit: fc.constantFrom('a', "'", '"', '\\', '\t', '\n', '\r', ';', ',', '(', ')', 'é', '-', '/', '*', '$', '.', 'N'), maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 6 }).filter((text) => !text.includes('\0')))
const tableOf = (width: number) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 12 })
const literals: Record<string, (value: string) => string> = {
  pg: (value) => `'${value.replaceAll("'", "''")}'`,
  escape: (value) => `E'${value.replaceAll(/['\\]/g, '\\$&')}'`,
  mysql: (value) => `'${value.replaceAll(/['"\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`,
  copy: (value) => value.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r'),
}

const expectedOf = (rows: (string | null)[][]): string[][] => rows.map((row) => row.map((value) => value ?? ''))

test('any rows come back as they were, whatever the dialect and wherever the stream is cut', async () => {
  await fc.assert(fc.asyncProperty(tableOf(3), fc.constantFrom('pg', 'escape', 'mysql', 'copy'), fc.integer({ min: 1, max: 300 }), async (rows, style, size) => {
    const printed = rows.map((row) => row.map((value) => (value === null ? (style === 'copy' ? '\\N' : 'NULL') : literals[style]!(value))))
    const head = style === 'mysql' ? '-- MySQL dump 10\n' : '-- PostgreSQL database dump\n'
    const body = style === 'copy' ? `COPY t (a, b, c) FROM stdin;\n${printed.map((row) => `${row.join('\t')}\n`).join('')}\\.\n` : `INSERT INTO t (a, b, c) VALUES\n${printed.map((row) => `(${row.join(',')})`).join(',\n')};\n`
    const found = await dumpOf(`${head}${body}SELECT 'end';\n`, size)
    expect(found.get('t')!.rows).toEqual(expectedOf(rows))
    expect(found.get('statements')!.text).toContain("SELECT 'end'")
  }), { numRuns: 200 })
})

const sqlite3 = spawnSync('sqlite3', ['--version']).status === 0

test.skipIf(!sqlite3)('sqlite3 .dump of a database gives the same rows as the database itself', async () => {
  const file = join(root, 'dumped.sqlite')
  const database = new DatabaseSync(file)
  database.exec('create table "a ""b" (id integer primary key, t text, r real, b blob); create table w (k text primary key, v) without rowid; create view v as select 1')
  const insert = database.prepare('insert into "a ""b" values (?, ?, ?, ?)')
  const texts = ["it's", 'line\nbreak', 'cr\r\nlf', 'back\\slash', 'é — "q"', '', 'tab\there', ';--', 'a'.repeat(5000)]
  texts.forEach((text, at) => insert.run(at, text, at / 4, Buffer.from([0xff, at, 0x00, 0x41])))
  database.exec("insert into w values ('x', 1), ('y', null)")
  database.close()
  const dump = execFileSync('sqlite3', [file, '.dump'])
  expect(looksLikeDump(dump.toString())).toBe(true)
  const [fromDump, fromFile] = [await dumpOf(dump, 1000), await readParts(partsOfSqlite({ name: '', file }))]
  expect(fromDump.get('w')!.rows).toEqual([['x', '1'], ['y', '']])
  expect(fromFile.get('w')!.rows).toEqual(fromDump.get('w')!.rows)
  expect(fromFile.get('a "b')!.rows.map((row) => row[1])).toEqual(texts)
  expect(fromDump.get('"a ""b"')!.rows.map((row) => [row[0], row[1], row[3]])).toEqual(fromFile.get('a "b')!.rows.map((row) => [row[0], row[1], row[3]]))
})

describe('a stream of several tables', () => {
  const table = (name: string): PieceTable => ({ name, kind: 'k', shape: 'rows', partly: () => [] })
  const streamOf = (items: readonly (readonly [PieceTable, string])[]): AsyncGenerator<Piece> => (async function* () { for (const [of, text] of items) yield { table: of, bytes: Buffer.from(text) } })()

  test('holds no more than its limit, and numbers the parts of a table that comes again', async () => {
    const [a, b] = [table('a'), table('b')]
    const items = Array.from({ length: 50 }, (_, at) => [at % 2 === 0 ? a : b, `${at}\n`] as const)
    const found = await readParts(partsOfPieces(streamOf(items), 4000))
    expect([...found.keys()].sort()).toEqual(expect.arrayContaining(['a', 'a (2)', 'b', 'b (2)']))
    expect([...found.values()].map((read) => read.text).join('').split('\n').sort()).toEqual(['', ...items.map(([, text]) => text.trim())].sort())
  })

  test('goes on with the next table when a part is stopped or passed over', async () => {
    const [a, b, c] = [table('a'), table('b'), table('c')]
    const parts = partsOfPieces(streamOf([[a, '1\n'], [a, '2\n'], [b, '3\n'], [a, '4\n'], [c, '5\n']]))
    const names: string[] = []
    for await (const part of parts) {
      names.push(part.name)
      if (part.name === 'a' && !isUnread(part)) await part.bytes[Symbol.asyncIterator]().next()
    }
    expect(names).toEqual(['a', 'b', 'c'])
  })

  test('throws where the stream does, in every part that may be cut', async () => {
    const [a, b] = [table('a'), table('b')]
    const broken = (async function* (): AsyncGenerator<Piece> { yield { table: a, bytes: Buffer.from('1\n') }; yield { table: b, bytes: Buffer.from('2\n') }; throw new Error('cut') })()
    const outcomes: string[] = []
    for await (const part of partsOfPieces(broken)) {
      if (isUnread(part)) continue
      try { for await (const chunk of part.bytes) outcomes.push(Buffer.from(chunk).toString()) } catch (cause) { outcomes.push((cause as Error).message) }
    }
    expect(outcomes).toEqual(['1\n', 'cut', '2\n', 'cut'])
  })
})

describe('a writer of rows', () => {
  test('continues a long field behind the last column, and no value is cut in two', () => {
    const writer = createRowWriter()
    const long = Array.from({ length: 60_000 }, (_, at) => `p${at}@mail.example`).join(' ')
    writer.text('1'); writer.text(long); writer.text('last'); writer.endRow()
    const [row] = fieldsOf(Buffer.from(writer.take()).toString())
    expect(row!.slice(0, 3).map((field) => field.length)).toEqual([1, fieldBytesMax, 4])
    expect(row!.every((field) => field.length <= fieldBytesMax)).toBe(true)
    const values = new Set(row!.flatMap((field) => field.split(' ')))
    expect(long.split(' ').every((value) => values.has(value))).toBe(true)
  })

  test('unpacks compressed cells up to a limit', async () => {
    const { gzipSync, deflateSync, zstdCompressSync } = await import('node:zlib')
    const binaries: Uint8Array[] = []
    const writer = createRowWriter((value) => binaries.push(value))
    const bomb = gzipSync(Buffer.alloc(cellBytesMax + 1, 'a'))
    for (const value of [gzipSync('ann@mail.example'), deflateSync('bob@mail.example'), zstdCompressSync('cyd@mail.example'), bomb]) writer.binary(value)
    writer.endRow()
    expect(fieldsOf(Buffer.from(writer.take()).toString())[0]!.slice(0, 4)).toEqual(['ann@mail.example', 'bob@mail.example', 'cyd@mail.example', ''])
    expect(binaries).toHaveLength(1)
  })
})

test('a dump is told from other text', () => {
  for (const text of ['id,mail\n1,ann@mail.example\n', 'insert coins into the machine', '{"a": 1}', 'Set up: use it;', 'copy it\nfrom here', 'insert into\nthe machine\nvalues']) expect(looksLikeDump(text)).toBe(false)
  for (const text of ['INSERT INTO a VALUES (1);', '-- x\nCREATE TABLE a (b int);', '--\n-- PostgreSQL database dump\n--\n', 'PRAGMA foreign_keys=OFF;\nBEGIN', '-- x\n\n \tinsert\n into "a b" (c) values (1)', 'COPY a.b (c, "d e") FROM stdin;', 'copy a(b)\nfrom stdin', 'copy a from  stdin']) expect(looksLikeDump(text)).toBe(true)
})
