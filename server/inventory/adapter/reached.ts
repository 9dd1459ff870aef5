/** What is told of how a store is reached. */

/** `encrypted`: with this version of TLS. `local`: it never left the machine. `clear`: whoever is between reads it. */
export interface Transport { readonly is: 'encrypted' | 'local' | 'clear'; readonly says: string; /** Who is let in, where that was looked at with it: Redis and buckets. */ readonly access?: readonly AccessSeen[] }

/** `open`: others than those who should be let in are, or nothing tells them apart. `kept`: it was tried or told that they are not. It names nobody. */
export interface AccessSeen { readonly is: 'open' | 'kept' | 'not seen'; readonly says: string }

/** Whether an address is this machine's; null: a socket of its own. */
export const isOwn = (address: string | null): boolean => address === null || address === '::1' || address.startsWith('127.')

/** Whether a host is this machine. */
export const hostIsOwn = (host: string): boolean => host === 'localhost' || host === '[::1]' || (host !== '' && isOwn(host))
