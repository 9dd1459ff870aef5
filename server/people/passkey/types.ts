import type { Instant } from '#kit/time'

/** Whom an authenticator signs for: `id` is the host that browsers name us by, `origin` that with scheme and port. A passkey made for one is worth nothing at another. */
export interface RelyingParty { readonly id: string; readonly name: string; readonly origin: string }

/** A passkey of an account. `keySha256`: of its public key, as the ledger names it. `backedUp`: the device says that other devices of its owner may hold it too. */
export interface Passkey {
  readonly id: string
  readonly account: string
  readonly keySha256: string
  readonly name: string
  readonly transports: readonly string[]
  readonly backedUp: boolean
  readonly registeredAt: Instant
  readonly usedAt: Instant | null
}

/** What an authenticator needs, and what it is held to. `counter` 0: it does not count. */
export interface StoredPasskey extends Passkey {
  readonly publicKey: Uint8Array
  readonly counter: number
}

/**
 * What a passkey signed, as it stands in the ledger, in base64 where it is bytes. The signature is over `authenticatorData` and the SHA-256 of `clientData`, whose challenge is the hash of
 * `nonce` and of the hash of what was signed (`challengeOf`). `publicKey` is a SubjectPublicKeyInfo.
 */
export interface PasskeySignature {
  readonly publicKey: string
  readonly nonce: string
  readonly authenticatorData: string
  readonly clientData: string
  readonly signature: string
}

/** What browsers send, as WebAuthn's JSON names it. It is somebody else's word until it is checked. */
export interface AssertionResponse {
  readonly id: string
  readonly rawId: string
  readonly type: string
  readonly response: { readonly clientDataJSON: string; readonly authenticatorData: string; readonly signature: string; readonly userHandle?: string | undefined }
}

/** As `AssertionResponse`, of a passkey that was made. */
export interface AttestationResponse {
  readonly id: string
  readonly rawId: string
  readonly type: string
  readonly response: { readonly clientDataJSON: string; readonly attestationObject: string; readonly transports?: readonly string[] | undefined }
}
