/** Files that were made to exhaust whoever reads them by what they hold: members, parts, texts, one inside another. Each stops with a clear word. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, createGzip, deflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openParts } from '../index.ts'
import { MiB, outcomeOf, type Outcome } from './testing.ts'

let root: string
beforeAll(() => { root = mkdtempSync(join(tmpdir(), 'bailee-bombs-')) })
afterAll(() => rmSync(root, { recursive: true, maxRetries: 5, retryDelay: 100 }))

/** What is read of a file; what ends a part early is unread, as a sweep counts it. */
async function read(content: Uint8Array): Promise<Outcome> {
  writeFileSync(join(root, 'file'), content)
  const outcome = await outcomeOf(openParts(root, 'file', { scratch: join(root, 'scratch') }))
  expect(outcome.processorSeconds).toBeLessThan(15)
  return outcome
}

interface Member { readonly name: string; readonly packed: Uint8Array; readonly length: number; readonly sum: number }

const memberOf = (name: string, content: Uint8Array): Member => ({ name, packed: deflateRawSync(content, { level: 9 }), length: content.length, sum: crc32(content) })

/** A header of a zip member (APPNOTE 4.3.7, 4.3.12): its own, or its entry in the directory. */
function headerOf({ name, packed, length, sum }: Member, at?: number): Buffer {
  const own = at === undefined
  const header = Buffer.alloc(own ? 30 : 46)
  header.writeUInt32LE(own ? 0x04034b50 : 0x02014b50, 0)
  const fields = own ? 4 : 6
  if (!own) header.writeUInt16LE(20, 4)
  header.writeUInt16LE(20, fields)
  header.writeUInt16LE(8, fields + 4)
  header.writeUInt32LE(sum, fields + 10)
  header.writeUInt32LE(packed.length, fields + 14)
  header.writeUInt32LE(length, fields + 18)
  header.writeUInt16LE(Buffer.byteLength(name), fields + 22)
  if (!own) header.writeUInt32LE(at, 42)
  return Buffer.concat([header, Buffer.from(name)])
}

/** A zip archive of members, each with its own bytes; `entries` of the directory name them, the same member again and again where asked. */
function zipOf(members: readonly Member[], again = 1): Buffer {
  const pieces: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const member of members) {
    for (let time = 0; time < again; time += 1) directory.push(headerOf({ ...member, name: again === 1 ? member.name : `${member.name}${time}` }, at))
    const piece = Buffer.concat([headerOf(member), member.packed])
    pieces.push(piece)
    at += piece.length
  }
  const names = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(directory.length, 8)
  end.writeUInt16LE(directory.length, 10)
  end.writeUInt32LE(names.length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...pieces, names, end])
}

// By hand tried with 60,000: each costs the same.
const overlaps = 10_000

test('a zip whose members are one again and again', async () => {
  const { parts, bytes, unread } = await read(zipOf([memberOf('m', Buffer.alloc(MiB, 'id,mail\n1,ann@mail.example\n'))], overlaps))
  expect([parts, bytes]).toEqual([1, MiB])
  expect(unread).toHaveLength(overlaps - 1)
  expect(new Set(unread)).toEqual(new Set(['it overlaps the member before it']))
})

test('a zip of zips of zips, sixteen in each, of a petabyte', async () => {
  let bomb: Buffer = Buffer.alloc(64 * MiB)
  for (let level = 0; level < 6; level += 1) {
    const member = memberOf('', bomb)
    bomb = zipOf(Array.from({ length: 16 }, (_, at) => ({ ...member, name: `${at}` })))
  }
  const { bytes, unread } = await read(bomb)
  expect(unread.join()).toContain('times its size')
  expect(bytes).toBeLessThan(2048 * MiB)
})

test('a zip in a zip, and so on, too deep', async () => {
  let bomb: Buffer = Buffer.from('id,mail\n1,ann@mail.example\n')
  for (let level = 0; level < 20; level += 1) bomb = zipOf([memberOf('inner', bomb)])
  expect(await read(bomb)).toMatchObject({ parts: 0, bytes: 0, unread: ['packed more than 8 times over'] })
})

const boundary = 'cut'
const mailOf = (body: string): Buffer => Buffer.from(`From: ann@mail.example\r\nTo: bob@mail.example\r\nSubject: the list\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="${boundary}"\r\n\r\n${body}--${boundary}--\r\n`)

test('a mail of 100,000 parts', async () => {
  const part = `--${boundary}\r\nContent-Type: text/csv; name="list.csv"\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from('id,mail\n1,ann@mail.example\n').toString('base64')}\r\n`
  const { parts, partly } = await read(mailOf(part.repeat(100_000)))
  expect([parts, partly]).toEqual([1, ['the mail is not built as mails are, and was read as it stands']])
})

