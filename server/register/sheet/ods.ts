/** Spreadsheets as OpenDocument has them (ISO/IEC 26300): texts only. */
import type { Sheet } from '../layout.ts'
import { declaration, inPieces, pagesAcross, xml } from './text.ts'
import { zip } from './zip.ts'

const mediaType = 'application/vnd.oasis.opendocument.spreadsheet'
const office = 'urn:oasis:names:tc:opendocument:xmlns'
const spaces = `xmlns:office="${office}:office:1.0" xmlns:table="${office}:table:1.0" xmlns:text="${office}:text:1.0" xmlns:style="${office}:style:1.0" xmlns:fo="${office}:xsl-fo-compatible:1.0"`

/** The bytes of an ODS spreadsheet with these sheets, piece by piece. */
export function ods(sheets: readonly Sheet[]): Iterable<Buffer> {
  const widths = [...new Set(sheets.map((sheet) => pagesAcross(sheet.columns)))]
  const styles = `<office:automatic-styles><style:style style:name="wide" style:family="table-column"><style:table-column-properties style:column-width="7cm"/></style:style><style:style style:name="row" style:family="table-row"><style:table-row-properties style:use-optimal-row-height="true"/></style:style><style:style style:name="cell" style:family="table-cell"><style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top" fo:padding="0.1cm" fo:border-bottom="0.5pt solid #c5ccd3"/></style:style><style:style style:name="heading" style:family="table-cell"><style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top" fo:padding="0.1cm" fo:background-color="#e8edf3"/><style:text-properties fo:font-weight="bold"/></style:style><style:style style:name="label" style:family="table-cell"><style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top" fo:padding="0.1cm"/><style:text-properties fo:font-weight="bold"/></style:style>${widths.map((pages) => `<style:style style:name="sheet${pages}" style:family="table" style:master-page-name="Wide${pages}"/>`).join('')}</office:automatic-styles>`
  return zip([
    { name: 'mimetype', text: [mediaType] },
    { name: 'content.xml', text: inPieces(() => document(sheets, styles)) },
    { name: 'styles.xml', text: [`${declaration}<office:document-styles ${spaces} office:version="1.3"><office:automatic-styles>${widths.map((pages) => `<style:page-layout style:name="landscape${pages}"><style:page-layout-properties fo:page-width="29.7cm" fo:page-height="21cm" style:print-orientation="landscape" style:scale-to-X="${pages}" style:scale-to-Y="0"/><style:footer-style><style:header-footer-properties fo:min-height="0.75cm" fo:margin-top="0.25cm"/></style:footer-style></style:page-layout>`).join('')}</office:automatic-styles><office:master-styles>${widths.map((pages) => `<style:master-page style:name="Wide${pages}" style:page-layout-name="landscape${pages}"><style:footer><text:p><text:sheet-name>???</text:sheet-name> - <text:page-number>1</text:page-number> / <text:page-count>1</text:page-count></text:p></style:footer></style:master-page>`).join('')}</office:master-styles></office:document-styles>`] },
    { name: 'META-INF/manifest.xml', text: [`${declaration}<manifest:manifest xmlns:manifest="${office}:manifest:1.0" manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="${mediaType}"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/><manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/></manifest:manifest>`] },
  ])
}

function* document(sheets: readonly Sheet[], styles: string): Generator<string> {
  yield `${declaration}<office:document-content ${spaces} office:version="1.3">${styles}<office:body><office:spreadsheet>`
  for (const sheet of sheets) yield* table(sheet)
  yield '</office:spreadsheet></office:body></office:document-content>'
}

function* table({ name, rows, head, columns }: Sheet): Generator<string> {
  const style = (row: number, column: number): string => (row === head ? 'heading' : row < head && column === 0 ? 'label' : 'cell')
  // The row of headings, and the column of whose row it is, stand on every page again.
  const again = (index: number, text: string): string => (index === head ? `<table:table-header-rows>${text}</table:table-header-rows>` : text)
  yield `<table:table table:style-name="sheet${pagesAcross(columns)}" table:name="${xml(name)}"><table:table-header-columns><table:table-column table:style-name="wide"/></table:table-header-columns>${columns > 1 ? `<table:table-column table:style-name="wide" table:number-columns-repeated="${columns - 1}"/>` : ''}`
  let index = 0
  for (const row of rows) {
    const at = index++
    yield again(at, `<table:table-row table:style-name="row">${row.map((text, column) => `<table:table-cell office:value-type="string" table:style-name="${style(at, column)}">${text.split('\n').map((line) => `<text:p>${xml(line)}</text:p>`).join('')}</table:table-cell>`).join('')}</table:table-row>`)
  }
  yield '</table:table>'
}
