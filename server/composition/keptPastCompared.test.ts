/** What is kept of the past, compared with the ledger row by row. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { rows, sql, transaction } from '#database'
import { applyEstate, readEstate } from '#estate'
import { checkLedger, compareKept, openVersions, withRebuilt, type Draft, type Versions } from '#ledger'
import { changed } from '../estate/testing.ts'
import { folded } from './folded.ts'
import { compareWithLedger, destroyDueKeys, openKeptPast, tables } from './index.ts'
import { filesOf, keptVersions } from './keptPast.ts'
import { keep, months, openKept, type Kept } from './testing.ts'

let kept: Kept
let versions: Versions
beforeEach(async () => { kept = await keep(); versions = openKeptPast(kept.bailee) })
afterEach(async () => { await versions.close(); await kept.close() })

const soon = { settleMilliseconds: 0 }
const edit = (statement: string): Promise<unknown> => rows(kept.own.database, sql.raw(statement))
const renamed = (name: string, at: number): Promise<unknown> => applyEstate(kept.ledger, readEstate(changed('name: Noa,', `name: ${name},`), 'bailee.yaml'), { checked: [], unchecked: [] }, at)

/** People and gateways go on, some of them against each other in time; folded a few entries at a time. */
async function goOnTwice(): Promise<void> {
  await versions.goOn({ ...soon, chunk: 3, look: 5 })
  await kept.session('s3', months(30))
  await renamed('Nora', months(20))
  await renamed('Norma', months(31))
  for (const [slot, id, month] of [[kept.slot, 'clara', 40], [0, 'dana', 33]] as const) await kept.ledger.append({ slot, type: 'account.opened', at: months(month), parts: { people: { id, name: id, role: 'owner', person: null, controller: null, endsAt: null } } } as Draft)
  await versions.goOn({ ...soon, chunk: 2, look: 4 })
}

test('what was folded a few entries at a time is what the ledger gives, and nothing is left behind', async () => {
  await goOnTwice()
  const told: [number, number][] = []
  const { past, differences } = await compareWithLedger(kept.bailee, undefined, (done, of) => told.push([done, of]))
  expect([differences, past?.differences, past?.notCompared]).toEqual([[], [], undefined])
  expect(past?.entries).toBeGreaterThan(15)
  expect(past?.tables).toBeGreaterThan(150)
  expect(told.at(-1)).toEqual([past?.entries, past?.entries])
  expect(await rows(kept.own.database, sql`select nspname from pg_namespace where nspname like 'bailee%'`)).toEqual([])
}, 300_000)

test('so it is where entries wait to be folded', async () => {
  await goOnTwice()
  await kept.session('s4', months(32))
  let begun = 0
  const stopping = new AbortController()
  const one = openVersions(kept.ledger, { ...keptVersions(), applies: Object.fromEntries(Object.entries(keptVersions().applies).map(([noun, apply]) => [noun, (tx, entry) => { begun += 1; stopping.abort(); return apply(tx, entry) }])) as ReturnType<typeof keptVersions>['applies'] })
  await one.goOn({ ...soon, chunk: 1, stopping: stopping.signal })
  await one.close()
  expect([begun, (await rows(kept.own.database, sql`select from public_past.versions_next`)).length]).toEqual([1, 3])
  expect((await compareWithLedger(kept.bailee)).past).toMatchObject({ differences: [] })
}, 300_000)

test('rows that were changed by SQL are told by the names of their tables: of today, of then, since when, how far it is, and where nothing folds into', async () => {
  await goOnTwice()
  await edit(`alter table public_past.person disable trigger keep_version; alter table public_past.statement disable trigger keep_version`)
  for (const statement of [
    `update public_past.person set name = 'Eve' where id = 'noa'`,
    `update public_past.ended_person set name = 'Eve' where name = 'Nora'`,
    `update public_past.ended_person set past_from = past_from - 1 where name = 'Noa'`,
    `insert into public_past.ended_session select (jsonb_populate_record(one, '{"id": "never"}')).* from public_past.ended_session as one limit 1`,
    `delete from public_past.statement where session = 's1'`,
    'delete from public_past.versions_unclear',
    'update public_past.versions_log set latest = latest + 1 where slot = 0',
    'update public_past.versions_state set common = common - 1',
    `insert into public_past.log (slot, origin, kind, clock) values (7, 'never', 'controller', 'replayed')`,
  ]) await edit(statement)
  const { past, differences } = await compareWithLedger(kept.bailee)
  expect(differences).toEqual([])
  const told = past?.differences.map(({ table, onlyLive, onlyRebuilt }) => `${table.replace('public_past.', '')} ${onlyLive} ${onlyRebuilt}`).sort()
  expect(told).toEqual(['ended_person 2 2', 'ended_session 1 0', 'log 1 0', 'person 1 1', 'statement 0 1', 'versions_log 1 1', 'versions_state 1 1', 'versions_unclear 0 1'])
}, 300_000)

