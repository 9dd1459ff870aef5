/** Whose a place is declared to be, whole or in parts. Pure. */
import { ownParts, parsePart, printPart, isFileKind, type Dataset, type OwnParts, type StoreKind } from '#inventory'
import type { DatasetResult } from '../search/index.ts'
import type { SearchedPart, SearchedPlace } from '../types.ts'
import type { DerivedAt } from './derived.ts'

interface Declared { readonly controller: string; readonly table: string }

/** Declared tables, by where they can lie. */
export interface Ownership {
  /** Controllers that declare it, and what of it is theirs. */
  of(store: string, place: string): readonly { readonly controller: string; readonly parts: OwnParts }[]
}

/** `kindOf` tells the kind of a store. */
export function createOwnership(datasets: readonly Dataset[], kindOf: (store: string) => StoreKind | undefined): Ownership {
  const exact = new Map<string, Declared[]>()
  const wide = new Map<string, Declared[]>()
  for (const { store, controller, tables } of datasets) {
    for (const { table } of tables) {
      const kind = kindOf(store)
      const path = kind === 'redis' || (kind !== undefined && isFileKind(kind)) ? parsePart(table).path : table
      if (kind === 'sqlite' || (kind !== undefined && isFileKind(kind) && path.endsWith('/'))) add(wide, store, { controller, table })
      else add(exact, `${store}\n${path}`, { controller, table })
    }
  }
  return {
    of: (store, place) => [...(exact.get(`${store}\n${place}`) ?? []), ...(wide.get(store) ?? [])].flatMap(({ controller, table }) => {
      const parts = ownParts(kindOf(store) ?? 'postgres', table, place)
      return parts === undefined ? [] : [{ controller, parts }]
    }),
  }
}

function add(map: Map<string, Declared[]>, key: string, declared: Declared): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, [declared])
  else known.push(declared)
}

/** A place, or those of its parts that are the same controllers' own. */
export interface OwnedPlace {
  readonly place: SearchedPlace
  readonly owners: readonly string[]
}

/** A place in which some parts are somebody's own, as one for each set of owners; one that is somebody's whole stays whole. */
export function splitByOwners(place: SearchedPlace, owned: ReturnType<Ownership['of']>): OwnedPlace[] {
  const whole = owned.flatMap(({ controller, parts }) => (parts === 'all' ? [controller] : []))
  if (whole.length === owned.length) return [{ place, owners: whole }]
  const ownersOf = (part: SearchedPart): string[] => owned.flatMap(({ controller, parts }) => (parts === 'all' || parts(part.name) ? [controller] : []))
  return [...Map.groupBy(place.parts, (part) => [...new Set(ownersOf(part))].sort().join('\n'))]
    .map(([owners, parts]): OwnedPlace => ({ owners: owners === '' ? [] : owners.split('\n'), place: { ...place, parts, results: together(parts.flatMap(({ results }) => results)) } }))
}

/** A file of tables of which some are known to be derived: each of them is a place of its own, and the rest is one. */
export function splitDerived(place: SearchedPlace, derived: DerivedAt): SearchedPlace[] {
  const known = place.parts.filter(({ name }) => name !== '' && derived(place.store, printPart(place.place, name)) !== undefined)
  if (known.length === 0) return [place]
  const rest = place.parts.filter((part) => !known.includes(part))
  return [{ ...place, parts: rest, results: together(rest.flatMap(({ results }) => results)) }, ...known.map((part) => ({ ...place, place: printPart(place.place, part.name), parts: [part], results: part.results }))]
}

/** Each dataset once: people in several parts are counted in the part that holds most, since who is in two of them is not known any more. */
export function together(results: readonly DatasetResult[]): DatasetResult[] {
  return [...Map.groupBy(results, ({ dataset }) => dataset).values()].map((found) => {
    const copies = found.filter(({ verdict }) => verdict === 'copy').sort((a, b) => b.records - a.records)
    const sum = (pick: (result: DatasetResult) => number): number => copies.reduce((total, result) => total + pick(result), 0)
    const [largest] = copies
    return largest === undefined ? found[0]! : { ...largest, rows: sum(({ rows }) => rows), confirmedRows: sum(({ confirmedRows }) => confirmedRows), reasons: copies.flatMap(({ reasons }) => reasons) }
  })
}
