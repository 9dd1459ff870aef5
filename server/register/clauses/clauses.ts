/** Annexes I to IV of the standard contractual clauses between controllers and processors (EU) 2021/915, filled in for one contract. Pure: what is not told is a visible gap, never an empty line. */
import { chainAt, type ChainLink, type Contract } from '#contract'
import type { Block, PaperDocument } from '#document'
import type { Signatory } from '#people'
import { Refused } from '#kit/errors'
import { formatDay, sayDay, type Instant } from '#kit/time'
import { partyOf, type Facts } from '../record.ts'
import type { ContactRecord, Language, MeasureRecord, NotNeeded, PartyRecord, Told } from '../types.ts'
import { exampleMeasures, heading, type Heading } from './headings.ts'

/** What bailee.yaml may say of the processing under a contract, where nothing else tells it. */
interface ProcessingDeclared { readonly data_subjects?: readonly string[]; readonly sensitive?: string; readonly assistance?: string }

export interface Clauses { readonly contract: string; readonly controller: string; /** What has to be told, by where it is told. */ readonly gaps: readonly string[]; readonly paper: PaperDocument }

interface Filling { readonly language: Language; readonly gaps: Set<string> }

const says = ({ language }: Filling, key: Heading): string => heading(language, key)

/** A gap that nobody can overlook, with where it is told. */
function gap(filling: Filling, key: string): string {
  filling.gaps.add(key)
  return `[........ ${says(filling, 'not_told')}: ${key}]`
}

const filled = (filling: Filling, told: string | readonly string[] | undefined, key: string): string => {
  const text = typeof told === 'string' ? told : (told ?? []).join(', ')
  return text.trim() === '' ? gap(filling, key) : text
}

/** The annexes of a contract as of a moment. Throws `Refused` for a contract that was not declared by then. */
export function clausesOf(facts: Facts, signatories: readonly Signatory[], of: { readonly contract: string; readonly language: Language }, at: Instant): Clauses {
  const contract = facts.contracts.find(({ id }) => id === of.contract)
  const controller = facts.controllers.find(({ id }) => id === contract?.controller)
  if (contract === undefined || controller === undefined) throw new Refused('register/no-contract', `no contract ${of.contract} was declared by then; known: ${facts.contracts.map(({ id }) => id).join(', ') || 'none'}`)
  const filling: Filling = { language: of.language, gaps: new Set() }
  const chain = chainAt(contract, facts.subProcessors, at).filter(({ state }) => state !== 'withdrawn')
  const blocks: Block[] = [
    ...partiesOf(filling, { facts, contract, controller: partyOf(controller.declared as never, at), signatories: signatories.filter((one) => one.controller === controller.id), at }),
    ...processingOf(filling, facts, contract, chain), ...measuresOf(filling, facts, contract, chain), ...listOf(filling, contract, chain),
  ]
  const gaps = [...filling.gaps]
  const title = says(filling, 'title')
  return { contract: contract.id, controller: controller.id, gaps, paper: {
    id: `clauses 2021/915 ${contract.id} ${formatDay(at)} ${of.language}`, title, language: of.language, author: facts.processor.name, at, foot: `${title}: ${contract.id}, ${sayDay(of.language, at)}`,
    blocks: [
      { kind: 'heading', level: 1, text: title }, { kind: 'paragraph', text: says(filling, 'about') },
      { kind: 'pairs', pairs: [[says(filling, 'contract'), `${contract.id}, ${sayDay(of.language, at)}`], [says(filling, 'gaps'), gaps.length === 0 ? says(filling, 'none') : `${gaps.length}:\n${gaps.join('\n')}`]] }, ...blocks,
    ],
  } }
}

interface Parties { readonly facts: Facts; readonly contract: Contract; readonly controller: PartyRecord; readonly signatories: readonly Signatory[]; readonly at: Instant }

function partiesOf(filling: Filling, { facts, controller, signatories, at }: Parties): Block[] {
  const processor = partyOf(facts.processor as never, at)
  const officer = (told: Told<ContactRecord> | NotNeeded, key: string): string => (told.is === 'told' ? `${told.value.name}, ${told.value.contact}` : told.is === 'none' ? says(filling, 'declared_none') : gap(filling, key))
  const told = (one: Told<string>, key: string): string => (one.is === 'told' ? one.value : gap(filling, key))
  const people = signatories.map(({ name, contact }) => `${name}, ${contact}`)
  const party = (one: PartyRecord, key: string, person: readonly string[]): Block => ({ kind: 'pairs', pairs: [
    [says(filling, 'name'), one.name], [says(filling, 'address'), one.address.is === 'told' ? `${one.address.value}, ${one.country}` : `${gap(filling, `${key}.address`)}, ${one.country}`],
    [says(filling, 'person'), person.length > 0 ? person.join('\n') : told(one.email, `${key}.email`)], [says(filling, 'dpo'), officer(one.dpo, `${key}.dpo`)], [says(filling, 'signature'), `[........ ${says(filling, 'not_signed')}]`],
  ] })
  return [
    { kind: 'heading', level: 2, text: says(filling, 'annex_1') }, { kind: 'paragraph', tone: 'strong', text: says(filling, 'controllers') }, party(controller, 'controllers[]', people),
    { kind: 'paragraph', tone: 'strong', text: says(filling, 'processors') }, party(processor, 'processor', []),
  ]
}

