/** A client's database, a gateway before it in a process of its own, PgBouncer in session mode beside it; and the programs that ask them. */
import { execFile, execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { openDatabase, migrate, startServer } from '../../server/database/index.ts'
import { harden } from '../../server/gateway/index.ts'
import { estate, hba, openProcessor } from '../../server/gateway/testing.setup.ts'
import { machineClock } from '../../server/kit/time.ts'

/** A way to the same rows. `pid`: of the process between; undefined where there is none. */
export interface Way {
  readonly name: 'direct' | 'PgBouncer' | 'the gateway'
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly pid: number | undefined
  /** Users who have not been there yet; each is taken once. */
  readonly strangers?: string[]
}

export interface Bench { readonly ways: readonly Way[]; close(): Promise<void> }

const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
const bouncerPort = 26_432

/** People who may enter: one who is measured, and those who come once. */
const people = 81

/** Opens everything. Without PgBouncer its comparisons are left out, and that is said. */
export async function openBench(log: (line: string) => void): Promise<Bench> {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-gateway-bench-'))
  chmodSync(directory, 0o755)
  const server = await startServer({ directory: join(directory, 'server'), hba: ['local all bench trust', ...hba], settings: { fsync: false, shared_buffers: '256MB', max_connections: 200 } })
  const run = async (url: string, ...statements: string[]): Promise<void> => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    for (const statement of statements) await client.query(statement)
    await client.end()
  }
  await run(server.url('postgres'), 'CREATE DATABASE crm', 'CREATE DATABASE control', 'CREATE ROLE bench_reads NOLOGIN', 'CREATE ROLE bench LOGIN PASSWORD \'bench\' IN ROLE bench_reads')
  // The same rights as a session has, held in the same way: what is compared is what stands between, and not what PostgreSQL looks up for a role.
  await run(server.url('crm'), estate, 'GRANT USAGE ON SCHEMA crm TO bench_reads', 'GRANT SELECT (user_id, country, plan) ON crm.listener TO bench_reads')
  writeFileSync(join(directory, 'admin'), server.url('crm'))
  await harden(server.url('crm'))
  await run(server.url('crm'), 'GRANT bailee_session TO bailee_gateway WITH ADMIN OPTION')
  await migrate(server.url('control'))
  const database = openDatabase(server.url('control'))
  const processor = await openProcessor({ database, url: server.url('control'), close: () => database.destroy() }, { instructions: 1, people, gatewayUrl: server.url('crm', 'bailee_gateway'), clock: machineClock })
  for (let person = 1; person <= people; person += 1) await processor.grant(`p${person}`, 'INS-1')
  const gateway = spawn(process.execPath, ['--max-semi-space-size=4', join(import.meta.dirname, '..', '..', 'server', 'gateway', 'testing.child.ts'), processor.controlUrl, join(processor.directory, 'keys'), server.url('crm', 'bailee_gateway')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = Number(await new Promise<string>((resolve) => { gateway.stdout.once('data', (text: Buffer) => resolve(text.toString())) }))
  const ways: Way[] = [
    { name: 'direct', host: server.socketDirectory, port: server.port, user: 'bench', password: 'bench', pid: undefined },
    { name: 'the gateway', host: '127.0.0.1', port, user: 'p1+INS-1', password: processor.token, pid: gateway.pid, strangers: Array.from({ length: people - 1 }, (_, index) => `p${index + 2}+INS-1`) },
  ]
  const bouncer = has('pgbouncer') ? await startBouncer(directory, server) : undefined
  if (bouncer === undefined) log('PgBouncer is not installed (Debian: pgbouncer): what is compared with it is left out')
  else ways.push({ name: 'PgBouncer', host: '127.0.0.1', port: bouncerPort, user: 'bench', password: 'bench', pid: bouncer.pid })
  return {
    ways,
    close: async () => {
      for (const child of [gateway, bouncer]) child?.kill('SIGTERM')
      await sleep(300)
      gateway.kill('SIGKILL')
      await processor.close()
      await server.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function startBouncer(directory: string, server: { socketDirectory: string; port: number }): Promise<ChildProcess> {
  const own = join(directory, 'bouncer')
  mkdirSync(own)
  writeFileSync(join(own, 'users.txt'), '"bench" "bench"\n')
  writeFileSync(join(own, 'bouncer.ini'), `[databases]\ncrm = host=${server.socketDirectory} port=${server.port} dbname=crm user=bench\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${bouncerPort}\nunix_socket_dir =\nauth_type = scram-sha-256\nauth_file = ${own}/users.txt\npool_mode = session\ndefault_pool_size = 100\nmax_client_conn = 200\nlog_connections = 0\nlog_disconnections = 0\n`)
  const root = process.getuid?.() === 0
  const as = root ? { uid: Number(execFileSync('id', ['-u', 'bailee'])), gid: Number(execFileSync('id', ['-g', 'bailee'])) } : {}
  const child = spawn('pgbouncer', ['-q', join(own, 'bouncer.ini')], { stdio: 'ignore', ...as })
  await sleep(500)
  return child
}

const script = '\\set id random(1, 5000)\nselect user_id, country, plan from crm.listener where user_id = :id;\n'

/** Queries a second by pgbench, with so many clients. */
export async function queriesPerSecond(way: Way, how: { clients: number; seconds: number; mode: 'simple' | 'prepared' }): Promise<number> {
  const file = join(tmpdir(), `bailee-pgbench-${process.pid}.sql`)
  writeFileSync(file, script)
  const { stdout } = await promisify(execFile)('pgbench', ['-n', '-f', file, '-h', way.host, '-p', String(way.port), '-U', way.user, '-c', String(how.clients), '-T', String(how.seconds), '-M', how.mode, 'crm'], { env: { ...process.env, PGPASSWORD: way.password } })
  return Number(/tps = ([0-9.]+) \(without/.exec(stdout)?.[1])
}

/** A session of the driver `pg`. */
export async function enter(way: Way): Promise<pg.Client> {
  const client = new pg.Client({ host: way.host, port: way.port, user: way.user, password: way.password, database: 'crm' })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** Bytes and seconds of one statement read from the socket and thrown away. */
export async function read(client: pg.Client, statement: string): Promise<{ bytes: number; seconds: number }> {
  const { stream } = (client as unknown as { connection: { stream: NodeJS.ReadWriteStream } }).connection
  const parsers = stream.listeners('data')
  stream.removeAllListeners('data')
  const body = Buffer.from(`${statement}\0`)
  const head = Buffer.alloc(5)
  head[0] = 0x51
  head.writeInt32BE(4 + body.length, 1)
  const from = performance.now()
  let bytes = 0
  let gone = (): void => undefined
  await new Promise<void>((resolve, reject) => {
    let end: Buffer = Buffer.alloc(0)
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      end = chunk.length >= 6 ? chunk.subarray(-6) : Buffer.concat([end, chunk]).subarray(-6)
      if (end.toString('latin1') === 'Z\0\0\0\u0005I') resolve()
    })
    gone = (): void => reject(new Error('the connection ended while it was read'))
    stream.on('close', gone)
    stream.write(Buffer.concat([head, body]))
  })
  const seconds = (performance.now() - from) / 1000
  stream.off('close', gone).removeAllListeners('data')
  for (const parser of parsers) stream.on('data', parser as (chunk: Buffer) => void)
  return { bytes, seconds }
}

/** Seconds of processor time that a process took until now. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Most memory a process ever held, in MB. */
export const peakMegabytes = (pid: number): number => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
