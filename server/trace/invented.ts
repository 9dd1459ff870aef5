/** Copies of governed copies: places that hold a copy's invented records, or tokens that bear its mark, where it is not registered. Fingerprints do not know them: what stands there is nobody's value. */
import { createHash } from 'node:crypto'
import { allStores, isUnread, wholeUnit, type DerivedDataset, type Part } from '#inventory'
import type { Draft, Json } from '#ledger'
import { Broken, Misuse } from '#kit/errors'
import { formatDay, type Instant } from '#kit/time'
import type { TraceContext } from './fingerprints.ts'
import { recordedAs, shownIn } from './names.ts'
import { listPlaces, scratchIn, type SearchablePlace } from './places.ts'
import { allFindings } from './store.ts'
import { coveredAt, type DerivedAt } from './sweep/derived.ts'
import { serves } from './sweep/listing.ts'
import type { CopyTold, Finding } from './types.ts'

/** A governed copy that can be told: whose it is, and where it is registered. */
export interface KnownGoverned { readonly id: string; readonly controller: string; readonly slot: number; /** What it is a copy of. */ readonly dataset: string; readonly instruction: string; readonly madeAt: Instant; readonly store: string; readonly places: readonly string[]; /** It was erased: nothing of it may be anywhere. */ readonly erased: boolean }

/** What tells copies by values; whoever makes them gives it. */
export interface InventedTeller {
  readonly copies: readonly KnownGoverned[]
  /** Of which copies the values of these parts are. */
  readonly tell: (parts: AsyncIterable<AsyncIterable<Uint8Array>>) => Promise<readonly CopyTold[]>
}

/** A table that was derived from a copy's dataset under an instruction that is in force: tokens of the copy may stand there. */
export interface KnownInvented { readonly copy: string; readonly dataset: string; readonly instruction: string; readonly store: string; readonly place: string }

export interface InventedReport { readonly findings: readonly Finding[]; readonly opened: readonly string[]; readonly resolved: readonly string[]; readonly known: readonly KnownInvented[]; readonly places: number; readonly notRead: readonly { readonly store: string; readonly place: string; readonly because: string }[] }

const findingOf = (copy: string, store: string, place: string): string => `F-${createHash('sha256').update(`${copy}\n${store}\n${place}`).digest('hex').slice(0, 10)}`

/**
 * Reads every place of the stores that this process serves once and records, in the log of its controller, each that holds something of a governed copy elsewhere than where that is registered, or than in what was derived from its dataset under an instruction that is in
 * force: which copy, and how certain that is. Other stores are named as not read. A finding is resolved when its place was read and holds nothing of the copy any more. Throws `Misuse` for a store that is not declared, and the reason when it is to stop: what was recorded by then stands.
 */
export async function sweepInvented(context: TraceContext, at: Instant, { teller, stores: wanted }: { readonly teller: InventedTeller; readonly stores?: readonly string[] | undefined }): Promise<InventedReport> {
  const { database } = context.ledger
  const declared = await allStores(database)
  const unknown = (wanted ?? []).filter((id) => declared.every((store) => store.id !== id))
  if (unknown.length > 0) throw new Misuse(`no store is called ${unknown.join(', ')}`)
  const asked = declared.filter(({ id }) => wanted?.includes(id) ?? true)
  const stores = asked.filter((store) => serves(context, store))
  const listed = await listPlaces(stores, context.references, { scratch: scratchIn(context.directory) })
  const elsewhere = asked.filter((store) => !stores.includes(store)).map(({ id, environment }) => ({ store: id, place: '', because: `it is of the environment ${environment}, which this process does not serve` }))
  const notRead: { store: string; place: string; because: string }[] = [...elsewhere, ...listed.notRead]
  const before = (await allFindings(database)).filter(({ state, detail }) => state === 'open' && detail.copies !== undefined)
  const said = { opened: [] as string[], resolved: [] as string[], known: [] as KnownInvented[] }
  const covered = await coveredAt(context, at)
  for (const [done, place] of listed.places.entries()) {
    context.stopping?.throwIfAborted()
    context.progress?.({ work: 'looking for invented records', place: `${place.store.id}: ${place.place}`, done, total: listed.places.length, rows: 0 })
    const read = await tellIn(place, teller, context.stopping)
    if (read.because !== undefined) notRead.push({ store: place.store.id, place: place.place, because: read.because })
    const drafts = await draftsOf(context, { place, told: read.told, whole: read.because === undefined, teller, before, covered, said }, at)
    for (const one of drafts) await context.ledger.append(one)
  }
  for (const finding of before.filter((one) => isGone(context, one, { stores: stores.map(({ id }) => id), places: listed.places, notRead: listed.notRead }))) {
    said.resolved.push(finding.id)
    await context.ledger.append(resolvedDraft(finding, at))
  }
  const findings = (await allFindings(database)).filter(({ state, detail }) => state === 'open' && detail.copies !== undefined)
  return { findings, ...said, known: await shownIn(context, said.known), places: listed.places.length, notRead: await shownIn(context, notRead) }
}

