import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { pack } from 'tar-stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ZipFile } from 'yazl'
import { clearScratch, documentLimits, isUnread, openParts, partsOfSource, rangesOf, type DocumentLimits, type OpenOptions, type PartOrUnread } from '../index.ts'
import { utf8Of } from './text.ts'

let root: string
beforeEach(() => { root = mkdtempSync(join(tmpdir(), 'bailee-documents-')) })
afterEach(() => rmSync(root, { recursive: true }))

const table = 'id,mail\n1,ann@mail.example\n2,bob@mail.example\n'
const has = (command: string): boolean => { try { execFileSync('which', [command], { stdio: 'ignore' }); return true } catch { return false } }
const hasXz = has('xz')
const hasBzip2 = has('bzip2')

type Files = Readonly<Record<string, string | Uint8Array>>

async function collect(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part as Uint8Array)
  return Buffer.concat(parts)
}

async function zip(files: Files): Promise<Buffer> {
  const archive = new ZipFile()
  for (const [name, content] of Object.entries(files)) archive.addBuffer(Buffer.from(content), name)
  archive.end()
  return collect(archive.outputStream as AsyncIterable<unknown>)
}

async function tar(files: Files): Promise<Buffer> {
  const archive = pack()
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, Buffer.from(content))
  archive.finalize()
  return collect(archive)
}

const run = (command: string, args: string[], input: string | Uint8Array): Buffer => execFileSync(command, args, { input, maxBuffer: 1 << 28 })

type Read = { name: string; kind: string; shape: string; text: string; columns?: readonly string[]; partly?: readonly string[] } | { name: string; because: string }

async function readPart(part: PartOrUnread): Promise<Read> {
  if (isUnread(part)) return part
  const text = await collect(part.bytes).then((bytes) => bytes.toString('utf8'), (cause: unknown) => cause as Error)
  if (text instanceof Error) return { name: part.name, because: text.message }
  const { name, kind, shape, columns } = part
  const partly = part.partly()
  return { name, kind, shape, text, ...(columns === undefined ? {} : { columns: [...columns] }), ...(partly.length === 0 ? {} : { partly }) }
}

async function readAll(parts: AsyncIterable<PartOrUnread>): Promise<Read[]> {
  const all: Read[] = []
  for await (const part of parts) all.push(await readPart(part))
  return all
}

function read(content: string | Uint8Array, options: OpenOptions = {}): Promise<Read[]> {
  writeFileSync(join(root, 'file'), content)
  return readAll(openParts(root, 'file', options))
}

const csv = (name: string, packing = ''): Read => ({ name, kind: `CSV${packing}`, shape: 'rows', text: table })
const limited = (limits: Partial<DocumentLimits>): OpenOptions => ({ limits: { ...documentLimits, ...limits } })

