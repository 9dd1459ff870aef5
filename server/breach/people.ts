/** Counts the people of datasets by country, from the stores themselves, and keeps what was counted for when they are gone. */
import { createHash } from 'node:crypto'
import { allContracts } from '#contract'
import { allDatasets, allStores, csvFields, rowsOfDataset, type Dataset } from '#inventory'
import { readerOf, spelledAlike, type TraceContext } from '#trace'
import { Broken } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { Census } from './count.ts'
import { censusesOf } from './store.ts'

/** People told apart in memory: some gigabyte. */
const peopleMax = 8_000_000

/** Adds the people of a table: each once, however many rows and tables hold them. */
async function countTable(countries: Map<string, string>, { table, rows }: { table: Dataset['tables'][number]; rows: AsyncIterable<Uint8Array> }): Promise<void> {
  const category = table.columns[table.subject]?.category ?? table.subject
  for await (const [subject, country] of csvFields(rows)) {
    if (subject === null || subject === undefined) continue
    const person = createHash('sha256').update(`${category}\n${spelledAlike(subject)}`).digest().toString('latin1', 0, 12)
    if ((countries.get(person) ?? '') === '') countries.set(person, (country ?? '').trim().toUpperCase())
    if (countries.size > peopleMax) throw new Broken('breach/too-many-people', `more than ${peopleMax.toLocaleString('en-GB')} people cannot be told apart here; earlier counts, and ranges of them, serve`)
  }
}

/** Who is in these tables now, each once; a string says why nothing can be counted. */
async function countIn(context: TraceContext, datasets: readonly Dataset[]): Promise<Pick<Census, 'people' | 'byCountry' | 'unknown'> | string> {
  const stores = new Map((await allStores(context.ledger.database)).map((store) => [store.id, store]))
  const countries = new Map<string, string>()
  for (const dataset of datasets) {
    const sourceOf = readerOf(context, stores.get(dataset.store))
    if (typeof sourceOf === 'string') return sourceOf
    for (const table of dataset.tables) {
      try {
        const reader = await rowsOfDataset(sourceOf(table))
        if (typeof reader === 'string') return `${table.table}: ${reader}`
        await countTable(countries, { table, rows: reader.read([table.subject, ...(table.country === undefined ? [] : [table.country])]).rows })
      } catch (cause) {
        if (cause instanceof Broken) return `${table.table}: ${cause.message}`
        throw cause
      }
    }
  }
  const by = Map.groupBy(countries.values(), (country) => country)
  const byCountry = Object.fromEntries([...by].filter(([country]) => /^[A-Z]{2}$/.test(country)).map(([country, list]) => [country, list.length]))
  const known = Object.values(byCountry).reduce((sum, count) => sum + count, 0)
  return { people: countries.size, byCountry, unknown: countries.size - known }
}

/** Counts the people of each dataset under a live contract and records it. Resolves to what could not be counted, too. */
export async function takeCensus(context: TraceContext, at: Instant): Promise<{ readonly taken: readonly Census[]; readonly notTaken: readonly { readonly dataset: string; readonly because: string }[] }> {
  const { database } = context.ledger
  const live = new Set((await allContracts(database)).filter((contract) => contract.endedAt === undefined).map((contract) => contract.controller))
  const [taken, notTaken]: [Census[], { dataset: string; because: string }[]] = [[], []]
  for (const dataset of (await allDatasets(database)).filter((one) => live.has(one.controller))) {
    const counted = await countIn(context, [dataset])
    if (typeof counted === 'string') { notTaken.push({ dataset: dataset.id, because: counted }); continue }
    await context.ledger.append({ slot: dataset.slot, type: 'breach.census_taken', at, parts: { evidence: { dataset: dataset.id, controller: dataset.controller, people: counted.people, by_country: counted.byCountry, unknown: counted.unknown } } })
    taken.push({ dataset: dataset.id, takenAt: at, ...counted })
  }
  return { taken, notTaken }
}

/** The people of a controller by country: from the stores where all can be read and hold somebody, or else as counted earlier. */
export async function peopleOf(context: TraceContext, controller: string, datasets: readonly string[], at: Instant): Promise<{ readonly source: 'stores' | 'recorded earlier' | 'none'; readonly asOf: Instant | null; readonly census: Pick<Census, 'people' | 'byCountry' | 'unknown'> }> {
  const { database } = context.ledger
  const wanted = (id: string): boolean => datasets.length === 0 || datasets.includes(id)
  const mine = (await allDatasets(database)).filter((one) => one.controller === controller && wanted(one.id))
  const live = (await allContracts(database)).some((contract) => contract.controller === controller && contract.endedAt === undefined)
  const counted = live && mine.length > 0 ? await countIn(context, mine) : 'the contract is over'
  if (typeof counted !== 'string' && counted.people > 0) return { source: 'stores', asOf: at, census: counted }
  const earlier = (await censusesOf(database, controller)).filter(({ dataset }) => wanted(dataset))
  if (earlier.length === 0) return { source: 'none', asOf: null, census: { people: 0, byCountry: {}, unknown: 0 } }
  return { source: 'recorded earlier', asOf: Math.min(...earlier.map(({ takenAt }) => takenAt)), census: joined(earlier) }
}

/** Counts of several datasets together. Who is in more than one of them is not known any more, so that there are at most so many people: ranges that begin at what a single one holds. */
function joined(censuses: readonly Census[]): Pick<Census, 'people' | 'byCountry' | 'unknown'> {
  const [first, ...rest] = [...censuses].sort((a, b) => b.people - a.people) as [Census, ...Census[]]
  return { people: first.people, byCountry: first.byCountry, unknown: first.unknown + rest.reduce((sum, { people }) => sum + people, 0) }
}
