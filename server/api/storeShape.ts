/** What a database holds, by name: tables, columns and their types. No row is read, and no address is answered. */
import type { z } from 'zod'
import { listTables, printTable, resolveReference, suggestColumn, type References, type Store } from '#inventory'
import { Broken, Refused } from '#kit/errors'
import type { shape } from './schemas/start.ts'

export type Shape = z.output<typeof shape>

/** Tables that are shown at most. */
const tablesMax = 500

/** What an address may say beside where a database is: the driver follows other options to sockets and files of this machine. */
const optionsTaken: readonly string[] = ['sslmode']

/** An address that somebody gave over the API, as it is. Throws `Refused` for a reference to what is set for Bailee itself, and for options that lead to files. */
export function mustBeOrdinary(address: string): string {
  if (/^env:(BAILEE|PG)/i.test(address)) throw new Refused('store/address', 'what is set under that name is for Bailee itself, and no client\'s store: set the address under another name')
  const odd = [...URL.parse(address)?.searchParams.keys() ?? []].find((name) => !optionsTaken.includes(name))
  if (odd !== undefined) throw new Refused('store/address', `of an address given here, only ${optionsTaken.join(', ')} is taken behind the ?: with other options, declare the store in bailee.yaml`)
  return address
}

/** Of a database at an address. Throws `Refused` when it does not let us in. */
export async function shapeAt(references: References, address: string): Promise<Shape> {
  const url = address.startsWith('env:') ? resolveReference(address, references) : address
  if (url === undefined) throw new Refused('store/not-set', `${address} is not set where Bailee runs: set it and start again, or give the address itself`)
  if (!URL.canParse(url)) throw new Refused('store/address', 'that is no address of a PostgreSQL database: postgresql://USER:PASSWORD@HOST:PORT/DATABASE')
  const tables = await listTables(url).catch((cause: unknown) => {
    if (!(cause instanceof Broken)) throw cause
    throw new Refused('store/unreachable', `the database does not let us in: ${saidOf(cause)}. Check host, port, name, user and password`)
  })
  const named = tables.filter(({ kind }) => kind !== 'foreign table').map((one) => ({ table: printTable('postgres', `${one.schema}.${one.name}`) ?? '', one }))
  return {
    tables: named.filter(({ table, one }) => table !== '' && one.readable).slice(0, tablesMax).map(({ table, one }) => ({ table, columns: one.columns.map(({ name, type }) => ({ name, type, suggested: { ...suggestColumn(name) } })) })),
    notRead: named.flatMap(({ table, one }) => (one.readable ? [] : [{ place: table, why: one.because ?? 'not readable' }])), more: named.length > tablesMax,
  }
}

/** Of a store that is declared, by the way in that it declares. */
export async function shapeOf(references: References, { declared, kind }: Store): Promise<Shape> {
  const reference = declared.sweep_url ?? declared.gateway_url ?? declared.erase_url
  const url = reference === undefined ? undefined : resolveReference(reference, references)
  if (kind !== 'postgres' || url === undefined) throw new Refused('store/no-shape', `the tables of a store of kind ${kind} without an address that is set are declared in bailee.yaml`)
  return shapeAt(references, url)
}

/** What a server's code means; never what was sent. */
function saidOf(cause: Broken): string {
  const code = /: ([A-Z0-9_]+)$/.exec(cause.message)?.[1] ?? ''
  return ({ ECONNREFUSED: 'nothing listens there', ENOTFOUND: 'there is no such host', EAI_AGAIN: 'there is no such host', ETIMEDOUT: 'nobody answers', '28P01': 'the password is not the right one', '28000': 'this user is not let in', '3D000': 'there is no such database' } as Readonly<Record<string, string>>)[code] ?? (code === '' ? 'it does not answer' : code)
}
