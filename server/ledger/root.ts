import { formatCheckpointBody, formatNote, leafHash, noteSignatureLine, rootOf, subtreesOf, type SubtreeHash } from '@bailee/verifier'
import type { Signer } from './custody/custody.ts'
import type { Ledger } from './ledger.ts'
import { mustExtend } from './signed.ts'
import * as store from './store.ts'

/** The root log up to a snapshot, signed. */
export interface SignedRootLog {
  readonly size: number
  readonly root: Uint8Array
  readonly bodies: readonly Uint8Array[]
  readonly tree: SubtreeHash
  /** The three lines that the log and its witnesses sign. */
  readonly text: string
  /** The log's own signature line. */
  readonly line: string
  /** The key that signed. */
  readonly signer: Signer
}

/**
 * Signs the root log as it stood at snapshot `last` (the newest, when not given), after it was remembered outside the database; undefined before the
 * first snapshot. Throws `Broken` `ledger/behind` or `ledger/two-histories` when it does not continue what was signed before: then nothing is signed.
 */
export async function signRoot(ledger: Ledger, last?: number): Promise<SignedRootLog | undefined> {
  const all = await store.snapshots(ledger.database)
  const hashes = all.map((row) => leafHash(row.body))
  mustExtend(ledger.keys.signedRoots.last(), hashes) // the database may have been restored under a running process
  const size = last === undefined ? all.length : last + 1
  if (size === 0) return undefined
  const tree = subtreesOf(hashes.slice(0, size))
  const root = rootOf(size, tree)
  const { signer } = (await ledger.signers()).log
  ledger.keys.signedRoots.remember({ size, root })
  return { size, root, tree, signer, bodies: all.slice(0, size).map((row) => row.body), ...signedCheckpoint({ origin: rootOrigin(ledger), size, root }, signer) }
}

/** Name of the root log. */
export const rootOrigin = ({ origin }: Pick<Ledger, 'origin'>): string => `${origin}/root`

/** The text of a checkpoint and the log's signature under it. */
export function signedCheckpoint(head: { readonly origin: string; readonly size: number; readonly root: Uint8Array }, signer: Signer): { readonly text: string; readonly line: string } {
  const text = formatCheckpointBody(head)
  return { text, line: noteSignatureLine({ name: head.origin, publicKey: signer.publicKey }, text, (message) => signer.sign(message)) }
}

/** The note of a signed checkpoint, with lines of others below the log's own. */
export const checkpointNote = ({ text, line }: { readonly text: string; readonly line: string }, others: readonly string[] = []): string => formatNote(text, [line, ...others])
