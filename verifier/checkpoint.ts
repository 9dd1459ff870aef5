import { verifyCosignature } from './cosignature.ts'
import type { VerifyEd25519 } from './ed25519.ts'
import { malformed } from './malformed.ts'
import { cosignatureType, isKeyName, parseNote } from './note.ts'
import type { Note, NoteSignature, VerifierKey } from './note.ts'
import { base64Of, bytesOf, decimalOf, hashBytes, hashOf } from './text.ts'

/** What a log says of itself: how many entries, and the RFC 6962 root over them. */
export interface Checkpoint {
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
}

/**
 * The three lines of C2SP tlog-checkpoint: origin, size, root. Throws `Malformed` for size 0 (implementations differ on
 * the empty tree's hash, so Bailee signs none) and for an origin that could not be a key name.
 */
export function formatCheckpointBody(checkpoint: Checkpoint): string {
  if (!isKeyName(checkpoint.origin)) malformed('checkpoint/origin', 'the origin cannot be a key name')
  if (!Number.isSafeInteger(checkpoint.size) || checkpoint.size < 1) malformed('checkpoint/size', 'a log has at least one entry')
  if (checkpoint.root.length !== hashBytes) malformed('checkpoint/root', 'a root has 32 bytes')
  return `${checkpoint.origin}\n${checkpoint.size}\n${base64Of(checkpoint.root)}\n`
}

/**
 * Reads the three lines, strictly: no leading zero, canonical base64, size at least 1, and no extension line (they are
 * not audited by anyone, so a log of Bailee's never has one). Throws `Malformed` `checkpoint/...`.
 */
export function parseCheckpointBody(text: string): Checkpoint {
  const [origin, size, root, end, ...more] = text.split('\n')
  if (origin === undefined || size === undefined || root === undefined || end === undefined) malformed('checkpoint/lines', 'fewer than three lines')
  if (end !== '' || more.length > 0) malformed('checkpoint/lines', 'more than three lines')
  if (!isKeyName(origin)) malformed('checkpoint/origin', 'the origin cannot be a key name')
  const entries = decimalOf(size, 'checkpoint/size')
  if (entries === 0) malformed('checkpoint/size', 'a log has at least one entry')
  return { origin, size: entries, root: hashOf(root, 'checkpoint/root') }
}

/** A checkpoint whose log signature was verified. `cosigned` maps the key name of each witness that verified to its time (Unix seconds). */
export interface SignedCheckpoint extends Checkpoint {
  readonly text: string
  readonly cosigned: ReadonlyMap<VerifierKey, number>
}

/** Whose signatures count, and what checks them. */
export interface NoteKeys {
  readonly logs: readonly VerifierKey[]
  readonly witnesses?: readonly VerifierKey[]
  readonly verify: VerifyEd25519
}

/**
 * Opens a signed checkpoint: at least one of the log keys signed it, and its name is the origin. Lines of keys not given
 * are ignored; a line by a *known* key (log or witness) that does not verify makes the whole note refused, for it was
 * forged or damaged. Throws `Malformed`: `checkpoint/signature`, `checkpoint/key`, `checkpoint/origin`, `note/...`.
 */
export function openCheckpoint(source: string | Uint8Array, keys: NoteKeys): SignedCheckpoint {
  const { logs, witnesses = [], verify } = keys
  const note = parseNote(source)
  const checkpoint = parseCheckpointBody(note.text)
  const cosigned = new Map<VerifierKey, number>()
  const signers: VerifierKey[] = []
  for (const signature of note.signatures) {
    const log = logs.find((key) => isBy(signature, key))
    if (log !== undefined) signers.push(checkedLog(log, { signature, note, verify }))
    const witness = witnesses.find((key) => isBy(signature, key))
    if (witness !== undefined) cosigned.set(witness, checkedWitness(witness, { signature, note, verify }))
  }
  if (signers.length === 0) malformed('checkpoint/key', 'no signature by a known key of the log')
  if (!signers.some((key) => key.name === checkpoint.origin)) malformed('checkpoint/origin', 'signed under another name than its origin')
  return { ...checkpoint, text: note.text, cosigned }
}

function isBy(signature: NoteSignature, key: VerifierKey): boolean {
  return signature.name === key.name && signature.keyHash === key.keyHash
}

interface Checked { readonly signature: NoteSignature; readonly note: Note; readonly verify: VerifyEd25519 }

function checkedLog(key: VerifierKey, { signature, note, verify }: Checked): VerifierKey {
  const good = key.type !== cosignatureType && verify(key.publicKey, bytesOf(note.text), signature.bytes)
  return good ? key : malformed('checkpoint/signature', 'a signature under the name of the log does not verify')
}

function checkedWitness(key: VerifierKey, { signature, note, verify }: Checked): number {
  return verifyCosignature(key, signature, note.text, verify) ?? malformed('checkpoint/cosignature', 'a signature under the name of a witness does not verify')
}
