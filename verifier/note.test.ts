import { generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cosignatureLine, cosignatureType, formatCheckpointBody, formatNote, formatVerifierKey, keyHash, leafHash, Malformed, noteSignatureLine, openCheckpoint, parseCheckpointBody, parseNote, parseVerifierKey, verifyEd25519 } from './index.ts'
import { codeOf } from './testing.ts'

const runs = process.env['BAILEE_FULL'] === '1' ? 1_500 : process.env['BAILEE_LONG'] === '1' ? 500 : 200

function pair(): { publicKey: Uint8Array; sign: (message: Uint8Array) => Uint8Array } {
  const keys = generateKeyPairSync('ed25519')
  const raw = (key: KeyObject): Uint8Array => Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url')
  return { publicKey: raw(keys.publicKey), sign: (message) => sign(null, message, keys.privateKey) }
}

const log = { name: 'bailee.example/1', ...pair() }
const witness = { name: 'witness.example', ...pair() }
const logKey = parseVerifierKey(formatVerifierKey(log.name, log.publicKey))
const witnessKey = parseVerifierKey(formatVerifierKey(witness.name, witness.publicKey, cosignatureType))
const body = formatCheckpointBody({ origin: log.name, size: 7, root: leafHash(Buffer.from('x')) })
const line = noteSignatureLine(log, body, log.sign)
const cosigned = cosignatureLine(witness, body, { time: 1_790_000_000, sign: witness.sign })
const checkpoint = formatNote(body, [line, cosigned])

test('the key and note that Go documents are read and verify', () => {
  const key = parseVerifierKey('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW')
  const note = parseNote("If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n")
  expect(note.signatures[0]?.keyHash).toBe(key.keyHash)
  expect(verifyEd25519(key.publicKey, Buffer.from(note.text), note.signatures[0]!.bytes)).toBe(true)
  expect(verifyEd25519(key.publicKey, Buffer.from(`${note.text} `), note.signatures[0]!.bytes)).toBe(false)
})

