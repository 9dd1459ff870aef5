import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { Decrypter, generateIdentity, identityToRecipient } from 'age-encryption'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { endContract, runErasure } from '../erasure/index.ts'
import { customers, on, type World } from '../erasure/testing.ts'
import { chooseEnd, nameReturnKey, releaseData } from '#contract'
import type { SignatoryKey } from '#people'
import { allReturns, returnData } from './index.ts'
import { createTransferWorld } from './testing.ts'

let world: World
let folder: string
let signatory: { readonly signatory: string; readonly key: SignatoryKey }
const identity = await generateIdentity()
const recipient = await identityToRecipient(identity)

const request = { contract: 'chinook-2017', person: 'eli', formats: ['csv', 'parquet'] as const }
const returned = (at: number) => returnData({ ...world.context, scratch: join(world.directory, 'scratch') }, { ...request, to: folder }, at)

beforeEach(async () => {
  const made = await createTransferWorld()
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
  expect(names()).toEqual(['READ-ME.txt', 'customers', 'customers/1-public.customer.csv.age', 'customers/1-public.customer.parquet.age', 'manifest.json'])
  expect(readdirSync(join(world.directory, 'scratch')), 'nothing in clear is left').toEqual([])
  for (const file of names().filter((name) => name.includes('.'))) expect(readFileSync(join(folder, file)).includes('customer.example'), file).toBe(false)

  const { rows } = await world.run('shop', 'select customer_id, email, phone, plan, born::text, spent::text, note from customer order by 1')
  const wanted = (rows as Record<string, string | null>[]).map((row) => Object.values(row))
  writeFileSync(join(world.directory, 'back.csv'), await plain('customers/1-public.customer.csv.age'))
  writeFileSync(join(world.directory, 'back.parquet'), await plain('customers/1-public.customer.parquet.age'))
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const listed = async (from: string): Promise<unknown[][]> => (await connection.runAndReadAll(`select customer_id, email, phone, plan, cast(born as varchar), cast(spent as varchar), note from ${from} order by 1`)).getRows()
  expect(await listed(`read_csv('${join(world.directory, 'back.csv')}', all_varchar = true, allow_quoted_nulls = false)`)).toEqual(wanted)
  expect(await listed(`read_parquet('${join(world.directory, 'back.parquet')}')`)).toEqual(wanted)

  if (existsSync('/usr/bin/age')) { // the tool that the words in the folder name
    writeFileSync(join(world.directory, 'key.txt'), `${identity}\n`)
    const text = execFileSync('age', ['--decrypt', '-i', join(world.directory, 'key.txt'), join(folder, 'customers/1-public.customer.csv.age')])
    expect(text.equals(readFileSync(join(world.directory, 'back.csv')))).toBe(true)
  } else console.warn('age is not installed: its own tool was not tried')

  expect(await returned(at + 60), 'done again it is the same').toEqual(made)
  expect(JSON.stringify(await world.ledger.read(made.slot)), 'no value of anybody in the log').not.toMatch(/customer\.example|\+39/)
  await expect(runErasure(world.context, { erasure: exit.id, operator: 'eli' }, at + 120)).rejects.toThrow('received')
  await releaseData(world.ledger, { contract: 'chinook-2017', how: 'received', ...signatory }, at + 180)
})

test('killed at any point it goes on, and what was changed meanwhile is written anew', async () => {
  await chooseEnd(world.ledger, { contract: 'chinook-2017', choice: 'send_on', recipient: 'Next Ltd', ...signatory }, on('2020-11-01'))
  await endContract(world.context, { contract: 'chinook-2017', terminated: true }, on('2020-12-01'))
  await nameReturnKey(world.ledger, { contract: 'chinook-2017', recipient, ...signatory }, on('2020-12-02'))
  for (const point of ['return/table', 'return/whole']) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'testing.child.ts'), world.controlUrl, world.directory, 'return', folder], { env: { ...process.env, BAILEE_FAILPOINT: point }, stdio: 'ignore' })
    expect(await new Promise((resolve) => child.on('exit', (_, signal) => { resolve(signal) })), point).toBe('SIGKILL')
  }
  const [begun] = await allReturns(world.ledger.database)
  expect(begun).toMatchObject({ state: 'begun', to: 'Next Ltd', choice: 'send_on' })
  const csv = join(folder, 'customers/1-public.customer.csv.age')
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
