import { createHmac } from 'node:crypto'
import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { on, type World } from '../erasure/testing.ts'
import { Refused } from '#kit/errors'
import { allTransfers, copyData } from './index.ts'
import { createTransferWorld } from './testing.ts'

const many = 24
const at = on('2019-04-10')
let key: Uint8Array

// What a transform is, written down once more and in other words than the code has.
const code = (text: string): string => createHmac('sha256', key).update(text).digest('hex')
type Declared = unknown
function oracle(declared: Declared, value: string | null): string | null {
  if (typeof declared === 'object' && declared !== null && 'constant' in declared) return String(declared.constant)
  if (value === null || declared === 'null') return null
  if (declared === 'keep') return value
  if (declared === 'token') return code(value).substring(0, 24)
  if (declared === 'email') return `${code(value.trim().toLowerCase()).substring(0, 24)}@pseudonym.example`
  if (declared === 'phone') return `+999${String(Number(BigInt(`0x${code(value.split('').filter((sign) => /[+0-9]/.test(sign)).join('')).substring(0, 11)}`) % 100_000_000_000n)).padStart(11, '0')}`
  if (declared === 'year') return `${value.split('-')[0]}-01-01`
  if (declared === 'month') return `${value.split('-').slice(0, 2).join('-')}-01`
  if (typeof declared === 'object' && 'truncate' in declared!) return Array.from(value).slice(0, Number(declared.truncate)).join('')
  if (typeof declared === 'object' && 'round' in declared!) { const step = Number(declared.round); return String(Math.sign(Number(value)) * Math.floor(Math.abs(Number(value)) / step + 0.5) * step) }
  throw new Error('no such transform')
}

const literal = (text: string | null): string => (text === null ? 'null' : `'${text.replaceAll("'", "''")}'`)
const text = fc.string({ unit: fc.constantFrom('a', 'B', ' ', '"', "'", ',', '\n', '\r', '\\', '.', '@', '5', 'é', '🎷', '\t', '%', ';'), maxLength: 8 })
const dated = fc.date({ min: new Date('1000-01-02'), max: new Date('2999-12-30'), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10))
const types: Readonly<Record<string, fc.Arbitrary<string>>> = {
  text, 'character varying(40)': text, integer: fc.integer({ min: -2_147_483_648, max: 2_147_483_647 }).map(String), bigint: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  'numeric(12,2)': fc.integer({ min: -1e9, max: 1e9 }).map((value) => (value / 100).toFixed(2)), boolean: fc.constantFrom('t', 'f'), date: fc.oneof(dated, { weight: 1, arbitrary: fc.constant('infinity') }), uuid: fc.uuid(),
  'timestamp with time zone': dated.map((date) => `${date} 10:11:12.5+00`), 'double precision': fc.oneof(fc.double({ noDefaultInfinity: true, noNaN: true }).map(String), fc.constantFrom('NaN', '-0')), jsonb: fc.constantFrom('{"a": 1}', '[]'), bytea: fc.constant('\\x00ff'), 'integer[]': fc.constant('{1,2}'), inet: fc.constant('10.0.0.1'),
}
const transforms = fc.constantFrom<Declared>('keep', 'token', 'email', 'phone', 'year', 'month', 'null', 'drop', { round: 10 }, { round: 250 }, { truncate: 2 }, { constant: "it's" }, 'anonymise', { round: 0 })
const column = fc.record({ type: fc.constantFrom(...Object.keys(types)), transform: fc.oneof({ weight: 3, arbitrary: fc.constantFrom<Declared>('keep', 'token') }, { weight: 2, arbitrary: transforms }), declared: fc.oneof({ weight: 19, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }) })
  .chain((one) => fc.record({ ...Object.fromEntries(Object.entries(one).map(([name, value]) => [name, fc.constant(value)])), values: fc.array(fc.option(types[one.type]!, { freq: 5 }), { minLength: 5, maxLength: 5 }) }) as fc.Arbitrary<typeof one & { values: (string | null)[] }>)
