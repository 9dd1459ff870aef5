import { fonts, margins, plain, type Pen } from './pen.ts'
import { drawTable, openingHeight, type Table, type TableCell } from './table.ts'
import type { Block } from './types.ts'

type Of<Kind extends Block['kind']> = Extract<Block, { kind: Kind }>

/** Draws one block below the last one, on further pages where it does not fit. `next`: what follows, from which a heading is not parted. */
export function drawBlock(pen: Pen, block: Block, next?: Block): void {
  switch (block.kind) {
    case 'heading': return drawHeading(pen, block, next)
    case 'paragraph': return drawParagraph(pen, block)
    case 'list': return drawList(pen, block)
    case 'pairs':
    case 'table': {
      const table = tableIn(block)
      return table === undefined ? drawParagraph(pen, { kind: 'paragraph', text: ('none' in block ? block.none : undefined) ?? '—' }) : drawTable(pen, table)
    }
  }
}

/** What is drawn as a table; one without rows is not. */
function tableIn(block: Block): Table | undefined {
  if (block.kind === 'pairs') return { shares: [30, 70], header: undefined, rows: block.pairs.map(([name, value]): TableCell[] => [{ text: plain(name), head: 'Row' }, { text: plain(value) }]) }
  if (block.kind !== 'table' || block.rows.length === 0) return undefined
  return { shares: block.columns.map(({ share }) => share ?? 1), header: block.columns.map(({ title }) => plain(title)), rows: block.rows.map((row) => row.map((text): TableCell => ({ text: plain(text) }))) }
}

/** With each level: size, space above, and what must fit below it, so that none stands alone at the foot of a page. */
const headings = { 1: { size: 17, above: 0, below: 40 }, 2: { size: 12, above: 12, below: 110 }, 3: { size: 10, above: 8, below: 40 } } as const

function drawHeading(pen: Pen, { level, text }: Of<'heading'>, next: Block | undefined): void {
  const { file, width, need } = pen
  const { size, above, below } = headings[level]
  if (level < 3) pen.part()
  const table = next === undefined ? undefined : tableIn(next)
  const room = table === undefined ? below : Math.max(below, openingHeight(pen, table) + 4)
  file.font(fonts.strong).fontSize(size).fillColor('#000000')
  const height = file.heightOfString(plain(text), { width })
  if (!need(above + height + room)) file.y += above
  pen.add(file.struct(`H${level}`, {}, () => { file.text(plain(text), margins.left, file.y, { width }) }))
  file.y += 4
}

const tones = { strong: { font: fonts.strong, size: 9.5 }, small: { font: fonts.text, size: 8 }, usual: { font: fonts.text, size: 9.5 } } as const

function drawParagraph({ file, add, width, need }: Pen, { text, tone }: Of<'paragraph'>): void {
  const { font, size } = tones[tone ?? 'usual']
  file.font(font).fontSize(size).fillColor('#000000')
  need(2 * file.currentLineHeight(true))
  add(file.struct('P', {}, () => { file.text(plain(text), margins.left, file.y, { width, lineGap: 1.5 }) }))
  file.y += 5
}

const indent = 14

function drawList({ file, add, width, need }: Pen, { items }: Of<'list'>): void {
  const list = file.struct('L')
  add(list)
  for (const item of items) {
    file.font(fonts.text).fontSize(9).fillColor('#000000')
    need(2 * file.currentLineHeight(true))
    const line = file.struct('LI')
    list.add(line)
    const { y } = file
    line.add(file.struct('Lbl', {}, () => { file.text('•', margins.left + 3, y, { lineBreak: false }) }))
    line.add(file.struct('LBody', {}, () => { file.text(plain(item), margins.left + indent, y, { width: width - indent, lineGap: 1 }) }))
    line.end()
    file.y += 2.5
  }
  list.end()
  file.x = margins.left
  file.y += 4
}
