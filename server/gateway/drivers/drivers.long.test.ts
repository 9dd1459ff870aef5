import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { finished } from 'node:stream/promises'
import { inspect } from 'node:util'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listen, type Gateway } from '../listen.ts'
import { certificateFor, createEncryptedDatabase, untilRunning, loopbackOfOneself, MemoryDoorkeeper, planOf, type ClientDatabase } from '../testing.ts'
import { cancelPacket } from '../wire/messages.ts'

// What people connect with, each running one script of behaviour twice: at PostgreSQL itself, as a role with the same grants, and through the gateway. Both over
// TLS, with the certificate verified. What differs is listed: it is where refusing is the point.

interface Place { readonly host: string; readonly port: number; readonly user: string; readonly password: string; readonly database: string; readonly authority: string }

const address = loopbackOfOneself()
const pair = certificateFor('127.0.0.1', address)
const doorkeeper = new MemoryDoorkeeper()
const directory = mkdtempSync(join(tmpdir(), 'bailee-drivers-'))
let client: ClientDatabase
let gateway: Gateway
let direct: Place
let through: Place

const columns = ['id', 'n', 'big', 'small', 'f', 'r', 'b', 't', 'v', 'd', 'ts', 'tz', 'i', 'u', 'j', 'jb', 'ia', 'ta', 'na', 'net', 'span', 'mood', 'by']
const tables = `
  SET ROLE crm_owner;
  CREATE TYPE crm.mood AS ENUM ('good', 'better');
  CREATE TABLE crm.form (id int PRIMARY KEY, n numeric(30, 8), big bigint, small smallint, f double precision, r real, b boolean, t text, v varchar(20), d date, ts timestamp, tz timestamptz,
    i interval, u uuid, j json, jb jsonb, ia int[], ta text[], na numeric[], net inet, span int4range, mood crm.mood, by bytea);
  INSERT INTO crm.form VALUES
    (1, 12345678901234567890.12345678, 9223372036854775807, -32768, 0.1, 1.5, true, 'Zoë "quoted" \\ tab	', 'v', '2019-04-01', '2019-04-01 12:00:00.123456', '2019-04-01 12:00:00.123456+02', '1 day 02:03:04',
     '0f8fad5b-d9cb-469f-a165-70867728950e', '{"a": [1, null]}', '{"b": {"c": "d"}}', '{1,2,NULL}', '{"a,b","c\\"d",NULL}', '{1.50,2}', '192.0.2.1', '[1,5)', 'better', '\\x00ff10'),
    (2, 'NaN', -9223372036854775808, 0, 'Infinity', '-Infinity', false, '', '', '0001-01-01', '1900-01-01 00:00:00', '1900-01-01 00:00:00+00', '-1 mon', '00000000-0000-0000-0000-000000000000', '[]', 'null', '{}', '{}',
     '{}', '2001:db8::/32', 'empty', 'good', ''),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
  CREATE TABLE crm.task (id int PRIMARY KEY, note text);
  RESET ROLE;
  GRANT INSERT (user_id, country, plan), UPDATE (user_id, country, plan), DELETE ON crm.listener TO analyst;
  GRANT SELECT, INSERT, UPDATE, DELETE ON crm.form, crm.task TO analyst;`

beforeAll(async () => {
  client = await createEncryptedDatabase(pair, address)
  await client.run(tables)
  doorkeeper.tokens.set('noa', ['tok-noa'])
  doorkeeper.plans.set('INS-1', () => planOf(client.gatewayUrl, {
    operations: ['read', 'write', 'erase'], rowsMax: 10_000_000,
    tables: [{ schema: 'crm', table: 'listener', columns: ['user_id', 'country', 'plan'] }, { schema: 'crm', table: 'form', columns }, { schema: 'crm', table: 'task', columns: ['id', 'note'] }],
  }))
  gateway = await listen({ doorkeeper, at: { host: '127.0.0.1', port: 0 }, tls: pair, saltSecret: doorkeeper.secret })
  for (const [name, { cert }] of [['authority.pem', pair], ['other.pem', certificateFor('127.0.0.1', address)]] as const) writeFileSync(join(directory, name), cert)
  direct = { host: address, port: 5432, user: 'analyst', password: 'tok-noa', database: 'crm', authority: pair.cert }
  through = { ...direct, host: '127.0.0.1', port: gateway.port, user: 'noa+INS-1' }
})
afterAll(async () => {
  await gateway.close()
  await client.stop()
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
})

