import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openPlaces } from './places.ts'

/** Work that ends when it is told to. */
function held(): { readonly work: () => Promise<string>; readonly end: () => void } {
  const { promise, resolve } = Promise.withResolvers<string>()
  return { work: () => promise, end: () => resolve('done') }
}

test('accounts take turns, whoever asks most; and what is too much of one, or of all, is told at once', async () => {
  const inPlace = openPlaces({ atOnce: 1, waiting: 4, waitingOfOne: 3 })
  const order: string[] = []
  const first = held()
  const busy = inPlace('greedy', first.work)
  const ask = (account: string): Promise<void> => inPlace(account, async () => { order.push(account); await turn() })
  const waiting = [ask('greedy'), ask('greedy'), ask('greedy')]
  await expect(ask('greedy')).rejects.toMatchObject({ code: 'controllers/waiting' })
  waiting.push(ask('modest'))
  await expect(ask('other')).rejects.toMatchObject({ code: 'controllers/busy' })
  expect(order).toEqual([])
  first.end()
  await Promise.all([busy, ...waiting])
  expect(order).toEqual(['greedy', 'modest', 'greedy', 'greedy'])
  // All places are free again, and what fails gives its own back.
  await expect(inPlace('modest', () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  await ask('other')
  expect(order.at(-1)).toBe('other')
})
