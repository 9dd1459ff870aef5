import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { Decrypter, generateIdentity, identityToRecipient } from 'age-encryption'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { endContract, runErasure } from '../erasure/index.ts'
import { customers, on, type World } from '../erasure/testing.ts'
import { chooseEnd, nameReturnKey, releaseData } from '#contract'
import { derivedDraft, derivedId } from '#inventory'
import type { SignatoryKey } from '#people'
import { allReturns, returnData } from './index.ts'
import { createTransferWorld } from './testing.ts'

let world: World
let folder: string
let signatory: { readonly signatory: string; readonly key: SignatoryKey }
const stores = `
  - { id: desk, environment: production, kind: sqlite, path: desk.db, backups: none }
  - { id: fast, environment: production, kind: redis, sweep_url: "file:none.url", backups: none }
controllers:`
const column = '{ category: UID, identifies: true }'
const extra = `
  - { id: photos, controller: chinook, store: desk, tables: [{ table: photo, subject: id, columns: { id: ${column}, picture: { category: Preference } } }] }
  - { id: letters, controller: chinook, store: share, tables: [{ table: ana.csv, subject: id, columns: { id: ${column}, name: ${column} } }] }
  - { id: cache, controller: chinook, store: fast, tables: [{ table: "db0!/cache:*", subject: id, columns: { id: ${column} } }] }`
const under = '  - { id: INS-7, contract: chinook-2017, text: "Give us our customers.", purposes: [ServiceProvision], operations: [return], data: { customers: [customer_id, plan] }, environments: [production], identifiable: true, from: 2017-01-01 }\n'
const identity = await generateIdentity()
const recipient = await identityToRecipient(identity)

const request = { contract: 'chinook-2017', person: 'eli', formats: ['csv', 'parquet'] as const }
const returned = (at: number) => returnData({ ...world.context, scratch: join(world.directory, 'scratch') }, { ...request, to: folder }, at)

beforeEach(async ({ task }) => {
  const all = task.name.startsWith('what was derived')
  const made = await createTransferWorld((yaml) => yaml + under, (text) => (all ? text.replace('\ncontrollers:', stores).replace('\ninstructions:', `${extra}\ninstructions:`) : text), ['INS-7'])
  world = made
  signatory = { signatory: 'A. Adams', key: made.key }
  folder = join(mkdtempSync(join(tmpdir(), 'bailee-return-')), 'back')
})
afterEach(async () => {
  await world.close()
  rmSync(join(folder, '..'), { recursive: true })
})

const names = (at = folder): string[] => readdirSync(at, { recursive: true }).map(String).sort()

async function plain(file: string): Promise<Uint8Array> {
  const decrypter = new Decrypter()
  decrypter.addIdentity(identity)
  return decrypter.decrypt(readFileSync(join(folder, file)))
}

