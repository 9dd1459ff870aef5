/** Makes a governed copy: decided, planned, registered, and only then written, changed on the way. */
import { randomBytes } from 'node:crypto'
import { compile, decide, type Act, type Decision } from '#decision'
import { allDerived, allStores, derivedDraft, droppedDraft, leadOf, resolveReference, type Dataset, type Lead, type Store } from '#inventory'
import { goingBy, recordsToJudge, usedDraft, whatHash, type Approval, type Instruction } from '#instruction'
import type { Draft, Json } from '#ledger'
import { Broken, Misuse, Refused } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import { day, type Instant } from '#kit/time'
import { sourceOf, targetOf, type CopyFormat, type CopySource, type CopyTarget, type TargetTable } from './adapter/index.ts'
import { approvalHint, askFor, whatCopied } from './approve.ts'
import { inventingFor } from './canary/inventing.ts'
import type { TransferContext } from './context.ts'
import { eraseAlone, recordErased } from './expire.ts'
import { planCopy, type PlannedCopy, type PlannedTable } from './plan.ts'
import { changeRows, type Changed } from './rows.ts'
import { chooseRows } from './choose.ts'
import { allTransfers, aloneWith, mustBeFree } from './store.ts'
import type { Transfer } from './types.ts'

export interface CopyRequest {
  readonly instruction: string
  readonly person: string
  /** `STORE`, or `STORE/SCHEMA`; of files `STORE/FOLDER`. */
  readonly to: string
  /** Which one, where the instruction names several. */
  readonly dataset?: string | undefined
  readonly purpose?: string | undefined
  /** Of the people, from 0 to 1; all without. */
  readonly sample?: number | undefined
  /** Of files and objects; Parquet without. */
  readonly format?: CopyFormat | undefined
  /** Accounts of the target that may read the copy, in PostgreSQL; the one that sweeps it may in any case. */
  readonly readers?: readonly string[] | undefined
}

/** What would happen, or why nothing would. */
export interface CopyAnswer {
  readonly decision: Decision | undefined
  readonly problems: readonly string[]
  readonly tables: readonly { readonly from: string; readonly to: string; readonly columns: readonly { readonly name: string; readonly transform: unknown; readonly type: string }[] }[]
  readonly expiresAt: Instant | null
  /** All that it would do, as a second person approves it, and its hash; undefined: it cannot be. */
  readonly what: Json | undefined
  readonly whatSha256: string | undefined
}

interface Prepared {
  readonly instruction: Instruction
  readonly dataset: Dataset
  readonly source: { readonly store: Store; readonly reader: CopySource }
  readonly target: { readonly store: Store; readonly writer: CopyTarget; readonly sweeper: string | undefined }
  readonly id: string
  readonly purpose: string
  readonly sample: number
  readonly planned: PlannedCopy | { readonly problems: readonly string[] }
  readonly act: Act | undefined
  readonly what: Json | undefined
  readonly decision: Decision | undefined
  readonly expiresAt: Instant | null
}

/** Says what a copy would hold and where, and whether it is covered; records and reads nothing. Throws `Misuse` for a request that names what is not declared, `Broken` when a store cannot be asked. */
export async function explainCopy(context: TransferContext, request: CopyRequest, at: Instant): Promise<CopyAnswer> {
  return answerOf(await prepare(context, request, at, true))
}

function answerOf({ instruction, planned, decision, expiresAt, what }: Prepared): CopyAnswer {
  const transforms = (instruction.scope['transform'] ?? {}) as Readonly<Record<string, unknown>>
  const tables = 'problems' in planned ? [] : planned.tables.map(({ table, place, columns }) => ({ from: table.table, to: place, columns: columns.map(({ name, held }) => ({ name, transform: transforms[name], type: held })) }))
  return { decision, problems: 'problems' in planned ? planned.problems : [], tables, expiresAt, what, whatSha256: what === undefined ? undefined : whatHash(what) }
}

/** Asks a second person to approve exactly this copy. Throws as `copyData` does, and `Misuse` where its instruction asks for none. */
export async function askCopy(context: TransferContext, request: CopyRequest, { reason, minutes }: { readonly reason: string; readonly minutes?: number | undefined }, at: Instant): Promise<Approval> {
  const { planned, act, decision, what, instruction } = await prepare(context, request, at, true)
  if ('problems' in planned) throw notAsInstructed(planned.problems)
  if (act === undefined || decision === undefined || what === undefined) throw new Broken('transfer/undecided', 'the copy was not decided')
  return askFor(context.ledger, { use: 'copy', act, decision, instruction: instruction.id, what, reason, minutes }, at)
}

