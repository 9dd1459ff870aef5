import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, afterEach, expect, test, vi } from 'vitest'
import { openDatabase, rows, sql } from '#database'
import { createTestDatabase, type TestDatabase } from '../database/testing.ts'
import { appendLeaf, emptyFrontier } from '@bailee/verifier'
import { recordedOnly } from './fold.ts'
import { checkLedger } from './check.ts'
import type { Draft, Entry } from './entry.ts'
import { decodeFrontier, encodeFrontier } from './head.ts'
import { openKeyStore, type KeyStore } from './keys.ts'
import { openLedger, type Ledger } from './ledger.ts'
import { payloadKeyId, periodOf } from './retention/schedule.ts'
import { noon, noteApplies, openTestLedger, origin, temporaryDirectory } from './testing.ts'

const directory = temporaryDirectory()
let keys: KeyStore
let shared: TestDatabase
let ledger: Ledger
let slots: readonly number[]

beforeAll(async () => {
  keys = openKeyStore(directory.path)
  shared = await createTestDatabase()
  ledger = await openTestLedger(shared.database, keys)
  slots = [0, ...(await Promise.all([1, 2].map(() => ledger.openSlot(noon, () => [])))).map((opened) => opened[0]?.slot ?? -1)].sort()
})
afterAll(async () => { await shared.close(); directory.remove() })

const note = (slot: number, text: string, type = 'note.written'): Draft => ({ slot, type, at: noon, parts: { evidence: { text } } })
const sizes = (): Promise<number[]> => Promise.all(slots.map((slot) => ledger.size(slot)))
const texts = async (slot: number): Promise<unknown[]> => (await ledger.read(slot, { types: ['note.written'] })).map((entry) => (entry.parts.evidence as { text: string }).text)

test('every log begins with a genesis entry that names it, and slots are given in order', async () => {
  expect(slots).toEqual([0, 1, 2])
  for (const slot of slots) {
    const [genesis] = await ledger.read(slot)
    expect(genesis).toMatchObject({ slot, index: 0, at: noon, type: 'ledger.opened', parts: { evidence: { clock: 'replayed', origin: `${origin}/${slot}` } } })
  }
})

test('what one caller records is recorded whole, in every log it names', async () => {
  const before = await sizes()
  const entries = await ledger.append([note(1, 'a'), note(2, 'b'), note(1, 'c')])
  expect(entries.map((entry) => [entry.slot, entry.index])).toEqual([[1, before[1]], [2, before[2]], [1, (before[1] ?? 0) + 1]])
  expect(await sizes()).toEqual([before[0], (before[1] ?? 0) + 2, (before[2] ?? 0) + 1])
})

test('when a word refuses one entry, nothing of that change is recorded anywhere', async () => {
  const before = await sizes()
  await expect(ledger.append([note(1, 'good'), note(2, 'bad', 'note.refused')])).rejects.toThrow('note refused')
  expect(await sizes()).toEqual(before)
  expect(await texts(1)).not.toContain('good')
})

test('a refused change does not take along those that happened to share its transaction', async () => {
  const wanted = Array.from({ length: 12 }, (_, index) => note(1 + (index % 2), `batch ${index}`, index % 4 === 3 ? 'note.refused' : 'note.written'))
  const outcomes = await Promise.allSettled(wanted.map((draft) => ledger.append(draft)))
  expect(outcomes.map((outcome) => outcome.status)).toEqual(wanted.map((draft) => (draft.type === 'note.refused' ? 'rejected' : 'fulfilled')))
  const found = [...await texts(1), ...await texts(2)]
  expect(wanted.filter((draft) => draft.type === 'note.written').every((draft) => found.includes((draft.parts.evidence as { text: string }).text))).toBe(true)
})

test.each([
  ['a log that was never opened', { slot: 77, type: 'note.written' }, 'ledger/no-such-slot'],
  ['a noun that no word folds', { slot: 1, type: 'stranger.came' }, 'ledger/no-apply'],
  ['a type of another form', { slot: 1, type: 'Note written' }, 'ledger/type'],
  ['a time before 1970, which verifiers refuse', { slot: 1, type: 'note.written', at: -1 }, 'ledger/at'],
  ['a time with a fraction', { slot: 1, type: 'note.written', at: 1.5 }, 'ledger/at'],
  ['a leaf too long for a tile', { slot: 1, type: `note.${'w'.repeat(65_535)}` }, 'ledger/leaf-too-long'],
])('%s is refused, and nothing is recorded', async (_what, wrong, code) => {
  const before = await sizes()
  await expect(ledger.append({ at: noon, parts: { evidence: {} }, ...wrong })).rejects.toMatchObject({ code })
  expect(await sizes()).toEqual(before)
})

