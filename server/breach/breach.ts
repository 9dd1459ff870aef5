/** Opens, attributes, counts and describes breaches. Everything is an entry in the log of the one controller that it concerns. */
import { createHash } from 'node:crypto'
import { allContracts, allControllers } from '#contract'
import type { Json } from '#ledger'
import { allFindings, type TraceContext } from '#trace'
import { Misuse, Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { attributeSample, type AttributedSample } from './attribute.ts'
import { figuresOf } from './count.ts'
import { peopleOf } from './people.ts'
import { readSample } from './sampleFile.ts'
import { allBreaches } from './store.ts'
import type { Attributed, Breach, Cause, Counted } from './types.ts'

export interface Opening {
  /** A file with some of what leaked. */
  readonly sample?: string | undefined
  readonly finding?: string | undefined
  /** Whose it is, where neither tells. */
  readonly controller?: string | undefined
  /** What happened, in a sentence without anybody's name. */
  readonly nature: string
  readonly by: string
  /** When the processor came to know of it; `at` when left out. */
  readonly awareAt?: Instant | undefined
}

/** The breach of that id. Throws `Misuse`. */
export async function findBreach({ ledger }: Pick<TraceContext, 'ledger'>, id: string): Promise<Breach> {
  const breach = (await allBreaches(ledger.database)).find((one) => one.id === id)
  if (breach === undefined) throw new Misuse(`there is no breach ${JSON.stringify(id)}; bailee breach list shows them`)
  return breach
}

/**
 * Opens a breach for every controller whose people a sample holds, or for that of a finding, or for one that is named, and attributes the sample, which is kept nowhere. Throws `Refused` when nobody in the sample is known and no controller is
 * named: who it concerns is then for a person to say.
 */
export async function openBreach(context: TraceContext, opening: Opening, at: Instant): Promise<Breach[]> {
  const { ledger } = context
  const awareAt = opening.awareAt ?? at
  if (awareAt > at) throw new Misuse('nobody is aware of what is still to come: --aware names a moment before --at')
  const found = await concernedBy(context, opening, at)
  const slots = new Map((await allControllers(ledger.database)).map(({ id, slot }) => [id, slot]))
  const contracts = (await allContracts(ledger.database)).sort((a, b) => b.starts - a.starts)
  const ids: string[] = []
  for (const { controller, cause, attribution } of found) {
    const slot = slots.get(controller)
    const contract = contracts.find((one) => one.controller === controller)
    if (slot === undefined || contract === undefined) throw new Misuse(`no contract with a controller ${JSON.stringify(controller)} is declared`)
    const id = `B-${createHash('sha256').update(JSON.stringify([controller, awareAt, cause, opening.nature])).digest('hex').slice(0, 10)}`
    await ledger.append([
      { slot, type: 'breach.opened', at, parts: { evidence: { id, controller, contract: contract.id, nature: opening.nature, cause: cause as unknown as Json, by: opening.by, aware_at: awareAt } } },
      ...(attribution.length === 0 ? [] : [{ slot, type: 'breach.attributed', at, parts: { evidence: { id, attribution: attribution as unknown as Json } } }]),
    ])
    ids.push(id)
  }
  return (await allBreaches(ledger.database)).filter(({ id }) => ids.includes(id))
}

interface Concerned { readonly controller: string; readonly cause: Cause; readonly attribution: readonly Attributed[] }

async function concernedBy(context: TraceContext, { sample, finding, controller }: Opening, at: Instant): Promise<Concerned[]> {
  if (sample !== undefined && finding !== undefined) throw new Misuse('a breach is opened with --sample FILE or with --finding ID; attribute a sample to it afterwards')
  if (finding !== undefined) {
    const known = (await allFindings(context.ledger.database)).find((one) => one.id === finding)
    if (known === undefined) throw new Misuse(`there is no finding ${JSON.stringify(finding)}; bailee trace findings shows them`)
    return [{ controller: known.controller, cause: { kind: 'finding', finding }, attribution: [] }]
  }
  if (sample === undefined) {
    if (controller === undefined) throw new Misuse('open takes --sample FILE, --finding ID, or --controller ID for what somebody told')
    return [{ controller, cause: { kind: 'told' }, attribution: [] }]
  }
  const { table, sha256 } = await readSample(sample)
  const attributed = await attributeSample(context, table, at)
  const byController = Map.groupBy(attributed.filter((one) => controller === undefined || one.controller === controller), (one) => one.controller)
  if (byController.size === 0 && controller === undefined) throw new Refused('breach/nobody-known', 'nobody in the sample is known to any log of cells: cannot tell whose it is. Compare it with known places (bailee trace compare --file), or say whose it is with --controller')
  if (controller === undefined) mustBeClear(byController, table.rows.length)
  if (byController.size === 0) return [{ controller: controller!, cause: { kind: 'sample', sha256, rows: table.rows.length, found: 0 }, attribution: [] }]
  return [...byController].map(([id, tables]) => ({ controller: id, cause: { kind: 'sample', sha256, rows: table.rows.length, found: Math.max(...tables.map(({ rows }) => rows)) }, attribution: tables.map(withoutOwner) }))
}

/** Numbers in sequence, or people whom two controllers have, name whoever they fit: then a person says whose it is, and no controller is told of what may be another's. */
function mustBeClear(byController: ReadonlyMap<string, readonly AttributedSample[]>, rows: number): void {
  const [only] = [...byController.values()]
  const more = only?.some(({ columns, answer }) => columns.length > 1 || (answer.kind === 'identified' && answer.by !== 'versions')) === true
  if (byController.size === 1 && more) return
  const known = [...byController].map(([id, tables]) => `${id} (${Math.max(...tables.map((one) => one.rows))} of ${rows} rows)`).join(', ')
  throw new Refused('breach/whose', `the sample may be of people of ${known}, and nothing else in it tells whose they are: look at it, and open a breach for each controller that it concerns (--controller ID)`)
}

/** In a controller's own log nothing else needs to say whose it is. */
function withoutOwner({ controller, slot, ...attributed }: AttributedSample): Attributed {
  void [controller, slot]
  return attributed
}

/** Attributes a sample to a breach that is open: of the people of its controller alone. */
export async function attributeBreach(context: TraceContext, { breach: id, sample }: { readonly breach: string; readonly sample: string }, at: Instant): Promise<Breach> {
  const breach = await findBreach(context, id)
  const { table } = await readSample(sample)
  const attribution = (await attributeSample(context, table, at)).filter(({ controller }) => controller === breach.controller).map(withoutOwner)
  if (attribution.length === 0) throw new Refused('breach/nobody-known', `nobody in the sample is known to a log of cells of ${breach.controller}: cannot tell`)
  await context.ledger.append({ slot: breach.slot, type: 'breach.attributed', at, parts: { evidence: { id, attribution: attribution as unknown as Json } } })
  return findBreach(context, id)
}

/** Counts the people concerned by country: those of the copy that it is attributed to, or else between those in the sample and everybody. */
export async function countBreach(context: TraceContext, id: string, at: Instant): Promise<Breach> {
  const breach = await findBreach(context, id)
  const datasets = (breach.attribution ?? []).map(({ dataset }) => dataset)
  const { source, asOf, census } = await peopleOf(context, breach.controller, datasets, at)
  const copied = await copiedOf(context, breach, census.people)
  const counts: Counted = { source, asOf, places: copied.places, figures: source === 'none' ? figuresOf(census, undefined) : figuresOf(census, copied.people) }
  await context.ledger.append({ slot: breach.slot, type: 'breach.counted', at, parts: { evidence: { id, counts: counts as unknown as Json } } })
  return findBreach(context, id)
}

async function copiedOf(context: TraceContext, { cause, attribution }: Breach, everybody: number): Promise<{ people: number | { low: number; high: number }; places: string[] }> {
  const named = (attribution ?? []).flatMap(({ answer }) => ('copy' in answer ? [answer.copy] : answer.kind === 'one of' ? [...answer.copies] : []))
  const ids = cause.kind === 'finding' ? [cause.finding] : named
  const findings = (await allFindings(context.ledger.database)).filter((one) => ids.includes(one.id))
  const certain = (attribution ?? []).every(({ answer }) => answer.kind === 'identified')
  const least = cause.kind === 'sample' ? cause.found : 0
  if (findings.length === 0 || findings.length < ids.length) return { people: { low: least, high: everybody }, places: [] }
  const held = findings.map(({ records }) => Math.min(records, everybody))
  const places = findings.map(({ store, place }) => `${store}: ${place}`)
  if (cause.kind === 'finding' || (certain && held.length === 1)) return { people: held[0] ?? 0, places }
  // What is named without being identified may yet be another copy, which held anything up to all.
  return { people: { low: Math.max(least, certain ? Math.min(...held) : 0), high: everybody }, places }
}

/** The record of Art. 33(5): what it led to and what was done. The facts are in the ledger already. */
export async function describeBreach(context: TraceContext, { breach: id, effects, measures }: { readonly breach: string; readonly effects: string; readonly measures: string }, at: Instant): Promise<Breach> {
  const breach = await findBreach(context, id)
  await context.ledger.append({ slot: breach.slot, type: 'breach.described', at, parts: { evidence: { id, effects, measures } } })
  return findBreach(context, id)
}
