import { walkBundle } from './bundle.ts'
import type { CheckBundle } from './bundle.ts'
import { certificateIds } from './certificates.ts'
import type { CertificateStanding } from './certificates.ts'
import { claimsOf } from './claims.ts'
import type { Claim, Told } from './claims.ts'
import { parseEnvelope } from './dsse.ts'
import { jsonObjectOf } from './entry.ts'
import type { Disclosure } from './evidence.ts'
import { readFile } from './log.ts'
import { malformed } from './malformed.ts'
import { sha256 } from './merkle.ts'
import type { BundleSource } from './source.ts'
import { hexOf, utf8Of } from './text.ts'
import { instantOf, printable, trustSentence, whatItDoesNotShow, witnessSentence } from './verdict.ts'
import type { Facts, Refused, Step } from './verdict.ts'
import { judged } from './walk.ts'
import type { Progress, Shown } from './walk.ts'

/** Which certificate: by its id in the bundle, or its own bytes, kept elsewhere; or the one that these pages (PDF) were written of. */
export type CertificateAsked = { readonly id: string } | { readonly bytes: Uint8Array } | { readonly pages: Uint8Array }

/** What a certificate that holds says. */
export interface CertificateFacts extends Facts {
  readonly certificate: string
  readonly status: string
  readonly claims: readonly Claim[]
  /** Of pages that were given: the entry that names them by their hash, and their language. */
  readonly pages?: { readonly entry: number; readonly language: string }
}

/** The result: `verified` only when it stands, every claim that the log can bear out is borne out, and nothing since takes it back. */
export type CertificateVerdict =
  | { readonly outcome: 'verified'; readonly steps: readonly Step[]; readonly facts: CertificateFacts; readonly shows: readonly string[]; readonly doesNotShow: readonly string[] }
  | (Refused & { readonly claims?: readonly Claim[] })

/**
 * Checks a deletion certificate against the whole bundle: the bundle first, then who signed it and whether the log issues it and did not take it back, then
 * every claim against the entries that were opened. Stops at the first step that fails; the claims are held against the log all at once.
 */
export function* checkCertificate(source: BundleSource, asked: CertificateAsked, options: CheckBundle): Generator<Progress, CertificateVerdict> {
  let claims: readonly Claim[] | undefined
  const verdict = yield* judged(function* (walk): Generator<Progress, { facts: CertificateFacts; shows: string[]; doesNotShow: string[] }> {
    const given = 'pages' in asked ? undefined : yield* walk.step('certificate', () => find(source, asked))
    const bundle = yield* walkBundle(walk, given?.within ?? source, options)
    const pages = 'pages' in asked ? yield* walk.step('pages', () => pagesOf(asked.pages, bundle)) : undefined
    const { id, within } = given ?? (yield* walk.step('certificate', () => find(source, { id: pages?.id ?? '' })))
    const standing = yield* walk.step('standing', () => standingOf(id, bundle.facts))
    claims = yield* walk.step('claims', () => hold(within, { id, issuedBy: standing.issuedBy, origin: bundle.facts.origin, known: knownIn(bundle) }))
    yield* walk.step('result', () => mustHold(claims ?? []))
    const facts: CertificateFacts = { ...bundle.facts, certificate: id, status: standing.status ?? 'untitled', claims, ...(pages === undefined ? {} : { pages: { entry: pages.entry, language: pages.language } }) }
    return { facts, shows: whatItSays(facts), doesNotShow: whatItCannot(facts) }
  })
  return verdict.outcome === 'refused' && claims !== undefined ? { ...verdict, claims } : verdict
}

/** Of which certificate the log says that exactly these pages were written. */
function pagesOf(bytes: Uint8Array, { opened, concerning }: { readonly opened: readonly Disclosure[]; readonly concerning: ReadonlyMap<number, { readonly type: string; readonly parts: number }> }): Shown<{ id: string; entry: number; language: string }> {
  const hash = hexOf(sha256(bytes))
  const written = opened.filter(({ type }) => type === rendered).flatMap(toldOf)
  const entry = written.find(({ evidence }) => evidence['sha256'] === hash)
  if (entry === undefined) {
    const unread = [...concerning].filter(([index, { type }]) => type === rendered && !written.some((one) => one.index === index)).length
    malformed('certificate/pages', `no entry of this log says that this file was written: it was altered, comes from somebody else, or is younger than the bundle${unread > 0 ? ` (${unread} entries about pages are not opened here)` : ''}`)
  }
  const { certificate: id, language } = entry.evidence
  if (typeof id !== 'string' || typeof language !== 'string') malformed('certificate/pages', 'the entry that names this file does not say of which certificate it is')
  return { value: { id, entry: entry.index, language }, showed: `written of ${printable(id)}, by entry ${entry.index}` }
}

