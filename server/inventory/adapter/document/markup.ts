/** HTML and XML: what people see of it, and what stands in attributes, with every character written out. */
import { Parser, type ParserOptions } from 'htmlparser2'
import { Broken } from '#kit/errors'
import { quote } from '../jsonLines.ts'

// Rows of a table in the sample that make the document one of tables.
const tableRowsMin = 3

// Characters of one field or line; a longer one is given out in pieces, at a space where there is one.
const pieceMax = 64 * 1024

// Characters of one row of a table; what is longer goes on as a further row.
const rowMax = 4 * 1024 * 1024

/** Characters of one tag, attribute or comment, which the parser holds: pictures stand in attributes, and are smaller. */
export const tokenMax = 64 * 1024 * 1024

/** Elements inside one another, also those that nothing closes: browsers stop at some hundred, and the parser takes longer for each that is open. */
export const depthMax = 20_000

const flushCharacters = 256 * 1024

/** Elements that stand inside a line; all others end it. */
const inline = new Set(['a', 'abbr', 'b', 'bdi', 'bdo', 'big', 'cite', 'em', 'font', 'i', 'ins', 'mark', 's', 'small', 'span', 'strong', 'sub', 'sup', 'tt', 'u', 'wbr'])

const optionsOf = (text: string): ParserOptions => ({ decodeEntities: true, xmlMode: /^[\uFEFF\s]*<\?xml/i.test(text), recognizeCDATA: true })

/** Whether most rows of tables in the beginning of a document have the same number of cells: then it is read as rows. */
export function rowsInMarkup(sample: string): boolean {
  const counts = new Map<number, number>()
  let cells = 0
  let rows = 0
  const parser = new Parser({
    onopentagname: (name) => {
      if (name === 'tr') cells = 0
      else if (name === 'td' || name === 'th') cells += 1
    },
    onclosetag: (name, implied) => {
      if (name !== 'tr' || (implied && cells === 0)) return
      rows += 1
      counts.set(cells, (counts.get(cells) ?? 0) + 1)
    },
  }, optionsOf(sample))
  parser.write(sample)
  const common = Math.max(0, ...[...counts].map(([count, times]) => (count > 1 ? times : 0)))
  return rows >= tableRowsMin && common >= rows * 0.8
}

interface Writer { readonly out: string[]; size: number }

/**
 * The text of a document, streamed. As text: a line a block, a tab between cells, attributes' values on lines of their own before their element. As
 * rows: a table's row is a row with its attributes behind its cells; a block of text outside of tables is a row of one field, with its words behind it.
 */
export async function* markupBytes(bytes: AsyncIterable<Uint8Array>, rows: boolean): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder('utf-8')
  const writer: Writer = { out: [], size: 0 }
  const write = (text: string): void => {
    writer.out.push(text)
    writer.size += text.length
  }
  const take = (): Uint8Array => {
    const text = writer.out.join('')
    writer.out.length = 0
    writer.size = 0
    return Buffer.from(text)
  }
  let parser: Parser | undefined
  let read = 0
  for await (const part of bytes) {
    const text = decoder.decode(part, { stream: true })
    parser ??= new Parser(bounded(rows ? rowEvents(write) : textEvents(write)), optionsOf(text))
    parser.write(text)
    read += text.length
    if (read - parser.endIndex > tokenMax) throw new Broken('inventory/token-too-long', `markup with a tag, attribute or comment of more than ${tokenMax} characters`)
    if (writer.size > flushCharacters) yield take()
  }
  parser?.end(decoder.decode())
  if (writer.size > 0) yield take()
}

type Handler = NonNullable<ConstructorParameters<typeof Parser>[0]>

/** The same events, as far as elements do not stand too deep inside one another. */
function bounded(handler: Handler): Handler {
  let depth = 0
  return {
    ...handler,
    onopentagname: () => {
      depth += 1
      if (depth > depthMax) throw new Broken('inventory/nested-too-deep', `markup of more than ${depthMax} elements inside one another`)
    },
    onclosetag: (name, implied) => { depth -= 1; handler.onclosetag?.(name, implied) },
  }
}

function textEvents(write: (text: string) => void): Handler {
  let blank = true
  const line = (): void => {
    if (!blank) write('\n')
    blank = true
  }
  const put = (text: string): void => {
    if (text.trim() === '' && blank) return
    write(text)
    blank = false
  }
  return {
    onopentag: (name, attributes) => {
      for (const value of Object.values(attributes)) {
        if (value.trim() === '') continue
        line()
        put(value)
        line()
      }
      if (name === 'td' || name === 'th') { if (!blank) write('\t') } else if (!inline.has(name)) line()
    },
    onclosetag: (name) => { if (!inline.has(name) && name !== 'td' && name !== 'th') line() },
    ontext: put,
    oncomment: (text) => { line(); put(text); line() },
    onprocessinginstruction: (_, text) => { line(); put(text); line() },
  }
}

function rowEvents(write: (text: string) => void): Handler {
  let block = ''
  let cells: string[] | undefined
  let inCell = false
  let besides: string[] = []
  let held = 0
  const row = (fields: readonly string[]): void => { if (fields.length > 0) write(`${fields.map(quote).join(',')}\n`) }
  const settle = (): void => {
    const text = block.trim()
    block = ''
    if (text === '') return
    const words = text.split(/\s+/)
    row([text, ...(words.length > 1 ? words : [])])
  }
  /** What was written since the last cell, of which a new one, or nothing, begins: a cell that was not closed, or text between two. */
  const endCell = (open: boolean): void => {
    if (inCell) cells?.push(block.trim())
    else if (block.trim() !== '') besides.push(block.trim())
    block = ''
    inCell = open
  }
  const endRow = (): void => {
    if (cells === undefined) return
    endCell(false)
    row([...cells, ...besides])
    cells = undefined
    besides = []
    held = 0
  }
  const put = (text: string): void => {
    block += text
    if (block.length <= pieceMax) return
    if (cells === undefined) return settle()
    besides.push(block)
    held += block.length
    block = ''
    if (held <= rowMax) return
    row([...cells, ...besides])
    cells = []
    besides = []
    held = 0
  }
  return {
    onopentag: (name, attributes) => {
      const values = Object.values(attributes).filter((value) => value.trim() !== '')
      if (name === 'tr') {
        endRow()
        settle()
        cells = []
      }
      if (cells === undefined) row(values)
      else besides.push(...values)
      if ((name === 'td' || name === 'th') && cells !== undefined) endCell(true)
      else if (!inline.has(name)) { if (cells === undefined) settle(); else block += ' ' }
    },
    onclosetag: (name) => {
      if (name === 'td' || name === 'th') {
        if (inCell && cells !== undefined) endCell(false)
      } else if (name === 'tr' || name === 'table') endRow()
      else if (!inline.has(name) && cells === undefined) settle()
    },
    ontext: put,
    oncomment: (text) => { if (cells === undefined) { settle(); put(text); settle() } else besides.push(text.trim()) },
    onend: () => { endRow(); settle() },
  }
}
