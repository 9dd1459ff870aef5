import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildFingerprints, openFingerprints } from '../fingerprint/index.ts'
import { createSearcher } from './index.ts'
import type { PlaceOptions, PlaceResult, Searcher } from './index.ts'

let folder: string
let searcher: Searcher
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bailee-forms-'))
  const options = { dataset: 'people', epochKey: Buffer.alloc(16, 1), sealKey: Buffer.alloc(32, 2), file: join(folder, 'people'), random: randomBytes, columns: ['code', 'mail'].map((name) => ({ name, identifies: true })) }
  await buildFingerprints({ ...options, rows: stream(people(0, 3000).map(({ code, mail }) => `${code},${mail}\n`).join('')) })
  searcher = await createSearcher([await openFingerprints(options.file, options.sealKey)], options.epochKey)
})
afterAll(async () => { await searcher.close(); rmSync(folder, { recursive: true }) })

interface Person { readonly code: string; readonly mail: string }
const people = (from: number, count: number, domain = 'Mail.example'): Person[] => Array.from({ length: count }, (_, step) => ({ code: `RO${(from + step) * 7}`, mail: `Ann.N${from + step}+news@${domain}` }))

async function* stream(text: string): AsyncGenerator<Uint8Array> { yield Buffer.from(text) }
const hash = (kind: string, text: string, encoding: 'hex' | 'base64' | 'base64url' = 'hex'): string => createHash(kind).update(text).digest(encoding)
const bare = (mail: string): string => mail.toLowerCase().replace('+news', '')
const found = (result: PlaceResult): [string, number, number][] => result.datasets.filter(({ verdict }) => verdict === 'copy').map(({ dataset, records, rows }) => [dataset, records, rows])
const mixed = [...people(100_000, 200, 'else.example'), ...people(500, 100), ...people(200_000, 200, 'else.example')]
const search = (write: (person: Person) => string, options: PlaceOptions = {}): Promise<PlaceResult> => searcher.search(stream(`${mixed.map(write).join('\n')}\n`), options)