const slow = 'SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 100000) AS b'
const wrong: readonly (readonly [string, string])[] = [
  ['division', 'SELECT 1/0'], ['syntax', 'SELEC 1'], ['privilege', 'SELECT email FROM crm.listener'], ['cast', 'SELECT \'x\'::int'], ['duplicate', 'INSERT INTO crm.task (id, note) VALUES (1, \'a\'), (1, \'b\')'],
]
const stateOf = (error: unknown): string => String((error as { code?: unknown }).code)

/** Notes steps as lines. */
class Lines {
  readonly said: string[] = []
  say(step: string, value: unknown): void {
    this.said.push(`${step}\t${inspect(value, { depth: 9, breakLength: Infinity, maxArrayLength: null })}`)
  }
}

async function nodePostgres(place: Place): Promise<string> {
  const lines = new Lines()
  const enter = async (authority = place.authority): Promise<pg.Client> => {
    const { host, port, user, password, database } = place
    const session = new pg.Client({ host, port, user, password, database, ssl: { ca: authority } })
    session.on('error', () => undefined)
    await session.connect()
    return session
  }
  const session = await enter()
  await typesOfNodePostgres(session, lines)
  for (const [step, statement] of wrong) lines.say(step, await session.query(statement).then(() => 'no error', (error: unknown) => [stateOf(error), (error as pg.DatabaseError).position]))
  await transactionsOfNodePostgres(session, lines)
  await readingOfNodePostgres(session, lines)
  const running = session.query(slow).catch(stateOf)
  const { processID, secretKey } = session as unknown as { processID: number; secretKey: number }
  await untilRunning(client, '%generate_series(1, 100000) AS b')
  await cancelBy(place, processID, secretKey)
  lines.say('cancelled', await running)
  lines.say('after cancelling', (await session.query('SELECT 1 AS one')).rows)
  await session.end()
  const again = await enter()
  lines.say('connected again', (await again.query('SELECT count(*) FROM crm.task')).rows)
  lines.say('copy out', await text(again.query(copyTo('COPY crm.task (id, note) TO STDOUT'))).catch(stateOf))
  await again.end().catch(() => undefined)
  lines.say('another authority', await enter(certificateFor('127.0.0.1', address).cert).then(() => 'was believed', stateOf))
  return lines.said.join('\n')
}

async function typesOfNodePostgres(session: pg.Client, lines: Lines): Promise<void> {
  const { rows, fields } = await session.query({ text: `SELECT ${columns.join(', ')} FROM crm.form WHERE id > $1 ORDER BY id`, values: [0], rowMode: 'array' })
  for (const row of rows) lines.say('types', row)
  lines.say('fields', fields.map(({ name, dataTypeID, dataTypeModifier, format }) => [name, dataTypeID, dataTypeModifier, format]))
  const given = await session.query('SELECT $1::numeric, $2::timestamptz, $3::text[], $4::bytea, $5::json', ['1.50', new Date(0), ['a', null, 'b"c'], Buffer.from([0, 255]), { a: 1 }])
  lines.say('parameters', given.rows)
  lines.say('several in one text', await session.query('SELECT 1 AS a; SELECT 2 AS b').then(() => 'no error', stateOf))
}

