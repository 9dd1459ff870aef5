import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { createClient } from 'redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRowSearcher, groupByKey, openSegments } from '#trace'
import { connect as connectRedis } from '../inventory/adapter/redis.ts'
import { execute } from '../inventory/adapter/redisStream.ts'
import { startRedis, withoutRedis, type OtherServer } from '../inventory/testing.ts'
import type { Begin, Counted } from './adapter/erased.ts'
import { eraseRedisKeys } from './adapter/redis.ts'
import { certify, confirmErasure, endContract, runErasure, stepsOf } from './index.ts'
import { createWorld, customers, listeners, on, type World } from './testing.ts'

interface Person { readonly id: string; readonly email: string; readonly phone: string }

const id = 'EXIT-deezer-2016'
let world: World
let people: Person[]
let others: Person[]
let directory: string
let server: OtherServer

const client = async (database = 0) => createClient({ url: `unix://${join(directory, 'socket')}`, database }).on('error', () => undefined).connect()
const onDisk = (): string => readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => /[.](rdb|aof)$/.test(name)).map((name) => readFileSync(join(directory, name)).toString('latin1')).join('')

beforeAll(async () => {
  if (withoutRedis) return
  server = await startRedis(['--save', '3600 1', '--appendonly', 'yes']) // with both of its files
  directory = server.directory
  world = await createWorld({ change: (text) => text.replace('controllers:\n', `  - { id: cache, environment: test, kind: redis, sweep_url: "file:cache.url", erase_url: "file:cache.url", data_directory: ${directory}, backups: none }\ncontrollers:\n`) })
  writeFileSync(join(world.directory, 'cache.url'), server.url)
  people = (await world.run('crm', 'select user_id as id, email, phone from crm.listener')).rows as Person[]
  others = (await world.run('shop', 'select customer_id as id, email, phone from public.customer')).rows as Person[]
  const redis = await client()
  for (const { id: key, email, phone } of [...people, ...others]) await redis.hSet(`user:${key}`, { email, phone, plan: 'free' })
  for (const { email, id: key } of people.slice(0, 100)) await redis.set(`session:${key}`, JSON.stringify({ email, seen: 'x'.repeat(200) }))
  await redis.sAdd('mailing', [...people, ...others].map(({ email }) => email))
  for (let at = 0; at < 50; at += 1) await redis.set(`rate:${at}`, String(at))
  await redis.sendCommand(['SAVE'])
  await redis.close()
})
afterAll(async () => {
  if (withoutRedis) return
  await world.close()
  await server.stop()
})

test.skipIf(withoutRedis)('rows of nobody count under a prefix of which something goes; a key that is written to meanwhile stays, and the run goes on; entries of a stream go, unless somebody\'s place in it would be lost', async () => {
  const searcher = await createRowSearcher(groupByKey(await openSegments(world.context)))
  const erase = (begin: Begin, place = 'db5') => eraseRedisKeys({ url: `unix://${join(directory, 'socket')}`, place, searcher, targets: ['listeners.0'], scratch: join(world.directory, 'scratch') }, begin)
  const redis = await client(5)
  for (const { id: key, email, phone } of people) await redis.hSet(`user:${key}`, { email, phone })
  await redis.hSet('user:X1', { email: 'nobody@else.example', phone: '+1 555 1' })
  await redis.set('rate:1', '1')
  const hit = `user:${people[0]!.id}`
  await expect(erase(async ({ rows, unowned }) => { expect([rows, unowned]).toEqual([listeners, 1]); await redis.hSet(hit, 'plan', 'premium') })).rejects.toMatchObject({ code: 'erasure/keys-changed' })
  expect((await redis.keys('*')).sort()).toEqual(['rate:1', hit, 'user:X1'].sort())
  await redis.del(hit)
  for (const { email } of [...people, ...others]) await redis.xAdd('events', '*', { email })
  const theirs = (await redis.xRange('events', '-', '+'))!.slice(listeners)
  const { 'last-generated-id': last, 'entries-added': added } = await redis.xInfoStream('events')
  await redis.pExpire('events', 3_600_000)
  await redis.xGroupCreate('events', 'readers', '0')
  expect(await erase(() => Promise.reject(new Error('begun')))).toMatchObject({ outcome: 'blocked', because: expect.stringContaining('stream with consumer groups') as string })
  expect(await redis.xLen('events')).toBe(listeners + customers)
  await redis.xGroupDestroy('events', 'readers')
  expect(await erase(() => Promise.resolve())).toMatchObject({ outcome: 'erased', rows: listeners, counted: { ambiguous: 0 } })
  expect(await redis.xRange('events', '-', '+')).toEqual(theirs)
  expect(await redis.xInfoStream('events')).toMatchObject({ 'last-generated-id': last, 'entries-added': added })
  expect(await redis.pTTL('events')).toBeGreaterThan(0)
  // Written to all the time: what was read goes, and every entry that came meanwhile is there, in its order.
  const busy = await client(5)
  let [writing, written] = [true, 0]
  const mine = others[0]!.email
  for (const { email } of [...people, ...others]) await redis.xAdd('busy', '*', { email, much: 'x'.repeat(50) })
  const writer = (async () => { while (writing) { await busy.xAdd('busy', '*', { email: mine, number: String(written) }); written += 1 } })()
  expect(await erase(() => Promise.resolve())).toMatchObject({ outcome: 'erased', rows: listeners })
  writing = false
  await writer
  const after = (await redis.xRange('busy', '-', '+'))!
  expect([written > 0, after.length, after.filter(({ message }) => message['email']!.endsWith('@listener.example')).length]).toEqual([true, customers + written, 0])
  expect(after.slice(customers).map(({ message }) => message['number'])).toEqual(Array.from({ length: written }, (_, number) => String(number)))
  expect((await redis.keys('*rewriting*'))).toEqual([])
  await busy.close()
  // A command that the server refuses inside a transaction is no success.
  const session = await connectRedis(`unix://${join(directory, 'socket')}`, 5)
  await expect(execute(session.ask, [['SET', 'plain', 'text'], ['SADD', 'plain', 'element']])).rejects.toThrow('WRONGTYPE')
  session.close()
  await redis.flushDb()
  await redis.close()
  expect(await erase(() => Promise.resolve())).toMatchObject({ outcome: 'erased', rows: 0 })
  expect(await erase(() => Promise.resolve(), 'functions')).toMatchObject({ outcome: 'blocked' })
  await searcher.close()
})

