/**
 * Files cut short anywhere: what is missing is said, or nothing is missing. CSV, prose, markup, mails of one part and JSON lines have nothing at their
 * end that tells, and neither have gzip, zstd, bzip2 and xz streams between two of their members: those are not here.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { pack } from 'tar-stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import writeExcel from 'write-excel-file/node'
import { ZipFile } from 'yazl'
import { isUnread, openParts } from '../index.ts'
import { ZstdFrames } from './zstdFrames.ts'

const numRuns = Number(process.env['BAILEE_FUZZ'] ?? (process.env['BAILEE_FULL'] === '1' ? 150 : process.env['BAILEE_LONG'] === '1' ? 60 : 25))

let root: string
beforeAll(() => { root = mkdtempSync(join(tmpdir(), 'bailee-cut-')) })
afterAll(() => rmSync(root, { recursive: true }))

const has = (command: string): boolean => spawnSync('which', [command]).status === 0
const row = (number: number): string[] => [String(number), `p${number}@mail.example`, `+407${String(number * 7919).padStart(8, '0')}`, (number * 2654435761 % 2 ** 32).toString(36)]
const rows = Array.from({ length: 400 }, (_, number) => row(number + 1))
const csv = `id,mail,phone,note\n${rows.map((fields) => `${fields.join(',')}\n`).join('')}`
const sql = rows.map(([id, mail, phone, note]) => `INSERT INTO person VALUES(${id},'${mail}','${phone}','${note}');\n`).join('')
const inserted = rows.map(([id, mail, phone, note]) => `(${id},'${mail}','${phone}','${note}')`)

async function collected(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of stream) pieces.push(piece as Uint8Array)
  return Buffer.concat(pieces)
}

async function zipped(): Promise<Buffer> {
  const archive = new ZipFile()
  for (const name of ['one.csv', 'two.csv', 'three.csv']) archive.addBuffer(Buffer.from(csv), name)
  archive.end()
  return collected(archive.outputStream)
}

async function tarred(end: boolean): Promise<Buffer> {
  const archive = pack()
  for (const name of ['one.csv', 'two.csv', 'three.csv']) archive.entry({ name }, csv)
  archive.finalize()
  const bytes = await collected(archive)
  return end ? bytes : bytes.subarray(0, -1024)
}

async function parquet(): Promise<Buffer> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', autoinstall_known_extensions: 'false', autoload_known_extensions: 'false' })
  const connection = await instance.connect()
  writeFileSync(join(root, 'source.csv'), csv)
  await connection.run(`copy (from read_csv('${join(root, 'source.csv')}', all_varchar = true)) to '${join(root, 'source.parquet')}' (format parquet)`)
  connection.closeSync()
  instance.closeSync()
  return readFileSync(join(root, 'source.parquet'))
}

function sqlite(): Buffer {
  const file = join(root, 'source.sqlite')
  const database = new DatabaseSync(file)
  database.exec(`create table person (id integer primary key, mail text, phone text, note text); begin; ${sql} commit`)
  database.close()
  return readFileSync(file)
}

async function workbook(): Promise<Buffer> {
  const file = join(root, 'source.xlsx')
  await writeExcel(rows.map((fields) => fields.map((value) => ({ value, type: String })))).toFile(file)
  return readFileSync(file)
}

const part = (number: number): string => `--b=1\r\nContent-Type: text/csv; name="p${number}.csv"\r\nContent-Disposition: attachment; filename="p${number}.csv"\r\n\r\n${csv.slice(0, 2000)}\r\n`
const mail = `From: ann@mail.example\r\nTo: bob@mail.example\r\nSubject: lists\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary="b=1"\r\n\r\n${part(1)}${part(2)}--b=1--\r\n`

const files: Readonly<Record<string, () => Uint8Array | Promise<Uint8Array>>> = {
  gzip: () => gzipSync(csv), zstd: () => zstdCompressSync(csv),
  ...(has('xz') ? { xz: () => execFileSync('xz', ['-c'], { input: csv }) } : {}), ...(has('bzip2') ? { bzip2: () => execFileSync('bzip2', ['-c'], { input: csv }) } : {}),
  'zip archive': zipped, 'tar archive': () => tarred(true), 'tar archive in gzip': async () => gzipSync(await tarred(true)),
  'Parquet file': parquet, 'SQLite file': sqlite, 'XLSX workbook': workbook, mail: () => Buffer.from(mail),
  'JSON document': () => Buffer.from(JSON.stringify(rows.map(([id, address]) => ({ id, address })), null, 1)),
  'dump of SQLite': () => Buffer.from(`PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE person (id, mail, phone, note);\n${sql}COMMIT;\n`),
  'dump of PostgreSQL': () => Buffer.from(`--\n-- PostgreSQL database dump\n--\n\nSET standard_conforming_strings = on;\n\nCOPY public.person (id, mail, phone, note) FROM stdin;\n${rows.map((fields) => `${fields.join('\t')}\n`).join('')}\\.\n\n\n--\n-- PostgreSQL database dump complete\n--\n\n`),
  'dump of MariaDB': () => Buffer.from(`-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB\n--\nCREATE TABLE \`person\` (\`id\` int, \`mail\` text, \`phone\` text, \`note\` text);\nINSERT INTO \`person\` VALUES ${inserted.slice(0, 200).join(',')};\nINSERT INTO \`person\` VALUES\n${inserted.slice(200).join(',\n')};\n-- Dump completed on 2024-01-02  3:04:05\n`),
}

/** All that was read of a file, and what was said to be missing. */
async function read(bytes: Uint8Array): Promise<{ texts: string[]; missing: string[]; kinds: string[] }> {
  writeFileSync(join(root, 'file'), bytes)
  const texts: string[] = []
  const missing: string[] = []
  const kinds: string[] = []
  for await (const found of openParts(root, 'file')) {
    if (isUnread(found)) { missing.push(found.because); continue }
    kinds.push(found.kind)
    try {
      const text = await collected(found.bytes)
      if (found.shape === 'rows') texts.push(text.toString('latin1'))
      missing.push(...found.partly())
    } catch (cause) {
      if ((cause as Error).name !== 'Broken') throw cause
      missing.push((cause as Error).message)
    }
  }
  return { texts, missing, kinds }
}

