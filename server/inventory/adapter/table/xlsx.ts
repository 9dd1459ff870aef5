/**
 * XLSX workbooks, sheet by sheet as streams: shared and inline texts, numbers as they show, dates as ISO, hidden sheets too. Comments,
 * properties, drawings, pivot caches and whatever else is XML is read as text; nothing in the archive is passed over.
 */
import { readFile, stat } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import yauzl, { type Entry, type ZipFile } from 'yauzl'
import { Broken } from '#kit/errors'
import type { PartOrUnread } from '../part.ts'
import { holdsMore } from '../zipDirectory.ts'
import { createRowWriter, type RowWriter } from './rows.ts'
import { dateOf, dateStyles, numberOf, readXml, relationsOf, sharedTexts, sheetsOf, textMax, unescaped, type Sheet, type XmlHandlers } from './spreadsheet.ts'
import type { FileInput } from './sqlite.ts'

export interface SpreadsheetLimits {
  /** Unpacked bytes of the whole workbook, in all the times that its parts are read. */
  readonly bytesMax: number
  /** Unpacked over packed bytes of one member, looked at after the first 64 MiB. */
  readonly ratioMax: number
  /** Characters that all cells show over the bytes of the file, looked at after the first 64 Mi: a shared text is written once and shown wherever it is named. */
  readonly shownRatioMax: number
  /** Memory for shared texts. Bytes. */
  readonly sharedBytesMax: number
  readonly membersMax: number
}

/**
 * A sheet has at most a million rows: 32 GiB is more than a hundred full ones. Ratio: deflate of a sheet gives 5 to 50, its end is 1,032. Shown: a cell takes
 * three bytes packed at the least, so that a text of 12,000 characters in every one of them is still read.
 */
export const spreadsheetLimits: SpreadsheetLimits = { bytesMax: 32 * 1024 ** 3, ratioMax: 400, shownRatioMax: 4_000, sharedBytesMax: 512 * 1024 ** 2, membersMax: 100_000 }

const ratioGraceBytes = 64 * 1024 * 1024
const flushBytes = 128 * 1024
/** Characters of a row that is held until it ends: as much as 16,384 columns of a thousand each. */
const rowMax = 16 * 1024 * 1024
/** Columns of a sheet in Excel. */
const columnsMax = 16_384
/** Bytes of a workbook that is held packed. */
const heldBytesMax = 4 * 1024 * 1024

interface Workbook {
  readonly archive: ZipFile
  readonly entries: ReadonlyMap<string, Entry>
  readonly limits: SpreadsheetLimits
  unpacked: number
  /** Characters that its cells have shown. */
  shown: number
  sheets: number
}

interface Cells {
  readonly texts: readonly string[]
  readonly dates: readonly boolean[]
  readonly epoch1904: boolean
  readonly problems: Set<string>
  /** Counts what cells show. Throws `Broken` `inventory/unpacks-too-far`. */
  readonly count: (characters: number) => void
}

/** The parts of an XLSX workbook: `sheet NAME` for each sheet, `other texts`, and members that are no XML as bytes. */
export async function* partsOfXlsx(input: FileInput, limits: SpreadsheetLimits = spreadsheetLimits): AsyncGenerator<PartOrUnread> {
  const archive = await opened(input.file).catch((cause: unknown) => { throw damaged(cause) })
  try {
    const entries = await entriesOf(archive, limits)
    if (entries.size === 0 || await holdsMore(archive, input.file)) throw damaged(undefined)
    const book: Workbook = { archive, entries, limits, unpacked: 0, shown: 0, sheets: 0 }
    const rest = new Map(book.entries)
    yield* sheetParts(book, rest)
    const texts = [...rest.values()].filter((entry) => /[.](?:xml|rels|vml)$/i.test(entry.fileName))
    if (texts.length > 0) yield { name: 'other texts', kind: 'texts of an XLSX workbook', shape: 'text', delimiter: '\t', bytes: guarded(otherTexts(book, texts)), partly: () => (book.sheets > 0 ? [] : ['the workbook names no sheet: whatever cells it has were read as texts']) }
    for (const entry of rest.values()) {
      if (texts.includes(entry) || entry.fileName.endsWith('/')) continue
      if (/[.](?:xlsx|xlsm|docx|pptx|zip)$/i.test(entry.fileName)) yield { name: entry.fileName, because: 'a document inside the workbook, not unpacked' }
      else yield { name: entry.fileName, kind: 'member of an XLSX workbook', shape: 'bytes', delimiter: '\t', bytes: guarded(bytesOf(book, entry)), partly: () => (/[.]bin$/i.test(entry.fileName) ? ['a binary member: its values are found only where they stand as text'] : []) }
    }
  } catch (cause) {
    throw cause instanceof Broken ? cause : damaged(cause)
  } finally {
    archive.close()
  }
}

