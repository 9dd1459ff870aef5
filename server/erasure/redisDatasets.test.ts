import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from 'redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sweep, takeFingerprints } from '#trace'
import { startRedis, withoutRedis, type OtherServer } from '../inventory/testing.ts'
import { endContract, runErasure, stepsOf } from './index.ts'
import { createWorld, on, type World } from './testing.ts'

let world: World
let server: OtherServer
let redis: Awaited<ReturnType<typeof client>>
const client = async () => createClient({ url: server.url }).on('error', () => undefined).connect()

const [accounts, guests] = [240, 50]
const accountOf = (at: number) => ({ id: `90071992547409${String(10_000 + at * 7)}`, mail: `Zoë.${at}@account.example`, phone: `+43 1 ${5_000_000 + at * 7919}` })
const guestOf = (at: number) => ({ id: `G${70_000 + at * 13}`, mail: `g${at}@guest.example` })
const people = <Person>(count: number, of: (at: number) => Person): Person[] => Array.from({ length: count }, (_, at) => of(at))
const column = (category: string): string => `{ category: ${category}, identifies: true }`

/** Accounts are hashes, whose keys tell the number; guests are JSON. */
const datasets = `
  - id: accounts
    controller: deezer
    store: cache
    tables:
      - table: "db0!/user:*"
        subject: key
        columns: { key: ${column('UID')}, mail: ${column('EmailAddress')}, phone: ${column('TelephoneNumber')} }
  - id: guests
    controller: aria
    store: cache
    tables:
      - table: "db0!/user:guest:*"
        subject: id
        columns: { id: ${column('UID')}, contact.mail: ${column('EmailAddress')} }
instructions:
`

beforeAll(async () => {
  if (withoutRedis) return
  server = await startRedis()
  redis = await client()
  for (const { id, mail, phone } of people(accounts, accountOf)) await redis.hSet(`user:${id}`, { mail, phone, plan: 'free' })
  for (const { id, mail } of people(guests, guestOf)) await redis.set(`user:guest:${id.toLowerCase()}`, `{ "id": "${id}", "seen": 9007199254740993, "contact": { "mail": "${mail}" } }`)
  world = await createWorld({ change: (text) => text.replace('controllers:\n', '  - { id: cache, environment: production, kind: redis, sweep_url: "file:cache.url", erase_url: "file:cache.url", backups: none }\ncontrollers:\n').replace('\ninstructions:\n', datasets), fingerprints: false })
  writeFileSync(join(world.directory, 'cache.url'), server.url)
}, 300_000)
afterAll(async () => {
  if (withoutRedis) return
  await redis.close()
  await server.stop()
  await world.close()
})

const findings = async (day: string) => (await sweep(world.context, on(day))).findings.filter(({ controller }) => controller !== 'chinook').map(({ controller, records, store, place }) => [controller, records, store, place]).sort()

test.skipIf(withoutRedis)('datasets in Redis are fingerprinted; their own keys are no finding, copies of them are, in other keys of the same database too', async () => {
  const { notTaken, refreshed } = await takeFingerprints(world.context, on('2019-04-01'))
  expect(notTaken).toEqual([])
  expect(refreshed.filter(({ fingerprints }) => ['accounts.0', 'guests.0'].includes(fingerprints)).map(({ fingerprints, mode, rowsRead, partly }) => [fingerprints, mode, rowsRead, partly])).toEqual([['accounts.0', 'compare', accounts, undefined], ['guests.0', 'compare', guests, undefined]])
  expect(await findings('2019-04-02')).toEqual([])
  world.put('copy.csv', people(accounts, accountOf).map(({ id, mail }) => `${id};${mail.toUpperCase()}\n`).join(''))
  for (const { id, mail } of people(100, accountOf)) await redis.hSet(`old:${id}`, { id, mail })
  for (const { id, mail } of people(30, guestOf)) await redis.hSet(`seen:${id}`, { id, mail })
  expect(await findings('2019-04-03')).toEqual([['aria', 30, 'cache', 'db0'], ['deezer', accounts, 'share', 'copy.csv'], ['deezer', 100, 'cache', 'db0']].sort())
})

test.skipIf(withoutRedis)('who left stays found; what cannot be read as declared is said', async () => {
  const [first] = people(1, accountOf)
  await redis.del(`user:${first!.id}`)
  await redis.sAdd('user:index', ['a', 'b'])
  const again = await takeFingerprints(world.context, on('2019-04-04'))
  expect(again.taken.find(({ id }) => id === 'accounts.0')).toMatchObject({ records: accounts, former: 1 })
  expect(again.refreshed.find(({ fingerprints }) => fingerprints === 'accounts.0')?.partly).toEqual(['1 of its keys have no fields (set)'])
  await redis.del('user:index')
  for (const { id } of people(guests, guestOf)) await redis.rename(`user:guest:${id.toLowerCase()}`, `kept:${id}`)
  const gone = await takeFingerprints(world.context, on('2019-04-05'))
  expect(gone.notTaken).toEqual([{ dataset: 'guests', because: 'db0!/user:guest:*: no key begins so' }])
  for (const { id, mail } of people(guests, guestOf)) await redis.hSet(`user:guest:${id.toLowerCase()}`, { id, mail })
  expect((await takeFingerprints(world.context, on('2019-04-06'))).notTaken).toEqual([{ dataset: 'guests', because: 'db0!/user:guest:*: 1 of its columns stand in none of its keys' }])
  for (const { id } of people(guests, guestOf)) await redis.del([`user:guest:${id.toLowerCase()}`, `kept:${id}`])
  for (const { id, mail } of people(guests, guestOf)) await redis.hSet(`user:guest:${id.toLowerCase()}`, { id, 'contact.mail': mail })
  expect((await takeFingerprints(world.context, on('2019-04-07'))).notTaken).toEqual([])
})

test.skipIf(withoutRedis)('an exit takes all keys of the own table and the copies in others; those of another controller stay', async () => {
  await redis.hSet('user:0', { plan: 'nobody knows it' })
  await redis.set('rate:1', '1')
  await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
  const erased = await runErasure(world.context, { erasure: 'EXIT-deezer-2016', operator: 'eli' }, on('2020-12-02'))
  expect(erased).toMatchObject({ state: 'searched_again', plan: { blocked: [] }, again: { residual: 0 } })
  const steps = (await stepsOf(world.ledger.database, 'EXIT-deezer-2016')).filter(({ store }) => store === 'cache')
  expect(steps.map(({ place, method, state, rowsErased }) => [place, method, state, rowsErased])).toEqual([['db0!/user:*', 'truncate', 'done', accounts], ['db0', 'delete found rows', 'done', 100]])
  const keys = await redis.keys('*')
  expect(keys.filter((key) => key.startsWith('user:') && !key.startsWith('user:guest:'))).toEqual([])
  expect([keys.filter((key) => key.startsWith('user:guest:')).length, keys.filter((key) => key.startsWith('seen:')).length, keys.includes('rate:1'), keys.some((key) => key.startsWith('old:'))]).toEqual([guests, 30, true, false])
})
