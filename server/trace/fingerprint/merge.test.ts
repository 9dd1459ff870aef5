import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildFingerprints, openFingerprints, openSegmentFile } from './index.ts'
import { createSorter, type SortedPart } from './sorter.ts'
import { concatenate, countBelow, difference, sortTokens, union } from './tokens.ts'

const sealKey = Buffer.alloc(32, 2)
let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'bailee-merge-')) })
afterAll(() => rmSync(folder, { recursive: true }))

/** Builds a segment of its own; `before` is the name of the one known until then. */
async function build(rows: readonly (readonly string[])[], columns: readonly string[], { name = 'segment', before, key = 1, memoryTokensMax, adds = false }: { name?: string; before?: string; key?: number; memoryTokensMax?: number; adds?: boolean } = {}) {
  const bytes = (async function* () { yield Buffer.from(rows.map((row) => `${row.join(',')}\n`).join('')) })()
  const known = before === undefined ? undefined : await openSegmentFile(join(folder, before), sealKey)
  const summary = await buildFingerprints({
    dataset: 'listeners', epochKey: Buffer.alloc(16, key), sealKey, file: join(folder, name), random: randomBytes, rows: bytes, before: known, adds, watermark: () => ({ declared: '', value: '', refreshes: 0 }),
    columns: columns.map((column) => (column === 'born' || column === 'name' ? { name: column, identifies: false, combine: column === 'born' ? 'date' : 'name' } : { name: column, identifies: true })), ...(memoryTokensMax === undefined ? {} : { memoryTokensMax }),
  }).finally(() => known?.close())
  return { summary, segment: await openFingerprints(join(folder, name), sealKey) }
}

const person = (at: number, mail = `p${at}@mail.example`): string[] => [`FR${at}`, mail, `+33 1 55 ${String(at * 7919).padStart(8, '0')}`]
const people = (from: number, to: number): string[][] => Array.from({ length: to - from }, (_, step) => person(from + step))
const columns = ['id', 'mail', 'phone']

test('people who left stay in, those who came are added, and nobody counts twice', async () => {
  const first = await build(people(0, 100), columns)
  expect(first.summary).toMatchObject({ records: 100, former: 0, added: 100 })
  const second = await build([...people(30, 120), person(0, 'changed@mail.example')], columns, { before: 'segment' })
  expect(second.summary).toMatchObject({ records: 120, former: 29, added: 20 }) // who changed an address is still there
  expect(second.summary.columns.map((column) => column.distinct)).toEqual([120, 121, 120])
  const third = await build(people(0, 120), columns, { before: 'segment' })
  expect(third.summary).toMatchObject({ records: 120, former: 0, added: 0 })
  const alone = await build(people(0, 120), columns, { name: 'alone' })
  for (const [link, tokens] of alone.segment.links.entries()) expect(difference(tokens, third.segment.links[link]!), 'every link of today').toHaveLength(0)
})

test('the order of columns may change, and a column may go: the others keep what they knew', async () => {
  await build(people(0, 50), columns)
  const turned = await build(people(20, 60).map(([id, mail]) => [mail!, id!]), ['mail', 'id'], { before: 'segment' })
  expect(turned.summary.columns.map(({ name, distinct }) => [name, distinct])).toEqual([['mail', 60], ['id', 60]])
  expect(turned.summary.links.map((link) => link.distinct)).toEqual([60])
})

test('a value that stands too often by now is left out, even if it was kept before', async () => {
  await build(people(0, 30), columns)
  const shared = await build(people(0, 30).map(([id, , phone]) => [id!, 'p1@mail.example', phone!]), columns, { before: 'segment' })
  expect(shared.summary.columns.map(({ distinct, dropped }) => [distinct, dropped])).toEqual([[30, 0], [29, 1], [30, 0]])
  expect(shared.segment.dropped.map((tokens) => tokens.length)).toEqual([0, 1, 0])
})

test('a column knows itself by the reading that saw more', async () => {
  const { summary } = await build(people(0, 500), columns)
  const left = await build(people(0, 1), columns, { before: 'segment' })
  expect(left.summary.columns.map(({ bits, alone, weak }) => [bits, alone, weak])).toEqual(summary.columns.map(({ bits, alone, weak }) => [bits, alone, weak]))
})

test('tokens of another key do not compare, and are not taken over', async () => {
  await build(people(0, 30), columns)
  expect((await build(people(10, 20), columns, { before: 'segment', key: 9 })).summary).toMatchObject({ records: 10, former: 0 })
})

test.each([undefined, 100])('rows added to what is known are as if all had been read at once (in memory: %s)', async (memoryTokensMax) => {
  const more = memoryTokensMax === undefined ? {} : { memoryTokensMax }
  const shared = (from: number, to: number): string[][] => people(from, to).map((row, at) => (at % 10 === 0 ? [row[0]!, 'office@mail.example', row[2]!] : row))
  await build(shared(0, 600), columns, { name: 'added' })
  const added = await build([...shared(590, 600), ...people(600, 640), person(601, 'office@mail.example')], columns, { name: 'added', before: 'added', adds: true, ...more })
  const all = await build([...shared(0, 600), ...people(600, 640), person(601, 'office@mail.example')], columns, { name: 'whole', ...more })
  for (const kind of ['columns', 'links', 'forms', 'dropped'] as const) expect(added.segment[kind], kind).toEqual(all.segment[kind])
  expect(added.summary).toMatchObject({ records: 640, former: 0, added: 40, rowsRead: 51 })
})

