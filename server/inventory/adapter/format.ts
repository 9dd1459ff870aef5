/**
 * What a file is, told from its first bytes and never from its name: a copy made behind somebody's back is rarely called
 * `customers.csv`. Pure: bytes in, verdict out.
 */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be'

export type FileFormat =
  | { readonly outcome: 'delimited'; readonly delimiter: Delimiter; readonly encoding: Encoding; readonly regular: boolean }
  | { readonly outcome: 'json lines'; readonly encoding: Encoding }
  | { readonly outcome: 'gzip' }
  | { readonly outcome: 'empty' }
  | { readonly outcome: 'not readable'; readonly because: string }

export type Delimiter = ',' | ';' | '\t' | '|'

export const delimiters: readonly Delimiter[] = [',', ';', '\t', '|']

/** Bytes looked at: enough for hundreds of records, little enough to read from every file of a share. */
export const sampleBytesMax = 64 * 1024

// Records of the sample that vote on the delimiter.
const recordsMax = 200

// Share of control characters above which a text is none.
const controlShareMax = 0.02

const magics: readonly (readonly [string, string])[] = [
  ['504b0304', 'a zip archive (also XLSX)'],
  ['50415231', 'a Parquet file'],
  ['53514c69746520666f726d6174203300', 'an SQLite database'],
  ['28b52ffd', 'zstd-compressed'],
  ['425a68', 'bzip2-compressed'],
  ['fd377a585a00', 'xz-compressed'],
  ['25504446', 'a PDF document'],
  ['5047444d50', 'a pg_dump archive'],
  ['d0cf11e0a1b11ae1', 'an old Office document'],
]

/** The format of a file (or of what a gzip holds) from its first `sampleBytesMax` bytes; `whole` when there are no more. */
export function formatOf(sample: Uint8Array, whole: boolean): FileFormat {
  if (sample.length === 0) return { outcome: 'empty' }
  if (sample[0] === 0x1f && sample[1] === 0x8b) return { outcome: 'gzip' }
  const start = Buffer.from(sample.subarray(0, 16)).toString('hex')
  const known = magics.find(([magic]) => start.startsWith(magic))
  if (known !== undefined) return { outcome: 'not readable', because: `${known[1]}: not read yet` }
  const encoding = encodingOf(sample)
  const text = new TextDecoder(encoding).decode(sample)
  if (controlShare(text) > controlShareMax) return { outcome: 'not readable', because: 'binary, of a kind not known' }
  return textFormat(text, encoding, whole)
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

function textFormat(text: string, encoding: Encoding, whole: boolean): FileFormat {
  const trimmed = text.replace(/^[\uFEFF\s]+/, '')
  if (trimmed.startsWith('{') || trimmed.startsWith('[')) {
    const end = trimmed.indexOf('\n')
    const line = end < 0 ? (whole ? trimmed : undefined) : trimmed.slice(0, end)
    if (line !== undefined && isJson(line)) return { outcome: 'json lines', encoding }
    if (/^[[{]\s*["[{\]}]/.test(trimmed)) return { outcome: 'not readable', because: 'JSON, but not one value a line: not read yet' }
  }
  const votes = delimiters.map((delimiter) => vote(text, delimiter, whole))
  const best = votes.reduce((a, b) => (b.score > a.score ? b : a))
  return { outcome: 'delimited', delimiter: best.score > 0 ? best.delimiter : ',', encoding, regular: best.score >= 0.8 || (best.score === 0 && best.records > 0) } // without any delimiter: a list of one column
}

function isJson(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null
  } catch {
    return false
  }
}

/** Share of records with the most common number of fields, when that is more than one, else 0; ties go to the earlier delimiter. */
function vote(text: string, delimiter: Delimiter, whole: boolean): { delimiter: Delimiter; records: number; score: number } {
  const counts = fieldCounts(text, delimiter, whole)
  const tally = new Map<number, number>()
  for (const count of counts) tally.set(count, (tally.get(count) ?? 0) + 1)
  let common = { count: 1, records: 0 }
  for (const [count, records] of tally) if (count > 1 && records > common.records) common = { count, records }
  return { delimiter, records: counts.length, score: common.records === 0 ? 0 : common.records / counts.length + Math.min(common.count, 50) / 10_000 }
}

function fieldCounts(text: string, delimiter: Delimiter, whole: boolean): number[] {
  const counts: number[] = []
  let fields = 1
  let quoted = false
  let fieldStart = true
  let blank = true
  for (let at = 0; at < text.length && counts.length < recordsMax; at += 1) {
    const character = text[at]
    if (quoted) {
      if (character === '"') quoted = false
      continue
    }
    if (character === '"' && (fieldStart || text[at - 1] === '"')) quoted = true
    else if (character === '\n') {
      if (!blank) counts.push(fields)
      fields = 1
      blank = true
    } else if (character === delimiter) fields += 1
    if (character !== '\n' && character !== '\r') blank = false
    fieldStart = character === delimiter || character === '\n'
  }
  if (whole && !blank && counts.length < recordsMax) counts.push(fields) // else the last record of a sample is cut
  return counts
}
