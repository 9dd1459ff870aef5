import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { AttemptClient } from '../corpus/client.ts'
import { parseAddress } from '../address.ts'
import type { SessionPlan } from '../doorkeeper.ts'
import { listen, type Gateway } from '../listen.ts'
import { tryPlan } from '../prove/try.ts'
import { createClientDatabase, MemoryDoorkeeper, planOf, type ClientDatabase, type Closing } from '../testing.ts'
import { int32, message, strings } from '../wire/messages.ts'
import { compile, verify } from './index.ts'
import { Administration } from './store.ts'

let client: ClientDatabase
let gateway: Gateway
let administration: Administration
const doorkeeper = new MemoryDoorkeeper()
let admitted = ''

const listener = { schema: 'crm', table: 'listener', columns: ['user_id', 'country', 'plan'] }
const shared = { schema: 'crm', table: 'shared', columns: ['client', 'user_id', 'city'], rows: 'client = \'deezer\'' }

const tooMany = 'UPDATE crm.listener SET country = \'YY\''

function allow(instruction: string, changes: Partial<SessionPlan>): void {
  doorkeeper.plans.set(instruction, () => { const plan = planOf(client.gatewayUrl, { instruction, ...changes }); admitted = plan.id; return plan })
}

beforeAll(async () => {
  client = await createClientDatabase()
  await client.run(`CREATE TABLE crm.parent (id int PRIMARY KEY); CREATE TABLE crm.child (parent int REFERENCES crm.parent ON DELETE SET NULL);
    INSERT INTO crm.parent VALUES (1); INSERT INTO crm.child SELECT 1 FROM generate_series(1, 200);
    CREATE FUNCTION crm.write_many() RETURNS int LANGUAGE sql AS $$${tooMany}; SELECT 1$$; CREATE PROCEDURE crm.call_many() LANGUAGE sql AS $$${tooMany}$$;
    CREATE FUNCTION crm.watch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN UPDATE crm.listener SET country = 'YY'; RETURN NEW; END$$;
    CREATE TABLE crm.watched (x int DEFAULT crm.write_many()); CREATE TRIGGER watch BEFORE INSERT ON crm.watched FOR EACH ROW WHEN (NEW.x = 1 AND pg_trigger_depth() = 0) EXECUTE FUNCTION crm.watch();
    CREATE TABLE crm.deferring (x int); CREATE CONSTRAINT TRIGGER watch AFTER INSERT ON crm.deferring DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.x = 1) EXECUTE FUNCTION crm.watch();
    CREATE TABLE crm.once (x int UNIQUE DEFERRABLE INITIALLY DEFERRED); ALTER TABLE crm.deferring OWNER TO crm_owner; ALTER TABLE crm.once OWNER TO crm_owner;
    CREATE PROCEDURE crm.commit_itself() LANGUAGE plpgsql AS $$BEGIN ${tooMany}; COMMIT; PERFORM pg_sleep(60); END$$;
    CREATE PROCEDURE crm.call_few() LANGUAGE sql AS $$UPDATE crm.listener SET country = 'YX' WHERE user_id = 1$$;
    ALTER TABLE crm.parent OWNER TO crm_owner; ALTER TABLE crm.child OWNER TO crm_owner; ALTER TABLE crm.watched OWNER TO crm_owner`)
  administration = new Administration(parseAddress(client.gatewayUrl))
  doorkeeper.tokens.set('noa', ['tok-noa'])
  allow('INS-W', { operations: ['read', 'write'], tables: [listener] })
  allow('INS-E', { operations: ['read', 'erase'], tables: [listener] })
  allow('INS-B', { operations: ['write'], tables: [listener] })
  allow('INS-L', { operations: ['read', 'write'], tables: [listener], rowsMax: 100 })
  allow('INS-H', { operations: ['read', 'write', 'erase'], tables: [listener, { schema: 'crm', table: 'parent', columns: ['id'] }, { schema: 'crm', table: 'watched', columns: ['x'] }, { schema: 'crm', table: 'deferring', columns: ['x'] }, { schema: 'crm', table: 'once', columns: ['x'] }], rowsMax: 100 })
  allow('INS-S', { operations: ['read', 'write', 'erase'], tables: [shared] })
  gateway = await listen({ doorkeeper, at: { host: '127.0.0.1', port: 0 }, saltSecret: doorkeeper.secret })
})
afterAll(async () => {
  await gateway.close()
  await administration.end()
  await client.stop()
})

