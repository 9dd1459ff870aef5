/** The physical check of a MariaDB store: its files, values of its tables, and what must be seen in each kind of file. */
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { randomBytes } from 'node:crypto'
import { openMysqlSession, quoteName, tableAt, type MysqlSession } from '#inventory'
import { Broken } from '#kit/errors'
import { mysqlTablesHangingOn } from '../../adapter/mysqlHanging.ts'
import type { Drawn, Engine, MysqlFiles, Undo } from '../engine.ts'
import { needleBytesMax, needleBytesMin } from '../needles.ts'
import { listIdentities } from '../search.ts'
import type { BlindColumn, FileSeen, Hindrance } from '../types.ts'
import { clearMysql } from './mysqlClear.ts'
import { numberOf, passOver } from './mysqlErrors.ts'
import { mysqlKind, mysqlRules, mysqlShared, type Names } from './mysqlKinds.ts'

/** Rows that are looked at for values. */
const rowsMax = 50_000
/** Seconds to wait for another check of the same server, and for a table that somebody holds. */
const aloneSeconds = 5
const lockSeconds = 10
const ours = 'bailee-control-'

/** Opens a store's server and its data directory. Throws `Broken` when either cannot be reached, they do not belong together, or another check of that server is running. */
export async function openMysqlFiles(store: MysqlFiles): Promise<Engine> {
  const session = await openMysqlSession(store.url)
  try {
    const [server] = await session.ask<{ version: string; alone: string | number }>(`select version() as version, get_lock('bailee physical check', ${aloneSeconds}) as alone`)
    if (server?.version.includes('MariaDB') !== true) throw new Broken('erasure/not-mariadb', 'the files of a MySQL server are not examined yet: of those of this kind, only MariaDB\'s are')
    if (Number(server.alone) !== 1) throw new Broken('erasure/checked-already', 'the files of a store are being examined by another run of Bailee; run the erasure again when that has ended')
    await session.run('set session sql_log_bin = 0').catch(passOver)
    await session.run(`set session lock_wait_timeout = ${lockSeconds}`)
    await removeLeftovers(session)
    await mustBelong(session, store.dataDirectory)
    return engineOf(session, store, await namesOf(session, store.dataDirectory))
  } catch (cause) {
    session.close()
    throw cause instanceof Broken ? cause : new Broken('erasure/data-directory', `the files of a store could not be looked at (error ${numberOf(cause) ?? 'unknown'}): the account of maintenance_url may be missing a right (see docs/guide/erasure.md)`, { cause })
  }
}

/** What a killed check left: whoever holds the lock is the only one who has any. */
async function removeLeftovers(session: MysqlSession): Promise<void> {
  const left = await session.ask<{ name: string }>(`select schema_name as name from information_schema.schemata where schema_name like '${ours}%'`)
  for (const { name } of left) await session.run(`drop database if exists ${quoteName(name)}`)
}

/** A schema that the server is told to make must appear in the directory: a copy of it, or another server's, would prove nothing. */
async function mustBelong(session: MysqlSession, directory: string): Promise<void> {
  const name = `${ours}${randomBytes(6).toString('hex')}`
  await session.run(`create database ${quoteName(name)}`)
  const there = existsSync(join(directory, name.replaceAll('-', '@002d')))
  await session.run(`drop database ${quoteName(name)}`)
  if (!there) throw new Broken('erasure/other-server', 'the data_directory of a store is not that of the server its url leads to, or cannot be read; Bailee must run where it is, as an account that may read it')
}

async function namesOf(session: MysqlSession, directory: string): Promise<Names> {
  const [said] = await session.ask<Record<'datadir' | 'binlog' | 'system' | 'temporary' | 'page' | 'general' | 'slow' | 'error', string | null>>(
    `select @@global.datadir as datadir, @@global.log_bin_basename as binlog, @@global.innodb_data_file_path as system, @@global.innodb_temp_data_file_path as temporary, cast(@@global.innodb_page_size as char) as page,
      @@global.general_log_file as general, @@global.slow_query_log_file as slow, @@global.log_error as error`)
  const within = (path: string | null | undefined): string | undefined => (path === null || path === undefined || path === '' ? undefined : path.startsWith('/') ? relative(said?.datadir ?? directory, path) : path.replace(/^[.][/]/, ''))
  const listed = (paths: string | null | undefined): string[] => (paths ?? '').split(';').map((one) => within(one.split(':')[0]) ?? '')
  return { binlog: within(said?.binlog), system: listed(said?.system), temporary: listed(said?.temporary), logs: [said?.general, said?.slow, said?.error].flatMap((path) => within(path) ?? []), pageBytes: Number(said?.page ?? 16_384) }
}

