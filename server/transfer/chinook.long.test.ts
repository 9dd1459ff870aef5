import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { on, type World } from '../erasure/testing.ts'
import { chinookFolder, runMariadb, startMariadb, withoutMariadb, type OtherServer } from '../inventory/testing.ts'
import { withDuck } from './adapter/duck.ts'
import { copyData, eraseExpired, explainCopy, type CopyRequest } from './index.ts'
import { createTransferWorld, withoutInvented } from './testing.ts'

// Chinook: eleven tables of a music store with eleven foreign keys; Deezer: 41,773 users and what they like. Nobody of this project wrote them.
const folder = chinookFolder()
const likes = folder === undefined ? '' : join(folder, '..', 'deezer', 'RO_genres.json')
const withoutData = folder === undefined || withoutMariadb
const withoutLikes = !existsSync(likes)
const at = on('2019-04-10')
const script = folder === undefined ? '' : readFileSync(join(folder, 'Chinook_PostgreSql.sql'), 'utf8').replace(/^(DROP DATABASE|CREATE DATABASE|\\c).*$/gm, '')
const tables = [...script.matchAll(/CREATE TABLE (\w+)\s*\(([^;]*)\);/g)].map(([, name = '', body = '']) => ({ name, columns: [...body.matchAll(/^ {4}(\w+) (?!\w+_pkey)/gm)].map(([, column = '']) => column).filter((column) => column !== 'CONSTRAINT') }))
const references = [...script.matchAll(/ALTER TABLE (\w+) ADD CONSTRAINT \w+\s+FOREIGN KEY \((\w+)\) REFERENCES (\w+) \((\w+)\)/g)].map(([, table = '', column = '', to = '', referenced = '']) => ({ table, column, to, referenced }))
const people = new Set(['customer', 'employee'])
const subjectOf = (table: string): string => ({ invoice: 'customer_id', invoice_line: 'invoice_id' })[table] ?? `${table}_id`.replace('playlist_track_id', 'playlist_id')

const datasetOf = (id: string, store: string, named: (table: string) => string): string => `
  - { id: ${id}, controller: chinook, store: ${store}, tables: [${tables.map(({ name, columns }) => `{ table: "${named(name)}", subject: ${subjectOf(name)}, columns: { ${columns.map((column) => `${column}: { category: Purchase${people.has(name) && column !== 'reports_to' && column !== 'support_rep_id' ? ', identifies: true' : ''} }`).join(', ')} } }`).join(', ')}] }`
const columns = [...new Set(tables.flatMap((table) => table.columns))]
const instruction = (id: string, text: string, transform: Record<string, string>, data: readonly string[]): string =>
  `  - { id: ${id}, contract: chinook-2017, text: "${text}", purposes: [ServiceProvision], operations: [copy], data: { ${data.map((name) => `${name}: "*"`).join(', ')} }, environments: [test], identifiable: true, transform: ${JSON.stringify(transform)}, expires_after_days: 30, from: 2017-01-01 }\n`
const keep = Object.fromEntries(columns.map((column) => [column, 'keep']))
const tokens = Object.fromEntries(columns.map((column) => [column, /_id$|reports_to/.test(column) ? 'token' : 'keep']))

let server: OtherServer
let world: World
const copy = (given: Partial<CopyRequest>): ReturnType<typeof copyData> => copyData(world.context, { instruction: 'INS-7', person: 'noa', to: '', ...given }, at)

