import { createHash } from 'node:crypto'
import { formatEnvelope } from '@bailee/verifier'
import { choiceNow, choicesOf, releasesOf, theProcessor, type Contract, type Controller } from '#contract'
import { allInstructions } from '#instruction'
import { allStores } from '#inventory'
import { jcs, partOf, type Entry, type Json, type Ledger } from '#ledger'
import { allFindings, destroyFingerprints, existingFingerprints, keepFingerprints, type Finding, type FingerprintRecord, type TraceContext } from '#trace'
import { Refused } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import { formatDay, formatInstant, parseInstant, type Instant } from '#kit/time'
import { keptTold, keptTooLong } from './exception.ts'
import { openCopies } from './governed.ts'
import { addressesTold } from './address.ts'
import { tellCutOff } from './cutOff.ts'
import { judgeErasure, type Verdict } from './judge.ts'
import { removeNotes, type StoreOutcome } from './physical/index.ts'
import { noticeDraft } from './notice.ts'
import { hindrances, outcomesOf, unexamined } from './physically.ts'
import { subProcessorsShown, subProcessorsTold, withoutEvidence } from './subProcessor.ts'
import { controllerOf, findErasure, foundSince } from './run.ts'
import { allCertificates, allExceptions, alone, stepsOf } from './store.ts'
import type { CertificateRecord, Erasure, Step } from './types.ts'
import { otherLive } from './exit.ts'

export const certificatePayloadType = 'application/vnd.bailee.certificate+json'

/** Printed on every certificate; they never change its status. */
const standingLimits = [
  'a count of 0 says what the search can see: whole values of the fingerprinted columns, in the places listed as searched',
  'numbers by themselves (telephone numbers, sequential identifiers) name nobody: a copy that holds nothing else of a person is not counted',
  'salted hashes and encrypted values are not seen; places that look packed or encrypted are among those only partly searched',
  'pictures, sound, films, typefaces and programs were searched as bytes: what they show or say was not read',
  'free space of files and write-ahead logs were examined only where the physical check says so; unlinked blocks, spare areas of disks, swap and snapshots of volumes nowhere',
  'archives of logs, logical subscribers, page caches and core dumps of other machines were not examined',
]

/** What a certificate of an erasure would say at a moment. Decides and records nothing. */
export async function verdictOf(ledger: Ledger, erasure: Erasure, at: Instant): Promise<Verdict> {
  const subProcessors = await subProcessorsShown(ledger, erasure, at)
  return judgeErasure(erasure, await stepsOf(ledger.database, erasure.id), await allStores(ledger.database), [...await hindrances(ledger, erasure), ...await openCopies(ledger, erasure), ...withoutEvidence(subProcessors)])
}

interface Issuing { readonly erasure: Erasure; readonly controller: Controller; readonly contract: Contract; readonly steps: readonly Step[]; readonly verdict: Verdict; readonly physical: readonly StoreOutcome[]; readonly id: string; readonly version: number; readonly fingerprints: Json; readonly subProcessors: Json }

/**
 * Issues the certificate of a confirmed erasure: decides what becomes of the fingerprints (`contracts.md` 5), signs the document (JCS in a DSSE
 * envelope), and records document and state in one transaction. Idempotent: certified already, the standing certificate is returned. Throws
 * `Refused` before a second person confirmed it, and when something was found after it was searched again.
 */
export async function certify(context: TraceContext, erasureId: string, at: Instant): Promise<CertificateRecord> {
  const { id } = await findErasure(context.ledger, erasureId)
  return alone(context.ledger.database, { erasure: id }, () => certifyAlone(context, id, at))
}

