import { createHash } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allDerived, allStores } from '#inventory'
import { traceContext } from '#composition'
import { certify, confirmErasure, endContract, judgeErasure, runErasure, stepsOf } from '#erasure'
import { lookAtResults, recentSessions } from '#gateway'
import { sweep, takeFingerprints } from '#trace'
import { dueReminders } from '#reminder'
import { allActivities, registerModel, runActivity, runDue, scheduleActivity, schedulesAt, unscheduleActivity } from './index.ts'
import { createActivityWorld, on, query, type World } from './testing.ts'

let world: World
beforeAll(async () => { world = await createActivityWorld() })
afterAll(() => world.close())

const noa = { instruction: 'INS-1', person: 'noa' }
const heavy = query('select user_id, email, country from crm.listener where tracks_per_day >= 60 order by user_id; -- those who listen most')
const there = async () => (await allDerived(world.bailee.database)).filter(({ droppedAt }) => droppedAt === null)
const types = async (prefix: string) => (await world.bailee.ledger.read(1)).map(({ type }) => type).filter((type) => type.startsWith(prefix))

test('a query becomes a derived dataset of its controller, in a session like any other, with what it was made from', async () => {
  const made = await runActivity(world.bailee, { ...noa, ...heavy }, on('2019-03-01'))
  expect(made).toMatchObject({ state: 'made', controller: 'deezer', contract: 'deezer-2016', instruction: 'INS-1', store: 'crm', person: 'noa', purpose: 'Marketing', schedule: null })
  expect(made.made).toMatchObject({ columns: ['user_id', 'email', 'country'], rows: 90, lineage: { tables: [{ table: 'crm.listener', dataset: 'listeners', derived: null, columns: ['email', 'country', 'user_id', 'tracks_per_day'] }] } })
  expect((await world.run(`select count(*)::int as n from ${made.made?.place}`)).rows).toEqual([{ n: 90 }])
  expect(await there()).toMatchObject([{ id: made.made?.derived, place: made.made?.place, session: made.made?.session, person: 'noa', from: ['listeners'], columns: ['user_id', 'email', 'country'] }])
  const [session] = await recentSessions(world.bailee.database)
  expect(session).toMatchObject({ id: made.made?.session, person: 'noa', because: 'client left', counts: { written: 90 } })
  expect(await types('decision')).toEqual(['decision.allowed', 'decision.allowed'])
})

test('what it may not do is refused, recorded with its reason, and leaves nothing', async () => {
  const before = (await there()).length
  const refused = async (request: Partial<Parameters<typeof runActivity>[1]>, at = '2019-03-02') => runActivity(world.bailee, { ...noa, ...heavy, ...request }, on(at)).then(() => 'made', ({ message }: Error) => message)
  expect(await refused({ instruction: 'INS-2' })).toContain('not covered by INS-2: operation')
  expect(await refused({ person: 'dana' })).toContain('commitment, grant')
  expect(await refused({}, '2020-12-01')).toContain('contract')
  expect(await refused(query('select note from crm.listener'))).toMatch(/42501: .*not covered by INS-1: data/)
  expect(await refused(query("select 'ana@people.example'::int"))).not.toContain('ana@')
  const taken = await refused(query("select replace(email, '.', '_')::regclass::text as x from crm.listener where tracks_per_day >= 60")) // the address as the name of a table
  expect(taken).toMatch(/the database answered 42P01/)
  expect(taken).not.toMatch(/@|_example/)
  expect(await refused(query('select user_id from crm.listener'))).toContain('budget spent')
  for (const text of ['select 1; drop table crm.listener', 'delete from crm.listener', 'with d as (delete from crm.listener returning user_id) select * from d', 'select 1 into kept']) expect(await refused(query(text)), text).toMatch(/the database answered|its session was ended/)
  for (const [text, says] of [['  ', 'empty'], ['select 1\0', 'one query'], [`select '${'x'.repeat(16_384)}'`, 'one query']] as const) expect(await refused(query(text))).toContain(says)
  const ended = (await allActivities(world.bailee.database)).filter(({ state }) => state !== 'made')
  expect(ended.map(({ state, because }) => `${state}: ${because ?? ''}`)).toEqual(expect.arrayContaining([
    expect.stringMatching(/^refused: not covered by INS-2: operation/), expect.stringMatching(/^refused: not covered by INS-1: commitment, grant/), 'failed: the database answered 42501',
    'failed: the database answered 22P02 at character 8', 'failed: its session was ended: budget spent', expect.stringMatching(/^failed: the database answered 42601/),
  ]))
  expect(JSON.stringify(ended)).not.toContain('ana@')
  expect(await there()).toHaveLength(before)
  expect((await world.run('select count(*)::int as n from crm.listener')).rows).toEqual([{ n: 300 }])
})

