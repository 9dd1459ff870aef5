import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { applies } from '#composition'
import { applyEstate, readEstate } from '#estate'
import { openKeyStore, openLedger, type Ledger } from '#ledger'
import { createTestDatabase, type TestDatabase } from '../../database/testing.ts'
import { parseInstant } from '#kit/time'
import { parseAddress } from '../address.ts'
import { createClientDatabase, type ClientDatabase } from '../testing.ts'
import { declaredFor, roadOf } from './judge.ts'
import { allRoads, lookAtRoads, type BreakGlass, type RoadReport } from './index.ts'

const on = (date: string): number => parseInstant(date) ?? Number.NaN

const estate = (breakGlass = ''): string => `
bailee: 1
processor: { origin: processor.example, name: Processor, country: IL }
environments: [{ id: production, class: production, country: IE, operator: processor, protection: high }]
stores:
  - { id: crm, environment: production, kind: postgres, gateway_url: "env:GATEWAY", sweep_url: "env:SWEEP"${breakGlass} }
  - { id: blind, environment: production, kind: postgres, gateway_url: "env:GATEWAY" }
  - { id: away, environment: production, kind: postgres, gateway_url: "env:AWAY" }
  - { id: unset, environment: production, kind: postgres, gateway_url: "env:UNSET" }
  - { id: share, environment: production, kind: files, path: /srv/share }
controllers:
  - { id: deezer, name: Deezer, country: FR, signatories: [{ name: C. Martin, contact: c@deezer.example }] }
  - { id: chinook, name: Chinook, country: FR, signatories: [{ name: D. Durand, contact: d@chinook.example }] }
contracts:
  - { id: deezer-2016, controller: deezer, starts: 2016-12-01 }
  - { id: chinook-2016, controller: chinook, starts: 2016-12-01 }
datasets:
  - { id: listeners, controller: deezer, store: crm, tables: [{ table: crm.listener, subject: user_id, columns: { user_id: { category: UID, identifies: true } } }] }
  - { id: buyers, controller: chinook, store: crm, tables: [{ table: crm.payroll, subject: name, columns: { name: { category: Name, identifies: true } } }] }
people: [{ id: dana, name: Dana, contact: dana@processor.example, role: dpo }]
`

let client: ClientDatabase
let control: TestDatabase
let ledger: Ledger
const directory = mkdtempSync(join(tmpdir(), 'bailee-roads-'))
let now = on('2019-03-01')

beforeAll(async () => {
  client = await createClientDatabase()
  control = await createTestDatabase()
  ledger = await openLedger({ database: control.database, keys: openKeyStore(join(directory, 'keys')), origin: 'processor.example', clock: 'replayed', applies }, on('2016-11-01'))
  await declare()
})
afterAll(async () => {
  await Promise.all([control.close(), client.stop()])
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
})

const declare = async (breakGlass = ''): Promise<void> => { await applyEstate(ledger, readEstate(estate(breakGlass), 'bailee.yaml'), { checked: [], unchecked: [] }, now) }

function look(stores: string[] = ['crm']): Promise<RoadReport> {
  now += 86_400
  const environment = { GATEWAY: client.gatewayUrl, SWEEP: client.adminUrl, AWAY: 'postgresql://gateway@127.0.0.1:1/crm?sslmode=disable' }
  return lookAtRoads({ ledger, references: { environment, directory } }, now, stores)
}

/** What the test server lets in besides: it is there in every look. */
const standing = 'pg_hba local all all scram-sha-256'

const open = (report: RoadReport, slot = 1): string[] => report.roads.filter((road) => road.slot === slot && road.state === 'open').map(({ kind, name }) => `${kind} ${name}`).filter((road) => road !== standing).sort()

