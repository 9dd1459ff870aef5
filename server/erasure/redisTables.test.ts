import { generateKeyPairSync, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createClient, RESP_TYPES } from 'redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { applyEstate, readEstate } from '#estate'
import { acceptInstruction } from '#instruction'
import { rawPublicKey } from '#ledger'
import { sweep, takeFingerprints } from '#trace'
import { startRedis, withoutRedis, type OtherServer } from '../inventory/testing.ts'
import { allCertificates, answerSubject, certify, confirmErasure, endContract, findRestored, readRequest, reopenErasure, replayErasures, runErasure, stepsOf } from './index.ts'
import { judgeErasure } from './judge.ts'
import { createWorld, customers, on, type World } from './testing.ts'

let server: OtherServer
let redis: Awaited<ReturnType<typeof client>>
const client = async () => createClient({ url: server.url }).on('error', () => undefined).connect()
const id = 'EXIT-deezer-2016'
/** A key as Redis would write it to its files. */
const dumpOf = async (key: string): Promise<Buffer> => Buffer.from((await redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }).dump(key))!)

interface Person { readonly id: string; readonly mail: string; readonly phone: string }
const guestOf = (at: number): Person => ({ id: `G${70_000 + at * 13}`, mail: `g${at}@guest.example`, phone: `+43 1 ${5_000_000 + at * 7919}` })
const guests = 50
const column = (category: string): string => `{ category: ${category}, identifies: true }`
const columns = `columns: { id: ${column('UID')}, mail: ${column('EmailAddress')}, phone: ${column('TelephoneNumber')} }`

const store = async (begins: string, people: readonly Person[]): Promise<void> => { for (const { id: number, mail, phone } of people) await redis.hSet(`${begins}${number}`, { id: number, mail, phone }) }
const cache = '  - { id: cache, environment: production, kind: redis, sweep_url: "file:cache.url", erase_url: "file:cache.url", backups: none }\n'
const createRedisWorld = async (change: (text: string) => string, datasets: string): Promise<World> => {
  const world = await createWorld({ fingerprints: false, change: (text) => change(text).replace('controllers:\n', `${cache}controllers:\n`).replace('\ninstructions:\n', `${datasets}\ninstructions:\n`) })
  writeFileSync(join(world.directory, 'cache.url'), server.url)
  return world
}
/** A context in which others go on meanwhile: once, when an entry of this type was recorded, of this store if any. */
const meanwhile = ({ context }: World, type: string, work: () => Promise<unknown>, of = ''): World['context'] => {
  let done = false
  return { ...context, ledger: { ...context.ledger, append: async (drafts) => {
    const entries = await context.ledger.append(drafts)
    if (!done && entries.some((entry) => entry.type === type) && JSON.stringify(drafts).includes(of)) { done = true; await work() }
    return entries
  } } }
}
const obstaclesOf = async (world: World, day: number) => {
  await confirmErasure(world.ledger, { erasure: id, by: 'dana' }, on(`2020-12-0${day}`))
  const { status, envelope } = await certify(world.context, id, on(`2020-12-0${day + 1}`))
  const document = JSON.parse(Buffer.from((JSON.parse(Buffer.from(envelope).toString()) as { payload: string }).payload, 'base64').toString()) as { obstacles: { store: string; place: string; because: string }[] }
  return { status, obstacles: document.obstacles.map(({ store: where, place, because }) => [where, place, because]) }
}

beforeAll(async () => {
  if (withoutRedis) return
  server = await startRedis()
  redis = await client()
})
afterAll(async () => {
  if (withoutRedis) return
  await redis.close()
  await server.stop()
})

