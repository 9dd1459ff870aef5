import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { listen, type Gateway } from './listen.ts'
import { clientFirst, finishClient } from './scram.ts'
import { certificateFor, createEncryptedDatabase, loopbackOfOneself, MemoryDoorkeeper, planOf, untilRunning, type ClientDatabase } from './testing.ts'
import { int32, message, readFields, readMessage, startupPacket, strings, type Message } from './wire/messages.ts'

// What no driver here speaks yet, by a client of bytes, at PostgreSQL itself and through the gateway; and clients that do not behave.

const address = loopbackOfOneself()
/** Where the host stands in the small network of the test with the silent client. */
const hostAddress = '10.213.77.1'
const pair = certificateFor('127.0.0.1', address, hostAddress)
const doorkeeper = new MemoryDoorkeeper()
let client: ClientDatabase
let gateway: Gateway

beforeAll(async () => {
  client = await createEncryptedDatabase(pair, address)
  doorkeeper.tokens.set('noa', ['tok-noa'])
  doorkeeper.plans.set('INS-1', () => planOf(client.gatewayUrl))
  doorkeeper.plans.set('INS-2', () => planOf(client.gatewayUrl, { instruction: 'INS-2', sessionSecondsMax: 2 }))
  doorkeeper.plans.set('INS-3', () => planOf(client.gatewayUrl, { instruction: 'INS-3', statementSecondsMax: 4, rowsMax: 1e9 }))
  gateway = await listen({ doorkeeper, at: { host: '0.0.0.0', port: 0 }, tls: pair, saltSecret: doorkeeper.secret, keepAliveMilliseconds: 1_000 })
})
afterAll(async () => {
  await gateway.close()
  await client.stop()
})

interface Place { readonly host: string; readonly port: number; readonly user: string }
const places = (): readonly (readonly [string, Place])[] => [['PostgreSQL', { host: address, port: 5432, user: 'analyst' }], ['the gateway', through()]]
const through = (instruction = 'INS-1'): Place => ({ host: '127.0.0.1', port: gateway.port, user: `noa+${instruction}` })

/** A client of bytes over TLS from the first of them, by its ALPN. */
class ByteClient {
  readonly socket: Socket
  /** What came before the session was open: letters, and the bodies of `v` and `K`. */
  readonly opening: Message[] = []
  private held: Buffer = Buffer.alloc(0)
  private wake: () => void = () => undefined

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => { this.held = Buffer.concat([this.held, chunk]); this.wake() })
    socket.on('error', () => undefined)
    socket.on('close', () => this.wake())
  }

  static async reach({ host, port }: Place): Promise<ByteClient> {
    const socket = connectTls({ host, port, ca: pair.cert, ALPNProtocols: ['postgresql'], servername: 'localhost' })
    await once(socket, 'secureConnect')
    return new ByteClient(socket)
  }

  static async open(place: Place, minor: number, more: Readonly<Record<string, string>> = {}): Promise<ByteClient> {
    const client = await ByteClient.reach(place)
    const packet = startupPacket({ user: place.user, database: 'crm', ...more })
    packet.writeInt32BE((3 << 16) | minor, 4)
    client.socket.write(packet)
    const nonce = randomBytes(18).toString('base64')
    for (;;) {
      const found = await client.next()
      client.opening.push(found)
      if (found.type === 'R') client.authenticate(found.body, nonce)
      if (found.type === 'E') throw new Error(readFields(found.body)?.get('C'))
      if (found.type === 'Z') return client
    }
  }

  private authenticate(body: Buffer, nonce: string): void {
    const [kind, rest] = [body.readInt32BE(0), body.subarray(4)]
    if (kind === 10) {
      const first = Buffer.from(clientFirst(nonce))
      this.socket.write(message('p', Buffer.concat([strings('SCRAM-SHA-256'), int32(first.length), first])))
    } else if (kind === 11) {
      const final = finishClient(rest.toString('latin1'), 'tok-noa', nonce)
      if (final.outcome === 'answered') this.socket.write(message('p', Buffer.from(final.message)))
    }
  }

  async next(): Promise<Message> {
    for (;;) {
      const found = readMessage(this.held, 1 << 20)
      if (found !== undefined && found !== 'malformed') {
        this.held = this.held.subarray(found.size)
        return { ...found, body: Buffer.from(found.body) }
      }
      if (this.socket.destroyed) throw new Error('closed')
      await new Promise<void>((resolve) => { this.wake = resolve })
    }
  }

  /** The letters of an answer, up to ready; errors with their SQLSTATE. */
  async ask(sql: string): Promise<string> {
    this.socket.write(message('Q', strings(sql)))
    return this.answer()
  }

  async answer(): Promise<string> {
    let said = ''
    for (;;) {
      const { type, body } = await this.next()
      said += type === 'E' ? `E(${readFields(body)?.get('C') ?? ''})` : type
      if (type === 'Z') return said
    }
  }

  /** The body of the first message of a kind that came while the session was opened. */
  first(type: string): Buffer | undefined {
    return this.opening.find((one) => one.type === type)?.body
  }
}

