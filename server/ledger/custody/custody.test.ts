import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openKeyStore } from '../keys.ts'
import { temporaryDirectory } from '../testing.ts'
import { isMasterOf, keyFiles, lockWith, readOpener, sealAll, unlockWith } from './lock.ts'
import { combineShares, splitMaster } from './shares.ts'

let temporary: ReturnType<typeof temporaryDirectory>
let directory: string
beforeEach(() => { temporary = temporaryDirectory(); directory = join(temporary.path, 'keys') })
afterEach(() => temporary.remove())

/** Cheap, or each test would take a third of a second for each guess. */
const cost = { N: 2 ** 10, r: 8, p: 1 }
const secret = Buffer.from('correct horse battery')
const bytesOf = (name: string): Buffer => readFileSync(join(directory, name))

/** A store as every version before this one made it: all in clear. */
function oldStore(): { signer: Uint8Array; payload: Uint8Array } {
  const keys = openKeyStore(directory)
  keys.epochKey(1)
  return { signer: keys.log.publicKey, payload: keys.payloadKey(1, 'evidence', 2019).key }
}

test('a store in clear is read as before, encrypted by one command, and holds the same keys after', () => {
  const old = oldStore()
  const master = lockWith(directory, secret, { cost })
  expect(sealAll(directory, master)).toBe(4)
  expect(sealAll(directory, master)).toBe(0)
  const again = openKeyStore(directory, unlockWith(directory, secret))
  expect(again.log.publicKey).toEqual(old.signer)
  expect(again.payloadKey(1, 'evidence', 2019).key).toEqual(old.payload)
  const made = again.payloadKey(2, 'evidence', 2020).key
  for (const name of keyFiles(directory)) for (const key of [old.payload, made, 'PRIVATE KEY'].map((one) => Buffer.from(one as string))) expect(bytesOf(name).includes(key), name).toBe(false)
})

test('a locked store opens with its secret alone', () => {
  oldStore()
  lockWith(directory, secret, { cost })
  expect(() => openKeyStore(directory)).toThrow('nothing opens them')
  expect(() => unlockWith(directory, Buffer.from('correct horse'))).toThrow(expect.objectContaining({ code: 'ledger/wrong-passphrase' }))
  expect(() => lockWith(directory, Buffer.of(), { cost })).toThrow('empty')
})

test('what is sealed without custody.json beside it is not said to want a passphrase: none would open it', () => {
  oldStore()
  sealAll(directory, lockWith(directory, secret, { cost }))
  rmSync(join(directory, 'custody.json'))
  expect(() => openKeyStore(directory)).toThrow('custody.json, which says what opens them, is gone: restore it')
})

test('with another secret the old one opens nothing, and the keys are the same', () => {
  const old = oldStore()
  const master = lockWith(directory, secret, { cost })
  sealAll(directory, master)
  lockWith(directory, Buffer.from('another one'), { master, cost })
  expect(() => unlockWith(directory, secret)).toThrow(expect.objectContaining({ code: 'ledger/wrong-passphrase' }))
  expect(openKeyStore(directory, unlockWith(directory, Buffer.from('another one'))).log.publicKey).toEqual(old.signer)
})

test('a process that opened the store before it was locked makes no key in clear', () => {
  const early = openKeyStore(directory)
  sealAll(directory, lockWith(directory, secret, { cost }))
  expect(() => early.payloadKey(3, 'evidence', 2020)).toThrow('nothing opens them')
  expect(keyFiles(directory)).toEqual(['certificate.pem', 'log.pem'])
})

test('a sealed key that was altered, or put under another name, is refused', () => {
  oldStore()
  const master = lockWith(directory, secret, { cost })
  sealAll(directory, master)
  renameSync(join(directory, 'payload/1/evidence/2019.key'), join(directory, 'payload/1/evidence/2020.key'))
  expect(() => openKeyStore(directory, master).payloadKey(1, 'evidence', 2020)).toThrow(expect.objectContaining({ code: 'ledger/key-sealed' }))
  const sealed = bytesOf('epoch/1.key')
  fc.assert(fc.property(fc.nat((sealed.length - 17) * 8 - 1), (bit) => { // behind the first line, which says that it is sealed
    const flipped = Buffer.from(sealed)
    flipped[17 + (bit >> 3)] = (flipped[17 + (bit >> 3)] ?? 0) ^ (1 << (bit & 7))
    writeFileSync(join(directory, 'epoch/1.key'), flipped)
    expect(() => openKeyStore(directory, master).epochKey(1)).toThrow(expect.objectContaining({ code: 'ledger/key-sealed' }))
  }), { numRuns: 30 })
  const [first = 0] = sealed
  writeFileSync(join(directory, 'epoch/1.key'), Buffer.concat([Buffer.of(first ^ 1), sealed.subarray(1)]))
  expect(() => openKeyStore(directory, master).epochKey(1)).toThrow(expect.objectContaining({ code: 'ledger/key-length' }))
})

