/** Appending to the ledger, exporting it, and verifying what was exported. */
import { benchAppend, quickAppend, wholeAppend } from './ledger/append.ts'
import { benchEvidence, quickEvidence, wholeEvidence } from './ledger/evidence.ts'
import { benchProof, quickProof, wholeProof } from './ledger/proof.ts'
import type { Benchmark } from './result.ts'

const parts = ['append', 'evidence', 'proof'] as const

export const benchmark: Benchmark = {
  name: 'ledger', about: 'entries appended against plain rows in the same server; a long log exported, proved and verified. --part append, --part evidence, --part proof', diskBytes: 6 * 1024 ** 3, parts,
  run: async (log, quick = false, { part } = {}) => {
    const wanted = (one: (typeof parts)[number]): boolean => part === undefined || part === one
    return [
      ...(wanted('append') ? await benchAppend(quick ? quickAppend : wholeAppend, log) : []),
      ...(wanted('evidence') ? await benchEvidence(quick ? quickEvidence : wholeEvidence, log) : []),
      ...(wanted('proof') ? [await benchProof(quick ? quickProof : wholeProof, log)] : []),
    ]
  },
}
