/** Receipts: what a counterparty is handed of an entry, and keeps. A later bundle must keep what it promises. */
import { formatHead, formatProof, formatReceipt, formatVerifierKey, inclusionPath, leafHash, subtreesOf, verifyInclusion } from '@bailee/verifier'
import { Broken, Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { satisfiedPolicy, standingOf } from './cosign/cosign.ts'
import { headText } from './head.ts'
import { openPromised, wholeLeaf, type Ledger } from './ledger.ts'
import { asFixed } from './publish/fixed.ts'
import { overTree } from './publish/tree.ts'
import { payloadKeyIds } from './retention/schedule.ts'
import { checkpointNote, signedCheckpoint, signRoot } from './root.ts'
import { takeSnapshot } from './snapshot.ts'
import * as store from './store.ts'

export interface ReceiptOptions {
  readonly slot: number
  /** Of the entry, in that log. */
  readonly index: number
  readonly at: Instant
  /** Asks witnesses about the snapshot taken; what they did not answer by then is not in the receipt. */
  readonly cosign?: (snapshot: number) => Promise<unknown>
}

export interface HandedReceipt {
  readonly text: string
  readonly type: string
  readonly index: number
  readonly snapshot: number
  /** Parts that could be opened, of all that the entry committed to. */
  readonly parts: { readonly opened: number; readonly of: number }
  readonly witnesses: { readonly cosigned: readonly string[]; readonly of: number; readonly enough: boolean }
}

/**
 * Makes the receipt of an entry (`bailee-receipt/v1`): the entry with what it says, and the way from it to the signed root log. A snapshot is taken first,
 * so that there is one which holds it. Throws `Refused` `receipt/no-entry` for an entry that is not there, `Broken` for one that was altered, or of which a part was.
 */
export async function makeReceipt(ledger: Ledger, { slot, index, at, cosign }: ReceiptOptions): Promise<HandedReceipt> {
  const { database } = ledger
  const snapshot = await takeSnapshot(database, at)
  const heads = (await store.headsFixed(database, snapshot)).map((head) => ({ ...head, origin: `${ledger.origin}/${head.slot}` }))
  const mine = heads[slot]
  const [row] = await store.entriesBetween(database, { slot, from: index, to: index + 1 })
  if (mine === undefined || row === undefined || index >= mine.size) throw new Refused('receipt/no-entry', `log ${ledger.origin}/${slot} has no entry ${index}`)
  const leaf = wholeLeaf(ledger, row)
  await cosign?.(snapshot)
  const signed = await signRoot(ledger, snapshot)
  if (signed === undefined) throw new Broken('ledger/no-snapshot', 'the snapshot that was taken is gone; no receipt was made')
  const standing = await standingOf(database, signed)
  const path = await asFixed({ database, now: at }, mine, () => overTree(database, slot, (tree) => inclusionPath(index, mine.size, tree)), (found) => verifyInclusion({ index, size: mine.size, leaf: leafHash(row.body), path: found, root: mine.root }))
  if (path === undefined) throw new Broken('ledger/root-differs', `the entries of ${mine.origin} no longer hash to the head that a snapshot fixed; no receipt was made`)
  const tree = subtreesOf(heads.map((head) => leafHash(Buffer.from(headText(head)))))
  const parts = await openedParts(ledger, { slot, index, leaf })
  const text = formatReceipt({
    entry: row.body, parts, log: formatVerifierKey(mine.origin, signed.signer.publicKey),
    proof: formatProof({ index, path, checkpoint: checkpointNote(signedCheckpoint(mine, signed.signer)) }),
    head: formatHead({ snapshot, slot, slots: heads.length, path: inclusionPath(slot, heads.length, tree), checkpoint: mine }),
    snapshot: signed.bodies[snapshot] ?? new Uint8Array(),
    root: formatProof({ index: snapshot, path: inclusionPath(snapshot, signed.size, signed.tree), checkpoint: checkpointNote(signed, standing.lines) }),
    policy: satisfiedPolicy(ledger, signed.signer, standing),
  })
  return { text, type: leaf.type, index, snapshot, parts: { opened: parts.length, of: leaf.parts.length }, witnesses: { cosigned: standing.cosigned, of: standing.policy.witnesses.length, enough: standing.enough } }
}

/** Parts whose keys are still there; a destroyed one stays a commitment. One that is another than the entry committed to, or gone without its key, would have a receipt that fails before whoever holds it: none is made. */
async function openedParts(ledger: Ledger, { slot, index, leaf }: { slot: number; index: number; leaf: ReturnType<typeof wholeLeaf> }): Promise<{ name: string; opened: Uint8Array }[]> {
  const rows = await store.payloadsBetween(ledger.database, { slot, from: index, to: index + 1 })
  const origin = `${ledger.origin}/${slot}`
  const broken = (what: string): Broken => new Broken('ledger/payload-altered', `entry ${index} of ${origin}: ${what}; no receipt was made. bailee ledger check says what else is wrong`)
  for (const [at, { part }] of rows.entries()) if (leaf.parts.every(({ n }) => n !== part) || rows.findIndex((row) => row.part === part) !== at) throw broken(`it has a part ${part} that it never committed to, or more than once`)
  return leaf.parts.flatMap(({ n: part, c: commitment }) => {
    const row = rows.find((one) => one.part === part)
    const key = row === undefined ? undefined : ledger.keys.find(row.keyId)
    if (row !== undefined && key !== undefined) {
      const { salt, payload } = openPromised({ origin, commitment }, row, key)
      return [{ name: part, opened: Buffer.concat([salt, payload]) }]
    }
    if ((row === undefined ? payloadKeyIds(slot, part, leaf.at) : [row.keyId]).some((id) => ledger.keys.wasDestroyed(id))) return []
    throw broken(row === undefined ? `its part ${part} is gone, and its key was not destroyed` : `the key of its part ${part} is not here, and was not destroyed`)
  })
}
