import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { listen, type Gateway } from '../listen.ts'
import { createClientDatabase, MemoryDoorkeeper, planOf, type ClientDatabase, type Closing } from '../testing.ts'
import { int32, message, strings } from '../wire/messages.ts'

let client: ClientDatabase
let gateway: Gateway
const doorkeeper = new MemoryDoorkeeper()
let admitted = ''

beforeAll(async () => {
  client = await createClientDatabase()
  await client.run(`CREATE FUNCTION crm.write_many() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN UPDATE crm.listener SET country = 'YY'; RETURN NEW; END$$;
    CREATE TABLE crm.deferring (x int); CREATE CONSTRAINT TRIGGER later AFTER INSERT ON crm.deferring DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION crm.write_many();
    CREATE PROCEDURE crm.call_few() LANGUAGE sql AS $$UPDATE crm.listener SET country = 'YX' WHERE user_id = 1$$;
    CREATE PROCEDURE crm.commit_itself() LANGUAGE plpgsql AS $$BEGIN UPDATE crm.listener SET country = 'YY'; COMMIT; END$$;
    ALTER TABLE crm.deferring OWNER TO crm_owner`)
  doorkeeper.tokens.set('noa', ['tok-noa'])
  const tables = [{ schema: 'crm', table: 'listener', columns: ['user_id', 'country', 'plan'] }, { schema: 'crm', table: 'deferring', columns: ['x'] }]
  doorkeeper.plans.set('INS-H', () => { const plan = planOf(client.gatewayUrl, { instruction: 'INS-H', operations: ['read', 'write'], tables, rowsMax: 100 }); admitted = plan.id; return plan })
  gateway = await listen({ doorkeeper, at: { host: '127.0.0.1', port: 0 }, saltSecret: doorkeeper.secret })
})
afterAll(async () => {
  await gateway.close()
  await client.stop()
})

interface Entered { readonly session: pg.Client; readonly faults: Error[]; readonly closed: () => Promise<Closing> }

async function enter(): Promise<Entered> {
  const session = new pg.Client({ host: '127.0.0.1', port: gateway.port, user: 'noa+INS-H', password: 'tok-noa', database: 'crm' })
  const faults: Error[] = []
  session.on('error', (fault) => faults.push(fault))
  await session.connect()
  const id = admitted
  return { session, faults, closed: () => vi.waitFor(() => { const found = doorkeeper.closings.find((end) => end.session === id); if (found === undefined) throw new Error('not closed yet'); return found }, 30_000) }
}

interface Heard { once(event: 'readyForQuery', heard: (said: { status: string }) => void): void; readonly stream: { write(bytes: Buffer): void } }

/** Statements in the extended protocol up to one Sync, sent whole; resolves with the status that the database then says, or the SQLSTATE of what was refused. */
async function pipeline(session: pg.Client, ...statements: readonly string[]): Promise<string> {
  const messages = statements.flatMap((text) => [message('P', Buffer.concat([strings('', text), Buffer.alloc(2)])), message('B', Buffer.concat([strings('', ''), Buffer.alloc(6)])), message('E', Buffer.concat([strings(''), int32(0)]))])
  return new Promise<string>((resolve) => {
    const ignored = (): void => undefined
    session.query({
      submit: (connection: unknown) => {
        const heard = connection as Heard
        heard.once('readyForQuery', ({ status }) => resolve(status))
        heard.stream.write(Buffer.concat([...messages, message('S', Buffer.alloc(0))]))
      },
      handleError: (cause: { code?: string }) => resolve(cause.code ?? 'closed'),
      handleCommandComplete: ignored, handleReadyForQuery: ignored, handleDataRow: ignored, handleRowDescription: ignored, handleEmptyQuery: ignored, handlePortalSuspended: ignored,
    } as pg.Submittable)
  })
}

/** Statements of sessions that wait for a lock: nobody else's. */
const blocked = async (): Promise<number> => Number((await client.run('SELECT count(*) AS n FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND usename ~ \'^s_\'')).rows[0]?.n)
const count = async (where: string): Promise<number> => Number((await client.run(`SELECT count(*) AS n FROM crm.listener WHERE ${where}`)).rows[0]?.n)

