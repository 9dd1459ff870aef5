import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bundlesOf, commitmentOf, cosignatureType, decodeEntries, encodeEntries, entriesPath, formatEnvelope, formatHead, formatProof, formatSnapshot, formatVerifierKey, leafHash, parseEntry, parseEnvelope, parseHead, parsePolicy, parseProof, parseSnapshot, parseTilePath, pathOf, preAuthenticationEncoding, satisfies, tilePath, tilesOf, verifyEnvelope } from './index.ts'
import { codeOf } from './testing.ts'

const runs = process.env['BAILEE_FULL'] === '1' ? 1_500 : process.env['BAILEE_LONG'] === '1' ? 400 : 50

const bytes = (text: string): Uint8Array => Buffer.from(text)
const hashes = fc.uint8Array({ minLength: 32, maxLength: 32 })
const counts = fc.nat({ max: 2 ** 31 - 1 })

describe('tiles', () => {
  test('paths are those of tlog-tiles', () => {
    expect(tilePath(0, 1_234_067)).toBe('tile/0/x001/x234/067')
    expect(tilePath(1, 0, 45)).toBe('tile/1/000.p/45')
    expect(entriesPath(999)).toBe('tile/entries/999')
    expect(entriesPath(1000, 1)).toBe('tile/entries/x001/000.p/1')
    expect(() => tilePath(64, 0)).toThrow(RangeError)
    expect(() => tilePath(0, 0, 0)).toThrow(RangeError)
    expect(() => entriesPath(0, 257)).toThrow(RangeError)
  })
  test('a tree of 70,000 leaves has the tiles that the specification counts', () => {
    const tiles = [...tilesOf(70_000)]
    expect(tiles.length).toBe(273 + 1 + 1 + 1 + 1)
    expect(tiles.filter((tile) => tile.width < 256)).toEqual([{ level: 0, index: 273, width: 112 }, { level: 1, index: 1, width: 17 }, { level: 2, index: 0, width: 1 }])
    expect([...tilesOf(256)]).toEqual([{ level: 0, index: 0, width: 256 }, { level: 1, index: 0, width: 1 }])
    expect([...bundlesOf(257)].map(pathOf)).toEqual(['tile/entries/000', 'tile/entries/001.p/1'])
  })
  test('a path is read back, whatever its size', () => {
    fc.assert(fc.property(fc.oneof(fc.constant('entries' as const), fc.nat(63)), fc.maxSafeNat(), fc.integer({ min: 1, max: 256 }), (level, index, width) => {
      expect(parseTilePath(pathOf({ level, index, width }))).toEqual({ level, index, width })
    }), { numRuns: runs })
  })
  test.each(['tile/00/000', 'tile/64/000', 'tile/0/00', 'tile/0/0000', 'tile/0/x000/001', 'tile/0/001/001', 'tile/0/x001', 'tile/0/000.p/0', 'tile/0/000.p/256', 'tile/0/000.p/045', 'tile/0/000/', '/tile/0/000', 'tile/data/000'])('%s is no tile', (path) => expect(parseTilePath(path)).toBeUndefined())
  test('entries are read back from a bundle, and a bundle cut or stretched is refused', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 20 }), fc.nat(), (entries, pick) => {
      const bundle = encodeEntries(entries)
      expect(decodeEntries(bundle, entries.length)).toEqual(entries)
      expect(codeOf(() => decodeEntries(bundle.subarray(0, pick % bundle.length), entries.length))).toBe('tiles/entries')
      expect(codeOf(() => decodeEntries(Buffer.concat([bundle, bundle]), entries.length))).toBe('tiles/entries')
      expect(codeOf(() => decodeEntries(bundle, entries.length + 1))).toBe('tiles/entries')
    }), { numRuns: runs })
  })
  test('an entry has at most 65,535 bytes', () => {
    expect(decodeEntries(encodeEntries([Buffer.alloc(65_535)]), 1)[0]?.length).toBe(65_535)
    expect(codeOf(() => encodeEntries([Buffer.alloc(65_536)]))).toBe('tiles/entry')
  })
})

describe('texts', () => {
  const note = `a.example\n1\n${'A'.repeat(43)}=\n\n\u2014 a.example AAAAAAA=\n`
  test('a receipt is read back', () => {
    fc.assert(fc.property(counts, fc.array(hashes, { maxLength: 53 }), fc.option(fc.uint8Array()), (index, path, extra) => {
      const proof = { index, path, checkpoint: note, ...(extra === null ? {} : { extra }) }
      const read = parseProof(formatProof(proof))
      expect({ ...read, path: read.path.map((hash) => [...hash]), extra: read.extra && [...read.extra] }).toEqual({ ...proof, path: path.map((hash) => [...hash]), extra: extra === null ? undefined : [...extra] })
    }), { numRuns: runs })
  })
  test('a receipt that is nearly one is refused', () => {
    const good = formatProof({ index: 3, path: [leafHash(bytes('x'))], checkpoint: note })
    expect(codeOf(() => parseProof(good.replace('@v1', '@v2')))).toBe('proof/version')
    expect(codeOf(() => parseProof(good.replace('index 3', 'index 03')))).toBe('proof/index')
    expect(codeOf(() => parseProof(good.replace('index 3', 'Index 3')))).toBe('proof/index')
    expect(codeOf(() => parseProof(good.replace('=\n\n', '\n\n')))).toBe('proof/path')
    expect(codeOf(() => parseProof(formatProof({ index: 3, path: Array<Uint8Array>(54).fill(leafHash(bytes('x'))), checkpoint: note })))).toBe('proof/path')
    expect(codeOf(() => parseProof(good.slice(0, -1)))).toBe('note/signatures')
  })
  test('a snapshot is read back, byte for byte as ledger.md lays it down', () => {
    const root = Buffer.from('47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=', 'base64')
    const text = 'bailee-snapshot/v1\ntime 1790000014\nslots 3\nroot 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n'
    expect(Buffer.from(formatSnapshot({ time: 1_790_000_014, slots: 3, root })).toString()).toBe(text)
    expect(parseSnapshot(bytes(text))).toEqual({ time: 1_790_000_014, slots: 3, root: Uint8Array.from(root) })
    for (const [near, code] of [[text.slice(0, -1), 'snapshot/lines'], [`${text}\n`, 'snapshot/lines'], [text.replace('slots 3', 'slots 0'), 'snapshot/slots'], [text.replace('time 1', 'time -1'), 'snapshot/time'], [text.replace('v1', 'v2'), 'snapshot/version'], [text.replace('=\n', '\n'), 'snapshot/root']] as const) expect(codeOf(() => parseSnapshot(bytes(near)))).toBe(code)
  })
  test('a head is read back', () => {
    fc.assert(fc.property(counts, counts, counts, fc.array(hashes, { maxLength: 53 }), (snapshot, slot, slots, path) => {
      const head = { snapshot, slot, slots, path, checkpoint: { origin: 'a.example/1', size: 1, root: leafHash(bytes('x')) } }
      const read = parseHead(formatHead(head))
      expect({ ...read, path: read.path.map((hash) => [...hash]) }).toEqual({ ...head, path: path.map((hash) => [...hash]) })
    }), { numRuns: runs })
  })
})

describe('entries', () => {
  const c = 'a'.repeat(64)
  test('a commitment is SHA-256 over domain, salt and payload', () => {
    const salt = Buffer.alloc(32, 9)
    expect(commitmentOf(salt, bytes('{}'))).toBe(createHash('sha256').update('bailee/commit/v1\n').update(salt).update('{}').digest('hex'))
    expect(() => commitmentOf(salt.subarray(1), bytes('{}'))).toThrow(RangeError)
  })
  test('a leaf is read, with or without the fields that came later', () => {
    expect(parseEntry(bytes(`{"at":5,"common":3,"parts":[{"c":"${c}","n":"evidence"}],"type":"access.granted","v":1}`))).toEqual({ at: 5, common: 3, type: 'access.granted', parts: [{ c, n: 'evidence' }] })
    expect(parseEntry(bytes('{"at":5,"log":"a.example/1","type":"log.genesis","v":1}'))).toEqual({ at: 5, type: 'log.genesis', parts: [] })
  })
  const near: readonly (readonly [string, string])[] = [
    ['[]', 'entry/json'], ['{', 'entry/json'], ['{"at":5,"type":"a.b","v":2}', 'entry/version'], ['{"at":5,"type":"A b","v":1}', 'entry/type'], ['{"at":-1,"type":"a.b","v":1}', 'entry/at'],
    ['{"at":5,"common":1.5,"type":"a.b","v":1}', 'entry/common'], ['{"at":5,"parts":{},"type":"a.b","v":1}', 'entry/parts'],
    [`{"at":5,"parts":[{"c":"${c.toUpperCase()}","n":"evidence"}],"type":"a.b","v":1}`, 'entry/parts'], [`{"at":5,"parts":[{"c":"${c}","n":"../x"}],"type":"a.b","v":1}`, 'entry/parts'],
    [`{"at":5,"parts":[{"c":"${c}","n":"x"},{"c":"${c}","n":"x"}],"type":"a.b","v":1}`, 'entry/parts'],
  ]
  test.each(near)('%s is refused', (text, code) => expect(codeOf(() => parseEntry(bytes(text)))).toBe(code))
})

