import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commitmentOf, formatReceipt, formatVerifierKey, openDirectory, parsePolicy, parseReceipt, parseVerifierKey, verifyBundle, verifyReceipt, type Receipt } from '@bailee/verifier'
import { rows, sql } from '#database'
import { createTestDatabase, type TestDatabase } from '../database/testing.ts'
import { exportBundle } from './bundle.ts'
import { sealPart } from './entry.ts'
import type { Ledger } from './ledger.ts'
import { newestWhere } from './newest.ts'
import { makeReceipt } from './receipt.ts'
import { noon, openTestLedger, origin, temporaryDirectory } from './testing.ts'

let directory: ReturnType<typeof temporaryDirectory>
let own: TestDatabase
let ledger: Ledger
beforeAll(async () => {
  directory = temporaryDirectory()
  own = await createTestDatabase()
  ledger = await openTestLedger(own.database, join(directory.path, 'keys'))
  await ledger.openSlot(noon, () => [{ slot: 1, type: 'note.written', at: noon, parts: { evidence: { note: 'first' }, instruction: { text: 'b' } } }])
  await ledger.openSlot(noon, () => [])
  await ledger.append(Array.from({ length: 300 }, (_, number) => ({ slot: 1, type: 'note.written', at: noon, parts: number % 50 === 0 ? { evidence: { note: number } } : {} })))
})
afterAll(async () => { await own.close(); directory.remove() })

const bytes = (text: string): Uint8Array => Buffer.from(text)
const codeOf = (text: string): string => {
  const verdict = verifyReceipt(bytes(text))
  return verdict.outcome === 'refused' ? verdict.because.code : 'verified'
}
const changed = (text: string, change: (receipt: Receipt) => Partial<Receipt>): string => {
  const receipt = parseReceipt(bytes(text))
  return formatReceipt({ ...receipt, ...change(receipt) })
}
async function bundleNow(name: string, from: Ledger = ledger): Promise<ReturnType<typeof openDirectory>> {
  const folder = join(directory.path, name)
  await exportBundle(from, { slot: 1, at: noon + 100, directory: folder, receiptsFor: [], certificates: new Map() })
  return openDirectory(folder)
}

