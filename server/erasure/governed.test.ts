import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { applyEstate, readEstate } from '#estate'
import { acceptInstruction, approveGrant, proposeGrant } from '#instruction'
import { allFindings, existingFingerprints, sweep, sweepInvented, takeFingerprints } from '#trace'
import { copyData, eraseExpired, inventedTeller, type Transfer } from '../transfer/index.ts'
import { createTransferWorld, inventedIn } from '../transfer/testing.ts'
import { allCertificates, allErasures, certify, confirmErasure, endContract, reopenErasure, reviewCertificates, reviewForLeaks, runErasure, stepsOf } from './index.ts'
import { on } from './testing.ts'

const id = 'EXIT-chinook-2017'
let world: Awaited<ReturnType<typeof createTransferWorld>>
let copy: Transfer
let declared: string

const documentOf = (envelope: Uint8Array) => JSON.parse(Buffer.from((JSON.parse(Buffer.from(envelope).toString()) as { payload: string }).payload, 'base64').toString()) as { status: string; obstacles: { store: string; place: string; because: string }[]; verification: { copies_of_copies: unknown } }
const run = (date: string) => runErasure(world.context, { erasure: id, operator: 'eli', look: () => Promise.resolve({ notSeen: [] }) }, on(date))
const there = async (table: string): Promise<number> => Number(((await world.run('lab', `select count(*) as n from ${table}`)).rows[0] as { n: string }).n)

beforeAll(async () => {
  world = await createTransferWorld(undefined, (text) => declared = text.replace('controllers:\n', '  - { id: desk, environment: test, kind: sqlite, path: desk.db, backups: none }\ncontrollers:\n'))
  await takeFingerprints(world.context, on('2019-04-09'))
  copy = await copyData(world.context, { instruction: 'INS-2', person: 'noa', to: 'lab' }, on('2019-04-10'))
  const [place] = copy.places
  // A whole copy, one among rows of nobody and of a member, one in a file with others, one in SQLite, and statistics of all of them.
  await world.run('lab', `set role eraser; create schema mine; create table mine.stuff as select 'x' as what, upper(email) as contact from ${place!};
    create table mine.mixed as select email as contact, null::text as ref from ${place!} order by email limit 20; insert into mine.mixed select 'nobody' || i || '@else.example', null from generate_series(1, 5) i; reset role; analyze`)
  const rows = (await world.run('lab', `select customer_id as id, email from ${place!} order by email`)).rows as { id: string; email: string }[]
  world.put('tokens.csv', `token,mail\n${rows.slice(0, 30).map((row) => `${row.id},${row.email}`).join('\n')}\n`)
  world.put('both.csv', `token,mail\n${rows.slice(0, 10).map((row) => `${row.id},${row.email}`).join('\n')}\nX-1,nobody@else.example\n`)
  const invented = new Set((await inventedIn(world, copy)).map(({ values }) => values['customer_id'])) // one of these is no chance
  world.put('one.txt', `one token is chance: ${rows.find((row) => !invented.has(row.id))!.id}`)
  const database = new DatabaseSync(join(world.directory, 'desk.db'))
  database.exec('create table kept (token text, note text); create table other (note text); insert into other values (\'nobody\')')
  for (const row of rows.slice(0, 12)) database.prepare('insert into kept values (?, ?)').run(row.id, 'note')
  database.close()
}, 300_000)
afterAll(() => world.close())

test('the end of a contract looks for copies of governed copies before what tells them is destroyed, erases their rows, and names what it could not', async () => {
  const invented = (await inventedIn(world, copy)).map(({ values }) => values['customer_id']!)
  expect(invented.length).toBeGreaterThan(1)
  await eraseExpired(world.context as never, on('2019-06-01'))
  await endContract(world.context, { contract: 'chinook-2017', terminated: true }, on('2020-12-01'))
  const first = await run('2020-12-02')
  const steps = (await stepsOf(world.ledger.database, id)).map((step) => `${step.store}:${step.place} ${step.method} ${step.state} ${step.rowsErased}/${step.rowsFound} ${step.detail.unowned ?? 0}`)
  expect(steps.filter((step) => !step.startsWith('shop')).sort()).toEqual([
    'desk:desk.db!/kept delete found rows done 12/12 0', 'lab:mine.mixed delete found rows done 20/20 5', expect.stringMatching(/^lab:mine[.]stuff delete found rows done (\d+)\/\1 0$/), 'share:both.csv unlink done 10/10 2', 'share:tokens.csv unlink done 30/30 1',
  ])
  expect([await there('mine.stuff'), await there('mine.mixed'), readFileSync(join(world.directory, 'share', 'both.csv'), 'utf8')]).toEqual([0, 5, 'token,mail\nX-1,nobody@else.example\n'])
  expect(first.again).toMatchObject({ residual: 0, places: [], governed: { copies: 1, not_told: [], not_read: [], found: [] } })
  await confirmErasure(world.ledger, { erasure: id, by: 'dana' }, on('2020-12-03'))

  // Found after the search, and before anything was certified: it contradicts it. What nobody can erase is named, and leaves it partial.
  writeFileSync(join(world.directory, 'share', 'late.eml'), `From: a@else.example\n\nsee ${invented.join(' and ')}\n`)
  const late = await sweepInvented(world.context, on('2020-12-03'), { teller: await inventedTeller(world.ledger) })
  expect(late.findings.map(({ place }) => place)).toEqual(['late.eml'])
  await expect(certify(world.context, id, on('2020-12-04'))).rejects.toMatchObject({ code: 'erasure/found-since' })
  expect((await run('2020-12-05')).again).toMatchObject({ places: [{ store: 'share', place: 'late.eml' }], governed: { found: [{ place: 'late.eml', copies: [copy.id] }] } })
  await confirmErasure(world.ledger, { erasure: id, by: 'dana' }, on('2020-12-06'))
  const partial = documentOf((await certify(world.context, id, on('2020-12-06'))).envelope)
  expect([partial.status, partial.obstacles.some(({ place, because }) => place === 'late.eml' && /people still found/.test(because))]).toEqual(['partial', true])
  expect(partial.verification.copies_of_copies).toMatchObject({ copies: 1, found: [{ place: 'late.eml' }] })
}, 300_000)

