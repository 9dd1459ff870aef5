import { readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { openDirectory, parseEnvelope, verifyBundle } from '@bailee/verifier'
import { applyEstate, readEstate } from '#estate'
import { exportBundle, type Json } from '#ledger'
import { openSnapshot } from '#inventory'
import { createRowSearcher, existingFingerprints, groupByKey, openSegments, sweep, takeFingerprints } from '#trace'
import { certify, confirmErasure, endContract, envelopesOf, allCertificates, allErasures, reviewCertificates, runErasure, stepsOf, erasureMoves, findErasure, reopenErasure, type ErasureState } from './index.ts'
import { copyMixed, createWorld, customers, estate, listeners, listenersCsv, members, on, type World } from './testing.ts'

let world: World
const worlds: World[] = []
const id = 'EXIT-deezer-2016'

async function fresh(change?: (text: string) => string): Promise<World> {
  world = await createWorld(change === undefined ? {} : { change })
  worlds.push(world)
  return world
}
afterEach(async () => { while (worlds.length > 0) await worlds.pop()?.close() })

const end = (at = '2020-12-01', terminated = false) => endContract(world.context, { contract: 'deezer-2016', terminated }, on(at))
const run = (operator = 'eli', at = '2020-12-02') => runErasure(world.context, { erasure: id, operator }, on(at))
const confirm = (by = 'dana') => confirmErasure(world.ledger, { erasure: id, by }, on('2020-12-03'))
const issue = (at = '2020-12-04') => certify(world.context, id, on(at))
const documentOf = (envelope: Uint8Array): Record<string, Json> => JSON.parse(new TextDecoder().decode(parseEnvelope(envelope).payload)) as Record<string, Json>
const steps = async (): Promise<string[]> => (await stepsOf(world.ledger.database, id)).map((step) => `${step.round}.${step.number} ${step.store}:${step.place} ${step.state} ${step.rowsErased}/${step.rowsFound}`)
const refused = (code: string): object => expect.objectContaining({ name: 'Refused', code })

test('from the end of the contract to a complete certificate: planned by searching, erased everywhere, searched again', async () => {
  await fresh()
  await copyMixed(world, 'lab_copy')
  await world.run('lab', 'analyze lab_copy') // as its server does by itself after a minute: its statistics hold people too, and go with it
  world.put('a/old.csv', await listenersCsv(world))
  const opened = await end()
  expect(opened).toMatchObject({ id, state: 'opened', deadline: on('2020-12-31') })
  expect(await end('2020-12-05'), 'idempotent').toEqual(opened)
  await expect(confirm()).rejects.toThrow(refused('erasure/move'))
  await expect(issue()).rejects.toThrow(refused('erasure/not-confirmed'))
  const erased = await run()
  expect(erased).toMatchObject({ state: 'searched_again', operator: 'eli', again: { residual: 0, places: [], unsearched: [] } })
  expect(await steps()).toEqual([`1.1 crm:crm.listener done ${listeners}/${listeners}`, `1.2 lab:public.lab_copy done ${listeners}/${listeners}`, `1.3 share:a/old.csv done ${listeners}/${listeners}`])
  expect(await run(), 'nothing left to do').toEqual(erased)
  await expect(confirm('eli')).rejects.toThrow(refused('erasure/second-person'))
  await expect(confirm('nobody')).rejects.toMatchObject({ name: 'Misuse' })
  expect(await confirm()).toMatchObject({ state: 'confirmed', confirmedBy: 'dana' })
  const certificate = await issue()
  expect(certificate).toMatchObject({ id: 'CRT-deezer-2016-1', status: 'complete' })
  expect(await issue('2021-01-01'), 'idempotent').toEqual(certificate)
  expect(documentOf(certificate.envelope)).toMatchObject({
    status: 'complete', obstacles: [], within_deadline: true, fingerprints: { standing: 'retained', until: '2023-12-01T00:00:00Z' },
    verification: { residual: 0, not_searched: [] }, signatories: [{ person: 'eli', role: 'carried out' }, { person: 'dana', role: 'checked' }],
  })
  expect(Number(((await world.run('lab', 'select count(*) as n from lab_copy')).rows[0] as { n: string }).n)).toBe(customers + members)
  expect(await reviewCertificates(world.ledger, on('2020-12-05'))).toEqual([])
})

test('a later finding takes the certificate back, reopens the erasure, and the bundle says so; erased anew, there is a second one', async () => {
  await fresh()
  await copyMixed(world, 'lab_copy')
  const csv = await listenersCsv(world)
  await end(); await run(); await confirm(); await issue()
  world.put('forgotten.csv', csv)
  await sweep(world.context, on('2021-03-01'))
  expect(await reviewCertificates(world.ledger, on('2021-03-01'))).toEqual(['CRT-deezer-2016-1'])
  expect(await reviewCertificates(world.ledger, on('2021-03-01')), 'once').toEqual([])
  expect(await findErasure(world.ledger, id)).toMatchObject({ state: 'reopened' })
  const directory = join(world.directory, 'bundle')
  const bundle = async () => {
    await exportBundle(world.ledger, { slot: 1, at: on('2021-03-02'), directory, receiptsFor: ['certificate.issued', 'certificate.invalidated'], certificates: await envelopesOf(world.ledger, 1) })
    const verdict = verifyBundle(openDirectory(directory))
    if (verdict.outcome !== 'verified') throw new Error(JSON.stringify(verdict))
    return verdict
  }
  expect((await bundle()).facts.certificates).toMatchObject([{ id: 'CRT-deezer-2016-1', standing: 'invalidated' }])
  await run('noa', '2021-03-03')
  expect((await steps()).slice(2)).toEqual(['2.1 crm:crm.listener done 0/0', `2.2 share:forgotten.csv done ${listeners}/${listeners}`])
  await confirm()
  expect(await issue('2021-03-04')).toMatchObject({ id: 'CRT-deezer-2016-2', status: 'complete' })
  expect((await allCertificates(world.ledger.database)).map((one) => one.status)).toEqual(['invalidated', 'complete'])
  expect((await bundle()).facts.certificates).toMatchObject([{ standing: 'invalidated' }, { id: 'CRT-deezer-2016-2', standing: 'stands' }])
})

test('rows that come back into a table of its own after the certificate contradict it too', async () => {
  await fresh()
  const { rows } = await world.run('crm', 'select * from crm.listener')
  await end(); await run(); await confirm(); await issue()
  for (const row of rows as Record<string, string>[]) await world.run('crm', `insert into crm.listener values ('${row['user_id']}', '${row['email']}', '${row['phone']}', 'free')`)
  await sweep(world.context, on('2021-01-01'))
  expect(await reviewCertificates(world.ledger, on('2021-01-01'))).toEqual(['CRT-deezer-2016-1'])
  await run('eli', '2021-01-02')
  expect((await steps()).at(-1)).toBe(`2.1 crm:crm.listener done ${listeners}/${listeners}`)
})

test('what is found between the second search and the certificate keeps it from being issued until it was erased as well', async () => {
  await fresh()
  const csv = await listenersCsv(world)
  await end(); await run(); await confirm()
  world.put('late.csv', csv)
  await sweep(world.context, on('2020-12-03'))
  await expect(issue()).rejects.toThrow(refused('erasure/found-since'))
  expect(await run()).toMatchObject({ state: 'searched_again', confirmedBy: null })
  await confirm()
  expect((await issue()).status).toBe('complete')
})

test('a finding recorded after the second search takes back a certificate that was issued at the same moment', async () => {
  await fresh()
  await end(); await run(); await confirm()
  const evidence = { finding: 'F-1', controller: 'deezer', store: 'lab', environment: 'test', place: 'a.b', records: 1, rows: 1, reasons: [] }
  const issuing = issue()
  await issuing
  const issued = (await allCertificates(world.ledger.database))[0]
  const [opened] = await world.ledger.append({ slot: 1, type: 'finding.opened', at: on('2020-12-04'), parts: { evidence } })
  const openedAt = async (entry: number): Promise<unknown> => world.ledger.database.executeQuery((await import('kysely')).sql`update finding set opened_at_entry = ${entry}`.compile(world.ledger.database))
  await openedAt((issued?.issuedEntry ?? 0) - 1) // as if it had been appended just before
  expect(await reviewCertificates(world.ledger, on('2020-12-05'))).toEqual(['CRT-deezer-2016-1'])
  await openedAt(opened!.index)
})

test('the rows of a table that three controllers share are told apart by the declared predicates: erased for one, the others byte for byte as they were, and rows that nobody declared block *complete*', async () => {
  const pool = (id: string, controller: string): string => `  - { id: ${id}, controller: ${controller}, store: crm, tables: [{ table: crm.listener, subject: user_id, separation: shared_table, rows: "client = '${controller}'", columns: { user_id: { category: UID, identifies: true }, email: { category: UID, identifies: true }, phone: { category: UID, identifies: true } } }] }\n`
  const shared = (text: string): string => text.replace('- table: crm.listener\n', `- table: crm.listener\n        separation: shared_table\n        rows: "client = 'deezer'"\n`).replace('instructions:\n', `${pool('pool-chinook', 'chinook')}${pool('pool-aria', 'aria')}instructions:\n`)
  world = await createWorld({ change: shared, fingerprints: false })
  worlds.push(world)
  await world.run('crm', `alter table crm.listener add column client text not null default 'deezer'`)
  for (const [prefix, client, count] of [['Y', 'chinook', 31], ['Z', 'aria', 29], ['X', 'other', 25]] as const) {
    await world.run('crm', `insert into crm.listener select '${prefix}-' || (1000 + i * 13), '${prefix}' || i || '@elsewhere.example', '+41 ${prefix.charCodeAt(0)} ' || (1000000 + i * 7919), 'free', '${client}' from generate_series(1, ${count}) i`)
  }
  const { taken } = await takeFingerprints(world.context, on('2019-04-01'))
  expect(taken.find((record) => record.dataset === 'listeners')?.records).toBe(listeners)
  await copyMixed(world, 'lab_copy')
  const searcher = await createRowSearcher(groupByKey(await openSegments(world.context)))
  const state = async () => {
    const snapshot = await openSnapshot(world.url('crm', 'sweeper'))
    const { datasets } = await searcher.search(snapshot.read({ schema: 'crm', name: 'listener' })).finally(() => snapshot.close())
    const digest = (await world.run('crm', `select client, count(*)::int as rows, encode(sha256(string_agg(t::text, e'\n' order by user_id)::bytea), 'hex') as sha256 from crm.listener t where client <> 'deezer' group by client order by client`)).rows
    return { digest, found: datasets.filter(({ dataset, verdict }) => verdict === 'copy' && dataset.startsWith('pool')).map(({ dataset, confirmedRows }) => [dataset, confirmedRows]).sort(), own: datasets.find(({ dataset }) => dataset === 'listeners.0')?.confirmedRows ?? 0 }
  }
  const before = await state()
  expect(before).toMatchObject({ digest: [{ client: 'aria', rows: 29 }, { client: 'chinook', rows: 31 }, { client: 'other', rows: 25 }], found: [['pool-aria.0', 29], ['pool-chinook.0', 31]], own: listeners })
  await end()
  expect(await run()).toMatchObject({ again: { residual: 0 } })
  expect(await steps()).toContain(`1.1 crm:crm.listener done ${listeners}/${listeners}`)
  expect(await state()).toEqual({ ...before, own: 0 })
  await searcher.close()
  await confirm()
  const issued = await issue()
  expect(issued.status).toBe('partial')
  // The 25 people who stand under no declared client, and in the copy as well all who are nobody's.
  expect(documentOf(issued.envelope)['obstacles']).toContainEqual({ store: 'crm', place: 'crm.listener', because: '25 rows whose owner is unknown' })
})

test('a predicate that is more than comparisons never reaches a shared table', async () => {
  const shared = (text: string): string => text.replace('- table: crm.listener\n', '- table: crm.listener\n        separation: shared_table\n        rows: "pg_sleep(9) is null or true"\n')
  world = await createWorld({ change: shared, fingerprints: false })
  worlds.push(world)
  const { notTaken } = await takeFingerprints(world.context, on('2019-04-01'))
  expect(notTaken).toEqual([{ dataset: 'listeners', because: expect.stringMatching(/more than comparisons/) as string }])
})

test('a partial certificate is followed by a complete one when what stood in its way is gone; a complete one is not reopened by hand', async () => {
  await fresh((text) => text.replace(', fingerprints: { keep_until: 2023-12-01, instruction: INS-3 }', ''))
  await copyMixed(world, 'lab_copy', 4)
  await end(); await run(); await confirm()
  const partial = await issue()
  expect(partial.status).toBe('partial')
  expect(documentOf(partial.envelope)['fingerprints']).toMatchObject({ standing: 'held' })
  await world.run('lab', 'drop table lab_copy')
  expect(await reopenErasure(world.ledger, { erasure: id, by: 'dana', because: 'the table was dropped' }, on('2020-12-05'))).toMatchObject({ state: 'reopened' })
  await run(); await confirm()
  const complete = await issue()
  expect(complete).toMatchObject({ id: 'CRT-deezer-2016-2', status: 'complete' })
  expect(documentOf(complete.envelope)['fingerprints']).toMatchObject({ standing: 'destroyed' })
  await expect(reopenErasure(world.ledger, { erasure: id, by: 'dana', because: 'again' }, on('2020-12-06'))).rejects.toThrow(refused('erasure/complete'))
})

test('no log tells a controller how much another has, or what its tables are called', async () => {
  await fresh()
  await world.run('shop', 'create table public.secret_plan (id integer); alter table public.secret_plan enable row level security') // not readable whole
  await end(); await run()
  const told = JSON.stringify((await findErasure(world.ledger, id)).again?.coverage)
  expect(told).toMatch(/"store":"shop"/)
  expect(told).not.toMatch(/secret_plan|customer|member/)
  const shop = (await findErasure(world.ledger, id)).again?.coverage.find((store) => store.store === 'shop')
  expect(shop).toMatchObject({ withheld: expect.any(String) as string, not_read: [{ place: '*', because: 'row-level security hides rows from this role' }] })
  expect(shop).not.toHaveProperty('rows')
})

test('rows of unknown owner leave it partial, however often it is run; when their table is gone it can be complete', async () => {
  await fresh()
  await copyMixed(world, 'lab_copy', 4)
  await end(); await run(); await run()
  expect((await findErasure(world.ledger, id)).plan?.round).toBe(2)
  await confirm()
  const certificate = await issue()
  expect(certificate.status).toBe('partial')
  expect(documentOf(certificate.envelope)['obstacles']).toEqual([{ store: 'lab', place: 'public.lab_copy', because: '4 rows whose owner is unknown' }])
  await fresh()
  await copyMixed(world, 'lab_copy', 4)
  await end(); await run()
  await world.run('lab', 'drop table lab_copy')
  await run(); await confirm()
  expect((await issue()).status).toBe('complete')
})

test('a mixed file blocks its step and nothing else; resolved, the next run ends complete', async () => {
  await fresh()
  const csv = await listenersCsv(world)
  world.put('mixed.csv.gz', gzipSync(Buffer.from(`\ufeff${csv}x@else.example,1,2\n`, 'utf16le')))
  await end()
  expect(await run()).toMatchObject({ state: 'searched_again', again: { residual: listeners } })
  expect(await steps()).toEqual([`1.1 crm:crm.listener done ${listeners}/${listeners}`, `1.2 share:mixed.csv.gz blocked null/${listeners}`])
  unlinkSync(join(world.directory, 'share/mixed.csv.gz'))
  world.put('other.csv', 'a,b\n1,2\n') // a folder that is empty now might just not be mounted
  expect(await run()).toMatchObject({ again: { residual: 0 } })
  await confirm()
  expect((await issue()).status).toBe('complete')
})

test('of a mixed text the controller\'s rows go; whose the rest is stays open until somebody says so', async () => {
  await fresh()
  world.put('mixed.csv', `${await listenersCsv(world)}x@else.example,1,2\n`)
  await end()
  expect(await run()).toMatchObject({ again: { residual: 0 } })
  expect(await steps()).toEqual([`1.1 crm:crm.listener done ${listeners}/${listeners}`, `1.2 share:mixed.csv done ${listeners}/${listeners}`])
  expect(readFileSync(join(world.directory, 'share/mixed.csv'), 'utf8')).toBe('mail,u,tel\nx@else.example,1,2\n')
  await confirm()
  const certificate = await issue()
  expect(certificate.status).toBe('partial')
  expect(JSON.stringify(documentOf(certificate.envelope)['obstacles'])).toContain('2 rows whose owner is unknown')
})

test('whoever ran an earlier round cannot be the second person; after a certificate it begins anew', async () => {
  await fresh()
  const csv = await listenersCsv(world)
  world.put('mixed.csv.gz', gzipSync(Buffer.from(`\ufeff${csv}x@else.example,1,2\n`, 'utf16le')))
  world.put('other.csv', 'a,b\n1,2\n')
  await end(); await run('noa')
  unlinkSync(join(world.directory, 'share/mixed.csv.gz'))
  await run('eli')
  await expect(confirm('noa')).rejects.toThrow(refused('erasure/second-person'))
  await expect(confirm('eli')).rejects.toThrow(refused('erasure/second-person'))
  await confirm('dana'); await issue()
  world.put('late.csv', csv)
  await sweep(world.context, on('2021-01-01')); await reviewCertificates(world.ledger, on('2021-01-01'))
  await run('dana', '2021-01-02')
  expect(await confirm('noa')).toMatchObject({ state: 'confirmed' })
})

test('rows found in another controller\'s own table go; its customers that share an address stay, and it is complete', async () => {
  await fresh()
  const { rows } = await world.run('crm', 'select user_id, email, phone from crm.listener limit 3')
  for (const row of rows as Record<string, string>[]) await world.run('shop', `insert into public.customer values ('${row['user_id']}', '${row['email']}', '${row['phone']}', 'free')`)
  await world.run('shop', `insert into public.customer select 'S-' || i, 'p' || i || '@listener.example', '+1 777 ' || i, 'free' from generate_series(100, 110) i`)
  await end(); await run()
  expect((await steps())[1]).toBe('1.2 shop:public.customer done 3/3')
  expect((await world.run('shop', 'select count(*)::int as n from public.customer')).rows).toEqual([{ n: customers + 11 }])
  await confirm()
  expect((await issue()).status).toBe('complete')
})

test('a place that cannot be opened does not keep the others from being erased, and the run can be resumed', async () => {
  await fresh()
  world.put('old.csv', await listenersCsv(world))
  await end()
  const file = join(world.directory, 'crm-erase.url')
  const right = readFileSync(file, 'utf8')
  writeFileSync(file, right.replace('/crm', '/nowhere'))
  await expect(run()).rejects.toMatchObject({ code: 'erasure/store-unreachable' })
  expect(await steps()).toEqual([`1.2 share:old.csv done ${listeners}/${listeners}`])
  await expect(run('dana'), 'a second person must be left').rejects.toThrow(refused('erasure/operator'))
  writeFileSync(file, right)
  expect(await run()).toMatchObject({ state: 'searched_again', again: { residual: 0 } })
})

test('whoever goes on for somebody who left is the one who ran it', async () => {
  await fresh()
  await end()
  const file = join(world.directory, 'crm-erase.url')
  const right = readFileSync(file, 'utf8')
  writeFileSync(file, right.replace('/crm', '/nowhere'))
  await expect(run()).rejects.toMatchObject({ name: 'Broken' })
  writeFileSync(file, right)
  await world.ledger.append({ slot: 0, type: 'people.left', at: on('2020-12-02'), parts: { evidence: { person: 'eli' } } })
  await expect(run()).rejects.toMatchObject({ name: 'Misuse' })
  expect(await run('dana')).toMatchObject({ operator: 'dana' })
  await expect(confirm('dana')).rejects.toThrow(refused('erasure/second-person'))
  await expect(confirm('eli')).rejects.toMatchObject({ name: 'Misuse' })
  await confirm('noa')
})

test('a table that others refer to is erased after them, in one run', async () => {
  await fresh((text) => text.replace('datasets:\n', 'datasets:\n  - { id: visits, controller: deezer, store: lab, tables: [{ table: public.visit, subject: mail, columns: { mail: { category: EmailAddress, identifies: true } } }] }\n'))
  await world.run('crm', `create table crm.visit (person text references crm.listener on delete cascade, mail text, note text); insert into crm.visit select user_id, email, 'was here' from crm.listener`)
  await world.run('lab', `create table visit as select 'p' || i || '@listener.example' as mail from generate_series(1, 9) i`)
  await end(); await run()
  expect(await steps()).toEqual([`1.1 crm:crm.listener done ${listeners}/${listeners}`, '1.2 lab:public.visit done 9/9', `1.3 crm:crm.visit done ${listeners}/${listeners}`])
})

test('a contract is not ended before its agreed end unless it was terminated, nor while another of that controller is live', async () => {
  await fresh()
  await expect(end('2020-11-30')).rejects.toThrow(refused('contract/not-over'))
  expect(await allErasures(world.ledger.database)).toEqual([])
  expect(await end('2020-06-01', true)).toMatchObject({ state: 'opened' })
  const more = estate.replace('  - { id: chinook-2017', '  - { id: chinook-2019, controller: chinook, starts: 2019-01-01, at_end: { choice: return } }\n  - { id: chinook-2017')
  await applyEstate(world.ledger, readEstate(more, 'bailee.yaml'), { checked: [], unchecked: [] }, on('2019-01-01'))
  await expect(endContract(world.context, { contract: 'chinook-2017', terminated: true }, on('2020-01-01'))).rejects.toThrow(refused('erasure/other-contract'))
  await expect(endContract(world.context, { contract: 'none', terminated: true }, on('2020-01-01'))).rejects.toMatchObject({ name: 'Misuse' })
})

test('without leave to keep them, the fingerprints die with the exit, and the certificate says what that means', async () => {
  await fresh((text) => text.replace(', fingerprints: { keep_until: 2023-12-01, instruction: INS-3 }', ''))
  await end(); await run(); await confirm()
  const document = documentOf((await issue()).envelope)
  expect(document).toMatchObject({ status: 'complete', fingerprints: { standing: 'destroyed', note: 'no later search can contradict this certificate' } })
  expect((await existingFingerprints(world.ledger.database)).map((record) => record.dataset)).toEqual(['customers', 'members'])
})

test('undeclared backups leave it partial, declared ones pending; a dataset without fingerprints partial', async () => {
  await fresh((text) => text.replace('erase_url: "file:lab-erase.url", backups: none', 'erase_url: "file:lab-erase.url", backups: { expire_after_days: 35 }'))
  await end(); await run(); await confirm()
  expect(documentOf((await issue()).envelope)).toMatchObject({ status: 'pending_backup_expiry', backups: [{ store: 'lab', expires: '2021-01-06T00:00:00Z' }] })
  await fresh((text) => text.replace('datasets:\n', 'datasets:\n  - { id: empty, controller: deezer, store: lab, tables: [{ table: public.empty, subject: mail, columns: { mail: { category: EmailAddress, identifies: true } } }] }\n').replace('path: share, backups: none', 'path: share'))
  await world.run('lab', 'create table public.empty (mail text)')
  await end(); await run(); await confirm()
  const certificate = await issue()
  expect(documentOf(certificate.envelope)).toMatchObject({ status: 'partial', obstacles: [{ store: 'lab', place: '*', because: expect.stringContaining('could not be taken at the end') as string }, { place: 'public.empty', because: expect.stringContaining('no fingerprints') as string }, { store: 'share', place: 'backups' }] })
})

test('two processes at once: one works, the other is refused, nothing is counted twice', async () => {
  await fresh()
  await copyMixed(world, 'lab_copy')
  await end()
  await world.run('crm', 'begin; lock table crm.listener in row exclusive mode') // whichever is first waits here
  const both = [run(), run()]
  const refusedOne = await Promise.race(both.map(async (one, number) => {
    await expect(one).rejects.toThrow(refused('erasure/running'))
    return number
  }))
  await world.run('crm', 'commit')
  expect(await both[1 - refusedOne]).toMatchObject({ state: 'searched_again', again: { residual: 0 } })
  expect(await steps()).toEqual([`1.1 crm:crm.listener done ${listeners}/${listeners}`, `1.2 lab:public.lab_copy done ${listeners}/${listeners}`])
  await confirm()
  const issued = await Promise.all([issue(), issue()])
  expect(issued[0]).toEqual(issued[1])
  expect(await allCertificates(world.ledger.database)).toHaveLength(1)
})

/** One erasure is moved by hand to each state; every move that the table does not list is refused, and nothing is recorded. */
test('every move that an erasure cannot make is refused, whatever its state', async () => {
  await fresh()
  await end()
  const plan = { round: 1, items: [], blocked: [], coverage: [] }
  const more: Record<string, Record<string, Json>> = { planned: { plan, operator: 'eli' }, searched_again: { again: { sweep: 'S', at: 1, residual: 0, places: [], coverage: [] } }, confirmed: { by: 'dana' } }
  const typeOf: Record<ErasureState, string> = { opened: 'opened', planned: 'planned', erasing: 'started', searched_again: 'searched_again', confirmed: 'confirmed', certified: 'certified', reopened: 'reopened' }
  const move = (to: ErasureState) => world.ledger.append({ slot: 1, type: `erasure.${typeOf[to]}`, at: on('2020-12-02'), parts: { evidence: { erasure: id, ...more[to] } } })
  const states = Object.keys(erasureMoves) as ErasureState[]
  let tried = 0
  for (const from of ['planned', 'erasing', 'searched_again', 'confirmed', 'certified', 'reopened'] as const) {
    await move(from)
    const allowed: readonly ErasureState[] = erasureMoves[from]
    const before = await world.ledger.size(1)
    for (const to of states.filter((state) => !allowed.includes(state) && state !== 'opened')) {
      await expect(move(to), `${from} to ${to}`).rejects.toThrow(refused('erasure/move'))
      tried += 1
    }
    expect([(await findErasure(world.ledger, id)).state, await world.ledger.size(1)]).toEqual([from, before])
  }
  expect(tried).toBe(27)
  await expect(world.ledger.append({ slot: 1, type: 'erasure.step_done', at: on('2020-12-02'), parts: { evidence: { erasure: id, round: 1, number: 1, rows_erased: 5, detail: {} } } })).rejects.toThrow(refused('erasure/step-order'))
  await expect(world.ledger.append({ slot: 1, type: 'certificate.invalidated', at: on('2020-12-02'), parts: { evidence: { certificate: 'CRT-none', erasure: id, because: 'x' } } })).rejects.toThrow(refused('certificate/invalidated'))
})
