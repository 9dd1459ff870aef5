import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { compile, decide, type Act, type World } from '#decision'
import { operations, recordsToJudge, type Instruction, type Scope } from '#instruction'
import { allStores } from '#inventory'
import { newestDecisions, partOf } from '#ledger'
import type { Person } from '#people'
import { day, parseInstant } from '#kit/time'
import { reachOf } from '../reach.ts'
import type { Reading } from '../reading.ts'
import { addReading, type RouteContext } from '../route.ts'
import { preview, previewBody } from '../schemas/decision.ts'
import { nameOf, shownInstant } from '../shown.ts'
import { shownDecided } from './decisions.ts'

/** Recorded acts that are tried at most. */
const actsMax = 5_000
/** People that are tried at most. */
const peopleMax = 500
/** Acts that come out otherwise and are named one by one. */
const changedMax = 50

/** `/instructions/preview`: asked of the very `decision` that the gateway asks. Records nothing. */
export function addPreview(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'POST /instructions/preview', {
    summary: 'What would this instruction allow? Tried only', body: previewBody, answer: preview,
    handle: async (asked) => previewOf(asked, asked.body as z.output<typeof previewBody>),
  })
}

async function previewOf(reading: Reading, { scope: wanted, act, days }: z.output<typeof previewBody>): Promise<z.output<typeof preview>> {
  const { bailee, at, principal } = reading
  const world = await recordsToJudge(bailee.ledger)
  const scope = wanted as unknown as Scope
  const reach = await reachOf(reading)
  const contract = world.contracts.find(({ id, slot, controller }) => id === scope.contract && (principal.controller === null || principal.controller.slot === slot) && (reach === undefined || reach.controllers.has(controller)))
  const [from, until] = [parseInstant(scope.from), scope.until === undefined ? undefined : parseInstant(scope.until)]
  const problems = [
    ...(contract === undefined ? [`no contract ${scope.contract}`] : contract.endedAt === undefined ? [] : [`contract ${scope.contract} has ended`]),
    ...(from === undefined ? [`from is no date: ${scope.from}`] : []), ...(scope.until !== undefined && until === undefined ? [`until is no date: ${scope.until}`] : []),
    ...(scope.purposes.length === 0 ? ['no purpose is named'] : []), ...(scope.operations.length === 0 ? ['no operation is named'] : []), ...(scope.environments.length === 0 ? ['no environment is named'] : []), ...(Object.keys(scope.data).length === 0 ? ['no data are named'] : []),
  ]
  const datasets = world.datasets.filter(({ controller }) => controller === contract?.controller)
  const environments = new Map((await allStores(bailee.database)).map(({ id, environment }) => [id, environment]))
  const columns = Object.entries(scope.data).map(([id, wantedColumns]) => columnsOf({ datasets, environments, scope }, id, wantedColumns))
  problems.push(...columns.filter(({ unknown }) => unknown.length > 0).map(({ dataset, unknown }) => `${dataset}: not declared: ${unknown.join(', ')}`))
  // As if it were accepted now, in place of the one that it names.
  const drafted: Instruction = { id: scope.id, slot: contract?.slot ?? -1, contract: scope.contract, controller: contract?.controller ?? '', scope, state: 'accepted', from: from ?? Number.MAX_SAFE_INTEGER, acceptedAt: Math.min(at, from ?? at), ...(until === undefined ? {} : { until }) }
  const others = world.instructions.filter(({ id }) => id !== scope.id && id !== scope.supersedes)
  // Who holds a grant under the instruction it replaces is taken to get one under this.
  const grants = [...world.grants, ...world.grants.filter(({ instruction }) => instruction === scope.supersedes).map((grant) => ({ ...grant, instruction: scope.id }))]
  const then: World = { ...world, grants, instructions: contract === undefined ? others : [...others, drafted] }
  const named = new Set(scope.environments)
  return {
    allows: problems.length === 0 && columns.some(({ allowed }) => allowed.length > 0), columns, problems, people: problems.length > 0 ? [] : peopleWho(asWhom(reading, { then, reached: reach !== undefined, controller: drafted.controller }), { then, drafted, at: Math.max(at, from ?? at) }),
    operations: { allowed: [...scope.operations], not: operations.filter((one) => !scope.operations.includes(one)) },
    environments: { allowed: [...named], not: world.environments.filter(({ id }) => !named.has(id)).map(({ id }) => id) },
    from: shownInstant(from), until: shownInstant(until),
    tried: act === undefined ? null : shownDecided(decide({ ...(act as Omit<Act, 'at'>), at: Math.max(at, from ?? at) }, compile(then))), acts: await replayed(reading, { then, slot: contract?.slot, since: at - days * day }),
  }
}