const notAsInstructed = (problems: readonly string[]): Refused => new Refused('transfer/not-as-instructed', ['nothing was copied:', ...problems.map((problem) => `  ${problem}`)].join('\n'))

/**
 * Makes the copy. Registered with its key, its places and its end before the target is touched; all its tables are committed together. Begun again after it was killed, it is another copy: the first stays registered
 * as *begun*, and is erased like any other. Throws `Refused` when it is not covered or cannot be changed as was instructed, with every reason; then nothing was written.
 */
export async function copyData(context: TransferContext, request: CopyRequest, at: Instant): Promise<Transfer> {
  const prepared = await prepare(context, request, at)
  const { ledger } = context
  const { instruction, planned, act, decision, id } = prepared
  if ('problems' in planned) throw notAsInstructed(planned.problems)
  if (act === undefined || decision === undefined) throw new Broken('transfer/undecided', 'the copy was not decided')
  const evidence = { act, decision } as unknown as Json
  if (decision.outcome === 'refused') {
    await ledger.append({ slot: instruction.slot, type: 'decision.refused', at, parts: { evidence } })
    throw new Refused('transfer/not-covered', `nothing was copied: not covered by ${instruction.id}: ${decision.failing.join(', ')} (Art. ${decision.articles.join(', ')} GDPR); ask the controller for an instruction that covers it${approvalHint(decision)}`)
  }
  const { store, writer } = prepared.target
  if ((await writer.there(planned.tables.map(({ place }) => place), 'erase')).some(Boolean)) {
    await mustBeFree(ledger.database, store.id, planned.tables.map(({ place }) => place)) // says which copy it is
    throw new Refused('transfer/exists', `a table of the copy is there already in ${store.id}; a copy never writes into one. Choose another schema (--to STORE/SCHEMA)`)
  }
  return aloneWith(ledger.database, id, (held) => make(context, { prepared, planned, readers: request.readers ?? [], evidence, held }, at))
}

interface Making { readonly prepared: Prepared; readonly planned: PlannedCopy; readonly readers: readonly string[]; readonly evidence: Json; /** Throws when others may have taken this process for dead. */ readonly held: () => Promise<void> }

async function make(context: TransferContext, { prepared, planned, readers, evidence, held }: Making, at: Instant): Promise<Transfer> {
  const { ledger } = context
  const { instruction, id } = prepared
  const { store, writer } = prepared.target
  const places = planned.tables.map(({ place }) => place)
  const entries = entriesOf(prepared, { planned, readers, evidence, canaryKey: ledger.keys.canaryKey(instruction.slot).id, lead: await leadOf(store, context.references) }, at)
  await ledger.alone({ begin: async (tx) => { await mustBeFree(tx, store.id, places); return entries }, end: () => Promise.resolve() })
  failpoint('transfer/begun')
  const find = async (): Promise<Transfer> => (await allTransfers(ledger.database)).find((one) => one.id === id)!
  const still = async (): Promise<void> => { await held(); await mustBeBegun(context, await find()) }
  const made = await write(context, prepared, { planned, readers, still, begun: await find() }).catch(async (cause: unknown) => {
    // What was refused was undone, and what was registered ends with it. Where a connection went, nobody knows whether it was committed: it stays registered, and is looked for and erased in its time.
    if (cause instanceof Refused) await recordErased(context, { transfer: await find(), because: 'it could not be made', looked: 'its transaction was undone' }, at).catch(() => undefined)
    throw cause
  })
  failpoint('transfer/written')
  // Whoever ended it meanwhile found no table, which was not committed yet: what was committed since goes at once.
  await mustBeBegun(context, await find()).catch(async (cause: unknown) => {
    await eraseAlone(context, { transfer: await find(), because: 'its end came while it was made' }, at)
    throw cause
  })
  const beside = places.flatMap((place) => writer.beside(place))
  const gone = (await allDerived(ledger.database)).filter((one) => one.store === store.id && beside.includes(one.place) && one.droppedAt === null)
  await ledger.append([{ slot: instruction.slot, type: 'transfer.made', at, parts: { evidence: { id, tables: made as unknown as Json } } }, ...gone.map((one) => droppedDraft(one, 'the copy is whole', at))])
  return find()
}

/** Throws `Refused` for a copy whose end was recorded while it was being made: by its time, its instruction, or the exit of its contract. */
async function mustBeBegun({ ledger: { database } }: TransferContext, { id, state, store, places }: Transfer): Promise<void> {
  const there = (await allDerived(database)).filter((one) => one.store === store && places.includes(one.place) && one.droppedAt === null)
  if (state !== 'begun' || there.length < places.length) throw new Refused('transfer/ended', `${id} was ended while it was being made: its time, its instruction or its contract is over. Nothing of it is there`)
}

