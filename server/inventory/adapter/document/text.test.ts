import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ZipFile } from 'yazl'
import { isUnread, openParts, partsOfSource } from '../index.ts'
import { csvOfJson, type JsonReport } from './jsonRows.ts'
import { markupBytes } from './markup.ts'

let root: string
beforeEach(() => { root = mkdtempSync(join(tmpdir(), 'bailee-texts-')) })
afterEach(() => rmSync(root, { recursive: true }))

const textOf = async (bytes: AsyncIterable<Uint8Array>): Promise<string> => {
  const parts: Uint8Array[] = []
  for await (const part of bytes) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}

async function* pieces(text: string | Uint8Array, size = 1 << 16): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(content: string | Uint8Array) {
  writeFileSync(join(root, 'file'), content)
  const parts = []
  for await (const part of openParts(root, 'file')) {
    if (isUnread(part)) parts.push(part)
    else parts.push({ name: part.name, kind: part.kind, shape: part.shape, text: await textOf(part.bytes), columns: part.columns === undefined ? undefined : [...part.columns] })
  }
  return parts
}

async function rowsOf(text: string, size?: number): Promise<{ rows: string[]; columns: string[]; report: JsonReport }> {
  const report: JsonReport = { rows: 0, notJson: 0, tooLong: 0, partly: [] }
  const columns: string[] = []
  const csv = await textOf(csvOfJson(pieces(text, size), columns, report))
  return { rows: csv.split('\n').slice(0, -1), columns, report }
}

const person = (at: number): object => ({ id: at, mail: `p${at}@mail.example` })
const people = (count: number, from = 0): object[] => Array.from({ length: count }, (_, at) => person(from + at))

