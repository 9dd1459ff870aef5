import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../database/testing.ts'
import { openKeyStore } from '../keys.ts'
import { openLedger } from '../ledger.ts'
import { noon, noteApplies, origin, temporaryDirectory } from '../testing.ts'

const directory = temporaryDirectory()
let own: TestDatabase
beforeAll(async () => { own = await createTestDatabase() })
afterAll(async () => { await own.close(); directory.remove() })

test('a key that another process shuts is asked for again a tenth of a second later, by the clock that is given', async () => {
  const path = join(directory.path, 'keys')
  let now = 1_000
  const ledger = await openLedger({ database: own.database, keys: openKeyStore(path), origin, clock: 'replayed', applies: noteApplies, elapsed: () => now }, noon)
  await ledger.openSlot(noon, () => [])
  const written = (): Promise<string> => ledger.append({ slot: 1, type: 'note.written', at: noon, parts: { people: { by: 'noa' } } }).then(() => 'recorded', (cause: unknown) => (cause as { code: string }).code)
  expect(await written()).toBe('recorded')
  openKeyStore(path).shut('payload/1/people/2019', 'its time was over')
  now += 99
  expect(await written()).toBe('recorded')
  now += 1
  expect(await written()).toBe('ledger/key-destroyed')
})
