/** What random files found (`bench/fuzz`), each as a file that anybody can read. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import writeExcel from 'write-excel-file/node'
import yazl from 'yazl'
import { formatOf } from './format.ts'
import { markupBytes, tokenMax } from './document/markup.ts'
import { isUnread, openParts } from './index.ts'
import { lease } from './table/instances.ts'

let root: string
beforeAll(() => { root = mkdtempSync(join(tmpdir(), 'bailee-found-')) })
afterAll(() => rmSync(root, { recursive: true }))

interface Read { readonly name: string; readonly kind?: string; readonly text?: string; readonly partly?: readonly string[]; readonly because?: string }

async function read(content: string | Uint8Array): Promise<Read[]> {
  writeFileSync(join(root, 'file'), content)
  const all: Read[] = []
  for await (const part of openParts(root, 'file')) {
    if (isUnread(part)) { all.push(part); continue }
    const pieces: Uint8Array[] = []
    for await (const piece of part.bytes) pieces.push(piece)
    all.push({ name: part.name, kind: part.kind, text: Buffer.concat(pieces).toString(), partly: part.partly() })
  }
  return all
}

test('with the delimiter of another dialect, quotes close in the middle of fields: that is not its delimiter', () => {
  const text = 'b|""|42|x\r\n42|O\'Neil|""""""",""""""\r\ndr|=1+1|24.40\r\nq\r\nI\r\n";"\r\n'
  expect(formatOf(Buffer.from(text), true)).toMatchObject({ outcome: 'delimited', delimiter: '|' })
})

test('a table is no JSON lines because one of its cells is JSON', () => {
  expect(formatOf(Buffer.from('{"a":1}\n[1,2]\nx\ny\nz\nann@mail.example\n'), true).outcome).toBe('delimited')
  expect(formatOf(Buffer.from('{"a":1}\n[1,2]\n{"a":2}\nbroken\n'), true).outcome).toBe('json lines')
})

test('JSON lines: a line of nulls is a row, a name that stands twice keeps both values, numbers stay as they are written', async () => {
  const [part] = await read('{"a":null}\n{"mail":"ann@mail.example","mail":"bob@mail.example"}\n{"a": 24.40, "b":1E400,"c":-0,"d":"a\\":b"}\n{"a":{"mail" :1,"mail":2}}\n')
  expect(part).toMatchObject({ kind: 'JSON lines', text: '""\n"ann@mail.example","bob@mail.example"\n"24.40","1E400","-0","a"":b"\n"1","2"\n', partly: [] })
})

test('tables in markup: cells that are not closed, text between cells, an attribute without a value', async () => {
  const row = '<tr><td>ann@mail.example<th>x</tr>'
  const [part] = await read(`<table border>${row}${row}<tr><td>b</td>bob@mail.example<td>c</td></tr>${row}</table>`)
  expect(part).toMatchObject({ kind: 'tables in markup', text: '"ann@mail.example","x"\n"ann@mail.example","x"\n"b","c","bob@mail.example"\n"ann@mail.example","x"\n' })
})

test('markup: a row without end is given on in pieces, a tag or comment without end is not read', async () => {
  const endless = async function* (start: string, count: number): AsyncGenerator<Uint8Array> {
    yield Buffer.from(start)
    for (let piece = 0; piece < count; piece += 1) yield Buffer.alloc(1024 * 1024, 'ann ')
    await Promise.resolve()
  }
  let longest = 0
  let bytes = 0
  for await (const piece of markupBytes(endless('<table><tr><td>', 20), true)) {
    bytes += piece.length
    longest = Math.max(longest, piece.length)
  }
  expect(bytes).toBeGreaterThan(20 * 1024 * 1024)
  expect(longest).toBeLessThan(12 * 1024 * 1024)
  const comment = markupBytes(endless('<!-- ', tokenMax / 1024 ** 2 + 2), false)
  await expect((async () => { for await (const piece of comment) expect(piece.length).toBeGreaterThan(0) })()).rejects.toMatchObject({ code: 'inventory/token-too-long' })
})

test('SQLite: a page whose count of rows is damaged is said, though SQLite reads the rest without an error', async () => {
  const file = join(root, 'rows.sqlite')
  const database = new DatabaseSync(file)
  database.exec('create table person (mail text)')
  for (let number = 0; number < 20; number += 1) database.exec(`insert into person values ('p${number}@mail.example')`)
  database.close()
  const bytes = readFileSync(file)
  expect((await read(bytes)).flatMap(({ partly }) => partly ?? [])).toEqual([])
  bytes.writeUInt16BE(12, 4096 + 3) // cells of its second page, which is the table's only leaf
  const parts = await read(bytes)
  expect(parts.find(({ name }) => name === 'person')!.text!.split('\n').length - 1).toBe(12)
  expect(parts.flatMap(({ partly }) => partly ?? []).join()).toContain('SQLite finds it damaged')
  expect(parts.find(({ name }) => name === 'database pages')).toBeDefined()
})

test('XLSX: a member that is not what its directory says is not read, and a workbook that names no sheet says so', async () => {
  const bytes = await writeExcel(Array.from({ length: 5 }, (_, row) => [{ value: `p${row}@mail.example`, type: String }])).toBuffer()
  expect((await read(bytes))[0]).toMatchObject({ kind: 'XLSX sheet', partly: [] })
  const renamed = Buffer.from(bytes.toString('latin1').replaceAll('xl/workbook.xml\u0000', 'xl/workbook.xmd\u0000').replaceAll('xl/workbook.xml', 'xl/workbook.xmd'), 'latin1')
  expect((await read(renamed)).flatMap(({ partly }) => partly ?? []).join()).toContain('names no sheet')
  const directory = bytes.lastIndexOf('PK\u0001\u0002', bytes.lastIndexOf('xl/workbook.xml'), 'latin1')
  const otherSum = Buffer.from(bytes)
  otherSum[directory + 16]! ^= 1
  expect((await read(otherSum)).map(({ because }) => because ?? '').join()).toContain('not what its directory says')
})

test('an instance of DuckDB is used again, but not after a file that made it fail', async () => {
  const options = { threads: 1, memoryBytes: 256 * 1024 ** 2, scratch: '' }
  const databaseOf = async (spoil: boolean): Promise<number> => {
    const one = await lease(options)
    await one.connection.run('create table if not exists mark as select 1 as a')
    await one.connection.run('insert into mark values (1)')
    const count = Number((await one.connection.runAndReadAll('select count(*) from mark')).getRows()[0]![0])
    if (spoil) one.spoil()
    one.end()
    return count
  }
  expect([await databaseOf(false), await databaseOf(true), await databaseOf(false)]).toEqual([2, 3, 2])
})

test('an archive whose directory names no member, or whose members lost their headers, is not read', async () => {
  const archive = new yazl.ZipFile()
  archive.addBuffer(Buffer.from('id,mail\n1,ann@mail.example\n'), 'people.csv')
  archive.end()
  const pieces: Buffer[] = []
  for await (const piece of archive.outputStream as AsyncIterable<Buffer>) pieces.push(piece)
  const zip = Buffer.concat(pieces)
  zip.fill(0, zip.length - 22 + 8, zip.length)
  expect((await read(zip)).map(({ because }) => because ?? '').join()).toContain('zip archive is damaged')
  const header = Buffer.alloc(512)
  header.write('PaxHeader')
  header.write('0000644\u00000000000\u00000000000\u000000000000024\u000000000000000\u0000        x', 100)
  header.write('ustar\u000000', 257)
  header.write(`${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\u0000 `, 148)
  const pax = Buffer.alloc(512)
  pax.write('20 path=people12.csv')
  expect((await read(Buffer.concat([header, pax, Buffer.alloc(2048)]))).map(({ because }) => because ?? '').join()).toContain('names no member')
})

test('an archive, or a workbook, whose directory counts fewer members than it names is said to be damaged', async () => {
  const archive = new yazl.ZipFile()
  for (const name of ['one.csv', 'two.csv']) archive.addBuffer(Buffer.from('id,mail\n1,ann@mail.example\n'), name)
  archive.end()
  const pieces: Buffer[] = []
  for await (const piece of archive.outputStream as AsyncIterable<Buffer>) pieces.push(piece)
  const zip = Buffer.concat(pieces)
  const book = await writeExcel([[{ value: 'ann@mail.example' }]]).toBuffer()
  for (const [bytes, counts] of [[zip, [1, 0]], [book, [5, 0]]] as const) {
    expect((await read(bytes)).filter(({ because }) => because !== undefined)).toEqual([])
    for (const count of counts) {
      const damaged = Buffer.from(bytes)
      for (const at of [8, 10]) damaged.writeUInt16LE(count, damaged.length - 22 + at)
      expect((await read(damaged)).map(({ because }) => because ?? '').join()).toContain('damaged')
    }
  }
})
