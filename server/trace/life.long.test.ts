import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createWorld, customers, listeners, members, on, type World } from '../erasure/testing.ts'
import { openSegments } from './fingerprints.ts'
import { existingFingerprints } from './store.ts'
import { sweep } from './sweep.ts'

let world: World
afterEach(() => world.close())

const play = (work: string, failpoint?: string) =>
  spawnSync(process.execPath, [join(import.meta.dirname, 'testing.child.ts'), world.controlUrl, world.directory, work], { encoding: 'utf8', env: { ...process.env, ...(failpoint === undefined ? {} : { BAILEE_FAILPOINT: failpoint }) } })

/** Everybody is in an old file; forty of them left since. */
async function setUp(): Promise<void> {
  world = await createWorld()
  const { rows } = await world.run('crm', 'select email, phone from crm.listener')
  world.put('old.csv', (rows as { email: string; phone: string }[]).map((row) => `${row.email},${row.phone}\n`).join(''))
  await world.run('crm', `delete from crm.listener where email in (select 'p' || i || '@listener.example' from generate_series(1, 40) i)`)
}

const found = async (): Promise<number[]> => (await sweep(world.context, on('2019-05-02'))).findings.map((finding) => finding.records)

test.each([
  [['trace/before-rotated', 'trace: segment written, not in place', 'ledger/before-commit']], [['trace/after-rotated', 'ledger/after-commit', 'trace/before-taken']],
])('a rotation killed at each of %s in turn loses nobody, and is finished by the next', async (failpoints) => {
  await setUp()
  for (const failpoint of failpoints) {
    expect(play('rotate', failpoint).signal, failpoint).toBe('SIGKILL')
    expect(await found(), failpoint).toEqual([listeners])
  }
  for (let round = 0; round < 2; round += 1) expect(play('rotate')).toMatchObject({ status: 0, stderr: '' })
  expect(await found()).toEqual([listeners])
  expect((await existingFingerprints(world.ledger.database)).map((record) => record.records)).toEqual([customers, listeners - 40, 40, members])
  const files = readdirSync(join(world.directory, 'fingerprints')).filter((file) => file.endsWith('.segment'))
  expect(files, 'nothing is left of the old ones').toHaveLength((await openSegments(world.context)).length)
})

test('a rotation killed before it records that a key is destroyed records it the next time', async () => {
  world = await createWorld()
  expect(play('rotate', 'trace/before-epoch-destroyed').signal).toBe('SIGKILL')
  expect(world.ledger.keys.wasDestroyed('epoch/1')).toBe(true)
  expect(await world.ledger.read(0, { types: ['trace.epoch_destroyed'] })).toEqual([])
  expect(play('rotate')).toMatchObject({ status: 0, stderr: '' })
  expect((await world.ledger.read(0, { types: ['trace.epoch_destroyed'] })).map((entry) => (entry.parts['evidence'] as { epoch: number }).epoch)).toEqual([1, 2])
})

test.each(['trace: segment written, not in place', 'trace/before-forgotten', 'ledger/before-commit', 'ledger/after-commit'])('forgetting somebody, killed at %s and done again, forgets them', async (failpoint) => {
  await setUp()
  expect(play('forget', failpoint).signal).toBe('SIGKILL')
  expect((await openSegments(world.context)).length).toBe(3)
  expect(play('forget')).toMatchObject({ status: 0, stderr: '' })
  const [, record] = await existingFingerprints(world.ledger.database)
  const { segment } = (await openSegments(world.context))[1]!
  expect(Object.fromEntries(segment.header.columns.map((column) => [column.name, column.distinct]))).toEqual({ user_id: listeners, email: listeners - 1, phone: listeners })
  expect(record?.records).toBe(segment.header.records)
})