async function transactionsOfNodePostgres(session: pg.Client, lines: Lines): Promise<void> {
  await session.query('BEGIN')
  lines.say('deleted', typeof (await session.query('DELETE FROM crm.task')).rowCount)
  await session.query('INSERT INTO crm.task (id, note) VALUES ($1, $2)', [1, 'kept'])
  await session.query('SAVEPOINT one')
  lines.say('savepoint', await session.query('INSERT INTO crm.task (id, note) VALUES (1, \'twice\')').catch(stateOf))
  lines.say('failed transaction', await session.query('SELECT 1').catch(stateOf))
  await session.query('ROLLBACK TO SAVEPOINT one')
  await session.query('COMMIT')
  await session.query('BEGIN')
  lines.say('updated', (await session.query('UPDATE crm.task SET note = \'changed\' RETURNING note')).rows)
  await session.query('ROLLBACK')
  lines.say('kept', (await session.query('SELECT * FROM crm.task')).rows)
}

async function readingOfNodePostgres(session: pg.Client, lines: Lines): Promise<void> {
  let total = 0
  for (let index = 0; index < 30; index += 1) total += Number((await session.query({ name: 'counted', text: 'SELECT count(*) FROM crm.listener WHERE user_id > $1', values: [index] })).rows[0]?.count)
  lines.say('prepared', total)
  for (const [step, query, rowsAtOnce] of [['portal', 'SELECT user_id, country FROM crm.listener ORDER BY user_id', 100], ['large', 'SELECT i, repeat(\'x\', 100) AS x FROM generate_series(1, 30000) AS i', 0]] as const) {
    const digest = createHash('sha256')
    let count = 0
    const events = new pg.Query({ text: query, values: [], ...(rowsAtOnce === 0 ? {} : { rows: rowsAtOnce }) } as unknown as string)
    events.on('row', (row: unknown) => { digest.update(JSON.stringify(row)); count += 1 })
    session.query(events)
    await once(events, 'end')
    lines.say(step, [count, digest.digest('hex')])
  }
  await session.query('BEGIN')
  await session.query('DECLARE portal CURSOR FOR SELECT user_id FROM crm.listener ORDER BY user_id')
  for (const move of ['FETCH 3', 'MOVE 10', 'FETCH BACKWARD 2', 'FETCH ALL']) lines.say(move, await session.query(`${move} FROM portal`).then(({ rowCount, command, rows }) => [command, rowCount, rows.length], stateOf))
  await session.query('COMMIT')
  const copied = session.query(copyFrom('COPY crm.task (id, note) FROM STDIN'))
  copied.end('101\tcopied in\n102\t\\N\n')
  await finished(copied)
  lines.say('copied in', (await session.query('DELETE FROM crm.task WHERE id > 100 RETURNING *')).rows)
}

/** As libpq did before 17: a connection of its own, in clear. */
async function cancelBy(place: Place, process: number, secret: number): Promise<void> {
  const socket = connect({ host: place.host, port: place.port })
  await once(socket, 'connect')
  socket.end(cancelPacket(process, secret))
  await once(socket.resume(), 'close')
}

