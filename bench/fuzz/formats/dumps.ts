/** SQL dumps: of PostgreSQL as PostgreSQL itself prints rows and literals, of SQLite as its own shell dumps them, of MySQL by its grammar. */
import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { DatabaseSync } from 'node:sqlite'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { startServer, type Server } from '../../../server/database/index.ts'
import { pgDumpArchive, type ArchiveCompression } from '../../../server/inventory/adapter/table/testing.ts'
import { differ, has, rowParts, sumOf, unexpected, type Format, type Made, type Sample, type Tools, type Verdict } from '../format.ts'
import { times, type Random } from '../random.ts'
import { valueOf } from '../values.ts'

type Value = string | null

const text = (random: Random): string => valueOf(random).toWellFormed().replaceAll(/[\u0000\ufeff]/g, '').slice(0, 20_000)
const tableOf = (random: Random): Value[][] => {
  const width = 1 + random.below(6)
  return times(random.below(random.chance(0.05) ? 200 : 12), () => times(width, () => (random.chance(0.1) ? null : text(random))))
}
// A long value goes on in further fields.
const rowsOf = (tables: readonly (readonly Value[][])[]): string[][] => tables.flat().map((row) => row.map((value) => value ?? ''))

const ofTables = ({ read }: Sample) => sumOf(read.parts.filter(({ kind }) => kind === 'table of an SQL dump' || kind === 'table of a pg_dump archive'))
const judge = (sample: Sample, tools: Tools): Verdict => unexpected(sample.read) ?? differ(ofTables(sample), tools.count(sample.rows!))

let server: Promise<{ server: Server; client: pg.Client }> | undefined

/** One server for all files of a process. */
function connected(folder: string): Promise<{ server: Server; client: pg.Client }> {
  server ??= (async () => {
    chmodSync(join(folder, '..'), 0o755) // the server's user passes through
    const started = await startServer({ directory: join(folder, '..', 'server'), settings: { fsync: 'off' } })
    const client = new pg.Client({ connectionString: started.url('postgres') })
    await client.connect()
    return { server: started, client }
  })()
  return server
}

const identifier = (random: Random): string => random.pick(['public.person', 'crm.other', '"a ""b"', 'public."select"', 't'])

