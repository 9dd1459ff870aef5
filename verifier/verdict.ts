import type { AcceptanceShown, AcceptanceStanding } from './acceptances.ts'
import type { CertificateShown } from './certificates.ts'
import type { SayingShown } from './sayings.ts'
import { counted } from './text.ts'

/** A step of the check, in the order taken. `absent`: the bundle holds nothing of this kind, so nothing was shown. */
export interface Step {
  readonly name: string
  readonly outcome: 'passed' | 'absent'
  readonly showed: string
}

/** Whom the root log was checked against. `bundle` proves little: whoever wrote the bundle chose that key. */
export type Trust = 'policy given' | 'key given' | 'bundle'

/** Who saw the root log as it is. */
export interface Witnessed {
  /** Who cosigned, of `witnessesNamed` in the policy. */
  readonly witnesses: readonly { readonly name: string; readonly time: number }[]
  readonly witnessesNamed: number
  /** A quorum of a policy that the reader gave: whoever wrote the evidence could name witnesses of its own. */
  readonly independentlyWitnessed: boolean
}

/** What a verified bundle holds. Times are Unix seconds; the logs' times are claims, the witnesses' are theirs. */
export interface Facts extends Witnessed {
  readonly origin: string
  readonly trust: Trust
  readonly entries: number
  readonly commonEntries?: number
  readonly snapshots: number
  readonly firstHead: number
  readonly time: number
  /** Changes of the processor's keys, each signed for; absent where there was none. */
  readonly keyChanges?: number
  readonly receipts: number
  /** Receipts given beside the bundle, whose promises it keeps. */
  readonly kept: number
  readonly disclosed: number
  /** Opened entries whose time is more than a day off those of the snapshots around them, and the first of them; absent where there is none. */
  readonly datedOff?: { readonly count: number; readonly first: number }
  readonly commitments: number
  readonly oldCheckpointSize?: number
  /** Acceptances of instructions that are opened; absent where none is. */
  readonly acceptances?: readonly AcceptanceShown[]
  /** What signatories signed besides: choices, releases, objections, answers, withdrawals; absent where none is opened. */
  readonly sayings?: readonly SayingShown[]
  readonly certificates: readonly CertificateShown[]
}

/** Why a bundle was refused: the step, a stable code `<what>/<cause>`, and a sentence without any value from the data. */
export interface Reason {
  readonly step: string
  readonly code: string
  readonly message: string
}

/** Refused evidence: the steps that passed before, and why the next did not. */
export interface Refused { readonly outcome: 'refused'; readonly steps: readonly Step[]; readonly because: Reason }

/** The result of a check. `shows` and `doesNotShow` are sentences for people; programs read `facts` and `because.code`. */
export type Verdict =
  | { readonly outcome: 'verified'; readonly steps: readonly Step[]; readonly facts: Facts; readonly shows: readonly string[]; readonly doesNotShow: readonly string[] }
  | Refused

/** What the evidence shows, a sentence each. */
export function whatItShows(facts: Facts): string[] {
  const { origin, entries, snapshots } = facts
  const sentences = [
    `${trustSentence(facts.trust)}.`,
    `${entries === 1 ? `The one entry of ${printable(origin)} is here: it hashes` : `All ${entries} entries of ${printable(origin)} are here: they hash`} to the root that the last of ${counted(snapshots, 'snapshot', 'snapshots')} fixes (${instantOf(facts.time)}, by the processor's clock).`,
    `Nothing in them was altered, removed or put in between since snapshot ${facts.firstHead}: each snapshot from there on fixes a beginning of this same log.`,
    `One position per snapshot and one origin per position: no other log was shown under this root as ${printable(origin)}.`,
  ]
  if (facts.independentlyWitnessed) sentences.push(witnessSentence(facts))
  if (facts.oldCheckpointSize !== undefined) sentences.push(`It continues the checkpoint of ${facts.oldCheckpointSize} entries that was kept from before.`)
  if (facts.commonEntries !== undefined) sentences.push(`The common log (${facts.commonEntries} entries) is whole in the same way, and every entry was decided on a part of it that exists.`)
  if (facts.keyChanges !== undefined) sentences.push(`The processor's keys were changed ${counted(facts.keyChanges, 'time', 'times')}: each new key was signed for by the one before it, and none signed more than it is believed of.`)
  if (facts.receipts > 0) sentences.push(`${counted(facts.receipts, 'receipt was kept: what it', 'receipts were kept: what each')} promised is in the log.`)
  if (facts.kept > 0) sentences.push(`It keeps the promise of ${counted(facts.kept, 'receipt that was', 'receipts that were')} handed out before: each entry is where its receipt says, and what was signed then is a beginning of these logs.`)
  if (facts.disclosed > 0) sentences.push(`${counted(facts.disclosed, 'opened payload is the one that was', 'opened payloads are the ones that were')} committed to.`)
  return [...sentences, ...(facts.acceptances ?? []).filter(({ standing }) => standing === 'signed').map(acceptanceSentence), ...(facts.sayings ?? []).filter(({ standing }) => standing === 'signed').map(sayingSentence), ...facts.certificates.map(certificateSentence)]
}

