import { findContract } from '#contract'
import { allDatasets, allEnvironments } from '#inventory'
import type { Json, Ledger } from '#ledger'
import { Misuse, Refused } from '#kit/errors'
import { parseInstant, type Instant } from '#kit/time'
import { findInstruction } from './instruction.ts'
import { allInstructions } from './store.ts'
import type { Instruction, Scope } from './types.ts'

/** What the ids of a controller's own people begin with: they meet those of nobody else, and an id that is taken tells them of nobody else. */
const prefixOf = (controller: string): string => `${controller.toUpperCase()}-`

/** The next free id for an instruction of a controller: `INS-4`, or `ACME-4` where there are several controllers or nobody may say whether there are. Pure; `taken`: what whoever asks may see. */
export function nextInstructionId(taken: readonly string[], { controller, alone }: { readonly controller: string; readonly alone: boolean }): string {
  const [known, prefix] = [new Set(taken), alone ? 'INS-' : prefixOf(controller)]
  for (let number = 1; ; number += 1) if (!known.has(`${prefix}${number}`)) return `${prefix}${number}`
}

/** Whether a controller's own people may propose under that id: one of theirs, or `ACME-` and a number. */
function mustBeOwnId(id: string, controller: string, own: readonly string[]): void {
  const [prefix, rest] = [id.slice(0, controller.length + 1), id.slice(controller.length + 1)]
  if (own.includes(id) || (prefix.toUpperCase() === prefixOf(controller) && /^[1-9]\d{0,8}$/.test(rest))) return
  throw new Misuse([`id: ${nextInstructionId(own, { controller, alone: false })}, or another number; ids of your own begin with ${prefixOf(controller)}`])
}

/**
 * Proposes an instruction, or proposes one anew that nobody accepted yet. Throws `Misuse` with everything that is wrong with its scope; `Refused` when it is not a proposal any more, or another
 * controller's than `controller`.
 */
export async function proposeInstruction(ledger: Ledger, { scope, controller }: { scope: Scope; controller?: string | undefined }, at: Instant): Promise<Instruction> {
  const contract = await findContract(ledger, scope.contract)
  if (controller !== undefined && contract.controller !== controller) throw new Refused('instruction/not-yours', `contract ${scope.contract} is another controller's`)
  if (contract.endedAt !== undefined) throw new Refused('contract/ended', `contract ${contract.id} has ended; nothing can be done under it any more`)
  if (controller !== undefined) mustBeOwnId(scope.id, controller, (await allInstructions(ledger.database)).filter((one) => one.controller === controller).map(({ id }) => id))
  const problems = await problemsOf(ledger, scope, contract.controller)
  if (problems.length > 0) throw new Misuse(problems)
  await ledger.append({ slot: contract.slot, type: 'instruction.proposed', at, parts: { instruction: { controller: contract.controller, scope: scope as unknown as Json } } })
  return findInstruction(ledger, scope.id)
}

async function problemsOf({ database }: Ledger, scope: Scope, controller: string): Promise<string[]> {
  const [environments, datasets, old] = [new Set((await allEnvironments(database)).map(({ id }) => id)), await allDatasets(database), (await allInstructions(database)).find(({ id }) => id === scope.supersedes)]
  return [
    ...(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(scope.id) ? [] : ['id: letters, digits, dot, dash or underscore, at most 63']), ...(scope.text.trim() === '' ? ['text: what the controller said, in its own words'] : []),
    ...(['purposes', 'operations', 'environments'] as const).filter((key) => scope[key].length === 0).map((key) => `${key}: at least one`),
    ...scope.environments.filter((id) => !environments.has(id)).map((id) => `environments: no environment is called ${id}`),
    ...(Object.keys(scope.data).length === 0 ? ['data: at least one dataset'] : []), ...Object.entries(scope.data).flatMap(([id, columns]) => {
      const found = datasets.find((one) => one.id === id && one.controller === controller)
      if (found === undefined) return [`data: ${id} is no dataset of ${controller}`]
      const known = new Set(found.tables.flatMap((table) => Object.keys(table.columns)))
      return columns === '*' ? [] : columns.length === 0 ? [`data.${id}: at least one column`] : columns.filter((column) => !known.has(column)).map((column) => `data.${id}: no column ${column}`)
    }),
    ...(parseInstant(scope.from) === undefined ? ['from: a date such as 2019-04-15'] : []), ...(scope.until !== undefined && parseInstant(scope.until) === undefined ? ['until: a date such as 2020-12-01'] : []),
    ...(scope.supersedes !== undefined && old?.controller !== controller ? [`supersedes: no instruction ${scope.supersedes} of ${controller}`] : []),
  ]
}
