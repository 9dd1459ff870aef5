import { expect, test } from 'vitest'
import type { RowSearcher } from '#trace'
import { marking, rowMarker } from './marks.ts'

const rows = ['a@acme.example,1', 'b@other.example,2', 'c@acme.example,3']
async function* bytes(): AsyncGenerator<Uint8Array> { yield await Promise.resolve(Buffer.from(`${rows.join('\n')}\n`)) }
/** Lists the rows of whoever is asked for. */
const searcher = {
  locate: async (given: AsyncIterable<Uint8Array>, targets: string | readonly string[]) => {
    const iterator = given[Symbol.asyncIterator]()
    while ((await iterator.next()).done !== true) continue
    const starts = rows.flatMap((row, at) => ([targets].flat().some((target) => row.includes(`@${target}.`)) ? [rows.slice(0, at).reduce((sum, one) => sum + one.length + 1, 0)] : []))
    const list = { ordinals: Float64Array.from(starts.keys()), starts: Float64Array.from(starts), ends: Float64Array.from(starts) }
    return { coverage: {}, matched: list, ambiguous: list, unowned: 0 }
  },
} as unknown as RowSearcher

test('marks are left of the rows of those whose rows go; whoever asks for the rows of others, so that they stay, leaves none', async () => {
  const [mark, taken] = [rowMarker(new Uint8Array(32)), new Set<bigint>()]
  const marked = marking(searcher, { mark, owners: ['acme'] }, taken)
  await marked.locate(bytes(), ['other'], [], {})
  expect(taken.size).toBe(0)
  await marked.locate(bytes(), ['acme'], [], {})
  expect(taken).toEqual(new Set([mark(['a@acme.example', '1']), mark(['c@acme.example', '3'])]))
})