/** What the evidence does not show, a sentence each; as much a part of the verdict as the other list. */
export function whatItDoesNotShow(facts: Facts): string[] {
  const sentences: string[] = []
  if (facts.trust === 'bundle') sentences.push('That this is the history shown to others: whoever wrote the bundle chose the key. Check again with --policy or --pin and a key you got by another way.')
  if (!facts.independentlyWitnessed) sentences.push('That the processor did not sign a second history: it is not independently witnessed.')
  if (facts.trust !== 'policy given' && facts.witnesses.length > 0) sentences.push(`That its witnesses are independent of the processor: ${facts.witnesses.length} of ${facts.witnessesNamed} cosigned, but their keys are the ones that the bundle names. Check again with --policy.`)
  sentences.push('That something which was never logged did not happen. Receipts are the counter-measure: keep yours.')
  sentences.push('That the processor keeps no other log of the same controller, at another number: compare the whole name of this one with your contract, and with what others were shown.')
  sentences.push('That what an entry says was done was done, or when: the times of entries and of snapshots are the processor\'s word. Witnesses say by when all of this was there; a checkpoint or receipt that you kept says what was not there yet.')
  if (facts.datedOff !== undefined) sentences.push(`When ${facts.datedOff.count} opened entries were made: each says a time more than a day off those of the snapshots around it (the first is entry ${facts.datedOff.first}).`)
  const hidden = facts.commitments - facts.disclosed
  if (hidden > 0) sentences.push(`What ${hidden} of ${facts.commitments} payloads said: they are not opened here, or their key was destroyed.`)
  if (facts.commonEntries === undefined) sentences.push('What the common log says: it is not in the bundle.')
  sentences.push(...whatAcceptancesDoNotShow(facts.acceptances ?? []), ...whatSayingsDoNotShow(facts.sayings ?? []), ...whatKeysDoNotShow(facts))
  if (facts.certificates.length > 0) sentences.push('That data are irrecoverably gone: a certificate says what was searched and with which result, by a key that this bundle names.')
  return sentences
}

/** What a check rests on. */
export function trustSentence(trust: Trust, evidence = 'bundle'): string {
  if (trust === 'bundle') return `Verified against the key inside the ${evidence}`
  return trust === 'policy given' ? 'Verified against the policy given' : 'Verified against the key given'
}

/** Who saw it, and when. */
export function witnessSentence({ witnesses, witnessesNamed }: Witnessed): string {
  const names = witnesses.map(({ name, time }) => `${printable(name)} at ${instantOf(time)}`).join(', ')
  return `Witnessed by ${witnesses.length} of ${witnessesNamed}, as the policy given asks: ${names}. What the logs held then was not changed since.`
}

function acceptanceSentence({ instruction, index, with: kind, proposedBy, registeredBy }: AcceptanceShown): string {
  const whose = kind === 'passkey' ? `a passkey that entry ${registeredBy} registered for an account of the signatory named` : `the key that entry ${registeredBy} gives the signatory named`
  return `Instruction ${printable(instruction)}: accepted by entry ${index}, signed over exactly the proposal of entry ${proposedBy} and over this log, with ${whose}.`
}

function sayingSentence({ type, index, with: kind, registeredBy }: SayingShown): string {
  const whose = kind === 'passkey' ? `a passkey that entry ${registeredBy} registered for an account of the signatory named` : `the key that entry ${registeredBy} gives the signatory named`
  return `Entry ${index} (${type}): signed over exactly what it says and over this log, with ${whose}.`
}

/** Those of some standings. */
function standing<Shown extends { readonly standing: AcceptanceStanding }>(shown: readonly Shown[], ...standings: readonly AcceptanceStanding[]): readonly Shown[] {
  return shown.filter((one) => standings.includes(one.standing))
}

