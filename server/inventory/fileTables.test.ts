import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { listFolder, type Dialect } from './adapter/index.ts'
import { chosenColumns } from './adapter/namedRows.ts'
import { ownParts, printTable } from './datasetPlace.ts'
import { fileTable } from './fileTables.ts'

const folder = mkdtempSync(join(tmpdir(), 'bailee-tables-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function read(table: string, content: string | Uint8Array, file = table, { columns = ['mail', 'ref'], dialect }: { columns?: readonly string[]; dialect?: Dialect } = {}): Promise<string> {
  mkdirSync(dirname(join(folder, file)), { recursive: true })
  writeFileSync(join(folder, file), content)
  const reader = await fileTable({ kind: 'files', table: { table, subject: 'ref', columns: {} }, list: () => listFolder(folder, { named: true, dialect }) })
  if (typeof reader === 'string') return reader
  const { rows, partly = () => [] } = reader.read(columns)
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of rows) chunks.push(chunk)
  } catch (cause) {
    return (cause as Error).message
  }
  return [Buffer.concat(chunks).toString(), ...partly()].join('')
}

test('columns are chosen by name, whatever the order, dialect and line ends', async () => {
  expect(await read('a.csv', '\uFEFFref,x,mail\r\n1,"a, ""b""\n",ann@mail.example\r\n2,,"bob ""b"" <b@mail.example>"\r\n\r\n3,z,')).toBe('"ann@mail.example","1"\n"bob ""b"" <b@mail.example>","2"\n,"3"\n')
  expect(await read('b.csv', 'mail;ref\nann@mail.example;1\nbob@mail.example;2\n')).toBe('"ann@mail.example","1"\n"bob@mail.example","2"\n')
})

test('JSON is read by its names, at whatever depth its list stands, lines as well', async () => {
  expect(await read('a.json', '{"at":"2019","list":[{"mail":"ann@mail.example","ref":1},{"ref":2,"mail":null},{"ref":3,"mail":"c@mail.example"}]}')).toBe('"ann@mail.example","1"\n,"2"\n"c@mail.example","3"\n')
  expect(await read('a.jsonl', '{"ref":1,"mail":"ann@mail.example"}\n{"mail":"b@mail.example","more":{"mail":"x"},"ref":12345678901234567890}\nno json\n', 'a.jsonl', { columns: ['mail', 'more.mail', 'ref'] })).toBe('"ann@mail.example",,"1"\n"b@mail.example","x","12345678901234567890"\n1 lines are no JSON')
})

test('what cannot be read as it was declared is said', async () => {
  expect(await read('c.csv', 'mail,reference\na@mail.example,1\nb@mail.example,2\n')).toBe('1 of its columns are not there')
  expect(await read('d.csv', 'ref,mail\n1,a@mail.example\n2,"b@mail.example\n3,c@mail.example\n')).toBe('a field opens with a quote that does not close')
  expect(await read('e.csv', '', 'other.csv')).toBe('there is no such file')
  expect(await read('f.txt', 'Dear all,\n\nthis is only a letter. Nobody is listed in it: not one.\nIt goes on, and on.\n')).toMatch(/^it is no table/)
  expect(await read('g.zip!/x.csv', 'PK\u0003\u0004 cut', 'g.zip')).toBe('its file holds no such part')
})

test('rows stay whole wherever the stream is cut', async () => {
  const text = Buffer.from('ref,mail\r\n1,"a ""x""\n@mail.example"\r\n2,b@mail.example\r\n')
  for (let cut = 1; cut < text.length; cut += 1) {
    const chunks: Uint8Array[] = []
    const bytes = async function* (): AsyncGenerator<Uint8Array> { yield text.subarray(0, cut); yield text.subarray(cut) }
    for await (const chunk of chosenColumns({ delimiter: ',', names: () => undefined, bytes: bytes() }, ['mail'])) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toBe('"a ""x""\n@mail.example"\n"b@mail.example"\n')
  }
})

