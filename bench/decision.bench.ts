/** Is this act covered? Among a thousand instructions and a hundred thousand, and by Cedar and Casbin on the same rules. */
import { compile, decide } from '../server/decision/index.ts'
import { actOf, worldOf } from './decision/world.ts'
import { casbinOf, cedarOf, type Judge } from './decision/others.ts'
import { rounded, type Benchmark, type Measured } from './result.ts'

interface Spread { readonly median: number; readonly p99: number }

/** Microseconds of single decisions, in order of a stride that no cache likes. The first tenth warms. */
async function spreadOf(judge: Judge, acts: { rounds: number; count: number; named: boolean }): Promise<Spread> {
  const asked = Array.from({ length: acts.rounds }, (_, round) => actOf(round, acts.count, acts.named))
  const microseconds: number[] = []
  let allowed = 0
  for (const [round, act] of asked.entries()) {
    const began = performance.now()
    const answer = judge(act)
    const said = typeof answer === 'boolean' ? answer : await answer
    const took = (performance.now() - began) * 1_000
    if (said) allowed += 1
    if (said !== (round % 2 === 0)) throw new Error(`act ${round} was ${said ? 'allowed' : 'refused'}`)
    if (round >= acts.rounds / 10) microseconds.push(took)
  }
  if (allowed !== Math.ceil(acts.rounds / 2)) throw new Error('not half of the acts were allowed')
  microseconds.sort((one, other) => one - other)
  return { median: microseconds[Math.floor(microseconds.length / 2)] ?? 0, p99: microseconds[Math.floor(microseconds.length * 0.99)] ?? 0 }
}

const ours = (count: number): Judge => {
  const index = compile(worldOf(count))
  return (act) => decide(act, index).outcome === 'allowed'
}

const p99Max = 20

export const benchmark: Benchmark = {
  name: 'decision', about: 'one decision among 1,000 and 100,000 instructions; Cedar and Casbin on the same rules', diskBytes: 0,
  run: async (log, quick = false) => {
    const [few, many, rounds, shared] = quick ? [100, 1_000, 2_000, 100] : [1_000, 100_000, 200_000, 1_000]
    const results: Measured[] = []
    for (const named of [true, false]) {
      const how = named ? 'naming its instruction, as every session does' : 'naming none'
      const small = await spreadOf(ours(few), { rounds, count: few, named })
      const large = await spreadOf(ours(many), { rounds, count: many, named })
      log(`${how}: median ${rounded(small.median)} and p99 ${rounded(small.p99)} µs among ${few}; median ${rounded(large.median)} and p99 ${rounded(large.p99)} µs among ${many}`)
      results.push({
        what: `p99 of a decision among ${many} instructions, ${how}`, value: rounded(large.p99), unit: 'µs', baseline: { what: `among ${few}`, value: rounded(small.p99) }, ratio: rounded(large.p99 / small.p99),
        must: `<= ${named ? p99Max : p99Max * 5} µs`, goal: `<= ${p99Max} µs, ratio <= 2`, ok: large.p99 <= (named ? p99Max : p99Max * 5),
      })
    }
    const world = worldOf(shared)
    const mine = await spreadOf(ours(shared), { rounds: 2_000, count: shared, named: false })
    for (const [who, judge] of [['Cedar', cedarOf(world)], ['Casbin', await casbinOf(world)]] as const) {
      const other = await spreadOf(judge, { rounds: quick ? 100 : 400, count: shared, named: false })
      log(`${who} among ${shared}: median ${rounded(other.median)} and p99 ${rounded(other.p99)} µs`)
      results.push({ what: `median of a decision among ${shared} instructions`, value: rounded(mine.median), unit: 'µs', baseline: { what: who, value: rounded(other.median) }, ratio: rounded(mine.median / other.median), must: `faster than ${who}`, goal: '<= 0.1', ok: mine.median < other.median })
    }
    return results
  },
}
