/**
 * Checks a signature: by a raw 32-byte Ed25519 key (RFC 8032), or by a key of a passkey as SubjectPublicKeyInfo (RFC 5280), which is ECDSA over P-256 or RSA (RSASSA-PKCS1-v1_5, from 2,048 bits), both with SHA-256.
 * Never throws: what cannot be checked is `false`.
 */
export type VerifySignature = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean

const ed25519Prefix = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00] // SubjectPublicKeyInfo of RFC 8410, before the 32 bytes
const p256Prefix = [0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04] // RFC 5480, before the two coordinates
const rsaAlgorithm = [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00] // RFC 3279, behind a length

const beginsWith = (bytes: Uint8Array, prefix: readonly number[], from = 0): boolean => prefix.every((byte, index) => bytes[from + index] === byte)

/** What kind of key a SubjectPublicKeyInfo holds; undefined for one that passkeys are not made with here. `raw`: the 32 bytes of Ed25519. */
export function keyKindOf(spki: Uint8Array): { readonly kind: 'Ed25519'; readonly raw: Uint8Array } | { readonly kind: 'P-256' | 'RSA' } | undefined {
  if (spki.length === ed25519Prefix.length + 32 && beginsWith(spki, ed25519Prefix)) return { kind: 'Ed25519', raw: spki.subarray(ed25519Prefix.length) }
  if (spki.length === p256Prefix.length + 64 && beginsWith(spki, p256Prefix)) return { kind: 'P-256' }
  return beginsWith(spki, [0x30, 0x82]) && beginsWith(spki, rsaAlgorithm, 4) && spki.length >= rsaBytesMin ? { kind: 'RSA' } : undefined
}

/** A modulus of 2,048 bits, and what stands around it. */
const rsaBytesMin = 290

/** The two numbers of an ECDSA signature over P-256, 32 bytes each, out of its DER (RFC 3279); undefined for what is not exactly that. */
export function ecdsaNumbers(der: Uint8Array): Uint8Array | undefined {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return undefined
  const numbers = new Uint8Array(64)
  const first = numberAt(der, 2)
  const second = first === undefined ? undefined : numberAt(der, first.end)
  if (first === undefined || second === undefined || second.end !== der.length) return undefined
  numbers.set(first.bytes, 32 - first.bytes.length)
  numbers.set(second.bytes, 64 - second.bytes.length)
  return numbers
}

/** A positive INTEGER in its shortest form, without the zero that only says that it is positive. */
function numberAt(der: Uint8Array, at: number): { readonly bytes: Uint8Array; readonly end: number } | undefined {
  const length = der[at + 1] ?? 0
  const end = at + 2 + length
  const [first = 0, second = 0] = der.subarray(at + 2, end)
  if (der[at] !== 0x02 || length < 1 || end > der.length || first > 0x7f || (first === 0 && length > 1 && second < 0x80)) return undefined
  const bytes = first === 0 ? der.subarray(at + 3, end) : der.subarray(at + 2, end)
  return bytes.length <= 32 ? { bytes, end } : undefined
}
