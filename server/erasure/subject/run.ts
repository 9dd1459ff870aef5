/** One person's request (Art. 28(3)(e)): found everywhere, handed over or erased on the controller's instruction, searched for again. */
import { allContracts, findController } from '#contract'
import { allInstructions, isInForce, isSuspended, type Instruction } from '#instruction'
import { allDatasets, allStores, isFileKind, printPart } from '#inventory'
import type { Draft, Json } from '#ledger'
import { standings } from '#people'
import { createRowSearcher, groupByKey, openPerson, openSegments, removeSubjects, scratchIn, shownIn, type PersonRecord, type RowSearcher, type TraceContext } from '#trace'
import { Broken, Misuse, Refused } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Instant } from '#kit/time'
import type { Erased } from '../adapter/erased.ts'
import { carryOut, type Carrying } from '../carry.ts'
import { alone } from '../store.ts'
import type { PlanItem } from '../types.ts'
import { lookForPerson, recordsOf, subjectKey, type FoundPlace, type Looked, type Looking } from './find.ts'
import { allRequests, requestSteps } from './store.ts'
import type { SubjectOutcome, SubjectRecord, SubjectRequest } from './types.ts'

export interface Handed { readonly store: string; readonly environment: string; readonly place: string; readonly dataset: string | null; readonly columns: readonly string[] | null; readonly rows: readonly (readonly string[])[] }

export interface SubjectAnswer {
  readonly record: SubjectRecord
  /** For an access request: the person's rows, to be given to the controller and kept nowhere. */
  readonly handed: readonly Handed[]
}

interface Asking { readonly controller: string; readonly request: SubjectRequest; readonly operator: string }

/**
 * Carries out a controller's request about one person. Begun again after it was cut off, or while places could not be read, it goes on; closed, it is answered from the record (an access request is searched anew). Throws `Refused` where no
 * instruction in force covers it, or where the values name more than one person of a dataset: nothing was changed then.
 */
export async function answerSubject(context: TraceContext, asking: Asking, at: Instant): Promise<SubjectAnswer> {
  const { ledger } = context
  const controller = await findController(ledger, asking.controller)
  const who = (await standings(ledger.database)).get(asking.operator)
  if (who === undefined || who.person.leftAt !== undefined) throw new Misuse(`nobody with id ${asking.operator} is declared`)
  return alone(ledger.database, { erasure: `request ${asking.request.id} of ${controller.id}` }, async () => {
    const instruction = await mustCover(context, asking, at)
    const known = await recordOf(context, asking)
    if (known !== undefined && (known.kind !== asking.request.kind || known.instruction !== asking.request.instruction)) throw new Refused('erasure/subject-differs', `request ${known.id} of ${controller.id} is recorded as ${known.kind} under ${known.instruction}: another request takes another reference`)
    if (known !== undefined && known.closedAt !== null && known.kind === 'erasure') return { record: known, handed: [] }
    const opened = await openSegments(context)
    const everybody = opened.length === 0 ? nobody : await createRowSearcher(groupByKey(opened), { threads: 1 })
    try {
      return await answer({ context, asking, instruction, slot: controller.slot, everybody, targets: opened.filter(({ record }) => record.slot === controller.slot).map(({ record }) => record.id), at })
    } finally {
      await everybody.close()
    }
  })
}

const nobody: RowSearcher = { search: () => Promise.reject(new Broken('trace/no-fingerprints', 'there are no fingerprints')), locate: () => Promise.reject(new Broken('trace/no-fingerprints', 'there are no fingerprints')), close: () => Promise.resolve() }

const recordOf = async ({ ledger }: TraceContext, { controller, request }: Asking): Promise<SubjectRecord | undefined> => (await allRequests(ledger.database)).find((one) => one.controller === controller && one.id === request.id)

/** The instruction must be this controller's, in force, and name searching and what is asked for. */
async function mustCover({ ledger }: TraceContext, { controller, request }: Asking, at: Instant): Promise<Instruction> {
  const found = (await allInstructions(ledger.database)).find(({ id }) => id === request.instruction)
  const contract = (await allContracts(ledger.database)).find(({ id }) => id === found?.contract)
  const needed = ['search', request.kind === 'erasure' ? 'erase' : 'return'] as const
  const lacking = found === undefined || found.controller !== controller ? `there is no instruction ${request.instruction} of ${controller}`
    : !isInForce(found, contract?.endedAt, at) || at < found.from || isSuspended(found, at) ? `${found.id} is not in force${isSuspended(found, at) ? ': it was suspended, since it infringes the law in our opinion' : ''}`
      : needed.filter((operation) => !found.scope.operations.includes(operation)).map((operation) => `${found.id} does not name the operation ${operation}`)[0]
  if (lacking !== undefined || found === undefined) throw new Refused('erasure/subject-not-covered', `${lacking ?? ''}: a request is carried out on the controller's instruction, or forwarded to it, and not answered otherwise`)
  return found
}

