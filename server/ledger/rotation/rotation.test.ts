import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { formatVerifierKey, openDirectory, parseVerifierKey, verifyBundle, type Verdict, type VerifyOptions } from '@bailee/verifier'
import { createTestDatabase, type TestDatabase } from '../../database/testing.ts'
import { applies } from '../applies.ts'
import { exportBundle } from '../bundle.ts'
import type { Ledger } from '../ledger.ts'
import { makeReceipt } from '../receipt.ts'
import { noon, noteApplies, openTestLedger, temporaryDirectory } from '../testing.ts'
import { revokeKey, rotateKey } from './rotate.ts'
import { keyRevocations } from './store.ts'

let directory: ReturnType<typeof temporaryDirectory>
let own: TestDatabase
let ledger: Ledger
const open = (): Promise<Ledger> => openTestLedger(own.database, join(directory.path, 'keys'), { ...noteApplies, ...applies })
beforeEach(async () => {
  directory = temporaryDirectory()
  own = await createTestDatabase()
  ledger = await open()
  await ledger.openSlot(noon, () => [{ slot: 1, type: 'note.written', at: noon, parts: { evidence: { text: 'first' } } }])
})
afterEach(async () => { await own.close(); directory.remove() })

const place = (name: string): string => join(directory.path, name)
async function exported(name: string, at = noon): Promise<string> {
  await ledger.append({ slot: 1, type: 'note.written', at, parts: { evidence: { text: name } } })
  await exportBundle(ledger, { slot: 1, at, directory: place(name), receiptsFor: ['note.written'], certificates: new Map() })
  return place(name)
}
const pinOf = async (): Promise<NonNullable<VerifyOptions['pins']>> => [parseVerifierKey(formatVerifierKey(`${ledger.origin}/root`, (await ledger.signers()).log.signer.publicKey))]
const checked = (bundle: string, options: Parameters<typeof verifyBundle>[1] = {}): string => { const verdict: Verdict = verifyBundle(openDirectory(bundle), options); return verdict.outcome === 'verified' ? 'verified' : verdict.because.code }

test('what was signed before a rotation verifies as before, and what is signed after it by the key before, through the change that both signed', async () => {
  const first = await pinOf()
  const before = await exported('before')
  const receipt = { name: 'kept', bytes: Buffer.from((await makeReceipt(ledger, { slot: 1, index: 1, at: noon })).text) }
  const { snapshots } = await rotateKey(ledger, 'log', noon + 60)
  const second = await pinOf()
  const after = await exported('after', noon + 120)
  copyFileSync(join(before, 'client/checkpoint'), join(after, 'client.old-checkpoint'))
  expect(second).not.toEqual(first)
  expect(snapshots).toBe(1)
  for (const pins of [[], first, second]) expect(checked(after, { pins, kept: [receipt] })).toBe('verified')
  expect(checked(before, { pins: first })).toBe('verified')
  expect(checked(before, { pins: second })).toBe('checkpoint/pin')
  expect(checked(after, { policy: { logs: first, witnesses: new Map(), quorum: { kind: 'none' } } })).toBe('verified')
  await rotateKey(ledger, 'log', noon + 180)
  await rotateKey(ledger, 'certificate', noon + 180)
  const later = await exported('later', noon + 240)
  for (const pins of [first, second, await pinOf()]) expect(checked(later, { pins, kept: [receipt] })).toBe('verified')
  expect((await (await open()).signers()).log.number).toBe(3)
})

test('an old key that goes on signing is not believed, nor what it signed beyond a revocation', async () => {
  const first = await pinOf()
  await exported('one')
  await exported('two', noon + 60)
  const late = { name: 'late', bytes: Buffer.from((await makeReceipt(ledger, { slot: 1, index: 2, at: noon + 60 })).text) }
  const thief = { ...ledger, signers: await ledger.signers().then((then) => () => Promise.resolve(then)) }
  await revokeKey(ledger, { purpose: 'log', number: 1, snapshots: 1, because: 'its disk was lost', by: 'noa' }, noon + 120)
  expect((await ledger.signers()).log.number, 'the key that signs was rotated first').toBe(2)
  expect(await keyRevocations(own.database)).toMatchObject([{ purpose: 'log', number: 1, snapshots: 1 }])
  const after = await exported('after', noon + 180)
  expect(checked(after, { pins: first })).toBe('verified')
  expect(checked(after, { kept: [late] })).toBe('keys/over')
  copyFileSync(place('one/client/checkpoint'), join(after, 'client.old-checkpoint'))
  expect(checked(after)).toBe('verified')
  copyFileSync(place('two/client/checkpoint'), join(after, 'client.old-checkpoint'))
  expect(checked(after)).toBe('keys/over')
  await exportBundle(thief, { slot: 1, at: noon + 180, directory: place('stolen'), receiptsFor: [], certificates: new Map() })
  expect(checked(place('stolen'), { pins: first })).toBe('keys/over')
  expect(checked(place('stolen'), { pins: await pinOf() })).toBe('keys/over')
})
