/** What a search of the stores leaves in the catalogue: a sketch of every place that it read, under each epoch's key that it asked with. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { TraceContext } from '../fingerprints.ts'
import type { SearchedPlace } from '../types.ts'
import type { UnitOutcome } from '../sweep/unitFile.ts'
import { catalogueIn, epochIn } from './epochs.ts'
import { forgetGone, keepSketch, type CatalogueFolder, type FieldSketch, type PlaceSketch } from './files.ts'
import { decodeSketch, fieldOf, tokenOf, unite, type Sketch } from './sketch.ts'

/** The sketches of one epoch; makes their key the first time. */
export function folderOfEpoch(context: TraceContext, epoch: number): CatalogueFolder {
  return { directory: join(catalogueIn(context.directory), String(epoch)), key: context.ledger.keys.traceKey('catalogue', epoch).key }
}

/** Keeps what reading a place has left, by key of tokens. A place of which any unit left none keeps what it had: half a sketch would look like few values. */
export async function keepPlace(context: TraceContext, place: SearchedPlace, { outcomes, tokenKeys }: { readonly outcomes: readonly UnitOutcome[]; readonly tokenKeys: readonly string[] }): Promise<void> {
  for (const [pass, tokenKey] of tokenKeys.entries()) {
    const epoch = epochIn(tokenKey)
    if (epoch === undefined || outcomes.some(({ parts }) => parts.some(({ sketches }) => (sketches[pass]?.length ?? 0) === 0))) continue
    await keepSketch(folderOfEpoch(context, epoch), placeSketchOf(place, outcomes, pass), randomBytes)
  }
}

function placeSketchOf({ store, environment, place, readAt, partly, unread }: SearchedPlace, outcomes: readonly UnitOutcome[], pass: number): PlaceSketch {
  const byPart = [...Map.groupBy(outcomes.flatMap(({ parts }) => parts), ({ name }) => name)]
  const united = byPart.map(([name, pieces]) => ({ name, columns: pieces[0]?.columns ?? null, sketch: unite(pieces.map(({ sketches }) => decodeSketch(sketches[pass] ?? new Uint8Array()))) }))
  const level = Math.max(0, ...united.map(({ sketch }) => sketch.level))
  return {
    store, environment, place, readAt, partly: partly.length > 0 || unread > 0, level,
    fields: united.flatMap(({ name, columns, sketch }) => fieldsOf(unite([sketch, { level, entries: new BigUint64Array() }]), name, columns)),
  }
}

/** The entries of a part by field. */
export function fieldsOf({ entries }: Sketch, part: string, columns: readonly string[] | null): FieldSketch[] {
  return [...Map.groupBy(entries, fieldOf)].map(([field, own]) => ({ part, field, name: columns?.[field] ?? null, tokens: BigUint64Array.from(own, tokenOf) }))
}

/** Forgets the places of these stores that are gone, in every epoch that is asked with. */
export async function forgetPlaces(context: TraceContext, tokenKeys: readonly string[], { stores, there }: { readonly stores: ReadonlySet<string>; readonly there: readonly { readonly store: string; readonly place: string }[] }): Promise<void> {
  for (const epoch of new Set(tokenKeys.flatMap((tokenKey) => epochIn(tokenKey) ?? []))) await forgetGone(folderOfEpoch(context, epoch), stores, there)
}