test('what is scheduled runs once for each due time, whoever looks; what nobody ran is counted, not made up for; older results go, and a due time that is late is told', async () => {
  const { bailee } = world
  const weekly = { ...noa, ...heavy, cron: '30 2 * * 1', zone: 'Europe/Paris', keep: 1 }
  await expect(scheduleActivity(bailee, { ...weekly, instruction: 'INS-2' }, on('2019-03-03'))).rejects.toMatchObject({ code: 'activity/not-covered' })
  await expect(scheduleActivity(bailee, { ...weekly, cron: '0 0 30 2 *' }, on('2019-03-03'))).rejects.toThrow('is never due')
  const { id } = await scheduleActivity(bailee, weekly, on('2019-03-03'))
  expect(await schedulesAt(bailee, on('2019-03-03'))).toMatchObject([{ schedule: { id }, next: on('2019-03-04T01:30:00Z'), late: false, alarms: [] }])
  expect((await runDue(bailee, on('2019-03-04T01:29:59Z'))).made).toEqual([])
  const looks = await Promise.all([0, 1, 2].map(() => runDue(bailee, on('2019-03-04T01:31:00Z'))))
  const [first, ...others] = looks.flatMap(({ made }) => made)
  expect([others, looks.flatMap(({ not }) => not)]).toEqual([[], []])
  expect(first).toMatchObject({ schedule: id, dueAt: on('2019-03-04T01:30:00Z'), state: 'made' })
  const late = on('2019-04-02')
  expect(await schedulesAt(bailee, late)).toMatchObject([{ late: true, lateFor: on('2019-03-11T01:30:00Z'), next: on('2019-04-08T00:30:00Z'), alarms: [expect.stringContaining('was not begun')] }])
  const alarms = async (): Promise<string[]> => (await dueReminders(bailee.ledger, late)).filter(({ kind }) => kind === 'activity').map((one) => one.id)
  expect(await alarms()).toEqual(['owner', 'noa'].map((whom) => `activity/${id}/late/${on('2019-03-11T01:30:00Z')}/${whom}`))
  const { made: [second] } = await runDue(bailee, late)
  expect(second).toMatchObject({ dueAt: on('2019-04-01T00:30:00Z') })
  expect(await schedulesAt(bailee, late)).toMatchObject([{ late: false, schedule: { missed: 3 }, last: { id: second?.id } }])
  expect(await alarms()).toEqual([])
  expect((await world.run(`select to_regclass('${first?.made?.place}') as old, to_regclass('${second?.made?.place}') is not null as new`)).rows).toEqual([{ old: null, new: true }])
  expect((await there()).map(({ id: one }) => one)).not.toContain(first?.made?.derived)
  expect(JSON.stringify((await bailee.ledger.read(1, { types: ['activity.scheduled'] })).map(({ parts }) => parts.evidence))).not.toContain('select')
  await unscheduleActivity(bailee, id, late)
  expect((await runDue(bailee, on('2019-05-01'))).made).toEqual([])
})

