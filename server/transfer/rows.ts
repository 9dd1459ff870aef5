/** Rows of a table on their way: read, changed in memory, written. Nothing that was not changed leaves this file. */
import { changeBytes } from './bytes/change.ts'
import { readRow, valueOf, type Field } from './bytes/fields.ts'
import { among, type Among, type Inventing } from './canary/among.ts'
import { markerOf } from './canary/mark.ts'
import type { RowChoice } from './choose.ts'
import { labelOf, testRows } from './deidentify.ts'
import type { PlannedColumn } from './plan.ts'
import { openPools } from './synthetic/synthetic.ts'
import type { TableMade } from './types.ts'

export interface Changing {
  readonly columns: readonly Pick<PlannedColumn, 'name' | 'transform'>[]
  /** Secret, of this copy alone. */
  readonly key: Uint8Array
  /** Which rows go along, by the fields after the columns; all without. */
  readonly choice?: RowChoice | undefined
  /** Columns whose values are to be inferred of nobody. */
  readonly sensitive?: readonly string[] | undefined
  /** Marks and invented records; none without. */
  readonly inventing?: Inventing | undefined
  /** Told now and then how many rows went. */
  readonly progress?: ((rows: number) => void) | undefined
}

export interface Changed { readonly rows: AsyncIterable<Uint8Array>; /** Known when the rows were read to their end. */ readonly made: () => Omit<TableMade, 'place'> }

const keptKinds = new Set(['keep', 'year', 'month', 'round', 'truncate', 'region', 'm49', 'noise'])

/** Whoever has the key can make the same of a value again. */
const keyedKinds = new Set(['token', 'email', 'phone', 'noise', 'synthetic'])

/** Changes rows as they come. `source`: CSV with the columns in this order, and after them those that rows are chosen by. */
export function changeRows(source: AsyncIterable<Uint8Array>, { columns, key, choice, sensitive = [], inventing, progress }: Changing): Changed {
  const telling = columns.flatMap(({ transform }, field) => (keptKinds.has(transform.kind) ? [field] : []))
  const tests = testRows(telling.map((field) => columns[field]!.name), sensitive)
  const byKey = columns.filter(({ transform }) => keyedKinds.has(transform.kind)).map(({ name }) => name)
  let rows = 0
  const told = (codes: Int32Array): boolean => {
    rows += 1
    return tests.add(codes)
  }
  let invented: Among | undefined
  const changed = async function* (): AsyncGenerator<Uint8Array> {
    const pools = columns.some(({ transform }) => transform.kind === 'synthetic') ? await openPools() : undefined
    const begun = await beginningOf(source, inventing === undefined ? 0 : firstBytes)
    if (inventing !== undefined) {
      const first = firstRows(begun.first, columns.length, choice)
      invented = among(inventing, first.rows, begun.ended && first.all)
    }
    const changer = changeBytes({ columns, key, telling, told, goes: choice?.goes, among: invented, pools, marker: inventing === undefined ? undefined : markerOf(inventing.secret) })
    let ready: Uint8Array[] = []
    const emit = (piece: Uint8Array): void => { ready.push(piece) }
    for await (const bytes of begun.all) {
      changer.feed(bytes, emit)
      if (ready.length === 0) continue
      progress?.(rows)
      yield* ready
      ready = []
    }
    changer.end(emit)
    yield* ready
  }
  return {
    rows: changed(),
    made: () => {
      const { isolation, inference } = tests.result()
      return { rows, isolation, linkage: { byKey, alone: isolation.alone }, inference, label: labelOf({ isolation, inference, byKey, rows }), ...(invented === undefined ? {} : { canaries: invented.made() }) }
    },
  }
}

/** Of the source, what is read before the first row goes, so that invented records are like the others. */
const firstBytes = 64 * 1024
const firstRowsMax = 500

async function beginningOf(source: AsyncIterable<Uint8Array>, most: number): Promise<{ readonly first: Uint8Array; readonly ended: boolean; readonly all: AsyncIterable<Uint8Array> }> {
  if (most === 0) return { first: new Uint8Array(0), ended: false, all: source }
  const pieces: Uint8Array[] = []
  const rest = source[Symbol.asyncIterator]()
  let [bytes, ended] = [0, false]
  while (bytes < most && !ended) {
    const next = await rest.next()
    ended = next.done === true
    if (next.done !== true) { pieces.push(next.value); bytes += next.value.length }
  }
  const all = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* pieces.splice(0)
      for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
    } finally {
      await rest.return?.()
    }
  }
  return { first: Buffer.concat(pieces), ended, all: all() }
}

/** `all`: there are no others in these bytes. */
function firstRows(bytes: Uint8Array, columns: number, choice: RowChoice | undefined): { readonly rows: (string | null)[][]; readonly all: boolean } {
  const rows: (string | null)[][] = []
  const fields: Field[] = []
  let start = 0
  for (let next = readRow(bytes, 0, fields); next >= 0; next = readRow(bytes, start, fields)) {
    if (rows.length === firstRowsMax) return { rows, all: false }
    if (choice?.goes(fields.slice(columns).map(valueOf)) !== false) rows.push(fields.slice(0, columns).map(valueOf))
    start = next
  }
  return { rows, all: true }
}
