import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { attach, createMachine, modes, stateBytesMax } from './machine.ts'
import { dayOf, foldTable, normalForm } from './normal.ts'

const key = Uint8Array.from({ length: 16 }, (_, at) => at)
const here = fileURLToPath(new URL('.', import.meta.url))
const fieldMax = 40 // so short that tests reach it
const columns = 4
const outRows = 4

// Many more cases in the long run.
const times = process.env['BAILEE_FULL'] === '1' ? 8 : process.env['BAILEE_LONG'] === '1' ? 2 : 1

test('the committed scanner is what its sources compile to, and small', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bailee-scanner-'))
  try {
    const built = join(folder, 'scanner.wasm')
    const compiler = join(dirname(findPackageJSON('assemblyscript', import.meta.url)!), 'bin', 'asc.js')
    const options = ['-O3', '--runtime', 'stub', '--importMemory', '--sharedMemory', '--maximumMemory', '65536', '--enable', 'simd,threads,bulk-memory', '-o', built]
    execFileSync(process.execPath, [compiler, 'assembly/index.ts', ...options], { cwd: here })
    if (process.env['UPDATE_GOLDEN'] === '1') copyFileSync(built, join(here, 'scanner.wasm'))
    expect(readFileSync(join(here, 'scanner.wasm')).equals(readFileSync(built))).toBe(true)
    expect(readFileSync(built).length).toBeLessThan(48_000)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a lane has room for the state', () => {
  const { shared, lanes } = createMachine({ key, regions: {} })
  expect(attach(shared, lanes[0]!).stateBytes()).toBeLessThanOrEqual(stateBytesMax)
})

// The same definitions once more, written for the eye.

const mask64 = (1n << 64n) - 1n
const rotate = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (64n - by))) & mask64

function sipHash(bytes: Uint8Array, secret: Uint8Array): bigint {
  const view = new DataView(secret.buffer, secret.byteOffset, 16)
  const [k0, k1] = [view.getBigUint64(0, true), view.getBigUint64(8, true)]
  let [v0, v1, v2, v3] = [k0 ^ 0x736f6d6570736575n, k1 ^ 0x646f72616e646f6dn, k0 ^ 0x6c7967656e657261n, k1 ^ 0x7465646279746573n]
  const round = (): void => {
    v0 = (v0 + v1) & mask64; v1 = rotate(v1, 13n) ^ v0; v0 = rotate(v0, 32n)
    v2 = (v2 + v3) & mask64; v3 = rotate(v3, 16n) ^ v2
    v0 = (v0 + v3) & mask64; v3 = rotate(v3, 21n) ^ v0
    v2 = (v2 + v1) & mask64; v1 = rotate(v1, 17n) ^ v2; v2 = rotate(v2, 32n)
  }
  const padded = Buffer.alloc(Math.floor(bytes.length / 8) * 8 + 8)
  padded.set(bytes)
  padded[padded.length - 1] = bytes.length & 255
  for (let at = 0; at < padded.length; at += 8) {
    const word = padded.readBigUInt64LE(at)
    v3 ^= word; round(); round(); v0 ^= word
  }
  v2 ^= 0xffn
  for (let count = 0; count < 4; count += 1) round()
  return v0 ^ v1 ^ v2 ^ v3
}

/** Rows of raw fields, and how many fields had a quote that never closed. */
function parse(text: Buffer, delimiter: string): Buffer[][] {
  const rows: Buffer[][] = []
  const bytes = text.subarray(0, 3).equals(Buffer.from('\uFEFF')) ? text.subarray(3) : text
  let row: Buffer[] = []
  let at = 0
  const next = (from: number): number => {
    for (let end = from; end < bytes.length; end += 1) if (bytes[end] === delimiter.charCodeAt(0) || bytes[end] === 10) return end
    return bytes.length
  }
  while (at < bytes.length || row.length > 0) {
    const { value, end } = quotedField(bytes, at, next) ?? { value: bytes.subarray(at, next(at)), end: next(at) }
    const returned = bytes[end] === 10 && bytes[end - 1] === 13 && value.at(-1) === 13 // belongs to the line end
    row.push(returned ? value.subarray(0, -1) : value)
    const blank = row.length === 1 && (end === at || (end === at + 1 && bytes[at] === 13))
    if (end >= bytes.length || bytes[end] === 10) {
      if (!(blank && (end < bytes.length || end === at))) rows.push(row)
      row = []
      if (end >= bytes.length) break
    }
    at = end + 1
  }
  return rows
}

