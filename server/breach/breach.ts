/** Opens, attributes and describes breaches. Everything is an entry in the log of the one controller that it concerns. */
import { createHash, createHmac } from 'node:crypto'
import { allControllers } from '#contract'
import { currentSegmentKeyId, type Json } from '#ledger'
import { allFindings, type TraceContext } from '#trace'
import { Misuse, Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { attributeSample, type AttributedSample } from './attribute.ts'
import { readSample } from './sampleFile.ts'
import { allBreaches } from './store.ts'
import { termsAt } from './terms.ts'
import type { Attributed, Breach, Cause } from './types.ts'

export interface Opening {
  /** A file with some of what leaked. */
  /** A file, or its bytes. */
  readonly sample?: string | Uint8Array | undefined
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

/** What was opened; `sample`: what of the whole file is for the processor alone, and stands in no controller's log. */
export interface Opened { readonly breaches: readonly Breach[]; readonly sample: { readonly sha256: string; readonly rows: number } | null }

/**
 * Opens a breach for every controller whose people a sample holds, or for that of a finding, or for one that is named, and attributes the sample, which is kept nowhere. Throws `Refused` when nobody in the sample is known and no controller is
 * named: who it concerns is then for a person to say.
 */
export async function openBreach(context: TraceContext, opening: Opening, at: Instant): Promise<Opened> {
  const { ledger } = context
  const awareAt = opening.awareAt ?? at
  if (awareAt > at) throw new Misuse('nobody is aware of what is still to come: --aware names a moment before --at')
  const { concerned, sample } = await concernedBy(context, opening, at)
  const slots = new Map((await allControllers(ledger.database)).map(({ id, slot }) => [id, slot]))
  const ids: string[] = []
  for (const { controller, cause, attribution } of concerned) {
    const slot = slots.get(controller)
    const terms = slot === undefined ? undefined : await termsAt(ledger, { controller, slot }, awareAt)
    if (slot === undefined || terms === undefined) throw new Misuse(`no contract with a controller ${JSON.stringify(controller)} is declared`)
    const id = `B-${createHash('sha256').update(JSON.stringify([controller, awareAt, sample ?? cause, opening.nature])).digest('hex').slice(0, 10)}`
    await ledger.append([
      { slot, type: 'breach.opened', at, parts: { evidence: { id, controller, contract: terms.contract, nature: opening.nature, cause: cause as unknown as Json, by: opening.by, aware_at: awareAt, terms: terms as unknown as Json } } },
      ...(attribution.length === 0 ? [] : [{ slot, type: 'breach.attributed', at, parts: { evidence: { id, attribution: attribution as unknown as Json } } }]),
    ])
    ids.push(id)
  }
  return { breaches: (await allBreaches(ledger.database)).filter(({ id }) => ids.includes(id)), sample }
}

interface Concerned { readonly controller: string; readonly cause: Cause; readonly attribution: readonly Attributed[] }

async function concernedBy(context: TraceContext, { sample, finding, controller }: Opening, at: Instant): Promise<{ readonly concerned: readonly Concerned[]; readonly sample: Opened['sample'] }> {
  if (sample !== undefined && finding !== undefined) throw new Misuse('a breach is opened with --sample FILE or with --finding ID; attribute a sample to it afterwards')
  if (finding !== undefined) {
    const known = (await allFindings(context.ledger.database)).find((one) => one.id === finding)
    if (known === undefined) throw new Misuse(`there is no finding ${JSON.stringify(finding)}; bailee trace findings shows them`)
    return { concerned: [{ controller: known.controller, cause: { kind: 'finding', finding }, attribution: [] }], sample: null }
  }
  if (sample === undefined) {
    if (controller === undefined) throw new Misuse('open takes --sample FILE, --finding ID, or --controller ID for what somebody told')
    return { concerned: [{ controller, cause: { kind: 'told' }, attribution: [] }], sample: null }
  }
  const read = await readSample(sample)
  const { sha256, bytes, count } = read
  const whole = { sha256, rows: count }
  const attributed = await attributeSample(context, read, at)
  const byController = Map.groupBy(attributed.filter((one) => controller === undefined || one.controller === controller), (one) => one.controller)
  if (byController.size === 0 && controller === undefined) throw new Refused('breach/nobody-known', 'nobody in the sample is known to any log of cells: cannot tell whose it is. Compare it with known places (bailee trace compare --file), or say whose it is with --controller')
  if (controller === undefined) mustBeClear(byController, count)
  if (byController.size === 0) return { concerned: [{ controller: controller!, cause: { kind: 'sample', found: 0, people: 0, mac: null }, attribution: [] }], sample: whole }
  const concerned = [...byController].map(([id, tables]): Concerned => {
    const key = context.ledger.keys.find(currentSegmentKeyId(context.ledger.keys, tables[0]!.slot, 'fingerprints'))
    const most = (of: (one: AttributedSample) => number): number => Math.max(...tables.map(of))
    return { controller: id, cause: { kind: 'sample', found: most(({ rows }) => rows), people: most(({ people }) => people ?? 0), mac: key === undefined ? null : createHmac('sha256', key).update('sample\n').update(bytes).digest('hex') }, attribution: tables.map(ownOnly) }
  })
  return { concerned, sample: whole }
}

/** Numbers in sequence, or people whom two controllers have, name whoever they fit: then a person says whose it is, and no controller is told of what may be another's. */
function mustBeClear(byController: ReadonlyMap<string, readonly AttributedSample[]>, rows: number): void {
  const [only] = [...byController.values()]
  const more = only?.some(({ columns, answer }) => columns.length > 1 || (answer.kind === 'identified' && answer.by !== 'versions')) === true
  if (byController.size === 1 && more) return
  const known = [...byController].map(([id, tables]) => `${id} (${Math.max(...tables.map((one) => one.rows))} of ${rows} rows)`).join(', ')
  throw new Refused('breach/whose', `the sample may be of people of ${known}, and nothing else in it tells whose they are: look at it, and open a breach for each controller that it concerns (--controller ID)`)
}

/** In a controller's own log nothing else needs to say whose it is; how many rows are not its people's would tell of another's. */
function ownOnly({ controller, slot, notFound, ...attributed }: AttributedSample): Attributed {
  void [controller, slot, notFound]
  return attributed
}

/** Attributes a sample to a breach that is open: of the people of its controller alone. */
export async function attributeBreach(context: TraceContext, { breach: id, sample }: { readonly breach: string; readonly sample: string | Uint8Array }, at: Instant): Promise<Breach> {
  const breach = await findBreach(context, id)
  const attribution = (await attributeSample(context, await readSample(sample), at)).filter(({ controller }) => controller === breach.controller).map(ownOnly)
  if (attribution.length === 0) throw new Refused('breach/nobody-known', `nobody in the sample is known to a log of cells of ${breach.controller}: cannot tell`)
  await context.ledger.append({ slot: breach.slot, type: 'breach.attributed', at, parts: { evidence: { id, attribution: attribution as unknown as Json } } })
  return findBreach(context, id)
}

/** The record of Art. 33(5): what it led to and what was done. The facts are in the ledger already. `delay`: why the controller was told later than its contract says; what was said of it before stays when it is left out. */
export async function describeBreach(context: TraceContext, { breach: id, effects, measures, delay }: { readonly breach: string; readonly effects: string; readonly measures: string; readonly delay?: string | undefined }, at: Instant): Promise<Breach> {
  const breach = await findBreach(context, id)
  await context.ledger.append({ slot: breach.slot, type: 'breach.described', at, parts: { evidence: { id, effects, measures, ...(delay === undefined ? {} : { delay }) } } })
  return findBreach(context, id)
}
