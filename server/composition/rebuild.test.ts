import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { allPeople, commit, standings } from '#people'
import { allContracts } from '#contract'
import { rows, sql } from '#database'
import { applyEstate, readEstate } from '#estate'
import { openKeyStore, openLedger, type Ledger } from '#ledger'
import { createTestDatabase, type TestDatabase } from '../database/testing.ts'
import { changed, smallEstate } from '../estate/testing.ts'
import { temporaryDirectory } from '../ledger/testing.ts'
import { applies, asOf, compareWithLedger, type Bailee } from './index.ts'

const at = Date.parse('2017-01-01T00:00:00Z') / 1000
const day = 86_400
const directory = temporaryDirectory()

let own: TestDatabase
let ledger: Ledger
let bailee: Bailee
beforeEach(async () => {
  own = await createTestDatabase()
  ledger = await openLedger({ database: own.database, keys: openKeyStore(directory.path), origin: 'processor.example', clock: 'replayed', applies }, at)
  bailee = { directory: directory.path, ledger, database: own.database, references: { environment: {}, directory: directory.path }, close: () => Promise.resolve() }
  await declare(smallEstate, at)
})
afterEach(() => own.close())

const declare = (source: string, when: number): Promise<unknown> => applyEstate(ledger, readEstate(source, 'bailee.yaml'), { checked: [], unchecked: [] }, when)
const edit = (statement: string): Promise<unknown> => rows(own.database, sql.raw(statement))

test('every table that says whose its rows are is held: its migration says `select hold_rows(\'NAME\', \'slot = own_slot()\')`, or without what a controller is shown of it', async () => {
  const unheld = await rows(own.database, sql`
    select distinct relname as table from pg_attribute join pg_class on pg_class.oid = attrelid
    where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and attname in ('slot', 'controller') and not attisdropped
      and not (relrowsecurity and relforcerowsecurity and exists (select from pg_policy where polrelid = pg_class.oid and polname = 'firm'))`)
  expect(unheld).toEqual([])
})

describe('the ledger folded once more', () => {
  test('gives the same rows, and leaves nothing behind', async () => {
    const seen: [number, number][] = []
    const comparison = await compareWithLedger(bailee, (done, of) => seen.push([done, of]))
    expect(comparison).toMatchObject({ differences: [], destroyed: 0 })
    expect(comparison.entries).toBeGreaterThan(10)
    expect(seen.at(-1)).toEqual([comparison.entries, comparison.entries])
    expect(await rows(own.database, sql`select from pg_namespace where nspname like 'bailee%'`)).toEqual([])
  })

  test.each([
    ['a longer contract', `update contract set ends = ends + 86400 where id = 'acme-1'`, { table: 'contract', onlyLive: 1, onlyRebuilt: 1, shown: ['acme-1'] }],
    ['a grant that nobody gave', `update access_grant set state = 'approved', approved_at = 1, approved_by = 'noa'`, { table: 'access_grant', onlyLive: 1, onlyRebuilt: 1 }],
    ['a person who was never declared', `insert into person values ('eve', 'Eve', 'eve@mail.example', 'engineer', 1)`, { table: 'person', onlyLive: 1, onlyRebuilt: 0, shown: ['eve'] }],
    ['a dataset gone', 'delete from dataset', { table: 'dataset', onlyLive: 0, onlyRebuilt: 1 }],
    ['a signatory of another name, who is not named', `update signatory set name = 'E. Eve' where controller = 'acme'`, { table: 'signatory', onlyLive: 1, onlyRebuilt: 1, shown: ['acme'] }],
  ])('tells of %s', async (_, statement, difference) => {
    await edit(statement)
    expect((await compareWithLedger(bailee)).differences).toEqual([expect.objectContaining(difference)])
  })

  test('an entry that was altered ends it, before anything is said to be the same', async () => {
    await edit('alter table other_entry disable trigger user')
    await edit(`update other_entry set body = convert_to(replace(convert_from(body, 'utf8'), 'person', 'orphan'), 'utf8') where slot = 0 and idx = 3`)
    await edit(`update other_entry set body = body || ' ' where slot = 0 and idx = 3`)
    await expect(compareWithLedger(bailee)).rejects.toMatchObject({ code: 'ledger/entry-altered' })
  })
})

describe('the ledger as of a date', () => {
  const later = at + 40 * day
  beforeEach(async () => {
    await declare(changed('name: Noa,', 'name: Noa B.,', changed('ends: 2020-12-01', 'ends: 2021-12-01')), later)
  })

  test.each([
    ['before anything', at - 1, 0, undefined],
    ['at the first declaration', at, 2, 'Noa'],
    ['just before the change', later - 1, 2, 'Noa'],
    ['at the change', later, 2, 'Noa B.'],
  ])('%s', async (_, when, contracts, name) => {
    const then = await asOf(bailee, when, async ({ database }) => ({ contracts: await allContracts(database), people: await allPeople(database) }))
    expect(then.contracts).toHaveLength(contracts)
    expect(then.people.find(({ id }) => id === 'noa')?.name).toBe(name)
  })

  test('nothing can be recorded in the past', async () => {
    await expect(asOf(bailee, at, ({ ledger: then }) => then.append({ slot: 0, type: 'people.declared', at, parts: {} }))).rejects.toMatchObject({ code: 'ledger/as-of' })
    expect(await compareWithLedger(bailee)).toMatchObject({ differences: [] })
  })

  test('an entry that claims to be older than the one before it is not known before that one', async () => {
    await commit(ledger, 'noa', at + day)
    const committed = (when: number): Promise<boolean> => asOf(bailee, when, async ({ database }) => (await standings(database)).get('noa')?.committedAt === at + day)
    expect([await committed(at + 2 * day), await committed(later)]).toEqual([false, true])
  })
})
