/** Rows of a table on their way: read, changed in memory, written. Nothing that was not changed leaves this file. */
import { csvFields } from '#inventory'
import { countIsolation } from './isolation.ts'
import type { RowChoice } from './choose.ts'
import { macUnder } from './mac.ts'
import type { PlannedColumn } from './plan.ts'
import { changeOf } from './transform.ts'
import type { Isolation } from './types.ts'

const chunkCharacters = 256 * 1024

export interface Changing {
  readonly columns: readonly PlannedColumn[]
  /** Secret, of this copy alone. */
  readonly key: Uint8Array
  /** Which rows go along, by the fields after the columns; all without. */
  readonly choice?: RowChoice | undefined
  /** Told now and then how many rows went. */
  readonly progress?: ((rows: number) => void) | undefined
}

export interface Changed { readonly rows: AsyncIterable<Uint8Array>; /** Known when the rows were read to their end. */ readonly made: () => { readonly rows: number; readonly isolation: Isolation } }

const keptKinds = new Set(['keep', 'year', 'month', 'round', 'truncate'])

/** Changes rows as they come. `source`: CSV with the columns in this order, and after them those that rows are chosen by. */
export function changeRows(source: AsyncIterable<Uint8Array>, { columns, key, choice, progress }: Changing): Changed {
  const mac = macUnder(key)
  const changes = columns.map(({ name, transform }) => changeOf(transform, mac, name))
  const telling = columns.flatMap(({ transform }, field) => (keptKinds.has(transform.kind) ? [field] : []))
  const isolation = countIsolation(telling.map((field) => columns[field]!.name), telling)
  let rows = 0
  const changed = async function* (): AsyncGenerator<Uint8Array> {
    let text = ''
    for await (const row of csvFields(source)) {
      if (choice !== undefined && !choice.goes(row.slice(columns.length))) continue
      const values = changes.map((change, field) => change(row[field] ?? null))
      isolation.add(values)
      rows += 1
      text += `${values.map(written).join(',')}\n`
      if (text.length < chunkCharacters) continue
      progress?.(rows)
      yield Buffer.from(text)
      text = ''
    }
    if (text !== '') yield Buffer.from(text)
  }
  return { rows: changed(), made: () => ({ rows, isolation: isolation.result() }) }
}

/** NULL is nothing, every value stands in quotes: an empty text, or one that looks like an end of data, is itself. */
const written = (value: string | null): string => (value === null ? '' : `"${value.includes('"') ? value.replaceAll('"', '""') : value}"`)
