import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { rewriteSqliteFile, tablesInSqlite } from '../../erasure/adapter/sqlite.ts'
import { dropFile } from '../../erasure/adapter/files.ts'
import { openSqliteFile } from '../../erasure/physical/adapter/sqlite.ts'
import { filesTarget } from '../../transfer/adapter/files.ts'
import { sqliteTarget } from '../../transfer/adapter/sqlite.ts'
import { mysqlReach, postgresReach } from './encrypted.ts'
import { holdFolderOf } from './heldFolder.ts'
import { mustNameNoOtherFile } from './sqliteJournal.ts'

let root: string
let store: string
const elsewhere = (): string => join(root, 'elsewhere')
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bailee-held-'))
  store = join(root, 'store')
  mkdirSync(join(store, 'qa'), { recursive: true })
  mkdirSync(elsewhere())
})
afterEach(() => { rmSync(root, { recursive: true, force: true }) })

/** As somebody who may write in the store's folder can. */
function swapFolder(): void {
  renameSync(join(store, 'qa'), join(root, 'moved'))
  symlinkSync(elsewhere(), join(store, 'qa'))
}

test('a folder that is held stays the one it was, whatever takes its name', async () => {
  writeFileSync(join(store, 'qa', 'people.csv'), 'mine')
  const held = await holdFolderOf(store, 'qa/people.csv')
  swapFolder()
  writeFileSync(join(elsewhere(), 'people.csv'), 'not mine')
  expect(readFileSync(held!.path('people.csv'), 'utf8')).toBe('mine')
  await held!.sync()
  await held!.close()
  await expect(holdFolderOf(store, 'qa/people.csv')).rejects.toMatchObject({ code: 'inventory/outside' })
  await expect(holdFolderOf(store, '../elsewhere/people.csv')).rejects.toMatchObject({ code: 'inventory/outside' })
  expect(await holdFolderOf(store, 'gone/people.csv')).toBeUndefined()
})

test('a copy whose folder was moved away, and replaced by a link, is neither erased elsewhere nor told as erased', async () => {
  writeFileSync(join(store, 'qa', 'customers.csv'), 'a copy')
  swapFolder()
  const other = join(elsewhere(), 'customers.csv')
  writeFileSync(other, 'production')
  const target = filesTarget(store, 'csv')
  await expect(target.drop(['qa/customers.csv'])).rejects.toMatchObject({ code: 'inventory/outside' })
  await expect(target.there(['qa/customers.csv'], 'sweep')).rejects.toMatchObject({ code: 'inventory/outside' })
  await expect(dropFile({ folder: store, place: 'qa/customers.csv' }, () => Promise.resolve())).rejects.toMatchObject({ code: 'inventory/outside' })
  expect(readFileSync(other, 'utf8')).toBe('production')
})

/** A journal of no pages that names a file to be removed when it is played back (SQLite, Database File Format, 3). */
function journalNaming(file: string, pages: number): Buffer {
  const magic = Buffer.from('d9d505f920a163d7', 'hex')
  const head = Buffer.alloc(512)
  magic.copy(head)
  for (const [at, number] of [[12, 1], [16, pages], [20, 512], [24, 4096]] as const) head.writeUInt32BE(number, at)
  const name = Buffer.from(file)
  const sum = name.reduce((total, byte) => (total + (byte << 24 >> 24)) >>> 0, 0)
  const numbers = Buffer.alloc(12)
  for (const [at, number] of [[0, 0x40000000 / 4096 + 1], [4, name.length], [8, sum]] as const) numbers.writeUInt32BE(number, at)
  return Buffer.concat([head, numbers.subarray(0, 4), name, numbers.subarray(4), magic])
}

test('an SQLite file whose journal names another file is not opened for writing: SQLite would remove that file', async () => {
  const [file, victim] = [join(store, 'app.db'), join(elsewhere(), 'key.pem')]
  const arm = (): void => {
    for (const one of [file, `${file}-journal`]) rmSync(one, { force: true })
    const database = new DatabaseSync(file)
    database.exec('create table people (email text)')
    database.close()
    writeFileSync(victim, 'a key')
    writeFileSync(`${file}-journal`, journalNaming(victim, readFileSync(file).length / 4096))
  }
  arm()
  const open = new DatabaseSync(file)
  open.prepare('select count(*) from people').get()
  open.close()
  expect(existsSync(victim), 'what SQLite does with it').toBe(false)
  for (const work of [() => tablesInSqlite(file), () => rewriteSqliteFile(file, () => Promise.resolve()), () => sqliteTarget(file).there(['people'], 'sweep'), () => openSqliteFile({ file, waitMilliseconds: 1_000 })]) {
    arm()
    await expect((async () => work())()).rejects.toMatchObject({ code: 'inventory/foreign-journal' })
    expect(existsSync(victim)).toBe(true)
  }
  rmSync(`${file}-journal`)
  expect(tablesInSqlite(file)).toEqual(['people', 'sqlite_schema'])
  symlinkSync(victim, `${file}-journal`)
  expect(() => mustNameNoOtherFile(file)).toThrow(expect.objectContaining({ code: 'inventory/foreign-journal' }))
})

test('a store on another machine is reached encrypted, its certificate verified, unless its address says otherwise', () => {
  const verified = { rejectUnauthorized: true }
  expect(postgresReach('postgres://reader@db.example/crm').ssl).toEqual(verified)
  expect(postgresReach('postgres://reader@crm/crm?host=db.example').ssl).toEqual(verified)
  for (const url of ['postgres://reader@localhost/crm', 'postgres://reader@127.0.0.1:5433/crm', 'postgres://reader@[::1]/crm', 'postgres://reader@crm/crm?host=/run/postgresql', 'postgres://reader@%2Frun%2Fpostgresql/crm', 'postgres://reader@db.example/crm?sslmode=disable', 'postgres://reader@db.example/crm?sslmode=no-verify']) expect([url, postgresReach(url).ssl]).toEqual([url, undefined])
  expect(mysqlReach('mysql://reader@db.example/crm').ssl).toEqual({ ...verified, verifyIdentity: true })
  for (const url of ['mysql://reader@127.0.0.1/crm', 'mysql://reader@db.example/crm?ssl=false']) expect([url, mysqlReach(url).ssl]).toEqual([url, undefined])
})