describe.skipIf(withoutData)('data that others made (../shared/data, and Debian\'s mariadb-server)', () => {
  beforeAll(async () => {
    server = await startMariadb()
    world = await createTransferWorld((yaml) => yaml + instruction('INS-7', 'All of it.', keep, ['music', 'music_2', 'music_3', 'music_4']) + instruction('INS-8', 'Under tokens.', tokens, ['music']) + instruction('INS-9', 'A tenth of the listeners.', { user_id: 'token', genre: 'keep' }, ['liking']), (text) => text
      .replace('\ncontrollers:', `
  - { id: old, environment: test, kind: mysql, sweep_url: "file:old.url", erase_url: "file:old.url", backups: none }
  - { id: desk, environment: test, kind: sqlite, path: desk.db, backups: none }
controllers:`)
      .replace('\ninstructions:', `${datasetOf('music', 'crm', (name) => `public.${name}`)}${datasetOf('music_2', 'old', (name) => `trial.${name}`)}${datasetOf('music_3', 'desk', (name) => `trial_${name}`)}${datasetOf('music_4', 'share', (name) => `trial/trial_${name}.parquet`)}
  - { id: liking, controller: chinook, store: shop, tables: [{ table: public.listener, subject: user_id, columns: { user_id: { category: UID, identifies: true } } }, { table: public.favourite, subject: user_id, columns: { user_id: { category: UID }, genre: { category: Preference } } }] }
instructions:`), ['INS-7', 'INS-8', 'INS-9'])
    writeFileSync(join(world.directory, 'old.url'), server.url)
    await world.run('crm', script)
  }, 300_000)
  afterAll(async () => { await world.close(); await server.stop() })

  const rowsOf = async (place: (table: string) => string, database: 'crm' | 'lab'): Promise<Record<string, string[]>> => {
    const found: Record<string, string[]> = {}
    for (const { name, columns: own } of tables) {
      const { rows } = await world.run(database, `select ${own.map((column) => `coalesce(${column}::text, '∅')`).join(` || '|' || `)} as row from ${place(name)} order by 1`)
      found[name] = (rows as { row: string }[]).map(({ row }) => row)
    }
    return found
  }

  test('Chinook goes from PostgreSQL to MariaDB, SQLite, Parquet and back, every value as it was, every foreign key whole', { timeout: 300_000 }, async () => {
    expect([tables.length, references.length]).toEqual([11, 11])
    const there = await rowsOf((table) => `public.${table}`, 'crm')
    expect(Object.values(there).map((rows) => rows.length).reduce((sum, one) => sum + one, 0)).toBe(15_607)
    await copy({ dataset: 'music', to: 'old/trial' })
    expect(runMariadb(server, `select count(*) from information_schema.key_column_usage where table_schema = 'trial' and referenced_table_name is not null; select count(*) from information_schema.table_constraints where table_schema = 'trial' and constraint_type = 'PRIMARY KEY'`)).toBe('11\n11\n')
    expect(runMariadb(server, `select group_concat(column_type order by ordinal_position) from information_schema.columns where table_schema = 'trial' and table_name = 'invoice'`)).toBe('int(11),int(11),datetime(6),varchar(70),varchar(40),varchar(40),varchar(40),varchar(10),decimal(10,2)\n')
    await copy({ dataset: 'music_2', to: 'desk/trial' })
    const desk = new DatabaseSync(join(world.directory, 'desk.db'), { readOnly: true })
    expect(desk.prepare(`select count(*) as keys from pragma_table_list t, pragma_foreign_key_list(t.name) where t.schema = 'main'`).get()).toEqual({ keys: 11 })
    expect(desk.prepare('pragma foreign_key_check').all()).toEqual([])
    desk.close()
    await copy({ dataset: 'music_3', to: 'share/trial' })
    expect((await withDuck(async (connection) => (await connection.runAndReadAll(`describe select * from '${join(world.directory, 'share/trial/trial_invoice.parquet')}'`)).getRowsJson())).map(([, type]) => type)).toEqual(['INTEGER', 'INTEGER', 'TIMESTAMP', 'VARCHAR', 'VARCHAR', 'VARCHAR', 'VARCHAR', 'VARCHAR', 'DECIMAL(10,2)'])
    await copy({ dataset: 'music_4', to: 'lab/back' })
    expect(await rowsOf((table) => `back.trial_${table}`, 'lab')).toEqual(there)
    await world.run('lab', [...tables.map(({ name }) => `alter table back.trial_${name} add primary key (${name === 'playlist_track' ? 'playlist_id, track_id' : `${name}_id`})`), ...references.map(({ table, column, to, referenced }) => `alter table back.trial_${table} add foreign key (${column}) references back.trial_${to} (${referenced})`)].join('; '))
    const types = (await world.run('lab', `select string_agg(data_type, ',' order by ordinal_position) as types from information_schema.columns where table_schema = 'back' and table_name = 'trial_invoice'`)).rows
    expect(types).toEqual([{ types: 'integer,integer,timestamp without time zone,text,text,text,text,text,numeric' }])
  })

  test('a sample of the customers takes their invoices, lines, and what those refer to along; under tokens they still join', { timeout: 300_000 }, async () => {
    const made = await copy({ instruction: 'INS-8', dataset: 'music', to: 'lab/part', sample: 0.3 })
    const count = async (sql: string): Promise<number> => Number(((await world.run('lab', `select count(*)::int as n from ${sql}`)).rows as { n: number }[])[0]?.n)
    expect(await count(`pg_constraint c join pg_namespace n on n.oid = c.connamespace where n.nspname = 'part' and contype = 'f'`)).toBe(11)
    const clients = await count('part.customer')
    // Of 59, each by a toss of the key, and those who were invented: fewer or more than these are drawn one time in 400,000.
    expect(clients).toBeGreaterThan(3)
    expect(clients).toBeLessThan(42)
    // By their addresses, which are kept: the invoices of these and of nobody else, line by line.
    const emails = (await world.run('lab', 'select email from part.customer')).rows as { email: string }[]
    const whole = (await world.run('crm', `select count(distinct i.invoice_id)::int as invoices, count(*)::int as lines from customer c join invoice i using (customer_id) join invoice_line l using (invoice_id) where c.email in (${emails.map(({ email }) => `'${email}'`).join(',')})`)).rows
    expect(whole).toEqual([{ invoices: await count('part.invoice'), lines: await count('part.customer c join part.invoice i using (customer_id) join part.invoice_line l using (invoice_id)') }])
    expect(await count(`part.employee e where not exists (select from part.customer c where c.support_rep_id = e.employee_id)`)).toBeLessThanOrEqual(8)
    expect(made.tables).toHaveLength(11)
  })

  test.skipIf(withoutLikes)('a tenth of the Deezer users with all that they like, and with nothing of anybody else', { timeout: 300_000 }, async () => {
    const client = new pg.Client({ connectionString: world.url('shop', 'eraser') })
    await client.connect()
    await client.query('create table favourite as select distinct key as user_id, genre from jsonb_each($1), jsonb_array_elements_text(value) genre', [readFileSync(likes, 'utf8')])
    await client.query('create table listener as select distinct user_id from favourite; alter table listener add primary key (user_id); alter table favourite add primary key (user_id, genre), add foreign key (user_id) references listener')
    await client.end()
    expect((await explainCopy(world.context, { instruction: 'INS-9', person: 'noa', to: 'lab/tenth' }, at)).problems).toEqual([])
    const real = await withoutInvented(world, await copy({ instruction: 'INS-9', to: 'lab/tenth', sample: 0.1 }), 'user_id')
    const grouped = (schema: string, of = 'true'): string => `select genres, count(*)::int as people from (select user_id, string_agg(genre, ',' order by genre) as genres from ${schema}.listener left join ${schema}.favourite using (user_id) where ${of} group by 1) s group by 1`
    const part = new Map(((await world.run('lab', grouped('tenth', real))).rows as { genres: string; people: number }[]).map(({ genres, people: n }) => [genres, n]))
    const all = new Map(((await world.run('shop', grouped('public'))).rows as { genres: string; people: number }[]).map(({ genres, people: n }) => [genres, n]))
    const drawn = [...part.values()].reduce((sum, one) => sum + one, 0)
    expect(drawn / 41_773).toBeGreaterThan(0.09)
    expect(drawn / 41_773).toBeLessThan(0.11)
    for (const [genres, n] of part) expect(n, 'who is drawn is there whole: no list of genres is new').toBeLessThanOrEqual(all.get(genres) ?? 0)
    expect((await eraseExpired(world.context, on('2019-06-01'))).left).toEqual([])
    expect((await world.run('lab', `select nspname from pg_namespace where nspname in ('tenth', 'part', 'back')`)).rows).toEqual([])
    expect(runMariadb(server, `select count(*) from information_schema.tables where table_schema = 'trial'`)).toBe('0\n')
  })
})
