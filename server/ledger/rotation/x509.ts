/** A certificate that names whose key it is, issued by that key itself (X.509, RFC 5280): readers of PDF show it, and trust it only where somebody told them to. */
import { createHash } from 'node:crypto'
import { BitString, Integer, OctetString, Utf8String, fromBER } from 'asn1js'
import { AlgorithmIdentifier, AttributeTypeAndValue, BasicConstraints, Certificate, Extension, PublicKeyInfo, Time } from 'pkijs'
import type { Instant } from '#kit/time'

export interface Subject { readonly name: string; readonly country?: string | undefined }

/** An RSA key: `publicKey` is SubjectPublicKeyInfo (DER); signatures are PKCS #1 v1.5 over SHA-256, the same bytes for the same message. */
export interface PaperSigner {
  readonly publicKey: Uint8Array
  sign(message: Uint8Array): Uint8Array
}

const sha256WithRsa = '1.2.840.113549.1.1.11'
const [countryName, organizationName, commonName] = ['2.5.4.6', '2.5.4.10', '2.5.4.3']
const [keyUsage, basicConstraints, subjectKeyIdentifier] = ['2.5.29.15', '2.5.29.19', '2.5.29.14']
/** RFC 5280, 4.1.2.5: no end is known. It ends when another key follows. */
const noEnd = new Date('9999-12-31T23:59:59Z')
/** X.520 allows 64 letters. */
const nameLettersMax = 64

/** DER. The same key, subject and moment give the same bytes. */
export function selfIssued({ publicKey, sign }: PaperSigner, { name, country }: Subject, since: Instant): Uint8Array {
  const made = new Certificate()
  made.version = 2
  // Positive, and its own for each key (RFC 5280, 4.1.2.2).
  made.serialNumber = new Integer({ valueHex: Uint8Array.from([0x01, ...createHash('sha256').update(publicKey).digest().subarray(0, 15)]).buffer })
  const attribute = (type: string, value: string): AttributeTypeAndValue => new AttributeTypeAndValue({ type, value: new Utf8String({ value }) })
  for (const side of [made.issuer, made.subject]) side.typesAndValues.push(...(/^[A-Z]{2}$/.test(country ?? '') ? [attribute(countryName, country ?? '')] : []), attribute(organizationName, [...name].slice(0, nameLettersMax).join('')), attribute(commonName, [...name].slice(0, nameLettersMax).join('')))
  made.notBefore = new Time({ type: since * 1000 < Date.UTC(2050) ? 0 : 1, value: new Date(since * 1000) })
  made.notAfter = new Time({ type: 1, value: noEnd })
  made.subjectPublicKeyInfo = new PublicKeyInfo({ schema: fromBER(exact(publicKey)).result })
  const extension = (extnID: string, critical: boolean, value: { toBER(): ArrayBuffer }): Extension => new Extension({ extnID, critical, extnValue: value.toBER() })
  made.extensions = [
    extension(basicConstraints, true, new BasicConstraints({ cA: false }).toSchema()),
    extension(keyUsage, true, new BitString({ valueHex: Uint8Array.of(0xc0).buffer, unusedBits: 6 })), // digitalSignature, contentCommitment
    extension(subjectKeyIdentifier, false, new OctetString({ valueHex: exact(createHash('sha256').update(publicKey).digest().subarray(0, 20)) })),
  ]
  made.signature = made.signatureAlgorithm = new AlgorithmIdentifier({ algorithmId: sha256WithRsa })
  const signed = new Uint8Array(made.encodeTBS().toBER())
  made.tbsView = signed
  made.signatureValue = new BitString({ valueHex: exact(sign(signed)) })
  return new Uint8Array(made.toSchema(true).toBER())
}

/** The key that a certificate is of (DER). */
export function keyIn(certificate: Uint8Array): Uint8Array {
  return new Uint8Array(Certificate.fromBER(exact(certificate)).subjectPublicKeyInfo.toSchema().toBER())
}

const exact = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer
