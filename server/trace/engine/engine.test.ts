import { randomBytes } from 'node:crypto'
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openAsking } from '#inventory'
import { createEmptyDatabase, type TestDatabase } from '../../database/testing.ts'
import { createMachine } from '../scanner/machine.ts'
import { knownDigests, searchTable } from './engine.ts'
import type { Engine, EngineTable, KnownColumn, KnownDigests } from './engine.ts'
import { formOf, searchKey } from './form.ts'
import { openClickHouse } from './adapter/clickhouse.ts'
import { engineOfClickHouse, engineOfDuckDb, engineOfPostgres } from './adapter/engines.ts'
import { clickHouseServer, startCluster, type TestCluster } from '../testing.ts'

const epochKey = Buffer.alloc(16, 5)
const columns: KnownColumn[] = [
  { dataset: 'listeners', column: 'email', bits: 42.4, alone: true },
  { dataset: 'listeners', column: 'user_id', bits: 20, alone: false },
]
const people = Array.from({ length: 3000 }, (_, at) => [`Person.${at}@Mail.example`, String(at + 1)])

async function* rowsOf(rows: readonly (readonly (string | null)[])[]): AsyncGenerator<readonly (string | null)[]> {
  yield* rows
}

// Rows of a copy: in capitals, padded, and with leading noughts; among strangers, nulls, and values that SQL does not compare.
const strangers = Array.from({ length: 5000 }, (_, at): (string | null)[] => [`stranger${at}@else.example`, at % 3 === 0 ? null : '', `x${at}`])
const copied = people.slice(100, 400).map(([mail, id], at): string[] => [at % 2 === 0 ? mail!.toUpperCase() : `  ${mail}\t`, `000${id}`, 'Iași'])
const content = [...strangers, ...copied, ['', null, '+40 21 555 01 23'], ['Zoë@mail.example', '', `<person.1@mail.example>`]]

const table = (name: readonly string[]): EngineTable => ({ name, columns: ['contact "mail"', 'note', 'extra'] })
let known: KnownDigests
beforeAll(async () => { known = await knownDigests(columns, rowsOf(people), searchKey(epochKey, randomBytes(16))) })

async function expectCopy(engine: Engine, name: readonly string[]): Promise<void> {
  const [mail, note, extra] = await searchTable(engine, table(name), known)
  expect(mail).toMatchObject({ name: 'contact "mail"', rows: 5302, values: 5301, notCompared: 1 })
  expect(mail!.matches).toMatchObject([{ dataset: 'listeners', column: 'email', distinct: 300, values: 300, significant: true }])
  expect(note).toMatchObject({ rows: 5302, values: 300, notCompared: 0 })
  expect(note!.matches).toMatchObject([{ column: 'user_id', distinct: 300, values: 300, significant: false }])
  expect(extra).toMatchObject({ rows: 5302, values: 5302, notCompared: 302, matches: [] })
}

const literal = (value: string | null): string => (value === null ? 'null' : `'${value.replaceAll("'", "''")}'`)
const tuples = (rows: readonly (readonly (string | null)[])[]): string => rows.map((row) => `(${row.map(literal).join(', ')})`).join(', ')

