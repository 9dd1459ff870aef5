import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createServerForTests, createTestDatabase, type TestDatabase } from '../server/database/testing.ts'
import { verifyReceipt } from '@bailee/verifier'
import type { Server } from '../server/database/index.ts'

let server: Server
let control: TestDatabase
let directory: string

async function run(database: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: server.url(database) })
  await client.connect()
  try { return await client.query(sql) } finally { await client.end() }
}

interface Ran { readonly status: number | null; readonly stdout: string; readonly stderr: string }
const bailee = (...words: string[]): Ran => spawnSync(process.execPath, [join(import.meta.dirname, '../server/main.ts'), ...words], { encoding: 'utf8', cwd: directory, env: { PATH: process.env['PATH'], BAILEE_DATABASE_URL: control.url, BAILEE_DIR: join(directory, 'bailee') } })
function must(...words: string[]): string {
  const ran = bailee(...words)
  expect(ran.status, `bailee ${words.join(' ')}: ${ran.stderr}${ran.stdout}`).toBe(0)
  return ran.stdout
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'bailee-transfer-'))
  control = await createTestDatabase()
  server = await createServerForTests()
  for (const database of ['crm', 'lab']) await run('postgres', `create database ${database}`)
  await run('crm', `create table member (id int, email text, plan text); insert into member select i, 'p' || i || '@member.example', 'plan ' || i % 3 from generate_series(1, 30) i`)
  for (const database of ['crm', 'lab']) writeFileSync(join(directory, `${database}.url`), server.url(database))
  writeFileSync(join(directory, 'bailee.yaml'), `bailee: 1
processor: { origin: processor.example, name: Processor Ltd, country: IE }
environments:
  - { id: production, class: production, country: IE, operator: processor, protection: high }
  - { id: test, class: non-production, country: IE, operator: processor, protection: low }
stores:
  - { id: crm, environment: production, kind: postgres, sweep_url: "file:${join(directory, 'crm.url')}", erase_url: "file:${join(directory, 'crm.url')}", backups: none }
  - { id: lab, environment: test, kind: postgres, sweep_url: "file:${join(directory, 'lab.url')}", erase_url: "file:${join(directory, 'lab.url')}", backups: none }
controllers: [{ id: acme, name: Acme SA, country: FR, signatories: [{ name: A. Signer, contact: signer@acme.example }] }]
contracts: [{ id: acme-2026, controller: acme, starts: 2026-01-01, at_end: { choice: delete } }]
datasets:
  - { id: members, controller: acme, store: crm, tables: [{ table: public.member, subject: id, columns: { id: { category: UID, identifies: true }, email: { category: EmailAddress, identifies: true }, plan: { category: AccountIdentifier } } }] }
instructions:
  - { id: INS-2, contract: acme-2026, text: "A pseudonymised copy may be used for tests.", purposes: [ServiceProvision], operations: [copy], data: { members: "*" }, environments: [test], identifiable: false, transform: { id: token, email: email, plan: keep }, expires_after_days: 30, from: 2026-01-01 }
people:
  - { id: noa, name: Noa N., contact: noa@processor.example, role: engineer }
  - { id: dana, name: Dana D., contact: dana@processor.example, role: dpo }
grants: [{ person: noa, instruction: INS-2, until: 2026-12-31 }]
`)
}, 300_000)
afterAll(async () => {
  await server.stop()
  await control.close()
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
})

