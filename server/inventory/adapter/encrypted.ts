/** How stores on other machines are reached: encrypted, and with a certificate that is verified, unless their address says otherwise in so many words. */

/** A socket of this machine, or an address that does not leave it. */
const isOwnHost = (host: string): boolean => host === '' || host.startsWith('/') || host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)

/** Whether a driver is to be told; an address that is no URL is the driver's to refuse. */
function mustEncrypt(url: string, saying: readonly string[]): boolean {
  const parsed = URL.parse(url)
  if (parsed === null) return false
  const host = parsed.searchParams.get('host') ?? decodeURIComponent(parsed.hostname)
  return !isOwnHost(host) && !saying.some((name) => parsed.searchParams.has(name))
}

/**
 * What the PostgreSQL driver is given for an address: as `gateway_url` is read, `sslmode=verify-full` where it says nothing and leads to another machine. In clear by `sslmode=disable`.
 */
export function postgresReach(url: string): { readonly connectionString: string; readonly ssl?: { readonly rejectUnauthorized: true } } {
  return mustEncrypt(url, ['sslmode', 'ssl']) ? { connectionString: url, ssl: { rejectUnauthorized: true } } : { connectionString: url }
}

/** The same for MariaDB and MySQL. In clear by `?ssl=false`; another certificate authority by `?ssl={"ca":...}`, as the driver reads it. */
export function mysqlReach(url: string): { readonly uri: string; readonly ssl?: { readonly rejectUnauthorized: true; readonly verifyIdentity: true } } {
  return mustEncrypt(url, ['ssl']) ? { uri: url, ssl: { rejectUnauthorized: true, verifyIdentity: true } } : { uri: url }
}
