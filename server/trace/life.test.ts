import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { applyEstate, readEstate } from '#estate'
import { createWorld, customers, estate, listeners, members, on, type World } from '../erasure/testing.ts'
import { destroyExpired, destroyFingerprints, groupByKey, keepFingerprints, openSegments } from './fingerprints.ts'
import { readHeaderLine, removeSubjects } from './forget.ts'
import { takeFingerprints } from './refresh.ts'
import { rotateEpoch } from './rotate.ts'
import { currentEpoch, existingFingerprints } from './store.ts'
import { sweep } from './sweep.ts'

let world: World
beforeEach(async () => { world = await createWorld() })
afterEach(() => world.close())

const at = on('2019-05-01')
const found = async (): Promise<string[]> => (await sweep(world.context, at)).findings.map((finding) => `${finding.controller} ${finding.records} ${finding.store}:${finding.place}`).sort()
const files = (): string[] => readdirSync(join(world.directory, 'fingerprints')).filter((file) => !/^(customers|members)[.]0[.]changes$/.test(file)).sort()
const known = async (): Promise<(string | number)[][]> => (await existingFingerprints(world.ledger.database)).map((record) => [record.id, record.tokenKey, record.records, record.former])
const stream = (text: string) => async function* (): AsyncGenerator<Uint8Array> { yield Buffer.from(text) }

/** A file with everybody, before some of them leave. */
async function leave(gone: number): Promise<void> {
  const { rows } = await world.run('crm', 'select email, phone from crm.listener')
  world.put('old.csv', (rows as { email: string; phone: string }[]).map((row) => `${row.email},${row.phone}\n`).join(''))
  await world.run('crm', `delete from crm.listener where email in (select 'p' || i || '@listener.example' from generate_series(1, ${gone}) i)`)
}

test('a rotation takes every fingerprint anew, and destroys the old key when nobody left', async () => {
  const before = new Set((await openSegments(world.context)).flatMap(({ segment }) => [...segment.columns[0]!]))
  expect(await rotateEpoch(world.context, at)).toEqual({ epoch: 2, notTaken: [], needed: [] })
  expect(await known()).toEqual([['customers.0', 'epoch/2', customers, 0], ['listeners.0', 'epoch/2', listeners, 0], ['members.0', 'epoch/2', members, 0]])
  expect(files()).toEqual(['customers.0.epoch-2.segment', 'listeners.0.changes', 'listeners.0.epoch-2.segment', 'members.0.epoch-2.segment'])
  expect((await openSegments(world.context)).flatMap(({ segment }) => [...segment.columns[0]!]).filter((token) => before.has(token))).toEqual([])
  expect(world.ledger.keys.wasDestroyed('epoch/1')).toBe(true)
  expect(existsSync(join(world.directory, 'keys/epoch/1.key'))).toBe(false)
  expect((await world.ledger.read(0, { types: ['trace.rotated', 'trace.epoch_destroyed'] })).map((entry) => [entry.type, (entry.parts['evidence'] as { epoch: number }).epoch])).toEqual([['trace.rotated', 2], ['trace.epoch_destroyed', 1]])
  await leave(0)
  expect(await found()).toEqual([`deezer ${listeners} share:old.csv`])
})

test('people who left stay findable under the key of their time, which lives as long as they are known', async () => {
  await leave(40)
  expect(await rotateEpoch(world.context, at)).toEqual({ epoch: 2, notTaken: [], needed: [{ epoch: 1, fingerprints: ['listeners.0.left.epoch-1'] }] })
  expect((await known()).slice(1, 3)).toEqual([['listeners.0', 'epoch/2', listeners - 40, 0], ['listeners.0.left.epoch-1', 'epoch/1', 40, 40]])
  expect(groupByKey(await openSegments(world.context))).toHaveLength(2)
  expect(await found()).toEqual([`deezer ${listeners} share:old.csv`])
  expect((await takeFingerprints(world.context, at)).taken.map((record) => record.records)).toEqual([customers, listeners - 40, 40, members])
  expect((await rotateEpoch(world.context, at, { anew: true })).needed).toEqual([])
  expect(await known()).toEqual([['customers.0', 'epoch/3', customers, 0], ['listeners.0', 'epoch/3', listeners - 40, 0], ['members.0', 'epoch/3', members, 0]])
  expect(files()).toHaveLength(4)
  expect(await found()).toEqual([`deezer ${listeners - 40} share:old.csv`])
})