interface Answering {
  readonly context: TraceContext
  readonly asking: Asking
  readonly instruction: Instruction
  readonly slot: number
  readonly everybody: RowSearcher
  readonly targets: readonly string[]
  readonly at: Instant
}

const draft = ({ asking, slot, at }: Answering, type: string, more: { readonly [key: string]: Json }): Draft =>
  ({ slot, type: `erasure.subject_${type}`, at, parts: { evidence: { request: asking.request.id, controller: asking.controller, ...more } } })

async function answer(answering: Answering): Promise<SubjectAnswer> {
  const { context, asking, everybody } = answering
  const { records, subjects } = await known(answering)
  const person = await openPerson(records, scratchIn(context.directory))
  try {
    const looking: Looking = { context, controller: asking.controller, person, everybody, targets: answering.targets, subjects }
    const found = await lookForPerson(looking)
    mustBeOne(recordsOf(found.places).subjects, subjects) // what the first look added may name others too
    if (await recordOf(context, asking) === undefined) await context.ledger.append(draft(answering, 'opened', { kind: asking.request.kind, instruction: asking.request.instruction, operator: asking.operator }))
    return asking.request.kind === 'access' ? await handOver(answering, found) : await eraseAndCheck(answering, { looking, found, records })
  } finally {
    await person.close()
  }
}

/** What is known of the person: what the controller named, and what its own tables add to it. Throws `Refused` where they tell of several persons. */
async function known({ context, asking, everybody, targets }: Answering): Promise<{ records: readonly PersonRecord[]; subjects: ReadonlyMap<string, ReadonlySet<string>> }> {
  const given = asking.request.person
  const person = await openPerson(given, scratchIn(context.directory))
  try {
    const subjects = await named(context, asking)
    const { places } = await lookForPerson({ context, controller: asking.controller, person, everybody, targets, subjects, ownOnly: true })
    const own = recordsOf(places)
    mustBeOne(own.subjects, subjects)
    return { records: [...given, ...own.records], subjects: own.subjects.size === 0 ? subjects : own.subjects }
  } finally {
    await person.close()
  }
}

/** Throws `Refused` where rows of several persons were found, or of another than is known. */
function mustBeOne(found: ReadonlyMap<string, ReadonlySet<string>>, known: ReadonlyMap<string, ReadonlySet<string>>): void {
  const several = [...found].flatMap(([key, values]) => {
    const mine = new Set([...known.get(key) ?? []].map((value) => value.toLowerCase()))
    const others = [...values].filter((value) => !mine.has(value.toLowerCase())).length
    return values.size > 1 || (mine.size > 0 && others > 0) ? [`${mine.size + others} in ${key.split('\n')[0] ?? ''}`] : []
  })
  if (several.length > 0) throw new Refused('erasure/several-persons', `the request names several persons, or one who shares a value with others (${several.join(', ')}): have the controller name what only this one has, such as its identifier; where rows share a value, such as an address of two, it has to say whose they are and set them apart first`)
}

/** Values that the request gives for the column that counts persons: they name one there, also where they are numbers. */
async function named({ ledger }: TraceContext, { controller, request }: Asking): Promise<Map<string, Set<string>>> {
  const own = (await allDatasets(ledger.database)).filter((dataset) => dataset.controller === controller)
  const columns = new Set(own.flatMap(({ tables }) => tables.flatMap((table) => [table.subject, ...Object.keys(table.columns)])))
  const unknown = [...new Set(request.person.flatMap(Object.keys))].filter((name) => !columns.has(name))
  if (unknown.length > 0) throw new Misuse(`no dataset of ${controller} has a column ${unknown.join(', ')}; they have ${[...columns].join(', ')}`)
  return new Map(own.flatMap(({ id, tables }) => tables.map(({ subject }) => [subjectKey(id, subject), new Set(request.person.flatMap((record) => record[subject] ?? []))] as const)).filter(([, values]) => values.size > 0))
}

