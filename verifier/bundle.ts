import { checkAcceptances, concernsAcceptances } from './acceptances.ts'
import type { AcceptanceShown } from './acceptances.ts'
import { checkSayings, concernsSayings } from './sayings.ts'
import type { SayingShown } from './sayings.ts'
import { certificateIds, checkCertificates, concernsCertificates, concernsClaims } from './certificates.ts'
import type { CertificateShown } from './certificates.ts'
import { openCheckpoint } from './checkpoint.ts'
import type { SignedCheckpoint } from './checkpoint.ts'
import type { VerifyEd25519 } from './ed25519.ts'
import { checkDisclosures, checkOldCheckpoint, checkReceipts } from './evidence.ts'
import type { Disclosure, KnownLog } from './evidence.ts'
import { parseHead } from './head.ts'
import { checkHeads, datedOffIn } from './heads.ts'
import type { HeadsShown } from './heads.ts'
import { glanceAt } from './glance.ts'
import type { Glance } from './glance.ts'
import { readFile, readWholeLog } from './log.ts'
import type { Pieces } from './log.ts'
import { malformed } from './malformed.ts'
import { ed25519Type, formatVerifierKey, parseVerifierKey } from './note.ts'
import type { VerifierKey } from './note.ts'
import { checkKept } from './receipt.ts'
import type { KeptReceipt } from './receipt.ts'
import { checkSeen } from './seen.ts'
import type { SeenBefore } from './seen.ts'
import { parseSnapshot } from './snapshot.ts'
import type { Snapshot } from './snapshot.ts'
import type { BundleSource } from './source.ts'
import { checkChanges, Keyring, openWithEarlier, readSuccessions } from './succession.ts'
import type { Succession } from './succession.ts'
import { counted, utf8Of } from './text.ts'
import { logKeys, openRoot, processorOf, readPolicy, slotOf, trustIn } from './trust.ts'
import type { Checking } from './trust.ts'
import { instantOf, printable, whatItDoesNotShow, whatItShows } from './verdict.ts'
import type { Facts, Verdict } from './verdict.ts'
import { judged } from './walk.ts'
import type { Progress, Shown, Walk } from './walk.ts'

/** How a bundle is checked. `kept`: receipts that the reader was handed and kept elsewhere; the bundle must keep what they promise. `seen`: the checkpoints of an earlier look. */
export interface CheckBundle extends Checking {
  readonly kept?: readonly KeptReceipt[]
  readonly seen?: SeenBefore
}

interface RootLog {
  readonly known: KnownLog
  readonly processor: string
  readonly snapshots: readonly Snapshot[]
}

/** Entries of one log, gathered in passing; nothing here is believed before the log's root is. */
interface Gathered {
  commitments: number
  commonMax: number
  readonly certificates: Map<number, { readonly type: string; readonly parts: number }>
  readonly acceptances: Map<number, { readonly type: string; readonly parts: number }>
}

/**
 * Checks a bundle (`ledger.md`, contracts 3) in named steps and stops at the first that fails. Names it does not know are
 * ignored. What is wrong with the bundle is a verdict; only what is wrong with the machine is thrown. What it yields on
 * the way is for whoever looks on.
 */
export function* checkBundle(source: BundleSource, options: CheckBundle): Generator<Progress, Verdict> {
  return yield* judged(function* (walk) {
    const { facts } = yield* walkBundle(walk, source, options)
    return { facts, shows: whatItShows(facts), doesNotShow: whatItDoesNotShow(facts) }
  })
}

/** A bundle that was walked through: what it holds, the payloads opened, and entries about certificates, opened or not. */
export interface Walked {
  readonly facts: Facts
  readonly opened: readonly Disclosure[]
  readonly concerning: Gathered['certificates']
}