test('an entry of a controller says on how much of the common log it was decided, and never on less than the one before', async () => {
  const [first] = await ledger.append(note(1, 'before'))
  const both = await ledger.append([note(0, 'common'), note(1, 'after'), note(0, 'more')])
  const size = await ledger.size(0)
  expect(first?.common).toBe(size - 2)
  expect(both[0]).not.toHaveProperty('common')
  expect(both[1]?.common).toBe(size - 1) // its own transaction's entry counts, what follows it does not
  const seen = (await ledger.read(1)).map((entry) => entry.common ?? 0)
  expect(seen).toEqual([...seen].sort((one, other) => one - other))
})

test('two appenders on one database never lose, double or misplace an entry, also while slots are opened', async () => {
  const pools = [openDatabase(shared.url), openDatabase(shared.url)]
  try {
    const ledgers = await Promise.all(pools.map((pool) => openTestLedger(pool, keys)))
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(1), fc.constantFrom('0', '1', '2', '01', '012', 'open', 'refuse')), { minLength: 4, maxLength: 40 }), async (steps) => {
      const before = await sizes()
      const taken = await Promise.all(steps.map(([who, what], index): Promise<Entry[]> => {
        const mine = ledgers[who] as Ledger
        if (what === 'open') return mine.openSlot(noon, (slot) => [note(slot, `first ${index}`)])
        if (what === 'refuse') return mine.append(note(1, 'no', 'note.refused')).then(() => { throw new Error('should be refused') }, () => [])
        return mine.append([...what].map((slot) => note(Number(slot), `${index}`)))
      }))
      const all = taken.flat()
      for (const [position, slot] of slots.entries()) {
        const indices = all.filter((entry) => entry.slot === slot).map((entry) => entry.index).sort((one, other) => one - other)
        expect(indices).toEqual(indices.map((_, offset) => (before[position] ?? 0) + offset))
        expect(await ledger.size(slot)).toBe((before[position] ?? 0) + indices.length)
      }
      const opened = all.filter((entry) => entry.type === 'ledger.opened').map((entry) => entry.slot)
      expect(new Set(opened).size).toBe(steps.filter(([, what]) => what === 'open').length)
      for (const slot of opened) expect((await ledger.read(slot)).map((entry) => entry.type)).toEqual(['ledger.opened', 'note.written'])
    }), { numRuns: 12 })
    await openTestLedger(shared.database, keys) // every head follows from its entries
  } finally {
    for (const pool of pools) await pool.destroy()
  }
})

test('entries that fold nothing are written in one statement: none lost, doubled or misplaced by three processes at once, whoever is first', async () => {
  const pools = [openDatabase(shared.url), openDatabase(shared.url), openDatabase(shared.url)]
  try {
    const ledgers = await Promise.all(pools.map((pool) => openTestLedger(pool, keys, { note: recordedOnly })))
    const before = await sizes()
    const wanted = Array.from({ length: 600 }, (_, at) => ({ who: at % 3, drafts: at % 7 === 0 ? [note(0, `one ${at}`), note(1, `one ${at}`)] : [note(1 + (at % 2), `one ${at}`)] }))
    const taken = (await Promise.all(wanted.map(({ who, drafts }) => ledgers[who]!.append(drafts)))).flat()
    for (const [position, slot] of slots.entries()) {
      const indices = taken.filter((entry) => entry.slot === slot).map((entry) => entry.index).sort((one, other) => one - other)
      expect(indices).toEqual(indices.map((_, offset) => (before[position] ?? 0) + offset))
      const read = (await ledger.read(slot)).slice(before[position])
      for (const entry of taken.filter((one) => one.slot === slot)) expect(read[entry.index - (before[position] ?? 0)]?.parts).toEqual(entry.parts)
    }
    expect((await checkLedger({ database: shared.database, keys })).problems).toEqual([])
  } finally {
    for (const pool of pools) await pool.destroy()
  }
})

