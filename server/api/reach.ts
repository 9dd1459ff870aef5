/** What an engineer or analyst may see: what their own grants reach. */
import { allGrants, allInstructions } from '#instruction'
import type { Reading } from './reading.ts'

export interface Reach { readonly controllers: ReadonlySet<string>; readonly instructions: ReadonlySet<string> }

/** Undefined: everything. Grants that are over or revoked reach nothing; those that wait for a second person reach what they are about. */
export async function reachOf({ principal, bailee, at }: Reading): Promise<Reach | undefined> {
  if (principal.controller !== null || principal.roles.some((role) => role === 'owner' || role === 'dpo' || role === 'auditor')) return undefined
  const mine = (await allGrants(bailee.database)).filter(({ person, state, until }) => person === principal.person && state !== 'revoked' && at < until)
  const instructions = new Set(mine.map(({ instruction }) => instruction))
  const reached = (await allInstructions(bailee.database)).filter(({ id }) => instructions.has(id))
  return { instructions, controllers: new Set(reached.map(({ controller }) => controller)) }
}