describe('envelopes', () => {
  const keys = generateKeyPairSync('ed25519')
  const publicKey = Buffer.from(keys.publicKey.export({ format: 'jwk' }).x!, 'base64url')
  const make = (payload: string): Uint8Array => formatEnvelope({ payloadType: 'application/vnd.example+json', payload: bytes(payload) }, { keyid: 'k', sign: (message) => sign(null, message, keys.privateKey) })
  test('the signed bytes are those of the DSSE protocol', () => {
    expect(Buffer.from(preAuthenticationEncoding('http://example.com/HelloWorld', bytes('hello world'))).toString()).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world')
  })
  test('an envelope verifies, and neither its payload nor its type may change', () => {
    const envelope = parseEnvelope(make('{"a":1}'))
    expect(Buffer.from(envelope.payload).toString()).toBe('{"a":1}')
    expect(verifyEnvelope(envelope, publicKey)).toBe(true)
    expect(verifyEnvelope({ ...envelope, payload: bytes('{"a":2}') }, publicKey)).toBe(false)
    expect(verifyEnvelope({ ...envelope, payloadType: 'application/vnd.example' }, publicKey)).toBe(false)
    expect(verifyEnvelope(envelope, Buffer.alloc(32, 3))).toBe(false)
  })
  const near: readonly (readonly [string, string])[] = [['[]', 'envelope/json'], ['{}', 'envelope/form'], ['{"payload":"","payloadType":"a","signatures":[]}', 'envelope/signatures'], ['{"payload":"e30","payloadType":"a","signatures":[{"sig":"AA=="}]}', 'envelope/payload'], ['{"payload":"","payloadType":"a","signatures":[{"sig":5}]}', 'envelope/signatures']]
  test.each(near)('%s is refused', (text, code) => expect(codeOf(() => parseEnvelope(bytes(text)))).toBe(code))
})

describe('policies', () => {
  const key = (name: string, seed: number, type = cosignatureType): string => formatVerifierKey(name, Buffer.alloc(32, seed), type)
  const lines = { log: `log ${key('a.example/root', 1, 1)} https://a.example/\n`, w1: `witness w1 ${key('one.example', 2)}\n`, w2: `witness w2 ${key('two.example', 3)}\n`, w3: `witness w3 ${key('three.example', 4)}\n` }
  const base = lines.log + lines.w1 + lines.w2 + lines.w3
  const met = (rules: string, ...names: string[]): boolean => {
    const policy = parsePolicy(base + rules)
    return satisfies(policy.quorum, new Set(names.map((name) => policy.witnesses.get(name)!)))
  }
  test('quorums count as they say', () => {
    expect(met('quorum none\n')).toBe(true)
    expect([met('quorum w2\n', 'w2'), met('quorum w2\n', 'w1', 'w3')]).toEqual([true, false])
    expect([met('group g 2 w1 w2 w3\nquorum g\n', 'w1', 'w3'), met('group g 2 w1 w2 w3\nquorum g\n', 'w1')]).toEqual([true, false])
    expect([met('group g any w1 w2\nquorum g\n', 'w2'), met('group g any w1 w2\nquorum g\n')]).toEqual([true, false])
    expect([met('group g any w1 w2\ngroup h all g w3\nquorum h\n', 'w2', 'w3'), met('group g any w1 w2\ngroup h all g w3\nquorum h\n', 'w1', 'w2')]).toEqual([true, false])
  })
  test('comments, tabs and empty lines are let through', () => expect(met('# a comment\n\n \t\n  quorum\tnone  \n')).toBe(true))
  const near: readonly (readonly [string, string, string])[] = [
    ['no quorum', base, 'policy/quorum'], ['two quorums', `${base}quorum none\nquorum none\n`, 'policy/quorum'], ['a quorum of nobody known', `${base}quorum w9\n`, 'policy/quorum'],
    ['a group of somebody defined later', `${lines.log}group g any w1\n${lines.w1}quorum g\n`, 'policy/group'], ['a threshold above its members', `${base}group g 3 w1 w2\nquorum g\n`, 'policy/group'],
    ['a threshold of 0', `${base}group g 0 w1\nquorum g\n`, 'policy/group'], ['an empty group', `${base}group g any\nquorum g\n`, 'policy/group'],
    ['a member twice', `${base}group g 2 w1 w1\nquorum g\n`, 'policy/group'], ['a member of two groups', `${base}group g any w1\ngroup h all g w1\nquorum h\n`, 'policy/group'],
    ['none as a member', `${base}group g any none\nquorum g\n`, 'policy/group'], ['a witness called none', `${lines.log}witness none ${key('one.example', 2)}\nquorum none\n`, 'policy/name'],
    ['a name twice', `${base}group w1 any w2\nquorum w1\n`, 'policy/name'], ['one key for two witnesses', `${base}witness w4 ${key('four.example', 2)}\nquorum none\n`, 'policy/witness'],
    ['a witness with a log key', `witness w ${key('a.example', 9, 1)}\nquorum none\n`, 'policy/witness'], ['a log with a witness key', `log ${key('a.example', 9)}\nquorum none\n`, 'policy/log'],
    ['one key for two logs', `${lines.log}${lines.log}quorum none\n`, 'policy/log'], ['an unknown word', `${base}quorums none\n`, 'policy/keyword'], ['a carriage return', `${base}quorum none\r\n`, 'policy/control'], ['no last newline', `${base}quorum none`, 'policy/end'],
  ]
  test.each(near)('a policy with %s is refused', (_, text, code) => expect(codeOf(() => parsePolicy(text))).toBe(code))
})
