/** The whole case at 100,000 people, against the bare work in it: the same loading, copying, reading and deleting with nothing decided, recorded, searched or proved. */
import { spawn } from 'node:child_process'
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { inventedListeners } from '../server/case/listeners.ts'
import { startServer } from '../server/database/index.ts'
import { rounded, type Benchmark, type Measured } from './result.ts'

const people = 100_000
const secondsSince = (from: number): number => rounded((performance.now() - from) / 1000)
const nowhere = (): Writable => new Writable({ write: (_bytes, _encoding, done) => done() })

interface Played { readonly seconds: number; readonly megabytes: number; readonly sweepSeconds: number; readonly ok: boolean }

/** Plays the case as a user would, and watches the most memory its process held (VmHWM). */
async function play(directory: string): Promise<Played> {
  const from = performance.now()
  const child = spawn(join(import.meta.dirname, '..', 'bailee'), ['case', '--people', String(people), '--dir', directory, '--json'], { stdio: ['ignore', 'pipe', 'ignore'] })
  let out = ''
  let megabytes = 0
  child.stdout.on('data', (bytes: Buffer) => { out += bytes.toString() })
  const timer = setInterval(() => {
    try {
      const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))
      megabytes = Math.max(megabytes, Number(peak?.[1] ?? 0) / 1024)
    } catch { /* it has just ended, or this system has no /proc */ }
  }, 100)
  const code = await new Promise<number>((resolve) => { child.once('exit', (status) => resolve(status ?? 3)) })
  clearInterval(timer)
  const report = JSON.parse(out.trim().split('\n').at(-1) ?? '{}') as { ok: boolean; steps: { id: string; seconds: number }[] }
  return { seconds: secondsSince(from), megabytes: Math.round(megabytes), ok: code === 0 && report.ok, sweepSeconds: report.steps.find((step) => step.id === 'e')?.seconds ?? 0 }
}

interface Bare { readonly seconds: number; readonly readSeconds: number }

/** The same data work with PostgreSQL alone, on a server made the same way. */
async function bareWork(directory: string): Promise<Bare> {
  const from = performance.now()
  const server = await startServer({ directory })
  const client = new pg.Client({ connectionString: server.url('postgres') })
  await client.connect()
  await client.query(`create table listener (user_id text primary key, email text, first_name text, last_name text, gender char(1), birth_date date, country char(2), city text, language char(2),
    newsletter boolean, plan text, payments integer, tracks_per_day integer, minutes_per_day integer, favourite_artists text[])`)
  await pipeline(Readable.from(inventedListeners(people, 2019).csv()), client.query(copyFrom('copy listener from stdin with (format csv)')))
  await client.query('create table copied as select tracks_per_day, birth_date::text, upper(email), country, user_id, first_name, plan, minutes_per_day from listener')
  const share = (): Promise<void> => pipeline(client.query(copyTo('copy (select email, user_id, city, birth_date, last_name from listener) to stdout with (format csv)')), createGzip({ level: 1 }), createWriteStream(join(directory, 'share.csv.gz')))
  await share()
  let readSeconds = 0
  for (let round = 0; round < 3; round += 1) { // the sweep, the search of the plan, and the search under the lock; what is erased is empty afterwards
    const reading = performance.now()
    for (const table of ['listener', 'copied']) await pipeline(client.query(copyTo(`copy ${table} to stdout with (format csv)`)), nowhere())
    readSeconds += secondsSince(reading) / 3
  }
  for (const table of ['listener', 'copied']) {
    await client.query(`delete from ${table}`)
    await client.query(`vacuum (full, analyze) ${table}`)
  }
  await client.end()
  await server.stop()
  return { seconds: secondsSince(from), readSeconds: rounded(readSeconds) }
}

const memoryMegabytesMax = 4_096

export const benchmark: Benchmark = {
  name: 'case', about: `the case at ${people.toLocaleString('en-GB')} people, against its bare data work`, diskBytes: 2 * 1024 ** 3,
  run: async (log) => {
    const directory = mkdtempSync(join(tmpdir(), 'bailee-bench-'))
    try {
      const pairs: { played: Played; bare: Bare }[] = []
      for (let round = 0; round < 3; round += 1) {
        const pair = { bare: await bareWork(join(directory, `bare-${round}`)), played: await play(join(directory, `case-${round}`)) }
        log(`round ${round + 1}: case ${pair.played.seconds} s, bare work ${pair.bare.seconds} s`)
        pairs.push(pair)
      }
      const median = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
      const held = pairs.every((pair) => pair.played.ok)
      const [seconds, bare] = [median(pairs.map((pair) => pair.played.seconds)), median(pairs.map((pair) => pair.bare.seconds))]
      const [sweep, read] = [median(pairs.map((pair) => pair.played.sweepSeconds)), median(pairs.map((pair) => pair.bare.readSeconds))]
      const megabytes = Math.max(...pairs.map((pair) => pair.played.megabytes))
      return [
        { what: 'the whole case', value: seconds, unit: 's', baseline: { what: 'its bare data work', value: bare }, ratio: rounded(seconds / bare), must: '<= 60 s, every step held', goal: '<= 3x the bare work', ok: held && seconds <= 60 },
        { what: 'the nightly sweep of five places', value: sweep, unit: 's', baseline: { what: 'COPY of its two tables to nowhere', value: read }, ratio: rounded(sweep / read), must: '<= 10 s', goal: '<= 3x', ok: held && sweep <= 10 },
        { what: 'peak memory of the process', value: megabytes, unit: 'MB', baseline: null, ratio: null, must: `<= ${memoryMegabytesMax} MB`, goal: '<= 512 MB', ok: megabytes > 0 && megabytes <= memoryMegabytesMax },
      ] satisfies Measured[]
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },
}
