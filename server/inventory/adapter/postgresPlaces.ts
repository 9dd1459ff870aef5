/** A Postgres server as a store: the tables of every database of it that can be entered. */
import { Broken } from '#kit/errors'
import { printPlace } from '../place.ts'
import type { OpenOptions } from './document/open.ts'
import { listBesides, listTables, type NotRead } from './postgres.ts'
import { placesBeside } from './postgresBesides.ts'
import { pageLimits, placeOfTable, type PageLimits } from './postgresTable.ts'
import type { ListedPlace, Listing } from './searchable.ts'

/**
 * `host:port/database` of a Postgres URL, to know a database that is a store of its own; undefined for what is no URL.
 */
export function postgresAddress(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined
  const { host, pathname, searchParams } = new URL(url)
  return `${host}${searchParams.get('host') ?? ''}:${searchParams.get('port') ?? ''}${pathname}`
}

export interface PostgresOptions extends Pick<OpenOptions, 'scratch'> {
  readonly limits?: PageLimits
}

/**
 * The places of the database that `url` names, and of every other database of its server that is not in `seen` (`postgresAddress`; those found are
 * added). Throws `Broken` when the named database cannot be opened; another one that cannot is named as not read.
 */
export async function listPostgres(url: string, seen: Set<string>, options: PostgresOptions = {}): Promise<Listing> {
  const listings = [await listDatabase(url, options)]
  for (const beside of await listBesides(url)) {
    const { name, open, place, because } = beside
    const other = withDatabase(url, name)
    const address = postgresAddress(other)
    if (address !== undefined && seen.has(address)) continue // a store of its own, or listed already
    if (address !== undefined) seen.add(address)
    if (!open) { listings.push({ places: [], notRead: [{ place, because }] }); continue }
    listings.push(await listDatabase(other, { ...options, database: name }).catch((cause: unknown): Listing => {
      if (!(cause instanceof Broken)) throw cause
      return { places: [], notRead: [{ place, because: `${because}: ${cause.message}` }] }
    }))
  }
  return { places: listings.flatMap(({ places }) => places), notRead: listings.flatMap(({ notRead }) => notRead) }
}

async function listDatabase(url: string, { database, limits = pageLimits, scratch }: PostgresOptions & { database?: string }): Promise<Listing> {
  const places: ListedPlace[] = []
  const notRead: NotRead[] = []
  for (const table of await listTables(url)) {
    const place = printPlace({ schema: table.schema, name: table.name, ...(database === undefined ? {} : { database }) })
    if (!table.readable) notRead.push({ place, because: table.because ?? 'not readable' })
    else places.push(placeOfTable(url, table, place, limits))
  }
  return { places: [...places, ...await placesBeside({ url, database, options: { scratch } })], notRead }
}

function withDatabase(url: string, name: string): string {
  const other = new URL(url)
  other.pathname = `/${encodeURIComponent(name)}`
  return other.href
}