describe('JSON documents', () => {
  test('an element of a list is a row, wherever the list is; the rest of the document is one of its own', async () => {
    for (const indent of [0, 2]) {
      expect(await read(JSON.stringify({ tenant: 'x', data: { people: people(3) } }, null, indent))).toEqual([{
        name: '', kind: 'JSON', shape: 'rows', columns: ['data.people[].id', 'data.people[].mail', 'tenant'],
        text: '"0","p0@mail.example"\n"1","p1@mail.example"\n"2","p2@mail.example"\n,,"x"\n',
      }])
    }
    expect((await rowsOf(JSON.stringify(people(2)))).rows).toEqual(['"0","p0@mail.example"', '"1","p1@mail.example"'])
    expect((await rowsOf('["a","b"]')).rows).toEqual(['"a"', '"b"'])
    expect((await rowsOf('{"columns":["id","mail"],"rows":[[1,"a@x.example"],[2,"b@x.example"]]}')).rows.slice(2)).toEqual([',"1",,"a@x.example"', ',"2",,"b@x.example"'].map((row) => expect.stringContaining(row.split(',')[1]!) as string))
  })

  test('what is nested in an element is in its row; a long list of objects in it is rows of its own', async () => {
    const nested = { id: 1, who: { mail: 'ann@mail.example', names: ['Ann', 'A.'] }, phones: [{ no: '+1' }, { no: '+2' }] }
    const { rows, columns } = await rowsOf(JSON.stringify([nested, nested]))
    expect(rows).toEqual(Array(2).fill('"1","ann@mail.example","Ann","+1","+2","A."'))
    expect(columns).toEqual(['[].id', '[].who.mail', '[].who.names[]', '[].phones[0].no', '[].phones[1].no'])
    expect((await rowsOf(JSON.stringify([{ company: 'C', people: people(20) }]))).rows).toHaveLength(21)
    expect((await rowsOf(JSON.stringify([{ company: 'C', people: people(8) }]))).rows).toHaveLength(1)
  })

  test('a dictionary of records is rows, with its keys', async () => {
    const { rows, columns } = await rowsOf(JSON.stringify(Object.fromEntries(people(9).map((one, at) => [`k${at}`, one]))))
    expect(rows).toEqual(people(9).map((_, at) => `"k${at}","${at}","p${at}@mail.example"`))
    expect(columns).toEqual(['{}', '{}.id', '{}.mail'])
    expect((await rowsOf('{"ann@mail.example":{"id":1}}')).rows).toEqual(['"ann@mail.example","1"'])
    expect((await rowsOf('{"id":7,"contact":{"mail":"ann@mail.example"}}')).rows, 'one record').toEqual(['"7","ann@mail.example"'])
  })

  test('values stay as they are written', async () => {
    expect((await rowsOf(String.raw`[{"a":24.40,"b":123456789012345678901234567890,"c":1e3,"d":true,"e":null,"f":"a\"b\u00e9\n","g":"\ud83d\ude00"}]`)).rows.join('\n')).toBe('"24.40","123456789012345678901234567890","1e3","true","a""b\u00e9\n","\u{1F600}"')
  })

  test('every value of a document is in its rows, however the stream is cut', async () => {
    const leaves = (value: unknown): string[] => (value === null || value === '' ? [] : typeof value !== 'object' ? [typeof value === 'number' ? JSON.stringify(value) : String(value)] : Object.values(value).flatMap(leaves))
    await fc.assert(fc.asyncProperty(fc.jsonValue({ maxDepth: 5 }).filter((value) => typeof value === 'object' && value !== null), fc.integer({ min: 1, max: 30 }), async (value, size) => {
      const text = JSON.stringify(value)
      const cut = await rowsOf(text, size)
      expect(cut).toEqual(await rowsOf(text))
      expect(cut.report.partly).toEqual([])
      const fields = cut.rows.join('\n').match(/"(?:[^"]|"")*"/g)?.map((field) => field.slice(1, -1).replaceAll('""', '"')) ?? []
      for (const leaf of leaves(JSON.parse(text))) expect(fields).toContain(leaf)
    }), { numRuns: 100 })
  })

  test('where it stops being JSON it is read line by line, and says so; so does one that is cut', async () => {
    const { rows, report } = await rowsOf(`[${JSON.stringify(person(1))},\n}{ oops ann@mail.example\n${JSON.stringify(person(2))}\n`)
    expect(rows).toEqual(['"1","p1@mail.example"', '"}{ oops ann@mail.example"', '"2","p2@mail.example"'])
    expect(report).toMatchObject({ partly: ['from some point on it is no JSON, and was read line by line'], notJson: 1 })
    expect(await rowsOf('[{"a":1},{"b":')).toMatchObject({ rows: ['"1"'], report: { partly: ['it ends inside a value'] } })
  })

  test('a string longer than any value is passed over and counted', async () => {
    const { rows, report } = await rowsOf(`[{"a":"${'x'.repeat(17 * 1024 * 1024)}\\"","b":"kept"},{"a":"1","b":"2"}]`)
    expect(rows.at(-1)).toContain('"2"')
    expect(rows[0]).toContain('"kept"')
    expect(report.partly).toEqual(['1 strings are longer than any value'])
  })

  test.each<[string, string]>([
    ['lines of words and colons, which are no mail', `${'Level: 1 of many\n'.repeat(60)}and a line without\n`],
    ['a notebook with a picture of white space', JSON.stringify({ cells: [{ cell_type: 'code', outputs: [{ data: { 'image/png': `${' '.repeat(400_000)}!` } }] }] })],
  ])('are told from others without taking time: %s', async (_, text) => {
    const before = performance.now()
    expect((await read(text)).length).toBeGreaterThan(0)
    expect(performance.now() - before).toBeLessThan(5000)
  })

  test.each<[string, string, string]>([
    ['a mail', 'From: a@x.example\nSubject: one\n two\n\nHello ann@mail.example\n', 'mail'],
    ['a mail with Windows line ends', 'From: a@x.example\r\nSubject: one\r\n\r\nHello ann@mail.example\r\n', 'mail'],
    ['notes with one header of a mail', 'Date: today\nweather: fine\n\nall well, said ann\n', 'text'],
  ])('%s is told as what it is', async (_, text, kind) => {
    expect((await read(text))[0]).toMatchObject({ kind })
  })

  test('what only begins like JSON is text', async () => {
    expect((await read('[2024-01-01 10:00:00] user ann@mail.example logged in\n[2024-01-01 10:00:01] and out\n'))[0]).toMatchObject({ kind: 'text', shape: 'text' })
    expect((await read('[section]\nkey = a, b\nother = c\n'))[0]).toMatchObject({ kind: 'text' })
  })
})

describe('markup', () => {
  test('a table is rows; text around it is kept, and attributes count', async () => {
    const html = '<!doctype html><html><body><h1>Our &amp; your customers</h1><table><tr><th>Name</th><th>Mail</th></tr>'
      + people(4).map((_, at) => `<tr><td>P&eacute;ter ${at}</td><td><a href="mailto:p${at}@mail.example">write</a></td></tr>`).join('\n') + '</table></body></html>'
    const [part] = await read(html)
    expect(part).toMatchObject({ kind: 'tables in markup', shape: 'rows' })
    expect((part as { text: string }).text.split('\n').slice(0, 3)).toEqual(['"Our & your customers","Our","&","your","customers"', '"Name","Mail"', '"Péter 0","write","mailto:p0@mail.example"'])
  })

  test('anything else is text with its entities written out', async () => {
    const xml = '<?xml version="1.0"?><people><person id="RO1"><name>Zo&#235; M&#xFC;ller</name><mail>zoe@mail.example</mail><![CDATA[a < b]]></person><!-- ann@mail.example --></people>'
    const [part] = await read(xml)
    expect(part).toMatchObject({ kind: 'markup', shape: 'text' })
    for (const value of ['RO1', 'Zoë Müller', 'zoe@mail.example', 'a < b', 'ann@mail.example']) expect((part as { text: string }).text).toContain(value)
  })

  test('comes out the same however the stream is cut, also inside an entity', async () => {
    const html = '<p title="q&amp;r">Zo&euml; <b>Müller</b> &lt;zoe@mail.example&gt;</p><ul><li>one<li>two</ul><script>var x = "ann@mail.example"</script>'
    const whole = await textOf(markupBytes(pieces(html), false))
    for (const value of ['q&r', 'Zoë Müller <zoe@mail.example>', 'one', 'two', 'ann@mail.example']) expect(whole).toContain(value)
    for (let size = 20; size < 60; size += 1) expect(await textOf(markupBytes(pieces(html, size), false))).toBe(whole)
  })
})

