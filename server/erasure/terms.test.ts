import { expect, test } from 'vitest'
import type { Contract } from '#contract'
import { day } from '#kit/time'
import { askBefore, datesOf, waitsFor, warningOf } from './terms.ts'
import { on } from './testing.ts'

const contract = (atEnd: object | undefined, ends: string | undefined = '2020-12-01'): Contract => ({
  id: 'acme-1', slot: 1, controller: 'acme', starts: 0, ...(ends === undefined ? {} : { ends: on(ends) }), declared: { id: 'acme-1', controller: 'acme', starts: '2016-12-01', at_end: atEnd as never },
})
const none = { made: [], released: [] }

test('deadlines count from the agreed end, also where that was recorded later; the time to fetch data comes before them', () => {
  expect(datesOf(contract({ choice: 'delete' }), on('2020-12-09'))).toEqual({ deadline: on('2020-12-31'), retrieveUntil: null })
  expect(datesOf(contract({ choice: 'delete' }), on('2020-06-01')), 'terminated before').toEqual({ deadline: on('2020-07-01'), retrieveUntil: null })
  expect(datesOf(contract({ retrieval_days: 30 }), on('2020-12-01'))).toEqual({ deadline: on('2021-01-30'), retrieveUntil: on('2020-12-31') })
  expect(datesOf(contract({ retrieval_days: 30, within_days: 45 }), on('2020-12-01'))).toEqual({ deadline: on('2021-01-15'), retrieveUntil: on('2020-12-31') })
})

test.each([
  ['nobody chose', undefined, none, 'no-choice'],
  ['to be returned', { choice: 'return' }, none, 'not-released'],
  ['returned', { choice: 'return' }, { made: [], released: [{ how: 'received' }] }, undefined],
  ['a signatory changed it to delete', { choice: 'return' }, { made: [{ choice: 'delete', recipient: null }], released: [] }, undefined],
  ['a signatory changed it to send on', { choice: 'delete' }, { made: [{ choice: 'send_on', recipient: 'Other' }], released: [] }, 'not-released'],
  ['may still be fetched', { choice: 'delete', retrieval_days: 30 }, none, 'retrieval'],
  ['received, and may still be fetched', { choice: 'return', retrieval_days: 30 }, { made: [], released: [{ how: 'received' }] }, 'retrieval'],
  ['waived', { choice: 'return', retrieval_days: 30 }, { made: [], released: [{ how: 'waived' }] }, undefined],
])('what an end waits for: %s', (_what, atEnd, said, expected) => {
  expect(waitsFor({ contract: contract(atEnd), said: said as never, retrieveUntil: atEnd !== undefined && 'retrieval_days' in atEnd ? on('2020-12-31') : null }, on('2020-12-05'))?.what).toBe(expected)
})

test('a deadline warns once at 14, 7, 3 and 1 days, then says every week that it is over; certified, it says nothing', () => {
  const erasure = { id: 'EXIT-acme-1', state: 'opened' as const, deadline: on('2020-12-31') }
  const kinds = Array.from({ length: 50 }, (_, number) => warningOf(erasure, undefined, on('2020-12-01') + number * day)?.kind)
  expect([...new Set(kinds)]).toEqual([undefined, 'before 14', 'before 7', 'before 3', 'before 1', 'overdue 0', 'overdue 7', 'overdue 14'])
  expect(kinds.indexOf('before 14')).toBe(16)
  expect(kinds.indexOf('overdue 0')).toBe(30)
  expect(warningOf({ ...erasure, state: 'certified' }, undefined, on('2021-12-31'))).toBeUndefined()
  expect(warningOf(erasure, { what: 'no-choice', because: 'x' }, on('2020-12-01'))).toMatchObject({ kind: 'no choice', overdue: false })
})

test('a controller is asked for its choice 60, 14 and 3 days before the end, where nobody made it', () => {
  expect(['2020-09-01', '2020-10-02', '2020-11-17', '2020-11-29', '2020-12-01'].map((at) => askBefore(contract(undefined), [], on(at))?.days)).toEqual([undefined, 60, 14, 3, undefined])
  expect(askBefore(contract({ choice: 'delete' }), [], on('2020-11-29'))).toBeUndefined()
})
