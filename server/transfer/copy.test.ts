import { createHash, createHmac } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { endContract, runErasure, stepsOf } from '../erasure/index.ts'
import { customers, on, type World } from '../erasure/testing.ts'
import { allDerived, droppedDraft } from '#inventory'
import { askApproval, giveApproval } from '#instruction'
import { askCopy, askExtension } from './index.ts'
import { commit } from '#people'
import { sweep, takeFingerprints } from '#trace'
import { allTransfers, copyData, eraseExpired, eraseTransfer, explainCopy, extendCopy } from './index.ts'
import { createTransferWorld, realRows } from './testing.ts'

let world: World
afterEach(() => world.close())
const setUp = async (change?: (yaml: string) => string): Promise<void> => { world = await createTransferWorld(change) }

const request = { instruction: 'INS-2', person: 'noa', to: 'lab' }
const at = on('2019-04-10')
const schemas = async (): Promise<string[]> => ((await world.run('lab', `select nspname from pg_namespace where nspname ~ '^t_|^trial' order by 1`)).rows as { nspname: string }[]).map(({ nspname }) => nspname)
const transfers = () => allTransfers(world.ledger.database)

test('a copy holds the declared change of every cell and nothing else, is registered, known to a sweep, and gone after its time with its key', async () => {
  await setUp()
  const made = await copyData(world.context, request, at)
  expect(made).toMatchObject({ state: 'made', controller: 'chinook', store: 'lab', person: 'noa', purpose: 'ServiceProvision', expiresAt: at + 30 * 86_400, tables: [{ rows: customers, isolation: { columns: ['plan', 'born', 'spent'], counted: customers } }] })
  const [place = ''] = made.places
  const source = (await world.run('shop', 'select customer_id, email, phone, plan, extract(year from born)::int as year, spent::text from customer')).rows as { customer_id: string; email: string; phone: string; plan: string; year: number; spent: string }[]
  const copied = await realRows(world, made, { rows: (await world.run('lab', `select customer_id, email, phone, plan, born::text, spent::text from ${place}`)).rows as Record<string, string>[], by: 'customer_id' })
  expect(copied).toHaveLength(source.length)
  const told = (row: { plan: string; born: string; spent: string }): string => `${row.plan} ${row.born} ${row.spent}`
  expect((copied as never[]).map(told).sort()).toEqual(source.map((row) => told({ plan: row.plan, born: `${row.year}-01-01`, spent: String(Math.round((Number(row.spent) + 1e-9) / 10) * 10) })).sort())
  for (const row of copied) expect([row['customer_id'], row['email'], row['phone']]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{32}@pseudonym\.example$/), expect.stringMatching(/^\+999\d{11}$/)])
  expect(new Set(copied.map((row) => row['customer_id'])).size).toBe(customers)
  const isolation = made.tables?.[0]?.isolation
  const groups = [...Map.groupBy(copied as never[], told).values()].map((rows) => rows.length)
  expect([isolation?.groups, isolation?.smallest, isolation?.alone]).toEqual([groups.length, Math.min(...groups), groups.filter((rows) => rows === 1).length])

  // Whoever has the source joins back on what was kept, in every combination: never more than was said, and by all of it exactly that.
  const kept = { plan: 'plan', born: `date_trunc('year', born)::date::text`, spent: `(round((spent + 0.000001) / 10) * 10)::text` } as const
  const combinations = Array.from({ length: 7 }, (_, at) => Object.keys(kept).filter((__, bit) => ((at + 1) >> bit) % 2 === 1)) as (keyof typeof kept)[][]
  const sourceRows = (await world.run('shop', `select ${Object.entries(kept).map(([name, sql]) => `${sql} as ${name}`).join(', ')} from customer`)).rows as Record<string, string>[]
  const linked = combinations.map((names) => (copied as Record<string, string>[]).filter((row) => sourceRows.filter((other) => names.every((name) => other[name] === row[name])).length === 1).length)
  expect([made.tables?.[0]?.linkage, Math.max(...linked)]).toEqual([{ byKey: ['customer_id', 'email', 'phone'], alone: linked.at(-1) }, linked.at(-1)])
  expect(made.tables?.[0]?.label).toBe('pseudonymised')
  // Whoever can name every number there may be finds none of the tokens without the key.
  const tokens = new Set(copied.map((row) => row['customer_id']))
  const dictionary = Array.from({ length: 2_000 }, (_, at) => `C-${10_000 + at}`)
  expect(dictionary.flatMap((one) => ['md5', 'sha1', 'sha256'].flatMap((algorithm) => [createHash(algorithm).update(one).digest('hex'), createHmac(algorithm, made.id).update(one).digest('hex'), createHmac(algorithm, '').update(one).digest('hex')])).filter((hash) => tokens.has(hash.slice(0, 32)))).toEqual([])

  await takeFingerprints(world.context, on('2019-04-10'))
  expect((await sweep(world.context, on('2019-04-11'))).findings).toEqual([])
  expect((await allDerived(world.ledger.database)).map(({ by, place: where, droppedAt }) => [by, where, droppedAt])).toEqual([['transfer', place, null]])
  expect(await eraseExpired(world.context, on('2019-05-09'))).toEqual({ erased: [], left: [] })
  expect(await eraseExpired(world.context, on('2019-05-11'))).toMatchObject({ erased: [{ id: made.id, because: 'its time is over' }], left: [] })
  expect(await schemas()).toEqual([])
  expect(world.ledger.keys.wasDestroyed(`transfer/${made.slot}/${made.id.toLowerCase()}`)).toBe(true)
  expect((await allDerived(world.ledger.database)).map(({ droppedAt }) => droppedAt)).toEqual([on('2019-05-11')])
  expect(await eraseExpired(world.context, on('2019-05-12'))).toEqual({ erased: [], left: [] })
  const told2 = JSON.stringify(await world.ledger.read(made.slot))
  expect(told2, 'no value of anybody in the log').not.toMatch(/customer\.example|\+39 |\+390\d{6}|pseudonym\.example/)
})

test('where the instruction asks for a second person, a copy is made with their approval alone, once', async () => {
  await setUp((yaml) => yaml.replace('operations: [copy],', 'operations: [copy], second_person: { uses: [copy], minutes: 30 },'))
  await expect(copyData(world.context, request, at)).rejects.toMatchObject({ code: 'transfer/not-covered', message: expect.stringContaining('not covered by INS-2: approval (') as string })
  await commit(world.ledger, 'eli', at)
  await expect(askApproval(world.ledger, { instruction: 'INS-2', use: 'copy', person: 'noa', reason: 'The connector is to be tried' }, at)).rejects.toThrow('asked for with all that it would do')
  const { id, what, whatSha256 } = await askCopy(world.context, { ...request, readers: ['qa'] }, { reason: 'The connector is to be tried' }, at)
  expect(what).toMatchObject({ use: 'copy', dataset: 'customers', to: { store: 'lab', environment: 'test', readers: ['qa'] }, people: 1, tables: [{ from: 'public.customer', columns: { email: { transform: 'email' }, spent: { transform: { round: 10 } } } }] })
  for (const unseen of [undefined, '', whatSha256!.slice(0, 11), 'f'.repeat(64)]) await expect(giveApproval(world.ledger, { approval: id, by: 'eli', what: unseen }, at)).rejects.toMatchObject({ code: 'approval/what' })
  await giveApproval(world.ledger, { approval: id, by: 'eli', what: whatSha256!.slice(0, 12) }, at)
  for (const other of [request, { ...request, readers: ['qa', 'ext'] }, { ...request, readers: ['qa'], sample: 0.5 }, { ...request, readers: ['qa'], to: 'lab/trial' }]) await expect(copyData(world.context, other, at), 'another copy than was shown').rejects.toMatchObject({ code: 'transfer/not-covered', message: expect.stringContaining('with --ask') as string })
  await giveApproval(world.ledger, { approval: (await askCopy(world.context, request, { reason: 'The connector is to be tried' }, at)).id, by: 'eli', what: (await explainCopy(world.context, request, at)).whatSha256! }, at)
  expect((await explainCopy(world.context, request, at)).decision?.outcome).toBe('allowed')
  await expect(copyData(world.context, request, at + 1_801), 'its time is over').rejects.toMatchObject({ code: 'transfer/not-covered' })
  const made = await copyData(world.context, request, at + 1_799)
  expect((await world.ledger.read(made.slot, { types: ['approval.used'] })).map(({ parts }) => parts.evidence)).toEqual([{ id: expect.not.stringMatching(id) as string, what: `copy ${made.id}` }])
  await expect(copyData(world.context, { ...request, to: 'lab/second' }, at + 1_799), 'it was for one').rejects.toMatchObject({ code: 'transfer/not-covered' })
})

/** In one world: each makes the copy impossible, and is taken back. */
const impossible: readonly (readonly [string, { readonly change?: (yaml: string) => string; readonly sql?: string; readonly back?: string }, RegExp])[] = [
  ['a column that came since', { sql: 'alter table customer add nickname text', back: 'alter table customer drop nickname' }, /has a column nickname that the dataset does not declare/],
  ['a column without a transform', { change: (yaml) => yaml.replace('born: year, ', '') }, /column born of public.customer has no transform in INS-\d+/],
  ['a transform that is none', { change: (yaml) => yaml.replace('born: year', 'born: anonymise') }, /the transform of column born in INS-\d+ is none of keep/],
  ['a type that the transform does not take', { sql: `alter table customer alter born type text using 'born ' || born`, back: 'alter table customer alter born type date using substr(born, 6)::date' }, /column born of public.customer is of type text, which year does not take/],
  ['an identifying column that would be kept', { change: (yaml) => yaml.replace('email: email', 'email: keep') }, /not covered by INS-\d+: identifiable/],
  ['a value that the transform does not take', { sql: `update customer set spent = 'NaN' where customer_id = (select max(customer_id) from customer)`, back: `update customer set spent = 1 where spent = 'NaN'` }, /a value of column spent cannot be rounded/],
  ['a column that is gone', { sql: 'alter table customer drop spent' }, /has no column spent any more/],
]

test('what stands against a copy stops it, and nothing of it is there', async () => {
  const named = impossible.map(([what, { change }, because], index) => ({ what, instruction: change === undefined ? 'INS-2' : `INS-${20 + index}`, change, because, ...impossible[index]![1] }))
  const others = named.flatMap(({ instruction }) => (instruction === 'INS-2' ? [] : [instruction]))
  world = await createTransferWorld((yaml) => [yaml, ...named.flatMap(({ change, instruction }) => (change === undefined ? [] : [change(yaml).replace('INS-2', instruction)]))].join(''), undefined, others)
  for (const { what, instruction, sql, back, because } of named) {
    if (sql !== undefined) await world.run('shop', sql)
    await expect(copyData(world.context, { ...request, instruction }, at), what).rejects.toThrow(because)
    expect(await schemas(), what).toEqual([])
    expect((await transfers()).filter(({ state }) => state !== 'erased'), what).toEqual([])
    if (back !== undefined) await world.run('shop', back)
  }
})

test('what would be copied is said beforehand, and records nothing; a table that is there is never written into', async () => {
  await setUp()
  const before = await world.ledger.size(2)
  expect(await explainCopy(world.context, { ...request, to: 'lab/trial' }, at)).toMatchObject({ problems: [], decision: { outcome: 'allowed' }, tables: [{ from: 'public.customer', to: 'trial.customer', columns: [{ name: 'customer_id', transform: 'token', type: 'text' }, {}, {}, { name: 'plan', type: 'text' }, { type: 'date' }, { type: 'numeric' }] }] })
  expect(await world.ledger.size(2)).toBe(before)
  await world.run('lab', 'create schema trial; create table trial.customer (mine text)')
  await expect(copyData(world.context, { ...request, to: 'lab/trial' }, at)).rejects.toMatchObject({ code: 'transfer/exists' })
  expect(await transfers()).toEqual([])
  await expect(copyData(world.context, { ...request, readers: ['nobody_here'] }, at)).rejects.toMatchObject({ code: 'transfer/no-reader' })
  expect((await transfers()).map(({ state }) => state)).toEqual(['erased'])
})

test('a copy is not erased while another process may be writing it, and ends with its contract; of two to one place at one moment one is made', async () => {
  await setUp()
  // Held where it makes its schema.
  await world.run('lab', 'begin; create schema trial')
  const copying = copyData(world.context, { ...request, to: 'lab/trial' }, at)
  copying.catch(() => undefined)
  await expect.poll(async () => (await transfers()).map(({ state }) => state), { timeout: 25_000 }).toEqual(['begun'])
  await expect(eraseTransfer(world.context, { transfer: (await transfers())[0]!, because: 'asked for' }, at)).rejects.toMatchObject({ code: 'transfer/at-work' })
  const [derived] = await allDerived(world.ledger.database)
  await world.ledger.append(droppedDraft(derived!, 'as the exit of its contract does', at))
  await world.run('lab', 'rollback')
  await expect(copying).rejects.toMatchObject({ code: 'transfer/ended' })
  expect([await schemas(), (await transfers()).map(({ state }) => state)]).toEqual([[], ['erased']])

  const both = await Promise.allSettled([copyData(world.context, { ...request, to: 'lab/trial' }, at), copyData(world.context, { ...request, to: 'lab/trial' }, at)])
  const [made] = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const [refused] = both.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []))
  expect(refused).toMatchObject({ code: 'transfer/exists', message: expect.stringContaining(made!.id) as string })
  expect((await transfers()).map(({ state }) => state).sort(), 'the other was not registered').toEqual(['erased', 'made'])
  await expect(copyData(world.context, { ...request, to: 'lab/trial' }, at)).rejects.toMatchObject({ code: 'transfer/exists', message: expect.stringContaining(made!.id) as string })
  await expect(copyData(world.context, { ...request, readers: ['PUBLIC'] }, at)).rejects.toThrow('public is everybody')
  expect(await realRows(world, made!, { rows: (await world.run('lab', 'select customer_id from trial.customer')).rows as { customer_id: string }[], by: 'customer_id' })).toHaveLength(customers)
})

test('a copy whose store went away while it was written stays registered, and is looked for in its time', async () => {
  await setUp()
  await world.run('lab', 'begin; create schema trial') // so that it waits
  const copying = copyData(world.context, { ...request, to: 'lab/trial' }, at)
  copying.catch(() => undefined)
  await expect.poll(async () => (await world.run('shop', `select count(*)::int as n from pg_stat_activity where application_name = 'bailee transfer' and wait_event_type = 'Lock'`)).rows, { timeout: 25_000 }).toEqual([{ n: 1 }])
  await world.run('shop', `reset role; select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'bailee transfer'; set role eraser`)
  await world.run('lab', 'rollback')
  await expect(copying).rejects.toThrow()
  expect((await transfers()).map(({ state }) => state)).toEqual(['begun'])
  expect(await eraseExpired(world.context, on('2019-06-01'))).toMatchObject({ erased: [{ because: 'its time is over' }], left: [] })
})

test('a copy is not recorded as erased where its store leads to another place by then, in which nothing of it is', async () => {
  await setUp()
  const made = await copyData(world.context, request, at)
  const files = ['sweep', 'erase'].map((account) => join(world.directory, `lab-${account}.url`))
  const right = files.map((file) => readFileSync(file, 'utf8'))
  for (const [number, file] of files.entries()) writeFileSync(file, right[number]!.replace(/[/]lab\b/, '/attic'))
  expect(await eraseExpired(world.context, on('2019-06-01'))).toMatchObject({ erased: [], left: [{ id: made.id, because: expect.stringContaining('leads now, which is another place than when the copy was made') as string }] })
  expect((await transfers()).map(({ state }) => state)).toEqual(['made'])
  // Somebody else's of the same name is not taken for it: neither when its time is over, nor at the end of the contract.
  const [place = ''] = made.places
  await world.run('attic', `create schema ${place.split('.')[0]!}; create table ${place} (note text); insert into ${place} values ('somebody else''s')`)
  const namesake = async () => (await world.run('attic', `select note from ${place}`)).rows
  expect(await eraseExpired(world.context, on('2019-06-01'))).toMatchObject({ erased: [], left: [{ id: made.id, because: expect.stringContaining('cannot be told to be it, and stays') as string }] })
  await endContract(world.context, { contract: 'chinook-2017', terminated: true }, on('2019-06-01'))
  await runErasure(world.context, { erasure: 'EXIT-chinook-2017', operator: 'eli' }, on('2019-06-01'))
  expect((await stepsOf(world.ledger.database, 'EXIT-chinook-2017')).filter(({ store }) => store === 'lab')).toMatchObject([{ state: 'blocked', detail: { because: expect.stringContaining('cannot be told to be it, and stays') as string } }])
  expect([await namesake(), (await transfers()).map(({ state }) => state)]).toEqual([[{ note: 'somebody else\'s' }], ['made']])
  for (const [number, file] of files.entries()) writeFileSync(file, right[number]!)
  expect(await eraseExpired(world.context, on('2019-06-02'))).toMatchObject({ erased: [{ id: made.id }], left: [] })
})

