/** What erasing one place is given, and what it answers. */
import type { RowSearcher } from '#trace'
import { Broken } from '#kit/errors'

export interface TableToErase {
  readonly eraseUrl: string
  readonly sweepUrl: string
  /** As `printPlace` writes it. */
  readonly place: string
  readonly searcher: RowSearcher
  /** Ids of the controller's fingerprints. */
  readonly targets: readonly string[]
  /** In another controller's own table: one shared address is a customer of both, and only whole rows are a copy. */
  readonly wholeRowsOnly?: boolean
  /** Milliseconds to wait for a lock that somebody else holds; `lockMillisecondsMax` when left out. */
  readonly lockMilliseconds?: number
  /** Other tables of its store of which something is declared, planned or obliged: what rows of those that refer to its rows are. */
  readonly neighbours?: readonly Neighbour[]
  /** Tables from which an earlier run, which was cut off, deleted rows along with these. */
  readonly alongBefore?: readonly string[]
  /** Waited for before anything is committed: until then what was deleted stands in the files as it stood. */
  readonly seen?: () => Promise<void>
}

/** `mine`: on the plan, whole or by a predicate, and `done` when its own step is. Of a table that is several of these, the first that is given holds. */
export interface Neighbour { readonly place: string; readonly standing: 'mine' | 'others' | 'kept'; readonly predicate?: string; readonly done?: boolean }

/** Rows of another table that go because they hang on rows that go. */
export interface Along { readonly place: string; readonly rows: number }

/** What is about to be erased, counted under the lock. */
export interface Counted {
  readonly rows: number
  readonly unowned: number
  readonly ambiguous: number
  readonly along?: readonly Along[]
  /** What of the place could not be read, and stays as it is. */
  readonly unread?: string
  /** Of a file: all those that are unowned are rows, none is a line of column names. */
  readonly noHeader?: boolean
}

/** What may pass, and certainly changed nothing: whatever was begun was taken back. */
export class Undone extends Broken {}

/** `again`: what blocks it may be gone when the other places of the plan are erased. `undone`: whatever was begun was certainly taken back. `held`: why the deleted rows still stand in the table's files. */
export type Erased =
  | { readonly outcome: 'erased'; readonly rows: number; readonly counted: Counted; readonly held?: string }
  | { readonly outcome: 'blocked'; readonly because: string; readonly counted: Counted; readonly again?: boolean; readonly undone?: true }

/** A line of column names in a file matches nobody, and is counted among the unowned. */
export const headerLinesMax = 1

/** Records, durably before it resolves, what is about to be erased. */
export type Begin = (counted: Counted) => Promise<void>
