import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readParts } from '../../testing.ts'
import { partsOfParquet, rowGroupsOf, type ParquetOptions } from './parquet.ts'

let root: string
let instance: DuckDBInstance
let duckdb: DuckDBConnection
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bailee-parquet-'))
  instance = await DuckDBInstance.create(':memory:', { threads: '1', autoinstall_known_extensions: 'false', autoload_known_extensions: 'false' })
  duckdb = await instance.connect()
})
afterAll(async () => {
  duckdb.closeSync()
  instance.closeSync()
  await rm(root, { recursive: true })
})

let files = 0
async function written(select: string, options = ''): Promise<string> {
  files += 1
  const file = join(root, `f[${files}]*?.parquet`)
  await duckdb.run(`copy (${select}) to '${file}' (format parquet${options})`)
  return file
}

const read = async (select: string, options: ParquetOptions & { copy?: string } = {}) => readParts(partsOfParquet({ file: await written(select, options.copy), name: 'f.parquet' }, options))

describe('a Parquet file', () => {
  test('gives every type as one canonical text, in order of its columns', async () => {
    const found = await read("select 7::bigint as id, '007' as code, 24.40::decimal(9,2) as price, 1234567.0::double as float_id, 0.1::double as share, 1.5e300::double as huge, true as yes, date '2024-01-02' as born, timestamp '2024-01-02 03:04:05.678' as seen, 12345678901234567890123456789012345678::decimal(38,0) as big, uuid '00112233-4455-6677-8899-aabbccddeeff' as key, null::varchar as nothing, '' as empty, time '01:02:03' as at, 'é \u{1F600}' as wide")
    expect(found.get('')).toMatchObject({ columns: ['id', 'code', 'price', 'float_id', 'share', 'huge', 'yes', 'born', 'seen', 'big', 'key', 'nothing', 'empty', 'at', 'wide'], partly: [] })
    expect(found.get('')!.rows).toEqual([['7', '007', '24.40', '1234567', '0.1', '1.5e+300', 'true', '2024-01-02', '2024-01-02 03:04:05.678', '12345678901234567890123456789012345678', '00112233-4455-6677-8899-aabbccddeeff', '', '', '01:02:03', 'é \u{1F600}']])
  })

  test('flattens structures, and puts what is in lists behind the row', async () => {
    const found = await read("select {'a': 1, 'b': {'c': 'x\ty'}} as s, ['m1@mail.example', 'm2@mail.example'] as l, map {'k': 'v'} as m, [{'p': 1, 'q': ['z']}, {'p': 2, 'q': []}] as deep, 'last' as t union all select null, null, null, null, null")
    expect(found.get('')!.columns).toEqual(['s.a', 's.b.c', 't', 'l', 'm', 'deep'])
    expect(found.get('')!.rows[0]).toEqual(['1', 'x\ty', 'last', 'm1@mail.example', 'm2@mail.example', 'k', 'v', '1', 'z', '2', ''])
    expect(found.get('')!.rows[1]!.join('')).toBe('')
  })

  test('reads time with a zone without any extension, and binary columns as what they hold', async () => {
    const found = await read("select make_timestamptz(1704164645000000) as seen, encode('ann@mail.example') as text, '\\xff\\x00'::blob as short, repeat('\\xfe', 80)::blob as long")
    expect(found.get('')!.rows).toEqual([['2024-01-02 03:04:05+00', 'ann@mail.example', 'ff00', '']])
    expect(Buffer.from(found.get('binary values')!.text).length).toBeGreaterThan(80)
  })

  test('gives its row groups as units: together they are the file', async () => {
    const file = await written("select i, 'p' || i || '@mail.example' as mail from range(10000) t(i)", ', row_group_size 2048')
    const groups = await rowGroupsOf(file)
    expect(groups.map((group) => group.rows)).toEqual([2048, 2048, 2048, 2048, 1808])
    const rows: string[][] = []
    for (let from = 0; from < groups.length; from += 2) rows.push(...(await readParts(partsOfParquet({ file, name: '' }, { rowGroups: { from, to: from + 2 } }))).get('')!.rows)
    expect(rows.map((row) => row[1]).sort()).toEqual(Array.from({ length: 10_000 }, (_, at) => `p${at}@mail.example`).sort())
  })

  test('quotes rows that need it, even where the first thousands did not', async () => {
    const found = await read("select i, case when i = 7000 then 'a\tb' when i = 7001 then '\"q\"' when i = 9999 then 'l\nm' when i = 8000 then 'c\rd' else 'p' || i end as t from range(10000) t(i)")
    const rows = new Map(found.get('')!.rows.map(([id, text]) => [id, text]))
    expect(rows.size).toBe(10_000)
    expect([rows.get('7000'), rows.get('7001'), rows.get('9999'), rows.get('8000'), rows.get('7002')]).toEqual(['a\tb', '"q"', 'l\nm', 'c\rd', 'p7002'])
  })

  test('of more rows than are printed at once is given whole, each row once, odd ones too', async () => {
    const many = 600_000
    const file = await written(`select i, case when i % 200000 = 150000 then 'a\tb' else 'p' || i end as t from range(${many}) t(i)`)
    const [seen, odd] = [new Uint8Array(many), [] as string[]]
    for await (const part of partsOfParquet({ file, name: '' })) {
      for await (const bytes of 'bytes' in part ? part.bytes : []) for (const line of Buffer.from(bytes).toString().split('\n')) {
        const [id, text] = line.split('\t', 2)
        if (text === undefined) continue
        seen[Number(id)]! += 1
        if (text !== `p${id}`) odd.push(line)
      }
    }
    expect([seen.every((times) => times === 1), odd.sort()]).toEqual([true, ['150000\t"a\tb"', '350000\t"a\tb"', '550000\t"a\tb"']])
  })

  test('leaves out a column only when all its values are denied', async () => {
    const select = "select i as id, ['f', 'm'][1 + i % 2] as gender, case when i = 15000 then 'ann@mail.example' end as rare, i % 3 = 0 as flag, 'x' || i as note from range(20000) t(i)"
    const mayMatch = (texts: readonly string[]): boolean => texts.some((text) => text.includes('@'))
    expect((await read(select, { mayMatch })).get('')!.columns).toEqual(['id', 'rare', 'note'])
    expect((await read(select, { mayMatch: () => true })).get('')!.columns).toHaveLength(5)
    expect((await read(select)).get('')!.columns).toHaveLength(5)
    expect((await read("select true as only", { mayMatch })).get('')!.rows).toEqual([['true']])
  })

  test('without rows, or with one column that is often NULL, keeps every row', async () => {
    expect((await read("select 1 as a where false")).get('')!.rows).toEqual([])
    expect((await read("select case when i = 1 then 'x' end as a from range(3) t(i)")).get('')!.rows).toEqual([[''], ['x'], ['']])
  })

  test('that is encrypted or damaged is not read, and why is said without its name', async () => {
    const encrypted = join(root, 'encrypted.parquet')
    await duckdb.run("set force_mbedtls_unsafe = 'true'")
    await duckdb.run("pragma add_parquet_key('k', '0123456789112345')")
    await duckdb.run(`copy (select 1 as a) to '${encrypted}' (format parquet, encryption_config {footer_key: 'k'})`)
    expect((await readParts(partsOfParquet({ file: encrypted, name: '' }))).get('')!.partly).toEqual(['an encrypted Parquet file'])
    const cut = join(root, 'person.parquet')
    await writeFile(cut, 'PAR1 and then something else')
    expect((await readParts(partsOfParquet({ file: cut, name: '' }))).get('')!.partly[0]).toMatch(/^a Parquet file that DuckDB cannot read \([^/]*\)$/)
    const damaged = await written("select i, md5(i::varchar) as m from range(50000) t(i)", ', compression uncompressed, row_group_size 10000')
    const handle = await open(damaged, 'r+')
    await handle.write(Buffer.alloc(2000, 0xff), 0, 2000, 700_000)
    await handle.close()
    const outcome = await readParts(partsOfParquet({ file: damaged, name: '' })).then((found) => found.get('')!.rows.length, (cause: Error) => cause.name)
    expect(['Broken', 50_000]).toContain(outcome)
  })
})

test('any texts come back as they were', async () => {
  const text = fc.option(fc.string({ unit: fc.constantFrom('a', '"', '\t', '\n', '\r', ',', 'é', ' ', "'", '\\'), maxLength: 6 }), { nil: null })
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 20 }), async (rows) => {
    const sql = (value: string | null): string => (value === null ? 'null::varchar' : `'${value.replaceAll("'", "''")}'`)
    const found = await read(rows.map(([a, b], at) => `select ${at} as n, ${sql(a)} as a, ${sql(b)} as b`).join(' union all '))
    expect(found.get('')!.rows).toEqual(rows.map(([a, b], at) => [String(at), a ?? '', b ?? '']))
  }), { numRuns: 25 })
})