test('a log of the same size that is another history is not written on', async () => {
  const pool = openDatabase(shared.url)
  try {
    const idle = await openTestLedger(pool, keys, { note: recordedOnly })
    await idle.append(note(2, 'known'))
    // As after a restore under running processes: as many entries, and others.
    const [{ frontier }] = await rows<{ frontier: Uint8Array }>(shared.database, sql`select frontier from head where slot = 2`) as [{ frontier: Uint8Array }]
    const other = Buffer.from(frontier)
    other[0]! ^= 1
    await rows(shared.database, sql`update head set frontier = ${other} where slot = 2`)
    const size = await ledger.size(2)
    await idle.append(note(2, 'behind what stands there'))
    const [{ frontier: now }] = await rows<{ frontier: Uint8Array }>(shared.database, sql`select frontier from head where slot = 2`) as [{ frontier: Uint8Array }]
    const expected = appendLeaf(decodeFrontier(size, other), (await rows<{ leaf: Uint8Array }>(shared.database, sql`select leaf from entry where slot = 2 and idx = ${size}`))[0]!.leaf)
    expect(Buffer.from(now)).toEqual(Buffer.from(encodeFrontier(expected)))
    // Put right, so that the ledger goes on.
    let right = emptyFrontier
    for (const { leaf } of await rows<{ leaf: Uint8Array }>(shared.database, sql`select leaf from entry where slot = 2 order by idx`)) right = appendLeaf(right, leaf)
    await rows(shared.database, sql`update head set frontier = ${Buffer.from(encodeFrontier(right))} where slot = 2`)
  } finally {
    await pool.destroy()
  }
})

test('a key that another process shuts seals nothing a tenth of a second later, although no log has moved', async () => {
  const writing = await openTestLedger(shared.database, keys, { note: recordedOnly })
  await writing.append(note(1, 'sealed'))
  const [before, other, id] = [await sizes(), openKeyStore(directory.path), payloadKeyId(1, 'evidence', periodOf('evidence', noon))]
  other.shut(id, 'a test')
  await delay(150)
  try {
    await expect(writing.append(note(1, 'would be lost'))).rejects.toMatchObject({ code: 'ledger/key-destroyed' })
    expect(await sizes()).toEqual(before)
  } finally {
    other.reopen(id)
  }
  await writing.append(note(1, 'sealed again'))
})

test('who was recorded is told before work begins for which every log stands still', async () => {
  const recorded = ledger.append(note(1, 'recorded'))
  const begun = vi.fn(async () => { await recorded; return [] })
  await ledger.alone({ begin: begun, end: () => Promise.resolve() })
  expect(begun).toHaveBeenCalledOnce()
})

test('a ledger opens while another process appends', async () => {
  const pool = openDatabase(shared.url)
  let open = true
  const writing = (async () => { while (open) await ledger.append(Array.from({ length: 20 }, () => note(1, 'busy'))) })()
  try {
    for (let round = 0; round < 15; round += 1) await openTestLedger(pool, keys)
  } finally {
    open = false
    await writing
    await pool.destroy()
  }
})

let fresh: TestDatabase
beforeEach(async (context) => { if (context.task.name.startsWith('on a new database')) fresh = await createTestDatabase() })
afterEach(async (context) => { if (context.task.name.startsWith('on a new database')) await fresh.close() })

test('on a new database, two that open it at once make one common log', async () => {
  const pools = Array.from({ length: 4 }, () => openDatabase(fresh.url))
  try {
    const opened = await Promise.all(pools.map((pool) => openTestLedger(pool, keys)))
    expect(await rows(fresh.database, sql`select slot, kind from log`)).toEqual([{ slot: 0, kind: 'common' }])
    expect(await opened[0]?.size(0)).toBe(1)
  } finally {
    for (const pool of pools) await pool.destroy()
  }
})

test('on a new database, of two that open it as different processors one is refused', async () => {
  const pools = ['one.example', 'other.example'].map((name) => ({ name, pool: openDatabase(fresh.url) }))
  const outcomes = await Promise.allSettled(pools.map(({ name, pool }) => openLedger({ database: pool, keys, origin: name, clock: 'machine', applies: {} }, noon)))
  for (const { pool } of pools) await pool.destroy()
  expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(outcomes.find((outcome) => outcome.status === 'rejected')?.reason).toMatchObject({ code: 'ledger/origin' })
})

