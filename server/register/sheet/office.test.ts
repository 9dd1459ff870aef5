import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { exportRegister, layouts } from '../index.ts'
import { sheetsOf, type Sheet } from '../layout.ts'
import { recordAll } from '../testing.ts'

/** From the Debian package libreoffice-calc. */
const has = (program: string, asked = '--version'): boolean => { try { execFileSync(program, [asked], { stdio: 'ignore' }); return true } catch { return false } }

/** Every sheet as text, one file a sheet: field separator, text delimiter, UTF-8, from line 1, quoted fields, all sheets. */
const everySheet = 'csv:Text - txt - csv (StarCalc):9,34,76,1,,0,true,true,false,false,false,-1'

async function openedByOffice(format: 'xlsx' | 'ods'): Promise<Map<string, string[][]>> {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-office-'))
  try {
    writeFileSync(join(directory, `register.${format}`), await exportRegister([recordAll], { format, language: 'fr' }))
    await promisify(execFile)('soffice', [`-env:UserInstallation=file://${join(directory, 'profile')}`, '--headless', '--convert-to', everySheet, '--outdir', directory, join(directory, `register.${format}`)])
    return new Map(readdirSync(directory).filter((name) => name.endsWith('.csv')).map((name) => [name.slice('register-'.length, -'.csv'.length), rowsOf(readFileSync(join(directory, name), 'utf8'))]))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Rows of quoted fields, between tabs; cells at the end of a row that hold nothing are left out. */
function rowsOf(text: string): string[][] {
  const rows: string[][] = [[]]
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^\t\n"]*))(\t|\r?\n|$)/g)) {
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end !== '\t') rows.push([])
  }
  return rows.map((row) => row.slice(0, row.findLastIndex((cell) => cell !== '') + 1)).filter((row) => row.length > 0)
}

const without = !has('soffice')
const cannotBeRead = without || !has('pdftotext', '-v')

test.skipIf(without)('LibreOffice opens every sheet of both kinds of file, and reads in each cell what was written (Debian: libreoffice-calc)', async () => {
  const wanted = sheetsOf([recordAll], layouts, 'fr')
  for (const format of ['xlsx', 'ods'] as const) {
    const sheets = await openedByOffice(format)
    expect([...sheets.keys()].sort(), format).toEqual(wanted.map(({ name }) => name).sort())
    for (const { name, rows } of wanted) expect(sheets.get(name), `${format} ${name}`).toEqual([...rows])
  }
}, 300_000)

/** The pages as LibreOffice prints them, each as its lines of text, and how wide and high they are. */
async function printedByOffice(format: 'xlsx' | 'ods'): Promise<{ readonly pages: readonly string[]; readonly sizes: readonly string[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-office-'))
  try {
    const many = Array.from({ length: 16 }, (_, one) => ({ ...recordAll, controller: { ...recordAll.controller, id: `acme-${one}`, name: `Société Acmé n° ${one}` } }))
    writeFileSync(join(directory, `register.${format}`), await exportRegister(many, { format, language: 'fr' }))
    await promisify(execFile)('soffice', [`-env:UserInstallation=file://${join(directory, 'profile')}`, '--headless', '--convert-to', 'pdf', '--outdir', directory, join(directory, `register.${format}`)])
    const run = (tool: string, ...options: string[]): string => execFileSync(tool, [...options, join(directory, 'register.pdf')], { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 })
    const pages = execFileSync('pdftotext', ['-layout', join(directory, 'register.pdf'), '-'], { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 }).split('\f').slice(0, -1).map((page) => page.normalize('NFC'))
    return { pages, sizes: [...run('pdfinfo', '-f', '1', '-l', String(pages.length)).matchAll(/Page +\d+ size: +([\d.]+) x ([\d.]+)/g)].map(([, width, height]) => `${Math.round(Number(width))} x ${Math.round(Number(height))}`) }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Letters and digits alone: where lines are broken, and with which spaces, is the reader's. */
const letters = (text: string): string => text.normalize('NFC').replace(/[^\p{L}\p{N}]/gu, '')

/** Words of a column title, in their order, as far as one line of it goes. */
const opening = (title: string): string => letters(title.split(' ').slice(0, 2).join(' '))

test.skipIf(cannotBeRead)('printed, pages lie across, each begins with titles of its columns, no more than five side by side, and accents are there', async () => {
  const wanted: readonly Sheet[] = sheetsOf([recordAll], layouts, 'fr')
  for (const format of ['xlsx', 'ods'] as const) {
    const { pages, sizes } = await printedByOffice(format)
    expect([...new Set(sizes)], format).toEqual(['842 x 595'])
    expect(pages.length).toBeGreaterThan(10)
    for (const { name, rows, head } of wanted) {
      const mine = pages.filter((page) => page.trimEnd().split('\n').at(-1)!.trim().startsWith(name))
      expect(mine.length, `${format} ${name}`).toBeGreaterThan(1)
      const [[title], titles] = [[...rows][0]!, [...rows][head]!]
      expect(mine.filter((page) => letters(page).includes(opening(titles[0]!)) && page.includes('Situation au')).filter((page) => !letters(page).includes(letters(title!).slice(-12))), `${format} ${name}: the title, whole on each page that begins with it`).toEqual([])
      for (const page of mine) {
        const text = letters(page)
        const shown = titles.filter((title) => text.includes(opening(title)))
        expect(shown, `${format} ${name}`).toContain(titles[0])
        expect(new Set(shown.map(opening)).size, `${format} ${name}: ${page.slice(0, 400)}`).toBeGreaterThan(1)
      }
      const all = letters(mine.join(' '))
      expect(titles.filter((title) => !all.includes(opening(title))), `${format} ${name}`).toEqual([])
    }
    for (const word of ['Société', 'Délégué', 'Catégories', 'sécurité', 'néant', 'élaboration']) expect(pages.join('\n'), format).toContain(word)
  }
}, 240_000)
