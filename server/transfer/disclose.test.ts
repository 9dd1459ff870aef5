import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { Decrypter, generateIdentity, identityToRecipient } from 'age-encryption'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { customers, on } from '../erasure/testing.ts'
import { announceSubProcessor, authoriseSubProcessor, chainAt, objectTo } from '#contract'
import { allDerived, bucketClient, derivedDraft, type DerivedDataset } from '#inventory'
import { allApprovals, findInstruction, giveApproval, proposalHash } from '#instruction'
import { commit } from '#people'
import { allDisclosures, allReceipts, askDisclosure, copyData, discloseData, recordReceipt, type TransferContext } from './index.ts'
import { isOfCopy } from './disclose.ts'
import { authorisedFor } from './recipient.ts'
import { createTransferWorld } from './testing.ts'

/** What a sub-processor has: a place to put files, that answers as it is told to. */
let server: Server
let received: { path: string; digest: string | undefined; bytes: Buffer }[] = []
let answers: (number | 'silent')[] = []
let world: Awaited<ReturnType<typeof createTransferWorld>>
let context: TransferContext
const at = on('2019-04-10')
const request = { instruction: 'INS-4', person: 'noa', to: 'Mail Ltd', what: 'customers', address: 'file:mail.url' }
const instruction = (id: string, data: string, more = ''): string => `  - { id: ${id}, contract: chinook-2017, text: "Send our newsletter by Mail Ltd.", purposes: [ServiceProvision], operations: [disclose], data: { customers: ${data} }, environments: [production, test], recipients: [Mail Ltd, Push Inc], identifiable: true, from: 2017-01-01${more} }\n`

async function take(message: IncomingMessage): Promise<number | 'silent'> {
  const pieces: Buffer[] = []
  for await (const piece of message) pieces.push(piece as Buffer)
  const answer = answers.shift() ?? 201
  if (answer === 'silent' || answer < 300) received.push({ path: message.url ?? '', digest: message.headers['repr-digest'] as string | undefined, bytes: Buffer.concat(pieces) })
  return answer
}

