import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Dataset } from '#inventory'
import type { Instruction } from '#instruction'
import type { CopySource, TargetTable } from './adapter/index.ts'
import { filesSource } from './adapter/files.ts'
import { sqliteSource, sqliteTarget } from './adapter/sqlite.ts'
import { planCopy } from './plan.ts'
import { changeRows } from './rows.ts'

const directory = mkdtempSync(join(tmpdir(), 'bailee-sources-'))
afterAll(() => { rmSync(directory, { recursive: true }) })
const columns = ['id', 'name', 'born', 'spent', 'note']
const transform = { id: 'token', name: { truncate: 1 }, born: 'year', spent: { round: 10 }, note: 'keep' }
let copies = 0

async function copied(source: CopySource, table: string): Promise<(string | null)[][]> {
  const dataset = { id: 'd', tables: [{ table, subject: 'id', columns: Object.fromEntries(columns.map((name) => [name, { category: 'UID' }])) }] } as unknown as Dataset
  const target = sqliteTarget(join(directory, 'target.db'))
  const planned = planCopy({ instruction: { id: 'I', scope: { data: { d: '*' }, transform } } as unknown as Instruction, dataset, shapes: await source.shapes(dataset.tables), source, target, folder: `c${(copies += 1)}` })
  if ('problems' in planned) throw new Error(planned.problems.join('; '))
  const moment = await source.open()
  const [one] = planned.tables
  const made: TargetTable = { place: one!.place, columns: one!.columns, primaryKey: one!.keys.primaryKey, uniques: [], relations: [], rows: () => changeRows(moment.read(one!.table, columns), { columns: one!.columns, key: Buffer.alloc(32, 1) }).rows }
  await target.write([made], { readers: [], mayCommit: () => Promise.resolve() }).finally(() => moment.close())
  const database = new DatabaseSync(join(directory, 'target.db'), { readOnly: true })
  const rows = database.prepare(`select name, born, spent, note from "${one!.place.replace(/^.*!\//, '')}" order by born`).all() as Record<string, string | null>[]
  database.close()
  return rows.map((row) => ['name', 'born', 'spent', 'note'].map((name) => row[name] ?? null))
}

const told = [['A', '1979-01-01', '10', ''], ['B', '1980-01-01', '20', null], ['C', '1981-01-01', '-10', 'a "b",\nc']]

test('a copy is made of files that do not say of which type their values are, and of an SQLite file: NULL is not an empty text', async () => {
  mkdirSync(join(directory, 'in'))
  writeFileSync(join(directory, 'in/people.csv'), 'id,name,born,spent,note\n1,Ann,1979-03-04,12.50,""\n2,Bob,1980-12-31,15,\n3,Cyd,1981-01-01,-7.1,"a ""b"",\nc"\n')
  writeFileSync(join(directory, 'in/people.jsonl'), '{"id":1,"name":"Ann","born":"1979-03-04","spent":12.50,"note":""}\n{"id":2,"name":"Bob","born":"1980-12-31","spent":15}\n{"id":3,"name":"Cyd","born":"1981-01-01","spent":-7.1,"note":"a \\"b\\",\\nc"}\n')
  const database = new DatabaseSync(join(directory, 'in.db'))
  database.exec(`create table people (id integer primary key, name varchar(20), born date, spent numeric(8,2), note text); insert into people values (1, 'Ann', '1979-03-04', 12.5, ''), (2, 'Bob', '1980-12-31', 15, null), (3, 'Cyd', '1981-01-01', -7.1, 'a "b",' || char(10) || 'c')`)
  database.close()
  for (const file of ['in/people.csv', 'in/people.jsonl']) expect(await copied(filesSource(directory), file), file).toEqual(told)
  expect(await copied(sqliteSource(join(directory, 'in.db')), 'people')).toEqual(told)
})

test('a value that is none of its type, a column that came late and a file that is no table stop the copy', async () => {
  writeFileSync(join(directory, 'in/odd.csv'), 'id,name,born,spent,note\n1,Ann,soon,1,x\n')
  await expect(copied(filesSource(directory), 'in/odd.csv')).rejects.toMatchObject({ code: 'transfer/value' })
  writeFileSync(join(directory, 'in/late.jsonl'), '{"id":1,"name":"Ann","born":"1979-03-04","spent":1,"note":"x"}\n{"id":2,"nickname":"Bo"}\n')
  await expect(copied(filesSource(directory), 'in/late.jsonl')).rejects.toThrow('has a column nickname that the dataset does not declare')
  await expect(copied(filesSource(directory), 'in/people.zip')).rejects.toMatchObject({ code: 'transfer/no-format' })
  await expect(copied(filesSource(directory), '../outside.csv')).rejects.toThrow('is not there')
  const database = new DatabaseSync(join(directory, 'odd.db'))
  database.exec(`create table people (id integer primary key, name text, born date, spent numeric(8,2), note text); insert into people values (1, 'Ann', '1979-03-04', 'much', 'x')`)
  database.close()
  await expect(copied(sqliteSource(join(directory, 'odd.db')), 'people')).rejects.toMatchObject({ code: 'transfer/value' })
})
