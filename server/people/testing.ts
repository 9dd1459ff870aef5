/** An authenticator in software, for tests: makes passkeys and answers, as a browser hands them on. What it is told to do wrong, it does. */
import { randomBytes } from 'node:crypto'
import { isoCBOR } from '@simplewebauthn/server/helpers'
import { answerOf, authenticatorDataOf, clientDataOf, makeDevice, type Answering, type Device } from '../../verifier/testing.ts'
import type { AssertionResponse, AttestationResponse } from './index.ts'

type Wrong = Partial<Omit<Answering, 'challenge'>> & { readonly challenge?: string }

export interface Authenticator {
  readonly id: string
  readonly device: Device
  /** Makes the passkey that was asked for. */
  create(options: unknown, wrong?: Wrong): AttestationResponse
  /** Signs what was asked for. */
  get(options: unknown, wrong?: Wrong & { readonly userHandle?: string }): AssertionResponse
}

/** One passkey, at one origin. `counts`: whether it counts its uses. */
export function makeAuthenticator(origin: string, { kind = 'P-256', counts = false }: { kind?: 'P-256' | 'Ed25519' | 'RSA'; counts?: boolean } = {}): Authenticator {
  const [device, id] = [makeDevice(kind), randomBytes(16)]
  const name = id.toString('base64url')
  let [counter, user] = [0, '']
  const asked = (options: unknown): string => (options as { challenge: string }).challenge
  return {
    id: name, device,
    create(options, wrong = {}) {
      user = (options as { user: { id: string } }).user.id
      const answering = { challenge: asked(options), origin, flags: 0x45, type: 'webauthn.create', ...wrong }
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, coseOf(device)])
      const attestationObject = isoCBOR.encode(new Map<string, unknown>([['fmt', 'none'], ['attStmt', new Map()], ['authData', Uint8Array.from(authenticatorDataOf(answering, attested))]]) as never)
      return { id: name, rawId: name, type: 'public-key', response: { clientDataJSON: clientDataOf(answering).toString('base64url'), attestationObject: Buffer.from(attestationObject).toString('base64url'), transports: ['internal'] } }
    },
    get(options, wrong = {}) {
      if (counts) counter += 1
      const { authenticatorData, clientData, signature } = answerOf(device, { challenge: asked(options), origin, counter, ...wrong })
      return { id: name, rawId: name, type: 'public-key', response: { clientDataJSON: clientData.toString('base64url'), authenticatorData: authenticatorData.toString('base64url'), signature: signature.toString('base64url'), userHandle: wrong.userHandle ?? user } }
    },
  }
}

/** A public key as COSE_Key (RFC 9052, 9053). */
function coseOf({ publicKey }: Device): Buffer {
  const jwk = publicKey.export({ format: 'jwk' }) as Record<string, string>
  const part = (name: string): Uint8Array => Uint8Array.from(Buffer.from(jwk[name] ?? '', 'base64url'))
  const key = jwk['kty'] === 'EC' ? [[1, 2], [3, -7], [-1, 1], [-2, part('x')], [-3, part('y')]] : jwk['kty'] === 'RSA' ? [[1, 3], [3, -257], [-1, part('n')], [-2, part('e')]] : [[1, 1], [3, -8], [-1, 6], [-2, part('x')]]
  return Buffer.from(isoCBOR.encode(new Map(key as [number, unknown][]) as never))
}
