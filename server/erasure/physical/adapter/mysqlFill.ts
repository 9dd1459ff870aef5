/** Filling: what InnoDB writes round and round, or twice, holds old rows until something else was written over it. The server writes it, in a table of ours; we write no page. */
import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { quoteName, type MysqlSession } from '#inventory'
import { failpoint } from '#kit/failpoint'
import type { Hindrance } from '../types.ts'
import type { Undo } from '../engine.ts'
import { doublewriteOf, doublewritePages, redo, system } from './mysqlKinds.ts'

export interface Filling {
  readonly session: MysqlSession
  /** The schema of ours. */
  readonly schema: string
  readonly directory: string
  /** The first file of the system tablespace, within the directory. */
  readonly systemFile: string
  readonly pageBytes: number
  readonly undo: Undo
}

/** Rows of the filler, of half a page each: four times what is written twice. */
const fillerRows = 1_024
const rowBytes = 7_900
/** Rounds beyond those that the size of the log asks for. */
const roundsMore = 12
/** Rounds for the pages that are written twice. A batch fills all of their places where 128 changed pages go at once: with a small buffer pool the server writes fewer, and it takes from one round to some fifteen. */
const doublewriteRoundsMax = 200
/** Free pages inside the system tablespace, in bytes: writing over more takes longer than anybody expects of a check. */
const systemFreeBytesMax = 16 * 2 ** 30
/** What counts as filled: the server keeps a little for itself. */
const systemFreeBytesLeft = 8 * 2 ** 20

const tableIn = ({ schema }: Filling, name: string): string => `${quoteName(schema)}.${quoteName(name)}`
const letter = (round: number): string => String.fromCharCode(97 + (round % 26))

/** Writes the redo log over once, pages written twice, and, where versions of rows were kept in it (`undoInside`), what is free in the system tablespace. What could not be shown is a hindrance. */
export async function fill(filling: Filling, { undoInside }: { readonly undoInside: boolean }): Promise<{ readonly done: string[]; readonly hindrances: Hindrance[] }> {
  const { session } = filling
  const table = tableIn(filling, 'filler')
  await session.run(`create table ${table} (n int primary key auto_increment, pad varchar(8000) character set latin1 not null) engine=innodb`)
  await insertRows(filling, table, 0)
  const [done, hindrances]: [string[], Hindrance[]] = [[], []]
  const step = (what: string, found: readonly Hindrance[]): void => { hindrances.push(...found); if (found.length === 0) done.push(what) }
  if (undoInside) step('free pages of the system tablespace written over', await fillSystem(filling))
  step('redo log written over', await fillRedo(filling, table))
  step('pages written twice written over', await fillDoublewrite(filling, table))
  return { done, hindrances }
}

async function insertRows({ session }: Filling, table: string, round: number): Promise<void> {
  const four = '(select 0 as d union all select 1 union all select 2 union all select 3)'
  await session.run(`insert into ${table} (pad) select repeat('${letter(round)}', ${rowBytes}) from ${four} a, ${four} b, ${four} c, ${four} d, ${four} e`)
}

/** A table that is made ready to be copied is written to its file, page by page; changed pages go through those that are written twice. */
async function writeOver({ session }: Filling, table: string, round: number): Promise<void> {
  await session.run(`update ${table} set pad = repeat('${letter(round)}', ${rowBytes})`)
  await session.run(`flush tables ${table} for export`)
  await session.run('unlock tables')
}

interface Position { readonly current: bigint; readonly checkpoint: bigint }

async function positionOf(session: MysqlSession): Promise<Position | undefined> {
  const rows = await session.ask<{ Variable_name: string; Value: string }>(`show global status where variable_name in ('Innodb_lsn_current', 'Innodb_lsn_last_checkpoint')`)
  const of = (name: string): string | undefined => rows.find(({ Variable_name: one }) => one.toLowerCase() === name)?.Value
  const [current, checkpoint] = [of('innodb_lsn_current'), of('innodb_lsn_last_checkpoint')]
  return current === undefined || checkpoint === undefined ? undefined : { current: BigInt(current), checkpoint: BigInt(checkpoint) }
}