/** The entry by which pages are recorded. */
const rendered = 'certificate.rendered'

/** The certificate, and a bundle that holds it: its own, or this one beside it. */
function find(source: BundleSource, asked: Exclude<CertificateAsked, { readonly pages: Uint8Array }>): Shown<{ id: string; within: BundleSource }> {
  if ('id' in asked) {
    const ids = certificateIds(source)
    if (!ids.includes(asked.id)) malformed('certificate/missing', `the bundle holds no certificate ${printable(asked.id)}${ids.length === 0 ? '' : `; it holds ${ids.sort().join(', ')}`}`)
    return { value: { id: asked.id, within: source }, showed: `${asked.id} of the bundle` }
  }
  const id = jsonObjectOf(utf8Of(parseEnvelope(asked.bytes).payload, 'certificate/utf8'), 'certificate/json')['certificate_id']
  if (typeof id !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(id)) malformed('certificate/id', 'it carries no certificate_id')
  const path = `certificates/${id}.dsse.json`
  const within: BundleSource = {
    read: (name) => (name === path ? asked.bytes : source.read(name)),
    list: (folder) => (folder === 'certificates/' ? [...new Set([...source.list(folder), path])] : source.list(folder)),
  }
  return { value: { id, within }, showed: `${id}, given beside the bundle` }
}

const because: Readonly<Record<Exclude<CertificateStanding, 'stands'>, string>> = {
  invalidated: 'it was invalidated: the signature verifies, and the statement no longer holds', unclear: 'a later entry invalidates a certificate and is not opened here, so it may be this one',
  unlinked: 'the entry that issues it is not opened here, so the log does not say that it was issued',
}

function standingOf(id: string, facts: Facts): Shown<{ issuedBy: number; status?: string }> {
  const shown = facts.certificates.find((certificate) => certificate.id === id) ?? malformed('certificate/missing', 'the certificate was not among those checked')
  if (shown.standing !== 'stands') malformed(`certificate/${shown.standing}`, `${because[shown.standing]}${shown.invalidatedBy === undefined ? '' : ` (entry ${shown.invalidatedBy})`}`)
  return { value: { issuedBy: shown.issuedBy ?? 0, ...(shown.status === undefined ? {} : { status: shown.status }) }, showed: `signed, issued by entry ${shown.issuedBy ?? 0}, and not invalidated` }
}

type Walked = { readonly facts: Facts; readonly opened: readonly Disclosure[]; readonly concerning: ReadonlyMap<number, { readonly type: string; readonly parts: number }> }
interface Held { readonly id: string; readonly issuedBy: number; readonly origin: string; readonly known: Known }
/** What the log tells of all certificates, and which entries would tell more and are not opened: read once, however many there are. */
interface Known { readonly told: readonly Told[]; readonly hidden: readonly number[]; readonly hiddenTraces: readonly number[] }

function knownIn({ opened, concerning }: Walked): Known {
  const told = opened.flatMap(toldOf)
  const seen = new Set(told.map(({ index }) => index))
  const [hidden, hiddenTraces]: [number[], number[]] = [[], []]
  for (const [index, { type, parts }] of concerning) if (parts > 0 && !seen.has(index)) (type.startsWith('trace.') ? hiddenTraces : hidden).push(index)
  return { told, hidden, hiddenTraces }
}

function hold(source: BundleSource, { id, issuedBy, origin, known }: Held): Shown<readonly Claim[]> {
  const document = jsonObjectOf(utf8Of(parseEnvelope(readFile(source, `certificates/${id}.dsse.json`)).payload, 'certificate/utf8'), 'certificate/json')
  const issued = known.told.find(({ index, type }) => index === issuedBy && (type === 'certificate.issued' || type === 'erasure.certified')) ?? malformed('certificate/unlinked', because.unlinked)
  const issuing = known.told.find(({ type, evidence }) => type === 'certificate.issued' && evidence['certificate'] === id) ?? issued
  const claims = claimsOf({ document, origin, issued: issuing, ...known })
  const count = (standing: Claim['standing']): number => claims.filter((claim) => claim.standing === standing).length
  return { value: claims, showed: `${count('shown')} borne out by the log, ${count('contradicted')} contradicted, ${count('not shown')} not to be seen here, ${count('word')} by the processor's word` }
}

