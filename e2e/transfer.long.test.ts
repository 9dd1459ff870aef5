import { execFile, spawnSync } from 'node:child_process'
import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createServerForTests, createTestDatabase, type TestDatabase } from '../server/database/testing.ts'
import { verifyReceipt } from '@bailee/verifier'
import { openBailee } from '../server/composition/index.ts'
import { nameReturnKey } from '../server/contract/index.ts'
import type { Server } from '../server/database/index.ts'
import { acceptInstruction, approveGrant } from '../server/instruction/index.ts'
import { rawPublicKey } from '../server/ledger/index.ts'

let server: Server
let control: TestDatabase
let directory: string

async function run(database: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: server.url(database) })
  await client.connect()
  try { return await client.query(sql) } finally { await client.end() }
}

interface Ran { readonly status: number | null; readonly stdout: string; readonly stderr: string }
const main = join(import.meta.dirname, '../server/main.ts')
const environment = (): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], BAILEE_DATABASE_URL: control.url, BAILEE_DIR: join(directory, 'bailee') })
const day = (text: string): number => Date.parse(text) / 1000
const bailee = (...words: string[]): Ran => spawnSync(process.execPath, [main, ...words], { encoding: 'utf8', cwd: directory, env: environment() })
/** The same, while this process answers what it asks. */
const running = (...words: string[]): Promise<Ran> => new Promise((resolve) => {
  const child = execFile(process.execPath, [main, ...words], { encoding: 'utf8', cwd: directory, env: environment() }, (_, stdout, stderr) => { resolve({ status: child.exitCode, stdout, stderr }) })
})
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
contracts: [{ id: acme-2026, controller: acme, starts: 2026-01-01, at_end: { choice: delete }, sub_processors: { authorisation: specific, list: [{ name: Mail Ltd, country: IE, contact: ops@mail.example }] } }]
datasets:
  - { id: members, controller: acme, store: crm, tables: [{ table: public.member, subject: id, columns: { id: { category: UID, identifies: true }, email: { category: EmailAddress, identifies: true }, plan: { category: AccountIdentifier } } }] }
instructions:
  - { id: INS-2, contract: acme-2026, text: "A pseudonymised copy may be used for tests.", purposes: [ServiceProvision], operations: [copy], data: { members: "*" }, environments: [test], identifiable: false, transform: { id: token, email: email, plan: keep }, expires_after_days: 30, from: 2026-01-01 }
  - { id: INS-3, contract: acme-2026, text: "Send our newsletter by Mail Ltd.", purposes: [ServiceProvision], operations: [disclose], data: { members: [id, email] }, environments: [production], recipients: [Mail Ltd], identifiable: true, from: 2026-01-01 }
  - { id: INS-4, contract: acme-2026, text: "Give us our members.", purposes: [ServiceProvision], operations: [return], data: { members: [id, plan] }, environments: [production], identifiable: true, from: 2026-01-01 }
people:
  - { id: noa, name: Noa N., contact: noa@processor.example, role: engineer }
  - { id: dana, name: Dana D., contact: dana@processor.example, role: dpo }
grants: [{ person: noa, instruction: INS-2, until: 2026-12-31 }, { person: noa, instruction: INS-3, until: 2026-12-31 }, { person: noa, instruction: INS-4, until: 2026-12-31 }]
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

