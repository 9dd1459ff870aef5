/**
 * What a file is, told from its first bytes and never from its name: a copy made behind somebody's back is rarely called
 * `customers.csv`. Pure: bytes in, verdict out.
 */
import { constants, inflateSync } from 'node:zlib'
import { looksLikeDump, looksLikeMail, looksLikeMailbox, looksLikeMarkup, looksLikeNotebook } from './document/looks.ts'
import { looksLikeJson } from './document/json.ts'

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be'

/** Packings of one stream of bytes. `deflate` only inside zip archives. */
export type Packing = 'gzip' | 'zlib' | 'deflate' | 'zstd' | 'bzip2' | 'xz'

/** Formats that have a reader of their own. */
export type Seeking = 'Parquet' | 'SQLite' | 'pg_dump archive'

export type TextFormat =
  | { readonly outcome: 'delimited'; readonly delimiter: Delimiter; readonly regular: boolean; /** Rows of COPY, or a table with tabs whose first quote stands behind the sample. */ readonly unsure?: boolean }
  | { readonly outcome: 'json lines' | 'json' | 'notebook' | 'markup' | 'mail' | 'mailbox' | 'dump' }

export type FileFormat =
  | TextFormat & { readonly encoding: Encoding }
  | { readonly outcome: 'packed'; readonly packing: Packing }
  | { readonly outcome: 'zip' | 'tar' | 'empty' }
  | { readonly outcome: 'seeking'; readonly format: Seeking }
  | { readonly outcome: 'bytes'; readonly kind: string; /** What reading its bytes as they are cannot see. */ readonly hidden?: string; /** Its kind says what its bytes are: whether they look packed tells nothing more. */ readonly told?: boolean }
  | { readonly outcome: 'not readable'; readonly because: string }

export type Delimiter = ',' | ';' | '\t' | '|' | typeof copyDelimiter

/** Of rows as COPY of PostgreSQL writes them in its text format: tabs, and what would be mistaken behind a backslash. No field is quoted. */
export const copyDelimiter = '\t\\'

export const delimiters: readonly Delimiter[] = [',', ';', '\t', '|']

/** Bytes looked at: enough for hundreds of records, little enough to read from every file of a share. */
export const sampleBytesMax = 64 * 1024

// Records of the sample that vote on the delimiter.
const recordsMax = 200

// Share of control characters above which a text is none.
const controlShareMax = 0.02

// Share of the records of a table that have its most common number of fields.
const regularShareMin = 0.8

const unread = (because: string): FileFormat => ({ outcome: 'not readable', because })
const packed = (packing: Packing): FileFormat => ({ outcome: 'packed', packing })

const magics: readonly (readonly [magic: string, format: FileFormat])[] = [
  ['1f8b', packed('gzip')], ['28b52ffd', packed('zstd')], ['fd377a585a00', packed('xz')],
  ['504b0304', { outcome: 'zip' }], ['504b0506', { outcome: 'zip' }],
  ['50415231', { outcome: 'seeking', format: 'Parquet' }], ['53514c69746520666f726d6174203300', { outcome: 'seeking', format: 'SQLite' }],
  ['5047444d50', { outcome: 'seeking', format: 'pg_dump archive' }],
  ['50415245', unread('an encrypted Parquet file')],
  ['504b303050', unread('a zip archive in several files')],
  ['04224d18', unread('packed with lz4: not read')], ['377abcaf271c', unread('a 7z archive: not read')], ['526172211a07', unread('a RAR archive: not read')],
  ['4c5a4950', unread('packed with lzip: not read')], ['1f9d', unread('packed with compress: not read')], ['4d534346', unread('a cabinet archive: not read')],
  ['ff060000734e61507059', unread('packed with snappy: not read')], ['4f626a01', unread('an Avro file: not read')], ['4f5243', unread('an ORC file: not read')],
  ['53616c7465645f5f', unread('encrypted (openssl)')], ['6167652d656e6372797074696f6e2e6f7267', unread('encrypted (age)')],
  ['8c0d04', unread('encrypted (OpenPGP)')], ['c30d04', unread('encrypted (OpenPGP)')], ['85010c03', unread('encrypted (OpenPGP)')], ['85020c03', unread('encrypted (OpenPGP)')], ['845e03', unread('encrypted (OpenPGP)')],
  ['2d2d2d2d2d424547494e20504750204d45535341', unread('encrypted (OpenPGP)')], ['2d2d2d2d2d424547494e2041474520454e435259', unread('encrypted (age)')],
  ['4c554b53babe', unread('encrypted (LUKS)')],
  ['5041434b000000', { outcome: 'bytes', kind: 'a git pack', hidden: 'its packed objects were not unpacked', told: true }],
  ['25504446', { outcome: 'bytes', kind: 'PDF', hidden: 'its packed streams were not unpacked', told: true }],
]

