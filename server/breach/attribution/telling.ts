/** What of a sample tells one time from another. Pure. */
import type { Instant } from '#kit/time'
import type { Version } from '#trace'
import type { Evidence } from './types.ts'

/**
 * How a sample may differ from the copy that it comes from: the chance of each, by which a copy is judged. `altered`: a value is another one. `strayed`: it is of another time, because the copy was not made in one moment, or a reading
 * missed it.
 */
export const noise = { rowOutside: 0.01, valueOfOtherTime: 0.005, valueKept: 0.95, altered: 0.05, strayed: 0.001, columnDropped: 0.15, columnAdded: 1e-9 } as const

/** Whether something may have had this value at that moment. */
export function mayHold(versions: readonly Version[], value: number, at: Instant): boolean {
  for (let one = versions.length - 1; one >= 0; one -= 1) {
    const version = versions[one]!
    const next = versions[one + 1]
    if (version.value === value && (at >= version.by || at > version.after) && (next === undefined || at < next.by)) return true
  }
  return false
}

/** A cell that ever changed and holds one of its versions. */
export interface TellingCell { readonly seen: number; readonly versions: readonly Version[]; /** How likely it is that it holds a version of another time than the copy's: by chance, or strayed. */ readonly strays: number }
/** A row as it is scored. */
export interface TellingRow { readonly presence: readonly Version[]; readonly moved: boolean; readonly cells: readonly TellingCell[] }

/** What of the rows tells one time from another, and how many values were compared and never held. */
export function tellingOf({ rows, columns, alike }: Pick<Evidence, 'rows' | 'columns' | 'alike'>): { readonly rows: readonly TellingRow[]; readonly telling: number; readonly compared: number; readonly neverHeld: number } {
  let [telling, compared, neverHeld] = [0, 0, 0]
  const strays = new Map(columns.map((column) => [column, Math.max(noise.strayed, noise.altered * (alike?.get(column) ?? 1))]))
  const scored = rows.map(({ presence, cells }): TellingRow => {
    const changed: TellingCell[] = []
    for (const column of columns) {
      const cell = cells.get(column)
      if (cell?.seen === undefined) continue
      compared += 1
      if (!cell.versions.some(({ value }) => value === cell.seen)) neverHeld += 1
      else if (cell.versions.length > 1) changed.push({ seen: cell.seen, versions: cell.versions, strays: strays.get(column)! })
    }
    const moved = presence.length > 1
    telling += changed.length + (moved ? 1 : 0)
    return { presence, moved, cells: changed }
  })
  return { rows: scored, telling, compared, neverHeld }
}

/** Sum of the numbers that these are the logarithms of; its logarithm. */
export function sumOfLogs(logs: readonly number[]): number {
  const most = logs.reduce((a, b) => Math.max(a, b), -Infinity)
  return most === -Infinity ? most : most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0))
}
