import { mkdtemp, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listFiles, openFile } from './index.ts'
import { formatOf } from './format.ts'
import { csvOfJsonLines } from './jsonLines.ts'

let root: string
beforeEach(async () => { root = await mkdtemp(join(tmpdir(), 'bailee-files-')) })
afterEach(() => rm(root, { recursive: true }))

const table = 'id,mail,city\n1,ann@mail.example,Oradea\n2,bob@mail.example,"Cluj, Napoca"\n'

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function textOf(rows: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of rows) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}

async function read(name: string, content: string | Uint8Array) {
  await writeFile(join(root, name), content)
  const file = await openFile(root, name)
  if (file.outcome === 'not readable') return file
  const text = await textOf(file.rows)
  return { ...file, text, counts: file.report() }
}

describe('listing a folder', () => {
  test('names every regular file and says why it did not read the rest', async () => {
    await mkdir(join(root, 'a/b'), { recursive: true })
    await writeFile(join(root, 'a/b/deep.csv'), table)
    await writeFile(join(root, '.hidden'), table)
    await symlink('/etc/passwd', join(root, 'a/out'))
    await symlink('..', join(root, 'a/loop'))
    execFileSync('mkfifo', [join(root, 'pipe')])
    const listing = await listFiles(root)
    expect(listing.files.map((file) => [file.path, file.bytes])).toEqual([['.hidden', table.length], ['a/b/deep.csv', table.length]])
    expect(listing.notRead).toEqual([
      { place: 'a/loop', because: 'a symbolic link, not followed' },
      { place: 'a/out', because: 'a symbolic link, not followed' },
      { place: 'pipe', because: 'not a regular file' },
    ])
  })

  test('stops at its limits and says so', async () => {
    await mkdir(join(root, 'a/b'), { recursive: true })
    for (const name of ['x', 'y', 'z']) await writeFile(join(root, name), '')
    const listing = await listFiles(root, { depthMax: 0, filesMax: 2 })
    expect(listing.files).toHaveLength(2)
    expect(listing.notRead.map((item) => item.because).join()).toMatch(/deeper than 0 folders|more than 2 files/)
  })

  test('a folder that is not there is an error, not an empty store', async () => {
    await expect(listFiles(join(root, 'none'))).rejects.toMatchObject({ code: 'inventory/folder-unreadable' })
  })

  test('a folder swapped for a link is not followed out of the store', async () => {
    await mkdir(join(root, 'store/a'), { recursive: true })
    await mkdir(join(root, 'secret'))
    await writeFile(join(root, 'secret/f.csv'), table)
    await rename(join(root, 'store/a'), join(root, 'store/b'))
    await symlink(join(root, 'secret'), join(root, 'store/a'))
    await expect(openFile(join(root, 'store'), 'a/f.csv')).rejects.toMatchObject({ code: 'inventory/file-unreadable' })
  })
})

