import { parseVerifierKey, satisfies, verifyCosignature, parseNote, type VerifierKey } from '@bailee/verifier'
import { failpoint } from '#kit/failpoint'
import type { Clock, Instant } from '#kit/time'
import type { Signer } from '../custody/custody.ts'
import type { Ledger } from '../ledger.ts'
import { checkpointNote, rootOrigin, signRoot, type SignedRootLog } from '../root.ts'
import { transaction, type Database, type Transaction } from '../store.ts'
import { formatPolicy, readPolicy, type DeclaredWitness, type WitnessPolicy } from './policy.ts'
import * as store from './store.ts'
import { submit, type Offered } from './submit.ts'

/** What became of one witness. `already`: it had cosigned this tree, and where it was asked again and said nothing, why that is not known to be all; `waits`: it failed a moment ago. */
export interface Asked {
  readonly name: string
  readonly outcome: 'cosigned' | 'already' | 'waits' | 'refused'
  readonly because?: string
  /** It has seen, or claims, another history: somebody signed one, or it lies. Either way somebody must look. */
  readonly history?: boolean
}

export interface CosignOptions {
  readonly clock: Clock
  /** The snapshot to be cosigned; the newest, when not given. */
  readonly last?: number
  /** Leaves out witnesses that failed a short while ago: what runs by itself asks a dead one ever more seldom. */
  readonly patient?: boolean
  /** Asks also those that cosigned this tree: where keys and database were restored together, nobody else knows that there was a later one. */
  readonly anew?: boolean
}

/** Longest pause before a failing witness is asked again, in seconds. */
const pauseSecondsMax = 3_600

/**
 * Signs the root log at its newest snapshot and asks every declared witness for its cosignature, all at once; each has ten seconds. Nothing is appended, no
 * lock is held, and a witness that fails is a line in the answer, never an error. Throws what `signRoot` throws: then nobody is asked.
 */
export async function cosign(ledger: Ledger, options: CosignOptions): Promise<Asked[]> {
  const policy = await store.witnessPolicy(ledger.database)
  if (policy.witnesses.length === 0) return []
  const root = await signRoot(ledger, options.last)
  if (root === undefined) return []
  failpoint('cosign/signed')
  const known = await store.cosignaturesAt(ledger.database, root.size)
  const contacts = await store.contacts(ledger.database)
  const offered = { size: root.size, text: root.text, note: checkpointNote(root), tree: root.tree, signedSize: () => ledger.keys.signedRoots.last()?.size ?? 0 }
  return Promise.all(policy.witnesses.map((witness) => {
    const contact = contacts.get(witness.vkey)
    if (known.has(witness.vkey)) return options.anew === true ? askAgain(ledger.database, witness, { offered, failed: (contact?.failures ?? 0) > 0, clock: options.clock }) : { name: witness.name, outcome: 'already' } as const
    if (options.patient === true && contact !== undefined && options.clock() < nextTry(contact)) return { name: witness.name, outcome: 'waits', ...(contact.because === null ? {} : { because: contact.because }) } as const
    return ask(ledger.database, witness, { offered, believed: contact?.size ?? 0, clock: options.clock })
  }))
}

const nextTry = ({ triedAt, failures }: store.Contact): Instant => (failures === 0 ? 0 : triedAt + Math.min(pauseSecondsMax, 30 * 2 ** Math.min(failures, 12)))

async function ask(database: Database, witness: DeclaredWitness, { offered, believed, clock }: { offered: Offered; believed: number; clock: Clock }): Promise<Asked> {
  const { name, vkey } = witness
  const submitted = await submit(witness, offered, believed)
  if (submitted.outcome === 'refused') {
    const because = `${submitted.because}${submitted.history ? ' (ANOTHER HISTORY)' : ''}`
    await store.keepFailure(database, { vkey, because, at: clock() })
    return { name, outcome: 'refused', because: submitted.because, ...(submitted.history ? { history: true } : {}) }
  }
  failpoint('cosign/answered')
  await transaction(database, (tx) => store.keepCosignature(tx, { vkey, size: offered.size, line: submitted.line, time: submitted.time, at: clock() }))
  failpoint('cosign/kept')
  return { name, outcome: 'cosigned' }
}

