import { z } from 'zod'
import { instant, instantOrNull } from './shared.ts'

/** Of bytes as browsers send them; the longest is a statement about a device, with its certificates. */
const bytes = z.string().min(1).max(60_000).regex(/^[A-Za-z0-9_-]+$/, 'base64url')

/** What a browser answers when a passkey signed (`AuthenticationResponseJSON` of WebAuthn). */
export const assertion = z.object({
  id: bytes, rawId: bytes, type: z.literal('public-key'),
  response: z.object({ clientDataJSON: bytes, authenticatorData: bytes, signature: bytes, userHandle: bytes.optional() }),
})

/** What a browser answers when a passkey was made (`RegistrationResponseJSON` of WebAuthn). */
export const attestation = z.object({
  id: bytes, rawId: bytes, type: z.literal('public-key'),
  response: z.object({ clientDataJSON: bytes, attestationObject: bytes, transports: z.array(z.string().max(20)).max(10).optional() }),
})

/** What a browser is asked with, as WebAuthn names it. */
export const browserOptions = z.record(z.string(), z.unknown())

export const passkeyItem = z.object({
  id: z.string(), name: z.string(), keySha256: z.string().describe('of its public key, as the ledger names it'), backedUp: z.boolean().describe('the device says that other devices of its owner may hold it too'), registeredAt: instant, usedAt: instantOrNull.describe('null: never yet'),
})

/** What a signatory is about to sign. */
export const sayingBegun = z.object({
  subject: z.string(), log: z.string().describe('the log of the controller, which is signed with it'), bytes: z.string().describe('base64 of what is signed: a line that says what it is, then JCS of the log and of what is said'),
  nonce: z.string().describe('base64; the challenge is SHA-256 of `bailee/passkey/v1\\n`, the nonce and the SHA-256 of the bytes'), options: browserOptions,
})
