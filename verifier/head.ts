import { formatCheckpointBody, parseCheckpointBody } from './checkpoint.ts'
import type { Checkpoint } from './checkpoint.ts'
import { malformed } from './malformed.ts'
import { leafHash, verifyInclusion } from './merkle.ts'
import { pathLines, pathOfLines } from './proof.ts'
import { valueOf } from './snapshot.ts'
import type { Snapshot } from './snapshot.ts'
import { bytesOf, decimalOf } from './text.ts'

/** Proof of what one slot held in one snapshot. `checkpoint` is what leaf `slot` says, unsigned: the root log signs for it. */
export interface Head {
  readonly snapshot: number
  readonly slot: number
  readonly slots: number
  readonly path: readonly Uint8Array[]
  readonly checkpoint: Checkpoint
}

/** The text of `bailee-head/v1`. */
export function formatHead(head: Head): string {
  const numbers = `snapshot ${head.snapshot}\nslot ${head.slot}\nslots ${head.slots}\n`
  return `bailee-head/v1\n${numbers}${pathLines(head.path)}\n${formatCheckpointBody(head.checkpoint)}`
}

/** Reads `bailee-head/v1`, strictly. Nothing in it is verified. Throws `Malformed` `head/...`, `checkpoint/...`. */
export function parseHead(text: string): Head {
  const split = text.indexOf('\n\n')
  if (split < 0) malformed('head/split', 'no empty line before the checkpoint text')
  const [version, snapshot, slot, slots, ...path] = text.slice(0, split).split('\n')
  if (version !== 'bailee-head/v1') malformed('head/version', 'not a head proof of version 1')
  return {
    snapshot: decimalOf(valueOf(snapshot, 'snapshot', 'head/snapshot'), 'head/snapshot'),
    slot: decimalOf(valueOf(slot, 'slot', 'head/slot'), 'head/slot'),
    slots: decimalOf(valueOf(slots, 'slots', 'head/slots'), 'head/slots'),
    path: pathOfLines(path, 'head/path'),
    checkpoint: parseCheckpointBody(text.slice(split + 2)),
  }
}

/** True if a head is in a snapshot: same number of slots, and its checkpoint text is the leaf at its slot. */
export function verifyHead(head: Head, snapshot: Snapshot): boolean {
  const leaf = leafHash(bytesOf(formatCheckpointBody(head.checkpoint)))
  return head.slots === snapshot.slots && verifyInclusion({ index: head.slot, size: snapshot.slots, leaf, path: head.path, root: snapshot.root })
}
