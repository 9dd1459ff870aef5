import type { RegisterRecord } from './types.ts'

const at = Date.parse('2019-04-15T00:00:00Z') / 1000
const told = <V>(value: V) => ({ is: 'told', value }) as const
/** A record in which everything that can be told is, or is missing, somewhere. */
export const recordAll: RegisterRecord = {
  asOf: at, processor: { name: 'Processor Ltd', country: 'IL', address: told('1 Example Street, Tel Aviv'), email: told('privacy@processor.example'), telephone: { is: 'missing' }, representative: told({ name: 'Rep SAS', country: 'FR', contact: 'rep@rep.example' }), dpo: told({ name: 'A. Levi', contact: 'dpo@processor.example' }) },
  controller: { id: 'acme', name: 'Société Acmé SA', country: 'FR', address: { is: 'missing' }, email: told('legal@acme.example'), telephone: { is: 'missing' }, representative: { is: 'not_needed' }, dpo: { is: 'missing' } },
  contracts: [{ id: 'K-1', starts: at - 9e6, ends: at + 9e6, subjectMatter: 'personalised marketing', document: 'dpa.pdf', choice: 'erase', untold: [], termsMissing: ['28(9)'] }],
  categories: [
    { instruction: 'INS-1', contract: 'K-1', state: 'accepted', purposes: [], operations: ['read', 'derive', 'copy', 'write', 'disclose', 'return', 'erase', 'search', 'unheard'], environments: ['production', 'staging'], from: at - 9e6, inForce: true, warnings: [], acceptedAt: at - 9e6, observed: { sessions: 12, rows: 90000, first: at - 8e6, last: at - 1e5 } },
    { instruction: 'INS-2', contract: 'K-1', state: 'proposed', purposes: [], operations: ['read'], environments: ['production'], from: at - 9e6, until: at + 9e5, inForce: false, warnings: [] },
  ],
  transfers: told([{ contract: 'K-1', country: 'IL', tool: told('adequacy'), reference: '2011/61/EU', declared: true, seen: ['sessions of the processor\'s people under INS-1 (access from where it sits)'] }, { contract: 'K-1', country: 'US', tool: { is: 'missing' }, declared: false, seen: ['sub-processor Sender Inc'] }]),
  measures: told([{ heading: 'backup_and_restore', text: 'Daily, <tested> & kept 30 days; the restore is tried each quarter by a person other than the one who made the backup, and recorded.' }, { heading: 'access_control', text: 'By instruction only.' }]),
  subProcessors: told([{ contract: 'K-1', name: 'Sender Inc', country: 'US', contact: 'dpo@sender.example', tier: 1, authorised: true }]),
  places: [{ store: 'crm', kind: 'postgres', environment: 'production', class: 'production', country: 'FR', datasets: ['crm-customers'] }],
  copies: [{ id: 'F1', kind: 'found', store: 'share', place: 'exports/2019/customers-old.csv', since: at - 100, people: 3 }],
  sweep: { at: at - 999, stores: 3, places: 400, notRead: 2, partlyRead: 1 }, certificates: [], compulsions: [], assessments: [{ id: 'A-0123456789ab', question: 'exemption', article: '30(5)', outcome: 'register required', lawAt: at - 99, recordedAt: at - 99, standing: 'as it was' }],
}
