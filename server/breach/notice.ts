/** The notice of a breach to its controller (Art. 33(2) GDPR): drafted from what is recorded, in English and French, with its own figures alone. Drafts; a person sends. */
import { createHash } from 'node:crypto'
import { allControllers, theProcessor, type Processor } from '#contract'
import { jcs, type Json } from '#ledger'
import type { TraceContext } from '#trace'
import { formatInstant, sayDay, sayInstant, type Instant } from '#kit/time'
import { findBreach } from './breach.ts'
import { figureText } from './count.ts'
import { noticesOf, sendingsOf, toldAt } from './store.ts'
import { termsAt } from './terms.ts'
import type { Attributed, Breach, BreachNotice, CountLimit, NoticeDocument, Terms } from './types.ts'

const hour = 3_600

/** The controller has so long to its authority, from when it is told (Art. 33(1)). Not counting the hour of the event the legal end is up to an hour later, never earlier. */
export const authorityHours = 72

type Locale = 'en' | 'fr'

/** Drafts the next phase of a notice and records it. Nothing is sent. */
export async function draftNotice(context: TraceContext, id: string, at: Instant): Promise<BreachNotice> {
  const { ledger } = context
  const breach = await findBreach(context, id)
  const [before, sent] = [await noticesOf(ledger.database, id), await sendingsOf(ledger.database, id)]
  const controller = (await allControllers(ledger.database)).find((one) => one.id === breach.controller)
  const document = noticeOf({ breach, terms: await termsOf(context, breach), controller: controller?.name ?? breach.controller, processor: await theProcessor(ledger.database), phase: before.length + 1, told: toldAt(sent) }, at)
  const sha256 = createHash('sha256').update(jcs(document as unknown as Json)).digest('hex')
  await ledger.append({ slot: breach.slot, type: 'breach.notice_drafted', at, parts: { evidence: { id, phase: document.phase, document: document as unknown as Json, sha256 } } })
  return { breach: id, phase: document.phase, document, sha256, draftedAt: at }
}

interface Noticing { readonly breach: Breach; readonly terms: Terms | undefined; readonly controller: string; readonly processor: Processor | undefined; readonly phase: number; readonly told: Instant | null }

/** The clocks of a breach: the law's, and that of the contract where it has one. */
export function clocksOf({ awareAt }: Pick<Breach, 'awareAt'>, terms: Terms | undefined, told: Instant | null): NoticeDocument['clocks'] {
  return [
    { of: 'processor to controller', law: 'Art. 33(2) GDPR: without undue delay, no number of hours', due: null },
    ...(typeof terms?.hours === 'number' ? [{ of: 'processor to controller', law: `contract ${terms.contract}: ${terms.hours} hours${terms.inForce ? '' : '; it was not in force then, and whether it binds still is for a person to say'}`, due: formatInstant(awareAt + terms.hours * hour) }] : []),
    // Whether the contract has none, or nobody told it, is not known here: it is not left out as if there were none.
    ...(terms !== undefined && terms.hours === null ? [{ of: 'processor to controller', law: `contract ${terms.contract}: no number of hours was told (breach_notice_hours)`, due: null }] : []),
    { of: 'controller to authority', law: `Art. 33(1) GDPR: ${authorityHours} hours from when the controller was told`, due: told === null ? null : formatInstant(told + authorityHours * hour) },
  ]
}

/** What the contract said when the processor came to know; of breaches opened before that was kept, as it can be told now. */
export const termsOf = async ({ ledger }: Pick<TraceContext, 'ledger'>, breach: Breach): Promise<Terms | undefined> => breach.terms ?? termsAt(ledger, breach, breach.awareAt)

/** The document of a notice. Pure. */
export function noticeOf(noticing: Noticing, at: Instant): NoticeDocument {
  const { breach, terms, controller, processor, phase, told } = noticing
  return {
    breach: breach.id, phase, supersedes: phase === 1 ? null : phase - 1, controller, processor: processor?.name ?? '', aware_at: formatInstant(breach.awareAt), drafted_at: formatInstant(at),
    figures: breach.counts?.figures ?? [], attribution: (breach.attribution ?? []).map(ownFigures), clocks: clocksOf(breach, terms, told), text: { en: textOf('en', noticing), fr: textOf('fr', noticing) },
  }
}

