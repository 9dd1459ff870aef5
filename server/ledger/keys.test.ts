import { spawnSync } from 'node:child_process'
import { createPublicKey, verify } from 'node:crypto'
import { existsSync, linkSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openKeyStore } from './keys.ts'
import { temporaryDirectory } from './testing.ts'

let directory: ReturnType<typeof temporaryDirectory>
beforeEach(() => { directory = temporaryDirectory() })
afterEach(() => directory.remove())

const filesIn = (path: string): string[] => readdirSync(path, { recursive: true, withFileTypes: true }).filter((item) => item.isFile()).map((item) => join(item.parentPath, item.name))

test('keys are the same when the store is opened again, and differ by slot, class, year and purpose', () => {
  const [one, other] = [openKeyStore(directory.path), openKeyStore(directory.path)]
  expect(other.log.publicKey).toEqual(one.log.publicKey)
  expect(one.certificate.publicKey).not.toEqual(one.log.publicKey)
  const keys = [one.payloadKey(1, 'evidence', 2019), one.payloadKey(2, 'evidence', 2019), one.payloadKey(1, 'people', 2019), one.payloadKey(1, 'evidence', 2020), one.segmentKey(1, 'fingerprints'), one.segmentKey(1, 'exit')]
  expect(new Set(keys.map((key) => Buffer.from(key.key).toString('hex'))).size).toBe(keys.length)
  for (const { id, key } of keys) expect(Buffer.from(other.find(id) ?? [])).toEqual(Buffer.from(key))
  expect(one.epochKey(1)).toHaveLength(16)
  expect(other.find('payload/9/evidence/2019')).toBeUndefined()
})

test('every key file is readable by its owner alone, and no draft is left', () => {
  const keys = openKeyStore(directory.path)
  keys.payloadKey(1, 'evidence', 2019)
  keys.epochKey(1)
  const files = filesIn(directory.path)
  expect(files.map((file) => file.slice(directory.path.length + 1)).sort()).toEqual(['certificate.pem', 'epoch/1.key', 'log.pem', 'payload/1/evidence/2019.key'])
  for (const file of files) expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(statSync(join(directory.path, 'payload')).mode & 0o077).toBe(0)
})

test('what the log key signs verifies as Ed25519', () => {
  const { log } = openKeyStore(directory.path)
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(log.publicKey).toString('base64url') }, format: 'jwk' })
  const message = Buffer.from('a checkpoint')
  expect(verify(null, message, key, log.sign(message))).toBe(true)
})

test('processes that make the same keys at once end with the same ones', () => {
  const face = JSON.stringify(new URL('./keys.ts', import.meta.url).href)
  const program = `import { openKeyStore } from ${face}; const keys = openKeyStore(process.argv[1]); process.stdout.write([keys.log.publicKey, keys.payloadKey(1, 'evidence', 2019).key].map((key) => Buffer.from(key).toString('hex')).join() + '\\n')`
  const raced = spawnSync('sh', ['-c', 'for i in 1 2 3 4; do "$0" --input-type=module -e "$2" "$1" & done; wait', process.execPath, directory.path, program], { encoding: 'utf8' })
  const lines = raced.stdout.split('\n').filter((line) => line !== '')
  expect(lines).toHaveLength(4)
  expect(new Set(lines).size).toBe(1)
  expect(filesIn(directory.path)).toHaveLength(3)
})

test('a destroyed key is found by nobody and seals nothing, also for another process and after a kill in between', () => {
  const keys = openKeyStore(directory.path)
  const { id } = keys.payloadKey(1, 'people', 2019)
  keys.destroy(id)
  for (const store of [keys, openKeyStore(directory.path)]) {
    expect(store.find(id)).toBeUndefined()
    expect(() => store.payloadKey(1, 'people', 2019)).toThrow(expect.objectContaining({ code: 'ledger/key-destroyed' }))
  }
  expect(existsSync(join(directory.path, `${id}.key`))).toBe(false)
  keys.destroy(id) // twice is once
  writeFileSync(join(directory.path, `${id}.key`), Buffer.alloc(32)) // killed after the mark, before the file went
  expect(openKeyStore(directory.path).find(id)).toBeUndefined()
})

test('a process that has used a key stops when another destroys it', () => {
  const [one, other] = [openKeyStore(directory.path), openKeyStore(directory.path)]
  const { id } = other.payloadKey(1, 'people', 2019)
  one.destroy(id)
  expect(() => other.payloadKey(1, 'people', 2019)).toThrow(expect.objectContaining({ code: 'ledger/key-destroyed' }))
  expect(other.find(id)).toBeUndefined()
})

test('a destroyed key leaves no second name: the draft of a process that was killed while it made the key goes too', () => {
  const keys = openKeyStore(directory.path)
  const { id, key } = keys.payloadKey(1, 'people', 2019)
  const next = keys.payloadKey(1, 'people', 2020)
  linkSync(join(directory.path, `${id}.key`), join(directory.path, `${id}.key.4711.0badcafe`)) // killed between link and unlink
  keys.destroy(id)
  expect(filesIn(directory.path).filter((file) => readFileSync(file).equals(key))).toEqual([])
  expect(keys.find(next.id)).toEqual(next.key)
})

test.each(['../log', 'payload/../../x', '/etc/x', 'Payload/1', ''])('%j is not the id of a key', (id) => {
  expect(() => openKeyStore(directory.path).find(id)).toThrow(expect.objectContaining({ code: 'ledger/key-id' }))
})

test('a key file of another length is refused, not used', () => {
  openKeyStore(directory.path).payloadKey(1, 'evidence', 2019)
  writeFileSync(join(directory.path, 'payload/1/evidence/2019.key'), 'short')
  expect(() => openKeyStore(directory.path).payloadKey(1, 'evidence', 2019)).toThrow(expect.objectContaining({ code: 'ledger/key-length' }))
})
