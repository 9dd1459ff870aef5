/** One signing key follows another. What was signed before is believed as before; what the old key signs of later snapshots is not. */
import { formatNote, formatSuccession, formatVerifierKey, leafHash, noteSignatureLine, parseVerifierKey, rootOf, subtreesOf, type KeyPurpose, type Succession, type VerifierKey } from '@bailee/verifier'
import { failpoint } from '#kit/failpoint'
import { Misuse } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { Signer } from '../custody/custody.ts'
import type { Ledger } from '../ledger.ts'
import { mustExtend } from '../signed.ts'
import { takeSnapshot } from '../snapshot.ts'
import * as ledgerStore from '../store.ts'
import type { Transaction } from '../store.ts'
import * as store from './store.ts'

const nameOf = ({ origin }: Ledger, purpose: KeyPurpose): string => `${origin}/${purpose === 'log' ? 'root' : 'certificate'}`
const keyOf = (name: string, { publicKey }: Signer): VerifierKey => parseVerifierKey(formatVerifierKey(name, publicKey))
const lineOf = (name: string, text: string, signer: Signer): string => noteSignatureLine({ name, publicKey: signer.publicKey }, text, (message) => signer.sign(message))

/** The root log up to its first `size` snapshots; all of them when not given. */
async function rootAt(ledger: Ledger, tx: Transaction | Ledger['database'], size?: number): Promise<{ size: number; root: Uint8Array }> {
  const hashes = (await ledgerStore.snapshots(tx)).map(({ body }) => leafHash(body))
  mustExtend(ledger.keys.signedRoots.last(), hashes)
  const wanted = size ?? hashes.length
  if (wanted < 1 || wanted > hashes.length) throw new Misuse(`there are ${hashes.length} snapshots, and none numbered so; a key was believed of at least one`)
  return { size: wanted, root: rootOf(wanted, subtreesOf(hashes.slice(0, wanted))) }
}

export interface Rotated { readonly purpose: KeyPurpose; readonly number: number; readonly vkey: string; readonly snapshots: number }

/**
 * Makes the next signing key and lets it follow: both sign that it does, after so many snapshots, and that is recorded in the common log, while nobody takes a snapshot. From its commit on every process signs with
 * it. Killed before, the key that was made is the next one of the next try. Throws `Refused` when somebody else rotated it meanwhile.
 */
export async function rotateKey(ledger: Ledger, purpose: KeyPurpose, at: Instant): Promise<Rotated> {
  const old = (await ledger.signers())[purpose] // before anything waits: whoever rotates meanwhile rotates this one
  await takeSnapshot(ledger.database, at)
  const fresh = ledger.keys.makeSigner(purpose, old.number + 1)
  failpoint('ledger/key-made')
  const name = nameOf(ledger, purpose)
  let snapshots = 0
  await ledger.alone({
    begin: async (tx) => {
      await ledgerStore.lockSnapshots(tx) // a snapshot taken meanwhile could be signed by the old key, and would not be believed
      const { size, root } = await rootAt(ledger, tx)
      snapshots = size
      const text = formatSuccession({ kind: 'rotated', purpose, from: keyOf(name, old.signer), to: keyOf(name, fresh), size, root })
      const note = formatNote(text, [lineOf(name, text, old.signer), lineOf(name, text, fresh)])
      return [{ slot: 0, type: 'key.rotated', at, parts: { evidence: { purpose, number: old.number + 1, public_key: Buffer.from(fresh.publicKey).toString('base64'), snapshots: size, note } } }]
    },
    end: () => Promise.resolve(),
  })
  return { purpose, number: old.number + 1, vkey: formatVerifierKey(name, fresh.publicKey), snapshots }
}

/**
 * Says that nothing which an earlier key signed of snapshots after `snapshots` is to be believed; the present key signs that, and it is recorded in the common log. The present key itself is rotated first. Throws `Misuse`
 * for a key that never was.
 */
export async function revokeKey(ledger: Ledger, { purpose, number, snapshots, because, by }: { readonly purpose: KeyPurpose; readonly number: number; readonly snapshots: number; readonly because: string; readonly by: string }, at: Instant): Promise<void> {
  let present = (await ledger.signers())[purpose]
  if (!Number.isInteger(number) || number < 1 || number > present.number) throw new Misuse(`there is no ${purpose} key ${number}; bailee key signing shows them`)
  const believed = await rootAt(ledger, ledger.database, snapshots)
  if (number === present.number) {
    await rotateKey(ledger, purpose, at)
    present = (await ledger.signers())[purpose]
  }
  const name = nameOf(ledger, purpose)
  const change: Succession = { kind: 'revoked', purpose, from: keyOf(name, ledger.keys.signer(purpose, number)), to: keyOf(name, present.signer), ...believed }
  const text = formatSuccession(change)
  const note = formatNote(text, [lineOf(name, text, present.signer)])
  await ledger.append({ slot: 0, type: 'key.revoked', at, parts: { evidence: { purpose, number, snapshots, because, by, note } } })
}

/** Every change of signing keys within so many snapshots, as signed notes: what was changed after them is not for whoever verifies them. */
export async function successionNotes({ database }: Pick<Ledger, 'database'>, snapshotsMax: number): Promise<string[]> {
  return [...await store.signingKeys(database), ...await store.keyRevocations(database)].filter(({ snapshots }) => snapshots <= snapshotsMax).map(({ note }) => note)
}
