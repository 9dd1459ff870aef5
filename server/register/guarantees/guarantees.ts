/** The pack that a future client asks for in its due diligence (Art. 28(1), 28(5)): what was tested and when, clocks, certificates, training. It names no controller, nor anything by which one could be told. Pure. */
import type { Block, PaperDocument } from '#document'
import { Refused } from '#kit/errors'
import { formatDay, sayDay, type Instant } from '#kit/time'
import { sheetOf, type Sheet } from '../layout.ts'
import type { Language, MeasureRecord } from '../types.ts'
import { guaranteeWords } from './words.ts'

/** What goes in: counts, and texts that the processor wrote. */
export interface GuaranteeFacts {
  readonly processor: { readonly name: string; readonly country: string; readonly measures: readonly MeasureRecord[] | undefined }
  /** Names by which a controller could be told: none may stand in the pack. */
  readonly controllers: readonly { readonly id: string; readonly name: string }[]
  readonly proofs: readonly { readonly state: 'held' | 'through' | 'drifted'; readonly provedAt: Instant; readonly held: number }[]
  /** As they were just looked at; `notSeen`: stores of which some could not be seen. */
  readonly roads: { readonly open: number; readonly declared: number; readonly notSeen: number } | undefined
  readonly sweep: { readonly at: Instant; readonly stores: number; readonly places: number; readonly notRead: number; readonly partlyRead: number } | undefined
  readonly witnesses: { readonly declared: number; readonly lastCosigned: Instant | undefined }
  /** Of `bailee doctor`, by kind of look; undefined where it did not look. */
  readonly doctor: readonly { readonly check: string; readonly state: 'good' | 'note' | 'wrong' }[] | undefined
  readonly exits: readonly { readonly deadline: Instant; readonly certifiedAt: Instant | undefined }[]
  readonly certificates: readonly { readonly status: string; readonly invalidated: boolean }[]
  /** Of every breach: when it was known, what its contract gives (null: no number), when its controller was told. */
  readonly breaches: readonly { readonly awareAt: Instant; readonly hours: number | null; readonly toldAt: Instant | null }[]
  readonly people: readonly { readonly committed: boolean; readonly trained: boolean }[]
}

/** `declared`: the processor says so. `tested`: Bailee looked, on that day. `unknown`: nobody looked. */
export interface Guarantee { readonly section: 'measures' | 'tests' | 'clocks' | 'certificates' | 'people'; readonly what: string; readonly standing: 'declared' | 'tested' | 'failing' | 'unknown'; readonly says: string; readonly at?: Instant | undefined }

export interface GuaranteePack { readonly processor: string; readonly asOf: Instant; readonly language: Language; readonly guarantees: readonly Guarantee[] }

/** Fewer than this are never counted exactly: of few clients, each is somebody. */
export const smallMax = 5
type Words = (typeof guaranteeWords)[Language]
const band = (word: Words, count: number): string => (count < smallMax ? word.few(smallMax) : String(count))
/** A share of what is too few is not said: one of one is an exact count. */
const share = (word: Words, count: number, of: number): string => (of < smallMax || count < smallMax || of - count < smallMax ? (of < smallMax ? word.tooFew : count === of ? word.allOf : word.notSaid) : word.percent(Math.floor((100 * count) / of)))

/** Throws `Refused` where a text of the processor names a controller. */
export function guaranteesOf(facts: GuaranteeFacts, at: Instant, language: Language = 'en'): GuaranteePack {
  const { processor } = facts
  const word = guaranteeWords[language]
  const measures = processor.measures ?? []
  mustNameNobody(measures, facts.controllers)
  return {
    processor: processor.name, asOf: at, language,
    guarantees: [
      ...(measures.length === 0 ? [{ section: 'measures' as const, what: word.measures, standing: 'unknown' as const, says: word.noMeasure }] : measures.map(({ heading, text }): Guarantee => ({ section: 'measures', what: heading.replaceAll('_', ' '), standing: 'declared', says: text }))),
      ...testsOf(facts, word, at), ...clocksOf(facts, word, at), ...peopleOf(facts, word),
    ],
  }
}

const words = (text: string): string => ` ${text.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, ' ')} `

/** The whole name, the id, and the first word of a name where it is long enough to be one. */
function mustNameNobody(measures: readonly MeasureRecord[], controllers: GuaranteeFacts['controllers']): void {
  for (const { heading, text } of measures) {
    const said = words(`${heading} ${text}`)
    const named = controllers.some(({ id, name }) => [id, name, name.split(/\s+/)[0] ?? ''].some((one) => words(one).trim().length >= 4 && said.includes(words(one))))
    if (named) throw new Refused('register/names-a-controller', `the measure ${heading} names a controller, and this pack goes to others: say it without the name in processor.measures`)
  }
}