const schemas = fc.record({ columns: fc.array(column, { minLength: 1, maxLength: 4 }), rows: fc.integer({ min: 0, max: 5 }), parent: fc.boolean(), parentKey: fc.constantFrom<Declared>('keep', 'token', 'year'), childKey: fc.constantFrom<Declared>('keep', 'token', 'drop') })
type Schema = typeof schemas extends fc.Arbitrary<infer One> ? One : never

/** What is declared of a schema: a dataset, and the instruction that lets it be copied. */
const datasetOf = ({ columns, parent }: Schema, id: string): string => {
  const declared = (names: readonly string[]): string => `{ ${names.map((name) => `${name}: { category: UID }`).join(', ')} }`
  const child = `{ table: ${id}.child, subject: n, columns: ${declared(['n', ...(parent ? ['p'] : []), ...columns.flatMap((one, index) => (one.declared ? [`c${index}`] : []))])} }`
  return `  - { id: ${id}, controller: chinook, store: shop, tables: [${parent ? `{ table: ${id}.parent, subject: k, columns: ${declared(['k'])} }, ` : ''}${child}] }`
}
const instructionOf = ({ columns, parentKey, childKey }: Schema, id: string): string => {
  const transform = { n: 'keep', k: parentKey, p: childKey, ...Object.fromEntries(columns.map((one, index) => [`c${index}`, one.transform])) }
  return `  - { id: I-${id}, contract: chinook-2017, text: "It may be copied.", purposes: [ServiceProvision], operations: [copy], data: { ${id}: "*" }, environments: [test], identifiable: true, transform: ${JSON.stringify(transform)}, from: 2017-01-01 }\n`
}
const tablesOf = ({ columns, rows, parent }: Schema, id: string): string => `create schema ${id}; ${parent ? `create table ${id}.parent (k integer primary key); insert into ${id}.parent select generate_series(1, 5);` : ''}
  create table ${id}.child (n integer primary key, ${parent ? `p integer references ${id}.parent, ` : ''}${columns.map(({ type }, index) => `c${index} ${type}`).join(', ')});
  ${Array.from({ length: rows }, (_, row) => `insert into ${id}.child values (${row}, ${parent ? `${row + 1}, ` : ''}${columns.map(({ values }) => literal(values[row] ?? null)).join(', ')});`).join('\n')}`

/** SQL that gives a value as COPY prints it, where a cast to text does not. */
const printed = (column: string, type: string): string => (type === 'boolean' ? `case ${column} when true then 't' when false then 'f' end` : type === 'inet' ? `abbrev(${column})` : `${column}::text`)

const same = (type: string, left: string | null, right: string | null): boolean => left === right || (left !== null && right !== null && /numeric|double|integer|bigint|decimal/.test(type) && Number(left) === Number(right) && (left.length < 15 || /double/.test(type)))

const texted = async (database: 'shop' | 'lab', sql: string): Promise<(string | null)[][]> => {
  const { rows } = await world.run(database, sql)
  return rows.map((row) => Object.values(row as Record<string, string | null>))
}

