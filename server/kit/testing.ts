/** For tests: whether work grows with what it is given, or with its square; what is drawn, the same in each run; a port of one's own. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect } from 'vitest'

// Of sixteen times as much: 16 where work grows with it, 256 with its square.
const [times, growthMax] = [16, 100]

// Less than this is noise. Milliseconds of the processor.
const least = 4

const takes = async (run: () => unknown): Promise<number> => {
  const from = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(from)
  return (user + system) / 1000
}

/** Fails where sixteen times as much takes more than a hundred times as long, at the best of four. `size`: such that sixteen times it takes half a second at least where work grows with the square. */
export async function expectLinear(size: number, run: (size: number) => unknown): Promise<void> {
  let [one, many] = [Infinity, Infinity]
  for (let attempt = 0; attempt < 4; attempt += 1) {
    one = Math.min(one, await takes(() => run(size)))
    many = Math.min(many, await takes(() => run(size * times)))
  }
  expect(many / Math.max(one, least)).toBeLessThan(growthMax)
}

/** What is drawn at random, and always the same. */
export interface Draws {
  /** A whole number from 0 on, below `most`. */
  below(most: number): number
  /** A whole number from `least` on, below `most`. */
  between(least: number, most: number): number
  bytes(count: number): Buffer
}

/**
 * Draws by the seed of all properties (`BAILEE_SEED`, see `properties.setup.ts`): the same commit gives the same verdict. `of`: what they are for, a round as a rule, so that
 * how much one round draws, which may be a matter of time, moves no other.
 */
export function drawsOf(...of: readonly (string | number)[]): Draws {
  let state = createHash('sha256').update(JSON.stringify([process.env['BAILEE_SEED'] ?? '2019', ...of])).digest().readUInt32LE(0)
  // mulberry32: each of the 2^32 states once.
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const between = (least: number, most: number): number => least + Math.floor((next() / 2 ** 32) * (most - least))
  const bytes = (count: number): Buffer => Buffer.from(Uint32Array.from({ length: Math.ceil(count / 4) }, next).buffer, 0, count)
  return { below: (most) => between(0, most), between, bytes }
}

/** Below those that systems give out by themselves (Linux: from 32768 on): a connection of somebody else's does not take it meanwhile. */
const [portMin, portMax] = [20_000, 32_000]

/** A port of the loopback at which nobody listens now. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = portMin + Math.floor(Math.random() * (portMax - portMin))
    const probe = createServer()
    const there = await new Promise<boolean>((resolve) => { probe.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true)) })
    if (!there) continue
    probe.close()
    await once(probe, 'close')
    return port
  }
}
