import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildFingerprints, epochOf, openFingerprints } from './index.ts'

const epochKey = Buffer.alloc(16, 1)
const sealKey = Buffer.alloc(32, 2)
let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'bailee-fingerprints-')) })
afterAll(() => rmSync(folder, { recursive: true }))

async function* stream(text: string, size = 1000): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

function build(text: string, columns: string[], identifying = columns, file = 'x') {
  return buildFingerprints({
    dataset: 'listeners', epochKey, sealKey, file: join(folder, file), random: randomBytes, rows: stream(text),
    columns: columns.map((name) => ({ name, identifies: identifying.includes(name) })),
  })
}

const people = (count: number): string => Array.from({ length: count }, (_, at) => `${at},p${at}@mail.example,${at % 2 === 0 ? 'F' : 'M'},HU${String(at).padStart(5, '0')}\n`).join('')

describe('fingerprints of a dataset', () => {
  test('count what was indexed and say what each column is', async () => {
    const summary = await build(people(3000), ['id', 'mail', 'gender', 'code'])
    expect(summary).toMatchObject({ dataset: 'listeners', records: 3000, alg: 'siphash-2-4', norm: 2, epoch: epochOf(epochKey) })
    expect(summary.columns.map(({ name, kind, alone, distinct: count, dropped }) => [name, kind, alone, count, dropped])).toEqual([
      ['id', 'digits', false, 3000, 0], ['mail', 'e-mail', true, 3000, 0], ['gender', 'text', false, 0, 2], ['code', 'text', false, 3000, 0],
    ])
    const [id, mail, gender, code] = summary.columns.map((column) => column.bits)
    expect(id).toBeCloseTo(4 * Math.log2(10)) // 10 to the length, whatever is used of it
    expect(mail).toBeGreaterThan(40)
    expect(gender).toBeLessThan(2)
    expect(code).toBeLessThan(5 * Math.log2(10) + 1) // constant letters say nothing
    expect(summary.links.map(({ a, b }) => [a, b])).toEqual([[0, 1], [1, 2], [1, 3]]) // the e-mail column is the hub
  })

  test('open again under their key, sorted and distinct, and hold no value', async () => {
    const summary = await build(people(2000), ['id', 'mail', 'gender', 'code'], ['mail', 'code'], 'y')
    const file = join(folder, 'y')
    const segment = await openFingerprints(file, sealKey)
    expect(segment.header.columns).toEqual(summary.columns)
    for (const tokens of [...segment.columns, ...segment.links]) {
      expect(tokens).toHaveLength(2000)
      expect(tokens.every((token, at) => at === 0 || token > tokens[at - 1]!)).toBe(true)
    }
    const bytes = readFileSync(file)
    expect(bytes.includes('mail.example')).toBe(false)
    expect(summary).toMatchObject({ bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') })
    expect(statSync(file).mode & 0o77).toBe(0)
  })

  test('are refused under another key, and when any one bit was changed', async () => {
    await build(people(50), ['id', 'mail', 'gender', 'code'], ['mail'], 'z')
    const file = join(folder, 'z')
    await expect(openFingerprints(file, Buffer.alloc(32, 3))).rejects.toMatchObject({ code: 'trace/seal-refused' })
    const good = readFileSync(file)
    await fc.assert(fc.asyncProperty(fc.nat({ max: good.length * 8 - 1 }), async (bit) => {
      const bad = Buffer.from(good)
      bad[bit >> 3]! ^= 1 << (bit & 7)
      writeFileSync(join(folder, 'bad'), bad)
      await expect(openFingerprints(join(folder, 'bad'), sealKey)).rejects.toMatchObject({ code: expect.stringMatching(/^trace\/(seal-refused|segment-malformed)$/) })
    }), { numRuns: 50 })
    for (const length of [0, 10, 40, good.length - 1]) {
      writeFileSync(join(folder, 'bad'), good.subarray(0, length))
      await expect(openFingerprints(join(folder, 'bad'), sealKey)).rejects.toMatchObject({ code: expect.stringMatching(/^trace\/(seal-refused|segment-malformed)$/) })
    }
  })

  test('are not made of nothing, of no column, or of too many', async () => {
    await expect(build('', ['mail'])).rejects.toMatchObject({ code: 'trace/nothing-indexed' })
    await expect(build(',,\n,,\n', ['a', 'b', 'c'])).rejects.toMatchObject({ code: 'trace/nothing-indexed' })
    await expect(build(people(1), ['mail'], [])).rejects.toThrow(/no column identifies/)
    await expect(build(people(1), 'abcdefghi'.split(''))).rejects.toThrow(/more than 8/)
  })

  test('that fail leave the former ones in place, and nothing beside them', async () => {
    await build(people(10), ['id', 'mail', 'gender', 'code'], ['mail'], 'kept')
    const before = readFileSync(join(folder, 'kept'))
    const broken = (async function* () { yield Buffer.from(people(10)); throw new Error('the store went away') })()
    await expect(buildFingerprints({ dataset: 'listeners', epochKey, sealKey, file: join(folder, 'kept'), random: randomBytes, rows: broken, columns: [{ name: 'id', identifies: true }] })).rejects.toThrow('went away')
    expect(readFileSync(join(folder, 'kept')).equals(before)).toBe(true)
    expect(existsSync(join(folder, 'kept.part'))).toBe(false)
  })

  test('say when nothing of them could ever be found', async () => {
    expect(await build(people(100), ['id', 'mail', 'gender', 'code'])).toMatchObject({ findable: true })
    expect(await build(people(100), ['id', 'mail', 'gender', 'code'], ['mail'])).toMatchObject({ findable: true })
    expect(await build(people(100), ['id', 'mail', 'gender', 'code'], ['id', 'code'])).toMatchObject({ findable: false })
    expect(await build(people(100), ['id', 'mail', 'gender', 'code'], ['id'])).toMatchObject({ findable: false })
  })

  test('two spellings of one value are one token', async () => {
    const summary = await build('Ștefan@Mail.Example\n  S\u0326TEFAN@MAIL.EXAMPLE\n"ștefan@mail.example"\n', ['mail'])
    expect(summary.columns[0]).toMatchObject({ values: 3, distinct: 1 })
  })
})