test('a day that reads two ways is read as its column was', async () => {
  const born = (at: number): string[] => [`p${at}@mail.example`, `${1 + (at % 12)}/${1 + (at % 28)}/19${50 + (at % 40)}`.replace(/\b(\d)\b/g, '0$1'), `Name${at}`]
  const everybody = Array.from({ length: 300 }, (_, at) => born(at))
  const late = [['late@mail.example', '03/04/1990', 'Late']]
  await build(everybody, ['mail', 'born', 'name'], { name: 'added' })
  const added = await build(late, ['mail', 'born', 'name'], { name: 'added', before: 'added', adds: true })
  const all = await build([...everybody, ...late], ['mail', 'born', 'name'], { name: 'whole' })
  expect(added.segment.header.columns.map(({ name, distinct }) => [name, distinct])).toEqual([['mail', 301], ['born + name', 301]])
  expect(added.segment.columns).toEqual(all.segment.columns)
})

const tokens = fc.uniqueArray(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map((value) => (value % 2n === 0n ? value % 50n : value)), { maxLength: 40 }).map((list) => list.sort((a, b) => (a < b ? -1 : 1)))

test('union and difference are those of sets, in order', () => {
  fc.assert(fc.property(tokens, tokens, tokens, (now, before, without) => {
    const left = before.filter((token) => !without.includes(token))
    const wanted = [...new Set([...now, ...left])].sort((a, b) => (a < b ? -1 : 1))
    expect([...union(BigUint64Array.from(now), difference(BigUint64Array.from(before), BigUint64Array.from(without)))]).toEqual(wanted)
    expect([...difference(BigUint64Array.from(before), BigUint64Array.from(without))]).toEqual(left)
    for (const end of [0, 1, 2 ** 31, 2 ** 32]) expect(countBelow(BigUint64Array.from(now), end)).toBe(now.filter((token) => token >> 32n < BigInt(end)).length)
  }))
})

test('tokens are sorted whether they are random or not', () => {
  for (const count of [0, 1, 2047, 2048, 50_000]) {
    const random = new BigUint64Array(Uint8Array.from(randomBytes(count * 8)).buffer)
    const close = BigUint64Array.from(random, (token) => (token % 1000n) * 3n)
    const first = BigUint64Array.from(random, (token) => token >> 7n)
    for (const [tokens, same] of [[random, 0], [close, 0], [first, 7]] as const) expect(sortTokens(tokens.slice(), same)).toEqual(tokens.slice().sort())
  }
})

async function sortedBy(memoryTokensMax: number, lists: readonly (readonly bigint[])[][], frequencyMax: number): Promise<SortedPart[][]> {
  const sorter = createSorter({ regions: lists.length, directory: folder, random: randomBytes, memoryTokensMax })
  try {
    for (const [region, parts] of lists.entries()) for (const part of parts) sorter.add(region, BigUint64Array.from(part))
    await sorter.ready()
    const found: SortedPart[][] = []
    for (const region of lists.keys()) {
      const parts: SortedPart[] = []
      for await (const part of sorter.sorted(region, frequencyMax)) parts.push(part)
      found.push(parts)
    }
    return found
  } finally {
    await sorter.close()
  }
}

const anyLists = fc.array(fc.array(fc.array(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map((value) => (value % 3n === 0n ? value % 9n : value)), { maxLength: 30 }), { maxLength: 3 }), { minLength: 1, maxLength: 3 })

test('lists are sorted and thinned as sets would, in memory and through the scratch file, which has no name', async () => {
  await fc.assert(fc.asyncProperty(anyLists, fc.integer({ min: 1, max: 4 }), async (lists, frequencyMax) => {
    for (const memoryTokensMax of [0, 1_000]) {
      const found = await sortedBy(memoryTokensMax, lists, frequencyMax)
      for (const [region, parts] of lists.entries()) {
        const counts = new Map<bigint, number>()
        for (const value of parts.flat()) counts.set(value, (counts.get(value) ?? 0) + 1)
        const kept = (wanted: boolean): bigint[] => [...counts].filter(([, count]) => count <= frequencyMax === wanted).map(([value]) => value).sort((a, b) => (a < b ? -1 : 1))
        expect([...concatenate(found[region]!.map((part) => part.tokens))]).toEqual(kept(true))
        expect([...concatenate(found[region]!.map((part) => part.dropped))]).toEqual(kept(false))
        expect(found[region]!.reduce((sum, part) => sum + part.pairs, 0)).toBe([...counts.values()].reduce((sum, count) => sum + (count * (count - 1)) / 2, 0))
      }
    }
    expect(readdirSync(folder).filter((file) => file.startsWith('scratch'))).toEqual([])
  }), { numRuns: 5 })
})

test('a segment made through the scratch file is the one made in memory, joined with what was known before, too', async () => {
  const small = { memoryTokensMax: 100 }
  const [near, far] = [await build(people(0, 9000), columns, { name: 'near' }), await build(people(0, 9000), columns, { name: 'far', ...small })]
  expect(far.segment).toEqual(near.segment)
  const joined = [await build(people(4000, 12_000), columns, { name: 'near', before: 'near' }), await build(people(4000, 12_000), columns, { name: 'far', before: 'far', ...small })]
  expect(joined[1]!.segment).toEqual(joined[0]!.segment)
  expect(joined[1]!.summary).toMatchObject({ records: 12_000, former: 4000, added: 3000 })
})

test('a scratch file that cannot be written stops the work, and leaves the segment as it was', async () => {
  const sorter = createSorter({ regions: 1, directory: join(folder, 'nowhere'), random: randomBytes, memoryTokensMax: 0 })
  expect(() => sorter.add(0, new BigUint64Array(1))).toThrow(expect.objectContaining({ code: 'trace/scratch-unwritable' }) as Error)
  await sorter.close()
})
