import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import writeExcel from 'write-excel-file/node'
import { ZipFile } from 'yazl'
import { readParts } from '../../testing.ts'
import { spreadsheetLimits, partsOfXlsx } from './xlsx.ts'

let root: string
beforeAll(async () => { root = await mkdtemp(join(tmpdir(), 'bailee-xlsx-')) })
afterAll(() => rm(root, { recursive: true }))

let files = 0
async function zipped(members: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const archive = new ZipFile()
  for (const [name, content] of Object.entries(members)) archive.addBuffer(Buffer.from(content as string), name)
  archive.end()
  files += 1
  const file = join(root, `${files}.xlsx`)
  await pipeline(archive.outputStream, createWriteStream(file))
  return file
}

const bookOf = (sheet: string, more: Readonly<Record<string, string | Buffer>> = {}) => zipped({
  'xl/workbook.xml': '<workbook xmlns:r="r"><sheets><sheet name="People" sheetId="1" r:id="rId1"/><sheet name="Old" state="hidden" r:id="rId2"/></sheets></workbook>',
  'xl/_rels/workbook.xml.rels': '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Target="/xl/worksheets/sheet2.xml"/></Relationships>',
  'xl/worksheets/sheet1.xml': `<worksheet><sheetData>${sheet}</sheetData></worksheet>`,
  'xl/worksheets/sheet2.xml': '<x:worksheet xmlns:x="x"><x:sheetData><x:row><x:c t="inlineStr"><x:is><x:t>secret@mail.example</x:t></x:is></x:c></x:row></x:sheetData></x:worksheet>',
  ...more,
})

const read = async (file: string, limits = spreadsheetLimits) => readParts(partsOfXlsx({ file, name: 'book.xlsx' }, limits))

