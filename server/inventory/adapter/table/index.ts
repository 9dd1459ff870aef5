/** Formats that hold tables: each reader gives the parts of one file, rows as tab-separated bytes. */
export { isDump, partsOfDump } from './dump.ts'
export type { ByteSource } from './dump.ts'
export { isSqlite, partsOfSqlite } from './sqlite.ts'
export type { FileInput } from './sqlite.ts'
export { isPgDump, partsOfPgDump } from './pgDump.ts'
export { isParquet, partsOfParquet, rowGroupsOf } from './parquet.ts'
export type { ParquetOptions } from './parquet.ts'
