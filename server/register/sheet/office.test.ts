import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { exportRegister, layouts } from '../index.ts'
import { sheetsOf } from '../layout.ts'
import { recordAll } from '../testing.ts'

/** From the Debian package libreoffice-calc. */
const has = (program: string): boolean => { try { execFileSync(program, ['--version'], { stdio: 'ignore' }); return true } catch { return false } }

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

test.skipIf(without)('LibreOffice opens every sheet of both kinds of file, and reads in each cell what was written (Debian: libreoffice-calc)', async () => {
  const wanted = sheetsOf([recordAll], layouts, 'fr')
  for (const format of ['xlsx', 'ods'] as const) {
    const sheets = await openedByOffice(format)
    expect([...sheets.keys()].sort(), format).toEqual(wanted.map(({ name }) => name).sort())
    for (const { name, rows } of wanted) expect(sheets.get(name), `${format} ${name}`).toEqual(rows)
  }
}, 60_000)