describe('a workbook', () => {
  test('reads both members of one name, and says where of a shared text only the beginning was read', async () => {
    const archive = new ZipFile()
    const sheet = (mail: string): Buffer => Buffer.from(`<worksheet><sheetData><row><c t="inlineStr"><is><t>${mail}</t></is></c><c t="s"><v>0</v></c></row></sheetData></worksheet>`)
    const members = {
      'xl/workbook.xml': '<workbook xmlns:r="r"><sheets><sheet name="People" r:id="rId1"/></sheets></workbook>', 'xl/_rels/workbook.xml.rels': '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>',
      'xl/sharedStrings.xml': `<sst><si>${`<t>${'x'.repeat(600_000)}</t>`.repeat(3)}</si></sst>`,
    }
    for (const [name, content] of Object.entries(members)) archive.addBuffer(Buffer.from(content), name)
    for (const mail of ['first@mail.example', 'second@mail.example']) archive.addBuffer(sheet(mail), 'xl/worksheets/sheet1.xml')
    archive.end()
    const file = join(root, 'twice.xlsx')
    await pipeline(archive.outputStream, createWriteStream(file))
    const said = JSON.stringify([...(await read(file)).entries()])
    for (const wanted of ['first@mail.example', 'second@mail.example', 'its beginning was read']) expect(said).toContain(wanted)
  })

  test('gives its cells as they show: shared and inline texts, numbers, dates, gaps, formulas, hidden sheets', async () => {
    const file = await bookOf([
      '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row>',
      '<row r="2"><c r="A2" s="1"><v>45293</v></c><c r="B2" s="2"><v>45293.5</v></c><c r="C2"><v>24.399999999999999</v></c><c r="D2"><v>4.0712345678E10</v></c><c r="E2"><v>007</v></c><c r="F2" s="0"><v>45293</v></c></row>',
      '<row r="3"><c r="B3" t="b"><v>1</v></c><c r="C3" t="str"><f>HYPERLINK("mailto:cyd@mail.example","Cyd")</f><v>Cyd</v></c><c r="D3" t="e"><v>#N/A</v></c><c r="E3"/></row>',
      '<row r="4"><c r="A4" t="inlineStr"><is><r><t>two </t></r><r><t xml:space="preserve">parts &amp; more_x000D_</t></r><rPh><t>kana</t></rPh></is></c></row>',
    ].join(''), {
      'xl/sharedStrings.xml': '<sst><si><t>Ann</t></si><si><r><t>ann@mail</t></r><r><t>.example</t></r><rPh sb="0"><t>no</t></rPh></si></sst>',
      'xl/styles.xml': '<styleSheet><numFmts><numFmt numFmtId="164" formatCode="[$-407]d\\.\\ mmm\\ yyyy hh:mm"/><numFmt numFmtId="165" formatCode="&quot;day&quot;0.00"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="165"/><xf numFmtId="14"/><xf numFmtId="164"/></cellXfs></styleSheet>',
      'xl/comments1.xml': '<comments><comment ref="A1"><text><t>call bob@mail.example</t></text></comment></comments>',
      'docProps/core.xml': '<cp><creator>dan@mail.example</creator></cp>',
      'xl/pivotCache/pivotCacheDefinition1.xml': '<p><sharedItems><s v="eve@mail.example"/></sharedItems></p>',
      'xl/media/image1.png': Buffer.from([0x89, 0x50]), 'xl/embeddings/inner.xlsx': 'PK',
    })
    const found = await read(file)
    expect(found.get('sheet People')!.rows).toEqual([['Ann', '', 'ann@mail.example'], ['2024-01-02', '2024-01-02 12:00:00', '24.4', '40712345678', '007', '45293'], ['', 'true', 'Cyd', '#N/A', '', 'mailto:cyd@mail.example', 'Cyd'], ['two parts & more\r']])
    expect(found.get('sheet Old')!.rows).toEqual([['secret@mail.example']])
    for (const person of ['bob', 'dan', 'eve']) expect(found.get('other texts')!.text).toContain(`${person}@mail.example`)
    expect(found.get('xl/media/image1.png')!.shape).toBe('bytes')
    expect(found.get('xl/embeddings/inner.xlsx')!.partly).toEqual(['a document inside the workbook, not unpacked'])
  })

  test('with more shared texts than may be held still gives every text, and says so', async () => {
    const texts = Array.from({ length: 50 }, (_, at) => `p${at}@mail.example`)
    const file = await bookOf(`<row>${texts.map((_, at) => `<c t="s"><v>${at}</v></c>`).join('')}</row>`, { 'xl/sharedStrings.xml': `<sst>${texts.map((text) => `<si><t>${text}</t></si>`).join('')}</sst>` })
    const found = await read(file, { ...spreadsheetLimits, sharedBytesMax: 1000 })
    expect(found.get('sheet People')!.partly.join()).toContain('read on their own')
    expect(found.get('shared texts')!.rows.map((row) => row[0])).toEqual(texts)
  })

  test('that unpacks too far, nests too deep, or is no archive stops with a word', async () => {
    const bomb = await bookOf(`<row><c><v>${'1'.repeat(5_000_000)}</v></c></row>`)
    await expect(read(bomb, { ...spreadsheetLimits, bytesMax: 1_000_000 })).rejects.toMatchObject({ code: 'inventory/unpacks-too-far' })
    await expect(read(await bookOf('<a>'.repeat(100_000)))).rejects.toMatchObject({ code: 'inventory/nested-too-deep' })
    const cut = join(root, 'cut.xlsx')
    await import('node:fs/promises').then(({ writeFile }) => writeFile(cut, 'PK\x03\x04 cut'))
    await expect(read(cut)).rejects.toMatchObject({ name: 'Broken', code: 'inventory/workbook-damaged' })
  })
})

test('any texts and numbers that another program writes come back', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'B', 'é', '\u{1F600}', '"', '<', '&', '\t', ' x', '7'), minLength: 1, maxLength: 8 })
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(text, fc.integer(), fc.date({ min: new Date('1950-01-01'), max: new Date('2090-01-01'), noInvalidDate: true })), { minLength: 1, maxLength: 10 }), async (rows) => {
    files += 1
    const file = join(root, `w${files}.xlsx`)
    await writeExcel(rows.map(([a, b, c]) => [{ value: a, type: String }, { value: b, type: Number }, { value: new Date(`${c.toISOString().slice(0, 10)}T00:00:00Z`), type: Date, format: 'yyyy-mm-dd' }])).toFile(file)
    const found = await read(file)
    const [sheet] = [...found.values()]
    expect(sheet!.rows.map((row) => [row[0], row[1], row[2]])).toEqual(rows.map(([a, b, c]) => [a, String(b), c.toISOString().slice(0, 10)]))
  }), { numRuns: 20 })
})
