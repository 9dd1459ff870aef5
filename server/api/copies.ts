/** Where a controller's data are: declared, derived, copied under an instruction, or found under none. One list, for the map and for the table. */
import type { z } from 'zod'
import { allControllers } from '#contract'
import { allErasures, stepsOf } from '#erasure'
import { allDatasets, allDerived, allStores, type Dataset, type DerivedDataset } from '#inventory'
import { existingFingerprints, allFindings, type Finding } from '#trace'
import { allTransfers, type Transfer } from '#transfer'
import { reachOf } from './reach.ts'
import type { Reading } from './reading.ts'
import type { copyItem } from './schemas/copy.ts'
import { controllersById, minded, sawPlace, shownInstant } from './shown.ts'

export type Copy = z.output<typeof copyItem>

type Named = (id: string) => { id: string; name: string }
interface Known { readonly named: Named; readonly environmentOf: (store: string) => string }

/** Every copy that may be seen, of one controller or of all; those that are gone among them. Findings first, then what is declared. */
export async function copiesOf(reading: Reading, controller?: string): Promise<Copy[]> {
  const { bailee: { database }, principal, at } = reading
  const reach = await reachOf(reading)
  const environments = new Map((await allStores(database)).map(({ id, environment }) => [id, environment]))
  const known: Known = { named: controllersById(await allControllers(database)), environmentOf: (store) => environments.get(store) ?? '' }
  const mine = <One extends { readonly slot: number; readonly controller: string }>(items: readonly One[]): One[] => minded(principal, items).filter((one) => (controller === undefined || one.controller === controller) && (reach === undefined || reach.controllers.has(one.controller)))
  const fingerprints = new Map((await existingFingerprints(database)).map(({ id, records, former }) => [id, records - former]))
  const findings = mine(await allFindings(database))
  const transfers = mine(await allTransfers(database))
  // What a transfer made is a derived dataset as well: told once, as what it is.
  const derived = mine(await allDerived(database)).filter(({ by }) => by !== 'transfer')
  const erased = new Map((await erasedPlaces(reading, controller)).map((one) => [placeOf(one), one]))
  const places = Map.groupBy(await allFindings(database), ({ store, place }) => `${store}\n${place}`)
  return [
    ...findings.map((one) => ofFinding(one, known, new Set((places.get(`${one.store}\n${one.place}`) ?? []).map((other) => other.controller)).size - 1)),
    ...mine(await allDatasets(database)).flatMap((one) => ofDataset(one, { ...known, fingerprints, erased })),
    ...transfers.flatMap((one) => ofTransfer(one, known, at)),
    ...derived.map((one) => ofDerived(one, known)),
  ].sort((one, other) => Number(other.kind === 'finding' && !other.gone) - Number(one.kind === 'finding' && !one.gone) || (one.id < other.id ? -1 : 1))
}

function ofFinding(one: Finding, { named }: Known, others: number): Copy {
  return {
    id: one.id, kind: 'finding', controller: named(one.controller), store: one.store, environment: one.environment, place: one.place, standing: one.state === 'open' ? 'invalid' : 'verified', instruction: null, people: one.records, rows: one.rows,
    since: shownInstant(one.firstSeen), until: null, from: [...new Set((one.detail.datasets ?? []).map((id) => id.replace(/[.]\d+(?:[.]left.*)?$/, '')))], seenAt: shownInstant(one.lastSeen), others: Math.max(others, one.detail.mixed === true ? 1 : 0), gone: one.state === 'resolved',
  }
}

export interface ErasedPlace { readonly controller: string; readonly store: string; readonly place: string; readonly at: number; readonly searchedAgain: boolean }
const placeOf = ({ controller, store, place }: Pick<ErasedPlace, 'controller' | 'store' | 'place'>): string => `${controller}\n${store}\n${place}`

/** Places that exits erased, each with the last time; whether they were searched once more after that, and nothing was left. */
export async function erasedPlaces({ bailee: { database }, principal }: Reading, controller?: string): Promise<ErasedPlace[]> {
  const found: ErasedPlace[] = []
  for (const erasure of minded(principal, await allErasures(database)).filter((one) => controller === undefined || one.controller === controller)) {
    const nothingLeft = ['searched_again', 'confirmed', 'certified'].includes(erasure.state) && erasure.again?.residual === 0
    for (const { store, place, state, doneAt, rowsErased } of await stepsOf(database, erasure.id)) if (state === 'done' && doneAt !== null && rowsErased !== null) found.push({ controller: erasure.controller, store, place, at: doneAt, searchedAgain: nothingLeft && sawPlace(erasure.again, { store, place }) })
  }
  return found.sort((one, other) => one.at - other.at)
}

interface KnownDatasets extends Known { readonly fingerprints: ReadonlyMap<string, number>; readonly erased: ReadonlyMap<string, ErasedPlace> }

/** A dataset's tables, each a place. Counted where its fingerprints were taken; gone when an exit erased it and a search after that found nothing. */
function ofDataset(one: Dataset, { named, environmentOf, fingerprints, erased }: KnownDatasets): Copy[] {
  return one.tables.map(({ table }, number): Copy => {
    const last = erased.get(placeOf({ controller: one.controller, store: one.store, place: table }))
    const end = last !== undefined && (one.checkedAt === undefined || one.checkedAt <= last.at) ? last : undefined // looked at since, it is there again
    return {
      id: `${one.id}.${number}`, kind: 'dataset', controller: named(one.controller), store: one.store, environment: environmentOf(one.store), place: table, standing: end === undefined ? (one.checkedAt === undefined ? 'declared' : 'verified') : end.searchedAgain ? 'verified' : 'pending', instruction: null,
      people: fingerprints.get(`${one.id}.${number}`) ?? null, rows: null, since: null, until: shownInstant(end?.at), from: [], seenAt: shownInstant(one.checkedAt), others: 0, gone: end?.searchedAgain ?? false,
    }
  })
}

function ofTransfer(one: Transfer, { named, environmentOf }: Known, at: number): Copy[] {
  const late = one.state !== 'erased' && one.expiresAt !== null && one.expiresAt <= at
  return one.places.map((place, number): Copy => ({
    id: one.places.length === 1 ? one.id : `${one.id}.${number}`, kind: 'transfer', controller: named(one.controller), store: one.store, environment: environmentOf(one.store), place, standing: late ? 'invalid' : one.state === 'begun' ? 'pending' : 'verified', instruction: one.instruction,
    people: null, rows: one.tables?.find((table) => table.place === place)?.rows ?? one.tables?.[number]?.rows ?? null, since: shownInstant(one.madeAt ?? one.begunAt), until: shownInstant(one.expiresAt), from: [one.dataset], seenAt: null, others: 0, gone: one.state === 'erased',
  }))
}

function ofDerived(one: DerivedDataset, { named, environmentOf }: Known): Copy {
  return {
    id: one.id, kind: 'derived', controller: named(one.controller), store: one.store, environment: environmentOf(one.store), place: one.place, standing: 'verified', instruction: one.instruction, people: null, rows: null,
    since: shownInstant(one.derivedAt), until: null, from: [...one.from], seenAt: null, others: 0, gone: one.droppedAt !== null,
  }
}