test.each([0, 2])('direct TLS and protocol 3.%d: the same messages as from PostgreSQL itself, and its cancel key cancels', async (minor) => {
  const seen: unknown[] = []
  for (const [, place] of places()) {
    const session = await ByteClient.open(place, minor)
    const key = session.first('K') ?? Buffer.alloc(0)
    const said = [await session.ask('SELECT user_id FROM crm.listener ORDER BY 1 LIMIT 2'), await session.ask('SELECT email FROM crm.listener')]
    session.socket.write(message('Q', strings('SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b')))
    await untilRunning(client, '%generate_series(1, 100000) b')
    const other = await ByteClient.reach(place)
    other.socket.write(Buffer.concat([int32(8 + key.length), int32(80_877_102), key]))
    await Promise.race([once(other.socket, 'close'), sleep(2_000)])
    seen.push([session.opening.map(({ type }) => type).filter((type) => type !== 'S').join(''), key.length, ...said, await session.answer()])
    session.socket.destroy()
  }
  expect(seen[1]).toEqual(seen[0])
  expect(seen[1]).toEqual(['RRRRKZ', minor === 2 ? 4 + 32 : 8, 'TDDCZ', 'E(42501)Z', expect.stringContaining('E(57014)Z') as string])
})

test.each([[9, {}], [2, { '_pq_.thing': '1' }], [0, { '_pq_.thing': '1' }]])('protocol 3.%d with %j: what is negotiated is what PostgreSQL itself negotiates', async (minor, more) => {
  const seen: unknown[] = []
  for (const [, place] of places()) {
    const session = await ByteClient.open(place, minor, more)
    seen.push([session.first('v')?.toString('hex'), session.first('K')?.length, await session.ask('SELECT 1')])
    session.socket.destroy()
  }
  expect(seen[1]).toEqual(seen[0])
  expect(seen[1]).toEqual([expect.stringMatching(/^0003000/) as string, minor === 0 ? 8 : 36, 'TDCZ'])
})

test('a wrong cancel key of either length, and one that is no key, cancel nothing', async () => {
  const session = await ByteClient.open(through(), 2)
  const key = session.first('K') ?? Buffer.alloc(0)
  for (const wrong of [Buffer.concat([key.subarray(0, 35), Buffer.from([(key[35] ?? 0) ^ 1])]), key.subarray(0, 8), Buffer.alloc(7), Buffer.alloc(300)]) {
    const other = await ByteClient.reach(through())
    other.socket.write(Buffer.concat([int32(8 + wrong.length), int32(80_877_102), wrong]))
    await Promise.race([once(other.socket, 'close'), sleep(1_000)])
  }
  expect(await session.ask('SELECT count(*) FROM generate_series(1, 300000)')).toBe('TDCZ')
  session.socket.destroy()
})

test('a token that expires in the middle of a session ends it, in the middle of a statement too', async () => {
  const session = await ByteClient.open(through('INS-2'), 2) // the doorkeeper gives a session no longer than its token lives
  const from = performance.now()
  session.socket.write(message('Q', strings('SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b')))
  expect(await session.answer()).toBe('E(57P01)Z')
  await expect(session.next()).rejects.toThrow('closed')
  expect(performance.now() - from).toBeLessThan(20_000) // the statement alone would take hours
  await vi.waitFor(() => expect(doorkeeper.closings.at(-1)?.because.code).toBe('session time over'))
  await vi.waitFor(async () => expect((await client.run('SELECT FROM pg_stat_activity WHERE usename ~ \'^s_\' AND state = \'active\'')).rowCount).toBe(0))
})