test('a store that is away keeps its fingerprints and their key, and the rotation is finished before another begins', async () => {
  await world.run('crm', 'alter table crm.listener rename to away')
  const first = await rotateEpoch(world.context, at)
  expect(first).toMatchObject({ epoch: 2, notTaken: [{ dataset: 'listeners' }], needed: [{ epoch: 1, fingerprints: ['listeners.0'] }] })
  await world.run('crm', 'alter table crm.away rename to listener')
  await leave(0)
  expect(await found()).toEqual([`deezer ${listeners} share:old.csv`])
  expect(await rotateEpoch(world.context, at)).toEqual({ epoch: 2, notTaken: [], needed: [] })
  expect(await currentEpoch(world.ledger.database)).toBe(2)
})

test('what is kept beyond an exit stays under its key until it expires, and both are asked about', async () => {
  await keepFingerprints(world.context, 1, on('2023-12-01'), at)
  await world.ledger.append({ slot: 1, type: 'contract.ended', at, parts: { evidence: { contract: 'deezer-2016', because: 'it ends' } } })
  expect((await rotateEpoch(world.context, at)).needed).toEqual([{ epoch: 1, fingerprints: ['listeners.0'] }])
  await leave(0)
  expect(await found()).toEqual([`deezer ${listeners} crm:crm.listener`, `deezer ${listeners} share:old.csv`])
  await destroyExpired(world.context, on('2023-12-01'))
  expect(world.ledger.keys.wasDestroyed('epoch/1')).toBe(true)
})

test('somebody forgotten is found no more, anywhere, and the ledger holds a count', async () => {
  await leave(40)
  await takeFingerprints(world.context, at)
  const people = ['email,phone', ...[1, 2, 100].map((i) => `p${i}@listener.example,+39 02 ${listeners * 10_000_000 + i * 7919}`)].join('\n')
  const forgotten = await removeSubjects(world.context, { dataset: 'listeners', ...await readHeaderLine(stream(`${people}\n`)(), 10_000) }, at)
  expect(forgotten).toEqual([{ fingerprints: 'listeners.0', removed: 3, records: listeners - 3 }])
  expect(await found()).toEqual([`deezer ${listeners - 3} share:old.csv`])
  const [entry] = await world.ledger.read(1, { types: ['trace.forgotten'] })
  expect(entry?.parts['evidence']).toMatchObject({ id: 'listeners.0', removed: 3, records: listeners - 3 })
  expect(JSON.stringify(entry)).not.toContain('listener.example')
  await takeFingerprints(world.context, at)
  expect(await found(), 'who is still in the dataset comes back with a refresh').toEqual([`deezer ${listeners - 2} share:old.csv`])
  await expect(removeSubjects(world.context, { dataset: 'listeners', columns: ['shoe size'], rows: stream('1\n') }, at)).rejects.toThrow(/know a column/)
})

test('the last person forgotten leaves no fingerprints', async () => {
  const all = (await world.run('crm', 'select user_id, email, phone from crm.listener')).rows as Record<string, string>[]
  const rows = stream(all.map((row) => `${row['user_id']},${row['email']},${row['phone']}\n`).join(''))
  expect(await removeSubjects(world.context, { dataset: 'listeners', columns: ['user_id', 'email', 'phone'], rows }, at)).toEqual([{ fingerprints: 'listeners.0', removed: listeners, records: 0 }])
  expect(files()).toEqual(['customers.0.segment', 'members.0.segment'])
})

