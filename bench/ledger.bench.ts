/** Appending to the ledger, exporting it, and verifying what was exported. */
import { benchAppend, quickAppend, wholeAppend } from './ledger/append.ts'
import { benchEvidence, quickEvidence, wholeEvidence } from './ledger/evidence.ts'
import type { Benchmark } from './result.ts'

export const benchmark: Benchmark = {
  name: 'ledger', about: 'entries appended against plain rows in the same server; a long log exported, proved and verified. --part append, --part evidence', diskBytes: 4 * 1024 ** 3, parts: ['append', 'evidence'],
  run: async (log, quick = false, { part } = {}) => [
    ...(part === 'evidence' ? [] : await benchAppend(quick ? quickAppend : wholeAppend, log)), ...(part === 'append' ? [] : await benchEvidence(quick ? quickEvidence : wholeEvidence, log))],
}
