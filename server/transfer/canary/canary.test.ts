import { createHash } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { customers, on, type World } from '../../erasure/testing.ts'
import { csvFields, derivedDraft } from '#inventory'
import type { Json } from '#ledger'
import { governedIn, sweep, sweepInvented, takeFingerprints, type SearchedPlace } from '#trace'
import { allTransfers, copiesIn, copyData, eraseExpired, inventedTeller, markedCopy, openCanaries, secretOf, type Transfer } from '../index.ts'
import { createTransferWorld, inventedIn } from '../testing.ts'
import { changeRows } from '../rows.ts'
import { openInventor } from './invent.ts'
import { canariesOf, knownBy } from './known.ts'
import { chanceOfMarks, isNamed } from './leak.ts'
import { canarySecret, halfSipHash, isMarked, markedToken, markerOf } from './mark.ts'

const secret = canarySecret(Buffer.alloc(32, 9), 'T-one')

test('a mark is told by the secret of its copy, in tokens and addresses, whatever the case, and by no other', () => {
  const [mine, other] = [markerOf(secret), markerOf(canarySecret(Buffer.alloc(32, 9), 'T-two'))]
  fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
    const code = Buffer.from(bytes).toString('hex')
    const token = markedToken(code, mine)
    expect(token).toMatch(/^[0-9a-f]{32}$/)
    expect([token.slice(0, 24), markedToken(code, undefined)]).toEqual([code.slice(0, 24), code.slice(0, 32)])
    for (const value of [token, token.toUpperCase(), ` ${token}@pseudonym.example`]) expect([isMarked(value, mine), isMarked(value, other)]).toEqual([true, false])
    expect(isMarked(`${token.slice(0, 31)}${token.endsWith('0') ? '1' : '0'}`, mine)).toBe(false)
  }))
  for (const value of ['', 'C-1', `${'0'.repeat(33)}`, `${markedToken('a'.repeat(64), mine)}@mail.example`]) expect(isMarked(value, mine), value).toBe(false)
})

test('marks name a copy where chance does not give so many among the codes that were read', () => {
  const named = (marked: number, codes: number, copies = 1): boolean => isNamed({ canaries: 0, marked, codes, copies })
  expect([named(2, 2), named(3, 3), named(40, 4e6, 1000), isNamed({ canaries: 1, marked: 0, codes: 1e12, copies: 9 })]).toEqual([false, true, true, true])
  expect([[3, 1e8], [5, 1e8], [6, 1e8], [3, 4e9], [12, 4e9], [15, 4e9], [900, 4e12], [1200, 4e12], [3000, 1e13]].map(([marked, codes]) => named(marked!, codes!, 10))).toEqual([false, false, true, false, false, true, false, true, true])
  fc.assert(fc.property(fc.integer({ min: 1, max: 12 }), fc.double({ min: 0.01, max: 10, noNaN: true }), fc.integer({ min: 1, max: 50 }), (marked, expected, copies) => {
    let [tail, term] = [0, Math.exp(-expected)]
    for (let number = 0; number < 200; number += 1) { if (number >= marked) tail += term; term *= expected / (number + 1) }
    const bound = chanceOfMarks({ canaries: 0, marked, codes: expected * 2 ** 32, copies })
    expect(bound).toBeGreaterThanOrEqual(Math.min(1, copies * tail) * (1 - 1e-9))
    if (marked > 2 * expected) expect(bound).toBeLessThanOrEqual(2 * copies * tail)
  }))
})

test('the hash of marks is HalfSipHash-2-4 as its authors publish it', () => {
  expect(halfSipHash(0x03020100, 0x07060504, Uint8Array.from({ length: 12 }, (_, byte) => byte), 0) >>> 0).toBe(0x2f87f057)
})

test('the same secret invents the same people, another others, and none under a domain that somebody could have', async () => {
  const [one, again, other] = await Promise.all([secret, secret, canarySecret(Buffer.alloc(32, 8), 'T-one')].map((key) => openInventor(key)))
  for (const kind of ['token', 'email', 'phone', 'address', 'telephone', 'uuid', 'full'] as const) {
    const values = Array.from({ length: 60 }, (_, record) => one!.value(kind, 'x', record))
    expect(Array.from({ length: 60 }, (_, record) => again!.value(kind, 'x', 59 - record)).reverse(), kind).toEqual(values)
    expect(values.some((value, record) => value === other!.value(kind, 'x', record) && kind !== 'telephone'), kind).toBe(false)
    if (kind !== 'telephone') expect(new Set(values).size, kind).toBe(60)
  }
  expect(one!.value('address', 'x', 3)).toMatch(/^[a-z]+[.][a-z]+\d{4}@example[.](com|net|org)$/)
})

test('a number that is kept tells no copy, and neither does a value of two', async () => {
  const kept = { id: 'T-one', tables: [{ place: 's.t', rows: 9, canaries: { rows: 3, subject: 'id', domains: ['example.com'], columns: { id: 'token', mobile: 'telephone' } } }] } as never
  const canaries = await canariesOf(kept, secret)
  expect(canaries.map(({ values }) => Object.keys(values))).toEqual([['id'], ['id'], ['id']])
  const other = { ...canaries[0]!, copy: 'T-two' }
  expect([...knownBy([...canaries, other]).values()].map(({ record }) => record)).toEqual([1, 2])
})

const columns = (['id', 'email', 'plan', 'note'] as const).map((name) => ({ name, transform: { kind: name === 'id' ? 'token' as const : name === 'email' ? 'email' as const : 'keep' as const }, type: 'text', held: 'text' }))
const table = { table: { table: 't', subject: 'id', columns: { id: { category: 'UID', identifies: true } } }, place: 's.t', columns, keys: { primaryKey: ['id'], uniques: [], relations: [] } } as never

test('rows go as they did without invented ones; those come between, are counted nowhere, and only theirs are new', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 50, max: 5_000 }), async (many, cut) => {
    const bytes = Buffer.from(Array.from({ length: many }, (_, row) => `${row},p${row}@person.example,${['free', '"plus, one"', ''][row % 3]},note ${row}\n`).join(''))
    const pieces = async function* (): AsyncGenerator<Uint8Array> { for (let at = 0; at < bytes.length; at += cut * 13) yield bytes.subarray(at, at + cut * 13) }
    const inventing = { inventor: await openInventor(secret), secret, table, belongs: false, domains: [] }
    const made = changeRows(pieces(), { columns, key: Buffer.alloc(32, 1), inventing })
    const rows: (string | null)[][] = []
    for await (const row of csvFields(made.rows)) rows.push(row)
    const { canaries, rows: counted, isolation } = made.made()
    const invented = new Set(Array.from({ length: canaries!.rows }, (_, record) => inventing.inventor.value('token', 'subject', record)))
    expect([counted, isolation.counted, rows.length - canaries!.rows, rows.filter(([id]) => invented.has(id!)).length]).toEqual([many, many, many, canaries!.rows])
    expect(canaries!.rows >= Math.min(2, many)).toBe(true)
    const marked = (row: readonly (string | null)[]): unknown => [row[0]!.slice(0, 24), row[1]!.slice(0, 24), ...row.slice(2)]
    const plain: unknown[] = []
    for await (const row of csvFields(changeRows(pieces(), { columns, key: Buffer.alloc(32, 1) }).rows)) plain.push(marked(row))
    expect(rows.filter(([id]) => !invented.has(id!)).map(marked)).toEqual(plain)
    expect(rows.every(([id, email]) => isMarked(id!, markerOf(secret)) && isMarked(email!, markerOf(secret)))).toBe(true)
    if (many > 1_000) expect(rows.slice(-rows.length / 2).some(([id]) => invented.has(id!)) || many < 1_500).toBe(true)
  }), { numRuns: 8 })
})