function quotedField(bytes: Buffer, at: number, next: (from: number) => number): { value: Buffer; end: number } | undefined {
  if (bytes[at] !== 34) return undefined
  let value: number[] = []
  for (let close = at + 1; close < bytes.length && close < at + fieldMax; close += 1) {
    if (bytes[close] !== 34) value.push(bytes[close]!)
    else if (bytes[close + 1] === 34) value.push(bytes[close++]!)
    else {
      const end = next(close + 1)
      if (end >= at + fieldMax && !(end === bytes.length && end <= at + fieldMax)) return undefined
      value = value.concat([...bytes.subarray(close + 1, end)])
      return { value: Buffer.from(value), end }
    }
  }
  return undefined
}

interface Scanned { rows: number; values: number; fields: number; tokens: bigint[][] }

async function scan(text: Buffer, delimiter: string, batchBytes: number): Promise<Scanned & { broken: number; tooLong: number }> {
  const tokens: bigint[][] = Array.from({ length: columns }, () => [])
  const take = (): void => {
    const view = new DataView(machine.memory.buffer)
    for (let column = 0; column < columns; column += 1) {
      const base = machine.at('out') + column * (8 + outRows * 8)
      for (let at = 1; at <= view.getUint32(base, true); at += 1) tokens[column]!.push(view.getBigUint64(base + at * 8, true))
      view.setUint32(base, 0, true)
    }
  }
  const machine = createMachine({ key, regions: { columnOfField: columns, profiles: 2640 * columns, out: columns * (8 + outRows * 8) }, drain: take, fieldBytesMax: fieldMax })
  machine.memory.set([0, 1, 2, 3], machine.at('columnOfField'))
  for (const [name, value] of [['mode', modes.build], ['columnFieldsMax', columns], ['columns', columns], ['outRows', outRows]] as const) machine.set(name, value)
  await machine.scan((async function* () { yield text })(), { delimiter, batchBytes })
  take()
  return {
    rows: machine.count('rows'), values: machine.count('values'), fields: machine.count('fieldsMax'), tokens,
    broken: machine.count('brokenQuotes'), tooLong: machine.count('tooLong'),
  }
}

function oracle(text: Buffer, delimiter: string): Scanned {
  const rows = parse(text, delimiter)
  const tokens: bigint[][] = Array.from({ length: columns }, () => [])
  for (const row of rows) {
    for (const [column, value] of row.slice(0, columns).entries()) {
      const normal = value.length >= fieldMax ? new Uint8Array(0) : normalForm(value)
      if (normal.length > 0) tokens[column]!.push(sipHash(normal, key))
    }
  }
  return { rows: rows.length, values: rows.flat().filter((value) => value.length > 0).length, fields: Math.max(0, ...rows.map((row) => row.length)), tokens }
}

const machine = createMachine({ key, regions: {} })
const normal = (text: string): string => Buffer.from(machine.normal(Buffer.from(text))).toString()

describe('tokens', () => {
  test('the oracle is SipHash-2-4: the vector of its authors', () => {
    expect(sipHash(Uint8Array.from({ length: 15 }, (_, at) => at), key)).toBe(0xa129ca6149be45e5n)
  })

  test('are SipHash-2-4 of the normal form, for any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const bytes = Buffer.from(text)
      const expected = Buffer.from(normalForm(bytes))
      expect(Buffer.from(machine.normal(bytes)).equals(expected)).toBe(true)
      expect(machine.token(bytes)).toBe(expected.length === 0 ? undefined : sipHash(expected, key))
    }), { numRuns: 300 * times })
  })

  test('are the same for any bytes, UTF-8 or not', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => Buffer.from(machine.normal(bytes)).equals(Buffer.from(normalForm(bytes)))), { numRuns: 300 * times })
  })
})

test('digests are MD5, SHA-1 and SHA-256 of the normal form, at every length', () => {
  for (const length of [...Array.from({ length: 130 }, (_, at) => at + 1), 300, 511, 512]) {
    const value = Buffer.from('x'.repeat(length))
    for (const kind of ['md5', 'sha1', 'sha256'] as const) expect(machine.digest(kind, value)).toBe(createHash(kind).update(value).digest('hex'))
  }
  fc.assert(fc.property(fc.string({ minLength: 1, maxLength: 99 }), fc.constantFrom('md5', 'sha1', 'sha256'), (text, kind) => {
    const value = machine.normal(Buffer.from(text))
    if (value.length > 0) expect(machine.digest(kind, value)).toBe(createHash(kind).update(value).digest('hex'))
  }))
})

