import { expect, test } from 'vitest'
import { csvLine, decodeChange, isVisibleIn } from './postgresDecoded.ts'

test('a changed row is read with its quotes, odd names and types; what is not whole is none', () => {
  const inserted = decodeChange(`INSERT: id[integer]:7 "odd ""na[me"[character varying]:'it''s, "so"' tags[text[]]:'{a}' ok[boolean]:true none[text]:null`)
  expect(csvLine(inserted!.now!, ['odd "na[me', 'id', 'ok', 'none', 'tags'])).toBe('"it\'s, ""so""",7,t,,{a}\n')
  const moved = decodeChange(`UPDATE: old-key: id[integer]:7 new-tuple: id[integer]:8 email[text]:'old-key: x new-tuple: y' note[text]:unchanged-toast-datum`)
  expect([moved?.old?.get('id'), moved?.now?.get('id'), moved?.now?.get('email')]).toEqual(['7', '8', 'old-key: x new-tuple: y'])
  expect(csvLine(moved!.now!, ['note'])).toBeUndefined()
  expect(decodeChange('DELETE: id[integer]:8')).toMatchObject({ kind: 'DELETE', now: undefined })
  expect([decodeChange('DELETE: (no-tuple-data)'), decodeChange('TRUNCATE: (no-flags)'), decodeChange(`INSERT: id[integer]:7 email[text]:'cut`)]).toEqual([undefined, undefined, undefined])
})

test('a transaction is seen by number, also when the lower half began anew', () => {
  const moment = '4294967290:4294967300:4294967295,4294967297'
  expect(['4294967289', '4294967295', '1', '2', '4', '900'].map((number) => isVisibleIn(moment, number, '4294968296'))).toEqual([true, false, false, true, false, false])
})