let world: World
let copies: Transfer[]
beforeAll(async () => {
  world = await createTransferWorld()
  copies = [await copyData(world.context, { instruction: 'INS-2', person: 'noa', to: 'lab' }, on('2019-04-10')), await copyData(world.context, { instruction: 'INS-2', person: 'noa', to: 'lab' }, on('2019-04-11'))]
}, 300_000)
afterAll(() => world.close())

const rowsOf = async ({ places: [place] }: Transfer): Promise<Record<string, string>[]> => (await world.run('lab', `select customer_id, email, phone, plan, born::text, spent::text from ${place!}`)).rows as Record<string, string>[]

test('every copy has invented records of its own, like the others in form, that nobody has in the source and the log does not hold', async () => {
  const source = (await world.run('shop', `select distinct plan from customer`)).rows as { plan: string }[]
  for (const copy of copies) {
    const [rows, invented] = [await rowsOf(copy), await inventedIn(world, copy)]
    expect(invented.length).toBeGreaterThan(2)
    expect(rows).toHaveLength(customers + invented.length)
    expect(copy.tables?.[0]).toMatchObject({ rows: customers, canaries: { rows: invented.length, columns: { customer_id: 'token', email: 'email', phone: 'phone' } } })
    for (const { values } of invented) {
      const row = rows.find(({ customer_id }) => customer_id === values['customer_id'])
      expect(row).toMatchObject(values)
      expect([row!['email'], row!['phone'], row!['born'], source.some(({ plan }) => plan === row!['plan'])]).toEqual([expect.stringMatching(/^[0-9a-f]{32}@pseudonym\.example$/), expect.stringMatching(/^\+999\d{11}$/), expect.stringMatching(/^\d{4}-01-01$/), true])
    }
    const told = JSON.stringify(await world.ledger.read(copy.slot))
    for (const { values } of invented) for (const value of Object.values(values)) expect(told).not.toContain(value)
  }
  // Not in one place. Keys draw where: what one copy has close together by chance, another has not.
  const spread = await Promise.all(copies.map(async (copy) => {
    const mine = new Set((await inventedIn(world, copy)).map(({ values }) => values['customer_id']))
    const places = (await rowsOf(copy)).flatMap(({ customer_id: id }, at) => (mine.has(id!) ? [at] : []))
    return Math.max(...places) - Math.min(...places)
  }))
  expect(Math.max(...spread)).toBeGreaterThan(customers / 16)
})

test('a value says of which copy it is: by an invented record, or by its mark; one of the source says nothing', async () => {
  const canaries = await openCanaries(world.ledger)
  const keyed = copies.map((copy) => ({ copy: copy.id, secret: secretOf(world.ledger.keys, copy)! }))
  expect([canaries.copies, canaries.unknown]).toEqual([copies.map(({ id }) => id), []])
  for (const copy of copies) {
    const invented = new Set((await inventedIn(world, copy)).map(({ values }) => values['customer_id']))
    for (const { customer_id: id, email, phone } of await rowsOf(copy)) {
      expect(canaries.tell(id!.toUpperCase())).toMatchObject({ copy: copy.id, by: invented.has(id) ? 'canary' : 'mark' })
      expect([canaries.tell(email!)?.copy, canaries.tell(phone!)?.copy]).toEqual([copy.id, invented.has(id) ? copy.id : undefined])
      expect(markedCopy(id!, keyed)).toBe(copy.id)
    }
  }
  for (const { customer_id: id, email } of (await world.run('shop', 'select customer_id, email from customer limit 50')).rows as { customer_id: string; email: string }[]) for (const value of [id, email, createHash('md5').update(email).digest('hex')]) expect(canaries.tell(value)).toBeUndefined()
})