/** A small workbook is read at once: most of its time would go into going back to the file for each member. */
async function opened(file: string): Promise<ZipFile> {
  const options = { autoClose: false, lazyEntries: true } as const
  const { size } = await stat(file)
  return size <= heldBytesMax ? yauzl.fromBufferPromise(await readFile(file), options) : yauzl.openPromise(file, options)
}

const damaged = (cause: unknown): Broken => new Broken('inventory/workbook-damaged', 'a workbook is damaged, cut short or encrypted', { cause })

async function* guarded(bytes: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes
  } catch (cause) {
    throw cause instanceof Broken ? cause : damaged(cause)
  }
}

async function entriesOf(archive: ZipFile, limits: SpreadsheetLimits): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>()
  for await (const entry of archive.eachEntry()) {
    if (entries.size >= limits.membersMax) throw new Broken('inventory/too-many-members', `a workbook of more than ${limits.membersMax} members`)
    entries.set(entries.has(entry.fileName) ? `${entry.fileName} (${entries.size})` : entry.fileName, entry) // a second one of a name is read as well, as text
  }
  return entries
}

async function* bytesOf(book: Workbook, entry: Entry | undefined): AsyncGenerator<Uint8Array> {
  if (entry === undefined) return
  const stream = await book.archive.openReadStreamPromise(entry)
  let bytes = 0
  let sum = 0
  try {
    for await (const part of stream as AsyncIterable<Uint8Array>) {
      bytes += part.length
      sum = crc32(part, sum)
      book.unpacked += part.length
      const { bytesMax, ratioMax } = book.limits
      if (book.unpacked > bytesMax || (bytes > ratioGraceBytes && bytes > ratioMax * entry.compressedSize)) {
        throw new Broken('inventory/unpacks-too-far', `a workbook unpacks to more than ${bytesMax} bytes or ${ratioMax} times its size`)
      }
      yield part
    }
    if (sum !== entry.crc32) throw new Broken('inventory/workbook-damaged', 'a member of a workbook is not what its directory says')
  } finally {
    stream.destroy()
  }
}

async function* sheetParts(book: Workbook, rest: Map<string, Entry>): AsyncGenerator<PartOrUnread> {
  const member = (name: string): AsyncGenerator<Uint8Array> => {
    rest.delete(name)
    return bytesOf(book, book.entries.get(name))
  }
  const { sheets, epoch1904 } = await sheetsOf(bytesOf(book, book.entries.get('xl/workbook.xml')))
  if (sheets.length > book.limits.membersMax) throw new Broken('inventory/too-many-members', `a workbook of more than ${book.limits.membersMax} sheets`)
  book.sheets = sheets.length
  const relations = await relationsOf(member('xl/_rels/workbook.xml.rels'))
  const shared = await sharedTexts(member('xl/sharedStrings.xml'), book.limits.sharedBytesMax)
  const dates = await dateStyles(member('xl/styles.xml'))
  const names = new Map<string, number>()
  for (const sheet of sheets) {
    const name = relations.get(sheet.relation) ?? ''
    const entry = book.entries.get(name)
    if (entry === undefined) { yield { name: unused(sheet, names), because: 'the workbook names this sheet and does not hold it' }; continue }
    if (name.endsWith('.bin')) continue
    rest.delete(name)
    const problems = new Set(shared.cut ? [`a shared text holds more than ${textMax} characters: its beginning was read`] : [])
    const cells: Cells = { texts: shared.texts, dates, epoch1904, problems, count: (characters) => { show(book, characters) } }
    yield { name: unused(sheet, names), kind: sheet.hidden ? 'XLSX sheet, hidden' : 'XLSX sheet', shape: 'rows', delimiter: '\t', bytes: guarded(rowsOf(bytesOf(book, entry), cells)), partly: () => [...problems] }
  }
  if (shared.lost > 0) {
    yield { name: 'shared texts', kind: 'texts of an XLSX workbook', shape: 'rows', delimiter: '\t', bytes: guarded(listed(bytesOf(book, book.entries.get('xl/sharedStrings.xml')))), partly: () => [] }
  }
}

function show(book: Workbook, characters: number): void {
  book.shown += characters
  const { bytesMax, shownRatioMax } = book.limits
  if (book.shown > bytesMax || (book.shown > ratioGraceBytes && book.shown > shownRatioMax * book.archive.fileSize)) {
    throw new Broken('inventory/unpacks-too-far', `the cells of a workbook show more than ${bytesMax} characters or ${shownRatioMax} times its size`)
  }
}

/** `names`: those that are taken, each with the number that was given to the last one called like it. */
function unused({ name }: Sheet, names: Map<string, number>): string {
  const wanted = `sheet ${name}`
  let number = names.get(wanted) ?? 0
  let free = wanted
  while (names.has(free)) free = `${wanted} (${number += 1})`
  names.set(wanted, number)
  return free
}

