/**
 * Random files of each format, read by us and by somebody else: the same rows and fields. `BAILEE_FUZZ` is the number of files a format;
 * `bailee bench fuzz` does the same with many more formats and files.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isUnread, openParts, type Part } from '../index.ts'

const numRuns = Number(process.env['BAILEE_FUZZ'] ?? (process.env['BAILEE_FULL'] === '1' ? 150 : 75))

let root: string
let instance: DuckDBInstance
let duckdb: DuckDBConnection
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'bailee-fuzz-'))
  instance = await DuckDBInstance.create(':memory:', { threads: '1', autoinstall_known_extensions: 'false', autoload_known_extensions: 'false' })
  duckdb = await instance.connect()
})
afterAll(() => {
  duckdb.closeSync()
  instance.closeSync()
  rmSync(root, { recursive: true })
})

async function read(content: string | Uint8Array): Promise<Pick<Part, 'kind' | 'shape' | 'delimiter'> & { text: string; partly: readonly string[] }> {
  writeFileSync(join(root, 'file'), content)
  for await (const part of openParts(root, 'file')) {
    if (isUnread(part)) throw new Error(part.because)
    const pieces: Uint8Array[] = []
    for await (const piece of part.bytes) pieces.push(piece)
    return { kind: part.kind, shape: part.shape, delimiter: part.delimiter, text: Buffer.concat(pieces).toString('utf8'), partly: part.partly() }
  }
  throw new Error('no part')
}

/** Rows and fields of a CSV text, as DuckDB counts them. */
async function counted(text: string, delimiter: string, end = '\n'): Promise<{ rows: number; filled: number }> {
  const file = join(root, 'csv')
  writeFileSync(file, text)
  const options = `delim = '${delimiter}', header = false, quote = '"', escape = '"', all_varchar = true, auto_detect = false, null_padding = true, parallel = false, max_line_size = 10000000, new_line = '${end === '\n' ? String.raw`\n` : String.raw`\r\n`}', strict_mode = false`
  const columns = Array.from({ length: 40 }, (_, at) => `'c${at}': 'VARCHAR'`).join(', ')
  const filled = Array.from({ length: 40 }, (_, at) => `count(nullif(c${at}, ''))`).join(' + ')
  const reader = await duckdb.runAndReadAll(`select count(*)::int as rows, (${filled})::int as filled from read_csv('${file}', ${options}, columns = {${columns}})`)
  return reader.getRowObjectsJS()[0] as { rows: number; filled: number }
}

const field = fc.oneof(fc.constantFrom('', 'x', '42', 'ann@mail.example', 'Zoë', 'a "quoted" word', 'two\nlines', 'O\'Neil'), fc.string({ unit: 'grapheme-composite', maxLength: 12 }))
  .map((text) => text.replaceAll(/[\u0000-\u0008\u000b-\u001f,;|\t\uFEFF]/g, '').toWellFormed())
const table = fc.integer({ min: 2, max: 9 }).chain((width) => fc.array(fc.array(field, { minLength: width, maxLength: width }), { minLength: 3, maxLength: 20 }))

const formats: readonly [delimiter: string, end: string][] = [[',', '\n'], [';', '\n'], ['\t', '\r\n'], ['|', '\r\n']]
test.each(formats)('tables delimited by %j', async (delimiter, end) => {
  await fc.assert(fc.asyncProperty(table, async (rows) => {
    const text = rows.map((row) => row.map((one, at) => (/["\n]/.test(one) || at === 0 ? `"${one.replaceAll('"', '""')}"` : one)).join(delimiter) + end).join('')
    const part = await read(text)
    expect([part.shape, part.delimiter]).toEqual(['rows', delimiter])
    expect(part.text).toBe(text)
    expect(await counted(part.text, part.delimiter, end)).toEqual({ rows: rows.length, filled: rows.flat().filter((one) => one !== '').length })
  }), { numRuns })
})

const leaf = fc.oneof(fc.string({ maxLength: 10 }), fc.integer(), fc.boolean(), fc.constant(null)).map((value) => (typeof value === 'string' ? value.replaceAll(/[\u0000\r]/g, '').toWellFormed() : value))
const name = fc.constantFrom('id', 'mail', 'a', 'b', 'c')
const record = fc.dictionary(name, fc.oneof({ weight: 4, arbitrary: leaf }, { weight: 1, arbitrary: fc.dictionary(name, leaf, { maxKeys: 3 }) }, { weight: 1, arbitrary: fc.array(leaf, { maxLength: 3 }) }), { minKeys: 1 })
const filledOf = (value: unknown): number => (value === null || value === '' ? 0 : typeof value === 'object' ? Object.values(value).reduce((sum: number, one) => sum + filledOf(one), 0) : 1)

test('JSON documents: a row an element, and every value in it', async () => {
  await fc.assert(fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 12 }), fc.constantFrom(0, 1, 2), fc.boolean(), async (records, indent, inside) => {
    const parsed = JSON.parse(JSON.stringify(records)) as unknown[]
    const part = await read(JSON.stringify(inside ? { data: { list: records } } : records, null, indent))
    expect([part.kind, part.partly]).toEqual(['JSON', []])
    const filled = parsed.map(filledOf).filter((count) => count > 0)
    if (filled.length > 0) expect(await counted(part.text, ',')).toEqual({ rows: filled.length, filled: filled.reduce((sum, count) => sum + count, 0) })
    else expect(part.text).toBe('')
  }), { numRuns })
})

test('JSON lines: a row a line, and every value in it', async () => {
  await fc.assert(fc.asyncProperty(fc.array(record, { minLength: 2, maxLength: 12 }), async (records) => {
    const parsed = JSON.parse(JSON.stringify(records)) as unknown[]
    const part = await read(records.map((one) => `${JSON.stringify(one)}\n`).join(''))
    expect([part.kind, part.partly]).toEqual(['JSON lines', []])
    const { filled } = await counted(part.text, ',')
    expect(filled).toBe(parsed.reduce((sum: number, one) => sum + filledOf(one), 0))
  }), { numRuns })
})

test('any bytes are a part of some shape, or unread with a reason; nothing is thrown beside Broken', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 700 }), fc.constantFrom('', '1f8b08', '504b0304', '28b52ffd', 'fd377a585a00', '425a6839314159265359', '7b22', '3c613e', '46726f6d20'), async (bytes, start) => {
    writeFileSync(join(root, 'file'), Buffer.concat([Buffer.from(start, 'hex'), bytes]))
    for await (const part of openParts(root, 'file')) {
      if (isUnread(part)) expect(part.because.length).toBeGreaterThan(5)
      else await (async () => { for await (const piece of part.bytes) expect(piece).toBeInstanceOf(Uint8Array) })().catch((cause: unknown) => { if ((cause as Error).name !== 'Broken') throw cause })
    }
  }), { numRuns })
})