/** What registers a copy, with every place that rows of it may come to. */
function entriesOf({ instruction, dataset, source, target, id, purpose, sample, act, expiresAt }: Prepared, { planned, readers, evidence, canaryKey, lead }: Pick<Making, 'planned' | 'readers' | 'evidence'> & { readonly canaryKey: string; readonly lead: Lead }, at: Instant): Draft[] {
  const { slot, controller, contract } = instruction
  const places = planned.tables.map(({ place }) => place)
  const person = act?.person ?? ''
  const transforms = Object.fromEntries(Object.entries((instruction.scope['transform'] ?? {}) as Record<string, Json>).filter(([name]) => planned.data.includes(name)))
  return [
    { slot, type: 'decision.allowed', at, parts: { evidence } }, ...(act === undefined ? [] : usedDraft(slot, act, `copy ${id}`)),
    { slot, type: 'transfer.begun', at, parts: { evidence: { id, controller, contract, instruction: instruction.id, dataset: dataset.id, person, purpose, source: source.store.id, store: target.store.id, places, transforms, sample, readers: [...readers], expiresAt, canaryKey, lead: { ...lead } } } },
    ...planned.tables.flatMap((table) => [table.place, ...target.writer.beside(table.place)].map((place) => derivedDraft({
      slot, controller, contract, instruction: instruction.id, store: target.store.id, place, columns: table.columns.map(({ name }) => name), from: [dataset.id], person, session: null, by: 'transfer', lead,
    }, at))),
  ]
}

/** Reads all tables as of one moment, where the source has such a thing. */
async function write({ ledger, copied }: TransferContext, { instruction, source, target, sample, id }: Prepared, { planned, readers, still, begun }: { planned: PlannedCopy; readers: readonly string[]; still: () => Promise<void>; begun: Transfer }): Promise<{ place: string; rows: number; isolation: unknown }[]> {
  const key = ledger.keys.transferKey(instruction.slot, id.toLowerCase())
  const inventing = await inventingFor(ledger, begun)
  if (inventing === undefined) throw new Refused('transfer/ended', `${id} was ended while it was being made: the key of its marks was destroyed with the end of its contract. Nothing of it is there`)
  const moment = await source.reader.open()
  const changed = new Map<PlannedTable, Changed>()
  const sensitive = (instruction.scope['sensitive'] ?? []) as readonly string[]
  try {
    const placed = new Map(planned.tables.map(({ table, place }) => [table.table, place]))
    const choices = sample < 1 ? await chooseRows(moment, planned, { key, share: sample }) : undefined
    const tables = planned.tables.map((table): TargetTable => ({
      place: table.place, columns: table.columns, primaryKey: table.keys.primaryKey, uniques: table.keys.uniques, relations: table.keys.relations.map(({ columns, to, referenced }) => ({ columns, to: placed.get(to)!, referenced })),
      rows: () => {
        const choice = choices?.get(table)
        const read = moment.read(table.table, [...table.columns.map(({ name }) => name), ...(choice?.columns ?? [])])
        const one = changeRows(read, { columns: table.columns, key, choice, sensitive, inventing: inventing(table, planned), progress: (rows) => copied?.(table.table.table, rows) })
        changed.set(table, one)
        return one.rows
      },
    }))
    await target.writer.write(tables, { readers: [...new Set([...(target.sweeper === undefined ? [] : [target.sweeper]), ...readers])], mayCommit: async () => { failpoint('transfer/uncommitted'); await still() } })
    return planned.tables.map((table) => ({ place: table.place, ...changed.get(table)!.made() }))
  } finally {
    await moment.close()
  }
}