async function postgresJs(place: Place): Promise<string> {
  const lines = new Lines()
  const { host, port, user, password, database } = place
  const enter = (authority = place.authority): postgres.Sql => postgres({ host, port, user, password, database, ssl: { ca: authority }, max: 1, onnotice: () => undefined, connect_timeout: 60 })
  const sql = enter()
  for (const row of await sql`SELECT * FROM crm.form ORDER BY id`.values()) lines.say('types', row)
  lines.say('parameters', await sql`SELECT ${'1.50'}::numeric, ${new Date(0)}::timestamptz, ${['a', 'b']}::text[], ${Buffer.from([0, 255])}::bytea, ${sql.json({ a: 1 })}::json`.values())
  lines.say('described', (await sql`SELECT user_id, country FROM crm.listener`.describe()).columns.map(({ name, type }) => [name, type]))
  for (const [step, statement] of wrong) lines.say(step, await sql.unsafe(statement).then(() => 'no error', stateOf))
  lines.say('transaction', await sql.begin(async (tx) => {
    await tx`DELETE FROM crm.task`
    await tx`INSERT INTO crm.task ${tx({ id: 1, note: 'kept' })}`
    lines.say('savepoint', await tx.savepoint((inner) => inner`INSERT INTO crm.task (id, note) VALUES (1, 'twice')`).catch(stateOf))
    return tx`SELECT * FROM crm.task`
  }))
  lines.say('undone', await sql.begin(async (tx) => { await tx`UPDATE crm.task SET note = 'changed'`; throw new Error('undone') }).catch((error: unknown) => String(error)))
  lines.say('kept', await sql`SELECT * FROM crm.task`)
  let total = 0
  for (let index = 0; index < 30; index += 1) total += Number((await sql`SELECT count(*) FROM crm.listener WHERE user_id > ${index}`)[0]?.['count'])
  lines.say('prepared', total)
  const sizes: number[] = []
  const digest = createHash('sha256')
  await sql`SELECT user_id, country FROM crm.listener ORDER BY user_id`.cursor(700, (rows) => { sizes.push(rows.length); digest.update(JSON.stringify(rows)) })
  lines.say('cursor', [sizes, digest.digest('hex')])
  const large = createHash('sha256')
  await sql`SELECT i, repeat('x', 100) AS x FROM generate_series(1, 30000) AS i`.forEach((row) => { large.update(JSON.stringify(row)) })
  lines.say('large', large.digest('hex'))
  lines.say('simple', await sql`SELECT 1 AS a`.simple())
  lines.say('several in one text', await sql`SELECT 1 AS a; SELECT 2 AS b`.simple().then(() => 'no error', stateOf))
  const running = sql.unsafe(slow)
  const said = running.then(() => 'no error', stateOf)
  await untilRunning(client, '%generate_series(1, 100000) AS b')
  running.cancel()
  lines.say('cancelled', await said)
  lines.say('after cancelling', await sql`SELECT 1 AS one`)
  const settings = Object.entries(sql.parameters).filter(([name]) => ['client_encoding', 'DateStyle', 'TimeZone', 'server_version', 'integer_datetimes'].includes(name)).sort()
  lines.say('parameters of the session', settings)
  await sql.end()
  const again = enter()
  lines.say('connected again', await again`SELECT count(*) FROM crm.task`)
  lines.say('copy out', await again`COPY crm.task (id, note) TO STDOUT`.readable().then(text).catch(stateOf))
  await again.end({ timeout: 1 })
  const other = enter(certificateFor('127.0.0.1', address).cert)
  lines.say('another authority', await other`SELECT 1`.then(() => 'was believed', stateOf))
  await other.end({ timeout: 1 })
  return lines.said.join('\n')
}

/** What is not the same on purpose, by the name of the step, and what the gateway's client hears: the session here may write. */
const onPurpose: Readonly<Record<string, RegExp>> = { 'copy out': /\t'?0A000'?$/, 'several in one text': /\t'42601'$/ }

/** Lines `name<tab>value`, one a step. */
type Script = (place: Place) => Promise<string>

async function compare(script: Script, stepsMin: number): Promise<void> {
  const [one, two] = [await script(direct), await script(through)].map((said) => said.split('\n'))
  const differing = (one ?? []).flatMap((line, index) => (line === two?.[index] ? [] : [{ step: line.split('\t')[0] ?? '', direct: line, through: two?.[index] ?? '' }]))
  expect(differing.filter(({ step, direct: there, through: here }) => onPurpose[step] === undefined || onPurpose[step].test(there) || !onPurpose[step].test(here))).toEqual([])
  expect(two?.length).toBe(one?.length)
  expect(one?.length).toBeGreaterThanOrEqual(stepsMin)
}