describe('packings', () => {
  test.each<[string, () => Uint8Array]>([['gzip', () => gzipSync(table)], ['zstd', () => zstdCompressSync(table)]])('%s is unpacked', async (packing, pack) => {
    expect(await read(pack())).toEqual([csv('', `, in ${packing}`)])
    const long = table.repeat(100_000)
    if (packing === 'zstd') expect(await read(Buffer.concat([zstdCompressSync(long), zstdCompressSync(table), zstdCompressSync(long)]))).toEqual([{ ...csv('', ', in zstd'), text: long + table + long }])
    expect(await read(Buffer.concat([pack(), pack()]))).toEqual([{ ...csv('', `, in ${packing}`), text: table + table }])
  })

  test.skipIf(!hasXz)('xz is unpacked', async () => {
    expect(await read(run('xz', ['-c'], table))).toEqual([csv('', ', in xz')])
    const long = table.repeat(100_000)
    expect(await read(run('xz', ['-c', '-0'], long))).toEqual([{ ...csv('', ', in xz'), text: long }])
    expect(await read(Buffer.concat([run('xz', ['-c'], table), run('xz', ['-c'], table)]))).toEqual([{ ...csv('', ', in xz'), text: table + table }])
    expect(await read(run('xz', ['-c'], long).subarray(0, -40))).toEqual([{ name: '', because: expect.stringContaining('xz is damaged or cut short') as string }])
  })

  test.skipIf(!hasBzip2)('bzip2 is unpacked, block by block', async () => {
    expect(await read(run('bzip2', ['-c'], table))).toEqual([csv('', ', in bzip2')])
    const long = table.repeat(30_000)
    expect(await read(run('bzip2', ['-c1'], long))).toEqual([{ ...csv('', ', in bzip2'), text: long }])
    expect(await read(Buffer.concat([run('bzip2', ['-c'], table), run('bzip2', ['-c1'], table)]))).toEqual([{ ...csv('', ', in bzip2'), text: table + table }])
    expect(await read(run('bzip2', ['-c'], long).subarray(0, -40))).toEqual([{ name: '', because: expect.stringContaining('bzip2 is damaged or cut short') as string }])
  })

  test('inside one another, down to the stated depth', async () => {
    expect(await read(gzipSync(zstdCompressSync(table)))).toEqual([csv('', ', in zstd, in gzip')])
    let packed: Uint8Array = Buffer.from(table)
    for (let times = 0; times < 8; times += 1) packed = gzipSync(packed)
    expect(await read(packed)).toMatchObject([{ text: table }])
    expect(await read(gzipSync(packed))).toEqual([{ name: '', because: 'packed more than 8 times over' }])
  })

  test('bytes behind the end of a packing are said to be missing', async () => {
    expect(await read(Buffer.concat([zstdCompressSync(table), Buffer.from('and more')]))).toEqual([{ ...csv('', ', in zstd'), partly: ['8 bytes behind the end of its zstd were not read'] }])
    expect(await read(Buffer.concat([gzipSync(table), Buffer.from('and more')]))).toEqual([{ name: '', because: 'the gzip is damaged or cut short (Z_DATA_ERROR)' }])
    for (const packed of [gzipSync(table), zstdCompressSync(table)]) expect(await read(Buffer.concat([packed, Buffer.alloc(1024)])), 'as tapes are padded').toMatchObject([{ text: table }])
  })
})

describe('archives', () => {
  test('members of zip and tar are parts by their names, in whatever they are packed', async () => {
    const inner = await zip({ 'c.csv': table, 'note.txt': 'Dear all, see below\nthe list of Ann\n' })
    const outer = await tar({ 'b.zip': inner, 'd.csv.gz': gzipSync(table), 'empty': '' })
    const expected = [csv('b.zip!/c.csv'), { name: 'b.zip!/note.txt', shape: 'text' }, csv('d.csv.gz', ', in gzip'), { name: 'empty', kind: 'empty' }]
    for (const packed of [outer, gzipSync(outer), zstdCompressSync(gzipSync(outer))]) expect(await read(packed)).toMatchObject(expected)
    expect(await read(await zip({ 'outer.tar': outer }))).toMatchObject(expected.map((part) => ({ ...part, name: `outer.tar!/${part.name}` })))
    expect(await readAll(partsOfSource({ name: 'of no interest', open: () => (async function* () { yield gzipSync(outer) })() }))).toMatchObject(expected)
  })

  test('parts that are not read, or read half, do not keep the next from being read', async () => {
    const long = table.repeat(100_000)
    writeFileSync(join(root, 'file'), gzipSync(await tar({ a: long, b: long, c: table })))
    const names: string[] = []
    for await (const part of openParts(root, 'file')) {
      names.push(part.name)
      if (part.name === 'b' && !isUnread(part)) for await (const piece of part.bytes) { expect(piece.length).toBeGreaterThan(0); break }
      if (part.name === 'c') expect(await readPart(part)).toMatchObject({ text: table })
    }
    expect(names).toEqual(['a', 'b', 'c'])
  })

  test('members of the same name are told apart', async () => {
    expect((await read(await tar({ a: table }).then(async (one) => Buffer.concat([one.subarray(0, 1024), await tar({ a: table })])))).map((part) => part.name)).toEqual(['a', 'a (2)'])
  })

  test('links and devices are named', async () => {
    const archive = pack()
    archive.entry({ name: 'folder', type: 'directory' })
    archive.entry({ name: 'link', type: 'symlink', linkname: '/etc/passwd' })
    archive.entry({ name: 'hard', type: 'link', linkname: 'a' })
    archive.entry({ name: 'tty', type: 'character-device' })
    archive.finalize()
    expect(await read(await collect(archive))).toEqual([
      { name: 'link', because: 'a symbolic link, not followed' }, { name: 'hard', because: 'a link to another member' }, { name: 'tty', because: 'a device' },
    ])
  })

  test('encrypted members and unknown methods are named, and the others are read', async () => {
    const bytes = await zip({ 'a.csv': table, 'b.csv': table, 'c.csv': table })
    const directories = [...bytes.toString('latin1').matchAll(/PK\u0001\u0002/g)].map((match) => match.index)
    bytes.writeUInt16LE(bytes.readUInt16LE(directories[0]! + 8) | 1, directories[0]! + 8)
    bytes.writeUInt16LE(97, directories[1]! + 10)
    expect(await read(bytes)).toEqual([{ name: 'a.csv', because: 'encrypted' }, { name: 'b.csv', because: 'packed by method 97: not read' }, csv('c.csv')])
  })

  test('a damaged member is not read, and the others are; what follows a break in a tar is named', async () => {
    const bytes = await zip({ 'a.csv': table.repeat(100), 'b.csv': table })
    bytes[60]! ^= 0xff
    expect(await read(bytes)).toEqual([{ name: 'a.csv', because: expect.stringMatching(/damaged|directory says/) as string }, csv('b.csv')])
    const packed = gzipSync(await tar({ 'a.csv': table, 'b.csv': randomBytes(200_000) }))
    expect(await read(packed.subarray(0, 100_000))).toEqual([csv('a.csv'), { name: 'b.csv', because: expect.stringContaining('damaged or cut short') as string }, { name: '', because: expect.stringContaining('damaged or cut short') as string }])
    expect(await read((await zip({ a: table })).subarray(0, 60))).toEqual([{ name: '', because: 'the zip archive is damaged or cut short' }])
  })
})

