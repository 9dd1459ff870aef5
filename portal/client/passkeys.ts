/** Passkeys in this browser: made, used to sign in, used to sign. What is signed is looked at here before a device is asked: it must be what the page showed. */
import type * as browserHalf from '@simplewebauthn/browser'
import { addressOf, request } from './request.ts'

/** Why nothing was signed, where the API had no part in it. */
export class NotSigned extends Error {
  override readonly name = 'NotSigned'
  readonly why: 'cancelled' | 'changed'
  constructor(why: 'cancelled' | 'changed', cause?: unknown) {
    super(why, { cause })
    this.why = why
  }
}

/** Whether this browser, at this address, can use passkeys at all. */
export const canUsePasskeys = (): boolean => typeof PublicKeyCredential !== 'undefined'

type BrowserHalf = Pick<typeof browserHalf, 'startRegistration' | 'startAuthentication'>

/** Runs a ceremony of the browser. Throws `NotSigned` when the person or the device did not go through with it. */
async function ceremony<Result>(run: (browser: BrowserHalf) => Promise<Result>): Promise<Result> {
  const browser = await import('@simplewebauthn/browser')
  return run(browser).catch((cause: unknown) => { throw new NotSigned('cancelled', cause) })
}

/** Makes a passkey and registers it. */
export async function makePasskey(name: string): Promise<void> {
  const options = await request('POST', addressOf('/passkeys/options'), { body: {} })
  const response = await ceremony(({ startRegistration }) => startRegistration({ optionsJSON: options as never }))
  await request('POST', addressOf('/passkeys'), { body: { name, response } })
}

/** Signs in with whichever passkey the person picks. */
export async function signInByPasskey(): Promise<void> {
  const options = await request('POST', addressOf('/sign-in/passkey/options'), { body: {} })
  await request('POST', addressOf('/sign-in/passkey'), { body: await ceremony(({ startAuthentication }) => startAuthentication({ optionsJSON: options as never })) })
}

/** What is about to be signed, as the API says. */
export interface ToSign { readonly instruction: string; readonly hash: string; readonly log: string; readonly words: { readonly en: string; readonly fr: string }; readonly bytes: string; readonly nonce: string; readonly options: { readonly challenge: string } }

/** Asks what would be signed to accept an instruction. Throws `NotSigned` when that is another text than the page showed, or not what a device would be asked. */
export async function toAccept(instruction: string, shownSha256: string): Promise<ToSign> {
  const asked = await request('POST', addressOf('/instructions/{id}/acceptance/options', { id: instruction }), { body: {} }) as ToSign
  const bytes = bytesOf(asked.bytes)
  const text = new TextDecoder().decode(bytes)
  const [head, tail] = ['bailee/accept/v1\n{"log":', `,"scope":`]
  const scope = text.startsWith(head) ? text.slice(text.indexOf(tail) + tail.length, -1) : ''
  if (hexOf(await sha256(new TextEncoder().encode(scope))) !== shownSha256) throw new NotSigned('changed')
  const challenge = await sha256(new TextEncoder().encode('bailee/passkey/v1\n'), bytesOf(asked.nonce), await sha256(bytes))
  if (base64UrlOf(challenge) !== asked.options.challenge) throw new NotSigned('changed')
  return asked
}

/** Has a passkey sign it, and sends that. */
export async function accept({ instruction, options }: ToSign): Promise<void> {
  const response = await ceremony(({ startAuthentication }) => startAuthentication({ optionsJSON: options as never }))
  await request('POST', addressOf('/instructions/{id}/acceptance', { id: instruction }), { body: { response } })
}

/** Something to be said and signed, as the API answers it; `said`: what stands in the very bytes. */
export interface SayingToSign { readonly log: string; readonly text: string; readonly said: Readonly<Record<string, unknown>>; readonly options: unknown }

/** Asks what would be signed. Throws `NotSigned` when that does not say what `expected` says, or is not what a device would be asked. */
export async function toSay(address: string, body: object, expected: Readonly<Record<string, unknown>>): Promise<SayingToSign> {
  const asked = await request('POST', `${address}/options`, { body }) as { log: string; bytes: string; nonce: string; options: { challenge: string } }
  const bytes = bytesOf(asked.bytes)
  const text = new TextDecoder().decode(bytes)
  const { log, ...said } = JSON.parse(text.slice(text.indexOf('\n') + 1)) as Record<string, unknown>
  if (log !== asked.log || Object.entries(expected).some(([name, value]) => said[name] !== value)) throw new NotSigned('changed')
  const challenge = await sha256(new TextEncoder().encode('bailee/passkey/v1\n'), bytesOf(asked.nonce), await sha256(bytes))
  if (base64UrlOf(challenge) !== asked.options.challenge) throw new NotSigned('changed')
  return { log: asked.log, text, said, options: asked.options }
}

/** Has a passkey sign it, and sends that. */
export async function say(address: string, body: object, { options }: SayingToSign): Promise<void> {
  const response = await ceremony(({ startAuthentication }) => startAuthentication({ optionsJSON: options as never }))
  await request('POST', address, { body: { ...body, response } })
}

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))
const hexOf = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
const base64UrlOf = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')

async function sha256(...parts: readonly Uint8Array[]): Promise<Uint8Array> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) { joined.set(part, at); at += part.length }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', joined))
}