describe('a receipt', () => {
  test('says what the entry says, and against what it was checked', async () => {
    const made = await makeReceipt(ledger, { slot: 1, index: 1, at: noon })
    expect(made).toMatchObject({ type: 'note.written', index: 1, parts: { opened: 2, of: 2 }, witnesses: { cosigned: [], of: 0 } })
    const verdict = verifyReceipt(bytes(made.text))
    expect(verdict).toMatchObject({ outcome: 'verified', facts: { origin: `${origin}/1`, index: 1, type: 'note.written', trust: 'bundle', partsNotOpened: [], parts: [{ name: 'evidence', says: { note: 'first' } }, { name: 'instruction', says: { text: 'b' } }] } })
    const pin = parseVerifierKey(formatVerifierKey(`${origin}/root`, ledger.keys.log.publicKey))
    expect(verifyReceipt(bytes(made.text), { pins: [pin] })).toMatchObject({ outcome: 'verified', facts: { trust: 'key given' } })
    const stranger = parseVerifierKey(formatVerifierKey(`${origin}/root`, ledger.keys.certificate.publicKey))
    expect(verifyReceipt(bytes(made.text), { pins: [stranger] })).toMatchObject({ outcome: 'refused', because: { code: 'checkpoint/pin' } })
    const later = parsePolicy(`log ${formatVerifierKey(`${origin}/root`, ledger.keys.certificate.publicKey)}\nquorum none\n`)
    expect(verifyReceipt(bytes(made.text), { policy: later }), 'a key that followed says nothing of it alone').toMatchObject({ outcome: 'refused', because: { code: 'checkpoint/key', message: expect.stringContaining('--receipt FILE') as string } })
  })
  test('is made of every entry there is, and of no other', async () => {
    for (const index of [0, 255, 256, 301]) expect(codeOf((await makeReceipt(ledger, { slot: 1, index, at: noon })).text)).toBe('verified')
    expect(codeOf((await makeReceipt(ledger, { slot: 0, index: 0, at: noon })).text)).toBe('verified')
    await expect(makeReceipt(ledger, { slot: 1, index: 302, at: noon })).rejects.toMatchObject({ code: 'receipt/no-entry' })
    await expect(makeReceipt(ledger, { slot: 7, index: 0, at: noon })).rejects.toMatchObject({ code: 'receipt/no-entry' })
  })
  test('is made of no entry that was altered; from kept hashes that were, it is made all the same', async () => {
    await makeReceipt(ledger, { slot: 1, index: 1, at: noon })
    await rows(own.database, sql`update subtree set hash = sha256('x') where slot = 1 and level = 1 and idx = 0`)
    for (const index of [1, 20, 300]) expect(codeOf((await makeReceipt(ledger, { slot: 1, index, at: noon })).text)).toBe('verified')
    const swap = (from: string, to: string) => rows(own.database, sql`update other_entry set body = convert_to(replace(convert_from(body, 'utf8'), ${from}, ${to}), 'utf8') where slot = 1 and idx = 7`)
    await rows(own.database, sql`alter table other_entry disable trigger user`)
    await swap('note.written', 'note.refuted')
    await expect(makeReceipt(ledger, { slot: 1, index: 7, at: noon })).rejects.toMatchObject({ code: 'ledger/entry-altered' })
    await swap('note.refuted', 'note.written')
    await rows(own.database, sql`alter table other_entry enable trigger user`)
    expect(codeOf((await makeReceipt(ledger, { slot: 1, index: 7, at: noon })).text)).toBe('verified')
  })
  test('is made of no entry of which a part is another than it committed to, is gone without its key, or is one too many; of one whose key was destroyed it is', async () => {
    const make = async (index: number): Promise<number> => (await makeReceipt(ledger, { slot: 1, index, at: noon })).parts.opened
    const edit = (statement: string): Promise<unknown> => rows(own.database, sql.raw(statement))
    const refused = (index: number, words: string): Promise<void> => expect(make(index)).rejects.toMatchObject({ code: 'ledger/payload-altered', message: expect.stringContaining(words) as string })
    const key = { id: 'payload/1/evidence/2019', key: ledger.keys.find('payload/1/evidence/2019')! }
    const another = Buffer.from(sealPart('{"note":"another"}', { origin: `${origin}/1`, index: 1, part: 'evidence' }, key, new Uint8Array(44)).ciphertext).toString('hex')
    await edit('alter table other_entry disable trigger user')
    await edit('create table whole as select * from other_entry')
    for (const [statement, words] of [
      [`update other_entry set ciphertext = '\\x${another}' where slot = 1 and idx = 1`, 'part evidence of entry 1 of processor.example/1 is not what its entry committed to; bailee ledger check'],
      [`update other_entry set ciphertext = set_byte(ciphertext, 20, (get_byte(ciphertext, 20) + 1) % 256) where slot = 1 and idx = 1`, 'does not open with its key'],
      ['update other_entry set part = null, key_id = null, ciphertext = null where slot = 1 and idx = 1', 'its part evidence is gone, and its key was not destroyed; no receipt was made. bailee ledger check'],
      [`update other_entry set key_id = 'payload/1/evidence/2011' where slot = 1 and idx = 1`, 'the key of its part evidence is not here'],
      [`insert into further_part select slot, idx, 'access', key_id, ciphertext from payload where slot = 1 and idx = 1 and part = 'instruction'`, 'a part access that it never committed to'],
      [`insert into further_part select * from payload where slot = 1 and idx = 1 and part = 'evidence'`, 'more than once'],
    ] as const) {
      await edit(statement)
      await refused(1, words)
      await edit('update other_entry set part = whole.part, key_id = whole.key_id, ciphertext = whole.ciphertext from whole where other_entry.slot = 1 and other_entry.idx = 1 and whole.slot = 1 and whole.idx = 1')
      await edit(`delete from further_part where slot = 1 and idx = 1 and part <> 'instruction'`)
    }
    await edit('drop table whole')
    await edit('alter table other_entry enable trigger user')
    expect(await make(1)).toBe(2)
    await ledger.append({ slot: 2, type: 'note.written', at: noon, parts: { evidence: { note: 'kept' }, people: { by: 'noa' } } })
    ledger.keys.destroy('payload/2/people/2019', 'its time was over')
    expect((await makeReceipt(ledger, { slot: 2, index: 1, at: noon })).parts).toEqual({ opened: 1, of: 2 })
    await edit(`delete from further_part where slot = 2 and idx = 1`)
    expect((await makeReceipt(ledger, { slot: 2, index: 1, at: noon })).parts).toEqual({ opened: 1, of: 2 })
  })
  test('put together from pieces of others is refused, each time for its own reason', async () => {
    const [mine, other] = [(await makeReceipt(ledger, { slot: 1, index: 1, at: noon })).text, (await makeReceipt(ledger, { slot: 1, index: 2, at: noon })).text]
    await ledger.append({ slot: 1, type: 'note.written', at: noon, parts: {} })
    const [later, common] = [(await makeReceipt(ledger, { slot: 1, index: 1, at: noon + 60 })).text, (await makeReceipt(ledger, { slot: 0, index: 0, at: noon + 60 })).text]
    const of = (text: string): Receipt => parseReceipt(bytes(text))
    expect(codeOf(changed(mine, () => ({ entry: of(other).entry })))).toBe('receipt/inclusion')
    expect(codeOf(changed(mine, () => ({ proof: of(later).proof })))).toBe('receipt/log')
    expect(codeOf(changed(mine, () => ({ head: of(later).head })))).toBe('receipt/head')
    expect(codeOf(changed(later, () => ({ head: of(common).head })))).toBe('receipt/head')
    expect(codeOf(changed(later, () => ({ log: of(common).log })))).toBe('receipt/head')
    expect(codeOf(changed(mine, () => ({ snapshot: of(later).snapshot })))).toBe('receipt/snapshot')
    expect(codeOf(changed(mine, ({ parts }) => ({ parts: [{ name: 'evidence', opened: parts[1]!.opened }] })))).toBe('receipt/commitment')
    expect(codeOf(changed(mine, ({ parts }) => ({ parts: [...parts, { name: 'people', opened: parts[0]!.opened }] })))).toBe('receipt/part')
    expect(codeOf(changed(mine, () => ({ policy: 'log x\nquorum none\n' })))).toMatch(/^key[/]/)
  })
  test('with a part left out says which was not opened', async () => {
    const { text } = await makeReceipt(ledger, { slot: 1, index: 1, at: noon })
    expect(verifyReceipt(bytes(changed(text, ({ parts }) => ({ parts: parts.slice(0, 1) }))))).toMatchObject({ outcome: 'verified', facts: { partsNotOpened: ['instruction'] } })
  })
  test('is read in its one spelling only', async () => {
    const { text } = await makeReceipt(ledger, { slot: 1, index: 1, at: noon })
    const lines = text.split('\n')
    for (const [near, code] of [
      [`${text}\n`, 'receipt/lines'], [text.slice(0, -1), 'receipt/end'], [text.replace('receipt/v1', 'receipt/v2'), 'receipt/version'], [text.replace('\nentry ', '\nentry  '), 'receipt/entry'],
      [[lines[0], lines[1], lines[3], lines[2], ...lines.slice(4)].join('\n'), 'receipt/part'], [[lines[0], lines[1], lines[2], lines[2], ...lines.slice(3)].join('\n'), 'receipt/part'],
      [[...lines.slice(0, 4), ...lines.slice(5)].join('\n'), 'receipt/lines'], [text.replaceAll('\n', '\r\n'), 'receipt/version'],
    ] as const) expect(codeOf(near)).toBe(code)
  })
})

