/** Tables of datasets that lie in files: found among the places of their store, and read by the names of their columns. */
import { Broken } from '#kit/errors'
import { isUnread, wholeUnit, type ListedPlace, type Listing, type PartOrUnread } from './adapter/index.ts'
import { chosenColumns } from './adapter/namedRows.ts'
import { parsePart } from './adapter/part.ts'
import { ownParts, type FileKind } from './datasetPlace.ts'
import type { DatasetReader } from './datasetReader.ts'
import type { DatasetTable } from './types.ts'

export interface FileSource {
  readonly kind: FileKind
  readonly table: DatasetTable
  /** Lists the places of the store. Throws `Broken` when it cannot. */
  list(): Promise<Listing>
}

/** Opens a table that lies in files, or resolves to why it cannot be read as it was declared. It is read whole each time. Throws `Broken` when the store cannot be listed. */
export async function fileTable({ kind, table, list }: FileSource): Promise<DatasetReader | string> {
  if (table.rows !== undefined) return 'the rows of a shared table are told apart in PostgreSQL only, as yet'
  const { places, notRead } = await list()
  const mine = places.filter(({ place }) => ownParts(kind, table.table, place) !== undefined)
  const refused = notRead.find(({ place }) => place === '*' || ownParts(kind, table.table, place) !== undefined)
  if (refused !== undefined) return refused.because
  if (mine.length === 0) return 'there is no such file'
  const name = kind === 'sqlite' ? table.table : parsePart(table.table).name
  return {
    watermark: undefined,
    read: (columns) => {
      const partly = new Set<string>()
      return { rows: rowsOf(mine, { name, columns, partly }), seen: {}, partly: () => [...partly] }
    },
  }
}

interface Wanted { readonly name: string; readonly columns: readonly string[]; readonly partly: Set<string> }

async function* rowsOf(places: readonly ListedPlace[], { name, columns, partly }: Wanted): AsyncGenerator<Uint8Array> {
  for (const place of places) {
    let found = false
    for await (const part of place.open(wholeUnit)) {
      if (part.name !== name) { await skip(part); continue }
      if (isUnread(part)) throw new Broken('inventory/table-unreadable', part.because)
      if (part.kind.startsWith('empty')) { found = true; continue }
      if (part.shape !== 'rows') throw new Broken('inventory/table-unreadable', `it is no table: ${part.kind}`)
      found = true
      yield* chosenColumns({ delimiter: part.delimiter, quote: part.quote, names: () => part.columns, bytes: part.bytes }, columns)
      for (const because of part.partly()) partly.add(because)
      break // what follows are other parts of the place
    }
    if (!found) throw new Broken('inventory/table-unreadable', 'its file holds no such part')
  }
}

/** A part that is not wanted: its bytes are stopped before the next one is asked for. */
async function skip(part: PartOrUnread): Promise<void> {
  if (!isUnread(part)) await part.bytes[Symbol.asyncIterator]().return?.(undefined)
}
