import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { allRoads } from '#gateway'
import { allDatasets, allDerived, allEnvironments, allStores } from '#inventory'
import { allFindings, latestSweeps } from '#trace'
import { pageOf, pageQuery } from '../listing.ts'
import { reachOf } from '../reach.ts'
import type { Reading } from '../reading.ts'
import { addReading, type RouteContext } from '../route.ts'
import { storeListing, type storeItem } from '../schemas/store.ts'
import { searchedBy, shownInstant } from '../shown.ts'

/** `/stores`: the inventory of the firm. A controller's people see the places of their own data under `/copies`. */
export function addStores(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /stores', {
    summary: 'Where client data may be: declared and observed', query: pageQuery.extend({ environment: z.string().max(200).optional() }), answer: storeListing,
    handle: async (asked) => pageOf((await storesOf(asked)).filter(({ environment }) => asked.query.environment === undefined || environment === asked.query.environment), ({ id }) => id, asked.query),
  })
}

/** Roads that are named one by one. */
const roadsMax = 50

async function storesOf(reading: Reading): Promise<z.output<typeof storeItem>[]> {
  const { bailee: { database } } = reading
  const reach = await reachOf(reading)
  const environments = new Map((await allEnvironments(database)).map((one) => [one.id, one]))
  const by = <One extends { readonly store: string }>(items: readonly One[]): Map<string, One[]> => Map.groupBy(items, ({ store }) => store)
  const [datasets, derived, findings, roads, sweeps] = [by(await allDatasets(database)), by(await allDerived(database)), by(await allFindings(database)), by(await allRoads(database)), await latestSweeps(database)]
  return (await allStores(database)).flatMap(({ id, kind, environment, declared }) => {
    const mine = (datasets.get(id) ?? []).filter(({ controller }) => reach === undefined || reach.controllers.has(controller))
    if (reach !== undefined && mine.length === 0) return []
    const country = environments.get(environment)?.declared['country']
    const seen = searchedBy(sweeps.map((sweep) => ({ ...sweep, coverage: sweep.coverage.filter(({ store }) => store === id) })), [{ id }])
    // The same road stands in the log of each controller whose data are there.
    const open = [...new Map((roads.get(id) ?? []).filter(({ state }) => state !== 'closed').map((road) => [`${road.kind}\n${road.name}`, road])).values()]
    const backups = declared['backups'] as 'none' | { readonly expire_after_days: number } | undefined
    return [{
      id, kind, environment, class: environments.get(environment)?.class ?? null, country: typeof country === 'string' ? country : null, standing: seen.notSeen.length > 0 || seen.at === null ? 'unknown' as const : 'verified' as const,
      datasets: mine.map((one) => ({ id: one.id, controller: one.controller, checkedAt: shownInstant(one.checkedAt), standing: one.checkedAt === undefined ? 'declared' as const : 'verified' as const })),
      copies: (derived.get(id) ?? []).filter(({ droppedAt, controller }) => droppedAt === null && (reach === undefined || reach.controllers.has(controller))).length, findings: (findings.get(id) ?? []).filter(({ state, controller }) => state === 'open' && (reach === undefined || reach.controllers.has(controller))).length,
      reach: { gateway: declared.gateway_url !== undefined, sweep: declared.sweep_url !== undefined || declared.path !== undefined || declared.bucket !== undefined, erase: declared.erase_url !== undefined || declared.path !== undefined || declared.erase_access_key !== undefined },
      backups: backups === undefined ? 'not told' as const : backups === 'none' ? 'none' as const : { expireAfterDays: backups.expire_after_days }, searchedAt: seen.at, notSeen: [...seen.notSeen],
      roads: {
        open: open.filter(({ state }) => state === 'open').length, declared: open.filter(({ state }) => state === 'declared').length,
        list: open.slice(0, roadsMax).map((road) => ({ kind: road.kind, name: road.name, says: road.says, state: road.state === 'open' ? 'open' as const : 'declared' as const, since: shownInstant(road.since) ?? '', because: road.because, fix: road.fix })),
      },
    }]
  })
}
