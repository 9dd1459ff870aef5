import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openMysqlSession } from '#inventory'
import { runMariadb, startMariadb, withoutMariadb, type MariadbServer } from '../../inventory/testing.ts'
import { certify, confirmErasure, endContract, reopenErasure, runErasure } from '../index.ts'
import { physicalChecksOf } from '../store.ts'
import { createWorld, listeners, on } from '../testing.ts'
import { openMysqlFiles } from './adapter/mysql.ts'
import type { Undo } from './engine.ts'
import { hindrancesOf, judgeKinds } from './judge.ts'
import { replacedSince, searchFiles } from './search.ts'
import type { BlindColumn, FileSeen, KindSearched, Performed } from './types.ts'

interface Person { readonly id: string; readonly email: string; readonly phone: string }

const id = 'EXIT-deezer-2016'
const settings = ['--innodb-doublewrite=1', '--innodb-buffer-pool-size=8M', '--log-bin=binlog', '--binlog-format=row', '--server-id=1']
const rows = 12_000
let server: MariadbServer
beforeAll(async () => { if (!withoutMariadb) server = await startMariadb([...settings, '--innodb-undo-tablespaces=0']) }, 60_000)
afterAll(async () => { if (!withoutMariadb) await server.stop() })

const dataDirectory = (): string => join(server.directory, 'data')
const open = async () => openMysqlFiles({ url: server.url, dataDirectory: dataDirectory(), waitMilliseconds: 0 })
const made = (name: string): void => {
  runMariadb(server, `create database if not exists lab; use lab; create table ${name} (n int primary key, mail varchar(60), amount decimal(10,2), key (mail)) character set utf8mb4;
    insert into ${name} select seq, concat('erased', 100000 + seq * 37, '@${name}.listener.example'), seq from seq_1_to_${rows}; analyze table ${name} persistent for all`)
}

interface Seen { readonly values: readonly Uint8Array[]; readonly blind: readonly BlindColumn[]; readonly held: readonly FileSeen[]; readonly searched: readonly KindSearched[] }

async function look(place: string): Promise<Seen> {
  const engine = await open()
  try {
    const { values: drawn, blind } = await engine.draw(place, 10_000)
    const values = drawn.map((value) => Buffer.from(value))
    const files = await engine.files()
    return { values, blind, held: [...await engine.holding(place), ...files.filter(({ kind }) => engine.shared.has(kind))], searched: await searchFiles(dataDirectory(), files, { values, controls: [] }) }
  } finally {
    await engine.close()
  }
}

/** What the check of one store does, without a ledger. `values`: none where a run begins after the erasing. */
async function check(place: string, { held, blind, searched }: Seen, { values, clearBefore }: { values: readonly Uint8Array[]; clearBefore: readonly string[] }): Promise<Performed> {
  const engine = await open()
  const notes: (readonly string[])[] = []
  const undo: Undo = { note: (restore) => { notes.push(restore); return Promise.resolve() }, clear: () => { notes.push([]); return Promise.resolve() } }
  try {
    const control = `bailee-control-${randomBytes(12).toString('hex')}`
    const cleared = await engine.clear({ control, clearBefore, places: [place], before: held, rows, values, undo })
    const hindrances = await engine.plant(control, undo)
    await engine.flush()
    const files = await engine.files()
    const after = await searchFiles(dataDirectory(), files, { values, controls: [Buffer.from(control)] })
    const replaced = replacedSince(held, files, cleared.rewritten)
    expect(notes.every((note, at) => at % 2 === 0 ? note[0]?.startsWith('set global innodb_file_per_table = 1') : note.length === 0), 'what is changed is noted, and put back').toBe(true)
    return { store: 'legacy', performed: true, values: values.length, kinds: judgeKinds({ store: 'legacy', values: values.length, rules: engine.rules, before: values.length === 0 ? null : searched, after, replaced }), blind_columns: blind, done: cleared.done, offered: cleared.offered, hindrances: [...cleared.hindrances, ...hindrances] }
  } finally {
    await engine.uproot()
    await engine.close()
  }
}

const clearIn = ({ kinds }: Performed): string[] => kinds.filter(({ standing }) => standing === 'clear').map(({ kind }) => kind)
const deletedIn = async (seen: Seen): Promise<Map<string, number>> => {
  const engine = await open()
  try {
    return new Map((await searchFiles(dataDirectory(), await engine.files(), { values: seen.values, controls: [] })).map(({ kind, values }) => [kind, values / seen.values.length]))
  } finally {
    await engine.close()
  }
}