test('who is sent data, and who gets theirs back, is handed a receipt of it that one bit less would break; one that cannot be written stops it before anything goes', async () => {
  const received: string[] = []
  const taking = createServer((message, response) => { message.resume().on('end', () => { received.push(message.url ?? ''); response.writeHead(201).end() }) })
  await new Promise<void>((resolve) => { taking.listen(0, '127.0.0.1', resolve) })
  writeFileSync(join(directory, 'mail.url'), `http://127.0.0.1:${(taking.address() as AddressInfo).port}/in/`)
  const prepared = await openBailee({ directory: join(directory, 'bailee'), url: control.url, clock: 'machine', environment: {} }, day('2026-02-01'))
  // The key with which the first test accepted on this machine.
  const privateKey = createPrivateKey(readFileSync(join(directory, 'bailee', 'signatories', `acme-${Buffer.from('A. Signer').toString('hex')}.pem`)))
  const by = { signatory: 'A. Signer', key: { publicKey: Buffer.from(rawPublicKey(createPublicKey(privateKey))).toString('base64'), custody: 'signatory' as const, sign: (message: Uint8Array) => sign(null, message, privateKey) } }
  for (const instruction of ['INS-3', 'INS-4']) {
    await acceptInstruction(prepared.ledger, { instruction, ...by }, day('2026-02-01'))
    await approveGrant(prepared.ledger, { grant: `noa-${instruction}-2026-12-31`, by: 'dana' }, day('2026-02-01'))
  }
  await nameReturnKey(prepared.ledger, { contract: 'acme-2026', recipient: await identityToRecipient(await generateIdentity()), ...by }, day('2026-02-01'))
  const recorded = async (): Promise<number> => prepared.ledger.size(1)
  const disclose = ['transfer', 'disclose', '--instruction', 'INS-3', '--to', 'Mail Ltd', '--what', 'members', '--address', `file:${join(directory, 'mail.url')}`, '--as', 'noa', '--at', '2026-02-02']
  const back = ['transfer', 'return', '--instruction', 'INS-4', '--to', join(directory, 'back'), '--as', 'noa', '--format', 'csv', '--at', '2026-02-02']
  const file = (name: string): string => join(directory, name)

  const before = await recorded()
  writeFileSync(file('there'), '')
  for (const [command, output, words] of [[disclose, 'there', 'nothing is overwritten'], [back, 'there', 'nothing is overwritten'], [disclose, 'nowhere/one', 'cannot be made (ENOENT)'], [[...disclose, '--ask', 'the newsletter'], 'one', 'with --ask nothing is done yet']] as const) {
    expect(await running(...command, '--receipt', file(output))).toMatchObject({ status: 2, stderr: expect.stringContaining(words) as string })
  }
  expect([received, existsSync(file('back')), await recorded()]).toEqual([[], false, before])

  for (const [command, name, type] of [[disclose, 'disclosed', 'transfer.disclosed'], [back, 'returned', 'transfer.returned']] as const) {
    const ran = await running(...command, '--receipt', file(name), '--json')
    expect(ran.status, ran.stderr).toBe(0)
    const said = JSON.parse(ran.stdout) as { readonly disclosure?: { readonly id: string }; readonly return?: { readonly id: string } }
    const id = (said.disclosure ?? said.return)?.id
    expect([id, statSync(file(name)).mode & 0o777]).toEqual([expect.any(String), 0o600])
    const bytes = readFileSync(file(name))
    expect(verifyReceipt(bytes)).toMatchObject({ outcome: 'verified', facts: { origin: 'processor.example/1', type, partsNotOpened: [], parts: [{ name: 'evidence', says: { id } }] } })
    const checked = spawnSync(process.execPath, [join(import.meta.dirname, '../verifier/main.ts'), 'receipt', file(name)], { encoding: 'utf8' })
    expect([checked.status, checked.stdout], checked.stderr).toEqual([0, expect.stringContaining(type)])
    for (let at = name.length; at < bytes.length; at += 97) {
      const turned = Buffer.from(bytes)
      turned[at]! ^= 1 << at % 8
      expect(verifyReceipt(turned).outcome, `bit ${at % 8} of byte ${at}`).toBe('refused')
    }
    const turned = Buffer.from(bytes)
    turned[bytes.indexOf('"type"') + 9]! ^= 1
    writeFileSync(file(`${name}.turned`), turned)
    expect(spawnSync(process.execPath, [join(import.meta.dirname, '../verifier/main.ts'), 'receipt', file(`${name}.turned`)], { encoding: 'utf8' }).status).toBe(1)
  }
  expect(received).toHaveLength(1)
  await prepared.close()
  await new Promise((resolve) => { taking.close(resolve) })
}, 300_000)