/** Every shared text as a row of its own, when there are too many to be put into their cells. */
async function* listed(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const writer = createRowWriter()
  let text = ''
  const handlers: XmlHandlers = {
    open: (name) => { if (name === 'si') text = '' },
    text: (piece) => { if (text.length < textMax) text += piece },
    close: (name) => { if (name === 'si') { writer.text(unescaped(text)); writer.endRow() } },
  }
  for await (const read of readXml(bytes, handlers)) if (read > 0 && writer.ready > flushBytes) yield writer.take()
  if (writer.ready > 0) yield writer.take()
}

interface CellNow {
  column: number
  type: string
  style: number
  value: string
  formula: string
  inside: 'value' | 'formula' | 'text' | 'nothing'
  phonetic: boolean
}

async function* rowsOf(bytes: AsyncIterable<Uint8Array>, cells: Cells): AsyncGenerator<Uint8Array> {
  const writer = createRowWriter()
  const handlers = { ...cellHandlers(writer, cells), full: () => writer.ready > flushBytes }
  for await (const read of readXml(bytes, handlers)) if (read > 0 && writer.ready > flushBytes) yield writer.take()
  if (writer.ready > 0) yield writer.take()
}

function cellHandlers(writer: RowWriter, cells: Cells): XmlHandlers {
  let written = 0
  let held = 0
  const count = (characters: number): void => {
    held += characters
    cells.count(characters)
  }
  const cell: CellNow = { column: 0, type: 'n', style: 0, value: '', formula: '', inside: 'nothing', phonetic: false }
  const formulas: string[] = []
  const endRow = (): void => {
    for (const formula of formulas) for (const [, text] of formula.matchAll(/"((?:[^"]|"")+)"/g)) writer.further(Buffer.from(text!.replaceAll('""', '"')))
    if (written > 0) writer.endRow()
    written = held = formulas.length = 0
  }
  return {
    open: (name, attributes) => {
      if (name === 'row') { written = 0; formulas.length = 0 }
      else if (name === 'c') Object.assign(cell, { column: columnOf(attributes['r'], written), type: attributes['t'] ?? 'n', style: Number(attributes['s'] ?? -1), value: '', formula: '' })
      else if (name === 'v') cell.inside = 'value'
      else if (name === 'f') cell.inside = 'formula'
      else if (name === 't') cell.inside = 'text'
      else if (name === 'rPh') cell.phonetic = true
    },
    text: (text) => {
      if (cell.inside === 'nothing' || cell.phonetic) return
      const field = cell.inside === 'formula' ? 'formula' : 'value'
      if (cell[field].length < textMax) cell[field] += text
      else cells.problems.add(`a cell holds more than ${textMax} characters: its beginning was read`)
    },
    close: (name) => {
      if (name === 'v' || name === 'f' || name === 't') cell.inside = 'nothing'
      else if (name === 'rPh') cell.phonetic = false
      else if (name === 'c') {
        const text = shown(cell, cells)
        const behind = cell.formula.includes('"') ? cell.formula : '' // a text that stands in a formula
        count(text.length + behind.length + Math.max(0, cell.column - written) + 1)
        if (held > rowMax && written > 0) {
          cells.problems.add(`a row holds more than ${rowMax} characters: what follows in it was read as a row of its own`)
          endRow()
          held = text.length + behind.length
        }
        for (; written < cell.column; written += 1) writer.nothing()
        writer.text(text)
        written += 1
        if (behind !== '') formulas.push(behind)
      } else if (name === 'row') endRow()
    },
  }
}

/** The column of a reference such as `AB12`, from 0; the next one when it says none. */
function columnOf(reference: string | undefined, next: number): number {
  const letters = /^[A-Z]{1,3}/.exec(reference ?? '')?.[0]
  if (letters === undefined) return next
  const column = [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1
  return column < next || column >= columnsMax ? next : column
}

function shown(cell: CellNow, { texts, dates, epoch1904, problems }: Cells): string {
  const { type, value } = cell
  if (type === 's') {
    const text = texts[Number(value)]
    if (text === undefined && value !== '') problems.add('cells name shared texts that are not held: those were read on their own, not in their rows')
    return text ?? ''
  }
  if (type === 'inlineStr' || type === 'str') return unescaped(value)
  if (type === 'b') return value === '1' ? 'true' : value === '0' ? 'false' : value
  if (type === 'n' && value !== '') return (dates[cell.style] === true ? dateOf(Number(value), epoch1904) : undefined) ?? numberOf(value)
  return value
}

/** Texts and attributes of the other members, a line each. */
async function* otherTexts(book: Workbook, entries: readonly Entry[]): AsyncGenerator<Uint8Array> {
  let lines: string[] = []
  const say = (text: string): void => { if (text.trim() !== '') lines.push(text.trim()) }
  const handlers: XmlHandlers = {
    open: (_, attributes) => { for (const [name, value] of Object.entries(attributes)) if (!name.startsWith('xmlns')) say(value) },
    text: say,
  }
  for (const entry of entries) {
    for await (const read of readXml(bytesOf(book, entry), handlers)) {
      if (read === 0 || lines.length === 0) continue
      yield Buffer.from(`${lines.join('\n')}\n`)
      lines = []
    }
  }
}
