import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { prepareControllerRole, rows, sql, transaction, type Database } from '#database'
import { applyEstate, readEstate } from '#estate'
import { destroyNow, openVersions, type Draft, type Versions } from '#ledger'
import { day } from '#kit/time'
import { changed } from '../estate/testing.ts'
import { folded, nouns } from './folded.ts'
import { applies, asOf, destroyDueKeys, keepOn, openKeptPast, openPast, tables } from './index.ts'
import { begun, held, keep, months, openKept, type Kept } from './testing.ts'

let kept: Kept
let versions: Versions
beforeEach(async () => { kept = await keep(); versions = openKeptPast(kept.bailee) })
afterEach(async () => { await versions.close(); await kept.close() })

const soon = { settleMilliseconds: 0 }
const keptAt = async (moment: number): Promise<Record<string, string> | undefined> => (await versions.read(moment, held))?.result
const foldedAt = (moment: number): Promise<Record<string, string>> => asOf(kept.bailee, moment, ({ database }) => held(database))
const schemas = async (): Promise<string[]> => (await rows<{ name: string }>(kept.own.database, sql`select nspname as name from pg_namespace where nspname like '%\\_past%' order by 1`)).map(({ name }) => name)

/** Numbers from 0 to 1, the same in each run. */
function chances(seed: number): () => number {
  let state = seed
  return () => { state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0; return state / 2 ** 32 }
}

/** What people and gateways record, at moments that go on by some days, or by none, each log by a clock of its own. */
async function recordSome(chance: () => number, first: number, count: number): Promise<void> {
  const clocks = new Map([[0, months(12 + first)], [kept.slot, months(12 + first)]])
  for (let turn = first; turn < first + count; turn += 1) {
    const slot = chance() < 0.4 ? 0 : kept.slot
    const at = (clocks.get(slot) ?? 0) + (chance() < 0.3 ? 0 : Math.floor(chance() * 9 * day))
    clocks.set(slot, at)
    if (chance() < 0.2) await kept.ledger.append({ slot, type: 'account.opened', at, parts: { people: { id: `account-${turn}`, name: 'y', role: 'owner', person: null, controller: null, endsAt: null } } } as Draft)
    else if (slot === 0) await applyEstate(kept.ledger, readEstate(changed('name: Noa,', `name: Noa ${turn},`), 'bailee.yaml'), { checked: [], unchecked: [] }, at)
    else if (chance() < 0.5) await kept.session(`more-${turn}`, at)
    else await kept.ledger.append([{ slot, type: 'decision.refused', at, parts: { evidence: { act: {}, decision: {} } } }, { slot, type: 'controller.notified', at, parts: { evidence: { notice: `notice-${turn}`, controller: 'acme', about: 'sub-processor', says: 'y' } } }] as Draft[])
  }
}

test.each(process.env['BAILEE_FULL'] === '1' ? [1, 2, 3] : [1, 2])('what is kept of a moment is what a fold from the first entry gives, at random moments of random histories, however far it went at a time (%i)', async (seed) => {
  const chance = chances(seed)
  const told: boolean[] = []
  for (let round = 0; round < 3; round += 1) {
    await versions.goOn({ ...soon, chunk: 1 + Math.floor(chance() * 6), look: 1 + Math.floor(chance() * 9) })
    const last = (await rows<{ at: number }>(kept.own.database, sql`select max(entry_at(body)) as at from entry`))[0]?.at ?? 0
    for (let look = 0; look < 5; look += 1) {
      const moment = begun + Math.floor(chance() * (last + 30 * day - begun))
      const there = await keptAt(moment)
      told.push(there !== undefined)
      if (there !== undefined) expect(there).toEqual(await foldedAt(moment))
    }
    await recordSome(chance, round * 6, 6)
  }
  expect(told.filter((one) => one).length).toBeGreaterThan(7)
}, 300_000)

