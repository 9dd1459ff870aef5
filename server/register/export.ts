import { setImmediate as nextTurn } from 'node:timers/promises'
import { streamDocument, type TakeBytes } from '#document'
import type { Ledger } from '#ledger'
import { formatInstant, type Instant } from '#kit/time'
import { checkRecord, driftOf, isCompliant } from './check.ts'
import { dpvInPieces, listInPieces } from './dpv.ts'
import { layouts, sheetsOf, type Layout } from './layout.ts'
import { registerPaper } from './paper.ts'
import { ods } from './sheet/ods.ts'
import { xlsx } from './sheet/xlsx.ts'
import type { Language, RegisterRecord } from './types.ts'

export const formats = ['xlsx', 'ods', 'pdf', 'csv', 'json', 'dpv'] as const
export type Format = (typeof formats)[number]

export interface ExportOptions { readonly format: Format; readonly language: Language; /** For `csv`, which holds one sheet; `xlsx` and `ods` hold all without it, and the rest have none. */ readonly layout?: Layout | undefined }

/** The bytes of a register: the same records and options give the same bytes (of PDF: on one release of Node). */
export async function exportRegister(records: readonly RegisterRecord[], options: ExportOptions): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  await streamRegister(records, options, (bytes) => { pieces.push(bytes) })
  return Buffer.concat(pieces)
}

/** The same bytes, handed on as they are made: of a register of any length no more is kept than the records themselves. */
export async function streamRegister(records: readonly RegisterRecord[], options: ExportOptions, take: TakeBytes): Promise<void> {
  if (options.format === 'pdf') return streamDocument(registerPaper(records, options.language), take)
  let [waiting, bytes]: [(Uint8Array | string)[], number] = [[], 0]
  const handOn = async (): Promise<void> => {
    if (waiting.length > 0) await take(Buffer.concat(waiting.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece))))
    ;[waiting, bytes] = [[], 0]
  }
  for (const piece of piecesOf(records, { ...options, format: options.format })) {
    waiting.push(piece)
    bytes += piece.length
    if (bytes < pieceBytes) continue
    await handOn()
    await nextTurn()
  }
  await handOn()
}

const pieceBytes = 256 * 1024

function piecesOf(records: readonly RegisterRecord[], { format, language, layout }: ExportOptions & { readonly format: Exclude<Format, 'pdf'> }): Iterable<Uint8Array | string> {
  const sheets = (wanted: readonly Layout[]): ReturnType<typeof sheetsOf> => sheetsOf(records, wanted, language)
  switch (format) {
    case 'xlsx': return xlsx(sheets(layout === undefined ? layouts : [layout]))
    case 'ods': return ods(sheets(layout === undefined ? layouts : [layout]))
    case 'csv': return linesOf(sheets([layout ?? 'ico'])[0]!.rows)
    case 'json': return withEnd(listInPieces(records, whole))
    case 'dpv': return withEnd(dpvInPieces(records))
  }
}

function* withEnd(pieces: Iterable<Uint8Array | string>): Generator<Uint8Array | string> {
  yield* pieces
  yield '\n'
}

function* linesOf(rows: Iterable<readonly string[]>): Generator<string> {
  for (const row of rows) yield `${row.map(field).join(',')}\r\n`
}

/** A record with what is judged of it. */
export const whole = (record: RegisterRecord) => ({ ...record, compliant: isCompliant(record), missing: checkRecord(record), drift: driftOf(record) })

/** RFC 4180. What a spreadsheet would run as a formula gets an apostrophe before it: names come from others. */
const field = (text: string): string => `"${(/^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`

export interface Exported { readonly sha256: string; readonly bytes: number }

/** What was handed out: its SHA-256 and length, and as what. `slot`: of the log that says so. */
export interface HandedOut { readonly sha256: string; readonly bytes: number; readonly slot: number; readonly asOf: Instant; readonly format: string; readonly language: Language; readonly layout?: string | undefined }

/** Records in the ledger that bytes were handed out, counted and hashed as they were written: in the controller's log, or in the common one when they tell of all. */
export async function recordHandedOut(ledger: Ledger, { sha256, bytes, slot, asOf, format, language, layout }: HandedOut, at: Instant): Promise<Exported> {
  await ledger.append({ slot, type: 'register.exported', at, parts: { evidence: { sha256, bytes, format, language, layout: layout ?? null, as_of: formatInstant(asOf) } } })
  return { sha256, bytes }
}
