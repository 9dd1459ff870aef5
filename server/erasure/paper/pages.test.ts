import { execFileSync } from 'node:child_process'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ObjectIdentifier, OctetString, Sequence } from 'asn1js'
import { ContentInfo, SignedData, type Certificate } from 'pkijs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDirectory, verifyCertificate } from '@bailee/verifier'
import { exportBundle, paperKeys, rotatePaperKey } from '#ledger'
import { allCertificates, certify, confirmErasure, endContract, envelopesOf, runErasure, signedPages } from '../index.ts'
import { pagesOf } from '../store.ts'
import { createWorld, on, type World } from '../testing.ts'
import { certificatePaper } from './paper.ts'
import type { CertificateRecord } from '../types.ts'

let world: World
let certificate: CertificateRecord
const id = 'CRT-deezer-2016-1'
const at = on('2020-12-05')

beforeAll(async () => {
  world = await createWorld()
  const erasure = 'EXIT-deezer-2016'
  await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
  await runErasure(world.context, { erasure, operator: 'eli' }, on('2020-12-02'))
  await confirmErasure(world.ledger, { erasure, by: 'dana' }, on('2020-12-03'))
  certificate = await certify(world.context, erasure, on('2020-12-04'))
})
afterAll(() => world.close())

const signed = async (language: 'en' | 'fr' = 'en', when = at): Promise<Buffer> => Buffer.from((await signedPages(world.ledger, { certificate, language }, when)).bytes)
const exact = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const rendered = async (): Promise<number> => (await world.ledger.read(1, { types: ['certificate.rendered'] })).length

/** The signature of a PDF, read by its ByteRange alone. */
function signatureIn(pdf: Buffer): { covered: Buffer; whole: boolean; cms: SignedData } {
  const [, first, open, close, rest] = /\/ByteRange \[(\d+) (\d+) (\d+) (\d+)\s*\]/.exec(pdf.toString('latin1'))!.map(Number) as [number, number, number, number, number]
  const between = pdf.subarray(open, close).toString('latin1')
  const cms = new SignedData({ schema: ContentInfo.fromBER(exact(Buffer.from(between.slice(1, -1), 'hex'))).content })
  return { covered: Buffer.concat([pdf.subarray(first, open), pdf.subarray(close, close + rest)]), whole: first === 0 && close + rest === pdf.length && /^<[0-9a-f]+>$/.test(between), cms }
}

test('pages carry a PAdES baseline signature of every byte but its own, by a key whose certificate is in the ledger', async () => {
  const { covered, whole, cms } = signatureIn(await signed())
  expect(whole).toBe(true)
  const [signer] = cms.signerInfos
  const attributes = new Map(signer!.signedAttrs!.attributes.map(({ type, values }) => [type, (values as unknown[])[0]]))
  expect([...attributes.keys()].sort(), 'content type, digest, signing-certificate-v2; no moment, which stands in the dictionary').toEqual(['1.2.840.113549.1.9.16.2.47', '1.2.840.113549.1.9.3', '1.2.840.113549.1.9.4'])
  expect((attributes.get('1.2.840.113549.1.9.3') as ObjectIdentifier).valueBlock.toString()).toBe('1.2.840.113549.1.7.1')
  expect(Buffer.from((attributes.get('1.2.840.113549.1.9.4') as OctetString).valueBlock.valueHexView).toString('hex')).toBe(sha256(covered))
  const der = Buffer.from((cms.certificates![0] as Certificate).toSchema().toBER())
  const [ids] = (attributes.get('1.2.840.113549.1.9.16.2.47') as Sequence).valueBlock.value as [Sequence]
  expect(Buffer.from(((ids.valueBlock.value[0] as Sequence).valueBlock.value[0] as OctetString).valueBlock.valueHexView).toString('hex')).toBe(sha256(der))
  expect((await paperKeys(world.ledger.database)).map(({ number, sha256: known }) => [number, known])).toEqual([[1, sha256(der)]])
  const given = Buffer.from(signer!.signedAttrs!.toSchema().toBER())
  given[0] = 0x31
  const key = createPublicKey({ key: Buffer.from((cms.certificates![0] as Certificate).subjectPublicKeyInfo.toSchema().toBER()), format: 'der', type: 'spki' })
  expect(verify('sha256', given, key, Buffer.from(signer!.signature.valueBlock.valueHexView))).toBe(true)
})

const tools = (() => {
  try {
    execFileSync('pdfsig', ['-v'], { stdio: 'ignore' })
    return true
  } catch {
    process.stderr.write('SKIPPED: poppler-utils is not installed; the signature of pages is read by ourselves alone\n')
    return false
  }
})()