const leftOf = (places: readonly FoundPlace[]): SubjectOutcome['left'] => places.filter(({ rows, unclear }) => rows + unclear > 0).map((one) => ({
  store: one.store, place: printPart(one.place, one.part), rows: one.rows + one.unclear, because: one.byName === true ? 'its name holds what names the person: rename it, or remove it' : one.rows > 0 ? 'still there' : one.byRows ? 'it names the person, and nothing tells whose it is' : 'it names the person in a text or document: look there',
}))

/** Something could not be read: what is there may be the person's. */
const mustSearchAgain = (notSearched: SubjectOutcome['notSearched']): boolean => notSearched.some(({ again }) => again === true)

/** Records what a request came to; it stays open while something could not be read. */
async function settled(answering: Answering, outcome: SubjectOutcome): Promise<SubjectRecord> {
  const { context, asking } = answering
  const told = await shownIn(context, outcome)
  const before = await recordOf(context, asking)
  if (before?.closedAt === null) await context.ledger.append(draft(answering, mustSearchAgain(outcome.notSearched) ? 'searched' : 'closed', { outcome: told as unknown as Json }))
  const record = await recordOf(context, asking)
  if (record === undefined) throw new Broken('erasure/subject-lost', 'the request was not recorded')
  return record
}

async function handOver(answering: Answering, { places, notSearched }: Looked): Promise<SubjectAnswer> {
  const { instruction } = answering
  const covered = places.filter(({ environment }) => instruction.scope.environments.includes(environment))
  const handed = covered.filter(({ rows }) => rows > 0).map((one): Handed => ({ store: one.store, environment: one.environment, place: printPart(one.place, one.part), dataset: one.dataset, columns: one.found[0]?.columns ?? null, rows: one.found.map(({ fields }) => fields) }))
  const sum = (all: readonly FoundPlace[]): number => all.reduce((total, { rows }) => total + rows, 0)
  const left = [...leftOf(places.filter(({ rows }) => rows === 0)), ...places.filter((one) => one.rows > 0 && !covered.includes(one)).map((one) => ({ store: one.store, place: printPart(one.place, one.part), rows: one.rows, because: uncovered(instruction, one) }))]
  const record = await settled(answering, { found: sum(places), handed: sum(covered), erased: 0, residual: 0, left, notSearched, forgotten: 0 })
  return { record, handed }
}

const uncovered = ({ id }: Instruction, { environment }: FoundPlace): string => `${id} does not cover ${environment}`

async function eraseAndCheck(answering: Answering, { looking, found, records }: { readonly looking: Looking; readonly found: Looked; readonly records: readonly PersonRecord[] }): Promise<SubjectAnswer> {
  const { context, asking, instruction } = answering
  const uncoveredPlaces = found.places.filter(({ environment }) => !instruction.scope.environments.includes(environment))
  const items = found.places.filter((one) => one.rows > 0 && !uncoveredPlaces.includes(one))
  // Rows that others refer to go after those.
  for (let left = items, moved = true; left.length > 0 && moved;) {
    const after: FoundPlace[] = []
    for (const item of left) if (!await eraseFound(answering, looking, item)) after.push(item)
    moved = after.length < left.length
    left = after
  }
  const again = await lookForPerson(looking)
  const steps = await requestSteps(context.ledger.database, { controller: asking.controller, id: asking.request.id })
  const residual = again.places.reduce((total, { rows }) => total + rows, 0)
  const because = (place: FoundPlace): string | undefined => (uncoveredPlaces.some((one) => one.store === place.store && one.place === place.place) ? uncovered(instruction, place) : steps.find((one) => one.store === place.store && one.place === itemPlace(place) && one.state !== 'done')?.because ?? undefined)
  // Shown while the fingerprints still know what in a name is the person's.
  const stillThere = await shownIn(context, again.places.flatMap((place) => leftOf([place]).map((one) => ({ ...one, because: because(place) ?? one.because }))))
  // Erased, and in the files of the place all the same: no search finds it there.
  const left = [...stillThere, ...steps.flatMap((one) => (one.state === 'done' && one.because !== null ? [{ store: one.store, place: one.place, rows: 0, because: one.because }] : []))]
  const forgotten = residual === 0 && !mustSearchAgain(again.notSearched) ? await forget(context, { ...asking, records }, answering.at) : 0
  // What was found at an address where it could not be erased, and is not found there any more, was found at another as well.
  const counted = steps.filter((step) => step.state !== 'blocked' || found.places.some((one) => one.store === step.store && itemPlace(one) === step.place))
  const sum = (pick: (step: (typeof steps)[number]) => number | null): number => counted.reduce((total, step) => total + (pick(step) ?? 0), 0)
  const record = await settled(answering, { found: Math.max(sum(({ rowsFound }) => rowsFound), found.places.reduce((total, { rows }) => total + rows, 0)), handed: 0, erased: sum(({ rowsErased }) => rowsErased), residual, left, notSearched: again.notSearched, forgotten })
  return { record, handed: [] }
}

