/** Makes the record of one controller out of what the words hold. Pure. */
import { isInside, isThirdCountry, type RecordedAssessment, type Standing } from '#assessment'
import { chainAt, matrixOf, type Contract, type Controller, type Processor, type SubProcessor, type TermRecorded } from '#contract'
import type { CertificateRecord, Erasure } from '#erasure'
import type { SessionsSeen } from '#gateway'
import { isInForce, isSuspended, type Instruction, type Warning } from '#instruction'
import type { Dataset, DerivedDataset, Environment, Store } from '#inventory'
import type { Finding, SweepRecord } from '#trace'
import type { Transfer } from '#transfer'
import type { Instant } from '#kit/time'
import type { Compulsion } from './compulsion/store.ts'
import type { AssessmentRecord, CategoryRecord, ContactRecord, CopyRecord, MeasureRecord, PartyRecord, PlaceRecord, RegisterRecord, SubProcessorRecord, Told, TransferRecord } from './types.ts'

/** All that is known of all controllers at the moment that the record tells of. */
export interface Facts {
  readonly processor: Processor
  readonly controllers: readonly Controller[]
  readonly contracts: readonly Contract[]
  readonly subProcessors: readonly SubProcessor[]
  readonly terms: readonly TermRecorded[]
  readonly instructions: readonly Instruction[]
  readonly warnings: readonly Warning[]
  readonly environments: readonly Environment[]
  readonly stores: readonly Store[]
  readonly datasets: readonly Dataset[]
  readonly derived: readonly DerivedDataset[]
  readonly transfers: readonly Transfer[]
  readonly findings: readonly Finding[]
  readonly sessions: readonly SessionsSeen[]
  readonly sweeps: readonly SweepRecord[]
  readonly erasures: readonly Erasure[]
  readonly compulsions: readonly Compulsion[]
  readonly certificates: readonly CertificateRecord[]
  readonly assessments: readonly { readonly recorded: RecordedAssessment; readonly standing: Standing }[]
}

/** The same facts, of one controller alone: of a thousand, each record is made of its own and not looked for among all. */
export function factsByController(facts: Facts): (controller: string) => Facts {
  const by = <One>(items: readonly One[], keyOf: (item: One) => string): ((...keys: readonly string[]) => One[]) => {
    const grouped = Map.groupBy(items, keyOf)
    return (...keys) => keys.flatMap((key) => grouped.get(key) ?? [])
  }
  const own = ({ controller }: { readonly controller: string }): string => controller
  const [controllers, contracts, instructions, datasets, derived] = [by(facts.controllers, ({ id }) => id), by(facts.contracts, own), by(facts.instructions, own), by(facts.datasets, own), by(facts.derived, own)]
  const [transfers, findings, erasures, compulsions, sweeps] = [by(facts.transfers, own), by(facts.findings, own), by(facts.erasures, own), by(facts.compulsions, own), by(facts.sweeps, ({ slot }) => String(slot))]
  const [subProcessors, terms, warnings, sessions, certificates] = [by(facts.subProcessors, ({ contract }) => contract), by(facts.terms, ({ contract }) => contract), by(facts.warnings, ({ instruction }) => instruction), by(facts.sessions, ({ instruction }) => instruction), by(facts.certificates, ({ erasure }) => erasure)]
  return (id) => {
    const [itself, bound, told, ended] = [controllers(id), contracts(id), instructions(id), erasures(id)]
    const [ofContracts, ofInstructions] = [bound.map((one) => one.id), told.map((one) => one.id)]
    return {
      ...facts, controllers: itself, contracts: bound, instructions: told, datasets: datasets(id), derived: derived(id), transfers: transfers(id), findings: findings(id), erasures: ended, compulsions: compulsions(id), sweeps: sweeps(...itself.map(({ slot }) => String(slot))),
      subProcessors: subProcessors(...ofContracts), terms: terms(...ofContracts), warnings: warnings(...ofInstructions), sessions: sessions(...ofInstructions), certificates: certificates(...ended.map((one) => one.id)),
    }
  }
}