/** A certificate of a bundle: whether it holds by all that the bundle tells, and each thing that it says. `not known`: entries that may say otherwise are not opened here. */
export interface CertificateHeld {
  readonly id: string
  readonly outcome: 'holds' | 'does not hold' | 'not known'
  readonly status?: string
  /** Why it does not hold, or why that is not known. */
  readonly because?: string
  readonly invalidatedBy?: number
  readonly claims: readonly Claim[]
}

/** Holds every certificate of a bundle that was walked through against its log. */
export function heldIn(source: BundleSource, walked: Walked): CertificateHeld[] {
  const [known, { origin }] = [knownIn(walked), walked.facts]
  return walked.facts.certificates.map(({ id, standing, status, issuedBy, invalidatedBy }): CertificateHeld => {
    const claims = issuedBy === undefined ? [] : hold(source, { id, issuedBy, origin, known }).value
    const [wrong, unseen] = (['contradicted', 'not shown'] as const).map((is) => claims.filter((claim) => claim.standing === is))
    const [outcome, why]: readonly [CertificateHeld['outcome'], string?] = standing === 'invalidated' ? ['does not hold', because.invalidated] : wrong!.length > 0 ? ['does not hold', saidOf(wrong!)] : standing !== 'stands' ? ['not known', because[standing]] : unseen!.length > 0 ? ['not known', saidOf(unseen!)] : ['holds']
    return { id, outcome, claims, ...(status === undefined ? {} : { status }), ...(why === undefined ? {} : { because: why }), ...(invalidatedBy === undefined ? {} : { invalidatedBy }) }
  })
}

const saidOf = (claims: readonly Claim[]): string => claims.map(({ claim, says }) => `${claim}: ${says}`).join('; ')

function toldOf({ index, at, type, part, payload }: Disclosure): Told[] {
  if (part !== 'evidence') return []
  try {
    return [{ index, at, type, evidence: jsonObjectOf(utf8Of(payload, 'certificate/payload'), 'certificate/payload') }]
  } catch {
    return [] // its writer's right; it counts as not opened
  }
}

function mustHold(claims: readonly Claim[]): Shown<undefined> {
  const wrong = claims.filter(({ standing }) => standing === 'contradicted')
  if (wrong.length > 0) malformed('certificate/contradicted', saidOf(wrong))
  const unseen = claims.filter(({ standing }) => standing === 'not shown')
  if (unseen.length > 0) malformed('certificate/not-shown', saidOf(unseen))
  return { value: undefined, showed: 'it holds, by all that this bundle tells' }
}

function whatItSays(facts: CertificateFacts): string[] {
  return [
    `${trustSentence(facts.trust)}: the log is whole up to ${instantOf(facts.time)}.`,
    `Certificate ${facts.certificate}, titled ${facts.status}: it stands, by all that the log tells up to then.`,
    ...(facts.pages === undefined ? [] : [`The pages given (${printable(facts.pages.language)}) are those that were written of it, byte by byte (entry ${facts.pages.entry}).`]),
    ...facts.claims.filter(({ standing }) => standing === 'shown').map(({ claim, says, entries }) => `${claim}: ${printable(says)}${entries.length === 0 ? '' : ` (${entriesOf(entries)})`}.`),
    ...(facts.independentlyWitnessed ? [witnessSentence(facts)] : []),
  ]
}

function entriesOf(entries: readonly number[]): string {
  if (entries.length === 1) return `entry ${entries[0]}`
  return entries.length <= 6 ? `entries ${entries.join(', ')}` : `entries ${Math.min(...entries)} to ${Math.max(...entries)}`
}

function whatItCannot(facts: CertificateFacts): string[] {
  return [
    ...facts.claims.filter(({ standing }) => standing === 'word').map(({ claim, says }) => `${claim}: ${printable(says)}.`),
    ...(facts.pages === undefined ? [] : ['That the pages say what the signed document says: they are a rendering of it, by the processor; the document is attached to them. Nor is the signature inside them checked here (a reader of PDF does): their hash in the log says more.']),
    'That data are irrecoverably gone: it says what was searched, by what, and with which result. What a search cannot see is in its limits.',
    ...whatItDoesNotShow({ ...facts, certificates: [] }),
  ]
}
