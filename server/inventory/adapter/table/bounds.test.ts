/** Texts that were made to be looked through again and again: each takes no more than its length, and makes no more than it holds. */
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ZipFile } from 'yazl'
import { expectLinear } from '#kit/testing'
import { readParts } from '../../testing.ts'
import { decodeChange } from '../postgresDecoded.ts'
import { looksLikeDump } from '../document/looks.ts'
import { csvOfJson, type JsonReport } from '../document/jsonRows.ts'
import { csvOfJsonLines } from '../jsonLines.ts'
import { partsOfDump } from './dump.ts'
import { cellsOf } from './literal.ts'
import { partsOfSqlite } from './sqlite.ts'
import { dateStyles } from './spreadsheet.ts'
import { declaredIn, headOf } from './statement.ts'
import { partsOfXlsx, spreadsheetLimits } from './xlsx.ts'

let root: string
beforeAll(async () => { root = await mkdtemp(join(tmpdir(), 'bailee-bounds-')) })
afterAll(() => rm(root, { recursive: true }))

async function* once(text: string): AsyncGenerator<Uint8Array> { yield await Promise.resolve(Buffer.from(text)) }

describe('takes no more than its length', () => {
  test.each([
    ['a name behind empty lines', (size: number) => `x${'\n'.repeat(size)}insert into ${'a'.repeat(size)}`], ['brackets of COPY', (size: number) => `copy a ${'('.repeat(size)}${')'.repeat(size)}`],
    ['lines of carriage returns', (size: number) => `x${'\r'.repeat(2 * size)}`], ['statements without values', (size: number) => 'insert into a\n'.repeat(size / 7)],
  ])('what looks like a dump: %s', (_, text) => expectLinear(1_000, (size) => looksLikeDump(text(size))))

  test.each([
    ['white space of COPY', (size: number) => `copy a${' '.repeat(size)}x`], ['white space behind COPY', (size: number) => `copy a from stdin${' '.repeat(size)}`], ['white space of INSERT', (size: number) => `insert into a${' '.repeat(size)}x`],
    ['names that do not end', (size: number) => `copy a (${'b, '.repeat(size)}`], ['quotes', (size: number) => `copy ${'"'.repeat(size)} x`],
  ])('the head of a statement: %s', (_, text) => expectLinear(2_000, (size) => headOf(text(size))))

  test.each([['quotes', '\'\\'], ['brackets', '['], ['comments', '/*'], ['double quotes', '"'], ['names', 'a ']])('a declaration of %s', (_, piece) => expectLinear(2_000, (size) => declaredIn(`create table a (${piece.repeat(size)}`)))

  test('a format code of brackets', () => expectLinear(4_000, (size) => dateStyles(once(`<s><numFmt numFmtId="1" formatCode="${'['.repeat(size)}"/></s>`))))
  test('literals one behind the other', () => expectLinear(4_000, (size) => cellsOf(Buffer.from(`'a'${'||\'a\''.repeat(size)}`), true)))
  test('a change whose type is all quotes', () => expectLinear(2_000, (size) => decodeChange(`INSERT: a[${'"'.repeat(2 * size)}`)))
})

test('a declaration with a quote of another dialect still tells its columns', () => {
  expect(declaredIn('create table a (b text default \'\\\', c int, [d e] text, "f" text -- its\n, primary key (b))')?.columns).toEqual(['b', 'c', 'd e', 'f'])
  expect(declaredIn('create table a (b text default \'\\\', c int)')?.columns).toEqual(['b', 'c'])
})

test('a change of a type with quotes and brackets in its name is taken apart', () => {
  expect([...decodeChange('INSERT: id[integer]:1 list[integer[]]:\'{1}\' "o""d"["a""]:b"."c"]:\'it\'\'s\'')!.now!]).toEqual([['id', '1'], ['list', '{1}'], ['o"d', 'it\'s']])
})

const dumpOf = (text: string): ReturnType<typeof readParts> => readParts(partsOfDump({ name: '', open: () => once(text) }))