/** The steps of `checkBundle`, for checks that go on from there. Throws `Malformed`. */
export function* walkBundle(walk: Walk, source: BundleSource, options: CheckBundle): Generator<Progress, Walked> {
  const policy = yield* walk.step('policy', () => readPolicy(() => readFile(source, 'policy', 'policy/missing'), options))
  const ring = yield* walk.step('keys', () => shownChanges(readSuccessions(source, options.verify)))
  const signed = yield* walk.step('root checkpoint', () => openRoot(readFile(source, 'root/checkpoint'), policy, options, ring))
  const root = yield* walk.step('root log', () => readRoot(source, signed, { keys: [...logKeys(policy, options), ...ring.following(logKeys(policy, options))], verify: options.verify }, ring))
  const client = yield* walk.step('client log', () => readClient(source, root, options.verify))
  const heads = yield* walk.step('client heads', () => shownHeads(checkHeads(source, 'heads/', client.slot, { log: client.known.log, snapshots: root.snapshots })))
  const common = yield* walk.step('common log', () => readCommon(source, root, options.verify))
  yield* walk.step('common heads', () => (common === undefined ? nothing<HeadsShown>() : shownHeads(checkHeads(source, 'common-heads/', 0, { log: common.known.log, snapshots: root.snapshots }))))
  yield* walk.step('common size', () => checkCommonSize(client.gathered, common?.known))
  const { seen } = options
  if (seen !== undefined) yield* walk.step('seen before', () => checkSeen(seen, { client: client.known.log, root: root.known.log }))
  const old = yield* walk.step('old checkpoint', () => readOldCheckpoint(source, client.known, { ring, root }))
  const logs = [client.known, root.known, ...(common === undefined ? [] : [common.known])]
  const receipts = yield* walk.step('receipts', () => shown(checkReceipts(source, logs), ['receipt keeps its promise', 'receipts keep their promise']))
  const kept = yield* walk.step('kept receipts', () => shown(checkKept(options.kept ?? [], { logs, rootLog: root.known, ring }, options), ['receipt kept elsewhere: the bundle keeps its promise', 'receipts kept elsewhere: the bundle keeps their promise']))
  const { times, opened } = yield* walk.step('disclosures', () => shownDisclosures(checkDisclosures(source, client.known.log, isReadAgain)))
  const signing = { origin: client.known.log.checkpoint.origin, verify: options.verify, entries: client.gathered.acceptances, disclosures: opened }
  const acceptances = yield* walk.step('acceptances', () => shownAcceptances(checkAcceptances(signing)))
  const sayings = yield* walk.step('sayings', () => shownSayings(checkSayings(signing)))
  const certificates = yield* walk.step('certificates', () => readCertificates(source, { gathered: client.gathered, disclosures: opened, verify: options.verify, ring }))
  const datedOff = datedOffIn(times, heads)
  const witnesses = [...signed.cosigned].map(([key, time]) => ({ name: key.name, time }))
  const facts: Facts = {
    origin: client.known.log.checkpoint.origin, trust: trustIn(options), entries: client.known.log.checkpoint.size,
    ...(common === undefined ? {} : { commonEntries: common.known.log.checkpoint.size }),
    snapshots: root.snapshots.length, firstHead: heads.first, time: root.snapshots.at(-1)?.time ?? 0,
    witnesses, witnessesNamed: policy.witnesses.size, independentlyWitnessed: options.policy !== undefined && policy.quorum.kind !== 'none',
    ...(ring.changes.length === 0 ? {} : { keyChanges: ring.changes.length }), receipts, kept, disclosed: times.length, ...(datedOff === undefined ? {} : { datedOff }), commitments: client.gathered.commitments,
    ...(old === undefined ? {} : { oldCheckpointSize: old }), ...(acceptances.length === 0 ? {} : { acceptances }), ...(sayings.length === 0 ? {} : { sayings }), certificates,
  }
  return { facts, opened, concerning: client.gathered.certificates }
}

function* readRoot(source: BundleSource, signed: SignedCheckpoint, keys: Omit<KnownLog, 'log'>, ring: Keyring): Pieces<Shown<RootLog>> {
  const processor = processorOf(signed.origin)
  const snapshots: Snapshot[] = []
  const log = yield* readWholeLog(source, 'root/', signed, (data, begin, end) => snapshots.push(nextSnapshot(snapshots, parseSnapshot(data.subarray(begin, end)))))
  checkChanges(ring, log)
  const last = snapshots.at(-1)
  const showed = `${counted(snapshots.length, 'snapshot hashes', 'snapshots hash')} to it, the last of ${last?.slots ?? 0} slots at ${instantOf(last?.time ?? 0)}`
  return { value: { known: { log, ...keys }, processor, snapshots }, showed }
}

