/**
 * What a kind of store must be able to do so that a copy can be read from it, or lie in it: one file a kind. Types are called what PostgreSQL calls them, and values are written as it
 * writes them, whatever the kind; between the two go rows as CSV (`csvFields`).
 */
import type { Column, DatasetTable } from '#inventory'
import type { Transform } from '../types.ts'

/** A foreign key: these columns of one table hold what those of the other do. Tables as the dataset names them. */
export interface Relation {
  readonly table: string
  readonly columns: readonly string[]
  readonly to: string
  readonly referenced: readonly string[]
}

/** A table as it is now. */
export interface TableShape {
  /** A type that is not known here has a name that no transform takes; `unknown`: nobody wrote down which it is. */
  readonly columns: readonly Column[]
  /** None where it has no primary key, or none is known. */
  readonly primaryKey: readonly string[]
}

export interface SourceShapes {
  /** By the name that the dataset has for it; undefined: it is not there, or its account may not read it. */
  readonly tables: ReadonlyMap<string, TableShape | undefined>
  /** Between these tables. */
  readonly relations: readonly Relation[]
}

export interface CopySource {
  /** What a table of the source is called in a copy; undefined for what is no table. */
  nameOf(table: string): string | undefined
  /** Throws `Broken` when the store cannot be asked. */
  shapes(tables: readonly DatasetTable[]): Promise<SourceShapes>
  open(): Promise<CopyMoment>
}

/** One moment of the source, where its kind has such a thing. Reads run one after another. */
export interface CopyMoment {
  /** These columns, in this order. Throws `Broken` when they cannot be read to their end, and `Refused` for a value that is none of its type. */
  read(table: DatasetTable, columns: readonly string[]): AsyncIterable<Uint8Array>
  close(): Promise<void>
}

export interface CopiedColumn { readonly name: string; readonly transform: Transform; /** As PostgreSQL calls it. */ readonly type: string }

export interface TargetKeys {
  readonly primaryKey: readonly string[]
  /** What other tables refer to beside it. */
  readonly uniques: readonly (readonly string[])[]
  readonly relations: readonly { readonly columns: readonly string[]; /** A place of the copy. */ readonly to: string; readonly referenced: readonly string[] }[]
}

export interface TargetTable extends TargetKeys {
  /** As sweeps and erasures name it. */
  readonly place: string
  readonly columns: readonly (CopiedColumn & { /** As the target's kind calls it. */ readonly held: string })[]
  /** CSV as `COPY` of PostgreSQL reads it, in UTF-8. */
  readonly rows: () => AsyncIterable<Uint8Array>
}

export interface Writing {
  /** Accounts that may read the copy. */
  readonly readers: readonly string[]
  /** Asked before the copy can be seen; what it throws undoes all. */
  readonly mayCommit: () => Promise<void>
}

export interface CopyTarget {
  /** In a message. */
  readonly called: string
  /** Why no copy can be made here at all, or erased again; undefined where it can. Throws `Broken` when the store cannot be asked. */
  obstacle(): Promise<string | undefined>
  /** Where a table of a copy goes; `folder`: what keeps it apart from all else. */
  place(folder: string, name: string): string
  /** What this kind calls the type of a column; undefined where it could not hold every value of it as it is. `keys`: columns of the largest key that it is part of, 0 for none. */
  held(column: CopiedColumn, keys: number): string | undefined
  /** Which are there, or were begun. With the account that writes, or with that which sweeps. Throws `Broken`. */
  there(places: readonly string[], account: 'erase' | 'sweep'): Promise<boolean[]>
  /**
   * Makes the tables, which must not be there, and fills them: all of them can be seen, or none. Throws `Refused` when one is there or cannot be made so, `Broken` when the store fails, and what the rows throw; after
   * `Refused` nothing is there.
   */
  write(tables: readonly TargetTable[], writing: Writing): Promise<void>
  /** Those that are gone already are passed over. Throws `Broken` when the store does not let them go. */
  drop(places: readonly string[]): Promise<void>
  /** Other places at which a copy that was killed may have left its rows. */
  beside(place: string): readonly string[]
}
