/** The pages of a certificate as a signed file, with its hash in the log of the controller. */
import { createHash } from 'node:crypto'
import { theProcessor } from '#contract'
import { cmsSignature, writeDocument, type Language } from '#document'
import { paperKey, type Ledger, type PaperKey } from '#ledger'
import type { Instant } from '#kit/time'
import { pagesOf, type PagesRecord } from '../store.ts'
import type { CertificateRecord } from '../types.ts'
import { certificatePaper } from './paper.ts'
import { wordsIn } from './words.ts'

export interface SignedPages { readonly bytes: Uint8Array; readonly sha256: string; /** The certificate (X.509) of the key that signed them, by its SHA-256. */ readonly key: string }

/**
 * The pages of a certificate as PDF, signed by the processor (PAdES baseline B-B); their hash is recorded in the log of the certificate before they are handed out. Asked for again, they are the same
 * file, as long as the same key signs and the same release writes them; else another, which is recorded as well.
 */
export async function signedPages(ledger: Ledger, { certificate, language }: { readonly certificate: CertificateRecord; readonly language: Language }, at: Instant): Promise<SignedPages> {
  const processor = await theProcessor(ledger.database)
  const key = await paperKey(ledger, { name: processor?.name ?? ledger.origin, country: processor?.country }, at)
  const invalidated = certificate.status === 'invalidated'
  const before = (await pagesOf(ledger.database, certificate.id)).findLast((one: PagesRecord) => one.language === language && one.invalidated === invalidated && one.keyNumber === key.number)
  if (before !== undefined) {
    const again = await written(certificate, { language, key, at: before.writtenAt })
    if (again.sha256 === before.sha256) return again
  }
  const pages = await written(certificate, { language, key, at })
  await ledger.append({ slot: certificate.slot, type: 'certificate.rendered', at, parts: { evidence: { certificate: certificate.id, erasure: certificate.erasure, language, shows: invalidated ? 'invalidated' : 'issued', sha256: pages.sha256, key: key.number, key_sha256: key.sha256 } } })
  return pages
}

async function written(certificate: CertificateRecord, { language, key, at }: { readonly language: Language; readonly key: PaperKey; readonly at: Instant }): Promise<SignedPages> {
  const paper = certificatePaper(certificate, language)
  const bytes = await writeDocument({ ...paper, signing: { name: paper.author, reason: wordsIn[language].signed(certificate.id), at, sign: (given) => cmsSignature(given, key) } })
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex'), key: key.sha256 }
}
