/** The pack that a future client asks for in its due diligence (Art. 28(1), 28(5)): what was tested and when, clocks, certificates, training. It names no controller, nor anything by which one could be told. Pure. */
import type { Block, PaperDocument } from '#document'
import { Refused } from '#kit/errors'
import { formatDay, type Instant } from '#kit/time'
import { sheetOf, type Sheet } from '../layout.ts'
import type { Language, MeasureRecord } from '../types.ts'

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
  readonly people: readonly { readonly committed: boolean; readonly trained: boolean }[]
}

/** `declared`: the processor says so. `tested`: Bailee looked, on that day. `unknown`: nobody looked. */
export interface Guarantee { readonly section: 'measures' | 'tests' | 'clocks' | 'certificates' | 'people'; readonly what: string; readonly standing: 'declared' | 'tested' | 'failing' | 'unknown'; readonly says: string; readonly at?: Instant | undefined }

export interface GuaranteePack { readonly processor: string; readonly asOf: Instant; readonly guarantees: readonly Guarantee[] }

/** Fewer than this are never counted exactly: of few clients, each is somebody. */
export const smallMax = 5
const band = (count: number): string => (count < smallMax ? `fewer than ${smallMax}` : String(count))
/** A share of what is too few is not said: one of one is an exact count. */
const share = (count: number, of: number): string => (of < smallMax || count < smallMax || of - count < smallMax ? (of < smallMax ? 'too few to count' : count === of ? 'all' : 'not said: the rest would be few') : `${Math.floor((100 * count) / of)} %`)