function testsOf({ proofs, roads, sweep, witnesses, doctor }: GuaranteeFacts, word: Words, at: Instant): Guarantee[] {
  const bad = proofs.filter(({ state }) => state !== 'held').length
  const last = proofs.length === 0 ? undefined : Math.min(...proofs.map(({ provedAt }) => provedAt))
  const wrong = doctor?.filter(({ state }) => state === 'wrong').map(({ check }) => check) ?? []
  return [
    last === undefined ? { section: 'tests', what: word.ways, standing: 'unknown', says: word.notProved }
      : { section: 'tests', what: word.ways, standing: bad === 0 ? 'tested' : 'failing', at: last, says: bad === 0 ? word.waysHeld(Math.min(...proofs.map(({ held }) => held))) : word.waysOpen },
    roads === undefined ? { section: 'tests', what: word.roads, standing: 'unknown', says: word.nobodyLooked }
      : { section: 'tests', what: word.roads, standing: roads.open > 0 ? 'failing' : roads.notSeen > 0 ? 'unknown' : 'tested', at, says: `${roads.open > 0 ? word.roadsOpen : word.roadsClosed}${roads.declared > 0 ? word.roadsDeclared : ''}${roads.notSeen > 0 ? word.roadsNotSeen : ''}` },
    sweep === undefined ? { section: 'tests', what: word.search, standing: 'unknown', says: word.noSearch }
      : { section: 'tests', what: word.search, standing: 'tested', at: sweep.at, says: word.searched(sweep.stores, sweep.places, sweep.notRead, sweep.partlyRead) },
    { section: 'tests', what: word.witnesses, standing: witnesses.declared === 0 || witnesses.lastCosigned === undefined ? 'unknown' : 'tested', at: witnesses.lastCosigned, says: witnesses.declared === 0 ? word.noWitness : witnesses.lastCosigned === undefined ? word.notCosigned(witnesses.declared) : word.declaredCount(witnesses.declared) },
    doctor === undefined ? { section: 'tests', what: word.doctor, standing: 'unknown', says: word.nobodyLooked }
      : { section: 'tests', what: word.doctor, standing: wrong.length === 0 ? 'tested' : 'failing', at, says: wrong.length === 0 ? word.allGood(new Set(doctor.map(({ check }) => check)).size) : word.wrong([...new Set(wrong)].join(', ')) },
  ]
}

const hour = 3_600

function clocksOf({ exits, certificates, breaches }: GuaranteeFacts, word: Words, at: Instant): Guarantee[] {
  const due = exits.filter(({ deadline, certifiedAt }) => certifiedAt !== undefined || deadline <= at)
  const met = due.filter(({ deadline, certifiedAt }) => certifiedAt !== undefined && certifiedAt <= deadline).length
  const standing = certificates.filter(({ invalidated, status }) => !invalidated && status !== 'partial').length
  // The law has no number of hours: where the contract has none either, whoever was not told yet is due at once.
  const toTell = breaches.filter(({ awareAt, hours, toldAt }) => toldAt !== null || awareAt + (hours ?? 0) * hour <= at)
  const told = toTell.filter(({ awareAt, hours, toldAt }) => toldAt !== null && (hours === null || toldAt <= awareAt + hours * hour)).length
  return [
    { section: 'clocks', what: word.exits, standing: due.length === 0 ? 'unknown' : met === due.length ? 'tested' : 'failing', says: due.length === 0 ? word.noneDue : word.exitsMet(band(word, due.length), share(word, met, due.length)) },
    { section: 'clocks', what: word.breaches, standing: toTell.length === 0 ? 'unknown' : told === toTell.length ? 'tested' : 'failing', says: toTell.length === 0 ? word.noBreach : word.breachesMet(band(word, toTell.length), share(word, told, toTell.length)) },
    { section: 'certificates', what: word.certificates, standing: certificates.length === 0 ? 'unknown' : standing === certificates.length ? 'tested' : 'failing', says: certificates.length === 0 ? word.noCertificate : word.certificatesStand(band(word, certificates.length), share(word, standing, certificates.length)) },
  ]
}

/** The processor's own staff: they are no client, and are counted. */
function peopleOf({ people }: GuaranteeFacts, word: Words): Guarantee[] {
  const count = (what: string, held: number): Guarantee => ({ section: 'people', what, standing: people.length === 0 ? 'unknown' : held === people.length ? 'tested' : 'failing', says: people.length === 0 ? word.nobody : word.ofPeople(held, people.length) })
  return [count(word.committed, people.filter(({ committed }) => committed).length), count(word.trained, people.filter(({ trained }) => trained).length)]
}

/** The pack as pages, in its language. */
export function guaranteesPaper({ processor, asOf, language, guarantees }: GuaranteePack): PaperDocument {
  const word = guaranteeWords[language]
  const sections = (['measures', 'tests', 'clocks', 'certificates', 'people'] as const).flatMap((section): Block[] => [
    { kind: 'heading', level: 2, text: word.sections[section] },
    { kind: 'table', columns: [{ title: word.what, share: 1.3 }, { title: word.standing, share: 0.7 }, { title: word.day, share: 0.8 }, { title: word.says, share: 3 }], rows: guarantees.filter((one) => one.section === section).map((one) => rowOf(one, word, language)) },
  ])
  return { id: `guarantees ${formatDay(asOf)} ${language}`, title: word.title, language, author: processor, at: asOf, foot: `${word.title}, ${processor}, ${sayDay(language, asOf)}`, blocks: [{ kind: 'heading', level: 1, text: word.title }, { kind: 'pairs', pairs: [[word.processor, processor], [word.asOf, sayDay(language, asOf)]] }, { kind: 'paragraph', text: word.about }, ...sections] }
}

const rowOf = ({ what, standing, at, says }: Guarantee, word: Words, language: Language): [string, string, string, string] => [what, word.standings[standing], at === undefined ? '-' : sayDay(language, at), says]

/** The pack as one sheet, in its language. */
export function guaranteesSheet({ processor, asOf, language, guarantees }: GuaranteePack): Sheet {
  const word = guaranteeWords[language]
  return sheetOf(language === 'en' ? 'Guarantees' : 'Garanties', [[word.title], [word.processor, processor], [word.asOf, sayDay(language, asOf)], [word.aboutHead, word.about]], [[word.section, word.what, word.standing, word.day, word.says], ...guarantees.map((one) => [word.sections[one.section], ...rowOf(one, word, language)])])
}
