/** Spreadsheets as OpenDocument has them (ISO/IEC 26300): texts only. */
import type { Sheet } from '../layout.ts'
import { declaration, pagesAcross, xml } from './text.ts'
import { zip } from './zip.ts'

const mediaType = 'application/vnd.oasis.opendocument.spreadsheet'
const office = 'urn:oasis:names:tc:opendocument:xmlns'
const spaces = `xmlns:office="${office}:office:1.0" xmlns:table="${office}:table:1.0" xmlns:text="${office}:text:1.0" xmlns:style="${office}:style:1.0" xmlns:fo="${office}:xsl-fo-compatible:1.0"`

/** The bytes of an ODS spreadsheet with these sheets. */
export function ods(sheets: readonly Sheet[]): Buffer {
  const widths = [...new Set(sheets.map((sheet) => pagesAcross(columnsOf(sheet))))]
  const styles = `<office:automatic-styles><style:style style:name="wide" style:family="table-column"><style:table-column-properties style:column-width="7cm"/></style:style><style:style style:name="row" style:family="table-row"><style:table-row-properties style:use-optimal-row-height="true"/></style:style><style:style style:name="cell" style:family="table-cell"><style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top" fo:border-bottom="0.5pt solid #c5ccd3"/></style:style><style:style style:name="heading" style:family="table-cell"><style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top" fo:background-color="#e8edf3"/><style:text-properties fo:font-weight="bold"/></style:style><style:style style:name="label" style:family="table-cell"><style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top"/><style:text-properties fo:font-weight="bold"/></style:style>${widths.map((pages) => `<style:style style:name="sheet${pages}" style:family="table" style:master-page-name="Wide${pages}"/>`).join('')}</office:automatic-styles>`
  return zip([
    { name: 'mimetype', text: mediaType },
    { name: 'content.xml', text: `${declaration}<office:document-content ${spaces} office:version="1.3">${styles}<office:body><office:spreadsheet>${sheets.map(table).join('')}</office:spreadsheet></office:body></office:document-content>` },
    { name: 'styles.xml', text: `${declaration}<office:document-styles ${spaces} office:version="1.3"><office:automatic-styles>${widths.map((pages) => `<style:page-layout style:name="landscape${pages}"><style:page-layout-properties fo:page-width="29.7cm" fo:page-height="21cm" style:print-orientation="landscape" style:scale-to-X="${pages}" style:scale-to-Y="0"/></style:page-layout>`).join('')}</office:automatic-styles><office:master-styles>${widths.map((pages) => `<style:master-page style:name="Wide${pages}" style:page-layout-name="landscape${pages}"><style:footer><text:p><text:sheet-name>???</text:sheet-name> - <text:page-number>1</text:page-number> / <text:page-count>1</text:page-count></text:p></style:footer></style:master-page>`).join('')}</office:master-styles></office:document-styles>` },
    { name: 'META-INF/manifest.xml', text: `${declaration}<manifest:manifest xmlns:manifest="${office}:manifest:1.0" manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="${mediaType}"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/><manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/></manifest:manifest>` },
  ])
}

const columnsOf = ({ rows }: Sheet): number => Math.max(1, ...rows.map((row) => row.length))

function table(sheet: Sheet): string {
  const { name, rows, head } = sheet
  const columns = columnsOf(sheet)
  const style = (row: number, column: number): string => (row === head ? 'heading' : row < head && column === 0 ? 'label' : 'cell')
  // The row of headings, and the column of whose row it is, stand on every page again.
  const again = (index: number, text: string): string => (index === head ? `<table:table-header-rows>${text}</table:table-header-rows>` : text)
  const body = rows.map((row, index) => again(index, `<table:table-row table:style-name="row">${row.map((text, column) => `<table:table-cell${index === 0 && head > 0 && row.length === 1 ? ` table:number-columns-spanned="${columns}" table:number-rows-spanned="1"` : ''} office:value-type="string" table:style-name="${style(index, column)}">${text.split('\n').map((line) => `<text:p>${xml(line)}</text:p>`).join('')}</table:table-cell>`).join('')}</table:table-row>`)).join('')
  return `<table:table table:style-name="sheet${pagesAcross(columns)}" table:name="${xml(name)}"><table:table-header-columns><table:table-column table:style-name="wide"/></table:table-header-columns>${columns > 1 ? `<table:table-column table:style-name="wide" table:number-columns-repeated="${columns - 1}"/>` : ''}${body}</table:table>`
}
