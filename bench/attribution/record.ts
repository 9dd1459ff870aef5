/** How fast a table is read for its log of cells, and in what memory, beside COPY of the same table. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { startServer } from '../../server/database/index.ts'
import { rounded, type Measured } from '../result.ts'
import type { ReadOnce } from './recordOnce.ts'
import { changeTable, copyToNowhere, followed, makeTable } from './recordTable.ts'

/** Reads twice, with one person of a hundred changed between: the second has a log to compare with, and needs most memory. */
export async function measureRecording(rows: number, quick: boolean, log: (line: string) => void): Promise<Measured[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-record-'))
  const server = await startServer({ directory: join(directory, 'server'), settings: { fsync: false, full_page_writes: false, max_wal_size: '4GB', shared_buffers: '256MB' } })
  const client = new pg.Client({ connectionString: server.url('postgres') })
  try {
    await client.connect()
    await makeTable(client, rows)
    await copyToNowhere(client) // warms what the system keeps of it
    const copySeconds = await secondsOf(() => copyToNowhere(client))
    log(`COPY of ${rows} rows to nowhere: ${copySeconds.toFixed(1)} s`)
    const read = async (name: string, at: number): Promise<ReadOnce> => {
      const one = await readApart(server.url('postgres'), directory, at)
      log(`${name} reading of ${rows} rows: ${one.rowSeconds.toFixed(1)} s of reading, ${one.logSeconds.toFixed(1)} s of writing a log of ${one.subjects} people (one in ${one.oneIn}) and ${one.changes} changes, ${Math.round(one.fileMegabytes)} MB; at most ${one.megabytes} MB of memory`)
      return one
    }
    const first = await read('first', 0)
    await changeTable(client)
    const second = await read('second', 604_800)
    return judged({ rows, quick, copySeconds, first, second })
  } finally {
    await client.end().catch(() => undefined)
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await work()
  return (performance.now() - from) / 1000
}

async function readApart(url: string, directory: string, at: number): Promise<ReadOnce> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'recordOnce.ts'), url, directory, String(at)])
  return JSON.parse(stdout) as ReadOnce
}

/** Memory that a worker has for one unit of its work. */
const megabytesMax = 2_000

function judged({ rows, quick, copySeconds, first, second }: { readonly rows: number; readonly quick: boolean; readonly copySeconds: number; readonly first: ReadOnce; readonly second: ReadOnce }): Measured[] {
  const secondsOfBoth = [first, second].map(({ rowSeconds, logSeconds }) => rowSeconds + logSeconds) as [number, number]
  const copied = Math.round(rows / copySeconds)
  const speed = (what: string, seconds: number): Measured => {
    const value = Math.round(rows / seconds)
    return { what: `${what} of ${rows} people and ${followed.length} columns, log written`, value, unit: 'rows/s', baseline: { what: 'COPY of it to nowhere, by PostgreSQL alone', value: copied }, ratio: rounded(value / copied), must: quick ? 'shown' : '>= 150000', goal: `>= 300000: ${value >= 300_000 ? 'met' : 'MISSED'}`, ok: quick || value >= 150_000 }
  }
  const megabytes = Math.max(first.megabytes, second.megabytes)
  const changed = Math.ceil(rows / 100)
  // Of a sample about as many as of all; of everybody, all.
  const seen = second.oneIn === 1 ? second.changes === changed : Math.abs(second.changes * second.oneIn - changed) < 0.1 * changed
  return [
    speed('a first reading', secondsOfBoth[0]), speed('a reading with a log before', secondsOfBoth[1]),
    { what: `most memory of both, ${second.subjects} people followed`, value: megabytes, unit: 'MB', baseline: null, ratio: null, must: `<= ${megabytesMax}`, goal: `<= ${megabytesMax}: ${megabytes <= megabytesMax ? 'met' : 'MISSED'}`, ok: megabytes <= megabytesMax },
    { what: 'changes seen of those that were made', value: rounded(second.changes * second.oneIn / changed), unit: 'of them', baseline: null, ratio: null, must: second.oneIn === 1 ? '1' : '0.9 to 1.1, of a sample', goal: `as must: ${seen ? 'met' : 'MISSED'}`, ok: seen },
  ]
}
