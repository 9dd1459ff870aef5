import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildFingerprints, layersMax, openFingerprints, openSegmentFile, removeSegment, subtractRows } from './index.ts'
import { resealSegment } from './segment.ts'

const sealKey = Buffer.alloc(32, 2)
const long = process.env['BAILEE_LONG'] === '1'
const columns = [{ name: 'id', identifies: true }, { name: 'mail', identifies: true }, { name: 'born', identifies: false, combine: 'date' as const }, { name: 'name', identifies: false, combine: 'name' as const }]
let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'bailee-layers-')) })
afterAll(() => rmSync(folder, { recursive: true }))

const options = (name: string, rows: readonly (readonly string[])[]) => ({
  dataset: 'people', epochKey: Buffer.alloc(16, 1), sealKey, file: join(folder, name), random: randomBytes, columns,
  rows: (async function* () { yield Buffer.from(rows.map((row) => `${row.join(',')}\n`).join('')) })(),
  watermark: () => ({ declared: '', value: String(rows.length), refreshes: 0 }),
})

/** Adds rows to a segment; `onto` names the one known until then: the same becomes a layer. */
async function add(name: string, rows: readonly (readonly string[])[], onto?: string) {
  const before = onto === undefined ? undefined : await openSegmentFile(join(folder, onto), sealKey)
  return buildFingerprints({ ...options(name, rows), before, adds: before !== undefined }).finally(() => before?.close())
}

/** The same without layers: the whole is written to a file of another name each time. */
async function addWhole(name: string, rows: readonly (readonly string[])[]) {
  cpSync(join(folder, name), join(folder, `${name}.before`))
  const summary = await add(name, rows, `${name}.before`)
  rmSync(join(folder, `${name}.before`))
  return summary
}

const contents = (name: string) => openFingerprints(join(folder, name), sealKey)
const person = (at: number, mail = `p${at}@mail.example`): string[] => [`FR${100 + at}`, mail, `19${50 + (at % 40)}-01-${10 + (at % 18)}`, `Name${at % 97}`]
const people = (from: number, to: number): string[][] => Array.from({ length: to - from }, (_, step) => person(from + step))
const files = (name: string): string[] => readdirSync(folder).filter((file) => file === name || file.startsWith(`${name}.`)).sort()

const change = fc.record({ from: fc.nat({ max: 700 }), count: fc.nat({ max: 25 }), shared: fc.constantFrom(0, 3, 21) })

test('what stands in layers is what one file would hold, in every list, in order and by position', async () => {
  await fc.assert(fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: long ? layersMax + 2 : 3 }), fc.array(fc.tuple(fc.nat({ max: 800 }), fc.nat({ max: 200 })), { maxLength: 6 }), async (changes, ranges) => {
    removeSegment(join(folder, 'layered'))
    await add('layered', people(0, 600))
    cpSync(join(folder, 'layered'), join(folder, 'whole'))
    for (const [number, { from, count, shared }] of changes.entries()) {
      const rows = [...people(from, from + count).map((row, at) => (at % 2 === 0 ? row : [row[0]!, `new${number}.${at}@mail.example`, row[2]!, row[3]!])), ...people(1000, 1000 + shared).map(([id, , born, name]) => [id!, `p${from}@mail.example`, born!, name!])]
      const [layered, whole] = [await add('layered', rows, 'layered'), await addWhole('whole', rows)]
      expect({ ...layered, bytes: 0, sha256: '', layers: 0 }).toEqual({ ...whole, bytes: 0, sha256: '', layers: 0 })
    }
    expect(await contents('layered')).toEqual(await contents('whole'))
    const [one, other] = [await openSegmentFile(join(folder, 'layered'), sealKey), await openSegmentFile(join(folder, 'whole'), sealKey)]
    for (const kind of ['columns', 'links', 'forms', 'dropped', 'formsDropped'] as const) {
      for (const [from, length] of ranges) for (const number of [0, 1]) expect(await read(one, { kind, number, from, to: from + length })).toEqual(await read(other, { kind, number, from, to: from + length }))
    }
    await Promise.all([one.close(), other.close()])
  }), { numRuns: long ? 8 : 3 })
}, 300_000)

async function read(segment: Awaited<ReturnType<typeof openSegmentFile>>, { kind, number, from, to }: { kind: 'columns' | 'links' | 'forms' | 'dropped' | 'formsDropped'; number: number; from: number; to: number }): Promise<bigint[]> {
  const tokens: bigint[] = []
  for await (const part of segment.read(kind, number, from, to)) tokens.push(...part)
  return tokens
}