test('a value that stands in several parts of a place counts once; of more than are carried on, as many as are certainly different', async () => {
  const teller = await inventedTeller(world.ledger)
  const [copy] = copies as [Transfer]
  const invented = new Set((await inventedIn(world, copy)).map(({ values }) => values['customer_id']))
  const real = (await rowsOf(copy)).filter(({ customer_id: id }) => !invented.has(id)) as { customer_id: string; email: string }[]
  const part = (...values: string[]) => {
    const telling = teller.begin()
    telling.feed(Buffer.from(values.join('\n')))
    return telling.end()
  }
  const placed = async (...parts: string[][]) => {
    const told = parts.map((values) => part(...values))
    const place = { store: 'share', environment: 'test', place: 'a.zip', told: { codes: told.reduce((sum, one) => sum + one.codes, 0), parts: told.map((one, number) => ({ name: `part ${number}`, copies: one.copies })), missing: [] } }
    return { told, places: governedIn([place as unknown as SearchedPlace], teller, 'chinook').places }
  }
  const [one, other, third] = real as [typeof real[0], typeof real[0], typeof real[0]]
  const repeated = await placed([one.customer_id], [one.customer_id.toUpperCase()], [one.customer_id, one.customer_id])
  expect(repeated.places, 'one mark may be chance, however often it stands there').toEqual([])
  expect(JSON.stringify(repeated.told)).not.toContain(one.customer_id)
  const different = await placed([one.customer_id], [one.customer_id, other.email], [third.customer_id])
  expect(different.places).toMatchObject([{ copies: [{ copy: copy.id, canaries: 0, marked: 3, people: 2, named: true }], parts: [{}, {}, {}] }])
  expect(different.places[0]!.copies[0]).not.toHaveProperty('seen')
  // Invented records count once as well, and who was told before values were carried on counts as at least the most of one part.
  const record = [...invented][0]!
  expect((await placed([record], [record])).places).toMatchObject([{ copies: [{ canaries: 1, marked: 0 }] }])
  const before = part(one.customer_id, other.email).copies.map(({ seen: _seen, ...told }) => told)
  expect(teller.sum([...before, ...before], 4)).toMatchObject([{ marked: 2, named: false, atLeast: true }])
  const marker = markerOf(secretOf(world.ledger.keys, copy)!)
  const many = Array.from({ length: 2_250 }, (_, at) => markedToken(createHash('sha256').update(`many ${at}`).digest('hex'), marker))
  const [sum] = (await placed(many.slice(0, 1_500), many.slice(750))).places[0]!.copies
  expect([sum!.atLeast, sum!.marked >= 1_500, sum!.marked <= 2_250]).toEqual([true, true, true])
  expect((await placed(many.slice(0, 900), many.slice(600, 1_200))).places).toMatchObject([{ copies: [{ marked: 1_200 }] }])
})

