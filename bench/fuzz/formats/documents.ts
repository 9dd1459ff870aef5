/** Markup, notebooks and plain texts: what was written into them is known, and must be found in what is read of them. */
import { gzipSync } from 'node:zlib'
import { differ, missingMarks, rowParts, sumOf, unexpected, type Format, type Made, type Sample, type Tools, type Verdict } from '../format.ts'
import { times, type Random } from '../random.ts'
import { markOf, plainOf, tableOf, valueOf, word } from '../values.ts'

const named: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&#39;' }

/** A text as markup has it: what it must escape, and letters by their numbers. */
export function markedUp(text: string, random: Random, share = 0.1): string {
  return [...text].map((letter) => {
    if (random.chance(share)) return random.chance(0.5) ? `&#${letter.codePointAt(0)};` : `&#x${letter.codePointAt(0)!.toString(16)};`
    return named[letter] ?? letter
  }).join('')
}

// What no markup can hold: other control characters, and what a reader may take for a line end of another kind.
const markable = (text: string): string => text.toWellFormed().replaceAll(/[\u0000-\u0008\u000b-\u001f\ufeff]/g, '').trim()

function table(random: Random): Made {
  const rows = tableOf(random, { rowsMax: 15, widthMax: 6 }, (one) => markable(valueOf(one)).slice(0, 2_000))
  const [closed, attributes, upper] = [random.chance(0.7), random.chance(0.2), random.chance(0.2)]
  const tag = (name: string): string => (upper ? name.toUpperCase() : name)
  const cell = (value: string): string => `<${tag(!closed && random.chance(0.05) ? 'th' : 'td')}${attributes ? ' class=""' : ''}>${random.chance(0.1) ? `<b>${markedUp(value, random)}</b>` : markedUp(value, random)}${closed ? '' : ''}`
  const lines = rows.map((row) => `<${tag('tr')}>${row.map((value) => cell(value) + (closed ? '' : random.pick(['', '\n']))).join('')}${closed ? `</${tag('tr')}>` : ''}`)
  const text = `${random.pick(['<!DOCTYPE html>\n<html><body>', '<html>', '', '\ufeff<!doctype html>'])}<table${random.chance(0.5) ? ' class' : ''}>${lines.join('\n')}</table>`
  return { bytes: Buffer.from(text), rows, hint: 'table' }
}

function element(random: Random, depth: number, marks: string[]): string {
  const name = `${random.pick(['person', 'mail', 'x:y', 'a-b', 'É'])}`
  const value = (): string => {
    const mark = markOf(random)
    marks.push(mark)
    return mark
  }
  const attribute = random.chance(0.3) ? ` at="${markedUp(value(), random)}"` : ''
  const inner = depth > 0 && random.chance(0.6) ? times(1 + random.below(4), () => element(random, depth - 1, marks)).join(random.pick(['', '\n', ' ']))
    : random.pick([() => markedUp(value(), random), () => `<![CDATA[${value()} ]] > & <b>]]>`, () => `<!-- ${value()} -->`, () => `${markedUp(word(random, 30), random)} ${value()}`, () => ''])()
  return `<${name}${attribute}>${inner}</${name}>`
}

function xml(random: Random): Made {
  const marks: string[] = []
  const body = `<people xmlns:x="urn:x">${times(1 + random.below(8), () => element(random, 4, marks)).join('\n')}</people>`
  return { bytes: Buffer.from(`${random.pick(['<?xml version="1.0"?>\n', '<?xml version="1.0" encoding="UTF-8"?>', ''])}${body}`), marks }
}

function compareMarkup({ read, rows, marks, hint }: Sample, tools: Tools): Verdict {
  const problem = unexpected(read)
  if (problem !== undefined) return problem
  if (hint !== 'table') return missingMarks(read, marks!)
  const [part] = read.parts
  if (part?.kind === 'tables in markup') return differ(sumOf([part]), tools.count(rows!))
  const missing = rows!.flat().filter((value) => !value.includes('\n') && !part!.content.includes(value))
  return missing.length === 0 ? undefined : `${missing.length} cells are missing from its text`
}

