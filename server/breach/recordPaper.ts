/** The record of all breaches as files: a table, pages, or what it is made of. The same record gives the same bytes (of PDF: on one release of Node). */
import { writeDocument, type Block, type Language, type PaperDocument } from '#document'
import { jcs, type Json } from '#ledger'
import { formatInstant, sayDay, sayInstant } from '#kit/time'
import { figureText } from './count.ts'
import { countLimits } from './notice.ts'
import type { BreachLack, BreachRecord, BreachRegister } from './record.ts'
import type { Sending } from './types.ts'

export const breachFormats = ['json', 'csv', 'pdf'] as const
export type BreachFormat = (typeof breachFormats)[number]

const words = {
  en: {
    title: 'Record of personal data breaches (Art. 33(5) GDPR)', processor: 'Processor', asOf: 'As of', whose: 'Controller', all: 'all', none: 'No breach is recorded. That is what the record holds, not that there was none.', id: 'Breach', contract: 'Contract', nature: 'Facts', known: 'Known since', opened: 'Recorded', source: 'Came to light by',
    origin: 'Where the data come from', categories: 'Categories of data', people: 'People concerned', effects: 'Effects', action: 'Remedial action', notices: 'Notices', told: 'Controller told', taken: 'Hours taken', given: 'Hours the contract gives', delay: 'Reasons for delay', lacks: 'What the record lacks', nothing: 'nothing', notTold: 'NOT TOLD', missing: 'not recorded', noTerm: 'none told', late: 'later than the contract says',
    causes: { sample: 'a sample of what leaked', finding: 'a copy that a sweep found', told: 'somebody told' }, outcomes: { begun: 'begun, nothing known of it', sent: 'sent', 'not sent': 'did not go', unknown: 'not known whether it arrived' }, phase: 'notice', drafted: 'drafted', counted: { stores: 'counted in the stores', 'recorded earlier': 'as counted before', both: 'counted then and now', none: 'never counted' },
    lack: { 'not attributed': 'it was not attributed', 'not counted': 'people were not counted', 'effects': 'effects are not described', 'remedial action': 'remedial action is not described', 'not told': 'the controller was not told', 'not known whether told': 'nobody knows whether the controller was told', 'told late, no reason': 'told late, and no reason is recorded' },
  },
  fr: {
    title: 'Registre des violations de données à caractère personnel (article 33, paragraphe 5, du RGPD)', processor: 'Sous-traitant', asOf: 'Situation au', whose: 'Responsable du traitement', all: 'tous', none: 'Aucune violation n\'est consignée. C\'est ce que contient le registre, non la preuve qu\'il n\'y en a pas eu.', id: 'Violation', contract: 'Contrat', nature: 'Faits', known: 'Connue depuis', opened: 'Consignée', source: 'Révélée par',
    origin: 'Origine des données', categories: 'Catégories de données', people: 'Personnes concernées', effects: 'Effets', action: 'Mesures prises pour y remédier', notices: 'Notifications', told: 'Responsable informé', taken: 'Heures écoulées', given: 'Heures prévues au contrat', delay: 'Motifs du retard', lacks: 'Éléments manquants', nothing: 'aucun', notTold: 'NON INFORMÉ', missing: 'non consigné', noTerm: 'non précisé', late: 'au-delà du délai du contrat',
    causes: { sample: 'un échantillon des données divulguées', finding: 'une copie trouvée par une recherche', told: 'un signalement' }, outcomes: { begun: 'commencée, issue inconnue', sent: 'envoyée', 'not sent': 'non partie', unknown: 'réception inconnue' }, phase: 'notification', drafted: 'rédigée le', counted: { stores: 'comptées dans les systèmes', 'recorded earlier': 'selon un comptage antérieur', both: 'comptées alors et aujourd\'hui', none: 'jamais comptées' },
    lack: { 'not attributed': 'l\'origine n\'a pas été recherchée', 'not counted': 'les personnes n\'ont pas été comptées', 'effects': 'les effets ne sont pas décrits', 'remedial action': 'les mesures ne sont pas décrites', 'not told': 'le responsable n\'a pas été informé', 'not known whether told': 'nul ne sait si le responsable a été informé', 'told late, no reason': 'informé tardivement, sans motif consigné' },
  },
} as const satisfies Readonly<Record<Language, { readonly lack: Readonly<Record<BreachLack, string>>; readonly outcomes: Readonly<Record<Sending['outcome'], string>> } & Readonly<Record<string, unknown>>>>