test('a moment is not told while entries that count then are not folded, and where logs went against each other in time it is folded', async () => {
  expect([await versions.tell(begun), await versions.read(begun, held)]).toEqual([undefined, undefined])
  expect(await versions.goOn(soon)).toBeGreaterThan(10)
  expect(await versions.goOn(soon)).toBe(0)
  expect(await keptAt(months(11))).toEqual(await foldedAt(months(11)))
  await kept.session('s3', months(30))
  expect(await versions.tell(months(29))).toBeDefined()
  expect(await versions.tell(months(30))).toBeUndefined()
  // The controller's entry is there, and later by its clock, before the common log's of an earlier moment.
  await applyEstate(kept.ledger, readEstate(changed('name: Noa,', 'name: Nora,'), 'bailee.yaml'), { checked: [], unchecked: [] }, months(20))
  await versions.goOn(soon)
  // It looked at nothing that a controller's log had changed.
  expect(await keptAt(months(20))).toEqual(await foldedAt(months(20)))
  const account = (slot: number, id: string, at: number): Promise<unknown> => kept.ledger.append({ slot, type: 'account.opened', at, parts: { people: { id, name: id, role: 'owner', person: null, controller: null, endsAt: null } } } as Draft)
  await account(kept.slot, 'clara', months(38))
  await account(0, 'dana', months(20))
  await versions.goOn(soon)
  expect(await versions.tell(months(19))).toBeDefined()
  expect(await versions.tell(months(20))).toBeUndefined()
  expect(await versions.tell(months(40))).toBeDefined()
  const past = openPast(kept.bailee, { kept: versions })
  const names = async ({ database }: { readonly database: Database }): Promise<unknown> => rows(database, sql`select name, (select count(*) from session) as sessions from person where id = 'noa'`)
  expect(await past.read(await past.standAt(months(20)), undefined, names)).toEqual([{ name: 'Nora', sessions: 2 }])
  expect(await past.read(await past.standAt(months(40)), undefined, names)).toEqual([{ name: 'Nora', sessions: 3 }])
  await past.close()
})

test('a key that is destroyed ends what is kept, in the same transaction, and it comes back without what the key sealed; one that fed nothing leaves it', async () => {
  await versions.goOn(soon)
  const [first] = await schemas()
  expect(first).toBeDefined()
  expect((await keptAt(months(10)))?.['session']).toContain('s1')
  const stand = await openPast(kept.bailee, { kept: versions }).standAt(months(10))
  expect(stand.moment).toBe(months(10))
  const another = await openKept(kept.own.database, kept.directory)
  await destroyDueKeys(another, months(12))
  expect([await schemas(), await versions.tell(months(10))]).toEqual([[], undefined])
  // Asked with what was said of then before.
  const past = openPast(kept.bailee, { kept: versions })
  const sessions = async ({ database }: { readonly database: Database }): Promise<unknown> => rows(database, sql`select id from session`)
  expect(await past.read(stand, undefined, sessions)).toEqual([])
  await past.close()
  await versions.goOn(soon)
  const without = await keptAt(months(10))
  expect(without?.['session']).toBe('')
  expect(without).toEqual(await foldedAt(months(10)))
  const statements = (await kept.keys.ids()).find(({ id, destroyed }) => id.includes('/statement/') && !destroyed)
  if (statements !== undefined) {
    await destroyNow(kept.ledger, tables(), { id: statements.id, because: 'a test', by: 'dana', at: months(60) })
    expect(await versions.tell(months(10))).toBeDefined()
  }
})

test('whoever reads while a key is destroyed reads to the end, and the key is destroyed then', async () => {
  await versions.goOn(soon)
  const another = await openKept(kept.own.database, kept.directory)
  let destroying: Promise<unknown> | undefined
  const read = await versions.read(months(10), async (tx) => {
    destroying = destroyDueKeys(another, months(12))
    await expect.poll(async () => (await rows(kept.own.database, sql`select from pg_locks where not granted`)).length, { timeout: 25_000 }).toBeGreaterThan(0)
    return held(tx)
  })
  expect(read?.result['session']).toContain('s1')
  expect(await destroying).toMatchObject({ destroyed: expect.arrayContaining([expect.stringContaining('payload/')]) as string[] })
  expect(await schemas()).toEqual([])
})