async function certifyAlone(context: TraceContext, erasureId: string, at: Instant): Promise<CertificateRecord> {
  const { ledger } = context
  const erasure = await findErasure(ledger, erasureId)
  const before = (await allCertificates(ledger.database)).filter((certificate) => certificate.erasure === erasure.id)
  const last = before.at(-1)
  if (erasure.state === 'certified' && last !== undefined) return settled(context, last)
  if (erasure.state !== 'confirmed') throw new Refused('erasure/not-confirmed', `${erasure.id} is ${erasure.state}; run it and let a second person confirm it first`)
  const { controller, contract } = await controllerOf(ledger, erasure)
  const other = await otherLive(ledger, contract)
  if (other !== undefined) throw new Refused('erasure/other-contract', `contract ${other.id} of ${contract.controller} is live, and a certificate of ${erasure.id} would settle what finds its data: end that one first`)
  if (at < (erasure.again?.at ?? at)) throw new Refused('erasure/clock', `${erasure.id} was searched again at ${formatInstant(erasure.again?.at ?? at)}, which is after ${formatInstant(at)}: a certificate of that moment would say what nobody knew then. Look at the clock, or name a later date (--at)`)
  const since = await foundSince(ledger, erasure)
  if (since.length > 0) throw new Refused('erasure/found-since', `${since.map((finding) => finding.id).join(', ')} was found after ${erasure.id} was searched again; run it again`)
  if (await keptTooLong(ledger, erasure)) throw new Refused('erasure/kept-too-long', `something that ${erasure.id} kept need not be kept any more; run it again`)
  await tellCutOff(ledger, erasure, at)
  const steps = await stepsOf(ledger.database, erasure.id)
  const stores = await allStores(ledger.database)
  const physical = await outcomesOf(ledger, erasure)
  const subProcessors = await subProcessorsShown(ledger, erasure, at)
  const verdict = judgeErasure(erasure, steps, stores, [...await hindrances(ledger, erasure), ...await openCopies(ledger, erasure), ...withoutEvidence(subProcessors)])
  const fingerprints = await settleFingerprints(context, { contract, verdict, kept: (erasure.plan?.kept ?? []).length > 0 }, at)
  const version = before.length + 1
  const issuing: Issuing = { erasure, controller, contract, steps, verdict, physical: [...physical, ...unexamined(steps, stores, physical)], fingerprints, subProcessors: subProcessorsTold(subProcessors), version, id: `CRT-${erasure.contract}-${version}` }
  const document = await documentOf(ledger, issuing, at)
  const { signer } = (await ledger.signers()).certificate
  const envelope = formatEnvelope({ payloadType: certificatePayloadType, payload: jcs(document) }, { keyid: `${ledger.origin}/certificate`, sign: (message) => signer.sign(message) })
  const sha256 = createHash('sha256').update(envelope).digest('hex')
  failpoint('erasure/before-certificate')
  await ledger.append([
    { slot: erasure.slot, type: 'certificate.issued', at, parts: { evidence: { certificate: issuing.id, erasure: erasure.id, status: verdict.status, envelope: `sha256:${sha256}`, document: Buffer.from(envelope).toString('base64') } } },
    { slot: erasure.slot, type: 'erasure.certified', at, parts: { evidence: { erasure: erasure.id, certificate: issuing.id, envelope: `sha256:${sha256}` } } },
  ])
  const issued = (await allCertificates(ledger.database)).find((certificate) => certificate.id === issuing.id)
  if (issued === undefined) throw new Refused('erasure/not-issued', `certificate ${issuing.id} was not recorded`)
  return settled(context, issued)
}

/** Once nothing is left to be looked for, what was noted of files is forgotten; a killed run does it when it is asked again. */
function settled(context: TraceContext, certificate: CertificateRecord): CertificateRecord {
  if (certificate.status === 'complete') removeNotes(context.directory, certificate.erasure)
  return certificate
}

/**
 * Kept beyond the end only when the contract says so and the controller accepted the instruction it names; destroyed otherwise, but not while something is
 * left that nothing else could find.
 */