describe('a copy is found inside', () => {
  let store: TestDatabase
  beforeAll(async () => { store = await createEmptyDatabase() })
  afterAll(() => store.close())

  test('PostgreSQL', async () => {
    const client = new pg.Client({ connectionString: store.url })
    await client.connect()
    await client.query('create table public."a ""copy""" ("contact ""mail""" text, note text, extra text)')
    await client.query(`insert into public."a ""copy""" values ${tuples(content)}`)
    await client.end()
    const engine = await engineOfPostgres(await openAsking(store.url), known)
    await expectCopy(engine, ['public', 'a "copy"'])
    await expect(searchTable(engine, table(['public', 'absent']), known)).rejects.toMatchObject({ code: 'inventory/table-unreadable' })
    await engine.close()
  })

  test('DuckDB', async () => {
    const connection = await (await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false', autoload_known_extensions: 'false' })).connect()
    await connection.run('create table main."a ""copy""" ("contact ""mail""" varchar, note varchar, extra varchar)')
    await connection.run(`insert into main."a ""copy""" values ${tuples(content)}`)
    const engine = await engineOfDuckDb(connection, known)
    await expectCopy(engine, ['main', 'a "copy"'])
    await engine.close()
  })
})

// skipped: where ClickHouse is not installed (Debian: clickhouse-server)
describe.skipIf(!clickHouseServer)('inside a ClickHouse cluster of two shards', () => {
  let cluster: TestCluster
  beforeAll(async () => { cluster = await startCluster(clickHouseServer!) })
  afterAll(() => cluster.stop())

  test('a copy that is spread over both is found by one search', async () => {
    for (const shard of [0, 1]) {
      await cluster.run(shard, 'create table copied (`contact "mail"` Nullable(String), note Nullable(String), extra String) engine = MergeTree order by extra')
      await cluster.run(shard, `insert into copied values ${tuples(content.filter((_, at) => at % 2 === shard))}`)
    }
    await cluster.run(0, 'create table everywhere as copied engine = Distributed(two, default, copied)')
    const engine = await engineOfClickHouse(openClickHouse(cluster.urls[0]!.href), known)
    await expectCopy(engine, ['default', 'everywhere'])
    const [half] = await searchTable(engine, table(['default', 'copied']), known)
    expect(half).toMatchObject({ rows: 2651, matches: [{ distinct: 150 }] })
    await expect(searchTable(engine, table(['default', 'absent']), known)).rejects.toMatchObject({ code: 'trace/engine-refused' })
    await engine.close()
  })
})

describe('what is compared', () => {
  const machine = createMachine({ key: epochKey, regions: { shapes: 8192 } })
  const part = fc.stringMatching(/^[ -~]{0,12}$/)
  const address = fc.tuple(fc.stringMatching(/^[A-Za-z0-9._%+-]{1,20}$/), fc.stringMatching(/^[a-zA-Z0-9.-]{1,20}$/)).map((parts) => parts.join('@'))
  const digits = fc.stringMatching(/^[0-9]{1,20}$/)
  const word = fc.stringMatching(/^[0-9a-zA-Z_.x-]{1,50}$/)
  const day = fc.tuple(fc.nat({ max: 31 }), fc.nat({ max: 12 }), fc.integer({ min: 1900, max: 2030 })).map((parts) => parts.join('.'))
  const values = fc.oneof(part, address, digits, word, day, fc.uuid(), fc.constantFrom('0x1234567890abcdef', 'md5:1234567890abcdef', '12.3.2019', '1.2.3.4', 'tel:123', '1 jan 2019')).map((value) => ` ${value}\t`)

  test('has the form that the scanner gives it', () => {
    let seen = 0
    fc.assert(fc.property(values, (value) => {
      const form = formOf(value)
      if (form === undefined) return
      seen += 1
      expect(Buffer.from(machine.normal(Buffer.from(value))).toString()).toBe(form)
    }), { numRuns: 3000 })
    expect(seen).toBeGreaterThan(500)
  })

  test('is the same in an engine as here', async () => {
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const sample = fc.sample(values, { numRuns: 500, seed: 3 })
    const compared = sample.filter((value) => formOf(value) !== undefined)
    const all = await knownDigests(columns.slice(0, 1), rowsOf(compared.map((value) => [value])), known.key)
    const engine = await engineOfDuckDb(connection, all)
    await connection.run('create table sample ("contact ""mail""" varchar, note varchar, extra varchar)')
    await connection.run(`insert into sample values ${tuples(sample.map((value) => [value, null, null]))}`)
    const [mail] = await searchTable(engine, table(['main', 'sample']), all)
    expect(mail).toMatchObject({ values: sample.length, notCompared: sample.length - compared.length })
    expect(mail!.matches[0]).toMatchObject({ values: compared.length, distinct: all.owners.size })
    await engine.close()
  })

  test('is counted among what is known, and a search for nothing is refused', async () => {
    const one = await knownDigests(columns, rowsOf([['a@b.example', '1'], ['Zoë@b.example', '01'], [null, '']]), known.key)
    expect([one.compared, one.notCompared]).toEqual([[1, 1], [1, 0]])
    await expect(knownDigests(columns, rowsOf([['Zoë', null]]), known.key)).rejects.toThrow(/not one value/)
  })

  test('differs from search to search', () => {
    const [one, other] = [searchKey(epochKey, Buffer.alloc(16, 1)), searchKey(epochKey, Buffer.alloc(16, 2))]
    expect(one).toMatch(/^[0-9a-f]{32}$/)
    expect(one).not.toBe(other)
    expect(one).not.toContain(epochKey.toString('hex'))
  })
})