const told = (kind: string): FileFormat => ({ outcome: 'bytes', kind, told: true })

// What is made of pictures, sounds, letters and instructions: packed by its nature, and no table of people. See docs/decisions/2026-11-28-bytes-that-look-packed.md.
const media: readonly (readonly [pattern: RegExp, kind: string])[] = [
  [/^(ffd8ff|89504e470d0a1a0a|474946383[79]61|424d.{8}00000000|49492a00|4d4d002a|38425053|52494646.{8}57454250|0000000c6a502020|ff4fff51)/, 'a picture'],
  [/^.{8}66747970(68656963|68656978|6d696631|61766966)/, 'a picture'],
  [/^.{8}66747970/, 'a film or sound'],
  [/^(1a45dfa3|52494646.{8}(41564920|57415645)|4f676753|664c6143|494433|000001b[3a]|464c5601|ff(f[1239ab])|3026b2758e66cf11)/, 'a film or sound'],
  [/^(774f46(46|32)|0001000000.{2}0|4f54544f|74746366)/, 'a typeface'],
  [/^(7f454c46|4d5a.{6}00.{2}00|feedfac[ef]|c[ef]faedfe|cafebabe|0061736d)/, 'a program'],
]

const officeMagic = 'd0cf11e0a1b11ae1'
const encryptedOffice = Buffer.from('EncryptedPackage', 'utf16le')

/** A document of an old Office, or a new one that is encrypted, which is packed into one. */
function officeFormat(sample: Uint8Array): FileFormat {
  return Buffer.from(sample).includes(encryptedOffice) ? unread('encrypted (Office)') : { outcome: 'bytes', kind: 'an old Office document' }
}

/** The format of a file (or of what a packing holds) from its first `sampleBytesMax` bytes; `whole` when there are no more. */
export function formatOf(sample: Uint8Array, whole: boolean): FileFormat {
  if (sample.length === 0) return { outcome: 'empty' }
  const start = Buffer.from(sample.subarray(0, 20)).toString('hex')
  const known = magics.find(([magic]) => start.startsWith(magic))
  if (known !== undefined) return known[1]
  if (start.startsWith(officeMagic)) return officeFormat(sample)
  if (/^425a683[1-9](314159265359|177245385090)/.test(start)) return packed('bzip2')
  if (isTar(sample)) return { outcome: 'tar' }
  if (isZlib(sample)) return packed('zlib')
  const encoding = encodingOf(sample)
  const text = new TextDecoder(encoding).decode(sample)
  if (controlShare(text) > controlShareMax) return bytesFormat(start)
  return { ...textFormat(text, whole), encoding }
}

// Of the sample: noise is no stream of zlib beyond its first hundred bytes.
const zlibBytes = 1024
const zlibUnpackedMax = 2 * 1024 * 1024

/** RFC 1950, as every object of a git repository is packed: its two bytes tell too little, so that some of it is unpacked. */
function isZlib(sample: Uint8Array): boolean {
  if (sample.length < 8 || (sample[0]! & 0x8f) !== 8 || (sample[0]! * 256 + sample[1]!) % 31 !== 0) return false
  try {
    inflateSync(sample.subarray(0, zlibBytes), { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: zlibUnpackedMax })
    return true
  } catch {
    return false
  }
}

