import { mkdtempSync, rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Format } from './format.ts'
import { formats } from './formats/index.ts'
import { fuzz } from './fuzz.ts'

/** Differences in so many files of a format, in words. */
async function differencesIn(format: Format, files: number, seed = 'test'): Promise<string[]> {
  const folder = mkdtempSync('/tmp/bailee-fuzz-') // short enough for the socket of a server in it
  const differences: string[] = []
  try {
    const { files: done } = await fuzz(format, { seed, from: 0, to: files }, folder, { progress: () => undefined, failed: ({ number, damage }, difference) => differences.push(`${seed}/${format.name}/${number}${damage === undefined ? '' : ` (${damage})`}: ${difference}`) })
    expect(done).toBe(files)
    return differences
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

// skipped: its shell writes the files, and is not on every machine
const isHere = (format: Format): boolean => format.needs?.() ?? true
const long = process.env['BAILEE_LONG'] === '1'
const [files, seed] = long ? [process.env['BAILEE_FULL'] === '1' ? 100 : 50, 'long'] : [30, 'short']

for (const format of formats.filter((one) => one.long !== true || long)) {
  const here = isHere(format)
  test.runIf(here)(`random files: ${format.name}, against ${format.oracle}`, async () => {
    expect(await differencesIn(format, files, seed)).toEqual([])
  }, 300_000)
}

test('a reader that loses a row, or adds one, is noticed in every format of tables', async () => {
  const [csv] = formats
  const lossy: Format = { ...csv!, damagedShare: 0, compare: (samples, tools) => csv!.compare(samples.map((sample) => ({ ...sample, read: { ...sample.read, parts: sample.read.parts.map((part) => ({ ...part, values: part.values - 1 })) } })), tools) }
  expect((await differencesIn(lossy, 20)).length).toBeGreaterThan(10)
})

test('the same seed gives the same files', async () => {
  const bytes: Buffer[][] = [[], []]
  for (const round of [0, 1]) {
    const spy: Format = { ...formats[0]!, compare: (samples) => { bytes[round]!.push(...samples.map((sample) => Buffer.from(sample.bytes))); return samples.map(() => undefined) } }
    await differencesIn(spy, 10)
  }
  expect(bytes[0]!.length).toBeGreaterThan(5)
  expect(bytes[0]).toEqual(bytes[1])
})