test('on a new database, a change lost while it commits is not tried again: it may have been recorded', async () => {
  let folds = 0
  const applies = { note: (...given: Parameters<NonNullable<(typeof noteApplies)['note']>>) => { folds += 1; return noteApplies['note']?.(...given) ?? Promise.resolve() } }
  const lost = await openTestLedger(fresh.database, keys, applies)
  await lost.openSlot(noon, () => [])
  await rows(fresh.database, sql`create function lose() returns trigger language plpgsql as $$ begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(1); return null; end $$`)
  await rows(fresh.database, sql`create constraint trigger lose after insert on other_entry deferrable initially deferred for each row execute function lose()`)
  const outcomes = await Promise.allSettled([lost.append(note(1, 'a')), lost.append(note(1, 'b')), lost.append(note(1, 'c'))])
  expect(outcomes.map((outcome) => (outcome.status === 'rejected' ? (outcome.reason as { code: string }).code : 'recorded'))).toEqual(Array(3).fill('ledger/outcome-unknown'))
  expect(folds).toBe(3)
  await rows(fresh.database, sql`drop trigger lose on other_entry`)
  expect((await lost.append(note(1, 'd')))[0]?.index).toBe(1) // and the ledger goes on
})

test.each([['with others', 3], ['by itself', 1]])('on a new database, a change %s whose backend ended while it committed, under the SQLSTATE of something else, is not tried again', async (_how, count) => {
  const lost = await openTestLedger(fresh.database, keys, { note: recordedOnly })
  await lost.openSlot(noon, () => [])
  await rows(fresh.database, sql`create function lose() returns trigger language plpgsql as $$ begin perform set_config('transaction_timeout', '50', true); perform pg_sleep(5); return null; end $$`)
  await rows(fresh.database, sql`create constraint trigger lose after insert on other_entry deferrable initially deferred for each row execute function lose()`)
  const outcomes = await Promise.allSettled(Array.from({ length: count }, (_, at) => lost.append(note(1, String(at)))))
  expect(outcomes.map((outcome) => (outcome.status === 'rejected' ? (outcome.reason as { code: string }).code : 'recorded'))).toEqual(Array(count).fill('ledger/outcome-unknown'))
  await vi.waitFor(() => rows(fresh.database, sql`drop trigger lose on other_entry`))
  expect((await lost.append(note(1, 'after')))[0]?.index).toBe(1)
})

test('on a new database, a change lost in the one statement that writes it is not tried again either', async () => {
  const lost = await openTestLedger(fresh.database, keys, { note: recordedOnly })
  await lost.openSlot(noon, () => [])
  await rows(fresh.database, sql`create function lose() returns trigger language plpgsql as $$ begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(1); return null; end $$`)
  await rows(fresh.database, sql`create constraint trigger lose after insert on other_entry deferrable initially deferred for each row execute function lose()`)
  await expect(lost.append(note(1, 'a'))).rejects.toMatchObject({ code: 'ledger/outcome-unknown' })
  await vi.waitFor(() => rows(fresh.database, sql`drop trigger lose on other_entry`)) // its connection may be given out once more
  await rows(fresh.database, sql`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no' using errcode = '40001'; end $$`)
  await rows(fresh.database, sql`create trigger refuse before insert on other_entry for each row execute function refuse()`)
  await expect(lost.append(note(1, 'c'))).rejects.toMatchObject({ code: '40001' })
  await rows(fresh.database, sql`drop trigger refuse on other_entry`)
  expect((await lost.append(note(1, 'd')))[0]?.index).toBe(1)
})

test('a log that is being opened when every log is to stand still stands still as well', async () => {
  const [opening, goesOn] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()]
  const other = await openTestLedger(shared.database, keys, { note: async () => { opening.resolve(undefined); await goesOn.promise } })
  const opened = other.openSlot(noon, (slot) => [note(slot, 'first')])
  await opening.promise
  let slot: number | undefined
  let free: unknown
  const alone = ledger.alone({ end: () => Promise.resolve(), begin: async () => {
    slot = (await opened)[0]?.slot
    free = await rows(shared.database, sql`select slot from head where slot = ${slot} for update skip locked`)
    return []
  } })
  await vi.waitFor(async () => expect(await rows(shared.database, sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)).not.toEqual([]), { timeout: 10_000 })
  goesOn.resolve(undefined)
  await alone
  expect([slot, free]).toEqual([expect.any(Number), []])
})
