/** Refreshing by logical replication: the slots that are ours, when they are begun, read, given up and dropped. */
import { randomBytes } from 'node:crypto'
import { allContracts } from '#contract'
import { allDatasets, allReplications, allStores, dropSlot, resolveReference, slotState, type Dataset, type DatasetReplication, type DatasetRows, type Replication, type TableChanges } from '#inventory'
import type { Draft } from '#ledger'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Instant } from '#kit/time'
import type { WatermarkHeader } from './fingerprint/index.ts'
import type { TraceContext } from './fingerprints.ts'

/** Refreshes by replication in a row: after them all rows are compared, for values that came to stand in too many rows. */
export const replicationRefreshesMax = 99

/** Of its server's log, how much a slot may hold back when nothing is declared. */
export const retainedBytesMaxDefault = 1024 ** 3

/** What rows a refresh reads. */
export interface Reading extends DatasetRows {
  readonly mode: 'watermark' | 'replication' | 'compare'
  /** By replication: how many rows more there are now. */
  readonly more?: number
  /** By replication: nothing changed up to this position. */
  readonly idleTo?: string
  /** How far they reach; asked when all were read. */
  reaches(): Omit<WatermarkHeader, 'monthFirst'> | undefined
  /** Said of it, in the ledger too. */
  readonly shown: { readonly changes?: Pick<TableChanges, 'inserted' | 'updated' | 'deleted'>; readonly instead?: string }
  /** When what was read is kept: resolves to the bytes of its server's log that a slot still holds back. */
  done(): Promise<number | undefined>
}

export interface Replicated {
  /** The fingerprints' id. */
  readonly id: string
  readonly dataset: Dataset
  readonly declared: string
  readonly columns: readonly string[]
  readonly replication: DatasetReplication
  readonly retainedBytesMax: number | undefined
  /** How far was read before, where it can be gone on from. */
  readonly reached: WatermarkHeader | undefined
  /** How far nothing had changed since, where a refresh wrote nothing. */
  readonly idleTo: string | undefined
  /** Reads all rows. */
  read(): DatasetRows
}

/** What there is to read: changes, or, where they cannot be told, all rows; then also from where on the slot tells more, where there is one. */
type Stream = { readonly changes: TableChanges; readonly name: string; readonly definition: string } | { readonly instead?: string | undefined; readonly begun?: { readonly name: string; readonly position: string; readonly definition: string } | undefined }

/** Reads what changed since the last refresh, or all rows and says why. Throws as the adapter does. */
export async function readReplicated(context: TraceContext, given: Replicated, at: Instant): Promise<Reading> {
  const replicated = given.reached === undefined || given.idleTo === undefined ? given : { ...given, reached: { ...given.reached, value: given.idleTo } }
  const { replication, reached, declared } = replicated
  const stream = await streamOf(context, replicated, at)
  const retained = async (name: string): Promise<number | undefined> => (await replication.state(name))?.retainedBytes
  if ('changes' in stream) {
    const { changes: { rows, inserted, updated, deleted, position }, name, definition } = stream
    return {
      mode: 'replication', rows: encoded(rows), seen: {}, more: inserted - deleted, shown: { changes: { inserted, updated, deleted } },
      ...(inserted + updated + deleted === 0 ? { idleTo: position } : {}),
      reaches: () => ({ declared, value: position, refreshes: (reached?.refreshes ?? 0) + 1, replication: { name, definition } }),
      done: async () => {
        failpoint('trace/before-advanced')
        return away(replication.advance(name, position).then(() => retained(name)))
      },
    }
  }
  const { instead, begun } = stream
  const all = replicated.read()
  return {
    ...all, mode: 'compare', shown: instead === undefined ? {} : { instead },
    reaches: () => (begun === undefined || all.seen.moment === undefined ? undefined : { declared, value: begun.position, refreshes: 0, replication: { name: begun.name, definition: begun.definition, moment: all.seen.moment } }),
    done: async () => (begun === undefined ? undefined : away(retained(begun.name))),
  }
}

/** A store that went away meanwhile: what was read is kept, and the next refresh tells the server so. */
async function away<Value>(asked: Promise<Value>): Promise<Value | undefined> {
  return asked.catch((cause: unknown) => {
    if (cause instanceof Broken) return undefined
    throw cause
  })
}

async function* encoded(lines: readonly string[]): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < lines.length; from += 1000) yield Buffer.from(lines.slice(from, from + 1000).join(''))
}

async function streamOf(context: TraceContext, replicated: Replicated, at: Instant): Promise<Stream> {
  const { id, dataset, columns, replication, reached } = replicated
  const known = (await allReplications(context.ledger.database)).find((one) => one.fingerprints === id && one.store === dataset.store)
  const able = await replication.replicable(columns)
  if ('because' in able) {
    if (known !== undefined) await away(replication.drop(known.name)) // what nobody can read must not fill the client's disk
    return { instead: able.because }
  }
  const state = known === undefined ? undefined : await replication.state(known.name, reached?.value)
  const anew = (instead: string | undefined): Promise<Stream> => begin(context, { replicated, known, definition: able.definition, instead }, at)
  if (known === undefined || state === undefined) return anew(reached === undefined ? undefined : 'its slot is gone')
  if (state.because !== undefined) return state.taken ? { instead: state.because } : anew(state.because)
  const most = replicated.retainedBytesMax ?? retainedBytesMaxDefault
  if (state.retainedBytes > most) return anew(`its slot held back ${state.retainedBytes.toLocaleString('en-GB')} bytes of the server's log, more than ${most.toLocaleString('en-GB')}, and was dropped`)
  const begun = { name: known.name, position: state.position, definition: able.definition }
  if (reached?.replication?.name !== known.name || reached.refreshes >= replicationRefreshesMax) return { begun }
  const { definition, moment } = reached.replication
  await replication.advance(known.name, reached.value) // done already, unless the last refresh was cut short
  const changes = await replication.read(columns, { name: known.name, definition, moment }).catch((cause: unknown) => {
    if (cause instanceof Broken && cause.code === 'inventory/store-unreadable') return { because: 'its slot could not be read' }
    throw cause
  })
  return 'because' in changes ? anew(changes.because) : { changes, name: known.name, definition }
}

