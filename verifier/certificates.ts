import { parseEnvelope, verifyEnvelope } from './dsse.ts'
import type { VerifyEd25519 } from './ed25519.ts'
import { jsonObjectOf } from './entry.ts'
import type { Disclosure } from './evidence.ts'
import { readFile } from './log.ts'
import { Malformed, malformed } from './malformed.ts'
import { sha256 } from './merkle.ts'
import type { VerifierKey } from './note.ts'
import type { BundleSource } from './source.ts'
import { hexOf, utf8Of } from './text.ts'

/** The DSSE payload type of a deletion certificate. */
export const certificatePayloadType = 'application/vnd.bailee.certificate+json'

/** Entries that put a certificate into the log. */
const issuing: readonly string[] = ['certificate.issued', 'erasure.certified']
const invalidating = 'certificate.invalidated'

/**
 * `stands`: signed, and the log names it. `unlinked`: signed, but no opened entry names it. `unclear`: the log invalidates
 * some certificate in an entry that is not opened here. `invalidated`: it verifies, and the statement no longer holds.
 */
export type CertificateStanding = 'stands' | 'unlinked' | 'unclear' | 'invalidated'

/** One certificate of the bundle. Indices are those of the controller's log. `status` is what the certificate calls itself. */
export interface CertificateShown {
  readonly id: string
  readonly standing: CertificateStanding
  readonly status?: string
  readonly issuedBy?: number
  readonly invalidatedBy?: number
}

/** What the log says about certificates: its entries by type (from every leaf), and the payloads opened. */
export interface CertificateEvidence {
  readonly key: VerifierKey
  /** Keys before it, and how many entries of the log each is believed of. */
  readonly earlier?: readonly { readonly publicKey: Uint8Array; readonly entries: number }[]
  readonly verify: VerifyEd25519
  /** Entries that issue or invalidate a certificate, by index, opened or not; `parts` is how many payloads each committed to. */
  readonly entries: ReadonlyMap<number, { readonly type: string; readonly parts: number }>
  readonly disclosures: readonly Disclosure[]
}

/** True for an entry type that certificates depend on; the reader of the log gathers these. Fingerprints tell whether what was found since is of a later contract. */
export function concernsCertificates(type: string): boolean {
  return /^(certificate|erasure|finding|trace)[.]/.test(type)
}

/** True for an entry type that what a certificate says is held against. */
export function concernsClaims(type: string): boolean {
  return concernsCertificates(type) || /^(contract|sweep|transfer)[.]/.test(type)
}

/**
 * Checks `certificates/<id>.dsse.json`: signed by the certificate key, of the right type, about the id in its name, and
 * named by hash in an opened entry where one is opened. An invalidated certificate is not refused: its signature holds,
 * and the reader must be told. Throws `Malformed` `certificate/...`.
 */
export function checkCertificates(source: BundleSource, evidence: CertificateEvidence): CertificateShown[] {
  const [ids, told] = [certificateIds(source), toldIn(evidence)]
  return ids.sort().map((id) => checkCertificate(id, readFile(source, `certificates/${id}.dsse.json`, 'certificate/missing'), { ...evidence, ...told }))
}

interface Issuer { readonly index: number; readonly certificate: unknown; readonly envelope: string }

/** What the log says of certificates, arranged once, so that it is not gone through for each of very many. */
interface Told {
  /** Whether any entry issues one, opened or not; and whether one that does is not opened, as far as it would tell. */
  readonly issues: boolean
  readonly hidesIssuer: boolean
  /** Those that name bytes: by these, and by the certificate. */
  readonly byEnvelope: ReadonlyMap<unknown, readonly Issuer[]>
  readonly byCertificate: ReadonlyMap<unknown, readonly Issuer[]>
  /** The first entry that invalidates each, and the last that invalidates one and does not tell which; -1 where none is. */
  readonly invalidated: ReadonlyMap<unknown, number>
  readonly lastUnread: number
}

