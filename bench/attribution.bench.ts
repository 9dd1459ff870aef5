/** Attribution of samples without marks, simulated: 1,000 registered copies of one dataset, made at other times, of other columns and people. */
import { join } from 'node:path'
import { tableOf } from './attribution/goals.ts'
import { measure, openKept, openWorld, partNames } from './attribution/parts.ts'
import type { Benchmark } from './result.ts'

/** Where results of parts stay between two runs, unless somebody names another place (`--world DIR`). */
const usual = join('.bailee', 'bench', 'attribution')

export const benchmark: Benchmark = {
  name: 'attribution', about: `samples of 10 to 100 rows, noisy and clean, attributed to 1,000 copies; scorer and simulator share a model: expect worse on real data. Goes on where it was stopped; --part NAME measures one, --entries N the rows that are recorded (${partNames.join(', ')})`, diskBytes: 3 * 1024 ** 3, parts: partNames,
  run: async (log, quick = false, { part: only, world: named, counts } = {}) => {
    const kept = openKept(named ?? usual, quick)
    // What was measured to its end is measured anew; what was not is gone on with.
    if (only === undefined && partNames.every((part) => kept.of(part) !== undefined)) kept.forget()
    const world = openWorld({ quick, rows: counts?.['entries'] }, log)
    for (const part of partNames) {
      if (only === undefined ? kept.of(part) !== undefined : part !== only) continue
      kept.keep(part, await measure(world, part))
    }
    const all = partNames.map((part) => ({ part, results: kept.of(part) }))
    for (const line of tableOf(all)) log(line)
    return all.filter(({ part }) => only === undefined || part === only).flatMap(({ results }) => results ?? [])
  },
}
