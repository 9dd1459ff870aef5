/** What happens around what is kept of the past: many readers, restores, other programs, ends midway, clocks. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { rows, sql, transaction } from '#database'
import { applyEstate, readEstate } from '#estate'
import { newestDecisions, openVersions, type Draft, type KeptVersions, type Versions } from '#ledger'
import { changed } from '../estate/testing.ts'
import { folded, nouns } from './folded.ts'
import { applies, asOf, destroyDueKeys, keepOn, openKeptPast, openPast, tables } from './index.ts'
import { held, keep, months, openKept, type Kept } from './testing.ts'

let kept: Kept
let versions: Versions
beforeEach(async () => { kept = await keep(); versions = openKeptPast(kept.bailee) })
afterEach(async () => { await versions.close(); await kept.close() })

const soon = { settleMilliseconds: 0 }
const keptAt = async (moment: number, of = versions): Promise<Record<string, string> | undefined> => (await of.read(moment, held))?.result
const foldedAt = (moment: number): Promise<Record<string, string>> => asOf(kept.bailee, moment, ({ database }) => held(database))
const stateNow = async (): Promise<{ readonly identity: string; readonly folded: number } | undefined> => (await rows<{ identity: string; folded: number }>(kept.own.database, sql`select identity, folded from public_past.versions_state`).catch(() => []))[0]
const refusedTimes = (count: number, at: number): Promise<unknown> => kept.ledger.append(Array.from({ length: count }, () => ({ slot: kept.slot, type: 'decision.refused', at, parts: { evidence: { act: {}, decision: {} } } })) as Draft[])
const renamed = (name: string, at: number): Promise<unknown> => applyEstate(kept.ledger, readEstate(changed('name: Noa,', `name: ${name},`), 'bailee.yaml'), { checked: [], unchecked: [] }, at)
const account = (slot: number, id: string, at: number): Promise<unknown> => kept.ledger.append({ slot, type: 'account.opened', at, parts: { people: { id, name: id, role: 'owner', person: null, controller: null, endsAt: null } } } as Draft)
const unclearNow = (): Promise<unknown> => rows(kept.own.database, sql`select past_from as "from", past_to as "to" from public_past.versions_unclear order by 1`)
const opened = (given: Partial<KeptVersions> & Pick<KeptVersions, 'program'>): Versions => openVersions(kept.ledger, { applies, migrations: tables().migrations, tables: folded.map(({ name }) => name), recorded: nouns.recorded, ...given })

/** Goes on, and resolves the second when it has looked how far the logs are and begins to wait until what was being written is there: it asks then for how long. */
function waitingOn(one: Versions, { settleMilliseconds, ...given }: NonNullable<Parameters<Versions['goOn']>[0]> & { readonly settleMilliseconds: number }): readonly [ReturnType<Versions['goOn']>, Promise<unknown>] {
  const asked = Promise.withResolvers<undefined>()
  const going = one.goOn({ ...given, get settleMilliseconds() { asked.resolve(undefined); return settleMilliseconds } })
  return [going, Promise.race([asked.promise, going])]
}

test('twice as many readers as there are connections are answered, each of whom reads an entry, and something is recorded meanwhile', async () => {
  await versions.goOn(soon)
  const past = openPast(kept.bailee, { kept: versions })
  const readers = Array.from({ length: 26 }, async () => past.read(await past.standAt(months(10)), undefined, async ({ database }) => {
    await rows(database, sql`select count(*) from person`)
    await sleep(100)
    return newestDecisions(kept.ledger, { until: months(10), limit: 1 })
  }))
  await sleep(50)
  await refusedTimes(1, months(20))
  expect(await Promise.all(readers)).toHaveLength(26)
  await past.close()
}, 300_000)