describe('a copy that holds digests in place of addresses is found, whole and exactly', () => {
  test.each<[string, (person: Person) => string, PlaceOptions?]>([
    ['MD5 of the address in small letters', ({ mail }) => `${hash('md5', mail.toLowerCase())},x`],
    ['MD5 in capitals', ({ mail }) => hash('md5', mail.toLowerCase()).toUpperCase()],
    ['SHA-1', ({ mail }) => hash('sha1', mail.toLowerCase())],
    ['SHA-256', ({ mail }) => hash('sha256', mail.toLowerCase())],
    ['SHA-256 of the address as it stands', ({ mail }) => hash('sha256', mail)],
    ['SHA-256 without the tag', ({ mail }) => hash('sha256', bare(mail))],
    ['SHA-256 in base64', ({ mail }) => hash('sha256', mail.toLowerCase(), 'base64')],
    ['SHA-256 in base64url', ({ mail }) => hash('sha256', mail.toLowerCase(), 'base64url')],
    ['SHA-1 in base64', ({ mail }) => hash('sha1', mail.toLowerCase(), 'base64')],
    ['MD5 in base64url without padding', ({ mail }) => hash('md5', mail.toLowerCase(), 'base64url')],
    ['bytes as Postgres writes them', ({ mail }) => `1,\\x${hash('sha256', mail.toLowerCase())}`],
    ['MD5 with its name', ({ mail }) => `md5:${hash('md5', mail.toLowerCase())}`],
    ['MD5 as a UUID', ({ mail }) => hash('md5', mail.toLowerCase()).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')],
    ['the address without its tag', ({ mail }) => bare(mail)],
    ['several digests and the id', ({ mail, code }) => `${hash('md5', mail.toLowerCase())},${hash('sha256', mail.toLowerCase())},${code}`],
    ['an address and its digest', ({ mail }) => `${mail},${hash('md5', mail.toLowerCase())}`],
    ['JSON of digests in text', ({ mail, code }) => JSON.stringify({ em: [hash('sha256', mail.toLowerCase(), 'base64')], code }), { shape: 'text' }],
  ])('%s', async (_, write, options) => {
    expect(found(await search(write, options))).toEqual([['people', 100, 100]])
  })

  test.each(['hex', 'base64', 'base64url'] as const)('a digest in %s is one value of its row', async (encoding) => {
    const result = await search(({ mail }) => `1,${hash('sha256', mail.toLowerCase(), encoding)}`)
    expect(result.datasets[0]?.fields.map(({ hits }) => hits)).toEqual([100])
  })

  test('digests of strangers are nobody\'s', async () => {
    const strangers = people(0, 3000, 'other.example').map(({ mail }) => `${hash('md5', mail.toLowerCase())},${hash('sha256', mail, 'base64')}`).join('\n')
    expect((await searcher.search(stream(strangers))).datasets).toEqual([])
  })
})

test('without further forms a digest is not found, and a header says which there are', async () => {
  const file = join(folder, 'plain')
  const options = { dataset: 'plain', epochKey: Buffer.alloc(16, 1), sealKey: Buffer.alloc(32, 2), file, random: randomBytes, columns: [{ name: 'mail', identifies: true }] }
  const rows = (): AsyncGenerator<Uint8Array> => stream(people(0, 50).map(({ mail }) => `${mail}\n`).join(''))
  expect((await buildFingerprints({ ...options, rows: rows(), forms: false })).forms).toEqual([])
  expect((await buildFingerprints({ ...options, rows: rows() })).forms).toEqual([
    { column: 0, form: 'md5', distinct: 150 }, { column: 0, form: 'sha1', distinct: 150 }, { column: 0, form: 'sha256', distinct: 150 }, { column: 0, form: 'bare', distinct: 50 },
  ])
})

describe('digests of telephone numbers', () => {
  const numberOf = (person: number): string => `+40 744 ${100_000 + person * 7}`
  const digits = (telephone: string): string => telephone.replaceAll(/\D/g, '')
  const rows = (): AsyncGenerator<Uint8Array> => stream(Array.from({ length: 2000 }, (_, person) => `ana${person}@mail.example,${numberOf(person)}\n`).join(''))
  const built = async (telephone: boolean): Promise<{ readonly summary: Awaited<ReturnType<typeof buildFingerprints>>; readonly searcher: Searcher }> => {
    const file = join(folder, `telephones-${telephone}`)
    const columns = [{ name: 'mail', identifies: true }, { name: 'phone', identifies: true, telephone }]
    const summary = await buildFingerprints({ dataset: 'customers', epochKey: Buffer.alloc(16, 1), sealKey: Buffer.alloc(32, 2), file, random: randomBytes, columns, rows: rows() })
    return { summary, searcher: await createSearcher([await openFingerprints(file, Buffer.alloc(32, 2))], Buffer.alloc(16, 1)) }
  }

  test.each<[string, (telephone: string) => string, string]>([
    ['MD5 with a plus', (telephone) => hash('md5', `+${digits(telephone)}`), 'md5'],
    ['SHA-1 of digits alone', (telephone) => hash('sha1', digits(telephone)), 'sha1'],
    ['SHA-256 with a plus, in capitals', (telephone) => hash('sha256', `+${digits(telephone)}`).toUpperCase(), 'sha256'],
    ['SHA-256 of digits alone, in base64', (telephone) => hash('sha256', digits(telephone), 'base64'), 'sha256'],
    ['SHA-256 as it stands', (telephone) => hash('sha256', telephone), 'sha256'],
  ])('%s: the field is named for what it is', async (_, write, form) => {
    const { searcher: one } = await built(true)
    const copy = Array.from({ length: 200 }, (__, person) => `${hash('sha256', `ana${person + 50}@mail.example`)},x,${write(numberOf(person + 50))}`).join('\n')
    const [result] = (await one.search(stream(copy))).datasets
    expect(result).toMatchObject({ verdict: 'copy', records: 200 })
    expect(result?.fields).toContainEqual({ field: 2, hits: 200, column: 'phone', form })
    await one.close()
  })

  test('are kept where the dataset says that a column holds such numbers: three tokens a spelling, and no others', async () => {
    const { summary: kept, searcher: one } = await built(true)
    const { summary: none, searcher: other } = await built(false)
    expect(kept.forms.filter(({ column }) => column === 1)).toEqual(['md5', 'sha1', 'sha256'].map((form) => ({ column: 1, form, distinct: 6000 })))
    expect(none.forms.filter(({ column }) => column === 1)).toEqual([])
    await Promise.all([one.close(), other.close()])
  })

  test('alone are no finding, as the numbers are none', async () => {
    const { searcher: one } = await built(true)
    const copy = (write: (telephone: string) => string): AsyncGenerator<Uint8Array> => stream(Array.from({ length: 200 }, (_, person) => write(numberOf(person))).join('\n'))
    for (const write of [(telephone: string) => telephone, (telephone: string) => hash('sha256', digits(telephone))]) {
      expect((await one.search(copy(write))).datasets).toMatchObject([{ verdict: 'chance' }])
    }
    await one.close()
  })
})
