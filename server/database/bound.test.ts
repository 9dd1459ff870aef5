import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isRefusal, rows, runBound, sql, transaction, type Bound } from './index.ts'
import { createTestDatabase, type TestDatabase } from './testing.ts'

let own: TestDatabase
beforeAll(async () => {
  own = await createTestDatabase()
  await rows(own.database, sql`create table kept (number integer primary key, said bytea not null)`)
})
afterAll(() => own.close())

const four = (value: number): Buffer => { const bytes = Buffer.alloc(4); bytes.writeInt32BE(value); return bytes }
const keeping = (number: number, said: string): Bound => ({ text: 'insert into kept (number, said) values ($1::integer, $2::bytea)', values: [four(number), Buffer.from(said)] })
const held = (): Promise<{ number: number; said: Buffer }[]> => rows(own.database, sql`select number, said from kept order by number`)

test('what is sent as bytes is what is written, on new connections and on those that have planned it, empty values and large ones included', async () => {
  const said = ['', 'a', 'ä'.repeat(70_000), ...Array.from({ length: 40 }, (_, at) => `said ${at}`)]
  expect(await Promise.all(said.map((one, number) => runBound(own.database, keeping(number, one))))).toEqual(said.map(() => 1))
  expect((await held()).map((row) => row.said.toString())).toEqual(said)
  expect(await runBound(own.database, { text: 'select number from kept where number < $1::integer', values: [four(7)] })).toBe(7)
  expect(await runBound(own.database, { text: 'select from kept where number = $1::integer', values: [four(-1)] })).toBe(0)
})

test('a refusal has its SQLSTATE and no value, and the connection goes on, with the plan and without', async () => {
  await runBound(own.database, keeping(1_000, 'there'))
  const refused: unknown = await runBound(own.database, keeping(1_000, 'again')).catch((cause: unknown) => cause)
  expect(refused).toMatchObject({ code: '23505', constraint: 'kept_pkey' })
  expect(refused).not.toHaveProperty('detail')
  await expect(runBound(own.database, { text: 'insert into nowhere values ($1::integer)', values: [four(1)] })).rejects.toMatchObject({ code: '42P01' })
  await expect(runBound(own.database, { text: 'insert into nowhere values ($1::integer)', values: [four(1)] })).rejects.toMatchObject({ code: '42P01' })
  expect(await runBound(own.database, keeping(1_001, 'after'))).toBe(1)
})

test('in a transaction it is part of it', async () => {
  await expect(transaction(own.database, async (tx) => {
    expect(await runBound(tx, keeping(2_000, 'not to stay'))).toBe(1) // it returns no rows
    expect(await runBound(tx, { text: 'select number from kept where number = $1::integer', values: [four(2_000)] })).toBe(1)
    throw new Error('undone')
  })).rejects.toThrow('undone')
  expect((await held()).some(({ number }) => number === 2_000)).toBe(false)
})

test('a connection that is lost meanwhile is told, and the next statement has another', async () => {
  await expect(runBound(own.database, { text: 'select pg_terminate_backend(pg_backend_pid()), pg_sleep(5) where $1::integer = 1', values: [four(1)] })).rejects.toBeInstanceOf(Error)
  expect(await runBound(own.database, keeping(3_000, 'after'))).toBe(1)
})

test('a connection that the server ended under another SQLSTATE than that of an ending is not given out again', async () => {
  const { database } = own
  for (let times = 0; times < 3; times += 1) {
    await expect(runBound(database, { text: 'select set_config(\'transaction_timeout\', \'50\', true), pg_sleep(5) where $1::integer = 1', values: [four(1)] })).rejects.toMatchObject({ severity: 'FATAL', code: '25P04' })
    expect(await runBound(database, keeping(4_000 + times, 'after'))).toBe(1)
  }
})

test('a refusal is what the server says under severity ERROR, and goes on after', async () => {
  const causeOf = (text: string): Promise<unknown> => runBound(own.database, { text, values: [four(1)] }).catch((cause: unknown) => cause)
  expect(isRefusal(await causeOf('insert into nowhere values ($1::integer)'))).toBe(true)
  expect(isRefusal(await causeOf('select set_config(\'transaction_timeout\', \'50\', true), pg_sleep(5) where $1::integer = 1'))).toBe(false)
  expect(isRefusal(await causeOf('select pg_terminate_backend(pg_backend_pid()), pg_sleep(5) where $1::integer = 1'))).toBe(false)
  const said = (severity: string, code: string): unknown => Object.assign(new pg.DatabaseError('it says so', 0, 'error'), { severity, code })
  expect([said('PANIC', '58030'), said('PANIC', '53100'), said('FATAL', '53300'), said('ERROR', '40003'), said('ERROR', '08006'), new Error('lost')].map(isRefusal)).toEqual(Array(6).fill(false))
  expect([said('ERROR', '40001'), said('ERROR', '53100')].map(isRefusal)).toEqual([true, true])
})