/** Throws `Refused` where a text of the processor names a controller. */
export function guaranteesOf(facts: GuaranteeFacts, at: Instant): GuaranteePack {
  const { processor } = facts
  const measures = processor.measures ?? []
  mustNameNobody(measures, facts.controllers)
  return {
    processor: processor.name, asOf: at,
    guarantees: [
      ...(measures.length === 0 ? [{ section: 'measures' as const, what: 'security measures', standing: 'unknown' as const, says: 'none is described' }] : measures.map(({ heading, text }): Guarantee => ({ section: 'measures', what: heading.replaceAll('_', ' '), standing: 'declared', says: text }))),
      ...testsOf(facts, at), ...clocksOf(facts, at), ...peopleOf(facts),
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

function testsOf({ proofs, roads, sweep, witnesses, doctor }: GuaranteeFacts, at: Instant): Guarantee[] {
  const bad = proofs.filter(({ state }) => state !== 'held').length
  const last = proofs.length === 0 ? undefined : Math.min(...proofs.map(({ provedAt }) => provedAt))
  const wrong = doctor?.filter(({ state }) => state === 'wrong').map(({ check }) => check) ?? []
  return [
    last === undefined ? { section: 'tests', what: 'ways out of an instruction', standing: 'unknown', says: 'no instruction was proved at a database' }
      : { section: 'tests', what: 'ways out of an instruction', standing: bad === 0 ? 'tested' : 'failing', at: last, says: bad === 0 ? `every one tried stayed closed (at least ${Math.min(...proofs.map(({ held }) => held))} at each database); the oldest trial is of that day` : 'at some database a way out was open, or what was proved has changed since' },
    roads === undefined ? { section: 'tests', what: 'roads beside the gateway', standing: 'unknown', says: 'nobody looked' }
      : { section: 'tests', what: 'roads beside the gateway', standing: roads.open > 0 ? 'failing' : roads.notSeen > 0 ? 'unknown' : 'tested', at, says: `${roads.open > 0 ? 'some are open that nobody answers for' : 'none that was seen is open'}${roads.declared > 0 ? '; some stay on purpose, each with somebody who answers for it' : ''}${roads.notSeen > 0 ? '; not everything could be seen' : ''}` },
    sweep === undefined ? { section: 'tests', what: 'search for copies', standing: 'unknown', says: 'no search was made' }
      : { section: 'tests', what: 'search for copies', standing: 'tested', at: sweep.at, says: `${sweep.stores} stores, ${sweep.places} places; ${sweep.notRead} not read, ${sweep.partlyRead} read in part` },
    { section: 'tests', what: 'independent witnesses of the ledger', standing: witnesses.declared === 0 || witnesses.lastCosigned === undefined ? 'unknown' : 'tested', at: witnesses.lastCosigned, says: witnesses.declared === 0 ? 'none is declared: the ledger is not independently witnessed' : witnesses.lastCosigned === undefined ? `${witnesses.declared} declared, none has cosigned yet` : `${witnesses.declared} declared` },
    doctor === undefined ? { section: 'tests', what: 'keys, ledger, disk', standing: 'unknown', says: 'nobody looked' }
      : { section: 'tests', what: 'keys, ledger, disk', standing: wrong.length === 0 ? 'tested' : 'failing', at, says: wrong.length === 0 ? `${new Set(doctor.map(({ check }) => check)).size} kinds of things were looked at, and nothing was wrong` : `wrong: ${[...new Set(wrong)].join(', ')}` },
  ]
}

function clocksOf({ exits, certificates }: GuaranteeFacts, at: Instant): Guarantee[] {
  const due = exits.filter(({ deadline, certifiedAt }) => certifiedAt !== undefined || deadline <= at)
  const met = due.filter(({ deadline, certifiedAt }) => certifiedAt !== undefined && certifiedAt <= deadline).length
  const standing = certificates.filter(({ invalidated, status }) => !invalidated && status !== 'partial').length
  return [
    { section: 'clocks', what: 'ends of contracts certified in time', standing: due.length === 0 ? 'unknown' : met === due.length ? 'tested' : 'failing', says: due.length === 0 ? 'none was due' : `${band(due.length)} were due; certified within their time: ${share(met, due.length)}` },
    { section: 'certificates', what: 'certificates of erasure', standing: certificates.length === 0 ? 'unknown' : standing === certificates.length ? 'tested' : 'failing', says: certificates.length === 0 ? 'none was issued' : `${band(certificates.length)} issued; standing, and not partial: ${share(standing, certificates.length)}` },
  ]
}

/** The processor's own staff: they are no client, and are counted. */
function peopleOf({ people }: GuaranteeFacts): Guarantee[] {
  const count = (what: string, held: number): Guarantee => ({ section: 'people', what, standing: people.length === 0 ? 'unknown' : held === people.length ? 'tested' : 'failing', says: people.length === 0 ? 'nobody is declared' : `${held} of ${people.length} people` })
  return [count('committed to confidentiality', people.filter(({ committed }) => committed).length), count('training in force', people.filter(({ trained }) => trained).length)]
}

const about = 'What was declared, and what was looked at on which day. No client is named, and fewer than five are never counted exactly. It is no certification (Art. 42) and no code of conduct (Art. 40). Clocks of breach notices are not in it.'

/** The pack as pages. */
export function guaranteesPaper({ processor, asOf, guarantees }: GuaranteePack, language: Language): PaperDocument {
  const title = 'Sufficient guarantees (Art. 28(1) and 28(5) GDPR)'
  const sections = (['measures', 'tests', 'clocks', 'certificates', 'people'] as const).flatMap((section): Block[] => [
    { kind: 'heading', level: 2, text: section },
    { kind: 'table', columns: [{ title: 'What', share: 1.3 }, { title: 'Standing', share: 0.7 }, { title: 'Day', share: 0.8 }, { title: 'Says', share: 3 }], rows: guarantees.filter((one) => one.section === section).map(rowOf) },
  ])
  return { id: `guarantees ${formatDay(asOf)} ${language}`, title, language, author: processor, at: asOf, foot: `${title}, ${processor}, ${formatDay(asOf)}`, blocks: [{ kind: 'heading', level: 1, text: title }, { kind: 'pairs', pairs: [['Processor', processor], ['As of', formatDay(asOf)]] }, { kind: 'paragraph', text: about }, ...sections] }
}

const rowOf = ({ what, standing, at, says }: Guarantee): [string, string, string, string] => [what, standing, at === undefined ? '-' : formatDay(at), says]

/** The pack as one sheet. */
export function guaranteesSheet({ processor, asOf, guarantees }: GuaranteePack): Sheet {
  return sheetOf('Guarantees', [['Sufficient guarantees (Art. 28(1) and 28(5) GDPR)'], ['Processor', processor], ['As of', formatDay(asOf)], ['About', about]], [['Section', 'What', 'Standing', 'Day', 'Says'], ...guarantees.map((one) => [one.section, ...rowOf(one)])])
}
