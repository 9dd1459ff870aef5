import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildFingerprints, openFingerprints } from '../fingerprint/index.ts'
import type { Segment } from '../fingerprint/index.ts'
import type { Shape } from '../scanner/machine.ts'
import { createSearcher } from './index.ts'
import type { PlaceResult, Searcher } from './index.ts'

const epochKey = Buffer.alloc(16, 1)
const sealKey = Buffer.alloc(32, 2)
let folder: string
let searcher: Searcher
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bailee-text-'))
  searcher = await createSearcher([await segment('people', people(0, 2000))], epochKey)
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Person { readonly id: number; readonly code: string; readonly mail: string; readonly phone: string; readonly name: string; readonly born: string }
const names = ['Ștefan Nagy', 'József Tóth', 'Ana O\'Brien', 'Zoë Müller', 'Ion Popescu']
const people = (from: number, count: number, domain = 'mail.example'): Person[] => Array.from({ length: count }, (_, step) => {
  const id = from + step
  const name = names[id % names.length]!
  return { id, code: `RO${id * 7}K`, mail: `${name.split(' ')[1]!.toLowerCase().replaceAll('\'', '')}.${id}@${domain}`, phone: `+40 7${String((id * 7_919_317) % 100_000_000).padStart(8, '0')}`, name, born: `19${50 + (id % 50)}-0${1 + (id % 9)}-1${id % 10}` }
})

async function* stream(text: string | Uint8Array, size = 1 << 16): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function segment(dataset: string, rows: Person[]): Promise<Segment> {
  const file = join(folder, dataset)
  const columns = ['id', 'code', 'mail', 'phone'].map((name) => ({ name, identifies: true }))
  await buildFingerprints({ dataset, epochKey, sealKey, file, random: randomBytes, columns, rows: stream(rows.map((row) => `${row.id},${row.code},${row.mail},${row.phone}\n`).join('')) })
  return openFingerprints(file, sealKey)
}

const found = (result: PlaceResult): [string, number, number, number][] =>
  result.datasets.filter(({ verdict }) => verdict === 'copy').map(({ dataset, records, rows, confirmedRows }) => [dataset, records, rows, confirmedRows])

