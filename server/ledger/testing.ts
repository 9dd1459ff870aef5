import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { consistencyPath, formatCheckpointBody, formatNote, formatVerifierKey, leafHash, noteSignatureLine, parseVerifierKey, rootOf, subtreesOf, type VerifierKey } from '@bailee/verifier'
import type { Database } from '#database'
import type { Apply } from './fold.ts'
import { rawPublicKey } from './custody/custody.ts'
import { openKeyStore, type KeyStore } from './keys.ts'
import { openLedger, type Ledger } from './ledger.ts'
import { formatAddCheckpoint } from './witness/request.ts'

/** The processor of the tests. */
export const origin = 'processor.example'

/** 2019-04-15T08:00:00Z */
export const noon = 1_555_315_200

/** A directory that `remove` deletes. */
export function temporaryDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'bailee-ledger-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }) }
}

/** Folds that keep no table; `note.refused` is what a word refuses. */
export const noteApplies: Readonly<Record<string, Apply>> = {
  note: (_tx, entry) => (entry.type === 'note.refused' ? Promise.reject(new Error('note refused')) : Promise.resolve()),
}

/** A ledger over a test database whose entries are of type `note.*`. */
export function openTestLedger(database: Database, keys: KeyStore | string, applies = noteApplies): Promise<Ledger> {
  return openLedger({ database, keys: typeof keys === 'string' ? openKeyStore(keys) : keys, origin, clock: 'replayed', applies }, noon)
}

/** A log of its own making, as large as one likes: what a witness is offered. `fork` gives the same log whose last entries are others. */
export interface TestLog {
  readonly vkey: string
  readonly key: VerifierKey
  note(size: number): string
  proof(old: number, size: number): Uint8Array[]
  request(old: number, size: number): Uint8Array
  fork(from: number): TestLog
}

const testLogEntries = 300

/** A log named `name`, with a key of its own. */
export function makeTestLog(name: string): TestLog {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const key = { name, publicKey: rawPublicKey(publicKey) }
  const entries = (mark: string): Uint8Array[] => Array.from({ length: testLogEntries }, (_, index) => leafHash(Buffer.from(`${mark} ${index}`)))
  const logOf = (leaves: readonly Uint8Array[]): TestLog => {
    const subtree = subtreesOf(leaves)
    const vkey = formatVerifierKey(name, key.publicKey)
    const proof = (old: number, size: number): Uint8Array[] => (old === 0 || old === size ? [] : consistencyPath(old, size, subtree))
    const note = (size: number): string => {
      const text = formatCheckpointBody({ origin: name, size, root: rootOf(size, subtree) })
      return formatNote(text, [noteSignatureLine(key, text, (message) => sign(null, message, privateKey))])
    }
    return {
      vkey, key: parseVerifierKey(vkey), proof, note,
      request: (old, size) => formatAddCheckpoint({ old, proof: proof(old, size), checkpoint: note(size) }),
      fork: (from) => logOf([...leaves.slice(0, from), ...entries('another').slice(from)]),
    }
  }
  return logOf(entries('entry'))
}