/** The header of a tar member: its check sum is the sum of its bytes, with the sum itself as spaces (POSIX ustar). */
function isTar(sample: Uint8Array): boolean {
  if (sample.length < 512 || sample[0] === 0) return false
  const declared = /^[ 0]*([0-7]+)[ \0]/.exec(Buffer.from(sample.subarray(148, 157)).toString('latin1'))
  let sum = 0
  for (let at = 0; at < 512; at += 1) sum += at >= 148 && at < 156 ? 32 : sample[at]!
  return declared !== null && Number.parseInt(declared[1]!, 8) === sum
}

function encodingOf(sample: Uint8Array): Encoding {
  if (sample[0] === 0xff && sample[1] === 0xfe) return 'utf-16le'
  if (sample[0] === 0xfe && sample[1] === 0xff) return 'utf-16be'
  const zeros = [0, 0]
  for (const [at, byte] of sample.subarray(0, 4096).entries()) if (byte === 0) zeros[at & 1]! += 1
  const half = Math.min(sample.length, 4096) / 2
  // Latin text in UTF-16 without a mark: nearly every second byte is zero, and only those.
  if (zeros[1]! > half * 0.7 && zeros[0] === 0) return 'utf-16le'
  if (zeros[0]! > half * 0.7 && zeros[1] === 0) return 'utf-16be'
  return 'utf-8'
}

function controlShare(text: string): number {
  let controls = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code < 32 && code !== 9 && code !== 10 && code !== 13) controls += code === 0 ? 10 : 1
  }
  return controls / text.length
}

function bytesFormat(start: string): FileFormat {
  const kind = media.find(([pattern]) => pattern.test(start))?.[1]
  return kind === undefined ? { outcome: 'bytes', kind: 'unknown bytes' } : told(kind)
}

function textFormat(text: string, whole: boolean): TextFormat {
  const copied = areCopied(text, whole)
  if (copied !== 'not') return { outcome: 'delimited', delimiter: copyDelimiter, regular: true, ...(copied === 'unsure' ? { unsure: true } : {}) }
  const trimmed = text.replace(/^[\uFEFF\s]+/, '')
  if (trimmed.startsWith('{') || trimmed.startsWith('[')) {
    if (areJsonLines(trimmed, whole)) return { outcome: 'json lines' }
    if (looksLikeJson(trimmed, whole)) return { outcome: looksLikeNotebook(trimmed) ? 'notebook' : 'json' }
  }
  if (looksLikeMarkup(trimmed)) return { outcome: 'markup' }
  if (looksLikeMailbox(trimmed)) return { outcome: 'mailbox' }
  if (looksLikeMail(trimmed)) return { outcome: 'mail' }
  if (looksLikeDump(trimmed)) return { outcome: 'dump' }
  const votes = delimiters.map((delimiter) => vote(text, delimiter, whole))
  const best = votes.reduce((a, b) => (b.score > a.score ? b : a))
  // Without any delimiter: a list of one column, if nothing in it looks like a sentence or a labelled value.
  const list = best.score === 0 && best.records > 0 && !/\S[ ]\S+[ ]\S+[ ]\S|\w:(\s|$)/m.test(text)
  return { outcome: 'delimited', delimiter: best.score > 0 ? best.delimiter : ',', regular: best.score >= regularShareMin || list }
}

/**
 * Rows of COPY, as each table's file in a directory of pg_dump has them: every line has as many tabs, since those of values are escaped, and a value is `\\N`
 * (NULL) or a line the end mark. Where every quote is one of a CSV, it is one: the values are the same.
 */
function areCopied(text: string, whole: boolean): 'copied' | 'unsure' | 'not' {
  const lines = text.split('\n')
  if (!whole) lines.pop()
  while (lines.at(-1) === '') lines.pop()
  const ended = lines.at(-1) === '\\.'
  if (ended) lines.pop()
  if (lines.length === 0) return 'not'
  const tabs = lines[0]!.split('\t').length
  const fields = lines.flatMap((line) => line.split('\t'))
  if (!lines.every((line) => line.split('\t').length === tabs)) return 'not'
  if (ended) return 'copied'
  const opened = fields.filter((field) => field.startsWith('"'))
  if (tabs === 1 || !fields.includes('\\N')) return 'not'
  if (opened.length === 0) return whole ? 'copied' : 'unsure'
  return opened.every((field) => /^"(?:[^"]|"")*"\r?$/.test(field)) ? 'not' : 'copied'
}