/** The lines of one breach, in the order in which all formats have them. */
function linesOf(one: BreachRecord, language: Language): [name: string, value: string][] {
  const word = words[language]
  const { facts } = one
  const number = (hours: number | null, otherwise: string): string => (hours === null ? otherwise : hours.toFixed(1))
  return [
    [word.whose, `${one.controller.name} (${one.controller.id})`], [word.contract, one.contract], [word.nature, facts.nature], [word.source, word.causes[facts.cause]], [word.known, sayInstant(language, facts.awareAt)], [word.opened, `${sayInstant(language, facts.openedAt)}, ${facts.openedBy}`],
    [word.origin, facts.attribution[language].join('\n') || word.missing], [word.categories, facts.categories?.join(', ') ?? word.missing], [word.people, peopleIn(one, language)], [word.effects, one.effects ?? word.missing], [word.action, one.remedialAction ?? word.missing],
    [word.notices, one.notices.map(({ phase, draftedAt, sha256, sendings }) => `${word.phase} ${phase}, ${word.drafted} ${sayInstant(language, draftedAt)}, sha256 ${sha256}${sendings.map((sending) => `; ${sending.number}: ${word.outcomes[sending.outcome]}, ${sayInstant(language, sending.settledAt ?? sending.begunAt)}, ${sending.sentBy}, ${sending.channel}${sending.receipt === null ? '' : ` (${sending.receipt})`}`).join('')}`).join('\n') || word.missing],
    [word.told, one.toldAt === null ? word.notTold : sayInstant(language, one.toldAt)], [word.taken, `${number(one.hoursTaken, '-')}${one.late ? `: ${word.late}` : ''}`], [word.given, number(one.hoursGiven, word.noTerm)], [word.delay, one.delay ?? (one.late ? word.missing : '-')], [word.lacks, one.lacks.map((lack) => word.lack[lack]).join(', ') || word.nothing],
  ]
}

function peopleIn({ facts: { counts } }: BreachRecord, language: Language): string {
  const word = words[language]
  if (counts === null) return word.missing
  const figures = counts.figures.map((figure) => `${figure.country === '*' ? word.all : figure.country}: ${figureText(figure, language === 'en' ? 'en-GB' : 'fr-FR')}`)
  const of = counts.asOf === null ? '' : `, ${[...new Set([counts.asOf, counts.until ?? counts.asOf].map((at) => sayDay(language, at)))].join(' - ')}`
  return [...figures, `(${word.counted[counts.source]}${of})`, ...(counts.limits ?? []).map((limit) => countLimits[language][limit])].join('\n')
}

/** The record as pages, a chapter a breach. */
export function breachRegisterPaper({ processor, asOf, controller, breaches }: BreachRegister, language: Language): PaperDocument {
  const word = words[language]
  const whose = controller ?? word.all
  return {
    id: `breaches ${whose} ${formatInstant(asOf)} ${language}`, title: word.title, language, author: processor, at: asOf, foot: `${word.title}, ${sayDay(language, asOf)}`,
    blocks: [
      { kind: 'heading', level: 1, text: word.title }, { kind: 'pairs', pairs: [[word.processor, processor], [word.whose, whose], [word.asOf, sayInstant(language, asOf)]] },
      ...(breaches.length === 0 ? [{ kind: 'paragraph' as const, text: word.none }] : breaches.flatMap((one): Block[] => [{ kind: 'heading', level: 2, text: one.id }, { kind: 'pairs', pairs: linesOf(one, language) }])),
    ],
  }
}

/** RFC 4180. What a spreadsheet would run as a formula gets an apostrophe before it. */
const cell = (text: string): string => `"${text.replace(/^(?=[=+\-@\t\r\n＝＋－＠])/, '\'').replaceAll('"', '""')}"`

/** The bytes of the record in a format. */
export async function exportBreaches(register: BreachRegister, { format, language }: { readonly format: BreachFormat; readonly language: Language }): Promise<Uint8Array> {
  switch (format) {
    case 'json': return Buffer.concat([jcs(JSON.parse(JSON.stringify(register)) as Json), Buffer.from('\n')])
    case 'pdf': return writeDocument(breachRegisterPaper(register, language))
    case 'csv': {
      const rows = register.breaches.map((one) => [one.id, ...linesOf(one, language).map(([, value]) => value)])
      return Buffer.from([headOf(language), ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join(''))
    }
  }
}

const headOf = (language: Language): string[] => {
  const word = words[language]
  return [word.id, word.whose, word.contract, word.nature, word.source, word.known, word.opened, word.origin, word.categories, word.people, word.effects, word.action, word.notices, word.told, word.taken, word.given, word.delay, word.lacks]
}