const csv = (rows: readonly (readonly string[])[]): string => rows.map((row) => `${row.join(',')}\n`).join('')
export const plainTable = (random: Random): string[][] => {
  const width = 2 + random.below(4)
  return times(2 + random.below(10), (at) => times(width, (column) => (column === 0 ? String(at) : plainOf(random).replaceAll(/[,"\n]/g, '') || 'x')))
}
export const plainCsv = csv

function notebook(random: Random): Made {
  const marks: string[] = []
  const rows: string[][] = []
  const mark = (): string => { const one = markOf(random); marks.push(one); return one }
  const lines = (): unknown => {
    const text = `${word(random, 20)}\n${mark()} "x" \\ é`
    return random.chance(0.5) ? text : text.split(/(?<=\n)/)
  }
  const output = (): unknown => {
    if (random.chance(0.5)) return { output_type: 'stream', name: 'stdout', text: lines() }
    const attached = plainTable(random)
    rows.push(...attached)
    if (random.chance(0.5)) return { output_type: 'display_data', data: { 'text/csv': csv(attached).split(/(?<=\n)/), 'text/plain': lines() }, metadata: {} }
    return { output_type: 'display_data', data: { 'application/gzip': gzipSync(csv(attached)).toString('base64') }, metadata: { who: mark() } }
  }
  const cells = times(1 + random.below(5), () => (random.chance(0.5) ? { cell_type: 'markdown', metadata: {}, source: lines() } : { cell_type: 'code', execution_count: random.below(9), metadata: {}, source: lines(), outputs: times(random.below(3), output) }))
  return { bytes: Buffer.from(JSON.stringify({ cells, metadata: { author: mark() }, nbformat: 4 }, null, random.below(3))), rows, marks }
}

interface Text { readonly recoded: Buffer }

function text(random: Random): Made {
  const end = random.pick(['\n', '\r\n'])
  const line = (): string => random.pick([
    () => `2024-05-01T12:00:${10 + random.below(50)}Z INFO [http-${random.below(99)}] user=${markOf(random)} took=${random.below(999)}ms`,
    () => `192.0.2.${random.below(255)} - - "GET /users?mail=${encodeURIComponent(markOf(random))}" 200 ${random.below(9999)}`,
    () => `Dear ${word(random, 12)}, please write to ${markOf(random)} today.`, () => valueOf(random).slice(0, 5_000), () => '', () => word(random, 200),
  ])()
  const content = times(1 + random.below(40), line).join(end).toWellFormed().replaceAll('\u0000', '')
  const kind = random.below(10)
  if (kind === 0) return { bytes: Buffer.from(`\ufeff${content}`, 'utf16le'), hint: { recoded: Buffer.from(content) } satisfies Text }
  if (kind === 1) return { bytes: Buffer.from(`\ufeff${content}`, 'utf16le').swap16(), hint: { recoded: Buffer.from(content) } satisfies Text }
  if (kind > 2) return { bytes: Buffer.from(content), hint: { recoded: Buffer.from(content) } satisfies Text }
  const latin = content.replaceAll(/[^\x00-\x7f]/gu, (letter) => 'éöüñ'[letter.codePointAt(0)! % 4]!)
  return { bytes: Buffer.from(latin, 'latin1'), hint: { recoded: Buffer.from(latin) } satisfies Text }
}

function compareText({ read, hint, bytes }: Sample): Verdict {
  const [part] = read.parts
  if (bytes.length === 0 || part?.kind === 'unknown bytes') return undefined
  if (!/^text|^CSV/.test(part?.kind ?? '')) return 'refused' // begins like a document of another format
  const problem = unexpected(read)
  if (problem !== undefined || part!.shape === 'rows') return problem ?? 'refused'
  const { recoded } = hint as Text
  return part!.content.equals(recoded.subarray(0, 3).equals(Buffer.from('\ufeff')) && !part!.content.subarray(0, 3).equals(recoded.subarray(0, 3)) ? recoded.subarray(3) : recoded) ? undefined : 'other bytes'
}

export const documents: readonly Format[] = [
  {
    name: 'markup', oracle: 'what was written', damagedShare: 0.2, make: (randoms) => randoms.map((random) => (random.chance(0.5) ? table(random) : xml(random))),
    compare: (samples, tools) => samples.map((sample) => compareMarkup(sample, tools)),
  },
  {
    name: 'notebooks', oracle: 'what was written', damagedShare: 0.2, kind: /^(notebook|JSON)/, tells: (damage) => damage === 'cut', make: (randoms) => randoms.map(notebook),
    compare: (samples, tools) => samples.map(({ read, rows, marks }) => unexpected(read) ?? missingMarks(read, marks!) ?? differ(sumOf(rowParts(read)), tools.count(rows!))),
  },
  { name: 'texts and logs', oracle: 'what was written', damagedShare: 0.1, make: (randoms) => randoms.map(text), compare: (samples) => samples.map(compareText) },
]