/** What was attributed before a log held own figures alone may say how many rows are others'. */
function ownFigures(attributed: Attributed & { readonly notFound?: number }): Attributed {
  const { notFound, ...own } = attributed
  return notFound === undefined ? own : { ...own, limits: own.limits.filter((limit) => !limit.includes('name nobody whom the log knows')) }
}

const words = {
  en: {
    title: 'Notice of a personal data breach', nature: 'Nature of the breach', people: 'People concerned, approximately, by country', where: 'Where the data come from', contact: 'Contact point', consequences: 'Likely consequences', measures: 'Measures taken or proposed', clocks: 'Time',
    open: 'not known yet; a further notice will say', none: 'not counted yet; a further notice will say', aware: 'We became aware of it on', all: 'all', eu: 'European Union', asOf: 'as counted', rows: 'records', phase: 'This is notice', later: 'it replaces the one before; more may follow without undue further delay (Art. 33(4) GDPR)',
    you: 'From when you have this notice you have 72 hours to notify your supervisory authority, unless a risk to the people is unlikely (Art. 33(1) GDPR).', us: 'We tell you without undue delay after becoming aware, without assessing the risk first (Art. 33(2) GDPR).',
  },
  fr: {
    title: 'Notification d\'une violation de données à caractère personnel', nature: 'Nature de la violation', people: 'Personnes concernées, nombre approximatif par pays', where: 'Origine des données', contact: 'Point de contact', consequences: 'Conséquences probables', measures: 'Mesures prises ou proposées', clocks: 'Délais',
    open: 'pas encore connues ; une notification complémentaire les indiquera', none: 'pas encore comptées ; une notification complémentaire les indiquera', aware: 'Nous en avons pris connaissance le', all: 'toutes', eu: 'Union européenne', asOf: 'comptées', rows: 'enregistrements', phase: 'Notification n°', later: 'elle remplace la précédente ; d\'autres informations suivront sans autre retard indu (article 33, paragraphe 4, du RGPD)',
    you: 'À compter de la réception de la présente, vous disposez de 72 heures pour notifier votre autorité de contrôle, sauf si un risque pour les personnes est peu probable (article 33, paragraphe 1, du RGPD).', us: 'Nous vous informons dans les meilleurs délais après en avoir pris connaissance, sans évaluation préalable du risque (article 33, paragraphe 2, du RGPD).',
  },
} as const

/** What a count does not show, in words. */
export const countLimits: Readonly<Record<Locale, Readonly<Record<CountLimit, string>>>> = {
  en: {
    'counted later': 'They were counted after the time in which the data may have been taken: people who had left by then are not among them.', 'partly counted': 'Some of the datasets were never counted: there may be more.',
    'overlap': 'Who is in more than one dataset is not known any more.', 'more than counted': 'More people were found in the copy than had been counted: the figures by country are the less certain for it.',
  },
  fr: {
    'counted later': 'Le comptage est postérieur à la période pendant laquelle les données ont pu être extraites : les personnes parties entre-temps n\'y figurent pas.', 'partly counted': 'Certains jeux de données n\'ont jamais été comptés : le nombre peut être supérieur.',
    'overlap': 'Il n\'est plus possible de savoir qui figure dans plusieurs jeux de données.', 'more than counted': 'La copie contient plus de personnes qu\'il n\'en avait été compté : les chiffres par pays en sont moins certains.',
  },
}

function textOf(locale: Locale, { breach, processor, phase }: Noticing): NoticeDocument['text'][Locale] {
  const word = words[locale]
  const dpo = processor?.['dpo'] as { name: string; contact: string } | string | undefined
  const contact = typeof dpo === 'object' ? `${dpo.name}, ${dpo.contact}` : String(processor?.['contact'] ?? '')
  const { counts } = breach
  const figures = counts?.figures.map((figure) => `${figure.country === '*' ? word.all : figure.country === 'EU' ? word.eu : figure.country}: ${figureText(figure, locale === 'en' ? 'en-GB' : 'fr-FR')}`) ?? []
  return {
    title: word.title,
    sections: [
      { heading: word.nature, says: [breach.nature, `${word.aware} ${sayInstant(locale, breach.awareAt)}.`, `${word.phase} ${phase}${phase === 1 ? '.' : `${locale === 'fr' ? ' ;' : ';'} ${word.later}.`}`] },
      { heading: word.people, says: figures.length === 0 ? [word.none] : [...figures, ...(typeof counts?.rows === 'number' ? [`${word.rows}: ${counts.rows.toLocaleString(locale === 'en' ? 'en-GB' : 'fr-FR').replaceAll('\u202f', ' ')}`] : []), ...(counts?.asOf === null || counts === null ? [] : [`(${word.asOf} ${[...new Set([counts.asOf, counts.until ?? counts.asOf].map((at) => sayDay(locale, at)))].join(' - ')})`]), ...(counts?.limits ?? []).map((limit) => countLimits[locale][limit])] },
      { heading: word.where, says: breach.attribution === null ? [word.open] : breach.attribution.map((one) => attributedText(locale, one)) },
      { heading: word.consequences, says: [breach.effects ?? word.open] },
      { heading: word.measures, says: [breach.measures ?? word.open] },
      { heading: word.contact, says: [contact === '' ? word.open : contact] },
      { heading: word.clocks, says: [word.us, word.you] },
    ],
  }
}

