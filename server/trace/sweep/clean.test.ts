import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWorld, listeners, on, type World } from '../../erasure/testing.ts'
import { findingPage } from '../../cli/findings.ts'
import { destroyFingerprints } from '../fingerprints.ts'
import { rotateEpoch } from '../rotate.ts'
import { sweep } from '../sweep.ts'
import { sweepsDirectory } from './opened.ts'
import { runSearch } from './search.ts'
import { runningSweeps } from './store.ts'

let world: World
beforeAll(async () => { world = await createWorld() })
afterAll(() => world.close())

test('a finding says which of its fields hold digests, and of what', async () => {
  const { rows } = await world.run('crm', 'select email from crm.listener')
  world.put('audience.csv', (rows as { email: string }[]).map(({ email }) => `x,${createHash('sha256').update(email.toLowerCase()).digest('hex')}\n`).join(''))
  const { findings } = await sweep(world.context, on('2019-04-15'))
  expect(findings).toMatchObject([{ place: 'audience.csv', records: listeners, detail: { columns: [{ field: 1, column: 'email', form: 'sha256', values: listeners }] } }])
  expect(findingPage(findings[0]!, []).join('\n')).toContain(`field 2 is sha256 of email: ${listeners} values`)
})

test('a rotation leaves no key that opens what earlier sweeps have read', async () => {
  expect(existsSync(join(world.directory, 'keys/sweep/1.key'))).toBe(true)
  await rotateEpoch(world.context, on('2019-04-16'))
  expect(existsSync(join(world.directory, 'keys/sweep/1.key'))).toBe(false)
  expect(world.ledger.keys.wasDestroyed('sweep/1')).toBe(true)
  expect((await sweep(world.context, on('2019-04-17'))).findings).toHaveLength(1)
  expect(existsSync(join(world.directory, 'keys/sweep/2.key'))).toBe(true)
})

test('destroying fingerprints ends unfinished sweeps, and nothing that they have read stays', async () => {
  await runSearch(world.context, on('2019-04-18'), {}) // read and judged, and never recorded
  const [running] = await runningSweeps(world.ledger.database)
  const read = join(sweepsDirectory(world.context), running?.id ?? '')
  expect(existsSync(read)).toBe(true)
  mkdirSync(join(sweepsDirectory(world.context), 'SWP-forgotten'), { recursive: true })
  writeFileSync(join(sweepsDirectory(world.context), 'SWP-forgotten/1-1.unit'), 'x')
  expect(await destroyFingerprints(world.context, 1, on('2019-04-18'))).toHaveLength(1)
  expect(await runningSweeps(world.ledger.database)).toEqual([])
  expect(existsSync(sweepsDirectory(world.context))).toBe(false)
  expect((await sweep(world.context, on('2019-04-19'))).search.resumed).toBe(false)
})