interface Around { readonly datasets: World['datasets']; readonly environments: ReadonlyMap<string, string>; readonly scope: Scope }

function columnsOf({ datasets, environments, scope }: Around, id: string, named: readonly string[] | '*'): z.output<typeof preview>['columns'][number] {
  const dataset = datasets.find((one) => one.id === id)
  const declared = Object.assign({}, ...(dataset?.tables ?? []).map(({ columns }) => columns)) as Readonly<Record<string, { readonly identifies?: boolean }>>
  const known = Object.keys(declared)
  const wanted = named === '*' ? known : named
  const allowed = wanted.filter((column) => Object.hasOwn(declared, column))
  const environment = environments.get(dataset?.store ?? '') ?? ''
  return {
    dataset: id, store: dataset?.store ?? '', environment, reached: scope.environments.includes(environment), allowed, identifying: allowed.filter((column) => declared[column]?.identifies === true), closed: known.filter((column) => !wanted.includes(column)),
    unknown: known.length === 0 ? [id] : wanted.filter((column) => !Object.hasOwn(declared, column)), rows: (dataset?.tables ?? []).flatMap(({ rows }) => rows ?? []),
  }
}

/** Whom an act is tried as: everybody, or for a controller's own people and for whoever sees a part, those who hold a grant under an instruction of that controller. */
function asWhom({ principal }: Reading, { then, reached, controller }: { readonly then: World; readonly reached: boolean; readonly controller: string }): Person[] {
  const own = new Set(then.instructions.filter((one) => one.controller === controller).map(({ id }) => id))
  const granted = new Set(then.grants.filter(({ instruction }) => own.has(instruction)).map(({ person }) => person))
  return [...then.standings.values()].map(({ person }) => person).filter(({ id, leftAt }) => leftAt === undefined && ((principal.controller === null && !reached) || granted.has(id))).slice(0, peopleMax)
}

/** Operations that take data to another place: tried with what may not be in clear there. */
const moving: readonly string[] = ['copy', 'disclose', 'return']

/** The first thing that it names, tried as each of them: what is left to fail is about the person. */
function peopleWho(people: readonly Person[], { then, drafted: { scope, controller, id }, at }: { readonly then: World; readonly drafted: Instruction; readonly at: number }): z.output<typeof preview>['people'] {
  const [operation, [purpose = ''], [environment = ''], [dataset = '', columns = []] = []] = [scope.operations[0] ?? 'read', scope.purposes, scope.environments, Object.entries(scope.data)[0]]
  const act = { controller, purpose, operation, environment, data: { [dataset]: columns }, identifiable: !moving.includes(operation), instruction: id, at, ...(operation === 'disclose' ? { recipient: scope.recipients?.[0] ?? '' } : {}) }
  const index = compile(then)
  return people.map((person) => { const { outcome, failing } = decide({ ...act, person: person.id, identifiable: act.identifiable && scope.identifiable !== false }, index); return { person: nameOf(person), outcome, failing: [...failing] } })
}

/** The acts that were decided lately, decided again as if it held: which come out otherwise. */
async function replayed({ log, at }: Reading, { then, slot, since }: { readonly then: World; readonly slot: number | undefined; readonly since: number }): Promise<z.output<typeof preview>['acts']> {
  const counts = { since: shownInstant(since) ?? '', tried: 0, stillAllowed: 0, newlyAllowed: 0, newlyRefused: 0, capped: false, changed: [] as { decision: string; now: 'allowed' | 'refused' }[] }
  if (slot === undefined) return counts
  const entries = await newestDecisions(log, { slots: [slot], until: at, limit: actsMax + 1 })
  const index = compile(then)
  for (const entry of entries.slice(0, actsMax)) {
    if (entry.at < since) break
    const act = partOf<{ act?: Act }>(entry, 'evidence')?.act
    if (act === undefined) continue
    // Whichever instruction it named then: what is asked is whether any would cover it.
    const free = { ...act, instruction: undefined } as unknown as Act
    const [before, now] = [entry.type === 'decision.allowed' ? 'allowed' : 'refused', decide(free, index).outcome] as const
    counts.tried += 1
    if (before === 'allowed' && now === 'allowed') counts.stillAllowed += 1
    else if (before !== now) {
      if (now === 'allowed') counts.newlyAllowed += 1
      else counts.newlyRefused += 1
      if (counts.changed.length < changedMax) counts.changed.push({ decision: `${entry.slot}-${entry.index}`, now })
    }
  }
  return { ...counts, capped: entries.length > actsMax }
}