/** Runs a program that is told by its environment where to connect. */
function program(file: string, parameters: readonly string[], more: Readonly<Record<string, string>> = {}): Script {
  return (place) => new Promise((resolve, reject) => {
    const environment = {
      ...process.env, TZ: 'UTC', DRIVER_HOST: place.host, DRIVER_PORT: String(place.port), DRIVER_USER: place.user, DRIVER_PASSWORD: place.password, DRIVER_DBNAME: place.database,
      DRIVER_CA: join(directory, 'authority.pem'), DRIVER_OTHER_CA: join(directory, 'other.pem'),
      PGHOST: place.host, PGPORT: String(place.port), PGUSER: place.user, PGPASSWORD: place.password, PGDATABASE: place.database, PGSSLMODE: 'verify-full', PGSSLROOTCERT: join(directory, 'authority.pem'), ...more,
    }
    execFile(file, [...parameters], { env: environment, cwd: directory, timeout: 240_000, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${file} ended with ${String(error.code)}: ${stderr.slice(0, 2_000)}\n${stdout.slice(-500)}`))
    })
  })
}

const here = import.meta.dirname
const python = '/usr/bin/python3' // Debian's own: its packages are no other Python's
const hasModule = (name: string): boolean => existsSync(python) && spawnSync(python, ['-c', `import ${name}`]).status === 0
const [psycopg2, psycopg3] = [hasModule('psycopg2'), hasModule('psycopg')]
const driver = '/usr/share/java/postgresql.jar'
const jdbc = existsSync(driver) && spawnSync('javac', ['-version']).status === 0
const libraries = '/usr/share/gocode'
const libpq = existsSync(join(libraries, 'src/github.com/lib/pq')) && spawnSync('go', ['version']).status === 0
const psql = spawnSync('psql', ['--version']).status === 0
const pgbench = spawnSync('pgbench', ['--version']).status === 0

test('node-postgres behaves as at PostgreSQL itself', () => compare(nodePostgres, 25))

test('postgres.js behaves as at PostgreSQL itself', () => compare(postgresJs, 20))

test.skipIf(!psycopg2)('psycopg2 behaves as at PostgreSQL itself (Debian: python3-psycopg2)', () => compare(program(python, [join(here, 'libpq.py'), '2']), 20))

test.skipIf(!psycopg3)('psycopg 3 behaves as at PostgreSQL itself (Debian: python3-psycopg)', () => compare(program(python, [join(here, 'libpq.py'), '3']), 20))

test.skipIf(!jdbc)('JDBC behaves as at PostgreSQL itself (Debian: libpostgresql-jdbc-java, default-jdk-headless)', () => compare(program('java', ['-XX:TieredStopAtLevel=1', '-cp', driver, join(here, 'Jdbc.java')]), 25))

test.skipIf(!libpq)('lib/pq behaves as at PostgreSQL itself (Debian: golang-github-lib-pq-dev, golang-go)', async () => {
  const built = join(directory, 'pq')
  await program('go', ['build', '-o', built, join(here, 'pq.go')], { GOPATH: libraries, GO111MODULE: 'off', GOCACHE: join(directory, 'cache'), GOFLAGS: '-p=2' })(direct)
  await compare(program(built, []), 20)
})

test.skipIf(!psql)('psql behaves as at PostgreSQL itself (Debian: postgresql-client)', async () => {
  await compare(async (place) => {
    const said = await program('psql', ['-X', '-q', '-f', join(here, 'psql.sql')])(place)
    return `${said}\nall\t${createHash('sha256').update(said).digest('hex')}`
  }, 20_000)
})

test.skipIf(!pgbench)('pgbench runs every transaction, in each of its protocols (Debian: postgresql-contrib)', async () => {
  writeFileSync(join(directory, 'reading.sql'), '\\set id random(1, 5000)\nSELECT country FROM crm.listener WHERE user_id = :id;\n')
  for (const protocol of ['simple', 'extended', 'prepared']) {
    const said = await program('pgbench', ['-n', '-c', '4', '-j', '2', '-t', '50', '-M', protocol, '-f', join(directory, 'reading.sql')])(through)
    expect(said).toContain('number of transactions actually processed: 200/200')
    expect(said).toContain('number of failed transactions: 0')
  }
})
