/** For tests: whether work grows with what it is given, or with its square. */
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
