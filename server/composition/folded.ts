/** Which tables of the control database are a fold of the ledger, and what of them is not. A table that is in neither list ends a comparison: it has to be decided. */
import { applies as gateway } from '#gateway'
import type { FoldedTable, Nouns } from '#ledger'

export const folded: readonly FoldedTable[] = [
  { name: 'processor' }, { name: 'controller' }, { name: 'contract' }, { name: 'contract_choice', personal: ['signatory'] }, { name: 'contract_release', personal: ['signatory'] }, { name: 'contract_return_key', personal: ['signatory'] }, { name: 'contract_term' }, { name: 'contract_sub_processor', personal: ['signatory', 'reasons'] }, { name: 'controller_notice' }, { name: 'notice_acknowledgement', personal: ['acknowledged_by'] },
  { name: 'person' }, { name: 'people_role' }, { name: 'people_move' }, { name: 'commitment' }, { name: 'training' }, { name: 'training_passed' }, { name: 'training_failed' }, { name: 'signatory', personal: ['name'] }, { name: 'access_token' }, { name: 'account' }, { name: 'api_token' }, { name: 'account_passkey' }, { name: 'account_identity' },
  { name: 'environment' }, { name: 'store' }, { name: 'dataset' }, { name: 'derived_dataset' }, { name: 'replication' },
  { name: 'instruction' }, { name: 'instruction_warning', personal: ['reasons', 'answer_says', 'answered_by'] }, { name: 'access_grant' }, { name: 'access_approval' }, { name: 'review' }, { name: 'review_item' }, { name: 'transfer' }, { name: 'data_return' }, { name: 'disclosure' }, { name: 'transfer_receipt' }, { name: 'data_return_terms' }, { name: 'activity_schedule' }, { name: 'activity' },
  { name: 'session' }, { name: 'session_lease' }, { name: 'budget' }, { name: 'road' }, { name: 'proof' }, { name: 'statement', except: ['number'] }, { name: 'anomaly' },
  { name: 'fingerprint' }, { name: 'token_epoch' }, { name: 'sweep' }, { name: 'finding' },
  { name: 'witness_policy' }, { name: 'reader_token' }, { name: 'exported_bundle' }, { name: 'key_retention' }, { name: 'key_hold' }, { name: 'key_destroyed' }, { name: 'signing_key' }, { name: 'key_revocation' }, { name: 'paper_key' },
  { name: 'erasure' }, { name: 'erasure_step' }, { name: 'erasure_physical' }, { name: 'erasure_environment' }, { name: 'erasure_warning' }, { name: 'erasure_exception' }, { name: 'erasure_sub_processor' }, { name: 'subject_request' }, { name: 'subject_step' }, { name: 'certificate' }, { name: 'certificate_pages' },
  { name: 'register_compulsion' }, { name: 'register_inquiry' }, { name: 'register_inquiry_answer' },
  { name: 'breach' }, { name: 'breach_notice' }, { name: 'breach_sending' }, { name: 'breach_census' }, { name: 'breach_reading' }, { name: 'breach_recording_failed' }, { name: 'reminder' },
  { name: 'assessment' },
]

/** The ledger's own tables, which `bailee ledger check` derives from the entries; what witnesses answered, hashes kept for readers, and keys of which what they sealed is still to be deleted; links that are good once, sessions of those who signed in, what browsers need of passkeys, and challenges; when tokens were used last; instructions that somebody is writing; work under way; counters that wake processes; and what was answered over HTTP, for a day. */
export const outside: readonly string[] = ['log', 'other_entry', 'decision_entry', 'further_part', 'key_emptying', 'head', 'snapshot', 'snapshot_head', 'cosignature', 'witness_contact', 'subtree', 'sweep_run', 'sweep_unit', 'sweep_place', 'sweep_listing', 'store_address', 'store_folder', 'worker', 'judged', 'account_link', 'account_session', 'passkey_credential', 'passkey_challenge', 'oidc_flow', 'api_token_use', 'api_answer', 'instruction_draft']

/** A decision folds into nothing. What the gateway records comes with every statement, and folds into tables of its own. */
export const nouns: Nouns = { recorded: ['decision'], busy: Object.keys(gateway) }

/** The tables that those fold into. No other word's fold reads them. */
export const busyTables: readonly string[] = ['session', 'session_lease', 'budget', 'road', 'proof', 'statement', 'anomaly']