test('an isolated controller has a key of its own, is found all the same, and its key dies with its fingerprints', async () => {
  await world.close()
  world = await createWorld({ change: (text) => text.replace('subject: user_id', 'subject: user_id\n        isolated: true') })
  expect((await known())[1]).toEqual(['listeners.0', 'isolated/1', listeners, 0])
  await leave(0)
  expect(await found()).toEqual([`deezer ${listeners} share:old.csv`])
  expect((await rotateEpoch(world.context, at)).needed).toEqual([])
  expect((await known()).map(([, key]) => key)).toEqual(['epoch/2', 'isolated/1', 'epoch/2'])
  const raw = readFileSync(join(world.directory, 'keys/isolated/1.key'))
  expect(raw).toHaveLength(16)
  await destroyFingerprints(world.context, 1, at)
  expect(world.ledger.keys.wasDestroyed('isolated/1')).toBe(true)
})

test('a dataset in a partitioned table is read with all its partitions', async () => {
  await world.run('crm', `alter table crm.listener rename to was; create table crm.listener (like crm.was) partition by hash (user_id);
    create table crm.listener_0 partition of crm.listener for values with (modulus 2, remainder 0); create table crm.listener_1 partition of crm.listener for values with (modulus 2, remainder 1);
    insert into crm.listener select * from crm.was; drop table crm.was`)
  const { taken, notTaken } = await takeFingerprints(world.context, at, { anew: true })
  expect([taken[1]?.records, notTaken]).toEqual([listeners, []])
})

test('a key that seals what is kept of two contracts of one controller, and one that made the tokens of both, goes when the later of both is over', async () => {
  await world.close()
  const isolated = (text: string): string => text.replace('subject: user_id', 'subject: user_id\n        isolated: true')
  world = await createWorld({ change: isolated })
  const { keys, database } = world.ledger
  await keepFingerprints(world.context, 1, on('2021-01-01'), at)
  await world.ledger.append({ slot: 1, type: 'contract.ended', at, parts: { evidence: { contract: 'deezer-2016', because: 'it ends' } } })
  const second = `  - id: readers\n    controller: deezer\n    store: crm\n    tables: [{ table: crm.reader, subject: user_id, isolated: true, columns: { user_id: { category: UID, identifies: true }, email: { category: UID, identifies: true } } }]\n`
  const declared = isolated(estate).replace('\ndatasets:\n', `\n  - { id: deezer-2020, controller: deezer, starts: 2019-05-01 }\ndatasets:\n${second}`)
  await applyEstate(world.ledger, readEstate(declared, 'bailee.yaml'), { checked: [], unchecked: [] }, at)
  await world.run('crm', `create table crm.reader as select 'R-' || (5000 + i * 11) as user_id, 'r' || i || '@reader.example' as email from generate_series(1, 50) i`)
  expect((await takeFingerprints(world.context, at)).notTaken).toEqual([{ dataset: 'listeners', because: expect.stringMatching(/kept under its name/) as string }])
  await keepFingerprints(world.context, 1, on('2022-01-01'), at)
  await world.ledger.append({ slot: 1, type: 'contract.ended', at, parts: { evidence: { contract: 'deezer-2020', because: 'it ends' } } })
  const records = (await existingFingerprints(database)).filter(({ slot }) => slot === 1)
  expect(records.map(({ id, keyId, tokenKey, state }) => [id, keyId, tokenKey, state])).toEqual([['listeners.0', 'segment/1/exit', 'isolated/1', 'kept'], ['readers.0', 'segment/1/exit', 'isolated/1', 'kept']])
  world.put('readers.csv', ((await world.run('crm', 'select user_id, email from crm.reader')).rows as Record<string, string>[]).map((row) => `${row['user_id']},${row['email']}\n`).join(''))
  await destroyExpired(world.context, on('2021-01-01'))
  expect([(await existingFingerprints(database)).filter(({ slot }) => slot === 1).map(({ id }) => id), keys.find('segment/1/exit')?.length, keys.wasDestroyed('isolated/1')]).toEqual([['readers.0'], 32, false])
  expect(await found()).toEqual(['deezer 50 crm:crm.reader', 'deezer 50 share:readers.csv'])
  await destroyExpired(world.context, on('2022-01-01'))
  expect([keys.find('segment/1/exit'), keys.wasDestroyed('isolated/1')]).toEqual([undefined, true])
})
