import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allStores } from '#inventory'
import type { Draft, Ledger } from '#ledger'
import { createRowSearcher, groupByKey, openSegments, type RowSearcher } from '#trace'
import { runMariadb, startMariadb, withoutMariadb, type OtherServer } from '../inventory/testing.ts'
import { eraseItem } from './carry.ts'
import { endContract, findErasure, stepsOf } from './index.ts'
import { createWorld, customers, listeners, listenersCsv, on, type World } from './testing.ts'
import type { PlanItem } from './types.ts'

interface Person { readonly id: string; readonly email: string; readonly phone: string }
interface S3Server { run(): Promise<{ port: number }>; close(): Promise<void> }

/** At which entry of a step, and whether it was recorded: nothing happened, or it happened and the answer was lost. */
const faults = [['step_begun', false], ['step_begun', true], ['step_done', false], ['step_done', true]] as const
const kinds = ['postgres', 'sqlite', 'file', 'text', 's3', ...(withoutMariadb ? [] : ['mariadb'])] as const
const id = 'EXIT-deezer-2016'
const directory = mkdtempSync(join(tmpdir(), 'bailee-failures-'))

let world: World
let mariadb: OtherServer | undefined
let s3: S3Server
let client: S3Client
let searcher: RowSearcher

beforeAll(async () => {
  mariadb = withoutMariadb ? undefined : await startMariadb()
  const { default: S3rver } = (await import('s3rver' as string)) as { default: new (options: object) => S3Server }
  s3 = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory })
  const { port } = await s3.run()
  world = await createWorld({ change: (text) => text.replace('controllers:\n', `  - { id: legacy, environment: test, kind: mysql, sweep_url: "file:legacy.url", erase_url: "file:legacy.url", backups: none }
  - { id: desk, environment: test, kind: sqlite, path: desk.db, backups: none }
  - { id: bucket, environment: test, kind: s3, endpoint: "file:endpoint", access_key: "file:access", secret_key: "file:access", erase_access_key: "file:access", erase_secret_key: "file:access", backups: none }
controllers:\n`) })
  for (const [name, content] of [['legacy.url', mariadb?.url ?? ''], ['endpoint', `http://127.0.0.1:${port}`], ['access', 'S3RVER']] as const) writeFileSync(join(world.directory, name), content)
  client = new S3Client({ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', forcePathStyle: true, credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }, requestChecksumCalculation: 'WHEN_REQUIRED' })
  await client.send(new CreateBucketCommand({ Bucket: 'exports' }))
  const mine = (await world.run('crm', 'select user_id as id, email, phone from crm.listener')).rows as Person[]
  const all = [...mine, ...(await world.run('shop', 'select customer_id as id, email, phone from public.customer')).rows as Person[]]
  const [own, mixed] = [await listenersCsv(world), `mail,u,tel\n${all.map((row) => `${row.email},${row.id},${row.phone}\n`).join('')}`]
  const values = all.map((row) => `('${row.id}', '${row.email}', '${row.phone}')`).join(',')
  const desk = new DatabaseSync(join(world.directory, 'desk.db'))
  for (const at of faults.keys()) {
    world.put(`whole${at}.csv`, own)
    world.put(`mixed${at}.csv`, mixed)
    await client.send(new PutObjectCommand({ Bucket: 'exports', Key: `whole${at}.csv`, Body: own }))
    await world.run('lab', `create table copy${at} (a text, b text, c text); insert into copy${at} values ${values}`)
    desk.exec(`create table copy${at} (a text, b text, c text); insert into copy${at} values ${values}`)
    if (mariadb !== undefined) runMariadb(mariadb, `create database if not exists old; create table old.copy${at} (n int primary key auto_increment, a varchar(40), b varchar(60), c varchar(40)); insert into old.copy${at} (a, b, c) values ${values}`)
  }
  desk.close()
  await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
  searcher = await createRowSearcher(groupByKey(await openSegments(world.context)))
}, 300_000)
afterAll(async () => {
  client.destroy()
  await searcher.close()
  await world.close()
  await s3.close()
  await mariadb?.stop()
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
})

