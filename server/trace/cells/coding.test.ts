import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { normaliseAny, normaliseText } from '../scanner/normal.ts'
import { rowWords, type RowPlan } from './coding.ts'
import { readOneByOne, readRows } from './readRows.ts'

const times = process.env['BAILEE_FULL'] === '1' ? 20 : process.env['BAILEE_LONG'] === '1' ? 2 : 1

test('the committed coding is what its sources build', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bailee-coding-'))
  try {
    const built = join(folder, 'coding.wasm')
    const compiler = join(dirname(findPackageJSON('assemblyscript', import.meta.url)!), 'bin', 'asc.js')
    execFileSync(process.execPath, [compiler, 'cells/assembly/index.ts', '-O3', '--runtime', 'stub', '--importMemory', '--enable', 'simd,bulk-memory', '-o', built], { cwd: join(import.meta.dirname, '..') })
    if (process.env['UPDATE_GOLDEN'] === '1') copyFileSync(built, join(import.meta.dirname, 'coding.wasm'))
    expect(readFileSync(join(import.meta.dirname, 'coding.wasm')).equals(readFileSync(built))).toBe(true)
    expect(readFileSync(built).length).toBeLessThan(6_000)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

const key = Buffer.alloc(32, 3)
const plan: RowPlan = { names: ['id', 'mail', 'plan', 'note'], identifiers: ['id', 'mail'], followed: ['plan', 'mail', 'note'] }

async function* piecesOf(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  for (const [number, from] of at.slice(0, -1).entries()) yield await Promise.resolve(bytes.subarray(from, at[number + 1]))
}

/** The words of every row that is followed, as one way of reading gives them, or what it throws. */
async function wordsOf(read: typeof readRows, bytes: Buffer, { cuts = [], mask = { low: 0, high: 0 } }: { cuts?: readonly number[]; mask?: { low: number; high: number } } = {}): Promise<unknown> {
  const words: number[] = []
  try {
    await read(piecesOf(bytes, cuts), { ...plan, key, coding: 'siphash' }, { mask, take: (some, rows) => { words.push(...some.subarray(0, rows * rowWords(plan))) } })
  } catch (cause) {
    return (cause as { code?: string }).code
  }
  return words
}

const digits = fc.stringMatching(/^[0-9]{1,4}$/)
const near = fc.array(fc.oneof(fc.constantFrom('2019-04-03', '2019-04-', 'T00:00', ' 00:00', ':00', '.000', 'z', '+00', '00', '03/04/2019', '3.04.2019', '+', '-', '.', '0', ' ', '\t', '\u00a0', '"', '\'', '<', '>', 'mailto:', 'TEL:', 'A', 'é', 'ſ', 'Σ', 'ς', 'İ', 'ǅ', 'ß', '\u0301', '\u037e', '\ufeff', '漢', '\u{1f600}', '\u0085'), digits), { maxLength: 6 }).map((all) => all.join(''))
const value = fc.oneof(near, fc.string({ unit: 'binary', maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 20 }), fc.date({ noInvalidDate: true }).map((date) => date.toISOString()), fc.double().map(String))
const field = fc.option(value, { nil: null })
const written = (text: string | null, quoted: boolean): string => (text === null ? '' : quoted || text === '' || /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

test('rows read straight into codes have those that each value has by itself, wherever the bytes are cut', async () => {
  const row = fc.tuple(fc.array(field, { minLength: 1, maxLength: 5 }), fc.boolean()).map(([fields, quoted]) => `${fields.map((one) => written(one, quoted)).join(',')}\n`)
  await fc.assert(fc.asyncProperty(fc.array(row, { maxLength: 8 }), fc.array(fc.nat({ max: 400 }), { maxLength: 4 }), fc.nat({ max: 3 }), async (rows, cuts, low) => {
    const bytes = Buffer.from(rows.join(''))
    const mask = { low, high: 0 }
    expect(await wordsOf(readRows, bytes, { cuts, mask })).toEqual(await wordsOf(readOneByOne, bytes, { mask }))
  }), { numRuns: 300 * times })
})

test('bytes of any kind are read the same way, or refused', async () => {
  const bytes = fc.array(fc.oneof(fc.constantFrom(0x22, 0x2c, 0x0a, 0xef, 0xbb, 0xbf, 0xc3, 0xa9, 0x41, 0x30, 0x0d, 0x00), fc.nat({ max: 255 })), { maxLength: 40 }).map((all) => Buffer.from(all))
  await fc.assert(fc.asyncProperty(bytes, fc.nat({ max: 40 }), async (given, cut) => {
    expect(await wordsOf(readRows, given, { cuts: [cut] })).toEqual(await wordsOf(readOneByOne, given))
  }), { numRuns: 400 * times })
})

test('many rows, and one longer than what is read together', async () => {
  const rows = Array.from({ length: 20_000 }, (_, at) => `${at},p${at}@mail.example,plan ${at % 3},"a note, ${at}"\n`)
  rows.splice(7, 0, `long,long@mail.example,${'é'.repeat(400_000)},"${'x""'.repeat(300_000)}"\n`)
  const bytes = Buffer.from(`\ufeff${rows.join('')}last,row,without,end`)
  const whole = await wordsOf(readOneByOne, bytes)
  expect((whole as number[]).length).toBe(20_002 * rowWords(plan))
  expect(await wordsOf(readRows, bytes, { cuts: Array.from({ length: 50 }, (_, at) => at * 65_536) })).toEqual(whole)
})

test('the way for ASCII spells as the one for everything', () => fc.assert(fc.property(fc.oneof(near, fc.string({ unit: 'binary-ascii', maxLength: 20 })), (text) => {
  expect(normaliseText(text)).toBe(normaliseAny(text))
}), { numRuns: 5_000 * times }))