test('a ledger that was restored behind what is kept is not told, and is made anew', async () => {
  await kept.session('gone', months(20))
  await versions.goOn(soon)
  const { own: { database }, slot } = kept
  await rows(database, sql`alter table other_entry disable trigger user`)
  await rows(database, sql`alter table decision_entry disable trigger user`)
  await rows(database, sql`delete from further_part where slot = ${slot} and idx >= (select size - 4 from head where slot = ${slot})`)
  for (const table of ['other_entry', 'decision_entry']) await rows(database, sql`delete from ${sql.id(table)} where slot = ${slot} and idx >= (select size - 4 from head where slot = ${slot})`)
  await rows(database, sql`update head set size = size - 4 where slot = ${slot}`)
  expect([await versions.tell(months(40)), await versions.why(months(40)), await keptAt(months(10))]).toEqual([undefined, 'none', undefined])
  // As many others came since: another history of the same length.
  const last = (await rows<{ idx: number }>(database, sql`select max(idx) as idx from entry where slot = ${slot}`))[0]?.idx ?? 0
  for (let more = 1; more <= 5; more += 1) await rows(database, sql`insert into other_entry (slot, idx, leaf, body) select slot, idx + ${more}, sha256(leaf || ${String(more)}::bytea), body from entry where slot = ${slot} and idx = ${last}`)
  await rows(database, sql`update head set size = size + 5 where slot = ${slot}`)
  expect(await versions.tell(months(40))).toBeUndefined()
  await rows(database, sql`delete from other_entry where slot = ${slot} and idx > ${last}`)
  await rows(database, sql`update head set size = ${last + 1} where slot = ${slot}`)
  expect(await versions.goOn(soon)).toBeGreaterThan(10)
  expect((await keptAt(months(40)))?.['session']).not.toContain('gone')
})

test('a program goes on only with what it began with, and an older one leaves what a newer one keeps', async () => {
  const nothing = (): Promise<void> => Promise.resolve()
  const older = opened({ program: 'older', started: 1, applies: { ...applies, session: nothing, lease: nothing, statement: nothing } })
  const newer = opened({ program: 'newer', started: 2 })
  await older.goOn(soon)
  await kept.session('s3', months(14))
  const settled = new AbortController()
  const [first, waits] = waitingOn(older, { settleMilliseconds: 3_600_000, stopping: settled.signal })
  await waits
  const stopped = new AbortController()
  stopped.abort()
  await expect.poll(() => newer.goOn({ ...soon, stopping: stopped.signal }), { message: 'it makes everything anew, and folds nothing yet' }).toBe(0)
  settled.abort()
  expect(await first).toBeUndefined()
  expect(await older.goOn(soon)).toBeUndefined()
  expect(await newer.goOn(soon)).toBeGreaterThan(10)
  expect(await keptAt(months(40), newer)).toEqual(await foldedAt(months(40)))
  expect(await older.tell(months(40))).toBeUndefined()
  expect(await opened({ program: 'before a migration', started: 3, migrations: tables().migrations.slice(0, -1) }).goOn(soon)).toBeUndefined()
  await Promise.all([older.close(), newer.close()])
}, 300_000)

test('what was folded with another version of PostgreSQL, or another collation, is not told, and is made anew', async () => {
  await versions.goOn(soon)
  const [state] = await rows<{ server: string; major: string }>(kept.own.database, sql`select server, current_setting('server_version_num')::integer / 10000 || ' ' as major from public_past.versions_state`)
  expect(state?.server.startsWith(state.major)).toBe(true)
  const before = await stateNow()
  for (const other of [`'9' || server`, `server || '.1'`]) {
    await rows(kept.own.database, sql.raw(`update public_past.versions_state set server = ${other}`))
    expect([await versions.tell(months(40)), await versions.why(months(40)), await keptAt(months(10))]).toEqual([undefined, 'none', undefined])
    expect(await versions.goOn(soon)).toBeGreaterThan(10)
    expect(await versions.why(months(10))).toBeUndefined()
  }
  expect((await stateNow())?.identity).not.toBe(before?.identity)
}, 300_000)