test('of a database that only Bailee\'s own logins reach, the line of pg_hba.conf for everybody else is the one road', async () => {
  const report = await look()
  expect(open(report)).toEqual([])
  expect(report.roads).toMatchObject([{ slot: 1, says: 'pg_hba.conf lets in all (local, all)', state: 'open' }, { slot: 2, state: 'open' }])
  expect(report.stores).toEqual([{ store: 'crm', open: 1, declared: 0, notSeen: [] }])
})

const ways: readonly [string, string, string, string][] = [
  ['an account of the staff', 'CREATE ROLE staff LOGIN; GRANT SELECT ON crm.listener TO staff', 'REVOKE SELECT ON crm.listener FROM staff; DROP ROLE staff', 'role staff can log in, reads declared tables'],
  ['a superuser', 'CREATE ROLE dba LOGIN SUPERUSER', 'DROP ROLE dba', 'role dba can log in, is a superuser'],
  ['a role past row security', 'CREATE ROLE past BYPASSRLS NOLOGIN', 'DROP ROLE past', 'role past cannot log in here itself, bypasses row security'],
  ['a maker of roles', 'CREATE ROLE maker CREATEROLE NOLOGIN', 'DROP ROLE maker', 'role maker cannot log in here itself, makes roles'],
  ['a replication role', 'CREATE ROLE mirror REPLICATION LOGIN', 'DROP ROLE mirror', 'role mirror can log in, may replicate'],
  ['a member of pg_read_all_data', 'CREATE ROLE reader LOGIN IN ROLE pg_read_all_data', 'DROP ROLE reader', 'role reader can log in, is a member of pg_read_all_data, reads declared tables'],
  ['a superuser as gateway_url', 'ALTER ROLE bailee_gateway SUPERUSER', 'ALTER ROLE bailee_gateway NOSUPERUSER', 'the login of gateway_url, bailee_gateway, is a superuser, which nothing here needs'],
  ['a publication', 'CREATE PUBLICATION everything FOR ALL TABLES', 'DROP PUBLICATION everything', 'publication everything offers all tables to other servers'],
  ['a foreign server', 'CREATE FOREIGN DATA WRAPPER w; CREATE SERVER outside FOREIGN DATA WRAPPER w', 'DROP FOREIGN DATA WRAPPER w CASCADE', 'foreign server outside (w, 0 user mappings) reaches beyond this database'],
  ['an untrusted language', 'CREATE LANGUAGE plfoo HANDLER plpgsql_call_handler', 'DROP LANGUAGE plfoo', 'language plfoo runs programs with the rights of the server'],
  ['an event trigger', 'CREATE FUNCTION crm.seen() RETURNS event_trigger LANGUAGE plpgsql AS \'BEGIN END\'; CREATE EVENT TRIGGER watcher ON ddl_command_end EXECUTE FUNCTION crm.seen()', 'DROP FUNCTION crm.seen CASCADE', 'event trigger watcher of role bailee runs at ddl_command_end'],
  ['a physical replication slot', 'SELECT pg_create_physical_replication_slot(\'standby\')', 'SELECT pg_drop_replication_slot(\'standby\')', 'physical replication slot standby keeps the whole server\'s changes for a reader'],
]

test('each road is found by its name, in the log of every controller whose data is there, and closed when it is gone', async () => {
  for (const [, opening] of ways) await client.run(opening)
  try {
    const found = await look()
    for (const [what, , , says] of ways) expect(found.roads.filter((road) => road.says === says).map(({ slot }) => slot).sort(), what).toEqual([1, 2])
    expect(found.opened).toHaveLength(2 * ways.length)
    expect(found.roads).toHaveLength(2 * (ways.length + 1))
    expect((await look()).opened).toEqual([])
  } finally {
    for (const [, , closing] of ways) await client.run(closing)
  }
  const closed = await look()
  expect(closed.closed).toHaveLength(2 * ways.length)
  expect(open(closed)).toEqual([])
  const all = await allRoads(control.database)
  for (const [what, , , says] of ways) expect(all.filter((road) => road.says === says).map(({ state }) => state), what).toEqual(['closed', 'closed'])
})