/** The same server, whose streams are of a type that nobody here knows. */
async function withUnknownType(work: (url: string) => Promise<void>): Promise<void> {
  const socket = join(directory, 'unknown')
  const between = createServer((near) => {
    const far = connect(join(directory, 'socket'))
    near.pipe(far)
    far.on('data', (bytes) => near.write(Buffer.from(bytes.toString('latin1').replaceAll('+stream\r\n', '+puzzle\r\n'), 'latin1')))
    for (const [one, other] of [[near, far], [far, near]] as const) one.on('error', () => other.destroy()).on('close', () => other.destroy())
  }).listen(socket)
  try {
    await work(`unix://${socket}`)
  } finally {
    await new Promise((resolve) => between.close(resolve))
  }
}

test.skipIf(withoutRedis)('keys of a type that is not known stay, and are named by the step', async () => {
  const searcher = await createRowSearcher(groupByKey(await openSegments(world.context)))
  const redis = await client(6)
  for (const { id: key, email, phone } of people) await redis.hSet(`user:${key}`, { email, phone })
  await redis.xAdd('events', '*', { email: people[0]!.email })
  await withUnknownType(async (url) => {
    const counted: Counted[] = []
    const erased = await eraseRedisKeys({ url, place: 'db6', searcher, targets: ['listeners.0'], scratch: join(world.directory, 'scratch') }, (one) => { counted.push(one); return Promise.resolve() })
    const told = { rows: listeners, unowned: 0, ambiguous: 0, unread: 'keys of types that are not known here: 1 of puzzle' }
    expect([erased, counted]).toEqual([{ outcome: 'erased', rows: listeners, counted: told }, [told]])
  })
  expect(await redis.keys('*')).toEqual(['events'])
  await redis.flushDb()
  await redis.close()
  await searcher.close()
})

test.skipIf(withoutRedis)('in Redis the controller\'s keys and elements go, all others stay; both files are written anew and searched (Debian package redis-server)', async () => {
  expect(onDisk().match(/p\d+@listener\.example/g)?.length).toBeGreaterThan(listeners)
  await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
  const erased = await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-02'))
  expect(erased).toMatchObject({ state: 'searched_again', plan: { blocked: [] }, again: { residual: 0, places: [] } })
  expect((await stepsOf(world.ledger.database, id)).filter(({ store }) => store === 'cache').map(({ place, state, rowsErased, detail }) => [place, state, rowsErased, detail])).toEqual([['db0', 'done', 2 * listeners + 100, { unowned: 0, ambiguous: 0 }]])
  await confirmErasure(world.ledger, { erasure: id, by: 'dana' }, on('2020-12-03'))
  const certificate = await certify(world.context, id, on('2020-12-04'))
  const document = JSON.parse(Buffer.from((JSON.parse(Buffer.from(certificate.envelope).toString()) as { payload: string }).payload, 'base64').toString()) as { physical_check: { store: string; kinds?: { kind: string; standing: string }[] }[] }
  expect(document.physical_check.find(({ store }) => store === 'cache')?.kinds?.map(({ kind, standing }) => [kind, standing])).toEqual([['append-only file', 'clear'], ['bookkeeping', 'holds no values'], ['snapshot', 'clear']])
  expect(certificate.status).toBe('complete')
  const redis = await client()
  expect([await redis.sCard('mailing'), (await redis.keys('user:*')).length, (await redis.keys('session:*')).length, (await redis.keys('rate:*')).length, (await redis.keys('bailee-control*')).length]).toEqual([customers, customers, 0, 50, 0])
  expect(await redis.configGet('rdbcompression')).toEqual({ rdbcompression: 'yes' })
  await redis.close()
  expect(onDisk()).not.toContain('listener.example')
  expect(onDisk()).toContain('customer.example')
})
