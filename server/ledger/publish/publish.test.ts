import { createHash, createPublicKey, verify } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseHead, parseSnapshot, verifyHead } from '@bailee/verifier'
import { rows, sql } from '#database'
import { createTestDatabase, type TestDatabase } from '../../database/testing.ts'
import { applies } from '../applies.ts'
import type { Serving } from '../http.ts'
import { openKeyStore } from '../keys.ts'
import type { Ledger } from '../ledger.ts'
import { noon, noteApplies, openTestLedger, origin, temporaryDirectory } from '../testing.ts'
import { publish } from './publish.ts'
import { readerTokens } from './store.ts'
import { issueReaderToken, revokeReaderToken } from './token.ts'

const directory = temporaryDirectory()
let own: TestDatabase
let ledger: Ledger
let serving: Serving
let tokens: string[]
let now = noon
const problems: string[] = []

const write = (slot: number, count: number): Promise<unknown> => ledger.append(Array.from({ length: count }, (_, index) => ({ slot, type: 'note.written', at: noon, parts: { evidence: { index } } })))
const until = noon + 86_400

beforeAll(async () => {
  own = await createTestDatabase()
  ledger = await openTestLedger(own.database, openKeyStore(join(directory.path, 'keys')), { ...noteApplies, ...applies })
  await ledger.openSlot(noon, () => [])
  await ledger.openSlot(noon, () => [])
  tokens = ['']
  for (const slot of [1, 2]) tokens.push((await issueReaderToken(ledger, { slot, expiresAt: until }, noon)).token)
  await write(1, 600)
  await ledger.snapshot(noon)
  serving = await publish({ ledger, clock: () => now, at: { host: '127.0.0.1', port: 0 }, report: (problem) => problems.push(problem) })
})
afterAll(async () => { await serving.close(); await own.close(); directory.remove() })

interface Got { readonly status: number; readonly body: Buffer; readonly headers: Headers }
async function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Got> {
  const answer = await fetch(`http://127.0.0.1:${serving.port}${path}`, { method, headers })
  return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()), headers: answer.headers }
}
const bearer = (slot: number): Record<string, string> => (slot < 0 ? {} : { authorization: `Bearer ${tokens[slot] ?? ''}` })

// A client of its own making: it knows the C2SP pages and nothing of ours.
const sha256 = (...parts: readonly Uint8Array[]): Buffer => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()
const node = (left: Uint8Array, right: Uint8Array): Buffer => sha256(Buffer.of(1), left, right)
function treeRoot(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 1) return hashes[0] ?? Buffer.of()
  let split = 1
  while (split * 2 < hashes.length) split *= 2
  return node(treeRoot(hashes.slice(0, split)), treeRoot(hashes.slice(split)))
}
const name3 = (index: number): string => String(index).padStart(3, '0')
const partial = (width: number): string => (width === 256 ? '' : `.p/${width}`)

/** Follows a whole log by its tiles; gives its entries once they hash to what its checkpoint signs. */
async function follow(prefix: string, headers: Record<string, string>, name = `${origin}${prefix}`): Promise<{ entries: Buffer[]; size: number }> {
  const checkpoint = await get(`${prefix}/checkpoint`, headers)
  expect(checkpoint.status).toBe(200)
  const note = checkpoint.body.toString()
  const [said, sizeText, rootText] = note.split('\n')
  expect(said).toBe(name)
  const signature = Buffer.from(/\u2014 \S+ (\S+)\n/.exec(note)?.[1] ?? '', 'base64')
  const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(ledger.keys.log.publicKey).toString('base64url') } })
  expect(verify(null, Buffer.from(`${said}\n${sizeText}\n${rootText}\n`), key, signature.subarray(4))).toBe(true)
  expect(signature.subarray(0, 4)).toEqual(sha256(Buffer.from(`${name}\n`), Buffer.of(1), ledger.keys.log.publicKey).subarray(0, 4))
  const size = Number(sizeText)
  const leaves: Buffer[] = []
  const entries: Buffer[] = []
  for (let index = 0; index * 256 < size; index += 1) {
    const width = Math.min(256, size - index * 256)
    const tile = await get(`${prefix}/tile/0/${name3(index)}${partial(width)}`, headers)
    expect([tile.status, tile.body.length]).toEqual([200, width * 32])
    for (let place = 0; place < width; place += 1) leaves.push(tile.body.subarray(place * 32, (place + 1) * 32))
    const bundle = (await get(`${prefix}/tile/entries/${name3(index)}${partial(width)}`, headers)).body
    for (let at = 0; at < bundle.length;) { const end = at + 2 + bundle.readUInt16BE(at); entries.push(bundle.subarray(at + 2, end)); at = end }
  }
  expect(entries.map((entry) => sha256(Buffer.of(0), entry).toString('hex'))).toEqual(leaves.map((leaf) => leaf.toString('hex')))
  expect(Buffer.from(treeRoot(leaves)).toString('base64')).toBe(rootText)
  const above = Math.floor(size / 256)
  if (above > 0) {
    const upper = await get(`${prefix}/tile/1/000${partial(above)}`, headers)
    expect(upper.body).toEqual(Buffer.concat(Array.from({ length: above }, (_, index) => treeRoot(leaves.slice(index * 256, (index + 1) * 256)))))
  }
  return { entries, size }
}

