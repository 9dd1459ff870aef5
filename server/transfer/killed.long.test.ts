import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { on } from '../erasure/testing.ts'
import { allTransfers, eraseExpired } from './index.ts'
import { createTransferWorld } from './testing.ts'

test('killed anywhere, a copy is registered and its tables are all there or none; it is erased in its time, also by whoever is killed in doing so', async () => {
  const world = await createTransferWorld()
  const schemas = async (): Promise<unknown[]> => (await world.run('lab', `select nspname from pg_namespace where nspname ~ '^t_'`)).rows
  const play = (verb: string, failpoint?: string) => spawnSync(process.execPath, [join(import.meta.dirname, 'testing.child.ts'), world.controlUrl, world.directory, verb], { encoding: 'utf8', env: { ...process.env, ...(failpoint === undefined ? {} : { BAILEE_FAILPOINT: failpoint }) } })
  for (const [failpoint, there, points] of [['transfer/begun', 0, []], ['transfer/uncommitted', 0, []], ['transfer/written', 1, ['transfer/dropped', 'transfer/key-destroyed']]] as const) {
    expect(play('copy', failpoint), failpoint).toMatchObject({ signal: 'SIGKILL' })
    expect((await allTransfers(world.ledger.database)).filter(({ state }) => state === 'begun'), failpoint).toHaveLength(1)
    await expect.poll(schemas, { timeout: 60_000 }).toHaveLength(there)
    for (const point of points) expect(play('expire', point), `${failpoint}, ${point}`).toMatchObject({ signal: 'SIGKILL' })
    expect((await eraseExpired(world.context, on('2019-06-01'))).left, failpoint).toEqual([])
    expect([await schemas(), (await allTransfers(world.ledger.database)).filter(({ state }) => state !== 'erased')]).toEqual([[], []])
  }
  await world.close()
})

