import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildFingerprints, openFingerprints } from '../fingerprint/index.ts'
import type { Shape } from '../scanner/machine.ts'
import { createSearcher, type PlaceResult, type Searcher } from './index.ts'

const epochKey = Buffer.alloc(16, 1)
const sealKey = Buffer.alloc(32, 2)

interface Person { readonly code: string; readonly mail: string }
const people = (from: number, count: number, domain = 'mail.example'): Person[] => Array.from({ length: count }, (_, step) => ({ code: `RO${(from + step) * 7}K`, mail: `ana.tóth${from + step}@${domain}` }))
const known = people(0, 2000)
const provided = Array.from({ length: 100 }, (_, at) => ({ code: `G${at * 13}Q`, mail: `ana.b${at}@gmail.com` }))
const foreign: Person[] = Array.from({ length: 100 }, (_, at) => ({ code: `F${at * 11}P`, mail: `${at % 2 === 0 ? 'łucja' : 'élise'}${at}@mail.example` }))
const accented: Person[] = Array.from({ length: 90 }, (_, at) => ({ code: `A${at * 17}P`, mail: `${['hélène', 'ádám', 'éléonore'][at % 3]}${at}@mail.example` }))

let folder: string
let searcher: Searcher
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bailee-encoded-'))
  const file = join(folder, 'people')
  const columns = ['code', 'mail'].map((name) => ({ name, identifies: true }))
  await buildFingerprints({ dataset: 'people', epochKey, sealKey, file, random: randomBytes, columns, rows: stream([...known, ...provided, ...foreign, ...accented].map((row) => `${row.code},${row.mail}\n`).join('')) })
  searcher = await createSearcher([await openFingerprints(file, sealKey)], epochKey)
})
afterAll(() => rmSync(folder, { recursive: true }))

async function* stream(text: string | Uint8Array, size = 1 << 16): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const found = (result: PlaceResult): [number, number][] => result.datasets.filter(({ verdict }) => verdict === 'copy').map(({ records, rows }) => [records, rows])
const strangers = people(1_000_000, 1000, 'else.example')
const mixed = [...strangers.slice(0, 300), ...people(500, 100), ...strangers.slice(300)]
const csv = (of: readonly Person[]): string => of.map(({ code, mail }) => `${code},${mail}`).join('\n')
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const wrapped = (text: string, width: number, between = '\n'): string => base64(text).replaceAll(new RegExp(`.{${width}}`, 'g'), `$&${between}`)
const cells = (cell: (person: Person, row: number) => string) => (of: readonly Person[]): string => of.map((person, row) => `${row},"${cell(person, row).replaceAll('"', '""')}"`).join('\n')
const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le')
const swapped = (text: string): Buffer => Buffer.from(utf16(text)).swap16()
const among = (write: (person: Person) => Uint8Array) => (of: readonly Person[]): Buffer => Buffer.concat(of.flatMap((person) => [Buffer.from([7, 0, 0, 1, 0xff, 0]), write(person)]))

const encoded: readonly (readonly [name: string, shape: Shape, make: (of: readonly Person[]) => string | Buffer])[] = [
  ['a table in base64, in lines of 76', 'text', (of) => `the list:\n\n${wrapped(csv(of), 76)}\n\nbye`],
  ['a table in base64, in lines of 64 that end with a return, indented', 'text', (of) => `key: |\n  ${wrapped(csv(of), 64, '\r\n  ')}\n`],
  ['a table in base64 on one line', 'text', (of) => `data:text/csv;base64,${base64(csv(of))}`],
  ['a table in base64 lines with letters of other alphabets', 'text', (of) => wrapped(of.map(({ code, mail }) => `${code},Κωνσταντίνος Παπαδόπουλος,東京都新宿区,${mail}`).join('\n'), 76)],
  ['base64 in lines inside strings of JSON', 'text', (of) => of.map(({ mail, code }) => JSON.stringify({ content: wrapped(`${'x'.repeat(100)},${mail},${code}`, 76) })).join('\n')],
  ['addresses in base64, each in a log line', 'text', (of) => of.map(({ mail }, row) => `12:00:${row} GET /confirm/${base64(mail)} 200`).join('\n')],
  ['JSON in base64url in tokens', 'text', (of) => of.map(({ code, mail }) => `Bearer eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify({ sub: code, email: mail })).toString('base64url')}.sig`).join('\n')],
  ['names and passwords of basic authentication', 'text', (of) => of.map(({ mail }) => `authorization: Basic ${base64(`${mail}:secret`)}`).join('\n')],
  ['hexadecimal in a log', 'text', (of) => of.map(({ mail }) => `payload=${Buffer.from(mail).toString('hex')} ok`).join('\n')],
  ['base64 in cells', 'rows', cells(({ mail }) => base64(mail))],
  ['base64url of JSON in cells', 'rows', cells(({ mail, code }) => Buffer.from(JSON.stringify({ mail, code })).toString('base64url'))],
  ['base64 in JSON in cells', 'rows', cells(({ mail }) => JSON.stringify({ v: 1, blob: base64(`to=${mail}`) }))],
  ['base64 in lines in cells', 'rows', cells(({ mail, code }) => wrapped(`${'x'.repeat(100)},${mail},${code}`, 76))],
  ['bytes as PostgreSQL exports them', 'rows', cells(({ mail }) => `\\x${Buffer.from(mail).toString('hex')}`)],
  ['percent signs in cells', 'rows', cells(({ mail }) => encodeURIComponent(mail))],
  ['UTF-16 among bytes', 'bytes', among(({ mail }) => utf16(mail))],
  ['UTF-16 of the other order among bytes', 'bytes', among(({ mail }) => swapped(mail.normalize('NFD').replaceAll(/\p{M}/gu, '').replace('toth', 'tóth')))],
  ['UTF-16 right behind letters', 'bytes', among(({ mail }) => Buffer.concat([Buffer.from([0xff, 0x2a]), utf16(mail)]))],
  ['base64 among bytes', 'bytes', among(({ mail }) => Buffer.from(`${base64(mail)}\0`))],
]

