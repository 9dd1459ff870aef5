/** Data of a controller that a sub-processor is to have: decided, counted, recorded, and only then sent; never sent twice as two. */
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chainOf, findContract } from '#contract'
import { compile, decide, type Act, type Decision } from '#decision'
import { allDatasets, allDerived, allStores, clearScratch, csvFields, scratchName, type DatasetTable, type Store } from '#inventory'
import { goingBy, recordsToJudge, usedDraft, type Approval, type Instruction } from '#instruction'
import type { Json } from '#ledger'
import { Broken, Misuse, Refused } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Instant } from '#kit/time'
import { sourceOf } from './adapter/index.ts'
import { approvalHint, askFor, whatDisclosed } from './approve.ts'
import { mayBeMarked, openCanaries, type Canaries } from './canary/known.ts'
import { chanceOfMarks } from './canary/leak.ts'
import type { TransferContext } from './context.ts'
import { destinationOf, type Destination } from './destination.ts'
import { mustBeMadeOf } from './madeFrom.ts'
import { putFile } from './put.ts'
import { authorisedFor, type Authorised } from './recipient.ts'
import { plainFile, sealFile } from './sealed.ts'
import { allDisclosures, aloneWith } from './store.ts'
import type { Disclosure } from './types.ts'

export interface DiscloseRequest {
  readonly instruction: string
  readonly person: string
  /** The sub-processor, as contract and instruction name it. */
  readonly to: string
  /** A derived dataset, or a table of a declared one as DATASET or DATASET/TABLE. */
  readonly what: string
  /** Reference to the address that the file is put to, such as `file:secrets/mail.url`: it may hold a signature; or to a bucket with its keys (`destination.ts`). */
  readonly address: string
  /** Its age key; the file is encrypted to it. */
  readonly recipientKey?: string | undefined
  readonly purpose?: string | undefined
  /** Certificates (PEM) that the address is trusted by, beside the known ones. */
  readonly trusted?: string | undefined
}

interface Segment { readonly store: Store; readonly table: DatasetTable; readonly data: Readonly<Record<string, readonly string[]>>; readonly columns: readonly string[]; readonly named: string }

/**
 * Sends a segment to a sub-processor. What is sent is read first, as of one moment, into a private file: so its rows and its hash are recorded before the first byte goes. Safe to do again: the same rows to the same sub-processor and key under the
 * same instruction are one disclosure, which is sent once; one whose answer was lost is read again, and put to the same name. Throws `Refused` when the contract does not list it, the instruction does not name it, its country has no tool for
 * transfers, a column is not named, or an invented record is among the rows; then nothing was sent.
 */
export async function discloseData(context: TransferContext, request: DiscloseRequest, at: Instant): Promise<{ readonly disclosure: Disclosure; readonly already: boolean }> {
  const { ledger } = context
  const planned = await planDisclosure(context, request, at)
  const { instruction, purpose, authorised, segment, destination, act, decision } = planned
  const evidence = { act, decision } as unknown as Json
  if (decision.outcome === 'refused') {
    await ledger.append({ slot: instruction.slot, type: 'decision.refused', at, parts: { evidence } })
    throw new Refused('transfer/not-covered', `nothing was sent: not covered by ${instruction.id}: ${decision.failing.join(', ')} (Art. ${decision.articles.join(', ')} GDPR); ask the controller for an instruction that names what, and to whom${approvalHint(decision)}`)
  }
  // Of its own where nobody named one: another account of this machine may have made any that can be foreseen.
  const folder = context.scratch ?? await mkdtemp(join(tmpdir(), 'bailee-disclosures-'))
  if (context.scratch !== undefined) await clearScratch(folder)
  const prepared = await prepareFile(context, { segment, folder, request, instruction })
  try {
    return await aloneWith(ledger.database, prepared.id, () => send(context, { instruction, act, request, purpose, authorised, segment, destination, evidence, prepared }, at))
  } finally {
    await rm(context.scratch === undefined ? folder : prepared.file, { force: true, recursive: true }) // nothing waits here: what has to be sent again is read again
  }
}

interface Planned { readonly instruction: Instruction; readonly purpose: string; readonly authorised: Authorised; readonly segment: Segment; readonly destination: Destination; readonly what: Json; readonly act: Act; readonly decision: Decision }

/** What would go, where, and whether it is covered. Nothing is read of anybody yet. */
async function planDisclosure(context: TransferContext, request: DiscloseRequest, at: Instant): Promise<Planned> {
  const { ledger } = context
  const records = await recordsToJudge(ledger)
  const instruction = records.instructions.find((one) => one.id === request.instruction)
  if (instruction === undefined) throw new Misuse(`there is no instruction ${JSON.stringify(request.instruction)}; bailee instruction list shows them`)
  const purpose = request.purpose ?? (instruction.scope.purposes.length === 1 ? instruction.scope.purposes[0]! : undefined)
  if (purpose === undefined) throw new Misuse(`${instruction.id} has several purposes; name yours with --purpose: ${instruction.scope.purposes.join(', ')}`)
  const contract = await findContract(ledger, instruction.contract)
  const authorised = authorisedFor(contract, await chainOf(ledger, contract, at), request.to)
  const segment = await segmentOf(context, instruction, request.what)
  const destination = destinationOf(request.address, context.references)
  const what = whatDisclosed({ request, purpose, authorised, destination, segment })
  const act: Act = { person: request.person, controller: instruction.controller, purpose, operation: 'disclose', data: segment.data, environment: segment.store.environment, recipient: request.to, identifiable: true, at, instruction: instruction.id, ...goingBy(records, { instruction, person: request.person, use: 'disclose', what }, at) }
  return { instruction, purpose, authorised, segment, destination, what, act, decision: decide(act, compile(records)) }
}

