import { afterEach, expect, test } from 'vitest'
import { endMysqlReadings, keepMysqlReadings, keepsMysqlReadings, noteMysqlReading } from './mysqlReadings.ts'

const url = 'mysql://reader@store.example/crm'
const says = <Row>(rows: readonly unknown[]) => (): Promise<Row[]> => Promise.resolve(rows as Row[])

afterEach(() => endMysqlReadings(() => Promise.resolve(), 0)) // none is kept after it

test('a session is kept until it is over', async () => {
  expect(keepsMysqlReadings()).toBe(false)
  keepMysqlReadings()
  const over = await noteMysqlReading(url, says([{ id: '7', server: 'one 3306 /var/lib/mysql/' }]))
  expect(keepsMysqlReadings()).toBe(true)
  over()
  expect(keepsMysqlReadings()).toBe(false)
})

test('a server that cannot say who it is can be read, and its session is not kept', async () => {
  keepMysqlReadings()
  const over = await noteMysqlReading(url, () => Promise.reject(new Error('Unknown system variable \'datadir\'')))
  expect(keepsMysqlReadings()).toBe(false)
  over()
})
