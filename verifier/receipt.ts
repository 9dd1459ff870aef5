import { openCheckpoint } from './checkpoint.ts'
import { commitmentOf, faultIn, isPartName, parseEntry, saltBytes } from './entry.ts'
import type { Entry } from './entry.ts'
import { checkPrefix, renamed } from './evidence.ts'
import type { KnownLog } from './evidence.ts'
import { parseHead, verifyHead } from './head.ts'
import type { Head } from './head.ts'
import { Malformed, malformed } from './malformed.ts'
import { leafHash, verifyInclusion } from './merkle.ts'
import { ed25519Type, formatVerifierKey, parseVerifierKey } from './note.ts'
import type { VerifierKey } from './note.ts'
import { parseProof } from './proof.ts'
import type { Proof } from './proof.ts'
import { parseSnapshot } from './snapshot.ts'
import { openWithEarlier } from './succession.ts'
import type { Keyring } from './succession.ts'
import { base64Bytes, base64Of, bytesOf, sameBytes, utf8Of } from './text.ts'
import { openRoot, processorOf, readPolicy, slotOf, trustIn } from './trust.ts'
import type { Checking } from './trust.ts'
import { instantOf, printable, trustSentence, witnessSentence } from './verdict.ts'
import type { Refused, Step, Trust, Witnessed } from './verdict.ts'
import { judged, Walk } from './walk.ts'
import type { Progress, Shown } from './walk.ts'

// One file that its counterparty keeps: an entry, what it says, and the way from it to the root log's signed checkpoint. Each line is a name and the
// base64 of one piece, and the pieces are those of a bundle, so that whoever checks bundles can check receipts.

const header = 'bailee-receipt/v1'

/** Longest receipt, in characters. The parts of a certificate are the longest: a document over thousands of places. */
export const receiptCharactersMax = 32_000_000

/** The pieces of a receipt, as bytes or texts of their own formats. */
export interface Receipt {
  /** The leaf, as it was hashed. */
  readonly entry: Uint8Array
  /** Payloads opened: salt and payload by the part's name. */
  readonly parts: readonly { readonly name: string; readonly opened: Uint8Array }[]
  /** The key of the log that holds it, as `vkey`. */
  readonly log: string
  /** C2SP tlog-proof of the entry in its log, with the log's checkpoint. */
  readonly proof: string
  /** `bailee-head/v1`: what the snapshot says of that log. */
  readonly head: string
  /** The entry of the root log. */
  readonly snapshot: Uint8Array
  /** C2SP tlog-proof of the snapshot in the root log, with the root checkpoint and its cosignatures. */
  readonly root: string
  /** C2SP tlog-policy: the root log's key and its witnesses, by the processor's word. */
  readonly policy: string
}

/** Writes a receipt. */
export function formatReceipt(receipt: Receipt): string {
  const parts = [...receipt.parts].sort((one, other) => (one.name < other.name ? -1 : 1))
  const text = (value: string): string => base64Of(bytesOf(value))
  return [
    header, `entry ${base64Of(receipt.entry)}`, ...parts.map(({ name, opened }) => `part ${name} ${base64Of(opened)}`), `log ${receipt.log}`, `proof ${text(receipt.proof)}`,
    `head ${text(receipt.head)}`, `snapshot ${base64Of(receipt.snapshot)}`, `root ${text(receipt.root)}`, `policy ${text(receipt.policy)}`, '',
  ].join('\n')
}

