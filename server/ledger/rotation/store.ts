import { rows, sql, type Database, type Transaction } from '#database'
import type { KeyPurpose } from '@bailee/verifier'
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { Apply } from '../fold.ts'
import { partOf } from '../ledger.ts'

export interface RotatedPart { readonly purpose: KeyPurpose; readonly number: number; readonly public_key: string; readonly snapshots: number; readonly note: string }
export interface RevokedPart { readonly purpose: KeyPurpose; readonly number: number; readonly snapshots: number; readonly because: string; readonly by: string; readonly note: string }

export interface CertifiedPart { readonly purpose: 'paper'; readonly number: number; readonly certificate: string; readonly sha256: string }

/** Folds `key.rotated`, `key.revoked` and `key.certified`. */
export const applyRotation: Apply = async (tx, entry) => {
  if (entry.type === 'key.rotated') {
    const rotated = partOf<RotatedPart>(entry, 'evidence')
    if (rotated === undefined) return
    const { purpose, number, public_key: publicKey, snapshots, note } = rotated
    const made = await rows(tx, sql`
      insert into signing_key (purpose, number, public_key, snapshots, note, since) values (${purpose}, ${number}, ${publicKey}, ${snapshots}, ${note}, ${entry.at}) on conflict do nothing returning number`)
    if (made.length !== 1) throw new Refused('ledger/rotated', `the ${purpose} key was rotated by somebody else meanwhile; look at bailee key signing before doing it again`)
    return
  }
  if (entry.type === 'key.certified') {
    const certified = partOf<CertifiedPart>(entry, 'evidence')
    if (certified === undefined) return
    const { number, certificate, sha256 } = certified
    const made = await rows(tx, sql`
      insert into paper_key (number, certificate, sha256, since) select ${number}, ${Buffer.from(certificate, 'base64')}, ${sha256}, ${entry.at} from (select coalesce(max(number), 0) as last from paper_key) k
      where k.last = ${number} - 1 on conflict do nothing returning number`)
    if (made.length !== 1) throw new Refused('ledger/rotated', 'the paper key was made or rotated by somebody else meanwhile; look at bailee key signing before doing it again')
    return
  }
  const revoked = partOf<RevokedPart>(entry, 'evidence')
  if (revoked !== undefined) await rows(tx, sql`
    insert into key_revocation (purpose, number, snapshots, because, note, revoked_at)
    values (${revoked.purpose}, ${revoked.number}, ${revoked.snapshots}, ${revoked.because}, ${revoked.note}, ${entry.at}) on conflict do nothing`)
}

/** A key that signs or signed. The first has no moment: it was there before the ledger was. */
export interface SigningKey { readonly purpose: KeyPurpose; readonly number: number; readonly publicKey: string; readonly snapshots: number; readonly note: string; readonly since: Instant }

/** Every key after the first of each purpose, in order. */
export async function signingKeys(executor: Database | Transaction): Promise<SigningKey[]> {
  return rows<SigningKey>(executor, sql`select purpose, number, public_key as "publicKey", snapshots, note, since from signing_key order by purpose desc, number`)
}

export interface KeyRevocation { readonly purpose: KeyPurpose; readonly number: number; readonly snapshots: number; readonly because: string; readonly note: string; readonly at: Instant }

/** Every revocation, oldest first. */
export async function keyRevocations(executor: Database | Transaction): Promise<KeyRevocation[]> {
  return rows<KeyRevocation>(executor, sql`select purpose, number, snapshots, because, note, revoked_at as at from key_revocation order by revoked_at, purpose, number`)
}

/** A key that signs papers, with its certificate (X.509, DER); the last one signs now. */
export interface CertifiedKey { readonly number: number; readonly certificate: Uint8Array; readonly sha256: string; readonly since: Instant }

/** Every key that signs or signed papers, in the order in which they followed. */
export async function paperKeys(executor: Database | Transaction): Promise<CertifiedKey[]> {
  return rows<CertifiedKey>(executor, sql`select number, certificate, sha256, since from paper_key order by number`)
}
