import { expect, test } from 'vitest'
import { assessExemption, assessFine, assessScope, assessTransfer } from './assess.ts'

const on = (day: string): number => Date.parse(day) / 1000

test.each(([
  ['44', 'not a transfer', 'FR', '2026-01-01', {}], ['44', 'not a transfer', 'GB', '2020-12-31', {}], ['44', 'no tool', 'GB', '2021-03-01', {}], ['45', 'adequacy', 'GB', '2026-01-01', {}],
  ['44', 'no tool', 'GB', '2031-12-28', {}], ['45', 'adequacy', 'GB', '2031-12-27', {}], ['45', 'adequacy', 'IL', '2019-04-15', { limits: ['automated'] }], ['44', 'no tool', 'IL', '2019-04-15', {}],
  ['46', 'appropriate safeguards', 'US', '2023-07-09', { limits: ['dpf_active_entity'], tool: 'standard_clauses' }], ['45', 'adequacy', 'US', '2023-07-10', { limits: ['dpf_active_entity'] }],
  ['44', 'no tool', 'BR', '2026-01-25', { limits: ['lgpd_subject'] }], ['45', 'adequacy', 'BR', '2026-01-26', { limits: ['lgpd_subject'] }], ['49', 'derogation', 'IN', '2026-01-01', { tool: 'derogation' }],
  ['44', 'no tool', 'IN', '2026-01-01', {}], ['45', 'adequacy', 'CH', '2019-01-01', {}],
] as const).map((row) => ({ row, name: JSON.stringify(row) })))('$name', ({ row: [article, outcome, country, day, more] }) => {
  expect(assessTransfer({ country, ...more }, on(day))).toMatchObject({ article, outcome })
})

test.each(([
  ['exempt', 249, false, true, false, '2026-01-01'], ['register required', 250, false, true, false, '2026-01-01'], ['register required', 238, true, true, false, '2026-01-01'],
  ['register required', 238, false, false, false, '2026-01-01'], ['register required', 238, false, true, true, '2026-01-01'], ['not in force', 300, true, false, true, '2018-05-24'],
] as const).map((row) => ({ row, name: JSON.stringify(row) })))('$name', ({ row: [outcome, employees, risk, occasional, special, day] }) => {
  expect(assessExemption({ employees, risk, occasional, special }, on(day)).outcome).toBe(outcome)
})

test.each(([
  ['3(1)', /^in scope$/, 'FR', false, 'none', '2019-04-15'], ['3(2)(b)', /^in scope/, 'IL', true, 'monitoring', '2019-04-15'], ['3(2)(a)', /^in scope/, 'IL', true, 'offer', '2018-05-25'],
  ['99(2)', /not in force/, 'IL', true, 'offer', '2018-05-24'], ['3(2)', /out of scope/, 'IL', true, 'none', '2019-04-15'], ['3(2)', /out of scope/, 'IL', false, 'monitoring', '2019-04-15'],
] as const).map((row) => ({ row, name: JSON.stringify(row) })))('$name', ({ row: [article, outcome, country, subjectsInUnion, relation, day] }) => {
  expect(assessScope({ country, subjectsInUnion, relation }, on(day))).toMatchObject({ article, outcome: expect.stringMatching(outcome) as unknown })
})

test.each(([
  [2e6, '83(4)', 'high', 10e6, 40_000], [2e6 + 1, '83(4)', 'high', 10e6, 200_000], [35e6, '83(4)', 'high', 10e6, 1_000_000], [35e6, '83(4)', 'medium', 10e6, 200_000],
  [35e6, '83(5)', 'high', 20e6, 2_000_000], [100e6, '83(4)', 'low', 10e6, 200_000], [600e6, '83(4)', 'high', 12e6, 12e6], [600e6, '83(5)', 'low', 24e6, 2.4e6],
] as const).map((row) => ({ row, name: JSON.stringify(row) })))('$name', ({ row: [turnoverEuros, tier, serious, ceilingEuros, most] }) => {
  const found = assessFine({ turnoverEuros, tier, serious }, on('2025-12-11'))
  expect([found.ceilingEuros, found.euros[1]]).toEqual([ceilingEuros, most])
})

test('the case: the range contains the fine, its lower end is not confirmed; no turnover, no range', () => {
  const found = assessFine({ turnoverEuros: 35e6, tier: '83(4)', serious: 'high' }, on('2025-12-11'))
  expect(found.euros[0] <= 1e6 && 1e6 <= found.euros[1]).toBe(true)
  expect(found.unconfirmed).toEqual(['lower share of the size band (1.5 %): indicative'])
  expect(() => assessFine({ tier: '83(4)', serious: 'high' }, on('2025-12-11'))).toThrow(/turnover of the whole undertaking/)
})
