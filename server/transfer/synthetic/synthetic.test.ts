import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { customers, on, type World } from '../../erasure/testing.ts'
import { sweep, takeFingerprints } from '#trace'
import { copyData, eraseTransfer, openCanaries } from '../index.ts'
import { macUnder } from '../mac.ts'
import { freeNumbers } from '../reserved.ts'
import { createTransferWorld, inventedIn } from '../testing.ts'
import { isPseudonymous, parseTransform, typeAfter } from '../transform.ts'
import { openPools, synthesiser, syntheticKinds, type SyntheticKind } from './synthetic.ts'

const pools = await openPools()
const [mine, other] = [macUnder(Buffer.alloc(32, 1)), macUnder(Buffer.alloc(32, 2))]
const made = (kind: SyntheticKind, mac = mine) => synthesiser(kind, mac, pools)

const shapes: Readonly<Record<Exclude<SyntheticKind, 'number' | 'text'>, RegExp>> = {
  given: /^\p{Lu}[\p{L}' -]+$/u, family: /^\p{Lu}[\p{L}' -]+$/u, name: /^\p{Lu}[\p{L}' -]+ \p{Lu}[\p{L}' -]+$/u, email: /^[a-z]+[.][a-z]+\d{8}@example[.](com|net|org)$/,
  phone: new RegExp(`^(${freeNumbers.map(([start, digits]) => `\\${start}\\d{${digits}}`).join('|')})$`), street: /^\d{1,3} .+$/, city: /^\p{Lu}.+$/u, date: /^(19[4-9]\d|200\d)-\d\d-\d\d$/, uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
}
/** Values that may themselves be what a pool holds: the hardest to be another than. */
const anything = fc.oneof(fc.string({ minLength: 1 }).filter((text) => text.trim() !== ''), ...[pools.given, pools.family, pools.city, pools.street].map((pool) => fc.constantFrom(...pool.slice(0, 50))), fc.constantFrom('ann@mail.example', '+447700900123', '1984-07-09'))

test('whatever the value, what stands for it is of its kind, in a range where nobody is, never the value, and the same again only under the same key', () => {
  for (const [kind, shape] of Object.entries(shapes) as [keyof typeof shapes, RegExp][]) {
    fc.assert(fc.property(anything, (value) => {
      const one = made(kind)(value)!
      expect(one).toMatch(shape)
      expect(one.toLowerCase()).not.toBe(value.trim().toLowerCase())
      expect([made(kind)(value), made(kind)(`  ${value.toUpperCase()} `) === made(kind)(value.toUpperCase())]).toEqual([one, true])
    }), { numRuns: 60 })
    const values = Array.from({ length: 300 }, (_, at) => `value ${at}`)
    const [mines, others] = [values.map(made(kind)), values.map(made(kind, other))]
    expect(mines.filter((one, at) => one === others[at]).length, kind).toBeLessThan(10)
    expect(new Set(mines).size, kind).toBeGreaterThan(180) // of the smallest pool, of some hundred family names
  }
  expect([made('name')(''), made('email')('  ')]).toEqual(['', '  ']) // nobody's already
})

test('no day stands for itself, however it is written', () => {
  const days = Array.from({ length: 24_107 }, (_, at) => new Date(Date.UTC(1940, 0, 1 + at)).toISOString().slice(0, 10))
  const written = [(day: string) => `${day} 00:00:00`, (day: string) => day.split('-').reverse().join('/'), (day: string) => day.replaceAll('-', '')]
  for (const write of written) expect(days.filter((day) => made('date')(write(day)) === day)).toEqual([])
})

test('numbers keep their digits and texts their words, none of them their own', () => {
  fc.assert(fc.property(fc.integer({ min: -999_999, max: 999_999 }), fc.option(fc.integer({ min: 100, max: 999 })), (whole, fraction) => {
    const value = fraction === null ? String(whole) : `${whole}.${fraction}`
    const one = made('number')(value)!
    expect([one.replaceAll(/\d/g, '0'), one === value]).toEqual([value.replaceAll(/\d/g, '0'), false])
  }))
  for (const wrong of ['NaN', '1e5', 'twelve', '1234567890123456']) expect(made('number')(wrong)).toBeUndefined()
  const text = 'Ann told Bob, at 5 Main Street, that she is ill'
  expect(made('text')(text)!.split(' ')).toHaveLength(text.split(' ').length)
  expect(text.toLowerCase().split(/\W+/).filter((word) => made('text')(text)!.split(' ').includes(word) && !['that'].includes(word))).toEqual([])
})