test.each([
  ['postgres', 'Crm.listener', '"Crm".listener'], ['postgres', 'listener', undefined], ['files', 'people.csv', 'people.csv'], ['files', 'a/b.zip!/x/y.csv', 'a/b.zip!/x/y.csv'], ['files', 'a/', 'a/'], ['files', '/etc/passwd', undefined],
  ['files', '../x.csv', undefined], ['files', 'a//b', undefined], ['s3', 'lake/people.csv', 'lake/people.csv'], ['s3', 'lake', undefined], ['sqlite', 'member', 'member'], ['sqlite', '', undefined],
] as const)('in %s a table is named %s: %s', (kind, written, printed) => {
  expect(printTable(kind, written)).toBe(printed)
})

test('a table owns its place, its part of one, or all below its folder, and nothing else', () => {
  expect(ownParts('files', 'a.csv', 'a.csv')).toBe('all')
  expect(ownParts('files', 'a.csv', 'b/a.csv')).toBeUndefined()
  expect(ownParts('files', 'a/', 'a/b/c.csv')).toBe('all')
  expect(ownParts('files', 'a/', 'ab.csv')).toBeUndefined()
  const own = ownParts('files', 'a.zip!/x.csv', 'a.zip') as (part: string) => boolean
  expect(['x.csv', 'y.csv', ''].map(own)).toEqual([true, false, false])
  const table = ownParts('sqlite', 'member', 'any.db') as (part: string) => boolean
  expect(['member', 'member binary values', 'database pages', 'member_old', 'schema'].map(table)).toEqual([true, true, true, false, false])
})

const [one, two] = [['K1', 'Zoë.1@mail.example', 'it\'s "so"'], ['K2', 'Łukasz.2@mail.example', 'a~b\nc']]
const wanted = [one, two].map((row) => `${row.map((value) => `"${value!.replaceAll('"', '""')}"`).join(',')}\n`).join('')
const quoted = (value: string): string => `'${value.replaceAll('\'', '\'\'')}'`
const spelled = [one, two].map((row) => row.map((value) => quoted(value!)).join('~')).join('\n')
const latin2 = (text: string): Buffer => Buffer.from(text.replaceAll('ë', '\u00eb').replaceAll('Ł', '\u00a3'), 'latin1')

test.each([
  ['in another encoding, with other quotes and a rare delimiter', latin2(`id~mail~note\n${spelled}`), { delimiter: '~', quote: '\'', encoding: 'iso-8859-2' }],
  ['without a first line that names fields, packed', gzipSync(spelled), { delimiter: '~', quote: '\'', header: ['id', 'mail', 'note'] }],
  ['in UTF-16 with a mark', Buffer.from(`\ufeffid~mail~note\n${spelled}`, 'utf16le'), { delimiter: '~', quote: '\'', encoding: 'utf-16le' }],
  ['that begins like a document of JSON', Buffer.from(`{a}~${['id', 'mail', 'note'].join('~')}\n${spelled.split(/\n(?=')/).map((row) => `[1]~${row}`).join('\n')}`), { delimiter: '~', quote: '\'' }],
] as const)('a table %s is read as it was declared', async (_, bytes, dialect) => {
  expect(await readAs(bytes, dialect)).toBe(wanted)
})

test('a quote that means nothing is part of its field, and what is not in the declared encoding is said', async () => {
  const bytes = Buffer.from('id;mail;note\n"K1;Zo\xeb@mail.example;5"\n', 'latin1')
  expect(await readAs(bytes, { delimiter: ';', quote: 'none', encoding: 'latin1' })).toBe('"""K1","Zoë@mail.example","5"""\n')
  expect(await readAs(bytes, { delimiter: ';', quote: 'none' })).toContain('1 of its characters are not in its declared encoding utf-8')
  expect(await readAs(Buffer.from('id;mail;note\n"K1;x;5\n'), { delimiter: ';' })).toBe('a field opens with a quote that does not close')
})

function readAs(bytes: Uint8Array, dialect: Dialect): Promise<string> {
  return read('odd.dat', bytes, 'odd.dat', { columns: ['id', 'mail', 'note'], dialect })
}