test('what is due and fails before it begins is recorded and not tried again, and what is due after it runs', async () => {
  const { bailee } = world
  const whose = { controller: 'deezer', contract: 'deezer-2016', instruction: 'INS-1', store: 'crm', person: 'noa', purpose: 'Marketing', name: 'lost.sql', cron: '30 2 * * 1', zone: 'Europe/Paris', keep: null }
  for (const [id, person] of [['S-lost', 'noa'], ['S-words', 'noa']] as const) {
    const text = id === 'S-lost' ? heavy.text : "select replace(email, '.', '_')::regclass::text as x from crm.listener where tracks_per_day >= 60"
    await bailee.ledger.append({ slot: 1, type: 'activity.scheduled', at: on('2019-05-01'), parts: { evidence: { id, ...whose, person, sha256: id === 'S-lost' ? '00' : createHash('sha256').update(text).digest('hex') }, instruction: { id, text } } })
  }
  const { not } = await runDue(bailee, on('2019-05-06T00:31:00Z'))
  expect(not).toMatchObject([{ schedule: 'S-lost', because: expect.stringContaining('cannot be read') }, { schedule: 'S-words', because: expect.stringMatching(/^the database answered 42P01( at character \d+)?$/) }])
  expect(await runDue(bailee, on('2019-05-06T00:32:00Z'))).toMatchObject({ made: [], not: [] })
  expect((await schedulesAt(bailee, on('2019-05-06T00:32:00Z'))).map(({ late, last }) => [late, last?.state])).toEqual([[false, 'refused'], [false, 'failed']])
  for (const id of ['S-lost', 'S-words']) await unscheduleActivity(bailee, id, on('2019-05-06T01:00:00Z'))
})

test('what failed is tried again as often and as late as was scheduled, each try once and recorded, until it is made; what was refused is not', async () => {
  const { bailee } = world
  const text = 'select count(*) as people, max(1 / (select count(*) from crm.listener where user_id = \'FR-none\')) as share from crm.listener'
  await expect(scheduleActivity(bailee, { ...noa, ...query(text), cron: '0 6 * * *', zone: 'UTC', retries: 6 }, on('2019-06-01'))).rejects.toThrow('from 0 to 5')
  const { id } = await scheduleActivity(bailee, { ...noa, ...query(text), cron: '0 6 * * *', zone: 'UTC', retries: 2 }, on('2019-06-01T12:00:00Z'))
  const due = on('2019-06-02T06:00:00Z')
  const tries = async () => (await allActivities(bailee.database)).filter(({ schedule }) => schedule === id).map(({ attempt, state, dueAt, begunAt }) => `${attempt} ${state} ${(dueAt ?? 0) - due} ${begunAt - due}`).sort()
  expect((await Promise.all([5, 5].map((late) => runDue(bailee, due + late)))).flatMap(({ not }) => not)).toMatchObject([{ schedule: id, because: expect.stringContaining('22012') }])
  expect(await schedulesAt(bailee, due + 6)).toMatchObject([{ again: due + 65, late: false, alarms: [expect.stringContaining('is tried again 2019-06-02T06:01:05Z')] }])
  const alarms = async (at: number): Promise<string[]> => (await dueReminders(bailee.ledger, at)).filter(({ kind }) => kind === 'activity').map((one) => one.id)
  expect(await alarms(due + 6)).toEqual([])
  expect((await runDue(bailee, due + 64)).not).toEqual([])
  await Promise.all([65, 65, 70].map((late) => runDue(bailee, due + late)))
  expect(await tries()).toEqual(['1 failed 0 5', expect.stringMatching(/^2 failed 0 (65|70)$/)])
  const [{ again } = { again: undefined }] = await schedulesAt(bailee, due + 80)
  expect((await runDue(bailee, again!)).not).toMatchObject([{ schedule: id }])
  expect((await tries()).at(-1)).toBe(`3 failed 0 ${again! - due}`)
  expect(await alarms(again! + 1)).toHaveLength(2)
  expect([(await schedulesAt(bailee, again! + 1))[0]?.again, (await runDue(bailee, due + 20 * 3_600)).not]).toEqual([undefined, []])
  expect(await runDue(bailee, due + 86_400)).toMatchObject({ not: [{ dueAt: due + 86_400 }] })
  await world.run(`insert into crm.listener select 'FR-none', 'p@listener.example', 'FR', 'free', true, 0, ''`)
  expect((await runDue(bailee, due + 86_400 + 60)).made).toMatchObject([{ schedule: id, attempt: 2, dueAt: due + 86_400, state: 'made' }])
  await world.run(`delete from crm.listener where user_id = 'FR-none'`)
  expect((await runDue(bailee, due + 86_400 + 4_000)).made).toEqual([])
  await unscheduleActivity(bailee, id, due + 90_000)
})

