import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '#database'
import { copyMixed, createWorld, customers, listeners, listenersCsv, members, type World } from '../../erasure/testing.ts'

let world: World
const child = join(import.meta.dirname, '../testing.child.ts')

interface Ended { readonly signal: NodeJS.Signals | null; readonly code: number | null; readonly said: string }

/** Runs a sweep in a process of its own to its end, or kills it after some milliseconds. */
function play(environment: Record<string, string> = {}, killAfter?: number): Promise<Ended> {
  return new Promise((resolve) => {
    const started = spawn(process.execPath, [child, world.controlUrl, world.directory], { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [started.stdout, started.stderr]) stream.on('data', (piece: Buffer) => { said += piece.toString() })
    const timer = killAfter === undefined ? undefined : setTimeout(() => started.kill('SIGKILL'), killAfter)
    started.on('close', (code, signal) => { clearTimeout(timer); resolve({ code, signal, said }) })
  })
}

const expected = [`aria ${members} ${members} lab:lab.engine`, `chinook ${customers} ${customers} lab:lab.engine`, `deezer ${listeners} ${listeners} lab:lab.engine`, `deezer ${listeners} ${listeners} share:a.csv`, `deezer ${listeners} ${listeners} share:b.csv`]
let undisturbed: { found: string[]; resumed: boolean; coverage: unknown }

beforeAll(async () => {
  world = await createWorld()
  await copyMixed(world, 'lab.engine', 5)
  for (const file of ['a.csv', 'b.csv']) world.put(file, await listenersCsv(world))
  for (let file = 0; file < 30; file += 1) world.put(`clean/${file}.csv`, 'a,b\n1,2\n')
  const ended = await play()
  expect(ended, ended.said).toMatchObject({ code: 0 })
  undisturbed = JSON.parse(ended.said) as typeof undisturbed
})
afterAll(() => world.close())


/** How often each sweep is recorded in each log, and whether anything is left of it. */
async function mustBeWhole(ended: Ended): Promise<boolean> {
  expect(ended, ended.said).toMatchObject({ code: 0, signal: null })
  const told = JSON.parse(ended.said) as typeof undisturbed
  expect(told.found).toEqual(expected)
  expect(told.coverage).toEqual(undisturbed.coverage)
  for (const slot of [1, 2, 3]) {
    const sweeps = (await world.ledger.read(slot, { types: ['sweep.completed'] })).map((entry) => (entry.parts['evidence'] as { sweep: string }).sweep)
    expect(new Set(sweeps).size, 'a sweep is recorded once').toBe(sweeps.length)
  }
  const { rows } = await sql<{ units: number; running: number }>`select (select count(*)::int from sweep_unit) as units, (select count(*)::int from sweep_run where state = 'running') as running`.execute(world.ledger.database)
  expect(rows).toEqual([{ units: 0, running: 0 }])
  const left = join(world.directory, 'sweeps')
  expect(existsSync(left) ? readdirSync(left) : []).toEqual([])
  return told.resumed
}

test('undisturbed, it finds what is there', () => {
  expect(undisturbed.found).toEqual(expected)
  expect(undisturbed.resumed).toBe(false)
})

test.each([
  ['until its tallies are durable', ['sweep/before-lease', 'sweep/before-tally', 'sweep/after-tally', 'sweep/after-done']],
  ['until its findings are', ['sweep/before-findings', 'sweep/between-findings', 'ledger/before-commit', 'sweep/before-end']],
  ['after it committed', ['ledger/after-commit']],
])('killed at each point in turn, %s, and begun again, the sweep is gone on with and ends as if nothing had happened', async (_, failpoints) => {
  for (const failpoint of failpoints) expect(await play({ BAILEE_FAILPOINT: failpoint }), failpoint).toMatchObject({ signal: 'SIGKILL' })
  expect(await mustBeWhole(await play())).toBe(true)
})

test('killed again and again at any moment, it ends as if nothing had happened', async () => {
  let kills = 0
  for (let milliseconds = 300; milliseconds < 1500; milliseconds += 120) {
    const ended = await play({}, milliseconds)
    if (ended.signal === 'SIGKILL') kills += 1
    else await mustBeWhole(ended)
  }
  expect(kills).toBeGreaterThan(3)
  await mustBeWhole(await play())
})

test('several processes read one sweep, and it is the same', async () => {
  for (let file = 30; file < 400; file += 1) world.put(`clean/${file}.csv`, 'a,b\n1,2\n')
  const helpers: Promise<Ended>[] = []
  const sweeping = play()
  await expect.poll(async () => (await sql<{ n: number }>`select count(*)::int as n from sweep_unit where state = 'done'`.execute(world.ledger.database)).rows[0]?.n, { timeout: 60_000, interval: 20 }).toBeGreaterThan(2)
  for (let helper = 0; helper < 2; helper += 1) {
    helpers.push(new Promise((resolve) => {
      const started = spawn(process.execPath, [child, world.controlUrl, world.directory, 'work'], { stdio: ['ignore', 'pipe', 'inherit'] })
      let said = ''
      started.stdout.on('data', (piece: Buffer) => { said += piece.toString() })
      started.on('close', (code, signal) => resolve({ code, signal, said }))
    }))
  }
  const ended = await sweeping
  expect((JSON.parse(ended.said) as typeof undisturbed).found).toEqual(expected)
  for (const helper of helpers) expect((await helper).code).toBe(0)
})
