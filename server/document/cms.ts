/** A detached signature of bytes: CMS (RFC 5652) as PAdES baseline B-B asks for it (ETSI EN 319 142-1, 6.3; EN 319 122-1). */
import { createHash } from 'node:crypto'
import { Null, ObjectIdentifier, OctetString, Sequence } from 'asn1js'
import { AlgorithmIdentifier, Attribute, Certificate, ContentInfo, EncapsulatedContentInfo, IssuerAndSerialNumber, SignedAndUnsignedAttributes, SignedData, SignerInfo } from 'pkijs'

/** Who signs: a certificate (X.509, DER) and its key, RSA by PKCS #1 v1.5 over SHA-256. */
export interface CmsSigner {
  readonly certificate: Uint8Array
  sign(message: Uint8Array): Uint8Array
}

const [data, signedData] = ['1.2.840.113549.1.7.1', '1.2.840.113549.1.7.2']
const [contentType, messageDigest, signingCertificateV2] = ['1.2.840.113549.1.9.3', '1.2.840.113549.1.9.4', '1.2.840.113549.1.9.16.2.47']
const [sha256Id, rsaId] = ['2.16.840.1.101.3.4.2.1', '1.2.840.113549.1.1.1']

const exact = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer
const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()
const algorithm = (algorithmId: string): AlgorithmIdentifier => new AlgorithmIdentifier({ algorithmId, algorithmParams: new Null() })

/**
 * DER. Signed are what kind of content it is, its digest, and the digest of the certificate (signing-certificate-v2, RFC 5035, whose hash is SHA-256 when none is named). The moment is not among
 * them: in PAdES the dictionary of the signature has it. The same bytes, certificate and key give the same signature.
 */
export function cmsSignature(bytes: Uint8Array, { certificate: der, sign }: CmsSigner): Uint8Array {
  const certificate = Certificate.fromBER(exact(der))
  const octets = (value: Uint8Array): OctetString => new OctetString({ valueHex: exact(value) })
  const certificateHash = new Sequence({ value: [new Sequence({ value: [new Sequence({ value: [octets(sha256(der))] })] })] })
  const attributes = [
    new Attribute({ type: contentType, values: [new ObjectIdentifier({ value: data })] }), new Attribute({ type: messageDigest, values: [octets(sha256(bytes))] }),
    new Attribute({ type: signingCertificateV2, values: [certificateHash] }),
  ].map((attribute) => ({ attribute, encoded: Buffer.from(attribute.toSchema().toBER()) })).sort((one, other) => Buffer.compare(one.encoded, other.encoded)) // a SET OF, in DER
  const signer = new SignerInfo({
    version: 1, sid: new IssuerAndSerialNumber({ issuer: certificate.issuer, serialNumber: certificate.serialNumber }), digestAlgorithm: algorithm(sha256Id), signatureAlgorithm: algorithm(rsaId),
    signedAttrs: new SignedAndUnsignedAttributes({ type: 0, attributes: attributes.map(({ attribute }) => attribute) }),
    // Signed as the SET that they are, and not under the tag that they have inside (RFC 5652, 5.4).
    signature: octets(sign(setOf(attributes.map(({ encoded }) => encoded)))),
  })
  const content = new SignedData({ version: 1, digestAlgorithms: [algorithm(sha256Id)], encapContentInfo: new EncapsulatedContentInfo({ eContentType: data }), certificates: [certificate], signerInfos: [signer] })
  return new Uint8Array(new ContentInfo({ contentType: signedData, content: content.toSchema(true) }).toSchema().toBER())
}

function setOf(members: readonly Uint8Array[]): Uint8Array {
  const value = Buffer.concat(members)
  const length = value.length < 0x80 ? [value.length] : value.length < 0x100 ? [0x81, value.length] : [0x82, value.length >> 8, value.length & 0xff]
  return Buffer.concat([Uint8Array.of(0x31, ...length), value])
}
