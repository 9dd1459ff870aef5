/** Where a client database is and how it is reached, read from its `gateway_url`. */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { Misuse } from '#kit/errors'

export interface Address {
  /** A host name, an IP address, or an absolute path: the directory of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string | undefined
  readonly database: string
  /** Undefined: in clear, which only happens on this machine or when the URL says `sslmode=disable`. */
  readonly tls: { readonly verify: boolean; readonly ca: string | undefined } | undefined
}

/**
 * Reads `postgresql://user[:password]@host[:port]/database[?host=/socket/directory&sslmode=...&sslrootcert=FILE]`. A socket directory may
 * also stand, percent-encoded, as the host. Anything that leaves this machine is encrypted and its certificate verified unless
 * the URL says otherwise in so many words (`sslmode=require` does not verify; `sslmode=disable` sends in clear).
 * @throws Misuse with what is missing; never with the URL, which may hold a password.
 */
export function parseAddress(url: string): Address {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    throw new Misuse('gateway_url is not a URL; write postgresql://user@host:port/database')
  }
  if (parsed.protocol !== 'postgresql:' && parsed.protocol !== 'postgres:') throw new Misuse('gateway_url does not begin with postgresql://')
  const host = parsed.searchParams.get('host') ?? decodeURIComponent(parsed.hostname).replace(/^\[(.*)\]$/, '$1')
  const user = decodeURIComponent(parsed.username)
  const database = decodeURIComponent(parsed.pathname.slice(1))
  if (host === '' || user === '' || database === '') throw new Misuse('gateway_url needs a host (or ?host=/socket/directory), a user and a database')
  const port = Number(parsed.searchParams.get('port') ?? (parsed.port === '' ? '5432' : parsed.port))
  const password = parsed.password === '' ? undefined : decodeURIComponent(parsed.password)
  return { host, port, user, password, database, tls: tlsOf(host, parsed.searchParams) }
}

function tlsOf(host: string, parameters: URLSearchParams): Address['tls'] {
  const root = parameters.get('sslrootcert')
  const ca = root === null ? undefined : readFileSync(root, 'utf8')
  const mode = parameters.get('sslmode') ?? (isLocal(host) ? 'disable' : 'verify-full')
  switch (mode) {
    case 'disable': return undefined
    case 'require': return { verify: ca !== undefined, ca } // as libpq: with a root certificate it verifies
    case 'verify-full': return { verify: true, ca }
    default: throw new Misuse('gateway_url: sslmode is one of disable, require, verify-full')
  }
}

/** A Unix socket or a loopback address: nothing between the two ends can read along. */
export function isLocal(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** Where a socket connects to: a path for a Unix socket, host and port otherwise. */
export function endpoint(address: Pick<Address, 'host' | 'port'>): { path: string } | { host: string; port: number } {
  return address.host.startsWith('/') ? { path: `${address.host}/.s.PGSQL.${address.port}` } : { host: address.host, port: address.port }
}