test('a sweep that knows them finds a copy of a copy, names which, and is content when it is gone', async () => {
  const [first, second] = copies as [Transfer, Transfer]
  await takeFingerprints(world.context, on('2019-04-12'))
  await world.run('lab', `create schema mine; create table mine.stuff as select 'x' as what, upper(email) as contact from ${second.places[0]!} order by email limit 40`)
  const invented = new Set((await inventedIn(world, first)).map(({ values }) => values['customer_id']))
  writeFileSync(join(world.directory, 'share', 'few.txt'), `one token is chance: ${(await rowsOf(first)).find(({ customer_id: id }) => !invented.has(id!))!['customer_id']}`)
  const look = async (day: string, context = world.context) => sweepInvented(context, on(day), { teller: await inventedTeller(world.ledger) })
  // Derived from the copy under its instruction; the other one only stands beside it.
  await world.run('lab', `create schema results; create table results.tokens as select customer_id from ${first.places[0]!}`)
  const { slot, controller, contract, instruction, dataset } = first
  await world.ledger.append(derivedDraft({ slot, controller, contract, instruction, store: 'lab', place: 'results.tokens', columns: ['customer_id'], from: [dataset], person: null, session: null }, on('2019-04-12')))
  const found = await look('2019-04-13')
  expect(found.findings.map(({ controller, store, place, state, detail }) => [controller, store, place, state, detail.copies?.map(({ copy, named, certainty }) => [copy, named, certainty > 0.999_999])])).toEqual([['chinook', 'lab', 'mine.stuff', 'open', [[second.id, true, true]]]])
  expect(found.known.map(({ copy, store, place }) => [copy, store, place])).toEqual([[first.id, 'lab', 'results.tokens']])
  expect([found.opened.length, found.findings[0]!.detail.made?.after, (await look('2019-04-14')).opened]).toEqual([1, second.madeAt, []])
  const elsewhere = await look('2019-04-14', { ...world.context, environments: [] })
  expect([elsewhere.places, elsewhere.resolved, elsewhere.notRead.map(({ store, because }) => [store, /does not serve/.test(because)])]).toEqual([0, [], expect.arrayContaining([['lab', true], ['share', true]])])
  await expect(look('2019-04-14', { ...world.context, stopping: AbortSignal.abort(new Error('it is to stop')) })).rejects.toThrow('it is to stop')
  const untold = (({ governed: _governed, ...others }) => others)(world.context)
  expect(await sweep(untold, on('2019-04-14'))).toMatchObject({ opened: [], resolved: [], findings: [{ id: found.opened[0] }] }) // by fingerprints it is nobody's
  expect(JSON.stringify(await world.ledger.read(second.slot, { types: ['finding.opened'] }))).not.toMatch(/pseudonym[.]example|[0-9a-f]{32}@/)
  await world.run('lab', 'drop schema mine cascade')
  writeFileSync(join(world.directory, 'share', 'few.txt'), 'gone')
  expect(await look('2019-04-15')).toMatchObject({ findings: [], resolved: found.opened })
}, 300_000)

test('the nightly sweep finds copies of copies in the bytes that it reads anyway: in a table, a file that it reads by itself, and an archive', async () => {
  const [first] = copies as [Transfer]
  await world.run('lab', `create schema again; create table again.stuff as select customer_id as a, plan as b from ${first.places[0]!} limit 40`)
  const text = (await rowsOf(first)).slice(0, 60).map(({ customer_id: id }, row) => `${row},${id}\n`).join('')
  world.put('again.csv', text)
  world.put('again.csv.gz', gzipSync(text))
  const found = await sweep(world.context, on('2019-04-16'))
  const named = found.findings.filter(({ detail }) => detail.copies !== undefined)
  expect(named.map(({ place, detail }) => [place, detail.copies!.map(({ copy }) => copy)]).sort()).toEqual([['again.csv', [first.id]], ['again.csv.gz', [first.id]], ['again.stuff', [first.id]]])
  expect(found.opened.toSorted()).toEqual(named.map(({ id }) => id).sort())
  expect(await sweep(world.context, on('2019-04-17'))).toMatchObject({ opened: [], resolved: [] })
  expect(await sweep(world.context, on('2019-04-17'), { changed: true }), 'what has not changed is not read').toMatchObject({ opened: [], resolved: [] })
  expect((await sweepInvented(world.context, on('2019-04-17'), { teller: await inventedTeller(world.ledger) })).opened, 'reading everything once more finds the same').toEqual([])
  await world.run('lab', 'drop schema again cascade')
  for (const name of ['again.csv', 'again.csv.gz']) rmSync(join(world.directory, 'share', name))
  expect((await sweep(world.context, on('2019-04-18'))).resolved.toSorted()).toEqual(found.opened.toSorted())
}, 300_000)

