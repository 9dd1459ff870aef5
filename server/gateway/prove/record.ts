/** Proves instructions at stores, records what came of it, and answers whether one may be opened. */
import { allDatasets, allStores, resolveReference, type References, type Store } from '#inventory'
import { allInstructions, type Instruction } from '#instruction'
import type { Json, Ledger } from '#ledger'
import { Broken, Misuse } from '#kit/errors'
import type { Clock, Instant } from '#kit/time'
import { compiledOperations } from '../compile/index.ts'
import type { SessionPlan } from '../doorkeeper.ts'
import { resultsAt, separationOf, tablesOf } from '../planning.ts'
import { proofOf } from './store.ts'
import { attemptsToProve, listOf, tryPlan } from './try.ts'
import type { ProofResult, Separation } from './types.ts'

export interface ProofContext { readonly ledger: Ledger; readonly references: References }

/** One instruction at one store. */
export interface ToProve { readonly store: string; readonly instruction: string; readonly slot: number; readonly plan: SessionPlan; readonly separation: Separation }

export type Proved = Pick<ToProve, 'store' | 'instruction'> & { readonly result: ProofResult | undefined; /** Why nothing could be tried. */ readonly because?: string }

/** Every accepted instruction that is in force, at every store where it names tables and the gateway has a URL. */
export async function allToProve({ ledger, references }: ProofContext, at: Instant): Promise<ToProve[]> {
  const [stores, datasets, instructions] = [await allStores(ledger.database), await allDatasets(ledger.database), await allInstructions(ledger.database)]
  const inForce = instructions.filter((one) => one.state === 'accepted' && one.from <= at && at < (one.until ?? Infinity) && one.scope.operations.some((operation) => compiledOperations.has(operation)))
  return inForce.flatMap((instruction) => stores.flatMap((store) => toProve({ instruction, store, references }, datasets.filter((dataset) => dataset.store === store.id)) ?? []))
}

function toProve({ instruction, store, references }: { instruction: Instruction; store: Store; references: References }, datasets: Awaited<ReturnType<typeof allDatasets>>): ToProve | undefined {
  const reference = store.declared.gateway_url
  const clientUrl = reference === undefined ? undefined : resolveReference(reference, references)
  const tables = tablesOf(instruction, datasets.filter((dataset) => dataset.controller === instruction.controller))
  if (clientUrl === undefined || tables.length === 0) return undefined
  const plan: SessionPlan = { id: `prove-${store.id}-${instruction.id}`, instruction: instruction.id, clientUrl, tables, operations: instruction.scope.operations, ...resultsAt(store), rowsMax: 1, sessionSecondsMax: 1 }
  return { store: store.id, instruction: instruction.id, slot: instruction.slot, plan, separation: separationOf(tables, { store: store.id, controller: instruction.controller }, datasets) }
}

/** Tries one and records the result in its controller's log. @throws Broken when the database cannot be reached; then nothing is recorded, and what was proved stays. */
export async function proveOne(ledger: Ledger, { store, instruction, slot, plan, separation }: ToProve, at: Instant, canary = false): Promise<ProofResult> {
  const result = await tryPlan({ plan, separation, canary })
  await ledger.append({ slot, type: 'gateway.proved', at, parts: { evidence: { store, instruction, canary, ...result } as unknown as Json } })
  return result
}

async function mustBeKnown({ database }: Ledger, { store, instruction }: { readonly store?: string; readonly instruction?: string }): Promise<void> {
  const stores = (await allStores(database)).map(({ id }) => id)
  if (store !== undefined && !stores.includes(store)) throw new Misuse(`no store is called ${JSON.stringify(store)}; the stores are ${stores.join(', ') || 'none'}`)
  const instructions = (await allInstructions(database)).map(({ id }) => id)
  if (instruction !== undefined && !instructions.includes(instruction)) throw new Misuse(`no instruction is called ${JSON.stringify(instruction)}; bailee instruction list shows them`)
}

/** Proves what is chosen, one after the other. A database that cannot be reached is said, and ends nothing. @throws Misuse when nothing is chosen, or a name is nobody's. */
export async function proveAll(context: ProofContext, at: Instant, chosen: { readonly store?: string; readonly instruction?: string; readonly canary?: boolean } = {}): Promise<Proved[]> {
  await mustBeKnown(context.ledger, chosen)
  const all = (await allToProve(context, at)).filter(({ store, instruction }) => (chosen.store ?? store) === store && (chosen.instruction ?? instruction) === instruction)
  if (all.length === 0) throw new Misuse('nothing to prove: no accepted instruction in force names a table of a store whose gateway_url is set')
  const proved: Proved[] = []
  for (const one of all) {
    const { store, instruction } = one
    try {
      proved.push({ store, instruction, result: await proveOne(context.ledger, one, at, chosen.canary) })
    } catch (cause) {
      if (!(cause instanceof Broken)) throw cause
      proved.push({ store, instruction, result: undefined, because: cause.message })
    }
  }
  return proved
}

/** What the gateway asks before it opens a session: see `Doorkeeper.proofs`. */
export interface Proofs {
  /** Undefined: proved. Otherwise why the instruction is not opened there. */
  missing(asked: Omit<ToProve, 'separation'>, role: string): Promise<string | undefined>
  /** The compiler found something at a database where the instruction was proved. */
  drifted(asked: Pick<ToProve, 'store' | 'instruction' | 'slot'>, findings: readonly { readonly what: string }[]): Promise<void>
}

/**
 * The rule of opening. An instruction is opened at a database only when its last proof there held, was made for the very role that would be opened, by the
 * list of today, and nothing drifted since. Where there is none, or a stale one, the whole list is tried now, before the session opens. Where ways out
 * got through, nothing opens until `bailee gateway prove` holds again.
 */
export function proofsBy(ledger: Ledger, clock: Clock): Proofs {
  const running = new Map<string, Promise<ProofResult>>()
  const list = listOf(attemptsToProve())
  return {
    missing: async (asked, role) => {
      const proof = await proofOf(ledger.database, asked.store, asked.instruction)
      if (proof?.state === 'held' && proof.role === role && proof.list === list) return undefined
      if (proof?.state === 'through' && proof.role === role && proof.list === list) return said(proof.detail.through.map(({ id }) => id))
      const key = `${asked.store}\n${role}`
      const datasets = await allDatasets(ledger.database)
      const controller = datasets.find(({ slot }) => slot === asked.slot)?.controller ?? ''
      const separation = separationOf(asked.plan.tables, { store: asked.store, controller }, datasets)
      const trying = running.get(key) ?? proveOne(ledger, { ...asked, separation }, clock()).finally(() => running.delete(key))
      running.set(key, trying)
      const result = await trying
      return result.outcome === 'held' ? undefined : said(result.through.map(({ id }) => id))
    },
    drifted: async ({ store, instruction, slot }, findings) => {
      if ((await proofOf(ledger.database, store, instruction))?.state !== 'held') return
      await ledger.append({ slot, type: 'gateway.drifted', at: clock(), parts: { evidence: { store, instruction, findings: findings.map(({ what }) => what) } } })
    },
  }
}

const shownMax = 5

function said(ids: readonly string[]): string {
  return `ways out of the instruction are open there: ${ids.slice(0, shownMax).join(', ')}${ids.length > shownMax ? ` and ${ids.length - shownMax} more` : ''}; bailee gateway prove says which`
}
