import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { Broken, Refused } from '#kit/errors'
import { clientOptions, patiently, withoutValues, type Address } from './connection.ts'

/** One file `NNNN-word.sql`, whose first line is `-- NNNN word: sentence   (breaking: what to do first)`. */
export interface Migration {
  readonly number: number
  readonly name: string
  readonly sentence: string
  /** What must be done before it, when older servers cannot live with it. */
  readonly breaking: string | undefined
  readonly sha256: string
  readonly text: string
}

interface Applied {
  readonly number: number
  readonly name: string
  readonly sha256: string
}

export const migrationsDirectory = join(import.meta.dirname, 'migrations')

const fileName = /^(\d{4})-([a-z][a-z0-9-]*)\.sql$/
const heading = /^-- (\d{4}) ([a-z][a-z0-9-]*): (\S.*?)(?:\s+\(breaking: (\S.*)\))?$/

/** Any number that nobody else uses for an advisory lock in this database: the bytes of "bail". */
const migrationLock = 0x6261696c

const malformed = (file: string, problem: string): Broken => new Broken('database/malformed-migration', `${file}: ${problem}`)

/** Reads one migration from its file's name and text. Throws Broken `database/malformed-migration`. */
export function parseMigration(file: string, text: string): Migration {
  const named = fileName.exec(file)
  if (named === null) throw malformed(file, 'its name is not NNNN-word.sql')
  const [firstLine = ''] = text.split('\n', 1)
  const headed = heading.exec(firstLine)
  if (headed === null) throw malformed(file, 'its first line is not `-- NNNN word: sentence   (breaking: what to do first)`')
  const [, number = '', name = ''] = named
  const [, headedNumber, word = '', sentence = '', breaking] = headed
  if (headedNumber !== number || (name !== word && !name.startsWith(`${word}-`))) throw malformed(file, 'its first line names another migration')
  return { number: Number(number), name, sentence, breaking, sha256: createHash('sha256').update(text).digest('hex'), text }
}

/** All migrations of a directory, in order. Throws Broken `database/malformed-migration`, two with one number included. */
export function readMigrations(directory: string = migrationsDirectory): Migration[] {
  const files = readdirSync(directory).filter((file) => file.endsWith('.sql')).sort()
  const migrations = files.map((file) => parseMigration(file, readFileSync(join(directory, file), 'utf8')))
  for (const [index, migration] of migrations.entries()) {
    if (migrations[index - 1]?.number === migration.number) throw malformed(files[index] ?? '', 'its number is taken')
  }
  return migrations
}

/**
 * What is still to be applied. Pure. Throws Refused `database/newer-schema` for a schema this code does not know,
 * `database/changed-migration` for a file edited after it was applied, `database/late-migration` for one numbered below what was.
 */
export function planMigrations(migrations: readonly Migration[], applied: readonly Applied[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.number, migration]))
  const newest = migrations.at(-1)?.number ?? 0
  const newer = applied.filter(({ number }) => number > newest)
  if (newer.length > 0) {
    const last = newer.at(-1)?.number
    throw new Refused('database/newer-schema', `the database is at schema ${last} and this Bailee knows ${newest}: run the Bailee that wrote it, or a newer one; nothing was changed`)
  }
  for (const { number, name, sha256 } of applied) {
    if (known.get(number)?.sha256 === sha256) continue
    throw new Refused('database/changed-migration', `migration ${number} (${name}) was applied to this database in another form than this Bailee carries: run the version that applied it, or restore the file; nothing was changed`)
  }
  const done = applied.at(-1)?.number ?? 0
  const pending = migrations.filter(({ number }) => !applied.some((other) => other.number === number))
  const late = pending.find(({ number }) => number < done)
  if (late !== undefined) throw new Refused('database/late-migration', `migration ${late.number} (${late.name}) comes before ${done}, which is applied already: give it a number above; nothing was changed`)
  return pending
}

const bookkeeping = `create table if not exists schema_migration (
  number integer primary key check (number between 1 and 9999),
  name text not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  breaking text,
  applied_at timestamptz not null default clock_timestamp()
)`

async function transactionId(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ id: string }>('select pg_current_xact_id()::text as id')
  return rows[0]?.id
}

/** The file and its row, or neither. A file that ends the transaction itself is refused before its row is written. */
async function applyOne(client: pg.Client, migration: Migration): Promise<void> {
  const { number, name, sha256, breaking, text } = migration
  await client.query('begin')
  try {
    const before = await transactionId(client)
    await client.query(text)
    if ((await transactionId(client)) !== before) throw malformed(`${number}-${name}.sql`, 'it ends the transaction it runs in')
    await client.query('insert into schema_migration (number, name, sha256, breaking) values ($1, $2, $3, $4)', [number, name, sha256, breaking ?? null])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    if (error instanceof Broken) throw error
    const cause = withoutValues(error)
    throw new Broken('database/migration', `migration ${number} (${name}) failed and left nothing: ${(cause as Error).message}`, { cause })
  }
}

/**
 * Brings a database to the schema of this code, forward only, each migration in a transaction of its own. Two processes at once
 * apply each once. Returns what it applied, in order; nothing when there was nothing to do.
 * Throws what `planMigrations` and `readMigrations` throw, and Broken `database/migration` when a file fails.
 */
export async function migrate(address: Address, directory: string = migrationsDirectory): Promise<Migration[]> {
  const migrations = readMigrations(directory)
  const client = await patiently(address, async () => {
    const attempt = new pg.Client(clientOptions(address))
    attempt.on('error', () => undefined) // said by the statement that misses the connection
    await attempt.connect()
    return attempt
  })
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock])
    await client.query('set client_min_messages = warning')
    await client.query(bookkeeping)
    const { rows } = await client.query<Applied>('select number, name, sha256 from schema_migration order by number')
    const pending = planMigrations(migrations, rows)
    for (const migration of pending) await applyOne(client, migration)
    return pending
  } finally {
    await client.end() // lets go of the lock
  }
}
