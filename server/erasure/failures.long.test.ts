import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openDirectory, verifyBundle } from '@bailee/verifier'
import { exportBundle } from '#ledger'
import { sql } from '#database'
import { allCertificates, allErasures, envelopesOf, stepsOf } from './index.ts'
import { copyMixed, createWorld, customers, listeners, listenersCsv, members, on, type World } from './testing.ts'

const id = 'EXIT-deezer-2016'
let world: World
afterEach(() => world.close())

const child = join(import.meta.dirname, 'testing.child.ts')

interface Ended { readonly signal: NodeJS.Signals | null; readonly code: number | null; readonly said: string }

/** Runs the child to its end, or kills it after some milliseconds. */
function play(environment: Record<string, string> = {}, killAfter?: number): Promise<Ended> {
  return new Promise((resolve) => {
    const started = spawn(process.execPath, [child, world.controlUrl, world.directory], { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [started.stdout, started.stderr]) stream.on('data', (piece: Buffer) => { said += piece.toString() })
    const timer = killAfter === undefined ? undefined : setTimeout(() => started.kill('SIGKILL'), killAfter)
    started.on('close', (code, signal) => { clearTimeout(timer); resolve({ code, signal, said }) })
  })
}

async function setUp(): Promise<void> {
  world = await createWorld()
  await copyMixed(world, 'lab_copy')
  world.put('a/old.csv', await listenersCsv(world))
}

/** Everything the ledger held at a moment, so that nothing acknowledged may be lost or changed after it. */
const entries = async (): Promise<string[]> => {
  const found = (await sql<{ line: string }>`select slot || ' ' || idx || ' ' || encode(leaf, 'hex') as line from entry order by slot, idx`.execute(world.ledger.database)).rows
  return found.map((row) => row.line)
}

/** What must hold in the end, however often it was killed on the way. */
async function mustBeWhole(before: string[]): Promise<void> {
  expect(await entries()).toEqual(expect.arrayContaining(before))
  const certificates = await allCertificates(world.ledger.database)
  expect(certificates.map((one) => [one.id, one.status])).toEqual([['CRT-deezer-2016-1', 'complete']])
  expect(await allErasures(world.ledger.database)).toMatchObject([{ id, state: 'certified', again: { residual: 0 } }])
  const steps = await stepsOf(world.ledger.database, id)
  // a sweep that was gone on with tells its findings in another order
  expect(steps.map((step) => [step.round, step.place, step.state, step.rowsErased]).sort()).toEqual([[1, 'a/old.csv', 'done', listeners], [1, 'crm.listener', 'done', listeners], [1, 'public.lab_copy', 'done', listeners]])
  expect((await world.run('lab', 'select count(*)::int as n from lab_copy')).rows).toEqual([{ n: customers + members }])
  expect((await world.run('crm', 'select count(*)::int as n from crm.listener')).rows).toEqual([{ n: 0 }])
  expect(readdirSync(join(world.directory, 'fingerprints')).filter((file) => file.endsWith('.segment')).sort()).toEqual(['customers.0.segment', 'listeners.0.exit.segment', 'members.0.segment'])
  const issued = await world.ledger.read(1, { types: ['certificate.issued', 'erasure.certified', 'erasure.opened', 'contract.ended', 'erasure.confirmed'] })
  expect(issued.map((entry) => entry.type).sort()).toEqual(['certificate.issued', 'contract.ended', 'erasure.certified', 'erasure.confirmed', 'erasure.opened'])
  const directory = join(world.directory, 'bundle')
  await exportBundle(world.ledger, { slot: 1, at: on('2020-12-05'), directory, receiptsFor: ['certificate.issued'], certificates: await envelopesOf(world.ledger, 1) })
  expect(verifyBundle(openDirectory(directory)).outcome).toBe('verified')
}

test.each([
  [['ledger/before-commit', 'erasure/after-plan', 'erasure/before-done', 'erasure/after-search', 'erasure/before-certificate']],
  [['ledger/after-commit', 'erasure/after-begin', 'trace: segment written, not in place', 'trace/before-kept']],
])('killed at each of %s in turn and begun again, it ends complete, with every count right', async (failpoints) => {
  await setUp()
  let before: string[] = []
  for (const failpoint of failpoints) {
    expect(await play({ BAILEE_FAILPOINT: failpoint }), failpoint).toMatchObject({ signal: 'SIGKILL' })
    const now = await entries()
    expect(now, failpoint).toEqual(expect.arrayContaining(before))
    before = now
  }
  expect(await play()).toEqual({ code: 0, signal: null, said: 'CRT-deezer-2016-1 complete\n' })
  await mustBeWhole(before)
})

test.each(['erasure/before-done', 'ledger/after-commit'])('killed at %s again and again, it still ends complete', async (failpoint) => {
  await setUp()
  let kills = 0
  let before: string[] = []
  // A step that was begun is begun again each time; one that was only not answered for is not carried out twice. Between kills one run gets through a moment further.
  for (; kills < 2; kills += 1) {
    if ((await play({ BAILEE_FAILPOINT: failpoint })).signal !== 'SIGKILL') break
    before = await entries()
    await play({}, 600 + kills * 150)
  }
  expect(kills).toBeGreaterThan(0)
  expect(await play()).toMatchObject({ code: 0, said: 'CRT-deezer-2016-1 complete\n' })
  await mustBeWhole(before)
})

const killsAtAnyMoment = process.env['BAILEE_FULL'] === '1' ? 10 : 6
test(`killed at any moment, ${killsAtAnyMoment} times on the way, it ends complete`, async () => {
  await setUp()
  let before: string[] = []
  for (let kill = 0; kill < killsAtAnyMoment; kill += 1) {
    await play({}, 500 + Math.floor(Math.random() * 900))
    const now = await entries()
    expect(now).toEqual(expect.arrayContaining(before))
    before = now
  }
  expect(await play()).toMatchObject({ code: 0, said: 'CRT-deezer-2016-1 complete\n' })
  await mustBeWhole(before)
})

test('two processes that erase at once end with one certificate, and what the other is told is harmless', async () => {
  await setUp()
  const [one, other] = await Promise.all([play(), play()])
  const said = [one.said, other.said].sort()
  expect([one.code, other.code]).toContain(0)
  for (const text of said) expect(text).toMatch(/^CRT-deezer-2016-1 complete\n$|Refused|has ended already|duplicate key/)
  expect(await play()).toMatchObject({ code: 0 })
  await mustBeWhole(await entries())
})

