import type { Contract } from '#contract'
import type { Approval, Grant, Instruction } from '#instruction'
import type { Standing, Training } from '#people'
import type { Instant } from '#kit/time'
import type { World } from './types.ts'

/** An instruction with its lists as sets, its contract, and who was granted it. */
export interface CompiledInstruction {
  readonly instruction: Instruction
  readonly contract: Contract | undefined
  readonly purposes: ReadonlySet<string>
  readonly operations: ReadonlySet<string>
  readonly environments: ReadonlySet<string>
  readonly recipients: ReadonlySet<string>
  /** Columns named, by dataset; `*` is written out as every declared column. */
  readonly columns: ReadonlyMap<string, ReadonlySet<string>>
  readonly grants: ReadonlyMap<string, readonly Grant[]>
  readonly approvals: ReadonlyMap<string, Approval>
}

/** When each required training of a person was valid. */
export interface CompiledPerson {
  readonly standing: Standing
  readonly trained: readonly (readonly { readonly from: Instant; readonly until: Instant }[])[]
}

/** What `decide` looks things up in: reached by key, so that a decision costs the same among ten instructions or a hundred thousand. */
export interface Index {
  readonly byId: ReadonlyMap<string, CompiledInstruction>
  readonly byController: ReadonlyMap<string, readonly CompiledInstruction[]>
  /** By controller, purpose, operation and environment: the only ones that can cover an act. */
  readonly candidates: ReadonlyMap<string, readonly CompiledInstruction[]>
  readonly purposes: ReadonlyMap<string, ReadonlySet<string>>
  readonly people: ReadonlyMap<string, CompiledPerson>
  readonly datasets: ReadonlyMap<string, { readonly controller: string; readonly columns: ReadonlySet<string> }>
  readonly environments: ReadonlySet<string>
}

export const candidateKey = (controller: string, purpose: string, operation: string, environment: string): string =>
  `${controller}\u0000${purpose}\u0000${operation}\u0000${environment}`

/** Builds the index of a world. Only instructions that a controller accepted enter it. */
export function compile(world: World): Index {
  const contracts = new Map(world.contracts.map((contract) => [contract.id, contract]))
  const datasets = new Map(world.datasets.map((dataset) => [dataset.id, {
    controller: dataset.controller,
    columns: new Set(dataset.tables.flatMap((table) => Object.keys(table.columns))),
  }]))
  const sets = new SharedSets()
  const grants = Map.groupBy(world.grants, (grant) => grant.instruction)
  const approvals = Map.groupBy(world.approvals ?? [], (approval) => approval.instruction)
  const compiled = world.instructions
    .filter((instruction) => instruction.acceptedAt !== undefined)
    .map((instruction) => compileOne(instruction, { contract: contracts.get(instruction.contract), grants: grants.get(instruction.id) ?? [], approvals: approvals.get(instruction.id) ?? [], datasets, sets }))
  return {
    byId: new Map(compiled.map((one) => [one.instruction.id, one])),
    byController: Map.groupBy(compiled, (one) => one.instruction.controller),
    candidates: candidatesOf(compiled),
    purposes: new Map([...Map.groupBy(compiled, (one) => one.instruction.controller)].map(([controller, ones]) => [controller, new Set(ones.flatMap((one) => [...one.purposes]))])),
    people: new Map([...world.standings].map(([id, standing]) => [id, compilePerson(standing, world.trainings)])),
    datasets,
    environments: new Set(world.environments.map((environment) => environment.id)),
  }
}

/** One set for each list of words: most instructions name the same few, and what is in one place is found sooner. */
class SharedSets {
  private readonly byWords = new Map<string, ReadonlySet<string>>()

  of(words: readonly string[]): ReadonlySet<string> {
    const key = words.join('\u0000')
    const known = this.byWords.get(key)
    if (known !== undefined) return known
    const made = new Set(words)
    this.byWords.set(key, made)
    return made
  }
}

interface Surroundings { readonly contract: Contract | undefined; readonly grants: readonly Grant[]; readonly approvals: readonly Approval[]; readonly datasets: Index['datasets']; readonly sets: SharedSets }

function compileOne(instruction: Instruction, { contract, grants, approvals, datasets, sets }: Surroundings): CompiledInstruction {
  const { scope } = instruction
  return {
    instruction,
    contract: contract?.controller === instruction.controller ? contract : undefined,
    purposes: sets.of(scope.purposes),
    operations: sets.of(scope.operations),
    environments: sets.of(scope.environments),
    recipients: sets.of(scope.recipients ?? []),
    columns: new Map(Object.entries(scope.data).map(([dataset, columns]) => [dataset, columns === '*' ? (datasets.get(dataset)?.columns ?? sets.of([])) : sets.of(columns)])),
    grants: Map.groupBy(grants, (grant) => grant.person),
    approvals: new Map(approvals.map((approval) => [approval.id, approval])),
  }
}

function candidatesOf(compiled: readonly CompiledInstruction[]): Map<string, CompiledInstruction[]> {
  const candidates = new Map<string, CompiledInstruction[]>()
  for (const one of compiled) {
    for (const purpose of one.purposes) for (const operation of one.operations) for (const environment of one.environments) {
      const key = candidateKey(one.instruction.controller, purpose, operation, environment)
      const known = candidates.get(key)
      if (known === undefined) candidates.set(key, [one])
      else known.push(one)
    }
  }
  return candidates
}

function compilePerson(standing: Standing, trainings: readonly Training[]): CompiledPerson {
  const required = trainings.filter((training) => training.requiredFor === '*' || training.requiredFor.includes(standing.person.role))
  return {
    standing,
    trained: required.map((training) => standing.passed.filter((passed) => passed.training === training.id)
      .map(({ passedAt }) => ({ from: passedAt, until: monthsLater(passedAt, training.validMonths) }))),
  }
}

/** The same day so many months later; the last day of the month where that day does not exist. */
export function monthsLater(at: Instant, months: number): Instant {
  const start = new Date(at * 1000)
  const moved = new Date(start)
  moved.setUTCDate(1)
  moved.setUTCMonth(start.getUTCMonth() + months)
  const lastDay = new Date(Date.UTC(moved.getUTCFullYear(), moved.getUTCMonth() + 1, 0)).getUTCDate()
  moved.setUTCDate(Math.min(start.getUTCDate(), lastDay))
  return Math.floor(moved.getTime() / 1000)
}