describe('a bundle beside receipts', () => {
  test('keeps the promise of those made before it, and says so', async () => {
    const receipts = [await makeReceipt(ledger, { slot: 1, index: 1, at: noon }), await makeReceipt(ledger, { slot: 0, index: 0, at: noon })]
    const source = await bundleNow('kept')
    const kept = receipts.map(({ text }, number) => ({ name: `receipt ${number}`, bytes: bytes(text) }))
    expect(verifyBundle(source, { kept })).toMatchObject({ outcome: 'verified', facts: { kept: 2 } })
    expect(verifyBundle(source, { kept: [{ name: 'torn', bytes: kept[0]!.bytes.subarray(0, 300) }] })).toMatchObject({ outcome: 'refused', because: { step: 'kept receipts', code: 'receipt/refused' } })
    await ledger.append({ slot: 1, type: 'note.written', at: noon, parts: {} })
    const newer = await makeReceipt(ledger, { slot: 1, index: 1, at: noon + 200 })
    expect(verifyBundle(source, { kept: [{ name: 'newer', bytes: bytes(newer.text) }] })).toMatchObject({ outcome: 'refused', because: { step: 'kept receipts', code: 'promise/longer' } })
  })
  test('of the other controller cannot be asked about this one\'s receipt', async () => {
    const { text } = await makeReceipt(ledger, { slot: 2, index: 0, at: noon })
    expect(verifyBundle(await bundleNow('other'), { kept: [{ name: 'theirs', bytes: bytes(text) }] })).toMatchObject({ outcome: 'refused', because: { code: 'promise/origin' } })
  })
  test('of another history, signed by the same key, breaks it', async () => {
    const { text } = await makeReceipt(ledger, { slot: 1, index: 1, at: noon })
    const second = await createTestDatabase()
    try {
      // The same keys over another database: what a processor with two histories would do. What it remembers of having signed is put aside.
      const keys = { ...ledger.keys, signedRoots: { last: () => undefined, remember: () => undefined } }
      const forked = await openTestLedger(second.database, keys)
      await forked.openSlot(noon, () => [{ slot: 1, type: 'note.written', at: noon, parts: { evidence: { note: 'another first' } } }])
      await forked.openSlot(noon, () => [])
      await forked.append(Array.from({ length: 400 }, () => ({ slot: 1, type: 'note.written', at: noon, parts: {} })))
      for (let minute = 1; minute < 12; minute += 1) {
        await forked.append({ slot: 1, type: 'note.written', at: noon, parts: {} })
        await forked.snapshot(noon + minute * 60)
      }
      const source = await bundleNow('forked', forked)
      expect(verifyBundle(source)).toMatchObject({ outcome: 'verified' })
      expect(verifyBundle(source, { kept: [{ name: 'mine', bytes: bytes(text) }] })).toMatchObject({ outcome: 'refused', because: { step: 'kept receipts', code: 'promise/prefix' } })
    } finally {
      await second.close()
    }
  })
})

