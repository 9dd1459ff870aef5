import type { Instant } from '#kit/time'
import type { Dialect } from './adapter/index.ts'

export type EnvironmentClass = 'production' | 'non-production'

export interface Environment {
  readonly id: string
  readonly class: EnvironmentClass
  readonly declared: { readonly id: string; readonly class: EnvironmentClass; readonly [key: string]: unknown }
}

/** Every kind can be searched, fingerprints are taken in all of them, and copies erased: rows of tables, whole files and objects, keys and elements of keys. */
export type StoreKind = 'postgres' | 'files' | 'mysql' | 'sqlite' | 'redis' | 's3'

/** URLs are references (`env:NAME`, `file:PATH`), never secrets: this record goes into the ledger. */
export interface StoreDeclared {
  readonly id: string
  readonly environment: string
  readonly kind: StoreKind
  readonly gateway_url?: string | undefined
  readonly sweep_url?: string | undefined
  readonly erase_url?: string | undefined
  /** Where the server keeps its files, on the machine that Bailee runs on: erasing is then checked down to their bytes. */
  readonly data_directory?: string | undefined
  /** The account that rewrites statistics and moves the log on for that; `erase_url` when left out. */
  readonly maintenance_url?: string | undefined
  /** Room for what sessions derive, of each instruction; absent: they keep nothing. */
  readonly results?: { readonly megabytes_max: number } | undefined
  /** Of a folder (`files`) or a file (`sqlite`). */
  readonly path?: string | undefined
  /** Of `s3`: one name or several, all that the account lists without; Amazon's own service by region where no endpoint is declared. */
  readonly bucket?: string | readonly string[] | undefined
  readonly region?: string | undefined
  readonly endpoint?: string | undefined
  readonly access_key?: string | undefined
  readonly secret_key?: string | undefined
  /** Of an account that may delete objects. */
  readonly erase_access_key?: string | undefined
  readonly erase_secret_key?: string | undefined
  readonly [key: string]: unknown
}

export interface Store {
  readonly id: string
  readonly environment: string
  readonly kind: StoreKind
  readonly declared: StoreDeclared
  /** Of `redis`: tables of datasets that are declared in it, of all controllers. Each is a part of its own of its database. */
  readonly tables?: readonly string[]
}

export interface ColumnDeclared {
  readonly category: string
  readonly identifies?: boolean | undefined
}

export interface DatasetTable {
  /** `schema.table`, a file, a part of one or a folder, or keys that begin alike, as `printTable` writes it. */
  readonly table: string
  /** The column that counts one person. */
  readonly subject: string
  readonly country?: string | undefined
  /** Where several controllers share a table: the predicate of this controller's rows. Declared, weaker. */
  readonly separation?: 'shared_table' | undefined
  readonly rows?: string | undefined
  /** For a strict controller: its tokens are made with a key of its own, not with that of all. */
  readonly isolated?: boolean | undefined
  /** A column that grows with every change of a row, such as `updated_at`: a refresh reads only what changed since the last one; in `postgres` and `mysql`. Technical: no part of what was agreed. */
  readonly watermark?: string | undefined
  /** Changes are read from a replication slot of our own; in `postgres`. Technical, as a watermark is. */
  readonly changes?: 'replication' | undefined
  /** Of its server's log, how much that slot may hold back; 1 GiB when left out. */
  readonly retained_bytes_max?: number | undefined
  /** How it is written, in `files` and `s3`; told from its content when left out. Technical, as a watermark is. */
  readonly dialect?: Dialect | undefined
  readonly columns: Readonly<Record<string, ColumnDeclared>>
}

/** One controller's records in one store. `checkedAt`: when its columns were last compared with the live store; without it they are only declared. */
export interface Dataset {
  readonly id: string
  readonly slot: number
  readonly controller: string
  readonly store: string
  readonly tables: readonly DatasetTable[]
  readonly checkedAt?: Instant
}

/**
 * Where a store leads, as hashes: nothing of an address stands in the ledger. `to`: its address; null where this process cannot tell. `is`: the place that runs or stands there; wherever it is the same, it is the same place, whatever its address. `of`: what stays as long as the
 * place does; another one under the same address is another place. Both are absent where the place tells nothing of the kind.
 */
export interface Lead { readonly store: string; readonly to: string | null; readonly is?: string; readonly of?: string }

/**
 * A table that sessions under an instruction keep what they derived in, or a governed copy. It is recorded before its first row can be kept, so it may never have come to be. Names are shown
 * with marks in place of what looks like somebody's.
 */
export interface DerivedDataset {
  readonly id: string
  /** The controller's. */
  readonly slot: number
  readonly controller: string
  readonly contract: string
  readonly instruction: string
  readonly store: string
  readonly place: string
  readonly columns: readonly string[]
  /** Ids of the datasets that the instruction let it be made from. */
  readonly from: readonly string[]
  /** Who made it, and in which session of the gateway; null where a later look found it, or that record's key was destroyed. */
  readonly person: string | null
  readonly session: string | null
  /** What put it there: a session of the gateway, a transfer, or an activity elsewhere, such as the training of a model. */
  readonly by: 'session' | 'transfer' | 'activity'
  readonly derivedAt: Instant
  /** When it was found to be gone, or dropped; null: it is there. */
  readonly droppedAt: Instant | null
  /** Where its store led when it was registered; left out or null where that was not kept. */
  readonly lead?: Lead | null
}

/** A replication slot of ours in a store, as the ledger knows it. Only what stands here is ours. */
export interface Replication {
  /** Of the slot: `bailee_`, the table's fingerprints, and digits that nobody knows beforehand. */
  readonly name: string
  /** The controller's. */
  readonly slot: number
  readonly store: string
  /** What it is read for. */
  readonly fingerprints: string
  readonly begunAt: Instant
}
