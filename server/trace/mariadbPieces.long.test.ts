/** A table of MariaDB that is read in units of different moments: whole where nothing of it changed, read anew where something did and the server tells so, and otherwise said to be read in part. */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createWorld, listeners, on, type World } from '../erasure/testing.ts'
import { runMariadb, startMariadb, withoutMariadb, type OtherServer } from '../inventory/testing.ts'
import { sweep, type SweepReport } from './sweep.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let world: World
let mariadb: OtherServer
const rows = 300 // of a megabyte: two units
beforeAll(async () => {
  if (withoutMariadb) return
  mariadb = await startMariadb()
  world = await createWorld({ change: (text) => text.replace('controllers:\n', '  - { id: legacy, environment: test, kind: mysql, sweep_url: "file:legacy.url" }\ncontrollers:\n') })
  writeFileSync(join(world.directory, 'legacy.url'), mariadb.url)
  runMariadb(mariadb, `create database old; use old; create table other (id int primary key); create table large (id int primary key, mail varchar(80), filler mediumtext);
    insert into large select seq, concat('p', seq, '@listener.example'), repeat('x ', 480000) from seq_1_to_${rows}; analyze table large`)
})
afterAll(async () => {
  if (withoutMariadb) return
  await world.close()
  await mariadb.stop()
})

/** Sweeps until the second unit of the table begins, as a process that is stopped does; then goes on with it after `between`. */
async function interrupted(day: string, between: () => void): Promise<SweepReport> {
  const progress = ({ place }: { readonly place: string }): void => {
    if (/old[.]large [(]key \d+[.][.][)]$/.test(place)) throw new Error('stopped')
  }
  await expect(sweep({ ...world.context, progress }, on(day), { stores: ['legacy'], bytesPerSecond: 100e6 })).rejects.toThrow('stopped')
  between()
  const report = await sweep(world.context, on(day), { stores: ['legacy'], resume: true })
  expect(report.search.resumed).toBe(true)
  return report
}

const partly = ({ coverage }: SweepReport): unknown => coverage.find(({ store }) => store === 'legacy')?.partly_read.filter(({ place }) => place === 'old.large')
const found = ({ findings }: SweepReport): unknown => findings.map(({ place, records }) => [place, records])

test.skipIf(withoutMariadb)('nothing changed between two of its units: it was read whole', async () => {
  await wait(3000) // what was written is a moment ago
  const report = await interrupted('2019-05-01', () => undefined)
  expect([found(report), partly(report)]).toEqual([[['old.large', Math.min(rows, listeners)]], []])
})

test.skipIf(withoutMariadb)('a row moved from a unit that is to be read into one that was: all are read anew, and it is found', async () => {
  const report = await interrupted('2019-05-02', () => { runMariadb(mariadb, `update old.large set id = 0 where id = ${rows}`) })
  expect([found(report), partly(report)]).toEqual([[['old.large', Math.min(rows, listeners)]], []])
})

test.skipIf(withoutMariadb)('somebody writes all the while, so that nothing can tell: read in part, and said', async () => {
  const writer = spawn('mariadb', ['--no-defaults', `--socket=${join(mariadb.directory, 'socket')}`, '--user=root'], { stdio: ['pipe', 'ignore', 'inherit'] })
  writer.stdin.write('begin; insert into old.other values (1);\n')
  await expect.poll(() => runMariadb(mariadb, 'select count(*) from information_schema.innodb_trx where trx_rows_modified > 0').trim(), { timeout: 60_000 }).toBe('1')
  const report = await interrupted('2019-05-03', () => undefined)
  writer.kill()
  expect(partly(report)).toEqual([{ place: 'old.large', because: 'it was read in pieces at different moments: a row that moved meanwhile may be missing' }])
})
