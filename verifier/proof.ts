import { malformed } from './malformed.ts'
import { parseNote } from './note.ts'
import { base64Bytes, base64Of, decimalOf, hashOf } from './text.ts'

// C2SP tlog-proof: one receipt, checkable alone. https://c2sp.org/tlog-proof

const header = 'c2sp.org/tlog-proof@v1'

/** Longest audit path: a tree of 2^53 leaves is 53 levels high. */
export const pathHashesMax = 53

/** A receipt: where the entry is, its audit path (leaf's sibling first), and the log's checkpoint, verbatim. */
export interface Proof {
  readonly index: number
  readonly path: readonly Uint8Array[]
  readonly checkpoint: string
  readonly extra?: Uint8Array
}

/** Writes a receipt. */
export function formatProof(proof: Proof): string {
  const extra = proof.extra === undefined ? '' : `extra ${base64Of(proof.extra)}\n`
  return `${header}\n${extra}index ${proof.index}\n${pathLines(proof.path)}\n${proof.checkpoint}`
}

/** Reads a receipt, strictly. Nothing in it is verified, `extra` never is. Throws `Malformed` `proof/...`, `note/...`. */
export function parseProof(text: string): Proof {
  const split = text.indexOf('\n\n')
  if (split < 0) malformed('proof/split', 'no empty line before the checkpoint')
  const [first, ...lines] = text.slice(0, split).split('\n')
  if (first !== header) malformed('proof/version', 'not a tlog-proof of version 1')
  const extra = lines[0]?.startsWith('extra ') === true ? lines.shift()?.slice(6) : undefined
  const [index, ...path] = lines
  if (index === undefined || !index.startsWith('index ')) malformed('proof/index', 'no index')
  const checkpoint = text.slice(split + 2)
  parseNote(checkpoint)
  const proof = { index: decimalOf(index.slice(6), 'proof/index'), path: pathOfLines(path, 'proof/path'), checkpoint }
  return extra === undefined ? proof : { ...proof, extra: base64Bytes(extra, 'proof/extra') }
}

/** A path as lines, one base64 hash each, every line ended. */
export function pathLines(path: readonly Uint8Array[]): string {
  return path.map((hash) => `${base64Of(hash)}\n`).join('')
}

/** Reads a path of one base64 hash a line; throws `Malformed` with the code given. */
export function pathOfLines(lines: readonly string[], code: string): Uint8Array[] {
  if (lines.length > pathHashesMax) malformed(code, 'a path longer than any tree is high')
  return lines.map((line) => hashOf(line, code))
}
