/** The physical check of an erasure: what the files below a database still hold, and what can be said of it. */

/** What lies in files of one kind, and what a search of their bytes can show. `none`: no value of a row stands in such a file, by its format. */
export type Control = 'seen' | 'not seen' | 'none'

/** One file as it was at one moment. `identity` is of the file itself and not of its name: a file renamed keeps it, a file made anew has another. */
export interface FileSeen { readonly kind: string; readonly path: string; readonly identity: string; readonly bytes: number }

/** What a search of all files of one kind came to: distinct values seen, and planted ones. */
export interface KindSearched {
  readonly kind: string
  readonly files: number
  readonly bytes: number
  readonly values: number
  readonly controls: number
}

/** Files that held the data before it was erased, of one kind; `left`: those whose identity is there still. */
export interface Replaced { readonly kind: string; readonly before: number; readonly left: number }

/** `clear`: searched, a planted value was seen, and none of the erased. `replaced`: no search can see into it, and every file that held the data is gone. */
export type KindStanding = 'clear' | 'replaced' | 'blind' | 'residual' | 'holds no values'

export interface KindOutcome {
  readonly kind: string
  readonly standing: KindStanding
  readonly files: number
  readonly bytes: number
  /** Distinct values seen before anything was erased; null where nobody looked then. */
  readonly values_before: number | null
  readonly values_after: number
  readonly control: Control
  /** Files that held the data, and how many of them still exist. */
  readonly files_before: number
  readonly files_left: number
}

/** A column that no search of bytes sees, and why: it is proven by its files' being replaced, or not at all. */
export interface BlindColumn { readonly place: string; readonly column: string; readonly because: string }

/** What stands in the way, or stood there until the end. */
export interface Hindrance { readonly place: string; readonly because: string }

/** A step that costs others something, and is taken only when somebody asks for it. */
export interface Offer { readonly step: string; readonly cost: string }

/** What the check of one store came to. Holds counts, names and reasons; never a value. */
export interface Performed {
  readonly store: string
  readonly performed: true
  /** Values drawn before the erasing and searched for; 0: they had been erased before this run began. */
  readonly values: number
  readonly kinds: readonly KindOutcome[]
  readonly blind_columns: readonly BlindColumn[]
  readonly done: readonly string[]
  readonly offered: readonly Offer[]
  readonly hindrances: readonly Hindrance[]
}
export interface NotPerformed { readonly store: string; readonly performed: false; readonly because: string; readonly hindrances: readonly Hindrance[] }
export type StoreOutcome = Performed | NotPerformed

/** Which files hold values, and how a planted value gets into them, is known by each engine's adapter. */
export interface KindRule { readonly kind: string; readonly holdsValues: boolean }