describe('what stands encoded is searched', () => {
  test.each(encoded)('%s', async (_, shape, make) => {
    expect(found(await searcher.search(stream(make(mixed)), { shape }))).toEqual([[100, 100]])
    expect(found(await searcher.search(stream(make(strangers)), { shape }))).toEqual([])
  })

  test.each(encoded.filter(([, shape]) => shape !== 'rows'))('%s, wherever it is cut', async (_, shape, make) => {
    const bytes = make(mixed.slice(290, 330))
    const whole = await searcher.search(stream(bytes), { shape })
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 90 }), async (batchBytes) => {
      expect(await searcher.search(stream(bytes, 13), { shape, batchBytes })).toEqual(whole)
    }), { numRuns: 8 })
  })
})

test.each<[string, Shape, (mail: string) => string | Buffer]>([
  ['hexadecimal', 'rows', (mail) => `\\x${Buffer.from(mail).toString('hex')},free\n`],
  ['hexadecimal in capitals', 'rows', (mail) => `0x${Buffer.from(mail).toString('hex').toUpperCase()},free\n`],
  ['UTF-16 among bytes', 'bytes', (mail) => Buffer.concat([Buffer.from([0, 0, 17, 255]), utf16(mail), Buffer.from([0, 0, 1, 2])])],
])('names that begin with accents are found in %s', async (_, shape, write) => {
  const text = Buffer.concat(accented.map(({ mail }) => Buffer.from(write(mail))))
  expect(found(await searcher.search(stream(text), { shape }))).toEqual([[accented.length, accented.length]])
})

test.each([1, 2, 3, 4, 6, 7, 9, 11])('the last value of a text in lines of base64 is found where its last line holds %i bytes', async (bytes) => {
  const { mail } = provided[7]!
  const text = `${'x'.repeat(57 * 3 + bytes - mail.length - 1)}\n${mail}`
  for (const end of ['', '\n\nBye\n']) {
    const { datasets } = await searcher.search(stream(`As promised:\n\n${wrapped(text, 76)}${end}`), { shape: 'text' })
    expect(datasets.flatMap(({ fields }) => fields.map(({ column }) => column))).toContain('mail')
  }
})

test.each([16, 20, 32])('an address of %i bytes is found in base64, which is as long as that of a digest', async (bytes) => {
  const addresses = Array.from({ length: 60 }, (_, at) => `${`p${at}x`.padEnd(bytes - 7, 'y')}@c.test`)
  const file = join(folder, `digests-${bytes}`)
  await buildFingerprints({ dataset: 'people', epochKey, sealKey, file, random: randomBytes, columns: [{ name: 'mail', identifies: true }], rows: stream(`${addresses.join('\n')}\n`) })
  const own = await createSearcher([await openFingerprints(file, sealKey)], epochKey)
  const cell = (address: string): string => `${base64(address)},x`
  expect(found(await own.search(stream(addresses.slice(0, 40).map(cell).join('\n')), {}))).toEqual([[40, 40]])
  expect(found(await own.search(stream(addresses.map((address) => cell(address.replace('c', 'd'))).join('\n')), {}))).toEqual([])
})

describe('an address that only the copy has a tag or dots in', () => {
  const tagged = ({ mail }: Person): string => mail.replace('@', '+news@')
  test.each<[string, Shape, (of: readonly Person[]) => string]>([
    ['is found in a table', 'rows', cells(tagged)],
    ['is found in capitals', 'rows', cells((person) => tagged(person).toUpperCase())],
    ['is found in prose', 'text', (of) => of.map((person) => `ask ${tagged(person)}, please`).join('\n')],
  ])('%s', async (_, shape, make) => {
    expect(found(await searcher.search(stream(make(mixed)), { shape }))).toEqual([[100, 100]])
    expect(found(await searcher.search(stream(make(strangers)), { shape }))).toEqual([])
  })

  test.each([['more dots', 'a.n.a.b'], ['no dots', 'anab'], ['a tag', 'ana.b']])('of the provider that ignores dots: %s', async (name, local) => {
    const written = provided.map(({ mail }) => ({ code: '', mail: mail.replace('ana.b', local).replace('@', name === 'a tag' ? '+x@' : '@') }))
    expect(found(await searcher.search(stream(cells(({ mail }) => mail)([...strangers, ...written])), {}))).toEqual([[100, 100]])
  })
})

test('an address is one value of its row', async () => {
  const result = await searcher.search(stream(cells(({ mail }) => mail)(mixed)), {})
  expect(found(result)).toEqual([[100, 100]])
  expect(result.datasets[0]?.fields.map(({ hits }) => hits)).toEqual([100])
})

test('text in UTF-16 among bytes may begin with a letter that is not ASCII', async () => {
  expect(found(await searcher.search(stream(among(({ mail }) => utf16(mail))([...strangers, ...foreign])), { shape: 'bytes' }))).toEqual([[100, 100]])
})
