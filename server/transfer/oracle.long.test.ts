import { createHmac } from 'node:crypto'
import { rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Dataset } from '#inventory'
import type { Instruction } from '#instruction'
import { Refused } from '#kit/errors'
import { createServerForTests } from '../database/testing.ts'
import type { Server } from '../database/index.ts'
import type { CopyTarget, TargetTable } from './adapter/index.ts'
import { postgresSource, postgresTarget } from './adapter/postgres.ts'
import { sqliteTarget } from './adapter/sqlite.ts'
import { planCopy } from './plan.ts'
import { changeRows } from './rows.ts'

let server: Server
let client: pg.Client
const url = (): string => server.url('postgres')
const file = join(tmpdir(), `bailee-oracle-${process.pid}.db`)
const key = Buffer.alloc(32, 7)

beforeAll(async () => {
  server = await createServerForTests({ hba: [], settings: {} })
  client = new pg.Client({ connectionString: url() })
  await client.connect()
  await client.query(`set datestyle = 'ISO, YMD'; set intervalstyle = 'iso_8601'`)
}, 60_000)
afterAll(async () => {
  await client.end()
  rmSync(file, { force: true })
})

// What a transform is, written down once more and in other words than the code has.
const code = (text: string): string => createHmac('sha256', key).update(text).digest('hex')
type Declared = unknown
function oracle(declared: Declared, value: string | null): string | null {
  if (typeof declared === 'object' && declared !== null && 'constant' in declared) return String(declared.constant)
  if (value === null || declared === 'null') return null
  if (declared === 'keep') return value
  if (declared === 'token') return code(value).substring(0, 32)
  if (declared === 'email') return `${code(value.trim().toLowerCase()).substring(0, 32)}@pseudonym.example`
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

/** The same steps as a copy has: planned, then read, changed and written. Resolves to what stood against it. */
async function copied({ columns, parent, parentKey, childKey }: Schema, schema: string, target: CopyTarget): Promise<readonly string[]> {
  const names = columns.map((_, at) => `c${at}`)
  const dataset = {
    id: 'd', slot: 1, controller: 'c', store: 's', tables: [
      ...(parent ? [{ table: `${schema}.parent`, subject: 'k', columns: { k: { category: 'UID' } } }] : []),
      { table: `${schema}.child`, subject: 'n', columns: { n: { category: 'UID' }, ...(parent ? { p: { category: 'UID' } } : {}), ...Object.fromEntries(names.flatMap((name, at) => (columns[at]!.declared ? [[name, { category: 'UID' }]] : []))) } },
    ],
  } as Dataset
  const transform = { n: 'keep', k: parentKey, p: childKey, ...Object.fromEntries(names.map((name, at) => [name, columns[at]!.transform])) }
  const instruction = { id: 'I', scope: { data: { d: '*' }, transform } } as unknown as Instruction
  const source = postgresSource(url())
  const planned = planCopy({ instruction, dataset, shapes: await source.shapes(dataset.tables), source, target, folder: `copy_${schema}` })
  if ('problems' in planned) return planned.problems
  const moment = await source.open()
  try {
    const placed = new Map(planned.tables.map(({ table, place }) => [table.table, place]))
    const tables = planned.tables.map(({ table, place, columns: own, keys }): TargetTable => ({
      place, columns: own, primaryKey: keys.primaryKey, uniques: keys.uniques, relations: keys.relations.map((one) => ({ ...one, to: placed.get(one.to)! })),
      rows: () => changeRows(moment.read(table, own.map(({ name }) => name)), { columns: own, key }).rows,
    }))
    await target.write(tables, { readers: [], mayCommit: () => Promise.resolve() })
    return []
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause
    return [cause.message]
  } finally {
    await moment.close()
  }
}

/** SQL that gives a value as COPY prints it, where a cast to text does not. */
const printed = (column: string, type: string): string => (type === 'boolean' ? `case ${column} when true then 't' when false then 'f' end` : type === 'inet' ? `abbrev(${column})` : `${column}::text`)

const same = (type: string, left: string | null, right: string | null): boolean => left === right || (left !== null && right !== null && /numeric|double|integer|bigint|decimal/.test(type) && Number(left) === Number(right) && (left.length < 15 || /double/.test(type)))

async function check(schema: Schema, name: string, kind: 'postgres' | 'sqlite'): Promise<'whole' | 'refused'> {
  const { columns, rows, parent, parentKey, childKey } = schema
  await client.query(`create schema ${name}; ${parent ? `create table ${name}.parent (k integer primary key); insert into ${name}.parent select generate_series(1, 5);` : ''}
    create table ${name}.child (n integer primary key, ${parent ? `p integer references ${name}.parent, ` : ''}${columns.map(({ type }, at) => `c${at} ${type}`).join(', ')})`)
  for (let row = 0; row < rows; row += 1) await client.query(`insert into ${name}.child values (${row}, ${parent ? `${row + 1}, ` : ''}${columns.map(({ values }) => literal(values[row] ?? null)).join(', ')})`)
  const target = kind === 'postgres' ? postgresTarget(url) : sqliteTarget(file)
  const problems = await copied(schema, name, target)
  const places = [target.place(`copy_${name}`, 'child'), target.place(`copy_${name}`, 'parent')]
  if (problems.length > 0) {
    expect(await target.there(places, 'erase'), problems.join()).toEqual([false, false])
    return 'refused'
  }
  expect(columns.every(({ declared }) => declared), 'what nobody declared stops a copy').toBe(true)
  if (parent && childKey !== 'drop') expect(parentKey, 'both sides of a key are changed alike').toEqual(childKey)
  const going = [{ column: 'n', declared: 'keep', type: 'integer' }, ...(parent && childKey !== 'drop' ? [{ column: 'p', declared: childKey, type: 'integer' }] : []), ...columns.map(({ transform, type }, at) => ({ column: `c${at}`, declared: transform, type })).filter(({ declared }) => declared !== 'drop')]
  const { rows: before } = await client.query({ text: `select ${going.map(({ column: one, type }) => printed(one, type)).join(', ')} from ${name}.child order by n`, rowMode: 'array' })
  const wanted = (before as (string | null)[][]).map((row) => row.map((value, at) => oracle(going[at]!.declared, value)))
  const after = kind === 'postgres' ? await readPostgres(`copy_${name}`, going) : readSqlite(`copy_${name}`, going)
  expect(after.length).toBe(wanted.length)
  for (const [at, row] of after.entries()) for (const [field, value] of row.entries()) if (!same(going[field]!.type, value, wanted[at]![field] ?? null)) throw new Error(`${JSON.stringify(going[field])}: ${JSON.stringify(value)} is not ${JSON.stringify(wanted[at]![field])}`)
  await target.drop(parent ? places : places.slice(0, 1))
  expect(await target.there(places, 'erase')).toEqual([false, false])
  return 'whole'
}

interface Going { readonly column: string; readonly declared: Declared; readonly type: string }

async function readPostgres(schema: string, going: readonly Going[]): Promise<(string | null)[][]> {
  const { rows } = await client.query({ text: `select ${going.map(({ column: one, type, declared }) => printed(one, declared === 'keep' ? type : 'text')).join(', ')} from ${schema}.child order by n`, rowMode: 'array' })
  return rows as (string | null)[][]
}

function readSqlite(folder: string, going: readonly Going[]): (string | null)[][] {
  const database = new DatabaseSync(file, { readOnly: true })
  const statement = database.prepare(`select ${going.map(({ column: one }) => `"${one}"`).join(', ')} from "${folder}_child" order by n`)
  statement.setReadBigInts(true)
  statement.setReturnArrays(true)
  const rows = statement.all() as unknown as (string | bigint | number | null)[][]
  database.close()
  return rows.map((row) => row.map((value, at) => (value === null ? null : going[at]!.type === 'boolean' && going[at]!.declared === 'keep' ? (value === 1n ? 't' : 'f') : String(value))))
}

test.each(['postgres', 'sqlite'] as const)('whatever the schema and the instruction: every cell of a copy in %s is the declared change of its source, or nothing is there and it is refused', { timeout: 120_000 }, async (kind) => {
  const seen = { whole: 0, refused: 0 }
  let number = 0
  await fc.assert(fc.asyncProperty(schemas, async (schema) => { seen[await check(schema, `${kind[0]}${(number += 1)}`, kind)] += 1 }), { numRuns: 60 })
  expect(Math.min(seen.whole, seen.refused), JSON.stringify(seen)).toBeGreaterThan(5) // both sides were tried
})