beforeAll(async () => {
  server = createServer((message, response) => { void take(message).then((answer) => (answer === 'silent' ? message.socket.destroy() : response.writeHead(answer, { etag: '"one"' }).end('taken'))) })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  world = await createTransferWorld((yaml) => yaml + instruction('INS-4', '[customer_id, email]') + instruction('INS-5', '"*"') + instruction('INS-6', '[customer_id, plan]', ', second_person: { uses: [disclose], minutes: 30 }'), (text) => text.replace(/(- \{ id: chinook-2017, controller: chinook,)/, '$1 sub_processors: { authorisation: specific, list: [{ name: Mail Ltd, country: IE, contact: ops@mail.example }, { name: Push Inc, country: US, contact: ops@push.example }] },'), ['INS-4', 'INS-5', 'INS-6'])
  writeFileSync(join(world.directory, 'mail.url'), `http://127.0.0.1:${(server.address() as AddressInfo).port}/in/?signature=s3cret\n`)
  writeFileSync(join(world.directory, 'far.url'), 'http://mail.example/in/')
  context = { ...world.context, scratch: join(world.directory, 'scratch') }
}, 300_000)
afterAll(async () => {
  await world.close()
  await new Promise((resolve) => { server.close(resolve) })
})

test('only columns that the instruction names go, recorded with count and hash before the first byte; the same again is not sent again', async () => {
  const { disclosure, already } = await discloseData(context, request, at)
  expect([already, disclosure]).toMatchObject([false, { state: 'made', controller: 'chinook', recipient: 'Mail Ltd', country: 'IE', tool: null, columns: ['customer_id', 'email'], rows: customers, sealedTo: null }])
  const [file] = received
  expect([received.length, file!.path, file!.bytes.length]).toEqual([1, `/in/${disclosure.id}.csv?signature=s3cret`, disclosure.bytes])
  const hash = createHash('sha256').update(file!.bytes).digest()
  expect([hash.toString('hex'), file!.digest]).toEqual([disclosure.sha256, `sha-256=:${hash.toString('base64')}:`])
  const { rows } = await world.run('shop', 'select customer_id, email from customer')
  expect(file!.bytes.toString().trim().split('\n').slice(1).sort()).toEqual((rows as { customer_id: string; email: string }[]).map(({ customer_id: id, email }) => `"${id}","${email}"`).sort())
  const entries = await world.ledger.read(disclosure.slot)
  expect(entries.map(({ type }) => type).filter((type) => /disclos/.test(type))).toEqual(['transfer.disclosure_begun', 'transfer.disclosed'])
  expect(JSON.stringify(entries)).not.toMatch(/@customer\.example|s3cret/)
  await world.run('shop', `update customer set plan = plan where customer_id < (select max(customer_id) from customer)`) // the same rows, in another order
  expect(await discloseData(context, request, on('2019-04-11'))).toMatchObject({ already: true, disclosure: { id: disclosure.id } })
  expect(received).toHaveLength(1)
})

test('into a bucket it goes with keys of one\'s own, under the same name each time; keys that the service does not know send nothing, and what describes no bucket is misuse', async () => {
  received = []
  const { default: S3rver } = (await import('s3rver' as string)) as { default: new (options: object) => { run(): Promise<{ port: number }>; close(): Promise<void> } }
  const service = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory: join(world.directory, 's3'), configureBuckets: [{ name: 'inbox' }] })
  const { port } = await service.run()
  const bucket = (more: object): void => { writeFileSync(join(world.directory, 'bucket.json'), JSON.stringify({ endpoint: `http://127.0.0.1:${port}`, bucket: 'inbox', prefix: 'acme/', access_key: 'S3RVER', secret_key: 'S3RVER', ...more })) }
  await world.run('shop', `update customer set email = 'first.' || email where customer_id = (select min(customer_id) from customer)`)
  const to = { ...request, address: 'file:bucket.json' }
  try {
    bucket({ access_key: 'not-the-one' })
    await expect(discloseData(context, to, at)).rejects.toMatchObject({ code: 'transfer/not-taken', message: expect.not.stringContaining('not-the-one') as string })
    for (const wrong of [{ bucket: '' }, { endpoint: 'http://far.example' }]) { bucket(wrong); await expect(discloseData(context, to, at)).rejects.toMatchObject({ name: 'Misuse' }) }
    bucket({})
    const { disclosure } = await discloseData(context, to, at)
    expect(disclosure).toMatchObject({ state: 'made', rows: customers, host: `127.0.0.1:${port}/inbox` })
    expect(await discloseData(context, to, at)).toMatchObject({ already: true })
    const client = await bucketClient({ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', accessKey: 'S3RVER', secretKey: 'S3RVER', buckets: [] })
    const answer = await client.send(new GetObjectCommand({ Bucket: 'inbox', Key: `acme/${disclosure.id}.csv` }))
    expect([createHash('sha256').update(await answer.Body!.transformToByteArray()).digest('hex'), answer.Metadata]).toEqual([disclosure.sha256, { sha256: disclosure.sha256 }])
    client.destroy()
    expect(JSON.stringify(await world.ledger.read(disclosure.slot))).not.toMatch(/S3RVER|not-the-one/)
  } finally {
    await service.close()
  }
})

test('one whose answer was lost is the same when it is sent again, encrypted or not; one that was not taken stays begun', async () => {
  received = []
  answers = ['silent', 403, 503, 201]
  const identity = await generateIdentity()
  const sealed = { ...request, recipientKey: await identityToRecipient(identity) }
  await world.run('shop', `delete from customer where customer_id = (select max(customer_id) from customer)`)
  await expect(discloseData(context, sealed, at)).rejects.toMatchObject({ code: 'transfer/no-answer' })
  await expect(discloseData(context, sealed, at)).rejects.toMatchObject({ code: 'transfer/not-taken' })
  const waiting = (): string[] => (existsSync(context.scratch!) ? readdirSync(context.scratch!, { recursive: true, withFileTypes: true }).filter((one) => one.isFile()).map(({ name }) => name) : [])
  expect(waiting()).toEqual([])
  expect((await allDisclosures(world.ledger.database)).map(({ state }) => state).sort()).toEqual(['begun', 'made', 'made'])
  await expect(discloseData(context, sealed, at)).rejects.toMatchObject({ code: 'transfer/no-answer' })
  const { disclosure } = await discloseData(context, sealed, at)
  expect(received.map(({ path }) => path)).toEqual(Array.from({ length: 2 }, () => `/in/${disclosure.id}.csv.age?signature=s3cret`))
  expect([waiting(), createHash('sha256').update(received[1]!.bytes).digest('hex')]).toEqual([[], disclosure.sha256])
  const decrypter = new Decrypter()
  decrypter.addIdentity(identity)
  const plain = Buffer.from(await decrypter.decrypt(received[1]!.bytes))
  expect([createHash('sha256').update(plain).digest('hex'), plain.toString().split('\n').length - 2]).toEqual([disclosure.plainSha256, customers - 1])
  const other = await generateIdentity()
  const twice = await Promise.all([0, 1].map(async () => discloseData(context, { ...sealed, recipientKey: await identityToRecipient(other) }, at)))
  expect(twice.map(({ already }) => already).sort()).toEqual([false, true]) // two at once put it once
  expect([received.length, twice[0]!.disclosure.id === disclosure.id, twice[0]!.disclosure.sealedTo]).toEqual([3, false, await identityToRecipient(other)])
  const opener = new Decrypter()
  opener.addIdentity(other)
  expect(Buffer.from(await opener.decrypt(received[2]!.bytes)).toString().split('\n').length - 2).toBe(customers - 1)
})

test('nothing goes to whom nobody authorised, where no tool is named, by a road in clear, or column by column unnamed', async () => {
  received = []
  const before = (await allDisclosures(world.ledger.database)).length
  for (const [change, code] of [
    [{ to: 'Push Inc' }, 'transfer/no-tool'], [{ to: 'Stranger SARL' }, 'transfer/not-authorised'], [{ instruction: 'INS-5' }, 'transfer/not-named'], [{ instruction: 'INS-2' }, 'transfer/not-named'],
    [{ person: 'eli' }, 'transfer/not-covered'],
  ] as const) await expect(discloseData(context, { ...request, ...change }, at), code).rejects.toMatchObject({ code })
  await expect(discloseData(context, { ...request, address: 'file:far.url' }, at)).rejects.toThrow('data go to an https address only')
  expect([received.length, (await allDisclosures(world.ledger.database)).length]).toEqual([0, before])
  const of = (authorisation: string, transfers: readonly object[] = []) => {
    const contract = { id: 'c', declared: { sub_processors: { authorisation }, transfers } } as never
    return [contract, chainAt(contract, [{ contract: 'c', name: 'Push Inc', identity: { name: 'Push Inc', country: 'US', contact: 'ops@push.example' }, state: 'agreed', number: 0, since: at, until: null, signatory: null, custody: null, mayHold: true, reasons: null }], at), 'Push Inc'] as const
  }
  expect(() => authorisedFor(...of('none'))).toThrow('authorises no sub-processor')
  for (const tool of ['none', 'trust us']) expect(() => authorisedFor(...of('general', [{ country: 'US', tool }]))).toThrow('no tool for transfers')
  for (const tool of ['adequacy', 'scc', 'Art. 46(2)(c)']) expect(authorisedFor(...of('general', [{ country: 'US', tool }]))).toEqual({ country: 'US', tool })
})

test('a second person approves exactly what goes: to this address, of these columns, encrypted to this key; what differs is refused', async () => {
  received = []
  await commit(world.ledger, 'eli', at)
  const { ledger } = world
  const wanted = { ...request, instruction: 'INS-6' }
  await expect(discloseData(context, wanted, at)).rejects.toMatchObject({ code: 'transfer/not-covered', message: expect.stringContaining('with --ask') as string })
  await expect(askDisclosure(context, { ...wanted, person: 'eli' }, { reason: 'The spring newsletter' }, at)).rejects.toThrow('whoever approves it: ')
  const { id, what, whatSha256 } = await askDisclosure(context, wanted, { reason: 'The spring newsletter' }, at)
  expect(what).toMatchObject({ use: 'disclose', from: { source: 'customers/public.customer', columns: ['customer_id', 'plan'], rows: null }, to: { recipient: 'Mail Ltd', country: 'IE', host: expect.stringContaining('127.0.0.1:') as string, sealed_to: null } })
  expect(JSON.stringify(what)).not.toContain('s3cret')
  await giveApproval(ledger, { approval: id, by: 'eli', what: whatSha256! }, at)
  const there = readFileSync(join(world.directory, 'mail.url'), 'utf8')
  writeFileSync(join(world.directory, 'mine.url'), there.replace('/in/', '/mine/'))
  const key = await identityToRecipient(await generateIdentity())
  for (const other of [{ address: 'file:mine.url' }, { recipientKey: key }, { trusted: '-----BEGIN CERTIFICATE-----' }]) await expect(discloseData(context, { ...wanted, ...other }, at)).rejects.toMatchObject({ code: 'transfer/not-covered' })
  expect(received).toEqual([])
  const { disclosure } = await discloseData(context, wanted, at)
  expect([received.length, disclosure.columns, (await ledger.read(disclosure.slot, { types: ['approval.used'] })).map(({ parts }) => parts.evidence)]).toEqual([1, ['customer_id', 'plan'], [{ id, what: `disclosure ${disclosure.id}` }]])
  // One that was asked for and given before what it does was recorded: folded as it was, and good for no disclosure.
  const old = { id: 'AP-old', instruction: 'INS-6', scope_sha256: proposalHash((await findInstruction(ledger, 'INS-6')).scope), person: 'noa' }
  await ledger.append([{ slot: disclosure.slot, type: 'approval.asked', at, parts: { evidence: { ...old, use: 'disclose', reason: 'Before', minutes: 30, times: 1 } } }, { slot: disclosure.slot, type: 'approval.given', at, parts: { evidence: { id: old.id, by: 'eli', scope_sha256: old.scope_sha256, until: at + 1_800 } } }])
  expect((await allApprovals(ledger.database)).find((one) => one.id === old.id)).toMatchObject({ state: 'given', what: null })
  await expect(discloseData(context, { ...wanted, recipientKey: key }, at)).rejects.toMatchObject({ code: 'transfer/not-covered' })
})

test('one who came later gets nothing before a signatory authorised it by name, whatever the file lists', async () => {
  received = []
  const { ledger } = world
  const wanted = { ...request, to: 'Late Ltd' }
  const identity = { name: 'Late Ltd', country: 'IE', contact: 'ops@late.example' }
  await announceSubProcessor(ledger, { contract: 'chinook-2017', identity, by: 'dana' }, at)
  await expect(discloseData(context, wanted, at)).rejects.toMatchObject({ code: 'transfer/not-authorised', message: expect.stringContaining('its silence says nothing') as string })
  const said = { contract: 'chinook-2017', name: 'Late Ltd', signatory: 'A. Adams', key: world.key }
  await objectTo(ledger, { ...said, reasons: 'we do not know it' }, at)
  await expect(discloseData(context, wanted, at)).rejects.toMatchObject({ code: 'transfer/not-authorised', message: expect.stringContaining('the controller objects') as string })
  await authoriseSubProcessor(ledger, said, at)
  await expect(discloseData(context, wanted, at)).rejects.toMatchObject({ code: 'transfer/not-covered' }) // no instruction names it
  expect(received).toEqual([])
})

/** As an activity records what it made, and from which columns. */
async function activity(id: string, derived: DerivedDataset, columns: readonly string[]): Promise<void> {
  const { slot, controller, contract, instruction: covered, store } = derived
  const whose = { id, kind: 'statement', controller, contract, instruction: covered, store, person: 'noa', purpose: 'ServiceProvision', name: 'a.sql', sha256: '00', schedule: null, dueAt: null, missed: 0 }
  const made = { derived: derived.id, place: derived.place, columns: derived.columns, session: 'none', rows: 1, bytes: 1, lineage: { tables: [{ table: 'public.customer', dataset: 'customers', derived: null, columns }] } }
  await world.ledger.append([{ slot, type: 'activity.begun', at, parts: { evidence: whose } }, { slot, type: 'activity.made', at, parts: { evidence: { id, made } } }])
}

test('an invented record goes to nobody: neither a copy, nor what somebody put where a segment was', async () => {
  received = []
  const copy = await copyData(context, { instruction: 'INS-2', person: 'noa', to: 'lab' }, at)
  const [derived] = await allDerived(world.ledger.database)
  await expect(discloseData(context, { ...request, what: derived!.id }, at)).rejects.toMatchObject({ code: 'transfer/copy' })
  await world.ledger.append([derivedDraft({ ...derived!, place: `${copy.places[0]!.split('.')[0]}.segment`, columns: ['customer_id', 'email'], by: undefined as never, from: ['customers'], person: null, session: null }, at)])
  await world.run('lab', `create table ${copy.places[0]!.split('.')[0]}.segment as select customer_id, email from ${copy.places[0]!}`)
  const segment = (await allDerived(world.ledger.database)).find(({ place }) => place.endsWith('.segment'))
  await expect(discloseData(context, { ...request, what: segment!.id }, at)).rejects.toMatchObject({ code: 'transfer/no-lineage' })
  await activity('A-1', segment!, ['customer_id', 'plan', 'email']) // what a column is called says nothing of what it is made from
  await expect(discloseData(context, { ...request, what: segment!.id }, at)).rejects.toMatchObject({ code: 'transfer/not-named', message: expect.stringContaining('made from plan of') as string })
  await activity('A-2', segment!, ['customer_id', 'email'])
  await expect(discloseData(context, { ...request, what: segment!.id }, at)).rejects.toMatchObject({ code: 'transfer/canary', message: expect.stringContaining(copy.id) as string })
  expect(received).toEqual([])
})

test('marks stop a disclosure when they are more than chance gives among so many tokens of somebody else', () => {
  const cases: [object: { marked: number; codes: number; copies: number }, refused: boolean][] = [
    [{ marked: 0, codes: 10, copies: 1 }, false], [{ marked: 1, codes: 1, copies: 1 }, true], [{ marked: 1, codes: 10_000, copies: 20 }, true], [{ marked: 300, codes: 300, copies: 1_000 }, true],
    [{ marked: 1, codes: 10_000_000, copies: 100 }, false], [{ marked: 2, codes: 10_000_000, copies: 100 }, true], [{ marked: 1, codes: 4_000_000_000, copies: 1 }, false],
  ]
  for (const [counted, refused] of cases) expect([counted, isOfCopy(counted)]).toEqual([counted, refused])
})

test('a receipt is recorded of what was sent to its end, once', async () => {
  const made = (await allDisclosures(world.ledger.database)).find(({ state }) => state === 'made')
  const receipt = { of: made!.id, sha256: 'ab'.repeat(32), says: 'received 300 rows', by: 'dana' }
  for (const day of ['2019-04-12', '2019-04-13']) expect(await recordReceipt(world.ledger, receipt, on(day))).toMatchObject({ of: made!.id, recordedAt: on('2019-04-12') })
  expect(await allReceipts(world.ledger.database)).toHaveLength(1)
  await expect(recordReceipt(world.ledger, { ...receipt, of: 'D-none' }, at)).rejects.toThrow('there is no return and no disclosure')
})