test('stopped after any entry, the next goes on from there, also where what folds into nothing stands behind it', async () => {
  await refusedTimes(3, months(12))
  await renamed('Nora', months(13))
  await kept.session('s3', months(14))
  await refusedTimes(2, months(15))
  await renamed('Norma', months(16))
  let made: string | undefined
  let folds = 0
  for (let turn = 0; turn < 60; turn += 1) {
    const stopping = new AbortController()
    const one = opened({ program: 'same', started: 1, applies: Object.fromEntries(Object.entries(applies).map(([noun, apply]) => [noun, (tx, entry) => { stopping.abort(); return apply(tx, entry) }])) as typeof applies })
    const count = await one.goOn({ ...soon, chunk: 1, look: 7, stopping: stopping.signal })
    if (count === 0) break
    folds += count ?? 0
    made ??= (await stateNow())?.identity
  }
  expect(await stateNow()).toMatchObject({ identity: made, folded: folds })
  const last = opened({ program: 'same', started: 1 })
  expect(await keptAt(months(40), last)).toEqual(await foldedAt(months(40)))
  await last.close()
}, 300_000)

test('an entry that knew less than was folded has everything made anew, and whoever keeps it on does so though nothing more is recorded', async () => {
  await versions.goOn(soon)
  const before = await stateNow()
  await rows(kept.own.database, sql`update public_past.versions_state set common = common + 1000`)
  await kept.session('late', months(30))
  const keeping = keepOn(versions, { report: () => undefined, entriesMin: 1, everyMilliseconds: 100 })
  try {
    await expect.poll(() => versions.tell(months(40)), { timeout: 60_000 }).toBeDefined()
  } finally {
    await keeping.close()
  }
  expect((await stateNow())?.identity).not.toBe(before?.identity)
  expect(await keptAt(months(40))).toEqual(await foldedAt(months(40)))
}, 300_000)

test('while whoever destroys a key waits for a reader, entries are recorded, and neither meets the other in a lock', async () => {
  await versions.goOn(soon)
  const another = await openKept(kept.own.database, kept.directory)
  let destroying: Promise<unknown> = Promise.resolve()
  const read = await versions.read(months(10), async (tx) => {
    await rows(tx, sql`select count(*) from person`)
    destroying = destroyDueKeys(another, months(12))
    await expect.poll(async () => (await rows<{ waits: number }>(kept.own.database, sql`select count(*)::integer as waits from pg_locks where not granted`))[0]?.waits, { timeout: 25_000 }).toBeGreaterThan(0)
    await refusedTimes(1, months(12))
    return rows(tx, sql`select (select count(*) from controller) + (select count(*) from contract) + (select count(*) from session) + (select count(*) from training) as count`)
  })
  expect(read?.result).toHaveLength(1)
  await destroying
  expect([await stateNow(), await versions.why(months(10))]).toEqual([undefined, 'none'])
}, 300_000)

test('a clock in the future leaves the past of all others to be told, until its day and after it', async () => {
  await versions.goOn(soon)
  await kept.session('ahead', Date.UTC(2200, 0) / 1000)
  await renamed('Nora', months(20))
  await versions.goOn(soon)
  for (const moment of [months(20)]) expect([moment, await keptAt(moment)]).toEqual([moment, await foldedAt(moment)])
  const later = { ...soon, now: Date.UTC(2300, 0) / 1000 }
  await versions.goOn(later)
  await versions.goOn(later)
  for (const moment of [months(20), Date.UTC(2200, 2) / 1000]) expect([moment, await keptAt(moment)]).toEqual([moment, await foldedAt(moment)])
}, 300_000)

test('on the day of a clock that was far ahead, what was just made is not made anew for each of its entries: they wait, and hide no moment before theirs', async () => {
  const day = Date.UTC(2200, 0, 1) / 1000
  for (let minute = 0; minute < 4; minute += 1) await kept.session(`ahead ${minute}`, day + minute * 60)
  await renamed('Nora', months(20))
  await versions.goOn(soon)
  // As large as one that takes minutes to fold.
  await rows(kept.own.database, sql`update public_past.versions_state set folded = folded + 1000000`)
  const made = (await stateNow())?.identity
  for (let minute = 0; minute < 4; minute += 1) {
    await renamed(`Nora ${minute}`, months(21 + minute))
    expect(await versions.goOn({ ...soon, now: day + minute * 60 - 3_600 })).toBeGreaterThan(0)
    expect([(await stateNow())?.identity, await versions.why(months(30)), await versions.why(day - 1), await versions.why(day)]).toEqual([made, undefined, undefined, 'behind'])
    expect(await keptAt(months(30))).toEqual(await foldedAt(months(30)))
  }
  // In its time it is, once, for all of them.
  await rows(kept.own.database, sql`update public_past.versions_state set made_at = made_at - interval '4 hours'`)
  const later = { ...soon, now: day + 3_600 }
  expect(await versions.goOn(later)).toBeUndefined()
  expect(await versions.goOn(later)).toBeGreaterThan(10)
  expect((await stateNow())?.identity).not.toBe(made)
  for (const moment of [months(30), day - 1, day + 90, day + 86_400]) expect([moment, await keptAt(moment)]).toEqual([moment, await foldedAt(moment)])
}, 300_000)

