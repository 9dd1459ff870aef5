import { existsSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWorld, on, type World } from '../erasure/testing.ts'
import { openFingerprints, readChanges } from './fingerprint/index.ts'
import { writeSegment } from './fingerprint/segment.ts'
import { changesFile, sealKeyOf, segmentFile } from './fingerprints.ts'
import { removeSubjects } from './forget.ts'
import { takeFingerprints } from './refresh.ts'
import { existingFingerprints } from './store.ts'
import { sweep } from './sweep.ts'

let world: World
beforeAll(async () => { world = await createWorld({ fingerprints: false }) }, 120_000)
afterAll(() => world.close())

const months = ['2019-01-01', '2019-02-01', '2019-03-01', '2019-04-01', '2019-05-01'] as const
const refresh = async (date: string) => takeFingerprints(world.context, on(date), { controller: 'deezer' })
async function copy(where = 'true'): Promise<string> {
  const { rows } = await world.run('crm', `select email, phone, user_id from crm.listener where ${where}`) as { rows: Record<string, string>[] }
  return rows.map((row) => `${row['email']},"${row['phone']}",${row['user_id']}\n`).join('')
}
const recordOf = async () => (await existingFingerprints(world.ledger.database)).find(({ id }) => id === 'listeners.0')!
const logOf = async () => readChanges(changesFile(world.context, 'listeners.0'), sealKeyOf(world.context, await recordOf()))

test('a copy is dated by the versions of values that it holds; one of rows that never changed is not', async () => {
  let [between, unchanged, records] = ['', '', '']
  const never = 'substr(user_id, 3)::int % 9 >= 5' // whose address stays as it is
  for (const [number, date] of months.entries()) {
    await refresh(date)
    await world.run('crm', `update crm.listener set email = 'm${number}.' || user_id || '@listener.example' where substr(user_id, 3)::int % 9 = ${number}`)
    if (date === '2019-02-01') between = await copy()
    await world.run('crm', `insert into crm.listener select 'FR' || (900000 + ${number} * 1000 + i), 'new${number}.' || i || '@listener.example', '+39 06 ' || (70000000 + ${number} * 100000 + i * 7919), 'free' from generate_series(1, 20) i`)
    if (date === '2019-03-01') records = await copy(never)
    await world.run('crm', `delete from crm.listener where user_id in (select user_id from crm.listener where user_id like 'FR1%' and substr(user_id, 3)::int % 9 = 8 order by user_id limit 6)`)
  }
  await refresh('2019-06-01')
  unchanged = await copy(`user_id like 'FR1%' and substr(user_id, 3)::int % 9 in (5, 6, 7)`)
  world.put('between.csv', between)
  world.put('unchanged.csv', unchanged)
  world.put('records.csv', records)
  world.put('filled.csv', between + await copy())
  const { findings } = await sweep(world.context, on('2019-06-02'))
  const made = Object.fromEntries(findings.map(({ place, detail }) => [place, detail.probablyMade]))
  expect(made['between.csv']).toMatchObject({ several: false, afterBy: { kind: 'holds' }, beforeBy: { kind: 'holds' }, because: expect.stringMatching(/^probably made not before 2019-02-01 \(it holds \d+ of \d+ values that came later\) and not after 2019-03-01 \(it holds \d+ of \d+ values that were gone by then\)$/) as string })
  expect(made['records.csv'], 'by who had come and who had not left').toMatchObject({ because: expect.stringMatching(/^probably made not before 2019-03-01 .* and not after 2019-04-01 /) as string })
  expect(made['filled.csv']).toMatchObject({ several: true, before: null, because: expect.stringMatching(/^made at several moments, or of several sources: .* gone by 2019-03-01, and it holds .* came after 2019-05-01$/) as string })
  expect(made['unchanged.csv']).toMatchObject({ after: null, before: null, because: expect.stringContaining('cannot tell') as string })
  const again = await sweep(world.context, on('2019-06-03'))
  expect(again.findings.find(({ place }) => place === 'between.csv')?.detail.probablyMade).toEqual(made['between.csv'])
})

test('who is forgotten is forgotten in the change log, too', async () => {
  const sizes = async (): Promise<number> => (await logOf())!.changes.reduce((sum, { tokens }) => sum + tokens.length, 0)
  const before = await sizes()
  await removeSubjects(world.context, { dataset: 'listeners', columns: ['email', 'user_id'], rows: async function* () { yield Buffer.from('new0.1@listener.example,FR900001\n') } }, on('2019-06-04'))
  expect(before - await sizes()).toBe(3)
})

test('in a new normal form those who had left are lost, and that is said and recorded', async () => {
  await world.run('crm', `delete from crm.listener where user_id like 'FR90000%'`)
  await refresh('2019-06-05')
  const record = await recordOf()
  const [file, sealKey] = [segmentFile(world.context, record), sealKeyOf(world.context, record)]
  const segment = await openFingerprints(file, sealKey)
  expect(segment.header.former).toBeGreaterThan(0)
  await writeSegment(file, { ...segment, header: { ...segment.header, norm: 1, forms: segment.header.forms.map(({ dropped: _, ...form }) => form) } }, { sealKey, random: (bytes) => new Uint8Array(bytes).fill(7) })
  const { refreshed, taken } = await refresh('2019-06-06')
  expect(refreshed[0]).toMatchObject({ mode: 'compare', lost: segment.header.former })
  expect(taken.find(({ id }) => id === 'listeners.0')).toMatchObject({ former: 0 })
  const [entry] = (await world.ledger.read(1, { types: ['trace.taken'] })).slice(-1)
  expect(entry?.parts['evidence']).toMatchObject({ lost: segment.header.former })
  expect((await logOf())!.changes).toEqual([])
  expect((await refresh('2019-06-07')).refreshed[0]).not.toHaveProperty('lost')
  expect(existsSync(changesFile(world.context, 'listeners.0'))).toBe(true)
})
