import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { rows, sql, type Database } from '#database'
import { countDestructions, destroyNow } from '#ledger'
import { asOf, destroyDueKeys, lookBack, openPast, tables } from './index.ts'
import { begun, held as heldBy, keep, months, openKept, type Kept } from './testing.ts'

let kept: Kept
beforeEach(async () => { kept = await keep() })
afterEach(() => kept.close())

/** What only the key of the first half of 2017 opens. */
const sessions = async ({ database }: { readonly database: Database }): Promise<string[]> => (await rows<{ id: string }>(database, sql`select id from session order by id`)).map(({ id }) => id)
/** Transactions that hold tables of the past. */
const held = async (): Promise<number> => (await rows<{ held: number }>(kept.own.database, sql`select count(*) as held from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`))[0]?.held ?? 0

test('what a key fed is let go of when it is destroyed, by this process or another, whether or not anybody asks again', async () => {
  const past = openPast(kept.bailee)
  try {
    expect(await past.letGoOfDestroyed()).toBeUndefined()
    const stand = await past.standAt(months(10))
    expect(await past.read(stand, undefined, sessions)).toEqual(['s1'])
    expect([await past.letGoOfDestroyed(), await held()]).toEqual([0, 1])
    const another = await openKept(kept.own.database, kept.directory)
    await destroyDueKeys(another, months(12))
    expect([await past.letGoOfDestroyed(), await held()]).toEqual([3, 0])
    // Asked with what was said of then before the key was destroyed, too.
    expect(await past.read(stand, undefined, sessions)).toEqual([])
    expect(await past.read(await past.standAt(months(10)), undefined, sessions)).toEqual([])
    expect(await held()).toBe(1)
  } finally {
    await past.close()
  }
  expect(await held()).toBe(0)
})

test('a key destroyed while a past is read, or is folded, is in what nobody reads afterwards', async () => {
  const past = openPast(kept.bailee)
  try {
    const stand = await past.standAt(months(10))
    const seen = await past.read(stand, undefined, async (then) => {
      const before = await sessions(then)
      await destroyDueKeys(kept.bailee, months(12))
      expect(await past.letGoOfDestroyed()).toBe(3)
      expect(await past.read(stand, undefined, sessions)).toEqual([])
      return before
    })
    expect(seen).toEqual(['s1'])
    expect(await held()).toBe(1) // the second: the first went when it was read
    // One that is folded while the key goes is folded again, before anybody reads it.
    const fresh = openPast(kept.bailee)
    const people = async ({ database }: { readonly database: Database }): Promise<number> => (await rows(database, sql`select from person`)).length
    const reading = fresh.read(await fresh.standAt(months(10)), undefined, async (then) => ({ destroyed: await countDestructions(kept.ledger), shown: await people(then) }))
    await destroyNow(kept.ledger, tables(), { id: 'payload/0/people/2017', because: 'they left', by: 'dana', at: months(40) })
    const { destroyed, shown } = await reading
    if (destroyed > 3) expect(shown).toBe(0) // the fold of what the key fed comes first, beside others: this may have been read before it was destroyed
    expect(await fresh.read(await fresh.standAt(months(10)), undefined, people)).toBe(0)
    await fresh.close()
  } finally {
    await past.close()
  }
})

test('however often it is asked for, a past is folded anew after its time', async () => {
  const past = openPast(kept.bailee, { lifeMilliseconds: 2_000 })
  try {
    const stand = await past.standAt(begun + 60)
    const backend = async ({ database }: { readonly database: Database }): Promise<number> => (await rows<{ transaction: number }>(database, sql`select pg_current_xact_id()::text::bigint as transaction`))[0]?.transaction ?? 0
    const first = await past.read(stand, undefined, backend)
    expect(await past.read(stand, undefined, backend)).toBe(first)
    await vi.waitFor(async () => { expect(await held()).toBe(0) }, 30_000)
    expect(await past.read(stand, undefined, backend)).not.toBe(first)
  } finally {
    await past.close()
  }
})

test('who looks back on a long ledger is shown what a whole fold shows, and only who reads what was done at the gateway waits for that to be folded', async () => {
  const begunOf = async (work: (then: { readonly database: Database }) => Promise<unknown>, until = months(10)): Promise<{ readonly shown: unknown; readonly times: number }> => {
    let times = 0
    const shown = await lookBack(kept.bailee, until, (then) => { times += 1; return work(then) }, { wholeMax: 0 })
    return { shown, times }
  }
  const people = async ({ database }: { readonly database: Database }): Promise<unknown> => rows(database, sql`select id, name from person order by id`)
  for (const until of [begun - 1, begun, months(10), months(40)]) expect(await begunOf(people, until)).toEqual({ shown: await asOf(kept.bailee, until, people), times: 1 })
  const all = async ({ database }: { readonly database: Database }): Promise<unknown> => heldBy(database)
  expect(await begunOf(all)).toEqual({ shown: await asOf(kept.bailee, months(10), all), times: 2 })
  expect((await begunOf(sessions)).shown).toEqual(['s1'])
  expect(await held()).toBe(0)
})