function engineOf(session: MysqlSession, store: MysqlFiles, names: Names): Engine {
  let planted: { readonly schema: string; readonly writer: MysqlSession } | undefined
  const files = async (): Promise<FileSeen[]> => listIdentities(store.dataDirectory, mysqlKind(store.dataDirectory, names))
  return {
    directory: store.dataDirectory, rules: mysqlRules, shared: mysqlShared, files,
    holding: async (place) => {
      const { schema, name } = tableAt(place)
      const [at] = await session.ask<{ folder: string; file: string }>('select cast(cast(convert(? using filename) as binary) as char) as folder, cast(cast(convert(? using filename) as binary) as char) as file', [schema, name])
      return (await files()).filter(({ path }) => at !== undefined && path.startsWith(`${at.folder}/${at.file}`) && /^([.]|#[Pp]#)/.test(path.slice(at.folder.length + 1 + at.file.length)) && !path.endsWith('.frm'))
    },
    flush: async () => { await session.run('flush engine logs').catch(passOver) },
    draw: (place, most) => draw(session, place, most), hangingOn: (place) => mysqlTablesHangingOn(session, tableAt(place)),
    clear: async (clearing) => {
      planted = { schema: clearing.control ?? `${ours}${randomBytes(12).toString('hex')}`, writer: await openMysqlSession(store.url) }
      return clearMysql({ session, store, names, files, ...planted }, clearing)
    },
    plant: async (control, undo) => plant(session, control, undo),
    uproot: async () => {
      if (planted === undefined) return
      planted.writer.close() // what it had not committed is undone
      await session.run(`drop database if exists ${quoteName(planted.schema)}`).catch(passOver)
      planted = undefined
    },
    restore: async (statements) => { for (const statement of statements) await session.run(statement).catch(passOver) },
    close: () => {
      planted?.writer.close()
      session.close()
      return Promise.resolve()
    },
  }
}

interface Column { readonly name: string; readonly type: string; readonly charset: string | null; readonly whole: string }

/** Values of the columns that are kept as text; the others, and those that are compressed or encrypted, are named as blind. */
async function draw(session: MysqlSession, place: string, most: number): Promise<Drawn> {
  const { schema, name } = tableAt(place)
  const at = [schema, name]
  const from = `${quoteName(schema)}.${quoteName(name)}`
  const columns = await session.ask<Column>('select column_name as name, lower(data_type) as type, character_set_name as charset, lower(column_type) as whole from information_schema.columns where table_schema = ? and table_name = ? order by ordinal_position', at)
  const [table] = await session.ask<{ options: string | null; format: string | null; type: string }>('select lower(create_options) as options, lower(row_format) as format, table_type as type from information_schema.tables where table_schema = ? and table_name = ?', at)
  if (table === undefined || !table.type.includes('TABLE')) return { values: [], blind: [] }
  const hidden = table.format === 'compressed' || /page_compressed=["`']?(1|on)/.test(table.options ?? '') ? 'its table is compressed' : /encrypted=["`']?(yes|on)/.test(table.options ?? '') ? 'its table is encrypted' : undefined
  const values = new Set<string>()
  const blind: BlindColumn[] = []
  const texts = columns.filter(({ type }) => ['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext'].includes(type))
  for (const column of columns) {
    const wide = /^(ucs2|utf16|utf16le|utf32)$/.test(column.charset ?? '')
    const because = hidden ?? (column.whole.includes('compressed') ? 'values in it are compressed' : !texts.includes(column) || wide ? `kept as ${wide ? (column.charset ?? '') : column.type}, not as text` : undefined)
    if (because !== undefined) blind.push({ place, column: column.name, because })
    if (!texts.includes(column) || wide) continue
    const quoted = quoteName(column.name)
    // In another character set its bytes are those of UTF-8 only where both say the same.
    const rows = await session.ask<{ value: string }>(`select distinct value from (select convert(${quoted} using utf8mb4) as value, length(${quoted}) as kept from ${from} limit ${rowsMax}) as drawn
      where kept between ${needleBytesMin} and ${needleBytesMax} and length(value) = kept limit ${Math.ceil(most / texts.length)}`)
    for (const { value } of rows) values.add(value)
  }
  return { values: [...values], blind }
}

/** The value itself is the name of the schema too, so that logs which tell of names show it. */
async function plant(session: MysqlSession, control: string, _undo: Undo): Promise<Hindrance[]> {
  const schema = quoteName(control)
  try {
    await session.run('set session sql_log_bin = 1').catch(passOver)
    for (const engine of ['aria', 'myisam', 'innodb']) {
      await session.run(`create table ${schema}.planted_${engine} (n int primary key, value varchar(100) character set utf8mb4 not null, key (value)) engine=${engine}`)
      await session.run(`insert into ${schema}.planted_${engine} values (1, '${control}'), (2, '${control}')`)
    }
    await session.ask(`analyze table ${schema}.planted_innodb persistent for all`)
    await session.run(`flush tables ${schema}.planted_aria, ${schema}.planted_myisam`)
    await session.run('flush tables mysql.column_stats, mysql.index_stats, mysql.table_stats').catch(passOver)
    await session.run(`flush tables ${schema}.planted_innodb for export`)
    await session.run('unlock tables')
    await session.run(`update ${schema}.planted_innodb set value = reverse(value) where n = 2`) // a page that was written before is written twice
    await session.run(`flush tables ${schema}.planted_innodb for export`)
    await session.run('unlock tables')
    await session.run('flush engine logs')
    return []
  } catch (cause) {
    passOver(cause)
    return [{ place: 'physical check', because: `no value could be planted for the search to see (error ${numberOf(cause) ?? 'unknown'}): the account of maintenance_url needs CREATE, DROP, INSERT, UPDATE and LOCK TABLES on schemas named ${ours}…, and RELOAD` }]
  }
}