async function settleFingerprints(context: TraceContext, { contract, verdict, kept: keeps }: { contract: Contract; verdict: Verdict; kept: boolean }, at: Instant): Promise<Json> {
  if (keeps) return { standing: 'held', note: 'until what law obliges to keep has been erased as well; then settled as the contract says' }
  const wanted = contract.declared.at_end?.fingerprints
  const until = wanted === undefined ? undefined : parseInstant(wanted.keep_until)
  const instruction = (await allInstructions(context.ledger.database)).find((one) => one.id === wanted?.instruction)
  const covered = instruction?.state === 'accepted' && instruction.contract === contract.id && instruction.scope.operations.includes('search') && (instruction.until ?? Infinity) >= (until ?? Infinity)
  if (wanted !== undefined && until !== undefined && until > at && covered) {
    const kept = await keepFingerprints(context, contract.slot, until, at)
    return { standing: 'retained', for: 'search only', until: formatInstant(until), instruction: wanted.instruction, datasets: kept.map((record) => record.dataset) }
  }
  if (verdict.status === 'partial') return { standing: 'held', note: 'until what is left has been erased; then destroyed' }
  await destroyFingerprints(context, contract.slot, at)
  return { standing: 'destroyed', note: 'no later search can contradict this certificate' }
}

async function documentOf(ledger: Ledger, issuing: Issuing, at: Instant): Promise<Json> {
  const { erasure, controller, contract, verdict } = issuing
  const processor = await theProcessor(ledger.database)
  return {
    certificate_id: issuing.id, version: issuing.version, issued_at: formatInstant(at), status: verdict.status,
    processor: partyOf(processor as unknown as Record<string, Json> | undefined), controller: { id: controller.id, ...partyOf(controller.declared as unknown as Record<string, Json>) },
    contract: { id: contract.id, document: (contract.declared['document'] as string | undefined) ?? null, ended: formatInstant(contract.endedAt ?? at), because: contract.endedBecause ?? null },
    instruction: await instructionOf(ledger, contract),
    deadline: formatInstant(erasure.deadline), within_deadline: at <= erasure.deadline,
    ...scopeOf(issuing), fingerprints: issuing.fingerprints,
    backups: verdict.backups.map((backup) => ({ ...backup, rule: 'a restored store is searched and erased again' })), exceptions: keptTold(erasure, await allExceptions(ledger.database)),
    obstacles: verdict.obstacles.map((obstacle) => ({ ...obstacle })),
    sub_processors: issuing.subProcessors,
    ...(addressesTold(erasure).length === 0 ? {} : { addresses: addressesTold(erasure) }),
    signatories: [{ person: erasure.operator, role: 'carried out' }, { person: erasure.confirmedBy, role: 'checked' }],
    limits: standingLimits, log: { origin: `${ledger.origin}/${erasure.slot}`, entries_before: await ledger.size(erasure.slot), independently_witnessed: false },
  }
}

/** The controller's choice, with how it came about, and what it let go of. */
async function instructionOf({ database }: Ledger, contract: Contract): Promise<Json> {
  const made = await choicesOf(database, contract.id)
  const { choice = null, recipient = null, from = null } = choiceNow(contract, made) ?? {}
  const released = await releasesOf(database, contract.id)
  return {
    basis: 'Art. 28(3)(g) GDPR, at the end of the contract', choice, clause: contract.declared.at_end?.clause ?? null,
    ...(recipient === null ? {} : { recipient }), chosen_in: from,
    ...(made.length === 0 ? {} : { choices: made.map((one) => ({ choice: one.choice, recipient: one.recipient, by: one.signatory, key: one.custody, at: formatInstant(one.madeAt) })) }),
    ...(released.length === 0 ? {} : { released: released.map((one) => ({ how: one.how, by: one.signatory, key: one.custody, at: formatInstant(one.releasedAt) })) }),
  }
}

function partyOf(declared: Record<string, Json> | undefined): { [key: string]: Json } {
  return Object.fromEntries(['name', 'address', 'country', 'contact', 'dpo'].flatMap((key) => (declared?.[key] === undefined ? [] : [[key, declared[key]]])))
}

