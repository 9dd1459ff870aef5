/** The search for copies at the size of the case: ten million rows of a suspect, forty-seven million people known; databases, Parquet, the samples of a thousand places, and a billion tokens of a thousand controllers. */
import { availableParallelism } from 'node:os'
import type { Benchmark } from './result.ts'
import { benchChanges, quickChanges, wholeChanges } from './trace/changes.ts'
import { benchCompare, quickCompare, wholeCompare } from './trace/compare.ts'
import { benchLayers, quickLayers, wholeLayers } from './trace/layers.ts'
import { measure } from './trace/measure.ts'
import { benchParquet } from './trace/parquet.ts'
import { benchPostgres, quickTable, wholeTable } from './trace/postgres.ts'
import { benchUnion, quickSize, wholeSize } from './trace/union.ts'

const full = { suspectRows: 10_000_000, people: 10_000_000, largePeople: 46_900_000, largeSuspectRows: 46_900_000, rounds: 3 }
const small = { suspectRows: 50_000, people: 50_000, largePeople: 60_000, largeSuspectRows: 120_000, rounds: 1 }

export const benchmark: Benchmark = {
  name: 'trace', about: 'search for 10 and 46.9 million people, against DuckDB and against patterns; tables, Parquet, samples of a thousand places, a billion tokens', diskBytes: 24 * 1024 ** 3,
  run: async (log, quick = false) => {
    const table = quick ? quickTable : wholeTable
    const scanned = await measure({ ...(quick ? small : full), threads: availableParallelism() }, log)
    return [...scanned, ...await benchPostgres(table, log), ...await benchParquet(table, log), ...await benchLayers(quick ? quickLayers : wholeLayers, log), ...await benchChanges(quick ? quickChanges : wholeChanges, log), ...await benchCompare(quick ? quickCompare : wholeCompare, log), ...await benchUnion(quick ? quickSize : wholeSize, log)]
  },
}