test('an engineer makes a copy for tests, is stopped by a column that came since, and the copy is gone in its time', async () => {
  must('apply', '-f', 'bailee.yaml', '--at', '2026-01-05')
  must('instruction', 'accept', 'INS-2', '--as', 'A. Signer', '--at', '2026-01-06')
  const copy = ['transfer', 'copy', '--instruction', 'INS-2', '--to', 'lab', '--as', 'noa', '--at', '2026-02-01']
  const early = bailee(...copy)
  expect([early.status, early.stderr]).toEqual([1, expect.stringContaining('not covered by INS-2: commitment, grant (Art. ')])
  must('people', 'commit', 'noa', '--at', '2026-01-07')
  must('instruction', 'approve', 'noa-INS-2-2026-12-31', '--as', 'dana', '--at', '2026-01-09')
  expect(must(...copy, '--explain')).toBe(`public.member → "a schema of its own".member
    id: token, text
    email: email, text
    plan: keep, text
allowed under INS-2
would be erased 2026-03-03
`)
  const made = must(...copy)
  expect(made).toMatch(/^T-[0-9a-f]{10} {2}acme: members in lab, under INS-2 for ServiceProvision, made by noa 2026-02-01, until 2026-03-03\n {4}t_[0-9a-f]{10}\.member: 30 rows; pseudonymised, not anonymous: by plan the smallest group has 10, 0 of 3 groups are one record alone\n {6}linkage: by the copy's key in id, email, until it is destroyed; by values 0 records, for whoever has the source\n {6}inference: not tested: the instruction names no sensitive column that says anything here\n {6}and 2 invented records, by which a leak of it is told \(id, email\)\n$/)
  const [place = ''] = /t_[0-9a-f]{10}\.member/.exec(made) ?? []
  expect((await run('lab', `select count(distinct id)::int as ids, count(*) filter (where email like '%@pseudonym.example')::int as mails, count(distinct plan)::int as plans from ${place}`)).rows).toEqual([{ ids: 32, mails: 32, plans: 3 }])
  expect(must('transfer', 'list', '--at', '2026-02-27')).toContain('until 2026-03-03, 4 days left')
  expect(must('transfer', 'list', '--at', '2026-03-04')).toContain('DUE since 2026-03-03: bailee transfer expire')

  await run('crm', 'alter table member add nickname text')
  const refused = bailee(...copy)
  expect([refused.status, refused.stderr]).toEqual([1, `bailee: nothing was copied:\n  public.member has a column nickname that the dataset does not declare: it came since; declare it, and have the controller say what becomes of it\n`])
  expect(JSON.parse(bailee(...copy, '--json').stdout)).toMatchObject({ ok: false, code: 'transfer/not-as-instructed' })

  expect(must('transfer', 'expire', '--at', '2026-03-02')).toBe('Nothing is due.\n')
  expect(must('transfer', 'expire', '--at', '2026-03-04')).toMatch(/^✓ T-[0-9a-f]{10} is erased, its time is over: t_[0-9a-f]{10}\.member in lab; not there when looked for\n$/)
  expect(must('transfer', 'list', '--at', '2026-03-04')).toBe('No copy.\n')
  expect((await run('lab', `select count(*)::int as n from pg_namespace where nspname like 't\\_%'`)).rows).toEqual([{ n: 0 }])

  // A worker does so by itself.
  await run('crm', 'alter table member drop nickname')
  const receipt = join(directory, 'copy.receipt')
  const [id = ''] = /^T-[0-9a-f]{10}/.exec(must(...copy, '--to', 'lab/trial', '--receipt', receipt)) ?? []
  expect(verifyReceipt(readFileSync(receipt))).toMatchObject({ outcome: 'verified', facts: { type: 'transfer.made', parts: [{ name: 'evidence', says: { id } }] } })
  expect(bailee(...copy, '--to', 'lab/other', '--receipt', receipt).stderr, 'before anything is copied').toContain('nothing is overwritten')
  const worked = bailee('worker', '--until-idle')
  expect(worked.stderr).toMatch(/copy T-[0-9a-f]{10} is erased: its time is over/)
  expect(must('transfer', 'list')).toBe('No copy.\n')
  expect(must('ledger', 'receipt', '--transfer', id, '--output', join(directory, 'erased.receipt'))).toMatch(/^receipt of entry \d+ \(transfer[.]erased\)/)
  expect(verifyReceipt(readFileSync(join(directory, 'erased.receipt')))).toMatchObject({ outcome: 'verified', facts: { parts: [{ says: { id } }] } })
  expect(bailee('ledger', 'receipt', '--transfer', 'T-0', '--output', join(directory, 'none.receipt'))).toMatchObject({ status: 1, stderr: expect.stringContaining('bailee transfer list') as string })
})
