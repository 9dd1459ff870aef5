import { createRequire } from 'node:module'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { drawBlock } from './blocks.ts'
import { openPages } from './pages.ts'
import { fonts, margins, openPen, pageSize, plain, warningHeight } from './pen.ts'
import { addSignature, fillSignature } from './signature.ts'
import type { PaperDocument } from './types.ts'

const load = createRequire(import.meta.url)

/** Blocks between two moments for whoever else this process answers: some milliseconds. What was written until then is handed on. */
const blocksAtOnce = 16

/** Takes the next bytes of a file; the next follow when it is done with them. */
export type TakeBytes = (bytes: Uint8Array) => Promise<void> | void

/**
 * Writes a document as PDF 1.7: tagged (headings, lists, tables) in its language, with typefaces inside that have Latin, Greek and Cyrillic letters. Letters
 * that they lack (Chinese, for one) show as boxes, and stay what they are for whoever copies or reads the text aloud. Nothing is fetched. The same document
 * gives the same bytes on one release of Node; another one may compress differently.
 */
export async function writeDocument(document: PaperDocument): Promise<Uint8Array> {
  const written: Uint8Array[] = []
  const signature = await write(document, (bytes) => { written.push(bytes) })
  const file = Buffer.concat(written)
  return signature === undefined || document.signing === undefined ? file : fillSignature(file, signature(), document.signing)
}

/** The same bytes as of `writeDocument`, handed on as pages fill: what is kept of a page is where it stands in the file. A signature is over the whole file, which is not kept here. */
export async function streamDocument(document: Omit<PaperDocument, 'signing'>, take: TakeBytes): Promise<void> {
  await write(document, take)
}

/** Writes all of it. What is returned says where the signature begins, for which room was left. */
async function write(document: PaperDocument, take: TakeBytes): Promise<(() => number) | undefined> {
  const { default: PDFDocument } = await import('pdfkit')
  const file = new PDFDocument({
    pdfVersion: '1.7', tagged: true, lang: document.language, displayTitle: true, autoFirstPage: false, size: pageSize, font: fontFile(fonts.text),
    info: { Title: plain(document.title), Author: plain(document.author), Subject: plain(document.id), Producer: 'Bailee', Creator: 'Bailee', CreationDate: new Date(document.at * 1000) },
  })
  const written = collect(file)
  for (const font of Object.values(fonts)) file.registerFont(font, fontFile(font))
  describe(file, document)
  const pen = openPen(file)
  const pages = openPages(pen, document)
  file.addPage({ size: pageSize, margins: { ...margins, top: margins.top + warningHeight(pen, document.warning) } })
  let count = 0
  for (const [block, next] of withNext(document.blocks)) {
    drawBlock(pen, block, next)
    if (++count % blocksAtOnce > 0) continue
    await written.handOn(take)
    await nextTurn()
  }
  for (const attachment of document.attachments ?? []) attach(file, attachment, document)
  pages.end()
  pen.end()
  const signature = document.signing === undefined ? undefined : addSignature(file, document.signing)
  file.end()
  await written.ended
  await written.handOn(take, true)
  return signature
}

const fontFile = (font: string): string => load.resolve(`dejavu-fonts-ttf/ttf/${font}.ttf`)

/** Each with the one that follows it. */
function* withNext<One>(all: Iterable<One>): Generator<readonly [One, One | undefined]> {
  let last: One | undefined
  for (const one of all) {
    if (last !== undefined) yield [last, one]
    last = one
  }
  if (last !== undefined) yield [last, undefined]
}

/** As much of the library as is done in another way here: it makes an object of every line that it writes, which costs more than what stands in it. */
interface Writing { _write(data: string | Uint8Array): void; _offset: number }

interface Written { readonly ended: Promise<void>; /** What is full; `all`: all of it. */ handOn(take: TakeBytes, all?: boolean): Promise<void> }

const pieceBytes = 256 * 1024

/** What is written, one behind the other, in pieces; what a text is in bytes is what the library takes it for. */
function collect(file: PDFKit.PDFDocument): Written {
  const full: Uint8Array[] = []
  let [piece, length] = [Buffer.allocUnsafe(pieceBytes), 0]
  const cut = (wanted: number): void => {
    if (length > 0) full.push(piece.subarray(0, length))
    ;[piece, length] = [Buffer.allocUnsafe(Math.max(pieceBytes, wanted)), 0]
  }
  const writing = file as unknown as Writing
  writing._write = (data) => {
    const more = data.length + (typeof data === 'string' ? 1 : 0)
    if (length + more > piece.length) cut(more)
    if (typeof data === 'string') piece.write(`${data}\n`, length, 'latin1')
    else piece.set(data, length)
    length += more
    writing._offset += more
  }
  const begun = file.read() as Uint8Array | null // what was written before anybody could say how
  if (begun !== null) full.push(begun)
  return {
    ended: new Promise((resolve, reject) => { file.on('end', resolve).on('error', reject).resume() }),
    handOn: async (take, all = false) => {
      if (all) cut(0)
      for (const bytes of full.splice(0)) await take(bytes)
    },
  }
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
