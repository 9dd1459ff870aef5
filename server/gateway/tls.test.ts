import { execFile, spawnSync } from 'node:child_process'
import { connect as connectPlain } from 'node:net'
import { connect } from 'node:tls'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listen, type Gateway } from './listen.ts'
import { certificateFor, createClientDatabase, MemoryDoorkeeper, planOf, type ClientDatabase } from './testing.ts'
import { startupPacket } from './wire/messages.ts'

let client: ClientDatabase
let gateway: Gateway
const pair = certificateFor()
const doorkeeper = new MemoryDoorkeeper()

beforeAll(async () => {
  client = await createClientDatabase()
  doorkeeper.tokens.set('noa', ['tok-noa'])
  doorkeeper.plans.set('INS-1', () => planOf(client.gatewayUrl))
  gateway = await listen({ doorkeeper, at: { host: '127.0.0.1', port: 0 }, tls: pair, saltSecret: doorkeeper.secret })
})
afterAll(async () => {
  await gateway.close()
  await client.stop()
})

test('a client that verifies the certificate reads through TLS', async () => {
  const session = new pg.Client({ host: 'localhost', port: gateway.port, user: 'noa+INS-1', password: 'tok-noa', database: 'crm', ssl: { ca: pair.cert } })
  await session.connect()
  expect((await session.query('SELECT user_id FROM crm.listener')).rowCount).toBe(5000)
  await session.end()
})

test('a client in clear is turned away where there is TLS', async () => {
  const session = new pg.Client({ host: '127.0.0.1', port: gateway.port, user: 'noa+INS-1', password: 'tok-noa', database: 'crm' })
  await expect(session.connect()).rejects.toMatchObject({ code: '28000' })
})

test('direct TLS is spoken with its ALPN, and with no other', async () => {
  const first = async (protocols: string[]): Promise<string> => new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: gateway.port, ca: pair.cert, servername: 'localhost', ALPNProtocols: protocols })
    socket.on('secureConnect', () => socket.write(startupPacket({ user: 'noa+INS-1', database: 'crm' })))
    socket.on('data', (chunk: Buffer) => { resolve(chunk.toString('latin1', 0, 1)); socket.destroy() })
    socket.on('error', () => resolve('closed'))
    socket.on('close', () => resolve('closed'))
  })
  expect(await first(['postgresql'])).toBe('R')
  expect(await first(['http/1.1'])).toBe('closed')
  expect(await first([])).toBe('closed')
})

test('rubbish instead of a handshake is closed', async () => {
  const socket = connectPlain({ host: '127.0.0.1', port: gateway.port })
  socket.on('error', () => undefined)
  socket.write(Buffer.alloc(64, 0x16))
  await new Promise((resolve) => socket.on('close', resolve))
})

const psql = spawnSync('psql', ['--version']).status === 0

test.skipIf(!psql)('psql reads, describes, and is told why not', async () => {
  // Not spawnSync: the gateway lives in this process.
  const run = (...commands: string[]): Promise<{ stdout: string; stderr: string }> => new Promise((resolve) => {
    const where = `host=localhost port=${gateway.port} dbname=crm user=noa options='-c bailee.instruction=INS-1' sslmode=require`
    const environment = { ...process.env, PGPASSWORD: 'tok-noa' }
    execFile('psql', ['-X', '-A', '-t', '-q', ...commands.flatMap((command) => ['-c', command]), where], { env: environment, timeout: 60_000 }, (_error, stdout, stderr) => resolve({ stdout, stderr }))
  })
  expect(await run('SELECT count(*) FROM crm.listener')).toEqual({ stdout: '5000\n', stderr: '' })
  const described = await run('\\d crm.listener', '\\dt crm.*', '\\dn', '\\du', '\\df', '\\conninfo')
  expect(described.stderr).toBe('')
  expect(described.stdout).toContain('user_id|integer')
  expect((await run('SELECT note FROM crm.listener')).stderr).toContain('failing data (Art. 28(3)(a), 29 GDPR)')
  expect(await run('\\copy crm.listener (user_id) TO STDOUT')).toMatchObject({ stdout: '', stderr: expect.stringContaining('COPY to the client') as string })
})
