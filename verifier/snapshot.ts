import { malformed } from './malformed.ts'
import { base64Of, bytesOf, decimalOf, hashBytes, hashOf, utf8Of } from './text.ts'

/** An entry of the root log: when, how many slots there were, and the root over one checkpoint text per slot. */
export interface Snapshot {
  /** Unix seconds, as the processor claims. */
  readonly time: number
  readonly slots: number
  /** RFC 6962 root; leaf i is the three-line checkpoint text of slot i's log. */
  readonly root: Uint8Array
}

/** The four lines of `bailee-snapshot/v1`. Throws `Malformed` `snapshot/...` for what no snapshot can hold. */
export function formatSnapshot(snapshot: Snapshot): Uint8Array {
  const { time, slots, root } = snapshot
  if (!Number.isSafeInteger(time) || time < 0) malformed('snapshot/time', 'not Unix seconds')
  if (!Number.isSafeInteger(slots) || slots < 1) malformed('snapshot/slots', 'a snapshot has at least one slot')
  if (root.length !== hashBytes) malformed('snapshot/root', 'a root has 32 bytes')
  return bytesOf(`bailee-snapshot/v1\ntime ${time}\nslots ${slots}\nroot ${base64Of(root)}\n`)
}

/** Reads `bailee-snapshot/v1`, strictly. Throws `Malformed` `snapshot/...`. */
export function parseSnapshot(bytes: Uint8Array): Snapshot {
  const [version, time, slots, root, end, ...more] = utf8Of(bytes, 'snapshot/utf8').split('\n')
  if (version !== 'bailee-snapshot/v1') malformed('snapshot/version', 'not a snapshot of version 1')
  if (end !== '' || more.length > 0) malformed('snapshot/lines', 'not four lines')
  const count = decimalOf(valueOf(slots, 'slots', 'snapshot/slots'), 'snapshot/slots')
  if (count === 0) malformed('snapshot/slots', 'a snapshot has at least one slot')
  return {
    time: decimalOf(valueOf(time, 'time', 'snapshot/time'), 'snapshot/time'),
    slots: count,
    root: hashOf(valueOf(root, 'root', 'snapshot/root'), 'snapshot/root'),
  }
}

/** The value of a `name value` line; throws `Malformed` with the code given when the line is another. */
export function valueOf(line: string | undefined, name: string, code: string): string {
  if (line === undefined || !line.startsWith(`${name} `)) malformed(code, `no line "${name}"`)
  return line.slice(name.length + 1)
}
