/** What a contract with a processor must say (Art. 28(3), 28(9)), and the clause where it says so. */
import type { Ledger } from '#ledger'
import { Misuse } from '#kit/errors'
import type { Instant } from '#kit/time'
import { findContract, mustWorkHere } from '../contract.ts'
import type { Contract } from '../types.ts'
import { termsOf, type TermRecorded } from './store.ts'

/** By article, in its order: what each asks for, in our words. */
export const mandatoryTerms = {
  '28(3).subject_matter': 'the subject matter of the processing', '28(3).duration': 'its duration', '28(3).nature': 'its nature', '28(3).purpose': 'its purpose',
  '28(3).data_types': 'the types of personal data', '28(3).data_subjects': 'the categories of people', '28(3).controller': 'the obligations and rights of the controller',
  '28(3)(a)': 'only on documented instructions, transfers too', '28(3)(b)': 'people committed to confidentiality', '28(3)(c)': 'security (Art. 32)', '28(3)(d)': 'how further processors are engaged',
  '28(3)(e)': 'help with the requests of the people', '28(3)(f)': 'help with Art. 32 to 36', '28(3)(g)': 'deletion or return at the end, as the controller chooses', '28(3)(h)': 'all information, and audits',
  '28(9)': 'in writing, electronic form included',
} as const

export type Term = keyof typeof mandatoryTerms
export const termCodes = Object.keys(mandatoryTerms) as [Term, ...Term[]]

/** Where one mandatory term stands. `missing`: not told, or somebody looked and the contract has none (`none`). */
export interface TermStanding {
  readonly term: Term
  readonly asks: string
  readonly standing: 'stands' | 'none' | 'not told'
  readonly clause?: string
  readonly from?: 'bailee.yaml' | 'recorded'
}

/** The matrix of a contract: what was recorded of it, or else what bailee.yaml says. Pure. */
export function matrixOf(contract: Pick<Contract, 'id' | 'declared'>, recorded: readonly TermRecorded[]): TermStanding[] {
  const told = (contract.declared['terms'] ?? {}) as Partial<Record<Term, string>>
  const own = new Map(recorded.filter((one) => one.contract === contract.id).map((one) => [one.term, one]))
  return termCodes.map((term): TermStanding => {
    const noted = own.get(term)
    const clause = noted === undefined ? (told[term] ?? (term === '28(3)(g)' ? contract.declared.at_end?.clause : undefined)) : (noted.clause ?? 'none')
    const asks = mandatoryTerms[term]
    if (clause === undefined) return { term, asks, standing: 'not told' }
    const from = noted === undefined ? 'bailee.yaml' : 'recorded'
    return clause === 'none' ? { term, asks, standing: 'none', from } : { term, asks, standing: 'stands', clause, from }
  })
}

/** The matrix of one contract out of the tables. Throws `Misuse` for an unknown one. */
export async function matrixAt(ledger: Ledger, id: string): Promise<TermStanding[]> {
  return matrixOf(await findContract(ledger, id), await termsOf(ledger.database))
}

/** Somebody read the contract and says in which clause a term stands; `none`: in no clause. The newest holds. */
export async function recordTerm(ledger: Ledger, { contract: id, term, clause, by }: { readonly contract: string; readonly term: string; readonly clause: string; readonly by: string }, at: Instant): Promise<TermStanding[]> {
  if (!(termCodes as readonly string[]).includes(term)) throw new Misuse(`no mandatory term is called ${JSON.stringify(term)}; they are: ${termCodes.join(', ')}`)
  const { slot } = await findContract(ledger, id)
  await mustWorkHere(ledger, by)
  await ledger.append({ slot, type: 'contract.term_recorded', at, parts: { evidence: { contract: id, term, clause: clause === 'none' ? null : clause, by } } })
  return matrixAt(ledger, id)
}