test('a transaction that failed and was rolled back to a savepoint is charged for its deferred triggers before it is kept', async () => {
  const { session, closed } = await enter()
  await session.query('BEGIN')
  await session.query('SAVEPOINT a')
  await expect(session.query('SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' })
  expect(await pipeline(session, 'ROLLBACK TO a', 'BEGIN', 'INSERT INTO crm.deferring VALUES (1)', 'COMMIT')).toBe('53400')
  expect((await closed()).because.code).toBe('budget spent')
  expect(await count('country = \'YY\'')).toBe(0)
})

test('a transaction that the client begins behind a CALL is the client\'s: it stays open, and is charged before it is kept', async () => {
  const { session, closed } = await enter()
  expect(await pipeline(session, 'CALL crm.call_few()', 'BEGIN', 'SET CONSTRAINTS ALL DEFERRED', 'INSERT INTO crm.deferring VALUES (1)')).toBe('T')
  expect(await count('country IN (\'YX\', \'YY\')')).toBe(0)
  await expect(session.query('COMMIT')).rejects.toMatchObject({ code: '53400' })
  expect((await closed()).because.code).toBe('budget spent')
  expect(await count('country IN (\'YX\', \'YY\')')).toBe(0)
})

test.each([
  ['behind a rollback to a savepoint', ['ROLLBACK TO a', 'CALL crm.call_few()']],
  ['behind a commit that begins the next', ['ROLLBACK AND CHAIN', 'INSERT INTO crm.listener (user_id, country) VALUES (50001, \'YX\')', 'CALL crm.call_few()']],
])('a CALL %s, where nobody can say whose transaction is open, keeps nothing that the client did not commit', async (_how, statements) => {
  const { session, closed } = await enter()
  for (const text of ['BEGIN', 'INSERT INTO crm.listener (user_id, country) VALUES (50000, \'YX\')', 'SAVEPOINT a']) await session.query(text)
  await pipeline(session, ...statements)
  expect((await closed()).because).toMatchObject({ code: 'protocol', findings: [expect.stringMatching(/CALL/)] })
  expect(await count('country = \'YX\'')).toBe(0)
})

test.each([
  ['COMMIT'], ['ROLLBACK'], ['SAVEPOINT a'],
])('a %s behind a CALL in one piece does not open a way for a CALL that commits by itself', async (between) => {
  const { session, closed } = await enter()
  await pipeline(session, 'CALL crm.call_few()', between, 'CALL crm.commit_itself()')
  expect((await closed()).because).toMatchObject({ code: 'protocol', findings: [expect.stringMatching(/CALL/)] })
  expect(await count('country IN (\'YX\', \'YY\')')).toBe(0)
})

test('several CALLs in one piece, and one in a transaction, are carried out as ever', async () => {
  const { session, closed } = await enter()
  expect(await pipeline(session, 'CALL crm.call_few()', 'SELECT 1', 'CALL crm.call_few()')).toBe('I')
  expect(await pipeline(session, 'BEGIN', 'CALL crm.call_few()')).toBe('T')
  await session.query('CALL crm.call_few()')
  await session.query('ROLLBACK')
  await session.end()
  expect(await closed()).toMatchObject({ because: { code: 'client left' }, counts: { written: 4 } })
  expect(await count('country = \'YX\'')).toBe(1)
  await client.run('UPDATE crm.listener SET country = \'FR\' WHERE country = \'YX\'')
})

test('a refusal of what the gateway asks itself after a refusal is told to nobody, and the next statement is answered as ever', async () => {
  const { session, faults, closed } = await enter()
  await session.query('SELECT user_id FROM crm.listener LIMIT 1')
  await expect(session.query('SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' })
  await session.query('SET statement_timeout = \'1500ms\'')
  await client.run('BEGIN')
  await client.run('LOCK TABLE pg_class IN ACCESS EXCLUSIVE MODE')
  try {
    await expect(session.query('SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' })
    await vi.waitFor(async () => expect(await blocked()).toBe(1))
    await vi.waitFor(async () => expect(await blocked()).toBe(0), 30_000)
  } finally {
    await client.run('COMMIT')
  }
  expect(faults).toEqual([])
  expect((await session.query('UPDATE crm.listener SET country = \'YW\' WHERE user_id = 1')).rowCount).toBe(1)
  expect(faults).toEqual([])
  await session.end()
  expect((await closed()).counts).toMatchObject({ errors: 2, written: 1 })
})
