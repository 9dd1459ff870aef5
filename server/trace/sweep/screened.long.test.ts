import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '#database'
import { copyMixed, createWorld, customers, listeners, listenersCsv, members, type World } from '../../erasure/testing.ts'

let world: World

interface Ended { readonly signal: NodeJS.Signals | null; readonly code: number | null; readonly said: string }

/** Sweeps by the filter of all fingerprints, in a process of its own. */
function play(environment: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const started = spawn(process.execPath, [join(import.meta.dirname, '../testing.child.ts'), world.controlUrl, world.directory, 'screen'], { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [started.stdout, started.stderr]) stream.on('data', (piece: Buffer) => { said += piece.toString() })
    started.on('close', (code, signal) => resolve({ code, signal, said }))
  })
}

const expected = [`aria ${members} ${members} lab:lab.engine`, `chinook ${customers} ${customers} lab:lab.engine`, `deezer ${listeners} ${listeners} lab:lab.engine`, `deezer ${listeners} ${listeners} share:a.csv`]

beforeAll(async () => {
  world = await createWorld()
  await copyMixed(world, 'lab.engine', 5)
  world.put('a.csv', await listenersCsv(world))
  for (let file = 0; file < 30; file += 1) world.put(`clean/${file}.csv`, 'a,b\n1,2\n')
})
afterAll(() => world.close())

const unitsDone = async (): Promise<number> => (await sql<{ n: number }>`select count(*)::int as n from sweep_unit where state = 'done'`.execute(world.ledger.database)).rows[0]!.n

test.each([
  ['sweep/after-reading', 0], ['sweep/before-tally', 0], ['sweep/after-tally', 0], ['sweep/after-done', 1],
])('a screening killed at %s has recorded no unit whose tally is not durable, and is gone on with', async (failpoint, done) => {
  expect(await play({ BAILEE_FAILPOINT: failpoint })).toMatchObject({ signal: 'SIGKILL' })
  if (done === 0) expect(await unitsDone()).toBe(0)
  else expect(await unitsDone()).toBeGreaterThan(0)
  const ended = await play()
  expect(ended, ended.said).toMatchObject({ code: 0 })
  const told = JSON.parse(ended.said) as { found: string[]; resumed: boolean }
  expect(told.found.filter((one) => !one.includes('pg_catalog'))).toEqual(expected) // a server that is given the time keeps statistics of a copy
  expect(told.resumed).toBe(true)
})
