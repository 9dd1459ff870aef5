import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDirectory, verifyBundle } from '@bailee/verifier'
import { createTestDatabase, type TestDatabase } from '../database/testing.ts'
import { exportBundle } from './bundle.ts'
import { checkLedger } from './check.ts'
import { openKeyStore } from './keys.ts'
import { snapshots } from './store.ts'
import { noon, openTestLedger, temporaryDirectory } from './testing.ts'

let directory: ReturnType<typeof temporaryDirectory>
let own: TestDatabase
beforeEach(async () => { directory = temporaryDirectory(); own = await createTestDatabase() })
const started: ChildProcess[] = []
afterEach(async () => { for (const child of started.splice(0)) child.kill('SIGKILL'); await own.close(); directory.remove() })

interface Writer { readonly child: ChildProcess; readonly acknowledged: () => string[]; readonly ended: Promise<unknown> }

function start(name: string, slot: number | 'snapshot', failpoint?: string): Writer {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'testing.child.ts'), own.url, join(directory.path, 'keys'), name, String(slot)], {
    stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...(failpoint === undefined ? {} : { BAILEE_FAILPOINT: failpoint }) },
  })
  started.push(child)
  let said = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => { said += text })
  return { child, acknowledged: () => said.split('\n').slice(0, -1).filter((line) => line !== 'ready'), ended: once(child, 'close') }
}

/** Rounds of two writers killed at once: 200 kills in a full run. Each reading of the whole state is dear, so that a full run reads it every tenth round. */
const [rounds, roundsToACheck] = process.env['BAILEE_FULL'] === '1' ? [100, 10] : [8, 1]

/** Two processes started, killed and looked after, also on a machine with much else to do. */
const roundMillisecondsMax = 75_000

/** Every acknowledged entry is where its writer was told, once; the logs have no gap; the evidence verifies. Gives what the slots hold. */
async function check(acknowledged: readonly string[], slots: readonly number[]): Promise<Map<string, string>> {
  const ledger = await openTestLedger(own.database, join(directory.path, 'keys'))
  const held = new Map<string, string>()
  for (const slot of [0, ...slots]) {
    const entries = await ledger.read(slot)
    expect(entries.map((entry) => entry.index)).toEqual(entries.map((_, index) => index))
    const texts = entries.filter((entry) => entry.type === 'note.written').map((entry) => (entry.parts.evidence as { text: string }).text)
    expect(new Set(texts).size, 'nothing is recorded twice').toBe(texts.length)
    for (const entry of entries) held.set(`${slot} ${entry.index}`, entry.type === 'note.written' ? (entry.parts.evidence as { text: string }).text : entry.type)
  }
  for (const line of acknowledged) {
    const [slot, index, text] = line.split(' ')
    expect(held.get(`${slot} ${index}`)).toBe(text)
  }
  for (const slot of slots) {
    const target = join(directory.path, `evidence-${slot}`)
    await exportBundle(ledger, { slot, at: noon, directory: target, receiptsFor: [], certificates: new Map() })
    expect(verifyBundle(openDirectory(target)).outcome).toBe('verified')
  }
  return held
}

describe('a writer killed', () => {
  beforeEach(async () => {
    const ledger = await openTestLedger(own.database, join(directory.path, 'keys'))
    await ledger.openSlot(noon, () => [])
    await ledger.openSlot(noon, () => [])
  })

  test('before the commit: nothing happened', async () => {
    const writer = start('before', 1, 'ledger/before-commit')
    await writer.ended
    expect(writer.child.signalCode).toBe('SIGKILL')
    expect(writer.acknowledged()).toEqual([])
    expect(await check([], [1, 2])).toHaveProperty('size', 3)
  })

  test('after the commit and before the answer: it happened, once', async () => {
    const writer = start('after', 1, 'ledger/after-commit')
    await writer.ended
    expect(writer.child.signalCode).toBe('SIGKILL')
    expect(writer.acknowledged()).toEqual([])
    expect((await check([], [1, 2])).size).toBeGreaterThan(3)
  })

  test.each([['before its commit: there is none', 'snapshot/before-commit', 0], ['after its commit and before the answer: it is there, and the next is no other', 'snapshot/after-commit', 1]])('in a snapshot, %s', async (_, failpoint, there) => {
    const taker = start('taker', 'snapshot', failpoint)
    await taker.ended
    expect(taker.child.signalCode).toBe('SIGKILL')
    expect(taker.acknowledged()).toEqual([])
    expect(await snapshots(own.database)).toHaveLength(there)
    const again = start('taker', 'snapshot')
    await again.ended
    expect(again.acknowledged()).toEqual(['0'])
    expect(await checkLedger({ database: own.database, keys: openKeyStore(join(directory.path, 'keys')) })).toMatchObject({ snapshots: 1, problems: [] })
    expect(await check([], [1, 2])).toHaveProperty('size', 3)
  })

  test('at any moment under load, beside another writer: no acknowledged entry is lost', { timeout: rounds * roundMillisecondsMax }, async () => {
    const acknowledged: string[] = []
    for (let round = 0; round < rounds; round += 1) {
      const writers = [start(`a${round}`, 1), start(`b${round}`, 1 + (round % 2))]
      while (writers.some((writer) => writer.acknowledged().length === 0)) {
        expect(writers.map((writer) => writer.child.exitCode), 'a writer ended by itself').toEqual([null, null])
        await sleep(5)
      }
      await sleep(37 * round % 250)
      for (const writer of writers) writer.child.kill('SIGKILL')
      await Promise.all(writers.map((writer) => writer.ended))
      for (const writer of writers) acknowledged.push(...writer.acknowledged())
      if ((round + 1) % roundsToACheck === 0) await check(acknowledged, [1, 2])
    }
    expect(acknowledged.length).toBeGreaterThan(100)
    console.log(`killed ${2 * rounds} writers; ${acknowledged.length} entries had been acknowledged, none was lost`)
  })
})
