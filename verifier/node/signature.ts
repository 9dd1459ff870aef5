import { createPublicKey, verify } from 'node:crypto'
import { ecdsaNumbers, keyKindOf } from '../signature.ts'
import { verifyEd25519 } from './ed25519.ts'

/** Checks a signature, as `signature.ts` says, with Node's cryptography. */
export function verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length === 32) return verifyEd25519(publicKey, message, signature)
  const kind = keyKindOf(publicKey)?.kind
  const numbers = kind === 'P-256' ? ecdsaNumbers(signature) : undefined
  if ((kind !== 'P-256' || numbers === undefined) && kind !== 'RSA') return false
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' })
    return numbers === undefined ? verify('sha256', message, key, signature) : verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, numbers)
  } catch {
    return false // no point of the curve, or no key
  }
}
