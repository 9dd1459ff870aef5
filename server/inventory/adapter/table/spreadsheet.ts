/** What a spreadsheet says about its cells: shared texts, formats of dates, and which file is which sheet. Pure but for the stream of XML. */
import { Parser } from 'htmlparser2'
import { Broken } from '#kit/errors'

/** XML elements inside one another: a workbook has a dozen. */
const depthMax = 256
/** Characters of one text; Excel allows 32,767. */
export const textMax = 1024 * 1024

export interface XmlHandlers {
  open?(name: string, attributes: Readonly<Record<string, string>>): void
  text?(text: string): void
  close?(name: string): void
  /** Whether what was gathered is enough to be given on before more is read. */
  full?(): boolean
}

/** Feeds XML to handlers, names without their prefix. Yields how many bytes there were so far after each piece of them, and whenever the handlers are full, so that what was gathered can be given on. */
export async function* readXml(bytes: AsyncIterable<Uint8Array>, handlers: XmlHandlers): AsyncGenerator<number> {
  let depth = 0
  let read = 0
  let paused = false
  const parser = new Parser({
    onopentag: (name, attributes) => {
      depth += 1
      if (depth > depthMax) throw new Broken('inventory/nested-too-deep', `XML of more than ${depthMax} elements inside one another`)
      handlers.open?.(local(name), attributes)
    },
    ontext: (text) => handlers.text?.(text),
    onclosetag: (name) => {
      depth -= 1
      handlers.close?.(local(name))
      if (handlers.full?.() !== true) return
      paused = true
      parser.pause()
    },
  }, { xmlMode: true, decodeEntities: true })
  const goesOn = (): boolean => {
    if (!paused) return false
    paused = false
    parser.resume()
    return true
  }
  let decoder: InstanceType<typeof TextDecoder> | undefined
  for await (const part of bytes) {
    decoder ??= new TextDecoder(part[0] === 0xff && part[1] === 0xfe ? 'utf-16le' : part[0] === 0xfe && part[1] === 0xff ? 'utf-16be' : 'utf-8')
    parser.write(decoder.decode(part, { stream: true }))
    read += part.length
    do yield read
    while (goesOn())
  }
  parser.end(decoder?.decode() ?? '')
  do yield read
  while (goesOn())
}

async function readToEnd(bytes: AsyncIterable<Uint8Array>, handlers: XmlHandlers): Promise<void> {
  const steps = readXml(bytes, handlers)
  while ((await steps.next()).done !== true);
}

const local = (name: string): string => name.slice(name.indexOf(':') + 1)

/** The texts of a shared-strings file: memory up to `bytesMax`; `lost` counts the texts that were not kept; `cut`: of some only the beginning was. */
export async function sharedTexts(bytes: AsyncIterable<Uint8Array>, bytesMax: number): Promise<{ texts: string[]; lost: number; cut: boolean }> {
  const texts: string[] = []
  let held = 0
  let lost = 0
  let text = ''
  let cut = false
  const inside = { text: false, phonetic: false }
  const handlers: XmlHandlers = {
    open: (name) => { if (name === 'si') text = ''; else if (name === 't') inside.text = true; else if (name === 'rPh') inside.phonetic = true },
    text: (piece) => {
      if (!inside.text || inside.phonetic) return
      if (text.length < textMax) text += piece
      else cut = true
    },
    close: (name) => {
      if (name === 't') inside.text = false
      else if (name === 'rPh') inside.phonetic = false
      else if (name === 'si') {
        held += 2 * text.length + 64
        if (held > bytesMax) lost += 1
        else texts.push(unescaped(text))
      }
    },
  }
  for await (const read of readXml(bytes, handlers)) if (read > 0 && lost > 0) break
  return { texts, lost, cut }
}

/** Characters that XML cannot hold stand as `_x000D_`. */
export const unescaped = (text: string): string => (text.includes('_x') ? text.replaceAll(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))) : text)

const dateFormats = new Set([14, 15, 16, 17, 18, 19, 20, 21, 22, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 45, 46, 47, 50, 51, 52, 53, 54, 55, 56, 57, 58])

