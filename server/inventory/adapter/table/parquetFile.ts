/** Parquet files, whose reader is loaded with the first of them: DuckDB is large, and few commands need it. */
import type * as parquet from './parquet.ts'

/** Whether the first bytes of a file are those of a Parquet file; `PARE` is an encrypted one. */
export const isParquet = (sample: Uint8Array): boolean => /^PAR[1E]/.test(Buffer.from(sample.subarray(0, 4)).toString('latin1'))

/** What `parquet.ts` tells of each row group, and throws. */
export const rowGroupsOf: typeof parquet.rowGroupsOf = async (...given) => (await import('./parquet.ts')).rowGroupsOf(...given)

/** What `parquet.ts` reads, and throws. */
export const partsOfParquet: typeof parquet.partsOfParquet = async function* (...given) {
  yield* (await import('./parquet.ts')).partsOfParquet(...given)
}
