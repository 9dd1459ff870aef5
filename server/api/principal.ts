/** Who asks. Signing in is a matter of `people`; here is only what every answer needs to know of it. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Instant } from '#kit/time'

export const processorRoles = ['owner', 'dpo', 'engineer', 'analyst', 'auditor'] as const
export const controllerRoles = ['signatory', 'viewer'] as const
export const roles = [...processorRoles, ...controllerRoles] as const
export type Role = (typeof roles)[number]

export interface Principal {
  readonly account: { readonly id: string; readonly name: string }
  /** Staff this account is of: what they do is recorded under this id. Null for a controller's own people. */
  readonly person: string | null
  readonly roles: readonly Role[]
  /** Set for a controller's own people, who see nothing of another. */
  readonly controller: { readonly id: string; readonly name: string; readonly slot: number } | null
  /** The token that was sent, by its id; null for a person's session. */
  readonly token: string | null
  /** What a token may be used for, as in `permissions.ts`; null for a person's session, which may whatever its roles may. */
  readonly scopes: readonly string[] | null
  /** The session of a person, and since when it is; null for a token. */
  readonly session: { readonly id: string; readonly begunAt: Instant } | null
  /** When it ends. */
  readonly until: Instant
  readonly language: 'en' | 'fr'
}

/** How people sign in: what the server asks of it. */
export interface SignIn {
  readonly authenticate: Authenticate
  /** Ends the session that these headers carry. */
  end(headers: IncomingHttpHeaders): Promise<void>
  /** Begins a session with a link that is good once; undefined: it is not, or not any more. */
  redeemLink(token: string): Promise<{ readonly token: string; readonly until: Instant } | undefined>
}

/** Looks up who sent these headers; undefined: nobody that is known. Throws only what is broken. */
export type Authenticate = (headers: IncomingHttpHeaders) => Promise<Principal | undefined>

/**
 * The name of the cookie that carries a session. Over TLS it begins as RFC 6265bis has it, so that a browser takes it from this very server alone and no neighbour of
 * its domain can put one in its place.
 */
export function sessionCookie(origin: URL, base: string): string {
  return `${origin.protocol !== 'https:' ? '' : base === '' ? '__Host-' : '__Secure-'}bailee_session`
}
