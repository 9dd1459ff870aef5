import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLanes, messageBytesMax } from './lanes.ts'

test('the committed program is what its source compiles to', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bailee-lanes-'))
  try {
    const built = join(folder, 'lanes.wasm')
    const compiler = join(dirname(findPackageJSON('assemblyscript', import.meta.url)!), 'bin', 'asc.js')
    execFileSync(process.execPath, [compiler, 'assembly/index.ts', '-O3', '--runtime', 'stub', '--importMemory', '--enable', 'simd,bulk-memory', '-o', built], { cwd: import.meta.dirname })
    if (process.env['UPDATE_GOLDEN'] === '1') copyFileSync(built, join(import.meta.dirname, 'lanes.wasm'))
    expect(readFileSync(join(import.meta.dirname, 'lanes.wasm')).equals(readFileSync(built))).toBe(true)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('every code is what Node makes of the same key and message, whatever was in the slots before', () => {
  const message = fc.uint8Array({ maxLength: messageBytesMax })
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), fc.array(message, { minLength: 1, maxLength: 9 }), fc.array(message, { minLength: 1, maxLength: 9 }), (key, first, second) => {
    const lanes = createLanes(key)
    for (const messages of [first, second]) {
      messages.forEach((one, index) => { lanes.slots.set(one, index * 64); lanes.seal(index, one.length) })
      lanes.run(messages.length)
      expect(messages.map((_, index) => Buffer.from(lanes.codes.subarray(index * 32, index * 32 + 32)).toString('hex'))).toEqual(messages.map((one) => createHmac('sha256', key).update(one).digest('hex')))
    }
  }))
})

test('a key that is longer than a block is refused', () => {
  expect(() => createLanes(new Uint8Array(65))).toThrow(RangeError)
})
