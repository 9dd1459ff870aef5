import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { blockOf, createFilter, filterBytes, screenTokensMax, shapeFor } from './filter.ts'
import type { Filter } from './filter.ts'

test('the committed filter is what its source builds', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bailee-filter-'))
  try {
    const built = join(folder, 'filter.wasm')
    const compiler = join(dirname(findPackageJSON('assemblyscript', import.meta.url)!), 'bin', 'asc.js')
    const options = ['-O3', '--runtime', 'stub', '--importMemory', '--sharedMemory', '--maximumMemory', '65536', '--enable', 'simd,threads,bulk-memory', '-o', built]
    execFileSync(process.execPath, [compiler, 'assembly/filter.ts', ...options], { cwd: join(import.meta.dirname, '..', 'scanner') })
    if (process.env['UPDATE_GOLDEN'] === '1') copyFileSync(built, join(import.meta.dirname, 'filter.wasm'))
    expect(readFileSync(join(import.meta.dirname, 'filter.wasm')).equals(readFileSync(built))).toBe(true)
    expect(readFileSync(built).length).toBeLessThan(10_000)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

/** Tokens as good as random, and always the same. */
function tokensOf(count: number, seed: number): BigUint64Array {
  const halves = new Uint32Array(count * 2)
  let state = seed >>> 0
  for (let at = 0; at < halves.length; at += 1) {
    state = (state + 0x9e3779b9) >>> 0
    let x = state
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
    halves[at] = x ^ (x >>> 16)
  }
  return new BigUint64Array(halves.buffer)
}

function filterOf(tokens: BigUint64Array): Filter {
  const filter = createFilter(shapeFor(tokens.length))
  filter.add(tokens)
  return filter
}

describe('a union filter', () => {
  test.each([0, 1, 2, 7, 100, 5000, 300_000])('of %i tokens lets every one of them pass', (count) => {
    const tokens = tokensOf(count, 1)
    const filter = filterOf(tokens)
    expect(tokens.every((token) => filter.test(token))).toBe(true)
  })

  test('lets few strange tokens pass', () => {
    const filter = filterOf(tokensOf(200_000, 2))
    const strange = tokensOf(4_000_000, 77).filter((token) => filter.test(token)).length
    expect(strange).toBeGreaterThan(20)
    expect(strange).toBeLessThan(240) // one in 25,000 is to be expected: 160
  })

  test('filled in parts, one for each thread, holds the same', () => {
    const tokens = tokensOf(20_000, 4).sort()
    const whole = filterOf(tokens)
    const inParts = createFilter(whole.shape)
    const middle = Math.floor(whole.shape.blocks / 3)
    inParts.add(tokens, { from: middle, to: whole.shape.blocks })
    expect(tokens.map((token) => BigInt(inParts.test(token))).indexOf(1n)).toBeGreaterThan(6000) // those of the first part are not in it yet
    inParts.add(tokens, { from: 0, to: middle })
    expect(tokens.every((token) => inParts.test(token))).toBe(true)
    const others = tokensOf(100_000, 99)
    expect(others.filter((token) => inParts.test(token))).toEqual(others.filter((token) => whole.test(token)))
  })

  test('has ascending blocks for sorted tokens, all of them its own', () => {
    const shape = shapeFor(1e9)
    const blocks = tokensOf(1000, 6).sort().map((token) => BigInt(blockOf(Number(token >> 32n), shape)))
    expect(blocks).toEqual(blocks.toSorted())
    expect([blockOf(0, shape), blockOf(2 ** 32 - 1, shape)]).toEqual([0, shape.blocks - 1])
  })

  test('says the same of many tokens at once, and again when it remembers what it missed', () => {
    const known = tokensOf(50_000, 3)
    const filter = filterOf(known)
    const mixed = tokensOf(screenTokensMax, 900)
    for (let at = 0; at < mixed.length; at += 3) mixed[at] = known[at]!
    const expected = Array.from(mixed, (token) => Number(filter.test(token)))
    for (let round = 0; round < 3; round += 1) expect(Array.from(filter.screen(mixed))).toEqual(expected)
  })

  test('holds any tokens, in any order, any number of times', () => {
    fc.assert(fc.property(fc.array(fc.bigInt({ min: 1n, max: (1n << 64n) - 1n }), { maxLength: 300 }), (list) => {
      const filter = filterOf(BigUint64Array.from([...list, ...list.slice(0, 50)]))
      expect(list.every((token) => filter.test(token))).toBe(true)
    }), { numRuns: 100 })
  })

  test('needs three bytes a token at a billion, and refuses what it could not tell apart', () => {
    expect(filterBytes(shapeFor(1e9)) / 1e9).toBeLessThan(3.01)
    expect(filterBytes(shapeFor(1.6e9))).toBeLessThan(3.5e9)
    expect(() => shapeFor(2e9)).toThrow(expect.objectContaining({ code: 'trace/too-many-fingerprints' }) as Error)
  })
})