/** A session under an instruction, and the record of its end. */
async function under(instruction: string, work: (session: pg.Client) => Promise<void>): Promise<Closing> {
  const session = new pg.Client({ host: '127.0.0.1', port: gateway.port, user: `noa+${instruction}`, password: 'tok-noa', database: 'crm' })
  session.on('error', () => undefined)
  await session.connect()
  const id = admitted
  await work(session)
  await session.end().catch(() => undefined)
  return vi.waitFor(() => { const found = doorkeeper.closings.find((end) => end.session === id); if (found === undefined) throw new Error('not closed yet'); return found }, 30_000)
}

const no = (code: string): object => expect.objectContaining({ code }) as object
const one = async (sql: string): Promise<unknown> => Object.values((await client.run(sql)).rows[0] as object)[0]

test('under write, exactly the columns of the instruction are written, and every written row is counted and charged', async () => {
  const end = await under('INS-W', async (session) => {
    expect((await session.query('INSERT INTO crm.listener (user_id, country, plan) VALUES (9001, \'FR\', \'paid\'), (9002, \'DE\', \'paid\')')).rowCount).toBe(2)
    expect((await session.query('UPDATE crm.listener SET plan = \'gold\' WHERE user_id IN (9001, 9002) RETURNING plan')).rowCount).toBe(2)
    for (const refused of ['INSERT INTO crm.listener (user_id, email) VALUES (9003, \'x@y.example\')', 'UPDATE crm.listener SET email = NULL WHERE user_id = 9001', 'UPDATE crm.listener SET plan = email WHERE user_id = 9001', 'DELETE FROM crm.listener WHERE user_id = 9001', 'TRUNCATE crm.listener', 'INSERT INTO crm.payroll VALUES (\'x\', 1)', 'UPDATE crm.listener SET plan = \'x\' WHERE user_id = 9001 RETURNING email', 'INSERT INTO crm.listener (user_id) VALUES (9001) ON CONFLICT (user_id) DO UPDATE SET note = \'x\'']) {
      await expect(session.query(refused), refused).rejects.toEqual(no('42501'))
    }
  })
  expect(end.counts).toMatchObject({ written: 4, rows: 2, refused: 8 })
  expect(end.counts.charged).toBeGreaterThanOrEqual(4 + 2)
  expect(await one('SELECT string_agg(plan || coalesce(email, \'-\'), \',\') FROM crm.listener WHERE user_id > 9000')).toBe('gold-,gold-')
})

test('under erase, rows are deleted and nothing is written; under write alone, nothing is read', async () => {
  const end = await under('INS-E', async (session) => {
    expect((await session.query('DELETE FROM crm.listener WHERE user_id = 9002')).rowCount).toBe(1)
    await expect(session.query('UPDATE crm.listener SET plan = \'x\' WHERE user_id = 9001')).rejects.toEqual(no('42501'))
    await expect(session.query('DELETE FROM crm.listener WHERE email IS NULL')).rejects.toEqual(no('42501'))
  })
  expect(end.counts).toMatchObject({ written: 1, refused: 2 })
  await under('INS-B', async (session) => {
    expect((await session.query('INSERT INTO crm.listener (user_id, country) VALUES (9004, \'RO\')')).rowCount).toBe(1)
    for (const refused of ['SELECT user_id FROM crm.listener', 'INSERT INTO crm.listener (user_id) VALUES (9005) RETURNING user_id', 'UPDATE crm.listener SET plan = country']) await expect(session.query(refused), refused).rejects.toEqual(no('42501'))
  })
})

test('a session that writes beyond its budget is cut, and what it wrote in that transaction is undone', async () => {
  const end = await under('INS-L', async (session) => {
    await session.query('BEGIN')
    await expect(session.query('UPDATE crm.listener SET country = \'XX\'')).rejects.toEqual(no('53400'))
  })
  expect(end).toMatchObject({ because: { code: 'budget spent' }, counts: { rows: 0 } })
  await vi.waitFor(async () => expect(await one('SELECT count(*)::int FROM crm.listener WHERE country = \'XX\'')).toBe(0))
})

