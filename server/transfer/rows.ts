/** Rows of a table on their way: read, changed in memory, written. Nothing that was not changed leaves this file. */
import { changeBytes } from './bytes/change.ts'
import type { RowChoice } from './choose.ts'
import { labelOf, testRows } from './deidentify.ts'
import type { PlannedColumn } from './plan.ts'
import type { TableMade } from './types.ts'

export interface Changing {
  readonly columns: readonly Pick<PlannedColumn, 'name' | 'transform'>[]
  /** Secret, of this copy alone. */
  readonly key: Uint8Array
  /** Which rows go along, by the fields after the columns; all without. */
  readonly choice?: RowChoice | undefined
  /** Columns whose values are to be inferred of nobody. */
  readonly sensitive?: readonly string[] | undefined
  /** Told now and then how many rows went. */
  readonly progress?: ((rows: number) => void) | undefined
}

export interface Changed { readonly rows: AsyncIterable<Uint8Array>; /** Known when the rows were read to their end. */ readonly made: () => Omit<TableMade, 'place'> }

const keptKinds = new Set(['keep', 'year', 'month', 'round', 'truncate', 'region', 'noise'])

/** Whoever has the key can make the same of a value again. */
const keyedKinds = new Set(['token', 'email', 'phone', 'noise'])

/** Changes rows as they come. `source`: CSV with the columns in this order, and after them those that rows are chosen by. */
export function changeRows(source: AsyncIterable<Uint8Array>, { columns, key, choice, sensitive = [], progress }: Changing): Changed {
  const telling = columns.flatMap(({ transform }, field) => (keptKinds.has(transform.kind) ? [field] : []))
  const tests = testRows(telling.map((field) => columns[field]!.name), sensitive)
  const byKey = columns.filter(({ transform }) => keyedKinds.has(transform.kind)).map(({ name }) => name)
  let rows = 0
  const told = (codes: Int32Array): void => {
    rows += 1
    tests.add(codes)
  }
  const changed = async function* (): AsyncGenerator<Uint8Array> {
    const changer = changeBytes({ columns, key, telling, told, goes: choice?.goes })
    let ready: Uint8Array[] = []
    const emit = (piece: Uint8Array): void => { ready.push(piece) }
    for await (const bytes of source) {
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
      return { rows, isolation, linkage: { byKey, alone: isolation.alone }, inference, label: labelOf({ isolation, inference, byKey, rows }) }
    },
  }
}
