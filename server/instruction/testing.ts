/** For tests: a signatory's key of their own. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { rawPublicKey } from '#ledger'
import type { SignatoryKey } from '#people'

/** Makes one. */
export function testSignatory(): SignatoryKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return { publicKey: Buffer.from(rawPublicKey(publicKey)).toString('base64'), custody: 'signatory', sign: (bytes) => sign(null, bytes, privateKey) }
}
