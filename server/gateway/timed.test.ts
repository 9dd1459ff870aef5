/** How the gateway's tests measure: what this process does not do in time is no matter of a busy machine. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { timed } from './testing.ts'

/** The clock that ends a sleep and the one that measures it are not read at the same moment. */
const [sleepMilliseconds, atLeastMilliseconds] = [300, 290]

test('a process that sleeps, so that its event loop stands still, counts as long as it sleeps', async () => {
  const { result, milliseconds } = await timed(() => Promise.resolve(Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, sleepMilliseconds)))
  expect(result).toBe('timed-out')
  expect(milliseconds).toBeGreaterThan(atLeastMilliseconds)
})

test('a process that computes counts what it computed, and one that waits what it waited', async () => {
  const computed = await timed(() => {
    const { user, system } = process.threadCpuUsage()
    for (let used = 0; used < sleepMilliseconds * 1000;) {
      const now = process.threadCpuUsage()
      used = now.user + now.system - user - system
    }
    return Promise.resolve()
  })
  expect(computed.milliseconds).toBeGreaterThan(atLeastMilliseconds)
  expect((await timed(() => sleep(sleepMilliseconds))).milliseconds).toBeGreaterThan(atLeastMilliseconds)
})