async function check({ columns, parent, parentKey, childKey }: Schema, id: string, to: 'lab' | 'desk'): Promise<'whole' | 'refused'> {
  const made = await copyData(world.context, { instruction: `I-${id}`, person: 'noa', to: `${to}/x${id}` }, at).catch((cause: unknown) => {
    if (cause instanceof Refused) return undefined
    throw cause
  })
  if (made === undefined) {
    expect(to === 'lab' ? await texted('lab', `select nspname from pg_namespace where nspname = 'x${id}'`) : inDesk(`select name from sqlite_schema where name like 'x${id}!_%' escape '!'`), id).toEqual([])
    expect((await allTransfers(world.ledger.database)).filter(({ instruction, state, store }) => instruction === `I-${id}` && store === to && state !== 'erased')).toEqual([])
    return 'refused'
  }
  key = world.ledger.keys.transferKey(made.slot, made.id.toLowerCase())
  expect(columns.every(({ declared }) => declared), 'what nobody declared stops a copy').toBe(true)
  if (parent && childKey !== 'drop') expect(parentKey, 'both sides of a key are changed alike').toEqual(childKey)
  const going: Going[] = [{ column: 'n', declared: 'keep', type: 'integer' }, ...(parent && childKey !== 'drop' ? [{ column: 'p', declared: childKey, type: 'integer' }] : []), ...columns.map(({ transform, type }, index) => ({ column: `c${index}`, declared: transform, type })).filter(({ declared }) => declared !== 'drop')]
  const before = await texted('shop', `select ${going.map(({ column: one, type }) => `${printed(one, type)} as ${one}`).join(', ')} from ${id}.child order by child.n`)
  const wanted = before.map((row) => row.map((value, index) => oracle(going[index]!.declared, value)))
  const all = to === 'lab'
    ? await texted('lab', `select ${going.map(({ column: one, type, declared }) => `${printed(one, declared === 'keep' ? type : 'text')} as ${one}`).join(', ')} from x${id}.child order by child.n`)
    : inDesk(`select ${going.map(({ column: one }) => `"${one}"`).join(', ')} from "x${id}_child" order by n`).map((row) => row.map((value, index) => (value === null ? null : going[index]!.type === 'boolean' && going[index]!.declared === 'keep' ? (value === 1n ? 't' : 'f') : String(value))))
  const after = all.filter(([n]) => before.some(([one]) => one === n))
  expect([after.length, all.length - after.length], 'and no row but those that are invented').toEqual([wanted.length, made.tables?.find(({ place }) => place.endsWith('child'))?.canaries?.rows ?? 0])
  for (const [row, values] of after.entries()) for (const [field, found] of values.entries()) {
    const value = ['token', 'email'].includes(String(going[field]!.declared)) ? found?.replace(/[0-9a-f]{8}(?=@|$)/, '') ?? null : found // but for the mark of the copy
    if (!same(going[field]!.type, value, wanted[row]![field] ?? null)) throw new Error(`${JSON.stringify(going[field])}: ${JSON.stringify(value)} is not ${JSON.stringify(wanted[row]![field])}`)
  }
  return 'whole'
}

interface Going { readonly column: string; readonly declared: Declared; readonly type: string }

function inDesk(sql: string): (string | bigint | number | null)[][] {
  if (!existsSync(join(world.directory, 'desk.db'))) return []
  const database = new DatabaseSync(join(world.directory, 'desk.db'), { readOnly: true })
  const statement = database.prepare(sql)
  statement.setReadBigInts(true)
  statement.setReturnArrays(true)
  const rows = statement.all() as unknown as (string | bigint | number | null)[][]
  database.close()
  return rows
}

const seed = Number(process.env['BAILEE_SEED'] ?? '2019') // as all properties: the same commit gives the same verdict
const drawn = fc.sample(schemas, { numRuns: many, seed })
const ids = drawn.map((_, index) => `d${index}`)
let world: World

beforeAll(async () => {
  const declared = (text: string): string => text.replace('\ncontrollers:', '\n  - { id: desk, environment: test, kind: sqlite, path: desk.db, backups: none }\ncontrollers:').replace('\ninstructions:', `\n${drawn.map((one, index) => datasetOf(one, ids[index]!)).join('\n')}\ninstructions:`)
  world = await createTransferWorld((yaml) => yaml + drawn.map((one, index) => instructionOf(one, ids[index]!)).join(''), declared, ids.map((id) => `I-${id}`))
  await world.run('shop', `set datestyle = 'ISO, YMD'; set intervalstyle = 'iso_8601'; ${drawn.map((one, index) => tablesOf(one, ids[index]!)).join('\n')}`)
}, 300_000)
afterAll(() => world.close())

test('whatever the schema and the instruction: every cell of a copy is the declared change of its source, or nothing is there and it is refused', { timeout: 600_000 }, async () => {
  for (const to of ['lab', 'desk'] as const) {
    const seen = { whole: 0, refused: 0 }
    for (const [index, schema] of drawn.entries()) seen[await check(schema, ids[index]!, to).catch((cause: unknown) => { throw new Error(`seed ${seed}, schema ${index}, to ${to}`, { cause }) })] += 1
    expect(Math.min(seen.whole, seen.refused), `seed ${seed}: ${JSON.stringify(seen)}`).toBeGreaterThan(2) // both sides were tried
  }
})
