/** The gateway beside PostgreSQL itself and beside PgBouncer in session mode, in turns on one machine: counting, charging and recording are on. */
import { cpuSeconds, enter, openBench, peakMegabytes, queriesPerSecond, read, type Bench, type Way } from './gateway/place.ts'
import { rounded, type Benchmark, type Measured } from './result.ts'

const median = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
const bulk = 'SELECT user_id, country, plan FROM crm.listener, generate_series(1, 200)'
const large = 'SELECT user_id, country, plan FROM crm.listener, generate_series(1, 1000)'

/** What is compared: `must` and `goal` are ratios, of the gateway over the other way; `less`: a smaller value is better. */
interface Compared { readonly what: string; readonly unit: string; readonly must: number | undefined; readonly goal: number; readonly less?: boolean }

/** Measures all ways in turns, so that whatever else the machine does falls on each, and gives the median of each. */
async function inTurns(ways: readonly Way[], rounds: number, measure: (way: Way) => Promise<number>): Promise<Map<string, number>> {
  const values = new Map<string, number[]>(ways.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round += 1) for (const way of round % 2 === 0 ? ways : ways.toReversed()) values.get(way.name)?.push(await measure(way))
  return new Map([...values].map(([name, all]) => [name, median(all)]))
}

function compare(values: ReadonlyMap<string, number>, against: string, { what, unit, must, goal, less = false }: Compared): Measured[] {
  const [value, other] = [values.get('the gateway') ?? 0, values.get(against)]
  if (other === undefined) return []
  const ratio = value / other
  const sign = less ? '<=' : '>='
  return [{
    what, value: rounded(value), unit, baseline: { what: against, value: rounded(other) }, ratio: rounded(ratio), must: must === undefined ? 'measured' : `${sign} ${must}`, goal: `${sign} ${goal}`,
    ok: must === undefined || (less ? ratio <= must : ratio >= must),
  }]
}

async function shortQueries({ ways }: Bench, rounds: number, seconds: number): Promise<Measured[]> {
  const results: Measured[] = []
  for (const [clients, must, direct] of [[1, 0.9, 0.6], [8, 0.85, 0.6], [32, 0.75, 0.5]] as const) for (const mode of ['simple', 'prepared'] as const) {
    const values = await inTurns(ways, rounds, (way) => queriesPerSecond(way, { clients, seconds, mode }))
    const what = `short queries, ${clients} clients, ${mode}`
    results.push(...compare(values, 'PgBouncer', { what, unit: 'queries/s', must, goal: must }), ...compare(values, 'direct', { what, unit: 'queries/s', must: undefined, goal: direct }))
  }
  return results
}

/** Processor time of the process between, a query. */
async function cpuPerQuery({ ways }: Bench, rounds: number, seconds: number): Promise<Measured[]> {
  const between = ways.filter(({ pid }) => pid !== undefined)
  const values = await inTurns(between, rounds, async (way) => {
    const before = cpuSeconds(way.pid ?? 0)
    const rate = await queriesPerSecond(way, { clients: 8, seconds, mode: 'simple' })
    return ((cpuSeconds(way.pid ?? 0) - before) / (rate * seconds)) * 1e6
  })
  return compare(values, 'PgBouncer', { what: 'processor time of a short query, 8 clients', unit: 'µs', must: undefined, goal: 2, less: true })
}

async function bulkReads({ ways }: Bench, rounds: number): Promise<Measured[]> {
  const values = await inTurns(ways, rounds, async (way) => {
    const client = await enter(way)
    const { bytes, seconds } = await read(client, bulk)
    await client.end()
    return bytes / 1e6 / seconds
  })
  const compared = { what: 'a read of a million rows', unit: 'MB/s' }
  return [...compare(values, 'PgBouncer', { ...compared, must: 0.95, goal: 0.95 }), ...compare(values, 'direct', { ...compared, must: undefined, goal: 0.9 })]
}

/** Milliseconds of one session that opens and leaves, of ten one after another. `stranger`: nobody was there before, so that no login waits that was theirs. */
async function entering(way: Way, stranger: boolean): Promise<number> {
  const from = performance.now()
  for (let times = 0; times < 10; times += 1) {
    const user = stranger && way.strangers !== undefined ? way.strangers.pop() : way.user
    if (user === undefined) throw new Error('everybody has been there')
    await (await enter({ ...way, user })).end()
  }
  return (performance.now() - from) / 10
}

async function connecting({ ways }: Bench, rounds: number): Promise<Measured[]> {
  const again = await inTurns(ways, rounds, (way) => entering(way, false))
  const once = await inTurns(ways, rounds, (way) => entering(way, true))
  return [
    ...compare(again, 'PgBouncer', { what: 'connecting, with decision, role and record', unit: 'ms', must: 2, goal: 2, less: true }),
    ...compare(once, 'PgBouncer', { what: 'connecting, each time another person', unit: 'ms', must: undefined, goal: 2, less: true }),
  ]
}

async function largeRead({ ways }: Bench): Promise<Measured[]> {
  const way = ways.find(({ name }) => name === 'the gateway')
  if (way?.pid === undefined) return []
  const client = await enter(way)
  const { seconds } = await read(client, large)
  await client.end()
  const megabytes = rounded(peakMegabytes(way.pid))
  return [{ what: `memory of the gateway's process after all this and a read of five million rows (${rounded(seconds)} s)`, value: megabytes, unit: 'MB', baseline: null, ratio: null, must: '<= 200', goal: '<= 150', ok: megabytes <= 200 }]
}

type Part = (bench: Bench, rounds: number, seconds: number) => Promise<Measured[]>
const parts: Readonly<Record<string, Part>> = { short: shortQueries, processor: cpuPerQuery, bulk: bulkReads, connect: connecting, memory: largeRead }

export const benchmark: Benchmark = {
  name: 'gateway', about: 'short and bulk reads, connecting, memory, against PostgreSQL itself and PgBouncer in session mode', diskBytes: 1024 ** 3, parts: Object.keys(parts),
  run: async (log, quick = false, { part } = {}) => {
    const bench = await openBench(log)
    try {
      await (await enter(bench.ways.find(({ name }) => name === 'the gateway') ?? (bench.ways[0] as Way))).end() // compiled and proved once
      const [rounds, seconds] = quick ? [1, 1] : [5, 3]
      const results: Measured[] = []
      for (const [name, measure] of Object.entries(parts)) if (part === undefined || part === name) results.push(...await measure(bench, rounds, seconds))
      return results
    } finally {
      await bench.close()
    }
  },
}
