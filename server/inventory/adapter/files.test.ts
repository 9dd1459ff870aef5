import { appendFile, mkdtemp, mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { readdirSync, readlinkSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { documentLimits, isUnread, listFiles, openParts, type DocumentLimits, type Part, type PartOrUnread } from './index.ts'
import { utf8Of } from './document/text.ts'
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

type Opened = { name: string; kind: string; shape: string; delimiter: string; text: string; partly: readonly string[] } | { name: string; because: string }

/** Every part of a file, each read to its end. */
async function read(name: string, content: string | Uint8Array, limits: DocumentLimits = documentLimits): Promise<Opened[]> {
  await writeFile(join(root, name), content)
  const parts: Opened[] = []
  for await (const part of openParts(root, name, { limits })) parts.push(await opened(part))
  return parts
}

async function opened(part: PartOrUnread): Promise<Opened> {
  if (isUnread(part)) return part
  const { name, kind, shape, delimiter } = part
  const text = await textOf(part.bytes)
  return { name, kind, shape, delimiter, text, partly: part.partly() }
}

/** Does something with the first part of a file while it is open. */
async function withFirst<Result>(name: string, what: (part: Part) => Promise<Result>, limits: DocumentLimits = documentLimits): Promise<Result> {
  for await (const part of openParts(root, name, { limits })) {
    if (isUnread(part)) throw new Error(part.because)
    return await what(part)
  }
  throw new Error('no part')
}

test('rows of a directory of pg_dump are told by their marks, and quotes in them mean nothing', async () => {
  const copied = '1\t"Ann" A.\tann@mail.example\n2\t"\tbob@mail.example\n3\t\\N\t"\n'
  const told = async (text: string) => { const [part] = await read('3342.dat', text) as { kind: string; delimiter: string }[]; return [part?.kind, part?.delimiter] }
  expect(await told(`${copied}\\.\n\n\n`)).toEqual(['rows of COPY', '\t\\'])
  expect(await told(copied)).toEqual(['rows of COPY', '\t\\'])
  expect(await told('only\none\n\\.\n\n\n')).toEqual(['rows of COPY', '\t\\'])
  expect((await told(`${copied}"a\tb"\tc\td\n`))[0], 'COPY writes no tab within a value').not.toBe('rows of COPY')
})

test('a table with tabs and \\N whose first quote stands far behind its beginning is told from rows of COPY', async () => {
  const rows = Array.from({ length: 9_000 }, (_, at) => `${at}\t\\N\tperson${at}@mail.example\n`).join('')
  const told = async (text: string): Promise<string> => {
    await writeFile(join(root, 'export.tsv'), text)
    return withFirst('export.tsv', (part) => Promise.resolve(part.delimiter))
  }
  expect(rows.length).toBeGreaterThan(4 * 64 * 1024)
  expect(await told(rows)).toBe('\t\\')
  expect(await told(`${rows}1\t\\N\t"two\nlines ""here"""\n2\t"a\tb"\tc\n`)).toBe('\t')
  expect(await told(`${rows}1\t\\N\t"Ann" A.\n2\t"a"\tc\n`), 'COPY writes quotes as they are').toBe('\t\\')
  expect(await told(`${rows}"1"\t\\N\t"\n${rows}`)).toBe('\t\\')
  expect(await told(`${rows}1\t\\N\t"Ann A."\n${rows}2\t"b""c"\tc\n${rows}`), 'as far as is looked').toBe('\t')
})

test('a file that becomes shorter while it is read is not read whole, and says so; one that grows is read as far as it went', async () => {
  const rows = table.repeat(40_000)
  const changing = async (change: (file: string) => Promise<void>): Promise<Opened[]> => {
    const file = join(root, 'changing.csv')
    await writeFile(file, rows)
    const parts: Opened[] = []
    for await (const part of openParts(root, 'changing.csv')) {
      await change(file)
      parts.push(await opened(part))
    }
    return parts
  }
  expect((await changing((file) => truncate(file, 100_000))).slice(1)).toEqual([{ name: 'what was cut off', because: expect.stringContaining('shorter while it was read') as string }])
  const [grown, ...more] = await changing((file) => appendFile(file, table))
  expect([more, grown]).toMatchObject([[], { kind: 'CSV' }])
})

describe('listing a folder', () => {
  test('a name that is no UTF-8 is named as not read, also where another file has the name that it would come out as; one with a line end is read', async () => {
    const bad = (before: string, behind: string): Buffer => Buffer.concat([Buffer.from(join(root, before)), Buffer.from([0xff]), Buffer.from(behind)])
    await writeFile(bad('list', '.csv'), table)
    await writeFile(join(root, 'list\uFFFD.csv'), 'nothing\n')
    await mkdir(bad('folder', ''))
    await writeFile(bad('folder', '/inside.csv'), table)
    await writeFile(join(root, 'two\nlines.csv'), table)
    const { files, notRead } = await listFiles(root)
    expect(files.map(({ path }) => path)).toEqual(['list\uFFFD.csv', 'two\nlines.csv'])
    expect(notRead).toEqual(['folder\uFFFD', 'list\uFFFD.csv'].map((place) => ({ place, because: 'its name is no UTF-8, and cannot be told: give it another, and it is read' })))
    expect((await read('two\nlines.csv', table))[0]).toMatchObject({ kind: 'CSV', text: table })
  })

  test('folders that lead back to themselves by links end', async () => {
    await mkdir(join(root, 'a'))
    await symlink('..', join(root, 'a/up'))
    await symlink('itself', join(root, 'itself'))
    expect(await listFiles(root)).toMatchObject({ files: [], notRead: ['a/up', 'itself'].map((place) => ({ place, because: 'a symbolic link, not followed' })) })
  })

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
    await expect(openParts(join(root, 'store'), 'a/f.csv').next()).rejects.toMatchObject({ code: 'inventory/file-unreadable' })
  })
})