test.each<[string, (session: pg.Client) => Promise<unknown>]>([
  ['alone', (session) => session.query(tooMany)],
  ['alone, with parameters', (session) => session.query('UPDATE crm.listener SET country = $1', ['YY'])],
  ['prepared by SQL', async (session) => { await session.query(`PREPARE p AS ${tooMany}`); await session.query('EXECUTE p') }],
  ['copied in', async (session) => {
    const rows = session.query(copyFrom('COPY crm.listener (user_id, country) FROM STDIN'))
    rows.end(Array.from({ length: 200 }, (_, index) => `${20_000 + index}\tYY\n`).join(''))
    await finished(rows)
  }],
])('what writes beyond the budget %s is undone, not kept uncounted', async (_how, write) => {
  const end = await under('INS-L', async (session) => { await expect(write(session)).rejects.toBeDefined() })
  expect(end.because.code).toBe('budget spent')
  await vi.waitFor(async () => expect(await one('SELECT count(*)::int FROM crm.listener WHERE country = \'YY\'')).toBe(0))
})

test.each<[string, string | ((session: pg.Client) => Promise<unknown>)]>([
  ['a WITH below a SELECT', `WITH w AS (${tooMany} RETURNING 1) SELECT count(*) FROM w`],
  ['a WITH below an INSERT that inserts nothing', `WITH w AS (${tooMany} RETURNING 1) INSERT INTO crm.listener (user_id) SELECT 1 FROM w WHERE false`],
  ['a WITH that deletes, below a smaller deletion', 'WITH w AS (DELETE FROM crm.listener WHERE user_id > 1 RETURNING 1) DELETE FROM crm.listener WHERE user_id = 1'],
  ['EXPLAIN ANALYZE', `EXPLAIN ANALYZE ${tooMany}`],
  ['a cascade', 'DELETE FROM crm.parent WHERE id = 1'],
  ['a trigger', 'INSERT INTO crm.watched (x) VALUES (1)'],
  ['a default that calls a function', 'INSERT INTO crm.watched (x) VALUES (DEFAULT)'],
  ['a deferred trigger behind a lone statement', 'INSERT INTO crm.deferring (x) VALUES (1)'],
  ['a deferred trigger at COMMIT', async (session) => {
    for (const text of ['BEGIN', 'INSERT INTO crm.deferring (x) VALUES (1)', '/* at last */ ; END']) await session.query(text)
  }],
  ['a deferred trigger at a COMMIT that was prepared before', async (session) => {
    await session.query({ name: 'over', text: 'COMMIT' })
    for (const text of ['BEGIN', 'INSERT INTO crm.deferring (x) VALUES (1)']) await session.query(text)
    await session.query({ name: 'over', text: 'COMMIT' })
  }],
  ['a prepared CALL', (session) => session.query({ name: 'called', text: '-- all\nCALL crm.call_many()' })],
  ['a function in a SELECT', 'SELECT crm.write_many()'],
  ['a CALL', 'CALL crm.call_many()'],
  ['a FETCH of what was bound', async (session) => {
    await session.query('BEGIN')
    const { connection } = session as unknown as { connection: { stream: { write(bytes: Buffer): void } } }
    connection.stream.write(Buffer.concat([message('P', Buffer.concat([strings('s', `WITH w AS (${tooMany} RETURNING 1) SELECT count(*) FROM w`), Buffer.alloc(2)])), message('B', Buffer.concat([strings('portal', 's'), Buffer.alloc(6)]))]))
    await session.query('FETCH ALL FROM portal')
  }],
  ['a small one, many times,', async (session) => {
    for (let times = 0; times < 200; times += 1) await session.query('WITH w AS (UPDATE crm.listener SET country = \'YX\' WHERE user_id = 1 RETURNING 1) SELECT count(*) FROM w')
  }],
])('rows that %s writes, and no tag tells of, are charged: beyond the budget they are undone', async (_how, write) => {
  const end = await under('INS-H', async (session) => { await expect(typeof write === 'string' ? session.query(write) : write(session)).rejects.toBeDefined() })
  expect(end.because.code).toBe('budget spent')
  await vi.waitFor(async () => expect(await one('SELECT (SELECT count(*)::int FROM crm.listener WHERE country = \'YY\' AND user_id > 1) + 5000 - (SELECT count(*)::int FROM crm.listener WHERE user_id <= 5000) + (SELECT count(*)::int FROM crm.child WHERE parent IS NULL)')).toBe(0))
})

