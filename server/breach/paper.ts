/** The notice as pages that people read, in one language; what it was made from is attached. */
import { writeDocument, type Language, type PaperDocument } from '#document'
import { jcs, type Json } from '#ledger'
import { parseInstant } from '#kit/time'
import type { BreachNotice } from './types.ts'

const words = {
  en: { from: 'From', to: 'To', breach: 'Breach', phase: 'Notice', drafted: 'Drafted', sha256: 'SHA-256 of the document', clock: 'Until', noDate: 'no date in law', source: 'The notice as it is recorded' },
  fr: { from: 'De', to: 'À', breach: 'Violation', phase: 'Notification', drafted: 'Rédigée', sha256: 'SHA-256 du document', clock: 'Jusqu\'au', noDate: 'sans date en droit', source: 'La notification telle qu\'elle est enregistrée' },
} as const

/** The same notice gives the same paper. Pure. */
export function noticePaper({ document, sha256, draftedAt }: BreachNotice, language: Language): PaperDocument {
  const [word, { title, sections }] = [words[language], document.text[language]]
  return {
    id: `${document.breach}/${document.phase} ${language}`, title, language, author: document.processor, at: parseInstant(document.drafted_at) ?? draftedAt, foot: `${document.breach}/${document.phase}`,
    attachments: [{ name: `${document.breach}-${document.phase}.json`, mediaType: 'application/json', bytes: jcs(document as unknown as Json), description: word.source, relationship: 'Source' }],
    blocks: [
      { kind: 'heading', level: 1, text: title },
      { kind: 'pairs', pairs: [[word.from, document.processor], [word.to, document.controller], [word.breach, document.breach], [word.phase, String(document.phase)], [word.drafted, document.drafted_at], [word.sha256, sha256]] },
      ...sections.flatMap(({ heading, says }): PaperDocument['blocks'] => [{ kind: 'heading', level: 2, text: heading }, { kind: 'list', items: says }]),
      ...(language === 'en' ? [{ kind: 'pairs' as const, pairs: document.clocks.map(({ law, due }) => [law, due ?? word.noDate] as const) }] : []),
    ],
  }
}

/** Its bytes, as PDF. */
export const noticePdf = async (notice: BreachNotice, language: Language): Promise<Uint8Array> => writeDocument(noticePaper(notice, language))