test.skipIf(withoutRedis)('a table that two datasets are declared in is one; in a table of another controller a subject\'s request takes whole rows alone, and rows that may be either\'s keep an exit from being complete', async () => {
  const theirs = `
  - { id: guests, controller: aria, store: cache, tables: [{ table: "db0!/user:guest:*", subject: id, ${columns} }] }
  - { id: seats, controller: aria, store: cache, tables: [{ table: "db0!/user:guest:*", subject: id, columns: { id: ${column('UID')}, phone: ${column('TelephoneNumber')} } }] }`
  const world = await createRedisWorld((text) => text.replace('people:\n', '  - { id: INS-9, contract: chinook-2017, text: "Answer requests.", purposes: [LegalCompliance], operations: [search, return, erase], data: { customers: "*" }, environments: [production, test], from: 2017-01-01 }\npeople:\n'), theirs)
  try {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    await acceptInstruction(world.ledger, { instruction: 'INS-9', signatory: 'A. Adams', key: { publicKey: Buffer.from(rawPublicKey(publicKey)).toString('base64'), custody: 'signatory', sign: (message) => sign(null, message, privateKey) } }, on('2017-01-02'))
    const buyers = (await world.run('shop', 'select customer_id as id, email as mail, phone from public.customer order by 1')).rows as Person[]
    const listeners = (await world.run('crm', 'select user_id as id, email as mail, phone from crm.listener order by 1')).rows as Person[]
    await store('user:guest:', [...Array.from({ length: guests }, (_, at) => guestOf(at)), ...buyers.slice(10), ...listeners.slice(0, 2)])
    expect((await takeFingerprints(world.context, on('2019-04-01'))).notTaken).toEqual([])
    const { findings } = await sweep(world.context, on('2019-04-02'))
    expect(findings.filter((one) => one.store === 'cache' && one.controller === 'aria').map(({ place }) => place), 'their own keys').toEqual([])

    // A guest who came since, at the address of one of Chinook's customers.
    await store('user:guest:', [{ ...guestOf(900), mail: buyers[3]!.mail }])
    const { record } = await answerSubject(world.context, { controller: 'chinook', operator: 'eli', request: readRequest(`{ request: REQ-1, kind: erasure, instruction: INS-9, person: { customer_id: ${buyers[3]!.id} } }`) }, on('2019-05-02'))
    expect([record.outcome?.residual, await redis.hGet(`user:guest:${guestOf(900).id}`, 'mail')]).toEqual([0, buyers[3]!.mail])

    await store('user:guest:', [...listeners.slice(100, 200), guestOf(901)])
    await world.run('crm', `delete from crm.listener where user_id in ('${listeners[0]!.id}', '${listeners[1]!.id}')`)
    await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
    // Whose these two are stays unknown, also when what told it is not there any more.
    const either = listeners.slice(0, 2).map((one) => `user:guest:${one.id}`)
    await runErasure(meanwhile(world, 'erasure.environment_erased', () => Promise.all(either.map((key) => redis.hDel(key, ['mail', 'phone'])))), { erasure: id, operator: 'eli' }, on('2020-12-02'))
    const steps = (await stepsOf(world.ledger.database, id)).filter((step) => step.store === 'cache')
    expect(steps.map(({ place, state, rowsErased, detail }) => [place, state, rowsErased, detail])).toEqual([['db0!/user:guest:*', 'done', 100, { unowned: 0, ambiguous: 2 }]])
    expect(await redis.exists(either)).toBe(2)
    expect(await obstaclesOf(world, 3)).toEqual({ status: 'partial', obstacles: [['cache', 'db0!/user:guest:*', '2 rows that may as well be another controller\'s']] })

    await redis.flushAll()
    await reopenErasure(world.ledger, { erasure: id, by: 'dana', because: 'the cache was emptied' }, on('2020-12-05'))
    await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-06'))
    expect(await obstaclesOf(world, 7), 'a database without any key').toEqual({ status: 'complete', obstacles: [] })
  } finally {
    await world.close()
    await redis.flushAll()
  }
}, 300_000)

