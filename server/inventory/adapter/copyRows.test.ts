import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEmptyDatabase, type TestDatabase } from '../../database/testing.ts'
import { gatherBytesMax, gatherer } from './copyRows.ts'
import { giveBackRows, readTable } from './index.ts'

test('the committed program is what its source compiles to', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bailee-copy-rows-'))
  try {
    const built = join(folder, 'copyRows.wasm')
    const compiler = join(dirname(findPackageJSON('assemblyscript', import.meta.url)!), 'bin', 'asc.js')
    execFileSync(process.execPath, [compiler, 'assembly/copyRows.ts', '-O3', '--noAssert', '--runtime', 'stub', '--initialMemory', '9', '--enable', 'simd,bulk-memory', '-o', built], { cwd: import.meta.dirname })
    if (process.env['UPDATE_GOLDEN'] === '1') copyFileSync(built, join(import.meta.dirname, 'copyRows.wasm'))
    expect(readFileSync(join(import.meta.dirname, 'copyRows.wasm')).equals(readFileSync(built))).toBe(true)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

const times = process.env['BAILEE_FULL'] === '1' ? 20 : process.env['BAILEE_LONG'] === '1' ? 4 : 1
const [quote, backslash] = [0x22, 0x5c]

function message(kind: string, row: Uint8Array): Buffer {
  const head = Buffer.alloc(5)
  head.write(kind, 'latin1')
  head.writeUInt32BE(row.length + 4, 1)
  return Buffer.concat([head, row])
}

const row = fc.oneof(fc.uint8Array({ maxLength: 70 }), fc.string({ unit: fc.constantFrom('a', '\t', '"', '\\', 'é'), maxLength: 70 }).map((text) => Buffer.from(text)), fc.nat(600).map((length) => Buffer.alloc(length, 'x')))
const messages = fc.array(fc.tuple(fc.oneof({ weight: 20, arbitrary: fc.constant('d') }, { weight: 1, arbitrary: fc.constantFrom('N', 'c', 'S', 'H') }), row), { maxLength: 40 })
const asking = fc.constantFrom<readonly number[]>([], [quote], [quote, backslash])

test('rows are put together up to the first message that is no row, not whole, or holds what was asked for', () => fc.assert(fc.property(messages, asking, fc.nat(12), (all, asked, cut) => {
  const bytes = Buffer.concat(all.map(([kind, one]) => message(kind, one)))
  const whole = bytes.subarray(0, Math.max(0, bytes.length - cut))
  const gather = gatherer(whole, asked)
  for (let at = 0, number = 0; number < all.length; number += 1) {
    const expected: Uint8Array[] = []
    let to = at
    for (; number < all.length; number += 1) {
      const [kind, one] = all[number]!
      if (kind !== 'd' || to + 5 + one.length > whole.length || one.some((byte) => asked.includes(byte))) break
      expected.push(one)
      to += 5 + one.length
    }
    const { rows, to: reached } = gather(at)
    expect([reached, Buffer.from(rows).equals(Buffer.concat(expected))]).toEqual([to, true])
    if (number < all.length) at = to + 5 + all[number]![1].length // whoever asks looks at that one himself
    if (at > whole.length) break
  }
}), { numRuns: 300 * times }))

test('a length that no message has ends it there', () => {
  for (const length of [0, 3, 0x7fffffff, 0xfffffffb, 0xffffffff]) {
    const strange = message('d', Buffer.from('row\n'))
    strange.writeUInt32BE(length, 1)
    const { rows, to } = gatherer(Buffer.concat([message('d', Buffer.from('first\n')), strange]), [])(0)
    expect([Buffer.from(rows).toString(), to]).toEqual(['first\n', 11])
  }
  expect(() => gatherer(Buffer.alloc(gatherBytesMax + 1), [])).toThrow(RangeError)
  const largest = Buffer.alloc(gatherBytesMax - 5, 'y')
  expect(Buffer.from(gatherer(message('d', largest), [quote])(0).rows).equals(largest)).toBe(true)
})

let store: TestDatabase
const count = 60_000
beforeAll(async () => {
  store = await createEmptyDatabase()
  // Some rows are rewritten, one is longer than what is looked at together.
  await sql.raw(`create table many as select g as id, case when g % 1000 = 7 then 'a "quoted" \\ value' when g = 5000 then repeat('long ', 100000) else repeat('x', g % 90) end as filler from generate_series(1, ${count}) g`).execute(store.database)
}, 120_000)
afterAll(() => store.close())

const line = (id: number): string => `${id}\t${id % 1000 === 7 ? '"a ""quoted"" \\ value"' : id === 5000 ? 'long '.repeat(100_000) : 'x'.repeat(id % 90)}\n`
const all = Buffer.from(Array.from({ length: count }, (_, index) => line(index + 1)).join(''))

async function* read(): AsyncGenerator<Uint8Array> {
  yield* readTable(store.url, { schema: 'public', name: 'many' }, { byTabs: true })
}

test('every row of a table comes, those with quotes rewritten, and stays as it is as long as nobody gives it back', async () => {
  const chunks: Uint8Array[] = []
  for await (const chunk of read()) chunks.push(chunk)
  expect(Buffer.concat(chunks).equals(all)).toBe(true)
  expect(new Set(chunks.map(({ buffer }) => buffer)).size).toBe(chunks.length)
})

test('what is given back is filled again, once however often it is given back, and nothing else is', async () => {
  const copies: Buffer[] = []
  const buffers = new Set<ArrayBufferLike>()
  let kept: { readonly chunk: Uint8Array; readonly copy: Buffer } | undefined
  for await (const chunk of read()) {
    copies.push(Buffer.from(chunk))
    buffers.add(chunk.buffer)
    if (copies.length === 8) kept = { chunk, copy: Buffer.from(chunk) } // by one that looks at it until the end
    else for (let time = 0; time < 3; time += 1) giveBackRows(chunk)
  }
  expect(Buffer.concat(copies).equals(all)).toBe(true)
  expect(kept !== undefined && kept.copy.equals(kept.chunk)).toBe(true)
  expect(copies.length).toBeGreaterThan(12)
  expect(buffers.size).toBeLessThan(copies.length)
  giveBackRows(Buffer.from('of somebody else'))
})