/** What was searched, erased and searched again, place by place. */
function scopeOf({ erasure, steps, physical }: Issuing): { [key: string]: Json } {
  const places = steps.map((step) => ({
    round: step.round, store: step.store, place: step.place, method: step.method, state: step.state, people_before: step.records, rows_before: step.rowsFound, rows_erased: step.rowsErased,
    started: step.begunAt === null ? null : formatInstant(step.begunAt), ended: step.doneAt === null ? null : formatInstant(step.doneAt), ...step.detail,
  }))
  const again = erasure.again
  return {
    environments: [...new Set((again?.coverage ?? []).map((store) => store.environment))],
    places: places as unknown as Json,
    verification: {
      sweep: again?.sweep ?? null, at: again === null ? null : formatInstant(again.at), method: 'keyed fingerprints of every identifying value (SipHash-2-4), exact; every store searched anew',
      residual: again?.residual ?? null, left: (again?.places ?? []) as unknown as Json,
      searched: (again?.coverage ?? []).map(({ not_read: _notRead, partly_read: _partlyRead, ...told }) => told) as Json,
      not_searched: (again?.coverage ?? []).flatMap((store) => store.not_read.map((place) => ({ store: store.store, ...place }))) as Json,
      copies_of_copies: (again?.governed ?? null) as unknown as Json,
      partly_searched: (again?.coverage ?? []).flatMap((store) => store.partly_read.map((place) => ({ store: store.store, ...place }))) as Json,
    },
    physical_check: physical.map((one) => ({ ...one })) as unknown as Json,
  }
}

/**
 * Takes back every certificate that a later finding contradicts, says so to its controller, and reopens its erasure, in one transaction each. Run after every sweep, and safe to
 * run again: a crash between the two is made up for by the next run. A certificate speaks of its second search: whatever was found after that is later.
 */
export async function reviewCertificates(ledger: Ledger, at: Instant): Promise<string[]> {
  const findings = (await allFindings(ledger.database)).filter((finding) => finding.state === 'open')
  const fingerprints = await existingFingerprints(ledger.database)
  const invalidated: string[] = []
  const certificates = await allCertificates(ledger.database)
  const held = new Map(certificates.map(({ erasure, envelope }) => [erasure, heldFingerprints(envelope)])) // as the last of each erasure says
  for (const certificate of certificates.filter((one) => one.status !== 'invalidated')) {
    const erasure = await findErasure(ledger, certificate.erasure)
    const since = erasure.state === 'certified' ? (erasure.again?.entry ?? certificate.issuedEntry) : certificate.issuedEntry
    const after = findings.filter((finding) => finding.slot === certificate.slot && finding.openedAtEntry > since)
    if (after.length === 0) continue
    const entries = await ledger.read(certificate.slot, { types: ['sweep.completed', 'transfer.begun', 'trace.taken', 'trace.destroyed'] })
    const against = after.filter((finding) => !isLater(finding, { fingerprints: held.get(certificate.erasure) === true ? [] : fingerprints, certificate, entries }))
    if (against.length === 0) continue
    await takeBack(ledger, { certificate, erasure, because: `${against.length === 1 ? 'a copy was' : `${against.length} copies were`} found later, and nothing shows that it was made since: ${against.map((finding) => finding.id).join(', ')}` }, at)
    invalidated.push(certificate.id)
  }
  return invalidated
}

interface Comparing { readonly fingerprints: readonly FingerprintRecord[]; readonly certificate: CertificateRecord; /** Of sweeps, copies and fingerprints, in the controller's log. */ readonly entries: readonly Entry[] }

/**
 * Whether what was found is shown to be of a later contract of the same controller: a copy of governed copies that were made after the certificate, by time and by their place in the log; or one that is known by fingerprints that were taken after it alone, and that a whole
 * sweep since it, which knew them already, had not found there. The same people may be in both contracts: what was there before is found by the later one's fingerprints as well. Fingerprints that outlived the certificate, held while something was left, know what was there before, also when they are
 * taken anew.
 */
function isLater({ detail, openedAtEntry }: Finding, { fingerprints, certificate: { issuedAt, issuedEntry }, entries }: Comparing): boolean {
  const after = detail.made?.after ?? -Infinity
  if (after < issuedAt) return false
  const since = entries.filter(({ index }) => index > issuedEntry && index < openedAtEntry)
  if (detail.copies !== undefined) return detail.copies.every(({ copy }) => since.some((entry) => entry.type === 'transfer.begun' && partOf<{ id: string }>(entry, 'evidence')?.id === copy))
  const datasets = detail.datasets ?? []
  const swept = since.filter((entry) => entry.type === 'sweep.completed' && entry.at === after)
  return datasets.length > 0 && datasets.every((id) => fingerprints.some((one) => one.id === id && one.state === 'live' && one.takenAt > issuedAt) && swept.some((sweep) => wasKnown(entries, id, sweep)))
}

