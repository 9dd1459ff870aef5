/** Lays records out as the authorities' processor templates do, column by column. Pure: the same records give the same cells. */
import { frenchOf } from '#assessment'
import { sayDay } from '#kit/time'
import { checkRecord, driftOf } from './check.ts'
import type { CategoryRecord, ContactRecord, Drift, Language, MeasureRecord, NotNeeded, PartyRecord, RegisterRecord, SubProcessorRecord, Told, TransferRecord } from './types.ts'
import { difference, operation, reason, standing, term, word, type Word } from './words.ts'

export const layouts = ['ico', 'cnil', 'apd', 'bailee'] as const
export type Layout = (typeof layouts)[number]

/** `rows` are made as they are asked for, and may be asked for again; `head`: of them before the one with column titles; `columns`: cells of the widest. */
export interface Sheet { readonly name: string; readonly rows: Iterable<readonly string[]>; readonly head: number; readonly columns: number }

/** A sheet of rows, the first of which is of column titles, below a head. */
export function sheetOf(name: string, head: readonly (readonly string[])[], rows: readonly (readonly string[])[]): Sheet {
  const all = [...head, ...rows]
  return { name, head: head.length, rows: all, columns: Math.max(1, ...all.map((row) => row.length)) }
}

type Column = readonly [heading: Word, cell: (record: RegisterRecord, category: CategoryRecord | undefined) => string]

/** The sheets of a register: one a layout. */
export function sheetsOf(records: readonly RegisterRecord[], wanted: readonly Layout[], language: Language): Sheet[] {
  return wanted.map((layout) => {
    const head = headOf(records, layout, language)
    const columns = columnsOf(language)[layout]
    const perCategory = layout !== 'bailee'
    const rows = function* (): Generator<readonly string[]> {
      yield* head
      yield columns.map(([heading]) => word(language, heading))
      for (const record of records) {
        for (const category of perCategory && record.categories.length > 0 ? record.categories : [undefined]) yield columns.map(([, cell]) => cell(record, category))
      }
    }
    return { name: { ico: 'ICO', cnil: 'CNIL', apd: 'APD-GBA', bailee: 'Bailee' }[layout], head: head.length, rows: { [Symbol.iterator]: rows }, columns: columns.length }
  })
}

function headOf(records: readonly RegisterRecord[], layout: Layout, language: Language): string[][] {
  const [first] = records
  if (first === undefined) return []
  const say = saying(language)
  const title = [[word(language, layout === 'bailee' ? 'extension' : 'title')], [word(language, 'as_of'), sayDay(language, first.asOf)]]
  if (layout === 'bailee' || layout === 'apd') return title
  return [...title, [word(language, 'processor'), say.party(first.processor)], [word(language, 'dpo'), say.contact(first.processor.dpo)], [word(language, 'representative'), say.contact(first.processor.representative)]]
}

/** What a difference says: its sentence in English, and what it is about in French. */
export const findingIn = (language: Language, one: Drift): string => `${one.article} ${difference(language, one.kind)}: ${language === 'en' ? one.says : one.about}`

/** How the parts of a record are said in a language. */
export function saying(language: Language) {
  const say = <Value>(told: Told<Value> | NotNeeded, text: (value: Value) => string): string => (told.is === 'told' ? text(told.value) : word(language, told.is))
  const list = (items: readonly string[]): string => (items.length === 0 ? word(language, 'nothing') : items.join('\n'))
  const contact = (told: Told<ContactRecord> | NotNeeded): string => say(told, (one) => [one.name, one.country, one.contact].filter((part) => part !== undefined).join(', '))
  const party = (one: PartyRecord): string => {
    const ways = [one.address, one.email, one.telephone].flatMap((told) => (told.is === 'told' ? [told.value] : []))
    return [one.name, ...(ways.length === 0 ? [word(language, 'missing')] : ways), one.country].join(', ')
  }
  const category = (one: CategoryRecord | undefined): string => (one === undefined ? word(language, 'missing') : `${one.operations.map((name) => operation(language, name)).join(', ')} (${one.instruction})`)
  const seen = ({ observed }: CategoryRecord): string => (observed === undefined ? word(language, 'never_seen') : `${observed.sessions} ${word(language, 'seen')}, ${sayDay(language, observed.first)} - ${sayDay(language, observed.last)}`)
  return { say, list, contact, party, category, seen }
}

/** The country of a transfer, and of which contract it is where there are several. */
export const countryOf = (language: Language, { contracts }: RegisterRecord, { country, contract }: TransferRecord): string =>
  `${country === 'unknown' ? word(language, 'unknown_country') : country}${contract === undefined || contracts.length < 2 ? '' : ` (${contract})`}`

/** Contracts that say nothing of transfers, beside others that do: no cell passes them over. */
export const untoldTransfers = (language: Language, { contracts }: RegisterRecord): string[] => contracts.filter(({ untold }) => untold.includes('transfers')).map(({ id }) => `${id}: ${word(language, 'missing')}`)

/** The chain below the processor, one a line: who it is, by whom it is engaged, and whether it has leave. */
export function subProcessorsIn(language: Language, { subProcessors, contracts }: RegisterRecord): string {
  if (subProcessors.is !== 'told') return word(language, subProcessors.is)
  const line = (one: SubProcessorRecord): string => [one.name, one.address, one.country, one.contactPerson, one.contact, one.engagedBy === undefined ? undefined : `${word(language, 'engaged_by')} ${one.engagedBy}`, one.authorised ? undefined : word(language, 'without_leave'), contracts.length < 2 ? undefined : one.contract].filter((part) => part !== undefined).join(', ')
  return [...subProcessors.value.map(line), ...contracts.filter(({ untold }) => untold.includes('sub_processors')).map(({ id }) => `${id}: ${word(language, 'missing')}`)].join('\n')
}