test('all of a controller goes back, encrypted to the key that its signatory named; value by value what is in the store; nothing is erased before it was received', async () => {
  const at = on('2020-12-02')
  await expect(returned(at)).rejects.toThrow('is delete')
  await chooseEnd(world.ledger, { contract: 'chinook-2017', choice: 'return', ...signatory }, on('2020-11-01'))
  await expect(returned(at)).rejects.toThrow('is not recorded as ended')
  const exit = await endContract(world.context, { contract: 'chinook-2017', terminated: true }, on('2020-12-01'))
  await expect(returned(at)).rejects.toThrow('no key was named')
  await expect(nameReturnKey(world.ledger, { contract: 'chinook-2017', recipient: identity, ...signatory }, at)).rejects.toThrow('age1')
  await nameReturnKey(world.ledger, { contract: 'chinook-2017', recipient, ...signatory }, at)
  await world.run('shop', `update customer set note = null where customer_id < 'C-10100'; update customer set note = '' where customer_id = 'C-10210'; alter table customer add nickname text`)
  await expect(returned(at)).rejects.toThrow('columns that the dataset does not declare: nickname')
  await world.run('shop', 'alter table customer drop nickname')

  const made = await returned(at)
  expect(made).toMatchObject({ state: 'made', to: 'chinook', recipient, person: 'eli', tables: [{ dataset: 'customers', table: 'public.customer', rows: customers }] })
  expect(names()).toEqual(['READ-ME.txt', 'customers', 'customers/1.csv.age', 'customers/1.parquet.age', 'manifest.json'])
  expect(readdirSync(join(world.directory, 'scratch')), 'nothing in clear is left').toEqual([])
  for (const file of names().filter((name) => name.includes('.'))) expect(readFileSync(join(folder, file)).includes('customer.example'), file).toBe(false)

  const { rows } = await world.run('shop', 'select customer_id, email, phone, plan, born::text, spent::text, note from customer order by 1')
  const wanted = (rows as Record<string, string | null>[]).map((row) => Object.values(row))
  writeFileSync(join(world.directory, 'back.csv'), await plain('customers/1.csv.age'))
  writeFileSync(join(world.directory, 'back.parquet'), await plain('customers/1.parquet.age'))
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const listed = async (from: string): Promise<unknown[][]> => (await connection.runAndReadAll(`select customer_id, email, phone, plan, cast(born as varchar), cast(spent as varchar), note from ${from} order by 1`)).getRows()
  expect(await listed(`read_csv('${join(world.directory, 'back.csv')}', all_varchar = true, allow_quoted_nulls = false)`)).toEqual(wanted)
  expect(await listed(`read_parquet('${join(world.directory, 'back.parquet')}')`)).toEqual(wanted)

  if (existsSync('/usr/bin/age')) { // the tool that the words in the folder name
    writeFileSync(join(world.directory, 'key.txt'), `${identity}\n`)
    const text = execFileSync('age', ['--decrypt', '-i', join(world.directory, 'key.txt'), join(folder, 'customers/1.csv.age')])
    expect(text.equals(readFileSync(join(world.directory, 'back.csv')))).toBe(true)
  } else console.warn('age is not installed: its own tool was not tried')

  expect(await returned(at + 60), 'done again it is the same').toEqual(made)
  expect(JSON.stringify(await world.ledger.read(made.slot)), 'no value of anybody in the log').not.toMatch(/customer\.example|\+39 |\+390\d{6}/)
  await expect(runErasure(world.context, { erasure: exit.id, operator: 'eli' }, at + 120)).rejects.toThrow('received')
  await releaseData(world.ledger, { contract: 'chinook-2017', how: 'received', ...signatory }, at + 180)
  await runErasure(world.context, { erasure: exit.id, operator: 'eli' }, at + 240)
  expect(await returned(at + 300), 'what was made is looked at').toEqual(made)
  await expect(returnData(world.context, { ...request, to: join(folder, '..', 'late') }, at + 300)).rejects.toMatchObject({ code: 'transfer/erased' })
})

test('killed at any point it goes on, and what was changed meanwhile is written anew', async () => {
  await chooseEnd(world.ledger, { contract: 'chinook-2017', choice: 'send_on', recipient: 'Next Ltd', ...signatory }, on('2020-11-01'))
  await endContract(world.context, { contract: 'chinook-2017', terminated: true }, on('2020-12-01'))
  await nameReturnKey(world.ledger, { contract: 'chinook-2017', recipient, ...signatory }, on('2020-12-02'))
  for (const point of ['return/drafted', 'return/table', 'return/whole']) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'testing.child.ts'), world.controlUrl, world.directory, 'return', folder], { env: { ...process.env, BAILEE_FAILPOINT: point }, stdio: 'ignore' })
    expect(await new Promise((resolve) => child.on('exit', (_, signal) => { resolve(signal) })), point).toBe('SIGKILL')
  }
  const [begun, ...others] = await allReturns(world.ledger.database)
  expect([others, readdirSync(join(world.directory, 'scratch'))], 'one return, and nothing of it in clear').toEqual([[], []])
  expect(begun).toMatchObject({ state: 'begun', to: 'Next Ltd', choice: 'send_on' })
  const csv = join(folder, 'customers/1.csv.age')
  const before = readFileSync(csv)
  const made = await returned(on('2020-12-03'))
  expect(made).toMatchObject({ id: begun?.id, state: 'made' })
  expect(readFileSync(csv).equals(before), 'what was there is not written again').toBe(true)
  writeFileSync(csv, before.subarray(1))
  const manifest = readFileSync(join(folder, 'manifest.json'))
  await world.run('shop', 'delete from customer')
  await expect(returned(on('2020-12-04'))).rejects.toThrow('not as it was recorded')
  expect([readFileSync(csv).equals(before.subarray(1)), readFileSync(join(folder, 'manifest.json')).equals(manifest)], 'nothing is written over what is whole').toEqual([true, true])
})

