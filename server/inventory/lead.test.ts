import { chownSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { startServer } from '../database/embedded.ts'
import { placeCluster } from '../database/testing.ts'
import { leadOf, sinceLead, type Lead, type Store } from './index.ts'

test('a database that is in a later history of its cluster, as after a standby took over, is known again under its address, and another database is not', async () => {
  const directory = join(inject('testDirectory'), 'own-histories')
  await placeCluster(directory)
  const store = { id: 'one', environment: 'test', kind: 'postgres', declared: { sweep_url: 'env:URL' } } as unknown as Store
  const referencesTo = (url: string) => ({ environment: { URL: url }, directory: '/d' })
  let server = await startServer({ directory })
  const address = server.url('postgres')
  let [before, other]: Lead[] = []
  try {
    before = await leadOf(store, referencesTo(address))
    other = await leadOf(store, referencesTo(server.url('template1')))
    expect(await sinceLead(before, store, referencesTo(address))).toBe('here')
  } finally {
    await server.stop()
  }
  // Recovered from what is archived, which is nothing: at the end of that it begins a history of its own, as a standby does that takes over.
  const signal = join(directory, 'cluster', 'recovery.signal')
  const { uid, gid } = statSync(join(directory, 'cluster'))
  writeFileSync(signal, '')
  chownSync(signal, uid, gid)
  server = await startServer({ directory, settings: { restore_command: 'false' } })
  try {
    const there = referencesTo(server.url('postgres'))
    expect((await leadOf(store, there)).of).not.toBe(before!.of)
    expect(await sinceLead({ ...before!, to: (await leadOf(store, there)).to }, store, there)).toBe('later')
    expect(await sinceLead({ ...other!, to: (await leadOf(store, there)).to }, store, there), 'another database of it').toBe('address')
    expect(await sinceLead({ ...before!, to: 'elsewhere' }, store, there)).toBe('elsewhere')
  } finally {
    await server.stop()
  }
}, 300_000)