test('what another program folded, or was folded while a key was back, is made anew; of two that fold, one does', async () => {
  await versions.goOn(soon)
  const other = openVersions(kept.ledger, { applies, migrations: tables().migrations, tables: folded.map(({ name }) => name), recorded: nouns.recorded, program: 'another', started: Date.now() + 1 })
  expect([await other.tell(begun), await versions.tell(begun) === undefined]).toEqual([undefined, false])
  const both = await Promise.all([other.goOn(soon), other.goOn(soon)])
  expect(both.filter((one) => one !== undefined && one > 10)).toHaveLength(1)
  expect([await versions.tell(begun), await other.tell(begun) === undefined]).toEqual([undefined, false])
  await rows(kept.own.database, sql`update key_destroyed set times = times + 1`)
  // The older program leaves it to the newer, as long as that is at it.
  expect(await versions.goOn(soon)).toBeUndefined()
  await versions.goOn({ ...soon, restedSeconds: 0 })
  expect(await keptAt(months(11))).toEqual(await foldedAt(months(11)))
})

test('nobody who is held to one controller is shown anything of it', async () => {
  await prepareControllerRole(kept.own.database)
  await versions.goOn(soon)
  const asked = await rows(kept.own.database, sql`select nspname as schema, has_schema_privilege('bailee_controller', nspname, 'usage') as usage from pg_namespace where nspname like '%\\_past%'`)
  expect(asked).toEqual([expect.objectContaining({ usage: false }), expect.objectContaining({ usage: false })])
  expect(await rows(kept.own.database, sql`select relname from pg_class join pg_namespace on pg_namespace.oid = relnamespace where nspname like '%\\_past%' and relkind in ('r', 'v') and has_table_privilege('bailee_controller', pg_class.oid, 'select')`)).toEqual([])
  // The second lock: rows that ended are held by policies, for who owns them as well.
  expect(await rows(kept.own.database, sql`select relname from pg_class where relnamespace = 'public_past'::regnamespace and relname like 'ended\\_%' and relkind = 'r' and not (relrowsecurity and relforcerowsecurity)`)).toEqual([])
  const login = `owner_${randomUUID().slice(0, 8)}`
  await rows(kept.own.database, sql`create role ${sql.id(login)}`)
  try {
    await rows(kept.own.database, sql`insert into public_past.ended_contract select *, past_from + 1 from public_past.contract`)
    await rows(kept.own.database, sql`grant usage on schema public_past to ${sql.id(login)}`)
    await rows(kept.own.database, sql`alter table public_past.ended_contract owner to ${sql.id(login)}`)
    const seen = (slot: string): Promise<unknown> => transaction(kept.own.database, async (tx) => {
      await rows(tx, sql`select set_config('role', ${login}, true), set_config('bailee.slot', ${slot}, true)`)
      return rows(tx, sql`select count(*)::integer as count from public_past.ended_contract`)
    })
    expect([await seen(''), await seen(String(kept.slot))]).toEqual([[{ count: 2 }], [{ count: 0 }]])
  } finally {
    await rows(kept.own.database, sql`drop owned by ${sql.id(login)} cascade`)
    await rows(kept.own.database, sql`drop role ${sql.id(login)}`)
  }
  await expect(versions.read(begun, (tx) => rows(tx, sql`delete from person`))).rejects.toThrow()
})

test('it is kept on as entries are recorded, from so many on, and stops where it is closed', async () => {
  const problems: string[] = []
  const report = (problem: string): void => { problems.push(problem) }
  const small = keepOn(versions, { report, everyMilliseconds: 20 })
  await new Promise((resolve) => { setTimeout(resolve, 200) })
  await small.close()
  expect(await schemas()).toEqual([])
  const keeping = keepOn(versions, { report, entriesMin: 1, everyMilliseconds: 50 })
  try {
    await expect.poll(() => versions.tell(months(40)), { timeout: 60_000 }).toBeDefined()
    await kept.session('s4', months(35))
    await expect.poll(async () => (await keptAt(months(36)))?.['session'], { timeout: 60_000 }).toContain('s4')
  } finally {
    await keeping.close()
  }
  expect(problems).toEqual([])
}, 300_000)
