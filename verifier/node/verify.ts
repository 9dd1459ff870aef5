import { inflateRawSync } from 'node:zlib'
import { checkBundle } from '../bundle.ts'
import { checkCertificate } from '../certificate.ts'
import type { CertificateAsked, CertificateVerdict } from '../certificate.ts'
import * as checkpoint from '../checkpoint.ts'
import type { SignedCheckpoint } from '../checkpoint.ts'
import * as cosignature from '../cosignature.ts'
import * as dsse from '../dsse.ts'
import type { Envelope } from '../dsse.ts'
import type { NoteSignature, VerifierKey } from '../note.ts'
import { checkReceipt } from '../receipt.ts'
import type { KeptReceipt, ReceiptVerdict } from '../receipt.ts'
import type { BundleSource } from '../source.ts'
import type { VerifyOptions } from '../trust.ts'
import type { Verdict } from '../verdict.ts'
import * as zip from '../zip.ts'
import { verifyEd25519 } from './ed25519.ts'
import { verifySignature } from './signature.ts'

// The checks with Node's own Ed25519 and inflate.

/** Checks a bundle (`checkBundle`) to its end. */
export function verifyBundle(source: BundleSource, options: VerifyOptions & { readonly kept?: readonly KeptReceipt[] } = {}): Verdict {
  return ended(checkBundle(source, { ...options, verify: verifySignature }))
}

/** Checks a deletion certificate against its bundle (`checkCertificate`) to its end. */
export function verifyCertificate(source: BundleSource, asked: CertificateAsked, options: VerifyOptions & { readonly kept?: readonly KeptReceipt[] } = {}): CertificateVerdict {
  return ended(checkCertificate(source, asked, { ...options, verify: verifySignature }))
}

/** Checks a receipt (`checkReceipt`) to its end. */
export function verifyReceipt(bytes: Uint8Array, options: VerifyOptions = {}): ReceiptVerdict {
  return ended(checkReceipt(bytes, { ...options, verify: verifyEd25519 }))
}

/** Runs a check to its end. */
export function ended<T>(steps: Generator<unknown, T>): T {
  for (;;) {
    const { done, value } = steps.next() as IteratorResult<unknown, T>
    if (done === true) return value
  }
}

/** Opens a signed checkpoint, as `checkpoint.ts` says. */
export function openCheckpoint(source: string | Uint8Array, logs: readonly VerifierKey[], witnesses: readonly VerifierKey[] = []): SignedCheckpoint {
  return checkpoint.openCheckpoint(source, { logs, witnesses, verify: verifyEd25519 })
}

/** Checks one cosignature; gives its time in Unix seconds, or `undefined` when it does not verify. */
export function verifyCosignature(key: VerifierKey, signature: NoteSignature, text: string): number | undefined {
  return cosignature.verifyCosignature(key, signature, text, verifyEd25519)
}

/** True if one of the signatures is by this raw 32-byte Ed25519 key. */
export function verifyEnvelope(envelope: Envelope, publicKey: Uint8Array): boolean {
  return dsse.verifyEnvelope(envelope, publicKey, verifyEd25519)
}

/** A bundle in a zip, as `zip.ts` says. */
export function openZip(bytes: Uint8Array): BundleSource {
  return zip.openZip(bytes, inflateRaw)
}

/** Inflates raw deflate to at most so many bytes. */
export function inflateRaw(packed: Uint8Array, bytesMax: number): Uint8Array | undefined {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, bytesMax) }) // what it claims is all it gets
  } catch {
    return undefined
  }
}
