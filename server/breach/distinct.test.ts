import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { tellApart } from './distinct.ts'

const directory = mkdtempSync(join(tmpdir(), 'bailee-distinct-'))
afterAll(() => { rmSync(directory, { recursive: true }) })

const told = (rows: readonly (readonly [string, string])[], bytesMax: number): unknown => {
  const telling = tellApart({ directory, bytesMax })
  for (const [person, country] of rows) telling.add(person, country)
  const found = telling.finish()
  telling.close()
  return { ...found, byCountry: { ...found.byCountry } }
}

/** The same in the plainest way. */
function plainly(rows: readonly (readonly [string, string])[]): unknown {
  const people = new Map<string, string>()
  for (const [person, country] of rows) if ((people.get(person) ?? '') === '') people.set(person, country.trim().toUpperCase())
  const known = [...people.values()].filter((country) => /^[A-Z]{2}$/.test(country))
  const byCountry: Record<string, number> = {}
  for (const country of known) byCountry[country] = (byCountry[country] ?? 0) + 1
  return { people: people.size, byCountry, unknown: people.size - known.length }
}

test('everybody counts once, with the first country that their rows name, whether they fit into memory or wait in a file that nobody else can open', () => {
  const row = fc.tuple(fc.integer({ min: 0, max: 400 }).map(String), fc.constantFrom('FR', 'fr ', 'BR', '', ' ', 'France', 'é'))
  fc.assert(fc.property(fc.array(row, { maxLength: 3_000 }), (rows) => {
    expect(told(rows, 64 * 1024 * 1024)).toEqual(plainly(rows))
    expect(told(rows, 256 * 14)).toEqual(plainly(rows))
  }))
  const many = Array.from({ length: 30_000 }, (_, at) => [`p${at % 20_000}`, at % 3 === 0 ? 'FR' : ''] as const)
  expect(told(many, 64 * 1024)).toEqual(plainly(many))
  expect(readdirSync(directory)).toEqual([])
})