test('a model is a derived dataset of its controller, wherever it lies among the declared stores; nowhere else, and not without an instruction', async () => {
  const { bailee } = world
  const file = join(bailee.directory, 'models', 'churn', 'weights.bin')
  mkdirSync(join(file, '..'))
  writeFileSync(file, Buffer.from(Float64Array.from({ length: 500 }, (_, index) => Math.sin(index)).buffer))
  const model = { file, person: 'noa', instruction: 'INS-M' }
  const made = await registerModel(bailee, model, on('2019-05-02'))
  expect(made).toMatchObject({ kind: 'model', state: 'made', store: 'models', name: 'weights.bin', made: { place: 'churn/weights.bin', rows: null, bytes: 4000, lineage: null } })
  expect((await there()).find(({ id }) => id === made.made?.derived)).toMatchObject({ store: 'models', place: 'churn/weights.bin', by: 'activity', from: ['listeners'], instruction: 'INS-M', lead: { store: 'models', to: expect.any(String) as string } })
  await expect(registerModel(bailee, { ...model, instruction: 'INS-2' }, on('2019-05-02'))).rejects.toMatchObject({ code: 'activity/not-covered' })
  await expect(registerModel(bailee, { ...model, file: join(bailee.directory, 'gateway.url') }, on('2019-05-02'))).rejects.toThrow('lies in no store')
  linkSync(file, join(bailee.directory, 'weights-too.bin'))
  await expect(registerModel(bailee, model, on('2019-05-02'))).rejects.toThrow('hard link')
  rmSync(join(bailee.directory, 'weights-too.bin'))
})

test('a sweep knows what activities made; the end of the contract erases it, tables and models, and the certificate says so', async () => {
  const { bailee } = world
  const context = traceContext(bailee)
  await takeFingerprints(context, on('2019-05-03'))
  const swept = await sweep(context, on('2019-05-04'))
  expect(swept.findings).toEqual([])
  expect(swept.known.map(({ place, records }) => [place.includes('.a_'), records])).toEqual([[true, 90], [true, 90]])
  const made = await there()
  expect(made).toHaveLength(4) // two segments, a count of people that was tried again, a model
  await world.run('do $$ declare r record; begin for r in select rolname from pg_roles where rolname like \'ins\\_%\' loop execute format(\'grant %I to eraser\', r.rolname); end loop; end $$')
  const opened = await endContract(context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
  const erasure = await runErasure(context, { erasure: opened.id, operator: 'noa', look: (when) => lookAtResults(bailee, when) }, on('2020-12-02'))
  const steps = await stepsOf(bailee.database, erasure.id)
  expect(steps.map(({ store, place, state }) => [`${store}: ${place}`, state]).sort()).toEqual([['crm: crm.listener', 'done'], ...made.map(({ store, place }) => [`${store}: ${place}`, 'done'])].sort())
  expect(judgeErasure(erasure, steps, await allStores(bailee.database)).obstacles).toEqual([])
  await confirmErasure(bailee.ledger, { erasure: erasure.id, by: 'dana' }, on('2020-12-03'))
  const certificate = await certify(context, erasure.id, on('2020-12-03'))
  expect(certificate.status).toBe('complete')
  const said = Buffer.from((JSON.parse(Buffer.from(certificate.envelope).toString()) as { payload: string }).payload, 'base64').toString()
  for (const { place } of made) expect(said).toContain(place)
  expect([await there(), existsSync(join(bailee.directory, 'models/churn/weights.bin'))]).toEqual([[], false])
  expect((await world.run('select from pg_class where relname like \'a\\_%\'')).rowCount).toBe(0)
})
