import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createFilter, createShardBuilder, filterBytes, screenTokensMax, shapeFor, shardOf } from './filter.ts'
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

function filterOf(tokens: BigUint64Array, shardKeys?: number): { filter: Filter; keys: number } {
  const shape = shapeFor(tokens.length, shardKeys)
  const filter = createFilter(shape)
  const builder = createShardBuilder(shape)
  const halves = new Uint32Array(tokens.buffer)
  const shards: bigint[][] = Array.from({ length: 2 ** shape.shardBits }, () => [])
  for (let at = 0; at < tokens.length; at += 1) shards[shardOf(halves[at * 2 + 1]!, shape.shardBits)]!.push(tokens[at]!)
  let keys = 0
  for (const [shard, own] of shards.entries()) {
    const built = builder.build(BigUint64Array.from(own))
    keys += built.keys
    filter.put(shard, built)
  }
  return { filter, keys }
}

describe('a union filter', () => {
  test.each([0, 1, 2, 7, 100, 5000, 300_000])('of %i tokens lets every one of them pass', (count) => {
    const tokens = tokensOf(count, 1)
    const { filter, keys } = filterOf(tokens)
    expect(keys).toBe(count)
    expect(tokens.every((token) => filter.test(token))).toBe(true)
  })

  test('in shards lets every token pass, and few strange ones', () => {
    const tokens = tokensOf(200_000, 2)
    const { filter } = filterOf(tokens, 20_000)
    expect(filter.shape.shardBits).toBe(4)
    expect(tokens.every((token) => filter.test(token))).toBe(true)
    const strange = tokensOf(2_000_000, 77).filter((token) => filter.test(token)).length
    expect(strange).toBeGreaterThan(5) // 30 are to be expected: 5 and 80 are further away than chance goes
    expect(strange).toBeLessThan(80)
    expect((filterBytes(filter.shape) * 8) / tokens.length).toBeLessThan(23) // small shards want more room
  })

  test('says the same of many tokens at once, and again when it remembers what it missed', () => {
    const known = tokensOf(50_000, 3)
    const { filter } = filterOf(known, 20_000)
    const mixed = tokensOf(screenTokensMax, 900)
    for (let at = 0; at < mixed.length; at += 3) mixed[at] = known[at]!
    const expected = Array.from(mixed, (token) => Number(filter.test(token)))
    for (let round = 0; round < 3; round += 1) expect(Array.from(filter.screen(mixed))).toEqual(expected)
  })

  test('holds any tokens, in any order, any number of times', () => {
    fc.assert(fc.property(fc.array(fc.bigInt({ min: 1n, max: (1n << 64n) - 1n }), { maxLength: 300 }), (list) => {
      const { filter, keys } = filterOf(BigUint64Array.from([...list, ...list.slice(0, 50)]))
      expect(keys).toBe(new Set(list).size)
      expect(list.every((token) => filter.test(token))).toBe(true)
    }), { numRuns: 100 })
  })

  test('refuses a shard with more tokens than it has room for', () => {
    const shape = shapeFor(1000)
    expect(() => createShardBuilder(shape).build(tokensOf(2000, 5))).toThrow(/more tokens than chance/)
  })

  test('needs two and a quarter bytes a token at a billion', () => {
    expect(filterBytes(shapeFor(1e9)) / 1e9).toBeLessThan(2.35)
  })
})
