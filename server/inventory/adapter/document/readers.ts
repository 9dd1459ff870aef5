/** Formats that hold tables, by what they begin with: each has a reader of its own, and one that is not here is said to be not read. */
import { createReadStream } from 'node:fs'
import type { Seeking, TextFormat, Encoding } from '../format.ts'
import type { PartOrUnread } from '../part.ts'
import { partsOfDump, partsOfParquet, partsOfPgDump, partsOfSqlite, partsOfXlsx } from '../table/index.ts'
import { under } from './nest.ts'
import type { Opening } from './source.ts'
import { utf8Of } from './text.ts'

/** A reader of a format that seeks: `file` holds the document and nothing else; `name` is for messages. Names its parts from its own beginning. */
export type Reader = (input: { readonly file: string; readonly name: string }) => AsyncGenerator<PartOrUnread>

export const readers: Partial<Readonly<Record<Seeking | 'XLSX', Reader>>> = {
  Parquet: (input) => partsOfParquet(input),
  XLSX: (input) => partsOfXlsx(input),
  SQLite: (input) => partsOfSqlite(input),
  'pg_dump archive': ({ file, name }) => partsOfPgDump({ name, open: () => createReadStream(file, { highWaterMark: 1024 * 1024 }) }),
}

/** A dump of a database as statements: its tables, and the rest as text. */
export async function* dumpParts(opening: Opening, format: TextFormat & { readonly encoding: Encoding }): AsyncGenerator<PartOrUnread> {
  // UTF-8 or any other bytes pass unchanged: the tables' values are read as windows-1252 where they are no UTF-8.
  const bytes = format.encoding === 'utf-8' ? opening.bytes : utf8Of(opening.bytes, format.encoding)
  for await (const part of partsOfDump({ name: opening.name, open: () => bytes })) yield under(opening, part)
}