/** Reads a receipt, strictly: these lines in this order, in their one spelling. Nothing in it is verified. Throws `Malformed` `receipt/...`. */
export function parseReceipt(bytes: Uint8Array): Receipt {
  if (bytes.length > receiptCharactersMax) malformed('receipt/size', 'longer than a receipt may be')
  const [version, ...lines] = utf8Of(bytes, 'receipt/utf8').split('\n')
  if (version !== header) malformed('receipt/version', 'not a receipt of version 1')
  if (lines.pop() !== '') malformed('receipt/end', 'the last line does not end')
  let read = 0 // a place, since what is taken off the front of a long list moves all the rest
  const next = (name: string): string => {
    const line = lines[read++]
    return line?.startsWith(`${name} `) === true ? line.slice(name.length + 1) : malformed('receipt/lines', `no line "${name}" where it belongs`)
  }
  const bytesNext = (name: string): Uint8Array => base64Bytes(next(name), `receipt/${name}`)
  const textNext = (name: string): string => utf8Of(bytesNext(name), `receipt/${name}`)
  const entry = bytesNext('entry')
  const parts: { name: string; opened: Uint8Array }[] = []
  while (lines[read]?.startsWith('part ') === true) {
    const [, name = '', opened = ''] = /^([a-z0-9_-]*) (.*)$/.exec(next('part')) ?? []
    if (!isPartName(name) || (parts.at(-1)?.name ?? '') >= name) malformed('receipt/part', 'parts are named by lower-case words, each after the one before')
    parts.push({ name, opened: base64Bytes(opened, 'receipt/part') })
  }
  const receipt = { entry, parts, log: next('log'), proof: textNext('proof'), head: textNext('head'), snapshot: bytesNext('snapshot'), root: textNext('root'), policy: textNext('policy') }
  return lines.length === read ? receipt : malformed('receipt/lines', 'more lines than a receipt has')
}

/** A receipt that the reader kept, and what to call it in messages. */
export interface KeptReceipt {
  readonly name: string
  readonly bytes: Uint8Array
}

/** What a verified receipt says. Times are Unix seconds; `at` and the snapshot's are claims. */
export interface ReceiptFacts extends Witnessed {
  readonly trust: Trust
  readonly origin: string
  readonly index: number
  readonly type: string
  readonly at: number
  readonly snapshot: number
  readonly time: number
  /** Payloads opened; `says` is its JSON where it is JSON, and absent otherwise. */
  readonly parts: readonly { readonly name: string; readonly bytes: number; readonly says?: unknown }[]
  readonly partsNotOpened: readonly string[]
}

/** The result of checking a receipt. */
export type ReceiptVerdict =
  | { readonly outcome: 'verified'; readonly steps: readonly Step[]; readonly facts: ReceiptFacts; readonly shows: readonly string[]; readonly doesNotShow: readonly string[] }
  | Refused

/** Checks a receipt in named steps and stops at the first that fails. */
export function* checkReceipt(bytes: Uint8Array, options: Checking): Generator<Progress, ReceiptVerdict> {
  return yield* judged(function* (walk) {
    const { facts } = yield* receiptIn(walk, bytes, options)
    return { facts, shows: whatAReceiptShows(facts), doesNotShow: whatAReceiptDoesNotShow(facts) }
  })
}

/** What a receipt promises of the log that it is from, and of the root log. */
interface Promised {
  readonly facts: ReceiptFacts
  readonly entry: Uint8Array
  readonly snapshot: Uint8Array
  readonly log: { readonly size: number; readonly root: Uint8Array }
  readonly rootLog: { readonly size: number; readonly root: Uint8Array }
}