/** Whether one that cosigned this tree knows of another history, or of more of it. What it says else, or that it says nothing, takes nothing from its signature. One that `failed` since, and cosigns it once more, failed no longer. */
async function askAgain(database: Database, witness: DeclaredWitness, { offered, failed, clock }: { offered: Offered; failed: boolean; clock: Clock }): Promise<Asked> {
  const submitted = await submit(witness, offered, offered.size)
  if (submitted.outcome === 'cosigned') {
    if (failed) await transaction(database, (tx) => store.keepCosignature(tx, { vkey: witness.vkey, size: offered.size, line: submitted.line, time: submitted.time, at: clock() }))
    return { name: witness.name, outcome: 'already' }
  }
  if (!submitted.history) return { name: witness.name, outcome: 'already', because: `it does not say whether it has seen more: ${submitted.because}` }
  await store.keepFailure(database, { vkey: witness.vkey, because: `${submitted.because} (ANOTHER HISTORY)`, at: clock() })
  return { name: witness.name, outcome: 'refused', because: submitted.because, history: true }
}

/** How a signed root log stands with its witnesses: lines to put under it, who they are, and whether they are enough. */
export interface Standing {
  readonly policy: WitnessPolicy
  /** Verified again, in the order of the policy. */
  readonly lines: readonly string[]
  readonly cosigned: readonly string[]
  /** True when a quorum is declared and they make it. */
  readonly enough: boolean
}

/** Reads the cosignatures of that tree. A line that no longer verifies against a declared key is left out. */
export async function standingOf(executor: Database | Transaction, root: Pick<SignedRootLog, 'size' | 'text'>): Promise<Standing> {
  const policy = await store.witnessPolicy(executor)
  const kept = await store.cosignaturesAt(executor, root.size)
  const found = policy.witnesses.flatMap(({ name, vkey }) => {
    const line = kept.get(vkey)
    return line !== undefined && verifies(parseVerifierKey(vkey), root.text, line) ? [{ name, line }] : []
  })
  const cosigned = found.map(({ name }) => name)
  const { quorum, witnesses } = readPolicy(policy)
  const keys = new Set(cosigned.flatMap((name) => witnesses.get(name) ?? []))
  return { policy, lines: found.map(({ line }) => line), cosigned, enough: quorum.kind !== 'none' && satisfies(quorum, keys) }
}

function verifies(key: VerifierKey, text: string, line: string): boolean {
  const signature = parseNote(`${text}\n${line}`).signatures.find((one) => one.name === key.name && one.keyHash === key.keyHash)
  return signature !== undefined && verifyCosignature(key, signature, text) !== undefined
}

/** The policy that this standing satisfies: the declared one, or, when they are too few, the same witnesses and no quorum. */
export const satisfiedPolicy = (ledger: Ledger, { publicKey }: Signer, standing: Standing): string =>
  formatPolicy({ name: rootOrigin(ledger), publicKey }, standing.policy, standing.enough ? standing.policy.quorum : 'none')

/** A declared witness and what became of asking it. */
export interface WitnessShown extends DeclaredWitness {
  readonly contact?: store.Contact
}

/** Every declared witness with its last contact, and the quorum. */
export async function showWitnesses(database: Database): Promise<{ readonly policy: WitnessPolicy; readonly witnesses: readonly WitnessShown[] }> {
  const policy = await store.witnessPolicy(database)
  const contacts = await store.contacts(database)
  return { policy, witnesses: policy.witnesses.map((witness) => { const contact = contacts.get(witness.vkey); return contact === undefined ? witness : { ...witness, contact } }) }
}
