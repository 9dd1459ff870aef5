/** The search for copies at the size of the case: ten million rows of a suspect, forty-seven million people known; databases, Parquet, the samples of a thousand places, and a billion tokens of a thousand controllers. */
import { availableParallelism } from 'node:os'
import type { Benchmark, Measured } from './result.ts'
import { measuredApart } from './trace/apart.ts'
import { benchChanges, quickChanges, wholeChanges } from './trace/changes.ts'
import { benchCompare, quickCompare, wholeCompare } from './trace/compare.ts'
import { benchLayers, quickLayers, wholeLayers } from './trace/layers.ts'
import { measure, type Log } from './trace/measure.ts'
import { benchParquet } from './trace/parquet.ts'
import { benchPostgres, quickTable, wholeTable } from './trace/postgres.ts'
import { benchUnion, quickSize, wholeSize } from './trace/union.ts'

const full = { suspectRows: 10_000_000, people: 10_000_000, largePeople: 46_900_000, largeSuspectRows: 46_900_000, rounds: 3 }
const small = { suspectRows: 50_000, people: 50_000, largePeople: 60_000, largeSuspectRows: 120_000, rounds: 1 }

const parts: Readonly<Record<string, (quick: boolean, log: Log) => Promise<readonly Measured[]>>> = {
  files: (quick, log) => measure({ ...(quick ? small : full), threads: availableParallelism() }, log),
  tables: (quick, log) => benchPostgres(quick ? quickTable : wholeTable, log),
  parquet: (quick, log) => benchParquet(quick ? quickTable : wholeTable, log),
  layers: (quick, log) => benchLayers(quick ? quickLayers : wholeLayers, log),
  changes: (quick, log) => benchChanges(quick ? quickChanges : wholeChanges, log),
  compare: (quick, log) => benchCompare(quick ? quickCompare : wholeCompare, log),
  union: (quick, log) => benchUnion(quick ? quickSize : wholeSize, log),
}

export const benchmark: Benchmark = {
  name: 'trace', about: 'search for 10 and 46.9 million people, against DuckDB and against patterns; tables, Parquet, samples of a thousand places, a billion tokens', diskBytes: 24 * 1024 ** 3, parts: Object.keys(parts),
  run: async (log, quick = false, { part } = {}) => {
    if (part !== undefined) return await parts[part]?.(quick, log) ?? []
    const results: Measured[] = []
    for (const one of Object.keys(parts)) results.push(...await measuredApart(one, quick, log))
    return results
  },
}