describe('bombs stop with a word and are not read', () => {
  test('a zip inside a zip that unpacks to too much', async () => {
    const layer = await zip({ a: Buffer.alloc(4_000_000), b: Buffer.alloc(4_000_000) })
    const bomb = await zip({ '1.zip': layer, '2.zip': layer, '3.zip': layer })
    const parts = await read(bomb, limited({ bytesMax: 10_000_000 }))
    expect(parts.filter((part) => 'because' in part && part.because.includes('unpacks to more than 10000000 bytes')).length).toBe(3)
  })

  test('a ratio that no table has', async () => {
    expect(await read(gzipSync(Buffer.alloc(3_000_000, 'a,b\n')), limited({ ratioGraceBytes: 1_000_000 }))).toEqual([{ name: '', because: expect.stringContaining('400 times its size') as string }])
  })

  test('too many members, and names too long', async () => {
    const names = Array.from({ length: 50 }, (_, at) => [`f${at}`, ''])
    for (const packed of [await zip(Object.fromEntries(names) as Files), await tar(Object.fromEntries(names) as Files)]) {
      const parts = await read(packed, limited({ membersMax: 20 }))
      expect(parts).toHaveLength(21)
      expect(parts.at(-1)).toEqual({ name: '', because: 'it has more than 20 members' })
    }
    expect(await read(await zip({ ['x'.repeat(2000)]: table }))).toEqual([{ name: '(long name)', because: expect.stringContaining('longer than 1024') as string }])
  })

  test('members that overlap', async () => {
    const bytes = await zip({ 'a.csv': table, 'b.csv': table })
    const second = bytes.toString('latin1').lastIndexOf('PK\u0001\u0002')
    bytes.writeUInt32LE(10, second + 42)
    expect(await read(bytes)).toEqual([csv('a.csv'), { name: 'b.csv', because: 'it overlaps the member before it' }])
  })

  test('brackets inside brackets', async () => {
    expect(await read('['.repeat(1_000_000))).toEqual([{ name: '', because: 'a JSON document with brackets more than 512 deep' }])
  })
})