test('whoever erased the copy and its key still knows of which copy a leak is', async () => {
  const [rows] = [await rowsOf(copies[1]!)]
  expect((await eraseExpired(world.context, on('2019-05-12'))).erased).toHaveLength(2)
  expect((await allTransfers(world.ledger.database)).map(({ state }) => state)).toEqual(['erased', 'erased'])
  const file = join(world.directory, 'leak.log')
  writeFileSync(file, rows.map(({ customer_id: id, email }, at) => `${at} GET /in?id=${id!.toUpperCase()}&mail=${email} 200\n`).join('').repeat(30))
  writeFileSync(`${file}.gz`, gzipSync(rows.slice(0, 40).map(({ phone, email }) => JSON.stringify({ phone, email })).join('\n')))
  writeFileSync(join(world.directory, 'clean.csv'), 'a@mail.example,0123456789abcdef0123456789abcdef,+390212345678\n')
  const scratch = join(world.directory, 'scratch')
  const invented = (await inventedIn(world, copies[1]!)).length
  expect(await copiesIn(world.ledger, file, { scratch })).toEqual({ copies: [{ copy: copies[1]!.id, canaries: invented, marked: 2 * customers, named: true }], known: 2, unknown: [], notRead: [] })
  expect((await copiesIn(world.ledger, `${file}.gz`, { scratch })).copies).toMatchObject([{ copy: copies[1]!.id, named: true }])
  expect((await copiesIn(world.ledger, join(world.directory, 'clean.csv'), { scratch })).copies).toEqual([])
  const canaries = await openCanaries(world.ledger)
  expect(new Set(rows.map(({ customer_id: id }) => canaries.tell(id!)?.copy))).toEqual(new Set([copies[1]!.id]))
})

test('a copy that was begun, and never recorded as made, is known again by its marks: it may be there', async () => {
  const [copy] = copies as [Transfer]
  const evidence = { id: 'T-begun', controller: copy.controller, contract: copy.contract, instruction: copy.instruction, dataset: copy.dataset, person: 'noa', purpose: copy.purpose, source: copy.source, store: copy.store, places: ['t_begun.customer'], transforms: copy.transforms as Json, sample: 1, expiresAt: null }
  await world.ledger.append({ slot: copy.slot, type: 'transfer.begun', at: on('2019-04-12'), parts: { evidence: { ...evidence, canaryKey: world.ledger.keys.canaryKey(copy.slot).id } } })
  const begun = (await allTransfers(world.ledger.database)).find(({ id }) => id === 'T-begun')!
  const teller = await inventedTeller(world.ledger)
  expect([begun.state, begun.madeAt, teller.copies.find(({ id }) => id === begun.id)]).toEqual(['begun', null, expect.objectContaining({ madeAt: on('2019-04-12'), erased: false })])
  const marker = markerOf(secretOf(world.ledger.keys, begun)!)
  world.put('begun.csv', Array.from({ length: 9 }, (_, at) => `${markedToken(createHash('sha256').update(`begun ${at}`).digest('hex'), marker)}\n`).join(''))
  const found = await sweepInvented(world.context, on('2019-04-12'), { teller })
  expect(found.findings.map(({ place, detail }) => [place, detail.copies?.map(({ copy: of }) => of)])).toEqual([['begun.csv', ['T-begun']]])
  rmSync(join(world.directory, 'share', 'begun.csv'))
  expect((await sweepInvented(world.context, on('2019-04-12'), { teller })).findings).toEqual([])
  // Entries of before keys followed each other fold as they did: to the first key.
  await world.ledger.append([{ slot: copy.slot, type: 'transfer.erased', at: on('2019-04-12'), parts: { evidence: { id: 'T-begun' } } }, { slot: copy.slot, type: 'transfer.begun', at: on('2019-04-12'), parts: { evidence: { ...evidence, id: 'T-older' } } }, { slot: copy.slot, type: 'transfer.erased', at: on('2019-04-12'), parts: { evidence: { id: 'T-older' } } }])
  const older = (await allTransfers(world.ledger.database)).find(({ id }) => id === 'T-older')!
  expect([older.canaryKey, secretOf(world.ledger.keys, older)]).toEqual([null, secretOf(world.ledger.keys, { ...older, canaryKey: `canaries/${copy.slot}` })])
})
