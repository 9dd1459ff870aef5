/** One shape for every place of every kind of store: what it is called, in what pieces it can be read, and how it is opened. */
import type { PartOrUnread } from './part.ts'
import type { NotRead } from './postgres.ts'

/** The unit that is a whole place. Every place can be opened by it, also one that lists smaller units. */
export const wholeUnit = 'all'

/** A place as its store knows it: a table, a file, a key space, an object of a bucket. */
export interface ListedPlace {
  /** Within its store. */
  readonly place: string
  /** The table that it is a partition of, or that its values were taken from (statistics): whose rows they are follows from that one. */
  readonly of?: string | undefined
  /** What it occupies in its store; undefined where the store does not tell. */
  readonly bytes?: number | undefined
  /**
   * Equal at two listings: nothing of the place has changed between them. Undefined where the store has no such signal that can be trusted: it is then
   * to be read again. Cheap; holds no value.
   */
  readonly signal?: string | undefined
  /**
   * Pieces that together are the place, each to be opened by itself and in any order: `['all']`, or ranges such as `ctid 0-131072`. Pieces opened at
   * different moments see different moments of a place that is being changed (`open`).
   */
  units(): readonly string[]
  /**
   * The parts of one unit, in order; the consumer ends or stops the bytes of one before it asks for the next. A place that cannot be read is an unread
   * part named ''. Throws `Broken` when it cannot be read on. Everything of one unit is as of one moment where the store has moments.
   */
  open(unit: string): AsyncGenerator<PartOrUnread>
  /**
   * Where the store can: one moment for all units that are opened through it, until it is closed. Held open it keeps the store from cleaning up behind
   * its writers: for minutes, not hours. Without it a row that is moved by an update between two units may be read twice, or not at all: such a row is
   * certain to be read only when the place's `signal` is still the same after its last unit.
   */
  hold?(): Promise<Held>
}

/** A place at one moment. */
export interface Held {
  open(unit: string): AsyncGenerator<PartOrUnread>
  close(): Promise<void>
}

/** Every place of one store, and what lies in it and was not made a place, with the reason. */
export interface Listing {
  readonly places: readonly ListedPlace[]
  readonly notRead: readonly NotRead[]
}

/** Every place of a store by itself: of a kind with one moment (a file, a key space) there is one unit. */
export const oneUnit = (): readonly string[] => [wholeUnit]
