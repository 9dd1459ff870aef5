import { formatCheckpointBody, frontierRoot, type Frontier } from '@bailee/verifier'

const hashBytes = 32

/** The roots of the perfect subtrees, largest first, one after the other: what a head row keeps of its log. */
export const encodeFrontier = (frontier: Frontier): Uint8Array => Buffer.concat(frontier.hashes)

export function decodeFrontier(size: number, bytes: Uint8Array): Frontier {
  const hashes = Array.from({ length: bytes.length / hashBytes }, (_, index) => bytes.subarray(index * hashBytes, (index + 1) * hashBytes))
  return { size, hashes }
}

/** Root of a log at this head. */
export function headRoot(head: { readonly size: number; readonly frontier: Uint8Array }): Uint8Array {
  return frontierRoot(decodeFrontier(head.size, head.frontier))
}

/** The 3-line checkpoint text of one log: leaf `slot` of a snapshot's tree. */
export function headText(head: { readonly origin: string; readonly size: number; readonly root: Uint8Array }): string {
  return formatCheckpointBody(head)
}
