import { malformed } from './malformed.ts'
import { sha256 } from './merkle.ts'
import { base64Bytes, base64Of, bytesOf, joined, utf8Of, viewOf } from './text.ts'

// C2SP signed-note: text, an empty line, signature lines. https://c2sp.org/signed-note

/** Ed25519 over the note text. */
export const ed25519Type = 0x01
/** Timestamped Ed25519 cosignature of a witness (tlog-cosignature v1). */
export const cosignatureType = 0x04

/** Most signature lines in a note: the specification asks for at least 16; a hundred leaves room for witnesses. */
export const signaturesMax = 100
/** Longest note, in characters: a checkpoint with a hundred signatures is under 40,000. */
export const noteCharactersMax = 1_000_000

/** One signature line as it stands, not yet checked. `keyHash` is the 32-bit key id, `bytes` what follows it. */
export interface NoteSignature {
  readonly name: string
  readonly keyHash: number
  readonly bytes: Uint8Array
}

/** A note taken apart. `text` ends in a newline and is what keys sign; nothing here is verified. */
export interface Note {
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** A key that may sign notes, in `vkey` form: type 0x01 for logs, 0x04 for witnesses; `publicKey` is 32 bytes. */
export interface VerifierKey {
  readonly name: string
  readonly keyHash: number
  readonly type: number
  readonly publicKey: Uint8Array
}

/** Signs a message with Ed25519 and gives the 64 bytes. Where the key lives is the caller's affair. */
export type Signer = (message: Uint8Array) => Uint8Array

/** True for a key name: not empty, no space of any alphabet, no plus sign, no control character. */
export function isKeyName(name: string): boolean {
  return name.isWellFormed() && /^[^\s+\u0000-\u001f\u0085]+$/u.test(name)
}

/** First four bytes of SHA-256(name || LF || type || publicKey), as an unsigned number. */
export function keyHash(name: string, type: number, publicKey: Uint8Array): number {
  return viewOf(sha256(bytesOf(`${name}\n`), Uint8Array.of(type), publicKey)).getUint32(0)
}

/** A key in `vkey` form: `<name>+<hex key hash>+<base64 (type || key)>`. Throws `Malformed` for a name or key that cannot be. */
export function formatVerifierKey(name: string, publicKey: Uint8Array, type: number = ed25519Type): string {
  if (!isKeyName(name)) malformed('key/name', 'a key name is not empty and has no space or plus sign')
  if (publicKey.length !== 32) malformed('key/length', 'an Ed25519 public key has 32 bytes')
  return `${name}+${eightDigits(keyHash(name, type, publicKey))}+${base64Of(joined([Uint8Array.of(type), publicKey]))}`
}

/** Reads a `vkey`; throws `Malformed` unless every byte is as `formatVerifierKey` would write it. */
export function parseVerifierKey(vkey: string): VerifierKey {
  const parts = vkey.split('+')
  const [name, hash] = parts
  if (name === undefined || hash === undefined || parts.length < 3 || !isKeyName(name)) malformed('key/form', 'not name+hash+key')
  if (!/^[0-9a-f]{8}$/.test(hash)) malformed('key/hash', 'the key hash is 8 lower-case hexadecimal digits')
  const material = base64Bytes(parts.slice(2).join('+'), 'key/base64') // base64 itself has plus signs
  const type = material[0]
  if (type !== ed25519Type && type !== cosignatureType) malformed('key/type', 'neither Ed25519 (1) nor a cosignature key (4)')
  if (material.length !== 33) malformed('key/length', 'an Ed25519 public key has 32 bytes')
  const publicKey = material.subarray(1)
  const expected = keyHash(name, type, publicKey)
  if (eightDigits(expected) !== hash) malformed('key/hash', 'the key hash is not that of this name and key')
  return { name, keyHash: expected, type, publicKey }
}

/** Takes a note apart, strictly (grammar only, no signature is checked). Throws `Malformed` `note/...`. */
export function parseNote(source: string | Uint8Array): Note {
  if (source.length > noteCharactersMax) malformed('note/size', 'longer than a note may be')
  const whole = typeof source === 'string' ? source : utf8Of(source, 'note/utf8')
  if (!whole.isWellFormed()) malformed('note/utf8', 'not valid Unicode')
  if (/[\u0000-\u0009\u000b-\u001f]/.test(whole)) malformed('note/control', 'a control character')
  const split = whole.lastIndexOf('\n\n')
  if (split < 0) malformed('note/split', 'no empty line before signatures')
  if (!whole.endsWith('\n') || split + 2 >= whole.length) malformed('note/signatures', 'no signature line, or the last does not end')
  const lines = whole.slice(split + 2, -1).split('\n')
  if (lines.length > signaturesMax) malformed('note/signatures', 'more signature lines than a note may have')
  return { text: whole.slice(0, split + 1), signatures: lines.map(signatureOf) }
}

function signatureOf(line: string): NoteSignature {
  const match = /^\u2014 ([^ ]+) ([A-Za-z0-9+/=]+)$/u.exec(line)
  const name = match?.[1]
  const encoded = match?.[2]
  if (name === undefined || encoded === undefined || !isKeyName(name)) malformed('note/signature', 'not a signature line')
  const bytes = base64Bytes(encoded, 'note/signature')
  if (bytes.length < 5) malformed('note/signature', 'too short for a key id and a signature')
  return { name, keyHash: viewOf(bytes).getUint32(0), bytes: bytes.subarray(4) }
}

/** Puts a note together from its text (ending in a newline) and signature lines (each ending in one). */
export function formatNote(text: string, signatureLines: readonly string[]): string {
  const note = `${text}\n${signatureLines.join('')}`
  parseNote(note) // a note that we could not read back must not leave
  return note
}

/** Signs a note's text; gives the whole line, with its newline. Type 0x01 only: a cosignature has its own message. */
export function noteSignatureLine(key: { readonly name: string; readonly publicKey: Uint8Array }, text: string, sign: Signer): string {
  if (!isKeyName(key.name)) malformed('key/name', 'a key name is not empty and has no space or plus sign')
  return signatureLine(key.name, keyHash(key.name, ed25519Type, key.publicKey), sign(bytesOf(text)))
}

/** A signature line from its parts; `bytes` is what follows the key id. */
export function signatureLine(name: string, hash: number, bytes: Uint8Array): string {
  const prefix = new Uint8Array(4)
  viewOf(prefix).setUint32(0, hash)
  return `\u2014 ${name} ${base64Of(joined([prefix, bytes]))}\n`
}

function eightDigits(hash: number): string {
  return hash.toString(16).padStart(8, '0')
}
