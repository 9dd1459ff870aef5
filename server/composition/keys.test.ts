import { expect, test } from 'vitest'
import { rows, sql } from '#database'
import { checkLedger } from '#ledger'
import { compareWithLedger, destroyDueKeys } from './index.ts'
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
