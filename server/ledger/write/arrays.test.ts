import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { one, sql } from '#database'
import { createTestDatabase, type TestDatabase } from '../../database/testing.ts'
import { bigintegers, byteStrings, integers, texts } from './arrays.ts'

let own: TestDatabase
beforeAll(async () => { own = await createTestDatabase() })
afterAll(() => own.close())

test('the database reads what was written, nothing and the largest included', () => fc.assert(fc.asyncProperty(
  fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })), fc.array(fc.maxSafeNat()), fc.array(fc.option(fc.uint8Array(), { nil: undefined })), fc.array(fc.option(fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0') && text.isWellFormed()), { nil: undefined })),
  async (numbers, large, bytes, words) => {
    const read = await one(own.database, sql`
      select ${integers(numbers)}::integer[] as numbers, ${bigintegers(large)}::bigint[]::text[] as large, ${byteStrings(bytes)}::bytea[] as bytes, ${texts(words)}::text[] as words`)
    expect(read).toEqual({ numbers, large: large.map(String), bytes: bytes.map((one) => (one === undefined ? null : Buffer.from(one))), words: words.map((one) => one ?? null) })
  },
)))