test('what was written is charged once, whoever told of it, whatever was undone or refused before', async () => {
  const end = await under('INS-W', async (session) => {
    const many = (from: number): string => `INSERT INTO crm.listener (user_id, country) SELECT i, 'ZZ' FROM generate_series(${from}, ${from + 9}) i`
    await session.query(many(30_000))
    await session.query('BEGIN')
    await session.query(many(30_010))
    await session.query('SAVEPOINT a')
    await session.query(many(30_020))
    await session.query('ROLLBACK TO a')
    await session.query(`WITH w AS (${many(30_030)} RETURNING 1) SELECT count(*) FROM w`)
    await session.query('COMMIT')
    await session.query('UPDATE crm.listener SET country = \'YZ\' WHERE user_id >= 30000')
    await session.query('BEGIN')
    for (const from of [30_040, 30_050, 30_060]) await session.query(`WITH w AS (${many(from)} RETURNING 1) SELECT count(*) FROM w`)
    await session.query('COMMIT')
  })
  expect(end.counts).toMatchObject({ written: 10 + 10 + 10 + 10 + 30 + 3 * 10, rows: 1 + 3 })
  await client.run('DELETE FROM crm.listener WHERE user_id >= 30000')
})

test('a cursor WITH HOLD, whose query runs when it is committed, is not let through where a session may write', async () => {
  for (const texts of [['DECLARE c CURSOR WITH HOLD FOR SELECT crm.write_many()'], ['BEGIN', 'DECLARE c CURSOR WITH HOLD FOR SELECT crm.write_many()', 'COMMIT']]) {
    const end = await under('INS-H', async (session) => { await expect((async () => { for (const text of texts) await session.query(text) })()).rejects.toBeDefined() })
    expect(end.because).toMatchObject({ code: 'protocol', findings: [expect.stringMatching(/WITH HOLD/)] })
  }
  await vi.waitFor(async () => expect(await one('SELECT count(*)::int FROM crm.listener WHERE country = \'YY\'')).toBe(0))
})

test('a procedure that commits by itself is refused, and keeps nothing; one that does not is kept', async () => {
  const end = await under('INS-H', async (session) => {
    await expect(session.query('CALL crm.commit_itself()')).rejects.toEqual(no('2D000'))
    await expect(session.query({ text: 'CALL crm.commit_itself()', values: [] })).rejects.toEqual(no('2D000'))
    expect((await session.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }])
    await expect(session.query('BEGIN ISOLATION LEVEL SERIALIZABLE')).resolves.toMatchObject({ command: 'BEGIN' })
    await session.query('ROLLBACK')
    expect((await session.query('CALL crm.call_few()')).command).toBe('CALL')
    expect((await session.query({ text: 'CALL crm.call_few()', values: [] })).command).toBe('CALL')
  })
  expect(end.counts).toMatchObject({ written: 2 })
  expect(await one('SELECT count(*)::int FROM crm.listener WHERE country = \'YY\'')).toBe(0)
  expect(await one('SELECT count(*)::int FROM crm.listener WHERE country = \'YX\' AND user_id = 1')).toBe(1)
})

test('what a lone statement wrote that was refused is not charged, whatever follows', async () => {
  const end = await under('INS-H', async (session) => {
    for (let times = 0; times < 3; times += 1) {
      await expect(session.query('INSERT INTO crm.listener (user_id) SELECT i FROM generate_series(40001, 40060) i UNION ALL SELECT 1')).rejects.toEqual(no('23505'))
      await session.query('UPDATE crm.listener SET country = \'YX\' WHERE user_id = 1')
    }
  })
  expect(end.counts).toMatchObject({ written: 3 })
  expect(await one('SELECT count(*)::int FROM crm.listener WHERE user_id > 40000')).toBe(0)
})

test('a COMMIT that a deferred constraint refuses ends its transaction, as at PostgreSQL itself', async () => {
  await under('INS-H', async (session) => {
    for (const prepared of [false, true]) {
      const say = (text: string): Promise<pg.QueryResult> => (prepared ? session.query({ name: text, text }) : session.query(text))
      await say('BEGIN')
      await say('INSERT INTO crm.once (x) VALUES (7), (7)')
      await expect(say('COMMIT')).rejects.toEqual(no('23505'))
      expect((await say('SELECT count(*)::int AS n FROM crm.once')).rows).toEqual([{ n: 0 }]) // no transaction is open, let alone failed
      await say('BEGIN')
      await expect(say('SELECT 1 / 0')).rejects.toEqual(no('22012'))
      expect((await say('COMMIT')).command).toBe('ROLLBACK')
    }
  })
})

test.each([['sent whole at once', []], ['behind a smaller statement', ['UPDATE crm.listener SET country = \'YY\' WHERE user_id = 1']]])('a transaction %s, its end not waiting for an answer, is undone when it writes beyond the budget', async (_how, before) => {
  const { client: session } = await AttemptClient.logIn({ host: '127.0.0.1', port: gateway.port }, { user: 'noa+INS-L', database: 'crm' }, 'tok-noa')
  const answer = await session.run({ by: 'socket', bytes: Buffer.concat(['BEGIN', ...before, tooMany, 'COMMIT'].map((text) => message('Q', strings(text)))) })
  expect(answer).toMatchObject({ code: '53400', closed: true })
  await vi.waitFor(async () => expect(await one('SELECT count(*)::int FROM crm.listener WHERE country = \'YY\'')).toBe(0))
})

test('what writes beyond the budget and asks for one of its rows is told all of them: nothing is kept half way', async () => {
  const { client: session } = await AttemptClient.logIn({ host: '127.0.0.1', port: gateway.port }, { user: 'noa+INS-L', database: 'crm' }, 'tok-noa')
  const parts = [
    message('P', Buffer.concat([strings('', `${tooMany} RETURNING user_id`), Buffer.alloc(2)])), message('B', Buffer.concat([strings('', ''), Buffer.alloc(6)])),
    message('E', Buffer.concat([strings(''), int32(1)])), message('S', Buffer.alloc(0)),
  ]
  expect(await session.run({ by: 'socket', bytes: Buffer.concat(parts) })).toMatchObject({ code: '53400', closed: true })
  await vi.waitFor(async () => expect(await one('SELECT count(*)::int FROM crm.listener WHERE country = \'YY\'')).toBe(0))
})