/** Whether fingerprints of that id were there when a sweep began: taken by its moment, and recorded before it, for the first time since any of them were destroyed. */
function wasKnown(entries: readonly Entry[], id: string, sweep: Entry): boolean {
  const life = entries.filter((entry) => (entry.type === 'trace.taken' || entry.type === 'trace.destroyed') && entry.index < sweep.index && partOf<{ id: string }>(entry, 'evidence')?.id === id)
  const taken = life.slice(life.findLastIndex(({ type }) => type === 'trace.destroyed') + 1)[0]
  return taken !== undefined && taken.at <= sweep.at
}

/** Whether fingerprints were neither destroyed nor kept apart when a certificate was issued. */
function heldFingerprints(envelope: Uint8Array): boolean {
  const { payload } = JSON.parse(Buffer.from(envelope).toString()) as { payload: string }
  const { fingerprints } = JSON.parse(Buffer.from(payload, 'base64').toString()) as { fingerprints?: { standing?: string } }
  return fingerprints?.standing !== 'destroyed' && fingerprints?.standing !== 'retained'
}

async function takeBack(ledger: Ledger, { certificate, erasure, because }: { readonly certificate: CertificateRecord; readonly erasure: Erasure; readonly because: string }, at: Instant): Promise<void> {
  const { slot } = certificate
  const says = `certificate ${certificate.id} of ${formatDay(certificate.issuedAt)} no longer holds: ${because}. ${erasure.id} is open again; what was found is erased, and another certificate follows`
  await ledger.append([
    { slot, type: 'certificate.invalidated', at, parts: { evidence: { certificate: certificate.id, erasure: certificate.erasure, because } } },
    noticeDraft({ slot, controller: erasure.controller, notice: `invalidated ${certificate.id}`, about: 'invalidated', says }, at),
    ...(erasure.state === 'certified' ? [{ slot, type: 'erasure.reopened', at, parts: { evidence: { erasure: certificate.erasure, because } } }] : []),
  ])
}

/** A leak that comes from a copy, as whoever attributed it identified that: by its id, which is that of a finding or of a governed copy. */
export interface Leak { readonly slot: number; readonly breach: string; readonly copy: string; readonly attributedAt: Instant; /** When the copy was there at the latest; undefined where nobody can tell. */ readonly since: Instant | undefined }

/**
 * Takes back every certificate of a controller whose data leaked out of a copy that was there before it was issued, where that came to be known since: what was said to be erased is somewhere. As `reviewCertificates` otherwise; a certificate that was issued after the leak was
 * known stands.
 */
export async function reviewForLeaks(ledger: Ledger, leaks: readonly Leak[], at: Instant): Promise<string[]> {
  const invalidated: string[] = []
  const last = [...new Map((await allCertificates(ledger.database)).map((one) => [one.erasure, one])).values()] // one that another followed speaks for itself no more
  for (const certificate of last.filter((one) => one.status !== 'invalidated')) {
    const against = leaks.filter(({ slot, attributedAt, since = certificate.issuedAt - 1 }) => slot === certificate.slot && attributedAt >= certificate.issuedAt && since < certificate.issuedAt)
    if (against.length === 0) continue
    const because = against.map(({ breach, copy }) => `a leak was attributed to copy ${copy}, which it covered (breach ${breach})`).join('; ')
    await takeBack(ledger, { certificate, erasure: await findErasure(ledger, certificate.erasure), because }, at)
    invalidated.push(certificate.id)
  }
  return invalidated
}

/** Envelopes of a controller's certificates, by id: what its bundle carries. */
export async function envelopesOf(ledger: Ledger, slot: number): Promise<Map<string, Uint8Array>> {
  return new Map((await allCertificates(ledger.database)).filter((certificate) => certificate.slot === slot).map((certificate) => [certificate.id, certificate.envelope]))
}
