/** Copies of governed copies: places that hold a copy's invented records, or tokens that bear its mark, where it is not registered. Fingerprints do not know them: what stands there is nobody's value. */
import { createHash } from 'node:crypto'
import { allStores, wholeUnit, type DerivedDataset } from '#inventory'
import type { Draft, Json } from '#ledger'
import { Misuse } from '#kit/errors'
import { formatDay, type Instant } from '#kit/time'
import type { TraceContext } from './fingerprints.ts'
import { recordedAs, shownIn } from './names.ts'
import type { SearchablePlace } from './places.ts'
import { allFindings } from './store.ts'
import { coveredAt, type DerivedAt } from './sweep/derived.ts'
import { listHere, serves } from './sweep/listing.ts'
import { elsewhereIn, tellUnit, type GovernedFound, type InventedTeller, type KnownGoverned } from './telling.ts'
import type { CopyTold, Finding, SearchedPlace } from './types.ts'

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
  const listed = await listHere(context, stores)
  const elsewhere = asked.filter((store) => !stores.includes(store)).map(({ id, environment }) => ({ store: id, place: '', because: `it is of the environment ${environment}, which this process does not serve` }))
  const notRead: { store: string; place: string; because: string }[] = [...elsewhere, ...listed.notRead]
  const before = (await allFindings(database)).filter(({ state, detail }) => state === 'open' && detail.copies !== undefined)
  const compared: Compared[] = []
  const covered = await coveredAt(context, at)
  for (const [done, place] of listed.places.entries()) {
    context.stopping?.throwIfAborted()
    context.progress?.({ work: 'looking for invented records', place: `${place.store.id}: ${place.place}`, done, total: listed.places.length, rows: 0 })
    const told = await tellUnit(() => place.open(wholeUnit), teller, context.stopping)
    const named = { store: place.store.id, environment: place.store.environment, place: place.place }
    for (const because of told.missing.slice(0, 1)) notRead.push({ store: named.store, place: named.place, because })
    const one = await compare(context, { place: named, told: elsewhereIn({ ...named, of: place.of, told }, teller)?.copies ?? [], whole: told.missing.length === 0, teller, before, covered }, at)
    for (const draft of one.drafts) await context.ledger.append(draft)
    compared.push(one)
  }
  const gone = before.filter((one) => isGone(context, one, { stores: stores.map(({ id }) => id), places: listed.places, notRead: listed.notRead }))
  for (const finding of gone) await context.ledger.append(resolvedDraft(finding, at))
  const findings = (await allFindings(database)).filter(({ state, detail }) => state === 'open' && detail.copies !== undefined)
  const of = (type: string): string[] => compared.flatMap(({ drafts }) => drafts).filter((draft) => draft.type === type).map((draft) => (draft.parts['evidence'] as { finding: string }).finding)
  return { findings, opened: of('finding.opened'), resolved: [...of('finding.resolved'), ...gone.map(({ id }) => id)], known: await shownIn(context, compared.flatMap(({ known }) => known)), places: listed.places.length, notRead: await shownIn(context, notRead) }
}

const resolvedDraft = ({ id, slot }: Finding, at: Instant): Draft => ({ slot, type: 'finding.resolved', at, parts: { evidence: { finding: id, because: 'no longer found there', records: 0, rows: 0 } } })

/** Its place is not there any more, in a store of which every place was listed. */
function isGone(context: TraceContext, { store, place }: Finding, { stores, places, notRead }: { readonly stores: readonly string[]; readonly places: readonly SearchablePlace[]; readonly notRead: readonly { readonly store: string }[] }): boolean {
  const isIt = recordedAs(context, place)
  return stores.includes(store) && notRead.every((one) => one.store !== store) && places.every((one) => one.store.id !== store || !isIt(one.place))
}

interface Placed { readonly store: string; readonly environment: string; readonly place: string }

interface Comparing { readonly place: Placed; readonly told: readonly CopyTold[]; /** Nothing of it was not looked into. */ readonly whole: boolean; readonly teller: InventedTeller; readonly before: readonly Finding[]; readonly covered: DerivedAt }

/** Entries about what a place holds, and what stands there under an instruction. */
interface Compared { readonly drafts: readonly Draft[]; readonly known: readonly KnownInvented[] }

/** What was derived at the place from the copy's dataset by somebody who may: tokens of the copy are what it was made of. What a transfer wrote is a copy of its own, and holds its own tokens alone. */
function derivedFrom({ controller, dataset }: KnownGoverned, place: Placed, covered: DerivedAt): DerivedDataset | undefined {
  const derived = covered(place.store, place.place)
  return derived !== undefined && derived.by !== 'transfer' && derived.controller === controller && derived.from.includes(dataset) ? derived : undefined
}

