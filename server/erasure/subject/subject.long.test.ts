import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateKeyPairSync, sign } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { acceptInstruction } from '#instruction'
import { rawPublicKey } from '#ledger'
import { sweep } from '#trace'
import { allRequests, answerSubject, readRequest } from '../index.ts'
import { copyMixed, createWorld, customers, listenersCsv, members, on, type World } from '../testing.ts'

let world: World
beforeAll(async () => {
  world = await createWorld({ settings: { autovacuum: 'off' }, change: (text) => text
    .replace('stores:\n', 'stores:\n  - { id: desk, environment: test, kind: sqlite, path: desk.db, backups: none }\n')
    .replace('people:\n', `  - { id: INS-9, contract: chinook-2017, text: "Answer requests.", purposes: [LegalCompliance], operations: [search, return, erase], data: { customers: "*" }, environments: [production, test], from: 2017-01-01 }
  - { id: INS-8, contract: chinook-2017, text: "Search.", purposes: [LegalCompliance], operations: [search], data: { customers: "*" }, environments: [production], from: 2017-01-01 }
people:\n`) })
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = { publicKey: Buffer.from(rawPublicKey(publicKey)).toString('base64'), custody: 'signatory' as const, sign: (message: Uint8Array) => sign(null, message, privateKey) }
  for (const instruction of ['INS-9', 'INS-8']) await acceptInstruction(world.ledger, { instruction, signatory: 'A. Adams', key }, on('2017-01-02'))
  await copyMixed(world, 'lab_copy')
  // Who is a customer of two controllers by the same address: the row of the other stays.
  await world.run('shop', `update public.member set email = 'p7@customer.example' where member_id = (select min(member_id) from public.member)`)
  const rows = (await world.run('shop', 'select customer_id, email, phone from public.customer order by 1')).rows as { customer_id: string; email: string; phone: string }[]
  world.put('out/customers.csv', `mail,u,tel\n${rows.map((row) => `${row.email},${row.customer_id},${row.phone}\n`).join('')}`)
  world.put('out/listeners.csv', await listenersCsv(world))
  world.put('note.txt', 'Please call p7@customer.example back.\n')
  const desk = new DatabaseSync(join(world.directory, 'desk.db'))
  desk.exec('create table contact (id text, mail text, tel text)')
  for (const row of rows) desk.prepare('insert into contact values (?, ?, ?)').run(row.customer_id, row.email, row.phone)
  desk.close()
}, 300_000)
afterAll(() => world.close())

const asked = (kind: string, id: string, instruction = 'INS-9', person = '{ email: "P7@Customer.example" }') => ({ controller: 'chinook', operator: 'eli', request: readRequest(`{ request: ${id}, kind: ${kind}, instruction: ${instruction}, person: ${person} }`) })
const counts = async (): Promise<unknown[]> => [
  (await world.run('shop', 'select count(*)::int as n from public.customer')).rows[0], (await world.run('lab', 'select count(*)::int as n from lab_copy')).rows[0],
  readFileSync(join(world.directory, 'share/out/customers.csv'), 'utf8').split('\n').length - 2,
]

test('a request is carried out on an instruction that covers it, for one person, or not at all', async () => {
  await expect(answerSubject(world.context, asked('erasure', 'REQ-1', 'INS-8'), on('2019-05-01'))).rejects.toMatchObject({ code: 'erasure/subject-not-covered', message: expect.stringContaining('does not name the operation erase') as string })
  await expect(answerSubject(world.context, asked('erasure', 'REQ-1', 'INS-3'), on('2019-05-01'))).rejects.toMatchObject({ code: 'erasure/subject-not-covered' })
  await expect(answerSubject(world.context, asked('erasure', 'REQ-1', 'INS-9', '[{ email: p7@customer.example }, { email: p8@customer.example }]'), on('2019-05-01'))).rejects.toMatchObject({ code: 'erasure/several-persons' })
  await expect(answerSubject(world.context, asked('erasure', 'REQ-2', 'INS-9', '{ nickname: p7 }'), on('2019-05-01'))).rejects.toThrow('has a column nickname')
  expect(() => readRequest('{ request: "Anna Smith", kind: erasure, instruction: INS-9, person: { email: a@b.example } }')).toThrow('it must name nobody')
  expect(() => readRequest('{ request: REQ-3, kind: erasure, instruction: INS-9, person: { email: [anna@person.example] } }')).toThrow(/^(?!.*anna).*person/s)
  expect(await counts()).toEqual([{ n: customers }, { n: 300 + customers + members }, customers])
})

test('a person who shares a value with another is refused before anything is changed or handed over', async () => {
  await world.run('shop', `update public.customer set email = 'p9@customer.example' where email = 'p10@customer.example'`)
  for (const kind of ['erasure', 'access']) await expect(answerSubject(world.context, asked(kind, 'REQ-4', 'INS-9', '{ customer_id: C-10063 }'), on('2019-05-01'))).rejects.toMatchObject({ code: 'erasure/several-persons', message: expect.stringContaining('2 in customers') as string })
  expect(await counts()).toEqual([{ n: customers }, { n: 300 + customers + members }, customers])
  await world.run('shop', `update public.customer set email = 'p10@customer.example' where customer_id = 'C-10070'`)
})

