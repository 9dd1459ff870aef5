/** The notice as pages that people read, in one language; what it was made from is attached. */
import { writeDocument, type Block, type Language, type PaperDocument } from '#document'
import { jcs, type Json } from '#ledger'
import { parseInstant, sayInstant } from '#kit/time'
import type { BreachNotice } from './types.ts'

const words = {
  en: { from: 'From', to: 'To', breach: 'Breach', phase: 'Notice', drafted: 'Drafted', sha256: 'SHA-256 of the document', clock: 'Until', noDate: 'no date', source: 'The notice as it is recorded' },
  fr: { from: 'De', to: 'À', breach: 'Violation', phase: 'Notification', drafted: 'Rédigée', sha256: 'SHA-256 du document', clock: 'Jusqu\'au', noDate: 'sans date', source: 'La notification telle qu\'elle est enregistrée' },
} as const

const clocks: readonly (readonly [matches: RegExp, french: string])[] = [
  [/^Art\. 33\(2\) GDPR: without undue delay, no number of hours$/, 'Article 33, paragraphe 2, du RGPD : dans les meilleurs délais, sans nombre d\'heures'],
  [/^Art\. 33\(1\) GDPR: (\d+) hours from when the controller was told$/, 'Article 33, paragraphe 1, du RGPD : $1 heures après l\'information du responsable du traitement'],
  [/^contract (.+): no number of hours was told \(breach_notice_hours\)$/, 'Contrat $1 : aucun nombre d\'heures n\'a été renseigné'],
  [/^contract (.+): ([\d.]+) hours$/, 'Contrat $1 : $2 heures'],
  [/^contract (.+): ([\d.]+) hours; it was not in force then, and whether it binds still is for a person to say$/, 'Contrat $1 : $2 heures ; il n\'était pas en vigueur à ce moment, et s\'il lie encore est à apprécier par une personne'],
]

/** By what a clock runs, in French; what is not known stands as it is. */
function frenchClock(law: string): string {
  const known = clocks.find(([matches]) => matches.test(law))
  return known === undefined ? law : law.replace(...known)
}

/** The same notice gives the same paper. Pure. */
export function noticePaper({ document, sha256, draftedAt }: BreachNotice, language: Language): PaperDocument {
  const [word, { title, sections }] = [words[language], document.text[language]]
  return {
    id: `${document.breach}/${document.phase} ${language}`, title, language, author: document.processor, at: parseInstant(document.drafted_at) ?? draftedAt, foot: `${document.breach}/${document.phase}`,
    attachments: [{ name: `${document.breach}-${document.phase}.json`, mediaType: 'application/json', bytes: jcs(document as unknown as Json), description: word.source, relationship: 'Source' }],
    blocks: [
      { kind: 'heading', level: 1, text: title },
      { kind: 'pairs', pairs: [[word.from, document.processor], [word.to, document.controller], [word.breach, document.breach], [word.phase, String(document.phase)], [word.drafted, sayInstant(language, parseInstant(document.drafted_at) ?? draftedAt)], [word.sha256, sha256]] },
      ...sections.flatMap(({ heading, says }): Block[] => [{ kind: 'heading', level: 2, text: heading }, { kind: 'list', items: says }]),
      { kind: 'pairs', pairs: document.clocks.map(({ law, due }) => [language === 'en' ? law : frenchClock(law), due === null ? word.noDate : sayInstant(language, parseInstant(due)!)] as const) },
    ],
  }
}

/** Its bytes, as PDF. */
export const noticePdf = async (notice: BreachNotice, language: Language): Promise<Uint8Array> => writeDocument(noticePaper(notice, language))
