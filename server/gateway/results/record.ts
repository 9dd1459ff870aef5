/** Records what sessions derive as derived datasets of its controller, makes up for what a dead gateway missed, and closes the schemas of instructions that have ended. */
import { allContracts } from '#contract'
import { allDerived, allStores, derivedDraft, droppedDraft, markerUnder, printPlace, resolveReference, shownByForm, type DerivedDataset, type References, type Store } from '#inventory'
import { allInstructions, type Instruction } from '#instruction'
import type { Draft, Ledger } from '#ledger'
import { Broken, Misuse } from '#kit/errors'
import type { Instant } from '#kit/time'
import { parseAddress } from '../address.ts'
import { Administration } from '../compile/store.ts'
import type { KeptTables } from '../doorkeeper.ts'
import { openSessionIds } from '../store.ts'
import { closeSchema, listResults, type ResultSchema } from './store.ts'

/** Whose a table of results is. */
export type Deriving = Pick<DerivedDataset, 'slot' | 'controller' | 'contract' | 'instruction' | 'store' | 'from' | 'person' | 'session'>

// Whether a name holds what only fingerprints tell, a gateway cannot know: they lie beside the data.
const shownFor = (ledger: Ledger): ((text: string) => string) => shownByForm(markerUnder(ledger.keys.traceKey('names', 1).key))

/** Records the tables that are not recorded yet as they are. Resolves to their ids. */
export async function recordDerived(ledger: Ledger, deriving: Deriving, kept: KeptTables, at: Instant): Promise<string[]> {
  return append(ledger, newIn(await allDerived(ledger.database), { ...deriving, kept, shown: shownFor(ledger) }, at))
}

async function append(ledger: Ledger, drafts: readonly Draft[]): Promise<string[]> {
  if (drafts.length > 0) await ledger.append(drafts)
  return drafts.map(({ parts }) => (parts.evidence as { id: string }).id)
}

function newIn(known: readonly DerivedDataset[], { kept, shown, ...deriving }: Deriving & { kept: KeptTables; shown: (text: string) => string }, at: Instant): Draft[] {
  const there = new Map(known.filter(({ store, droppedAt }) => store === deriving.store && droppedAt === null).map((one) => [one.place, one]))
  return kept.tables.flatMap((table) => {
    const place = shown(printPlace({ schema: kept.schema, name: table.name }))
    const columns = table.columns.map(shown)
    const before = there.get(place)
    return before !== undefined && JSON.stringify(before.columns) === JSON.stringify(columns) ? [] : [derivedDraft({ ...deriving, place, columns }, at)]
  })
}

export interface ResultsReport {
  /** Ids of datasets that appeared, and that went, since it was recorded last. */
  readonly derived: readonly string[]
  readonly dropped: readonly string[]
  /** Schemas of instructions that have ended, as far as this look closed them. */
  readonly closed: readonly { readonly store: string; readonly schema: string; readonly dropped: boolean }[]
  readonly notSeen: readonly { readonly store: string; readonly because: string }[]
}

export interface ResultsContext { readonly ledger: Ledger; readonly references: References }

/**
 * Compares what is recorded with what is in the databases, of all stores that keep results or of `stores` only. What a session that is open made may not be committed yet:
 * it is not taken for gone. @throws Misuse for a store that is not declared. A store that cannot be reached is reported as not seen.
 */
export async function lookAtResults(context: ResultsContext, at: Instant, stores?: readonly string[]): Promise<ResultsReport> {
  const { ledger: { database } } = context
  const [all, known] = [await allStores(database), await allDerived(database)]
  const unknown = stores?.find((id) => all.every((store) => store.id !== id))
  if (unknown !== undefined) throw new Misuse(`no store is called ${JSON.stringify(unknown)}; the stores are ${all.map(({ id }) => id).join(', ') || 'none'}`)
  const keeping = all.filter(({ id, declared }) => (stores === undefined || stores.includes(id)) && (declared.results !== undefined || known.some(({ store, droppedAt }) => store === id && droppedAt === null)))
  const [derived, dropped]: [string[], string[]] = [[], []]
  const closed: { store: string; schema: string; dropped: boolean }[] = []
  const notSeen: { store: string; because: string }[] = []
  for (const store of keeping) {
    try {
      const looked = await lookAt(context, store, at)
      derived.push(...looked.derived)
      dropped.push(...looked.dropped)
      closed.push(...looked.closed)
    } catch (cause) {
      if (!(cause instanceof Broken || cause instanceof Misuse)) throw cause
      notSeen.push({ store: store.id, because: cause.message })
    }
  }
  return { derived, dropped, closed, notSeen }
}

async function lookAt(context: ResultsContext, store: Store, at: Instant): Promise<Omit<ResultsReport, 'notSeen'>> {
  const { ledger, references } = context
  const url = store.declared.gateway_url === undefined ? undefined : resolveReference(store.declared.gateway_url, references)
  if (url === undefined) throw new Broken('gateway/no-url', 'its gateway_url is not set')
  const database = new Administration(parseAddress(url))
  try {
    const [schemas, open] = [await listResults(database), await openSessionIds(ledger.database)]
    const [known, instructions, contracts] = [await allDerived(ledger.database), await allInstructions(ledger.database), await allContracts(ledger.database)]
    const shown = shownFor(ledger)
    const of = (schema: ResultSchema): Instruction | undefined => instructions.find(({ id }) => id === schema.instruction)
    const found = schemas.flatMap((schema) => {
      const instruction = of(schema)
      if (instruction === undefined) return []
      const { slot, controller, contract, id } = instruction
      return newIn(known, { slot, controller, contract, instruction: id, store: store.id, from: Object.keys(instruction.scope.data), person: null, session: null, kept: schema, shown }, at)
    })
    const places = new Set(schemas.flatMap(({ schema, tables }) => tables.map(({ name }) => shown(printPlace({ schema, name })))))
    const gone = known.filter((one) => one.store === store.id && one.droppedAt === null && !places.has(one.place) && (one.session === null || !open.has(one.session)))
    const [derived, dropped] = [await append(ledger, found), await append(ledger, gone.map((one) => droppedDraft(one, 'no longer there', at)))]
    const ended = schemas.filter((schema) => { const one = of(schema); return one !== undefined && (schema.open || schema.tables.length === 0) && !inForce(one, contracts.find(({ id }) => id === one.contract)?.endedAt, at) })
    const closed: { store: string; schema: string; dropped: boolean }[] = []
    for (const schema of ended) {
      await ledger.append({ slot: of(schema)?.slot ?? 0, type: 'dataset.closed', at, parts: { evidence: { store: store.id, schema: schema.schema, instruction: schema.instruction } } })
      closed.push({ store: store.id, schema: schema.schema, dropped: await closeSchema(database, schema) })
    }
    return { derived, dropped, closed }
  } finally {
    await database.end()
  }
}

const inForce = ({ state, until }: Instruction, ended: Instant | undefined, at: Instant): boolean => state === 'accepted' && at < (until ?? Infinity) && (ended === undefined || at < ended)
