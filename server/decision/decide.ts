import { candidateKey, type CompiledInstruction, type CompiledPerson, type Index } from './compile.ts'
import { dimensions, type Act, type Decision, type Dimension } from './types.ts'

/** Operations that take data to another place: identifiable only when the instruction asks for it by name. The others leave data where it is. */
const moving: ReadonlySet<string> = new Set(['copy', 'disclose', 'return'])

/** What each failing dimension adds to Art. 28(3)(a) and 29, which every refusal rests on. */
const articlesOf: Partial<Record<Dimension, string>> = { contract: '28(3)', recipient: '28(2)', commitment: '28(3)(b)', training: '32(4)', grant: '32(4)' }

/**
 * Same act, same index: the same decision, today and in ten years. Allowed only when one accepted instruction in force, of a live contract,
 * names every dimension of the act, and the person holds commitment, current training and an approved grant (Art. 28(3)(a), 28(3)(b), 29, 32(4)).
 */
export function decide(act: Act, index: Index): Decision {
  const person = index.people.get(act.person)
  const under = (act.instruction === undefined ? index.candidates.get(candidateKey(act.controller, act.purpose, act.operation, act.environment)) : named(act, index))
    ?.filter((one) => accepted(one, act) && failing(act, one, { index, person }).length === 0) ?? []
  if (under.length > 0) return { outcome: 'allowed', under: under.map((one) => one.instruction.id).sort(), failing: [], against: [], articles: [], exposure: [] }
  return refuse(act, index, person)
}

function named(act: Act, index: Index): CompiledInstruction[] {
  const one = act.instruction === undefined ? undefined : index.byId.get(act.instruction)
  return one === undefined || one.instruction.controller !== act.controller ? [] : [one]
}

/** Accepted by its controller, and not superseded or withdrawn by then. */
const accepted = ({ instruction }: CompiledInstruction, act: Act): boolean =>
  instruction.acceptedAt !== undefined && (instruction.endedAt === undefined || act.at < instruction.endedAt)

function refuse(act: Act, index: Index, person: CompiledPerson | undefined): Decision {
  const considered = (act.instruction === undefined ? (index.byController.get(act.controller) ?? []) : named(act, index))
    .filter((one) => accepted(one, act))
    .map((one) => ({ id: one.instruction.id, failing: failing(act, one, { index, person }) }))
    .sort((one, other) => one.failing.length - other.failing.length || (one.id < other.id ? -1 : 1))
  const because = considered[0]?.failing ?? dimensions
  return {
    outcome: 'refused',
    under: [],
    failing: because,
    against: considered.map((one) => one.id),
    articles: [...new Set(['28(3)(a)', '29', ...because.flatMap((dimension) => articlesOf[dimension] ?? [])])],
    exposure: exposureOf(act, index),
  }
}

/** A purpose that no instruction of the controller names is the processor's own: doing it would make it a controller (Art. 28(10)). */
function exposureOf(act: Act, index: Index): string[] {
  return index.purposes.get(act.controller)?.has(act.purpose) === true ? [] : ['28(10)']
}

interface Known { readonly index: Index; readonly person: CompiledPerson | undefined }

function failing(act: Act, one: CompiledInstruction, known: Known): Dimension[] {
  return dimensions.filter((dimension) => !covers(dimension, act, one, known))
}

function covers(dimension: Dimension, act: Act, one: CompiledInstruction, { index, person }: Known): boolean {
  const { instruction, contract } = one
  switch (dimension) {
    case 'contract': return contract !== undefined && contract.controller === act.controller && contract.starts <= act.at && act.at < (contract.endedAt ?? Infinity) && act.at < (contract.ends ?? Infinity)
    case 'purpose': return one.purposes.has(act.purpose)
    case 'operation': return one.operations.has(act.operation)
    case 'data': return coversData(act, one, index)
    case 'environment': return one.environments.has(act.environment) && index.environments.has(act.environment)
    case 'recipient': return act.recipient === undefined ? act.operation !== 'disclose' : one.recipients.has(act.recipient)
    case 'identifiable': return !act.identifiable || (instruction.scope.identifiable ?? !moving.has(act.operation))
    case 'time': return instruction.from <= act.at && act.at < (instruction.until ?? Infinity) && (instruction.acceptedAt ?? Infinity) <= act.at
    case 'commitment': return (person?.standing.committedAt ?? Infinity) <= act.at && act.at < (person?.standing.person.leftAt ?? Infinity)
    case 'training': return person !== undefined && person.trained.every((valid) => valid.some(({ from, until }) => from <= act.at && act.at < until))
    case 'grant': return (one.grants.get(act.person) ?? []).some((grant) => (grant.approvedAt ?? Infinity) <= act.at && act.at < grant.until && act.at < (grant.revokedAt ?? Infinity))
  }
}

function coversData(act: Act, one: CompiledInstruction, index: Index): boolean {
  const wanted = Object.entries(act.data)
  return wanted.length > 0 && wanted.every(([dataset, columns]) => {
    const declared = index.datasets.get(dataset)
    const named = one.columns.get(dataset)
    if (declared === undefined || named === undefined || declared.controller !== act.controller) return false
    const list = columns === '*' ? [...declared.columns] : columns
    return list.length > 0 && list.every((column) => named.has(column) && declared.columns.has(column))
  })
}