test('what an earlier program kept in another way is made anew, and a schema of somebody else that has the name is left', async () => {
  await versions.goOn(soon)
  await rows(kept.own.database, sql`alter table public_past.versions_state drop column identity, drop column made_at`)
  expect([await versions.tell(months(40)), await versions.why(months(40))]).toEqual([undefined, 'none'])
  expect(await versions.goOn(soon)).toBeGreaterThan(10)
  await rows(kept.own.database, sql`drop schema public_past, public_past_seen cascade`)
  await rows(kept.own.database, sql`create schema public_past`)
  await rows(kept.own.database, sql`create table public_past.archive as select 1 as one`)
  await expect(versions.goOn(soon)).rejects.toThrow()
  await destroyDueKeys(kept.bailee, months(12))
  expect(await rows(kept.own.database, sql`select one from public_past.archive`)).toEqual([{ one: 1 }])
})

test('who asked for all controllers is told why their past is not there, who asked for some nothing of all', async () => {
  const past = openPast(kept.bailee, { kept: versions, foldedMax: 1 })
  const said = (slots?: readonly number[]): Promise<string> => past.standAt(months(40), slots).then(() => 'told', (cause: unknown) => (cause as Error).message)
  expect(await said()).toContain('is not there yet')
  expect(await said([0, kept.slot])).not.toContain('all controllers')
  await versions.goOn(soon)
  expect(await said()).toBe('told')
  await account(kept.slot, 'clara', months(38))
  expect(await said()).toContain('was recorded last')
  await account(0, 'dana', months(31))
  await versions.goOn(soon)
  const between = await past.standAt(months(32)).then(() => 'told', (cause: unknown) => (cause as Error).message)
  expect(between).toContain('against each other')
  await past.close()
})

test('what comes later than somebody who has been recording for long is not folded before that is there', async () => {
  await versions.goOn(soon)
  const writing = Promise.withResolvers<undefined>()
  const holding = transaction(kept.own.database, async (tx) => { await rows(tx, sql`update head set size = size where slot = ${kept.slot}`); await writing.promise })
  await expect.poll(async () => (await rows(kept.own.database, sql`select from pg_locks where database = (select oid from pg_database where datname = current_database()) and relation = 'head'::regclass and mode = 'RowExclusiveLock'`)).length, { timeout: 10_000 }).toBeGreaterThan(0)
  let settled = false
  const [looking, waits] = waitingOn(versions, soon)
  const going = looking.finally(() => { settled = true })
  try {
    await waits
    await sleep(300)
    expect(settled).toBe(false)
    await renamed('Nora', months(20)) // whoever begins afterwards is not waited for
  } finally {
    writing.resolve(undefined)
    await holding
  }
  expect(await going).toBe(0)
  expect(await versions.goOn(soon)).toBeGreaterThan(0)
}, 300_000)

