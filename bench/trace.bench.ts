/** The search for copies at the size of the case: ten million rows of a suspect, forty-seven million people known. */
import { availableParallelism } from 'node:os'
import type { Benchmark } from './result.ts'
import { measure } from './trace/measure.ts'

const full = { suspectRows: 10_000_000, people: 10_000_000, largePeople: 46_900_000, largeSuspectRows: 46_900_000, rounds: 5 }
const small = { suspectRows: 50_000, people: 50_000, largePeople: 60_000, largeSuspectRows: 120_000, rounds: 1 }

export const benchmark: Benchmark = {
  name: 'trace', about: 'search of a 2 GB file for 10 and 46.9 million people, against DuckDB and against patterns', diskBytes: 16 * 1024 ** 3,
  run: (log, quick = false) => measure({ ...(quick ? small : full), threads: availableParallelism() }, log),
}
