import { createPublicKey, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** Checks an Ed25519 signature (RFC 8032) by a raw 32-byte public key. Never throws: what cannot be checked is `false`. */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  try {
    return verify(null, message, keyOf(publicKey), signature)
  } catch {
    return false // 32 bytes that are no point of the curve
  }
}

function keyOf(publicKey: Uint8Array): KeyObject {
  return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') } })
}