test('with the last of them gone the finding is resolved, the exit complete, and only then is the key destroyed that tells them', async () => {
  writeFileSync(join(world.directory, 'share', 'late.eml'), 'From: a@else.example\n\ngone\n')
  await world.run('lab', 'drop table mine.mixed')
  rmSync(join(world.directory, 'share', 'both.csv'))
  await reopenErasure(world.ledger, { erasure: id, by: 'eli', because: 'it was removed by hand' }, on('2020-12-07'))
  const again = await run('2020-12-08')
  expect(again.again).toMatchObject({ residual: 0, places: [] })
  expect((await allFindings(world.ledger.database)).filter(({ state }) => state === 'open')).toEqual([])
  expect(world.ledger.keys.find(`canaries/${copy.slot}`)).toBeDefined()
  await confirmErasure(world.ledger, { erasure: id, by: 'dana' }, on('2020-12-09'))
  expect(documentOf((await certify(world.context, id, on('2020-12-09'))).envelope)).toMatchObject({ status: 'complete', obstacles: [] })
  expect(world.ledger.keys.find(`canaries/${copy.slot}`)).toBeUndefined()
}, 300_000)

/** Another contract of the same controller, with an instruction to copy and people of its own. */
async function begin(year: number): Promise<void> {
  const [, instruction] = /( {2}- \{ id: INS-2,.*\n)/.exec(declared)!
  declared = declared.replace('\ndatasets:', `\n  - { id: chinook-${year}, controller: chinook, starts: ${year}-01-01, at_end: { choice: delete } }\ndatasets:`)
    .replace('people:\n', `${instruction!.replace('INS-2', `INS-${year}`).replace('chinook-2017', `chinook-${year}`).replace('2017-01-01', `${year}-01-01`)}people:\n`)
  await applyEstate(world.ledger, readEstate(declared, 'bailee.yaml'), { checked: [], unchecked: [] }, on(`${year}-01-01`))
  await acceptInstruction(world.ledger, { instruction: `INS-${year}`, signatory: 'A. Adams', key: world.key }, on(`${year}-01-01`))
  const grant = await proposeGrant(world.ledger, { person: 'noa', instruction: `INS-${year}`, until: on(`${year}-12-01`) }, on(`${year}-01-01`))
  await approveGrant(world.ledger, { grant: grant.id, by: 'dana' }, on(`${year}-01-01`))
  await world.run('shop', `insert into customer (customer_id, email, phone, plan) select 'N-' || (10000 + i * 7), 'n' || i || '@customer.example', '+39 02 ' || (880000000 + i * 7919), 'free' from generate_series(1, 60) i`)
  expect((await takeFingerprints(world.context, on(`${year}-01-02`))).notTaken).toEqual([])
}

const customersCsv = async (): Promise<string> => `${((await world.run('shop', 'select customer_id, email, phone from customer')).rows as Record<string, string>[]).map((row) => Object.values(row).join(',')).join('\n')}\n`

async function endOf(year: number): Promise<Awaited<ReturnType<typeof run>>> {
  await endContract(world.context, { contract: `chinook-${year}`, terminated: true }, on(`${year}-06-01`))
  const ended = await runErasure(world.context, { erasure: `EXIT-chinook-${year}`, operator: 'eli', look: () => Promise.resolve({ notSeen: [] }) }, on(`${year}-06-02`))
  await confirmErasure(world.ledger, { erasure: ended.id, by: 'dana' }, on(`${year}-06-03`))
  return ended
}

test('a new contract of the same controller has fingerprints and marks of its own, whose findings leave the old certificate alone, and an exit that can be complete; a leak of a copy that the old one covered takes it back', async () => {
  const { database } = world.ledger
  const [certificate] = (await allCertificates(database)).filter(({ status }) => status === 'complete')
  await begin(2021)
  expect((await existingFingerprints(database)).filter(({ controller }) => controller === 'chinook').map(({ keyId, state }) => [keyId, state])).toEqual([[`segment/${copy.slot}/fingerprints-2`, 'live']])
  const second = await copyData(world.context, { instruction: 'INS-2021', person: 'noa', to: 'lab' }, on('2021-01-02'))
  expect([copy.canaryKey, second.canaryKey, (await inventedIn(world, second)).length > 1]).toEqual([`canaries/${copy.slot}`, `canaries/${copy.slot}-2`, true])
  expect((await sweep(world.context, on('2021-01-03'))).findings).toEqual([])
  world.put('new.csv', await customersCsv())
  world.put('second.csv', ((await world.run('lab', `select email from ${second.places[0]!} limit 20`)).rows as { email: string }[]).map(({ email }) => `${email}\n`).join(''))
  expect((await sweep(world.context, on('2021-01-04'))).findings.map(({ controller, place }) => [controller, place]).sort()).toEqual([['chinook', 'new.csv'], ['chinook', 'second.csv']])
  const told = await sweepInvented(world.context, on('2021-01-05'), { teller: await inventedTeller(world.ledger) })
  expect(told.findings.map(({ place, detail }) => [place, detail.copies?.map((one) => one.copy)])).toEqual([['second.csv', [second.id]]])
  expect(await reviewCertificates(world.ledger, on('2021-01-05'))).toEqual([])

  const leak = { slot: copy.slot, breach: 'B-1', copy: copy.id, since: on('2019-04-10') }
  expect(await reviewForLeaks(world.ledger, [{ ...leak, since: on('2021-01-03'), attributedAt: on('2021-01-04') }], on('2021-01-04')), 'of a later contract').toEqual([])
  expect(await reviewForLeaks(world.ledger, [{ ...leak, attributedAt: on('2020-12-08') }], on('2021-01-04')), 'known before it was issued').toEqual([])

  // Of copies of the first contract nothing can be told any more: its certificate settled them.
  const ended = await endOf(2021)
  expect(ended.again).toMatchObject({ residual: 0, governed: { copies: 1, not_told: [], settled: [{ copy: copy.id, certificate: certificate!.id }] } })
  expect(documentOf((await certify(world.context, ended.id, on('2021-06-04'))).envelope)).toMatchObject({ status: 'complete', obstacles: [] })
  expect([world.ledger.keys.find(second.canaryKey!), world.ledger.keys.canaryKey(copy.slot).id]).toEqual([undefined, `canaries/${copy.slot}-3`])

  expect(await reviewForLeaks(world.ledger, [{ ...leak, attributedAt: on('2021-01-04') }], on('2021-06-05'))).toContain(certificate!.id)
  expect(await reviewForLeaks(world.ledger, [{ ...leak, attributedAt: on('2021-01-04') }], on('2021-06-05'))).toEqual([])
  expect((await allCertificates(database)).find((one) => one.id === certificate!.id)).toMatchObject({ status: 'invalidated', invalidatedBecause: expect.stringContaining(copy.id) as string })
  expect((await allErasures(database)).find((one) => one.id === id)?.state).toBe('reopened')
}, 300_000)

test('what the first sweep of a new contract finds may have been there all along: the old certificate does not stand, nor does one that was taken back settle anything; nobody certifies while a contract is live', async () => {
  await begin(2022)
  world.put('old.csv', await customersCsv())
  expect((await sweep(world.context, on('2022-01-03'))).findings.map(({ place }) => place)).toEqual(['old.csv'])
  expect(await reviewCertificates(world.ledger, on('2022-01-03'))).toContain('CRT-chinook-2021-1')
  await expect(run('2022-01-05')).rejects.toMatchObject({ code: 'erasure/other-contract' })
  const ended = await endOf(2022)
  expect(ended.again).toMatchObject({ residual: 0, governed: { not_told: [{ copy: copy.id, no_token: false }, { no_token: false }] } })
  declared = declared.replace('\ndatasets:', '\n  - { id: chinook-2023, controller: chinook, starts: 2022-06-04 }\ndatasets:')
  await applyEstate(world.ledger, readEstate(declared, 'bailee.yaml'), { checked: [], unchecked: [] }, on('2022-06-04'))
  await expect(certify(world.context, ended.id, on('2022-06-04')), 'whose data are whose could not be told').rejects.toMatchObject({ code: 'erasure/other-contract' })
  await endContract(world.context, { contract: 'chinook-2023', terminated: true }, on('2022-06-05'))
  expect(documentOf((await certify(world.context, ended.id, on('2022-06-06'))).envelope)).toMatchObject({ status: 'partial', obstacles: expect.arrayContaining([expect.objectContaining({ store: '*', place: copy.id })]) as unknown })
}, 300_000)
