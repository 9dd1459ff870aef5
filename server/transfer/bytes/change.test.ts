import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvFields } from '#inventory'
import { changeBytes } from './change.ts'
import { macUnder } from '../mac.ts'
import { inSample } from '../choose.ts'
import { changeRows } from '../rows.ts'
import { changeOf } from '../transform.ts'
import type { Transform } from '../types.ts'

const key = Buffer.alloc(32, 7)
type Row = readonly (string | null)[]

const transforms: readonly Transform[] = [
  { kind: 'keep' }, { kind: 'null' }, { kind: 'token' }, { kind: 'email' }, { kind: 'phone' }, { kind: 'year' }, { kind: 'month' }, { kind: 'round', step: '10' }, { kind: 'round', step: '0.25' },
  { kind: 'round', step: '123456789012345' }, { kind: 'truncate', characters: 2 }, { kind: 'truncate', characters: 60 }, { kind: 'constant', value: 'says "x"\n' }, { kind: 'constant', value: 'long '.repeat(60_000) },
]
const number = fc.oneof(fc.integer().map(String), fc.tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.integer({ min: 0, max: 999 })).map(([one, other]) => `${one}.${other}`), fc.constantFrom('-0.4', '0', '99999999999995', '123456789012345', '999999999999999.9', '0.000000000000000001'))
const date = fc.oneof(fc.date({ min: new Date('1000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }).map((one) => one.toISOString().slice(0, 10)), fc.constantFrom('2019-04-15 10:11:12.5+02', '12019-04-15', '2019-04-15T00:00:00'))
const anything = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ minLength: 50, maxLength: 70 }), fc.constantFrom('', '\\.', '"', ' Ann@Mail.example\n', 'ÉLODIE@mail.example', '\u00a0a@b.example', '+39 02 12-34', ',', '\n', 'né', '𝒳𝒴𝒵'))
const valueFor = ({ kind }: Transform): fc.Arbitrary<string | null> => fc.option(kind === 'round' ? number : kind === 'year' || kind === 'month' ? date : anything.map((text) => text.toWellFormed().replaceAll('\0', ' ')), { freq: 5 })

/** As readers of datasets write: in quotes where it has to be, sometimes where it need not. */
const written = (value: string | null, always: boolean): string => (value === null ? '' : always || value === '' || /[",\n\r\\]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)

const cases = fc.array(fc.constantFrom(...transforms), { minLength: 1, maxLength: 5 }).chain((chosen) => fc.record({
  chosen: fc.constant(chosen), rows: fc.array(fc.tuple(...chosen.map(valueFor)), { maxLength: 12 }), always: fc.boolean(), cuts: fc.array(fc.nat(200), { maxLength: 6 }), ended: fc.boolean(),
}))

function* piecesOf(bytes: Buffer, cuts: readonly number[]): Generator<Buffer> {
  let at = 0
  for (const cut of cuts) { yield bytes.subarray(at, at + cut); at += cut }
  yield bytes.subarray(at)
}

async function rowsOf(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Row[]> {
  const rows: Row[] = []
  for await (const row of csvFields((async function* () { yield* pieces })())) rows.push(row)
  return rows
}

test('byte by byte the same as value by value, wherever the pieces are cut', async () => {
  await fc.assert(fc.asyncProperty(cases, async ({ chosen, rows, always, cuts, ended }) => {
    const columns = chosen.map((transform, at) => ({ name: `c${at}`, transform }))
    const text = rows.map((row) => row.map((value) => written(value, always)).join(',')).join('\n') + (ended && rows.length > 0 ? '\n' : '')
    fc.pre(ended || rows.at(-1)?.join() !== '' || rows.at(-1)?.length !== 1 || rows.at(-1)?.[0] === '') // one NULL and no line end is no row
    const changed = changeRows((async function* () { yield* piecesOf(Buffer.from(text), cuts) })(), { columns, key })
    const got = await rowsOf(changed.rows)
    const wanted = rows.map((row) => chosen.map((transform, at) => changeOf(transform, macUnder(key), 'c')(row[at] ?? null)))
    expect(got).toEqual(wanted)
    const telling = chosen.flatMap(({ kind }, at) => (['keep', 'year', 'month', 'round', 'truncate'].includes(kind) ? [at] : []))
    const groups = [...Map.groupBy(wanted, (row) => JSON.stringify(telling.map((at) => row[at]))).values()].map((group) => group.length)
    expect(changed.made()).toMatchObject({ rows: rows.length, isolation: { columns: telling.map((at) => `c${at}`), groups: groups.length, smallest: groups.length === 0 ? 0 : Math.min(...groups), alone: groups.filter((one) => one === 1).length, counted: rows.length } })
  }), { numRuns: 300 })
})

test('a row that is longer than a piece, and comes in many, is read whole', async () => {
  const long = `${'a"b,'.repeat(400_000)}é`
  const bytes = Buffer.from(`1,${written(long, true)}\n2,x\n`)
  const pieces = Array.from({ length: Math.ceil(bytes.length / 5_000) }, (_, at) => bytes.subarray(at * 5_000, (at + 1) * 5_000))
  const changed = changeRows((async function* () { yield* pieces })(), { columns: [{ name: 'n', transform: { kind: 'token' } }, { name: 'a', transform: { kind: 'keep' } }], key })
  const rows = await rowsOf(changed.rows)
  expect(rows.map(([token]) => token)).toEqual(['1', '2'].map((value) => macUnder(key)(value).slice(0, 32)))
  expect(rows.map(([, text]) => text === long || text)).toEqual([true, 'x'])
})

test.each(['"a', 'a"b\n', '"a"b\n', '1,"a\n'])('%j is not CSV, and nothing is made of it', (text) => {
  const changer = changeBytes({ columns: [{ name: 'a', transform: { kind: 'keep' } }], key, telling: [], told: () => true })
  const emit = (): void => undefined
  expect(() => { changer.feed(Buffer.from(text), emit); changer.end(emit) }).toThrow(expect.objectContaining({ code: 'inventory/rows-malformed' }) as Error)
})

test('of a sample the people in it go along with all their rows', async () => {
  const people = Array.from({ length: 400 }, (_, at) => `p${at}`)
  const changed = changeRows((async function* () { yield Buffer.from(people.flatMap((one) => [`a,${one}\n`, `b,${one}\n`]).join('') + 'c,\n') })(), { columns: [{ name: 'a', transform: { kind: 'keep' } }], key, choice: { columns: ['p'], goes: ([subject = null]) => inSample(subject, macUnder(key), 0.2) } })
  const chosen = people.filter((one) => inSample(one, macUnder(key), 0.2))
  expect(await rowsOf(changed.rows)).toEqual(chosen.flatMap(() => [['a'], ['b']]))
  expect(chosen.length).toBeGreaterThan(40)
})