test('a key in vkey form is read back, and no near-miss is', () => {
  const vkey = formatVerifierKey(log.name, log.publicKey)
  expect(parseVerifierKey(vkey)).toEqual({ name: log.name, keyHash: keyHash(log.name, 1, log.publicKey), type: 1, publicKey: Uint8Array.from(log.publicKey) })
  const [, hash, material] = [vkey.split('+')[0]!, vkey.split('+')[1]!, vkey.split('+').slice(2).join('+')]
  expect(codeOf(() => parseVerifierKey(`other.example+${hash}+${material}`))).toBe('key/hash')
  expect(codeOf(() => parseVerifierKey(`${log.name}+${hash.slice(1)}+${material}`))).toBe('key/hash')
  expect(codeOf(() => parseVerifierKey(`${log.name}+0000000g+${material}`))).toBe('key/hash')
  expect(codeOf(() => parseVerifierKey(`+${hash}+${material}`))).toBe('key/form')
  expect(codeOf(() => parseVerifierKey(`a b+${hash}+${material}`))).toBe('key/form')
  expect(codeOf(() => parseVerifierKey(`${vkey}\n`))).toBe('key/base64')
  expect(codeOf(() => parseVerifierKey(`${log.name}+${hash}+${material.slice(0, -1)}`))).toMatch(/^key\//)
  expect(codeOf(() => parseVerifierKey(`${log.name}+${hash}+${Buffer.concat([Buffer.from([2]), log.publicKey]).toString('base64')}`))).toBe('key/type')
  expect(codeOf(() => parseVerifierKey(`${log.name}+${hash}`))).toBe('key/form')
  expect(codeOf(() => formatVerifierKey('a+b', log.publicKey))).toBe('key/name')
})

describe('a note that is nearly one is refused', () => {
  const near: readonly (readonly [string, string, string])[] = [
    ['without the empty line', body + line, 'note/split'],
    ['without a signature line', `${body}\n`, 'note/signatures'],
    ['without its last newline', checkpoint.slice(0, -1), 'note/signatures'],
    ['with carriage returns', checkpoint.replaceAll('\n', '\r\n'), 'note/control'],
    ['with a tab in its text', checkpoint.replace('7', '\t7'), 'note/control'],
    ['with a hyphen for the dash', `${body}\n${line.replace('\u2014', '-')}`, 'note/signature'],
    ['with two spaces', `${body}\n${line.replace('\u2014 ', '\u2014  ')}`, 'note/signature'],
    ['with a space at the end of a line', `${body}\n${line.replace('\n', ' \n')}`, 'note/signature'],
    ['with a name that has a plus sign', `${body}\n${line.replace('example', 'exa+mple')}`, 'note/signature'],
    ['with a name that has a no-break space', `${body}\n${line.replace('example', 'exa\u00a0mple')}`, 'note/signature'],
    ['with unpadded base64', `${body}\n${line.replace('=\n', '\n')}`, 'note/signature'],
    ['with stray bits in its base64', `${body}\n\u2014 a.example AAAAAAB=\n`, 'note/signature'],
    ['with a key id and no signature', `${body}\n\u2014 a.example AAAAAA==\n`, 'note/signature'],
    ['with text among the signatures', `${body}\n${line}note\n`, 'note/signature'],
    ['with half a surrogate', `\ud800${checkpoint}`, 'note/utf8'],
    ['with a hundred and one signatures', `${body}\n${line.repeat(101)}`, 'note/signatures'],
  ]
  test.each(near)('%s', (_, text, code) => expect(codeOf(() => parseNote(text))).toBe(code))
  test('in bytes that are not UTF-8', () => expect(codeOf(() => parseNote(Buffer.from([0xff, 0x0a, 0x0a])))).toBe('note/utf8'))
})

describe('a checkpoint text that is nearly one is refused', () => {
  const root = body.split('\n')[2]!
  const near: readonly (readonly [string, string, string])[] = [
    ['size 0', `a.example\n0\n${root}\n`, 'checkpoint/size'],
    ['a leading zero', `a.example\n07\n${root}\n`, 'checkpoint/size'],
    ['a sign', `a.example\n+7\n${root}\n`, 'checkpoint/size'],
    ['an exponent', `a.example\n7e1\n${root}\n`, 'checkpoint/size'],
    ['a size beyond 2^53', `a.example\n9007199254740992\n${root}\n`, 'checkpoint/size'],
    ['an extension line', `a.example\n7\n${root}\nmore\n`, 'checkpoint/lines'],
    ['no last newline', `a.example\n7\n${root}`, 'checkpoint/lines'],
    ['a root of 31 bytes', `a.example\n7\n${Buffer.alloc(31).toString('base64')}\n`, 'checkpoint/root'],
    ['URL-safe base64', `a.example\n7\n${'_'.repeat(43)}=\n`, 'checkpoint/root'],
    ['an empty origin', `\n7\n${root}\n`, 'checkpoint/origin'],
  ]
  test.each(near)('%s', (_, text, code) => expect(codeOf(() => parseCheckpointBody(text))).toBe(code))
  test('and none is written', () => expect(codeOf(() => formatCheckpointBody({ origin: 'a.example', size: 0, root: leafHash(Buffer.from('')) }))).toBe('checkpoint/size'))
})

test('a checkpoint opens with its keys, and tells when a witness saw it', () => {
  const signed = openCheckpoint(checkpoint, [logKey], [witnessKey])
  expect(signed.size).toBe(7)
  expect([...signed.cosigned]).toEqual([[witnessKey, 1_790_000_000]])
  expect(openCheckpoint(Buffer.from(checkpoint), [logKey]).cosigned.size).toBe(0)
})

test('a line by an unknown key is ignored; a forged line by a known key refuses the whole note', () => {
  const stranger = { name: log.name, ...pair() }
  const strange = noteSignatureLine(stranger, body, stranger.sign)
  expect(codeOf(() => openCheckpoint(formatNote(body, [strange, line]), [logKey]))).toBe('accepted')
  expect(codeOf(() => openCheckpoint(formatNote(body, [strange]), [logKey]))).toBe('checkpoint/key')
  const forged = noteSignatureLine(log, body, () => Buffer.alloc(64, 1))
  expect(codeOf(() => openCheckpoint(formatNote(body, [line, forged]), [logKey]))).toBe('checkpoint/signature')
  const forgedWitness = cosignatureLine(witness, body, { time: 1, sign: () => Buffer.alloc(64, 1) })
  expect(codeOf(() => openCheckpoint(formatNote(body, [line, forgedWitness]), [logKey], [witnessKey]))).toBe('checkpoint/cosignature')
})

test('a checkpoint signed under another name than its origin is refused', () => {
  const other = { ...log, name: 'bailee.example/2' }
  const otherKey = parseVerifierKey(formatVerifierKey(other.name, other.publicKey))
  expect(codeOf(() => openCheckpoint(formatNote(body, [noteSignatureLine(other, body, log.sign)]), [otherKey]))).toBe('checkpoint/origin')
})

test('a cosignature does not count as the log, nor a log signature as a witness', () => {
  const asWitness = parseVerifierKey(formatVerifierKey(log.name, log.publicKey, cosignatureType))
  expect(codeOf(() => openCheckpoint(checkpoint, [witnessKey]))).not.toBe('accepted')
  expect(openCheckpoint(checkpoint, [logKey], [asWitness]).cosigned.size).toBe(0)
})

test('one bit changed anywhere in a signed checkpoint refuses it, or leaves the text as it was signed', () => {
  const bytes = Buffer.from(checkpoint)
  fc.assert(fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
    const changed = Buffer.from(bytes)
    changed[Math.floor(bit / 8)]! ^= 1 << (bit % 8)
    try {
      // A changed name or key id makes a line unknown, so it is ignored; then the other one no longer suffices.
      const signed = openCheckpoint(changed, [logKey], [witnessKey])
      expect(signed.text).toBe(body)
      expect(signed.cosigned.size).toBe(0)
    } catch (error) {
      expect(error).toBeInstanceOf(Malformed)
    }
  }), { numRuns: runs })
})
