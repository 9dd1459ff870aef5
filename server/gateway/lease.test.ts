import { expect, test } from 'vitest'
import { LeasePace, nextLease } from './lease.ts'
import { leaseRowsMax, leaseRowsMin } from './limits.ts'
import { ServerMeter } from './wire/server.ts'

const used = (charged: number, rowsMax = 10_000_000): ServerMeter => Object.assign(new ServerMeter({ rowsMax, bytesMax: 1e12, rowBytes: 40 }), { charged, leasedRows: charged })

test.each([
  [0, 1_000, leaseRowsMin], [80_000, 0, 10_000], [80_000, 100, 50_000], [80_000, 1_000, 80_000], [3_000, 1_000, 3_000], [5_000_000, 1_000, leaseRowsMax], [5_000_000, 0, leaseRowsMax],
])('after %d row-equivalents, at %d a millisecond, %d are leased', (charged, rate, rows) => {
  expect(nextLease(used(charged), 1, 1, rate).rows).toBe(rows)
})

test('a lease is never beyond the budget, and never less than what is needed', () => {
  expect(nextLease(used(9_999_000), 1, 1, 1_000).rows).toBe(1_000)
  expect(nextLease(used(10), 5_000, 1, 0).rows).toBe(5_000)
  expect(nextLease(used(80_000), 0, 1, 1_000).rows, 'bytes alone').toBe(0)
})

test('a look whether to lease ahead is worth while when a quarter of what is left was used', () => {
  const [meter, pace] = [used(0), new LeasePace()]
  meter.grant(1_000, 1_000)
  expect(pace.enough(Object.assign(meter, { charged: 1 }))).toBe(false)
  pace.wait(meter)
  expect([200, 251].map((charged) => pace.enough(Object.assign(meter, { charged })))).toEqual([true, false])
  expect(pace.enough(Object.assign(meter, { charged: 2, bytes: 300 }))).toBe(false)
})