describe('the scratch folder', () => {
  const options = (): OpenOptions => ({ ...limited({ heldBytesMax: 1000 }), scratch: join(root, 'scratch') })

  test('holds what has to be sought in, privately, while it is read', async () => {
    const inner = await zip({ 'a.csv': table, 'noise': randomBytes(5000) })
    writeFileSync(join(root, 'file'), await tar({ 'in.zip': inner, 'b.csv': table }))
    const names: string[] = []
    for await (const part of openParts(root, 'file', options())) {
      names.push(part.name)
      if (part.name !== 'in.zip!/a.csv') continue
      const [spooled] = readdirSync(join(root, 'scratch'))
      expect([statSync(join(root, 'scratch')).mode & 0o777, statSync(join(root, 'scratch', spooled!)).mode & 0o777]).toEqual([0o700, 0o600])
      expect(await readPart(part)).toEqual(csv('in.zip!/a.csv'))
    }
    expect(names).toEqual(['in.zip!/a.csv', 'in.zip!/noise', 'b.csv'])
    expect(readdirSync(join(root, 'scratch'))).toEqual([])
    for await (const part of openParts(root, 'file', options())) { expect(part.name).toBe('in.zip!/a.csv'); break }
    expect(readdirSync(join(root, 'scratch')), 'also when the consumer stops').toEqual([])
  })

  test('has a limit; without one, what needs it is not read', async () => {
    const packed = await tar({ 'in.zip': await zip({ noise: randomBytes(5000) }), 'b.csv': table })
    expect(await read(packed, { ...limited({ heldBytesMax: 1000, scratchBytesMax: 2000 }), scratch: join(root, 'scratch') })).toEqual([{ name: 'in.zip', because: expect.stringContaining('more than 2000 bytes') as string }, csv('b.csv')])
    expect(readdirSync(join(root, 'scratch'))).toEqual([])
    expect(await read(packed, limited({ heldBytesMax: 1000 }))).toEqual([{ name: 'in.zip', because: expect.stringContaining('no scratch folder') as string }, csv('b.csv')])
  })

  test('is cleared of what killed runs left, and of nothing else', async () => {
    const gone = execFileSync('sh', ['-c', 'echo $$']).toString().trim()
    const machine = createHash('sha256').update(hostname()).digest('hex').slice(0, 8)
    const name = (id: string | number): string => join(root, `spool-${machine}-${id}-00000000-0000-4000-8000-000000000000`)
    for (const path of [name(gone), name(process.pid), join(root, 'other')]) writeFileSync(path, '')
    expect(await clearScratch(root)).toBe(1)
    expect([existsSync(name(gone)), existsSync(name(process.pid)), existsSync(join(root, 'other'))]).toEqual([false, true, true])
    expect(await clearScratch(join(root, 'nothing'))).toBe(0)
  })
})

describe('ranges', () => {
  test('together are the file, each of whole lines', async () => {
    const line = fc.string({ maxLength: 30 }).map((text) => text.replaceAll(/[\n\r]/g, ''))
    await fc.assert(fc.asyncProperty(fc.array(line, { minLength: 3, maxLength: 30 }), fc.integer({ min: 5, max: 60 }), async (lines, size) => {
      const text = `a,b\nc,d\n${lines.map((one) => `x,${one.replaceAll(/[,"]/g, '')}\n`).join('')}`
      writeFileSync(join(root, 'lines'), text)
      const ranges = await rangesOf(root, 'lines', size)
      expect(ranges === undefined).toBe(Buffer.byteLength(text) < 2 * size)
      const parts = await Promise.all((ranges ?? [{ from: 0, to: 1e9 }]).map((range) => readAll(openParts(root, 'lines', { range }))))
      const texts = parts.map(([part]) => (part !== undefined && 'text' in part ? part.text : 'unread'))
      expect(texts.join('')).toBe(await collect(utf8Of((async function* () { yield Buffer.from(text) })(), 'utf-8')).then(String))
      expect(texts.every((one) => one === '' || one.endsWith('\n'))).toBe(true)
    }), { numRuns: 60 })
  })

  test('are given to plain lines only', async () => {
    const sized = async (content: string | Uint8Array): Promise<boolean> => {
      writeFileSync(join(root, 'file'), content)
      return await rangesOf(root, 'file', 10) !== undefined
    }
    expect([await sized(table), await sized('{"a":1}\n{"a":2}\n{"a":3}\n'), await sized('some prose\nthat is not, a table\nat all\n')]).toEqual([true, true, true])
    expect([await sized(gzipSync(table)), await sized(Buffer.from(table, 'utf16le')), await sized('{"a":\n1,"b":\n2}\n'), await sized(brotliCompressSync(randomBytes(500)))]).toEqual([false, false, false, false])
  })
})