test('a client that knows C2SP alone follows the root log, its own log and the common one, and what they grow to', async () => {
  const root = await follow('/root', {})
  expect(root.size).toBe(1)
  const mine = await follow('/1', bearer(1))
  expect(mine.size).toBe(602)
  expect((await follow('/0', bearer(1))).size).toBe(1)
  await write(1, 1)
  expect((await follow('/1', bearer(1))).size, 'what no snapshot fixed is not there').toBe(602)
  expect((await get('/1/tile/0/002.p/91', bearer(1))).status).toBe(404)
  await write(1, 170)
  await ledger.snapshot(noon + 60)
  const later = await follow('/1', bearer(1))
  expect(later.size).toBe(773)
  expect(later.entries.slice(0, 602).map(String), 'it continues').toEqual(mine.entries.map(String))
  expect((await get('/1/tile/0/002.p/90', bearer(1))).status, 'the partial tile of an older checkpoint stays').toBe(200)
  const grown = await follow('/root', {})
  expect(grown.size).toBe(2)
  for (const [index, snapshot] of grown.entries.entries()) {
    const head = parseHead((await get(`/1/heads/${index}`, bearer(1))).body.toString())
    expect([verifyHead(head, parseSnapshot(snapshot)), head.checkpoint.size]).toEqual([true, [602, 773][index]])
  }
})

test('one controller\'s token opens its own log and the common one, and nothing of another\'s', async () => {
  for (const path of ['checkpoint', 'tile/0/000.p/1', 'tile/entries/000.p/1', 'heads/0']) {
    expect([(await get(`/2/${path}`, bearer(2))).status, (await get(`/0/${path}`, bearer(2))).status], path).toEqual([200, 200])
    expect((await get(`/2/${path}`, bearer(1))).status, path).toBe(404)
    expect((await get(`/1/${path}`, bearer(2))).status, path).toBe(404)
    expect((await get(`/2/${path}`)).status, path).toBe(401)
    expect((await get(`/0/${path}`)).status, path).toBe(401)
    expect((await get(`/2/${path}`, { authorization: `Bearer ${'A'.repeat(43)}` })).status, path).toBe(401)
  }
  expect((await get('/3/checkpoint', bearer(1))).status).toBe(404)
  expect((await get('/2/checkpoint')).headers.get('www-authenticate')).toMatch(/^Bearer/)
})

test('a token ends when it is revoked, or its time is over; what is kept of it does not open anything', async () => {
  const { id, token } = await issueReaderToken(ledger, { slot: 2, expiresAt: until }, noon)
  const headers = { authorization: `Bearer ${token}` }
  expect((await get('/2/checkpoint', headers)).status).toBe(200)
  now = until
  expect((await get('/2/checkpoint', headers)).status).toBe(401)
  now = noon
  await revokeReaderToken(ledger, id, noon)
  expect((await get('/2/checkpoint', headers)).status).toBe(401)
  await expect(revokeReaderToken(ledger, id, noon)).rejects.toThrow(/revoked already/)
  await expect(revokeReaderToken(ledger, 'none', noon)).rejects.toThrow(/no token none/)
  expect((await readerTokens(own.database)).find((one) => one.id === id)).toMatchObject({ slot: 2, revokedAt: noon })
  const kept = await rows<{ hash: Buffer }>(own.database, sql`select hash from reader_token`)
  expect(kept.some(({ hash }) => hash.equals(Buffer.from(token, 'base64url')))).toBe(false)
  expect(JSON.stringify(await ledger.read(2))).not.toContain(token)
  expect((await ledger.read(2)).map(({ type }) => type)).toEqual(expect.arrayContaining(['ledger.token_issued', 'ledger.token_revoked']))
})

