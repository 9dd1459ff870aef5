import { createRequire } from 'node:module'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { drawBlock } from './blocks.ts'
import { fonts, margins, openPen, pageSize, plain, warningHeight, type Pen } from './pen.ts'
import { addSignature, fillSignature } from './signature.ts'
import type { PaperDocument } from './types.ts'

const load = createRequire(import.meta.url)

/** Blocks, and pages, between two moments for whoever else this process answers: some milliseconds. What was written until then is taken by whoever collects it. */
const blocksAtOnce = 16

/**
 * Writes a document as PDF 1.7: tagged (headings, lists, tables) in its language, with typefaces inside that have Latin, Greek and Cyrillic letters. Letters
 * that they lack (Chinese, for one) show as boxes, and stay what they are for whoever copies or reads the text aloud. Nothing is fetched. The same document
 * gives the same bytes on one release of Node; another one may compress differently.
 */
export async function writeDocument(document: PaperDocument): Promise<Uint8Array> {
  const { default: PDFDocument } = await import('pdfkit')
  const file = new PDFDocument({
    pdfVersion: '1.7', tagged: true, lang: document.language, displayTitle: true, bufferPages: true, autoFirstPage: false, size: pageSize, font: fontFile(fonts.text),
    info: { Title: plain(document.title), Author: plain(document.author), Subject: plain(document.id), Producer: 'Bailee', Creator: 'Bailee', CreationDate: new Date(document.at * 1000) },
  })
  const bytes = collect(file)
  endFullPages(file)
  for (const font of Object.values(fonts)) file.registerFont(font, fontFile(font))
  describe(file, document)
  const pen = openPen(file)
  file.addPage({ size: pageSize, margins: { ...margins, top: margins.top + warningHeight(pen, document.warning) } })
  for (const [index, block] of document.blocks.entries()) {
    drawBlock(pen, block, document.blocks[index + 1])
    if (index % blocksAtOnce === blocksAtOnce - 1) await nextTurn()
  }
  for (const attachment of document.attachments ?? []) attach(file, attachment, document)
  await stampPages(pen, document)
  pen.root.end()
  const signature = document.signing === undefined ? undefined : addSignature(file, document.signing)
  file.end()
  return signature === undefined || document.signing === undefined ? bytes : fillSignature(await bytes, signature(), document.signing)
}

const fontFile = (font: string): string => load.resolve(`dejavu-fonts-ttf/ttf/${font}.ttf`)

/** As much of the library as is done in another way here: it makes an object of every line that it writes, which costs more than what stands in it. */
interface Writing { _write(data: string | Uint8Array): void; _offset: number }
interface Content extends PDFKit.PDFKitReference { write(chunk: unknown): void; end(chunk?: unknown): void }
interface Page { content: Content; readonly markings: readonly unknown[]; readonly dictionary: { readonly data: Record<string, unknown> } }

/** All that is written, one behind the other; what a text is in bytes is what the library takes it for. */
function collect(file: PDFKit.PDFDocument): Promise<Uint8Array> {
  let [bytes, length] = [Buffer.allocUnsafe(1024 * 1024), 0]
  const writing = file as unknown as Writing
  writing._write = (data) => {
    const more = data.length + (typeof data === 'string' ? 1 : 0)
    if (length + more > bytes.length) {
      const wider = Buffer.allocUnsafe(2 * (length + more))
      bytes.copy(wider, 0, 0, length)
      bytes = wider
    }
    if (typeof data === 'string') bytes.write(`${data}\n`, length, 'latin1')
    else bytes.set(data, length)
    length += more
    writing._offset += more
  }
  const begun = file.read() as Uint8Array | null // what was written before anybody could say how
  if (begun !== null) length = Buffer.from(begun).copy(bytes)
  return new Promise((resolve, reject) => {
    file.on('end', () => { resolve(bytes.subarray(0, length)) }).on('error', reject).resume()
  })
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

/** What stands on a page is packed as soon as the next one begins; what is stamped on it when all are known follows in a stream of its own. Without that, every line of every page would wait in memory for the last page. */
function endFullPages(file: PDFKit.PDFDocument): void {
  let last: Page | undefined
  file.on('pageAdded', () => {
    if (last !== undefined && last.markings.length === 0) {
      const { content } = last
      last.content = file.ref({}) as Content
      last.dictionary.data['Contents'] = [content, last.content]
      content.end()
    }
    last = file.page as unknown as Page
    inLines(last.content)
  })
}

/** The library writes names into XML as they are; here they are escaped. */
function describe(file: PDFKit.PDFDocument, { title, author, id, at }: PaperDocument): void {
  const name = (text: string): string => plain(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const made = `${new Date(at * 1000).toISOString().slice(0, 19)}Z`
  Object.assign(file, { _addInfo: () => {
    file.appendXML(`<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<xmp:CreateDate>${made}</xmp:CreateDate><xmp:CreatorTool>Bailee</xmp:CreatorTool><pdf:Producer>Bailee</pdf:Producer>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">${name(title)}</rdf:li></rdf:Alt></dc:title><dc:creator><rdf:Seq><rdf:li>${name(author)}</rdf:li></rdf:Seq></dc:creator>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">${name(id)}</rdf:li></rdf:Alt></dc:description>
</rdf:Description>`)
  } })
}

function attach(file: PDFKit.PDFDocument, { name, mediaType, bytes, description, relationship = 'Unspecified' }: NonNullable<PaperDocument['attachments']>[number], { at }: PaperDocument): void {
  const date = new Date(at * 1000)
  file.file(Buffer.from(bytes), { name, type: mediaType, relationship, creationDate: date, modifiedDate: date, ...(description === undefined ? {} : { description }) } as PDFKit.Mixins.PDFAttachmentOptions)
}

const words = { en: (page: number, pages: number) => `page ${page} of ${pages}`, fr: (page: number, pages: number) => `page ${page} sur ${pages}` }

/** The warning, the foot and the number on every page; none of them is part of the text that is read aloud. */
async function stampPages(pen: Pen, { language, title, foot, warning }: PaperDocument): Promise<void> {
  const { file } = pen
  const pages = file.bufferedPageRange().count
  for (let page = 0; page < pages; page++) {
    if (page % blocksAtOnce === blocksAtOnce - 1) await nextTurn()
    file.switchToPage(page)
    file.page.margins.bottom = 0 // what stands in a margin must not begin a page
    pen.beside(() => {
      if (warning !== undefined) pen.warn(plain(warning))
      const y = file.page.height - margins.bottom + 18
      const width = pen.width - 90
      file.font(fonts.text).fontSize(7.5).fillColor('#444444')
      file.text(plain(foot ?? title), margins.left, y, { width, height: 20, ellipsis: true })
      file.text(words[language](page + 1, pages), margins.left + width, y, { width: 90, align: 'right', lineBreak: false })
    })
  }
}