test('a mail of parts inside parts', async () => {
  const inside = Array.from({ length: 5000 }, (_, at) => `--${at === 0 ? boundary : `b${at}`}\r\nContent-Type: multipart/mixed; boundary="b${at + 1}"\r\n\r\n`).join('')
  const { parts, partly } = await read(mailOf(inside))
  expect([parts, partly]).toEqual([1, ['the mail is not built as mails are, and was read as it stands']])
})

/** Part of a line, of which so many letters in a thousand are not to be guessed. */
function lineOf(length: number, guessless: number): Buffer {
  const line = Buffer.alloc(length, 'x')
  let state = 1
  for (let at = 0; at + guessless <= length; at += 1000) {
    for (let one = 0; one < guessless; one += 1) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0
      line[at + one] = 0x61 + ((state >>> 16) % 26)
    }
  }
  return line
}

/** A workbook of one sheet and its shared texts. */
function workbookOf(sheet: Uint8Array, texts: Uint8Array): Buffer {
  const xml = (content: string): Buffer => Buffer.from(`<?xml version="1.0"?>${content}`)
  const relation = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
  return zipOf([
    memberOf('[Content_Types].xml', xml('<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>')),
    memberOf('xl/workbook.xml', xml(`<workbook xmlns:r="${relation}"><sheets><sheet name="people" sheetId="1" r:id="r1"/></sheets></workbook>`)),
    memberOf('xl/_rels/workbook.xml.rels', xml(`<Relationships><Relationship Id="r1" Type="${relation}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="${relation}/sharedStrings" Target="sharedStrings.xml"/></Relationships>`)),
    memberOf('xl/worksheets/sheet1.xml', sheet), memberOf('xl/sharedStrings.xml', texts),
  ])
}

const sheetOf = (cells: string): Buffer => Buffer.from(`<?xml version="1.0"?><worksheet><sheetData><row r="1">${cells}</row></sheetData></worksheet>`)
const sharedCell = sheetOf('<c r="A1" t="s"><v>0</v></c>')
const texts = (content: string): Buffer => Buffer.from(`<?xml version="1.0"?><sst>${content}</sst>`)

test('a workbook with one shared text of 20 MB', async () => {
  const { parts, partly } = await read(workbookOf(sharedCell, texts(`<si><t>${'x'.repeat(20 * MiB)}</t></si>`)))
  expect([parts, partly]).toEqual([2, ['a shared text holds more than 1048576 characters: its beginning was read']])
})

test('a workbook whose shared texts unpack too far', async () => {
  expect(await read(workbookOf(sharedCell, texts(' '.repeat(120 * MiB))))).toMatchObject({ parts: 0, bytes: 0, unread: [expect.stringContaining('400 times its size')] })
})

test('markup with elements inside elements', async () => {
  expect((await read(Buffer.from(`<!DOCTYPE html><html><body>ann@mail.example${'<b>'.repeat(2_000_000)}`))).unread).toEqual(['markup of more than 20000 elements inside one another'])
  const deep = 10_000
  expect(await read(Buffer.from(`<!DOCTYPE html><html><body>${'<i>'.repeat(deep)}ann@mail.example${'</i>'.repeat(deep)}`))).toMatchObject({ parts: 1, bytes: '!DOCTYPE html\n\nann@mail.example'.length, unread: [] })
})

test('a sheet with elements inside elements', async () => {
  expect((await read(workbookOf(sheetOf('<a>'.repeat(1_000_000)), texts('')))).unread.join()).toContain('XML of more than 256 elements inside one another')
})

async function lineInGzip(megabytes: number, guessless: number): Promise<Buffer> {
  const packer = createGzip({ level: guessless > 0 ? 1 : 9 })
  const packed: Buffer[] = []
  const done = (async () => { for await (const piece of packer) packed.push(piece as Buffer) })()
  const piece = lineOf(MiB, guessless)
  for (let written = 0; written < megabytes; written += 1) if (!packer.write(piece)) await new Promise((resolve) => { packer.once('drain', resolve) })
  packer.end()
  await done
  return Buffer.concat(packed)
}

test('a gzip of one line of a quarter of a gigabyte is read, in bounded memory', async () => {
  expect(await read(await lineInGzip(256, 10))).toMatchObject({ parts: 1, bytes: 256 * MiB, unread: [] })
})

test('a gzip of one line that unpacks too far', async () => {
  const { bytes, unread } = await read(await lineInGzip(128, 0))
  expect(bytes).toBeLessThan(100 * MiB)
  expect(unread.join()).toContain('400 times its size')
})
