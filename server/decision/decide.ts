import { candidateKey, type CompiledInstruction, type CompiledPerson, type Index } from './compile.ts'
import { dimensions, type Act, type Decision, type Dimension } from './types.ts'

/** Operations that take data to another place: identifiable only when the instruction asks for it by name. The others leave data where it is. */
const moving: ReadonlySet<string> = new Set(['copy', 'disclose', 'return'])

/** What each failing dimension adds to Art. 28(3)(a) and 29, which every refusal rests on. */
const articlesOf: Partial<Record<Dimension, string>> = { contract: '28(3)', recipient: '28(2)', commitment: '28(3)(b)', training: '32(4)', grant: '32(4)', approval: '32(4)' }

/**
 * Same act, same index: the same decision, today and in ten years. Allowed only when one accepted instruction in force, of a live contract,
 * names every dimension of the act, and the person holds commitment, current training and an approved grant (Art. 28(3)(a), 28(3)(b), 29, 32(4)).
 */
export function decide(act: Act, index: Index): Decision {
  const considered = consider(act, index)
  const under: string[] = []
  for (const one of act.instruction === undefined ? (index.candidates.get(candidateKey(act.controller, act.purpose, act.operation, act.environment)) ?? none) : named(act, index)) {
    if (accepted(one, act) && failing(one, considered) === 0) under.push(one.instruction.id)
  }
  if (under.length > 0) return { outcome: 'allowed', under: under.sort(), failing: [], against: [], articles: [], exposure: [] }
  return refuse(considered)
}

const none: readonly CompiledInstruction[] = []

function named(act: Act, index: Index): readonly CompiledInstruction[] {
  const one = act.instruction === undefined ? undefined : index.byId.get(act.instruction)
  return one === undefined || one.instruction.controller !== act.controller ? none : [one]
}

/** Accepted by its controller, not superseded or withdrawn by then, and not suspended by a warning. */
const accepted = ({ instruction }: CompiledInstruction, act: Act): boolean =>
  instruction.acceptedAt !== undefined && (instruction.endedAt === undefined || act.at < instruction.endedAt) && !(instruction.suspensions ?? []).some(({ from, until }) => from <= act.at && act.at < until)

function refuse(considered: Considered): Decision {
  const { act, index } = considered
  const judged: { readonly id: string; readonly mask: number; readonly count: number }[] = []
  for (const one of act.instruction === undefined ? (index.byController.get(act.controller) ?? none) : named(act, index)) {
    if (!accepted(one, act)) continue
    const mask = failing(one, considered)
    judged.push({ id: one.instruction.id, mask, count: bitsOf(mask) })
  }
  judged.sort((one, other) => one.count - other.count || (one.id < other.id ? -1 : 1))
  const best = judged[0]
  const because = best === undefined ? dimensions : dimensions.filter((dimension) => (best.mask & bit[dimension]) !== 0)
  return {
    outcome: 'refused',
    under: [],
    failing: because,
    against: judged.map((one) => one.id),
    articles: [...new Set(['28(3)(a)', '29', ...because.flatMap((dimension) => articlesOf[dimension] ?? [])])],
    exposure: exposureOf(act, index),
  }
}

/** A purpose that no instruction of the controller names is the processor's own: doing it would make it a controller (Art. 28(10)). */
function exposureOf(act: Act, index: Index): string[] {
  return index.purposes.get(act.controller)?.has(act.purpose) === true ? [] : ['28(10)']
}

/** Failing dimensions are bits of one number, in the order of `dimensions`: an act may have to be held against every instruction of a controller. */
const bit = Object.fromEntries(dimensions.map((dimension, place) => [dimension, 1 << place])) as Record<Dimension, number>

function bitsOf(mask: number): number {
  let count = 0
  for (let left = mask; left !== 0; left &= left - 1) count += 1
  return count
}

interface Wanted { readonly dataset: string; readonly columns: readonly string[] }

/** An act with what can be said of it before any instruction is looked at. */
interface Considered {
  readonly act: Act
  readonly index: Index
  /** Dimensions that fail whatever the instruction: those of the person, and an environment that was never declared. */
  readonly always: number
  /** Undefined: no instruction can cover it, because nothing is wanted, or something that is not declared or not the controller's. */
  readonly wanted: readonly Wanted[] | undefined
}