const declaredIn = ({ declared }: Contract): ProcessingDeclared => (declared['processing'] ?? {}) as ProcessingDeclared

function processingOf(filling: Filling, facts: Facts, contract: Contract, chain: readonly ChainLink[]): Block[] {
  const under = facts.instructions.filter((one) => one.contract === contract.id && one.acceptedAt !== undefined && (one.state === 'accepted' || contract.endedAt !== undefined))
  const unique = (texts: readonly string[]): string[] => [...new Set(texts)].sort()
  const data = unique(under.flatMap(({ scope }) => Object.entries(scope.data ?? {}).flatMap(([id, columns]) => (facts.datasets.find((one) => one.id === id)?.tables ?? []).flatMap((table) => Object.entries(table.columns).filter(([name]) => columns === '*' || columns.includes(name)).map(([, { category }]) => category)))))
  const { data_subjects: subjects, sensitive } = declaredIn(contract)
  const until = contract.ends === undefined ? says(filling, 'further_notice') : sayDay(filling.language, contract.ends)
  const pairs: (readonly [Heading, string])[] = [
    ['subjects', filled(filling, subjects, 'contracts[].processing.data_subjects')], ['data', filled(filling, data, 'instructions[].data')],
    ['sensitive', sensitive === 'none' ? says(filling, 'declared_none') : filled(filling, sensitive, 'contracts[].processing.sensitive')], ['nature', filled(filling, unique(under.flatMap(({ scope }) => scope.operations ?? [])), 'instructions[].operations')],
    ['purposes', filled(filling, unique(under.flatMap(({ scope }) => scope.purposes ?? [])), 'instructions[].purposes')], ['duration', `${sayDay(filling.language, contract.starts)} ${says(filling, 'until')} ${until}`],
    ['below', chain.length === 0 ? says(filling, 'none') : chain.map((one) => `${one.name}: ${filled(filling, one.identity.purpose, `sub_processors.list[${one.name}].purpose`)}; ${says(filling, 'until')} ${until}`).join('\n')],
  ]
  return [{ kind: 'heading', level: 2, text: says(filling, 'annex_2') }, { kind: 'pairs', pairs: pairs.map(([key, text]) => [says(filling, key), text]) }]
}

function measuresOf(filling: Filling, facts: Facts, contract: Contract, chain: readonly ChainLink[]): Block[] {
  const measures = (facts.processor['measures'] ?? []) as readonly MeasureRecord[]
  const lacking = exampleMeasures.filter((example) => measures.every(({ heading: own }) => own !== example))
  const plain = (name: string): string => name.replaceAll('_', ' ')
  return [
    { kind: 'heading', level: 2, text: says(filling, 'annex_3') },
    measures.length === 0 ? { kind: 'paragraph', tone: 'strong', text: gap(filling, 'processor.measures') } : { kind: 'pairs', pairs: measures.map((one) => [plain(one.heading), one.text]) },
    { kind: 'pairs', pairs: [
      [says(filling, 'undescribed'), lacking.length === 0 ? says(filling, 'none') : lacking.map(plain).join(', ')],
      [says(filling, 'below_measures'), chain.length === 0 ? says(filling, 'none') : chain.map(({ name }) => `${name}: ${gap(filling, `sub_processors.list[${name}]`)}`).join('\n')],
      [says(filling, 'assistance'), filled(filling, declaredIn(contract).assistance, 'contracts[].processing.assistance')],
    ] },
  ]
}

function listOf(filling: Filling, contract: Contract, chain: readonly ChainLink[]): Block[] {
  const { authorisation } = (contract.declared['sub_processors'] ?? {}) as { readonly authorisation?: string }
  const text = authorisation === undefined ? gap(filling, 'contracts[].sub_processors') : authorisation === 'none' ? says(filling, 'unauthorised') : authorisation === 'general' ? says(filling, 'general') : undefined
  const list = chain.filter((one) => one.authorised)
  return [
    { kind: 'heading', level: 2, text: says(filling, 'annex_4') }, ...(text === undefined ? [] : [{ kind: 'paragraph' as const, text }]),
    ...(authorisation === undefined || authorisation === 'none' ? [] : [{
      kind: 'table' as const, none: says(filling, 'none'), columns: (['name', 'address', 'person', 'description'] as const).map((key, index) => ({ title: says(filling, key), share: index === 3 ? 2 : 1 })),
      rows: list.map(({ name, identity, tier }) => [`${tier}. ${name}`, `${filled(filling, identity.address, `sub_processors.list[${name}].address`)}, ${identity.country}`, `${filled(filling, identity.contact_person, `sub_processors.list[${name}].contact_person`)}, ${identity.contact}`, filled(filling, identity.purpose, `sub_processors.list[${name}].purpose`)]),
    }]),
  ]
}
