/** JSON documents and JSON lines, written by hand so that duplicate names, escapes and long numbers are what they are; JSON.parse and DuckDB say whether it is JSON, and how many lines. */
import { differ, sumOf, unexpected, type Format, type Made, type Sample, type Tools, type Verdict } from '../format.ts'
import { times, type Random } from '../random.ts'
import { valueOf } from '../values.ts'

interface Written { readonly text: string; /** Its values in order, names that are values among them; '' for null. */ readonly leaves: readonly string[] }
interface Hint { readonly rows: number; readonly values: readonly (readonly string[])[]; readonly text: string; readonly twice: boolean }

const names = ['id', 'mail', 'name', 'a', 'b', 'c', 'note "x"', 'é', '', '0', 'ann@mail.example', '1234567', '__proto__', 'constructor', 'x.y']
const numbers = ['0', '-0', '42', '24.40', '1e5', '-1.5E-7', '12345678901234567890', '0.1', '1E400']

const escaped = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`

/** A string as JSON has it, letters of it by their numbers. */
function stringOf(text: string, random: Random): string {
  if (random.chance(0.8)) return JSON.stringify(text)
  return `"${text.split('').map((letter) => (random.chance(0.2) ? escaped(letter) : letter === '/' && random.chance(0.5) ? '\\/' : JSON.stringify(letter).slice(1, -1))).join('')}"`
}

const space = (random: Random): string => (random.chance(0.9) ? '' : random.pick([' ', '\t', '  ', ' \t ']))

function leafOf(random: Random): Written {
  const kind = random.below(10)
  if (kind < 6) {
    const text = valueOf(random).toWellFormed()
    return { text: stringOf(text, random), leaves: [text] }
  }
  if (kind < 8) { const text = random.pick(numbers); return { text, leaves: [text] } }
  const text = random.pick(['true', 'false', 'null', 'null'])
  return { text, leaves: [text === 'null' ? '' : text] }
}

interface Shape { readonly depth: number; readonly twice: boolean }

function written(random: Random, shape: Shape): Written {
  if (shape.depth <= 0 || random.chance(0.7)) return leafOf(random)
  if (random.chance(0.3)) return wrapped(times(random.below(4), () => written(random, { ...shape, depth: shape.depth - 1 })), '[', ']', random)
  return recordOf(random, { ...shape, depth: shape.depth - 1 })
}

function recordOf(random: Random, shape: Shape): Written {
  const own = shape.twice ? times(1 + random.below(6), () => random.pick(names)) : [...new Set(times(1 + random.below(6), () => random.pick(names)))]
  return wrapped(own.map((name) => {
    const value = written(random, shape)
    return { text: `${JSON.stringify(name)}${space(random)}:${space(random)}${value.text}`, leaves: /@|\d{5}/.test(name) ? [name, ...value.leaves] : value.leaves }
  }), '{', '}', random)
}

const wrapped = (parts: readonly Written[], open: string, close: string, random: Random): Written =>
  ({ text: `${open}${space(random)}${parts.map(({ text }) => text).join(`${space(random)},${space(random)}`)}${space(random)}${close}`, leaves: parts.flatMap(({ leaves }) => leaves) })

const filled = (leaves: readonly string[]): string[] => leaves.filter((leaf) => leaf !== '')

const encodedAs = (text: string, random: Random): Buffer => {
  const kind = random.below(20)
  if (kind === 0) return Buffer.from(`\ufeff${text}`)
  if (kind === 1) return Buffer.from(`\ufeff${text}`, 'utf16le')
  return kind === 2 ? Buffer.from(`\ufeff${text}`, 'utf16le').swap16() : Buffer.from(text)
}

function document(random: Random): Made {
  const shape: Shape = { depth: random.below(5), twice: random.chance(0.1) }
  const records = times(1 + random.below(12), () => (random.chance(0.9) ? recordOf(random, shape) : leafOf(random)))
  const between = random.pick([',', ',\n', ' ,\r\n\t'])
  const list = `[${space(random)}${records.map(({ text }) => text).join(between)}\n]`
  const inside = random.chance(0.3)
  const text = inside ? `{"data": {"list": ${list}}}` : list
  const values = records.map(({ leaves }) => filled(leaves)).filter((leaves) => leaves.length > 0)
  return { bytes: encodedAs(text, random), rows: values, hint: { rows: values.length, values, text, twice: shape.twice } satisfies Hint }
}

function lines(random: Random): Made {
  const shape: Shape = { depth: random.below(5), twice: random.chance(0.1) }
  const records = times(2 + random.below(12), () => (random.chance(0.95) ? recordOf(random, shape) : wrapped([leafOf(random), leafOf(random)], '[', ']', random)))
  const end = random.pick(['\n', '\r\n', '\n\n'])
  const text = records.map(({ text: line }) => line).join(end) + (random.chance(0.7) ? end : '')
  const values = records.map(({ leaves }) => leaves)
  return { bytes: encodedAs(text, random), hint: { rows: values.length, values, text, twice: shape.twice } satisfies Hint }
}

/** That what was written is JSON, says JSON.parse: else nothing is compared. */
function isJson(text: string): boolean {
  try { JSON.parse(text); return true } catch { return false }
}

function judge({ read, hint }: Sample, kind: string, tools: Tools): Verdict {
  const { rows, values } = hint as Hint
  const problem = unexpected(read)
  if (problem !== undefined) return problem
  const [part] = read.parts
  if (part === undefined || !part.kind.startsWith('JSON')) return `read as ${part?.kind ?? 'nothing'}`
  const theirs = tools.count(values)
  // Lines of which the first is longer than what a format is told from are read as one document of several values.
  return differ(sumOf([part]), { ...theirs, rows: part.kind.startsWith(kind) ? rows : part.rows })
}

async function compareLines(samples: readonly Sample[], tools: Tools): Promise<Verdict[]> {
  const plain = samples.filter(({ bytes }) => bytes[0] === 0x7b || bytes[0] === 0x5b)
  const reader = await tools.duckdb.runAndReadAll(`select filename, count(*)::int from read_ndjson_objects([${plain.map(({ file }) => `'${file}'`).join(', ')}], filename = true, maximum_object_size = 20000000) group by 1`)
  const counted = new Map(reader.getRowsJS() as [string, number][])
  return samples.map((sample) => {
    const { rows, text } = sample.hint as Hint
    if (plain.includes(sample) && counted.get(sample.file) !== rows) return `${rows} lines, DuckDB says ${counted.get(sample.file)}`
    return text.split('\n').every((line) => line.trim() === '' || isJson(line)) ? judge(sample, 'JSON lines', tools) : 'the fuzzer wrote no JSON'
  })
}

export const json: readonly Format[] = [
  {
    name: 'JSON', oracle: 'JSON.parse, and what was written', damagedShare: 0.2, kind: /^JSON(?! lines)/, tells: (damage) => damage === 'cut',
    make: (randoms) => randoms.map(document),
    compare: (samples, tools) => samples.map((sample) => (isJson((sample.hint as Hint).text) ? judge(sample, 'JSON', tools) : 'the fuzzer wrote no JSON')),
  },
  { name: 'JSON lines', oracle: 'DuckDB read_ndjson_objects, JSON.parse, and what was written', damagedShare: 0.2, make: (randoms) => randoms.map(lines), compare: compareLines },
]
