import { createHash, randomBytes } from 'node:crypto'
import { Misuse } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { Ledger } from '../ledger.ts'
import { readerTokens } from './store.ts'

const tokenBytes = 32

/** What is kept of a token: it is random, so that a plain hash gives nothing away. */
export const hashOfToken = (token: string): Uint8Array => createHash('sha256').update(token).digest()

/** Makes a token by which a controller's log may be followed, and records its hash in that log. The token itself is returned once and kept nowhere. */
export async function issueReaderToken(ledger: Ledger, { slot, expiresAt }: { slot: number; expiresAt: Instant }, at: Instant): Promise<{ readonly id: string; readonly token: string }> {
  const token = randomBytes(tokenBytes).toString('base64url')
  const id = randomBytes(6).toString('hex')
  await ledger.append({ slot, type: 'ledger.token_issued', at, parts: { access: { id, hash: Buffer.from(hashOfToken(token)).toString('base64'), expiresAt } } })
  return { id, token }
}

/** Ends a token, from its next request on. Throws `Misuse` for one that is not there, or has ended. */
export async function revokeReaderToken(ledger: Ledger, id: string, at: Instant): Promise<void> {
  const found = (await readerTokens(ledger.database)).find((token) => token.id === id)
  if (found === undefined) throw new Misuse(`no token ${id}; bailee ledger tokens lists them`)
  if (found.revokedAt !== null) throw new Misuse(`token ${id} was revoked already`)
  await ledger.append({ slot: found.slot, type: 'ledger.token_revoked', at, parts: { evidence: { id } } })
}