function nextSnapshot(before: readonly Snapshot[], snapshot: Snapshot): Snapshot {
  const previous = before.at(-1)
  if (previous !== undefined && snapshot.time < previous.time) malformed('snapshot/time', `snapshot ${before.length} is earlier than the one before`)
  if (previous !== undefined && snapshot.slots < previous.slots) malformed('snapshot/slots', `snapshot ${before.length} has fewer slots than the one before`)
  return snapshot
}

function* readClient(source: BundleSource, root: RootLog, verify: VerifyEd25519): Pieces<Shown<{ known: KnownLog; slot: number; gathered: Gathered }>> {
  const key = readKey(source, 'client.vkey')
  const slot = slotOf(key.name, root.processor)
  const gathered: Gathered = { commitments: 0, commonMax: 0, certificates: new Map(), acceptances: new Map() }
  let concerned = { type: '', acceptances: false, certificates: false } // of the entry before: most are of one type
  const known = yield* readSlotLog(source, 'client/', { key, verify }, (entry, index) => {
    if (entry.common !== undefined && entry.common < gathered.commonMax) malformed('entry/common', `entry ${index} was decided on less of the common log than one before it`)
    gathered.commonMax = entry.common ?? gathered.commonMax
    gathered.commitments += entry.parts
    if (entry.type !== concerned.type) concerned = { type: entry.type, acceptances: concernsAcceptances(entry.type) || concernsSayings(entry.type), certificates: concernsCertificates(entry.type) }
    if (concerned.acceptances) gathered.acceptances.set(index, { type: entry.type, parts: entry.parts })
    if (concerned.certificates) gathered.certificates.set(index, { type: entry.type, parts: entry.parts })
  })
  return { value: { known, slot, gathered }, showed: `${known.log.checkpoint.size} entries of ${printable(key.name)} hash to its signed root` }
}

function* readCommon(source: BundleSource, root: RootLog, verify: VerifyEd25519): Pieces<Shown<{ known: KnownLog } | undefined>> {
  const parts = [source.read('common.vkey'), source.read('common/checkpoint'), ...source.list('common-heads/')]
  if (parts.every((part) => part === undefined)) return { value: undefined, showed: 'the bundle holds no common log', absent: true }
  const key = readKey(source, 'common.vkey')
  if (slotOf(key.name, root.processor) !== 0) malformed('common/slot', 'the common log is slot 0')
  const known = yield* readSlotLog(source, 'common/', { key, verify }, (entry, index) => {
    if (entry.common !== undefined) malformed('entry/common', `entry ${index} of the common log points at the common log`)
  })
  return { value: { known }, showed: `${known.log.checkpoint.size} entries of ${printable(key.name)} hash to its signed root` }
}

function* readSlotLog(source: BundleSource, folder: string, { key, verify }: { key: VerifierKey; verify: VerifyEd25519 }, visit: (entry: Glance, index: number) => void): Pieces<KnownLog> {
  const signed = openCheckpoint(readFile(source, `${folder}checkpoint`), { logs: [key], verify })
  return { log: yield* readWholeLog(source, folder, signed, (data, begin, end, index) => visit(glanceAt(data, begin, end), index)), keys: [key], verify }
}

function readKey(source: BundleSource, path: string): VerifierKey {
  const text = utf8Of(readFile(source, path, 'key/missing'), 'key/utf8')
  const key = parseVerifierKey(text.endsWith('\n') ? text.slice(0, -1) : text)
  return key.type === ed25519Type ? key : malformed('key/type', `${path} is not the key of a log`)
}

function checkCommonSize(gathered: Gathered, common: KnownLog | undefined): Shown<undefined> {
  if (common === undefined) return nothing()
  const { size } = common.log.checkpoint
  if (gathered.commonMax > size) malformed('entry/common', `an entry was decided on ${gathered.commonMax} entries of the common log, which has ${size}`)
  return { value: undefined, showed: `entries were decided on up to ${gathered.commonMax} of its ${size} entries` }
}

function shownChanges(changes: readonly Succession[]): Shown<Keyring> {
  return { ...shown(changes.length, ['change of the processor\'s keys, signed for', 'changes of the processor\'s keys, each signed for']), value: new Keyring(changes) }
}

/** How many entries of the client's log the snapshots up to one fix; 0 before it was opened. */
function entriesAt(source: BundleSource, snapshots: number): number {
  const head = Number.isFinite(snapshots) ? source.read(`heads/${snapshots - 1}`) : undefined
  return head === undefined ? 0 : parseHead(utf8Of(head, 'head/utf8')).checkpoint.size
}

function readOldCheckpoint(source: BundleSource, known: KnownLog, { ring, root }: { ring: Keyring; root: RootLog }): Shown<number | undefined> {
  const bytes = source.read('client.old-checkpoint')
  if (bytes === undefined) return nothing()
  const keys = (earlier?: Uint8Array): KnownLog => (earlier === undefined ? known : { ...known, keys: [parseVerifierKey(formatVerifierKey(known.log.checkpoint.origin, earlier))] })
  const { size } = openWithEarlier((earlier) => checkOldCheckpoint(bytes, keys(earlier)), ring.earlier('log', root.known.keys), (snapshots) => entriesAt(source, snapshots))
  return { value: size, showed: `the ${size} entries signed then are the first of this log` }
}

function readCertificates(source: BundleSource, { gathered, disclosures, verify, ring }: { gathered: Gathered; disclosures: readonly Disclosure[]; verify: VerifyEd25519; ring: Keyring }): Shown<CertificateShown[]> {
  if (certificateIds(source).length === 0) return { value: [], showed: 'none in the bundle', absent: true }
  const key = readKey(source, 'certificate.vkey')
  const certificates = checkCertificates(source, { key, verify, entries: gathered.certificates, disclosures, earlier: ring.earlier('certificate', [key]).map(({ publicKey, snapshots }) => ({ publicKey, entries: entriesAt(source, snapshots) })) })
  const standing = certificates.filter((certificate) => certificate.standing === 'stands').length
  return { value: certificates, showed: `${certificates.length} signed, of which ${standing} stand` }
}

function shownHeads(heads: HeadsShown): Shown<HeadsShown> {
  return { value: heads, showed: `the log's head in each of ${heads.count} snapshots, from ${heads.first} on` }
}

function shownDisclosures(found: ReturnType<typeof checkDisclosures>): Shown<typeof found> {
  return { ...shown(found.times.length, ['payload matches its commitment', 'payloads match their commitments']), value: found }
}

/** What later checks look into; nothing else that was opened is held in memory. */
const isReadAgain = (type: string): boolean => concernsAcceptances(type) || concernsSayings(type) || concernsClaims(type)

function shownAcceptances(acceptances: readonly AcceptanceShown[]): Shown<readonly AcceptanceShown[]> {
  if (acceptances.length === 0) return { value: acceptances, showed: 'none is opened here', absent: true }
  const signed = acceptances.filter(({ standing }) => standing === 'signed')
  const [passkeys, contradicted] = [signed.filter((one) => one.with === 'passkey').length, acceptances.filter(({ standing }) => standing === 'contradicted').length]
  return { value: acceptances, showed: `${signed.length} of ${acceptances.length} are signed over the proposal that they accept, ${passkeys} of them with a passkey${contradicted === 0 ? '' : `; ${contradicted} CONTRADICTED by the log`}` }
}

function shownSayings(sayings: readonly SayingShown[]): Shown<readonly SayingShown[]> {
  if (sayings.length === 0) return { value: sayings, showed: 'none is opened here', absent: true }
  const signed = sayings.filter(({ standing }) => standing === 'signed')
  const [passkeys, contradicted] = [signed.filter((one) => one.with === 'passkey').length, sayings.filter(({ standing }) => standing === 'contradicted').length]
  return { value: sayings, showed: `${signed.length} of ${sayings.length} choices, releases, objections and the like are signed as they stand, ${passkeys} of them with a passkey${contradicted === 0 ? '' : `; ${contradicted} CONTRADICTED by the log`}` }
}

function shown(count: number, [one, more]: readonly [one: string, more: string]): Shown<number> {
  return count === 0 ? { value: 0, showed: 'none in the bundle', absent: true } : { value: count, showed: counted(count, one, more) }
}

function nothing<T = undefined>(): Shown<T | undefined> {
  return { value: undefined, showed: 'none in the bundle', absent: true }
}
