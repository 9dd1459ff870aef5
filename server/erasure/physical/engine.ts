/** What each engine's adapter does for the check of one store. */
import type { BlindColumn, FileSeen, Hindrance, KindRule, Offer } from './types.ts'

/** Values to be searched for, before they are told apart from those of others; and what no search of bytes will see. */
export interface Drawn { readonly values: readonly string[]; readonly blind: readonly BlindColumn[] }

/** How clearing went. */
export interface Cleared { readonly done: readonly string[]; readonly offered: readonly Offer[]; readonly hindrances: readonly Hindrance[]; /** Kinds every page of whose files was written anew, in files that stay. */ readonly rewritten?: readonly string[] }

/** Where what is changed for the clearing is written down, durably and before it is changed, and struck out when it was put back. */
export interface Undo {
  /** Statements that put things back, each harmless when nothing was changed. */
  note(restore: readonly string[]): Promise<void>
  clear(): Promise<void>
}

export interface Clearing {
  /** Places whose rows were erased. */
  readonly places: readonly string[]
  /** Those of them whose rewriting carried deleted rows along: new files hold them as well. */
  readonly held?: ReadonlySet<string>
  /** Files that held the data, as they were. */
  readonly before: readonly FileSeen[]
  readonly values: readonly Uint8Array[]
  /** The value that is planted, for an engine that must do so before it clears. */
  readonly control?: string
  /** How many rows were erased. */
  readonly rows?: number
  /** Kinds that the last check of this store found clear, by searching them for values; none when anything was erased in it since. */
  readonly clearBefore?: readonly string[]
  readonly undo: Undo
}

/** A store whose files can be reached. `places` are those that are to be erased, as `printPlace` writes them. */
export interface Engine {
  readonly directory: string
  readonly rules: readonly KindRule[]
  /** Files that hold, or may hold, the data of these places: not those of other tables. */
  holding(place: string): Promise<FileSeen[]>
  /** Other tables whose rows may go along with those of this place. */
  hangingOn?(place: string): Promise<string[]>
  /** All files, with their kinds. */
  files(): Promise<FileSeen[]>
  /** Kinds that hold the data of all places together: logs, statistics. */
  readonly shared: ReadonlySet<string>
  /** Makes the files say what the server knows. */
  flush(): Promise<void>
  draw(place: string, most: number): Promise<Drawn>
  clear(clearing: Clearing): Promise<Cleared>
  /** Puts a value into every kind of file that it can, so that it must be found there; resolves to what could not be planted. */
  plant(control: string, undo: Undo): Promise<Hindrance[]>
  uproot(): Promise<void>
  /** Runs the statements of a note. */
  restore(statements: readonly string[]): Promise<void>
  close(): Promise<void>
}

/** Milliseconds to wait for whoever stands in the way, before they are named. */
export interface Patience { readonly waitMilliseconds: number }

/** A PostgreSQL server and where its files are. */
export interface PostgresFiles extends Patience {
  readonly url: string
  readonly dataDirectory: string
  /** Whether the store declares when its backups are gone: archived log counts among them. */
  readonly archiveExpires?: boolean
}

/** A MariaDB server and where its files are. */
export interface MysqlFiles extends Patience {
  readonly url: string
  readonly dataDirectory: string
}
