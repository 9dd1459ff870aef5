import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { commitmentOf, openPart, sealPart, type SealingKey } from '../entry.ts'
import { beginSealing, memoryHeld } from './seal.ts'

test('the committed program is what its source compiles to', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bailee-seal-'))
  try {
    const built = join(folder, 'seal.wasm')
    const compiler = join(dirname(findPackageJSON('assemblyscript', import.meta.url)!), 'bin', 'asc.js')
    execFileSync(process.execPath, [compiler, 'assembly/index.ts', '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd,bulk-memory', '-o', built], { cwd: import.meta.dirname })
    if (process.env['UPDATE_GOLDEN'] === '1') copyFileSync(built, join(import.meta.dirname, 'seal.wasm'))
    expect(readFileSync(join(import.meta.dirname, 'seal.wasm')).equals(readFileSync(built))).toBe(true)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

const runs = process.env['BAILEE_FULL'] === '1' ? 2_000 : process.env['BAILEE_LONG'] === '1' ? 400 : 150
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })
const keys: readonly SealingKey[] = Array.from({ length: 5 }, (_, at) => ({ id: `payload/${at}/evidence/2019`, key: Buffer.alloc(32, at * 37 + 1) }))
const part = fc.record({
  text: fc.oneof(fc.string({ unit: 'binary', maxLength: 120 }), fc.string({ maxLength: 40 }), fc.nat(70).map((length) => 'x'.repeat(length)), fc.constant('y'.repeat(70_000))),
  key: fc.constantFrom(...keys), randomness: bytes(44), index: fc.nat(2 ** 31), origin: fc.constantFrom('processor.example/1', 'p.example/1000000', 'bücher.example/€'), name: fc.constantFrom('evidence', 'people'),
})

test('parts of a batch are sealed to the bytes that each has by itself, whatever is beside them and was before', () => fc.assert(fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
  const sealing = beginSealing()
  const commitments = parts.map(({ text, key, randomness, index, origin, name }) => sealing.add(text, `${origin}\n${index}\n${name}`, key, randomness))
  const sealed = sealing.finish()
  expect(sealed).toHaveLength(parts.length)
  for (const [place, { text, key, randomness, index, origin, name }] of parts.entries()) {
    const alone = sealPart(text, { origin, index, part: name }, key, randomness)
    expect([commitments[place], hex(sealed[place]!)]).toEqual([alone.commitment, hex(alone.ciphertext)])
    const opened = openPart(sealed[place]!, { origin, index, part: name }, key.key)
    expect(Buffer.from(text).equals(opened.payload)).toBe(true)
    expect(commitmentOf(opened.salt, opened.payload)).toBe(commitments[place])
  }
}), { numRuns: runs }))

test('what was given out stays as it was when the next batch is sealed', () => {
  const one = beginSealing()
  one.add('first', 'processor.example/1\n0\nevidence', keys[0]!, Buffer.alloc(44, 1))
  const [first] = one.finish()
  const before = hex(first!)
  const other = beginSealing()
  other.add('another, and longer', 'processor.example/1\n1\nevidence', keys[1]!, Buffer.alloc(44, 2))
  other.finish()
  expect(hex(first!)).toBe(before)
})

test('one bit changed anywhere does not open', () => {
  const sealing = beginSealing()
  sealing.add('{"text":"so"}', 'processor.example/1\n7\nevidence', keys[2]!, Buffer.alloc(44, 9))
  const [sealed] = sealing.finish()
  for (let bit = 0; bit < sealed!.length * 8; bit += 1) {
    const changed = Buffer.from(sealed!)
    changed[bit >> 3]! ^= 1 << (bit & 7)
    expect(() => openPart(changed, { origin: 'processor.example/1', index: 7, part: 'evidence' }, keys[2]!.key)).toThrow(/does not open with its key/)
  }
})

test('nothing of a batch stays in memory when it was sealed or was given up, and a large one gives its memory back', () => {
  const begun = (text: string): ReturnType<typeof beginSealing> => {
    const sealing = beginSealing()
    for (let index = 0; index < 20; index += 1) sealing.add(text, `processor.example/1\n${index}\nevidence`, keys[0]!, Buffer.alloc(44, 3))
    return sealing
  }
  const isEmpty = (): boolean => memoryHeld().every((byte) => byte === 0)
  begun('ann@guest.example').finish()
  expect(isEmpty(), 'sealed').toBe(true)
  begun('ann@guest.example').abandon()
  expect(isEmpty(), 'given up').toBe(true)
  begun('ann@guest.example') // wanted no more, which nobody said
  beginSealing()
  expect(isEmpty(), 'before the next').toBe(true)
  const [first] = begun('x'.repeat(2_000_000)).finish()
  expect(openPart(first!, { origin: 'processor.example/1', index: 0, part: 'evidence' }, keys[0]!.key).payload).toHaveLength(2_000_000)
  expect(memoryHeld().length).toBeLessThan(10_000_000)
})