test('while a contract runs, what an instruction names goes back under it, and nothing else does', async () => {
  await nameReturnKey(world.ledger, { contract: 'chinook-2017', recipient, ...signatory }, on('2019-04-02'))
  const asked = { instruction: 'INS-7', person: 'noa', to: folder, formats: ['csv'] as const }
  await expect(returnData(world.context, { ...asked, person: 'eli' }, on('2019-04-10'))).rejects.toMatchObject({ code: 'transfer/not-covered' })
  expect(await returnData(world.context, asked, on('2019-04-10'))).toMatchObject({ state: 'made', instruction: 'INS-7', to: 'chinook', tables: [{ dataset: 'customers', rows: customers, columns: [{ name: 'customer_id' }, { name: 'plan' }] }] })
  expect(Buffer.from(await plain('customers/1.csv.age')).toString().split('\n')[0]).toBe('"customer_id","plan"')
  expect((await world.ledger.read(2, { types: ['decision.allowed', 'decision.refused'] })).slice(-2).map(({ type }) => type)).toEqual(['decision.refused', 'decision.allowed'])
})

test('what was derived goes along, bytes and days beyond Parquet have a form; what stands against one dataset keeps no other, and what cannot go is left out by name', async () => {
  const at = on('2020-12-02')
  await chooseEnd(world.ledger, { contract: 'chinook-2017', choice: 'return', ...signatory }, on('2020-11-01'))
  await endContract(world.context, { contract: 'chinook-2017', terminated: true }, on('2020-12-01'))
  await nameReturnKey(world.ledger, { contract: 'chinook-2017', recipient, ...signatory }, at)
  await world.run('shop', `update customer set born = 'infinity' where customer_id < 'C-10100'; create table churn as select customer_id, 1 as score from customer`)
  const place = { slot: 2, controller: 'chinook', contract: 'chinook-2017', instruction: 'INS-2', store: 'shop', place: 'public.churn', columns: ['customer_id', 'score'], from: ['customers'], person: 'noa', session: null }
  await world.ledger.append(derivedDraft(place, at))
  const desk = new DatabaseSync(join(world.directory, 'desk.db'))
  desk.exec(`create table photo (id integer primary key, picture blob); insert into photo values (1, x'00ff'), (2, null)`)
  desk.close()
  world.put('ana.csv', 'id,name\n1,Ana\n')
  await expect(returned(at)).rejects.toThrow(/1 of 5 datasets did not go back.*\n {2}cache: /)
  const asked = { ...request, to: folder, without: ['cache'] }
  await expect(returnData(world.context, asked, at), 'it was begun with it').rejects.toMatchObject({ code: 'transfer/other-return' })
  rmSync(folder, { recursive: true })
  const made = await returnData({ ...world.context, scratch: join(world.directory, 'scratch') }, asked, at)
  expect(made.without).toEqual(['cache'])
  expect(made.tables?.map(({ dataset, table, rows, derivedFrom }) => [dataset, table, rows, derivedFrom])).toEqual([
    ['customers', 'public.customer', customers, undefined], ['letters', 'letters/1', 1, undefined], ['photos', 'photo', 2, undefined], [derivedId(place), 'public.churn', customers, ['customers']],
  ])
  expect(made.tables?.[0]?.columns.find(({ name }) => name === 'born')).toMatchObject({ type: 'date', parquet: 'varchar' })
  expect(made.tables?.[0]?.columns.find(({ name }) => name === 'spent')).toMatchObject({ type: 'numeric', parquet: 'varchar' })
  expect(Buffer.from(await plain('photos/1.csv.age')).toString()).toBe('"id","picture"\n"1","\\x00ff"\n"2",\n')
  expect(JSON.parse(Buffer.from(await plain('letters/names.json.age')).toString())).toEqual([{ number: 1, file: 'ana.csv' }])
  expect(`${names().join()} ${readFileSync(join(folder, 'manifest.json'), 'utf8')} ${JSON.stringify(await world.ledger.read(2, { types: ['transfer.returned'] }))}`).not.toMatch(/\bana\b/i) // a key of age is drawn, and may hold these letters
})