test('access: the rows of the person from the own table and from every copy, by values that the request did not name; nobody else\'s', async () => {
  const { record, handed } = await answerSubject(world.context, asked('access', 'REQ-10'), on('2019-05-02'))
  expect(handed.map(({ store, place, rows }) => [store, place, rows.length]).sort()).toEqual([['desk', 'desk.db!/contact', 1], ['lab', 'public.lab_copy', 1], ['share', 'out/customers.csv', 1], ['shop', 'public.customer', 1]])
  const own = handed.find(({ store }) => store === 'shop')
  expect([own?.columns, own?.rows[0]?.slice(0, 2)]).toEqual([['customer_id', 'email', 'phone', 'plan'], ['C-10049', 'p7@customer.example']])
  expect(handed.flatMap(({ rows }) => rows.flat()).filter((value) => value.toLowerCase().includes('listener.example'))).toEqual([])
  expect(record).toMatchObject({ kind: 'access', outcome: { found: 4, handed: 4, erased: 0, notSearched: [] } })
  expect(record.outcome?.left.map(({ place }) => place).sort()).toEqual(['note.txt', 'public.member'])
  expect(await counts()).toEqual([{ n: customers }, { n: 300 + customers + members }, customers])
})

test('what is called after the person is named, and not what stands in it; out of a large table the very rows are handed over, whatever order they come in', async () => {
  world.put('out/p7@customer.example notes.txt', 'nothing\n')
  // 80 MB, read over two connections.
  await world.run('lab', `create unlogged table big as select 'C-' || (10000 + 7 * g) as nr, 'p' || g || '@customer.example' as mail, repeat('x', 900) as filler from generate_series(0, 79) g, generate_series(1, 1000) h where h = 1 or g > 8`)
  const { record, handed } = await answerSubject(world.context, asked('access', 'REQ-12'), on('2019-05-02'))
  expect(handed.filter(({ place }) => place === 'public.big').map(({ rows }) => rows.map((row) => row.slice(0, 2)))).toEqual([[['C-10049', 'p7@customer.example']]])
  expect(record.outcome?.left.filter(({ because }) => because.includes('its name')).map(({ place }) => place.replace(/⟨[^⟩]*⟩/g, '⟨⟩')).sort()).toEqual(['out/⟨⟩ notes.txt'])
  await world.run('lab', 'drop table big')
  rmSync(join(world.directory, 'share/out/p7@customer.example notes.txt'))
})

test('erasure: gone everywhere, others as they were, searched for again, out of the fingerprints, and no value in the ledger; open while a store cannot be read', async () => {
  const file = join(world.directory, 'lab-sweep.url')
  const reachable = readFileSync(file, 'utf8')
  writeFileSync(file, 'postgresql://nobody@127.0.0.1:1/nowhere')
  // Its server is seen through another store: what is there is found, and cannot be erased from there.
  const first = await answerSubject(world.context, asked('erasure', 'REQ-11'), on('2019-05-02'))
  expect(first.record).toMatchObject({ closedAt: null, outcome: { erased: 3, residual: 1, notSearched: [{ store: 'lab', place: '*', again: true }], forgotten: 0 } })
  writeFileSync(file, reachable)
  const { record } = await answerSubject(world.context, asked('erasure', 'REQ-11'), on('2019-05-03'))
  expect(record.outcome, 'one of them was found at two addresses, and counts once').toMatchObject({ found: 4, erased: 4, residual: 0, notSearched: [], forgotten: 1 })
  expect(record.outcome?.left.map(({ place }) => place).sort()).toEqual(['note.txt', 'public.member'])
  expect(await counts()).toEqual([{ n: customers - 1 }, { n: 300 + customers + members - 1 }, customers - 1])
  expect(readFileSync(join(world.directory, 'share/out/customers.csv'), 'utf8')).not.toContain('p7@')
  expect((await world.run('shop', `select count(*)::int as n from public.member`)).rows).toEqual([{ n: members }])
  const desk = new DatabaseSync(join(world.directory, 'desk.db'))
  expect([desk.prepare('select count(*) as n from contact').get(), desk.prepare(`select count(*) as n from contact where mail = 'p7@customer.example'`).get()]).toEqual([{ n: customers - 1 }, { n: 0 }])
  desk.close()
  const told = JSON.stringify(await world.ledger.read(2))
  expect(told).toContain('erasure.subject_closed')
  expect(told).not.toMatch(/p7@|C-10049/i)
  const again = await answerSubject(world.context, asked('erasure', 'REQ-11'), on('2019-05-04'))
  expect(again.record).toEqual(record)
  expect((await allRequests(world.ledger.database)).map(({ id, kind, closedAt }) => [id, kind, closedAt === null])).toEqual([['REQ-10', 'access', false], ['REQ-11', 'erasure', false], ['REQ-12', 'access', false]])
  const { findings } = await sweep(world.context, on('2019-05-05'))
  expect(findings.filter(({ controller, place }) => controller === 'chinook' && !place.startsWith('pg_catalog')).map(({ place, records }) => [place, records]).sort()).toEqual([['desk.db', customers - 1], ['out/customers.csv', customers - 1], ['public.lab_copy', customers - 1]])
})

test('rows that were erased and stand in the files of their table all the same are told as left', async () => {
  await world.run('lab', 'begin isolation level repeatable read; select count(*) from pg_class') // whoever began before may want to see them
  const asking = asked('erasure', 'REQ-HELD', 'INS-9', '{ email: p31@customer.example }')
  const { record } = await answerSubject(world.context, asking, on('2019-06-02'))
  await world.run('lab', 'rollback')
  expect(record.outcome).toMatchObject({ residual: 0, left: [{ store: 'lab', place: 'public.lab_copy', rows: 0, because: expect.stringMatching(/^\d+ deleted rows still stand in a table's files/) as string }] })
}, 300_000)