test('digests that are made several at a time are those of each address, however many there are and however long', async () => {
  const [regions, rows] = [5, 64] // the column's own, three digests, the address without its tag
  for (const count of [1, 2, 3, 4, 5, 8, 11]) {
    const build = createMachine({ key, regions: { columnOfField: 1, profiles: 2640, componentBits: 32, out: regions * (8 + rows * 8) } })
    for (const [setting, value] of Object.entries({ mode: modes.build, columnFieldsMax: 1, columns: 1, outRows: rows }) as ['mode', number][]) build.set(setting, value)
    build.memory[build.at('forms')] = 1
    const mails = Array.from({ length: count }, (_, at) => `${'x'.repeat((at * 17 + count * 5) % 80)}${at}@mail.example`)
    await build.scan((async function* () { yield Buffer.from(`${mails.join('\n')}\n`) })(), { delimiter: ',' })
    const tokensOf = (region: number): bigint[] => {
      const from = build.at('out') + region * (8 + rows * 8)
      return [...new BigUint64Array(build.memory.slice(from + 8, from + 8 + new DataView(build.memory.buffer).getUint32(from, true) * 8).buffer)].sort()
    }
    for (const [number, kind] of ['md5', 'sha1', 'sha256'].entries()) expect(tokensOf(1 + number)).toEqual(mails.map((mail) => machine.token(Buffer.from(createHash(kind).update(mail).digest('hex')))).sort())
  }
})

describe('the normal form', () => {
  test.each([
    ['  Ann@Mail.Example\t', 'ann@mail.example'],
    ['\u00A0JÓZSEF\u2003', 'józsef'],
    ['Jo\u0301zsef', 'józsef'],
    ['STRASSE', 'strasse'], ['Straße', 'strasse'],
    ['ΟΔΟΣ', 'οδοσ'], ['οδος', 'οδοσ'],
    ['ȘTEFAN', 'ștefan'], ['Ș', 'ș'], ['S\u0326', 'ș'],
    ['\uFEFFid', 'id'],
    ['0042', '42'], ['000', '0'],
    ['+40 21 123-4567', '40211234567'], ['(021) 123 4567', '211234567'], ['2019-04-15', '20190415'],
    ['192.168.1.12', '192.168.1.12'], ['12.50', '12.50'], ['1-2', '1-2'],
    ['STRA\u1E9EE', 'strasse'], ['straße', 'strasse'],
    ['x'.repeat(513), ''], ['é'.repeat(256), 'é'.repeat(256)],
  ])('of %j is %j', (text, expected) => expect(normal(text)).toBe(expected))

  test.each([
    ['"Ann@Mail.Example"', 'ann@mail.example'], ['<ann@mail.example>', 'ann@mail.example'], ['MAILTO:ann@mail.example', 'ann@mail.example'],
    [' <mailto:\' "ann@mail.example" \'> ', 'ann@mail.example'], ['tel:+40 21 123 4567', '40211234567'], ['"', '"'], ['""', ''], ['<a', '<a'],
    ['\u00A0"É"\u00A0', 'é'],
    ['0x00FF00FF00FF00FF', '00ff00ff00ff00ff'], ['\\x00ff00ff00ff00ff', '00ff00ff00ff00ff'], ['0x1f', '0x1f'], ['md5:00FF00FF00FF00FF', '00ff00ff00ff00ff'],
    ['{550E8400-E29B-41D4-A716-446655440000}', '550e8400e29b41d4a716446655440000'], ['550e8400-e29b-41d4-a716-446655440000', '550e8400e29b41d4a716446655440000'],
    ['550e8400-e29b-41d4-a716-44665544000', '550e8400-e29b-41d4-a716-44665544000'],
    ['XUFAKrxLKna5cZ2REBfFkg==', '5d41402abc4b2a76b9719d911017c592'], ['qvTGHdzF6KLavt4PO0gs2a6pQ00=', 'aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d'],
    ['LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ', '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'],
    ['LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=', '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'],
    ['a-long-name-of-an-article-of-43-characters-x', 'a-long-name-of-an-article-of-43-characters-x'],
    ...['2019-04-15', '2019/4/15', '2019.04.15', '2019. 04. 15.', '15/04/2019', '15.4.2019', '15-04-2019', '15. 4. 2019.', '04/15/2019', '15 April 2019', '15-apr-2019', 'Apr 15, 2019',
      'april 15 2019', '2019-04-15 00:00:00', '2019-04-15T00:00:00.000Z', '2019-04-15 00:00:00+00', '20190415'].map((text): [string, string] => [text, '20190415']),
    ['03/04/2019', '20190403'], ['2019-02-29', '20190229'], ['29/02/2019', '29022019'], ['15/04/2019 12:30', '15/04/2019 12:30'], ['1.2.2019.4', '1.2.2019.4'],
  ])('of %j is %j, in version 2', (text, expected) => expect(normal(text)).toBe(expected))

  test('of anything that looks like a day, a digest or a wrapped value is what the definition says', () => {
    const digits = fc.constantFrom('1', '4', '04', '12', '13', '15', '29', '30', '31', '2019', '2020', '1799', '1900', '0', '00', '123')
    const day = fc.array(fc.oneof(digits, fc.constantFrom('-', '/', '.', '. ', ' ', ', ', 'apr', 'April', 'feb', 'sept', 'may', 'T', 'T00:00', ' 00:00:00', '.000', 'Z', '+00:00', '-00', ':')), { minLength: 1, maxLength: 9 }).map((parts) => parts.join(''))
    const inOrder = fc.tuple(digits, fc.constantFrom('-', '/', '.', '. ', ' '), digits, digits, fc.constantFrom('', '.', ' 00:00', 'T00:00:00Z', ' 00:00:00.0+00:00')).map(([a, parting, b, c, rest]) => `${a}${parting}${b}${parting}${c}${rest}`)
    const digest = fc.tuple(fc.constantFrom(16, 20, 32, 8, 12), fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.constantFrom('base64', 'base64url', 'hex'), fc.constantFrom('', '0x', '\\x', 'md5:', 'SHA1:', 'sha256:', '=')).map(([length, bytes, encoding, prefix]) => prefix + Buffer.from(bytes).subarray(0, length).toString(encoding as 'hex'))
    const wrapped = fc.array(fc.constantFrom('"', '\'', '<', '>', ' ', 'mailto:', 'TEL:', 'é', 'x', '1', '{', '}', '\u0338', '\u00A0'), { maxLength: 9 }).map((parts) => parts.join(''))
    const uuid = fc.uuid().chain((text) => fc.constantFrom(text, `{${text}}`, text.toUpperCase(), `${text.slice(0, -1)}g`))
    fc.assert(fc.property(fc.oneof(day, inOrder, digest, wrapped, uuid), (text) => {
      const bytes = Buffer.from(text)
      const expected = Buffer.from(normalForm(bytes)).toString()
      expect(normal(text)).toBe(expected)
      expect(normal(expected)).toBe(expected)
    }), { numRuns: 2000 * times })
  })

  test('of a day has two readings where day and month may be changed over', () => {
    expect(dayOf('03/04/2019')).toEqual({ day: '20190403', other: '20190304' })
    for (const text of ['15/04/2019', '04/15/2019', '04/04/2019', '2019-03-04', '3 apr 2019']) expect(dayOf(text)?.other).toBeUndefined()
  })

  test('is its own normal form, and does not see how accents are composed or letters cased', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (text) => {
      const form = normal(text)
      expect(normal(form)).toBe(form)
      for (const same of [text.normalize('NFD'), text.normalize('NFC'), ` ${text}\n`]) expect(normal(same)).toBe(form)
    }), { numRuns: 150 * times })
  })

  test('finds every simple Latin, Greek and Cyrillic letter in its table', () => {
    const table = foldTable()
    for (const letter of 'ÀÉÎÕÜÝŻŐŰȘȚΑΩБЯ') expect(table[letter.codePointAt(0)!]).toBe(letter.toLowerCase().codePointAt(0))
    for (const other of 'ß\u0301\u00A0') expect(table[other.codePointAt(0)!]).toBe(0)
  })
})

