import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { allBreaches } from '#breach'
import { allContracts } from '#contract'
import { allErasures } from '#erasure'
import { allWorkers } from '#job'
import { allFindings, sweepsById, sweepTimes, type StoreCoverage, type SweepRecord } from '#trace'
import { pageOf, pageQuery, type Listed, type PageAsked } from '../listing.ts'
import type { Principal } from '../principal.ts'
import type { Reading } from '../reading.ts'
import { addReading, mustBeThere, type RouteContext } from '../route.ts'
import { idParams } from '../schemas/shared.ts'
import { findingPage, sweepListing, sweepPage, type sweepItem } from '../schemas/sweep.ts'
import { minded, searchedBy, shownInstant } from '../shown.ts'
import { findingsOf, searchedFor } from './findings.ts'
import { refusalsNear } from './near.ts'

type Item = z.output<typeof sweepItem>

/** `/sweeps`, `/sweeps/:id` and `/findings/:id`. */
export function addSweeps(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /sweeps', {
    summary: 'Searches and what they covered, newest first', query: pageQuery, answer: sweepListing,
    handle: async (asked) => ({ ...await pageOfSweeps(asked), newest: await searchedFor(asked), running: !asked.past && asked.principal.controller === null && await isRunning(asked) }),
  })
  addReading(app, context, 'GET /sweeps/:id', {
    summary: 'One search: store by store what was read, what was not, and why', params: idParams, answer: sweepPage,
    handle: async (asked) => {
      const { item, records } = mustBeThere((await sweepsOf(asked, [asked.params.id]))[0], 'sweep')
      return { ...item, coverage: coveredBy(records), found: (await findingsOf(asked)).filter(({ firstSeen }) => firstSeen === item.at) }
    },
  })
  addReading(app, context, 'GET /findings/:id', {
    summary: 'One finding: what it is, and what it rests on', params: idParams, answer: findingPage,
    handle: pageOfFinding,
  })
}

/** One page of all searches: what they covered is read of these alone. */
async function pageOfSweeps(asked: Reading & { readonly query: PageAsked }): Promise<Listed<Item>> {
  const page = pageOf(await sweepTimes(asked.bailee.database, slotsOf(asked.principal)), ({ id }) => id, asked.query)
  return { ...page, items: (await sweepsOf(asked, page.items.map(({ id }) => id))).map(({ item }) => item) }
}

/** Logs that may be looked into: undefined for all. */
const slotsOf = ({ controller }: Principal): number[] | undefined => (controller === null ? undefined : [controller.slot])

/** These searches, as far as they are of controllers that may be seen; one of several controllers is one. */
async function sweepsOf({ bailee: { database }, principal }: Reading, ids: readonly string[]): Promise<{ item: Item; records: readonly SweepRecord[] }[]> {
  const contracts = minded(principal, await allContracts(database)).map(({ id }) => id)
  const records = await sweepsById(database, ids, slotsOf(principal))
  return [...Map.groupBy(records, ({ id }) => id)].map(([id, same]) => {
    const { stores, searched, notSeen } = searchedBy(same, [])
    const at = Math.max(...same.map(({ sweptAt }) => sweptAt))
    return { at, records: same, item: { id, at: shownInstant(at) ?? '', purpose: purposeOf(same, principal, contracts), controllers: same.length, stores, searched, places: coveredBy(same).reduce((sum, { places }) => sum + places, 0), notSeen: [...notSeen] } }
  }).sort((one, other) => other.at - one.at || (one.item.id < other.item.id ? 1 : -1))
}

/** What a search was for. Logs of earlier days named the exit case of another controller: its people are not told. */
function purposeOf(records: readonly SweepRecord[], { controller }: Principal, contracts: readonly string[]): string {
  const said = records.map(({ purpose }) => purpose).find((purpose) => purpose !== 'search') ?? 'search'
  return controller === null || said === 'nightly sweep' || contracts.some((id) => said.includes(id)) ? said : 'search'
}

/** Store by store. What the log of one controller withholds may stand in another's: the firm's own people see the most that any says. */
function coveredBy(records: readonly SweepRecord[]): z.output<typeof sweepPage>['coverage'] {
  const byStore = Map.groupBy(records.flatMap(({ coverage }) => coverage), ({ store }) => store)
  const most = (same: readonly StoreCoverage[], pick: (one: StoreCoverage) => number | undefined): number | null => { const known = same.flatMap((one) => pick(one) ?? []); return known.length === 0 ? null : Math.max(...known) }
  return [...byStore].map(([store, same]) => {
    const left = [...new Map(same.flatMap(({ not_read, partly_read }) => [...not_read, ...partly_read]).map((one) => [`${one.place}\n${one.because}`, one])).values()]
    const rows = most(same, (one) => one.rows)
    return {
      store, environment: same[0]?.environment ?? '', kind: same[0]?.kind ?? '', standing: left.length === 0 ? 'verified' as const : 'unknown' as const, places: Math.max(...same.map(({ places }) => places)), rows, values: most(same, (one) => one.values), bytes: most(same, (one) => one.bytes),
      withheld: rows === null ? (same.find(({ withheld }) => withheld !== undefined)?.withheld ?? null) : null, notSeen: left.map(({ place, because }) => ({ place: place === '*' ? store : `${store}: ${place}`, why: because })),
    }
  })
}

/** Whether a worker is at it now. */
const isRunning = async ({ bailee: { database } }: Reading): Promise<boolean> => (await allWorkers(database)).some(({ queue }) => queue === 'sweep')

async function pageOfFinding(asked: Reading & { readonly params: { id: string } }): Promise<z.output<typeof findingPage>> {
  const { bailee: { database }, principal } = asked
  const item = mustBeThere((await findingsOf(asked)).find(({ id }) => id === asked.params.id), 'finding')
  const all = await allFindings(database)
  const one = mustBeThere(all.find(({ id }) => id === item.id), 'finding')
  const { detail } = one
  const { made, probablyMade } = detail
  return {
    ...item, parts: (detail.parts ?? []).map(({ name, kind, records, rows }) => ({ name, kind, people: records, rows })), columns: (detail.columns ?? []).map(({ name, field, column, form, values }) => ({ name, field, is: column, form, values })),
    reasons: [...(detail.reasons ?? [])], confirmedRows: detail.confirmedRows ?? null, datasets: [...(detail.datasets ?? [])],
    beside: principal.controller === null ? [...new Set(all.filter((other) => other.controller !== one.controller && other.store === one.store && other.place === one.place).map(({ controller }) => controller))] : [],
    made: made === undefined && probablyMade === undefined ? null : {
      after: item.madeAfter, before: item.madeBefore, because: item.madeBecause ?? '', several: probablyMade?.several ?? false, values: probablyMade === undefined ? null : { changed: probablyMade.changed, held: probablyMade.held },
    },
    samples: (detail.samples ?? []).slice(0, 20).map((sample) => ({ in: sample.in, offset: sample.offset, columns: [...sample.columns] })), readAt: shownInstant(detail.readAt),
    near: await refusalsNear(asked, { controller: one.controller, firstSeen: one.firstSeen, made: probablyMade ?? made }),
    breaches: minded(principal, await allBreaches(database)).filter(({ cause }) => cause.kind === 'finding' && cause.finding === one.id).map(({ id }) => id),
    erasures: minded(principal, await allErasures(database)).filter(({ controller, plan, state }) => controller === one.controller && (plan?.items.some((planned) => planned.store === one.store && planned.place === one.place) === true || (state === 'reopened' && one.state === 'open'))).map(({ id }) => id),
  }
}
