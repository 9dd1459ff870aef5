import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDirectory, sourceOfFiles, verifyBundle, type Facts, type Verdict } from '@bailee/verifier'
import { rows, sql } from '#database'
import { createTestDatabase, type TestDatabase } from '../database/testing.ts'
import { exportBundle } from './bundle.ts'
import { sealPart, type Draft } from './entry.ts'
import { openKeyStore, type KeyStore } from './keys.ts'
import type { Ledger } from './ledger.ts'
import { noon, openTestLedger, origin, temporaryDirectory } from './testing.ts'

const directory = temporaryDirectory()
let own: TestDatabase
let keys: KeyStore
let ledger: Ledger
const sizes = [1, 2, 255, 256, 257, 600]

const note = (slot: number, index: number): Draft => ({ slot, type: index % 100 === 1 ? 'note.kept' : 'note.written', at: noon + index, parts: { evidence: { index } } })

beforeAll(async () => {
  own = await createTestDatabase()
  keys = openKeyStore(join(directory.path, 'keys'))
  ledger = await openTestLedger(own.database, keys)
  // Slots are given and grow between snapshots, so that early heads are short and late slots have none.
  for (const size of sizes) {
    await ledger.openSlot(noon, (slot) => Array.from({ length: Math.ceil((size - 1) / 2) }, (_, index) => note(slot, index + 1)))
    await ledger.append({ slot: 0, type: 'note.written', at: noon, parts: { people: { size } } })
    await ledger.snapshot(noon + size)
  }
  for (const [position, size] of sizes.entries()) {
    const slot = position + 1
    const begun = await ledger.size(slot)
    if (size > begun) await ledger.append(Array.from({ length: size - begun }, (_, index) => note(slot, begun + index)))
    await ledger.snapshot(noon + 1_000 + size)
  }
})
afterAll(async () => { await own.close(); directory.remove() })

async function exported(slot: number, name: string, at = noon + 5_000): Promise<string> {
  const target = join(directory.path, name)
  await exportBundle(ledger, { slot, at, directory: target, receiptsFor: ['note.kept'], certificates: new Map() })
  return target
}

function factsOf(verdict: Verdict): Facts {
  if (verdict.outcome === 'refused') throw new Error(`${verdict.because.step}: ${verdict.because.code} ${verdict.because.message}`)
  return verdict.facts
}

function filesOf(path: string): Map<string, Uint8Array> {
  const found = readdirSync(path, { recursive: true, withFileTypes: true }).filter((item) => item.isFile())
  return new Map(found.map((item) => join(item.parentPath, item.name)).map((file) => [relative(path, file), readFileSync(file)]))
}

test.each(sizes.map((size, position) => [size, position + 1] as const))('the evidence of a log of %i entries verifies, whole', async (size, slot) => {
  expect(await ledger.size(slot)).toBe(size)
  const facts = factsOf(verifyBundle(openDirectory(await exported(slot, `size-${size}`))))
  expect(facts).toMatchObject({ origin: `${origin}/${slot}`, entries: size, commonEntries: sizes.length + 1, trust: 'bundle', independentlyWitnessed: false, disclosed: size, commitments: size, firstHead: slot - 1 })
  expect(facts.snapshots).toBeGreaterThan(sizes.length)
  expect(facts.receipts).toBe((await ledger.read(slot, { types: ['note.kept'] })).length)
})

test('exporting twice gives the same evidence, takes no snapshot more, and replaces the directory whole', async () => {
  const target = await exported(2, 'twice')
  const before = filesOf(target)
  writeFileSync(join(target, 'left-behind'), 'x')
  await exported(2, 'twice', noon + 9_000)
  expect(filesOf(target)).toEqual(before)
  expect([existsSync(`${target}.writing`), existsSync(`${target}.replaced`)]).toEqual([false, false])
})

