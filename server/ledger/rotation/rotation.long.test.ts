import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { formatVerifierKey, openDirectory, parseVerifierKey, verifyBundle, type Verdict, type VerifyOptions } from '@bailee/verifier'
import { createTestDatabase, type TestDatabase } from '../../database/testing.ts'
import { applies } from '../applies.ts'
import { exportBundle } from '../bundle.ts'
import type { Ledger } from '../ledger.ts'
import { noon, noteApplies, openTestLedger, temporaryDirectory } from '../testing.ts'
import { rotateKey } from './rotate.ts'
import { signingKeys } from './store.ts'

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

test.each([
  ['another size', (text: string) => text.replace('snapshots 1', 'snapshots 2'), 'keys/signature'],
  ['another new key', (text: string) => text.replace(/to .*\n/, `to ${formatVerifierKey('processor.example/root', Buffer.alloc(32, 7))}\n`), 'keys/signature'],
  ['the old key left out', (text: string) => text.replace(/\n\n— .*\n/, '\n\n'), 'keys/signature'],
  ['another form', (text: string) => text.replace('bailee-key/v1', 'bailee-key/v2'), 'keys/form'],
  ['another word', (text: string) => text.replace('rotated log', 'retired log'), 'keys/form'],
])('a change of keys with %s is refused', async (_, edit, code) => {
  await exported('before')
  await rotateKey(ledger, 'log', noon + 60)
  const after = await exported('after', noon + 120)
  const file = join(after, 'keys/0')
  writeFileSync(file, edit(readFileSync(file, 'utf8')))
  expect(checked(after)).toBe(code)
})

test('a change of keys that was made for another history is refused; left out, the old pin does not fit', async () => {
  const first = await pinOf()
  await rotateKey(ledger, 'log', noon + 60)
  const after = await exported('after', noon + 120)
  const stranger = temporaryDirectory()
  const another = await createTestDatabase()
  const other = await openTestLedger(another.database, join(stranger.path, 'keys'), { ...noteApplies, ...applies })
  await rotateKey(other, 'log', noon + 60)
  const note = (await signingKeys(another.database))[0]?.note ?? ''
  writeFileSync(join(after, 'keys/1'), note)
  expect(checked(after)).toBe('keys/history')
  rmSync(join(after, 'keys'), { recursive: true })
  expect(checked(after, { pins: first })).toBe('checkpoint/pin')
  await another.close()
  stranger.remove()
})

test('killed when the key is made, nothing happened; killed before the commit or after it, it is recorded as the ledger says; then it goes on', async () => {
  const child = join(import.meta.dirname, 'testing.child.ts')
  for (const [failpoint, number] of [['ledger/key-made', 1], ['ledger/before-commit', 1], ['ledger/after-commit', 2]] as const) {
    const killed = spawnSync(process.execPath, [child, own.url, join(directory.path, 'keys'), String(noon)], { encoding: 'utf8', env: { ...process.env, BAILEE_FAILPOINT: failpoint } })
    expect(killed.signal, killed.stderr).toBe('SIGKILL')
    ledger = await open()
    expect((await ledger.signers()).log.number, failpoint).toBe(number)
    expect(checked(await exported(`after-${number}-${failpoint.slice(7)}`))).toBe('verified')
  }
  expect((await rotateKey(ledger, 'log', noon)).number).toBe(3)
})

test('a key store from before a rotation does not sign: it has not the key that follows', async () => {
  await rotateKey(ledger, 'log', noon)
  rmSync(place('keys/log-2.pem'))
  await expect(exported('without')).rejects.toMatchObject({ code: 'ledger/no-signing-key' })
  expect(existsSync(place('keys/log-2.pem'))).toBe(false)
  copyFileSync(place('keys/log.pem'), place('keys/log-2.pem'))
  await expect(exported('wrong')).rejects.toMatchObject({ code: 'ledger/other-keys' })
})

test('two who rotate at once: one is told', async () => {
  const other = await open()
  let [done, told] = [0, 0]
  for (let attempt = 0; attempt < 10 && told === 0; attempt += 1) { // on a busy machine the second may begin when the first has ended
    const both = await Promise.allSettled([rotateKey(ledger, 'log', noon), rotateKey(other, 'log', noon)])
    done += both.filter(({ status }) => status === 'fulfilled').length
    for (const one of both) if (one.status === 'rejected') {
      expect(one).toMatchObject({ reason: { code: 'ledger/rotated' } })
      told += 1
    }
  }
  expect(told).toBe(1)
  expect((await signingKeys(own.database)).map(({ number }) => number)).toEqual(Array.from({ length: done }, (_, index) => index + 2))
  expect(checked(await exported('both'))).toBe('verified')
})
