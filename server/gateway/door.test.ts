import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listen, type Gateway } from './listen.ts'
import { saltOf } from './scram.ts'
import { MemoryDoorkeeper } from './testing.ts'
import { int32, message, startupPacket, strings } from './wire/messages.ts'

let gateway: Gateway
const doorkeeper = new MemoryDoorkeeper()

beforeAll(async () => {
  gateway = await listen({ doorkeeper, at: { host: '127.0.0.1', port: 0 }, saltSecret: doorkeeper.secret })
})
afterAll(() => gateway.close())

/** A client of bytes: everything the gateway sends until it closes. */
async function bytesFor(packet: Buffer, more: (socket: Socket, chunk: Buffer) => void = () => undefined): Promise<Buffer> {
  const socket = connect({ host: '127.0.0.1', port: gateway.port })
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => { chunks.push(chunk); more(socket, chunk) })
  socket.on('error', () => undefined)
  socket.write(packet)
  await new Promise((resolve) => socket.on('close', resolve))
  return Buffer.concat(chunks)
}

test.each([
  ['replication', startupPacket({ user: 'noa+INS-1', database: 'crm', replication: 'database' }), '28000'],
  ['a search path', startupPacket({ user: 'noa+INS-1', database: 'crm', search_path: 'x' }), '28000'],
  ['a startup packet of 2 GB', Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 0]), '08P01'],
  ['a length of zero', Buffer.alloc(8), '08P01'],
  ['protocol 2', Buffer.from([0, 0, 0, 8, 0, 2, 0, 0]), '08P01'],
  ['bytes stuffed behind SSLRequest', Buffer.from([0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f, 1]), '08P01'],
])('%s is turned away at the door', async (_what, packet, code) => {
  expect((await bytesFor(packet)).toString('latin1')).toContain(`C${code}\0`)
})

test('SSLRequest and GSSENCRequest are answered with N where there is no TLS', async () => {
  for (const code of [80_877_103, 80_877_104]) {
    const packet = Buffer.alloc(8)
    packet.writeInt32BE(8)
    packet.writeInt32BE(code, 4)
    expect((await bytesFor(packet, (socket) => socket.end())).toString()).toBe('N')
  }
})

test('options of the protocol are negotiated down by name, and a version that is not spoken yet by number', async () => {
  const packet = startupPacket({ user: 'noa+INS-1', database: 'crm', '_pq_.thing': '1' })
  packet.writeInt32BE((3 << 16) | 9, 4)
  const answer = await bytesFor(packet, (socket) => socket.end())
  expect(answer.subarray(0, 1).toString()).toBe('v')
  expect(answer.readInt32BE(5)).toBe((3 << 16) | 2)
  expect(answer.toString('latin1')).toContain('_pq_.thing\0')
})

test('a person who does not exist is offered the same salt each time, like one who does', async () => {
  const offered = async (user: string): Promise<string> => {
    const bytes = await bytesFor(startupPacket({ user, database: 'crm' }), (socket, chunk) => {
      if (chunk.readInt32BE(5) === 10) socket.write(message('p', Buffer.concat([strings('SCRAM-SHA-256'), int32(12), Buffer.from('n,,n=,r=abcd')])))
      else socket.end()
    })
    return /s=([^,]+),i=4096/.exec(bytes.toString('latin1'))?.[0] ?? 'none'
  }
  doorkeeper.tokens.set('noa', ['tok-noa'])
  for (const user of ['noa', 'nobody']) {
    expect(await offered(user)).toBe(await offered(user))
    expect(await offered(user)).toContain(saltOf(doorkeeper.secret, user).toString('base64'))
  }
})