test.skipIf(withoutRedis)('who could not be taken stays an obstacle where keys were removed by a run that did not end', async () => {
  const world = await createRedisWorld((text) => text, `
  - { id: accounts, controller: deezer, store: cache, tables: [{ table: "db0!/user:*", subject: id, ${columns} }] }`)
  try {
    await store('user:', Array.from({ length: guests }, (_, at) => guestOf(at)))
    await takeFingerprints(world.context, on('2019-04-01'))
    await redis.sAdd('user:waiting', ['late@guest.example', 'later@guest.example'])
    await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
    const written = `user:${guestOf(7).id}`
    await expect(runErasure(meanwhile(world, 'erasure.step_begun', () => redis.hSet(written, 'seen', 'now')), { erasure: id, operator: 'eli' }, on('2020-12-02'))).rejects.toMatchObject({ code: 'erasure/keys-changed' })
    expect(await redis.keys('user:*')).toEqual([written])
    const { plan } = await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-03'))
    expect([await redis.keys('user:*'), plan?.not_taken?.map(({ store: where, dataset }) => [where, dataset])]).toEqual([[], [['cache', 'accounts']]])
    expect(await obstaclesOf(world, 4)).toEqual({ status: 'partial', obstacles: [['cache', '*', 'people of accounts who came last are not known, nor copies of them: its fingerprints could not be taken at the end (only partly read: 1 of its keys have no fields (set))']] })
  } finally {
    await world.close()
    await redis.flushAll()
  }
}, 300_000)

test.skipIf(withoutRedis)('tables in Redis and SQLite that a restored backup brings back take the certificate back, and go again, also where their dataset is in other keys by now', async () => {
  const theirs = `
  - { id: accounts, controller: deezer, store: cache, tables: [{ table: "db0!/user:*", subject: id, ${columns} }] }
  - { id: contacts, controller: deezer, store: desk, tables: [{ table: contact, subject: id, ${columns} }] }`
  const [people, others] = [Array.from({ length: guests }, (_, at) => guestOf(at)), Array.from({ length: guests }, (_, at) => guestOf(500 + at))]
  let declared = ''
  const world = await createRedisWorld((text) => (declared = text.replace(', fingerprints: { keep_until: 2023-12-01, instruction: INS-3 }', '').replace('stores:\n', 'stores:\n  - { id: desk, environment: test, kind: sqlite, path: desk.db, backups: { expire_after_days: 30 } }\n')), theirs)
  const desk = new DatabaseSync(join(world.directory, 'desk.db'))
  const restore = async (): Promise<void> => {
    await store('user:', people)
    for (const { id: number, mail, phone } of others) for (const table of ['contact', 'mixed']) desk.prepare(`insert into ${table} values (?, ?, ?)`).run(number, mail, phone)
  }
  try {
    desk.exec('create table contact (id text, mail text, phone text); create table mixed (id text, mail text, phone text)')
    for (const one of (await world.run('shop', 'select customer_id as id, email as mail, phone from public.customer')).rows as Person[]) desk.prepare('insert into mixed values (?, ?, ?)').run(one.id, one.mail, one.phone)
    await restore()
    await redis.set('rate:1', '1')
    expect((await takeFingerprints(world.context, on('2019-04-01'))).notTaken).toEqual([])
    await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
    await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-02'))
    expect(await obstaclesOf(world, 3)).toEqual({ status: 'pending_backup_expiry', obstacles: [] })
    const restored = async (date: string) => findRestored(world.context, (await sweep(world.context, on(date))).search, on(date))
    expect(await restored('2020-12-05'), 'nothing of them is there').toEqual([])

    // Its dataset is in other keys by now.
    const declare = async (text: string, date: string): Promise<void> => {
      await applyEstate(world.ledger, readEstate(declared.replace('controllers:\n', `${cache}controllers:\n`).replace('\ninstructions:\n', `${text}\ninstructions:\n`), 'bailee.yaml'), { checked: [], unchecked: [] }, on(date))
    }
    await declare(theirs.replace('user:', 'account:'), '2020-12-06')
    await restore()
    // No sweep names them where nothing tells whether they changed: whoever serves these stores looks itself.
    expect(await findRestored(world.context, { searched: [] }, on('2020-12-07'))).toEqual([])
    expect(await findRestored(world.context, { searched: [], lookIn: ['cache', 'desk'] }, on('2020-12-07'))).toEqual(['CRT-deezer-2016-1'])
    const [certificate] = await allCertificates(world.ledger.database)
    expect(certificate?.invalidatedBecause).toContain(`cache: db0!/user:* (${guests} rows), desk: desk.db!/contact (${guests} rows), desk: desk.db!/mixed (${guests} rows)`)
    const replayed = []
    for (const where of ['cache', 'desk']) replayed.push(...await replayErasures(world.context, { store: where, operator: 'eli' }, on('2020-12-08')))
    expect(replayed.map(({ place, outcome, rows, because }) => [place, outcome, rows, because])).toEqual([['db0!/user:*', 'erased again', guests, undefined], ['desk.db!/contact', 'erased again', guests, undefined], ['desk.db!/mixed', 'erased again', guests, undefined]])
    expect([await redis.keys('*'), desk.prepare('select count(*) as n from contact').get(), desk.prepare('select count(*) as n from mixed').get()]).toEqual([['rate:1'], { n: 0 }, { n: customers }])

    // Keys that begin so are another's by now.
    await store('user:', people)
    await declare(`${theirs.replace('user:', 'account:')}${theirs.split('  - { id: contacts')[0]!.replace('accounts', 'subscribers').replace('deezer', 'aria').trimEnd()}`, '2020-12-09')
    expect((await replayErasures(world.context, { store: 'cache', operator: 'eli' }, on('2020-12-10'))).map(({ outcome, because }) => [outcome, because])).toEqual([['blocked', 'these keys are declared to be another controller\'s by now']])
    expect((await redis.keys('user:*')).length).toBe(guests)
  } finally {
    desk.close()
    await world.close()
    await redis.flushAll()
  }
}, 300_000)