test('a live session that is not ours is a road of its own while it lasts, and gateway sessions are none', async () => {
  await client.run('CREATE ROLE visitor LOGIN PASSWORD \'visiting\'; CREATE ROLE s_65000000_00112233445566778899aabb LOGIN PASSWORD \'session\' IN ROLE bailee_session')
  const { host, port } = parseAddress(client.gatewayUrl)
  const connect = async (user: string, password: string): Promise<pg.Client> => { const made = new pg.Client({ host, port, user, password, database: 'crm' }); await made.connect(); return made }
  const sessions = [await connect('visitor', 'visiting'), await connect('s_65000000_00112233445566778899aabb', 'session')]
  try {
    expect(open(await look())).toEqual(['role visitor', 'session visitor'])
  } finally {
    await Promise.all(sessions.map((session) => session.end()))
  }
  await client.run('DROP ROLE visitor, s_65000000_00112233445566778899aabb')
  expect(open(await look())).toEqual([])
})

test('break-glass is declared with owner and reason, covers the role\'s own lines and sessions, and ends', async () => {
  await client.run('CREATE ROLE rescue LOGIN SUPERUSER')
  expect(open(await look())).toEqual(['role rescue'])
  await declare(', break_glass: [{ name: rescue, owner: dana, reason: "restores at night", until: 2019-12-01 }]')
  const declared = await look()
  expect(open(declared)).toEqual([])
  expect(declared.roads.filter(({ slot, kind }) => slot === 2 && kind === 'role')).toMatchObject([{ state: 'declared', because: 'break-glass, answered for by dana until 2019-12-01: restores at night' }])
  now = on('2019-12-02')
  expect(open(await look())).toEqual(['role rescue'])
  await client.run('DROP ROLE rescue')
  await declare()
  await look()
})

test('a declaration covers only what it names', () => {
  const glass: BreakGlass[] = [{ kind: 'role', name: 'dba', owner: 'dana', reason: 'on call' }]
  const ours = { all: new Set(['bailee_gateway']), slots: new Set<string>(), gateway: 'bailee_gateway' }
  const line = (users: string[], method = 'scram-sha-256') => roadOf('pg_hba', { name: `host all ${users.join(',')} 10.0.0.0/8 ${method}`, type: 'host', database: ['all'], users, method }, ours)
  const covered = (users: string[]): boolean => { const road = line(users); return road !== undefined && declaredFor(road, glass, 0) !== undefined }
  expect(line(['+bailee_session', 'bailee_gateway'])).toBeUndefined()
  expect(covered(['dba'])).toBe(true)
  expect(covered(['dba', 'bailee_gateway'])).toBe(true)
  for (const users of [['all'], ['+staff'], ['dba', 'noa'], ['/^dba$']]) expect(covered(users), users.join()).toBe(false)
  expect(line(['all'], 'trust')?.says).toBe('pg_hba.conf lets in all (host, all), without a password')
})

test('what was not seen is said, and nothing that was open counts as closed by it', async () => {
  await client.run('CREATE ROLE staff LOGIN')
  const blind = await look(['blind', 'away', 'unset', 'share'])
  expect(blind.stores.map(({ store, notSeen }) => [store, notSeen.map(({ because }) => because)])).toEqual([
    ['away', ['the database could not be reached']],
    ['blind', ['none of the store\'s logins may see it (SQLSTATE 42501)', 'connections of physical replication are shown to members of pg_read_all_stats only']],
    ['share', ['roads to stores of kind files cannot be looked at yet']],
    ['unset', ['no URL of store unset is set or can be read']],
  ])
  expect(open(blind, 0)).toEqual(['role staff'])
  await client.run('DROP ROLE staff')
  await expect(look(['nowhere'])).rejects.toThrow('no store is called "nowhere"')
})