const strangers = people(1_000_000, 1000, 'else.example')
const mixed = [...strangers.slice(0, 300), ...people(500, 100), ...strangers.slice(300)]
const each = (write: (person: Person, row: number) => string, between = '\n'): string => mixed.map(write).join(between)
const sql = (text: string): string => `'${text.replaceAll('\'', '\'\'')}'`
const escaped = (text: string): string => JSON.stringify(text).replaceAll(/[^\x20-\x7e]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Each with how many of the 100 rows agree on one record: all, where two values of it stand there. */
const texts: Record<string, [number, () => string]> = {
  'pretty-printed JSON': [100, () => JSON.stringify(mixed.map(({ id, code, mail, phone, name }) => ({ id, name, contacts: { mail, phone, more: [code] } })), null, 2)],
  'JSON on one line, the address first': [100, () => JSON.stringify(mixed.map(({ id, mail, name }) => ({ mail, name, id })))],
  'JSON in a string of JSON': [100, () => JSON.stringify({ payload: JSON.stringify(mixed) })],
  'JSON with every letter beyond ASCII escaped': [100, () => each(({ name, mail, code }) => `{"name":${escaped(name)},"mail":${escaped(mail)},"code":"${code}"}`, ',')],
  'YAML': [100, () => each(({ id, mail, name, born }) => `- id: ${id}\n  name: ${name}\n  born: ${born}\n  mail: ${mail}\n`)],
  'INSERT lists of many tuples a line': [100, () => `insert into t (id, name, born, mail) values ${each(({ id, name, born, mail }) => `(${id},${sql(name)},${sql(born)},${sql(mail)})`, ',')};\n`],
  'INSERT statements with an empty text': [100, () => each(({ code, name, mail }) => `INSERT INTO t VALUES ('${code}','',${sql(name)}, 42 ,'${mail.toUpperCase()}',NULL);`)],
  'log lines': [100, () => each(({ code, mail }, row) => `2024-05-01T12:00:${String(row % 60).padStart(2, '0')}Z INFO [http-${row}] user=${mail} action="view" code=${code} took=${row % 97}ms`)],
  'access logs with addresses in URLs': [100, () => each(({ code, mail }, row) => `192.0.2.${row % 250} - - [01/May/2024:12:00:00 +0200] "GET /users/${code}/orders?mail=${encodeURIComponent(mail)}&page=2 HTTP/1.1" 200 ${row}`)],
  'prose': [100, () => each(({ mail, name, phone }) => `Dear all, please write to ${name} (${mail}), or call ${phone} today. It is urgent!`, ' ')],
  'prose with telephone numbers alone in other groups': [0, () => each(({ mail }) => `Contact: ${mail}.`, ' ')],
  'HTML': [100, () => each(({ mail, name, code }) => `<tr><td>${name.replaceAll('ó', '&#243;')}</td><td><a href="mailto:${mail}">${mail.replace('@', '&#64;')}</a></td><td class="c">${code}</td></tr>`)],
  'XML attributes': [100, () => each(({ mail, id, phone }) => `<person id='${id}' phone="${phone.replaceAll(' ', '')}" mail='${mail}'/>`)],
  'vCards': [100, () => each(({ mail, phone, name }) => `BEGIN:VCARD\r\nFN:${name}\r\nTEL;TYPE=cell:${phone.replace(' ', '-')}\r\nEMAIL:${mail}\r\nEND:VCARD`, '\r\n')],
  'Markdown tables': [100, () => each(({ mail, code }) => `| ${code} | **${mail}** |`)],
}

describe('a copy of 100 people among 1,000 strangers is found in text, whole and exactly', () => {
  test.each(Object.keys(texts))('%s', async (kind) => {
    const [linked, text] = texts[kind]!
    const result = await searcher.search(stream(text()), { shape: 'text' })
    expect(found(result)).toEqual([['people', 100, 100, linked]])
    expect(result.coverage.lost).toBe(0)
  })
})

describe('text inside the fields of rows is searched', () => {
  const csv = (fields: (person: Person) => string[]): string => each((person) => fields(person).map((field) => `"${field.replaceAll('"', '""')}"`).join(','))
  test.each<[string, () => string]>([
    ['JSON in a cell', () => csv((person) => ['x', JSON.stringify(person)])],
    ['JSON in a cell of many kilobytes', () => csv((person) => [JSON.stringify({ padding: 'x'.repeat(5000), person })])],
    ['a sentence in a cell', () => csv(({ mail, code }) => [`Please ask ${mail}, known as ${code}.`, '1'])],
    ['a list in a cell', () => csv(({ mail, id }) => [`{${id},"${mail}"}`])],
    ['a telephone number in a sentence', () => csv(({ phone, mail }) => [`call ${phone} now`, mail])],
  ])('%s', async (_, text) => {
    expect(found(await searcher.search(stream(text())))).toEqual([['people', 100, 100, 100]])
  })

  test.each<[string, (person: Person) => unknown]>([
    ['everything that is known of them', (person) => person],
    ['addresses alone', ({ mail }) => mail],
    ['small numbers and addresses', ({ id, mail }) => [id, mail]],
  ])('a cell that lists 1,000 people names all of them, and is one row: %s', async (_, write) => {
    const cell = JSON.stringify(people(500, 1000).map(write)).replaceAll('"', '""')
    const csv = `${strangers.map(({ mail }) => `x,${mail}\n`).join('')}x,"${cell}"\n`
    const result = await searcher.search(stream(csv))
    expect({ found: found(result).map(([, records, rows]) => [records, rows]), lost: result.coverage.lost }).toEqual({ found: [[1000, 1]], lost: 0 })
    const located = await searcher.locate(stream(csv), 'people', result.datasets)
    expect(Array.from(located.matched.ordinals)).toEqual([strangers.length])
  })
})

describe('what is no copy is not called one', () => {
  test('in any text of strangers', async () => {
    for (const [kind, [, text]] of Object.entries(texts)) {
      const clean = text().replaceAll(/mail(?=[.]example)/gi, 'elsewhere').replaceAll(/RO(\d+)K/g, 'HU$1K').replaceAll(/\+40[ -]?7/g, '+36 2')
      expect([kind, found(await searcher.search(stream(clean), { shape: 'text' }))]).toEqual([kind, []])
    }
  })
})

describe('addresses glued to their neighbours in bytes are found', () => {
  const packed = (write: (person: Person) => Uint8Array): Buffer => Buffer.concat(mixed.flatMap((person) => [write(person), Buffer.from([0, 1, 0xff])]))
  const short = (text: string): Buffer => Buffer.concat([Buffer.from([((Buffer.byteLength(text) + 1) << 1) | 1]), Buffer.from(text)])
  test.each<[string, (person: Person) => Uint8Array]>([
    ['behind a short length of PostgreSQL, with another value behind', ({ mail }) => Buffer.concat([short('xy'), short(mail), short('another value of this row')])],
    ['behind a plain length, with another value behind', ({ mail }) => Buffer.concat([Buffer.from([5, 97, 97, 97, 97, 97, mail.length]), Buffer.from(mail), Buffer.from([50]), Buffer.from('z'.repeat(50))])],
    ['between a number and an end', ({ mail }) => Buffer.from(`\u0001123${mail}\u0002`)],
    ['in front of letters', ({ mail }) => Buffer.from(`\u0001${mail}Budapest\u0002`)],
    ['among bytes that are no text', ({ mail }) => Buffer.concat([Buffer.from([0xfe, 0xc3]), Buffer.from(mail), Buffer.from([0xe2, 0x28, 0xa1])])],
  ])('%s', async (_, write) => {
    expect(found(await searcher.search(stream(packed(write)), { shape: 'bytes' }))).toEqual([['people', 100, 100, 0]])
    expect(found(await searcher.search(stream(Buffer.concat(strangers.map(write))), { shape: 'bytes' }))).toEqual([])
  })
})

describe('rows of text', () => {
  test('are located where they stand', async () => {
    const text = each(({ code, mail }) => `user=${mail} code=${code}`)
    const result = await searcher.search(stream(text), { shape: 'text' })
    const located = await searcher.locate(stream(text), 'people', result.datasets, { shape: 'text' })
    const pieces = Array.from(located.matched.starts, (start, row) => Buffer.from(text).subarray(start, located.matched.ends[row]).toString())
    expect(pieces).toEqual(people(500, 100).map(({ code, mail }) => `${mail} code=${code}`))
  })

  test.each<Shape>(['text', 'bytes'])('do not depend on where the %s is cut', async (shape) => {
    const piece = fc.oneof(fc.constantFrom(...people(3, 4).flatMap(({ id, mail, phone, code, name }) => [String(id), mail, phone, code, name])),
      fc.constantFrom(' ', '\n', '"', '\'', '\'\'', '(', ')', ';', '&amp;', '&#64;', '\\u0040', '\\', '%40', ',', '=', '@', 'x', 'é', '+40', '021', '<', '\r\n', '. ', 'x'.repeat(90)))
    await fc.assert(fc.asyncProperty(fc.array(piece, { maxLength: 60 }), fc.integer({ min: 1, max: 60 }), async (pieces, batchBytes) => {
      const text = `${pieces.join('')}${each(({ mail }) => mail).slice(0, 300)}`
      const whole = await searcher.search(stream(text), { shape })
      expect(await searcher.search(stream(text, 13), { shape, batchBytes })).toEqual(whole)
    }), { numRuns: 60 })
  })

  test('are found in a line of megabytes without a structural character', async () => {
    const text = `${'lorem ipsum '.repeat(20_000)}${people(500, 100).map(({ mail }) => mail).join(' and ')} ${'x'.repeat(300_000)}`
    expect(found(await searcher.search(stream(text), { shape: 'text' }))).toEqual([['people', 100, 100, 0]])
  })
})