/** Why nothing can be told, in French; what is not known stands as it is. */
const frenchReason = (because: string): string => (because === 'none of its rows is of anybody the dataset held' ? 'aucune de ses lignes ne concerne une personne que le jeu de données a contenue'
  : because.replace(/^only (\d+) of its values ever changed; it takes (\d+) to tell one time from another$/, 'seules $1 de ses valeurs ont jamais changé ; il en faut $2 pour distinguer deux moments'))

/** One attribution in a sentence: how the copy was come by, never its name alone. */
export function attributedText(locale: Locale, { answer, dataset, rows, taken }: Attributed): string {
  const between = taken === null ? '' : locale === 'en' ? ` The sample was taken from the dataset between ${sayDay(locale, taken.after)}${taken.beginsWithLog ? ' (or earlier)' : ''} and ${sayDay(locale, taken.by)}.` : ` L'échantillon a été extrait entre le ${sayDay(locale, taken.after)}${taken.beginsWithLog ? ' (ou avant)' : ''} et le ${sayDay(locale, taken.by)}.`
  const said = locale === 'en' ? {
    'identified': (copy: string) => `copy ${copy} is identified by ${'by' in answer ? (answer.by === 'versions' ? `the versions of values it holds (certainty ${answer.certainty.toFixed(4)}, beside a copy that nobody registered)` : `its ${answer.by}`) : ''}`,
    'only registered copy that fits': (copy: string) => `copy ${copy} is the only registered one that fits; one that nobody registered may fit as well`,
    'one of': (copies: string) => `one of these registered copies, or one that nobody registered: ${copies}`, 'no registered copy fits': () => 'no registered copy fits: look for one that nobody registered', 'cannot tell': (because: string) => `cannot tell: ${because}`,
  } : {
    'identified': (copy: string) => `la copie ${copy} est identifiée par ${'by' in answer ? (answer.by === 'versions' ? `les versions des valeurs qu'elle contient (certitude ${answer.certainty.toFixed(4)}, copies non enregistrées comprises)` : answer.by === 'mark' ? 'sa marque' : 'ses leurres') : ''}`,
    'only registered copy that fits': (copy: string) => `la copie ${copy} est la seule copie enregistrée qui corresponde ; une copie non enregistrée peut aussi correspondre`,
    'one of': (copies: string) => `l'une de ces copies enregistrées, ou une copie non enregistrée : ${copies}`, 'no registered copy fits': () => 'aucune copie enregistrée ne correspond : rechercher une copie non enregistrée', 'cannot tell': (because: string) => `indéterminé : ${frenchReason(because)}`,
  }
  const subject = 'copy' in answer ? answer.copy : answer.kind === 'one of' ? answer.copies.join(', ') : answer.kind === 'cannot tell' ? answer.because : ''
  return `${dataset}, ${rows} ${locale === 'en' ? 'rows:' : 'lignes :'} ${said[answer.kind](subject)}.${between}`
}

/** A notice as plain text, such as a mail holds. */
export function plainText({ document }: Pick<BreachNotice, 'document'>, locale: Locale): string {
  const { title, sections } = document.text[locale]
  return [`${title} ${document.breach}/${document.phase}`, `${document.processor} -> ${document.controller}`, '', ...sections.flatMap(({ heading, says }) => [`${heading}:`, ...says.map((line) => `  ${line}`), ''])].join('\n')
}
