import { afterAll, beforeAll, expect, test } from 'vitest'
import { asReader, controllerRole, migrate, openDatabase, prepareControllerRole, rows, sql, transaction, type Database, type Server } from '#database'
import { createServerForTests, createTestDatabase, type TestDatabase } from '../database/testing.ts'
import { begun, keep } from './testing.ts'
import { asOf, openControllers } from './index.ts'

// Over the catalogue, so that a table which somebody adds is in it by itself.

let own: TestDatabase
beforeAll(async () => {
  own = await createTestDatabase()
  await prepareControllerRole(own.database)
})
afterAll(() => own.close())

/** Two controllers, and what stands in every text of theirs. */
const [mine, others] = [{ slot: 1, mark: 'controller-of-one' }, { slot: 2, mark: 'controller-of-two' }] as const

interface Column { readonly table: string; readonly name: string; readonly type: string }

const columnsOf = (database: Database): Promise<Column[]> => rows<Column>(database, sql`
  select relname as table, attname as name, format_type(atttypid, null) as type from pg_attribute join pg_class on pg_class.oid = attrelid
  where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and attnum > 0 and not attisdropped and attgenerated = '' and relname <> 'schema_migration' order by relname, attnum`)

/** A value of every type there is: a row holds what says whose it is in each column, so that it hangs on the other rows of the same controller whatever names them. */
function valueOf({ name, type }: Column, { slot, mark }: { readonly slot: number; readonly mark: string }): unknown {
  if (name === 'slot') return slot
  if (type === 'bytea') return Buffer.from(JSON.stringify({ at: slot, type: mark }))
  const values: Readonly<Record<string, unknown>> = {
    'text': mark, 'text[]': [mark], 'jsonb': JSON.stringify([{ store: mark }]), 'integer': slot, 'bigint': slot, 'double precision': slot, 'boolean': true, 'timestamp with time zone': new Date(0), 'uuid': `00000000-0000-4000-8000-00000000000${slot}`,
  }
  if (!(type in values)) throw new Error(`this test has no value of type ${type}`)
  return values[type]
}

async function fill(database: Database): Promise<string[]> {
  const constraints = await rows<{ table: string; name: string }>(database, sql`select conrelid::regclass::text as table, conname as name from pg_constraint where connamespace = 'public'::regnamespace and contype in ('c', 'f', 'p', 'u') order by contype = 'p', contype = 'u'`)
  const tables = Map.groupBy(await columnsOf(database), ({ table }) => table)
  await transaction(database, async (tx) => {
    await rows(tx, sql`set local session_replication_role = replica`)
    for (const { table, name } of constraints) await rows(tx, sql`alter table ${sql.id(table)} drop constraint if exists ${sql.id(name)} cascade`)
    for (const [table, columns] of tables) {
      await rows(tx, sql`delete from ${sql.id(table)}`)
      for (const whose of [mine, others]) await rows(tx, sql`insert into ${sql.id(table)} (${sql.join(columns.map(({ name }) => sql.id(name)))}) overriding system value values (${sql.join(columns.map((column) => valueOf(column, whose)))})`)
    }
  })
  return [...tables.keys()]
}

/** Views, and of how many tables each shows the rows. */
const views: ReadonlyMap<string, number> = new Map([['entry', 2], ['payload', 3]])

/** Tables that tell nothing of any controller, and are shown to all: a name is added here by whoever has thought about it. */
const common = ['commitment', 'cosignature', 'environment', 'paper_key', 'person', 'processor', 'snapshot', 'training', 'training_passed', 'witness_contact', 'witness_policy']

test('in every table, a controller is shown its own row and none of another\'s; whoever forgets to say which, is shown nothing', async () => {
  const tables = await fill(own.database)
  const readable = (await rows<{ name: string }>(own.database, sql`select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm') and has_table_privilege(${controllerRole}, oid, 'select') order by 1`)).map(({ name }) => name)
  expect(readable.length).toBeGreaterThan(50)
  for (const whose of [mine, others]) {
    const shown = await asReader(own.database, whose.slot, async (tx) => {
      const found: Record<string, string[]> = {}
      for (const name of readable) found[name] = (await rows<{ row: object }>(tx, sql`select to_jsonb(t) as row from ${sql.id(name)} as t`)).map(({ row }) => JSON.stringify(row))
      return found
    })
    const another = whose === mine ? others : mine
    for (const name of readable) {
      if (common.includes(name)) { expect([name, shown[name]?.length]).toEqual([name, 2]); continue }
      expect([name, shown[name]?.length, shown[name]?.some((row) => row.includes(another.mark))]).toEqual([name, views.get(name) ?? 1, false])
      const { slot } = JSON.parse(shown[name]?.[0] ?? '{}') as { slot?: number }
      expect([name, slot ?? whose.slot]).toEqual([name, whose.slot])
    }
  }
  expect(readable.filter((name) => common.includes(name))).toEqual(common)
  const forgotten = await transaction(own.database, async (tx) => {
    await rows(tx, sql`select set_config('role', ${controllerRole}, true)`)
    return Promise.all(readable.filter((name) => !common.includes(name)).map(async (name) => rows(tx, sql`select from ${sql.id(name)}`)))
  })
  expect(forgotten.flat()).toEqual([])
  expect(tables.length).toBeGreaterThan(readable.length)
})

