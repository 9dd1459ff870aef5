import { fonts, margins, type Pen } from './pen.ts'

/** One cell. `head` says that it names its column or row. */
export interface TableCell { readonly text: string; readonly head?: 'Column' | 'Row' }

export interface Table { readonly shares: readonly number[]; readonly header: readonly string[] | undefined; readonly rows: readonly (readonly TableCell[])[] }

const [size, padding, lineGap] = [8, 3.5, 0.5]

type Widths = readonly number[]

const widthsOf = ({ width }: Pen, { shares }: Table): Widths => { const sum = shares.reduce((one, other) => one + other, 0); return shares.map((share) => (width * share) / sum) }
const headsOf = ({ header }: Table): TableCell[] | undefined => header?.map((text): TableCell => ({ text, head: 'Column' }))

/** What must fit on a page for the table to begin there: its header with its first row, or a third of a page of it. */
export function openingHeight(pen: Pen, table: Table): number {
  const [widths, heads, [first]] = [widthsOf(pen, table), headsOf(table), table.rows]
  const row = first === undefined ? 0 : heightOf(pen, first, widths)
  return (heads === undefined ? 0 : heightOf(pen, heads, widths)) + Math.min(Math.max(60, row), pen.whole() / 3)
}

/** Draws a table, row by row; a page begins with its header row again. A row that is higher than a page goes on on the next. */
export function drawTable(pen: Pen, of: Table): void {
  const { file } = pen
  const widths = widthsOf(pen, of)
  const table = file.struct('Table')
  pen.add(table)
  const heads = headsOf(of)
  const headHeight = heads === undefined ? 0 : heightOf(pen, heads, widths)
  const drawHeads = (told: boolean): void => { if (heads !== undefined) drawRow(pen, { cells: heads, height: headHeight, widths, within: told ? table : undefined }) }
  const roomMax = pen.whole() - headHeight - 1
  pen.need(Math.min(openingHeight(pen, of), headHeight + roomMax))
  drawHeads(true)
  for (const row of of.rows) {
    for (const { cells, height } of piecesOf(pen, { row, widths, heightMax: roomMax })) {
      if (pen.need(height)) drawHeads(false)
      drawRow(pen, { cells, height, widths, within: table })
    }
  }
  table.end()
  file.x = margins.left
  file.y += 8
}

function prepare({ file }: Pen, { head }: TableCell): void {
  file.font(head === undefined ? fonts.text : fonts.strong).fontSize(size)
}

function textHeight(pen: Pen, cell: TableCell, width: number): number {
  prepare(pen, cell)
  return pen.file.heightOfString(cell.text === '' ? ' ' : cell.text, { width: width - 2 * padding, lineGap })
}

const heightOf = (pen: Pen, cells: readonly TableCell[], widths: Widths): number => Math.max(...cells.map((cell, at) => textHeight(pen, cell, widths[at] ?? 0))) + 2 * padding

interface Piece { readonly cells: readonly TableCell[]; readonly height: number }

/** A row in as many pieces as it takes for each to fit on a page. */
function piecesOf(pen: Pen, { row, widths, heightMax }: { readonly row: readonly TableCell[]; readonly widths: Widths; readonly heightMax: number }): Piece[] {
  const whole = heightOf(pen, row, widths)
  if (whole <= heightMax) return [{ cells: row, height: whole }]
  const cut = row.map((cell, at) => cutText(cell.text, (text) => textHeight(pen, { ...cell, text }, widths[at] ?? 0) + 2 * padding <= heightMax))
  return Array.from({ length: Math.max(...cut.map(({ length }) => length)) }, (_, piece) => {
    const cells = row.map((cell, at) => ({ ...cell, text: cut[at]?.[piece] ?? '' }))
    return { cells, height: heightOf(pen, cells, widths) }
  })
}

/** More than a page holds at this size; longer texts need not be measured whole. */
const pieceCharactersMax = 12_000

/** Pieces that each fit, cut after a space where there is one; together they are the text. */
function cutText(text: string, fits: (text: string) => boolean): string[] {
  const pieces: string[] = []
  let rest = text
  while (rest.length > pieceCharactersMax || !fits(rest)) {
    let [low, high] = [1, Math.min(rest.length, pieceCharactersMax)]
    while (low < high - 1) {
      const middle = (low + high) >> 1
      if (fits(rest.slice(0, middle))) low = middle
      else high = middle
    }
    const space = Math.max(rest.lastIndexOf(' ', low), rest.lastIndexOf('\n', low))
    const end = space > 0 ? Math.min(space + 1, low) : low
    pieces.push(rest.slice(0, end))
    rest = rest.slice(end)
  }
  return [...pieces, rest]
}

/** Draws a row at the pen's place. `within` is the table it is told in; a repeated header is drawn, and not told again. */
function drawRow(pen: Pen, { cells, height, widths, within }: Piece & { readonly widths: Widths; readonly within: PDFKit.PDFStructureElement | undefined }): void {
  const { file } = pen
  const { y } = file
  pen.beside(() => {
    if (cells.some(({ head }) => head === 'Column')) file.save().rect(margins.left, y, pen.width, height).fill('#e8ecef').restore()
    file.save().lineWidth(0.4).strokeColor('#9aa5ad').moveTo(margins.left, y + height).lineTo(margins.left + pen.width, y + height).stroke().restore()
  })
  const row = within === undefined ? undefined : file.struct('TR')
  if (row !== undefined) within?.add(row)
  let x = margins.left
  for (const [at, cell] of cells.entries()) {
    const [left, width] = [x, widths[at] ?? 0]
    const draw = (): void => {
      prepare(pen, cell)
      file.fillColor('#000000').text(cell.text, left + padding, y + padding, { width: width - 2 * padding, lineGap })
    }
    if (row === undefined) pen.beside(draw)
    else row.add(file.struct(cell.head === undefined ? 'TD' : 'TH', {}, draw))
    x += width
  }
  row?.end()
  file.y = y + height
}
