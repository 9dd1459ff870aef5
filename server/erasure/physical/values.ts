/** Values to search for: drawn before they are erased, told apart from everybody else's by fingerprints, and held in memory only. */
import type { RowSearcher } from '#trace'

/** Values of one store: as many as a search can count without reading twice. */
export const valuesMax = 10_000

/** Of these values, those that are in the fingerprints of the datasets asked for, and in no other's. */
export async function onlyTheirs(searcher: RowSearcher, values: readonly string[], { targets, datasets }: { readonly targets: readonly string[]; readonly datasets: readonly string[] }): Promise<string[]> {
  if (values.length === 0 || targets.length === 0) return []
  async function* lines(): AsyncGenerator<Uint8Array> { yield Buffer.from(values.map((value) => `"${value.replaceAll('"', '""')}"\n`).join('')) }
  const { matched } = await searcher.locate(lines(), targets, datasets.map((dataset) => ({ dataset, barBits: 0, singles: 0xff })))
  return Array.from(matched.ordinals, (ordinal) => values[ordinal]!)
}
