import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildFingerprints, openFingerprints } from '../fingerprint/index.ts'
import { createSearcher } from './index.ts'

const [epochKey, sealKey] = [Buffer.alloc(16, 1), Buffer.alloc(32, 2)]
let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'bailee-gate-')) })
afterAll(() => rmSync(folder, { recursive: true }))

const letters = (alphabet: string, minLength: number, maxLength: number): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength })
const octet = fc.integer({ min: 0, max: 255 })
/** Of every form that the gate tells by its bytes, and of those that look like them and are something else. */
const values = fc.oneof(
  fc.tuple(letters('abcdexyz019.-_', 1, 40), letters('abcxyz-', 1, 14)).map(([local, domain]) => `${local}@${domain}.example`),
  fc.tuple(letters('abc019.+', 1, 30)).map(([local]) => `${local}@gmail.com`),
  fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.')),
  fc.tuple(fc.integer({ min: 1, max: 31 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1900, max: 2100 }), fc.constantFrom('', '.', '.0', ' 00:00:00', ' 00:00:00.000')).map(([day, month, year, end]) => `${day}.${month}.${year}${end}`),
  fc.uuid(), fc.uuid().map((uuid) => `{${uuid}}`), fc.uuid().map((uuid) => `${uuid}}}`),
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('base64').replace('=', '')),
  letters('abcdef0123456789', 33, 64), letters('abcXYZ=}{:/+-.é 09', 33, 64), letters('0123456789.', 5, 20), letters('+0123456789 ()-/', 5, 20),
  letters('ab 09.', 33, 62).map((text) => `Mon 12, 20${text}`), letters('ab09', 30, 50).map((text) => `mailto:${text}`), letters('ab09', 30, 50).map((text) => `'${text}'`),
).filter((value) => !/[,"\n\r]/.test(value) && value.trim() !== '')

test('a value is found as it stands, padded and in quotes, whatever its bytes let the gate think', async () => {
  let run = 0
  await fc.assert(fc.asyncProperty(fc.uniqueArray(values, { minLength: 20, maxLength: 40 }), async (list) => {
    const file = join(folder, `values-${run += 1}`)
    const rows = (of: readonly string[]): AsyncGenerator<Uint8Array> => (async function* () { yield await Promise.resolve(Buffer.from(of.map((value) => `1,${value}\n`).join(''))) })()
    await buildFingerprints({ dataset: 'values', epochKey, sealKey, file, random: randomBytes, rows: rows(list), columns: ['row', 'value'].map((name) => ({ name, identifies: true })) })
    const searcher = await createSearcher([await openFingerprints(file, sealKey)], epochKey)
    const missed: string[] = []
    for (const written of list.flatMap((value) => [value, ` ${value}\t`, `"${value}"`])) {
      const { datasets } = await searcher.search(rows([written]), {})
      if (datasets[0]?.fields.some(({ column, field }) => column === 'value' && field === 1) !== true) missed.push(written)
    }
    expect(missed).toEqual([])
  }), { numRuns: process.env['BAILEE_LONG'] === '1' ? 20 : 4 })
})
