import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createClient } from 'redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allDatasets, allStores, listMysql } from '#inventory'
import { planErasure } from '../erasure/plan.ts'
import { createWorld, listeners, on, type World } from '../erasure/testing.ts'
import { chinookFolder, runMariadb, startMariadb, startRedis, withoutMariadb, withoutRedis, type OtherServer } from '../inventory/testing.ts'
import { takeFingerprints } from './index.ts'
import { matchesOf, sweep } from './sweep.ts'
import { createMoments } from './sweep/moment.ts'

let world: World
let mariadb: OtherServer
let redis: OtherServer
const without = withoutMariadb || withoutRedis

beforeAll(async () => {
  if (without) return
  ;[mariadb, redis] = await Promise.all([startMariadb(), startRedis()])
  const others = `  - { id: legacy, environment: test, kind: mysql, sweep_url: "file:legacy.url" }
  - { id: cache, environment: test, kind: redis, sweep_url: "file:cache.url" }
  - { id: notebook, environment: test, kind: sqlite, path: notebook.db }
controllers:\n`
  world = await createWorld({ change: (text) => text.replace('controllers:\n', others) })
  writeFileSync(join(world.directory, 'legacy.url'), mariadb.url)
  writeFileSync(join(world.directory, 'cache.url'), redis.url)
  const { rows } = await world.run('crm', 'select user_id, email, phone from crm.listener') as { rows: { user_id: string; email: string; phone: string }[] }
  runMariadb(mariadb, `create database old; create table old.people (a varchar(40), b varchar(60), c varchar(40)); insert into old.people values ${rows.map((row) => `('${row.user_id}', '${row.email.toUpperCase()}', '${row.phone}')`).join(',')}`)
  const client = createClient({ url: redis.url })
  await client.connect()
  for (const row of rows.slice(0, 100)) await client.hSet(`u:${row.user_id}`, { mail: row.email, phone: row.phone })
  await client.close()
  const database = new DatabaseSync(join(world.directory, 'notebook.db'))
  database.exec('create table kept (id text, mail text)')
  const insert = database.prepare('insert into kept values (?, ?)')
  for (const row of rows.slice(0, 50)) insert.run(row.user_id, row.email)
  database.close()
}, 300_000)
afterAll(async () => {
  if (without) return
  await world.close()
  await Promise.all([mariadb.stop(), redis.stop()])
})

test.skipIf(without)('copies in MariaDB, Redis and SQLite are found and counted, and an erasure says which it can reach, and never crashes', async () => {
  const { findings, coverage, search } = await sweep(world.context, on('2019-05-01'))
  expect(findings.map(({ controller, records, store, place }) => [controller, records, store, place]).sort()).toEqual([
    ['deezer', 100, 'cache', 'db0'], ['deezer', 50, 'notebook', 'notebook.db'], ['deezer', listeners, 'legacy', 'old.people'],
  ].sort())
  expect(coverage.filter(({ store }) => ['legacy', 'cache', 'notebook'].includes(store)).flatMap((store) => store.not_read)).toEqual([])
  const [datasets, stores] = [await allDatasets(world.ledger.database), await allStores(world.ledger.database)]
  const plan = planErasure({ controller: 'deezer', round: 1, datasets, stores, matches: matchesOf(search, datasets), coverage: search.coverage })
  expect(plan.blocked.map(({ store, because }) => [store, because]).sort()).toEqual([
    ['cache', 'its store has no erase_url: Bailee has no account that may erase there'], ['legacy', 'its store has no erase_url: Bailee has no account that may erase there'],
  ])
})

test.skipIf(without)('what the planner\'s statistics keep of an own table is no finding; of a copy that was deleted it is one', async () => {
  await world.run('crm', 'analyze crm.listener')
  await world.run('lab', `create table public.copy_of as select 'p' || i || '@listener.example' as m from generate_series(1, ${listeners}) i`)
  await world.run('lab', 'analyze public.copy_of')
  await world.run('lab', 'truncate public.copy_of')
  const { findings } = await sweep(world.context, on('2019-05-02'))
  expect(findings.filter(({ store }) => store === 'crm' || store === 'lab').map(({ store, place }) => [store, place])).toEqual([['lab', 'pg_catalog.pg_stats!/public.copy_of']])
  await world.run('lab', 'drop table public.copy_of')
})

test.skipIf(without)('a large table of MariaDB is read in units that see one moment, so that nothing of it is doubtful', async () => {
  runMariadb(mariadb, `create table old.large (id int primary key auto_increment, mail varchar(80)); use old; insert into large (mail) select concat('p', seq, '@listener.example') from seq_1_to_3000; analyze table old.large`)
  const { places } = await listMysql(mariadb.url, { unitBytes: 40_000 })
  const large = places.find(({ place }) => place === 'old.large')!
  const store = (await allStores(world.ledger.database)).find(({ id }) => id === 'legacy')!
  const moments = createMoments('worker', () => performance.now())
  const seen = new Set<string | null>()
  for (const unit of large.units()) seen.add((await moments.of({ ...large, store }, unit)).moment)
  await moments.end()
  expect(large.units().length).toBeGreaterThan(2)
  expect([...seen]).toEqual([expect.any(String)])
  runMariadb(mariadb, 'drop table old.large')
})

const chinook = chinookFolder()
const withoutChinook = without || chinook === undefined

test.skipIf(withoutChinook)('Chinook\'s own dump, loaded into MariaDB, is found', async () => {
  runMariadb(mariadb, readFileSync(join(chinook ?? '', 'Chinook_MySql.sql'), 'utf8'))
  const known = runMariadb(mariadb, 'select CustomerId, Email, coalesce(Phone, \'\') from Chinook.Customer').trim().split('\n').map((line) => line.split('\t'))
  await world.run('shop', `insert into public.customer (customer_id, email, phone, plan) values ${known.map(([id, mail, phone]) => `('K-${id}', '${mail}', '${phone}', 'free')`).join(',')}`)
  await takeFingerprints(world.context, on('2019-06-01'))
  const { findings } = await sweep(world.context, on('2019-06-02'))
  expect(findings.filter(({ controller }) => controller === 'chinook')).toMatchObject([{ store: 'legacy', place: '"Chinook"."Customer"', records: known.length }])
})
