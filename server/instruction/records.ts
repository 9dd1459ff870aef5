import { allContracts } from '#contract'
import { allDatasets, allEnvironments } from '#inventory'
import type { Ledger } from '#ledger'
import { allTrainings, standings } from '#people'
import { openApprovals } from './approval/store.ts'
import { allGrants, allInstructions } from './store.ts'

/** Everything an act is judged by, as the ledger's tables hold it now: the input of `compile` in `decision`. */
export async function recordsToJudge({ database }: Pick<Ledger, 'database'>) {
  return {
    contracts: await allContracts(database), environments: await allEnvironments(database), datasets: await allDatasets(database),
    instructions: await allInstructions(database), grants: await allGrants(database), trainings: await allTrainings(database), standings: await standings(database), approvals: await openApprovals(database),
  }
}