async function postgres(random: Random, client: pg.Client): Promise<Made> {
  const tables = times(1 + random.below(3), () => tableOf(random))
  const pieces = ['--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\nSET client_encoding = \'UTF8\';\nSET standard_conforming_strings = on;\n\n']
  for (const [number, rows] of tables.entries()) {
    const width = rows[0]?.length ?? 2
    const columns = times(width, (at) => random.pick([`c${at}`, `"c ${at}"`, `"x,y${at}"`, `"q""${at}"`]))
    const name = `${identifier(random)}`.replace(/(\w)("?)$/, `$1${number}$2`)
    await client.query(`create temp table w (${times(width, (at) => `c${at} text`).join(', ')})`)
    if (rows.length > 0) await client.query(`insert into w select * from unnest(${times(width, (at) => `$${at + 1}::text[]`).join(', ')})`, times(width, (at) => rows.map((row) => row[at]!)))
    pieces.push(`CREATE TABLE ${name} (\n${columns.map((column) => `    ${column} text`).join(',\n')}\n);\n\n`)
    if (random.chance(0.6)) pieces.push(`COPY ${name} (${columns.join(', ')}) FROM stdin;\n${await textOf(client.query(copyTo('copy w to stdout')))}\\.\n\n\n`)
    else {
      const literals = await client.query<{ line: string }>(`select format('(${times(width, () => '%L').join(', ')})', ${times(width, (at) => `c${at}`).join(', ')}) as line from w`)
      const lines = literals.rows.map(({ line }) => line)
      pieces.push(random.chance(0.5) ? lines.map((line) => `INSERT INTO ${name} VALUES ${line};\n`).join('') : lines.length === 0 ? '' : `INSERT INTO ${name} (${columns.join(', ')}) VALUES\n\t${lines.join(',\n\t')};\n`)
    }
    await client.query('drop table w')
    if (random.chance(0.2)) pieces.push('CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $_$ select \'insert into x values (1)\' $_$;\n\n-- insert into nothing values (1);\n/* \'; */\n')
  }
  pieces.push('--\n-- PostgreSQL database dump complete\n--\n\n')
  return { bytes: Buffer.from(pieces.join('')), rows: rowsOf(tables) }
}

async function postgresDumps(randoms: readonly Random[], { folder }: Tools): Promise<Made[]> {
  const { client } = await connected(folder)
  const made: Made[] = []
  for (const random of randoms) made.push(await postgres(random, client))
  return made
}

/** Files through one run of the shell. */
function sqliteDumps(randoms: readonly Random[], { folder }: Tools): Made[] {
  const all = randoms.map((random, at) => {
    const file = join(folder, `made-${at}.sqlite`)
    const tables = times(1 + random.below(3), () => tableOf(random))
    const database = new DatabaseSync(file)
    database.exec('pragma journal_mode = off; pragma synchronous = off; begin')
    for (const [number, rows] of tables.entries()) {
      const name = `"${random.pick(['person', 'a b', 'x""y', 'select'])}${number}"`
      const width = rows[0]?.length ?? 1
      database.exec(`create table ${name} (${times(width, (column) => `"c ${column}" text`).join(', ')})`)
      const insert = database.prepare(`insert into ${name} values (${times(width, () => '?').join(', ')})`)
      for (const row of rows) insert.run(...row)
    }
    database.exec('commit')
    database.close()
    return { file, rows: rowsOf(tables) }
  })
  execFileSync('sqlite3', [], { input: all.map(({ file }) => `.open ${file}\n.output ${file}.sql\n.dump\n`).join('') })
  return all.map(({ file, rows }) => {
    const bytes = readFileSync(`${file}.sql`)
    for (const one of [file, `${file}.sql`]) rmSync(one)
    return { bytes, rows }
  })
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\'': '\\\'', '"': '\\"', '\n': '\\n', '\r': '\\r', '\u001a': '\\Z' }

function mysql(random: Random): Made {
  const tables = times(1 + random.below(3), () => tableOf(random))
  const pieces = ['-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)\n--\n-- Host: localhost    Database: crm\n\n/*!40101 SET NAMES utf8mb4 */;\n\n']
  for (const [number, rows] of tables.entries()) {
    const name = `\`${random.pick(['person', 'a b', 'x``y', 'select'])}${number}\``
    const width = rows[0]?.length ?? 1
    pieces.push(`DROP TABLE IF EXISTS ${name};\n/*!40101 SET @saved_cs_client     = @@character_set_client */;\nCREATE TABLE ${name} (\n${times(width, (at) => `  \`c ${at}\` text COMMENT 'it''s; (x)'`).join(',\n')}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;\n\nLOCK TABLES ${name} WRITE;\n/*!40000 ALTER TABLE ${name} DISABLE KEYS */;\n`)
    const lines = rows.map((row) => `(${row.map((value) => (value === null ? 'NULL' : /^[0-9]{1,9}$/.test(value) && !value.startsWith('0') ? value : `'${value.replaceAll(/[\\'"\n\r\u001a]/g, (letter) => escapes[letter]!)}'`)).join(',')})`)
    const together = random.chance(0.7) ? lines.length : 1
    for (let at = 0; at < lines.length; at += together) pieces.push(`INSERT INTO ${name} VALUES ${lines.slice(at, at + together).join(random.chance(0.8) ? ',' : ',\n')};\n`)
    pieces.push(`/*!40000 ALTER TABLE ${name} ENABLE KEYS */;\nUNLOCK TABLES;\n\n`)
  }
  pieces.push('-- Dump completed on 2026-11-28  4:00:00\n')
  return { bytes: Buffer.from(pieces.join('')), rows: rowsOf(tables) }
}

const copyLetters: Readonly<Record<string, string>> = { '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v' }
const copied = (value: Value): string => (value === null ? '\\N' : value.replaceAll(/[\\\b\f\n\r\t\v]/g, (letter) => copyLetters[letter]!))

function archive(random: Random): Made {
  const tables = times(1 + random.below(3), () => tableOf(random))
  const minor = 12 + random.below(5)
  const compression = random.pick<ArchiveCompression>(minor >= 15 ? ['none', 'gzip', 'zstd'] : ['none', 'gzip'])
  const archived = tables.map((rows, number) => ({ schema: random.pick(['public', 'crm']), name: random.pick([`person${number}`, `"a ""b${number}"`]), columns: times(rows[0]?.length ?? 2, (at) => random.pick([`c${at}`, `"x,y${at}"`])), rows: rows.map((row) => `${row.map(copied).join('\t')}\n`).join('') }))
  return { bytes: pgDumpArchive(archived, { minor, compression, pieceBytes: random.chance(0.5) ? 4096 : 1 + random.below(200) }), rows: rowsOf(tables) }
}

/** One table's file of a directory of pg_dump: its rows as COPY writes them, and the end mark, which is read as a row of one field. Quotes in them mean nothing. */
function directory(random: Random): Made {
  const table = tableOf(random)
  const rows = table.map((row) => row.map(copied))
  const plain = Buffer.from(`${rows.map((row) => `${row.join('\t')}\n`).join('')}\\.\n\n\n`)
  return { bytes: random.pick([() => plain, () => gzipSync(plain), () => zstdCompressSync(plain)])(), rows: [...rows.filter((row) => row.length > 1 || row[0] !== ''), ['\\.']] } // an empty line is no row
}

const kind = /SQL dump/
export const dumps: readonly Format[] = [
  {
    name: 'dumps of PostgreSQL', long: true, oracle: 'PostgreSQL, which printed the rows', damagedShare: 0.25, kind, tells: (damage) => damage === 'cut', make: postgresDumps, compare: (samples, tools) => samples.map((sample) => judge(sample, tools)),
    close: async () => {
      const open = await server
      server = undefined
      await open?.client.end()
      await open?.server.stop()
    },
  },
  { name: 'archives of pg_dump', oracle: 'what was written', damagedShare: 0.25, kind: /pg_dump archive/, tells: (damage) => damage === 'cut', make: (randoms) => randoms.map(archive), compare: (samples, tools) => samples.map((sample) => judge(sample, tools)) },
  {
    name: 'files of a pg_dump directory', oracle: 'what was written', damagedShare: 0.25, kind: /rows of COPY/, make: (randoms) => randoms.map(directory),
    compare: (samples, tools) => samples.map((sample) => unexpected(sample.read) ?? differ(sumOf(rowParts(sample.read)), tools.count(sample.rows!))),
  },
  { name: 'dumps of SQLite', oracle: 'the shell of SQLite, which wrote them', damagedShare: 0.25, kind, tells: (damage) => damage === 'cut', make: sqliteDumps, needs: () => has('sqlite3'), compare: (samples, tools) => samples.map((sample) => judge(sample, tools)) },
  { name: 'dumps of MySQL', oracle: 'what was written', damagedShare: 0.25, kind, tells: (damage) => damage === 'cut', make: (randoms) => randoms.map(mysql), compare: (samples, tools) => samples.map((sample) => judge(sample, tools)) },
]
