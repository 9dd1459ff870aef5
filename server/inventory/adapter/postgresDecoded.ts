/** One line that `test_decoding` writes for a changed row, taken apart (PostgreSQL, contrib/test_decoding). Pure. */

/** Values by column; null: none, undefined: a long value that did not change and is not told. */
export type Tuple = ReadonlyMap<string, string | null | undefined>

export interface DecodedChange {
  readonly kind: 'INSERT' | 'UPDATE' | 'DELETE'
  /** What identified the row before, where that changed; of a deleted row, what identified it. */
  readonly old: Tuple | undefined
  /** The row as it is; undefined of a deleted one. */
  readonly now: Tuple | undefined
}

const head = /(INSERT|UPDATE|DELETE): ?(old-key:)?/y
// A type may have a quoted name; a doubled quote inside is the end of one quoted piece and the beginning of the next.
const field = /\s*(?:"((?:[^"]|"")*)"|([^"[ ]+))\[((?:"[^"]*"|[^"\]]|\](?!:))*)\]:(?:B?'([^']*(?:''[^']*)*)'|([^' ]+))/y
const between = / ?new-tuple:/y

/** What stands behind the name of the table; undefined for what is no such line, or tells nothing of its row. */
export function decodeChange(text: string): DecodedChange | undefined {
  head.lastIndex = 0
  const [begun, kind, hasOld] = head.exec(text) ?? []
  if (begun === undefined) return undefined
  const first = tupleAt(text, begun.length)
  if (first.tuple.size === 0) return undefined
  if (kind === 'DELETE') return first.end === text.length ? { kind, old: first.tuple, now: undefined } : undefined
  if (hasOld === undefined) return first.end === text.length ? { kind: kind as 'INSERT' | 'UPDATE', old: undefined, now: first.tuple } : undefined
  between.lastIndex = first.end
  if (!between.test(text)) return undefined
  const second = tupleAt(text, between.lastIndex)
  return second.end === text.length ? { kind: 'UPDATE', old: first.tuple, now: second.tuple } : undefined
}

function tupleAt(text: string, from: number): { tuple: Map<string, string | null | undefined>; end: number } {
  const tuple = new Map<string, string | null | undefined>()
  field.lastIndex = from
  let end = from
  for (let found = field.exec(text); found !== null; found = field.exec(text)) {
    const [, quoted, plain, type, literal, bare] = found
    tuple.set(quoted === undefined ? plain ?? '' : quoted.replaceAll('""', '"'), literal === undefined ? valueOf(bare ?? '', type) : literal.replaceAll("''", "'"))
    end = field.lastIndex
  }
  return { tuple, end }
}

/** Numbers stand as they are; truth as COPY writes it. */
function valueOf(bare: string, type: string | undefined): string | null | undefined {
  if (bare === 'null') return null
  if (bare === 'unchanged-toast-datum') return undefined
  return type === 'boolean' ? bare.slice(0, 1) : bare
}

const special = /[",\r\n]/

/** These columns as COPY writes a row of CSV; undefined where one of them is not told. */
export function csvLine(tuple: Tuple, columns: readonly string[]): string | undefined {
  const fields: string[] = []
  for (const column of columns) {
    const value = tuple.get(column)
    if (value === undefined) return undefined
    fields.push(value === null ? '' : value === '' || special.test(value) ? `"${value.replaceAll('"', '""')}"` : value)
  }
  return `${fields.join(',')}\n`
}

/** Whether a transaction, known by the lower half of its number, was finished before a moment: `pg_current_snapshot` as text. `next`: a number that no transaction has yet. */
export function isVisibleIn(moment: string, transaction: string, next: string): boolean {
  const [least = '0', first = '0', running = ''] = moment.split(':')
  const [lower, after] = [BigInt(transaction), BigInt(next)]
  const near = ((after >> 32n) << 32n) | lower
  const number = near >= after ? near - (1n << 32n) : near
  return number < BigInt(least) || (number < BigInt(first) && !running.split(',').includes(String(number)))
}