/** The log is one ring: as many bytes on, every one of them was written over, and every page that had been changed before is in its file. */
async function fillRedo(filling: Filling, table: string): Promise<Hindrance[]> {
  const { session } = filling
  const [ring] = await session.ask<{ bytes: string }>('select cast(@@global.innodb_log_file_size as char) as bytes')
  const begin = await positionOf(session)
  if (begin === undefined || ring === undefined) return [{ place: redo, because: 'the server does not say how far its redo log is (Innodb_lsn_current)' }]
  const end = begin.current + BigInt(ring.bytes)
  const roundBytes = BigInt(fillerRows * rowBytes)
  for (let rounds = Number(BigInt(ring.bytes) / roundBytes) + roundsMore; rounds > 0; rounds -= 1) {
    await writeOver(filling, table, rounds)
    const now = await positionOf(session)
    if (now !== undefined && now.current >= end && now.checkpoint >= begin.current) return []
  }
  return [{ place: redo, because: 'it was not written over as far as it is long; run the erasure again' }]
}

/** Shown by the pages themselves: each tells of a change that is younger than the moment at which this began. */
async function fillDoublewrite(filling: Filling, table: string): Promise<Hindrance[]> {
  const { session } = filling
  const [on] = await session.ask<{ it: string }>('select cast(@@global.innodb_doublewrite + 0 as char) as it')
  const begin = await positionOf(session)
  if (on?.it === '0' || begin === undefined) return []
  for (let rounds = doublewriteRoundsMax; rounds > 0; rounds -= 1) {
    await writeOver(filling, table, rounds)
    if (isWrittenOver(filling, begin.current)) return []
  }
  return [{ place: system, because: 'pages that are written twice were not all written over; run the erasure again' }]
}

function isWrittenOver({ directory, systemFile, pageBytes }: Filling, since: bigint): boolean {
  const file = openSync(join(directory, systemFile), 'r')
  try {
    const page = Buffer.alloc(pageBytes)
    readSync(file, page, 0, pageBytes, 5 * pageBytes)
    for (const first of doublewriteOf(page) ?? []) {
      for (let number = first; number < first + doublewritePages; number += 1) {
        readSync(file, page, 0, pageBytes, number * pageBytes)
        if (page.readBigUInt64BE(16) < since && page.some((byte) => byte !== 0)) return false
      }
    }
    return true
  } finally {
    closeSync(file)
  }
}

/** A table inside the system tablespace takes its free pages, until that has to grow: old versions of rows stood in them. */
async function fillSystem(filling: Filling): Promise<Hindrance[]> {
  const { session, schema, undo } = filling
  const table = tableIn(filling, 'inside')
  const free = async (): Promise<number> => Number((await session.ask<{ free: string }>(`select cast(data_free as char) as free from information_schema.tables where table_schema = ? and table_name = 'inside'`, [schema]))[0]?.free ?? 0)
  const [inside] = await session.ask<{ tables: string }>(`select cast(count(*) as char) as tables from information_schema.innodb_sys_tables where space = 0 and name like '%/%'`)
  if (inside === undefined || inside.tables !== '0') return [{ place: system, because: `${inside?.tables ?? 'unknown'} tables lie in it, and what stood in their pages before cannot be told: give each its own file (innodb_file_per_table, OPTIMIZE TABLE)` }]
  const [was] = await session.ask<{ each: string }>('select cast(@@global.innodb_file_per_table + 0 as char) as `each`')
  await undo.note([`set global innodb_file_per_table = ${Number(was?.each ?? 1)}`])
  try {
    await session.run('set global innodb_file_per_table = 0')
    failpoint('erasure/physical-changed')
    await session.run(`create table ${table} (n int primary key auto_increment, pad varchar(8000) character set latin1 not null) engine=innodb`)
  } finally {
    await session.run(`set global innodb_file_per_table = ${Number(was?.each ?? 1)}`).catch(() => undefined)
    await undo.clear()
  }
  let left = await free()
  if (left > systemFreeBytesMax) return [{ place: system, because: `${Math.ceil(left / 2 ** 30)} GiB in it are free and were not written over` }]
  for (let round = 0; left > systemFreeBytesLeft; round += 1) {
    await insertRows(filling, table, round)
    const now = await free()
    if (now > left) break // it has grown: nothing was free any more
    left = now
  }
  // What the server keeps back of its free pages goes with one more round.
  for (let round = 0; round * fillerRows * rowBytes <= 2 * systemFreeBytesLeft; round += 1) await insertRows(filling, table, round)
  await session.run(`flush tables ${table} for export`)
  await session.run('unlock tables')
  return []
}