const mail = (subject: string, body: string): string => `From: =?utf-8?q?Zo=C3=AB?= <zoe@mail.example>\r\nTo: ann@mail.example\r\nSubject: ${subject}\r\nMIME-Version: 1.0\r\n${body}`
const table = 'id,mail\n1,ann@mail.example\n2,bob@mail.example\n'

async function withAttachment(subject: string): Promise<string> {
  const archive = new ZipFile()
  archive.addBuffer(Buffer.from(table), 'people.csv')
  archive.end()
  const packed = []
  for await (const part of archive.outputStream as AsyncIterable<Uint8Array>) packed.push(part)
  return mail(subject, `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nCaf=E9 bob@ma=\r\nil.example\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="list.dat"\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.concat(packed).toString('base64')}\r\n--b--\r\n`)
}

describe('mail', () => {
  test('headers and bodies are decoded, and attachments are opened like files', async () => {
    const parts = await read(await withAttachment('=?utf-8?b?w4k=?='))
    expect(parts).toMatchObject([{ name: '', kind: 'mail', shape: 'text' }, { name: 'list.dat!/people.csv', kind: 'CSV', text: table }])
    for (const value of ['Zoë <zoe@mail.example>', 'Subject: É', 'Café bob@mail.example']) expect((parts[0] as { text: string }).text).toContain(value)
  })

  test('a mail inside a mail is opened too', async () => {
    const inner = await withAttachment('inner')
    const outer = mail('outer', `Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\nContent-Type: message/rfc822\r\n\r\n${inner}\r\n--c--\r\n`)
    expect((await read(outer)).map((part) => part.name)).toEqual(['', 'attachment 1', 'attachment 1!/list.dat!/people.csv'])
  })

  test('a mailbox is one text of all its messages, and the attachments of each; read from a stream as from a file, in any pieces', async () => {
    const messages = [mail('one', '\r\nbob@mail.example wrote\r\n\r\nFromage is not a separator\r\n'), await withAttachment('two'), mail('three', '\r\nlast\r\n')]
    const box = messages.map((message) => `From zoe@mail.example Mon Jan  1 00:00:00 2024\r\n${message}\r\n`).join('')
    const parts = await read(box)
    expect(parts.map((part) => [part.name, 'kind' in part && part.kind])).toEqual([['', 'mailbox'], ['message 2!/list.dat!/people.csv', 'CSV']])
    const text = (parts[0] as { text: string }).text
    for (const value of ['Subject: one', 'Fromage is', 'Subject: two', 'Café bob@mail.example', 'Subject: three', 'last']) expect(text).toContain(value)
    expect((await read(gzipSync(box))).map((part) => part.name)).toEqual(['', 'message 2!/list.dat!/people.csv'])
    for (const size of [1, 7, 50, 1000]) {
      const again = []
      for await (const part of partsOfSource({ name: '', open: () => pieces(box, size) })) if (!isUnread(part)) again.push([part.name, await textOf(part.bytes)])
      expect(again).toEqual([['', text], ['message 2!/list.dat!/people.csv', table]])
    }
  })
})

test('a notebook: every cell and output, and what lies in it as another document', async () => {
  const notebook = { cells: [
    { cell_type: 'markdown', source: ['# Ann\n', 'ann@mail.example'], attachments: { 'a.csv.gz': { 'application/gzip': gzipSync(table).toString('base64') } } },
    { cell_type: 'code', execution_count: 1, source: 'people.head()', outputs: [
      { output_type: 'stream', text: ['bob@mail.', 'example\n'] },
      { output_type: 'execute_result', data: { 'text/plain': 'carl@mail.example', 'text/html': [`<table>${people(3).map((_, at) => `<tr><td>${at}</td><td>p${at}@mail.example</td></tr>`).join('')}`, '</table>'], 'text/csv': table } },
    ] },
  ], metadata: { author: 'dora@mail.example' }, nbformat: 4 }
  const parts = await read(JSON.stringify(notebook, null, 1))
  expect(parts).toMatchObject([
    { name: '', kind: 'notebook', shape: 'text' }, { name: 'cell 1 (application/gzip)', kind: 'CSV, in gzip', text: table },
    { name: 'cell 2 (text/html)', kind: 'tables in markup' }, { name: 'cell 2 (text/csv)', kind: 'CSV', text: table },
  ])
  for (const value of ['ann@mail.example', 'bob@mail.example', 'carl@mail.example', 'dora@mail.example', 'people.head()']) expect((parts[0] as { text: string }).text).toContain(value)
})
