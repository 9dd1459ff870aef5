/** Rows of a table on their way: read, changed in memory, written. Nothing that was not changed leaves this file. */
import { changeBytes } from './bytes/change.ts'
import type { RowChoice } from './choose.ts'
import { countGroups } from './groups.ts'
import type { PlannedColumn } from './plan.ts'
import type { Isolation } from './types.ts'

export interface Changing {
  readonly columns: readonly Pick<PlannedColumn, 'name' | 'transform'>[]
  /** Secret, of this copy alone. */
  readonly key: Uint8Array
  /** Which rows go along, by the fields after the columns; all without. */
  readonly choice?: RowChoice | undefined
  /** Told now and then how many rows went. */
  readonly progress?: ((rows: number) => void) | undefined
}

export interface Changed { readonly rows: AsyncIterable<Uint8Array>; /** Known when the rows were read to their end. */ readonly made: () => { readonly rows: number; readonly isolation: Isolation } }

const keptKinds = new Set(['keep', 'year', 'month', 'round', 'truncate', 'region', 'noise'])

/** Groups that are told apart at most: some dozens of megabytes; a table with more has next to nobody in company. */
const groupsMax = 2_000_000

/** Changes rows as they come. `source`: CSV with the columns in this order, and after them those that rows are chosen by. */
export function changeRows(source: AsyncIterable<Uint8Array>, { columns, key, choice, progress }: Changing): Changed {
  const telling = columns.flatMap(({ transform }, field) => (keptKinds.has(transform.kind) ? [field] : []))
  const groups = countGroups(groupsMax)
  let [rows, full] = [0, false]
  const told = (high: number, low: number): void => {
    rows += 1
    if (!full) full = !groups.add(high, low)
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
  return { rows: changed(), made: () => ({ rows, isolation: { columns: telling.map((field) => columns[field]!.name), ...groups.result() } }) }
}