function columnsOf(language: Language): Record<Layout, readonly Column[]> {
  const { say, contact, party, category, list, seen } = saying(language)
  const countries: Column[1] = (record) => say(record.transfers, (all) => [...all.map((one) => [countryOf(language, record, one), ...one.seen.map((text) => reason(language, text))].join(': ')), ...untoldTransfers(language, record)].join('\n'))
  const safeguards: Column[1] = (record) => say(record.transfers, (all) => all.map((one) => `${countryOf(language, record, one)}: ${one.tool.is === 'told' ? [term(language, one.tool.value), one.reference].filter((part) => part !== undefined).join(' ') : word(language, 'no_tool')}`).join('\n'))
  const measures: Column[1] = (record) => say(record.measures, (all) => all.map(({ heading, text }) => `${heading.replaceAll('_', ' ')}: ${text}`).join('\n'))
  const subProcessors: Column[1] = (record) => subProcessorsIn(language, record)
  const box = (name: Word): Column => [name, (record) => say(record.measures, (all) => list(all.filter((one) => boxOf(one) === name).map(({ text }) => text)))]
  return {
    ico: [['ico_controller', (record) => party(record.controller)], ['ico_representative', (record) => contact(record.controller.representative)], ['controller_dpo', (record) => contact(record.controller.dpo)],
      ['categories', (_record, one) => category(one)], ['ico_transfers', countries], ['ico_safeguards', safeguards], ['measures', measures]],
    cnil: [['cnil_category', (_record, one) => one?.instruction ?? word(language, 'missing')], ['created', (_record, one) => sayDay(language, one?.from ?? _record.asOf)], ['updated', (record, one) => sayDay(language, Math.max(one?.acceptedAt ?? 0, one?.observed?.last ?? 0) || record.asOf)],
      ['software', (record) => list(record.places.map(({ store, kind }) => `${store} (${kind})`))],
      ['cnil_controller', (record) => party(record.controller)], ['ico_representative', (record) => contact(record.controller.representative)], ['controller_dpo', (record) => contact(record.controller.dpo)],
      ['cnil_sub_processors', subProcessors], ['cnil_categories', (_record, one) => (one === undefined ? category(one) : `${category(one)}: ${seen(one)}`)], ['cnil_transfers', countries], ['cnil_safeguards', safeguards],
      ...(['cnil_access', 'cnil_trace', 'cnil_software', 'cnil_backup', 'cnil_encryption', 'cnil_sub', 'cnil_other'] as const).map(box)],
    apd: [['apd_processor', (record) => party(record.processor)], ['dpo', (record) => contact(record.processor.dpo)], ['apd_controller', (record) => party(record.controller)], ['ico_representative', (record) => contact(record.controller.representative)], ['controller_dpo', (record) => contact(record.controller.dpo)],
      ['apd_categories', (_record, one) => category(one)], ['apd_transfers', countries], ['apd_safeguards', safeguards], ['apd_measures', measures],
      ['ended', (record, one) => endOf(language, record, one) ?? word(language, 'nothing')], ['replacing', (record, one) => list(one?.state === 'superseded' ? record.categories.filter((other) => other.from > one.from).map(({ instruction }) => instruction) : [])]],
    bailee: [['controller', (record) => record.controller.id], ['environments', (record) => list(record.places.map((one) => `${one.environment} (${term(language, one.class)}, ${one.country}): ${one.store}: ${one.datasets.join(', ')}`))],
      ['instructions', (record) => list(record.categories.filter((one) => one.inForce).map((one) => `${one.instruction}: ${one.operations.map((name) => operation(language, name)).join(', ')}; ${seen(one)}`))],
      ['copies', (record) => list(record.copies.map((one) => `${one.id} (${term(language, one.kind)}): ${one.store}, ${one.place}, ${sayDay(language, one.since)}${one.until === undefined ? '' : ` ${word(language, 'until')} ${sayDay(language, one.until)}`}${one.people === undefined ? '' : `, ${one.people} ${word(language, 'people')}`}`))],
      ['contract', (record) => list(record.contracts.map((one) => `${one.id}: ${sayDay(language, one.starts)} - ${one.ends === undefined ? word(language, 'open_ended') : sayDay(language, one.ends)}${one.endedAt === undefined ? '' : ` (${word(language, 'ended')} ${sayDay(language, one.endedAt)})`}, ${one.choice === undefined ? word(language, 'missing') : term(language, one.choice)}`))],
      ['certificates', (record) => list(record.certificates.map((one) => `${one.id}: ${term(language, one.status)}, ${sayDay(language, one.issuedAt)}`))],
      ['assessments', (record) => list(record.assessments.map((one) => `${one.id}: ${one.question}, ${one.article}, ${language === 'en' ? one.outcome : frenchOf(one.outcome) ?? one.outcome}, ${sayDay(language, one.lawAt)}${one.standing === 'as it was' ? '' : ` (${standing(language, one.standing)})`}`))],
      ['sweep', (record) => (record.sweep === undefined ? word(language, 'nothing') : `${sayDay(language, record.sweep.at)}: ${record.sweep.places} ${word(language, 'places')}, ${record.sweep.notRead} ${word(language, 'not_read')}, ${record.sweep.partlyRead} ${word(language, 'partly_read')}`)],
      ['compulsions', (record) => list(record.compulsions.map((one) => `${one.id}: ${one.authority}, ${one.law} (${one.country}), ${sayDay(language, one.at)}: ${one.handedOver}; ${word(language, one.informing === 'told' ? 'controller_told' : 'controller_not_told')}`))],
      ['findings', (record) => list(driftOf(record).map((one) => findingIn(language, one)))], ['lacks', (record) => list(checkRecord(record).map(({ code }) => code))]],
  }
}

function endOf(language: Language, record: RegisterRecord, one: CategoryRecord | undefined): string | undefined {
  const ends = [one?.until, record.contracts.find(({ id }) => id === one?.contract)?.endedAt].filter((at) => at !== undefined)
  return ends.length === 0 ? undefined : sayDay(language, Math.min(...ends))
}

const boxes: readonly (readonly [RegExp, Word])[] = [
  [/sub_?processor|processors/, 'cnil_sub'], [/access|authorisation|identification/, 'cnil_access'], [/log|trace|event/, 'cnil_trace'], [/backup|restore|resilience/, 'cnil_backup'],
  [/encrypt|pseudonym/, 'cnil_encryption'], [/software|configuration|patch/, 'cnil_software'],
]

/** CNIL's box of a measure, by the heading that was declared. */
const boxOf = ({ heading }: MeasureRecord): Word => boxes.find(([pattern]) => pattern.test(heading))?.[1] ?? 'cnil_other'
