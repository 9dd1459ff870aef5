import type { Instant } from '#kit/time'
import type { DatasetResult, PlaceCoverage } from './search/index.ts'

/** Fingerprints of one table of a dataset, as the control plane knows them: counts and hashes. The tokens are in a sealed file beside the data. */
export interface FingerprintRecord {
  /** `<dataset>.<number of the table>`; those of people who left it before the key of tokens changed are `<that>.left.<the key>`. */
  readonly id: string
  readonly slot: number
  readonly controller: string
  readonly dataset: string
  readonly keyId: string
  readonly sha256: string
  /** People known by them; those who left the dataset since are among them. */
  readonly records: number
  /** Of them, those who left it. */
  readonly former: number
  /** Id of the key that made the tokens: `epoch/<number>`, or `isolated/<slot>` for a controller that shares none. */
  readonly tokenKey: string
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
  /** What it rests on; empty for what was found before details were kept. */
  readonly detail: Partial<FindingDetail>
}

/** A field of a found place in which values of the dataset were recognised. */
export interface RecognisedColumn {
  /** What the copy calls it, where that is known. */
  readonly name: string | null
  /** Its position, from 0. */
  readonly field: number
  /** What it is in the dataset. */
  readonly column: string
  /** `md5`, `sha1`, `sha256` of it, `bare`: an address without its tag; null for the value itself. */
  readonly form: string | null
  /** Different values of it there, in rows that are nobody else's. */
  readonly values: number
}

/** What a finding rests on: counts, positions and names of columns; no value. */
export interface FindingDetail {
  /** Of the dataset's records, how many are there; 1 is all of them. */
  readonly share: number | null
  readonly confirmedRows: number
  /** Fingerprints (one a table) whose records were found. */
  readonly datasets: readonly string[]
  readonly columns: readonly RecognisedColumn[]
  /** Where in the place, when it has parts. */
  readonly parts: readonly { readonly name: string; readonly kind: string; readonly records: number; readonly rows: number }[]
  /** Records of other controllers stand there too. Whose, no controller's log may say. */
  readonly mixed: boolean
  readonly reasons: readonly string[]
  /** Where some of its rows start: byte offsets in what was read of a part (`in`, as in `parts`), by the number of its unit from 0. */
  readonly samples: readonly { readonly in: string; readonly unit: number; readonly offset: number; readonly columns: readonly string[] }[]
  readonly made: MadeBetween
  /** When the copy itself was made, by the versions of values that it holds; absent where it was found before such were kept. */
  readonly probablyMade?: ProbablyMade
  /** It is a copy of these governed copies, told by their invented records and marks; absent where people's values were found. */
  readonly copies?: readonly CopyTold[]
  readonly readAt: Instant
}

/** Of which governed copy something is. */
export interface CopyTold {
  readonly copy: string
  /** Different invented records of it: nobody else has one. */
  readonly canaries: number
  /** Different tokens and addresses that bear its mark. */
  readonly marked: number
  /** At least so many people's tokens are among them, where a copy has one column of them. */
  readonly people: number
  /** One invented record, or so many marks that chance does not make them. */
  readonly named: boolean
  /** That it is of this copy, not by chance. */
  readonly certainty: number
  /** More values were told there than are kept to tell what parts have in common: there may be more than these. */
  readonly atLeast?: true
}

/** Different values of one kind: how many, and of the lowest a short hash each, under the copy's own key, so that what several parts have in common counts once. Fewer hashes than values: the others are not told apart. */
export interface ValuesSeen { readonly count: number; readonly hashes: readonly string[] }

/** What one part of a place, or one piece of it, holds of a governed copy; `seen` is absent where it was told before parts were united by their values. */
export interface CopySeen extends CopyTold { readonly seen?: { readonly records: ValuesSeen; readonly tokens: ValuesSeen; readonly addresses: ValuesSeen } }

/** What was told of governed copies in one place. */
export interface PlaceTold {
  /** Values that could have borne a mark by chance. */
  readonly codes: number
  /** By part of the place, as `SearchedPart` names it. */
  readonly parts: readonly { readonly name: string; readonly copies: readonly CopySeen[] }[]
  /** Why some of it was not looked at; empty when all of it was. */
  readonly missing: readonly string[]
}

/** Between which moments a copy came to be where it was found; null: not known. */
export interface MadeBetween {
  readonly after: Instant | null
  readonly before: Instant | null
  /** Why so, or why nothing can be told. */
  readonly because: string
}

/** Between which moments a copy was probably made, from the changed values that it holds. */
export interface ProbablyMade {
  /** Null: nothing bounds it there. */
  readonly after: Instant | null
  readonly before: Instant | null
  /** What each bound rests on. */
  readonly afterBy: MadeEvidence | null
  readonly beforeBy: MadeEvidence | null
  /** It holds values of different times: it was added to, or comes of several sources. Then `after` is that of its newest part. */
  readonly several: boolean
  /** Of values in its columns that ever changed: how many there are, and how many the copy holds. */
  readonly changed: number
  readonly held: number
  /** In words: what it holds of them, or why nothing can be told. */
  readonly because: string
}

/**
 * `holds`: values that were in the dataset only since a moment, or only until one. `lacks`: values that a copy of the other side of the bound would hold, were it drawn
 * without regard to when people came or went: the weaker of the two. `values`: how many there are, `held`: how many of them are in the copy.
 */
export interface MadeEvidence {
  readonly kind: 'holds' | 'lacks'
  readonly values: number
  readonly held: number
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

/** Something that was not read, and why; `place` is `*` for a whole store. */
export interface Unread {
  readonly store: string
  readonly place: string
  readonly because: string
}

/** One part of a place that holds values of a dataset: a member of an archive, a sheet, or the place itself (`name` is ''). */
export interface SearchedPart {
  readonly name: string
  readonly kind: string
  readonly partly: readonly string[]
  readonly results: readonly DatasetResult[]
  /** What it calls its fields, by position, where values were recognised and the name is known; else null. */
  readonly columns: readonly (string | null)[]
}

/** One place of one store, searched: a table, a file, an object. What is in it counts together. */
export interface SearchedPlace {
  readonly store: string
  readonly environment: string
  readonly place: string
  /** The table that it is a partition of. */
  readonly of?: string | undefined
  /** When it was read: earlier than the sweep for a place that has not changed since. */
  readonly readAt: Instant
  readonly coverage: PlaceCoverage
  /** What of it could not be compared, in words; empty when it was searched whole. */
  readonly partly: readonly string[]
  /** How many of its parts could not be read; they are named in the coverage. */
  readonly unread: number
  readonly results: readonly DatasetResult[]
  /** Those with results. */
  readonly parts: readonly SearchedPart[]
  /** Absent where nobody looked for copies of governed copies. */
  readonly told?: PlaceTold
}

/** Says how far long work is; `done` and `total` count places, `rows` what was read in all. */
export type Progress = (state: {
  readonly work: string
  readonly place: string
  readonly done: number
  readonly total: number
  readonly rows: number
  /** Share of the work that is done, by bytes where they are known; undefined where nothing tells. */
  readonly share?: number | undefined
  /** Bytes read so far by this process. */
  readonly bytes?: number | undefined
}) => void
