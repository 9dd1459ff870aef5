import { standingsOf } from '#assessment'
import { allContracts, allControllers, allSubProcessors, termsOf, theProcessor } from '#contract'
import type { Database } from '#database'
import { allCertificates, allErasures } from '#erasure'
import { sessionsSeen } from '#gateway'
import { allInstructions, allWarnings } from '#instruction'
import { allDatasets, allDerived, allEnvironments, allStores } from '#inventory'
import { signatoriesOf } from '#people'
import { allFindings, latestSweeps } from '#trace'
import { allTransfers } from '#transfer'
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { clausesOf, type Clauses } from './clauses/clauses.ts'
import { allCompulsions } from './compulsion/store.ts'
import { buildRecord, factsByController, type Facts } from './record.ts'
import type { Language, RegisterRecord } from './types.ts'

/**
 * The records of these controllers (all when none is named), one by one, in the order of their ids: from what the tables of `database` hold, which are those of
 * today, or the ledger folded until `at`. Throws `Refused` when nothing was declared by then, or a controller is not known.
 */
export async function recordsOf(database: Database, of: { readonly controllers?: readonly string[]; /** With what their controllers must not be told. */ readonly confidential?: boolean }, at: Instant): Promise<RegisterRecord[]> {
  const all = await gather(database, at, of.controllers)
  const facts = { ...all, compulsions: all.compulsions.filter(({ informing }) => of.confidential === true || informing === 'told') }
  const known = new Set(facts.controllers.map(({ id }) => id))
  const wanted = of.controllers ?? [...known].sort()
  const unknown = wanted.find((id) => !known.has(id))
  if (unknown !== undefined) throw new Refused('register/no-controller', `no controller ${unknown} was declared by then; known: ${[...known].sort().join(', ') || 'none'}`)
  const own = factsByController(facts)
  return wanted.map((id) => buildRecord(own(id), id, at))
}

/** All facts; of sessions, where one controller is asked for, its own: there are as many as people came to work. */
async function gather(database: Database, at: Instant, wanted?: readonly string[]): Promise<Facts> {
  const processor = await theProcessor(database)
  if (processor === undefined) throw new Refused('register/nothing-declared', 'no processor was declared by then: the ledger begins later, or bailee apply -f bailee.yaml was never run')
  const controllers = await allControllers(database)
  const slot = wanted?.length === 1 ? controllers.find(({ id }) => id === wanted[0])?.slot : undefined
  return {
    processor, controllers, contracts: await allContracts(database), subProcessors: await allSubProcessors(database), terms: await termsOf(database), instructions: await allInstructions(database), warnings: await allWarnings(database),
    environments: await allEnvironments(database), stores: await allStores(database), datasets: await allDatasets(database), derived: await allDerived(database),
    transfers: await allTransfers(database), findings: await allFindings(database), sessions: await sessionsSeen(database, { slot }), sweeps: await latestSweeps(database),
    erasures: await allErasures(database), certificates: await allCertificates(database), compulsions: await allCompulsions(database),
    assessments: await standingsOf(database, at),
  }
}

/** Annexes I to IV of the standard contractual clauses for one contract. Throws `Refused` for one that was not declared by then. */
export async function clausesFor(database: Database, of: { readonly contract: string; readonly language: Language }, at: Instant): Promise<Clauses> {
  const facts = await gather(database, at)
  const controller = facts.contracts.find(({ id }) => id === of.contract)?.controller
  return clausesOf(facts, controller === undefined ? [] : await signatoriesOf(database, controller), of, at)
}
