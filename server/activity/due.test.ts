import { expect, test } from 'vitest'
import { formatInstant } from '#kit/time'
import { dueOf, missedCountedMax, mustBeCron, nextDue } from './due.ts'
import { on } from './testing.ts'

const nightly = { cron: '30 2 * * *', zone: 'Europe/Paris' }

test('a due time is once a day by the clock of its zone, also when that clock is changed', () => {
  const four = (from: string): string[] => [1, 2, 3, 4].reduce<number[]>((found) => [...found, nextDue(nightly, found.at(-1) ?? on(from)) ?? 0], []).map(formatInstant)
  expect(four('2019-03-29T12:00:00Z')).toEqual(['2019-03-30T01:30:00Z', '2019-03-31T01:30:00Z', '2019-04-01T00:30:00Z', '2019-04-02T00:30:00Z']) // 02:30 is not there on the 31st: an hour on
  expect(four('2019-10-25T12:00:00Z')).toEqual(['2019-10-26T00:30:00Z', '2019-10-27T01:30:00Z', '2019-10-28T01:30:00Z', '2019-10-29T01:30:00Z']) // and twice on the 27th
})

test('the newest due time is settled, those before it are missed, and what is due every minute is found at once after a year', () => {
  const settledUntil = on('2019-03-29T12:00:00Z')
  expect(dueOf({ ...nightly, settledUntil }, on('2019-03-30T01:29:59Z'))).toBeUndefined()
  expect(dueOf({ ...nightly, settledUntil }, on('2019-03-30T01:30:00Z'))).toEqual({ dueAt: on('2019-03-30T01:30:00Z'), missed: 0 })
  expect(dueOf({ ...nightly, settledUntil }, on('2019-04-02T01:00:00Z'))).toEqual({ dueAt: on('2019-04-02T00:30:00Z'), missed: 3 })
  expect(dueOf({ cron: '* * * * *', zone: 'UTC', settledUntil: on('2018-01-01') }, on('2019-01-01T00:00:30Z'))).toEqual({ dueAt: on('2019-01-01'), missed: missedCountedMax })
  expect(dueOf({ cron: '0 0 29 2 *', zone: 'UTC', settledUntil: on('2016-03-01') }, on('2023-01-01'))).toEqual({ dueAt: on('2020-02-29'), missed: 0 })
})

test.each([['* * * *', 'UTC', 'five parts'], ['0 0 0 1 1 *', 'UTC', 'five parts'], ['@daily', 'UTC', 'five parts'], ['0 0 30 2 *', 'UTC', 'never due'], ['x * * * *', 'UTC', 'cannot be read'], ['0 0 * * *', 'Mars/Olympus', 'no time zone']])('%s in %s is refused: %s', (cron, zone, says) => {
  expect(() => mustBeCron(cron, zone, on('2019-01-01'))).toThrow(says)
})
