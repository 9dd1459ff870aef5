/** XLSX workbooks as write-excel-file writes them. */
import writeExcel from 'write-excel-file/node'
import { differ, sumOf, unexpected, type Format, type Made, type Sample, type Tools, type Verdict } from '../format.ts'
import { times, type Random } from '../random.ts'
import { valueOf } from '../values.ts'

interface Cell { readonly cell: { readonly value: string | number | boolean | Date; readonly type: StringConstructor | NumberConstructor | BooleanConstructor | DateConstructor; readonly format?: string } | null; readonly field: string }

// A cell of Excel holds no more, and no control character beside white space. `_xaa82_` is a character of its standard (ECMA-376, ST_Xstring), which its writer here does not spell as a text.
const text = (random: Random): string => valueOf(random).toWellFormed().replaceAll(/[\u0000-\u0008\u000b-\u001f\ufeff]/g, '').replaceAll(/_x[0-9a-f]{4}_/gi, '').slice(0, 32_000)

function cellOf(random: Random): Cell {
  const kind = random.below(20)
  if (kind < 12) {
    const value = text(random)
    return { cell: { value, type: String }, field: value }
  }
  if (kind < 15) {
    const value = random.pick([random.below(2 ** 31), -random.below(1000), random.below(1000) / 8, random.below(2 ** 31) * 65_536, 0.1, 24.4])
    return { cell: { value, type: Number }, field: String(value) }
  }
  if (kind === 15) return random.chance(0.5) ? { cell: { value: true, type: Boolean }, field: 'true' } : { cell: { value: false, type: Boolean }, field: 'false' }
  if (kind === 16) {
    const day = new Date(Date.UTC(1950 + random.below(100), random.below(12), 1 + random.below(28)))
    return { cell: { value: day, type: Date, format: 'yyyy-mm-dd' }, field: day.toISOString().slice(0, 10) }
  }
  return { cell: null, field: '' }
}

async function workbook(random: Random): Promise<Made> {
  const sheets = times(1 + random.below(random.chance(0.2) ? 3 : 1), () => {
    const width = 1 + random.below(8)
    return times(1 + random.below(20), () => times(width, () => cellOf(random)))
  })
  const bytes = await writeExcel(sheets.map((rows, at) => ({ data: rows.map((row) => row.map(({ cell }) => cell)), sheet: `${random.pick(['Sheet', 'Übung', 'a & b'])}${at}` })) as never).toBuffer()
  // A row of which no cell was written is none.
  const rows = sheets.flat().map((row) => row.map(({ field }) => field))
  return { bytes, rows }
}

const compare = ({ read, rows }: Sample, tools: Tools): Verdict => {
  const theirs = tools.count(rows!)
  const ours = sumOf(read.parts.filter(({ kind }) => kind.startsWith('XLSX sheet')))
  return unexpected(read) ?? differ(ours, { ...theirs, rows: ours.rows > theirs.rows || rows!.filter((row) => row.some((field) => field !== '')).length > ours.rows ? theirs.rows : ours.rows })
}

async function all(randoms: readonly Random[]): Promise<Made[]> {
  const made: Made[] = []
  for (const random of randoms) made.push(await workbook(random))
  return made
}

export const spreadsheets: readonly Format[] = [{
  name: 'XLSX', oracle: 'write-excel-file, which wrote them', damagedShare: 0.3, kind: /XLSX/, tells: (damage) => damage !== 'append',
  make: all, compare: (samples, tools) => samples.map((sample) => compare(sample, tools)),
}]
