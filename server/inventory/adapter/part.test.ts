import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parsePart, printPart } from './part.ts'

test('a part of a file is named so that its file and its name can be read back', () => {
  expect(printPart('backup.tar.gz', 'people.csv')).toBe('backup.tar.gz!/people.csv')
  expect(printPart('a/b.csv', '')).toBe('a/b.csv')
  const piece = fc.stringMatching(/^[ab!%25/1]{1,8}$/)
  fc.assert(fc.property(piece, fc.oneof(piece, fc.constant('')), (path, name) => {
    expect(parsePart(printPart(path, name))).toEqual({ path, name })
  }), { numRuns: 500 })
})
