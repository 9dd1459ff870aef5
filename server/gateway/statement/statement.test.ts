import fc from 'fast-check'
import { expect, test } from 'vitest'
import { propertyRuns } from '../testing.ts'
import { StatementReader, withoutNumbers } from './record.ts'
import { knownNames, shapeOf } from './shape.ts'
import { Tally } from './tally.ts'
import { unusualHour, unusualVolume } from './unusual.ts'

const tables = [{ schema: 'crm', table: 'listener', columns: ['user_id', 'country', 'Plan'] }]
const known = knownNames(tables)
const shape = (text: string): string | undefined => shapeOf(text, known).text

test.each([
  ['SELECT user_id, country FROM crm.listener WHERE user_id = 42', 'select user_id, country from crm.listener where user_id = ?'],
  ['select  USER_ID /* Ann /* nested */ */ from listener -- Ann\nwhere country = \'FR\' and user_id in (1, 2,3)', 'select user_id from listener where country = ? and user_id in (?…)'],
  ['SELECT $tag$Ann$tag$, E\'a\\\'b\', U&\'\\0041\', X\'1F\', $1, 1.5e-3, .5', 'select ?…'],
  ['SELECT country AS "Ann Smith" FROM crm.listener ann WHERE email = $1', 'select country as _ from crm.listener _ where _ = ?'],
  ['INSERT INTO crm.listener VALUES (1, \'a\'), (2, \'b\'), (3, \'c\');', 'insert into crm.listener values(?…)…'],
  ['SELECT count(*)::int FROM (SELECT 1) x', 'select count(* )::int from(select ?) _'],
])('%s', (text, expected) => expect(shape(text)?.replace(/\s+/g, '')).toBe(expected.replace(/\s+/g, '')))

test('the same but for its values is one shape, and tables are named as the instruction names them', () => {
  expect(shape('select 1 from listener where country = \'x\'')).toBe(shape('SELECT 23 FROM listener\nWHERE country=\'it\'\'s\''))
  expect(shapeOf('SELECT 1 FROM listener JOIN other USING (id)', known).tables).toEqual(['crm.listener'])
  expect(shape('SELECT user_id IN (1,2) FROM listener')).toBe(shape('SELECT user_id IN (1,2,3,4,5,6) FROM listener'))
})

test.each(['SELECT \'never ends', 'SELECT $a$ never ends', 'SELECT /* /* */', 'SELECT "a', 'SELECT \u0001'])('%s is not understood', (text) => expect(shape(text)).toBeUndefined())

test('no value comes through, wherever it stands', () => fc.assert(fc.property(
  fc.stringMatching(/^[a-z]{6,12}$/).filter((word) => shape(word) === '_'), fc.constantFrom(
    (word: string) => `SELECT '${word}'`, (word: string) => `SELECT user_id AS ${word} FROM listener`, (word: string) => `SELECT user_id AS "${word} x" FROM listener`, (word: string) => `SELECT 1 -- ${word}`,
    (word: string) => `/* ${word} */ SELECT $$${word}$$`, (word: string) => `SELECT $${word}$a$${word}$`, (word: string) => `SELECT e'\\'${word}'`, (word: string) => `SELECT '${word}`, (word: string) => `${word}`,
    (word: string) => `SELECT "${word}"."${word}"(${word}) FROM ${word}.listener`, (word: string) => `SELECT U&"${word}" FROM listener`,
  ), (word, statement) => { expect(JSON.stringify(shapeOf(statement(word), known))).not.toContain(word) },
), { numRuns: propertyRuns }))

const pieces = ['SELECT', ' ', '1', '23', '4.5', '6e7', '.8', '0x1F', '1_000', '$1', '$2', 'a1', 'user_id', '9user_id', '\'', '\'\'', 'E\'\\5', 'U&\'\\0041', 'x\'1F\'', '"', '"user_id"', '"1"', '$$', '$a$', '$b1$', '--', '-- 7 ', '\n', '/*', '/* 8 ', '*/', '(', ')', ',', ';', '::', '-', '+', 'ü', '3ü', '\\', '\u0001']
const written = fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((parts) => parts.join(''))