test('an entry that is said to wait though others build on it is told', async () => {
  await goOnTwice()
  await edit('insert into public_past.versions_next values (0, 1, 1, 0)')
  expect((await compareWithLedger(kept.bailee)).past?.differences.length).toBeGreaterThan(0)
}, 300_000)

test('what this program shows nothing of is not compared, and that is said', async () => {
  expect((await compareWithLedger(kept.bailee)).past).toMatchObject({ notCompared: 'none' })
  const another = openVersions(kept.ledger, { ...keptVersions(), program: 'another' })
  await another.goOn(soon)
  await another.close()
  expect((await compareWithLedger(kept.bailee)).past).toMatchObject({ notCompared: 'another' })
}, 300_000)

test('what was made anew since the moment that is compared is not said to be of another version', async () => {
  await goOnTwice()
  const { applies, migrations } = tables()
  const past = await withRebuilt(kept.ledger, { applies, migrations }, async (rebuilt) => {
    await edit('drop schema public_past, public_past_seen cascade')
    const gone = await compareKept(kept.ledger, { ...keptVersions(), folded }, rebuilt)
    await versions.goOn(soon)
    return [gone.notCompared, (await compareKept(kept.ledger, { ...keptVersions(), folded }, rebuilt)).notCompared]
  })
  expect(past).toEqual(['meanwhile', 'meanwhile'])
}, 300_000)

test('a comparison of a table that takes long ends for whoever destroys a key', async () => {
  await goOnTwice()
  expect((await checkLedger({ database: kept.own.database, keys: kept.keys })).pastKept).toBe(true)
  const { database } = kept.own
  const locked = Promise.withResolvers<undefined>()
  const holding = transaction(database, async (tx) => { await rows(tx, sql`lock table public_past.training in access exclusive mode`); await locked.promise })
  const another = await openKept(database, kept.directory)
  const comparing = compareWithLedger(kept.bailee)
  const waits = (table: string): Promise<number> => rows(database, sql`select from pg_locks where relation = ${table}::regclass and not granted`).then(({ length }) => length)
  await expect.poll(() => waits('public_past.training'), { timeout: 60_000 }).toBe(1)
  const destroying = destroyDueKeys(another, months(12))
  try {
    expect((await Promise.race([comparing, sleep(120_000, undefined, { ref: false })]))?.past?.notCompared).toBe('meanwhile')
  } finally {
    locked.resolve(undefined)
    await Promise.all([holding, comparing])
  }
  expect((await destroying).destroyed.length).toBeGreaterThan(0)
  expect((await checkLedger({ database, keys: kept.keys })).pastKept).toBe(false)
}, 300_000)

test('a program is named by what it is made of, its packages and the verifier among it, and by no test', () => {
  const files = filesOf()
  expect(files).toEqual(expect.arrayContaining(['package-lock.json', 'server/ledger/fold.ts', 'server/database/migrations/0001-ledger.sql', 'verifier/entry.ts']))
  expect(files.filter((file) => /node_modules|[.]test[.]ts$/.test(file))).toEqual([])
})

test('whoever destroys a key does not wait for a comparison, which then says that it was none', async () => {
  await goOnTwice()
  const another = await openKept(kept.own.database, kept.directory)
  let destroying: Promise<unknown> | undefined
  let after: string | undefined
  const { past } = await compareWithLedger(kept.bailee, undefined, () => { destroying ??= destroyDueKeys(another, months(12)).then(() => { after = 'destroyed' }) })
  await destroying
  expect(after).toBe('destroyed')
  expect([past?.notCompared === 'meanwhile' || past?.differences.length === 0]).toEqual([true])
}, 300_000)
