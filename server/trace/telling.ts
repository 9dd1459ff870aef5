/** Copies of governed copies, told by what their values bear: the shapes that searches and erasing share, and how a place is told. */
import { describedTable, isUnread, parsePart, printPart, sameBytesAs } from '#inventory'
import { Broken } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { SearchablePlace } from './places.ts'
import type { CopySeen, CopyTold, PlaceTold, SearchedPlace } from './types.ts'

/** A governed copy that can be told: whose it is, and where it is registered. */
export interface KnownGoverned { readonly id: string; readonly controller: string; readonly slot: number; /** What it is a copy of. */ readonly dataset: string; readonly instruction: string; readonly madeAt: Instant; readonly store: string; readonly places: readonly string[]; /** It was erased: nothing of it may be anywhere. */ readonly erased: boolean }

/** A governed copy that nobody can tell by its values. `noToken`: nothing in it stands for a person, so that there is nothing to be told by. */
export interface UntoldGoverned { readonly id: string; readonly controller: string; readonly contract: string; readonly because: string; readonly noToken: boolean }

/** Of which copies the values of one part are, told as its bytes go by. */
export interface PartTeller {
  /** The bytes may be overwritten after the call. */
  readonly feed: (bytes: Uint8Array) => void
  readonly end: () => { /** Values that could have borne a mark by chance. */ readonly codes: number; readonly copies: readonly CopySeen[] }
}

/** What tells copies by values; whoever makes them gives it. */
export interface InventedTeller {
  readonly copies: readonly KnownGoverned[]
  readonly untold: readonly UntoldGoverned[]
  /** Begins a part. */
  readonly begin: () => PartTeller
  /** The copies that something in a text is of. */
  readonly inText: (text: string) => readonly string[]
  /** What several parts of one place, with so many codes in all, hold together: a value that stands in several counts once. */
  readonly sum: (told: readonly CopySeen[], codes: number) => readonly CopyTold[]
}

type Opening = () => ReturnType<SearchablePlace['open']>

