import type { VerifyEd25519 } from './ed25519.ts'
import { malformed } from './malformed.ts'
import { cosignatureType, keyHash, signatureLine } from './note.ts'
import type { NoteSignature, Signer, VerifierKey } from './note.ts'
import { bytesOf, joined, viewOf } from './text.ts'

// C2SP tlog-cosignature v1 (Ed25519, type 0x04): a witness says that at `time` this was the largest tree it had seen.

/** The bytes that a witness signs: two header lines, then the checkpoint text. `time` is Unix seconds. */
export function cosignatureMessage(time: number, text: string): Uint8Array {
  if (!Number.isSafeInteger(time) || time < 0) malformed('cosignature/time', 'not Unix seconds')
  return bytesOf(`cosignature/v1\ntime ${time}\n${text}`)
}

/** A witness's signature line over a checkpoint text; `time` is Unix seconds. */
export function cosignatureLine(key: { readonly name: string; readonly publicKey: Uint8Array }, text: string, cosigning: { readonly time: number; readonly sign: Signer }): string {
  const bytes = new Uint8Array(8)
  viewOf(bytes).setBigUint64(0, BigInt(cosigning.time))
  const signature = cosigning.sign(cosignatureMessage(cosigning.time, text))
  return signatureLine(key.name, keyHash(key.name, cosignatureType, key.publicKey), joined([bytes, signature]))
}

/** Checks one cosignature; gives its time in Unix seconds, or `undefined` when it does not verify. */
export function verifyCosignature(key: VerifierKey, signature: NoteSignature, text: string, verifyEd25519: VerifyEd25519): number | undefined {
  if (key.type !== cosignatureType || signature.bytes.length !== 72) return undefined
  const time = viewOf(signature.bytes).getBigUint64(0)
  if (time > BigInt(Number.MAX_SAFE_INTEGER)) return undefined
  const message = cosignatureMessage(Number(time), text)
  return verifyEd25519(key.publicKey, message, signature.bytes.subarray(8)) ? Number(time) : undefined
}
