/** Signing in at the firm's own provider (OpenID Connect Core 1.0, code flow with PKCE). It says who somebody is; what they may do is said here alone. */
import { createHash } from 'node:crypto'
import type * as client from 'openid-client'
import type { Ledger } from '#ledger'
import { Misuse, Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { findAccount } from '../access/store.ts'
import { mustBeOpen } from '../access/accounts.ts'
import { beginSession, type Asking, type Begun } from '../access/sessions.ts'
import type { Randomness } from '../access/types.ts'
import * as store from './store.ts'

/** A provider, as it is configured. `name`: as people call it. No secret: a public client, for which PKCE stands alone. */
export interface OidcProvider {
  readonly name: string
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret?: string | undefined
}

/** Time to sign in there. */
const flowSeconds = 600
/** Longest wait for the provider, in seconds. */
const waitSeconds = 15
const secretBytes = 32

/** A provider that people are sent to, and come back from to `redirectUri`. */
export interface OidcSignIn {
  readonly name: string
  readonly issuer: string
  readonly clientId: string
  /** Where to send a browser, and what it must bring back in a cookie. `asker`: where it asks from, as a hash. Throws `Refused` when the provider does not answer. */
  begin(asking: Asking, random: Randomness, asker?: string): Promise<{ readonly location: string; readonly browser: string; readonly until: Instant }>
  /**
   * Begins a session for whoever came back. The first time, the account is found by an address of e-mail that the provider has verified, and only while an invitation to it is good; from then on by issuer and subject
   * alone. Throws `Refused` for an answer that does not fit, and for whom no account is open.
   */
  finish(ledger: Ledger, asked: { readonly search: string; readonly browser: string | undefined }, at: { readonly now: Instant; readonly random: Randomness }): Promise<Begun>
}

/** Loaded when somebody signs in this way. */
const library = (): Promise<typeof client> => import('openid-client')

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/** As whom the ledger names somebody at a provider. */
export const identityOf = (issuer: string, subject: string): string => hashOf(`bailee/identity/v1\n${issuer}\n${subject}`)

/** Opens a provider. It is asked for its own description when somebody signs in first. Throws `Misuse` for an issuer that others could stand in for. */
export function openOidc(provider: OidcProvider, redirectUri: string): OidcSignIn {
  const issuer = URL.parse(provider.issuer)
  const local = issuer !== null && /^(localhost|127[.]0[.]0[.]1|\[::1\])$/.test(issuer.hostname)
  if (issuer === null || (issuer.protocol !== 'https:' && !(local && issuer.protocol === 'http:'))) throw new Misuse('the issuer of a sign-in provider is an address of the form https://login.example.org')
  let known: Promise<client.Configuration> | undefined
  const configuration = async (): Promise<client.Configuration> => {
    known ??= orRefused(async () => {
      const { ClientSecretBasic, None, allowInsecureRequests, discovery } = await library()
      return discovery(issuer, provider.clientId, undefined, provider.clientSecret === undefined ? None() : ClientSecretBasic(provider.clientSecret), { timeout: waitSeconds, ...(local ? { execute: [allowInsecureRequests] } : {}) })
    })
    try {
      return await known
    } catch (cause) {
      known = undefined // asked again next time
      throw cause
    }
  }
  return {
    name: provider.name, issuer: provider.issuer, clientId: provider.clientId,
    async begin({ database, now }, random, asker) {
      const config = await configuration()
      const [state, nonce, codeVerifier, browser] = [1, 2, 3, 4].map(() => Buffer.from(random(secretBytes)).toString('base64url')) as [string, string, string, string]
      const until = now + flowSeconds
      await store.insertFlow(database, { state: hashOf(state), browser: hashOf(browser), nonce, codeVerifier, until, asker: asker ?? null }, now)
      const location = (await library()).buildAuthorizationUrl(config, { redirect_uri: redirectUri, scope: 'openid email', state, nonce, code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'), code_challenge_method: 'S256' })
      return { location: location.href, browser, until }
    },
    async finish(ledger, { search, browser }, { now, random }) {
      const { database } = ledger
      const state = new URLSearchParams(search).get('state') ?? ''
      const flow = await store.takeFlow(database, { state: hashOf(state), browser: hashOf(browser ?? ''), now })
      if (flow === undefined) throw new Refused('oidc/not-begun', 'this sign-in was not begun in this browser, or too long ago; begin again')
      const config = await configuration()
      const shown = await orRefused(() => whoIs(config, new URL(search, redirectUri), { state, ...flow }))
      const account = await accountOf(ledger, { ...shown, issuer: config.serverMetadata().issuer }, now)
      return beginSession({ database, now }, account, { random, way: 'oidc' })
    },
  }
}

interface Shown { readonly subject: string; readonly email: string | undefined }

/** What the provider says of whoever came back; of everything else that it says, nothing is read. */
async function whoIs(config: client.Configuration, current: URL, { state, nonce, codeVerifier }: { state: string; nonce: string; codeVerifier: string }): Promise<Shown> {
  const { authorizationCodeGrant, fetchUserInfo } = await library()
  const tokens = await authorizationCodeGrant(config, current, { pkceCodeVerifier: codeVerifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true })
  const claims = tokens.claims()
  if (claims === undefined) throw new Error('no ID token')
  const told = claims['email'] === undefined && config.serverMetadata().userinfo_endpoint !== undefined ? await fetchUserInfo(config, tokens.access_token, claims.sub) : claims
  return { subject: claims.sub, email: told['email_verified'] === true && typeof told['email'] === 'string' ? told['email'].trim().toLowerCase() : undefined }
}

async function accountOf(ledger: Ledger, { issuer, subject, email }: Shown & { readonly issuer: string }, now: Instant): Promise<string> {
  const { database } = ledger
  const identity = identityOf(issuer, subject)
  const known = await store.accountOfIdentity(database, identity)
  if (known !== undefined) {
    const account = await findAccount(database, known)
    if (account === undefined || account.closedAt !== null || (account.endsAt !== null && account.endsAt <= now)) throw noAccount()
    return known
  }
  const invited = email === undefined ? [] : await store.invitedAt(database, { email, now })
  const [only] = invited
  if (only === undefined || invited.length > 1) throw noAccount()
  const { slot } = await mustBeOpen(ledger, only)
  if (!await store.useLinksOf(database, { account: only, now })) throw noAccount()
  await ledger.append({ slot, type: 'account.identity_linked', at: now, parts: { people: { account: only, identity_sha256: identity } } })
  return only
}

const noAccount = (): Refused => new Refused('oidc/no-account', 'no account here is open for whom the provider names, and no invitation is good for a verified address of theirs; ask for one: bailee people account link ACCOUNT')

/** What the library throws quotes what was sent; of it only the kind is passed on. */
async function orRefused<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    const { AuthorizationResponseError, ClientError } = await library()
    if (cause instanceof AuthorizationResponseError) throw new Refused('oidc/refused', 'the provider signed nobody in', { cause })
    const unreachable = cause instanceof TypeError || (cause instanceof Error && /^(TimeoutError|AbortError)$/.test(cause.name)) || (cause instanceof ClientError && cause.code === 'OAUTH_TIMEOUT')
    if (unreachable) throw new Refused('oidc/unreachable', 'the provider does not answer; sign in another way, and tell whoever runs this server', { cause })
    throw new Refused('oidc/not-fitting', 'what the provider answered does not fit; begin again', { cause })
  }
}

/** Ends that an account is known at the provider: `account.identity_unlinked`. Throws `Misuse` when it is not. */
export async function unlinkIdentity(ledger: Ledger, id: string, at: Instant): Promise<void> {
  const { slot } = await mustBeOpen(ledger, id)
  if (await store.linkedSince(ledger.database, id) === undefined) throw new Misuse(`${id} is linked to nobody at the sign-in provider`)
  await ledger.append({ slot, type: 'account.identity_unlinked', at, parts: { evidence: { account: id } } })
}