describe.skipIf(withoutMariadb)('files of MariaDB (Debian package mariadb-server)', () => {
  test('after a plain DELETE the values stand in them; after the procedure in none, but for the undo log, whose restart is offered; with it, nothing is left in the way', async () => {
    made('people')
    made('kept')
    const kept = runMariadb(server, 'checksum table lab.kept')
    const seen = await look('lab.people')
    expect([seen.values.length, seen.blind.map(({ column }) => column)]).toEqual([10_000, ['n', 'amount']])
    runMariadb(server, 'delete from lab.people')
    const deleted = await deletedIn(seen)
    for (const kind of ['table', 'redo log', 'binary log']) expect(deleted.get(kind), kind).toBeGreaterThan(0.9)
    const first = await check('lab.people', seen, { values: seen.values, clearBefore: [] })
    expect(hindrancesOf(first)).toEqual([{ place: 'undo log', because: expect.stringMatching(/^old versions of up to 12000 rows may remain in the system tablespace/) as string }])
    await server.restart(['--innodb-undo-tablespaces=3'])
    const second = await check('lab.people', seen, { values: [], clearBefore: clearIn(first) })
    expect([hindrancesOf(second), second.offered]).toEqual([[], []])
    expect(runMariadb(server, 'checksum table lab.kept')).toBe(kept)
  }, 300_000)

  test('a whole exit ends partial and says what to do; done by an operator, the next run sees that the files are new, and the certificate is complete', async () => {
    const world = await createWorld({ change: (text) => text.replace('controllers:\n', `  - { id: legacy, environment: test, kind: mysql, sweep_url: "file:legacy.url", erase_url: "file:legacy.url", data_directory: ${dataDirectory()}, backups: none }\ncontrollers:\n`) })
    try {
      writeFileSync(join(world.directory, 'legacy.url'), server.url)
      const people = (await world.run('crm', 'select user_id as id, email, phone from crm.listener')).rows as Person[]
      const others = (await world.run('shop', 'select customer_id as id, email, phone from public.customer')).rows as Person[]
      runMariadb(server, `drop database lab; create database old; create database \`bailee-control-of-a-killed-run\`; create table old.\`people of 2018\` (n int primary key auto_increment, a varchar(40), b varchar(60), c varchar(40));
        insert into old.\`people of 2018\` (a, b, c) values ${[...people, ...others].map((row) => `('${row.id}', '${row.email}', '${row.phone}')`).join(',')}`)
      await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
      const run = async (at: string) => runErasure(world.context, { erasure: id, operator: 'eli' }, on(at))
      const outcome = async (): Promise<Performed> => (await physicalChecksOf(world.ledger.database, id)).at(-1)?.outcome as Performed
      expect(await run('2020-12-02')).toMatchObject({ state: 'searched_again', again: { residual: 0 } })
      const first = await outcome()
      expect(first).toMatchObject({ store: 'legacy', performed: true, offered: [{ step: expect.stringContaining('two restarts') as string }] })
      expect(first.values).toBeGreaterThanOrEqual(2 * listeners)
      expect(hindrancesOf(first).map(({ place }) => place)).toContain('undo log')
      // Of a temporary table of rows the server may have written pages: those, too, a restart takes away.
      expect(first.kinds.filter(({ kind, standing }) => kind !== 'temporary tablespace' && (standing === 'residual' || standing === 'blind')).map(({ kind }) => kind)).toEqual(first.kinds.some(({ kind, standing }) => kind === 'undo log' && standing === 'residual') ? ['undo log'] : [])
      await confirmErasure(world.ledger, { erasure: id, by: 'dana' }, on('2020-12-03'))
      expect(await certify(world.context, id, on('2020-12-03'))).toMatchObject({ status: 'partial' })
      await server.restart(['--innodb-undo-tablespaces=0'])
      await server.restart(['--innodb-undo-tablespaces=3'])
      await reopenErasure(world.ledger, { erasure: id, by: 'eli', because: 'the server was restarted as offered' }, on('2020-12-04'))
      await run('2020-12-04')
      const second = await outcome()
      expect([second.values, hindrancesOf(second), second.offered]).toEqual([0, [], []])
      expect(second.kinds.find(({ kind }) => kind === 'undo log')).toMatchObject({ standing: 'replaced', files_before: 3, files_left: 0 })
      await confirmErasure(world.ledger, { erasure: id, by: 'dana' }, on('2020-12-05'))
      expect(await certify(world.context, id, on('2020-12-05'))).toMatchObject({ status: 'complete' })
      expect(runMariadb(server, 'select count(*) from old.`people of 2018`; show databases').split('\n').sort()).toEqual(['', String(others.length), 'information_schema', 'mysql', 'old', 'performance_schema', 'sys'])
    } finally {
      await world.close()
    }
  }, 300_000)

  test('a transaction that keeps old versions, and the files of another server, are said', async () => {
    made('people')
    const seen = await look('lab.people')
    const holder = await openMysqlSession(server.url)
    await holder.run('start transaction with consistent snapshot')
    runMariadb(server, 'delete from lab.people where n < 5000')
    const held = await check('lab.people', seen, { values: seen.values, clearBefore: [] })
    expect(hindrancesOf(held)).toEqual(expect.arrayContaining([{ place: 'undo log', because: expect.stringMatching(/^an open transaction \(thread \d+, since/) as string }]))
    holder.close()
    await expect(openMysqlFiles({ url: server.url, dataDirectory: server.directory, waitMilliseconds: 0 }), 'another directory').rejects.toMatchObject({ code: 'erasure/other-server' })
  }, 300_000)

  test('old versions that the server has not taken away, with no open transaction to wait for, are said', async () => {
    made('remaining')
    const seen = await look('lab.remaining')
    runMariadb(server, 'create table lab.exported (n int primary key) engine=innodb; insert into lab.exported values (1)')
    const holder = await openMysqlSession(server.url)
    await holder.run('flush tables lab.exported for export') // the server takes no old versions away meanwhile
    try {
      runMariadb(server, 'delete from lab.remaining where n < 5000')
      const kept = await check('lab.remaining', seen, { values: seen.values, clearBefore: [] })
      expect(kept.hindrances).toEqual(expect.arrayContaining([{ place: 'undo log', because: expect.stringMatching(/^the server has not taken away all old versions of rows in time \(its history list is \d+ long\)/) as string }]))
      expect(kept.done).not.toContain('old versions of rows taken away')
    } finally {
      holder.close()
    }
  }, 300_000)
})