describe('one pass over delimited text', () => {
  const piece = fc.constantFrom('a', 'B', 'ann@mail.example', '0', '12', ',', ';', '"', '""', '","', '\n', '\r\n', ' ', 'é', 'ß', '漢', '\n\n', ',,', 'x'.repeat(45), '"a,b"', '"a""b"', '"a\nb"')
  const texts = fc.tuple(fc.constantFrom('', '\uFEFF'), fc.array(piece, { maxLength: 30 })).map(([mark, pieces]) => Buffer.from(mark + pieces.join('')))

  test('reads the fields that the oracle reads', async () => {
    await fc.assert(fc.asyncProperty(texts, fc.constantFrom(',', ';'), async (text, delimiter) => {
      expect(await scan(text, delimiter, 1 << 16)).toMatchObject(oracle(text, delimiter))
    }), { numRuns: 150 * times })
  })

  test('gives the same wherever the stream is cut', async () => {
    await fc.assert(fc.asyncProperty(texts, fc.integer({ min: 1, max: 70 }), async (text, batchBytes) => {
      expect(await scan(text, ',', batchBytes)).toEqual(await scan(text, ',', 1 << 16))
    }), { numRuns: 100 * times })
  })

  test('a quote that never closes costs one field, not the rest of the file', async () => {
    const text = Buffer.from(`"oops,1\n${'x,2\n'.repeat(100)}`)
    expect(await scan(text, ',', 1 << 16)).toMatchObject({ rows: 101, values: 202, broken: 1 })
  })

  test('a field without end is counted and skipped', async () => {
    const text = Buffer.from(`${'x'.repeat(100_000)},b\nc,d\n`)
    for (const batchBytes of [7, 1 << 16]) expect(await scan(text, ',', batchBytes)).toMatchObject({ rows: 2, values: 4, tooLong: 1 })
  })
})