/** The same server, whose streams of this name are written to right before anything takes their place. */
async function withBusyStream(key: string, work: (url: string) => Promise<void>): Promise<void> {
  const socket = join(server.directory, 'busy')
  const writer = await client()
  const between = createServer((near) => {
    const far = connect(join(server.directory, 'socket'))
    let passed: Promise<unknown> = Promise.resolve()
    near.on('data', (bytes) => {
      passed = passed.then(() => (bytes.includes('EXEC') ? writer.xAdd(key, '*', { beat: 'x' }) : undefined)).then(() => far.write(bytes))
      passed.catch(() => near.destroy())
    })
    far.pipe(near)
    for (const [one, other] of [[near, far], [far, near]] as const) one.on('error', () => other.destroy()).on('close', () => other.destroy())
  }).listen(socket)
  await new Promise((resolve) => between.once('listening', resolve))
  try {
    await work(`unix://${socket}`)
  } finally {
    await new Promise((resolve) => between.close(resolve))
    await writer.close()
  }
}

/** Takes their fingerprints and writes them into a stream, an entry between each two, so that no node holds listeners alone, and is freed. */
async function streamListeners(world: Awaited<ReturnType<typeof createRedisWorld>>): Promise<Person[]> {
  const listeners = (await world.run('crm', 'select user_id as id, email as mail, phone from crm.listener order by 1')).rows as Person[]
  await takeFingerprints(world.context, on('2019-04-01'))
  for (const { mail, phone } of listeners) {
    await redis.xAdd('events', '*', { mail, phone })
    await redis.xAdd('events', '*', { beat: 'between' })
  }
  return listeners
}

test.skipIf(withoutRedis)('entries that stay in the nodes of a stream keep an exit from being complete until the stream is written anew, also where a later run finds nobody', async () => {
  const world = await createRedisWorld((text) => text, '')
  try {
    const listeners = await streamListeners(world)
    await redis.configSet('rdbcompression', 'no')
    const inNodes = async (): Promise<boolean> => (await dumpOf('events')).includes(listeners.at(-1)!.mail)
    await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
    const rounds = async () => (await stepsOf(world.ledger.database, id)).filter((step) => step.store === 'cache').map(({ round, place, state, rowsErased, detail }) => [round, place, state, rowsErased, detail.held !== undefined])
    await withBusyStream('events', async (url) => {
      writeFileSync(join(world.directory, 'cache.url'), url)
      await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-02'))
      expect([await rounds(), await inNodes()]).toEqual([[[1, 'db0', 'done', listeners.length, true]], true])
      await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-03'))
      expect([(await rounds())[1], await inNodes()], 'nobody is found, and the entries stand there still').toEqual([[2, 'db0', 'done', 0, true], true])
    })
    writeFileSync(join(world.directory, 'cache.url'), server.url)
    await redis.xGroupCreate('events', 'readers', '0')
    await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-04'))
    expect([(await rounds())[2], await inNodes()], 'who reads it in a group would lose its place').toEqual([[3, 'db0', 'done', 0, true], true])
    await redis.xGroupDestroy('events', 'readers')
    const length = await redis.xLen('events')
    await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-05'))
    expect([(await rounds())[3], await inNodes(), await redis.xLen('events')]).toEqual([[4, 'db0', 'done', 0, false], false, length])
  } finally {
    await world.close()
    await redis.flushAll()
  }
}, 300_000)

