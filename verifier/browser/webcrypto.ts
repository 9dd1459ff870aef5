import { ecdsaNumbers, keyKindOf } from '../signature.ts'
import type { VerifyLater } from './settle.ts'

/** The WebCrypto of this page; a copy of bytes is made where it asks for memory of its own kind. */
const subtle = (): typeof globalThis.crypto.subtle => globalThis.crypto.subtle

/** Checks a signature by WebCrypto, as `signature.ts` says. What is no key, or no signature, is `false`. */
export const verifyByWebCrypto: VerifyLater = async (publicKey, message, signature) => {
  if (publicKey.length > 32) return verifyByPasskey(publicKey, message, signature)
  if (publicKey.length !== 32 || signature.length !== 64) return false
  try {
    const key = await subtle().importKey('raw', Uint8Array.from(publicKey), { name: 'Ed25519' }, false, ['verify'])
    return await subtle().verify({ name: 'Ed25519' }, key, Uint8Array.from(signature), Uint8Array.from(message))
  } catch {
    return false // 32 bytes that are no point of the curve
  }
}

async function verifyByPasskey(spki: Uint8Array, message: Uint8Array, der: Uint8Array): Promise<boolean> {
  const kind = keyKindOf(spki)?.kind
  const signature = kind === 'P-256' ? ecdsaNumbers(der) : der
  if ((kind !== 'P-256' && kind !== 'RSA') || signature === undefined) return false
  const algorithm = kind === 'P-256' ? { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  try {
    const key = await subtle().importKey('spki', Uint8Array.from(spki), algorithm, false, ['verify'])
    return await subtle().verify(algorithm, key, Uint8Array.from(signature), Uint8Array.from(message))
  } catch {
    return false
  }
}

// RFC 8032 section 7.1, test 1: the empty message.
const testKey = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'
const testSignature = 'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b'
const bytesOfHex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))

/** True where this browser can check signatures at all: without that, every bundle would look forged. */
export function canVerify(): Promise<boolean> {
  return verifyByWebCrypto(bytesOfHex(testKey), new Uint8Array(), bytesOfHex(testSignature))
}
