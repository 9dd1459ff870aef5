import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { first, rows, sql } from '#database'
import { exportBundle, lockWith, sealAll } from '#ledger'
import { destroyDueKeys, examine, type Finding } from './index.ts'
import { begun, keep, months, type Kept } from './testing.ts'

let kept: Kept
beforeEach(async () => { kept = await keep() })
afterEach(() => kept.close())

const keyFile = (name: string): string => join(kept.directory, 'keys', name)
const look = (more: { at?: number; backups?: string[]; environment?: Record<string, string> } = {}): Promise<Finding[]> =>
  examine({ directory: kept.directory, url: kept.own.url, clock: 'replayed', environment: more.environment ?? {}, backups: more.backups ?? [] }, more.at ?? begun)
/** How much is free on the machine of a test is not ours to say. */
const wrongs = async (more?: Parameters<typeof look>[0]): Promise<string[]> => (await look(more)).filter(({ state, check }) => state === 'wrong' && check !== 'disk').map(({ check, says }) => `${check}: ${says}`)

test('a Bailee that stands as it should has nothing wrong, and what it leaves open is said', async () => {
  const found = await look()
  expect(found.filter(({ state, check }) => state === 'wrong' && check !== 'disk')).toEqual([])
  expect(found.filter(({ state }) => state === 'note').map(({ check }) => check)).toEqual(['encryption', 'witnesses', 'breaches'])
  expect(found.map(({ check }) => check)).toEqual(expect.arrayContaining(['permissions', 'place', 'ledger', 'destruction', 'disk']))
})

test('where nothing was begun there is nothing to restore', async () => {
  const nowhere = join(kept.directory, 'nowhere')
  const found = await examine({ directory: nowhere, url: undefined, clock: 'replayed', environment: {} }, begun)
  expect(found.map(({ check, says }) => [check, says])).toEqual([['keys', `there are no keys in ${join(nowhere, 'keys')}`]])
})

test('keys that others may read are named, with what to do', async () => {
  chmodSync(keyFile('log.pem'), 0o644)
  expect(await wrongs()).toEqual([expect.stringMatching(/^permissions: .*log[.]pem may be used by others/), expect.stringMatching(/^ledger: .*chmod/)])
})

test('keys that stayed in clear among encrypted ones are named; what opens them must not lie beside them', async () => {
  const opener = join(kept.directory, 'opener')
  writeFileSync(opener, 'sixteen bytes and more\n', { mode: 0o600 })
  const master = lockWith(join(kept.directory, 'keys'), Buffer.from('sixteen bytes and more'), { cost: { N: 1024, r: 8, p: 1 } })
  const environment = { BAILEE_KEY_FILE: opener }
  expect(await wrongs({ environment })).toEqual([expect.stringMatching(/^encryption: \d+ of \d+ keys are in clear/), expect.stringMatching(/^place: the key file/)])
  sealAll(join(kept.directory, 'keys'), master)
  expect((await look({ environment })).filter(({ check, state }) => check === 'encryption' && state === 'good')).toHaveLength(1)
  expect(await wrongs()).toEqual([expect.stringMatching(/^ledger: .*nothing opens them/)])
})

test('a key store inside the data of the control database is found, also behind a link', async () => {
  const { data } = await first<{ data: string }>(kept.own.database, sql`select current_setting('data_directory') as data`) ?? { data: '' }
  const inside = join(data, `keys-${process.pid}`)
  mkdirSync(inside)
  renameSync(join(kept.directory, 'keys'), join(inside, 'keys'))
  symlinkSync(join(inside, 'keys'), join(kept.directory, 'keys'))
  try {
    expect(await wrongs()).toEqual([expect.stringMatching(/^place: the key store .* are one in the other/)])
  } finally {
    rmSync(inside, { recursive: true })
  }
})

test('a key among the backups is found by its name and by what it holds', async () => {
  const backups = mkdtempSync(join(tmpdir(), 'bailee-backups-'))
  expect(await wrongs({ backups: [backups] })).toEqual([])
  copyFileSync(keyFile('log.pem'), join(backups, 'notes.txt'))
  expect(await wrongs({ backups: [backups] })).toEqual([expect.stringMatching(/^backups: 1 keys are among the backups .*notes[.]txt/)])
  mkdirSync(join(backups, 'payload/1/access'), { recursive: true })
  writeFileSync(join(backups, 'payload/1/access/2017-1.key'), 'of long ago')
  expect(await wrongs({ backups: [backups] })).toEqual([expect.stringMatching(/^backups: 2 keys/)])
  rmSync(backups, { recursive: true })
})

