/** Workbooks as ECMA-376 has them: texts only, wrapped, so that nothing in a cell is ever a formula. */
import type { Sheet } from '../layout.ts'
import { declaration, inPieces, pagesAcross, xml } from './text.ts'
import { zip } from './zip.ts'

const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const relations = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const content = 'application/vnd.openxmlformats-officedocument.spreadsheetml'

/** The bytes of an XLSX workbook with these sheets, piece by piece. */
export function xlsx(sheets: readonly Sheet[]): Iterable<Buffer> {
  const numbered = sheets.map((sheet, index) => ({ sheet, number: index + 1 }))
  return zip([
    { name: '[Content_Types].xml', text: [`${declaration}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${content}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${content}.styles+xml"/>${numbered.map(({ number }) => `<Override PartName="/xl/worksheets/sheet${number}.xml" ContentType="${content}.worksheet+xml"/>`).join('')}</Types>`] },
    { name: '_rels/.rels', text: [`${declaration}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>`] },
    { name: 'xl/workbook.xml', text: [`${declaration}<workbook xmlns="${main}" xmlns:r="${relations}"><bookViews><workbookView/></bookViews><sheets>${numbered.map(({ sheet, number }) => `<sheet name="${xml(sheet.name)}" sheetId="${number}" r:id="rId${number}"/>`).join('')}</sheets><definedNames>${numbered.map(({ sheet, number }) => `<definedName name="_xlnm.Print_Titles" localSheetId="${number - 1}">${titlesOf(sheet)}</definedName>`).join('')}</definedNames></workbook>`] },
    { name: 'xl/_rels/workbook.xml.rels', text: [`${declaration}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${numbered.map(({ number }) => `<Relationship Id="rId${number}" Type="${relations}/worksheet" Target="worksheets/sheet${number}.xml"/>`).join('')}<Relationship Id="rId${sheets.length + 1}" Type="${relations}/styles" Target="styles.xml"/></Relationships>`] },
    { name: 'xl/styles.xml', text: [`${declaration}<styleSheet xmlns="${main}"><fonts count="2"><font><sz val="10"/><name val="Arial"/></font><font><b/><sz val="10"/><name val="Arial"/></font></fonts><fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FFE8EDF3"/></patternFill></fill></fills><borders count="2"><border/><border><left/><right/><top/><bottom style="thin"><color rgb="FFC5CCD3"/></bottom><diagonal/></border></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3">${['0" fillId="0" borderId="1', '1" fillId="2" borderId="1', '1" fillId="0" borderId="0'].map((look) => `<xf fontId="${look}" xfId="0" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"><alignment horizontal="left" vertical="top" wrapText="1" indent="1"/></xf>`).join('')}</cellXfs></styleSheet>`] },
    ...numbered.map(({ sheet, number }) => ({ name: `xl/worksheets/sheet${number}.xml`, text: inPieces(() => worksheet(sheet)) })),
  ])
}

const charactersMax = 32_767 // of a cell, by the format

function* worksheet({ rows, head, columns }: Sheet): Generator<string> {
  yield `${declaration}<worksheet xmlns="${main}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>${columns > 1 ? `<sheetViews><sheetView workbookViewId="0"><pane xSplit="1" ySplit="${head + 1}" topLeftCell="B${head + 2}" activePane="bottomRight" state="frozen"/></sheetView></sheetViews>` : ''}<cols><col min="1" max="${columns}" width="36" customWidth="1"/></cols><sheetData>`
  let index = 0
  for (const row of rows) {
    const at = index++
    yield `<row r="${at + 1}" ht="${heightOf(row)}" customHeight="1">${row.map((text, column) => `<c r="${letters(column)}${at + 1}" t="inlineStr" s="${at === head ? 1 : at < head && column === 0 ? 2 : 0}"><is><t xml:space="preserve">${xml(cut(text))}</t></is></c>`).join('')}</row>`
  }
  yield `</sheetData><pageSetup paperSize="9" orientation="landscape" fitToWidth="${pagesAcross(columns)}" fitToHeight="0"/><headerFooter><oddFooter>&amp;L&amp;A&amp;R&amp;P / &amp;N</oddFooter></headerFooter></worksheet>`
}

/** The row of headings, and the column of whose row it is, stand on every page again. */
const titlesOf = ({ name, head }: Sheet): string => { const sheet = xml(`'${name.replaceAll('\'', '\'\'')}'`); return `${sheet}!$A:$A,${sheet}!$${head + 1}:$${head + 1}` }

const linePoints = 13
const heightMax = 409 // points of a row, by the format

/** Readers do not measure wrapped text by themselves: the lines of the longest cell, by a cautious count of letters a line. */
const heightOf = (row: readonly string[]): number => Math.min(heightMax, linePoints * Math.max(1, ...row.map((text) => text.split('\n').reduce((lines, line) => lines + Math.max(1, Math.ceil(line.length / 32)), 0))))

const more = ' [...]'

/** What a cell of the format holds; a longer text says that it goes on. The CSV and JSON of the same record have it whole. */
const cut = (text: string): string => (text.length <= charactersMax ? text : `${text.slice(0, charactersMax - more.length)}${more}`)

function letters(column: number): string {
  return `${column >= 26 ? letters(Math.floor(column / 26) - 1) : ''}${String.fromCharCode(65 + (column % 26))}`
}