test('a copy whose database says that it is another one, under the same address, is erased where it bears what only the copy does', async () => {
  await setUp()
  const made = await copyData(world.context, request, at)
  const anew = async (): Promise<void> => {
    await world.run('shop', `reset role; select pg_terminate_backend(pid) from pg_stat_activity where datname = 'lab'`)
    await expect.poll(async () => (await world.run('shop', `select count(*)::int as n from pg_stat_activity where datname = 'lab'`)).rows, { timeout: 25_000 }).toEqual([{ n: 0 }])
    await world.run('shop', 'alter database lab rename to lab_before')
    await world.run('shop', 'create database lab template lab_before owner eraser')
    await world.run('shop', 'drop database lab_before')
  }
  await anew()
  const lab = new pg.Client({ connectionString: world.url('lab', 'bailee') })
  await lab.connect()
  try {
    // A table of its columns in which nothing of it stands is somebody else's.
    const [place = ''] = made.places
    await lab.query(`create table public.kept as table ${place}; delete from ${place}`)
    expect(await eraseExpired(world.context, on('2019-06-01'))).toMatchObject({ erased: [], left: [{ id: made.id, because: expect.stringContaining('cannot be told to be it, and stays') as string }] })
    await lab.query(`insert into ${place} select * from public.kept; drop table public.kept`)
    expect(await eraseExpired(world.context, on('2019-06-01'))).toMatchObject({ erased: [{ id: made.id }], left: [] })
    expect((await lab.query(`select to_regclass('${place}') as there`)).rows).toEqual([{ there: null }])
  } finally {
    await lab.end()
  }
  const [erased] = (await world.ledger.read(made.slot, { types: ['transfer.erased'] })).map(({ parts }) => JSON.stringify(parts))
  expect(erased).toContain('it was told by what it bore')
})

test('an extension under an instruction that asks for a second person for copies needs one too, who is shown what would stay, where and until when', async () => {
  const longer = (second: string): string => `  - { id: INS-8, contract: chinook-2017, text: "Tests take longer.", purposes: [ServiceProvision], operations: [copy],${second} data: { customers: "*" }, environments: [test], identifiable: false, transform: { customer_id: token, email: email, phone: phone, plan: keep, born: year, spent: { round: 10 } }, expires_after_days: 90, from: 2017-01-01 }\n`
  world = await createTransferWorld((yaml) => yaml + longer(' second_person: { uses: [copy], minutes: 30 },'), undefined, ['INS-8'])
  await commit(world.ledger, 'eli', at)
  const made = await copyData(world.context, request, at)
  const extending = { id: made.id, instruction: 'INS-8', person: 'noa' }
  await expect(extendCopy(world.context, extending, at)).rejects.toMatchObject({ code: 'transfer/not-covered', message: expect.stringMatching(/approval .*--ask/) as string })
  const { id, what, whatSha256 } = await askExtension(world.context, extending, { reason: 'The tests take longer' }, at)
  expect(what).toMatchObject({ use: 'copy', extend: made.id, dataset: 'customers', at: { store: 'lab', environment: 'test', places: made.places }, before: 'INS-2', days: 90, columns: { email: 'email', born: 'year' } })
  await expect(giveApproval(world.ledger, { approval: id, by: 'noa', what: whatSha256!.slice(0, 12) }, at), 'nobody approves their own').rejects.toThrow()
  await giveApproval(world.ledger, { approval: id, by: 'eli', what: whatSha256!.slice(0, 12) }, at)
  const other = await copyData(world.context, { ...request, to: 'lab/second' }, at)
  await expect(extendCopy(world.context, { ...extending, id: other.id }, at), 'it was for the other copy').rejects.toMatchObject({ code: 'transfer/not-covered' })
  expect(await extendCopy(world.context, extending, at)).toMatchObject({ instruction: 'INS-8', expiresAt: at + 90 * 86_400 })
  await expect(askExtension(world.context, { ...extending, id: 'T-none' }, { reason: 'x' }, at)).rejects.toThrow(/no copy/)
})

