import type { Instant } from '#kit/time'
import type { DatasetResult, PlaceCoverage } from './search/index.ts'

/** Fingerprints of one table of a dataset, as the control plane knows them: counts and hashes. The tokens are in a sealed file beside the data. */
export interface FingerprintRecord {
  /** `<dataset>.<number of the table>`; also the file's name. */
  readonly id: string
  readonly slot: number
  readonly controller: string
  readonly dataset: string
  readonly keyId: string
  readonly sha256: string
  readonly records: number
  readonly state: 'live' | 'kept' | 'destroyed'
  readonly takenAt: Instant
  readonly keepUntil: Instant | null
}

/** A place that holds a controller's records and that no instruction covers. */
export interface Finding {
  readonly id: string
  readonly slot: number
  readonly controller: string
  readonly store: string
  readonly environment: string
  readonly place: string
  /** Distinct people. */
  readonly records: number
  readonly rows: number
  readonly state: 'open' | 'resolved'
  readonly firstSeen: Instant
  readonly lastSeen: Instant
  /** Index in the controller's log of the entry that opened it. */
  readonly openedAtEntry: number
  readonly because: string | null
}

/** What a search read and what it did not, per store. */
export interface StoreCoverage {
  readonly store: string
  readonly environment: string
  readonly kind: string
  readonly places: number
  /** How much was read; left out, with `withheld`, where it would tell one controller how much another has. */
  readonly rows?: number
  readonly values?: number
  readonly bytes?: number
  readonly withheld?: string
  readonly not_read: readonly { readonly place: string; readonly because: string }[]
  /** Read, and yet some of it could not be compared: a copy may stand in what is left. */
  readonly partly_read: readonly { readonly place: string; readonly because: string }[]
}

export interface SweepRecord {
  readonly slot: number
  readonly id: string
  readonly sweptAt: Instant
  readonly purpose: string
  readonly coverage: readonly StoreCoverage[]
}

/** One place of one store, searched. */
export interface SearchedPlace {
  readonly store: string
  readonly environment: string
  readonly place: string
  readonly coverage: PlaceCoverage
  /** What of it could not be compared, in words; empty when it was searched whole. */
  readonly partly: readonly string[]
  readonly results: readonly DatasetResult[]
}

/** Says how far long work is; `done` and `total` count places, `rows` what was read in all. */
export type Progress = (state: { readonly work: string; readonly place: string; readonly done: number; readonly total: number; readonly rows: number }) => void
