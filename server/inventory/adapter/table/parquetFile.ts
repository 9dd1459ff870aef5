/** Parquet files, whose reader is loaded with the first of them: few commands need it. */
import type * as apart from './parquetProcess.ts'

/** Whether the first bytes of a file are those of a Parquet file; `PARE` is an encrypted one. */
export const isParquet = (sample: Uint8Array): boolean => /^PAR[1E]/.test(Buffer.from(sample.subarray(0, 4)).toString('latin1'))

/** What `parquetProcess.ts` reads, and throws. */
export const partsOfParquet: typeof apart.partsOfParquet = async function* (...given) {
  yield* (await import('./parquetProcess.ts')).partsOfParquet(...given)
}