test('calls that make far more than stands in them are not worked out: their texts are read as they stand, and it is said', async () => {
  const long = `'${'x'.repeat(600)}'`
  const found = await dumpOf(`INSERT INTO t VALUES (replace(replace(${long},'x',${long}),'x',${long}), 'ann@mail.example');\n`)
  expect(found.get('t')!.text.length).toBeLessThan(10_000)
  expect(found.get('t')!.text).toContain('ann@mail.example')
  expect(found.get('t')!.partly.join()).toContain('makes more of its texts')
  const many = await dumpOf(`INSERT INTO t VALUES (concat(${Array.from({ length: 200 }, () => `replace('${'x'.repeat(40)}','x','${'y'.repeat(40)}')`).join(',')}));\n`)
  expect(many.get('t')!.partly).toHaveLength(1)
  const asDumped = await dumpOf(`INSERT INTO t VALUES (replace(replace('a\\nb\\r','\\n',char(10)),'\\r',char(13)), ((((((('in brackets'))))))), char(-1, 65.2));\n`)
  expect(asDumped.get('t')).toMatchObject({ rows: [['a\nb\r', 'in brackets', '\0A']], partly: [] })
})

describe('JSON', () => {
  const read = async (json: string): Promise<{ text: string; columns: string[]; partly: string[] }> => {
    const [columns, report]: [string[], JsonReport] = [[], { rows: 0, notJson: 0, tooLong: 0, partly: [] }]
    let text = ''
    for await (const piece of csvOfJson(once(json), columns, report)) text += Buffer.from(piece).toString()
    return { text, columns, partly: report.partly }
  }

  test('of long names is read with them as values, and keeps no long name', async () => {
    const { text, columns, partly } = await read(`[{"${'k'.repeat(100_000)} ann@mail.example":[${'1,'.repeat(400)}2]}]`)
    expect([columns.every((name) => name.length <= 1030), partly]).toEqual([true, []])
    expect(text).toContain('ann@mail.example')
    expect(text).toContain('"2"')
    const nested = await read(`${`{"${'n'.repeat(1000)}":`.repeat(100)}[{"mail":"bob@mail.example"}]${'}'.repeat(100)}`)
    expect(nested.columns.every((name) => name.length <= 1030)).toBe(true)
    expect(nested.text).toContain('bob@mail.example')
  })

  test('of many small values in one record gives them out before they fill the memory, and says so', async () => {
    const { partly } = await read(`[{"a":[${'1,'.repeat(1_450_000)}2]}]`)
    expect(partly).toEqual(['records longer than 16 MB were cut into several'])
  }, 300_000)

  test('lines by name leave out what stands under a name longer than any, and count it', async () => {
    const [counts, names] = [{ rows: 0, notJson: 0, tooLong: 0, tooLongNames: 0 }, [] as string[]]
    let text = ''
    for await (const piece of csvOfJsonLines(once(`{"${'k'.repeat(5000)}":[1,2],"mail":"ann@mail.example"}\n`), counts, names)) text += Buffer.from(piece).toString()
    expect([text, names, counts.tooLongNames]).toEqual(['"ann@mail.example"\n', ['mail'], 2])
  })
})

let files = 0
async function workbook(shared: string, sheet: string, sheets = '<sheet name="a" r:id="r1"/>'): Promise<string> {
  const archive = new ZipFile()
  const members = {
    'xl/workbook.xml': `<workbook xmlns:r="r"><sheets>${sheets}</sheets></workbook>`, 'xl/_rels/workbook.xml.rels': '<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>',
    'xl/sharedStrings.xml': `<sst>${shared}</sst>`, 'xl/worksheets/sheet1.xml': `<worksheet><sheetData>${sheet}</sheetData></worksheet>`,
  }
  for (const [name, content] of Object.entries(members)) archive.addBuffer(Buffer.from(content), name)
  archive.end()
  const file = join(root, `${files += 1}.xlsx`)
  await pipeline(archive.outputStream, createWriteStream(file))
  return file
}

/** What the first sheet gives: how many bytes, the longest piece of them, and why it was not read on. */
async function sheetOf(file: string, limits = spreadsheetLimits): Promise<{ bytes: number; most: number; because: string; partly: readonly string[] }> {
  for await (const part of partsOfXlsx({ file, name: '' }, limits)) {
    if ('because' in part) continue
    const read = { bytes: 0, most: 0, because: '' }
    try {
      for await (const piece of part.bytes) { read.bytes += piece.length; read.most = Math.max(read.most, piece.length) }
    } catch (cause) {
      read.because = (cause as Error).message
    }
    return { ...read, partly: part.partly() }
  }
  throw new Error('no sheet')
}

const MiB = 1024 * 1024

describe('a workbook', () => {
  test('whose cells name one long text again and again shows no more than so many times its size', async () => {
    const { bytes, because } = await sheetOf(await workbook(`<si><t>${'a'.repeat(MiB)}</t></si>`, `<row>${'<c t="s"><v>0</v></c>'.repeat(2000)}</row>`))
    expect(because).toContain('the cells of a workbook show more than')
    expect(bytes).toBeLessThan(100 * MiB)
  })

  test('with a row longer than any is given on in pieces, and says so', async () => {
    const { bytes, most, because, partly } = await sheetOf(await workbook(`<si><t>${'a'.repeat(MiB)}</t></si>`, `<row>${'<c t="s"><v>0</v></c>'.repeat(50)}</row>`))
    expect([because, partly.length, bytes > 50 * MiB, most < 20 * MiB]).toEqual(['', 1, true, true])
    expect(partly[0]).toContain('a row holds more than')
  })

  test('gives its rows on while it reads one piece of its XML', async () => {
    const { bytes, most } = await sheetOf(await workbook(`<si><t>${'a'.repeat(MiB)}</t></si>`, '<row><c t="s"><v>0</v></c></row>'.repeat(60)))
    expect([bytes > 60 * MiB, most < 3 * MiB]).toEqual([true, true])
  })

  test('of many sheets of one name is read in the time of as many of different ones', () => expectLinear(1_000, async (size) => {
    for await (const part of partsOfXlsx({ file: await workbook('', '', '<sheet name="a"/>'.repeat(size)), name: '' })) if (!('because' in part)) for await (const piece of part.bytes) void piece
  }))
})

describe('an SQLite file', () => {
  test('is read without what its columns would be worked out to, and it is said', async () => {
    const file = join(root, 'worked.sqlite')
    const made = new DatabaseSync(file)
    made.exec(`create table t (mail text, ${Array.from({ length: 20 }, (_, at) => `g${at} as (zeroblob(20000000))`).join(', ')}, kept as (upper(mail)) stored, check (length(hex(zeroblob(9))) > 1))`)
    made.exec('insert into t (mail) values (\'ann@mail.example\'); create table u (mail text); insert into u values (\'bob@mail.example\')')
    made.close()
    const found = await readParts(partsOfSqlite({ file, name: '' }))
    expect(found.get('t')).toMatchObject({ columns: ['mail', 'kept'], rows: [['ann@mail.example', 'ANN@MAIL.EXAMPLE']], partly: [expect.stringContaining('20 columns that are worked out')] })
    expect(found.get('u')).toMatchObject({ rows: [['bob@mail.example']], partly: [] })
    expect(found.get('t binary values')).toBeUndefined()
  })

  test('is read with columns that are worked out from others in ways that make nothing long', async () => {
    const file = join(root, 'names.sqlite')
    const made = new DatabaseSync(file)
    made.exec(`create table p (first text primary key, last text, boss text references p(first), whole as (trim(first) || ' ' || upper(last)));
      create table q (a text, b as ("zeroblob"(9))); create table r (a text, b as (zeroblob /* */ (9))); create table s (a text, b as (a || a), c as (b || b), d as (c || c), e as (d || d), f as (e || e))`)
    made.exec(`create table long (a text default ${'x'.repeat(800_000)}, b as (lower(a)))`) // a definition of one long word
    made.exec(`insert into p (first, last) values ('Ann', 'Nagy'); insert into q (a) values ('x'); insert into r (a) values ('x'); insert into s (a) values ('x')`)
    made.close()
    const found = await readParts(partsOfSqlite({ file, name: '' }))
    expect(found.get('p')).toMatchObject({ columns: ['first', 'last', 'boss', 'whole'], rows: [['Ann', 'Nagy', '', 'Ann NAGY']], partly: [] })
    expect(['q', 'r', 's', 'long'].map((name) => found.get(name)?.columns)).toEqual([['a'], ['a'], ['a'], ['a']])
  })
})