/** Which cell styles show a number as a date or time (ECMA-376, 18.8.30). */
export async function dateStyles(bytes: AsyncIterable<Uint8Array>): Promise<boolean[]> {
  const formats = new Map<number, boolean>()
  const styles: boolean[] = []
  let inside = false
  const handlers: XmlHandlers = {
    open: (name, attributes) => {
      if (name === 'numFmt') formats.set(Number(attributes['numFmtId']), isDateFormat(attributes['formatCode'] ?? ''))
      else if (name === 'cellXfs') inside = true
      else if (name === 'xf' && inside) {
        const format = Number(attributes['numFmtId'] ?? 0)
        styles.push(formats.get(format) ?? dateFormats.has(format))
      }
    },
    close: (name) => { if (name === 'cellXfs') inside = false },
  }
  await readToEnd(bytes, handlers)
  return styles
}

/** Characters of a format code; Excel allows 255. */
const formatMax = 255

/** A format code with a letter of dates outside quotes, brackets and escapes. */
function isDateFormat(code: string): boolean {
  return /[ymdhs]/i.test(code.slice(0, formatMax).replaceAll(/"[^"]*"|\[(?!h+\]|m+\]|s+\])[^\]]*\]|\\.|_./gi, ''))
}

const dayMilliseconds = 86_400_000

/** A serial number of days as ISO date, time, or both; undefined when it is no date. `epoch1904`: of old Macintosh files. */
export function dateOf(serial: number, epoch1904: boolean): string | undefined {
  if (!Number.isFinite(serial) || serial < 0 || serial > 2_958_466) return undefined
  // Excel counts a 29 February 1900 that never was.
  const days = epoch1904 ? serial + 1462 : serial < 60 ? serial + 1 : serial
  const moment = new Date(Date.UTC(1899, 11, 30) + Math.round(days * dayMilliseconds)).toISOString()
  const time = moment.slice(11, moment.endsWith('.000Z') ? 19 : 23)
  if (serial < 1) return time
  return time === '00:00:00' ? moment.slice(0, 10) : `${moment.slice(0, 10)} ${time}`
}

/** A number as its cell shows it: as it stands, but for exponents and the seventeen digits that Excel writes of 24.4. */
export function numberOf(text: string): string {
  if (!/[eE]/.test(text) && text.replaceAll(/[^0-9]/g, '').length <= 15) return text
  const value = Number(text)
  return Number.isFinite(value) && (Math.abs(value) < 1e15 || /[eE.]/.test(text)) ? (Number.isInteger(value) && Math.abs(value) < 1e21 ? BigInt(value).toString() : String(value)) : text
}

export interface Sheet {
  readonly name: string
  readonly hidden: boolean
  readonly relation: string
}

/** The sheets of a workbook in order, and whether its days count from 1904. */
export async function sheetsOf(bytes: AsyncIterable<Uint8Array>): Promise<{ sheets: Sheet[]; epoch1904: boolean }> {
  const sheets: Sheet[] = []
  let epoch1904 = false
  const handlers: XmlHandlers = {
    open: (name, attributes) => {
      if (name === 'workbookPr') epoch1904 = /^(1|true)$/.test(attributes['date1904'] ?? '')
      if (name !== 'sheet') return
      const relation = Object.entries(attributes).find(([key]) => /:id$/.test(key))?.[1] ?? ''
      sheets.push({ name: attributes['name'] ?? '', hidden: (attributes['state'] ?? 'visible') !== 'visible', relation })
    },
  }
  await readToEnd(bytes, handlers)
  return { sheets, epoch1904 }
}

/** Targets of a workbook's relations, as names in the archive. */
export async function relationsOf(bytes: AsyncIterable<Uint8Array>): Promise<Map<string, string>> {
  const targets = new Map<string, string>()
  const handlers: XmlHandlers = {
    open: (name, attributes) => {
      const target = attributes['Target'] ?? ''
      if (name === 'Relationship') targets.set(attributes['Id'] ?? '', target.startsWith('/') ? target.slice(1) : `xl/${target.replace(/^[.][/]/, '')}`)
    },
  }
  await readToEnd(bytes, handlers)
  return targets
}
