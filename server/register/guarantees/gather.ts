import { allControllers, theProcessor } from '#contract'
import type { Database } from '#database'
import { monthsLater } from '#decision'
import { allCertificates, allErasures } from '#erasure'
import { allProofs, type RoadReport } from '#gateway'
import { showWitnesses } from '#ledger'
import { allTrainings, standings, type Standing, type Training } from '#people'
import { latestSweeps } from '#trace'
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { Language, MeasureRecord } from '../types.ts'
import { guaranteesOf, type GuaranteeFacts, type GuaranteePack } from './guarantees.ts'

/** What the command line looked at just now: roads, and what `bailee doctor` found; and the clocks of breaches, which the register does not look into. */
export interface LookedNow { readonly roads: RoadReport | undefined; readonly doctor: GuaranteeFacts['doctor']; readonly breaches: GuaranteeFacts['breaches']; readonly language?: Language | undefined }

/** The pack as of now. Throws `Refused` when nothing was declared, or a text of the processor names a controller. */
export async function guaranteesAt(database: Database, { roads, doctor, breaches, language = 'en' }: LookedNow, at: Instant): Promise<GuaranteePack> {
  const processor = await theProcessor(database)
  if (processor === undefined) throw new Refused('register/nothing-declared', 'no processor was declared: bailee apply -f bailee.yaml was never run')
  const [certificates, trainings, sweeps, { witnesses }] = [await allCertificates(database), await allTrainings(database), await latestSweeps(database), await showWitnesses(database)]
  const sweep = sweeps.toSorted((one, other) => other.sweptAt - one.sweptAt)[0]
  const sum = (pick: (one: NonNullable<typeof sweep>['coverage'][number]) => number): number => (sweep?.coverage ?? []).reduce((total, one) => total + pick(one), 0)
  const cosigned = witnesses.flatMap(({ contact }) => contact?.cosignedAt ?? [])
  const certifiedAt = (erasure: string): Instant | undefined => certificates.filter((one) => one.erasure === erasure).map(({ issuedAt }) => issuedAt).sort((one, other) => one - other)[0]
  return guaranteesOf({
    processor: { name: processor.name, country: processor.country, measures: processor['measures'] as readonly MeasureRecord[] | undefined }, controllers: await allControllers(database), proofs: (await allProofs(database)).map(({ state, provedAt, detail }) => ({ state, provedAt, held: detail.held })),
    roads: roads === undefined ? undefined : { open: sumOf(roads, 'open'), declared: sumOf(roads, 'declared'), notSeen: roads.stores.filter(({ notSeen }) => notSeen.length > 0).length }, doctor,
    sweep: sweep === undefined ? undefined : { at: sweep.sweptAt, stores: sweep.coverage.length, places: sum((one) => one.places), notRead: sum((one) => one.not_read.length), partlyRead: sum((one) => one.partly_read.length) },
    witnesses: { declared: witnesses.length, lastCosigned: cosigned.length === 0 ? undefined : Math.max(...cosigned) },
    breaches, exits: (await allErasures(database)).map(({ id, deadline }) => ({ deadline, certifiedAt: certifiedAt(id) })), certificates: certificates.map(({ status, invalidatedAt }) => ({ status, invalidated: invalidatedAt !== null })),
    people: [...(await standings(database)).values()].filter(({ person }) => person.leftAt === undefined || at < person.leftAt).map((one) => ({ committed: (one.committedAt ?? Infinity) <= at, trained: isTrained(one, trainings, at) })),
  }, at, language)
}

const sumOf = ({ stores }: RoadReport, key: 'open' | 'declared'): number => stores.reduce((total, one) => total + one[key], 0)

/** Whether somebody holds every training that their role needs. */
function isTrained({ person, passed }: Standing, trainings: readonly Training[], at: Instant): boolean {
  return trainings.filter(({ requiredFor }) => requiredFor === '*' || requiredFor.includes(person.role)).every((training) => passed.some((one) => one.training === training.id && one.passedAt <= at && at < monthsLater(one.passedAt, training.validMonths)))
}
