import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, ListObjectsCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { on, type World } from '../erasure/testing.ts'
import { runMariadb, startMariadb, withoutMariadb, type OtherServer } from '../inventory/testing.ts'
import { allDerived } from '#inventory'
import { allTransfers, eraseExpired } from './index.ts'
import { createTransferWorld } from './testing.ts'

interface Server { run(): Promise<{ port: number }>; close(): Promise<void> }

let world: World
let server: Server
let old: OtherServer
let client: S3Client
const directory = mkdtempSync(join(tmpdir(), 'bailee-s3-'))
const stores = `
  - { id: desk, environment: test, kind: sqlite, path: desk.db, backups: none }
  - { id: old, environment: test, kind: mysql, sweep_url: "file:old.url", erase_url: "file:old.url", backups: none }
  - { id: bucket, environment: test, kind: s3, bucket: copies, endpoint: "file:s3.url", access_key: "file:s3.key", secret_key: "file:s3.key", erase_access_key: "file:s3.key", erase_secret_key: "file:s3.key", backups: none }
controllers:`

beforeAll(async () => {
  const { default: S3rver } = (await import('s3rver' as string)) as { default: new (options: object) => Server }
  server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory })
  const { port } = await server.run()
  world = await createTransferWorld((yaml) => yaml, (text) => text.replace('\ncontrollers:', stores))
  if (!withoutMariadb) {
    old = await startMariadb()
    writeFileSync(join(world.directory, 'old.url'), old.url)
  }
  writeFileSync(join(world.directory, 's3.url'), `http://127.0.0.1:${port}`)
  writeFileSync(join(world.directory, 's3.key'), 'S3RVER')
  client = new S3Client({ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', forcePathStyle: true, credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }, requestChecksumCalculation: 'WHEN_REQUIRED' })
  await client.send(new CreateBucketCommand({ Bucket: 'copies' }))
}, 300_000)
afterAll(async () => {
  client.destroy()
  await Promise.all([world.close(), server.close(), ...(withoutMariadb ? [] : [old.stop()])])
  rmSync(directory, { recursive: true, maxRetries: 5, retryDelay: 100 })
})

/** Another process; the bucket lives in this one, which must not wait for it. */
const play = (verb: string, to: string, failpoint?: string): Promise<{ signal: string | null; status: number | null; stderr: string }> => new Promise((resolve) => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'testing.child.ts'), world.controlUrl, world.directory, verb, to], { env: { ...process.env, ...(failpoint === undefined ? {} : { BAILEE_FAILPOINT: failpoint }) } })
  let stderr = ''
  child.stderr.on('data', (part: Buffer) => { stderr += part.toString() })
  child.on('close', (status, signal) => { resolve({ signal, status, stderr }) })
})

const files = (): string[] => readdirSync(join(world.directory, 'share'), { recursive: true }).map(String)
const inDesk = (): string[] => {
  if (!existsSync(join(world.directory, 'desk.db'))) return []
  const desk = new DatabaseSync(join(world.directory, 'desk.db'))
  const names = (desk.prepare('select name from sqlite_schema where type = \'table\'').all() as { name: string }[]).map(({ name }) => name)
  desk.close()
  return [...names, ...(readFileSync(join(world.directory, 'desk.db')).includes('pseudonym.example') ? ['bytes of a copy'] : [])]
}
const left: Readonly<Record<string, () => Promise<readonly string[]> | readonly string[]>> = {
  desk: inDesk, share: files, old: () => runMariadb(old, `select table_name from information_schema.tables where table_schema like 't\\_%' union all select schema_name from information_schema.schemata where schema_name like 't\\_%'`).split('\n').filter((name) => name !== ''),
  bucket: async () => ((await client.send(new ListObjectsCommand({ Bucket: 'copies' }))).Contents ?? []).map(({ Key }) => Key!),
}
const points: readonly (readonly [string, string, readonly string[]])[] = [
  ['an SQLite file', 'desk', ['transfer/uncommitted', 'transfer/written']], ['a folder', 'share', ['transfer/tables', 'transfer/rows', 'transfer/half-seen']], ['a bucket', 'bucket', ['transfer/uncommitted', 'transfer/half-seen']],
  ...(withoutMariadb ? [] : [['MariaDB', 'old', ['transfer/uncommitted', 'transfer/without-keys']] as const]),
]

test.each(points)('killed anywhere, a copy in %s is registered with every place that it left anything at, and is erased in its time', { timeout: 300_000 }, async (_, to, failpoints) => {
  for (const failpoint of failpoints) {
    expect(await play('copy', to, failpoint), failpoint).toMatchObject({ signal: 'SIGKILL', stderr: '' })
    const [begun] = (await allTransfers(world.ledger.database)).filter(({ state }) => state === 'begun')
    expect(begun?.store, failpoint).toBe(to)
    const known = (await allDerived(world.ledger.database)).filter(({ store, droppedAt }) => store === to && droppedAt === null).map(({ place }) => place)
    if (to === 'share') for (const file of files().filter((name) => name.includes('/'))) expect(known, failpoint).toContain(file)
    if (to === 'bucket') for (const key of await left['bucket']!()) expect(known, failpoint).toContain(`copies/${key}`)
    if (failpoint === failpoints.at(-1)) expect(await play('expire', to, 'transfer/dropped'), failpoint).toMatchObject({ signal: 'SIGKILL' })
    expect((await eraseExpired(world.context, on('2019-06-01'))).left, failpoint).toEqual([])
    expect(await left[to]!(), failpoint).toEqual([])
    expect([(await allTransfers(world.ledger.database)).filter(({ state }) => state !== 'erased'), (await allDerived(world.ledger.database)).filter(({ droppedAt }) => droppedAt === null)]).toEqual([[], []])
  }
})
