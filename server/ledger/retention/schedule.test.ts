import { expect, test } from 'vitest'
import { slotOfKey } from './schedule.ts'

test('what is recorded of a key goes into the log of whose it is: the common one is shown to every controller', () => {
  const ids = ['payload/3/access/2017-1', 'segment/3/fingerprints', 'segment/3/exit-2', 'isolated/3', 'transfer/3/t-0123456789', 'canaries/3', 'canaries/3-2']
  expect(ids.map(slotOfKey)).toEqual(ids.map(() => 3))
  expect(['epoch/4', 'sweep/4', 'catalogue/4', 'names/4', 'gateway/token-salt', 'payload/0/people/2017'].map(slotOfKey)).toEqual([0, 0, 0, 0, 0, 0])
})
