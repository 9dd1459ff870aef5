import { writeDocument } from '#document'
import { jcs, type Json, type Ledger } from '#ledger'
import { createHash } from 'node:crypto'
import { formatInstant, type Instant } from '#kit/time'
import { checkRecord, driftOf, isCompliant } from './check.ts'
import { dpvOf } from './dpv.ts'
import { layouts, sheetsOf, type Layout } from './layout.ts'
import { registerPaper } from './paper.ts'
import { ods } from './sheet/ods.ts'
import { xlsx } from './sheet/xlsx.ts'
import type { Language, RegisterRecord } from './types.ts'

export const formats = ['xlsx', 'ods', 'pdf', 'csv', 'json', 'dpv'] as const
export type Format = (typeof formats)[number]

export interface ExportOptions { readonly format: Format; readonly language: Language; /** For `csv`, which holds one sheet; `xlsx` and `ods` hold all without it, and the rest have none. */ readonly layout?: Layout | undefined }

/** The bytes of a register: the same records and options give the same bytes (of PDF: on one release of Node). */
export async function exportRegister(records: readonly RegisterRecord[], { format, language, layout }: ExportOptions): Promise<Uint8Array> {
  const sheets = (wanted: readonly Layout[]): ReturnType<typeof sheetsOf> => sheetsOf(records, wanted, language)
  switch (format) {
    case 'xlsx': return xlsx(sheets(layout === undefined ? layouts : [layout]))
    case 'ods': return ods(sheets(layout === undefined ? layouts : [layout]))
    case 'pdf': return writeDocument(registerPaper(records, language))
    case 'csv': return Buffer.from(sheets([layout ?? 'ico'])[0]!.rows.map((row) => `${row.map(field).join(',')}\r\n`).join(''))
    case 'json': return Buffer.concat([jcs(records.map(whole) as unknown as Json), Buffer.from('\n')])
    case 'dpv': return Buffer.concat([jcs(dpvOf(records) as unknown as Json), Buffer.from('\n')])
  }
}

/** A record with what is judged of it. */
export const whole = (record: RegisterRecord) => ({ ...record, compliant: isCompliant(record), missing: checkRecord(record), drift: driftOf(record) })

/** RFC 4180. What a spreadsheet would run as a formula gets an apostrophe before it: names come from others. */
const field = (text: string): string => `"${(/^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`

export interface Exported { readonly sha256: string; readonly bytes: number }

/** Records in the ledger that these bytes were handed out: in the controller's log, or in the common one when they tell of all. */
export async function recordExport(ledger: Ledger, of: { readonly bytes: Uint8Array; readonly slot: number; readonly asOf: Instant; readonly format: string; readonly language: Language; readonly layout?: string | undefined }, at: Instant): Promise<Exported> {
  const sha256 = createHash('sha256').update(of.bytes).digest('hex')
  const evidence = { sha256, bytes: of.bytes.length, format: of.format, language: of.language, layout: of.layout ?? null, as_of: formatInstant(of.asOf) }
  await ledger.append({ slot: of.slot, type: 'register.exported', at, parts: { evidence } })
  return { sha256, bytes: of.bytes.length }
}