function* receiptIn(walk: Walk, bytes: Uint8Array, options: Checking): Generator<Progress, Promised> {
  const receipt = yield* walk.step('receipt', () => shown(parseReceipt(bytes), (read) => `${read.parts.length} parts opened beside the entry`))
  const policy = yield* walk.step('policy', () => readPolicy(() => bytesOf(receipt.policy), options))
  const rootProof = parseProof(receipt.root)
  const signed = yield* walk.step('root checkpoint', () => openReceiptRoot(rootProof.checkpoint, policy, options))
  const snapshot = yield* walk.step('snapshot', () => {
    if (!isIn(rootProof, receipt.snapshot, signed)) malformed('receipt/snapshot', `the snapshot is not entry ${rootProof.index} of the root log`)
    return shown(parseSnapshot(receipt.snapshot), ({ slots, time }) => `snapshot ${rootProof.index} of ${slots} slots at ${instantOf(time)} is in the root log`)
  })
  const key = logKey(receipt.log)
  const head = yield* walk.step('head', () => {
    const read = parseHead(receipt.head)
    checkHead(read, { key, slot: slotOf(key.name, processorOf(signed.origin)), snapshot: rootProof.index })
    return verifyHead(read, snapshot) ? shown(read, () => `it fixes ${read.checkpoint.size} entries of ${printable(key.name)}`) : malformed('receipt/head', 'the head is not in its snapshot')
  })
  const proof = parseProof(receipt.proof)
  const log = yield* walk.step('log checkpoint', () => {
    const checkpoint = openCheckpoint(proof.checkpoint, { logs: [key], verify: options.verify })
    if (checkpoint.origin !== head.checkpoint.origin || checkpoint.size !== head.checkpoint.size || !sameBytes(checkpoint.root, head.checkpoint.root)) malformed('receipt/log', 'the log signed another head than its snapshot fixes')
    return shown(checkpoint, ({ size }) => `the log signed the same ${size} entries`)
  })
  const entry = yield* walk.step('entry', () => {
    if (!isIn(proof, receipt.entry, log)) malformed('receipt/inclusion', `the entry is not entry ${proof.index} of its log`)
    return shown(parseEntry(receipt.entry), ({ type, at }) => `entry ${proof.index}: ${type}, at ${instantOf(at)} by its own word`)
  })
  const parts = yield* walk.step('parts', () => openedParts(receipt, entry))
  const facts: ReceiptFacts = {
    trust: trustIn(options), origin: key.name, index: proof.index, type: entry.type, at: entry.at, snapshot: rootProof.index, time: snapshot.time, parts,
    partsNotOpened: entry.parts.map(({ n }) => n).filter((name) => !parts.some((part) => part.name === name)),
    witnesses: [...signed.cosigned].map(([witness, time]) => ({ name: witness.name, time })), witnessesNamed: policy.witnesses.size, independentlyWitnessed: options.policy !== undefined && policy.quorum.kind !== 'none',
  }
  return { facts, entry: receipt.entry, snapshot: receipt.snapshot, log, rootLog: signed }
}

/** A receipt stays signed by the key of its day. Who knows only a later one needs the chain of changes between them, which is in a bundle. */
function openReceiptRoot(...given: Parameters<typeof openRoot>): ReturnType<typeof openRoot> {
  try {
    return openRoot(...given)
  } catch (error) {
    if (!(error instanceof Malformed) || !['checkpoint/key', 'checkpoint/pin'].includes(error.code)) throw error
    throw new Malformed(error.code, `${error.message}; if its key was changed since: bailee-verify BUNDLE --receipt FILE`)
  }
}

function shown<T>(value: T, sentence: (value: T) => string): Shown<T> {
  return { value, showed: sentence(value) }
}

function logKey(vkey: string): VerifierKey {
  const key = parseVerifierKey(vkey)
  return key.type === ed25519Type ? key : malformed('key/type', 'the key beside the entry is not the key of a log')
}

function isIn(proof: Proof, bytes: Uint8Array, tree: { readonly size: number; readonly root: Uint8Array }): boolean {
  return verifyInclusion({ index: proof.index, path: proof.path, leaf: leafHash(bytes), size: tree.size, root: tree.root })
}

function checkHead(head: Head, place: { readonly key: VerifierKey; readonly slot: number; readonly snapshot: number }): void {
  if (head.snapshot !== place.snapshot) malformed('receipt/head', 'the head is of another snapshot')
  if (head.slot !== place.slot) malformed('receipt/head', 'the head is of another slot')
  if (head.checkpoint.origin !== place.key.name) malformed('receipt/head', 'the head is of another log')
}

function openedParts(receipt: Receipt, entry: Entry): Shown<ReceiptFacts['parts']> {
  const parts = receipt.parts.map(({ name, opened }) => {
    const promised = entry.parts.find(({ n }) => n === name)
    if (promised === undefined) malformed('receipt/part', 'the entry has no part of that name')
    if (opened.length < saltBytes) malformed('receipt/part', 'an opened part is shorter than a salt')
    const payload = opened.subarray(saltBytes)
    if (commitmentOf(opened.subarray(0, saltBytes), payload) !== promised.c) malformed('receipt/commitment', `part ${name} is not what the entry committed to`)
    const says = jsonOf(payload)
    return says === undefined ? { name, bytes: payload.length } : { name, bytes: payload.length, says }
  })
  return parts.length === 0 ? { value: parts, showed: 'none opened', absent: true } : { value: parts, showed: `${parts.length} of ${entry.parts.length} are what the entry committed to` }
}

function jsonOf(payload: Uint8Array): unknown {
  try {
    const text = utf8Of(payload, 'receipt/part')
    const value: unknown = JSON.parse(text)
    return faultIn(text) === undefined ? value : undefined
  } catch {
    return undefined // its writer's right
  }
}