const resolvedDraft = ({ id, slot }: Finding, at: Instant): Draft => ({ slot, type: 'finding.resolved', at, parts: { evidence: { finding: id, because: 'no longer found there', records: 0, rows: 0 } } })

/** Its place is not there any more, in a store of which every place was listed. */
function isGone(context: TraceContext, { store, place }: Finding, { stores, places, notRead }: { readonly stores: readonly string[]; readonly places: readonly SearchablePlace[]; readonly notRead: readonly { readonly store: string }[] }): boolean {
  const isIt = recordedAs(context, place)
  return stores.includes(store) && notRead.every((one) => one.store !== store) && places.every((one) => one.store.id !== store || !isIt(one.place))
}

/** What a place holds of copies; `because`: some of it was not read. */
async function tellIn(place: SearchablePlace, { tell }: InventedTeller, stopping: AbortSignal | undefined): Promise<{ readonly told: readonly CopyTold[]; readonly because?: string }> {
  let because: string | undefined
  const parts = async function* (): AsyncGenerator<AsyncIterable<Uint8Array>> {
    for await (const part of place.open(wholeUnit)) {
      if (isUnread(part)) because ??= part.because
      else yield bytesOf(part, { missing: (why) => { because ??= why }, stopping })
    }
  }
  const told = await tell(parts()).catch((cause: unknown) => { if (!(cause instanceof Broken)) throw cause; because ??= cause.message; return [] })
  return { told, ...(because === undefined ? {} : { because }) }
}

async function* bytesOf(part: Part, { missing, stopping }: { readonly missing: (why: string) => void; readonly stopping: AbortSignal | undefined }): AsyncGenerator<Uint8Array> {
  for await (const bytes of part.bytes) {
    stopping?.throwIfAborted()
    yield bytes
  }
  for (const why of part.partly().slice(0, 1)) missing(why)
}

interface Comparing { readonly place: SearchablePlace; readonly told: readonly CopyTold[]; readonly whole: boolean; readonly teller: InventedTeller; readonly before: readonly Finding[]; readonly covered: DerivedAt; readonly said: { readonly opened: string[]; readonly resolved: string[]; readonly known: KnownInvented[] } }

/** What was derived at the place from the copy's dataset by somebody who may: tokens of the copy are what it was made of. What a transfer wrote is a copy of its own, and holds its own tokens alone. */
function derivedFrom({ controller, dataset }: KnownGoverned, place: SearchablePlace, covered: DerivedAt): DerivedDataset | undefined {
  const derived = covered(place.store.id, place.place)
  return derived !== undefined && derived.by !== 'transfer' && derived.controller === controller && derived.from.includes(dataset) ? derived : undefined
}

async function draftsOf(context: TraceContext, { place, told, whole, teller, before, covered, said: { opened, resolved, known: derivedPlaces } }: Comparing, at: Instant): Promise<Draft[]> {
  const drafts: Draft[] = []
  const isIt = (finding: Finding): boolean => finding.store === place.store.id && recordedAs(context, finding.place)(place.place)
  const held = new Set<string>()
  for (const one of told.filter(({ named }) => named)) {
    const copy = teller.copies.find(({ id }) => id === one.copy)
    if (copy === undefined || (!copy.erased && copy.store === place.store.id && copy.places.includes(place.place))) continue
    const derived = derivedFrom(copy, place, covered)
    if (derived !== undefined) {
      derivedPlaces.push({ copy: copy.id, dataset: derived.id, instruction: derived.instruction, store: derived.store, place: place.place })
      continue
    }
    const finding = findingOf(copy.id, place.store.id, place.place)
    held.add(finding)
    const known = before.some(({ id }) => id === finding)
    if (!known) opened.push(finding)
    const shown = await shownIn(context, { place: place.place })
    drafts.push({ slot: copy.slot, type: known ? 'finding.seen_again' : 'finding.opened', at, parts: { evidence: { finding, controller: copy.controller, store: place.store.id, environment: place.store.environment, ...shown, records: one.people, rows: 0, ...detailOf(one, copy, at) } } })
  }
  // A copy whose key is gone is told by nobody any more: what was found of it stands.
  const tellable = new Set(teller.copies.map(({ id }) => findingOf(id, place.store.id, place.place)))
  for (const finding of before.filter((one) => whole && isIt(one) && !held.has(one.id) && tellable.has(one.id))) {
    resolved.push(finding.id)
    drafts.push(resolvedDraft(finding, at))
  }
  return drafts
}

function detailOf(one: CopyTold, copy: KnownGoverned, at: Instant): { readonly reasons: Json; readonly detail: Json } {
  const reasons = [`${one.canaries} invented records and ${one.marked} tokens of ${copy.id}, which was made ${formatDay(copy.madeAt)} under ${copy.instruction}${copy.erased ? ' and erased since' : ''}: a copy of that copy`, 'people are counted by its tokens: how many they are, it does not show']
  const made = { after: copy.madeAt, before: at, because: `after ${formatDay(copy.madeAt)}, when ${copy.id} was made, and before ${formatDay(at)}` }
  return { reasons, detail: { share: null, confirmedRows: 0, datasets: [], columns: [], parts: [], mixed: false, reasons, samples: [], made, readAt: at, copies: [one] } as unknown as Json }
}
