/** Every single bit of a small bundle, turned over: each is refused, or leaves every word of the verdict as it was. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sourceOfFiles, verifyBundle, verifyReceipt } from '@bailee/verifier'
import { createTestDatabase, type TestDatabase } from '../database/testing.ts'
import { exportBundle } from './bundle.ts'
import { makeReceipt } from './receipt.ts'
import { noon, openTestLedger, temporaryDirectory } from './testing.ts'

let directory: ReturnType<typeof temporaryDirectory>
let own: TestDatabase
let receipt: Uint8Array
const files = new Map<string, Uint8Array>()
/** `./bailee test --full` turns every bit; without it one of each byte. */
const bitsOf = (at: number): readonly number[] => (process.env['BAILEE_FULL'] === '1' ? [0, 1, 2, 3, 4, 5, 6, 7] : [at % 8])
beforeAll(async () => {
  directory = temporaryDirectory()
  own = await createTestDatabase()
  const ledger = await openTestLedger(own.database, join(directory.path, 'keys'))
  await ledger.openSlot(noon, () => [{ slot: 1, type: 'note.written', at: noon, parts: { evidence: { text: 'a' } } }])
  await ledger.snapshot(noon)
  await ledger.append({ slot: 1, type: 'note.written', at: noon, parts: {} })
  receipt = Buffer.from((await makeReceipt(ledger, { slot: 1, index: 1, at: noon + 60 })).text)
  const bundle = join(directory.path, 'bundle')
  await exportBundle(ledger, { slot: 1, at: noon + 60, directory: bundle, receiptsFor: ['note.written'], certificates: new Map() })
  for (const path of readdirSync(bundle, { recursive: true, encoding: 'utf8' })) if (statSync(join(bundle, path)).isFile()) files.set(relative('.', path).split(sep).join('/'), readFileSync(join(bundle, path)))
})
afterAll(async () => { await own.close(); directory.remove() })

test('no bit of any file changes what is shown without being refused', () => {
  const whole = verifyBundle(sourceOfFiles(files))
  expect(whole.outcome).toBe('verified')
  const said = JSON.stringify(whole)
  let [refused, bits] = [0, 0]
  const unnoticed: string[] = []
  for (const [path, bytes] of files) {
    for (let at = 0; at < bytes.length; at += 1) {
      for (const bit of bitsOf(at)) {
        const turned = Uint8Array.from(bytes)
        turned[at]! ^= 1 << bit
        const verdict = verifyBundle(sourceOfFiles(new Map(files).set(path, turned)))
        bits += 1
        if (verdict.outcome === 'refused') refused += 1
        else if (JSON.stringify(verdict) !== said) unnoticed.push(`${path} byte ${at} bit ${bit}`)
      }
    }
  }
  console.log(`${bits} bits in ${files.size} files: ${refused} refused, ${bits - refused} of no consequence`)
  expect(unnoticed).toEqual([])
  expect(bits - refused).toBeLessThan(bits / 1_000)
})

test('no bit of a receipt either', () => {
  const said = JSON.stringify(verifyReceipt(receipt))
  expect(JSON.parse(said)).toMatchObject({ outcome: 'verified' })
  let refused = 0
  const unnoticed: string[] = []
  for (let bit = 0; bit < receipt.length * 8; bit += 1) {
    const turned = Uint8Array.from(receipt)
    turned[bit >> 3]! ^= 1 << (bit & 7)
    const verdict = verifyReceipt(turned)
    if (verdict.outcome === 'refused') refused += 1
    else if (JSON.stringify(verdict) !== said) unnoticed.push(`byte ${bit >> 3} bit ${bit & 7}`)
  }
  console.log(`${receipt.length * 8} bits: ${refused} refused, ${receipt.length * 8 - refused} of no consequence`)
  expect(unnoticed).toEqual([])
  expect(receipt.length * 8 - refused).toBeLessThan(receipt.length / 10)
})
