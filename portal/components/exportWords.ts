import { wordsOf } from '../words/index.tsx'

/** Words of handing out a file. */
export const exportWords = wordsOf(
  { export: 'Export', exportAt: 'Export as of this date', format: 'Format', language: 'Language', languages: { en: 'English', fr: 'French' }, done: (name: string, bytes: string, sha: string) => `${name}: ${bytes} bytes, sha256 ${sha}. Its hash is in the ledger.`, formats: { xlsx: 'Excel (xlsx)', ods: 'OpenDocument (ods)', pdf: 'PDF', csv: 'CSV', json: 'JSON', dpv: 'Data Privacy Vocabulary (JSON-LD)' } },
  { export: 'Exporter', exportAt: 'Exporter à cette date', format: 'Format', language: 'Langue', languages: { en: 'anglais', fr: 'français' }, done: (name: string, bytes: string, sha: string) => `${name} : ${bytes} octets, sha256 ${sha}. Son empreinte est dans le journal.`, formats: { xlsx: 'Excel (xlsx)', ods: 'OpenDocument (ods)', pdf: 'PDF', csv: 'CSV', json: 'JSON', dpv: 'Data Privacy Vocabulary (JSON-LD)' } },
)
