import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvFields } from './csvFields.ts'

async function* piecesOf(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  for (const [number, from] of at.slice(0, -1).entries()) yield bytes.subarray(from, at[number + 1])
}

async function rowsOf(text: string, cuts: readonly number[] = []): Promise<(string | null)[][]> {
  const rows: (string | null)[][] = []
  for await (const row of csvFields(piecesOf(Buffer.from(text), cuts))) rows.push(row)
  return rows
}

const written = (field: string | null): string => (field === null ? '' : `"${field.replaceAll('"', '""')}"`)

test('what was written is read, wherever the bytes are cut', async () => {
  const field = fc.option(fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), fc.stringMatching(/^[",\n a]{0,6}$/)), { nil: null })
  const rows = fc.array(fc.array(field, { minLength: 2, maxLength: 3 }), { minLength: 1, maxLength: 4 })
  await fc.assert(fc.asyncProperty(rows, fc.array(fc.nat({ max: 200 }), { maxLength: 5 }), async (given, cuts) => {
    expect(await rowsOf(given.map((row) => `${row.map(written).join(',')}\n`).join(''), cuts)).toEqual(given)
  }), { numRuns: 300 })
})

test('fields without quotes, NULL, and a last row without a line end', async () => {
  expect(await rowsOf('a,,""\nIași,b,c')).toEqual([['a', null, ''], ['Iași', 'b', 'c']])
  expect(await rowsOf('')).toEqual([])
})

test('a quote that is not closed is an error, and not the end', async () => {
  await expect(rowsOf('a,b\n"c,d\ne,f\n')).rejects.toMatchObject({ code: 'inventory/rows-malformed' })
  await expect(rowsOf('a,b"c\nd,e\n')).rejects.toMatchObject({ code: 'inventory/rows-malformed' })
})