test('a table that nobody said anything about is closed; one that was opened beside the policies is refused; nothing can be written', async () => {
  const say = (text: string): Promise<unknown> => rows(own.database, sql.raw(text))
  const ask = (text: string): Promise<unknown> => asReader(own.database, mine.slot, (tx) => rows(tx, sql.raw(text)))
  await say('create table newcomer (slot integer)')
  await prepareControllerRole(own.database)
  await expect(ask('select from newcomer')).rejects.toMatchObject({ code: '42501' })
  await say('grant select on newcomer to public')
  await expect(prepareControllerRole(own.database)).rejects.toMatchObject({ code: 'database/controller-role', message: expect.stringContaining('table newcomer') as string })
  await say('drop table newcomer')
  for (const text of ['update contract set slot = 1', 'delete from other_entry', 'delete from entry', 'insert into person values (\'x\', \'x\', \'x\', \'x\', 1)', 'create temporary table kept (x integer)', 'select * from contract for update']) await expect(ask(text)).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|25006|55000)$/) as string })
  for (const hidden of ['account_session', 'account_link', 'access_token', 'api_answer', 'reader_token', 'schema_migration', 'sweep_place', 'worker']) await expect(ask(`select from ${hidden}`)).rejects.toMatchObject({ code: '42501' })
})

test('the past is held as the present is; what is recorded goes into its own log alone', async () => {
  const kept = await keep()
  try {
    const { bailee, slot } = kept
    const asController = await openControllers(bailee)
    const seen = async ({ database }: { database: Database }): Promise<unknown> => rows(database, sql`select id, current_user::text as user, current_schema() <> 'public' as folded from controller order by id`)
    expect(await asController(bailee, { slot: slot + 1 }, seen)).toEqual([{ id: 'other', user: controllerRole, folded: false }])
    expect(await asOf(bailee, begun, seen, slot + 1)).toEqual([{ id: 'other', user: controllerRole, folded: true }])
    const record = (into: number, records: boolean): Promise<unknown> => asController(bailee, { slot }, ({ ledger }) => ledger.append({ slot: into, type: 'controller.notice_recorded', at: begun, parts: {} }), { records })
    await expect(record(slot + 1, true)).rejects.toMatchObject({ code: 'ledger/not-yours' })
    await expect(record(0, true)).rejects.toMatchObject({ code: 'ledger/not-yours' })
    await expect(record(slot, false)).rejects.toMatchObject({ code: 'ledger/not-yours' })
    await expect(asController(bailee, { slot }, ({ ledger }) => ledger.read(slot))).rejects.toMatchObject({ code: 'ledger/not-yours' })
    // More at once than there are connections, each of which records: none waits for ever.
    await Promise.all(Array.from({ length: 24 }, (_, number) => asController(bailee, { slot }, ({ ledger }) => ledger.append({ slot, type: 'controller.notice_acknowledged', at: begun, parts: { evidence: { notice: `notice-${number}` } } }), { records: true })))
    expect(await asController(bailee, { slot }, ({ database }) => rows(database, sql`select count(*)::int as count from notice_acknowledgement`))).toEqual([{ count: 24 }])
    await kept.green()
  } finally {
    await kept.close()
  }
})

test('with an account that only owns its database: what is missing is said, then it works, and nobody else of that server can use the role', async () => {
  const server: Server = await createServerForTests({ hba: ['local all plain trust', 'local all stranger trust'] })
  const as = async <Result>(user: string | undefined, work: (database: Database) => Promise<Result>): Promise<Result> => {
    const database = openDatabase(server.url('held', user))
    return work(database).finally(() => database.destroy())
  }
  const postgres = openDatabase(server.url('postgres'))
  const administer = async (...texts: string[]): Promise<void> => { for (const text of texts) await rows(postgres, sql.raw(text)) }
  try {
    await administer('create role plain login', 'create role stranger login', 'create database held owner plain')
    await migrate(server.url('held', 'plain'))
    await expect(as('plain', prepareControllerRole)).rejects.toMatchObject({ code: 'database/controller-role', message: expect.stringContaining('create role bailee_controller nologin noinherit; grant bailee_controller to OWNER') as string })
    await administer(`create role ${controllerRole} nologin noinherit bypassrls`, `grant ${controllerRole} to plain, stranger`)
    await expect(as('plain', prepareControllerRole)).rejects.toMatchObject({ message: expect.stringContaining('past policies') as string })
    await administer(`alter role ${controllerRole} nobypassrls`)
    const ids = (database: Database, slot?: number): Promise<unknown> => (slot === undefined ? rows(database, sql`select id from controller order by id`) : asReader(database, slot, (tx) => rows(tx, sql`select id from controller order by id`)))
    await as('plain', async (database) => {
      await prepareControllerRole(database)
      await rows(database, sql`insert into controller (id, slot, detail, declared_at) values ('acme', 1, '{}', 0), ('other', 2, '{}', 0)`)
      expect([await ids(database), await ids(database, 2)]).toEqual([[{ id: 'acme' }, { id: 'other' }], [{ id: 'other' }]])
      const asOwner = transaction(database, async (tx) => { await rows(tx, sql`set local bailee.slot = '1'`); return rows(tx, sql`select id from controller`) })
      expect(await asOwner, 'what runs as the owner is held as well').toEqual([{ id: 'acme' }])
    })
    expect(await as('stranger', (database) => ids(database, 1)), 'the role is a server\'s, the rows are their owner\'s').toEqual([])
    await administer(`drop owned by ${controllerRole}`).catch(() => undefined)
    await as(undefined, async (database) => { await rows(database, sql.raw(`drop owned by ${controllerRole}`)) })
    await administer(`drop role ${controllerRole}`, 'alter role plain createrole')
    await as('plain', async (database) => { await prepareControllerRole(database); expect(await ids(database, 1)).toEqual([{ id: 'acme' }]) })
  } finally {
    await postgres.destroy()
    await server.stop()
  }
})