test('keys that are overdue, unrecorded, or back are told; those that are back are destroyed again', async () => {
  expect(await wrongs({ at: months(13) })).toEqual([expect.stringMatching(/^destruction: 3 keys should have been destroyed by now, the first on 2018-01-01/)])
  const id = `payload/${kept.slot}/access/2017-1`
  const copy = readFileSync(keyFile(`${id}.key`))
  await destroyDueKeys(kept.bailee, months(12))
  expect(await wrongs({ at: months(13) })).toEqual([])
  writeFileSync(keyFile(`${id}.key`), copy, { mode: 0o600 })
  expect(await wrongs({ at: months(13) })).toEqual([`destruction: key ${id} was destroyed, and was in the key store again; it was destroyed again, and that was recorded`])
  expect(await wrongs({ at: months(13) })).toEqual([])
})

test('a key that is gone and of which no entry tells is told once, not as overdue too, and recorded once', async () => {
  const id = `payload/${kept.slot}/access/2017-1`
  kept.ledger.keys.settle(id) // as the key store has it beside a database restored from before
  expect(await wrongs({ at: months(13) })).toEqual([expect.stringMatching(/^destruction: 1 key was destroyed and no entry says so/), expect.stringMatching(/^destruction: 2 keys should have been destroyed/)])
  const { destroyed } = await destroyDueKeys(kept.bailee, months(13))
  expect([destroyed.length, new Set(destroyed).size, destroyed.includes(id)]).toEqual([3, 3, true])
  expect(await wrongs({ at: months(13) })).toEqual([])
})

test('a control database that is older than what was signed is told, and nothing is written', async () => {
  await exportBundle(kept.ledger, { slot: kept.slot, at: begun, directory: join(kept.directory, 'bundle'), receiptsFor: [], certificates: new Map() })
  for (const table of ['snapshot_head', 'snapshot']) await rows(kept.own.database, sql`alter table ${sql.id(table)} disable trigger user`)
  for (const table of ['snapshot_head', 'snapshot']) await rows(kept.own.database, sql`delete from ${sql.id(table)}`)
  expect(await wrongs()).toEqual([expect.stringMatching(/^ledger: evidence over 1 snapshots was signed, and the control database holds 0/)])
})

test('a witness that never cosigned, or has seen another history, is told', async () => {
  const vkey = 'witness.example+00000000+AAAA'
  await kept.ledger.append({ slot: 0, type: 'witness.declared', at: begun, parts: { evidence: { witnesses: [{ name: 'peer', url: 'https://witness.example', vkey }], groups: [], quorum: 'none' } } })
  expect(await wrongs()).toEqual(['witnesses: peer never cosigned'])
  await rows(kept.own.database, sql`insert into witness_contact (vkey, size, cosigned_at, tried_at, failures) values (${vkey}, 1, ${begun}, ${begun}, 0)`)
  expect(await wrongs()).toEqual([])
  expect(await wrongs({ at: begun + 100_000 })).toEqual([expect.stringMatching(/^witnesses: peer cosigned last at/)])
  await rows(kept.own.database, sql`update witness_contact set because = 'it did not answer in 10 s', failures = 2`)
  expect(await wrongs()).toEqual([])
  expect((await look()).find(({ check }) => check === 'witnesses')).toMatchObject({ state: 'note', says: expect.stringMatching(/^peer cosigned at .*, and failed 2 times since: it did not answer in 10 s$/) as unknown })
  await rows(kept.own.database, sql`update witness_contact set because = 'it has seen 9 snapshots (ANOTHER HISTORY)', failures = 1`)
  expect(await wrongs()).toEqual([expect.stringMatching(/^witnesses: peer has seen another history/)])
})

test('a schedule that nobody runs in time is told; before it is due, and where there is none, nothing is wrong', async () => {
  expect((await look()).filter(({ check }) => check === 'schedules')).toEqual([])
  const schedule = { id: 'S-0123456789', controller: 'acme', contract: 'acme-1', instruction: 'INS-1', store: 'crm', person: 'noa', purpose: 'Marketing', name: 'segment.sql', sha256: '00', cron: '0 3 * * *', zone: 'UTC', keep: null }
  await kept.ledger.append({ slot: kept.slot, type: 'activity.scheduled', at: begun, parts: { evidence: schedule } })
  expect((await look()).filter(({ check }) => check === 'schedules').map(({ state, says }) => `${state}: ${says}`)).toEqual(['good: 1 schedule is run when due'])
  expect((await wrongs({ at: begun + 2 * 86_400 })).filter((line) => line.startsWith('schedules'))).toEqual([expect.stringMatching(/^schedules: S-0123456789: what is due was not begun/)])
})
