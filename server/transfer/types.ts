import type { Lead } from '#inventory'
import type { Instant } from '#kit/time'
import type { SyntheticKind } from './synthetic/synthetic.ts'

/** What is done to each value of a column on its way into a copy. */
export type Transform =
  | { readonly kind: 'keep' | 'drop' | 'null' | 'token' | 'email' | 'phone' | 'year' | 'month' | 'region' | 'm49' }
  | { readonly kind: 'round'; readonly step: string }
  | { readonly kind: 'noise'; readonly scale: number }
  | { readonly kind: 'truncate'; readonly characters: number }
  | { readonly kind: 'constant'; readonly value: string }
  | { readonly kind: 'synthetic'; readonly of: SyntheticKind }

export type TransferState = 'begun' | 'made' | 'erased'

/** How far records of a copy stand alone: groups of rows that are alike in every column that still says something (WP216, "singling out"). */
export interface Isolation {
  /** Columns that rows were compared by; none where every column is a token, a constant or empty. */
  readonly columns: readonly string[]
  readonly groups: number
  /** Rows of the smallest group; 0 where there is no row. */
  readonly smallest: number
  /** Groups of one row. */
  readonly alone: number
  /** Rows counted: fewer than were written where groups became too many to count. */
  readonly counted: number
}

/** What rows that are alike in everything else say of the values of one column that is declared as sensitive. */
export interface Inference {
  readonly column: string
  readonly groups: number
  /** Values in the group with fewest (l-diversity); 1: whoever is known to be in it, their value is known. */
  readonly diversity: number
  /** Groups whose rows all hold one value. */
  readonly alike: number
  /** The largest distance, from 0 to 1, between how values are spread in a group and in all rows (t-closeness). */
  readonly distance: number
  readonly counted: number
}

/** Invented records of a table of a copy, or why it has none. No value: those are made again of the copy's secret. */
export type TableCanaries = { readonly rows: 0; readonly because: string } | {
  readonly rows: number
  /** By column, of what kind the values are that tell them (`canary/invent.ts`). */
  readonly columns: Readonly<Record<string, string>>
  /** The column that says who a row is of. */
  readonly subject: string
  /** Of kept addresses. */
  readonly domains: readonly string[]
}

export interface TableMade {
  readonly place: string
  /** Without those that are invented. */
  readonly rows: number
  readonly isolation: Isolation
  /** `byKey`: columns that whoever has the copy's key can link with their source; `alone`: records that whoever has the source can link by their values. Copies made before these were tested have none of the following. */
  readonly linkage?: { readonly byKey: readonly string[]; readonly alone: number }
  /** Of each sensitive column that says something in the copy. */
  readonly inference?: readonly Inference[]
  readonly label?: 'pseudonymised' | 'passes three tests'
  /** Copies made before there were such have none. */
  readonly canaries?: TableCanaries
}

/** A governed copy: data of one controller that went to another place under an instruction, and until when it may be there. */
export interface Transfer {
  readonly id: string
  /** The controller's. */
  readonly slot: number
  readonly controller: string
  readonly contract: string
  readonly instruction: string
  readonly dataset: string
  /** Who made it. */
  readonly person: string
  readonly purpose: string
  readonly source: string
  readonly store: string
  readonly places: readonly string[]
  /** Where its store led when it was registered; null for copies from before this was kept. */
  readonly lead?: Lead | null
  /** By column, as the instruction declares them. */
  readonly transforms: Readonly<Record<string, unknown>>
  /** The share of people that it holds; 1: all. */
  readonly sample: number
  readonly state: TransferState
  readonly begunAt: Instant
  readonly madeAt: Instant | null
  /** When it has to be erased; null: when its instruction ends. */
  readonly expiresAt: Instant | null
  readonly erasedAt: Instant | null
  readonly tables: readonly TableMade[] | null
  /** Id of the key that its marks and its invented records are made of; null where it was begun before that was recorded: then it is the first. */
  readonly canaryKey: string | null
}

export type ReturnFormat = 'csv' | 'parquet'

/** Encrypted; the hash is that of the file as it lies there. */
export interface ReturnedFile { readonly file: string; readonly format: ReturnFormat; readonly bytes: number; readonly sha256: string }

export interface ReturnedTable {
  readonly dataset: string
  /** Of files its number in the dataset: their names may say whose they are. */
  readonly table: string
  readonly rows: number
  readonly subject: string
  /** When its dataset was read; returns that were made before this was kept have none. */
  readonly read?: string
  /** Datasets that it was derived from; absent for what was declared. */
  readonly derivedFrom?: readonly string[]
  readonly primaryKey: readonly string[]
  readonly columns: readonly { readonly name: string; readonly type: string; readonly category: string; readonly identifies: boolean; /** Its type in Parquet. */ readonly parquet?: string }[]
  readonly files: readonly ReturnedFile[]
}

/** Data of a controller that went back to it, or on to whom it named, at the end of a contract; or back under an instruction, while it ran. */
export interface DataReturn {
  readonly id: string
  readonly slot: number
  readonly controller: string
  readonly contract: string
  readonly choice: 'return' | 'send_on'
  readonly to: string
  /** The public key that the files are encrypted to (age). */
  readonly recipient: string
  readonly person: string
  readonly instruction: string | null
  readonly formats: readonly ReturnFormat[]
  /** Datasets that did not go along. */
  readonly without: readonly string[]
  readonly state: 'begun' | 'made'
  readonly begunAt: Instant
  readonly madeAt: Instant | null
  readonly manifestSha256: string | null
  readonly tables: readonly ReturnedTable[] | null
}

/** Data of a controller that went to a sub-processor under an instruction. */
export interface Disclosure {
  readonly id: string
  readonly slot: number
  readonly controller: string
  readonly contract: string
  readonly instruction: string
  readonly person: string
  readonly purpose: string
  /** The sub-processor, and its country. */
  readonly recipient: string
  readonly country: string
  /** By which data may leave for that country (Art. 45, 46, 49); null where none is needed. */
  readonly tool: string | null
  /** A derived dataset, or DATASET/TABLE. */
  readonly source: string
  readonly columns: readonly string[]
  readonly rows: number
  readonly bytes: number
  /** Of the file as it went, and of its rows before they were encrypted. */
  readonly sha256: string
  readonly plainSha256: string
  /** The age key that it is encrypted to; null: it went in clear through an encrypted connection. */
  readonly sealedTo: string | null
  readonly host: string
  readonly state: 'begun' | 'made'
  readonly begunAt: Instant
  readonly madeAt: Instant | null
}

/** What whoever received a return or a disclosure said of it. */
export interface TransferReceipt { readonly of: string; /** Of the file in which it was said. */ readonly sha256: string; readonly says: string; readonly by: string; readonly recordedAt: Instant }
