/** Records what sessions derive as derived datasets of its controller, makes up for what a dead gateway missed, and closes the schemas of instructions that have ended. */
import { allContracts } from '#contract'
import { allDerived, allStores, derivedDraft, droppedDraft, markerUnder, printPlace, resolveReference, shownByForm, type DerivedDataset, type References, type Store } from '#inventory'
import { allInstructions, isInForce, type Instruction } from '#instruction'
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

/** A transfer's copies are its own matter. */
const derivedBySessions = async (executor: Parameters<typeof allDerived>[0]): Promise<DerivedDataset[]> => (await allDerived(executor)).filter(({ by }) => by === 'session')

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
 * it is not taken for gone. @throws Misuse for a store that is not declared. A store that cannot be
 * reached, or where what is recorded can neither be seen nor be gone, is reported as not seen.
 */
export async function lookAtResults(context: ResultsContext, at: Instant, stores?: readonly string[]): Promise<ResultsReport> {
  const { ledger: { database } } = context
  const [all, known] = [await allStores(database), await derivedBySessions(database)]
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
      notSeen.push(...looked.notSeen.map((because) => ({ store: store.id, because })))
    } catch (cause) {
      if (!(cause instanceof Broken || cause instanceof Misuse)) throw cause
      notSeen.push({ store: store.id, because: cause.message })
    }
  }
  return { derived, dropped, closed, notSeen }
}

type Looked = Omit<ResultsReport, 'notSeen'> & { readonly notSeen: readonly string[] }

async function lookAt(context: ResultsContext, store: Store, at: Instant): Promise<Looked> {
  const { ledger, references } = context
  const url = store.declared.gateway_url === undefined ? undefined : resolveReference(store.declared.gateway_url, references)
  if (url === undefined) throw new Broken('gateway/no-url', 'its gateway_url is not set')
  const database = new Administration(parseAddress(url))
  try {
    // In this order: what was recorded before the list was made, by a session that had closed before it was made, is in the list if it was kept.
    const before = (await derivedBySessions(ledger.database)).filter((one) => one.store === store.id && one.droppedAt === null)
    const open = await openSessionIds(ledger.database)
    const schemas = await listResults(database)
    const [known, instructions] = [await allDerived(ledger.database), await allInstructions(ledger.database)]
    const shown = shownFor(ledger)
    const of = (schema: ResultSchema): Instruction | undefined => instructions.find(({ id }) => id === schema.instruction)
    const found = schemas.filter(({ own }) => own).flatMap((schema) => {
      const instruction = of(schema)
      if (instruction === undefined) return []
      const { slot, controller, contract, id } = instruction
      return newIn(known, { slot, controller, contract, instruction: id, store: store.id, from: Object.keys(instruction.scope.data), person: null, session: null, kept: schema, shown }, at)
    })
    const compared = compareKept(before, schemas, shown)
    const gone = compared.gone.filter(({ session }) => session === null || !open.has(session))
    const [derived, dropped] = [await append(ledger, found), await append(ledger, gone.map((one) => droppedDraft(one, 'no longer there', at)))]
    const strange = schemas.filter((schema) => !schema.own && of(schema) !== undefined).map(({ schema }) => ofAnother(schema))
    const { closed, failed } = await closeEnded({ ledger, database, store: store.id, at }, schemas.filter(({ own }) => own), of)
    return { derived, dropped, closed, notSeen: [...new Set([...strange, ...compared.notSeen, ...failed])] }
  } finally {
    await database.end()
  }
}

const ofAnother = (schema: string): string => `schema ${schema} belongs to another login than gateway_url's: give it to that one (ALTER SCHEMA ... OWNER TO), or go back to the login that made it`

/** The schema of a place, as it is printed. */
const schemaOf = (place: string): string => place.slice(0, Math.max(0, place.indexOf('.')))

/**
 * Which of the recorded datasets are gone: those whose schema is there, is ours, and does not have them. Where it is somebody else's, or is not there at all, as in
 * another database, nothing is known of them.
 */
function compareKept(recorded: readonly DerivedDataset[], schemas: readonly ResultSchema[], shown: (text: string) => string): { gone: DerivedDataset[]; notSeen: string[] } {
  const places = new Set(schemas.flatMap(({ schema, tables }) => tables.map(({ name }) => shown(printPlace({ schema, name })))))
  const owned = new Map(schemas.map(({ schema, own }) => [schemaOf(shown(printPlace({ schema, name: 't' }))), own]))
  const [gone, notSeen]: [DerivedDataset[], string[]] = [[], []]
  for (const one of recorded) {
    const schema = schemaOf(one.place)
    const own = owned.get(schema)
    if (own === undefined) notSeen.push(`schema ${schema} of ${one.id} is not in the database that gateway_url leads to: point it to the right one; if somebody dropped the schema, make it again, empty, and look again`)
    else if (!own) notSeen.push(ofAnother(schema))
    else if (!places.has(one.place)) gone.push(one)
  }
  return { gone, notSeen }
}

interface Closing { readonly ledger: Ledger; readonly database: Administration; readonly store: string; readonly at: Instant }

/** Closes schemas of instructions that are over; drops those that have nothing in them, not even what a session has not committed yet. Said once it is done. */
async function closeEnded({ ledger, database, store, at }: Closing, schemas: readonly ResultSchema[], of: (schema: ResultSchema) => Instruction | undefined): Promise<{ closed: ResultsReport['closed']; failed: string[] }> {
  const ended = new Map((await allContracts(ledger.database)).map(({ id, endedAt }) => [id, endedAt]))
  const kept = new Set((await allDerived(ledger.database)).filter((one) => one.store === store && one.droppedAt === null).map(({ place }) => schemaOf(place)))
  const [closed, failed]: [ResultsReport['closed'][number][], string[]] = [[], []]
  for (const schema of schemas) {
    const instruction = of(schema)
    const empty = schema.tables.length === 0 && !kept.has(schema.schema)
    if (instruction === undefined || !(schema.open || empty) || isInForce(instruction, ended.get(instruction.contract), at)) continue
    const dropped = empty && await closeSchema(database, schema.schema, 'drop')
    const done = dropped || (schema.open && await closeSchema(database, schema.schema, 'revoke'))
    if (done) {
      await ledger.append({ slot: instruction.slot, type: 'dataset.closed', at, parts: { evidence: { store, schema: schema.schema, instruction: instruction.id } } })
      closed.push({ store, schema: schema.schema, dropped })
    } else failed.push(`schema ${schema.schema}, whose instruction has ended, could not be ${schema.open ? 'taken back from it' : 'dropped: something that is no table is in it, or somebody uses it'}`)
  }
  return { closed, failed }
}