/** What is told of a unit, part by part, as it is read. */
export interface UnitTelling {
  /** The bytes of a part, told as they are read to their end. */
  readonly through: (name: string, bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>
  /** Why some of it was not looked at. */
  readonly missing: (because: string) => void
  readonly told: () => PlaceTold
}

export function tellingOf({ begin }: Pick<InventedTeller, 'begin'>): UnitTelling {
  const parts = new Map<string, CopySeen[]>()
  const missing = new Set<string>()
  let codes = 0
  return {
    through: async function* (name, bytes) {
      const part = begin()
      for await (const piece of bytes) {
        part.feed(piece)
        yield piece
      }
      const told = part.end()
      parts.set(name, [...parts.get(name) ?? [], ...told.copies])
      codes += told.codes
    },
    missing: (because) => { missing.add(because) },
    told: () => ({ codes, parts: [...parts].filter(([, copies]) => copies.length > 0).map(([name, copies]) => ({ name, copies })), missing: [...missing] }),
  }
}

/** What a unit of a place holds of governed copies, part by part. What a reader cannot read is missing, and not thrown; the reason is when it is to stop. */
export async function tellUnit(open: Opening, teller: Pick<InventedTeller, 'begin'>, stopping?: AbortSignal): Promise<PlaceTold> {
  const telling = tellingOf(teller)
  try {
    for await (const part of open()) {
      if (isUnread(part)) { telling.missing(part.because); continue }
      for await (const bytes of telling.through(part.name, part.bytes)) if (bytes.length > 0) stopping?.throwIfAborted()
      for (const why of part.partly()) telling.missing(why) // known when it was read to its end
    }
  } catch (cause) {
    if (!(cause instanceof Broken)) throw cause
    telling.missing(cause.message)
  }
  return telling.told()
}

/** One place by what was told of its units; undefined when nobody looked into one of them. Pure. */
export function toldTogether(units: readonly (PlaceTold | undefined)[]): PlaceTold | undefined {
  const looked = units.filter((unit) => unit !== undefined)
  if (looked.length < units.length) return undefined
  const byName = Map.groupBy(looked.flatMap(({ parts }) => parts), ({ name }) => name)
  return { codes: looked.reduce((sum, unit) => sum + unit.codes, 0), parts: [...byName].map(([name, parts]) => ({ name, copies: parts.flatMap(({ copies }) => copies) })), missing: [...new Set(looked.flatMap(({ missing }) => missing))] }
}

/** A place that holds something of governed copies elsewhere than where these are registered. */
export interface GovernedPlace {
  readonly store: string
  readonly environment: string
  readonly place: string
  readonly copies: readonly CopyTold[]
  /** By part, where the place has parts. */
  readonly parts: readonly { readonly name: string; readonly copies: readonly CopyTold[] }[]
}

/** What a search found of one controller's governed copies, and what it did not look at. */
export interface GovernedFound {
  /** How many of its copies can be told. */
  readonly copies: number
  readonly untold: readonly UntoldGoverned[]
  readonly places: readonly GovernedPlace[]
  /** Places that were searched, and not looked into for copies of copies, or not whole. */
  readonly notLooked: readonly { readonly store: string; readonly place: string; readonly because: string }[]
}

/** Said where a place was searched by something that did not look for them. */
export const notLookedFor = 'nobody looked for copies of governed copies in it'

type Placed = Pick<SearchedPlace, 'store' | 'environment' | 'place' | 'of' | 'told'>

/** Whether a part of a place is where a copy is registered. What a server keeps of a table, and pages of a file read once more, are that table's. */
function isRegistered({ store, place, of }: Placed, part: string, copy: KnownGoverned): boolean {
  if (copy.erased || copy.store !== store) return false
  const names = [place, describedTable(place) ?? place, ...(of === undefined ? [] : [of]), printPart(place, part)]
  return copy.places.some((one) => names.includes(one) || (sameBytesAs(part) !== undefined && parsePart(one).path === parsePart(place).path && parsePart(one).name !== ''))
}

/** What stands in a place of these copies, elsewhere than where they are registered; undefined for nothing that names one. Pure. */
export function elsewhereIn(place: Placed, { copies, sum }: Pick<InventedTeller, 'copies' | 'sum'>): GovernedPlace | undefined {
  const known = new Map(copies.map((one) => [one.id, one]))
  const isElsewhere = (part: string, id: string): boolean => { const copy = known.get(id); return copy !== undefined && !isRegistered(place, part, copy) }
  const parts = (place.told?.parts ?? []).map(({ name, copies: told }) => ({ name, copies: told.filter(({ copy }) => isElsewhere(name, copy)) })).filter((part) => part.copies.length > 0)
  // The same bytes read once more hold no further people.
  const once = parts.filter(({ name }) => sameBytesAs(name) === undefined)
  const named = sum((once.length > 0 ? once : parts).flatMap((part) => part.copies), place.told?.codes ?? 0).filter((one) => one.named)
  if (named.length === 0) return undefined
  const ofNamed = parts.map(({ name, copies: told }) => ({ name, copies: told.filter(({ copy }) => named.some((one) => one.copy === copy)) })).filter((part) => part.copies.length > 0)
  return { store: place.store, environment: place.environment, place: place.place, copies: named, parts: ofNamed }
}

/** Copies of one controller's governed copies in what was searched. Pure. */
export function governedIn(searched: readonly SearchedPlace[], { copies, untold, sum }: Pick<InventedTeller, 'copies' | 'untold' | 'sum'>, controller: string): GovernedFound {
  const own = copies.filter((one) => one.controller === controller)
  const mine = { copies: own.length, untold: untold.filter((one) => one.controller === controller) }
  if (own.length === 0) return { ...mine, places: [], notLooked: [] }
  const places = searched.flatMap((place) => elsewhereIn(place, { copies: own, sum }) ?? [])
  const notLooked = searched.flatMap(({ store, place, told }) => (told === undefined ? [notLookedFor] : told.missing).map((because) => ({ store, place, because })))
  return { ...mine, places, notLooked }
}