test('a session that may write sends one statement at a time; what drivers do besides is as ever', async () => {
  const end = await under('INS-W', async (session) => {
    await expect(session.query('SELECT 1; SELECT 2')).rejects.toMatchObject({ code: '42601', message: expect.stringContaining('several statements') as string, hint: expect.stringContaining('one at a time') as string })
    expect((await session.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    expect((await session.query('')).rows).toEqual([])
    await expect(session.query('SELEC')).rejects.toEqual(no('42601'))
    const into = session.query(copyFrom('COPY crm.listener (user_id, country) FROM STDIN'))
    into.end('9101\tFR\n9102\tFR\n')
    await finished(into)
    const wrong = session.query(copyFrom('COPY crm.listener (user_id, country) FROM STDIN'))
    wrong.end('9103\tFR\nnothing\tFR\n')
    await expect(finished(wrong)).rejects.toEqual(no('22P02'))
    const portal = new pg.Query({ text: 'SELECT user_id FROM crm.listener', rows: 1_000 } as unknown as string)
    let rows = 0
    portal.on('row', () => { rows += 1 })
    session.query(portal)
    await once(portal, 'end')
    expect(rows).toBeGreaterThan(5_000)
    await session.query('BEGIN')
    await session.query('INSERT INTO crm.listener (user_id, country) VALUES ($1, $2)', [9104, 'FR'])
    await session.query('ROLLBACK')
    expect((await session.query({ name: 'named', text: 'SELECT count(*)::int AS n FROM crm.listener WHERE user_id > $1 AND user_id < 9200', values: [9100] })).rows).toEqual([{ n: 2 }])
  })
  expect(end.counts).toMatchObject({ written: 2 + 1, errors: 3 })
  await client.run('DELETE FROM crm.listener WHERE user_id > 9100')
})

test('of a shared table, rows of others are neither read, written, moved nor deleted', async () => {
  await under('INS-S', async (session) => {
    expect((await session.query('SELECT count(*)::int AS n FROM crm.shared')).rows).toEqual([{ n: 500 }])
    await session.query('INSERT INTO crm.shared (client, user_id, city) VALUES (\'deezer\', 7001, \'Paris\')')
    await expect(session.query('INSERT INTO crm.shared (client, user_id, city) VALUES (\'chinook\', 7002, \'Paris\')')).rejects.toEqual(no('42501'))
    await expect(session.query('UPDATE crm.shared SET client = \'chinook\' WHERE user_id = 7001')).rejects.toEqual(no('42501'))
    expect((await session.query('UPDATE crm.shared SET client = \'deezer\' WHERE client = \'chinook\'')).rowCount).toBe(0)
    expect((await session.query('UPDATE crm.shared SET city = \'Lyon\'')).rowCount).toBe(501)
    expect((await session.query('DELETE FROM crm.shared WHERE client = \'chinook\'')).rowCount).toBe(0)
    expect((await session.query('DELETE FROM crm.shared')).rowCount).toBe(501)
    await session.query('SET row_security = off')
    await expect(session.query('DELETE FROM crm.shared')).rejects.toEqual(no('42501'))
  })
  expect(await one('SELECT count(*)::int FROM crm.shared WHERE client = \'chinook\' AND city <> \'Lyon\'')).toBe(500)
})

test('a right more or less than instructed refuses, and a policy of writing that was changed behind our back is found', async () => {
  const plan = planOf(client.gatewayUrl, { instruction: 'INS-S', operations: ['read', 'write', 'erase'], tables: [shared] })
  const ready = await compile(administration, plan, 'crm')
  if (ready.outcome !== 'ready') throw new Error(JSON.stringify(ready.findings))
  for (const [opening, closing, found] of [
    ['GRANT TRUNCATE ON crm.shared TO bailee_session', 'REVOKE TRUNCATE ON crm.shared FROM bailee_session', 'columns/exact'],
    [`ALTER POLICY "bailee_${ready.role}_w" ON crm.shared WITH CHECK (true)`, `ALTER POLICY "bailee_${ready.role}_w" ON crm.shared WITH CHECK (client = 'deezer')`, 'rows/policy'],
    ['CREATE RULE more AS ON INSERT TO crm.shared DO ALSO SELECT name FROM crm.payroll', 'DROP RULE more ON crm.shared', 'table/kind'],
    ['CREATE TABLE crm.part () INHERITS (crm.shared); CREATE TABLE crm.part_of_part () INHERITS (crm.part); ALTER TABLE crm.part_of_part ENABLE ROW LEVEL SECURITY', 'DROP TABLE crm.part CASCADE', 'table/kind'],
    ['CREATE POLICY more ON crm.shared FOR INSERT WITH CHECK (true)', 'DROP POLICY more ON crm.shared', 'rows/policy'],
  ] as const) {
    await client.run(opening)
    expect((await verify(administration, ready, [shared])).map(({ code }) => code), opening).toEqual([found])
    await client.run(closing)
    expect(await verify(administration, ready, [shared]), closing).toEqual([])
  }
  await client.run('GRANT DELETE ON crm.listener TO bailee_session')
  const other = await compile(administration, planOf(client.gatewayUrl, { instruction: 'INS-W', operations: ['read', 'write'], tables: [listener] }), 'crm')
  expect(other).toMatchObject({ outcome: 'found', findings: [{ code: 'columns/exact', what: 'rows of crm.listener can be deleted' }] })
  await client.run('REVOKE DELETE ON crm.listener FROM bailee_session')
})

test('the ways out of an instruction that writes are closed, beside what it covers', async () => {
  const separation = 'a database of its own'
  for (const [operations, tables] of [[['read', 'write'], [listener]], [['read', 'write', 'erase'], [shared]]] as const) {
    const result = await tryPlan({ plan: planOf(client.gatewayUrl, { instruction: 'INS-P', operations, tables }), separation })
    expect(result).toMatchObject({ outcome: 'held', through: [], findings: [] })
  }
})