test('what is in the way and is not a bundle survives: it is refused, not replaced', async () => {
  const home = join(directory.path, 'home')
  mkdirSync(join(home, 'keys'), { recursive: true })
  writeFileSync(join(home, 'keys', 'log.pem'), 'precious')
  await expect(exported(2, 'home')).rejects.toThrow(/is not an evidence bundle/)
  await expect(exported(2, 'home/keys/log.pem')).rejects.toThrow(/is not an evidence bundle/)
  expect(readFileSync(join(home, 'keys', 'log.pem'), 'utf8')).toBe('precious')
  expect([existsSync(`${home}.writing`), existsSync(`${home}.replaced`)]).toEqual([false, false])
  mkdirSync(join(directory.path, 'empty'))
  factsOf(verifyBundle(openDirectory(await exported(2, 'empty'))))
})

test('where nothing can be made it is said so, and what a disk does not take is named and not left half', async () => {
  writeFileSync(join(directory.path, 'file'), 'x')
  await expect(exported(2, 'file/bundle')).rejects.toThrow(/file[/]bundle[.]writing cannot be made \(ENOTDIR\).*name a directory with --out/)
  mkdirSync(join(directory.path, 'full'))
  const long = 'x'.repeat(300) // no file system takes such a name
  await expect(exportBundle(ledger, { slot: 2, at: noon + 9_000, directory: join(directory.path, 'full', 'bundle'), receiptsFor: [], certificates: new Map([[long, new Uint8Array()]]) })).rejects.toMatchObject({ code: 'ledger/bundle-write', message: expect.stringMatching(/full[/]bundle[.]writing \(ENAMETOOLONG\), and what was there of it is removed; make room/) as unknown })
  expect(readdirSync(join(directory.path, 'full'))).toEqual([])
})

test('a part that is another than its entry committed to, or of which it knows nothing, is not handed out, and nothing that was opened is left', async () => {
  const edit = (statement: string): Promise<unknown> => rows(own.database, sql.raw(statement))
  const key = { id: 'payload/3/evidence/2019', key: keys.find('payload/3/evidence/2019')! }
  const sealed = (part: string): string => Buffer.from(sealPart('{"index":9000}', { origin: `${origin}/3`, index: 1, part }, key, new Uint8Array(44)).ciphertext).toString('hex')
  await edit('alter table other_entry disable trigger user')
  await edit('create table whole as select * from other_entry')
  for (const [statement, words] of [
    [`update other_entry set ciphertext = '\\x${sealed('evidence')}' where slot = 3 and idx = 1`, 'part evidence of entry 1 of processor.example/3 is not what its entry committed to; bailee ledger check'],
    [`insert into further_part values (3, 1, 'people', '${key.id}', '\\x${sealed('people')}')`, 'part people of entry 1 of processor.example/3 is not what its entry committed to; bailee ledger check'],
  ] as const) {
    await edit(statement)
    await expect(exported(3, 'not-committed')).rejects.toMatchObject({ code: 'ledger/payload-altered', message: expect.stringContaining(words) as string })
    expect(readdirSync(directory.path).filter((name) => name.startsWith('not-committed'))).toEqual([])
    await edit('update other_entry set ciphertext = whole.ciphertext from whole where other_entry.slot = 3 and other_entry.idx = 1 and whole.slot = 3 and whole.idx = 1')
    await edit('delete from further_part where slot = 3 and idx = 1')
  }
  await edit('drop table whole')
  await edit('alter table other_entry enable trigger user')
  factsOf(verifyBundle(openDirectory(await exported(3, 'not-committed'))))
})

test('evidence holds opened payloads, so only its owner may enter', async () => {
  expect(statSync(await exported(2, 'closed')).mode & 0o777).toBe(0o700)
})

test('a checkpoint that the controller kept from before is a beginning of the later log', async () => {
  const early = readFileSync(join(await exported(3, 'early'), 'client/checkpoint'))
  const [entry] = await ledger.append(note(3, 101))
  const target = await exported(3, 'late', noon + 6_000)
  writeFileSync(join(target, 'client.old-checkpoint'), early)
  expect(factsOf(verifyBundle(openDirectory(target)))).toMatchObject({ entries: 256, oldCheckpointSize: 255 })
  expect(readFileSync(join(target, `proofs/${entry?.index}.leaf`), 'utf8')).toContain('note.kept')
  const other = readFileSync(join(await exported(4, 'other'), 'client/checkpoint'))
  writeFileSync(join(target, 'client.old-checkpoint'), other)
  expect(verifyBundle(openDirectory(target)).outcome).toBe('refused')
})