/** Asks a second person to approve exactly this disclosure: of these columns, to this address. Throws as `discloseData` does, and `Misuse` where its instruction asks for none. */
export async function askDisclosure(context: TransferContext, request: DiscloseRequest, { reason, minutes }: { readonly reason: string; readonly minutes?: number | undefined }, at: Instant): Promise<Approval> {
  const { instruction, act, decision, what } = await planDisclosure(context, request, at)
  return askFor(context.ledger, { use: 'disclose', act, decision, instruction: instruction.id, what, reason, minutes }, at)
}

async function send(context: TransferContext, beginning: Beginning, at: Instant): Promise<{ readonly disclosure: Disclosure; readonly already: boolean }> {
  const { ledger } = context
  const { instruction, request, destination, prepared } = beginning
  const known = async (): Promise<Disclosure | undefined> => (await allDisclosures(ledger.database)).find(({ id }) => id === prepared.id)
  const before = await known()
  if (before?.state === 'made') return { disclosure: before, already: true }
  await begin(context, beginning, at)
  failpoint('disclosure/begun')
  const { file, bytes, name, sha256 } = prepared
  const answer = destination.kind === 'bucket' ? await (await import('./putObject.ts')).putObject({ file, bytes, name, to: destination, sha256 }) : await putFile({ file, bytes, name, address: destination.address, sha256, trusted: request.trusted })
  failpoint('disclosure/sent')
  await ledger.append({ slot: instruction.slot, type: 'transfer.disclosed', at, parts: { evidence: { id: prepared.id, sha256: prepared.sha256, answered: answer.status, tag: answer.tag } } })
  return { disclosure: (await known())!, already: false }
}

interface Beginning { readonly instruction: Instruction; readonly act: Act; readonly request: DiscloseRequest; readonly purpose: string; readonly authorised: Authorised; readonly segment: Segment; readonly destination: Destination; readonly evidence: Json; readonly prepared: Prepared }

async function begin({ ledger }: TransferContext, { instruction, act, request, purpose, authorised, segment, destination, evidence, prepared }: Beginning, at: Instant): Promise<void> {
  const { id, rows, bytes, sha256, plainSha256 } = prepared
  const { slot, controller, contract } = instruction
  await ledger.append([{ slot, type: 'decision.allowed', at, parts: { evidence } }, ...usedDraft(slot, act, `disclosure ${id}`), {
    slot, type: 'transfer.disclosure_begun', at, parts: { evidence: {
      id, controller, contract, instruction: instruction.id, person: request.person, purpose, recipient: request.to, country: authorised.country, tool: authorised.tool, source: segment.named, columns: [...segment.columns], rows, bytes, sha256, plainSha256,
      sealedTo: request.recipientKey ?? null, host: destination.host,
    } },
  }])
}

/** Where it is read, and which of its columns the instruction names: the others do not go. */
async function segmentOf({ ledger }: TransferContext, { id, slot, controller, scope: { data } }: Instruction, what: string): Promise<Segment> {
  const { database } = ledger
  const stores = await allStores(database)
  const storeOf = (name: string): Store => stores.find((one) => one.id === name) ?? refuse(new Broken('transfer/no-store', `store ${name} is not declared any more`))
  const derived = (await allDerived(database)).find((one) => one.id === what && one.slot === slot)
  if (derived !== undefined) {
    if (derived.by === 'transfer') throw new Refused('transfer/copy', `${what} is a governed copy: invented records are in it, and it is for the processor's own tests`)
    if (derived.droppedAt !== null) throw new Refused('transfer/gone', `${what} is not there any more`)
    await mustBeMadeOf(ledger, derived, (dataset, column) => isNamed(data[dataset], column))
    const columns = derived.columns.filter((column) => derived.from.some((from) => isNamed(data[from], column)))
    return { store: storeOf(derived.store), table: { table: derived.place, subject: '', columns: {} }, columns: some(columns, id, what), named: what, data: Object.fromEntries(derived.from.flatMap((from) => { const own = columns.filter((column) => isNamed(data[from], column)); return own.length === 0 ? [] : [[from, own]] })) }
  }
  const [name = '', ...table] = what.split('/')
  const dataset = (await allDatasets(database)).find((one) => one.id === name && one.controller === controller)
  const found = dataset?.tables.find((one) => table.length === 0 ? dataset.tables.length === 1 : one.table === table.join('/'))
  if (dataset === undefined || found === undefined) throw new Misuse(`${JSON.stringify(what)} is no derived dataset of ${controller} and no table of a dataset of it; name one as DATASET/TABLE`)
  const columns = (Array.isArray(data[name]) ? data[name] : []).filter((column) => found.columns[column] !== undefined)
  return { store: storeOf(dataset.store), table: found, columns: some(columns, id, what), named: `${name}/${found.table}`, data: { [name]: columns } }
}

/** Each column by its name: "everything" is not an instruction to hand it to somebody else. */
const isNamed = (named: '*' | readonly string[] | undefined, column: string): boolean => named !== undefined && named !== '*' && named.includes(column)
const some = (columns: readonly string[], id: string, what: string): readonly string[] => (columns.length > 0 ? columns : refuse(new Refused('transfer/not-named', `${id} names no column of ${what}; what goes to a sub-processor is named column by column`)))

function refuse(cause: Error): never {
  throw cause
}

interface Prepared { readonly id: string; readonly name: string; readonly file: string; readonly rows: number; readonly bytes: number; readonly sha256: string; readonly plainSha256: string }

/** Reads the rows into a private file, encrypted where there is a key. The key is part of the id: what was encrypted to one is never counted as what was encrypted to another. */
async function prepareFile(context: TransferContext, { segment, folder, request, instruction }: { readonly segment: Segment; readonly folder: string; readonly request: DiscloseRequest; readonly instruction: Instruction }): Promise<Prepared> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const plainHash = createHash('sha256')
  let [rows, sum] = [0, 0n] // the rows in whatever order they come
  const canaries = await openCanaries(context.ledger, instruction.controller)
  const source = await sourceOf(segment.store, context)
  const moment = await source.open()
  const file = join(folder, scratchName())
  try {
    const lines = async function* (): AsyncGenerator<Uint8Array> {
      for await (const line of linesOf(moment.read(segment.table, segment.columns), { columns: segment.columns, canaries, counted: () => { rows += 1 } })) {
        plainHash.update(line)
        sum += BigInt(`0x${createHash('sha256').update(line).digest('hex')}`)
        yield line
      }
    }
    const { recipientKey } = request
    const written = recipientKey === undefined ? await plainFile(file, lines()) : await sealFile(file, { recipient: recipientKey, bytes: lines() })
    const plainSha256 = plainHash.digest('hex')
    const id = `D-${createHash('sha256').update(JSON.stringify([instruction.id, request.to, segment.named, segment.columns, rows, sum.toString(16), ...(recipientKey === undefined ? [] : [recipientKey])])).digest('hex').slice(0, 12)}`
    return { id, name: `${id}.csv${recipientKey === undefined ? '' : '.age'}`, file, rows, ...written, plainSha256 }
  } catch (cause) {
    for (const one of [file, `${file}.part`]) await rm(one, { force: true })
    throw cause
  } finally {
    await moment.close()
  }
}

interface Lines { readonly columns: readonly string[]; readonly canaries: Canaries; readonly counted: () => void }

const field = (value: string | null): string => (value === null ? '' : `"${value.replaceAll('"', '""')}"`)

/** As unlikely as this, marks are not there by chance: of a thousand disclosures of nobody's tokens one is refused for nothing, and of tokens of a copy none goes. */
const chanceMax = 0.001

/** Whether marks of a copy among so many codes are more than chance gives, with so many copies looked for. Pure. */
export const isOfCopy = (counted: { readonly marked: number; readonly codes: number; readonly copies: number }): boolean => counted.marked > 0 && chanceOfMarks({ canaries: 0, ...counted }) < chanceMax

/** Different marks of one copy that are counted: more are none by chance. */
const marksMax = 10_000

const ofCopy = (copy: string, what: string): Refused => new Refused('transfer/canary', `nothing was sent: a row holds a value of copy ${copy} (${what}): what goes to a sub-processor is never made of a governed copy`)

/** CSV with a line of names. What holds a value of an invented record, or more marks of a copy than chance gives, goes to nobody: it is read to its end before its first byte goes. */
async function* linesOf(source: AsyncIterable<Uint8Array>, { columns, canaries, counted }: Lines): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${columns.map(field).join(',')}\n`)
  const marked = new Map<string, Set<string>>()
  let codes = 0
  for await (const row of csvFields(source)) {
    for (const value of row) {
      if (value === null) continue
      if (mayBeMarked(value)) codes += 1
      const told = canaries.tell(value)
      if (told?.by === 'canary') throw ofCopy(told.copy, 'an invented record')
      if (told !== undefined) note(marked, told.copy, value)
    }
    counted()
    yield Buffer.from(`${row.map(field).join(',')}\n`)
  }
  for (const [copy, values] of marked) if (isOfCopy({ marked: values.size, codes, copies: canaries.copies.length })) throw ofCopy(copy, 'a token')
}

function note(marked: Map<string, Set<string>>, copy: string, value: string): void {
  const mine = marked.get(copy) ?? new Set<string>()
  marked.set(copy, mine)
  if (mine.size < marksMax) mine.add(value.toLowerCase())
}
