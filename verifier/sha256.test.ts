import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { leafHashesOf, parentHashesOf, sha256, sha256Plain } from './sha256.ts'
import { sha256Wasm } from './sha256Wasm.ts'

const runs = process.env['BAILEE_LONG'] === '1' ? 2_000 : 100
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const foreign = (...parts: readonly Uint8Array[]): string => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}
const filled = (length: number, seed: number): Uint8Array => Uint8Array.from({ length }, (_, at) => (at * 31 + seed * 7 + (at >> 5)) & 255)
const parts = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 })

test('the built assembly is what its source compiles to, and small', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bailee-sha256-'))
  try {
    const built = join(folder, 'sha256.wasm')
    const compiler = join(dirname(findPackageJSON('assemblyscript', import.meta.url)!), 'bin', 'asc.js')
    execFileSync(process.execPath, [compiler, 'assembly/sha256.ts', '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd,bulk-memory', '-o', built], { cwd: import.meta.dirname })
    const text = readFileSync(built).toString('base64')
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(join(import.meta.dirname, 'sha256Wasm.ts'), `/** \`assembly/sha256.ts\`, built; a test builds it again and compares. */\nexport const sha256Wasm = '${text}'\n`)
    expect(sha256Wasm).toBe(text)
    expect(text.length).toBeLessThan(8_000)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('every length up to five blocks, and long ones, hash as Node hashes them, in lanes and without', () => {
  for (const length of [...Array(321).keys(), 65_535, 65_536, 1_000_003]) {
    const message = filled(length, length)
    expect(hex(sha256(message))).toBe(foreign(message))
    expect(hex(sha256Plain(message))).toBe(foreign(message))
  }
})

test('parts hash as one message, wherever it is cut', () => {
  fc.assert(fc.property(parts, (some) => {
    expect(hex(sha256(...some))).toBe(foreign(...some))
    expect(hex(sha256Plain(...some))).toBe(foreign(...some))
  }), { numRuns: runs })
})

test('leaves of any mixture of lengths, four together or alone, hash as leaves', () => {
  const lengths = fc.oneof(fc.nat(130), fc.constantFrom(54, 55, 118, 119, 2_036, 2_037, 2_100, 65_535), fc.nat(3_000))
  fc.assert(fc.property(fc.array(lengths, { maxLength: 40 }), fc.nat(9), (all, gap) => {
    const spans = new Uint32Array(all.length * 2)
    let at = gap
    all.forEach((length, index) => {
      spans[index * 2] = at
      spans[index * 2 + 1] = length
      at += length + gap
    })
    const data = filled(at, all.length)
    const expected = all.map((length, index) => foreign(Uint8Array.of(0), data.subarray(spans[index * 2], spans[index * 2]! + length)))
    expect(hex(leafHashesOf(data, spans))).toBe(expected.join(''))
  }), { numRuns: runs })
})

test('pairs of any number hash as nodes, and one left over has no parent', () => {
  for (const count of [0, 1, 2, 3, 4, 5, 255, 4_095, 4_096, 4_097, 9_001]) {
    const row = filled(count * 64 + 32, count)
    const expected = Array.from({ length: count }, (_, at) => foreign(Uint8Array.of(1), row.subarray(at * 64, at * 64 + 64)))
    expect(hex(parentHashesOf(row))).toBe(expected.join(''))
  }
})

test('where WebAssembly is forbidden the hashes are the same', async () => {
  vi.stubGlobal('WebAssembly', undefined)
  vi.resetModules()
  try {
    const plain = await import('./sha256.ts')
    const row = filled(64 * 5 + 32, 1)
    const spans = Uint32Array.of(0, 10, 10, 0, 3, 200)
    expect(hex(plain.parentHashesOf(row))).toBe(hex(parentHashesOf(row)))
    expect(hex(plain.leafHashesOf(row, spans))).toBe(hex(leafHashesOf(row, spans)))
    expect(hex(plain.sha256(row))).toBe(foreign(row))
  } finally {
    vi.unstubAllGlobals()
    vi.resetModules()
  }
})