test('it is declared by kind, for types that hold it; a number alone does not make a column nobody\'s', () => {
  expect([parseTransform({ synthetic: 'name' }), typeof parseTransform({ synthetic: 'person' }), typeof parseTransform('synthetic')]).toEqual([{ kind: 'synthetic', of: 'name' }, 'string', 'string'])
  const after = (of: SyntheticKind, type: string): string | undefined => typeAfter({ kind: 'synthetic', of }, type)
  expect([after('name', 'character varying(40)'), after('name', 'integer'), after('date', 'timestamp with time zone'), after('date', 'text'), after('number', 'smallint'), after('number', 'numeric(8,2)'), after('uuid', 'uuid'), after('email', 'uuid'), after('phone', 'unknown')])
    .toEqual(['text', undefined, 'date', undefined, 'bigint', 'numeric', 'uuid', undefined, 'text'])
  expect(syntheticKinds.filter((of) => !isPseudonymous({ kind: 'synthetic', of }))).toEqual(['number'])
})

let world: World
beforeAll(async () => { world = await createTransferWorld((yaml) => yaml.replace('email: email, phone: phone,', 'email: { synthetic: email }, phone: { synthetic: phone },').replace('born: year, spent: { round: 10 }, note: drop', 'born: { synthetic: date }, spent: { synthetic: number }, note: { synthetic: text }')) }, 60_000)
afterAll(() => world.close())

test('of a copy with synthetic columns no value of the source is in it, two copies have nothing in common, and invented records tell each, though they look like the others', async () => {
  const columns = 'email, phone, born::text, spent::text, note'
  const source = (await world.run('shop', `select customer_id, ${columns} from customer`)).rows as Record<string, string>[]
  const request = { instruction: 'INS-2', person: 'noa', to: 'lab' }
  const copies = [await copyData(world.context, request, on('2019-04-10')), await copyData(world.context, request, on('2019-04-10'))]
  const rows = await Promise.all(copies.map(async ({ places: [place] }) => (await world.run('lab', `select customer_id, ${columns} from ${place!}`)).rows as Record<string, string>[]))
  for (const [at, copy] of copies.entries()) {
    const invented = await inventedIn(world, copy)
    expect([copy.tables?.[0]?.rows, rows[at]!.length, copy.tables?.[0]?.linkage?.byKey]).toEqual([customers, customers + invented.length, ['customer_id', 'email', 'phone', 'born', 'spent', 'note']])
    for (const name of ['customer_id', 'email', 'phone', 'note']) {
      const known = new Set(source.map((row) => row[name]))
      expect(rows[at]!.filter((row) => known.has(row[name]!)), name).toEqual([])
    }
    for (const { email, phone } of rows[at]!) expect([email, phone]).toEqual([expect.stringMatching(shapes.email), expect.stringMatching(shapes.phone)])
    const canaries = await openCanaries(world.ledger)
    const mails = new Set(invented.map(({ values }) => values['email']))
    expect(mails.size).toBe(invented.length)
    expect(rows[at]!.filter(({ email }) => canaries.tell(email!)?.copy === copy.id).map(({ email }) => email).sort()).toEqual([...mails].sort())
  }
  const [first, second] = rows.map((all) => new Set(all.map(({ email }) => email)))
  expect([...first!].filter((email) => second!.has(email))).toEqual([])
  await takeFingerprints(world.context, on('2019-04-10'))
  expect((await sweep(world.context, on('2019-04-11'))).findings).toEqual([])
  await eraseTransfer(world.context, { transfer: copies[0]!, because: 'asked for' }, on('2019-04-12'))
})
