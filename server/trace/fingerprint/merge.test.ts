import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildFingerprints, openFingerprints, type Segment } from './index.ts'
import { difference, union } from './merge.ts'

const sealKey = Buffer.alloc(32, 2)
let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'bailee-merge-')) })
afterAll(() => rmSync(folder, { recursive: true }))

async function build(rows: readonly (readonly string[])[], columns: readonly string[], before?: Segment, key = 1) {
  const bytes = (async function* () { yield Buffer.from(rows.map((row) => `${row.join(',')}\n`).join('')) })()
  const summary = await buildFingerprints({
    dataset: 'listeners', epochKey: Buffer.alloc(16, key), sealKey, file: join(folder, 'segment'), random: randomBytes, rows: bytes, before,
    columns: columns.map((name) => ({ name, identifies: true })),
  })
  return { summary, segment: await openFingerprints(join(folder, 'segment'), sealKey) }
}

const person = (at: number, mail = `p${at}@mail.example`): string[] => [`FR${at}`, mail, `+33 1 55 ${String(at * 7919).padStart(8, '0')}`]
const people = (from: number, to: number): string[][] => Array.from({ length: to - from }, (_, step) => person(from + step))
const columns = ['id', 'mail', 'phone']

test('people who left stay in, those who came are added, and nobody counts twice', async () => {
  const first = await build(people(0, 100), columns)
  expect(first.summary).toMatchObject({ records: 100, former: 0, added: 100 })
  const second = await build([...people(30, 120), person(0, 'changed@mail.example')], columns, first.segment)
  expect(second.summary).toMatchObject({ records: 120, former: 29, added: 20 }) // who changed an address is still there
  expect(second.summary.columns.map((column) => column.distinct)).toEqual([120, 121, 120])
  const third = await build(people(0, 120), columns, second.segment)
  expect(third.summary).toMatchObject({ records: 120, former: 0, added: 0 })
  const alone = await build(people(0, 120), columns)
  for (const [link, tokens] of alone.segment.links.entries()) expect(difference(tokens, third.segment.links[link]!), 'every link of today').toHaveLength(0)
})

test('the order of columns may change, and a column may go: the others keep what they knew', async () => {
  const { segment } = await build(people(0, 50), columns)
  const turned = await build(people(20, 60).map(([id, mail]) => [mail!, id!]), ['mail', 'id'], segment)
  expect(turned.summary.columns.map(({ name, distinct }) => [name, distinct])).toEqual([['mail', 60], ['id', 60]])
  expect(turned.summary.links.map((link) => link.distinct)).toEqual([60])
})

test('a value that stands too often by now is left out, even if it was kept before', async () => {
  const { segment } = await build(people(0, 30), columns)
  const shared = await build(people(0, 30).map(([id, , phone]) => [id!, 'p1@mail.example', phone!]), columns, segment)
  expect(shared.summary.columns.map(({ distinct, dropped }) => [distinct, dropped])).toEqual([[30, 0], [29, 1], [30, 0]])
  expect(shared.segment.dropped.map((tokens) => tokens.length)).toEqual([0, 1, 0])
})

test('a column knows itself by the reading that saw more', async () => {
  const { segment, summary } = await build(people(0, 500), columns)
  const left = await build(people(0, 1), columns, segment)
  expect(left.summary.columns.map(({ bits, alone, weak }) => [bits, alone, weak])).toEqual(summary.columns.map(({ bits, alone, weak }) => [bits, alone, weak]))
})

test('tokens of another key do not compare, and are not taken over', async () => {
  const { segment } = await build(people(0, 30), columns)
  expect((await build(people(10, 20), columns, segment, 9)).summary).toMatchObject({ records: 10, former: 0 })
})

const tokens = fc.uniqueArray(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map((value) => (value % 2n === 0n ? value % 50n : value)), { maxLength: 40 }).map((list) => list.sort((a, b) => (a < b ? -1 : 1)))

test('union and difference are those of sets, in order', () => {
  fc.assert(fc.property(tokens, tokens, tokens, (now, before, without) => {
    const left = before.filter((token) => !without.includes(token))
    const wanted = [...new Set([...now, ...left])].sort((a, b) => (a < b ? -1 : 1))
    expect([...union(BigUint64Array.from(now), BigUint64Array.from(before), BigUint64Array.from(without))]).toEqual(wanted)
    expect([...difference(BigUint64Array.from(before), BigUint64Array.from(without))]).toEqual(left)
  }))
})
