/** Rows of a table on their way: read, changed in memory, written. Nothing that was not changed leaves this file. */
import { csvFields } from '#inventory'
import { countIsolation } from './isolation.ts'
import { macUnder, type Mac } from './mac.ts'
import type { PlannedColumn } from './plan.ts'
import { changeOf } from './transform.ts'
import type { Isolation } from './types.ts'

const chunkCharacters = 256 * 1024

export interface Changing {
  readonly columns: readonly PlannedColumn[]
  /** Secret, of this copy alone. */
  readonly key: Uint8Array
  /** The share of people that is kept; their number is the field after the columns. 1: everybody, and there is no such field. */
  readonly sample: number
  /** Told now and then how many rows went. */
  readonly progress?: ((rows: number) => void) | undefined
}

export interface Changed { readonly rows: AsyncIterable<Uint8Array>; /** Known when the rows were read to their end. */ readonly made: () => { readonly rows: number; readonly isolation: Isolation } }

const keptKinds = new Set(['keep', 'year', 'month', 'round', 'truncate'])

/** Changes rows as they come. `source`: CSV with the columns in this order, and the subject after them where a sample is taken. */
export function changeRows(source: AsyncIterable<Uint8Array>, { columns, key, sample, progress }: Changing): Changed {
  const mac = macUnder(key)
  const changes = columns.map(({ name, transform }) => changeOf(transform, mac, name))
  const telling = columns.flatMap(({ transform }, field) => (keptKinds.has(transform.kind) ? [field] : []))
  const isolation = countIsolation(telling.map((field) => columns[field]!.name), telling)
  let rows = 0
  const changed = async function* (): AsyncGenerator<Uint8Array> {
    let text = ''
    for await (const row of csvFields(source)) {
      if (sample < 1 && !inSample(row[columns.length] ?? null, mac, sample)) continue
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

/** Of the code of a subject, 48 bits. */
const sampleDigits = 12

/** Whether a person is in the sample: the same in every table of the copy, so that what belongs together comes along whole. A row of nobody is in none. */
export function inSample(subject: string | null, mac: Mac, share: number): boolean {
  return subject !== null && Number.parseInt(mac(`sample\n${subject}`).slice(0, sampleDigits), 16) < share * 16 ** sampleDigits
}