test('a value that came with one layer and stands too often in the next is in neither, and positions are right all the same', async () => {
  const shared = people(800, 830).map(([id, , born, name]) => [id!, 'office@mail.example', born!, name!])
  for (const [name, next] of [['came', add], ['alone', (file: string, rows: string[][], _: string) => addWhole(file, rows)]] as const) {
    await add(name, people(0, 600))
    await next(name, [shared[0]!, ...people(600, 620)], name)
    await next(name, shared, name)
  }
  expect(files('came')).toEqual(['came', 'came.1', 'came.2'])
  expect(await contents('came')).toEqual(await contents('alone'))
  const [one, other] = [await openSegmentFile(join(folder, 'came'), sealKey), await openSegmentFile(join(folder, 'alone'), sealKey)]
  for (let from = 0; from < 640; from += 40) expect(await read(one, { kind: 'columns', number: 1, from, to: from + 15 })).toEqual(await read(other, { kind: 'columns', number: 1, from, to: from + 15 }))
  await Promise.all([one.close(), other.close()])
})

test('a layer is small; when there are many, or they hold a quarter of the whole, one file is written and they are gone', async () => {
  const whole = await add('rule', people(0, 400))
  const layers: number[] = []
  for (let more = 0; more < layersMax + 2; more += 1) {
    const summary = await add('rule', people(400 + more, 401 + more), 'rule')
    layers.push(summary.layers)
    if (summary.layers > 0) expect(summary.bytes).toBeLessThan(whole.bytes / 4)
    expect(files('rule')).toHaveLength(summary.layers + 1)
  }
  expect(layers).toEqual([...Array.from({ length: layersMax }, (_, at) => at + 1), 0, 1])
  expect((await add('rule', people(600, 800), 'rule')).layers).toBe(0)
  expect((await contents('rule')).header.records).toBe(400 + layersMax + 2 + 200)
})

test('layers are sealed as the whole is: another key opens none, and one that is missing, changed or of another time is said', async () => {
  await add('sealed', people(0, 500))
  cpSync(join(folder, 'sealed'), join(folder, 'first'))
  await add('sealed', people(500, 510), 'sealed')
  await add('sealed', people(510, 520), 'sealed')
  expect(files('sealed')).toEqual(['sealed', 'sealed.1', 'sealed.2'])
  for (const file of files('sealed')) {
    expect(statSync(join(folder, file)).mode & 0o77).toBe(0)
    await expect(openFingerprints(join(folder, file), Buffer.alloc(32, 3))).rejects.toMatchObject({ code: 'trace/seal-refused' })
  }
  const good = readFileSync(join(folder, 'sealed.2'))
  const bad = Buffer.from(good)
  bad[100]! ^= 1
  writeFileSync(join(folder, 'sealed.2'), bad)
  await expect(contents('sealed')).rejects.toMatchObject({ code: 'trace/seal-refused' })
  writeFileSync(join(folder, 'sealed.2'), readFileSync(join(folder, 'first')))
  await expect(contents('sealed')).rejects.toMatchObject({ code: 'trace/segment-unreadable' })
  rmSync(join(folder, 'sealed.2'))
  await expect(contents('sealed')).rejects.toMatchObject({ code: 'trace/segment-unreadable' })
  writeFileSync(join(folder, 'sealed.2'), good)
  expect((await contents('sealed')).header.records).toBe(520)
})

test('who is forgotten is in no layer any more, and sealing again or removing leaves none', async () => {
  await add('forget', people(0, 500))
  await add('forget', people(500, 510), 'forget')
  const before = await openSegmentFile(join(folder, 'forget'), sealKey)
  const rest = await subtractRows({ ...options('forget', [person(3), person(505)]), before, left: false })
  await before.close()
  expect(rest).toMatchObject({ records: 508, removed: 2 })
  expect(files('forget')).toEqual(['forget'])
  await add('forget', people(600, 610), 'forget')
  await resealSegment({ file: join(folder, 'forget'), sealKey }, join(folder, 'exit'), { sealKey: Buffer.alloc(32, 9), random: randomBytes })
  expect(await openFingerprints(join(folder, 'exit'), Buffer.alloc(32, 9))).toEqual(await contents('forget'))
  removeSegment(join(folder, 'forget'))
  expect(files('forget')).toEqual([])
  expect(existsSync(join(folder, 'exit'))).toBe(true)
})

test('a layer that was begun on what another process has replaced is refused, and leaves what is there', async () => {
  await add('two', people(0, 500))
  const before = await openSegmentFile(join(folder, 'two'), sealKey)
  await add('two', people(0, 300), 'two')
  await expect(buildFingerprints({ ...options('two', people(500, 505)), before, adds: true })).rejects.toMatchObject({ code: 'trace/refresh-running' })
  await before.close()
  expect((await contents('two')).header.records).toBe(500)
})
