/** What inventory, gateway, counts of people, searches and breaches show of the facts that an assessment rests on. What nobody saw is left out: it is no observation that there is none. */
import { allBreaches, peopleCounted, memberStates, sendingsOf, toldAt } from '#breach'
import { findQuestion, type Observation } from '#assessment'
import { recentSessions } from '#gateway'
import { allInstructions } from '#instruction'
import { allStores } from '#inventory'
import { allPeople } from '#people'
import { recordsOf } from '#register'
import { latestSweeps } from '#trace'
import type { Database } from '#database'
import { day, formatDay, formatInstant, type Instant } from '#kit/time'

export interface Observing { readonly question: string; readonly controller?: string | undefined; /** Of a transfer, as it was stated. */ readonly country?: string | undefined }

/** Days that are looked back for work at the gateway, and on how many of them there must be some for it to be more than occasional. */
const [workedDays, regularDays] = [90, 12] as const

/** What was seen of the facts of a question at a moment. */
export async function observedFacts(database: Database, { question, controller, country }: Observing, at: Instant): Promise<Observation[]> {
  const asked = findQuestion(question).facts
  const found = (await Promise.all([staff(database, at), work(database, { controller }, at), ...(controller === undefined ? [] : [people(database, controller), places(database, { controller, country }, at), searched(database), told(database, controller)])])).flat()
  return found.filter(({ fact }) => fact in asked)
}

/** Whoever is declared and has not left works here: there may be more who have no access. */
async function staff(database: Database, at: Instant): Promise<Observation[]> {
  const here = (await allPeople(database)).filter(({ leftAt }) => leftAt === undefined || at < leftAt).length
  return here === 0 ? [] : [{ fact: 'employees', is: { atLeast: here }, source: `seen: ${here} people of its staff are declared in the inventory of access` }]
}

async function work(database: Database, { controller }: { readonly controller: string | undefined }, at: Instant): Promise<Observation[]> {
  const own = new Set((await allInstructions(database)).filter((one) => controller === undefined || one.controller === controller).map(({ id }) => id))
  const days = new Set((await recentSessions(database)).filter(({ instruction, openedAt }) => own.has(instruction) && openedAt <= at && openedAt > at - workedDays * day).map(({ openedAt }) => Math.floor(openedAt / day)))
  return days.size < regularDays ? [] : [{ fact: 'occasional', is: { value: false }, source: `seen: sessions at the gateway on ${days.size} of the ${workedDays} days before ${formatDay(at)}` }]
}

/** From counts of people by country, as they were recorded. */
async function people(database: Database, controller: string): Promise<Observation[]> {
  const counts = [...new Map((await peopleCounted(database, controller)).map((one) => [one.dataset, one])).values()]
  const countries = [...new Set(counts.flatMap(({ byCountry }) => Object.keys(byCountry)))].filter((one) => memberStates.includes(one)).sort()
  if (countries.length === 0) return []
  const source = `seen: people of ${countries.length} Member States counted on ${formatDay(Math.max(...counts.map(({ takenAt }) => takenAt)))}`
  return [{ fact: 'subjects_in_union', is: { value: true }, source }, { fact: 'subject_countries', is: { value: countries }, source }]
}

/** Where data of the controller are seen to go: stores, copies, disclosures. */
async function places(database: Database, { controller, country }: { readonly controller: string; readonly country: string | undefined }, at: Instant): Promise<Observation[]> {
  const [record] = await recordsOf(database, { controllers: [controller] }, at)
  const seen = record?.transfers.is === 'told' ? record.transfers.value.filter((one) => one.seen.length > 0) : []
  const here = seen.find((one) => one.country === country)
  return here === undefined ? [] : [{ fact: 'country', is: { value: here.country }, source: `seen: ${here.seen.join('; ')}` }]
}

async function searched(database: Database): Promise<Observation[]> {
  const sweep = (await latestSweeps(database)).toSorted((a, b) => b.sweptAt - a.sweptAt)[0]
  if (sweep === undefined) return []
  const [stores, covered] = [await allStores(database), new Map(sweep.coverage.map((one) => [one.store, one]))]
  const left = stores.filter(({ id }) => (covered.get(id)?.not_read.length ?? 1) > 0).length
  return [{ fact: 'every_environment_searched', is: { value: left === 0 }, source: `seen: the search of ${formatDay(sweep.sweptAt)} ${left === 0 ? `read all ${stores.length} declared stores` : `left something unread in ${left} of ${stores.length} declared stores`}` }]
}

/** Of the newest breach of the controller. */
async function told(database: Database, controller: string): Promise<Observation[]> {
  const newest = (await allBreaches(database)).filter((one) => one.controller === controller).at(-1)
  if (newest === undefined) return []
  const when = toldAt(await sendingsOf(database, newest.id))
  const source = `seen: breach ${newest.id} in the ledger`
  return [{ fact: 'aware_at', is: { value: formatInstant(newest.awareAt) }, source }, ...(when === null ? [] : [{ fact: 'told_at', is: { value: formatInstant(when) }, source }])]
}