/** How a place is erased: files and objects whole or rewritten, tables of an SQLite file one by one. */
const itemPlace = (one: FoundPlace): string => (one.part === '' ? one.place : printPart(one.place, one.part))

async function eraseFound(answering: Answering, { context, person, everybody, targets, subjects }: Looking, found: FoundPlace): Promise<boolean> {
  const { asking } = answering
  const stores = await allStores(context.ledger.database)
  const store = stores.find(({ id }) => id === found.store)
  const whole = store?.kind === 'files' || store?.kind === 's3'
  const item: PlanItem = { number: 0, store: found.store, environment: found.environment, place: store !== undefined && (isFileKind(store.kind) || store.kind === 'redis') ? itemPlace(found) : found.place, what: found.dataset === null ? 'found copy' : 'dataset', method: whole ? 'unlink' : 'delete found rows', records: 1, rows: found.rows, ...(found.othersTable ? { othersTable: true } : {}) }
  const place = await shownIn(context, item.place)
  const subject = found.table?.subject
  const where = found.dataset === null ? { kind: 'other' as const, everybody, targets } : { kind: 'own' as const, columns: found.found[0]?.columns, ...(subject === undefined ? {} : { subject, subjects: subjects.get(subjectKey(found.dataset, subject)) ?? recordsOf([found]).subjects.get(subjectKey(found.dataset, subject)) ?? new Set<string>(), othersStay: true }) }
  const before = (await requestSteps(context.ledger.database, { controller: asking.controller, id: asking.request.id })).find((step) => step.store === item.store && step.place === place)
  const carrying: Carrying = { context, stores, searcher: person.in(where), targets: ['person', ...targets] }
  const erased = await carryOut(carrying, item, async (counted) => {
    if (before?.state === 'begun' && counted.rows === 0) return
    await context.ledger.append(draft(answering, 'begun', { store: item.store, place, rows_found: counted.rows }))
    failpoint('erasure/subject-begun')
  }).catch((cause: unknown): Erased => {
    if (!(cause instanceof Broken)) throw cause
    return { outcome: 'blocked', counted: { rows: found.rows, unowned: 0, ambiguous: 0 }, because: cause.message, again: false }
  })
  failpoint('erasure/subject-before-done')
  if (erased?.outcome === 'blocked') {
    await context.ledger.append(draft(answering, 'blocked', { store: item.store, place, rows_found: found.rows, because: await shownIn(context, erased.because) }))
    return erased.again !== true
  }
  // Begun by a run that was cut off, and nothing there any more: it was carried out, and only its answer was lost.
  const rows = (erased?.rows ?? 0) > 0 ? erased!.rows + (before?.rowsErased ?? 0) : before?.state === 'begun' ? before.rowsFound : before?.rowsErased ?? 0
  await context.ledger.append(draft(answering, 'erased', { store: item.store, place, rows_found: Math.max(rows, found.rows), rows_erased: rows, ...(erased?.held === undefined ? {} : { because: await shownIn(context, erased.held) }) }))
  return true
}

/** Takes the person out of the controller's fingerprints: no search of ours knows who it was. */
async function forget(context: TraceContext, { controller, records }: { readonly controller: string; readonly records: readonly PersonRecord[] }, at: Instant): Promise<number> {
  const columns = [...new Set(records.flatMap(Object.keys))]
  const csv = Buffer.from(records.map((record) => `${columns.map((name) => `"${(record[name] ?? '').replaceAll('"', '""')}"`).join(',')}\n`).join(''))
  let people = 0
  for (const dataset of (await allDatasets(context.ledger.database)).filter((one) => one.controller === controller)) {
    try {
      const forgotten = await removeSubjects(context, { dataset: dataset.id, columns, rows: async function* () { yield await Promise.resolve(csv) } }, at)
      people += Math.max(0, ...forgotten.map(({ removed }) => removed))
    } catch (cause) {
      if (!(cause instanceof Misuse)) throw cause // none of these columns is known of that dataset
    }
  }
  return people
}
