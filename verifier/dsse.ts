import type { VerifyEd25519 } from './ed25519.ts'
import { jsonObjectOf } from './entry.ts'
import { malformed } from './malformed.ts'
import type { Signer } from './note.ts'
import { base64Bytes, base64Of, bytesOf, joined, utf8Of } from './text.ts'

// DSSE 1.0: a signed document that stands alone. https://github.com/secure-systems-lab/dsse

/** Most signatures in an envelope: a certificate has one; sixteen leaves room for counter-signatures. */
export const envelopeSignaturesMax = 16

/** An envelope taken apart; nothing is verified. `keyid` is a hint and never a reason to trust. */
export interface Envelope {
  readonly payloadType: string
  readonly payload: Uint8Array
  readonly signatures: readonly { readonly keyid?: string; readonly bytes: Uint8Array }[]
}

/** The bytes that are signed: type and payload, each behind its length, so that neither can be moved into the other (PAE of DSSE). */
export function preAuthenticationEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = bytesOf(payloadType)
  return joined([bytesOf(`DSSEv1 ${type.length} `), type, bytesOf(` ${payload.length} `), payload])
}

/** Signs a payload; gives the envelope's bytes (JSON, keys in alphabetical order, no white space). */
export function formatEnvelope(document: { readonly payloadType: string; readonly payload: Uint8Array }, key: { readonly keyid: string; readonly sign: Signer }): Uint8Array {
  const { payloadType, payload } = document
  const sig = base64Of(key.sign(preAuthenticationEncoding(payloadType, payload)))
  return bytesOf(JSON.stringify({ payload: base64Of(payload), payloadType, signatures: [{ keyid: key.keyid, sig }] }))
}

/** Takes an envelope apart. Throws `Malformed` `envelope/...`. */
export function parseEnvelope(bytes: Uint8Array): Envelope {
  const value = jsonObjectOf(utf8Of(bytes, 'envelope/utf8'), 'envelope/json')
  const { payload, payloadType, signatures } = value as { payload?: unknown; payloadType?: unknown; signatures?: unknown }
  if (typeof payload !== 'string' || typeof payloadType !== 'string' || payloadType === '') malformed('envelope/form', 'no payload or no type')
  if (!Array.isArray(signatures) || signatures.length === 0) malformed('envelope/signatures', 'no signature')
  if (signatures.length > envelopeSignaturesMax) malformed('envelope/signatures', 'more signatures than an envelope may have')
  return { payloadType, payload: base64Bytes(payload, 'envelope/payload'), signatures: signatures.map(signatureOf) }
}

function signatureOf(value: unknown): { keyid?: string; bytes: Uint8Array } {
  const { keyid, sig } = (value ?? {}) as { keyid?: unknown; sig?: unknown }
  if (typeof sig !== 'string') malformed('envelope/signatures', 'a signature is text')
  const bytes = base64Bytes(sig, 'envelope/signatures')
  if (keyid === undefined) return { bytes }
  return typeof keyid === 'string' ? { keyid, bytes } : malformed('envelope/signatures', 'a key id is text')
}

/** True if one of the signatures is by this raw 32-byte Ed25519 key. */
export function verifyEnvelope(envelope: Envelope, publicKey: Uint8Array, verifyEd25519: VerifyEd25519): boolean {
  const message = preAuthenticationEncoding(envelope.payloadType, envelope.payload)
  return envelope.signatures.some((signature) => verifyEd25519(publicKey, message, signature.bytes))
}
