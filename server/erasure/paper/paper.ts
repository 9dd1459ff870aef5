/** A deletion certificate as pages that people read. Pure: the signed document in, a paper out. */
import { parseEnvelope } from '@bailee/verifier'
import type { Block, Language, PaperDocument } from '#document'
import { parseInstant, sayDay, sayInstant } from '#kit/time'
import type { CertificateRecord, CertificateStatus } from '../types.ts'
import { wordsIn, type Words } from './words.ts'

type Row = Readonly<Record<string, unknown>>
const rowOf = (value: unknown): Row => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Row) : {})
const rowsOf = (value: unknown): Row[] => (Array.isArray(value) ? value.map(rowOf) : [])

/** A word of the pages for one that was recorded, where there is one. */
const named = ({ names }: Words, key: string): string => (Object.hasOwn(names, key) ? (names[key] ?? key) : key)

/** What was recorded, after what comes before it; nothing where nothing was. */
const then = (value: unknown, before: string, after = ''): string => (value === null || value === undefined ? '' : `${before}${told(value)}${after}`)

/** Whatever was recorded, in a line. */
function told(value: unknown): string {
  if (value === null || value === undefined) return '—'
  if (Array.isArray(value)) return value.map(told).join(', ')
  if (typeof value !== 'object') return typeof value === 'string' ? value : JSON.stringify(value)
  return Object.entries(value).filter(([, one]) => one !== null && one !== undefined).map(([key, one]) => `${key.replaceAll('_', ' ')}: ${told(one)}`).join('; ')
}

/** The same, with each value that is a day or a moment as that language says it; sentences stay as they were recorded. */
function withDaysIn(language: Language, value: unknown): unknown {
  if (language === 'en') return value
  if (Array.isArray(value)) return value.map((one) => withDaysIn(language, one))
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withDaysIn(language, one)]))
  const at = typeof value === 'string' ? parseInstant(value) : undefined
  return at === undefined ? value : (value as string).includes('T') ? sayInstant(language, at) : sayDay(language, at)
}

/**
 * The pages of a certificate, with the signed document attached. One that was invalidated says so on every page. The same certificate gives the same pages
 * whenever they are made, until it is invalidated.
 */
export function certificatePaper(certificate: CertificateRecord, language: Language): PaperDocument {
  const document = withDaysIn(language, JSON.parse(Buffer.from(parseEnvelope(certificate.envelope).payload).toString())) as Row
  const words = wordsIn[language]
  const status = String(document['status']) as Exclude<CertificateStatus, 'invalidated'>
  const title = `${words.title[status]} ${certificate.id}`
  const warning = certificate.invalidatedAt === null ? undefined : words.invalidated(certificate.id, sayDay(language, certificate.invalidatedAt), certificate.invalidatedBecause ?? '')
  return {
    id: `${certificate.id} ${language}${warning === undefined ? '' : ' invalidated'}`, title, language, author: told(rowOf(document['processor'])['name']), at: certificate.invalidatedAt ?? certificate.issuedAt,
    ...(warning === undefined ? {} : { warning }),
    blocks: [
      { kind: 'heading', level: 1, text: words.title[status] },
      ...(warning === undefined ? [] : [{ kind: 'paragraph', tone: 'strong', text: warning } as const]),
      { kind: 'paragraph', tone: 'strong', text: words.means[status] }, ...(words.asRecorded === undefined ? [] : [{ kind: 'paragraph', tone: 'small', text: words.asRecorded } as const]),
      ...parties(document, words), ...missing(document, words), ...searched(document, words), ...remaining(document, words), ...closing(document, words),
    ],
    attachments: [{ name: 'certificate.dsse.json', mediaType: 'application/json', bytes: certificate.envelope, description: title, relationship: 'Source' }],
  }
}

type Section = (document: Row, words: Words) => Block[]

const parties: Section = (document, words) => {
  const { headings } = words
  const [contract, instruction] = [rowOf(document['contract']), rowOf(document['instruction'])]
  const { id: controllerId, ...controller } = rowOf(document['controller'])
  return [
    { kind: 'heading', level: 2, text: headings.parties },
    { kind: 'pairs', pairs: [
      [named(words, 'certificate'), `${told(document['certificate_id'])}, ${named(words, 'version')} ${told(document['version'])}`], [named(words, 'issued'), told(document['issued_at'])], [named(words, 'status'), named(words, told(document['status']))],
      [named(words, 'processor'), told(document['processor'])], [named(words, 'controller'), `${told(controller['name'] ?? controllerId)}; ${told(controller)}`],
      [named(words, 'contract'), `${told(contract['id'])}${then(contract['document'], ' (', ')')}`], [named(words, 'ended'), `${told(contract['ended'])}${then(contract['because'], ': ')}`],
      [named(words, 'deadline'), `${told(document['deadline'])}: ${named(words, document['within_deadline'] === true ? 'kept' : 'missed')}`],
      [named(words, 'instruction'), `${told(instruction['basis'])}${then(instruction['clause'], '; ')}`], [named(words, 'choice'), named(words, told(instruction['choice']))],
    ] },
  ]
}