test('what differs in whole numbers alone has one shape, whatever stands around them', () => {
  fc.assert(fc.property(written, (text) => { expect(shapeOf(withoutNumbers(text), knownNames([{ schema: 'crm', table: 'listener', columns: ['user_id', '1', 'a1', '0'] }]))).toEqual(shapeOf(text, knownNames([{ schema: 'crm', table: 'listener', columns: ['user_id', '1', 'a1', '0'] }]))) }), { numRuns: propertyRuns })
  expect(withoutNumbers('select plan from listener where user_id = 4711;')).toBe('select plan from listener where user_id = 0;')
})

test('whatever bytes come, reading them ends and never throws', () => fc.assert(fc.property(fc.string({ maxLength: 300, unit: 'binary' }), (text) => { shapeOf(text, known) }), { numRuns: propertyRuns }))

test('a tally adds the same text up, and beyond its limits counts without text', () => {
  const tally = new Tally()
  for (let index = 0; index < 3; index += 1) tally.add({ text: 'SELECT 1', rows: 2, bytes: 10, milliseconds: index, failed: index === 1 }, 5_000)
  for (let index = 0; index < 600; index += 1) tally.add({ text: `SELECT ${index} AS x`, rows: 1, bytes: 1, milliseconds: 1, failed: false }, 6_000)
  const taken = tally.take()
  expect(taken[0]).toEqual({ text: 'SELECT 1', times: 3, failed: 1, rows: 6, bytes: 30, milliseconds: 3, millisecondsMax: 2, firstAt: 5_000 })
  expect(taken.length).toBe(501)
  expect(taken.at(-1)).toMatchObject({ text: '', times: 101 })
  expect(tally.empty).toBe(true)
})

test('an entry holds shapes for the log, and texts in a part of their own', () => {
  const one = { times: 1, failed: 0, rows: 1, bytes: 1, milliseconds: 1, millisecondsMax: 1, firstAt: 1_000 }
  const { parts } = new StatementReader().draft({ slot: 3, session: 's', tables }, [{ text: 'SELECT user_id FROM listener WHERE country = \'Ann\'', ...one }, { text: 'select USER_ID from listener where country = \'Bea\'', ...one }], 9)
  expect(parts.access).toMatchObject({ session: 's', statements: [{ shape: 'select user_id from listener where country = ?', tables: ['crm.listener'], times: 2, rows: 2 }] })
  expect(JSON.stringify(parts.access)).not.toMatch(/Ann|Bea/)
  expect(JSON.stringify(parts.statement)).toMatch(/Ann.*Bea/)
})

test('a volume is unusual far beyond the days before, and never with little history', () => {
  expect(unusualVolume([100, 200, 300])).toBeUndefined()
  const days = [900, 1_000, 1_100, 950, 1_050, 1_000, 980, 1_020, 1_000, 1_000, 990, 1_010]
  expect(unusualVolume(days)).toEqual({ rowsMax: 3_000, says: 'on 12 earlier days half were at most 1000 rows, and none above 1100; more than 3000 is unusual' })
  expect(unusualVolume([...days, 50_000])?.rowsMax, 'what was seen once is not unusual again').toBe(50_000)
  expect(unusualVolume(days.map(() => 3))?.rowsMax).toBe(1_000)
})

test('an hour is unusual when no earlier session began near it', () => {
  const earlier = Array.from({ length: 40 }, (_, index) => ({ hour: 9 + (index % 8), day: Math.floor(index / 3) }))
  expect(unusualHour(3, earlier)).toBe('none of 40 earlier sessions on 14 days began within an hour of 03:00 UTC')
  expect(unusualHour(17, earlier)).toBeUndefined()
  expect(unusualHour(23, [...earlier, { hour: 0, day: 1 }]), 'around midnight').toBeUndefined()
  expect(unusualHour(3, earlier.slice(0, 20))).toBeUndefined()
})
