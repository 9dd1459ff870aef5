import { expect, test } from 'vitest'
import { rows, sql } from '#database'
import { checkLedger, destroyNow, holdKeys, retentionPolicy, setRetention, type Tables } from '#ledger'
import { compareWithLedger, destroyDueKeys, tables } from './index.ts'
import { keep, months } from './testing.ts'

test('access logs are readable six to twelve months; the state is then what the keys that are left tell, and evidence stays', async () => {
  const kept = await keep()
  expect((await destroyDueKeys(kept.bailee, months(12) - 1)).destroyed).toEqual([])
  expect((await destroyDueKeys(kept.bailee, months(12))).destroyed).toEqual(['payload/0/access/2017-1', `payload/${kept.slot}/access/2017-1`, `payload/${kept.slot}/statement/2017-1`])
  expect(await kept.sessions()).toEqual(['s2'])
  expect(await rows(kept.own.database, sql`select person from commitment`)).toEqual([{ person: 'noa' }])
  expect(await compareWithLedger(kept.bailee)).toMatchObject({ differences: [], destroyed: 5, without: 1 })
  expect((await checkLedger({ database: kept.own.database, keys: kept.keys })).problems).toEqual([])
  await kept.close()
})

/** What entries fold into, with something done once while they are folded. */
function meanwhile(work: () => Promise<unknown>): Tables & { readonly done: Promise<unknown> } {
  const [own, done] = [tables(), Promise.withResolvers<unknown>()]
  let begun = false
  return {
    ...own, done: done.promise,
    applies: { ...own.applies, session: async (tx, entry) => {
      if (!begun) { begun = true; await work().then(done.resolve, done.reject) }
      await own.applies['session']!(tx, entry)
    } },
  }
}

test('what a key fed is folded away beside others, in this process too: what they record is folded as well, and what they destroy feeds nothing afterwards', async () => {
  const kept = await keep()
  const destroy = (id: string, into = tables()): Promise<void> => destroyNow(kept.ledger, into, { id, because: 'asked', by: 'dana', at: months(40) })
  const during = async (id: string, work: () => Promise<unknown>): Promise<void> => {
    const folding = meanwhile(work)
    await destroy(id, folding)
    await folding.done
  }
  const access = (period: string): string => `payload/${kept.slot}/access/${period}`
  await during(access('2017-1'), () => kept.session('s3', months(14)))
  expect(await kept.sessions()).toEqual(['s2', 's3'])
  // The same key: nothing is recorded twice, and no table is left behind.
  await during(access('2017-2'), () => destroy(access('2017-2')))
  expect(await kept.sessions()).toEqual(['s3'])
  expect(await rows(kept.own.database, sql`select id, times from key_destroyed order by id`)).toEqual([{ id: access('2017-1'), times: 1 }, { id: access('2017-2'), times: 1 }])
  expect(await rows(kept.own.database, sql`select nspname from pg_namespace where nspname like 'bailee_rebuilt%'`)).toEqual([])
  // Another, which fed what was folded before it went.
  await during('payload/0/people/2017', () => destroy(access('2018-1')))
  expect(await kept.sessions()).toEqual([])
  await kept.green()
  await kept.close()
})

test('a key that another process shut while it was folded, and opened again because it could not record it, feeds what it fed', async () => {
  const kept = await keep()
  const [gone, open] = ['2017-1', '2017-2'].map((period) => `payload/${kept.slot}/access/${period}`) as [string, string]
  const alone: typeof kept.ledger.alone = (work) => kept.ledger.alone({ ...work, before: async (tx) => {
    kept.keys.shut(open, 'asked')
    await work.before?.(tx)
    kept.keys.reopen(open)
  } })
  await destroyNow({ ...kept.ledger, alone }, tables(), { id: gone, because: 'asked', by: 'dana', at: months(40) })
  expect(await kept.sessions()).toEqual(['s2'])
  await kept.green()
  await kept.close()
})

test('what is held, or to be kept for longer, while it would be folded away is not destroyed', async () => {
  const kept = await keep()
  const meanwhileIn = (work: () => Promise<unknown>): typeof kept.ledger => ({ ...kept.ledger, alone: (alone) => kept.ledger.alone({ ...alone, before: async (tx) => { await alone.before?.(tx); await work() } }) })
  const hold = (): Promise<unknown> => holdKeys(kept.ledger, { slot: kept.slot, retention: 'access', because: 'a dispute', by: 'dana' }, months(14))
  const id = `payload/${kept.slot}/access/2017-1`
  await expect(destroyNow(meanwhileIn(hold), tables(), { id, because: 'asked', by: 'dana', at: months(14) })).rejects.toThrow(/is held [(]hold-[0-9a-f]{8}[)]; bailee key release/)
  expect([await kept.sessions(), kept.keys.wasDestroyed(id)]).toEqual([['s1', 's2'], false])
  const longer = async (): Promise<void> => {
    const policy = await retentionPolicy(kept.own.database)
    await setRetention(kept.ledger, { ...policy, classes: { ...policy.classes, access: { months: 12, after: 'period' } } }, months(12))
  }
  const due = await destroyDueKeys({ ...kept.bailee, ledger: meanwhileIn(longer) }, months(12))
  expect([due.destroyed, await kept.sessions()]).toEqual([[`payload/${kept.slot}/statement/2017-1`], ['s1', 's2']])
  await kept.green()
  await kept.close()
})