test.runIf(tools)('another reader of PDF finds the signature valid, and not over a changed byte; who confirmed stands on the pages', async () => {
  const file = join(world.directory, 'signed.pdf')
  const told = (bytes: Buffer): string => {
    writeFileSync(file, bytes)
    try {
      return execFileSync('pdfsig', [file], { encoding: 'utf8', env: { ...process.env, HOME: world.directory } })
    } catch (cause) {
      return String((cause as { stdout?: unknown }).stdout)
    }
  }
  const pdf = await signed()
  const read = told(pdf)
  for (const said of ['Signer Certificate Common Name: Processor', 'Signing Hash Algorithm: SHA-256', 'Signature Type: ETSI.CAdES.detached', 'Total document signed', 'Signature Validation: Signature is Valid.']) expect(read).toContain(said)
  const text = execFileSync('pdftotext', ['-raw', file, '-'], { encoding: 'utf8' }).replace(/\s+/g, ' ')
  expect(text).toMatch(/eli carried out dana checked/)
  const changed = Buffer.from(pdf)
  changed[changed.indexOf('Bailee')]! ^= 1
  expect(told(changed)).toContain('Signature Validation: Digest Mismatch.')
})

test('the hash of pages is in the log once, and takes nothing back; written again they are the same file, until the key is another', async () => {
  const first = await signed()
  const [before] = [await rendered()]
  expect((await signed('en', on('2020-12-20'))).equals(first), 'also later').toBe(true)
  expect(await rendered()).toBe(before)
  const french = await signed('fr')
  expect((await pagesOf(world.ledger.database, id)).map(({ language, sha256: hash, invalidated }) => [language, hash, invalidated]).sort()).toEqual([['en', sha256(first), false], ['fr', sha256(french), false]])
  expect((await allCertificates(world.ledger.database)).map(({ status }) => status)).toEqual(['complete'])
  const unknown = world.ledger.append({ slot: 1, type: 'certificate.polished', at, parts: { evidence: { certificate: id, erasure: 'EXIT-deezer-2016' } } })
  await expect(unknown).rejects.toMatchObject({ code: 'certificate/unknown-entry' })
  await rotatePaperKey(world.ledger, { name: 'Processor', country: 'IL' }, on('2020-12-21'))
  const next = await signed('en', on('2020-12-22'))
  expect(next.equals(first)).toBe(false)
  expect((await pagesOf(world.ledger.database, id)).map(({ keyNumber }) => keyNumber)).toEqual([1, 1, 2])
})

test('whoever has the evidence learns whether pages are those of the log, and whether what they say still holds', async () => {
  const pages = await signed('fr', on('2020-12-22'))
  const bundle = join(world.directory, 'pages-bundle')
  const exported = async () => { await exportBundle(world.ledger, { slot: 1, at: on('2021-02-01'), directory: bundle, receiptsFor: [], certificates: await envelopesOf(world.ledger, 1) }) }
  await exported()
  const verified = (bytes: Uint8Array) => verifyCertificate(openDirectory(bundle), { pages: bytes })
  expect(verified(pages)).toMatchObject({ outcome: 'verified', facts: { certificate: id, pages: { language: 'fr' } }, shows: expect.arrayContaining([expect.stringContaining('byte by byte')]) as string[] })
  const changed = Uint8Array.from(pages)
  changed[pages.length - 10]! ^= 1
  expect(verified(changed)).toMatchObject({ outcome: 'refused', because: { code: 'certificate/pages' } })
  await world.ledger.append({ slot: 1, type: 'certificate.invalidated', at: on('2021-01-02'), parts: { evidence: { certificate: id, erasure: 'EXIT-deezer-2016', because: 'a copy was found later: F-1' } } })
  certificate = (await allCertificates(world.ledger.database))[0]!
  const withdrawn = await signed('en', on('2021-01-03'))
  await exported()
  for (const one of [pages, withdrawn]) expect(verified(one)).toMatchObject({ outcome: 'refused', because: { code: 'certificate/invalidated' } })
})

test('in French, days and moments stand as French says them; in English, as they were recorded', () => {
  const text = (language: 'en' | 'fr'): string => JSON.stringify(certificatePaper({ ...certificate, invalidatedAt: on('2021-02-01'), invalidatedBecause: 'a test' }, language).blocks)
  expect(text('fr')).toMatch(/INVALIDÉ le 1er février 2021.*"4 décembre 2020 à 00:00 UTC".*1er décembre 2020/)
  expect(text('fr')).not.toMatch(/2020-12-0/)
  expect(text('en')).toMatch(/INVALIDATED on 2021-02-01.*"2020-12-04T00:00:00Z"/)
})