export interface PartyDeclared {
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
  readonly sub_processors?: { readonly list?: readonly unknown[] }
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
    contracts: contracts.map((one) => ({ id: one.id, starts: one.starts, ends: one.ends, endedAt: one.endedAt, subjectMatter: termsOf(one).subject_matter, document: termsOf(one).document, choice: one.declared.at_end?.choice, untold: counting(contracts).includes(one) ? untoldIn(one) : [], termsMissing: matrixOf(one, facts.terms).filter(({ standing }) => standing !== 'stands').map(({ term }) => term) })),
    categories, places, transfers: transfersOf(facts, { controller: id, contracts: counting(contracts), categories, places }, at), measures: listed(measures),
    subProcessors: subProcessorsOf(facts, contracts, at), copies: copiesOf(facts, id),
    sweep: sweep === undefined ? undefined : {
      at: sweep.sweptAt, stores: sweep.coverage.length, places: sum(sweep.coverage.map((one) => one.places)),
      notRead: sum(sweep.coverage.map((one) => one.not_read.length)), partlyRead: sum(sweep.coverage.map((one) => one.partly_read.length)),
    },
    compulsions: facts.compulsions.filter((one) => one.controller === id).map(({ id: number, authority, law, country, informing, handedOver, recordedAt }) => ({ id: number, authority, law, country, informing, handedOver, at: recordedAt })),
    certificates: facts.certificates.filter((one) => erasures.has(one.erasure)).map((one) => ({ id: one.id, status: one.invalidatedAt === null ? one.status : 'invalidated', issuedAt: one.issuedAt, invalidatedAt: one.invalidatedAt ?? undefined })),
    assessments: facts.assessments.filter(({ recorded, standing }) => (recorded.controller === null || recorded.controller === id) && standing.is !== 'replaced').map(assessmentOf),
  }
}

const assessmentOf = ({ recorded, standing }: Facts['assessments'][number]): AssessmentRecord => ({
  id: recorded.id, question: recorded.question, article: recorded.article, outcome: recorded.verdict === 'range' ? 'assessed' : recorded.outcome, lawAt: recorded.lawAt, recordedAt: recorded.recordedAt, standing: standing.is,
})

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)
const listed = <Item>(list: readonly Item[] | undefined): Told<readonly Item[]> => (list === undefined ? { is: 'missing' } : list.length === 0 ? { is: 'none' } : { is: 'told', value: list })