// Shorter beginnings are no file of their format any more, and are read as text or as bytes of any kind.
const recognisedBytes = 1100

test.each(Object.keys(files))('a %s is never read as whole when a part of its rows is missing', async (name) => {
  const bytes = await files[name]!()
  const whole = await read(bytes)
  expect(whole).toMatchObject({ missing: [] })
  expect(whole.texts.join('')).toContain(name === 'mail' ? 'p20@mail.example' : 'p400@mail.example')
  const ends = [...bytes.keys()].filter((at) => at > recognisedBytes && (at % 512 === 0 || bytes[at - 1] === 0x0a)) // blocks, lines
  const cut = fc.oneof(fc.integer({ min: recognisedBytes, max: bytes.length - 1 }), fc.integer({ min: Math.max(recognisedBytes, bytes.length - 40), max: bytes.length - 1 }), ...(ends.length > 0 ? [fc.constantFrom(...ends)] : []))
  await fc.assert(fc.asyncProperty(cut, async (length) => {
    const found = await read(bytes.subarray(0, length))
    expect(found.missing.length > 0 || found.texts.join() === whole.texts.join(), `cut at ${length} of ${bytes.length}, read as ${found.kinds.join()}`).toBe(true)
  }), { numRuns })
})

test('a tar archive without its end says so, once', async () => {
  expect((await read(await tarred(false))).missing).toEqual(['the tar archive ends without its end mark: members may be missing'])
})

test('zstd frames of every layout are whole at their end and nowhere else', async () => {
  const { ZSTD_c_checksumFlag, ZSTD_c_contentSizeFlag, ZSTD_c_compressionLevel } = constants
  const content = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.nat(400_000).map((size) => Buffer.alloc(size)), fc.nat(400_000).map((size) => Buffer.alloc(size, csv)), fc.nat(3).map((blocks) => randomBytes(blocks * 140_000)))
  const frame = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(content, fc.constantFrom(0, 1), fc.constantFrom(0, 1), fc.constantFrom(1, 19)).map(([bytes, sum, size, level]) => zstdCompressSync(bytes, { params: { [ZSTD_c_checksumFlag]: sum, [ZSTD_c_contentSizeFlag]: size, [ZSTD_c_compressionLevel]: level } })) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.concat([Buffer.from('502a4d18', 'hex'), Buffer.from([bytes.length, 0, 0, 0]), bytes])) },
  )
  await fc.assert(fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 70_000 }), fc.nat(), (all, size, at) => {
    const bytes = Buffer.concat(all)
    const ends = all.map((_, index) => all.slice(0, index + 1).reduce((sum, one) => sum + one.length, 0))
    const wholeAt = (length: number): boolean => {
      const frames = new ZstdFrames()
      for (let from = 0; from < length; from += size) frames.push(bytes.subarray(from, Math.min(length, from + size)))
      return frames.whole
    }
    for (const end of ends) expect(wholeAt(end)).toBe(true)
    const length = at % bytes.length
    // Up to three bytes of the next frame are not known for one: they are said to be behind the end.
    expect(wholeAt(length)).toBe([0, ...ends].some((end) => length >= end && length < end + 4))
    return Promise.resolve()
  }), { numRuns: Math.min(numRuns, 100) })
})
