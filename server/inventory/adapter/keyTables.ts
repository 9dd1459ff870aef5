/** Keys of Redis that are declared as tables: which they are, and whose a key is. Pure. */
const control = /\p{Cc}/u

/** Keys of a logical database of Redis that begin alike, as a table: `db0!/user:*`. */
export interface KeysTable { readonly database: number; readonly prefix: string }

/** Which keys a table in Redis is made of; undefined for what names none. */
export function keysOfTable(table: string): KeysTable | undefined {
  const [, database, prefix] = /^db(\d{1,5})!\/(.+)[*]$/s.exec(table) ?? []
  return database === undefined || prefix === undefined || control.test(table) ? undefined : { database: Number(database), prefix }
}

/** Tells which of the tables in one Redis store a key of a logical database belongs to: of several that fit, the one whose keys have more in common; undefined for a key of none. */
export function keyOwners(tables: readonly string[], database: number): (key: Uint8Array) => string | undefined {
  const own = tables.flatMap((table) => { const keys = keysOfTable(table); return keys?.database === database ? [{ table, beginning: Buffer.from(keys.prefix) }] : [] })
  own.sort((a, b) => b.beginning.length - a.beginning.length)
  return (key) => own.find(({ beginning }) => beginning.equals(key.subarray(0, beginning.length)))?.table
}