describe('telling formats by content', () => {
  test.each([[','], [';'], ['\t'], ['|']])('a table delimited by %j is one, whatever it is called', async (delimiter) => {
    const text = `id${delimiter}mail${delimiter}note\n1${delimiter}ann@mail.example${delimiter}"a, b; c | d"\n2${delimiter}bob@mail.example${delimiter}x\n`
    expect(await read('photo.jpg', text)).toMatchObject({ kind: 'delimited', delimiter, gzip: false, regular: true, text })
  })

  test('gzip is unpacked, members and all, and offsets mean the unzipped bytes', async () => {
    const packed = Buffer.concat([gzipSync(table), gzipSync(table)])
    expect(await read('x', packed)).toMatchObject({ kind: 'delimited', gzip: true, text: table + table, counts: { fileBytes: packed.length, bytes: table.length * 2 } })
  })

  test.each([['utf-16le'], ['utf-16be']] as const)('%s comes out as UTF-8', async (encoding) => {
    const bytes = Buffer.from(`\uFEFF${table}`, 'utf16le')
    expect(await read('x', encoding === 'utf-16le' ? bytes : bytes.swap16())).toMatchObject({ encoding, kind: 'delimited', text: table })
  })

  test.each([
    ['a zip archive', Buffer.from('PK\u0003\u0004....')],
    ['a Parquet file', Buffer.from('PAR1....')],
    ['an SQLite database', Buffer.from('SQLite format 3\0....')],
    ['binary', Buffer.from(Array.from({ length: 500 }, (_, at) => (at * 37) % 256))],
    ['in gzip: an SQLite database', gzipSync('SQLite format 3\0....')],
    ['in gzip: gzip again', gzipSync(gzipSync(table))],
    ['JSON, but not one value a line', Buffer.from('{\n  "people": [\n    { "id": 1 }\n  ]\n}\n')],
  ])('%s is not read, and says so', async (because, content) => {
    const file = await read('x', content)
    expect(file).toMatchObject({ outcome: 'not readable' })
    expect(file.outcome === 'not readable' && file.because).toContain(because)
  })

  test('an empty file is read: it holds nothing', async () => {
    expect(await read('x', '')).toMatchObject({ kind: 'empty', text: '' })
  })

  test('a list of one column is a table too, and a first line that does not end is none', () => {
    expect(formatOf(Buffer.from('ann@mail.example\nbob@mail.example\n'), true)).toMatchObject({ outcome: 'delimited', regular: true })
    expect(formatOf(Buffer.from('a'.repeat(5000)), false)).toMatchObject({ outcome: 'delimited', regular: false })
  })

  test('text without a table shape is read as whole fields and marked irregular', () => {
    expect(formatOf(Buffer.from('Dear all,\nthe export is done.\nSee you, Ann\n\nPS: a, b, c, d\n'), true)).toMatchObject({ outcome: 'delimited', regular: false })
  })

  test('a gzip that is cut short is an error after what could be read', async () => {
    await writeFile(join(root, 'cut.gz'), gzipSync(Buffer.from(table.repeat(20_000))).subarray(0, -20))
    const file = await openFile(root, 'cut.gz')
    if (file.outcome === 'not readable') throw new Error(file.because)
    await expect(textOf(file.rows)).rejects.toMatchObject({ code: 'inventory/file-unreadable' })
  })

  test('a gzip bomb stops with its own word', async () => {
    await writeFile(join(root, 'bomb.gz'), gzipSync(Buffer.alloc(8 * 1024 * 1024, 'a,b\n')))
    const file = await openFile(root, 'bomb.gz', { bytesMax: 1024 * 1024, ratioMax: 400 })
    if (file.outcome === 'not readable') throw new Error(file.because)
    await expect(textOf(file.rows)).rejects.toMatchObject({ code: 'inventory/gzip-bomb' })
  })

  test('a reader that stops early leaves nothing open', async () => {
    await writeFile(join(root, 'long.gz'), gzipSync(Buffer.from(table.repeat(100_000))))
    const file = await openFile(root, 'long.gz')
    if (file.outcome === 'not readable') throw new Error(file.because)
    for await (const part of file.rows) { expect(part.length).toBeGreaterThan(0); break }
    expect(file.report().bytes).toBeLessThan(table.length * 100_000)
  })
})

describe('JSON lines', () => {
  test('become one row a line, nested values flattened, and what is no JSON stays one field', async () => {
    const lines = '{"id":1,"who":{"mail":"ann@mail.example","names":["Ann","\\"A\\""]},"gone":null}\n\nnot json, really\n{}\n'
    expect(await read('x.txt', lines)).toMatchObject({
      kind: 'json lines', delimiter: ',', text: '"1","ann@mail.example","Ann","""A""",\n"not json, really"\n""\n', counts: { notJson: 1, tooLong: 0 },
    })
  })

  test('come out the same however the stream is cut', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 8 }), fc.integer({ min: 1, max: 40 }), async (values, size) => {
      const bytes = Buffer.from(values.map((value) => JSON.stringify(value)).join('\n'))
      const counts = () => ({ rows: 0, notJson: 0, tooLong: 0 })
      const counted = counts()
      const text = await textOf(csvOfJsonLines(pieces(bytes, size), counted))
      expect(text).toBe(await textOf(csvOfJsonLines(pieces(bytes, bytes.length + 1), counts())))
      expect(counted).toEqual({ rows: values.length, notJson: 0, tooLong: 0 })
    }), { numRuns: 50 })
  })
})
