/** Where a controller's data are: declared, derived, copied under an instruction, or found under none. One list, for the map and for the table. */
import type { z } from 'zod'
import { allControllers } from '#contract'
import { allDatasets, allDerived, allStores, type Dataset, type DerivedDataset } from '#inventory'
import { existingFingerprints, allFindings, type Finding } from '#trace'
import { allTransfers, type Transfer } from '#transfer'
import { reachOf } from './reach.ts'
import type { Reading } from './reading.ts'
import type { copyItem } from './schemas/copy.ts'
import { controllersById, minded, shownInstant } from './shown.ts'

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
  const places = Map.groupBy(await allFindings(database), ({ store, place }) => `${store}\n${place}`)
  return [
    ...findings.map((one) => ofFinding(one, known, new Set((places.get(`${one.store}\n${one.place}`) ?? []).map((other) => other.controller)).size - 1)),
    ...mine(await allDatasets(database)).flatMap((one) => ofDataset(one, known, fingerprints)),
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

/** A dataset's tables, each a place. Counted where its fingerprints were taken. */
function ofDataset(one: Dataset, { named, environmentOf }: Known, fingerprints: ReadonlyMap<string, number>): Copy[] {
  return one.tables.map(({ table }, number): Copy => ({
    id: `${one.id}.${number}`, kind: 'dataset', controller: named(one.controller), store: one.store, environment: environmentOf(one.store), place: table, standing: one.checkedAt === undefined ? 'declared' : 'verified', instruction: null,
    people: fingerprints.get(`${one.id}.${number}`) ?? null, rows: null, since: null, until: null, from: [], seenAt: shownInstant(one.checkedAt), others: 0, gone: false,
  }))
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