test('clients that ask for a gigabyte and read nothing cost no memory, and their statements end by their time', async () => {
  const sessions = await Promise.all(Array.from({ length: 8 }, () => ByteClient.open(through('INS-3'), 0)))
  const before = process.memoryUsage().rss
  for (const { socket } of sessions) {
    socket.pause()
    socket.write(message('Q', strings('SELECT repeat(\'x\', 1000) FROM generate_series(1, 1000000)')))
  }
  let most = 0
  const closed = doorkeeper.closings.length
  for (let turn = 0; turn < 300 && doorkeeper.closings.length < closed + 8; turn += 1) {
    await sleep(100)
    most = Math.max(most, process.memoryUsage().rss - before)
  }
  expect(doorkeeper.closings.slice(closed).map(({ because }) => because.code)).toEqual(Array.from({ length: 8 }, () => 'statement time over'))
  expect(most / 1024 / 1024).toBeLessThan(250) // of 8 GB; what this process had left to collect is counted with it
  for (const { socket } of sessions) socket.destroy()
})

const run = (command: string): void => {
  const done = spawnSync('sh', ['-ec', command], { encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`${command}: ${done.stderr}`)
}
/** A small network of its own with one cable to this machine: Linux, as root. */
const [space, cable] = ['bailee-mute', 'bailee-mute0']
const network = spawnSync('sh', ['-ec', `ip netns add ${space}-try && ip netns del ${space}-try && psql --version`]).status === 0

test.skipIf(!network)('a client that falls silent without a word frees its role and its lease: idle, and in the middle of an answer', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-mute-'))
  writeFileSync(join(directory, 'ca.pem'), pair.cert)
  const people: ChildProcess[] = []
  run(`ip netns add ${space}; ip link add ${cable} type veth peer name eth0 netns ${space}; ip addr add ${hostAddress}/24 dev ${cable}; ip link set ${cable} up; ip -n ${space} addr add 10.213.77.2/24 dev eth0; ip -n ${space} link set eth0 up`)
  try {
    for (const [instruction, statement] of [['INS-1', 'SELECT 1;'], ['INS-3', 'SELECT repeat(\'x\', 1000) FROM generate_series(1, 10000) a, generate_series(1, 10000) b;']] as const) {
      const person = spawn('ip', ['netns', 'exec', space, 'psql', '-X', '-q', '-A', '-t', '-v', 'FETCH_COUNT=20000', `host=${hostAddress} port=${gateway.port} dbname=crm user=noa+${instruction} sslmode=verify-full sslrootcert=${join(directory, 'ca.pem')}`], { env: { ...process.env, PGPASSWORD: 'tok-noa' }, stdio: ['pipe', 'pipe', 'inherit'] })
      people.push(person)
      person.stdin.write(`${statement}\n`)
      await once(person.stdout, 'data')
      if (instruction === 'INS-3') person.stdout.resume()
    }
    const closed = doorkeeper.closings.length
    run(`ip -n ${space} route add blackhole ${hostAddress}/32`) // nothing comes back any more, not even an error
    await vi.waitFor(() => expect(doorkeeper.closings.length).toBe(closed + 2), 60_000)
    // Whose answer was acknowledged to the end is found by the probes; whose was not, by the time of its statement.
    for (const { because } of doorkeeper.closings.slice(closed)) expect(['client left', 'statement time over']).toContain(because.code)
    await vi.waitFor(async () => expect((await client.run('SELECT FROM pg_roles WHERE rolname ~ \'^s_\'')).rowCount).toBe(0), 30_000)
  } finally {
    for (const person of people) person.kill('SIGKILL')
    run(`ip link del ${cable}; ip netns del ${space}`)
    rmSync(directory, { recursive: true, force: true })
  }
}, 300_000)