test('the newest entry that is looked for is found behind any number of others, a page at a time', async () => {
  const size = await ledger.size(1)
  expect(size, 'several pages').toBeGreaterThan(300)
  const seen: number[] = []
  const found = await newestWhere(ledger, { slot: 1, types: ['note.written'] }, (entry) => { seen.push(entry.index); return (entry.parts.evidence as { note?: string } | undefined)?.note === 'first' })
  expect(found).toMatchObject({ index: 1, parts: { evidence: { note: 'first' } } })
  expect(seen).toEqual(Array.from({ length: size - 1 }, (_, at) => size - 1 - at))
  expect(await newestWhere(ledger, { slot: 1, types: ['note.written'] }, () => false)).toBeUndefined()
  expect(await newestWhere(ledger, { slot: 1, types: ['note.unheard'] }, () => true)).toBeUndefined()
})

test('a bundle has the receipts of all entries of a type, however many pages they are, and of those before its snapshot only', async () => {
  await ledger.append(Array.from({ length: 700 }, () => ({ slot: 1, type: 'note.written', at: noon, parts: {} })))
  const target = join(directory.path, 'all-receipts')
  const { receipts, entries } = await exportBundle(ledger, { slot: 1, at: noon + 20_000, directory: target, receiptsFor: ['note.written'], certificates: new Map() })
  expect(receipts).toBe(entries - 1)
  expect(readdirSync(join(target, 'proofs'))).toHaveLength(2 * (entries - 1))
  expect(verifyBundle(openDirectory(target))).toMatchObject({ outcome: 'verified' })
})

test('the bytes of a receipt are those of its published layout', async () => {
  const { text } = await makeReceipt(ledger, { slot: 1, index: 1, at: noon })
  const lines = text.split('\n')
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['bailee-receipt/v1', 'entry', 'part', 'part', 'log', 'proof', 'head', 'snapshot', 'root', 'policy', ''])
  const decoded = (at: number): string => Buffer.from(lines[at]!.split(' ').at(-1)!, 'base64').toString()
  expect([decoded(5).split('\n')[0], decoded(6).split('\n')[0], decoded(7).split('\n')[0], decoded(8).split('\n')[0]]).toEqual(['c2sp.org/tlog-proof@v1', 'bailee-head/v1', 'bailee-snapshot/v1', 'c2sp.org/tlog-proof@v1'])
  const opened = Buffer.from(lines[2]!.split(' ')[2]!, 'base64')
  expect(decoded(1)).toContain(commitmentOf(opened.subarray(0, 32), opened.subarray(32)))
  expect(readFileSync(join(import.meta.dirname, '../../docs/guide/ledger.md'), 'utf8')).toContain('bailee-receipt/v1')
})
