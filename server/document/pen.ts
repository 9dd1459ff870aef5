/** Where the next thing stands on the page, and with which structure it is tagged. Sizes are points (1/72 inch). */

export const pageSize = 'A4'
export const margins = { top: 56, bottom: 60, left: 54, right: 54 }
export const fonts = { text: 'DejaVuSans', strong: 'DejaVuSans-Bold' } as const

/** Draws on one file. */
export interface Pen {
  readonly file: PDFKit.PDFDocument
  /** Adds to the text, as assistive programs read it. */
  add(element: PDFKit.PDFStructureElement): void
  /** Begins a part of the text; the one before it is over, and written. */
  part(): void
  /** Nothing more is added. */
  end(): void
  /** Of the lines. */
  readonly width: number
  /** Height left on this page. */
  left(): number
  /** Height of the text on an empty page. */
  whole(): number
  /** Begins a page unless so much is left. True when it did. */
  need(height: number): boolean
  /** Draws what is not part of the text. */
  beside(draw: () => void): void
  /** The warning in the head of the page. */
  warn(text: string): void
}

const warningPadding = 6

/** Opens a pen on a file that has no page yet. */
export function openPen(file: PDFKit.PDFDocument): Pen {
  const root = file.struct('Document')
  file.addStructure(root)
  let part: PDFKit.PDFStructureElement | undefined
  const width = 595.28 - margins.left - margins.right
  const bottom = (): number => file.page.height - margins.bottom
  const begin = (): void => { file.addPage({ size: pageSize, margins: { ...margins, top: file.page.margins.top } }) }
  return {
    file, width,
    add: (element) => { (part ?? root).add(element) },
    part: () => {
      part?.end()
      part = file.struct('Sect')
      root.add(part)
    },
    end: () => {
      part?.end()
      root.end()
    },
    left: () => bottom() - file.y,
    whole: () => bottom() - file.page.margins.top,
    need: (height) => {
      if (bottom() - file.y >= height || file.y <= file.page.margins.top) return false
      begin()
      return true
    },
    beside: (draw) => {
      file.markContent('Artifact', { type: 'Layout' })
      draw()
      file.endMarkedContent()
    },
    warn: (text) => {
      const height = warningTextHeight(file, width, text)
      file.save().rect(margins.left, 26, width, height + 2 * warningPadding).fill('#b00020').restore()
      file.font(fonts.strong).fontSize(9).fillColor('#ffffff').text(text, margins.left + warningPadding, 26 + warningPadding, { width: width - 2 * warningPadding, height: height + 12 })
    },
  }
}

function warningTextHeight(file: PDFKit.PDFDocument, width: number, text: string): number {
  return file.font(fonts.strong).fontSize(9).heightOfString(text, { width: width - 2 * warningPadding })
}

/** How much lower the text begins on every page for a warning above it. */
export function warningHeight({ file, width }: Pen, warning: string | undefined): number {
  return warning === undefined ? 0 : warningTextHeight(file, width, plain(warning)) + 2 * warningPadding - 12
}

/** Without characters that move or hide others: control characters, and those that turn the direction of text. Line breaks stay. */
export function plain(text: string): string {
  return text.normalize('NFC').replace(/\r\n?/g, '\n').replace(/\t/g, ' ').replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2028\u2029\u2060-\u206f\ufeff]/g, '')
}
