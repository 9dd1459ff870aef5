import { execFile, spawnSync } from 'node:child_process'
import { generateKeyPairSync, sign } from 'node:crypto'
import { connect as connectPlain } from 'node:net'
import { connect } from 'node:tls'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listen, type Gateway } from './listen.ts'
import { createClientDatabase, MemoryDoorkeeper, planOf, type ClientDatabase } from './testing.ts'
import { startupPacket } from './wire/messages.ts'

/** DER: a tag, a length, a body. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}

/** A self-signed certificate for `localhost` (RFC 5280), made here so that no key lies in the repository. */
function certificate(): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = der(0x30, Buffer.from('06082a8648ce3d040302', 'hex')) // ecdsa-with-SHA256
  const name = der(0x30, der(0x31, der(0x30, Buffer.from('0603550403', 'hex'), der(0x0c, Buffer.from('localhost')))))
  const validity = der(0x30, der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('490101000000Z')))
  const names = der(0x30, Buffer.from('0603551d11', 'hex'), der(0x04, der(0x30, der(0x82, Buffer.from('localhost')))))
  const body = der(0x30, der(0xa0, der(0x02, Buffer.from([2]))), der(0x02, Buffer.from([1])), algorithm, name, validity, name,
    publicKey.export({ type: 'spki', format: 'der' }), der(0xa3, der(0x30, names)))
  const bytes = der(0x30, body, algorithm, der(0x03, Buffer.from([0]), sign('sha256', body, privateKey)))
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64')}\n-----END CERTIFICATE-----\n` }
}

let client: ClientDatabase
let gateway: Gateway
const pair = certificate()
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
    execFile('psql', ['-X', '-A', '-t', '-q', ...commands.flatMap((command) => ['-c', command]), where], { env: environment, timeout: 10_000 }, (_error, stdout, stderr) => resolve({ stdout, stderr }))
  })
  expect(await run('SELECT count(*) FROM crm.listener')).toEqual({ stdout: '5000\n', stderr: '' })
  const described = await run('\\d crm.listener', '\\dt crm.*', '\\dn', '\\du', '\\df', '\\conninfo')
  expect(described.stderr).toBe('')
  expect(described.stdout).toContain('user_id|integer')
  expect((await run('SELECT note FROM crm.listener')).stderr).toContain('failing data (Art. 28(3)(a), 29 GDPR)')
  expect(await run('\\copy crm.listener (user_id) TO STDOUT')).toMatchObject({ stdout: '', stderr: expect.stringContaining('COPY to the client') as string })
})
