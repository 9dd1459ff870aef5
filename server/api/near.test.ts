import { expect, test } from 'vitest'
import type { Draft } from '#ledger'
import { day } from '#kit/time'
import { keep, months } from '../composition/testing.ts'
import { nearTo, refusalsNear } from './routes/near.ts'

const seen = Date.parse('2019-04-16T02:00:00Z') / 1000

test.each([
  ['known between two searches', { after: seen - day, before: seen }, { from: seen - 2 * day, to: seen }],
  ['known by its values, which end before it was seen', { after: seen - 10 * day, before: seen - 3 * day }, { from: seen - 11 * day, to: seen - 3 * day }],
  ['nobody knows after when', { after: undefined, before: null }, { from: seen - 8 * day, to: seen }],
  ['made long before it was seen, by nobody knows when', { after: seen - 400 * day, before: null }, { from: seen - 31 * day, to: seen }],
  ['an end behind the search is none', { after: seen - day, before: seen + 5 * day }, { from: seen - 2 * day, to: seen }],
])('a refusal is near in time to a copy, %s', (_, known, expected) => {
  expect(nearTo({ firstSeen: seen, made: known })).toEqual(expected)
})

test('what is near a finding says that only own refusals are shown, and that only the newest were looked through', async () => {
  const kept = await keep()
  const reading = (roles: readonly string[], person: string | null): Parameters<typeof refusalsNear>[0] => ({
    bailee: kept.bailee, at: months(40), past: false, log: kept.ledger,
    principal: { account: { id: 'a', name: 'A' }, person, roles, controller: null, token: null, scopes: null, session: null, until: months(50), language: 'en' },
  }) as Parameters<typeof refusalsNear>[0]
  const finding = { controller: 'acme', firstSeen: months(12), made: undefined }
  await kept.ledger.append(Array.from({ length: 3 }, () => ({ slot: kept.slot, type: 'decision.refused', at: months(12) - 60, parts: { evidence: { act: {}, decision: {} } } })) as Draft[])
  expect(await refusalsNear(reading(['dpo'], 'dana'), finding)).toMatchObject({ own: false, cut: false, refusals: [{}, {}, {}] })
  expect(await refusalsNear(reading(['engineer'], 'noa'), finding)).toMatchObject({ own: true, cut: false, refusals: [] })
  expect(await refusalsNear(reading(['engineer'], null), finding)).toBeNull()
  await kept.close()
})