/** The logs of a bundle, and the keys that signed them. */
interface HeldLogs { readonly logs: readonly KnownLog[]; readonly rootLog: KnownLog; readonly ring: Keyring }

/**
 * True to what a receipt promised, the logs of a bundle hold its entry where it says, and what was signed then is a beginning of them. The receipt is
 * checked first, against the keys that the bundle was checked against. Throws `Malformed`: `receipt/...` when the receipt itself does not hold,
 * `promise/...` when the bundle breaks what it promised.
 */
export function checkKept(kept: readonly KeptReceipt[], bundle: HeldLogs, options: Checking): number {
  for (const { name, bytes } of kept) checkKeptOne(name, bytes, bundle, options)
  return kept.length
}

function checkKeptOne(name: string, bytes: Uint8Array, { logs, rootLog, ring }: HeldLogs, options: Checking): void {
  const keys = (earlier?: Uint8Array): readonly VerifierKey[] => (earlier === undefined ? rootLog.keys : [parseVerifierKey(formatVerifierKey(rootLog.log.checkpoint.origin, earlier))])
  // The log's promise stands without witnesses. Pins are for what is signed now: an earlier key is believed because the chain of changes leads from it.
  const open = (earlier?: Uint8Array): Promised & { size: number } => {
    const promised = promisedIn(bytes, { ...options, ...(earlier === undefined ? {} : { pins: [] }), policy: { logs: keys(earlier), witnesses: new Map(), quorum: { kind: 'none' } } })
    return { ...promised, size: promised.rootLog.size }
  }
  const promised = openWithEarlier((earlier) => renamed('receipt/refused', () => open(earlier)), ring.earlier('log', rootLog.keys), (snapshots) => snapshots)
  const { facts } = promised
  const known = logs.find(({ log }) => log.checkpoint.origin === facts.origin) ?? malformed('promise/origin', `${printable(name)} is a receipt of a log that is not in this bundle`)
  checkPrefix(promised.rootLog, rootLog.log, 'promise')
  checkPrefix(promised.log, known.log, 'promise')
  if (!sameBytes(known.log.entryAt(facts.index), promised.entry)) malformed('promise/entry', `entry ${facts.index} is not the one that ${printable(name)} promised`)
}

function promisedIn(bytes: Uint8Array, options: Checking): Promised {
  const steps = receiptIn(new Walk(), bytes, options)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

function whatAReceiptShows(facts: ReceiptFacts): string[] {
  const opened = facts.parts.filter(({ says }) => says !== undefined).map(({ name, says }) => `Its part "${name}" says: ${shortened(printable(JSON.stringify(says)))}`)
  return [
    `${trustSentence(facts.trust, 'receipt')}.`,
    `Entry ${facts.index} of ${printable(facts.origin)} is ${facts.type}: it was in the log when snapshot ${facts.snapshot} was signed (${instantOf(facts.time)}, by the processor's clock).`,
    ...opened,
    ...(facts.independentlyWitnessed ? [witnessSentence(facts)] : []),
  ]
}

/** Longest payload printed whole, in characters; `--json` has all of it. */
const saidCharactersMax = 600
const shortened = (text: string): string => (text.length <= saidCharactersMax ? text : `${text.slice(0, saidCharactersMax)} … (${text.length} characters; --json has all)`)

function whatAReceiptDoesNotShow(facts: ReceiptFacts): string[] {
  return [
    ...(facts.trust === 'bundle' ? ['That this is the history shown to others: whoever wrote the receipt chose the key. Check again with --policy or --pin and a key you got by another way.'] : []),
    ...(facts.independentlyWitnessed ? [] : ['That the processor did not sign a second history: it is not independently witnessed.']),
    `That the entry is still there: a receipt promises what the log held then. A later bundle must hold it: bailee-verify BUNDLE --receipt FILE.`,
    'That what the entry says was done was done, or when, or that nothing after it says otherwise: an instruction can be withdrawn, a certificate invalidated.',
    ...(facts.partsNotOpened.length > 0 ? [`What its parts ${facts.partsNotOpened.join(', ')} say: they are not opened here.`] : []),
  ]
}
