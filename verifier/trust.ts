import { openCheckpoint } from './checkpoint.ts'
import type { SignedCheckpoint } from './checkpoint.ts'
import type { VerifySignature } from './signature.ts'
import { renamed } from './evidence.ts'
import { malformed } from './malformed.ts'
import type { VerifierKey } from './note.ts'
import { parsePolicy, satisfies } from './policy.ts'
import type { Policy } from './policy.ts'
import { noChanges } from './succession.ts'
import type { Keyring } from './succession.ts'
import { counted, decimalOf, sameBytes, utf8Of } from './text.ts'
import { printable } from './verdict.ts'
import type { Trust } from './verdict.ts'
import type { Shown } from './walk.ts'

/** What the reader trusts already. `policy` stands in for the bundle's own; `pins` are keys of the root log, one of which must have signed. */
export interface VerifyOptions {
  readonly policy?: Policy
  readonly pins?: readonly VerifierKey[]
}

/** The same, and what checks signatures. */
export interface Checking extends VerifyOptions {
  readonly verify: VerifySignature
}

/** What a verdict may say that it rests on. */
export function trustIn(options: VerifyOptions): Trust {
  if (options.policy !== undefined) return 'policy given'
  return (options.pins ?? []).length > 0 ? 'key given' : 'bundle'
}

/** The policy given, or the one that came with the evidence. Throws `Malformed` `policy/...`. */
export function readPolicy(inside: () => Uint8Array, options: VerifyOptions): Shown<Policy> {
  const policy = options.policy ?? parsePolicy(utf8Of(inside(), 'policy/utf8'))
  if (policy.logs.length === 0 && (options.pins ?? []).length === 0) malformed('policy/log', 'the policy names no log')
  const quorum = policy.quorum.kind === 'none' ? 'no quorum, so not independently witnessed' : `${policy.witnesses.size} witnesses and a quorum`
  return { value: policy, showed: `${trustIn(options) === 'policy given' ? 'the policy given' : 'the policy inside, which proves little by itself'}: ${quorum}` }
}

/** A policy may leave the logs to be known from elsewhere: then the pins are all there is. */
export function logKeys(policy: Policy, options: VerifyOptions): readonly VerifierKey[] {
  return policy.logs.length === 0 ? (options.pins ?? []) : policy.logs
}

/** Opens the root log's checkpoint: by a key of the policy, by a pin where pins are given, and cosigned by its quorum. Throws `Malformed`. */
export function openRoot(note: Uint8Array | string, policy: Policy, options: Checking, ring: Keyring = noChanges): Shown<SignedCheckpoint> {
  const pins = options.pins ?? []
  const { verify } = options
  const logs = withFollowing(logKeys(policy, options), ring)
  const witnesses = [...policy.witnesses.values()]
  if ([...logs, ...pins].some((log) => witnesses.some((witness) => sameBytes(witness.publicKey, log.publicKey)))) malformed('policy/witness', 'a key of the log itself is named as a witness of it')
  const signed = openCheckpoint(note, { logs, witnesses, verify })
  // One that is followed by another, or was revoked, may sign no more than it is believed of: somebody may have it.
  const believed = (keys: readonly VerifierKey[]): VerifierKey[] => keys.filter(({ publicKey }) => signed.size <= ring.until(publicKey))
  if (ring.changes.length > 0) renamed('keys/over', () => openCheckpoint(note, { logs: believed(logs), verify }))
  if (pins.length > 0) renamed('checkpoint/pin', () => openCheckpoint(note, { logs: believed(withFollowing(pins, ring)), verify }))
  if (!satisfies(policy.quorum, new Set(signed.cosigned.keys()))) malformed('checkpoint/quorum', `${signed.cosigned.size} cosignatures do not satisfy the quorum`)
  return { value: signed, showed: `signed by ${printable(signed.origin)} at ${counted(signed.size, 'snapshot', 'snapshots')}, ${counted(signed.cosigned.size, 'cosignature', 'cosignatures')}` }
}

const withFollowing = (keys: readonly VerifierKey[], ring: Keyring): readonly VerifierKey[] => [...keys, ...ring.following(keys)]

/** The processor's name: what every origin begins with. Throws `Malformed` `root/origin`. */
export function processorOf(rootOrigin: string): string {
  return rootOrigin.endsWith('/root') ? rootOrigin.slice(0, -'/root'.length) : malformed('root/origin', 'the root log is named <processor>/root')
}

/** The slot is the end of the origin, so that one position has one log and no second one can be shown to somebody else. Throws `Malformed` `client/origin`. */
export function slotOf(origin: string, processor: string): number {
  if (!origin.startsWith(`${processor}/`)) malformed('client/origin', 'the log belongs to another processor than the root log')
  return decimalOf(origin.slice(processor.length + 1), 'client/origin')
}