test('what never changes may be kept for ever, what does is asked for again, and both say whether it changed', async () => {
  const tile = await get('/root/tile/0/000.p/1')
  expect(tile.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect((await get('/1/tile/0/000', bearer(1))).headers.get('cache-control')).toBe('private, max-age=31536000, immutable')
  expect((await get('/1/checkpoint', bearer(1))).headers.get('vary')).toBe('authorization')
  const checkpoint = await get('/root/checkpoint')
  expect(checkpoint.headers.get('cache-control')).toBe('public, no-cache')
  expect(checkpoint.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  const etag = checkpoint.headers.get('etag') ?? ''
  const again = await get('/root/checkpoint', { 'if-none-match': `"x", ${etag}` })
  expect([again.status, again.body.length, again.headers.get('etag')]).toEqual([304, 0, etag])
  await write(1, 1)
  await ledger.snapshot(noon + 120)
  expect((await get('/root/checkpoint', { 'if-none-match': etag })).status).toBe(200)
  const head = await get('/1/tile/0/000', bearer(1), 'HEAD')
  expect([head.status, head.body.length, head.headers.get('content-length')]).toEqual([200, 0, '8192'])
})

test('nothing else is there, nothing is listed, nothing is written', async () => {
  const size = Number((await get('/root/checkpoint')).body.toString().split('\n')[1])
  const rest = ['/', '/root', '/root/', '/root/tile/', '/root/tile/0/', '/root/tile/0/000.p/0', `/root/tile/0/000.p/${size + 1}`, '/root/tile/0/000', '/root/tile/1/000.p/1', '/root/tile/64/000', '/root/tile/00/000.p/1',
    '/root/tile/0/0', '/root/tile/0/x000/000.p/1', '/root/tile/data/000.p/1', '/root/heads/0', '/root/../1/checkpoint', '/root/%63heckpoint', '/01/checkpoint', '/-1/checkpoint', `/root/${'0/'.repeat(500)}`, '/root/checkpoint/']
  for (const path of rest) expect((await get(path)).status, path).toBeOneOf(path.includes('/01/') || path.includes('..') ? [404, 401] : [404])
  for (const path of ['/1/heads/99', '/1/heads/00', '/1/tile/2/000.p/1', '/1/tile/entries/999']) expect((await get(path, bearer(1))).status, path).toBe(404)
  for (const method of ['POST', 'PUT', 'DELETE']) expect((await get('/root/checkpoint', {}, method)).status, method).toBe(405)
  expect(problems).toEqual([])
})

test('kept hashes are copies: where they were altered they are made anew', async () => {
  const upper = (await get('/1/tile/1/000.p/1', bearer(1))).body
  for (const level of [1, 2]) {
    await rows(own.database, sql`update subtree set hash = sha256('x') where slot = 1 and level = ${level} and idx = 0`)
    expect((await get('/1/tile/1/000.p/1', bearer(1))).body, 'also where what is asked for is no part of the root').toEqual(upper)
  }
  for (let times = 0; times < 5; times += 1) {
    await rows(own.database, sql`update subtree set hash = sha256('x') where slot = 1 and level = 2 and idx = 0`)
    expect((await Promise.all(Array.from({ length: 6 }, () => get('/1/tile/1/000.p/1', bearer(1))))).map(({ status }) => status), 'of all who ask at once').toEqual([200, 200, 200, 200, 200, 200])
  }
  await rows(own.database, sql`update subtree set hash = sha256('x') where slot = 1 and level = 2 and idx = 0`)
  await write(1, 1)
  await ledger.snapshot(noon + 180)
  await follow('/1', bearer(1))
  expect(problems).toEqual([])
})

test('a log whose entries were altered is not published, and the others are', async () => {
  const hash = async (of: string, idx: number): Promise<void> => { await rows(own.database, sql`update other_entry set leaf = ${of === 'own' ? sql`sha256('\\x00'::bytea || body)` : sql`sha256('x')`} where slot = 1 and idx = ${idx}`) }
  const swap = async (from: string, to: string): Promise<void> => { await rows(own.database, sql`update other_entry set body = convert_to(replace(convert_from(body, 'utf8'), ${from}, ${to}), 'utf8') where slot = 1 and idx = 300`) }
  await rows(own.database, sql`alter table other_entry disable trigger user`)
  await swap('note.written', 'note.refuted')
  expect((await get('/1/tile/entries/001', bearer(1))).status, 'though its hash is the one that was signed').toBe(500)
  expect(problems.splice(0)).toEqual([expect.stringMatching(/ledger\/root-differs/)])
  await swap('note.refuted', 'note.written')
  await hash('another', 772)
  await write(1, 1)
  await ledger.snapshot(noon + 200)
  expect([(await get('/1/checkpoint', bearer(1))).status, (await get('/1/tile/0/000', bearer(1))).status]).toEqual([500, 500])
  expect(problems.splice(0)).toEqual([expect.stringMatching(/ledger\/root-differs/), expect.stringMatching(/ledger\/root-differs/)])
  expect((await get('/2/checkpoint', bearer(2))).status).toBe(200)
  await hash('own', 772)
  now += 1
  await rows(own.database, sql`alter table other_entry enable trigger user`)
  await follow('/1', bearer(1))
})

test('a refusal is cheap the next time: what is kept stays, what lies beside an altered entry is there, and entries that do not lead to the root are not hashed again at once', async () => {
  await ledger.snapshot(noon + 210)
  await follow('/1', bearer(1))
  const leafOf = (of: string): Promise<unknown> => rows(own.database, sql`update other_entry set leaf = ${of === 'own' ? sql`sha256('\\x00'::bytea || body)` : sql`sha256('x')`} where slot = 1 and idx = 5`)
  const kept = (): Promise<unknown> => rows(own.database, sql`select slot, level, idx, hash, xmin::text as made from subtree order by 1, 2, 3`)
  const got = async (...tiles: readonly string[]): Promise<number[]> => Promise.all(tiles.map(async (tile) => (await get(`/1/tile/${tile}`, bearer(1))).status))
  const before = await kept()
  await rows(own.database, sql`alter table other_entry disable trigger user`)
  await leafOf('another')
  expect(await got('0/000', '0/000', 'entries/000'), 'what the entries say is as it was').toEqual([500, 500, 200])
  expect([await got('0/001', 'entries/001', '1/000.p/3'), (await get('/1/checkpoint', bearer(1))).status]).toEqual([[200, 200, 200], 200])
  expect(await kept()).toEqual(before)
  await leafOf('own')
  expect(await got('0/000', 'entries/000'), 'mended, it is there at once').toEqual([200, 200])
  // The kept hash over it as well: then only hashing all entries again tells that it was mended.
  await leafOf('another')
  await rows(own.database, sql`update subtree set hash = sha256('x') where slot = 1 and idx = 0`)
  now += 1
  expect(await got('0/000', '0/001')).toEqual([500, 500])
  await leafOf('own')
  expect(await got('0/001', '0/001'), 'not asked of the entries again so soon').toEqual([500, 500])
  now += 1
  expect(await got('0/001', '0/000', 'entries/000')).toEqual([200, 200, 200])
  await rows(own.database, sql`alter table other_entry enable trigger user`)
  problems.splice(0)
})

test('a root log that was altered is not read whole for each who asks', async () => {
  const time = (by: number): Promise<unknown> => rows(own.database, sql`update snapshot set body = convert_to(${by > 0 ? sql`replace(convert_from(body, 'utf8'), ${String(noon)}, ${String(noon + by)})` : sql`replace(convert_from(body, 'utf8'), ${String(noon - by)}, ${String(noon)})`}, 'utf8') where idx = 0`)
  await rows(own.database, sql`alter table snapshot disable trigger user`)
  await time(7)
  await write(1, 1)
  await ledger.snapshot(noon + 220)
  expect((await get('/root/checkpoint')).status).toBe(500)
  await time(-7)
  expect((await get('/root/tile/0/000.p/1')).status, 'not so soon').toBe(500)
  expect(problems.splice(0)).toEqual([expect.stringMatching(/ledger\/two-histories/), expect.stringMatching(/ledger\/two-histories/)])
  now += 1
  expect((await get('/root/checkpoint')).status).toBe(200)
  await rows(own.database, sql`alter table snapshot enable trigger user`)
})

test('a database restored from before what was published is not published again', async () => {
  await ledger.append({ slot: 2, type: 'note.written', at: noon, parts: { evidence: {} } })
  const last = await ledger.snapshot(noon + 240)
  expect((await get('/root/checkpoint')).status).toBe(200)
  for (const table of ['snapshot_head', 'snapshot']) await rows(own.database, sql`alter table ${sql.table(table)} disable trigger user`)
  await rows(own.database, sql`delete from snapshot_head where snapshot = ${last}`)
  await rows(own.database, sql`delete from snapshot where idx = ${last}`)
  expect((await get('/root/checkpoint')).status).toBe(500)
  expect(problems.splice(0)).toEqual([expect.stringMatching(/ledger\/behind/)])
})
