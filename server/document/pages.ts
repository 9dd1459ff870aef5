/** What stands on every page beside its text, and what is kept of a page once it is full: where it stands in the file, and nothing of what is on it. */
import { fonts, margins, plain, type Pen } from './pen.ts'
import type { PaperDocument } from './types.ts'

/** As much of the library as is asked for more than it tells. */
interface Content extends PDFKit.PDFKitReference { write(chunk: unknown): void; end(chunk?: unknown): void }
interface Reference { data: Record<string, unknown> | readonly unknown[]; end(): void; write(chunk: string): void }
interface Page { readonly content: Content; readonly xobjects: Record<string, unknown>; readonly dictionary: Reference & { data: { StructParents?: number } } }
interface Font { readonly id: string; readonly ascender: number; layoutCache: object; ref(): unknown; encode(text: string): readonly [codes: readonly string[], positions: unknown] }
interface Inside { readonly page: Page; _font: Font; _fontSize: number; _fillColor: unknown; x: number; y: number; ref(data: unknown): Reference; addContent(text: string): void; getStructParentTree(): { get(key: number): unknown; add(key: number, value: unknown): void } }

const words = { en: (page: number) => `page ${page} of `, fr: (page: number) => `page ${page} sur ` }
const size = 7.5
/** Room for the number of all pages. */
const totalWidth = 20
/** How words are set is kept by the library for as long as a document is written; here for so many pages. */
const pagesBetween = 32

/** Cares for every page of this pen's file from now on. `end`: no page follows. */
export function openPages(pen: Pen, document: Pick<PaperDocument, 'language' | 'title' | 'foot' | 'warning'>): { end(): void } {
  const inside = pen.file as unknown as Inside
  // How many pages there are is known at the end: a drawing of its own, which every page shows.
  const total = inside.ref({ Type: 'XObject', Subtype: 'Form', BBox: [0, -4, totalWidth * 2, 12] })
  let count = 0
  const full = openFull(inside)
  pen.file.on('pageAdded', () => {
    count += 1
    inLines(inside.page.content)
    full.next()
    stamp(pen, { ...document, number: count, total })
    if (count % pagesBetween === 0) for (const name of Object.values(fonts)) fontOf(pen, name).layoutCache = Object.create(null) as object
  })
  return { end: () => {
    const font = fontOf(pen, fonts.text)
    Object.assign(total.data, { Resources: { Font: { [font.id]: font.ref() } } })
    total.write(`BT /${font.id} ${size} Tf 0.267 g 0 0 Td <${font.encode(String(count))[0].join('')}> Tj ET`)
    total.end()
  } }
}

function fontOf({ file }: Pen, name: string): Font {
  const inside = file as unknown as Inside
  const { _font: before } = inside
  file.font(name)
  const { _font: font } = inside
  inside._font = before
  return font
}

/** The warning, the foot and the number; none of them is part of the text that is read aloud. A text that goes on on this page goes on as it was. */
function stamp(pen: Pen, { language, title, foot, warning, number, total }: Pick<PaperDocument, 'language' | 'title' | 'foot' | 'warning'> & { readonly number: number; readonly total: Reference }): void {
  const { file } = pen
  const inside = file as unknown as Inside
  const { x, y, _font, _fontSize, _fillColor } = inside
  const { bottom } = file.page.margins
  file.page.margins.bottom = 0 // what stands in a margin must not begin a page
  pen.beside(() => {
    file.save()
    if (warning !== undefined) pen.warn(plain(warning))
    const line = file.page.height - margins.bottom + 18
    file.font(fonts.text).fontSize(size).fillColor('#444444')
    const text = words[language](number)
    const left = margins.left + pen.width - totalWidth - file.widthOfString(text)
    file.text(plain(foot ?? title), margins.left, line, { width: left - margins.left - 10, height: 20, ellipsis: true })
    file.text(text, left, line, { lineBreak: false })
    inside.page.xobjects['Pages'] = total
    inside.addContent(`q 1 0 0 -1 ${margins.left + pen.width - totalWidth} ${line + (inside._font.ascender / 1000) * size} cm /Pages Do Q`)
    file.restore()
  })
  file.page.margins.bottom = bottom
  Object.assign(inside, { x, y, _font, _fontSize, _fillColor })
}

/** Lets go of pages that are written. Of whose text each part is, is written too as soon as all of it is known: a text that goes on on the next page is known there. */
function openFull(inside: Inside): { next(): void } {
  const waiting = new Set<Page>()
  let last: Page | undefined
  return { next: () => {
    if (last !== undefined) waiting.add(last)
    last = inside.page
    for (const page of waiting) {
      const { StructParents: key } = page.dictionary.data
      const tree = inside.getStructParentTree()
      const parents = key === undefined ? [] : (tree.get(key) as readonly unknown[])
      if (parents.includes(null)) continue
      if (key !== undefined) {
        const written = inside.ref(parents)
        written.end()
        written.data = {}
        tree.add(key, written)
      }
      page.dictionary.data = {}
      waiting.delete(page)
    }
  } }
}

/** Lines that are written to the content of a page are kept as text until it ends. */
function inLines(content: Content): void {
  const [write, end] = [content.write.bind(content), content.end.bind(content)]
  let lines: string[] = []
  const flush = (): void => {
    if (lines.length > 0) write(Buffer.from(`${lines.join('\n')}\n`, 'latin1'))
    lines = []
  }
  content.write = (chunk) => {
    if (!(chunk instanceof Uint8Array)) { lines.push(String(chunk)); return }
    flush()
    write(chunk)
  }
  content.end = (chunk) => {
    flush()
    end(chunk)
  }
}
