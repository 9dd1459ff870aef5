import { Malformed, malformed } from './malformed.ts'
import type { VerifyEd25519 } from './ed25519.ts'
import type { WholeLog } from './log.ts'
import { ed25519Type, formatVerifierKey, parseNote, parseVerifierKey } from './note.ts'
import type { VerifierKey } from './note.ts'
import type { BundleSource } from './source.ts'
import { base64Of, bytesOf, decimalOf, hashOf, sameBytes } from './text.ts'

// How one key of the processor follows another: a signed note, beside the logs. `rotated`: the new key signs from here on, and the old one signed that it does.
// `revoked`: what an old key signed of later snapshots must not be believed, whoever shows it.

const header = 'bailee-key/v1'

/** What a key signs: the root log (and every other under it), or certificates. */
export type KeyPurpose = 'log' | 'certificate'

/** One change of keys. `size` and `root` are of the root log up to the last snapshot that `from` is believed of. */
export interface Succession {
  readonly kind: 'rotated' | 'revoked'
  readonly purpose: KeyPurpose
  readonly from: VerifierKey
  /** Who follows it; of a revoked key, whoever says so. */
  readonly to: VerifierKey
  readonly size: number
  readonly root: Uint8Array
}

/** The text that is signed: by both keys of a rotation, by `to` alone where a key is revoked. */
export function formatSuccession({ kind, purpose, from, to, size, root }: Succession): string {
  const vkey = ({ name, publicKey }: VerifierKey): string => formatVerifierKey(name, publicKey)
  return `${header}\n${kind} ${purpose}\nfrom ${vkey(from)}\nto ${vkey(to)}\nsnapshots ${size}\nroot ${base64Of(root)}\n`
}

/** Reads a note of a change of keys, strictly, and checks its signatures. Throws `Malformed` `keys/...`, `note/...`. */
export function openSuccession(bytes: Uint8Array, verify: VerifyEd25519): Succession {
  const note = parseNote(bytes)
  const [first, what = '', from = '', to = '', snapshots = '', root = '', end, ...more] = note.text.split('\n')
  if (first !== header || end !== '' || more.length > 0) malformed('keys/form', 'not a change of keys of version 1')
  const [, kind, purpose] = /^(rotated|revoked) (log|certificate)$/.exec(what) ?? malformed('keys/form', 'a key is rotated or revoked, and of a log or of certificates')
  const after = (line: string, word: string): string => (line.startsWith(`${word} `) ? line.slice(word.length + 1) : malformed('keys/form', `no line "${word}" where it belongs`))
  const succession: Succession = {
    kind: kind as Succession['kind'], purpose: purpose as KeyPurpose, from: logKey(after(from, 'from')), to: logKey(after(to, 'to')),
    size: decimalOf(after(snapshots, 'snapshots'), 'keys/snapshots'), root: hashOf(after(root, 'root'), 'keys/root'),
  }
  if (succession.size === 0) malformed('keys/snapshots', 'a key that was believed of nothing was never one')
  if (succession.from.name !== succession.to.name) malformed('keys/name', 'a key is followed by one of the same name')
  if (sameBytes(succession.from.publicKey, succession.to.publicKey)) malformed('keys/same', 'a key cannot follow itself')
  for (const key of succession.kind === 'rotated' ? [succession.from, succession.to] : [succession.to]) {
    const signed = note.signatures.find(({ name, keyHash }) => name === key.name && keyHash === key.keyHash)
    if (signed === undefined || !verify(key.publicKey, bytesOf(note.text), signed.bytes)) malformed('keys/signature', `a change of keys that ${key === succession.from ? 'the old' : 'the new'} key did not sign`)
  }
  return succession
}

function logKey(vkey: string): VerifierKey {
  const key = parseVerifierKey(vkey)
  return key.type === ed25519Type ? key : malformed('key/type', 'a key that signs logs and certificates has type 1')
}

const changesMax = 1_000

/** Every change of keys in a bundle, `keys/<i>`, in order. Throws `Malformed`. */
export function readSuccessions(source: BundleSource, verify: VerifyEd25519): Succession[] {
  const found = source.list('keys/').flatMap((path) => { const [, number] = /^keys\/(0|[1-9][0-9]{0,3})$/.exec(path) ?? []; return number === undefined ? [] : [Number(number)] }).sort((one, other) => one - other)
  if (found.length > changesMax) malformed('keys/many', 'more changes of keys than a log can have')
  return found.map((number) => openSuccession(source.read(`keys/${number}`) ?? malformed('keys/missing', `keys/${number} cannot be read`), verify))
}

/** Keys that were changed, as evidence tells it. */
export class Keyring {
  readonly changes: readonly Succession[]
  constructor(changes: readonly Succession[]) {
    this.changes = changes
  }

  /** The keys that follow these, each signed for by the one before it. */
  following(keys: readonly VerifierKey[]): VerifierKey[] {
    const all = [...keys]
    for (const key of all) { // grows while it is walked
      for (const { kind, from, to } of this.changes) if (kind === 'rotated' && same(from, key) && !all.some((known) => same(known, to))) all.push(to)
    }
    return all.slice(keys.length)
  }

  /** The keys that these followed, with how many snapshots each is believed of. */
  earlier(purpose: KeyPurpose, present: readonly VerifierKey[]): { readonly publicKey: Uint8Array; readonly snapshots: number }[] {
    const mine = this.changes.filter((change) => change.purpose === purpose && change.kind === 'rotated')
    return mine.filter(({ from }) => this.following([from]).some((key) => present.some((one) => same(one, key)))).map(({ from }) => ({ publicKey: from.publicKey, snapshots: this.until(from.publicKey, purpose) }))
  }

  /** How many snapshots a key is believed of; without end for the present one. */
  until(publicKey: Uint8Array, purpose: KeyPurpose = 'log'): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.changes.filter((change) => change.purpose === purpose && sameBytes(change.from.publicKey, publicKey)).map(({ size }) => size))
  }
}

/** Where no key was changed. */
export const noChanges = new Keyring([])

const same = (one: VerifierKey, other: VerifierKey): boolean => one.name === other.name && sameBytes(one.publicKey, other.publicKey)

/** Each change names a beginning of the root log held: one that was made for another history is refused. Throws `Malformed` `keys/history`. */
export function checkChanges({ changes }: Keyring, root: WholeLog): void {
  for (const { size, root: then } of changes) {
    if (size > root.checkpoint.size || !sameBytes(root.rootAt(size), then)) malformed('keys/history', `a key was changed after ${size} snapshots that are not the first of the root log`)
  }
}

/** Opens something with the present keys, or else with an earlier one that is believed of so much: `size` of what was opened, and `limitOf` a key's last snapshot. Throws `Malformed` `keys/over` for a key that signed more than it is believed of. */
export function openWithEarlier<T extends { readonly size: number }>(open: (earlier?: Uint8Array) => T, earlier: ReturnType<Keyring['earlier']>, limitOf: (snapshots: number) => number): T {
  try {
    return open()
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause
    for (const { publicKey, snapshots } of earlier) {
      const opened = attempt(() => open(publicKey))
      if (opened === undefined) continue
      return opened.size <= limitOf(snapshots) ? opened : malformed('keys/over', 'signed by a key of the log that was followed by another, or revoked, before')
    }
    throw cause
  }
}

function attempt<T>(open: () => T): T | undefined {
  try {
    return open()
  } catch (cause) {
    if (cause instanceof Malformed) return undefined
    throw cause
  }
}
