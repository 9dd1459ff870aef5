/** Files that were made to exhaust whoever reads them, one a format: each stops with a clear word, or is read in bounded memory and time. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { constants, createZstdCompress } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isUnread, openParts, partsOfSource, type PartOrUnread } from '../index.ts'
import { MiB, outcomeOf, type Outcome } from './testing.ts'

let root: string
beforeAll(() => { root = mkdtempSync(join(tmpdir(), 'bailee-bombs-')) })
afterAll(() => rmSync(root, { recursive: true, maxRetries: 5, retryDelay: 100 }))

function read(content: string | Uint8Array): Promise<Outcome> {
  writeFileSync(join(root, 'file'), content)
  return outcomeOf(openParts(root, 'file', { scratch: join(root, 'scratch') }))
}

/** A source of megabytes behind a beginning. */
const endless = (start: string, megabytes: number, filling: string): AsyncGenerator<PartOrUnread> => partsOfSource({ name: '', open: async function* () {
  yield Buffer.from(start)
  const piece = Buffer.alloc(MiB, filling)
  for (let count = 0; count < megabytes; count += 1) yield piece
  await Promise.resolve()
} })

test('4 GB inside an open quote of a CSV', async () => {
  const { bytes, unread } = await outcomeOf(endless('id,mail\n1,ann@mail.example\n2,b@mail.example\n3,"', 4096, 'x'))
  expect([bytes > 4096 * MiB, unread]).toEqual([true, []])
})

test('a gigabyte in one string of JSON, and in one line of JSON lines', async () => {
  expect((await outcomeOf(endless('[{"mail":"ann@mail.example"},\n"', 1024, 'x'))).partly.join()).toMatch(/longer than any value|ends inside a value/)
  expect((await outcomeOf(endless('{"mail":"ann@mail.example"}\n{"mail":"bob@mail.example"}\n{"a":"', 1024, 'x'))).partly.join()).toContain('longer than any record')
})

test('XML: elements inside elements without end, entities of entities, a comment without end', async () => {
  const start = '<?xml version="1.0"?><a>'
  expect(await outcomeOf(endless(start, 64, '<a>'))).toMatchObject({ parts: 1, bytes: start.length + 64 * MiB, unread: [], partly: [] }) // no markup that ends: read as it stands, whole
  expect((await outcomeOf(endless('<?xml version="1.0"?><table><row>a</row></table><!-- ', 1, '--><a><!--'))).unread).toEqual(['markup of more than 20000 elements inside one another'])
  const entities = Array.from({ length: 12 }, (_, at) => `<!ENTITY e${at + 1} "${`&e${at};`.repeat(10)}">`).join('\n')
  expect((await read(`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "ha">${entities}]><x>&e12;</x>`)).bytes).toBeLessThan(10_000)
  expect((await outcomeOf(endless('<html></html><!-- ', 128, 'x '))).unread.join()).toContain('tag, attribute or comment of more than')
})

test('a zstd of four gigabytes of nothing', async () => {
  const packer = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 1 } })
  const packed: Buffer[] = []
  const done = (async () => { for await (const piece of packer) packed.push(piece as Buffer) })()
  const zeros = Buffer.alloc(16 * MiB)
  for (let count = 0; count < 256; count += 1) if (!packer.write(zeros)) await new Promise((resolve) => { packer.once('drain', resolve) })
  packer.end()
  await done
  expect((await read(Buffer.concat(packed))).unread.join()).toContain('times its size')
})

test('a tar whose member claims eight exabytes', async () => {
  const header = Buffer.alloc(512)
  header.write('list.csv')
  header.write('0000644\u00000000000\u00000000000\u0000', 100)
  Buffer.from('80000000800000000000000000', 'hex').copy(header, 124, 0, 12)
  header.writeUInt8(0x7f, 128)
  header.write('00000000000\u0000        0', 136)
  header.write('ustar\u000000', 257)
  header.write(`${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\u0000 `, 148)
  expect((await read(Buffer.concat([header, Buffer.from('id,mail\n1,ann@mail.example\n')]))).unread.join()).toMatch(/damaged|cut short/)
})

test('Parquet whose footer lies about rows, sizes and lengths', async () => {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`copy (select range as id, 'p' || range || '@mail.example' as mail from range(1000)) to '${join(root, 'people')}' (format parquet)`)
  connection.closeSync()
  instance.closeSync()
  const whole = readFileSync(join(root, 'people'))
  const start = whole.length - 8 - whole.readUInt32LE(whole.length - 8)
  let told = 0
  const steps = Array.from({ length: 60 }, (_, at) => start + Math.floor((at * (whole.length - 8 - start)) / 60))
  for (const at of steps) {
    const lying = Buffer.from(whole)
    lying.fill(0xff, at, at + 3)
    writeFileSync(join(root, 'file'), lying)
    for await (const part of openParts(root, 'file')) {
      if (isUnread(part)) { told += 1; continue }
      try { for await (const piece of part.bytes) expect(piece.length).toBeGreaterThan(0) } catch (cause) { expect((cause as Error).name).toBe('Broken'); told += 1 }
    }
  }
  expect(told).toBeGreaterThan(20)
  const long = Buffer.from(whole)
  long.writeUInt32LE(0x7fffffff, long.length - 8)
  expect((await read(long)).unread.join()).toContain('cannot read')
})

test('SQLite whose pages point at one another in a circle', async () => {
  const file = join(root, 'circle.sqlite')
  const database = new DatabaseSync(file)
  database.exec('create table person (mail text); begin')
  for (let number = 0; number < 5000; number += 1) database.exec(`insert into person values ('p${number}@mail.example')`)
  database.exec('commit')
  database.close()
  const bytes = readFileSync(file)
  expect(bytes[4096]).toBe(5) // the second page is the root of the table, and points at its leaves
  const cells = bytes.readUInt16BE(4096 + 3)
  for (let cell = 0; cell < cells; cell += 1) bytes.writeUInt32BE(2, 4096 + bytes.readUInt16BE(4096 + 12 + cell * 2))
  const { partly, processorSeconds } = await read(bytes)
  expect(partly.join()).toMatch(/SQLite stopped reading it|SQLite finds it damaged/)
  expect(processorSeconds).toBeLessThan(30)
})