function toldIn({ entries, disclosures }: CertificateEvidence): Told {
  const opened = disclosures.filter((one) => issuing.includes(one.type))
  const issuers = opened.flatMap((one): Issuer[] => {
    const { envelope, certificate } = payloadOf(one) ?? {}
    return typeof envelope === 'string' ? [{ index: one.index, certificate, envelope }] : []
  })
  const [named, parts] = [new Set(issuers.map(({ index }) => index)), new Map<number, number>()]
  for (const { index } of opened) parts.set(index, (parts.get(index) ?? 0) + 1)
  const candidates = [...entries].filter(([, { type }]) => issuing.includes(type))
  const invalidated = new Map<unknown, number>()
  const read = new Set<number>()
  for (const one of disclosures.filter(({ type }) => type === invalidating)) {
    const id = payloadOf(one)?.['certificate']
    if (typeof id !== 'string') continue
    read.add(one.index)
    if (!invalidated.has(id)) invalidated.set(id, one.index)
  }
  let lastUnread = -1
  for (const [index, { type }] of entries) if (type === invalidating && !read.has(index)) lastUnread = Math.max(lastUnread, index)
  return {
    issues: candidates.length > 0, hidesIssuer: candidates.some(([index, entry]) => !named.has(index) && (parts.get(index) ?? 0) < entry.parts),
    byEnvelope: listed(issuers, 'envelope'), byCertificate: listed(issuers, 'certificate'), invalidated, lastUnread,
  }
}

function listed(issuers: readonly Issuer[], by: 'envelope' | 'certificate'): Map<unknown, Issuer[]> {
  const lists = new Map<unknown, Issuer[]>()
  for (const one of issuers) {
    const list = lists.get(one[by])
    if (list === undefined) lists.set(one[by], [one])
    else list.push(one)
  }
  return lists
}

/** The ids of the certificates in a bundle; names of another form are not certificates. */
export function certificateIds(source: BundleSource): string[] {
  return source.list('certificates/').flatMap((path) => /^certificates\/([A-Za-z0-9][A-Za-z0-9._-]{0,127})\.dsse\.json$/.exec(path)?.[1] ?? [])
}

function checkCertificate(id: string, bytes: Uint8Array, evidence: CertificateEvidence & Told): CertificateShown {
  const envelope = parseEnvelope(bytes)
  if (envelope.payloadType !== certificatePayloadType) malformed('certificate/type', `${id} is signed as something else than a certificate`)
  const signer = [{ publicKey: evidence.key.publicKey, entries: Number.POSITIVE_INFINITY }, ...(evidence.earlier ?? [])].find(({ publicKey }) => verifyEnvelope(envelope, publicKey, evidence.verify))
  if (signer === undefined) malformed('certificate/signature', `${id} is not signed by the certificate key`)
  const statement = jsonObjectOf(utf8Of(envelope.payload, 'certificate/utf8'), 'certificate/json')
  // Under another name, an entry that invalidates it would not be found.
  if (statement['certificate_id'] !== id) malformed('certificate/id', `${id} carries another certificate_id`)
  const issuedBy = issuedIn(id, bytes, evidence)
  if ((issuedBy ?? Number.POSITIVE_INFINITY) >= signer.entries && signer.entries !== Number.POSITIVE_INFINITY) malformed('keys/over', `${id} is signed by a certificate key that was followed by another, or revoked, before it was issued`)
  const invalidatedBy = evidence.invalidated.get(id)
  const standing = invalidatedBy !== undefined ? 'invalidated' : evidence.lastUnread > (issuedBy ?? -1) ? 'unclear' : issuedBy === undefined ? 'unlinked' : 'stands'
  const status = statement['status']
  return {
    id, standing,
    ...(typeof status === 'string' && /^[a-z_]{1,64}$/.test(status) ? { status } : {}),
    ...(issuedBy === undefined ? {} : { issuedBy }),
    ...(invalidatedBy === undefined ? {} : { invalidatedBy }),
  }
}

/**
 * The opened entry that names these bytes. Without one, the certificate is refused where nothing is left that could name
 * it: an entry about it names other bytes, or every entry that issues one was opened. A key destroyed since may hide it.
 */
function issuedIn(id: string, bytes: Uint8Array, { issues, hidesIssuer, byEnvelope, byCertificate }: Told): number | undefined {
  if (!issues) malformed('certificate/log', `${id}: no entry of the log issues a certificate`)
  const named = `sha256:${hexOf(sha256(bytes))}`
  const issuers = byEnvelope.get(named) ?? []
  // Issued under another name, or other bytes under this one: what the log says of the one would be taken for the other.
  if (byCertificate.get(id)?.some(({ envelope }) => envelope !== named) === true) malformed('certificate/envelope', `${id}: an entry that issues it names other bytes`)
  if (issuers.some(({ certificate }) => certificate !== id)) malformed('certificate/id', `${id}: the log issues these bytes under another name`)
  return issuers[0]?.index ?? (hidesIssuer ? undefined : malformed('certificate/envelope', `${id}: no entry of the log names these bytes`))
}

/** A payload as a JSON object; `undefined` for one that is something else, which is its writer's right. */
function payloadOf(disclosure: Disclosure): Record<string, unknown> | undefined {
  try {
    return jsonObjectOf(utf8Of(disclosure.payload, 'certificate/payload'), 'certificate/payload')
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}
