import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { allContracts, endOf } from '#contract'
import { applyEstate, readEstate } from '#estate'
import { createWorld, customers, estate, listeners, on, type World } from '../../erasure/testing.ts'
import { destroyFingerprints, keepFingerprints } from '../fingerprints.ts'
import { removeSubjects } from '../forget.ts'
import { takeFingerprints } from '../refresh.ts'
import { coderUnder } from './code.ts'
import { writeCells } from './file.ts'
import { emptyCells } from './log.ts'
import { cellsFilesOf } from './place.ts'
import { recordCells } from './record.ts'
import { lookUpSample } from './sample.ts'
import { allCells } from './testing.ts'

let world: World
beforeEach(async () => { world = await createWorld({ fingerprints: false }) })
afterEach(() => world.close())

const at = on('2019-04-07')
const stream = (text: string) => async function* (): AsyncGenerator<Uint8Array> { yield await Promise.resolve(Buffer.from(text)) }
const known = async (slot: number): Promise<number[]> => (await allCells(world.context, slot)).map(({ log }) => log.subjects.length)

test('who is forgotten is out of the log of cells also where no fingerprints were taken, and does not come back by a reading that began before', async () => {
  await recordCells(world.context, at)
  expect(await known(1)).toEqual([listeners])
  const forget = (mail: string): Promise<unknown> => removeSubjects(world.context, { dataset: 'listeners', columns: ['email'], rows: stream(`${mail}\n`) }, at)
  await forget('p1@listener.example')
  expect(await known(1)).toEqual([listeners - 1])
  // A reading that begins in between waits: else each would write what the other does not know of.
  let reading: Promise<unknown> | undefined
  const meanwhile = async function* (): AsyncGenerator<Uint8Array> {
    reading ??= recordCells(world.context, on('2019-04-14'))
    await Promise.race([reading, sleep(500)])
    yield Buffer.from('p2@listener.example\n')
  }
  await world.run('crm', `delete from crm.listener where email in ('p1@listener.example', 'p2@listener.example')`)
  await removeSubjects(world.context, { dataset: 'listeners', columns: ['email'], rows: meanwhile }, at)
  await reading
  expect((await allCells(world.context, 1)).map(({ log }) => [log.subjects.length, log.readings])).toEqual([[listeners - 2, [at, on('2019-04-14')]]])
  await expect(removeSubjects(world.context, { dataset: 'listeners', columns: ['shoe size'], rows: stream('1\n') }, at)).rejects.toThrow(/know a column/)
})

test('no key of a log of cells outlives an exit, whether or not fingerprints were taken, and none is made after it', async () => {
  await recordCells(world.context, at)
  await destroyFingerprints(world.context, 1, on('2020-12-02'))
  await keepFingerprints(world.context, 2, on('2023-12-01'), on('2020-12-02'))
  for (const slot of [1, 2]) {
    const ids = world.ledger.keys.ids().filter(({ id }) => id.startsWith(`segment/${slot}/`))
    expect(ids.filter(({ destroyed }) => !destroyed)).toEqual([])
    expect(await known(slot)).toEqual([])
  }
  const contracts = (await allContracts(world.ledger.database)).filter(({ controller }) => controller !== 'aria')
  await world.ledger.append(contracts.map((contract) => endOf(contract, on('2020-12-02'), 'termination')))
  const { recorded, notRecorded } = await recordCells(world.context, on('2020-12-09'))
  expect([recorded.map(({ dataset }) => dataset), notRecorded]).toEqual([['members'], []])
  expect(world.ledger.keys.ids().filter(({ id, destroyed }) => /^segment[/][12][/]/.test(id) && !destroyed)).toEqual([])
})

test('a log is of its table by name: another table declared before it takes nothing of it, and one that is declared no more still goes with the dataset', async () => {
  await world.run('shop', 'create table buyer (like customer); insert into buyer select * from customer limit 10')
  await recordCells(world.context, at)
  const twice = estate.replace(/\n {6}- table: public[.]customer\n.*\n.*/, (table) => `${table.replace('public.customer', 'public.buyer')}${table}`)
  const declare = async (text: string): Promise<unknown> => applyEstate(world.ledger, readEstate(text, 'bailee.yaml'), { checked: [], unchecked: [] }, at)
  await declare(twice)
  await recordCells(world.context, on('2019-04-14'))
  expect((await allCells(world.context, 2)).map(({ id, log }) => [id, log.table, log.readings.length, log.subjects.length]).sort()).toEqual([['customers.0', 'public.buyer', 1, 10], ['customers.1', 'public.customer', 2, customers]])
  await declare(estate)
  expect((await allCells(world.context, 2)).map(({ id }) => id).sort()).toEqual(['customers', 'customers.0'])
  await destroyFingerprints(world.context, 2, on('2020-12-02'))
  expect(cellsFilesOf(world.context, 'customers')).toEqual([])
})

