import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { consistencyPath, inclusionPath, leafHash, rootOf, subtreesOf, type SubtreeHash } from '@bailee/verifier'
import { rows, sql } from '#database'
import { createTestDatabase, type TestDatabase } from '../../database/testing.ts'
import { overTree } from './tree.ts'

/** Three levels of tiles, the last of each not full. */
const entries = 66_100
let own: TestDatabase
let inMemory: SubtreeHash
beforeAll(async () => {
  own = await createTestDatabase()
  const leaves = Array.from({ length: entries }, (_, index) => leafHash(Buffer.from(`entry ${index}`)))
  await rows(own.database, sql`insert into log (slot, origin, kind, clock) values (1, 'processor.example/1', 'controller', 'replayed')`)
  await rows(own.database, sql`insert into other_entry (slot, idx, leaf, body) select 1, number - 1, leaf, ''::bytea from unnest(${leaves}::bytea[]) with ordinality as made (leaf, number)`)
  inMemory = subtreesOf(leaves)
})
afterAll(() => own.close())

test('what is computed over a tree in the tables is what is computed over its leaves, whichever of the kept hashes are gone', () => fc.assert(fc.asyncProperty(
  fc.integer({ min: 1, max: entries }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.integer({ min: 0, max: 3 }),
  async (size, part, gone) => {
    if (gone === 1) await rows(own.database, sql`delete from subtree where slot = 1`)
    if (gone > 1) await rows(own.database, sql`delete from subtree where slot = 1 and idx % ${gone * 3} = 1`)
    const index = Math.floor(part * size)
    const both = (subtree: SubtreeHash): string[] => [rootOf(size, subtree), ...inclusionPath(index, size, subtree), ...consistencyPath(index + 1, size, subtree)].map((hash) => Buffer.from(hash).toString('hex'))
    expect(await overTree(own.database, 1, both)).toEqual(both(inMemory))
  },
), { numRuns: 12 }))

test('beyond the entries there is nothing to compute with', async () => {
  await expect(overTree(own.database, 1, (subtree) => rootOf(entries + 1, subtree))).rejects.toMatchObject({ code: 'ledger/hash-missing' })
})