test('a sample holds about its share of the people, and only theirs', async () => {
  await setUp()
  const half = await copyData(world.context, { ...request, sample: 0.5 }, at)
  expect(half.tables?.[0]?.rows).toBeGreaterThan(customers / 5)
  expect(half.tables?.[0]?.rows).toBeLessThan(customers * 4 / 5)
  expect(await eraseTransfer(world.context, { transfer: half, because: 'asked for' }, at)).toMatchObject({ id: half.id })
})

test('the end of the contract drops a copy with everything else', async () => {
  await setUp()
  await copyData(world.context, request, at)
  await endContract(world.context, { contract: 'chinook-2017', terminated: true }, on('2019-04-20'))
  const erased = await runErasure(world.context, { erasure: 'EXIT-chinook-2017', operator: 'eli' }, on('2019-04-21'))
  expect(erased.plan?.items.map(({ store, what, method }) => [store, what, method])).toContainEqual(['lab', 'derived dataset', 'drop'])
  expect((await allDerived(world.ledger.database)).map(({ droppedAt }) => droppedAt)).toEqual([on('2019-04-21')])
  expect(await eraseExpired(world.context, on('2019-04-22'))).toMatchObject({ erased: [{ because: 'its instruction is over' }], left: [] })
})

test('a copy stays longer under another instruction alone, which names its columns as they were changed, and is decided anew; then it ends with that one', async () => {
  const longer = (id: string, change: (line: string) => string = (line) => line): string => change(`  - { id: ${id}, contract: chinook-2017, text: "Tests take longer.", purposes: [ServiceProvision], operations: [copy], data: { customers: "*" }, environments: [test], identifiable: false, transform: { customer_id: token, email: email, phone: phone, plan: keep, born: year, spent: { round: 10 }, note: drop }, expires_after_days: 90, from: 2017-01-01 }\n`)
  const others = [longer('INS-8'), longer('INS-9', (line) => line.replace('born: year', 'born: month')), longer('INS-10', (line) => line.replace('environments: [test]', 'environments: [production]'))]
  world = await createTransferWorld((yaml) => yaml + others.join(''), undefined, ['INS-8', 'INS-9', 'INS-10'])
  const made = await copyData(world.context, request, at)
  const extend = (instruction: string, when = on('2019-05-01'), id = made.id) => extendCopy(world.context, { id, instruction, person: 'noa' }, when)
  await expect(extend('INS-9')).rejects.toThrow(/column born was changed in another way than INS-9 says/)
  await expect(extend('INS-2')).rejects.toThrow(/under INS-2 already/)
  await expect(extend('INS-10')).rejects.toMatchObject({ code: 'transfer/not-covered', message: expect.stringContaining('environment') as string })
  await expect(extend('INS-8', on('2019-05-10'))).rejects.toThrow(/its time is over/)
  await expect(extend('INS-8', at, 'T-none')).rejects.toThrow(/no copy/)
  expect(await transfers()).toEqual([made])
  expect(await extend('INS-8')).toEqual({ ...made, instruction: 'INS-8', expiresAt: on('2019-05-01') + 90 * 86_400 })
  expect((await allDerived(world.ledger.database)).map(({ instruction, by, droppedAt }) => [instruction, by, droppedAt])).toEqual([['INS-8', 'transfer', null]])
  expect((await world.ledger.read(made.slot, { types: ['transfer.extended', 'decision.refused'] })).map(({ type }) => type)).toEqual(['decision.refused', 'transfer.extended'])
  expect(await eraseExpired(world.context, on('2019-05-11'))).toEqual({ erased: [], left: [] })
  expect(await eraseExpired(world.context, on('2019-07-31'))).toMatchObject({ erased: [{ id: made.id, because: 'its time is over' }] })
  await expect(extend('INS-8', on('2019-08-01'))).rejects.toThrow(/it is erased/)
})
