import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from '#database'
import type { Apply } from './append.ts'
import { openKeyStore, type KeyStore } from './keys.ts'
import { openLedger, type Ledger } from './ledger.ts'

/** The processor of the tests. */
export const origin = 'processor.example'

/** 2019-04-15T08:00:00Z */
export const noon = 1_555_315_200

/** A directory that `remove` deletes. */
export function temporaryDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'bailee-ledger-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Folds that keep no table; `note.refused` is what a word refuses. */
export const noteApplies: Readonly<Record<string, Apply>> = {
  note: (_tx, entry) => (entry.type === 'note.refused' ? Promise.reject(new Error('note refused')) : Promise.resolve()),
}

/** A ledger over a test database whose entries are of type `note.*`. */
export function openTestLedger(database: Database, keys: KeyStore | string, applies = noteApplies): Promise<Ledger> {
  return openLedger({ database, keys: typeof keys === 'string' ? openKeyStore(keys) : keys, origin, clock: 'replayed', applies }, noon)
}