/** Whether every field that begins with a quote is quoted as in a CSV, in a text that begins with such a field: then it is none of COPY's, whose quotes are characters like any other. */
export function areQuoted(text: string): boolean {
  const field = /"(?:[^"]|"")*"(?=\t|\r?\n|$)/y
  for (let at = 0; at >= 0; at = nextQuoted(text, field.lastIndex)) {
    field.lastIndex = at
    if (!field.test(text)) return false
  }
  return true
}

/** Where the next field begins with a quote, at or behind a place; -1 where none does. */
export function nextQuoted(text: Pick<string, 'indexOf'>, from: number): number {
  const [behindTab, behindLine] = [text.indexOf('\t"', from), text.indexOf('\n"', from)]
  if (behindTab < 0 || behindLine < 0) return Math.max(behindTab, behindLine) < 0 ? -1 : Math.max(behindTab, behindLine) + 1
  return Math.min(behindTab, behindLine) + 1
}

/** A line that is a value by itself, and most lines behind it begin like another: else it is one JSON document, whose rows are inside it, or a table with JSON in its first cell. */
function areJsonLines(text: string, whole: boolean): boolean {
  const end = text.indexOf('\n')
  if (end < 0 || !isJson(text.slice(0, end))) return false
  const rest = text.slice(end)
  const lines = rest.split('\n').filter((line) => line.trim() !== '')
  return lines.length === 0 ? !whole : lines.filter((line) => /^\s*[[{]/.test(line)).length * 2 >= lines.length
}

function isJson(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null
  } catch {
    return false
  }
}

/**
 * Share of records with the most common number of fields, when that is more than one, else 0; ties go to the earlier delimiter. Quotes that close where no
 * field ends count against it: with the delimiter of another dialect, half of a table can look like one field.
 */
function vote(text: string, delimiter: Delimiter, whole: boolean): { delimiter: Delimiter; records: number; score: number } {
  const { counts, odd } = fieldCounts(text, delimiter, whole)
  const tally = new Map<number, number>()
  for (const count of counts) tally.set(count, (tally.get(count) ?? 0) + 1)
  let common = { count: 1, records: 0 }
  for (const [count, records] of tally) if (count > 1 && records > common.records) common = { count, records }
  return { delimiter, records: counts.length, score: common.records === 0 ? 0 : common.records / (counts.length + odd) + Math.min(common.count, 50) / 10_000 }
}

/** Fields of each record, and how many quotes close in the middle of a field. */
function fieldCounts(text: string, delimiter: Delimiter, whole: boolean): { counts: number[]; odd: number } {
  const counts: number[] = []
  let odd = 0
  let fields = 1
  let quoted = false
  let closedAt = -2 // a quote behind the one that closed is a quote inside
  let fieldStart = true
  let blank = true
  for (let at = 0; at < text.length && counts.length < recordsMax; at += 1) {
    const character = text[at]
    if (quoted) {
      if (character !== '"') continue
      quoted = false
      closedAt = at
      const next = text[at + 1]
      if (next !== undefined && next !== '"' && next !== delimiter && next !== '\n' && next !== '\r') odd += 1
      continue
    }
    if (character === '"' && (fieldStart || closedAt === at - 1)) quoted = true
    else if (character === '\n') {
      if (!blank) counts.push(fields)
      fields = 1
      blank = true
    } else if (character === delimiter) fields += 1
    if (character !== '\n' && character !== '\r') blank = false
    fieldStart = character === delimiter || character === '\n'
  }
  if (whole && !blank && counts.length < recordsMax) counts.push(fields) // else the last record of a sample is cut
  return { counts, odd }
}