const placeOf: Record<string, (at: number) => Pick<PlanItem, 'store' | 'place' | 'method'>> = {
  postgres: (at) => ({ store: 'lab', place: `public.copy${at}`, method: 'delete found rows' }),
  sqlite: (at) => ({ store: 'desk', place: `desk.db!/copy${at}`, method: 'delete found rows' }),
  mariadb: (at) => ({ store: 'legacy', place: `old.copy${at}`, method: 'delete found rows' }),
  file: (at) => ({ store: 'share', place: `whole${at}.csv`, method: 'unlink' }),
  text: (at) => ({ store: 'share', place: `mixed${at}.csv`, method: 'unlink' }),
  s3: (at) => ({ store: 'bucket', place: `exports/whole${at}.csv`, method: 'unlink' }),
}

/** Rows that are there now; a file or object that is gone has none. */
async function rowsIn(kind: string, at: number): Promise<number> {
  if (kind === 'postgres') return ((await world.run('lab', `select count(*)::int as n from copy${at}`)).rows[0] as { n: number }).n
  if (kind === 'mariadb') return Number(runMariadb(mariadb!, `select count(*) from old.copy${at}`))
  if (kind === 's3') return client.send(new GetObjectCommand({ Bucket: 'exports', Key: `whole${at}.csv` })).then(async ({ Body }) => (await Body!.transformToString()).split('\n').length - 2, () => 0)
  if (kind === 'sqlite') {
    const desk = new DatabaseSync(join(world.directory, 'desk.db'), { readOnly: true })
    const found = desk.prepare(`select count(*) as n from copy${at}`).get() as { n: number }
    desk.close()
    return found.n
  }
  const file = join(world.directory, 'share', `${kind === 'file' ? 'whole' : 'mixed'}${at}.csv`)
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 2 : 0
}

/** The real ledger, of which one answer fails. */
function failing(at: string, recorded: boolean): Ledger {
  const { ledger } = world
  const append = async (drafts: Draft | readonly Draft[]): Promise<unknown> => {
    const wanted = [drafts].flat().some(({ type }) => type === `erasure.${at}`)
    const entries = wanted && !recorded ? undefined : await ledger.append(drafts as Draft)
    if (wanted) throw new Error('the answer is lost')
    return entries
  }
  return { ...ledger, append } as unknown as Ledger
}

test.each(kinds.flatMap((kind, number) => faults.map(([at, recorded], fault) => [kind, at, recorded ? 'happened, and its answer is lost' : 'did not happen', { fault, number }] as const)))('%s: %s %s; begun again, it is erased once and counted right', async (kind, at, _, { fault, number }) => {
  const erasure = await findErasure(world.ledger, id)
  const recorded = faults[fault]![1]
  const whole = kind === 'file' || kind === 's3'
  const item: PlanItem = { number: number * 10 + fault + 1, environment: 'test', what: 'found copy', records: listeners, rows: listeners, ...placeOf[kind]!(fault) }
  const erasing = { context: world.context, erasure, round: 1, searcher, targets: ['listeners.0'], stores: await allStores(world.ledger.database), at: on('2020-12-02'), known: { done: new Set<number>(), held: new Map<string, string | null>() } }
  const before = await rowsIn(kind, fault)
  expect(before).toBe(whole ? listeners : listeners + customers)
  await expect(eraseItem({ ...erasing, context: { ...world.context, ledger: failing(at, recorded) } }, item, undefined)).rejects.toThrow()
  expect(await rowsIn(kind, fault), 'nothing is erased before it is recorded that it begins').toBe(at === 'step_begun' ? before : whole ? 0 : customers)
  const step = async () => (await stepsOf(world.ledger.database, id)).find((one) => one.number === item.number)
  const known = await step()
  expect(known?.state).toBe(at === 'step_begun' ? (recorded ? 'begun' : undefined) : recorded ? 'done' : 'begun')
  if (known?.state !== 'done') expect(await eraseItem(erasing, item, known)).toBe(true)
  expect(await step()).toMatchObject({ state: 'done', rowsErased: whole ? (await step())?.rowsFound : listeners })
  expect(((await step())?.rowsErased ?? 0) >= listeners).toBe(true)
  expect(await rowsIn(kind, fault)).toBe(whole ? 0 : customers)
}, 300_000)
