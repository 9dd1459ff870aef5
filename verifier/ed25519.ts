/**
 * Checks an Ed25519 signature (RFC 8032) by a raw 32-byte public key. Never throws: what cannot be checked is `false`. The only thing that this package
 * asks of the machine it runs on: Node has it at once, a browser only some time later (`browser/speculate.ts`).
 */
export type VerifyEd25519 = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean
