/** For tests: whether work grows with what it is given, or with its square. */
import { expect } from 'vitest'

// Of eight times as much: 8 where work grows with it, 64 with its square.
const [times, growthMax] = [8, 24]

// Less than this is noise. Milliseconds.
const least = 2

const takes = async (run: () => unknown): Promise<number> => {
  const from = performance.now()
  await run()
  return performance.now() - from
}

/** Fails where eight times as much takes more than 24 times as long, at the best of three. `size`: such that eight times it takes some hundred milliseconds where work grows with the square. */
export async function expectLinear(size: number, run: (size: number) => unknown): Promise<void> {
  let [one, eight] = [Infinity, Infinity]
  for (let attempt = 0; attempt < 3; attempt += 1) {
    one = Math.min(one, await takes(() => run(size)))
    eight = Math.min(eight, await takes(() => run(size * times)))
  }
  expect(eight / Math.max(one, least)).toBeLessThan(growthMax)
}