/** What was opened and is contradicted by the log that holds it, in words; empty where nothing is. For whoever reads no more than a line. */
export function contradictedIn(facts: object): string[] {
  const { acceptances = [], sayings = [] } = facts as Partial<Facts>
  return ([[acceptances, 'acceptances'], [sayings, 'sayings']] as const).map(([shown, word]) => [standing<AcceptanceShown | SayingShown>(shown, 'contradicted').length, word] as const).filter(([count]) => count > 0).map(([count, word]) => `${count} CONTRADICTED ${word}`)
}

function whatAcceptancesDoNotShow(acceptances: readonly AcceptanceShown[]): string[] {
  const unlinked = standing(acceptances, 'unlinked', 'unsigned')
  return [
    ...standing(acceptances, 'contradicted').map(({ instruction, index, because }) => `That instruction ${printable(instruction)} was accepted as entry ${index} says: CONTRADICTED, ${because?.message} (${because?.code}).`),
    ...standing(acceptances, 'unknown key').map(({ instruction, index, keySha256 = '' }) => `Who accepted instruction ${printable(instruction)} in entry ${index}: no entry before it gives the signatory that it names that key (${keySha256.slice(0, 8)}).`),
    ...(unlinked.length === 0 ? [] : [`What was accepted, or by whose key, of ${unlinked.length} acceptances: what they are over is not opened here, or they carry no signature.`]),
  ]
}

function whatSayingsDoNotShow(sayings: readonly SayingShown[]): string[] {
  const unlinked = standing(sayings, 'unlinked', 'unsigned')
  return [
    ...standing(sayings, 'contradicted').map(({ type, index, because }) => `That a signatory said what entry ${index} (${type}) says: CONTRADICTED, ${because?.message} (${because?.code}).`),
    ...standing(sayings, 'unknown key').map(({ type, index, keySha256 = '' }) => `Who said what entry ${index} (${type}) says: no entry before it gives the signatory that it names that key (${keySha256.slice(0, 8)}).`),
    ...(unlinked.length === 0 ? [] : [`That a signatory said what ${unlinked.length} choices, releases, objections or the like say: whose key it is, or what it signed, is not opened here, or they carry no signature.`]),
  ]
}

/** What no signature shows, whatever is signed with it. */
function whatKeysDoNotShow({ acceptances = [], sayings = [] }: Facts): string[] {
  const all = [...acceptances, ...sayings]
  const hashesOf = (of: readonly { readonly keySha256?: string }[]): string => [...new Set(of.map(({ keySha256 = '' }) => keySha256.slice(0, 8)))].sort().join(', ')
  const [passkeys, keys] = [all.filter((one) => one.with === 'passkey' && one.keySha256 !== undefined), standing(all, 'signed').filter((one) => one.with === 'key' && one.custody === 'signatory')]
  const here = ([[acceptances, 'acceptances'], [sayings, 'sayings']] as const).map(([shown, word]) => [standing<AcceptanceShown | SayingShown>(shown, 'signed').filter(({ custody }) => custody === 'this machine').length, word] as const).filter(([count]) => count > 0)
  return [
    ...(passkeys.length === 0 ? [] : [`That a passkey was in the hands of whom its entry names: it was made after the processor let somebody sign in. Compare the hash of its key with the signatory's own (${hashesOf(passkeys)}).`]),
    ...(keys.length === 0 ? [] : [`That a key is of whom its entry names: the processor recorded it. Compare its hash with the signatory's own (${hashesOf(keys)}).`]),
    ...here.map(([count, word]) => `That the signatory signed ${count} ${word}: their keys are kept on the processor's own machine, by its own word.`),
  ]
}

function certificateSentence(certificate: CertificateShown): string {
  const { id, standing } = certificate
  const status = certificate.status === undefined ? '' : ` (${certificate.status})`
  switch (standing) {
    case 'stands':
      return `Certificate ${id}${status}: signed, and named by entry ${certificate.issuedBy}.`
    case 'unlinked':
      return `Certificate ${id}${status}: signed, but the entry that issues it is not opened here.`
    case 'unclear':
      return `Certificate ${id}${status}: signed, but a later entry invalidates a certificate and is not opened here: do not rely on it.`
    case 'invalidated':
      return `Certificate ${id}: invalidated by entry ${certificate.invalidatedBy}: the signature verifies but the statement no longer holds.`
  }
}

/** Unix seconds as an ISO date; a number beyond any calendar stays a number. */
export function instantOf(seconds: number): string {
  const milliseconds = seconds * 1000
  return milliseconds <= 253_402_300_799_000 ? new Date(milliseconds).toISOString().replace('.000Z', 'Z') : `${seconds} s`
}

/** Names come from the bundle: nothing in them may move the cursor or turn the line round. */
export function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, '\uFFFD')
}