/** A party as it was declared. */
export function partyOf(declared: PartyDeclared, at: Instant): PartyRecord {
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
    inForce: at >= one.from && isInForce(one, contract?.endedAt, at) && !isSuspended(one, at),
    warnings: facts.warnings.filter(({ instruction }) => instruction === one.id).map(({ number, provision, warnedAt, suspended, answer, endedBecause }) => ({ number, provision, at: warnedAt, suspended, standing: endedBecause ?? (answer === 'agreed' ? 'agreed' : 'open') })),
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

/** The contracts that what is missing is asked of: those that are live, or, where all have ended, all of them. What is done today is done under a live one. */
function counting(contracts: readonly Contract[]): readonly Contract[] {
  const live = contracts.filter(({ endedAt }) => endedAt === undefined)
  return live.length > 0 ? live : contracts
}

const untoldIn = (contract: Contract): ('transfers' | 'sub_processors')[] => [
  ...(termsOf(contract).transfers === undefined ? ['transfers' as const] : []), ...(termsOf(contract).sub_processors?.list === undefined ? ['sub_processors' as const] : []),
]

/** Those of every rank in a contract's chain that were not taken out of it. */
const chainIn = (facts: Facts, contract: Contract, at: Instant): readonly SubProcessorRecord[] => chainAt(contract, facts.subProcessors, at).filter(({ state }) => state !== 'withdrawn').map(({ identity, tier, authorised, because }) => ({
  contract: contract.id, name: identity.name, country: identity.country, contact: identity.contact, address: identity.address, contactPerson: identity.contact_person, purpose: identity.purpose, tier, engagedBy: identity.engaged_by, authorised, because,
}))

function subProcessorsOf(facts: Facts, contracts: readonly Contract[], at: Instant): Told<readonly SubProcessorRecord[]> {
  const named = contracts.flatMap((one) => chainIn(facts, one, at))
  if (named.length > 0) return { is: 'told', value: named }
  const asked = counting(contracts)
  return asked.length === 0 || asked.some((one) => untoldIn(one).includes('sub_processors')) ? { is: 'missing' } : { is: 'none' }
}

interface Abroad { readonly controller: string; readonly contracts: readonly Contract[]; readonly categories: readonly CategoryRecord[]; readonly places: readonly PlaceRecord[] }

/** Countries outside the Economic Area, contract by contract: those that it names, and those where its data stand, are worked on from, or are handed to. */
function transfersOf(facts: Facts, of: Abroad, at: Instant): Told<readonly TransferRecord[]> {
  const seen = new Map<string | undefined, Map<string, string[]>>()
  const see = (contract: string | undefined, country: string | undefined, because: string): void => {
    if (country !== undefined && !isThirdCountry(country, at)) return
    const countries = seen.get(contract) ?? new Map<string, string[]>()
    const known = country ?? 'unknown'
    seen.set(contract, countries.set(known, [...(countries.get(known) ?? []), because]))
  }
  for (const place of of.places) for (const contract of contractsOf(facts, of, place)) see(contract, place.country, `store ${place.store} in environment ${place.environment}`)
  for (const [contract, worked] of Map.groupBy(of.categories.filter(({ observed }) => observed !== undefined), (one) => one.contract)) {
    see(contract, facts.processor.country, `sessions of the processor's people under ${worked.map(({ instruction }) => instruction).join(', ')} (access from where it sits)`)
  }
  for (const one of of.contracts) for (const { name, country } of chainIn(facts, one, at)) see(one.id, country, `sub-processor ${name}`)
  const rows = [...new Set([...of.contracts.map(({ id }) => id), ...seen.keys()])].flatMap((contract) => {
    const terms = facts.contracts.filter(({ id }) => id === contract).flatMap((one) => termsOf(one).transfers ?? []) // its own: another contract's says nothing of it
    const observed = seen.get(contract) ?? new Map<string, string[]>()
    return [...new Set([...terms.map(({ country }) => country), ...observed.keys()])].sort().map((country): TransferRecord => {
      const term = terms.find((one) => one.country === country)
      return { contract, country, tool: told(term?.tool), reference: term?.reference, declared: term !== undefined, seen: observed.get(country) ?? [] }
    })
  })
  if (rows.length > 0) return { is: 'told', value: rows }
  return of.contracts.length === 0 || of.contracts.some((one) => untoldIn(one).includes('transfers')) ? { is: 'missing' } : { is: 'none' }
}

/** Under which contracts data stand in a place: those whose instructions name a dataset there, or made a copy there. Where nothing says so, it may be any. */
function contractsOf(facts: Facts, { controller, contracts }: Abroad, { store }: PlaceRecord): readonly (string | undefined)[] {
  const datasets = new Set(facts.datasets.filter((one) => one.store === store && one.controller === controller).map(({ id }) => id))
  const known = new Set([
    ...facts.instructions.filter((one) => one.controller === controller && one.acceptedAt !== undefined && Object.keys((one.scope as Partial<typeof one.scope>).data ?? {}).some((id) => datasets.has(id))).map(({ contract }) => contract),
    ...facts.transfers.filter((one) => one.controller === controller && one.store === store && one.state !== 'erased').map(({ contract }) => contract),
  ])
  const asked = contracts.map(({ id }) => id)
  const own = asked.filter((id) => known.has(id))
  return own.length > 0 ? own : asked.length > 0 ? asked : [undefined]
}
