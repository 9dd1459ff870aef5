/** What a MariaDB server answers when it refuses, by number: its words may quote values. */
import { Broken } from '#kit/errors'

/** The server's number of an error; undefined where the connection was lost. */
export const numberOf = (cause: unknown): number | undefined => { const number = (cause as { errno?: unknown } | undefined)?.errno; return typeof number === 'number' && number >= 1000 ? number : undefined }

/** What an account may not do is said where it matters; what breaks is thrown. */
export function passOver(cause: unknown): undefined {
  if (numberOf(cause) === undefined) throw new Broken('erasure/store-lost', 'the connection to a store was lost during the physical check; run the erasure again', { cause })
  return undefined
}
