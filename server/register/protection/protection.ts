/** The protection of each environment (Art. 32): what was declared of it against what was seen. Pure. *Declared* is never shown as *verified*. */
import type { Dataset, Environment, Store, Transport } from '#inventory'
import type { Instruction } from '#instruction'
import type { Finding } from '#trace'

export type Level = 'high' | 'medium' | 'low'
const rank: Readonly<Record<Level, number>> = { high: 3, medium: 2, low: 1 }

/** What was looked at of a store, or why it was not. */
export type Looked<Value> = { readonly is: 'seen'; readonly value: Value } | { readonly is: 'not seen'; readonly because: string }

export interface StoreSeen { readonly transport: Looked<Transport>; /** Roads beside the gateway: open ones, and those that somebody answers for. */ readonly roads: Looked<{ readonly open: number; readonly declared: number; readonly notSeen: number }> }

export interface ProtectionFacts {
  readonly environments: readonly Environment[]
  readonly stores: readonly Store[]
  readonly datasets: readonly Dataset[]
  readonly instructions: readonly Instruction[]
  readonly findings: readonly Finding[]
  readonly seen: ReadonlyMap<string, StoreSeen>
}

export interface EnvironmentProtection {
  readonly environment: string
  readonly class: string
  /** As bailee.yaml says: nobody verified it. */
  readonly declared: Level
  readonly atRest: { readonly is: 'declared'; readonly says: string } | { readonly is: 'none' } | { readonly is: 'not told' }
  readonly stores: readonly ({ readonly store: string; readonly kind: string } & StoreSeen)[]
  /** What of its declared level does not hold, or cannot be told. */
  readonly findings: readonly ProtectionFinding[]
}

/** `differs`: seen otherwise than declared. `unknown`: nobody could look, or nobody told. `instructed`: it goes lower because an instruction says so. */
export interface ProtectionFinding { readonly kind: 'differs' | 'unknown' | 'instructed'; readonly about: string; readonly says: string }

/** Every environment with what is known of its protection, in the order of their ids. */
export function protectionOf(facts: ProtectionFacts): EnvironmentProtection[] {
  const levels = new Map(facts.environments.map((one) => [one.id, one.declared['protection'] as Level]))
  return facts.environments.map((environment): EnvironmentProtection => {
    const declared = levels.get(environment.id)!
    const told = environment.declared['encryption_at_rest'] as string | undefined
    const atRest = told === undefined ? { is: 'not told' as const } : told === 'none' ? { is: 'none' as const } : { is: 'declared' as const, says: told }
    const stores = facts.stores.filter((one) => one.environment === environment.id).map(({ id, kind }) => ({ store: id, kind, ...(facts.seen.get(id) ?? notLooked) }))
    return { environment: environment.id, class: environment.class, declared, atRest, stores, findings: [...atRestFindings(environment.id, declared, atRest), ...stores.flatMap((one) => storeFindings(one, declared)), ...lowerFindings(facts, environment.id, levels)] }
  })
}

const notLooked: StoreSeen = { transport: { is: 'not seen', because: 'nobody looked' }, roads: { is: 'not seen', because: 'nobody looked' } }

function atRestFindings(id: string, declared: Level, atRest: EnvironmentProtection['atRest']): ProtectionFinding[] {
  if (declared === 'low' || atRest.is === 'declared') return []
  return [{ kind: atRest.is === 'none' ? 'differs' : 'unknown', about: id, says: `${id} is declared as protected ${declared}, and ${atRest.is === 'none' ? 'its data are not encrypted at rest' : 'whether its data are encrypted at rest was not told: declare environments[].encryption_at_rest'}` }]
}

function storeFindings({ store, kind, transport, roads }: EnvironmentProtection['stores'][number], declared: Level): ProtectionFinding[] {
  if (declared === 'low') return []
  const travels: ProtectionFinding[] = transport.is === 'not seen' ? (kind === 'files' || kind === 'sqlite' ? [] : [{ kind: 'unknown', about: store, says: `how connections to ${store} travel was not seen: ${transport.because}` }])
    : transport.value.is === 'clear' ? [{ kind: 'differs', about: store, says: `${store} was reached without TLS from another machine` }] : []
  const access: ProtectionFinding[] = roads.is === 'not seen' ? [{ kind: 'unknown', about: store, says: `what leads to ${store} beside the gateway was not seen: ${roads.because}` }]
    : [...(roads.value.open > 0 ? [{ kind: 'differs' as const, about: store, says: `${roads.value.open} roads lead to ${store} beside the gateway: bailee gateway roads` }] : []), ...(roads.value.notSeen > 0 ? [{ kind: 'unknown' as const, about: store, says: `${roads.value.notSeen} kinds of roads to ${store} could not be seen: bailee gateway roads` }] : [])]
  const doors: ProtectionFinding[] = transport.is === 'not seen' ? [] : (transport.value.access ?? []).flatMap(({ is, says }): ProtectionFinding[] => (is === 'kept' ? [] : [{ kind: is === 'open' ? 'differs' : 'unknown', about: store, says: `${store}: ${says}` }]))
  return [...travels, ...doors, ...access]
}

/** What stands, or may go, below the protection of where it comes from. The decision refuses identifiable data that an instruction does not send there by name. */
function lowerFindings({ stores, datasets, instructions, findings }: ProtectionFacts, id: string, levels: ReadonlyMap<string, Level>): ProtectionFinding[] {
  const levelOf = (store: string): Level | undefined => levels.get(stores.find((one) => one.id === store)?.environment ?? '')
  const own = rank[levels.get(id)!]
  const lower = instructions.filter((one) => one.state === 'accepted' && one.scope.identifiable === true && one.scope.operations.includes('copy') && one.scope.environments.includes(id))
    .filter(({ scope }) => Object.keys(scope.data).some((dataset) => rank[levelOf(datasets.find((one) => one.id === dataset)?.store ?? '') ?? 'low'] > own))
  const stray = findings.filter((one) => one.state === 'open' && one.environment === id && datasets.some((dataset) => dataset.controller === one.controller && rank[levelOf(dataset.store) ?? 'low'] > own))
  return [
    ...lower.map((one): ProtectionFinding => ({ kind: 'instructed', about: one.id, says: `${one.id} lets identifiable data go to ${id}, which is protected less than where they come from: its controller accepted that` })),
    ...stray.map((one): ProtectionFinding => ({ kind: 'differs', about: one.id, says: `finding ${one.id}: identifiable data stand in ${id} (${one.store}), which is protected less than where they come from, and no instruction says so` })),
  ]
}