/** A table of what was recorded, one column a key. */
function table(title: string, rows: readonly Row[], words: Words, columns: readonly (readonly [key: string, name: string, share?: number])[]): Block[] {
  return [
    { kind: 'heading', level: 2, text: title },
    { kind: 'table', none: words.none, columns: columns.map(([, name, share]) => ({ title: named(words, name), ...(share === undefined ? {} : { share }) })), rows: rows.map((row) => columns.map(([key]) => named(words, told(row[key])))) },
  ]
}

const store = [['store', 'store'], ['place', 'place', 2]] as const

const missing: Section = (document, words) => {
  const obstacles = rowsOf(document['obstacles'])
  return obstacles.length === 0 ? [] : table(words.headings.obstacles, obstacles, words, [...store, ['because', 'because', 3]])
}

/** How copies of governed copies were looked for; certificates from before that say nothing of it. */
function copiesOfCopies(verification: Row, words: Words): (readonly [string, string])[] {
  if (!('copies_of_copies' in verification)) return []
  const { copies, not_told: untold, found } = rowOf(verification['copies_of_copies'])
  return [[named(words, 'copies_of_copies'), verification['copies_of_copies'] === null ? named(words, 'not looked for') : words.copiesOfCopies(told(copies), String(rowsOf(untold).length), String(rowsOf(found).length))]]
}

const searched: Section = (document, words) => {
  const { headings } = words
  const verification = rowOf(document['verification'])
  return [
    ...table(headings.places, rowsOf(document['places']), words, [...store, ['method', 'method', 1.4], ['people_before', 'people', 1.1], ['rows_erased', 'rows', 0.8], ['ended', 'done', 1.9]]),
    { kind: 'heading', level: 2, text: headings.verification },
    { kind: 'pairs', pairs: [[named(words, 'sweep'), told(verification['sweep'])], [named(words, 'at'), told(verification['at'])], [named(words, 'method'), told(verification['method'])], [named(words, 'environments'), told(document['environments'])], [named(words, 'residual'), told(verification['residual'])], ...copiesOfCopies(verification, words)] },
    ...(rowsOf(verification['left']).length === 0 ? [] : table(headings.left, rowsOf(verification['left']), words, [...store, ['records', 'people']])),
    ...table(headings.notSearched, rowsOf(verification['not_searched']), words, [...store, ['because', 'because', 3]]),
    ...table(headings.partlySearched, rowsOf(verification['partly_searched']), words, [...store, ['because', 'because', 3]]),
    ...table(headings.physical, rowsOf(document['physical_check']).map(({ store: name, ...outcome }) => ({ store: name, outcome })), words, [['store', 'store'], ['outcome', 'outcome', 5]]),
  ]
}

const remaining: Section = (document, words) => [
  ...table(words.headings.exceptions, rowsOf(document['exceptions']).map((kept) => ({ ...kept, rest: kept })), words, [...store, ['rest', 'statute', 4]]),
  ...table(words.headings.backups, rowsOf(document['backups']), words, [['store', 'store'], ['expires', 'expires', 2], ['rule', 'rule', 2]]),
  ...table(words.headings.subProcessors, rowsOf(document['sub_processors']).map((one) => ({ ...one, says: one['says'] ?? one['because'] })), words, [['name', 'name'], ['country', 'country', 0.5], ['asked', 'asked', 1.2], ['evidence', 'evidence', 1.2], ['sha256', 'certificatesHash', 2], ['says', 'because', 2]]),
  ...(rowsOf(document['addresses']).length === 0 ? [] : table(words.headings.addresses, rowsOf(document['addresses']), words, [['store', 'store'], ['says', 'says', 2], ['because', 'because', 3], ['stated_by', 'stated_by'], ['confirmed_by', 'confirmed_by'], ['confirmed', 'at', 1.9]])),
  { kind: 'heading', level: 2, text: words.headings.fingerprints },
  { kind: 'pairs', pairs: Object.entries(rowOf(document['fingerprints'])).map(([key, value]) => [named(words, key), named(words, told(value))] as const) },
]

const closing: Section = (document, words) => {
  const log = rowOf(document['log'])
  return [
    ...table(words.headings.people, rowsOf(document['signatories']), words, [['person', 'person'], ['role', 'role', 2]]),
    { kind: 'heading', level: 2, text: words.headings.limits }, { kind: 'list', items: (Array.isArray(document['limits']) ? document['limits'] : []).map(told) },
    { kind: 'heading', level: 2, text: words.headings.notClaimed }, { kind: 'list', items: words.notClaimed },
    { kind: 'heading', level: 2, text: words.headings.check }, { kind: 'paragraph', text: words.check(told(document['certificate_id']), told(log['origin'])) },
  ]
}
