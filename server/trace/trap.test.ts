import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWorld, on, type World } from '../erasure/testing.ts'
import { layTrap, trapped } from '../inventory/testing.trap.ts'
import { sweep } from './sweep.ts'

let world: World
const people = 30
beforeAll(async () => {
  world = await createWorld()
  const { rows } = await world.run('crm', `select email as mail, user_id as id from crm.listener order by user_id limit ${people}`)
  await layTrap(world.url('attic'), rows as { mail: string; id: string }[])
}, 300_000)
afterAll(() => world.close())

test('a sweep finds every copy in a database that lays a trap for it, runs nothing of the trap, and says what it does not read', async () => {
  const { findings, coverage } = await sweep(world.context, on('2019-05-01'))
  const found = findings.filter(({ place }) => place.startsWith('attic:')).map(({ place, records }) => [place, records])
  for (const place of ['attic:public.plain', 'attic:kept.indexed', 'attic:kept.described', 'attic:kept.generated', 'attic:kept.filled']) expect(found).toContainEqual([place, people])
  expect(coverage.flatMap(({ not_read }) => not_read)).toContainEqual({ place: 'attic:kept.guarded', because: 'row-level security hides rows from this role' })
  expect(coverage.flatMap(({ partly_read }) => partly_read)).toContainEqual({ place: 'attic:kept.generated', because: expect.stringContaining('worked out from others') as string })
  expect(await trapped(world.url('attic'))).toEqual([])
})
