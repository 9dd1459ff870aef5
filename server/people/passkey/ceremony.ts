/** Passkeys (WebAuthn level 3): made, used to sign in, and used to sign. A person is verified by their device each time; where the answer comes from, and for whom, is checked here. */
import { createHash, createPublicKey } from 'node:crypto'
import type * as library from '@simplewebauthn/server'
import type { Ledger } from '#ledger'
import { Misuse, Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { mustBeOpen } from '../access/accounts.ts'
import { beginSession, type Asking, type Begun } from '../access/sessions.ts'
import type { Account, Randomness } from '../access/types.ts'
import * as store from './store.ts'
import type { AssertionResponse, AttestationResponse, Passkey, PasskeySignature, RelyingParty, StoredPasskey } from './types.ts'

/** Time to answer a challenge: to find the key in one's bag, and not much more. */
const challengeSeconds = 300
const challengeBytes = 32
/** An account with more than these has lost count of them. */
const passkeysMax = 20
const nameCharactersMax = 60
/** Those that WebAuthn's browsers make: Ed25519, ECDSA with P-256, RSA (Windows). */
const algorithms = [-8, -7, -257]

/** Four hundred files, a quarter of what a command of Bailee would read before it does anything: read when a passkey is made or used. */
const webAuthn = (): Promise<typeof library> => import('@simplewebauthn/server')

type Options = Readonly<Record<string, unknown>>

/** Whom passkeys are made for, by the origin that browsers name us by. Throws `Refused` for an address without a name, and where others could listen: no browser makes one there. */
export function relyingPartyAt(origin: URL, name: string): RelyingParty {
  const { hostname, protocol } = origin
  if (/^\[|^[\d.]+$/.test(hostname) || (protocol !== 'https:' && hostname !== 'localhost')) throw new Refused('passkey/origin', `browsers make passkeys for names and over https, or for localhost: ${origin.origin} is neither; say with --origin what this is called`)
  return { id: hostname, name, origin: origin.origin }
}

/** What a browser is asked to make a passkey with. Throws `Refused` for an account that has enough of them. */
export async function beginRegistration({ database, now }: Asking, account: Account, { party, random }: { party: RelyingParty; random: Randomness }): Promise<Options> {
  const known = await store.passkeysOf(database, account.id)
  if (known.length >= passkeysMax) throw new Refused('passkey/many', `${account.id} has ${known.length} passkeys; remove one that is not used any more`)
  const challenge = random(challengeBytes)
  await keepChallenge({ database, now }, { challenge, purpose: 'register', account: account.id })
  const { generateRegistrationOptions } = await webAuthn()
  return { ...await generateRegistrationOptions({
    rpName: party.name, rpID: party.id, userName: account.name, userID: Uint8Array.from(Buffer.from(account.id)), challenge: Uint8Array.from(challenge), timeout: challengeSeconds * 1000, attestationType: 'none',
    excludeCredentials: known.map(({ id, transports }) => ({ id, transports: [...transports] })), authenticatorSelection: { residentKey: 'required', userVerification: 'required' }, supportedAlgorithmIDs: algorithms,
  }) }
}

interface Challenged { readonly challenge: Uint8Array; readonly purpose: store.Challenge['purpose']; readonly account?: string; readonly subject?: string; readonly nonce?: Uint8Array; readonly asker?: string | undefined }

const keepChallenge = ({ database, now }: Asking, { challenge, purpose, account = undefined, subject = undefined, nonce = undefined, asker = undefined }: Challenged): Promise<void> =>
  store.insertChallenge(database, { challenge: Buffer.from(challenge).toString('base64url'), purpose, account: account ?? null, subject: subject ?? null, nonce: nonce ?? null, until: now + challengeSeconds, asker: asker ?? null }, now)

const mustFit = (name: string): string => {
  const trimmed = name.normalize('NFC').trim()
  if (trimmed === '' || trimmed.length > nameCharactersMax) throw new Misuse(`a passkey has a name of 1 to ${nameCharactersMax} characters, such as the device it is on`)
  return trimmed
}

/** Registers a passkey that a browser made: `account.passkey_registered`, with the hash of its key alone. Throws `Refused` for what was not asked for, is too late, or is for another address. */
export async function finishRegistration(ledger: Ledger, { account, party, response, name }: { account: Account; party: RelyingParty; response: AttestationResponse; name: string }, now: Instant): Promise<Passkey> {
  const called = mustFit(name)
  const { credential, credentialBackedUp } = await checkRegistration(ledger, { account, party, response }, now)
  const keySha256 = sha256(await spkiOf(credential.publicKey)).toString('hex')
  await store.insertCredential(ledger.database, { id: credential.id, keySha256, account: account.id, publicKey: credential.publicKey, counter: credential.counter, transports: (credential.transports ?? []).slice(0, 10).map((one) => String(one).slice(0, 20)), backedUp: credentialBackedUp, name: called })
  try {
    await mustBeOpen(ledger, account.id)
    await ledger.append({ slot: account.slot, type: 'account.passkey_registered', at: now, parts: { evidence: { account: account.id, key_sha256: keySha256 } } })
  } catch (cause) {
    await store.deleteCredential(ledger.database, credential.id)
    throw cause
  }
  const made = (await store.passkeysOf(ledger.database, account.id)).find(({ id }) => id === credential.id)
  if (made === undefined) throw new Refused('passkey/removed', 'that passkey is not there any more')
  return made
}

type Registered = NonNullable<Awaited<ReturnType<typeof library.verifyRegistrationResponse>>['registrationInfo']>

async function checkRegistration({ database }: Pick<Ledger, 'database'>, { account, party, response }: { account: Account; party: RelyingParty; response: AttestationResponse }, now: Instant): Promise<Registered> {
  const ours = async (challenge: string): Promise<boolean> => (await store.takeChallenge(database, { challenge, purpose: 'register', now }))?.account === account.id
  const used = await webAuthn()
  const checked = await orRefused(() => used.verifyRegistrationResponse({ response: response as never, expectedChallenge: ours, expectedOrigin: party.origin, expectedRPID: party.id, requireUserVerification: true, supportedAlgorithmIDs: algorithms }))
  mustBeOwnPage(response.response.clientDataJSON)
  if (!checked.verified) throw notFitting()
  return checked.registrationInfo
}

const notFitting = (cause?: unknown): Refused => new Refused('passkey/not-fitting', 'what the browser sent does not fit: it was not asked for, came too late, is for another address, or nobody was verified by the device; begin again', { cause })

/** The library tells what does not fit by throwing; its sentences quote what was sent, and are not passed on. */
async function orRefused<Result>(check: () => Promise<Result>): Promise<Result> {
  try {
    return await check()
  } catch (cause) {
    if (cause instanceof Error && !('code' in cause)) throw notFitting(cause)
    throw cause
  }
}

/** A page of somebody else around ours could have asked. */
function mustBeOwnPage(clientData: string): void {
  const { crossOrigin } = JSON.parse(Buffer.from(clientData, 'base64url').toString()) as { crossOrigin?: unknown }
  if (crossOrigin === true) throw notFitting()
}

/** What a browser is asked to sign in with: any passkey that it has for us. `asker`: where it asks from, as a hash; one has so many at once. */
export async function beginSignIn(asking: Asking, { party, random, asker }: { party: RelyingParty; random: Randomness; asker?: string | undefined }): Promise<Options> {
  const challenge = random(challengeBytes)
  await keepChallenge(asking, { challenge, purpose: 'sign-in', asker })
  const { generateAuthenticationOptions } = await webAuthn()
  return { ...await generateAuthenticationOptions({ rpID: party.id, challenge: Uint8Array.from(challenge), timeout: challengeSeconds * 1000, userVerification: 'required' }) }
}

/** Begins a session with what a passkey signed. Throws `Refused` for one that is not known, and for an answer that does not fit; `Misuse` when its account is not open. */
export async function finishSignIn(asking: Asking, { party, response }: { party: RelyingParty; response: AssertionResponse }, random: Randomness): Promise<Begun> {
  const passkey = await checkAssertion(asking, { party, response }, async (challenge) => (await store.takeChallenge(asking.database, { challenge, purpose: 'sign-in', now: asking.now })) !== undefined)
  return beginSession(asking, passkey.account, { random, way: 'passkey' })
}

/** What is asked of a browser, the challenge in it, and the nonce that with the bytes makes it. */
export interface Signing { readonly options: Options; readonly nonce: string; readonly bytes: Uint8Array }

/**
 * What a passkey signs for `bytes`: SHA-256 of `bailee/passkey/v1\n`, 32 bytes that nobody could know before, and the SHA-256 of the bytes. They begin with a line that says what they are
 * (`bailee/accept/v1\n`), so that nothing that was signed as one thing is taken for another.
 */
export function challengeOf(nonce: Uint8Array, bytes: Uint8Array): Uint8Array {
  return sha256(Buffer.concat([Buffer.from('bailee/passkey/v1\n'), nonce, sha256(bytes)]))
}

/** What a browser is asked to sign `bytes` with: a passkey of this account. Throws `Refused` when it has none. `subject`: what it is about, such as an instruction. */
export async function beginSigning(asking: Asking, { account, subject, bytes }: { account: string; subject: string; bytes: Uint8Array }, { party, random }: { party: RelyingParty; random: Randomness }): Promise<Signing> {
  const known = await store.passkeysOf(asking.database, account)
  if (known.length === 0) throw new Refused('passkey/none', 'this account has no passkey to sign with; make one first')
  const nonce = random(challengeBytes)
  const challenge = challengeOf(nonce, bytes)
  await keepChallenge(asking, { challenge, purpose: 'sign', account, subject, nonce })
  const { generateAuthenticationOptions } = await webAuthn()
  const options = await generateAuthenticationOptions({ rpID: party.id, challenge: Uint8Array.from(challenge), timeout: challengeSeconds * 1000, userVerification: 'required', allowCredentials: known.map(({ id, transports }) => ({ id, transports: [...transports] })) })
  return { options: { ...options }, nonce: Buffer.from(nonce).toString('base64'), bytes }
}

/** The signature of this account over `bytes`, once. Throws `Refused` when another account, another subject or other bytes were asked for, when it was used before, and when it does not verify. */
export async function finishSigning(asking: Asking, { account, subject, bytes }: { account: string; subject: string; bytes: Uint8Array }, { party, response }: { party: RelyingParty; response: AssertionResponse }): Promise<PasskeySignature> {
  let nonce: Uint8Array | null = null
  const passkey = await checkAssertion(asking, { party, response }, async (challenge) => {
    const taken = await store.takeChallenge(asking.database, { challenge, purpose: 'sign', now: asking.now })
    nonce = taken?.account === account && taken.subject === subject ? taken.nonce : null
    if (nonce !== null && !Buffer.from(challengeOf(nonce, bytes)).equals(Buffer.from(challenge, 'base64url'))) throw new Refused('passkey/changed', `${subject} was changed after it was shown; read it again, then sign`)
    return nonce !== null
  })
  if (passkey.account !== account || nonce === null) throw notFitting()
  const base64 = (text: string): string => Buffer.from(text, 'base64url').toString('base64')
  const { authenticatorData, clientDataJSON, signature } = response.response
  return { publicKey: (await spkiOf(passkey.publicKey)).toString('base64'), nonce: Buffer.from(nonce).toString('base64'), authenticatorData: base64(authenticatorData), clientData: base64(clientDataJSON), signature: base64(signature) }
}

async function checkAssertion({ database, now }: Asking, { party, response }: { party: RelyingParty; response: AssertionResponse }, ours: (challenge: string) => Promise<boolean>): Promise<StoredPasskey> {
  const passkey = await store.findPasskey(database, response.id)
  if (passkey === undefined) throw new Refused('passkey/unknown', 'no account here has that passkey; sign in another way, or use another passkey')
  const { userHandle } = response.response
  if (userHandle !== undefined && Buffer.from(userHandle, 'base64url').toString() !== passkey.account) throw notFitting()
  const credential = { id: passkey.id, publicKey: Uint8Array.from(passkey.publicKey), counter: passkey.counter }
  const used = await webAuthn()
  const checked = await orRefused(() => used.verifyAuthenticationResponse({ response: { clientExtensionResults: {}, ...response } as never, expectedChallenge: ours, expectedOrigin: party.origin, expectedRPID: party.id, credential, requireUserVerification: true }))
  mustBeOwnPage(response.response.clientDataJSON)
  if (!checked.verified) throw notFitting()
  if (!await store.countUse(database, { id: passkey.id, counter: checked.authenticationInfo.newCounter, now })) throw new Refused('passkey/counter', 'that passkey counts as one would that exists twice; remove it, and register another')
  return passkey
}

/** Gives a passkey of an account another name. Names are not in the ledger. Throws `Misuse`. */
export async function renamePasskey({ database }: Pick<Asking, 'database'>, { account, id, name }: { account: string; id: string; name: string }): Promise<void> {
  if (!await store.renameCredential(database, { id, account, name: mustFit(name) })) throw new Misuse('this account has no such passkey')
}

/** Removes a passkey of an account for good: `account.passkey_removed`. Throws `Misuse` when there is none. */
export async function removePasskey(ledger: Ledger, { account, id }: { account: string; id: string }, at: Instant): Promise<void> {
  const found = (await store.passkeysOf(ledger.database, account)).find((one) => one.id === id)
  if (found === undefined) throw new Misuse('this account has no such passkey')
  const { slot } = await mustBeOpen(ledger, account)
  await ledger.append({ slot, type: 'account.passkey_removed', at, parts: { evidence: { account, key_sha256: found.keySha256 } } })
  await store.deleteCredential(ledger.database, id)
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

/** A COSE key as SubjectPublicKeyInfo (RFC 5280), which tools that know nothing of WebAuthn read. Throws `Refused` for a kind that no browser was asked for. */
async function spkiOf(publicKey: Uint8Array): Promise<Buffer> {
  return createPublicKey({ format: 'jwk', key: await jwkOf(publicKey) }).export({ type: 'spki', format: 'der' })
}

async function jwkOf(publicKey: Uint8Array): Promise<{ [key: string]: string }> {
  const { cose, decodeCredentialPublicKey } = await import('@simplewebauthn/server/helpers')
  const key = decodeCredentialPublicKey(Uint8Array.from(publicKey))
  const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? new Uint8Array()).toString('base64url')
  if (cose.isCOSEPublicKeyEC2(key) && key.get(cose.COSEKEYS.crv) === 1) return { kty: 'EC', crv: 'P-256', x: text(key.get(cose.COSEKEYS.x)), y: text(key.get(cose.COSEKEYS.y)) }
  if (cose.isCOSEPublicKeyOKP(key) && key.get(cose.COSEKEYS.crv) === 6) return { kty: 'OKP', crv: 'Ed25519', x: text(key.get(cose.COSEKEYS.x)) }
  if (cose.isCOSEPublicKeyRSA(key)) return { kty: 'RSA', n: text(key.get(cose.COSEKEYS.n)), e: text(key.get(cose.COSEKEYS.e)) }
  throw new Refused('passkey/kind', 'this device makes keys of a kind that is not known here; use another')
}