async function compare(context: TraceContext, { place, told, whole, teller, before, covered }: Comparing, at: Instant): Promise<Compared> {
  const [drafts, derivedPlaces]: [Draft[], KnownInvented[]] = [[], []]
  const isIt = (finding: Finding): boolean => finding.store === place.store && recordedAs(context, finding.place)(place.place)
  const held = new Set<string>()
  for (const one of told) {
    const copy = teller.copies.find(({ id }) => id === one.copy)
    if (copy === undefined) continue
    const derived = derivedFrom(copy, place, covered)
    if (derived !== undefined) {
      derivedPlaces.push({ copy: copy.id, dataset: derived.id, instruction: derived.instruction, store: derived.store, place: place.place })
      continue
    }
    const finding = findingOf(copy.id, place.store, place.place)
    held.add(finding)
    const known = before.some(({ id }) => id === finding)
    const shown = await shownIn(context, { place: place.place })
    drafts.push({ slot: copy.slot, type: known ? 'finding.seen_again' : 'finding.opened', at, parts: { evidence: { finding, controller: copy.controller, store: place.store, environment: place.environment, ...shown, records: one.people, rows: 0, ...detailOf(one, copy, at) } } })
  }
  // A copy whose key is gone is told by nobody any more: what was found of it stands.
  const tellable = new Set(teller.copies.map(({ id }) => findingOf(id, place.store, place.place)))
  drafts.push(...before.filter((one) => whole && isIt(one) && !held.has(one.id) && tellable.has(one.id)).map((finding) => resolvedDraft(finding, at)))
  return { drafts, known: derivedPlaces }
}

function detailOf(one: CopyTold, copy: KnownGoverned, at: Instant): { readonly reasons: Json; readonly detail: Json } {
  const reasons = [`${one.atLeast === true ? 'at least ' : ''}${one.canaries} invented records and ${one.marked} tokens of ${copy.id}, which was made ${formatDay(copy.madeAt)} under ${copy.instruction}${copy.erased ? ' and erased since' : ''}: a copy of that copy`, 'people are counted by its tokens: how many they are, it does not show']
  const made = { after: copy.madeAt, before: at, because: `after ${formatDay(copy.madeAt)}, when ${copy.id} was made, and before ${formatDay(at)}` }
  return { reasons, detail: { share: null, confirmedRows: 0, datasets: [], columns: [], parts: [], mixed: false, reasons, samples: [], made, readAt: at, copies: [one] } as unknown as Json }
}

interface RecordingGoverned { readonly slot: number; readonly searched: readonly SearchedPlace[]; readonly found: GovernedFound; readonly teller: InventedTeller; /** Stores of which every place was read: what is not among these is gone. */ readonly wholeStores: readonly string[] }

/** Findings by what became of them. */
export interface GovernedRecorded { readonly opened: string[]; readonly resolved: string[] }

/** Records what a search told of one controller's governed copies, as `sweepInvented` does; a finding is resolved where its place was looked into whole and holds nothing of them any more. */
export async function recordGoverned(context: TraceContext, { slot, searched, found, teller, wholeStores }: RecordingGoverned, at: Instant): Promise<GovernedRecorded> {
  const recorded: GovernedRecorded = { opened: [], resolved: [] }
  const record = async (draft: Draft): Promise<void> => {
    await context.ledger.append(draft)
    const { finding } = draft.parts['evidence'] as { finding: string }
    if (draft.type === 'finding.opened') recorded.opened.push(finding)
    if (draft.type === 'finding.resolved') recorded.resolved.push(finding)
  }
  const before = (await allFindings(context.ledger.database)).filter((one) => one.slot === slot && one.state === 'open' && one.detail.copies !== undefined)
  const held = new Map(found.places.map((place) => [`${place.store}\n${place.place}`, place.copies]))
  const mine = { ...teller, copies: teller.copies.filter((copy) => copy.slot === slot) }
  const read = new Map<string, SearchedPlace>(searched.map((place) => [`${place.store}\n${place.place}`, place]))
  const covered = await coveredAt(context, at)
  for (const [key, place] of read) {
    const told = held.get(key) ?? []
    if (told.length === 0 && before.every(({ store }) => store !== place.store)) continue
    const whole = place.told !== undefined && place.told.missing.length === 0 && place.partly.length === 0 && place.unread === 0
    for (const draft of (await compare(context, { place, told, whole, teller: mine, before, covered }, at)).drafts) await record(draft)
  }
  const whole = new Set(wholeStores)
  for (const finding of before) {
    const isIt = recordedAs(context, finding.place)
    if (whole.has(finding.store) && [...read.values()].every((one) => one.store !== finding.store || !isIt(one.place))) await record(resolvedDraft(finding, at))
  }
  return recorded
}
