import { deflateSync, gzipSync } from 'node:zlib'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startRedis, withoutRedis, type OtherServer } from '../testing.ts'
import { isUnread, listRedis, redisTransport, type UnreadPart } from './index.ts'

let server: OtherServer
const members = 3000
beforeAll(async () => {
  if (withoutRedis) return
  server = await startRedis()
  const client = createClient({ url: server.url })
  await client.connect()
  await client.set('session:1', '{"mail": "ann@mail.example"}')
  await client.set(Buffer.from([0xff, 0x22]), Buffer.from([0, 0x0a, 0x22]))
  await client.hSet('user:1', { mail: 'bob@mail.example', name: 'Zoë, "Z"' })
  await client.rPush('queue', ['first@mail.example', 'second@mail.example'])
  await client.sAdd('all', Array.from({ length: members }, (_, index) => `p${index}@listener.example`))
  await client.hSet('index', Object.fromEntries(Array.from({ length: members }, (_, index) => [`h${index}@listener.example`, '1'])))
  await client.zAdd('ranked', [{ score: 1.5, value: 'ranked@mail.example' }])
  for (let index = 0; index < 2500; index += 1) void client.xAdd('log', '*', { mail: `x${index}@listener.example` })
  await client.set('long', `${'x'.repeat(2 * 1024 ** 2 - 6)}cut@mail.example`)
  await client.pfAdd('counted', 'a')
  await client.close()
  const other = createClient({ url: server.url, database: 3 })
  await other.connect()
  await other.set('other', 'third@mail.example')
  const cache = createClient({ url: server.url, database: 4 })
  await cache.connect()
  await cache.set('a', gzipSync('{"mail":"packed@mail.example"}'))
  await cache.hSet('b', { one: deflateSync('in a hash: deflated@mail.example') })
  await cache.set('c', Buffer.from('504b0304aabb', 'hex'))
  await cache.close()
  await other.sendCommand(['ACL', 'SETUSER', 'half', 'on', '>half', '~other', '+@all'])
  await other.close()
})
afterAll(async () => { if (!withoutRedis) await server.stop() })

async function read(number: number, url = server.url): Promise<{ text: string; unread: UnreadPart[] }> {
  const place = (await listRedis(url)).places.find((one) => one.place === `db${number}`)
  const chunks: Uint8Array[] = []
  const unread: UnreadPart[] = []
  for await (const part of place!.open('all')) {
    if (isUnread(part)) unread.push(part)
    else for await (const chunk of part.bytes) chunks.push(chunk)
  }
  return { text: Buffer.concat(chunks).toString('latin1'), unread }
}

describe.skipIf(withoutRedis)('a Redis server (Debian package redis-server)', () => {
  test('how it is reached: whether anybody is let in, and as whom the sweep comes', async () => {
    expect(await redisTransport(server.url)).toEqual({ is: 'local', says: 'a connection that does not leave the machine', access: [{ is: 'open', says: expect.stringContaining('ACL user default') as string }, { is: 'open', says: expect.stringContaining('lets in whoever reaches it') as string }] })
    const own = server.url.replace('unix://', 'unix://half:half@')
    const client = createClient({ url: server.url })
    await client.connect()
    try {
      await client.sendCommand(['ACL', 'SETUSER', 'default', '>tok-all'])
      await client.sendCommand(['ACL', 'SETUSER', 'default', 'resetpass', '>tok-all'])
      expect((await redisTransport(own)).access).toEqual([{ is: 'kept', says: 'the sweep comes as an ACL user of its own' }, { is: 'kept', says: 'it refuses whoever brings no password' }])
      await client.sendCommand(['ACL', 'SETUSER', 'half', '-acl'])
      expect((await redisTransport(own)).access?.[0]).toEqual({ is: 'not seen', says: 'as which ACL user it comes could not be asked (NOPERM)' })
    } finally {
      await client.sendCommand(['ACL', 'SETUSER', 'half', '+acl'])
      await client.sendCommand(['ACL', 'SETUSER', 'default', 'nopass'])
      await client.close()
    }
  })

  test('every logical database with keys is a place', async () => {
    const { places, notRead } = await listRedis(server.url)
    expect(places.map(({ place }) => place)).toEqual(['db0', 'db3', 'db4'])
    expect(notRead).toEqual([])
    expect((await read(3)).text).toBe('"other","third@mail.example"\n')
  })

  test('values of every type are rows with their key, bytes as they are', async () => {
    const { text, unread } = await read(0)
    const lines = text.split('\n').filter((line) => line.length < 1000)
    expect(lines).toEqual(expect.arrayContaining([
      '"session:1","{""mail"": ""ann@mail.example""}"', Buffer.from('"user:1","mail","bob@mail.example","name","Zoë, ""Z"""').toString('latin1'),
      '"queue","first@mail.example"', ',"second@mail.example"', '"ranked","ranked@mail.example","1.5"',
    ]))
    expect(text).toContain('"\xff""","\0\n"""\n')
    expect(text).toContain('xxcut@mail.example"\n')
    for (const [letter, count] of [['p', members], ['h', members], ['x', 2500]] as const) expect(new Set(text.match(new RegExp(`"${letter}\\d+@listener.example"`, 'g'))).size).toBe(count)
    expect(unread).toEqual([])
  })

  test('values that a cache has packed are unpacked, and those that cannot be are counted', async () => {
    const place = (await listRedis(server.url)).places.find((one) => one.place === 'db4')
    for await (const part of place!.open('all')) {
      if (isUnread(part)) throw new Error(part.because)
      let text = ''
      for await (const chunk of part.bytes) text += Buffer.from(chunk).toString('latin1')
      expect(text.split('\n').sort()).toEqual(expect.arrayContaining(['"a","{""mail"":""packed@mail.example""}"', '"b","one","in a hash: deflated@mail.example"']))
      expect(part.partly()).toEqual(['1 cells hold a packed or compressed file, which is not unpacked'])
    }
  })

  test('an account that may not read a key gets no half of a database', async () => {
    const half = server.url.replace('unix://', 'unix://half:half@')
    expect((await read(3, half)).text).toContain('third@mail.example')
    await expect(read(0, half)).rejects.toMatchObject({ code: 'inventory/keys-unreadable', message: expect.not.stringContaining('mail.example') as string })
  })

  test('a database in the URL is not taken for all there is, and what is no URL is an error without it', async () => {
    expect((await read(0, `${server.url}?db=3`)).text).toContain('session:1')
    await expect(listRedis('http://secret')).rejects.toMatchObject({ code: 'inventory/store-unreachable', message: expect.not.stringContaining('secret') as string })
  })

  test('a server that is not there is an error without its address', async () => {
    const failure = await listRedis('unix://someone:secret@/nowhere').catch((cause: unknown) => cause as Error & { code: string })
    expect(failure).toMatchObject({ code: 'inventory/store-unreachable', message: expect.not.stringContaining('secret') as string })
  })
})
