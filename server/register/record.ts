/** Makes the record of one controller out of what the words hold. Pure. */
import type { Contract, Controller, Processor } from '#contract'
import type { CertificateRecord, Erasure } from '#erasure'
import type { SessionsSeen } from '#gateway'
import { isInForce, type Instruction } from '#instruction'
import type { Dataset, DerivedDataset, Environment, Store } from '#inventory'
import type { Finding, SweepRecord } from '#trace'
import type { Transfer } from '#transfer'
import type { Instant } from '#kit/time'
import { isInside } from './countries.ts'
import type { CategoryRecord, ContactRecord, CopyRecord, MeasureRecord, PartyRecord, PlaceRecord, RegisterRecord, SubProcessorRecord, Told, TransferRecord } from './types.ts'

/** All that is known of all controllers at the moment that the record tells of. */
export interface Facts {
  readonly processor: Processor
  readonly controllers: readonly Controller[]
  readonly contracts: readonly Contract[]
  readonly instructions: readonly Instruction[]
  readonly environments: readonly Environment[]
  readonly stores: readonly Store[]
  readonly datasets: readonly Dataset[]
  readonly derived: readonly DerivedDataset[]
  readonly transfers: readonly Transfer[]
  readonly findings: readonly Finding[]
  readonly sessions: readonly SessionsSeen[]
  readonly sweeps: readonly SweepRecord[]
  readonly erasures: readonly Erasure[]
  readonly certificates: readonly CertificateRecord[]
}

interface PartyDeclared {
  readonly name: string
  readonly country: string
  readonly address?: string
  readonly contact?: string
  readonly email?: string
  readonly phone?: string
  readonly dpo?: 'none' | ContactRecord
  readonly representative?: 'none' | ContactRecord
}

interface ContractTerms {
  readonly subject_matter?: string
  readonly document?: string
  readonly transfers?: readonly { readonly country: string; readonly tool: string; readonly reference?: string }[]
  readonly sub_processors?: { readonly list: readonly SubProcessorRecord[] }
}

const told = <Value>(value: 'none' | Value | undefined): Told<Value> => (value === undefined ? { is: 'missing' } : value === 'none' ? { is: 'none' } : { is: 'told', value })
const termsOf = (contract: Contract): ContractTerms => contract.declared as unknown as ContractTerms