test.each([[0o640, 'log.pem'], [0o604, 'log.pem'], [0o750, '.'], [0o701, '.']])('mode %i of %s is refused, with what to do', (mode, name) => {
  oldStore()
  chmodSync(join(directory, name), mode)
  expect(() => openKeyStore(directory)).toThrow(expect.objectContaining({ code: 'ledger/key-permissions', message: expect.stringContaining('chmod') as string }))
})

test('encrypting that is killed goes on where it was, and everything opens meanwhile', () => {
  const old = oldStore()
  lockWith(directory, secret, { cost })
  const program = `import { sealAll, unlockWith } from ${JSON.stringify(new URL('./lock.ts', import.meta.url).href)}; sealAll(process.argv[1], unlockWith(process.argv[1], Buffer.from('${secret.toString()}')))`
  expect(spawnSync(process.execPath, ['--input-type=module', '-e', program, directory], { env: { ...process.env, BAILEE_FAILPOINT: 'ledger/key-sealed' } }).signal).toBe('SIGKILL')
  const master = unlockWith(directory, secret)
  expect(openKeyStore(directory, master).payloadKey(1, 'evidence', 2019).key).toEqual(old.payload)
  expect(sealAll(directory, master)).toBe(3)
})

test('a lock that asks for all memory, or is none, is not followed', () => {
  oldStore()
  lockWith(directory, secret, { cost })
  const lock = JSON.parse(bytesOf('custody.json').toString()) as { kdf: object }
  writeFileSync(join(directory, 'custody.json'), JSON.stringify({ ...lock, kdf: { ...lock.kdf, N: 2 ** 30 } }))
  expect(() => unlockWith(directory, secret)).toThrow(expect.objectContaining({ code: 'ledger/custody' }))
  writeFileSync(join(directory, 'custody.json'), '{}')
  expect(() => unlockWith(directory, secret)).toThrow(expect.objectContaining({ code: 'ledger/custody' }))
})

test('a directory is no key file, and is not said to be missing', () => {
  expect(() => readOpener(temporary.path)).toThrow('is no file; BAILEE_KEY_FILE names the file')
  expect(() => readOpener(join(directory, 'nothing'))).toThrow('there is no key file')
})

test('a key file is read without the line break at its end, and refused when it is too short', () => {
  const file = join(temporary.path, 'opener')
  writeFileSync(file, 'sixteen bytes it is\r\n', { mode: 0o600 })
  expect(Buffer.from(readOpener(file)).toString()).toBe('sixteen bytes it is')
  writeFileSync(file, 'short\n')
  expect(() => readOpener(file)).toThrow('at least 16')
  expect(() => readOpener(`${file}.not`)).toThrow('there is no key file')
})

test('a key file that everybody may read is refused, whosever it is; a credential of systemd may be its group\'s', () => {
  const file = join(temporary.path, 'opener')
  writeFileSync(file, 'sixteen bytes it is\n', { mode: 0o600 })
  for (const mode of [0o644, 0o604, 0o620]) {
    chmodSync(file, mode)
    expect(() => readOpener(file), mode.toString(8)).toThrow('chmod go=')
  }
  chmodSync(file, 0o440)
  if (process.getuid?.() === 0) expect(readOpener(file)).toHaveLength(19)
  else expect(() => readOpener(file)).toThrow('chmod go=')
})

test('any three of five shares give the key back, also when the lock is gone; two, mistyped ones, and those of another store do not', async () => {
  oldStore()
  const master = lockWith(directory, secret, { cost })
  sealAll(directory, master)
  const shares = await splitMaster(master, { of: 5, need: 3 })
  for (const chosen of [[0, 1, 2], [4, 2, 0], [1, 3, 4], [0, 1, 2, 3, 4]]) expect(await combineShares(directory, chosen.map((index) => shares[index] ?? ''))).toEqual(Uint8Array.from(master))
  rmSync(join(directory, 'custody.json'))
  expect(await combineShares(directory, shares)).toEqual(Uint8Array.from(master))
  await expect(combineShares(directory, shares.slice(0, 2))).rejects.toThrow('2 shares, and 3 are needed')
  await expect(combineShares(directory, [shares[0] ?? '', shares[0] ?? '', shares[1] ?? ''])).rejects.toThrow('2 shares')
  const mistyped = (shares[0] ?? '').replace(/[0-9a-f]{8}$/, '00000000')
  await expect(combineShares(directory, [mistyped, ...shares.slice(1)])).rejects.toThrow('line 1 is no share, or was mistyped')
  const strangers = await splitMaster(Buffer.alloc(32, 7), { of: 3, need: 2 })
  await expect(combineShares(directory, strangers)).rejects.toMatchObject({ code: 'ledger/other-shares' })
  await expect(combineShares(directory, [...strangers, ...shares])).rejects.toThrow('different stores')
  expect(isMasterOf(directory, Buffer.alloc(32))).toBe(false)
  for (const wrong of [{ of: 1, need: 1 }, { of: 2, need: 3 }, { of: 17, need: 2 }, { of: 3, need: 1 }]) await expect(splitMaster(master, wrong)).rejects.toThrow('--need')
})