function consider(act: Act, index: Index): Considered {
  const always = personFailing(act, index.people.get(act.person)) | (index.environments.has(act.environment) ? 0 : bit.environment)
  return { act, index, always, wanted: wantedBy(act, index) }
}

function personFailing(act: Act, person: CompiledPerson | undefined): number {
  if (person === undefined) return bit.commitment | bit.training
  const { standing, trained } = person
  const committed = (standing.committedAt ?? Infinity) <= act.at && act.at < (standing.person.leftAt ?? Infinity)
  const current = trained.every((valid) => valid.some(({ from, until }) => from <= act.at && act.at < until))
  return (committed ? 0 : bit.commitment) | (current ? 0 : bit.training)
}

function wantedBy(act: Act, index: Index): Wanted[] | undefined {
  const wanted: Wanted[] = []
  for (const dataset of Object.keys(act.data)) {
    const declared = index.datasets.get(dataset)
    if (declared === undefined || declared.controller !== act.controller) return undefined
    const asked = act.data[dataset] ?? []
    const columns = asked === '*' ? [...declared.columns] : asked
    if (columns.length === 0) return undefined
    for (const column of columns) if (!declared.columns.has(column)) return undefined
    wanted.push({ dataset, columns })
  }
  return wanted.length === 0 ? undefined : wanted
}

/** The dimensions in which an instruction does not cover an act, as bits. */
function failing(one: CompiledInstruction, { act, always, wanted }: Considered): number {
  const { instruction, contract } = one
  const { at } = act
  let mask = always
  if (!(contract !== undefined && contract.controller === act.controller && contract.starts <= at && at < (contract.endedAt ?? Infinity) && at < (contract.ends ?? Infinity))) mask |= bit.contract
  if (!one.purposes.has(act.purpose)) mask |= bit.purpose
  if (!one.operations.has(act.operation)) mask |= bit.operation
  if (wanted === undefined || !covers(one, wanted)) mask |= bit.data
  if (!one.environments.has(act.environment)) mask |= bit.environment
  if (act.recipient === undefined ? act.operation === 'disclose' : !one.recipients.has(act.recipient)) mask |= bit.recipient
  if (act.identifiable && !(instruction.scope.identifiable ?? !moving.has(act.operation))) mask |= bit.identifiable
  if (!(instruction.from <= at && at < (instruction.until ?? Infinity) && (instruction.acceptedAt ?? Infinity) <= at)) mask |= bit.time
  if (!granted(one, act)) mask |= bit.grant
  if (!approved(one, act)) mask |= bit.approval
  return mask
}

function granted(one: CompiledInstruction, { person, at }: Act): boolean {
  for (const grant of one.grants.get(person) ?? []) if ((grant.approvedAt ?? Infinity) <= at && at < grant.until && at < (grant.revokedAt ?? Infinity)) return true
  return false
}

/** What a second person approves: data that go somewhere by what is done with them; everything else is a session. */
const useOf = ({ operation }: Act): 'session' | 'copy' | 'disclose' | undefined => (operation === 'copy' || operation === 'disclose' ? operation : operation === 'return' ? undefined : 'session')

/** Where the instruction asks for a second person: whether the act goes by an approval of theirs, for this person, this use, exactly what is done, this instruction, at this moment. How often it was used is counted where it is used. */
function approved({ instruction, approvals }: CompiledInstruction, act: Act): boolean {
  const use = useOf(act)
  if (use === undefined || instruction.scope.second_person?.uses.includes(use) !== true) return true
  const approval = act.approval === undefined ? undefined : approvals.get(act.approval)
  return approval !== undefined && approval.state === 'given' && approval.person === act.person && approval.use === use && (approval.whatSha256 ?? undefined) === act.what && (approval.givenAt ?? Infinity) <= act.at && act.at < (approval.until ?? -Infinity)
}

function covers(one: CompiledInstruction, wanted: readonly Wanted[]): boolean {
  for (const { dataset, columns } of wanted) {
    const named = one.columns.get(dataset)
    if (named === undefined) return false
    for (const column of columns) if (!named.has(column)) return false
  }
  return true
}