test('a row that digits alone name counts only where another column agrees', async () => {
  await world.run('shop', `update customer set customer_id = substr(customer_id, 3), plan = 'p' || substr(customer_id, 3)`)
  await recordCells(world.context, at)
  const rows = (await world.run('shop', 'select customer_id, email, plan from customer order by customer_id')).rows as { customer_id: string; email: string; plan: string }[]
  const seen = async (sample: string[][]): Promise<string[]> => (await lookUpSample(world.context, { header: undefined, rows: sample }, () => true)).map(({ dataset, rows: found, notFound, people }) => `${dataset} ${found.length} ${notFound} ${people}`)
  // Somebody else counts from the same number.
  expect(await seen(rows.map(({ customer_id: id }, index) => [id, `other-${index}@elsewhere.example`]))).toEqual([])
  expect(await seen(rows.map(({ customer_id: id }) => [id]))).toEqual([])
  expect(await seen(rows.map(({ customer_id: id, plan }, index) => [id, index % 2 === 0 ? plan : 'another']))).toEqual([`customers ${customers / 2} ${customers / 2} ${customers / 2}`])
  // Their addresses name them, whatever the numbers say; and who has several rows is one.
  expect(await seen(rows.map(({ email }, index) => [String(index), email]))).toEqual([`customers ${customers} 0 ${customers}`])
  expect(await seen([...rows, ...rows].map(({ email }) => [email]))).toEqual([`customers ${2 * customers} 0 ${customers}`])
})

test('a log that is kept beyond an exit is not written over by a new contract of the same controller', async () => {
  await takeFingerprints(world.context, at)
  await recordCells(world.context, at)
  await keepFingerprints(world.context, 1, on('2023-12-01'), at)
  const ending = (await allContracts(world.ledger.database)).find(({ controller }) => controller === 'deezer')!
  await world.ledger.append(endOf(ending, at, 'termination'))
  const logs = async (): Promise<unknown> => (await allCells(world.context, 1)).map(({ log }) => [log.subjects.length, log.readings])
  const before = await logs()
  expect(before).toEqual([[listeners, [at]]])
  await applyEstate(world.ledger, readEstate(estate.replace('\ndatasets:', '\n  - { id: deezer-2020, controller: deezer, starts: 2019-04-07 }\ndatasets:'), 'bailee.yaml'), { checked: [], unchecked: [] }, at)
  await world.run('crm', 'delete from crm.listener')
  const { recorded, notRecorded } = await recordCells(world.context, on('2019-04-14'))
  expect(recorded.map(({ dataset }) => dataset)).not.toContain('listeners')
  expect(notRecorded).toEqual([{ dataset: 'listeners', because: expect.stringMatching(/kept under its name, for search only/) as string }])
  expect(await logs()).toEqual(before)
})

test('a log that was begun with HMAC is gone on with, under its own codes', async () => {
  await recordCells(world.context, at)
  const mails = (await world.run('shop', 'select email from customer')).rows as { email: string }[]
  const people = async (): Promise<(number | string)[]> => (await lookUpSample(world.context, { header: undefined, rows: mails.map(({ email }) => [email]) }, () => true)).map(({ rows }) => rows.length)
  const mine = (await allCells(world.context, 2))[0]!
  await writeCells(mine.file, { ...emptyCells({ ...mine.log, key: Buffer.alloc(32, 9) }), coding: 'hmac' }, mine.key)
  await recordCells(world.context, on('2019-04-14'))
  await world.run('shop', `update customer set plan = 'another' where email = 'p1@buyer.example' or customer_id in (select customer_id from customer limit 1)`)
  await recordCells(world.context, on('2019-04-21'))
  const { log } = (await allCells(world.context, 2))[0]!
  const coder = coderUnder(log.key, 'hmac')
  expect([log.coding, log.readings.length, log.subjects.length, log.changes.rows.length]).toEqual(['hmac', 2, customers, 1])
  const row = log.changes.rows[0]!
  expect(log.cells[row * log.columns.length + log.columns.indexOf('plan')]).toBe(coder.cell(log.subjects[row]!, 'plan', 'another'))
  expect(await people()).toEqual([customers])
  await removeSubjects(world.context, { dataset: 'customers', columns: ['email'], rows: stream(`${mails[0]!.email}\n`) }, at)
  expect(await people()).toEqual([customers - 1])
})