interface Beginning { readonly replicated: Replicated; readonly known: Replication | undefined; readonly definition: string; readonly instead: string | undefined }

/** Makes the slot, in place of one that is given up. It is recorded first: a slot that no record names is nobody's. */
async function begin({ ledger }: TraceContext, { replicated: { id, dataset, replication }, known, definition, instead }: Beginning, at: Instant): Promise<Stream> {
  const name = known?.name ?? slotName(id)
  if (known === undefined) await ledger.append(moved({ slot: dataset.slot, type: 'replication.begun', at }, { name, store: dataset.store, fingerprints: id }))
  else await replication.drop(name)
  failpoint('trace/before-slot')
  const position = await replication.create(name)
  return typeof position === 'string' ? { instead, begun: { name, position, definition } } : { instead: instead === undefined ? position.because : `${instead}; ${position.because}` }
}

/** At most 63 small letters, digits and underscores, which is all that PostgreSQL takes. */
function slotName(id: string): string {
  return `bailee_${id.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_').slice(0, 40)}_${randomBytes(4).toString('hex')}`
}

const moved = (entry: Pick<Draft, 'slot' | 'type' | 'at'>, { name, store, fingerprints }: Pick<Replication, 'name' | 'store' | 'fingerprints'>): Draft => ({ ...entry, parts: { evidence: { name, store, fingerprints } } })

/** A replication slot that is needed no more and still there: it holds back its server's log. */
export interface LeftBehind { readonly store: string; readonly name: string; readonly because: string }

/**
 * Drops the slots of tables that are not declared so any more, or whose contract has ended; of one controller, or with `all`, whatever is declared. Resolves to those that could not be dropped: they are
 * tried again each time.
 */
export async function endReplications(context: TraceContext, at: Instant, { controller, all = false }: { readonly controller?: string | undefined; readonly all?: boolean }): Promise<LeftBehind[]> {
  const { database } = context.ledger
  const known = await allReplications(database)
  if (known.length === 0) return []
  const [datasets, stores, contracts] = [await allDatasets(database), await allStores(database), await allContracts(database)]
  const slots = new Set(contracts.filter((contract) => (controller ?? contract.controller) === contract.controller).map(({ slot }) => slot))
  const live = new Set(contracts.filter(({ endedAt }) => endedAt === undefined).map(({ slot }) => slot))
  const needed = ({ slot, store, fingerprints }: Replication): boolean => live.has(slot) && datasets.some((dataset) => dataset.slot === slot && dataset.store === store && dataset.tables.some(({ changes }, number) => changes !== undefined && `${dataset.id}.${number}` === fingerprints))
  const leftBehind: LeftBehind[] = []
  for (const one of known.filter((one) => slots.has(one.slot) && (all || !needed(one)))) {
    const reference = stores.find(({ id }) => id === one.store)?.declared.sweep_url
    const url = reference === undefined ? undefined : resolveReference(reference, context.references)
    const because = url === undefined ? 'its store has no sweep_url that is set' : await dropSlot(url, one.name).then(() => undefined, reasonOf)
    if (because === undefined) await context.ledger.append(moved({ slot: one.slot, type: 'replication.ended', at }, one))
    else leftBehind.push({ store: one.store, name: one.name, because })
  }
  return leftBehind
}

/** A replication slot of ours, and how much of its server's log it holds back. */
export interface HeldBack {
  readonly store: string
  readonly name: string
  readonly fingerprints: string
  /** Undefined where it cannot be told. */
  readonly retainedBytes: number | undefined
  /** Beyond it, the next refresh compares all rows and makes the slot anew. */
  readonly retainedBytesMax: number
  /** Why it cannot be gone on with, or nothing be told of it. */
  readonly because?: string
}

/** Asks every slot of ours, of these stores or of all: whoever runs the server should know before its disk is full. Changes nothing. */
export async function slotsHeld({ ledger, references }: TraceContext, asked?: readonly string[]): Promise<HeldBack[]> {
  const { database } = ledger
  const known = (await allReplications(database)).filter(({ store }) => asked?.includes(store) !== false)
  if (known.length === 0) return []
  const [stores, datasets] = [await allStores(database), await allDatasets(database)]
  const held: HeldBack[] = []
  for (const { store, name, fingerprints } of known) {
    const table = datasets.flatMap((dataset) => dataset.tables.map((one, number) => ({ id: `${dataset.id}.${number}`, most: one.retained_bytes_max }))).find(({ id }) => id === fingerprints)
    const reference = stores.find(({ id }) => id === store)?.declared.sweep_url
    const url = reference === undefined ? undefined : resolveReference(reference, references)
    const state = url === undefined ? 'its store has no sweep_url that is set' : await slotState(url, name).catch(reasonOf)
    const because = typeof state === 'string' ? state : state === undefined ? 'there is none of this name where sweep_url leads' : state.because
    held.push({ store, name, fingerprints, retainedBytes: typeof state === 'string' ? undefined : state?.retainedBytes ?? 0, retainedBytesMax: table?.most ?? retainedBytesMaxDefault, ...(because === undefined ? {} : { because }) })
  }
  return held
}

function reasonOf(cause: unknown): string {
  if (cause instanceof Broken) return cause.message
  throw cause
}
