import { afterAll, beforeAll, expect, test } from 'vitest'
import { allControllers } from '#contract'
import { rows, sql, type Database } from '#database'
import { recentSessions } from '#gateway'
import { allInstructions } from '#instruction'
import { openTimes } from '#ledger'
import { busyTables, folded, nouns } from './folded.ts'
import { openPast, openPresent } from './index.ts'
import { begun, keep, months, openKept, type Kept } from './testing.ts'

let kept: Kept
beforeAll(async () => { kept = await keep() })
afterAll(async () => { await kept.close() })

/** Statements that the control database was asked, as `work` does. */
const names = async (of: ReturnType<typeof openPresent>): Promise<string[]> => (await allControllers((await of.read()).database)).map(({ name }) => name)

test('what is kept is dropped when something that folds is recorded, by this process or another, and by nothing else', async () => {
  const present = openPresent(kept.bailee)
  const before = await names(present)
  expect(before.length).toBeGreaterThan(0)
  // Changed beside the ledger: nobody does, and so it shows whether the table was asked again.
  const silently = async (name: string): Promise<unknown> => rows(kept.own.database, sql`update controller set detail = jsonb_set(detail, '{name}', to_jsonb(${name}::text)) where id = 'acme'`)
  const [real = ''] = (await rows<{ name: string }>(kept.own.database, sql`select detail ->> 'name' as name from controller where id = 'acme'`)).map(({ name }) => name)
  await silently('Beside')
  expect(await names(present)).toEqual(before)
  await kept.ledger.append({ slot: kept.slot, type: 'decision.refused', at: begun, parts: { evidence: { act: {}, decision: {} } } })
  expect(await names(present)).toEqual(before)
  const another = await openKept(kept.own.database, kept.directory)
  await another.ledger.append({ slot: kept.slot, type: 'controller.notified', at: begun, parts: { evidence: { notice: 'notice-1', controller: 'acme', about: 'sub-processor', says: 'y' } } })
  expect(await names(present)).toContain('Beside')
  await silently(real)
  // What is handed out may be sorted by whoever got it.
  const { database } = await present.read()
  const instructions = await allInstructions(database)
  instructions.reverse()
  expect((await allInstructions(database)).map(({ id }) => id)).toEqual(instructions.map(({ id }) => id).toReversed())
})

test('what is no fold, or is asked of the moment, is asked each time', async () => {
  const { database } = await openPresent(kept.bailee).read()
  const counter = sql`select (select count(*) from controller) as controllers, clock_timestamp()::text as now`
  const [one] = await rows<{ now: string }>(database, counter)
  const [other] = await rows<{ now: string }>(database, counter)
  expect(one?.now).not.toBe(other?.now)
  const sessions = async (): Promise<number> => (await rows(database, sql`select id from session`)).length
  const before = await sessions()
  await kept.session('more', begun)
  expect(await sessions()).toBe(before + 1)
})

/** What tables hold that nothing of the gateway folds into. */
async function unlikeBusy(database: Database): Promise<Record<string, string | undefined>> {
  const found: Record<string, string | undefined> = {}
  for (const { name, except = [] } of folded.filter((one) => !busyTables.includes(one.name))) found[name] = (await rows<{ rows: string }>(database, sql`select coalesce(string_agg(row, '|' order by row), '') as rows from (select (to_jsonb(one) - ${[...except]}::text[])::text as row from ${sql.id(name)} as one) as every`))[0]?.rows
  return found
}

test('a past with too much of the gateway is folded without it, and says nothing of it; with too much of the rest it is refused', async () => {
  const until = Date.UTC(2027, 0) / 1000
  const refused = { code: 'ledger/past-too-long' }
  await expect(openPast(kept.bailee, { foldedMax: 1 }).standAt(until)).rejects.toMatchObject(refused)
  let most = 1
  while (await openPast(kept.bailee, { foldedMax: most }).standAt(until).then(() => false, () => true)) most += 1
  for (const [max, whole] of [[most, false], [1_000, true]] as const) {
    const past = openPast(kept.bailee, { foldedMax: max })
    try {
      const stand = await past.standAt(until)
      expect([stand.whole, [...stand.sizes.values()].reduce((sum, size) => sum + size, 0)]).toEqual([whole, await past.entries()])
      await past.read(stand, undefined, async ({ database }) => {
        const now = await allControllers(kept.own.database)
        expect((await allControllers(database)).map(({ id }) => id)).toEqual(now.map(({ id }) => id))
        expect(await unlikeBusy(database), 'without what the gateway recorded, no other table is another').toEqual(await unlikeBusy(kept.own.database))
        if (whole) expect((await recentSessions(database)).length).toBeGreaterThan(0)
        else await expect(recentSessions(database)).rejects.toMatchObject(refused)
        expect((await allInstructions(database)).length).toBeGreaterThan(0) // what was refused asked the database nothing: the tables are whole
      })
    } finally {
      await past.close()
    }
  }
})

test('where much was done at the gateway, the rest is folded first, and that when somebody reads it', async () => {
  const past = openPast(kept.bailee, { few: 1 })
  const held = async (): Promise<number> => (await rows<{ held: number }>(kept.own.database, sql`select count(*) as held from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`))[0]?.held ?? 0
  try {
    const stand = await past.standAt(Date.UTC(2027, 0) / 1000)
    expect([stand.whole, stand.lighter?.whole]).toEqual([true, false])
    let asked = 0
    const both = async ({ database }: { readonly database: Database }): Promise<number[]> => { asked += 1; return [(await allInstructions(database)).length, (await recentSessions(database)).length] }
    expect([await past.read(stand, undefined, async ({ database }) => (await allInstructions(database)).length), await held()]).toEqual([1, 1])
    const now = [(await allInstructions(kept.own.database)).length, (await recentSessions(kept.own.database)).length]
    expect([await past.read(stand, undefined, both), asked, await held()]).toEqual([now, 2, 2])
    expect([await past.read(stand, undefined, both), asked], 'what is held is read at once').toEqual([now, 3])
  } finally {
    await past.close()
  }
})

test('times are read by stretches, up to the moment asked for and no further than what is folded for one answer', async () => {
  const untils = [months(6), begun - 1, begun, Date.UTC(2027, 0) / 1000, months(11)]
  const [one, three] = [1, 3].map((stretch) => openTimes(kept.ledger, nouns, { stretch }))
  for (const until of untils) {
    const whole = await openTimes(kept.ledger, nouns).standAt(until)
    expect([await one?.standAt(until), await three?.standAt(until)]).toEqual([whole, whole])
    expect(await three?.standAt(until, [0, kept.slot])).toEqual(await openTimes(kept.ledger, nouns).standAt(until, [0, kept.slot]))
  }
  // What is not text of JSON cannot be read: so it shows how far was read.
  await rows(kept.own.database, sql`alter table other_entry disable trigger user`)
  await rows(kept.own.database, sql`update other_entry set body = 'x'::bytea where slot = ${kept.slot} and idx = (select max(idx) from other_entry where slot = ${kept.slot})`)
  await expect(openTimes(kept.ledger, nouns, { foldedMax: 1, stretch: 2 }).standAt(months(100))).rejects.toMatchObject({ code: 'ledger/past-too-long' })
  await expect(openTimes(kept.ledger, nouns, { stretch: 2 }).standAt(months(100))).rejects.toMatchObject({ code: expect.stringMatching(/^22/) as string })
  expect((await openTimes(kept.ledger, nouns, { stretch: 1 }).standAt(begun)).sizes.get(kept.slot)).toBeGreaterThan(0)
})