/** The record of a controller that is among `facts`, as of a moment. */
export function buildRecord(facts: Facts, id: string, at: Instant): RegisterRecord {
  const controller = facts.controllers.find((one) => one.id === id)!
  const contracts = facts.contracts.filter((one) => one.controller === id)
  const categories = facts.instructions.filter((one) => one.controller === id).map((one) => categoryOf(facts, one, at))
  const places = placesOf(facts, id)
  const erasures = new Set(facts.erasures.filter((one) => one.controller === id).map((one) => one.id))
  const sweep = facts.sweeps.find(({ slot }) => slot === controller.slot)
  const measures = facts.processor['measures'] as readonly MeasureRecord[] | undefined
  return {
    asOf: at, processor: partyOf(facts.processor as unknown as PartyDeclared, at),
    controller: { id, ...partyOf(controller.declared as unknown as PartyDeclared, at) },
    contracts: contracts.map((one) => ({ id: one.id, starts: one.starts, ends: one.ends, endedAt: one.endedAt, subjectMatter: termsOf(one).subject_matter, document: termsOf(one).document, choice: one.declared.at_end?.choice })),
    categories, places, transfers: transfersOf(facts, { contracts, categories, places }, at), measures: listed(measures),
    subProcessors: subProcessorsOf(contracts), copies: copiesOf(facts, id),
    sweep: sweep === undefined ? undefined : {
      at: sweep.sweptAt, stores: sweep.coverage.length, places: sum(sweep.coverage.map((one) => one.places)),
      notRead: sum(sweep.coverage.map((one) => one.not_read.length)), partlyRead: sum(sweep.coverage.map((one) => one.partly_read.length)),
    },
    certificates: facts.certificates.filter((one) => erasures.has(one.erasure)).map((one) => ({ id: one.id, status: one.invalidatedAt === null ? one.status : 'invalidated', issuedAt: one.issuedAt, invalidatedAt: one.invalidatedAt ?? undefined })),
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)
const listed = <Item>(list: readonly Item[] | undefined): Told<readonly Item[]> => (list === undefined ? { is: 'missing' } : list.length === 0 ? { is: 'none' } : { is: 'told', value: list })

function partyOf(declared: PartyDeclared, at: Instant): PartyRecord {
  // A firm within the Union needs no representative there: that is known without being told.
  const needless = declared.representative === undefined && isInside(declared.country, at)
  return {
    name: declared.name, country: declared.country, address: told(declared.address), email: told(declared.email ?? declared.contact), telephone: told(declared.phone),
    representative: needless ? { is: 'not_needed' } : told(declared.representative), dpo: told(declared.dpo),
  }
}

function categoryOf(facts: Facts, one: Instruction, at: Instant): CategoryRecord {
  const seen = facts.sessions.filter(({ instruction }) => instruction === one.id)
  const contract = facts.contracts.find(({ id }) => id === one.contract)
  const { purposes = [], operations = [], environments = [] } = one.scope as Partial<typeof one.scope>
  return {
    instruction: one.id, contract: one.contract, state: one.state, purposes, operations, environments, from: one.from, until: one.until, acceptedAt: one.acceptedAt,
    inForce: at >= one.from && isInForce(one, contract?.endedAt, at),
    observed: seen.length === 0 ? undefined : { sessions: sum(seen.map(({ sessions }) => sessions)), rows: sum(seen.map(({ rows }) => rows)), first: Math.min(...seen.map(({ first }) => first)), last: Math.max(...seen.map(({ last }) => last)) },
  }
}

function placesOf(facts: Facts, controller: string): PlaceRecord[] {
  const environments = new Map(facts.environments.map((one) => [one.id, one.declared as unknown as { class: string; country: string }]))
  const holds = new Map<string, string[]>()
  const add = (store: string, what: string): void => { holds.set(store, [...(holds.get(store) ?? []), what]) }
  for (const one of facts.datasets) if (one.controller === controller) add(one.store, one.id)
  for (const one of copiesOf(facts, controller)) add(one.store, `${one.id} (${one.kind} copy)`)
  return facts.stores.filter(({ id }) => holds.has(id)).map((store) => {
    const environment = environments.get(store.environment)
    return { store: store.id, kind: store.kind, environment: store.environment, class: environment?.class ?? 'unknown', country: environment?.country ?? 'unknown', datasets: holds.get(store.id) ?? [] }
  })
}

function copiesOf(facts: Facts, controller: string): CopyRecord[] {
  return [
    ...facts.transfers.filter((one) => one.controller === controller && one.state !== 'erased').map((one): CopyRecord => ({ id: one.id, kind: 'governed', store: one.store, place: one.places.join(', '), since: one.begunAt, until: one.expiresAt ?? undefined })),
    ...facts.derived.filter((one) => one.controller === controller && one.droppedAt === null && one.by === 'session').map((one): CopyRecord => ({ id: one.id, kind: 'derived', store: one.store, place: one.place, since: one.derivedAt })),
    ...facts.findings.filter((one) => one.controller === controller && one.state === 'open').map((one): CopyRecord => ({ id: one.id, kind: 'found', store: one.store, place: one.place, since: one.firstSeen, people: one.records })),
  ]
}

function subProcessorsOf(contracts: readonly Contract[]): Told<readonly SubProcessorRecord[]> {
  const lists = contracts.map((one) => termsOf(one).sub_processors?.list)
  const named = lists.flatMap((list) => list ?? [])
  if (named.length > 0) return { is: 'told', value: [...new Map(named.map((one) => [one.name, one])).values()] }
  return lists.length === 0 || lists.includes(undefined) ? { is: 'missing' } : { is: 'none' }
}

/** Countries outside the Economic Area: those that contracts name, and those where data stand, are worked on from, or are handed to. */
function transfersOf(facts: Facts, of: { readonly contracts: readonly Contract[]; readonly categories: readonly CategoryRecord[]; readonly places: readonly PlaceRecord[] }, at: Instant): Told<readonly TransferRecord[]> {
  const seen = new Map<string, string[]>()
  const see = (country: string, because: string): void => { if (country !== 'unknown' && !isInside(country, at)) seen.set(country, [...(seen.get(country) ?? []), because]) }
  for (const { store, environment, country } of of.places) see(country, `store ${store} in environment ${environment}`)
  const sessions = of.categories.filter(({ observed }) => observed !== undefined)
  if (sessions.length > 0) see(facts.processor.country, `sessions of the processor's people under ${sessions.map(({ instruction }) => instruction).join(', ')} (access from where it sits)`)
  const named = of.contracts.flatMap((one) => termsOf(one).sub_processors?.list ?? [])
  for (const { name, country } of named) see(country, `sub-processor ${name}`)
  const terms = of.contracts.flatMap((one) => termsOf(one).transfers ?? [])
  const countries = [...new Set([...terms.map(({ country }) => country), ...seen.keys()])].sort()
  const rows = countries.map((country): TransferRecord => {
    const term = terms.find((one) => one.country === country)
    return { country, tool: told(term?.tool), reference: term?.reference, declared: term !== undefined, seen: seen.get(country) ?? [] }
  })
  if (rows.length > 0) return { is: 'told', value: rows }
  return of.contracts.length === 0 || of.contracts.some((one) => termsOf(one).transfers === undefined) ? { is: 'missing' } : { is: 'none' }
}