test('the key of a moment stays the same while what is recorded counts later, and changes where it counts then', async () => {
  await versions.goOn(soon)
  const keys = async (): Promise<(string | undefined)[]> => [(await versions.tell(months(10)))?.key, (await versions.tell(months(25)))?.key, (await versions.tell(months(40)))?.key]
  const first = await keys()
  expect(new Set(first).size).toBe(3)
  await kept.session('s3', months(30))
  await refusedTimes(1, months(41))
  await versions.goOn(soon)
  const second = await keys()
  expect([second[0] === first[0], second[1] === first[1], second[2] === first[2]]).toEqual([true, true, false])
  // A refusal folds into nothing; answers hold it all the same.
  await kept.ledger.append({ slot: 0, type: 'decision.refused', at: months(20), parts: { evidence: { act: {}, decision: {} } } } as Draft)
  expect((await keys())[1], 'behind').toBeUndefined()
  await versions.goOn(soon)
  const third = await keys()
  expect([third[0] === second[0], third[1] === second[1]]).toEqual([true, false])
  // Recorded late, by a clock behind that of its log: lists that go by the moment of an entry hold it at that moment.
  const refused = async (at: number): Promise<void> => { await kept.ledger.append({ slot: 0, type: 'decision.refused', at, parts: { evidence: { act: {}, decision: {} } } } as Draft) }
  await refused(months(45))
  await versions.goOn(soon)
  const fourth = await keys()
  await refused(months(24))
  await versions.goOn(soon)
  const fifth = await keys()
  expect([fifth[0] === fourth[0], fifth[1] === fourth[1]]).toEqual([true, false])
}, 300_000)

test('moments that are unclear are kept as few stretches, and no longer than to the last change that was looked at, whoever recorded against the time of others', async () => {
  await versions.goOn(soon)
  await account(kept.slot, 'clara', months(30))
  await kept.session('s3', months(36))
  for (const [name, month] of [['nora', 20], ['norma', 22], ['nadia', 24]] as const) await account(0, name, months(month))
  await versions.goOn(soon)
  expect(await unclearNow()).toEqual([{ from: months(20), to: months(30) }])
  for (const month of [19, 20, 23, 29, 30, 34]) expect([month, await versions.why(months(month))]).toEqual([month, month < 20 || month >= 30 ? undefined : 'unclear'])
  for (const month of [30, 60]) expect([month, await keptAt(months(month))]).toEqual([month, await foldedAt(months(month))])
}, 300_000)

test('where an entry of the common log looks at what a log ahead of it changed, the moments between are not told; a row that both change is so from when it was made, and ends nothing', async () => {
  const looking = (program: string, query: string): Versions => opened({ program, started: Date.now() + 1, applies: { ...applies, people: async (tx, entry) => { await applies['people']!(tx, entry); for (const one of query.split(';')) await rows(tx, sql.raw(one)) } } })
  await kept.session('s3', months(30))
  await renamed('Nora', months(20))
  for (const [program, query] of [['finds nothing', `select from session where id = 'nobody'`], ['changes', `update session set purpose = 'changed' where id = 's3'; delete from statement where session = 's3'`]] as const) {
    const one = looking(program, query)
    expect(await one.goOn({ ...soon, restedSeconds: 0 })).toBeGreaterThan(10)
    expect([await one.why(months(19)), await one.why(months(20)), await one.why(months(29))]).toEqual([undefined, 'unclear', 'unclear'])
    const then = await keptAt(months(40), one)
    if (program === 'changes') expect([then?.['session'], then?.['statement']]).toEqual([expect.stringContaining('changed'), expect.not.stringContaining('s3')])
    await one.close()
  }
}, 300_000)

test('a list at a moment does not read all that ever ended', async () => {
  await versions.goOn(soon)
  const { own: { database }, slot } = kept
  await rows(database, sql`insert into public_past.ended_session select (jsonb_populate_record(null::public_past.ended_session, to_jsonb(one) || jsonb_build_object('id', 'ended ' || number, 'opened_at', number, 'past_from', number * 1000, 'past_to', number * 1000 + 1500))).* from public_past.session as one, generate_series(1, 3000) as number where one.id = 's1'`)
  await rows(database, sql`analyze public_past.ended_session`)
  const read = await versions.read(months(10), async (tx) => (await rows<{ 'QUERY PLAN': string }>(tx, sql`explain select id from session where slot = ${slot} order by opened_at desc, id limit 20`)).map((line) => line['QUERY PLAN']).join('\n'))
  expect(read?.result).toMatch(/Index Scan .*on ended_session/)
  expect(read?.result).not.toContain('Seq Scan on ended_session')
})
