/** Whom a breach concerns: the copy that it is attributed to, among the people of its controller at the time. */
import { allContracts } from '#contract'
import type { Json } from '#ledger'
import { allFindings, type Finding, type TraceContext } from '#trace'
import { allTransfers, type Transfer } from '#transfer'
import type { Instant } from '#kit/time'
import { findBreach } from './breach.ts'
import { figuresOf, type Span } from './count.ts'
import { peopleOf, type PeopleCounted } from './people.ts'
import type { Breach, Counted, CountLimit } from './types.ts'

/** Counts the people concerned by country: those of the copies that it is attributed to with certainty, or else between those in the sample and everybody. */
export async function countBreach(context: TraceContext, id: string, at: Instant): Promise<Breach> {
  const breach = await findBreach(context, id)
  const copies = await copiesOf(context, breach)
  const datasets = [...new Set([...(breach.attribution ?? []).map(({ dataset }) => dataset), ...copies.findings.flatMap(({ detail }) => (detail.datasets ?? []).map((id) => id.replace(/[.]\d+$/, '')))])]
  const counted = await peopleOf(context, { controller: breach.controller, datasets, ...await timeOf(context, breach, copies) }, at)
  const copied = copiedOf(breach, copies, counted.population.people.high)
  const counts: Counted = { source: counted.source, asOf: counted.asOf, until: counted.until, places: copies.findings.map(({ store, place }) => `${store}: ${place}`), rows: rowsOf(copies), figures: figuresOf(counted.population, copied), limits: limitsOf(counted, copied) }
  await context.ledger.append({ slot: breach.slot, type: 'breach.counted', at, parts: { evidence: { id, counts: counts as unknown as Json } } })
  return findBreach(context, id)
}

interface Copies {
  /** Every copy it certainly is, once each, though several samples may name it. */
  readonly certain: readonly string[]
  readonly findings: readonly Finding[]
  readonly transfers: readonly Transfer[]
  /** Whether each answer is certain; what is named without being identified may yet be another copy, which held anything up to all. */
  readonly only: boolean
}

async function copiesOf({ ledger: { database } }: TraceContext, { cause, attribution }: Breach): Promise<Copies> {
  const answers = (attribution ?? []).map(({ answer }) => answer)
  const identified = answers.flatMap((answer) => (answer.kind === 'identified' ? [answer.copy] : []))
  const certain = [...new Set([...(cause.kind === 'finding' ? [cause.finding] : []), ...identified])]
  return {
    certain, only: certain.length > 0 && identified.length === answers.length,
    findings: (await allFindings(database)).filter((one) => certain.includes(one.id)), transfers: (await allTransfers(database)).filter((one) => certain.includes(one.id)),
  }
}

/** How many people: of a found copy as many as were told apart in it; of a governed one at most its rows. */
function copiedOf({ cause, attribution }: Breach, { certain, findings, transfers, only }: Copies, everybody: number): Span {
  const spans: Span[] = certain.map((id) => {
    const found = findings.find((one) => one.id === id)
    if (found !== undefined) return { low: found.records, high: found.records }
    const made = transfers.find((one) => one.id === id)?.tables
    return { low: 0, high: made === undefined || made === null ? Infinity : made.reduce((sum, { rows }) => sum + rows, 0) }
  })
  const least = Math.max(0, cause.kind === 'sample' ? cause.people : 0, ...(attribution ?? []).map(({ people }) => people ?? 0), ...spans.map(({ low }) => low))
  const most = spans.reduce((sum, { high }) => sum + high, 0)
  return { low: least, high: Math.max(least, only ? most : Math.max(everybody, most)) }
}

const rowsOf = ({ only, certain, findings }: Copies): number | null => (only && certain.length === findings.length ? findings.reduce((sum, { rows }) => sum + rows, 0) : null)

/** When the copies were made, or what leaked was taken: at worst at any time from the first contract to when it was known. */
async function timeOf({ ledger: { database } }: TraceContext, { controller, attribution, awareAt }: Breach, { findings, transfers, only }: Copies): Promise<{ from: Instant; to: Instant }> {
  const begun = Math.min(awareAt, ...(await allContracts(database)).filter((one) => one.controller === controller).map(({ starts }) => starts))
  const taken = (attribution ?? []).map((one) => ({ from: one.taken === null || one.taken.beginsWithLog ? begun : one.taken.after, to: one.taken?.by ?? awareAt }))
  const made = only ? [
    ...findings.map(({ detail, firstSeen }) => ({ from: Math.max(begun, ...[detail.probablyMade?.after, detail.made?.after].flatMap((one) => one ?? [])), to: Math.min(firstSeen, ...[detail.probablyMade?.before, detail.made?.before].flatMap((one) => one ?? [])) })),
    ...transfers.map(({ begunAt, madeAt }) => ({ from: begunAt, to: madeAt ?? begunAt })),
  ] : []
  const times = made.length > 0 ? made : taken.length > 0 ? taken : [{ from: begun, to: awareAt }]
  const from = Math.min(...times.map((one) => one.from))
  return { from, to: Math.max(from, ...times.map((one) => one.to)) }
}

function limitsOf({ startsLate, partly, overlap, population }: PeopleCounted, copied: Span): CountLimit[] {
  const limits: (CountLimit | false)[] = [startsLate && 'counted later', partly && 'partly counted', overlap && 'overlap', copied.low > population.people.high && 'more than counted']
  return limits.filter((one) => one !== false)
}