test.skipIf(withoutRedis)('entries that a run left in the nodes of a stream before it was cut off are not forgotten where the next one is blocked', async () => {
  const world = await createRedisWorld((text) => text, '')
  try {
    const listeners = await streamListeners(world)
    await store('user:', listeners.slice(0, 50))
    const inNodes = async (): Promise<boolean> => (await dumpOf('events')).includes(listeners.at(-1)!.mail)
    await redis.configSet('rdbcompression', 'no')
    await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
    const written = `user:${listeners[7]!.id}`
    await withBusyStream('events', async (url) => {
      writeFileSync(join(world.directory, 'cache.url'), url)
      await expect(runErasure(meanwhile(world, 'erasure.step_begun', () => redis.hSet(written, 'seen', 'now'), '"store":"cache"'), { erasure: id, operator: 'eli' }, on('2020-12-02'))).rejects.toMatchObject({ code: 'erasure/keys-changed' })
    })
    writeFileSync(join(world.directory, 'cache.url'), server.url)
    expect([await redis.keys('user:*'), await inNodes()]).toEqual([[written], true])

    // Somebody reads another stream in a group: nothing can be taken out of it, and the step is blocked.
    for (const { mail, phone } of listeners.slice(0, 20)) await redis.xAdd('others', '*', { mail, phone })
    for (let at = 0; at < 20; at += 1) await redis.xAdd('others', '*', { beat: 'between' })
    await redis.xGroupCreate('others', 'readers', '0')
    const rounds = async () => (await stepsOf(world.ledger.database, id)).filter((step) => step.store === 'cache').map(({ round, place, state, rowsErased }) => [round, place, state, rowsErased])
    const blocked = await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-03'))
    expect(await rounds()).toEqual([[1, 'db0', 'blocked', null]])

    // They go by hand: nobody is found any more, and the entries stand in the nodes still.
    await redis.del(['others', written])
    const steps = await stepsOf(world.ledger.database, id)
    const left = judgeErasure({ ...blocked, plan: { ...blocked.plan!, round: 2, items: [] } }, steps, []).obstacles
    expect([await inNodes(), left.filter(({ store: where, because }) => where === 'cache' && because.includes('may stand in its files still')).length]).toEqual([true, 1])
    await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-04'))
    expect([(await rounds()).at(-1), await inNodes()]).toEqual([[2, 'db0', 'done', 0], false])
    expect(await obstaclesOf(world, 5)).toEqual({ status: 'complete', obstacles: [] })
  } finally {
    await world.close()
    await redis.flushAll()
  }
}, 300_000)

test.skipIf(withoutRedis)('keys whose prefix is shown with a mark are those that are declared, and go', async () => {
  const world = await createRedisWorld((text) => text, `
  - { id: accounts, controller: deezer, store: cache, tables: [{ table: "db0!/of:${guestOf(1).mail}:*", subject: id, ${columns} }] }`)
  try {
    const begins = `of:${guestOf(1).mail}:`
    await store(begins, Array.from({ length: guests }, (_, at) => guestOf(at)))
    await takeFingerprints(world.context, on('2019-04-01'))
    await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
    await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-02'))
    const steps = (await stepsOf(world.ledger.database, id)).filter((step) => step.store === 'cache')
    expect(steps.map(({ place, state, rowsErased }) => [/^db0!\/of:⟨.*⟩:\*$/.test(place), state, rowsErased])).toEqual([[true, 'done', guests]])
    expect(await redis.keys('*')).toEqual([])
  } finally {
    await world.close()
    await redis.flushAll()
  }
}, 300_000)
