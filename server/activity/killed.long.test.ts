import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allDerived } from '#inventory'
import { recentSessions } from '#gateway'
import { allActivities, scheduleActivity, schedulesAt, settleActivities } from './index.ts'
import { createActivityWorld, on, query, type World } from './testing.ts'

let world: World
beforeAll(async () => { world = await createActivityWorld() })
afterAll(() => world.close())

const child = (...verb: string[]): string[] => [join(import.meta.dirname, 'testing.child.ts'), world.controlUrl, world.bailee.directory, ...verb]
const tables = async (): Promise<string[]> => (await world.run(`select relname from pg_class where relname like 'a\\_%' order by 1`)).rows.map((row) => (row as { relname: string }).relname)

test('killed anywhere, an activity is known and what it made is registered, or there is nothing', async () => {
  const { bailee } = world
  for (const [failpoint, kept] of [['activity/begun', 0], ['activity/uncommitted', 0], ['activity/committed', 1]] as const) {
    const before = (await tables()).length
    const killed = spawnSync(process.execPath, child('run', '2019-03-01'), { encoding: 'utf8', env: { ...process.env, BAILEE_FAILPOINT: failpoint } })
    expect(killed, `${failpoint}: ${killed.stderr}`).toMatchObject({ signal: 'SIGKILL' })
    const [begun] = (await allActivities(bailee.database)).filter(({ state }) => state === 'begun')
    expect(begun, failpoint).toBeDefined()
    await expect.poll(async () => (await tables()).length - before, { timeout: 60_000, message: failpoint }).toBe(kept)
    await expect.poll(() => settleActivities(bailee, on('2019-03-02')), { timeout: 60_000 }).toMatchObject([{ id: begun?.id }]) // when the database has let go of what the dead process held
    expect(await settleActivities(bailee, on('2019-03-02'))).toEqual([])
    expect((await allDerived(bailee.database)).filter(({ droppedAt }) => droppedAt === null).map(({ place }) => place.split('.')[1]).sort(), failpoint).toEqual(await tables())
    expect(await recentSessions(bailee.database, { open: true })).toEqual([])
    expect((await allActivities(bailee.database)).find(({ id }) => id === begun?.id)?.because).toContain(kept === 1 ? 'is registered' : 'nothing of it is known to be there')
  }
})

test('of several processes that look at the same time, one runs what is due; a run that was killed is not run again for the same time, and is told', async () => {
  const { bailee } = world
  await scheduleActivity(bailee, { instruction: 'INS-1', person: 'noa', ...query('select count(*) as people from crm.listener'), cron: '0 3 * * *', zone: 'UTC' }, on('2019-03-03'))
  const look = (at: string) => new Promise<string>((done) => { const looking = spawn(process.execPath, child('due', at), { stdio: ['ignore', 'pipe', 'inherit'] }); let said = ''; looking.stdout.on('data', (piece: Buffer) => { said += piece.toString() }); looking.on('close', () => { done(said) }) })
  const made = (await Promise.all([look('2019-03-03T03:00:05Z'), look('2019-03-03T03:00:05Z'), look('2019-03-03T03:00:06Z')])).join('').trim().split('\n')
  expect(made).toEqual([expect.stringMatching(/^A-/)])
  expect(spawnSync(process.execPath, child('due', '2019-03-04T03:00:05Z'), { env: { ...process.env, BAILEE_FAILPOINT: 'activity/begun' } })).toMatchObject({ signal: 'SIGKILL' })
  expect(await look('2019-03-04T04:00:00Z')).toBe('')
  await expect.poll(() => settleActivities(bailee, on('2019-03-04T04:00:00Z')).then(async () => (await schedulesAt(bailee, on('2019-03-04T04:00:00Z')))[0]?.alarms)).toEqual([expect.stringContaining('was not made: stopped')])
  expect((await allActivities(bailee.database)).filter(({ schedule }) => schedule !== null).map(({ dueAt, state }) => [dueAt, state])).toEqual([[on('2019-03-03T03:00:00Z'), 'made'], [on('2019-03-04T03:00:00Z'), 'stopped']])
})