async function prepare(context: TransferContext, request: CopyRequest, at: Instant, foreseen = false): Promise<Prepared> {
  const { ledger, references } = context
  const records = await recordsToJudge(ledger)
  const instruction = records.instructions.find((one) => one.id === request.instruction)
  if (instruction === undefined) throw new Misuse(`there is no instruction ${JSON.stringify(request.instruction)}; bailee instruction list shows them`)
  const sample = request.sample ?? 1
  if (!(sample > 0 && sample <= 1)) throw new Misuse('--sample takes a share of the people, above 0 and at most 1, such as 0.1')
  if (request.readers?.some((reader) => reader.toLowerCase() === 'public') === true) throw new Misuse('--reader names accounts; public is everybody')
  const dataset = datasetOf(instruction, records.datasets, request.dataset)
  const purpose = request.purpose ?? (instruction.scope.purposes.length === 1 ? instruction.scope.purposes[0]! : undefined)
  if (purpose === undefined) throw new Misuse(`${instruction.id} has several purposes; name yours with --purpose: ${instruction.scope.purposes.join(', ')}`)
  const stores = await allStores(ledger.database)
  const [wanted = '', ...given] = request.to.split('/')
  const store = storeOf(stores, wanted)
  if (request.readers !== undefined && request.readers.length > 0 && store.kind !== 'postgres') throw new Misuse(`--reader names accounts of PostgreSQL; whoever may read ${store.id} reads the copy`)
  if (request.format !== undefined && store.kind !== 'files' && store.kind !== 's3') throw new Misuse(`--format is of files and objects; ${store.id} is of kind ${store.kind}`)
  const id = `T-${randomBytes(5).toString('hex')}`
  const source = { store: storeOf(stores, dataset.store), reader: await sourceOf(storeOf(stores, dataset.store), context) }
  const writer = await targetOf(store, context, request.format)
  const wantedFolder = folderIn(store, given)
  const folder = wantedFolder ?? (foreseen ? ofItsOwn(store) : id.toLowerCase().replace('-', '_'))
  const shapes = await source.reader.shapes(dataset.tables)
  const plan = planCopy({ instruction, dataset, shapes, source: source.reader, target: writer, folder })
  const obstacle = await writer.obstacle()
  const planned = obstacle === undefined ? plan : { problems: ['problems' in plan ? plan.problems : [], `no copy can be made in ${store.id}: ${obstacle}`].flat() }
  const days = instruction.scope['expires_after_days'] as number | undefined
  const what = 'problems' in planned ? undefined : whatCopied({ request, planned, source: source.store, target: store, folder: wantedFolder, purpose, sample, transforms: (instruction.scope['transform'] ?? {}) as Readonly<Record<string, unknown>>, days })
  const act = 'problems' in planned ? undefined : {
    person: request.person, controller: instruction.controller, purpose, operation: 'copy' as const, data: { [dataset.id]: planned.data }, environment: store.environment, identifiable: planned.identifiable, at, instruction: instruction.id, ...goingBy(records, { instruction, person: request.person, use: 'copy', what }, at),
  }
  const sweep = store.kind !== 'postgres' || store.declared.sweep_url === undefined ? undefined : resolveReference(store.declared.sweep_url, references)
  return {
    instruction, dataset, source, target: { store, writer, sweeper: sweep === undefined ? undefined : decodeURIComponent(new URL(sweep).username) || undefined }, id, purpose, sample, planned, act, what,
    decision: act === undefined ? undefined : decide(act, compile(records)), expiresAt: days === undefined ? null : at + days * day,
  }
}

function datasetOf(instruction: Instruction, datasets: readonly Dataset[], wanted: string | undefined): Dataset {
  const named = Object.keys(instruction.scope.data)
  const id = wanted ?? (named.length === 1 ? named[0] : undefined)
  if (id === undefined) throw new Misuse(`${instruction.id} names several datasets; choose with --dataset: ${named.join(', ')}`)
  const dataset = datasets.find((one) => one.id === id && one.controller === instruction.controller)
  if (dataset === undefined) throw new Misuse(`no dataset ${JSON.stringify(id)} of ${instruction.controller} is declared`)
  return dataset
}

function storeOf(stores: readonly Store[], id: string): Store {
  const store = stores.find((one) => one.id === id)
  if (store === undefined) throw new Misuse(`no store is called ${JSON.stringify(id)}; the stores are ${stores.map((one) => one.id).join(', ') || 'none'}`)
  return store
}

/** What a copy is kept apart by, as it was asked for: of servers a schema, of SQLite the beginning of its tables' names, of the others a folder. Throws `Misuse`. */
function folderIn(store: Store, given: readonly string[]): string | undefined {
  if (given.length === 0) return undefined
  const folders = store.kind === 'files' || store.kind === 's3'
  const path = store.kind === 's3' && [store.declared.bucket].flat()[0] === given[0] ? given.slice(1) : given
  if (path.length === 0) return undefined
  const plain = folders ? path.every((step) => /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(step)) : path.length === 1 && path[0] !== ''
  if (!plain) throw new Misuse(`--to takes a store and ${folders ? 'folders of plain letters, digits, _ and -' : 'one name'}, such as ${store.id}/trial`)
  return path.join('/')
}

/** The name that a copy would be given, in words: it is known when the copy is made. */
const ofItsOwn = ({ kind }: Store): string => `a ${kind === 'files' || kind === 's3' ? 'folder' : kind === 'sqlite' ? 'name' : 'schema'} of its own`
