import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql, type Database } from '#database'
import { createTestDatabase, type TestDatabase } from '../database/testing.ts'
import { quoteIdentifier } from './adapter/index.ts'
import { parsePlace, printPlace, tableAt } from './place.ts'

const names = fc.string({ minLength: 1, maxLength: 12, unit: 'binary' }).filter((name) => !name.includes('\0') && name.isWellFormed())
const odd = fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom('.', '"', ':', '\\', '\n', ' ', 'a', 'U', '&', '\u202e', '\u{e0041}') })
const anyName = fc.oneof(names, odd)

describe('the name of a table in one line', () => {
  test('is read back as the table it names, whatever the names', () => {
    fc.assert(fc.property(fc.option(anyName, { nil: undefined }), anyName, anyName, (database, schema, name) => {
      const place = { ...(database === undefined ? {} : { database }), schema, name }
      const printed = printPlace(place)
      expect(parsePlace(printed)).toEqual(place)
      expect(printed).not.toMatch(/[\p{Cc}\u202e]/u)
    }), { numRuns: 500 })
  })

  test.each([
    ['crm.listener', 'crm', 'listener'], ['crm.Listener', 'crm', 'Listener'], ['crm."a.b"', 'crm', 'a.b'], ['"say ""hi"""."x:y"', 'say "hi"', 'x:y'], [String.raw`crm.U&"a\000ab\\c"`, 'crm', 'a\nb\\c'],
  ])('%s', (place, schema, name) => {
    expect(parsePlace(place)).toEqual({ schema, name })
  })

  test.each(['listener', 'a.b.c', '.b', 'a.', 'a."b', 'a.b"', '"a".""', 'a:b', 'a.b\n', ''])('%j names no table', (place) => {
    expect(parsePlace(place)).toBeUndefined()
    expect(() => tableAt(place)).toThrow('named as no table is')
  })

  test('a table of another database is never taken for one of this store', () => {
    expect(parsePlace('attic:public.t')).toEqual({ database: 'attic', schema: 'public', name: 't' })
    expect(() => tableAt('attic:public.t')).toThrow('named as no table is')
  })
})

describe('PostgreSQL', () => {
  let store: TestDatabase
  let database: Database
  beforeAll(async () => { store = await createTestDatabase(); database = store.database })
  afterAll(() => store.close())

  test.each(['plain', 'Odd name', 'with.dot', 'with "quotes"', 'two\nlines', 'colon:name', 'back\\slash', 'right\u202eleft', 'tag\u{e0041}'])('understands the printed name of a table called %j', async (name) => {
    await sql.raw(`create table public.${quoteIdentifier(name)} as select 1 as one`).execute(database)
    const { rows } = await sql<{ one: number }>`${sql.raw(`select one from ${printPlace({ schema: 'public', name })}`)}`.execute(database)
    expect(rows).toEqual([{ one: 1 }])
  })
})