test('what was erased is missing from the evidence, which verifies all the same', async () => {
  await ledger.openSlot(noon, (slot) => [{ slot, type: 'note.written', at: noon, parts: { people: { name: 'Noa' }, evidence: { count: 1 } } }])
  const slot = sizes.length + 1
  keys.destroy(`payload/${slot}/people/2019`)
  const target = await exported(slot, 'erased')
  expect(factsOf(verifyBundle(openDirectory(target)))).toMatchObject({ entries: 2, commitments: 3, disclosed: 2 })
  expect([...filesOf(target).keys()].filter((path) => path.startsWith('disclosed/'))).toEqual(['disclosed/0.evidence', 'disclosed/1.evidence'])
})

test("a controller's evidence holds nothing of another's: not a payload, not a commitment, not an origin", async () => {
  const mine = filesOf(await exported(2, 'mine'))
  const all = Buffer.concat([...mine.values()])
  const { commitments } = { commitments: (await rows<{ body: Buffer }>(own.database, sql`select body from entry where slot = 6`)).map((row) => (JSON.parse(row.body.toString()) as { parts: { c: string }[] }).parts[0]?.c ?? '') }
  expect(commitments.length).toBe(600)
  for (const commitment of commitments.slice(0, 50)) expect(all.includes(commitment)).toBe(false)
  for (const slot of [1, 3, 4, 5, 6]) expect(all.includes(`${origin}/${slot}\n`)).toBe(false)
  expect(all.includes('"size":')).toBe(false) // payloads of the common log, where staff are named
})

test('nothing is exported when the entries no longer hash to what a snapshot fixed', async () => {
  await rows(own.database, sql`alter table other_entry disable trigger user`)
  await rows(own.database, sql`update other_entry set body = body || ' '::bytea where slot = 5 and idx = 9`)
  const target = join(directory.path, 'altered')
  await expect(exported(5, 'altered')).rejects.toMatchObject({ code: 'ledger/root-differs' })
  expect(existsSync(target)).toBe(false)
  await rows(own.database, sql`update other_entry set body = substring(body for length(body) - 1) where slot = 5 and idx = 9`)
  await rows(own.database, sql`alter table other_entry enable trigger user`)
  expect(factsOf(verifyBundle(openDirectory(await exported(5, 'altered')))).entries).toBe(257)
})

test('a log that was never opened has no evidence', async () => {
  await expect(exported(99, 'nobody')).rejects.toMatchObject({ code: 'ledger/no-such-slot' })
})

test('one byte changed anywhere in a small bundle is refused', async () => {
  const target = await exported(2, 'small')
  const files = filesOf(target)
  writeFileSync(join(target, 'client.old-checkpoint'), files.get('client/checkpoint') ?? '')
  const whole = filesOf(target)
  const before = factsOf(verifyBundle(sourceOfFiles(whole)))
  expect(before).toMatchObject({ entries: 2, receipts: 1, disclosed: 2, oldCheckpointSize: 2 })
  const places = [...whole].flatMap(([path, bytes]) => Array.from(bytes, (_, offset) => [path, offset] as const))
  expect(places.length).toBeGreaterThan(5_000)
  fc.assert(fc.property(fc.constantFrom(...places), fc.integer({ min: 1, max: 255 }), ([path, offset], mask) => {
    const bytes = Uint8Array.from(whole.get(path) ?? [])
    bytes[offset] = (bytes[offset] ?? 0) ^ mask
    const verdict = verifyBundle(sourceOfFiles(new Map([...whole, [path, bytes]])))
    if (verdict.outcome === 'verified') throw new Error(`${path} byte ${offset} ^ ${mask} is not noticed`)
  }), { numRuns: process.env['BAILEE_FULL'] === '1' ? 8_000 : process.env['BAILEE_LONG'] === '1' ? 2_000 : 400 })
})
