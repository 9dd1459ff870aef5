/** People inside one row: objects in a list that it holds, each of which may be somebody else. A row goes whole, and they would go along. */
import type { Part } from '#inventory'
import type { RowSearcher } from '#trace'
import { rowsIn } from './firstRows.ts'

type Rules = Parameters<RowSearcher['locate']>[2]
export type Rows = Pick<Part, 'kind' | 'delimiter' | 'columns' | 'bytes'>

/** What tells a person apart from an address line or an order: an address of e-mail, a telephone number with its country. */
const tellsSomebody = (value: string): boolean => /[^\s@]@[^\s@]+[.][^\s@]/.test(value) || /^(\+|00)\d[\d ().-]{6,}$/.test(value.trim())

const batchCharacters = 256 * 1024

/**
 * How many objects in lists inside its rows tell of somebody who is not known to be the controller's. JSON has to be read by name (`named`). With `only`, of rows of these numbers.
 */
export async function strangersInside(rows: Rows, { searcher, targets, rules, only }: { readonly searcher: RowSearcher; readonly targets: readonly string[]; readonly rules: Rules; readonly only?: ReadonlySet<number> }): Promise<number> {
  const { coverage, matched } = await searcher.locate(objectsOf(rows, only), targets, rules, { delimiter: ',' })
  return coverage.rows - matched.ordinals.length
}

async function* objectsOf(rows: Rows, only?: ReadonlySet<number>): AsyncGenerator<Uint8Array> {
  const find = rows.kind.startsWith('JSON') ? byName : rows.kind === 'Parquet' ? byNumber : inCells
  let lines: string[] = []
  let size = 0
  for await (const { number, row } of numbered(rows)) {
    if (find !== inCells && only?.has(number) === false) continue // the numbers of other kinds are not those of the search
    for (const object of find(row, rows.columns ?? [])) {
      if (!object.some(tellsSomebody)) continue
      const line = object.map((value) => `"${value.replaceAll('"', '""')}"`).join(',')
      lines.push(line)
      size += line.length
    }
    if (size > batchCharacters) { yield Buffer.from(`${lines.join('\n')}\n`); [lines, size] = [[], 0] }
  }
  if (lines.length > 0) yield Buffer.from(`${lines.join('\n')}\n`)
}

/** Of JSON: columns are called `people[0].mail`. */
function byName(row: readonly string[], columns: readonly string[]): string[][] {
  const objects = new Map<string, string[]>()
  for (const [at, value] of row.entries()) {
    const [, object] = /^(.*\[\d+\])[.]/.exec(columns[at] ?? '') ?? []
    if (value !== '' && (object !== undefined || at >= columns.length)) objects.set(object ?? '', [...objects.get(object ?? '') ?? [], value])
  }
  return [...objects.values()]
}

/** Of Parquet: what stands in lists makes a row longer than there are columns, and it is not told which fields these are. Each address is looked up by itself; a telephone number only where there is none, since many a number alone names nobody. */
function byNumber(row: readonly string[], columns: readonly string[]): string[][] {
  if (row.length <= columns.length) return []
  const addresses = row.filter((value) => value.includes('@') && tellsSomebody(value))
  return (addresses.length > 0 ? addresses : row.filter(tellsSomebody)).map((value) => [value])
}

/** Of anything else: cells that are JSON themselves. */
function inCells(row: readonly string[]): string[][] {
  return row.flatMap((cell) => {
    if (!/^\s*[[{]/.test(cell)) return []
    try {
      return inLists(JSON.parse(cell))
    } catch {
      return []
    }
  })
}

function inLists(value: unknown, inList = false): string[][] {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap((one) => inLists(one, true))
  const values: unknown[] = Object.values(value)
  const own = values.filter((one) => one !== null && typeof one !== 'object').map(String)
  return [...(inList && own.length > 0 ? [own] : []), ...values.flatMap((one) => inLists(one))]
}

async function* numbered({ bytes, delimiter }: Rows): AsyncGenerator<{ readonly number: number; readonly row: readonly string[] }> {
  let [number, rest] = [0, '']
  const decoder = new TextDecoder()
  const rowsOf = function* (text: string): Generator<{ number: number; row: string[] }> {
    for (const row of rowsIn(text, delimiter, true)) yield { number: number++, row }
  }
  for await (const piece of bytes) {
    rest += decoder.decode(piece, { stream: true })
    const end = lastEnd(rest)
    yield* rowsOf(rest.slice(0, end))
    rest = rest.slice(end)
  }
  yield* rowsOf(rest + decoder.decode())
}

/** Behind the last line end outside quotes. */
function lastEnd(text: string): number {
  let [end, inside] = [0, false]
  for (const found of text.matchAll(/["\n]/g)) {
    if (found[0] === '"') inside = !inside
    else if (!inside) end = found.index + 1
  }
  return end
}