const whole = { name: '', partly: [] }

describe('telling formats by content', () => {
  test.each([[',', 'CSV'], [';', 'CSV with ;'], ['\t', 'CSV with tabs'], ['|', 'CSV with |']])('a table delimited by %j is one, whatever it is called', async (delimiter, kind) => {
    const text = `id${delimiter}mail${delimiter}note\n1${delimiter}ann@mail.example${delimiter}"a, b; c | d"\n2${delimiter}bob@mail.example${delimiter}x\n`
    expect(await read('photo.jpg', text)).toEqual([{ ...whole, kind, shape: 'rows', delimiter, text }])
  })

  test('gzip is unpacked, members and all, and offsets mean the unzipped bytes', async () => {
    expect(await read('x', Buffer.concat([gzipSync(table), gzipSync(table)]))).toEqual([{ ...whole, kind: 'CSV, in gzip', shape: 'rows', delimiter: ',', text: table + table }])
  })

  test('what git keeps of a file is unpacked; two bytes like its first ones are not enough', async () => {
    expect(await read('x', deflateSync(table))).toMatchObject([{ kind: 'CSV, in zlib', text: table }])
    expect(await read('x', deflateSync(table, { level: 1 }))).toMatchObject([{ kind: 'CSV, in zlib', text: table }])
    expect(await read('x', deflateSync(table.repeat(100_000)))).toMatchObject([{ kind: 'CSV, in zlib', text: table.repeat(100_000) }])
    const noise = Buffer.from(Array.from({ length: 500 }, (_, at) => (at * 37) % 256))
    expect(await read('x', Buffer.concat([Buffer.from('7801', 'hex'), noise]))).toMatchObject([{ kind: 'unknown bytes' }])
    expect(await read('x', Buffer.concat([Buffer.from('PACK\0\0\0\u0002'), noise]))).toMatchObject([{ kind: 'a git pack', partly: expect.arrayContaining(['its packed objects were not unpacked']) as string[] }])
  })

  test.each([['utf-16le', 'CSV, UTF-16LE'], ['utf-16be', 'CSV, UTF-16BE']] as const)('%s comes out as UTF-8', async (encoding, kind) => {
    const bytes = Buffer.from(`\uFEFF${table}`, 'utf16le')
    expect(await read('x', encoding === 'utf-16le' ? bytes : bytes.swap16())).toMatchObject([{ kind, text: table }])
  })

  test('lines in Latin-1 come out as UTF-8, beside lines that are UTF-8 already', async () => {
    const bytes = Buffer.concat([Buffer.from('1,Zoë,Műller\n'), Buffer.from('2,Zoë,café\n', 'latin1'), Buffer.from('3,Ana,€\n')])
    expect(await read('x', bytes)).toMatchObject([{ kind: 'CSV', text: '1,Zoë,Műller\n2,Zoë,café\n3,Ana,€\n' }])
  })

  test('characters cut by the pieces of a stream stay whole', async () => {
    await fc.assert(fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.integer({ min: 1, max: 5 }), async (text, size) => {
      const sound = text.toWellFormed()
      expect(await textOf(utf8Of(pieces(Buffer.from(sound), size), 'utf-8'))).toBe(sound)
    }))
  })

  test.each([
    ['an encrypted Parquet file', Buffer.from('PARE....')],
    ['a 7z archive', Buffer.from('377abcaf271c0004', 'hex')],
    ['encrypted (openssl)', gzipSync('Salted__........')],
    ['encrypted (OpenPGP)', Buffer.from('8c0d0409030252a1', 'hex')],
    ['encrypted (OpenPGP)', Buffer.from('-----BEGIN PGP MESSAGE-----\n\nhQ==\n')],
    ['encrypted (age)', Buffer.from('-----BEGIN AGE ENCRYPTED FILE-----\n')],
    ['the zlib is damaged or cut short', deflateSync(table).subarray(0, -6)],
    ['the gzip is damaged or cut short', Buffer.from('1f8b0800', 'hex')],
  ])('%s is not read, and says so', async (because, content) => {
    expect(await read('x', content)).toEqual([{ name: '', because: expect.stringContaining(because) as string }])
  })

  test('bytes of no known kind are a part, read as bytes', async () => {
    const bytes = Buffer.from(Array.from({ length: 500 }, (_, at) => (at * 37) % 256))
    expect(await read('x', bytes)).toMatchObject([{ kind: 'unknown bytes', shape: 'bytes', text: bytes.toString('utf8') }])
    expect(await read('x', '%PDF-1.7 ...')).toMatchObject([{ kind: 'PDF', shape: 'bytes', partly: expect.arrayContaining(['its packed streams were not unpacked']) as string[] }])
  })

  test('an empty file is read: it holds nothing', async () => {
    expect(await read('x', '')).toMatchObject([{ kind: 'empty', text: '' }])
    expect(await read('x', gzipSync(''))).toMatchObject([{ kind: 'empty, in gzip', text: '' }])
  })

  test('a list of one column is a table too, and a first line that does not end is none', () => {
    expect(formatOf(Buffer.from('ann@mail.example\nbob@mail.example\n'), true)).toMatchObject({ outcome: 'delimited', regular: true })
    expect(formatOf(Buffer.from('a'.repeat(5000)), false)).toMatchObject({ outcome: 'delimited', regular: false })
  })

  test('what is no table is read as text', async () => {
    for (const text of ['Dear all,\nthe export is done.\nSee you, Ann\n\nPS: a, b, c, d\n', 'Dear all\nPlease write to Ann at her address\n', 'people:\n  - name: Ann\n    mail: ann@mail.example\n', 'BEGIN:VCARD\nFN:Ann\nEMAIL;TYPE=home:ann@mail.example\nEND:VCARD\n']) {
      expect(await read('x', text)).toMatchObject([{ kind: 'text', shape: 'text', text }])
    }
  })

  test('a gzip that is cut short is an error after what could be read', async () => {
    await writeFile(join(root, 'cut.gz'), gzipSync(Buffer.from(table.repeat(20_000))).subarray(0, -20))
    await withFirst('cut.gz', (part) => expect(textOf(part.bytes)).rejects.toMatchObject({ code: 'inventory/packing-damaged' }))
  })

  test('a gzip bomb stops with its own word', async () => {
    await writeFile(join(root, 'bomb.gz'), gzipSync(Buffer.alloc(8 * 1024 * 1024, 'a,b\n')))
    await withFirst('bomb.gz', (part) => expect(textOf(part.bytes)).rejects.toMatchObject({ code: 'inventory/unpacks-too-far' }), { ...documentLimits, bytesMax: 1024 * 1024 })
  })

  test('a reader that stops early leaves nothing open', async () => {
    await writeFile(join(root, 'long.gz'), gzipSync(Buffer.from(table.repeat(100_000))))
    // Files that were there before are other tests' own: this process is theirs as well, and they may close them meanwhile.
    const opened = (): string[] => readdirSync('/proc/self/fd').flatMap((one) => { try { return [readlinkSync(`/proc/self/fd/${one}`)] } catch { return [] } }).filter((path) => path.startsWith(root))
    await withFirst('long.gz', async (part) => { for await (const piece of part.bytes) { expect([piece.length > 0, opened().length]).toEqual([true, 1]); break } })
    const late = await withFirst('long.gz', (part) => Promise.resolve(part)) // not even begun
    await expect(textOf(late.bytes)).rejects.toMatchObject({ code: 'inventory/part-closed' })
    expect(opened()).toEqual([])
  })
})

describe('JSON lines', () => {
  test('become one row a line, nested values flattened, and what is no JSON stays one field', async () => {
    const lines = '{"id":1,"who":{"mail":"ann@mail.example","names":["Ann","\\"A\\""]},"gone":null}\n\nnot json, really\n{}\n'
    expect(await read('x.txt', lines)).toMatchObject([{
      kind: 'JSON lines', delimiter: ',', text: '"1","ann@mail.example","Ann","""A""",\n"not json, really"\n""\n', partly: ['1 lines are no JSON'],
    }])
  })

  test('keep long numbers digit by digit, and names that are values', async () => {
    const lines = '{"id":12345678901234567890,"n":7}\n{"ann@mail.example":{"n":1.50,"card":"4111"},"plain":2}\n'
    expect(await read('x.txt', lines)).toMatchObject([{ text: '"12345678901234567890","7"\n"ann@mail.example","1.50","4111","2"\n', partly: [] }])
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
